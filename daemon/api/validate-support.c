// SPDX-License-Identifier: LGPL-2.1-or-later
// Turns the support notes of the schema tables into findings, for every field alike: `later` and `refused` are
// errors, `ignored` is a warning. No field is named here; a field becomes supported by a change of its row.
#include "api/validate-internal.h"

// `tpm: false`, `hotpluggable: false`: a switch that is off anyway asks for nothing.
static gboolean asks_for_nothing(const ApiField *field, gconstpointer object)
{
    if (field->shape != API_SINGLE)
        return FALSE;
    if (field->kind == API_KIND_BOOL)
        return api_field_bool(field, object) == API_FALSE &&
               g_strcmp0(field->fallback, "true") != 0;
    if (field->kind == API_KIND_STRING)
        return !api_text_is_set(api_field_pointer(field, object));
    return FALSE;
}

static void report(const ApiCheck *check, const ApiField *field, const char *path)
{
    switch (field->support) {
    case API_SUPPORT_IGNORED:
        api_check_warning(check, path, NULL, NULL, "\"%s\" has no effect: %s", field->name,
                          field->note);
        break;
    case API_SUPPORT_LATER:
        api_check_error(check, path, NULL, field->note ? field->note : "remove it",
                        "\"%s\" is not supported yet", field->name);
        break;
    case API_SUPPORT_REFUSED:
        api_check_error(check, path, NULL, NULL, "\"%s\" is not supported: %s", field->name,
                        field->note);
        break;
    case API_SUPPORT_YES:
    case API_SUPPORT_REMOVED:
        break;
    }
}

static void walk(const ApiCheck *check, const ApiType *type, gconstpointer object,
                 const char *path);

static void walk_field(const ApiCheck *check, const ApiField *field, gconstpointer object,
                       const char *path)
{
    if (field->support != API_SUPPORT_YES) {
        if (!asks_for_nothing(field, object))
            report(check, field, path);
        return; // one finding for a whole branch
    }
    if (field->kind != API_KIND_OBJECT)
        return;
    if (field->shape == API_SINGLE) {
        walk(check, field->type, api_field_pointer(field, object), path);
        return;
    }
    const GPtrArray *list = api_field_pointer(field, object);
    for (guint i = 0; i < list->len; i++) {
        g_autofree char *element = g_strdup_printf("%s[%u]", path, i);
        walk(check, field->type, list->pdata[i], element);
    }
}

static void walk(const ApiCheck *check, const ApiType *type, gconstpointer object, const char *path)
{
    for (guint i = 0; object && i < type->n_fields; i++) {
        const ApiField *field = &type->fields[i];
        if (!api_field_is_set(field, object))
            continue;
        g_autofree char *child = g_strconcat(path, *path ? "." : "", field->name, NULL);
        walk_field(check, field, object, child);
    }
}

void api_validate_support(const ApiCheck *check, const ApiType *type, gconstpointer data)
{
    for (guint i = 0; i < type->n_fields; i++) {
        const ApiField *field = &type->fields[i];
        // A status in a manifest is somebody's report, not a wish.
        if (!g_str_equal(field->name, "status") && api_field_is_set(field, data))
            walk_field(check, field, data, field->name);
    }
}
