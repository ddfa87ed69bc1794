// SPDX-License-Identifier: LGPL-2.1-or-later
// Words to kinds and names; kinds by the table of api/.
#include "cli/target.h"

#include <string.h>

#include "base/error.h"
#include "cli/cli.h"

static gboolean find_kind(const char *word, gsize length, const ApiKindInfo **ret_info,
                          GError **error)
{
    g_autofree char *kind = g_strndup(word, length);

    *ret_info = strcmp(kind, "all") == 0 ? NULL : api_kind_find(kind);
    if (*ret_info || strcmp(kind, "all") == 0)
        return TRUE;
    cli_set_usage_error(error, "unknown kind \"%s\"; vmi, pvc, secret, cm, ns and all are kinds",
                        kind);
    return FALSE;
}

static gboolean has_kind(const GArray *targets, const ApiKindInfo *info)
{
    for (guint i = 0; i < targets->len; i++)
        if (g_array_index(targets, Target, i).info == info)
            return TRUE;
    return FALSE;
}

// Each of NAMES, or all, of one kind. A kind that was said twice counts once.
static void add_kind(GArray *targets, const ApiKindInfo *info, char **names)
{
    Target target = { .info = info };

    if (has_kind(targets, info))
        return;
    if (!*names)
        g_array_append_val(targets, target);
    for (; *names; names++) {
        target.name = *names;
        g_array_append_val(targets, target);
    }
}

// "KIND[,KIND...] NAME..."
static gboolean parse_kinds(GArray *targets, char **args, GError **error)
{
    g_auto(GStrv) kinds = g_strsplit(args[0], ",", -1);

    if (!kinds[0]) // of "", g_strsplit() makes nothing
        return find_kind("", 0, &(const ApiKindInfo *){ NULL }, error);
    for (char **kind = kinds; *kind; kind++) {
        const ApiKindInfo *info = NULL;

        if (!find_kind(*kind, strlen(*kind), &info, error))
            return FALSE;
        if (!info && kinds[1]) {
            cli_set_usage_error(error, "\"all\" already names every kind; drop the others");
            return FALSE;
        }
        if (!info && args[1]) {
            cli_set_usage_error(error, "\"all\" takes no name; say the kind of \"%s\"", args[1]);
            return FALSE;
        }
        add_kind(targets, info, args + 1);
    }
    return TRUE;
}

GArray *targets_parse(char **args, GError **error)
{
    g_autoptr(GArray) targets = g_array_new(FALSE, TRUE, sizeof(Target));
    Target target = { NULL };

    if (!strchr(args[0], '/'))
        return parse_kinds(targets, args, error) ? g_steal_pointer(&targets) : NULL;
    for (char **word = args; *word; word++) {
        const char *slash = strchr(*word, '/');

        if (!slash || !slash[1]) {
            cli_set_usage_error(error, "\"%s\" is not KIND/NAME", *word);
            return NULL;
        }
        if (!find_kind(*word, (gsize)(slash - *word), &target.info, error))
            return NULL;
        if (!target.info) {
            cli_set_usage_error(error, "\"%s\" names no kind", *word);
            return NULL;
        }
        target.name = slash + 1;
        g_array_append_val(targets, target);
    }
    return g_steal_pointer(&targets);
}

const char *target_namespace(const Target *self, const Options *options)
{
    if (options->all_namespaces || (self->info && !self->info->namespaced))
        return "";
    return options_namespace(options);
}

const char *target_instance(const char *word, GError **error)
{
    const ApiKindInfo *info = NULL;
    const char *slash = strchr(word, '/');

    if (!slash)
        return word;
    if (!find_kind(word, (gsize)(slash - word), &info, error))
        return NULL;
    if (!info || strcmp(info->kind, "VirtualMachineInstance") != 0 || !slash[1]) {
        cli_set_usage_error(error, "\"%s\" does not name a vmi", word);
        return NULL;
    }
    return slash + 1;
}

gboolean target_check_here(const Options *options, const char *why, const char *ssh,
                           const char *verb, const char *name, GError **error)
{
    if (!options->host)
        return TRUE;
    g_set_error(error, VMI_ERROR, VMI_ERROR_UNSUPPORTED, "%s; run `%s %s vmictl -n %s %s %s`", why,
                ssh, options->host, options_namespace(options), verb, name);
    return FALSE;
}

char *target_full_label(const char *kind, const char *name)
{
    g_autofree char *lower = g_ascii_strdown(kind, -1);

    return g_strdup_printf("%s/%s", lower, name);
}

char *target_label(const char *kind, const char *name)
{
    const ApiKindInfo *info = api_kind_find(kind);
    g_autofree char *lower = NULL;

    if (info && info->names && info->names[0])
        return g_strdup_printf("%s/%s", info->names[0], name);
    lower = g_ascii_strdown(kind, -1);
    return g_strdup_printf("%s/%s", lower, name);
}
