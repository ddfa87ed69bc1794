// SPDX-License-Identifier: LGPL-2.1-or-later
// vmictl attach and detach: disks of a running guest.
#include "cli/cli.h"
#include "cli/instance-job.h"
#include "cli/target.h"
#include "cli/verbs.h"

static gboolean require(const Verb *verb, const char *value, const char *option, GError **error)
{
    if (!value || !*value)
        cli_set_usage_error(error, "%s needs --%s; usage: vmictl %s %s", verb->name, option,
                            verb->name, verb->args);
    return value && *value;
}

static GVariant *volume_options(const Options *options)
{
    GVariantDict dict;

    g_variant_dict_init(&dict, NULL);
    if (options->bus)
        g_variant_dict_insert(&dict, "bus", "s", options->bus);
    if (options->serial)
        g_variant_dict_insert(&dict, "serial", "s", options->serial);
    if (options->persist)
        g_variant_dict_insert(&dict, "persist", "b", TRUE);
    return g_variant_dict_end(&dict);
}

static gboolean call(const Options *options, const char *word, const char *method, GVariant *args,
                     const char *done, GError **error)
{
    g_autoptr(GVariant) owned = g_variant_ref_sink(args);
    const char *name = target_instance(word, error);
    g_autoptr(InstanceJob) jobs = name ? instance_job_new(options, error) : NULL;

    if (!jobs)
        return FALSE;
    instance_job_call(jobs, name, method, owned, done);
    return instance_job_finish(jobs, error);
}

gboolean verb_attach(const Verb *verb, const Options *options, char **args, GError **error)
{
    g_autofree char *done = NULL;

    if (!require(verb, options->disk, "disk", error) ||
        !require(verb, options->claim, "claim", error))
        return FALSE;
    done =
        g_strdup_printf("disk %s attached%s", options->disk,
                        options->persist ? "" : " until the guest ends; --persist would keep it");
    return call(options, args[0], "AttachVolume",
                g_variant_new("(ss@a{sv})", options->disk, options->claim, volume_options(options)),
                done, error);
}

gboolean verb_detach(const Verb *verb, const Options *options, char **args, GError **error)
{
    g_autofree char *done = NULL;

    if (!require(verb, options->disk, "disk", error))
        return FALSE;
    done = g_strdup_printf("disk %s detached", options->disk);
    return call(options, args[0], "DetachVolume",
                g_variant_new("(s@a{sv})", options->disk, volume_options(options)), done, error);
}
