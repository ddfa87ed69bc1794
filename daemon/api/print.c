// SPDX-License-Identifier: LGPL-2.1-or-later
// Objects to text: adds apiVersion and kind to what the tables say, the annotations that internal
// fields are shown as, and the List around several objects.

#include "api/manifest.h"

#include <string.h>

#include "api/encode.h"

// The lines of a list of texts, a text as it is, JSON of anything else.
static char *annotation_text(const ApiField *field, gconstpointer object)
{
    g_autoptr(ApiNode) node = NULL;

    if (field->kind == API_KIND_STRING && field->shape == API_LIST) {
        const GPtrArray *list = api_field_pointer(field, object);
        g_autoptr(GString) lines = g_string_new(NULL);

        for (guint i = 0; i < list->len; i++)
            g_string_append_printf(lines, "%s%s", i > 0 ? "\n" : "", (char *)list->pdata[i]);
        return g_string_free(g_steal_pointer(&lines), FALSE);
    }
    if (field->kind == API_KIND_STRING && field->shape == API_SINGLE)
        return g_strdup(api_field_pointer(field, object));
    node = api_encode_field(field, object, API_ENCODE_PUBLIC);
    return node->kind == API_NODE_SCALAR ? g_strdup(node->text) : api_node_to_json_line(node);
}

static void collect_annotations(const ApiType *type, gconstpointer object, GPtrArray **annotations)
{
    for (guint i = 0; object && i < type->n_fields; i++) {
        const ApiField *field = &type->fields[i];
        g_autofree char *text = NULL;

        if (!api_field_is_set(field, object))
            continue;
        if (field->annotation) {
            text = annotation_text(field, object);
            api_map_set(annotations, field->annotation, text);
        } else if (field->kind == API_KIND_OBJECT && field->shape == API_SINGLE) {
            collect_annotations(field->type, api_field_pointer(field, object), annotations);
        }
    }
}

static ApiNode *encode_body(const ApiObject *self, ApiFormat format)
{
    g_autoptr(GPtrArray) annotations = NULL;
    g_autoptr(ApiObject) shown = NULL;

    if (format == API_FORMAT_STORED)
        return api_encode(self->info->type, self->data, API_ENCODE_STORED);
    collect_annotations(self->info->type, self->data, &annotations);
    if (!annotations)
        return api_encode(self->info->type, self->data, API_ENCODE_PUBLIC);
    shown = api_object_copy(self);
    api_map_merge(&api_object_meta(shown)->annotations, annotations);
    return api_encode(shown->info->type, shown->data, API_ENCODE_PUBLIC);
}

static ApiNode *encode_object(const ApiObject *self, ApiFormat format)
{
    g_autoptr(ApiNode) body = encode_body(self, format);
    ApiNode *map = api_node_new_map();

    api_node_add(map, "apiVersion", api_node_new_string(self->info->api_versions[0]));
    api_node_add(map, "kind", api_node_new_string(self->info->kind));
    for (guint i = 0; i < body->children->len; i++) {
        const ApiEntry *entry = body->children->pdata[i];

        api_node_add(map, entry->key, api_node_ref(entry->value));
    }
    return map;
}

static char *node_print(const ApiNode *node, ApiFormat format)
{
    return format == API_FORMAT_JSON ? api_node_to_json(node) : api_node_to_yaml(node);
}

char *api_object_print(const ApiObject *self, ApiFormat format)
{
    g_autoptr(ApiNode) node = encode_object(self, format);

    return node_print(node, format);
}

static void begin_list(GString *list, ApiFormat format)
{
    g_string_append(list,
                    format == API_FORMAT_JSON
                        ? "{\n  \"apiVersion\" : \"v1\",\n  \"kind\" : \"List\",\n  \"items\" : ["
                        : "apiVersion: v1\nkind: List\nitems:");
}

// No text of either format means another one for being further to the right.
void api_list_add_printed(GString *list, const char *object, ApiFormat format)
{
    gboolean json = format == API_FORMAT_JSON, first = TRUE;

    if (list->len == 0)
        begin_list(list, format);
    else if (json)
        g_string_append_c(list, ',');
    for (const char *line = object; *line; first = FALSE) {
        gsize length = strcspn(line, "\n");

        if (!json && strcmp(line, "...\n") == 0)
            return; // libyaml's end of a document whose last text keeps its empty lines
        g_string_append_c(list, '\n');
        if (length > 0)
            g_string_append(list, json ? "    " : first ? "- " : "  ");
        g_string_append_len(list, line, (gssize)length);
        line += length + (line[length] == '\n');
    }
}

void api_list_end_printed(GString *list, ApiFormat format)
{
    gboolean json = format == API_FORMAT_JSON, empty = list->len == 0;

    if (empty) {
        begin_list(list, format);
        g_string_append(list, json ? "]\n}\n" : " []\n");
    } else {
        g_string_append(list, json ? "\n  ]\n}\n" : "\n");
    }
}

char *api_list_print(const GPtrArray *objects, ApiFormat format)
{
    g_autoptr(GString) list = g_string_new(NULL);

    for (guint i = 0; i < objects->len; i++) {
        g_autofree char *object = api_object_print(objects->pdata[i], format);

        api_list_add_printed(list, object, format);
    }
    api_list_end_printed(list, format);
    return g_string_free(g_steal_pointer(&list), FALSE);
}

// The annotations that fields of TYPE are printed as.
static void collect_names(const ApiType *type, GPtrArray *names)
{
    for (guint i = 0; i < type->n_fields; i++) {
        const ApiField *field = &type->fields[i];

        if (field->annotation)
            g_ptr_array_add(names, (gpointer)field->annotation);
        else if (field->kind == API_KIND_OBJECT && field->shape == API_SINGLE)
            collect_names(field->type, names);
    }
}

void api_object_drop_printed_annotations(ApiObject *self)
{
    GPtrArray *annotations = api_object_meta(self)->annotations;
    g_autoptr(GPtrArray) names = g_ptr_array_new();

    collect_names(self->info->type, names);
    for (guint i = annotations ? annotations->len : 0; i > 0; i--) {
        const ApiPair *pair = annotations->pdata[i - 1];

        if (g_ptr_array_find_with_equal_func(names, pair->key, g_str_equal, NULL))
            g_ptr_array_remove_index(annotations, i - 1);
    }
}
