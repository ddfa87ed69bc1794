// SPDX-License-Identifier: LGPL-2.1-or-later
// Trees to YAML text through libyaml's emitter, so that reading the text again gives the same tree.
// Strings that look like something else are quoted, those of several lines become literal blocks.

#include "api/encode.h"

#include <string.h>
#include <yaml.h>

#include "api/scalar.h"

static int append_text(void *data, unsigned char *buffer, size_t size)
{
    g_string_append_len(data, (const char *)buffer, (gssize)size);
    return 1;
}

// The emitter takes EVENT over. Neither step can fail but for memory, which GLib does not survive
// either.
static void emit(yaml_emitter_t *emitter, int initialized, yaml_event_t *event)
{
    if (!initialized || !yaml_emitter_emit(emitter, event))
        g_error("libyaml cannot write: %s", emitter->problem ? emitter->problem : "out of memory");
}

// A literal block is only for text that it can hold: it begins with a visible character and has no
// odd line breaks.
static gboolean fits_block(const char *text)
{
    return strchr(text, '\n') && !strchr(" \t\n", text[0]);
}

static void emit_scalar(yaml_emitter_t *emitter, const char *text, gboolean plain)
{
    yaml_scalar_style_t style = YAML_PLAIN_SCALAR_STYLE; // quoted by libyaml where it must be
    yaml_event_t event;

    if (!plain && api_scalar_needs_quotes(text))
        style = YAML_DOUBLE_QUOTED_SCALAR_STYLE;
    else if (fits_block(text))
        style = YAML_LITERAL_SCALAR_STYLE;
    else if (strpbrk(text, "\n\r\t"))
        style = YAML_DOUBLE_QUOTED_SCALAR_STYLE;
    emit(emitter,
         yaml_scalar_event_initialize(&event, NULL, NULL, (const yaml_char_t *)text,
                                      (int)strlen(text), 1, 1, style),
         &event);
}

static void emit_node(yaml_emitter_t *emitter, const ApiNode *node);

static void emit_list(yaml_emitter_t *emitter, const ApiNode *node)
{
    yaml_event_t event;

    emit(emitter,
         yaml_sequence_start_event_initialize(&event, NULL, NULL, 1, YAML_BLOCK_SEQUENCE_STYLE),
         &event);
    for (guint i = 0; i < node->children->len; i++)
        emit_node(emitter, node->children->pdata[i]);
    emit(emitter, yaml_sequence_end_event_initialize(&event), &event);
}

static void emit_map(yaml_emitter_t *emitter, const ApiNode *node)
{
    yaml_event_t event;

    emit(emitter,
         yaml_mapping_start_event_initialize(&event, NULL, NULL, 1, YAML_BLOCK_MAPPING_STYLE),
         &event);
    for (guint i = 0; i < node->children->len; i++) {
        const ApiEntry *entry = node->children->pdata[i];

        emit_scalar(emitter, entry->key, FALSE);
        emit_node(emitter, entry->value);
    }
    emit(emitter, yaml_mapping_end_event_initialize(&event), &event);
}

static void emit_node(yaml_emitter_t *emitter, const ApiNode *node)
{
    if (node->kind == API_NODE_LIST)
        emit_list(emitter, node);
    else if (node->kind == API_NODE_MAP)
        emit_map(emitter, node);
    else
        emit_scalar(emitter, node->kind == API_NODE_NULL ? "null" : node->text,
                    node->kind == API_NODE_NULL || node->plain);
}

char *api_node_to_yaml(const ApiNode *node)
{
    g_autoptr(GString) out = g_string_new(NULL);
    yaml_emitter_t emitter;
    yaml_event_t event;

    if (!yaml_emitter_initialize(&emitter))
        g_error("libyaml cannot write: out of memory");
    yaml_emitter_set_output(&emitter, append_text, out);
    yaml_emitter_set_unicode(&emitter, 1);
    yaml_emitter_set_width(&emitter, -1);
    emit(&emitter, yaml_stream_start_event_initialize(&event, YAML_UTF8_ENCODING), &event);
    emit(&emitter, yaml_document_start_event_initialize(&event, NULL, NULL, NULL, 1), &event);
    emit_node(&emitter, node);
    emit(&emitter, yaml_document_end_event_initialize(&event, 1), &event);
    emit(&emitter, yaml_stream_end_event_initialize(&event), &event);
    yaml_emitter_delete(&emitter);
    return g_string_free(g_steal_pointer(&out), FALSE);
}
