// SPDX-License-Identifier: LGPL-2.1-or-later
// See object-path.h. Decoding re-encodes and compares: sd_bus_path_decode() also accepts escapes of
// characters that need none.
#include "bus/object-path.h"

#include <stdlib.h>
#include <systemd/sd-bus.h>

#define TWO_LABELS "/%/%"
#define ONE_LABEL "/%"

// sd-bus allocates with malloc(3), which GLib (2.46 and later) frees; the copy keeps that out of
// sight.
static char *take(char *allocated)
{
    char *copy = g_strdup(allocated);

    free(allocated);
    return copy;
}

char *object_path_of(const char *prefix, const char *namespace, const char *name)
{
    g_autofree char *template = g_strconcat(prefix, TWO_LABELS, NULL);
    char *path = NULL;
    int r = sd_bus_path_encode_many(&path, template, namespace, name);

    g_assert(r >= 0);
    return take(path);
}

char *object_path_of_pool(const char *name)
{
    char *path = NULL;
    int r = sd_bus_path_encode_many(&path, BUS_POOLS ONE_LABEL, name);

    g_assert(r >= 0);
    return take(path);
}

char *object_path_of_job(guint id)
{
    return g_strdup_printf(BUS_JOBS "/%u", id);
}

gboolean object_path_parse(const char *path, const char *prefix, char **ret_namespace,
                           char **ret_name)
{
    g_autofree char *template = g_strconcat(prefix, TWO_LABELS, NULL);
    g_autofree char *namespace = NULL, *name = NULL, *canonical = NULL;
    char *raw_namespace = NULL, *raw_name = NULL;

    if (sd_bus_path_decode_many(path, template, &raw_namespace, &raw_name) <= 0)
        return FALSE;
    namespace = take(raw_namespace);
    name = take(raw_name);
    canonical = object_path_of(prefix, namespace, name);
    if (g_strcmp0(canonical, path) != 0)
        return FALSE;
    *ret_namespace = g_steal_pointer(&namespace);
    *ret_name = g_steal_pointer(&name);
    return TRUE;
}

gboolean object_path_parse_pool(const char *path, char **ret_name)
{
    g_autofree char *name = NULL, *canonical = NULL;
    char *raw_name = NULL;

    if (sd_bus_path_decode_many(path, BUS_POOLS ONE_LABEL, &raw_name) <= 0)
        return FALSE;
    name = take(raw_name);
    canonical = object_path_of_pool(name);
    if (g_strcmp0(canonical, path) != 0)
        return FALSE;
    *ret_name = g_steal_pointer(&name);
    return TRUE;
}

gboolean object_path_parse_job(const char *path, guint *ret_id)
{
    g_autofree char *canonical = NULL;
    guint64 id;

    if (!g_str_has_prefix(path, BUS_JOBS "/") ||
        !g_ascii_string_to_unsigned(path + strlen(BUS_JOBS "/"), 10, 0, G_MAXUINT, &id, NULL))
        return FALSE;
    canonical = object_path_of_job((guint)id);
    if (g_strcmp0(canonical, path) != 0)
        return FALSE;
    *ret_id = (guint)id;
    return TRUE;
}
