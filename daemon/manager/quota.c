// SPDX-License-Identifier: LGPL-2.1-or-later
// See quota.h.
#include "manager/quota.h"

#include <string.h>

#include "base/error.h"

// An object this small cannot be too large as text, whatever is escaped in it and however it is indented.
#define SURELY_SMALL (256u * 1024)

// "" for the objects that are in none.
static const char *namespace_of(const ApiObject *object)
{
    const char *namespace = api_object_meta(object)->namespace;

    return object->info->namespaced && namespace ? namespace : "";
}

gboolean quota_check_object(const ApiObject *object, GError **error)
{
    static const struct {
        ApiFormat format;
        const char *name;
    } texts[] = { { API_FORMAT_STORED, "YAML" }, { API_FORMAT_JSON, "JSON" } };

    for (gsize i = 0; object->size > SURELY_SMALL && i < G_N_ELEMENTS(texts); i++) {
        g_autofree char *text = api_object_print(object, texts[i].format);
        gsize length = strlen(text);

        if (length <= API_OBJECT_MAX_BYTES)
            continue;
        g_set_error(error, VMI_ERROR, VMI_ERROR_TOO_LARGE,
                    "it has %" G_GSIZE_FORMAT
                    " bytes as %s, and an object may have %d MiB at most; split it",
                    length, texts[i].name, API_OBJECT_MAX_BYTES >> 20);
        return FALSE;
    }
    return TRUE;
}

static ObjectsUsage *usage_of(GHashTable *usages, const ApiObject *object)
{
    return g_hash_table_lookup(usages, namespace_of(object));
}

// What is in the namespaces of ENTRIES now.
static GHashTable *find_usages(const Manager *self, const GPtrArray *entries)
{
    GHashTable *usages = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, g_free);

    for (guint i = 0; i < entries->len; i++) {
        const char *namespace = namespace_of(((const ApplyEntry *)entries->pdata[i])->candidate);
        const ObjectsUsage usage = objects_usage(self->objects, namespace);

        if (!g_hash_table_contains(usages, namespace))
            g_hash_table_insert(usages, (gpointer) namespace, g_memdup2(&usage, sizeof usage));
    }
    return usages;
}

// Takes the candidate's place into account; FALSE when that is too much.
static gboolean add_entry(const Manager *self, ObjectsUsage *usage, const ApplyEntry *entry,
                          GError **error)
{
    const char *namespace = namespace_of(entry->candidate);
    gsize before = entry->existing ? entry->existing->size : 0, after = entry->candidate->size;
    g_autofree char *where = *namespace ? g_strdup_printf("namespace \"%s\"", namespace)
                                        : g_strdup("what is in no namespace");

    usage->objects += entry->existing ? 0 : 1;
    usage->bytes = usage->bytes - before + after;
    if (!entry->existing && usage->objects > self->config->namespace_objects)
        g_set_error(error, VMI_ERROR, VMI_ERROR_TOO_LARGE,
                    "%s \"%s\": %s may have %u objects at most; delete some, or raise "
                    "NamespaceMaxObjects= in vmid.conf",
                    entry->candidate->info->kind, api_object_meta(entry->candidate)->name, where,
                    self->config->namespace_objects);
    else if (after > before && usage->bytes > self->config->namespace_bytes)
        g_set_error(error, VMI_ERROR, VMI_ERROR_TOO_LARGE,
                    "%s \"%s\": the objects of %s may have %" G_GUINT64_FORMAT
                    " bytes in all, and would have %" G_GUINT64_FORMAT
                    "; delete some, or raise NamespaceMaxSize= in vmid.conf",
                    entry->candidate->info->kind, api_object_meta(entry->candidate)->name, where,
                    self->config->namespace_bytes, usage->bytes);
    else
        return TRUE;
    return FALSE;
}

gboolean quota_check(Manager *self, const GPtrArray *entries, GError **error)
{
    g_autoptr(GHashTable) usages = find_usages(self, entries);

    for (guint i = 0; i < entries->len; i++) {
        const ApplyEntry *entry = entries->pdata[i];

        if (!add_entry(self, usage_of(usages, entry->candidate), entry, error))
            return FALSE;
    }
    return TRUE;
}
