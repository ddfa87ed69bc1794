// SPDX-License-Identifier: LGPL-2.1-or-later
// The tables said in words: one field or type at a time for `vmictl explain`, and the walk over all
// of them.

#include "api/explain.h"

#include <string.h>

#include "api/manifest.h"
#include "api/suggest.h"
#include "base/error.h"

enum {
    MAX_DEPTH = 32, // of nested types
};

char *api_field_type_name(const ApiField *field)
{
    const char *name = "any";

    switch (field->kind) {
    case API_KIND_STRING:
    case API_KIND_ENUM:
        name = "string";
        break;
    case API_KIND_BOOL:
        name = "bool";
        break;
    case API_KIND_INT:
        name = field->bits == 32 ? "int32" : "int64";
        break;
    case API_KIND_QUANTITY:
        name = "quantity";
        break;
    case API_KIND_OBJECT:
        name = field->type->name;
        break;
    case API_KIND_ANY:
        break;
    }
    return g_strconcat(field->shape == API_LIST  ? "[]"
                       : field->shape == API_MAP ? "map[string]"
                                                 : "",
                       name, NULL);
}

char *api_field_support_text(const ApiField *field)
{
    static const char *const texts[] = {
        [API_SUPPORT_YES] = "yes",
        [API_SUPPORT_IGNORED] = "no effect",
        [API_SUPPORT_LATER] = "not supported yet",
        [API_SUPPORT_REFUSED] = "not supported",
        [API_SUPPORT_REMOVED] = "removed from the API",
    };

    if (field->internal)
        return field->annotation
                   ? g_strconcat("printed as the annotation ", field->annotation, NULL)
                   : g_strdup("kept by vmi, not printed");
    return g_strconcat(texts[field->support], field->note ? ": " : "", field->note, NULL);
}

static void append_fields(GString *out, const ApiType *type)
{
    if (type->n_fields > 0)
        g_string_append(out, "\nFIELDS:\n");
    for (guint i = 0; i < type->n_fields; i++) {
        const ApiField *field = &type->fields[i];
        g_autofree char *kind = api_field_type_name(field);
        g_autofree char *support = api_field_support_text(field);

        g_string_append_printf(out, "    %s <%s>%s\n", field->name, kind,
                               field->required ? " required" : "");
        if (field->support != API_SUPPORT_REMOVED)
            g_string_append_printf(out, "        %s\n", field->doc);
        if (field->support != API_SUPPORT_YES || field->internal)
            g_string_append_printf(out, "        (%s)\n", support);
    }
}

static void append_field(GString *out, const ApiField *field)
{
    g_autofree char *support = api_field_support_text(field);

    g_string_append_printf(out, "\n    %s\n", field->doc);
    if (field->required)
        g_string_append(out, "\nREQUIRED: yes\n");
    if (field->fallback)
        g_string_append_printf(out, "\nDEFAULT: %s\n", field->fallback);
    if (field->kind == API_KIND_ENUM) {
        g_autofree char *values = g_strjoinv(", ", (char **)&field->values->values[1]);

        g_string_append_printf(out, "\nVALUES: %s\n", values);
    }
    if (field->alias)
        g_string_append_printf(out, "\nALSO ACCEPTED AS: %s\n", field->alias);
    if (field->support != API_SUPPORT_YES || field->internal)
        g_string_append_printf(out, "\nSUPPORT: %s\n", support);
}

static const ApiKindInfo *find_kind(const char *name, GError **error)
{
    const ApiKindInfo *info = api_kind_find(name);

    if (!info)
        g_set_error(error, VMI_ERROR, VMI_ERROR_NOT_FOUND,
                    "unknown kind \"%s\", the path begins with a kind such as vmi or pvc", name);
    else if (!info->type)
        g_set_error(error, VMI_ERROR, VMI_ERROR_UNSUPPORTED, "kind \"%s\" is not supported%s",
                    info->kind, info->support == API_SUPPORT_LATER ? " yet" : "");
    return info && info->type ? info : NULL;
}

// The field that STEP names in *TYPE, which moves on to the field's own type (NULL below a scalar).
static const ApiField *step_into(const ApiType **type, const char *step, const char *path,
                                 GError **error)
{
    g_autofree char *name = g_strndup(step, strcspn(step, "["));
    const ApiField *field = *type ? api_type_find(*type, name) : NULL;
    static const ApiPath root = { NULL };
    g_autofree char *hint = NULL;

    if (field) {
        *type = field->kind == API_KIND_OBJECT ? field->type : NULL;
        return field;
    }
    if (*type)
        hint = api_suggest_field(*type, &root, *type, name);
    g_set_error(error, VMI_ERROR, VMI_ERROR_NOT_FOUND, "there is no field \"%s\" in \"%s\"%s%s",
                name, path, hint ? ", " : "", hint ? hint : "");
    return NULL;
}

char *api_explain(const char *path, GError **error)
{
    g_auto(GStrv) steps = g_strsplit(path, ".", -1);
    g_autoptr(GString) where = g_string_new(NULL);
    g_autoptr(GString) out = g_string_new(NULL);
    const ApiKindInfo *info = find_kind(steps[0] ? steps[0] : "", error);
    const ApiType *type = info ? info->type : NULL;
    const ApiField *field = NULL;
    g_autofree char *kind = NULL;

    if (!info)
        return NULL;
    for (guint i = 1; steps[i]; i++) {
        field = step_into(&type, steps[i], path, error);
        if (!field)
            return NULL;
        g_string_append_printf(where, "%s%s%s", i > 1 ? "." : "", field->name,
                               field->shape == API_LIST ? "[]" : "");
    }
    g_string_append_printf(out, "KIND: %s\nAPIVERSION: %s\n", info->kind, info->api_versions[0]);
    if (field) {
        kind = api_field_type_name(field);
        g_string_append_printf(out, "FIELD: %s <%s>\n", where->str, kind);
        append_field(out, field);
    }
    if (type) {
        if (!field || strcmp(type->doc, field->doc) != 0)
            g_string_append_printf(out, "\n    %s\n", type->doc);
        append_fields(out, type);
    }
    return g_string_free(g_steal_pointer(&out), FALSE);
}

static void walk(const ApiType *type, GString *path, guint depth, ApiVisit visit,
                 gpointer user_data)
{
    gsize length = path->len;

    for (guint i = 0; i < type->n_fields; i++) {
        const ApiField *field = &type->fields[i];
        // What is below an internal field is vmi's own as well.
        gboolean branch =
            field->kind == API_KIND_OBJECT && field->type->n_fields > 0 && !field->internal;

        g_string_append_printf(path, "%s%s%s", length > 0 ? "." : "", field->name,
                               field->shape == API_LIST ? "[]" : "");
        if (branch && depth < MAX_DEPTH)
            walk(field->type, path, depth + 1, visit, user_data);
        else
            visit(path->str, field, user_data);
        g_string_truncate(path, length);
    }
}

void api_type_walk(const ApiType *type, ApiVisit visit, gpointer user_data)
{
    g_autoptr(GString) path = g_string_new(NULL);

    walk(type, path, 0, visit, user_data);
}

static void append_cell(GString *out, const char *text)
{
    g_string_append(out, " ");
    for (; *text; text++) {
        if (*text == '|')
            g_string_append_c(out, '\\');
        g_string_append_c(out, *text);
    }
    g_string_append(out, " |");
}

static void append_row(const char *path, const ApiField *field, gpointer user_data)
{
    g_autofree char *kind = api_field_type_name(field);
    g_autofree char *support = api_field_support_text(field);
    g_autofree char *code = g_strdup_printf("`%s`", path);
    g_autofree char *values = NULL;
    GString *out = user_data;

    if (field->kind == API_KIND_ENUM)
        values = g_strjoinv(", ", (char **)&field->values->values[1]);
    g_string_append(out, "|");
    append_cell(out, code);
    append_cell(out, values ? values : kind);
    append_cell(out, field->required ? "required" : field->fallback ? field->fallback : "");
    append_cell(out, support);
    append_cell(out, field->support == API_SUPPORT_REMOVED ? "" : field->doc);
    g_string_append(out, "\n");
}

char *api_reference_page(const char *kind, GError **error)
{
    const ApiKindInfo *info = find_kind(kind, error);
    g_autoptr(GString) out = g_string_new(NULL);

    if (!info)
        return NULL;
    g_string_append_printf(out, "# %s\n\n%s.\n\napiVersion: `%s`", info->kind, info->type->doc,
                           info->api_versions[0]);
    for (guint i = 1; info->api_versions[i]; i++)
        g_string_append_printf(out, " (`%s` is accepted)", info->api_versions[i]);
    g_string_append(out, "\n\n| field | type | default | supported | meaning |\n"
                         "| --- | --- | --- | --- | --- |\n");
    api_type_walk(info->type, append_row, out);
    return g_string_free(g_steal_pointer(&out), FALSE);
}
