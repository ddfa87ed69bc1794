// SPDX-License-Identifier: LGPL-2.1-or-later
// See fields.h. The values of a Secret must not be kept twice, and nobody asks for those of a manifest of the past.
#include "api/fields.h"

#include <string.h>

#include "api/encode.h"

static ApiNode *fields_of(const ApiType *type, gconstpointer object);

static const char *name_at(const ApiType *type, const char *path, gconstpointer object)
{
    gsize length = strcspn(path, ".");
    g_autofree char *name = g_strndup(path, length);
    const ApiField *field = api_type_find(type, name);
    gconstpointer value = api_field_pointer(field, object);

    return value && path[length] != '\0' ? name_at(field->type, path + length + 1, value) : value;
}

const char *api_item_name(const ApiField *field, gconstpointer item)
{
    return name_at(field->type, field->merge, item);
}

// What ELEMENT of FIELD, a map or a list with a merge key, is told apart by.
static const char *element_name(const ApiField *field, gconstpointer element)
{
    return field->shape == API_MAP ? ((const ApiPair *)element)->key
                                   : api_item_name(field, element);
}

static int compare_elements(gconstpointer a, gconstpointer b, gpointer user_data)
{
    return g_strcmp0(element_name(user_data, *(const gconstpointer *)a),
                     element_name(user_data, *(const gconstpointer *)b));
}

static ApiNode *fields_of_elements(const ApiField *field, const GPtrArray *elements)
{
    g_autoptr(GPtrArray) sorted = g_ptr_array_sized_new(elements->len);
    ApiNode *map = api_node_new_map();

    g_ptr_array_extend(sorted, (GPtrArray *)elements, NULL, NULL);
    g_ptr_array_sort_with_data(sorted, compare_elements, (gpointer)field);
    for (guint i = 0; i < sorted->len; i++) {
        const char *name = element_name(field, sorted->pdata[i]);

        if (name)
            api_node_add(map, name,
                         field->shape == API_MAP ? api_node_new_map()
                                                 : fields_of(field->type, sorted->pdata[i]));
    }
    return map;
}

static ApiNode *fields_of_value(const ApiField *field, gconstpointer object)
{
    if (field->shape == API_MAP || field->merge)
        return fields_of_elements(field, api_field_pointer(field, object));
    if (field->shape == API_SINGLE && field->kind == API_KIND_OBJECT)
        return fields_of(field->type, api_field_pointer(field, object));
    return api_node_new_map();
}

static ApiNode *fields_of(const ApiType *type, gconstpointer object)
{
    ApiNode *map = api_node_new_map();

    for (guint i = 0; i < type->n_fields; i++) {
        const ApiField *field = &type->fields[i];

        if (!field->internal && api_field_is_set(field, object))
            api_node_add(map, field->name, fields_of_value(field, object));
    }
    return map;
}

char *api_fields(const ApiType *type, gconstpointer object)
{
    g_autoptr(ApiNode) fields = fields_of(type, object);

    return api_node_to_json_line(fields);
}

ApiNode *api_fields_parse(const char *text)
{
    g_autoptr(ApiFindings) findings = api_findings_new("-");
    g_autoptr(GPtrArray) documents = text ? api_yaml_parse(text, strlen(text), findings) : NULL;

    if (!documents || documents->len != 1 || api_findings_count(findings, API_FINDING_ERROR) > 0)
        return NULL;
    return api_node_ref(documents->pdata[0]);
}
