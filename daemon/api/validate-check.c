// SPDX-License-Identifier: LGPL-2.1-or-later
// What all rules check and report with; see validate-internal.h.
#include "api/validate-internal.h"

#include "api/quantity.h"
#include "api/yaml.h"

static void add(const ApiCheck *check, ApiSeverity severity, const char *base, const char *child,
                const char *remedy, const char *what)
{
    g_autofree char *path = child ? g_strconcat(base, ".", child, NULL) : g_strdup(base);
    guint line = 0, column = 0;
    guint before = api_findings_count(check->findings, API_FINDING_ERROR);
    if (severity == API_FINDING_WARNING)
        before += api_findings_count(check->findings, API_FINDING_WARNING);
    // Looking for the place of a finding that will not be kept would take long in a large map.
    if (check->object->root && before < API_FINDINGS_KEPT)
        api_node_locate(check->object->root, path, &line, &column);
    api_findings_add(check->findings, severity, line, column, path, remedy, "%s", what);
}

void api_check_error(const ApiCheck *check, const char *base, const char *child, const char *remedy,
                     const char *what, ...)
{
    va_list arguments;
    va_start(arguments, what);
    g_autofree char *text = g_strdup_vprintf(what, arguments);
    va_end(arguments);
    add(check, API_FINDING_ERROR, base, child, remedy, text);
}

void api_check_warning(const ApiCheck *check, const char *base, const char *child,
                       const char *remedy, const char *what, ...)
{
    va_list arguments;
    va_start(arguments, what);
    g_autofree char *text = g_strdup_vprintf(what, arguments);
    va_end(arguments);
    add(check, API_FINDING_WARNING, base, child, remedy, text);
}

gboolean api_text_is_set(const char *text)
{
    return text && text[0] != '\0';
}

static const struct {
    gboolean (*matches)(const char *name);
    const char *remedy;
} name_kinds[] = {
    [API_NAME_VOLUME] = { api_name_is_volume,
                          "use at most 63 lower-case letters, digits, '-' and '_'" },
    [API_NAME_CLAIM] = { api_name_is_claim,
                         "use lower-case letters, digits, '-', '_' and '.', beginning and ending "
                         "with a letter or digit" },
    [API_NAME_LABEL] = { api_name_is_dns_label,
                         "use at most 63 lower-case letters, digits and '-', beginning and ending "
                         "with a letter or digit" },
    [API_NAME_SUBDOMAIN] = { api_name_is_dns_subdomain,
                             "use lower-case letters, digits, '-' and '.', beginning and ending "
                             "with a letter or digit" },
    [API_NAME_PORT] = { api_name_is_port,
                        "use at most 15 lower-case letters, digits and '-', with a letter" },
};

gboolean api_check_name(const ApiCheck *check, ApiNameKind kind, const char *name, const char *base,
                        const char *child)
{
    if (!api_text_is_set(name)) {
        api_check_error(check, base, child, "give it a name", "a name is required");
        return FALSE;
    }
    if (name_kinds[kind].matches(name))
        return TRUE;
    api_check_error(check, base, child, name_kinds[kind].remedy, "\"%s\" cannot be a name here",
                    name);
    return FALSE;
}

void api_check_unique(const ApiCheck *check, GHashTable *seen, const char *name, const char *what,
                      const char *base, const char *child)
{
    if (name && !g_hash_table_add(seen, (gpointer)name))
        api_check_error(check, base, child, "give each its own", "%s \"%s\" is already taken", what,
                        name);
}

GPtrArray *api_check_union(const ApiType *type, gconstpointer object, const char *group)
{
    GPtrArray *set = g_ptr_array_new();
    for (guint i = 0; i < type->n_fields; i++) {
        const ApiField *field = &type->fields[i];
        if (g_strcmp0(field->oneof, group) == 0 && api_field_is_set(field, object))
            g_ptr_array_add(set, (gpointer)field->name);
    }
    return set;
}

gboolean api_check_bytes(const ApiCheck *check, const char *text, gint64 minimum, const char *base,
                         const char *child)
{
    gint64 value = api_quantity_value(text, -1);
    if (value >= minimum && value < (G_GINT64_CONSTANT(1) << 62))
        return TRUE;
    g_autofree char *least = api_quantity_format_bytes((guint64)minimum);
    g_autofree char *remedy = g_strdup_printf("give a size from %s to below 4Ei", least);
    api_check_error(check, base, child, remedy, "\"%s\" is out of range", text);
    return FALSE;
}

gboolean api_base64_size(const char *text, gsize *ret_size)
{
    gsize digits = 0, padding = 0;
    for (const char *c = text; *c; c++) {
        if (*c == '\n' || *c == '\r')
            continue;
        if (*c == '=')
            padding++;
        else if (padding > 0 || !(g_ascii_isalnum(*c) || *c == '+' || *c == '/'))
            return FALSE;
        else
            digits++;
    }
    if (padding > 2 || (digits + padding) % 4 != 0)
        return FALSE;
    *ret_size = digits * 3 / 4;
    return TRUE;
}
