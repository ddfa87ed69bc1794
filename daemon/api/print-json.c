// SPDX-License-Identifier: LGPL-2.1-or-later
// Trees to JSON text through json-glib, two spaces of indentation.

#include "api/encode.h"

#include <json-glib/json-glib.h>
#include <string.h>

#include "api/scalar.h"

static JsonNode *scalar_to_json(const ApiNode *node)
{
    JsonNode *json = json_node_alloc();
    gboolean truth;
    gint64 number;

    if (node->plain && api_scalar_to_bool(node->text, &truth))
        return json_node_init_boolean(json, truth);
    if (node->plain && api_scalar_to_int(node->text, &number) == API_INTEGER_OK)
        return json_node_init_int(json, number);
    if (node->plain && api_scalar_is_number(node->text) && !strpbrk(node->text, "_nN"))
        return json_node_init_double(json, g_ascii_strtod(node->text, NULL));
    return json_node_init_string(json, node->text);
}

static JsonNode *to_json(const ApiNode *node)
{
    if (node->kind == API_NODE_NULL)
        return json_node_init_null(json_node_alloc());
    if (node->kind == API_NODE_SCALAR)
        return scalar_to_json(node);
    if (node->kind == API_NODE_LIST) {
        JsonArray *array = json_array_sized_new(node->children->len);
        JsonNode *json = json_node_init_array(json_node_alloc(), array);

        for (guint i = 0; i < node->children->len; i++)
            json_array_add_element(array, to_json(node->children->pdata[i]));
        json_array_unref(array);
        return json;
    } else {
        JsonObject *object = json_object_new();
        JsonNode *json = json_node_init_object(json_node_alloc(), object);

        for (guint i = 0; i < node->children->len; i++) {
            const ApiEntry *entry = node->children->pdata[i];

            json_object_set_member(object, entry->key, to_json(entry->value));
        }
        json_object_unref(object);
        return json;
    }
}

// json-glib writes these as they are; JSON allows that, YAML readers, which read JSON too, do not
// or take them for line breaks.
static gboolean must_escape(gunichar c)
{
    return (c >= 0x7F && c <= 0x9F) || c == 0x2028 || c == 0x2029 || c == 0xFEFF;
}

static GString *escape_controls(const char *text)
{
    g_autoptr(GString) out = g_string_sized_new(strlen(text) + 2);

    for (const char *at = text; *at; at = g_utf8_next_char(at)) {
        gunichar c = g_utf8_get_char(at);

        if (must_escape(c))
            g_string_append_printf(out, "\\u%04x", c);
        else
            g_string_append_len(out, at, g_utf8_next_char(at) - at);
    }
    return g_steal_pointer(&out);
}

static GString *write_json(const ApiNode *node, gboolean pretty)
{
    g_autoptr(JsonGenerator) generator = json_generator_new();
    g_autoptr(JsonNode) root = to_json(node);
    g_autofree char *text = NULL;

    json_generator_set_root(generator, root);
    json_generator_set_pretty(generator, pretty);
    json_generator_set_indent(generator, 2);
    text = json_generator_to_data(generator, NULL);
    return escape_controls(text);
}

char *api_node_to_json(const ApiNode *node)
{
    return g_string_free(g_string_append_c(write_json(node, TRUE), '\n'), FALSE);
}

char *api_node_to_json_line(const ApiNode *node)
{
    return g_string_free(write_json(node, FALSE), FALSE);
}
