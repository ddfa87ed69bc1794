// SPDX-License-Identifier: LGPL-2.1-or-later
// When two worlds go on alike; see explore-world.h.
#include "explore-world.h"

#include <string.h>

static void add_struct(GString *key, const ApiType *type, gconstpointer object);

static void add_list(GString *key, const ApiField *field, const GPtrArray *list)
{
    for (guint i = 0; list && i < list->len; i++) {
        g_string_append_c(key, '(');
        if (field->type)
            add_struct(key, field->type, g_ptr_array_index(list, i));
    }
    g_string_append_c(key, ')');
}

static void add_field(GString *key, const ApiField *field, gconstpointer object)
{
    g_string_append_c(key, ';');
    if (field->shape != API_SINGLE)
        add_list(key, field, api_field_pointer(field, object));
    else if (field->kind == API_KIND_OBJECT && api_field_pointer(field, object))
        add_struct(key, field->type, api_field_pointer(field, object));
    else if (field->kind == API_KIND_STRING && api_field_pointer(field, object))
        g_string_append(key, api_field_pointer(field, object));
    else if (field->kind == API_KIND_ENUM)
        g_string_append_c(key, (char)('0' + api_field_enum(field, object)));
    else if (field->kind == API_KIND_BOOL)
        g_string_append_c(key, (char)('0' + api_field_bool(field, object)));
    else if (field->kind == API_KIND_INT)
        g_string_append_c(key, api_field_int(field, object).set ? '1' : '0');
}

// Numbers of wants tell them apart and mean nothing else.
static void add_struct(GString *key, const ApiType *type, gconstpointer object)
{
    for (guint i = 0; i < type->n_fields; i++)
        add_field(key, &type->fields[i], object);
}

GBytes *world_key(const World *self)
{
    GString *key = g_string_new(self->up ? "u" : "d");

    for (guint i = 0; i < self->scenario->n_runs; i++) {
        const Run *run = &self->runs[i];
        const char host[] = { (char)run->qemu,       (char)run->lost,    (char)run->disk,
                              (char)run->reserved,   (char)run->left,    (char)run->wanted,
                              (char)run->begun,      (char)run->lane,    (char)run->carried,
                              (char)run->fine,       (char)run->killing, (char)run->word,
                              (char)run->scope_over, (char)run->credit,  (char)run->next_credit,
                              (char)run->stop_wished };

        g_string_append_len(key, host, sizeof host);
        if (run->record)
            add_struct(key, &api_run_record_type, run->record);
    }
    return g_string_free_to_bytes(key);
}
