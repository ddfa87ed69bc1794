// SPDX-License-Identifier: LGPL-2.1-or-later
// vmictl start, stop, restart, pause, unpause: verbs that call one method of each named guest and differ in a row.
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "cli/cli.h"
#include "cli/instance-job.h"
#include "cli/target.h"
#include "cli/verbs.h"

typedef struct {
    const char *verb, *method, *done;
} Lifecycle;

static const Lifecycle *lifecycle_find(const char *verb)
{
    static const Lifecycle rows[] = {
        { "start", "Start", "started" },       { "stop", "Stop", "stopped" },
        { "restart", "Restart", "restarted" }, { "pause", "Pause", "paused" },
        { "unpause", "Unpause", "unpaused" },
    };

    for (guint i = 0; i < G_N_ELEMENTS(rows); i++)
        if (strcmp(rows[i].verb, verb) == 0)
            return &rows[i];
    g_assert_not_reached();
}

static GVariant *stop_options(const Options *options)
{
    GVariantDict dict;

    g_variant_dict_init(&dict, NULL);
    if (options->force)
        g_variant_dict_insert(&dict, "force", "b", TRUE);
    if (options->timeout)
        g_variant_dict_insert(&dict, "timeout", "t", options->timeout);
    return g_variant_dict_end(&dict);
}

gboolean verb_lifecycle(const Verb *verb, const Options *options, char **args, GError **error)
{
    const Lifecycle *row = lifecycle_find(verb->name);
    g_autoptr(InstanceJob) jobs = instance_job_new(options, error);

    if (!jobs)
        return FALSE;
    for (char **word = args; *word; word++) {
        const char *name = target_instance(*word, error);

        if (!name)
            return FALSE;
        instance_job_call(jobs, name, row->method, g_variant_new("(@a{sv})", stop_options(options)),
                          row->done);
    }
    return instance_job_finish(jobs, error);
}
