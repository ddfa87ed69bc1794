// SPDX-License-Identifier: LGPL-2.1-or-later
// One connection, one JobWait, any number of guests.
#include "cli/instance-job.h"

#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "cli/cli.h"
#include "cli/job-wait.h"
#include "cli/target.h"

struct InstanceJob {
    const Options *options;
    Transport *transport;
    JobWait *wait;
};

InstanceJob *instance_job_new(const Options *options, GError **error)
{
    g_autoptr(InstanceJob) self = g_new0(InstanceJob, 1);

    self->options = options;
    self->transport = transport_open(options, error);
    if (!self->transport)
        return NULL;
    self->wait = job_wait_new(self->transport, error);
    return self->wait ? g_steal_pointer(&self) : NULL;
}

void instance_job_free(InstanceJob *self)
{
    if (!self)
        return;
    job_wait_free(self->wait);
    transport_free(self->transport);
    g_free(self);
}

static GVariant *start_job(InstanceJob *self, const char *name, const char *method, GVariant *args,
                           GError **error)
{
    g_autofree char *path =
        transport_instance(self->transport, options_namespace(self->options), name, error);
    g_autoptr(GVariant) reply = NULL;

    if (!path)
        return NULL;
    reply = transport_call(self->transport, path, CLI_INSTANCE_INTERFACE, method, args, error);
    if (reply && !g_variant_is_of_type(reply, G_VARIANT_TYPE("(o)"))) {
        g_set_error(error, VMI_ERROR, VMI_ERROR_FAILED, "%s returned no job", method);
        return NULL;
    }
    return g_steal_pointer(&reply);
}

void instance_job_call(InstanceJob *self, const char *name, const char *method, GVariant *args,
                       const char *done)
{
    g_autoptr(GVariant) owned = g_variant_ref_sink(args);
    g_autoptr(GError) error = NULL;
    g_autoptr(GVariant) reply = start_job(self, name, method, owned, &error);
    g_autofree char *label = target_label("VirtualMachineInstance", name);
    g_autofree char *full = target_full_label("VirtualMachineInstance", name);
    g_autofree char *text = NULL;
    const char *job;

    if (!reply) {
        job_wait_fail(self->wait, label, error);
        return;
    }
    g_variant_get(reply, "(&o)", &job);
    if (self->options->no_block && strcmp(job, "/") != 0) {
        printf("%s\n", job);
        return;
    }
    text = g_strdup_printf("%s %s", full, strcmp(job, "/") == 0 ? "unchanged" : done);
    if (strcmp(job, "/") == 0)
        printf("%s\n", text);
    else
        job_wait_add(self->wait, job, label, text);
}

gboolean instance_job_finish(InstanceJob *self, GError **error)
{
    return job_wait_run(self->wait, error);
}
