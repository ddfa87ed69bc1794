// SPDX-License-Identifier: LGPL-2.1-or-later
// vmictl delete: by kind and name, or everything that manifests name.
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "cli/cli.h"
#include "cli/job-wait.h"
#include "cli/manifest-source.h"
#include "cli/target.h"
#include "cli/verbs.h"

typedef struct {
    const Options *options;
    Transport *transport;
    JobWait *wait;
} Deletion;

// A claim that a guest uses is only marked, when it is deleted by force.
static gboolean is_kept(Deletion *self, const ApiKindInfo *info, const char *namespace,
                        const char *name)
{
    g_autoptr(GVariant) reply = NULL;
    g_autoptr(GError) error = NULL;

    if (!self->options->force || strcmp(info->kind, "PersistentVolumeClaim") != 0)
        return FALSE;
    reply =
        transport_ask_manager(self->transport, "Get",
                              g_variant_new("(ssss)", info->kind, namespace, name, "yaml"), &error);
    return !g_error_matches(error, VMI_ERROR, VMI_ERROR_NOT_FOUND);
}

static gboolean delete_one(Deletion *self, const ApiKindInfo *info, const char *namespace,
                           const char *name, GError **error)
{
    g_autofree char *label = target_label(info->kind, name);
    g_autofree char *full = target_full_label(info->kind, name);
    g_autofree char *done = g_strdup_printf("%s deleted", full);
    g_autofree char *kept = g_strdup_printf(
        "%s is marked, and is deleted at the latest when the guest that uses it has ended", full);
    g_autoptr(GVariant) reply = NULL;
    GVariantDict dict;
    const char *job;

    g_variant_dict_init(&dict, NULL);
    if (self->options->force)
        g_variant_dict_insert(&dict, "force", "b", TRUE);
    reply = transport_call_manager(
        self->transport, "Delete",
        g_variant_new("(sss@a{sv})", info->kind, namespace, name, g_variant_dict_end(&dict)),
        error);
    if (!reply)
        return FALSE;
    g_variant_get(reply, "(&o)", &job);
    if (strcmp(job, "/") == 0)
        printf("%s\n", is_kept(self, info, namespace, name) ? kept : done);
    else if (self->options->no_block)
        printf("%s\n", job);
    else
        job_wait_add(self->wait, job, label, done);
    return TRUE;
}

// One that cannot be deleted does not keep the others; its error is printed and counted.
static void delete_and_report(Deletion *self, const ApiKindInfo *info, const char *namespace,
                              const char *name)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *label = target_label(info->kind, name);

    if (!delete_one(self, info, namespace, name, &error))
        job_wait_fail(self->wait, label, error);
}

// Words on the command line, or NULL when manifests say what to delete.
static gboolean parse_targets(char **args, GArray **ret_targets, GError **error)
{
    g_autoptr(GArray) targets = args[0] ? targets_parse(args, error) : NULL;

    if (args[0] && !targets)
        return FALSE;
    if (targets && !g_array_index(targets, Target, 0).name) {
        cli_set_usage_error(error, "say which to delete; usage: vmictl delete KIND NAME...");
        return FALSE;
    }
    *ret_targets = g_steal_pointer(&targets);
    return TRUE;
}

// Guests first, as what they use can only be deleted when they are gone; namespaces last, as only empty ones can.
static guint round_of(const ApiKindInfo *info)
{
    if (strcmp(info->kind, "VirtualMachineInstance") == 0)
        return 0;
    return info->namespaced ? 1 : 2;
}
enum { ROUNDS = 3 };

static gboolean delete_targets(Deletion *self, const GArray *targets, GError **error)
{
    for (guint round = 0; round < ROUNDS; round++) {
        for (guint i = 0; i < targets->len; i++) {
            const Target *target = &g_array_index(targets, Target, i);

            if (round_of(target->info) == round)
                delete_and_report(self, target->info, target_namespace(target, self->options),
                                  target->name);
        }
        if (!job_wait_run(self->wait, error))
            return FALSE;
    }
    return TRUE;
}

static void delete_objects(Deletion *self, const GPtrArray *objects, guint round)
{
    for (guint i = objects->len; i-- > 0;) {
        const ApiObject *object = objects->pdata[i];
        const ApiObjectMeta *meta = api_object_meta(object);
        const char *namespace =
            meta->namespace ? meta->namespace : options_namespace(self->options);

        if (!api_object_is_companion(object) && round_of(object->info) == round)
            delete_and_report(self, object->info, object->info->namespaced ? namespace : "",
                              meta->name);
    }
}

static void free_objects(gpointer objects)
{
    g_ptr_array_unref(objects);
}

// Nothing is deleted when one of the sources is not right.
static gboolean delete_sources(Deletion *self, const GPtrArray *sources, GError **error)
{
    g_autoptr(GPtrArray) all = g_ptr_array_new_with_free_func(free_objects);

    for (guint i = 0; i < sources->len; i++) {
        const Source *source = sources->pdata[i];
        g_autoptr(ApiFindings) findings = api_findings_new(source->name);
        g_autofree char *text = NULL; // what is skipped
        GPtrArray *objects = api_manifest_parse(source->text, source->length, findings);

        if (objects)
            g_ptr_array_add(all, objects);
        if (!api_findings_to_error(findings, error))
            return FALSE;
        text = api_findings_format(findings, NULL);
        fprintf(stderr, "%s", text);
    }
    for (guint round = 0; round < ROUNDS; round++) {
        for (guint i = all->len; i-- > 0;)
            delete_objects(self, all->pdata[i], round);
        if (!job_wait_run(self->wait, error))
            return FALSE;
    }
    return TRUE;
}

gboolean verb_delete(const Verb *verb, const Options *options, char **args, GError **error)
{
    g_autoptr(GArray) targets = NULL;
    g_autoptr(GPtrArray) sources = NULL;
    g_autoptr(Transport) transport = NULL;
    g_autoptr(JobWait) wait = NULL;
    Deletion deletion = { .options = options };

    if (!args[0] == !options->files) {
        cli_set_usage_error(error, "say what to delete, either KIND NAME... or -f FILE");
        return FALSE;
    }
    if (!parse_targets(args, &targets, error))
        return FALSE;
    sources = targets ? NULL : sources_read(options, error);
    if (!targets && !sources)
        return FALSE;
    transport = transport_open(options, error);
    if (!transport)
        return FALSE;
    wait = job_wait_new(transport, error);
    if (!wait)
        return FALSE;
    deletion.transport = transport;
    deletion.wait = wait;
    return targets ? delete_targets(&deletion, targets, error)
                   : delete_sources(&deletion, sources, error);
}
