// SPDX-License-Identifier: LGPL-2.1-or-later
// The two walks over a signature. D-Bus and GVariant agree on types and names; only the iterators differ.
#include "cli/variant.h"

#include <errno.h>

static int read_one(sd_bus_message *message, const GVariantType *type, GVariant **ret);

static GVariant *basic_to_variant(char type, const void *value)
{
    switch (type) {
    case SD_BUS_TYPE_BYTE:
        return g_variant_new_byte(*(const guint8 *)value);
    case SD_BUS_TYPE_BOOLEAN:
        return g_variant_new_boolean(*(const int *)value);
    case SD_BUS_TYPE_INT16:
        return g_variant_new_int16(*(const gint16 *)value);
    case SD_BUS_TYPE_UINT16:
        return g_variant_new_uint16(*(const guint16 *)value);
    case SD_BUS_TYPE_INT32:
        return g_variant_new_int32(*(const gint32 *)value);
    case SD_BUS_TYPE_UINT32:
        return g_variant_new_uint32(*(const guint32 *)value);
    case SD_BUS_TYPE_INT64:
        return g_variant_new_int64(*(const gint64 *)value);
    case SD_BUS_TYPE_UINT64:
        return g_variant_new_uint64(*(const guint64 *)value);
    case SD_BUS_TYPE_DOUBLE:
        return g_variant_new_double(*(const double *)value);
    case SD_BUS_TYPE_STRING:
        return g_variant_new_string(*(char *const *)value);
    case SD_BUS_TYPE_OBJECT_PATH:
        return g_variant_new_object_path(*(char *const *)value);
    case SD_BUS_TYPE_SIGNATURE:
        return g_variant_new_signature(*(char *const *)value);
    default:
        return NULL;
    }
}

static int read_basic(sd_bus_message *message, char type, GVariant **ret)
{
    guint64 storage = 0; // room for any basic type
    int r = sd_bus_message_read_basic(message, type, &storage);

    if (r <= 0)
        return r;
    *ret = basic_to_variant(type, &storage);
    return *ret ? 1 : -EOPNOTSUPP;
}

// Children of an array until it ends, into BUILDER.
static int read_array(sd_bus_message *message, const GVariantType *type, GVariantBuilder *builder)
{
    for (;;) {
        GVariant *child = NULL;
        int r = read_one(message, g_variant_type_element(type), &child);

        if (r <= 0)
            return r;
        g_variant_builder_add_value(builder, child);
    }
}

static int read_members(sd_bus_message *message, const GVariantType *type, GVariantBuilder *builder)
{
    for (const GVariantType *member = g_variant_type_first(type); member;
         member = g_variant_type_next(member)) {
        GVariant *child = NULL;
        int r = read_one(message, member, &child);

        if (r <= 0)
            return r < 0 ? r : -EBADMSG;
        g_variant_builder_add_value(builder, child);
    }
    return 0;
}

static int read_container(sd_bus_message *message, const GVariantType *type, GVariant **ret)
{
    g_auto(GVariantBuilder) builder = G_VARIANT_BUILDER_INIT(type);
    char bus_type = 0;
    const char *contents = NULL;
    int r = sd_bus_message_peek_type(message, &bus_type, &contents);

    if (r <= 0)
        return r;
    r = sd_bus_message_enter_container(message, bus_type, contents);
    if (r <= 0)
        return r;
    if (g_variant_type_is_variant(type)) {
        GVariant *child = NULL;

        if (!g_variant_type_string_is_valid(contents))
            return -EOPNOTSUPP;
        r = read_one(message, G_VARIANT_TYPE(contents), &child);
        if (r <= 0)
            return r < 0 ? r : -EBADMSG;
        g_variant_builder_add_value(&builder, child);
    } else {
        r = g_variant_type_is_array(type) ? read_array(message, type, &builder)
                                          : read_members(message, type, &builder);
        if (r < 0)
            return r;
    }
    r = sd_bus_message_exit_container(message);
    if (r < 0)
        return r;
    *ret = g_variant_builder_end(&builder);
    return 1;
}

// 1 and a floating value; 0 at the end of the container; or a negative errno.
static int read_one(sd_bus_message *message, const GVariantType *type, GVariant **ret)
{
    if (g_variant_type_is_basic(type))
        return read_basic(message, *g_variant_type_peek_string(type), ret);
    return read_container(message, type, ret);
}

int variant_read(sd_bus_message *message, GVariant **ret_tuple)
{
    g_autofree char *tuple = g_strdup_printf("(%s)", sd_bus_message_get_signature(message, TRUE));
    int r;

    if (!g_variant_type_string_is_valid(tuple))
        return -EBADMSG;
    {
        g_auto(GVariantBuilder) builder = G_VARIANT_BUILDER_INIT(G_VARIANT_TYPE(tuple));

        r = read_members(message, G_VARIANT_TYPE(tuple), &builder);
        if (r < 0)
            return r;
        *ret_tuple = g_variant_ref_sink(g_variant_builder_end(&builder));
    }
    return 0;
}

static int append_basic(sd_bus_message *message, GVariant *value)
{
    char type = *g_variant_get_type_string(value);
    int flag;

    if (type == 's' || type == 'o' || type == 'g')
        return sd_bus_message_append_basic(message, type, g_variant_get_string(value, NULL));
    if (type == 'b') {
        flag = g_variant_get_boolean(value);
        return sd_bus_message_append_basic(message, type, &flag);
    }
    return sd_bus_message_append_basic(message, type, g_variant_get_data(value));
}

static int append_one(sd_bus_message *message, GVariant *value)
{
    const char *type = g_variant_get_type_string(value);
    g_autofree char *contents = NULL;
    char container = *type;
    int r;

    if (g_variant_type_is_basic(G_VARIANT_TYPE(type)))
        return append_basic(message, value);
    if (container == 'v') {
        g_autoptr(GVariant) child = g_variant_get_variant(value);

        contents = g_strdup(g_variant_get_type_string(child));
    } else if (container == 'a') {
        contents = g_strdup(type + 1);
    } else { // "(...)" and "{..}" without their brackets
        contents = g_strndup(type + 1, strlen(type) - 2);
        container = container == '(' ? SD_BUS_TYPE_STRUCT : SD_BUS_TYPE_DICT_ENTRY;
    }
    r = sd_bus_message_open_container(message, container, contents);
    if (r >= 0)
        r = variant_append(message, value);
    return r < 0 ? r : sd_bus_message_close_container(message);
}

int variant_append(sd_bus_message *message, GVariant *tuple)
{
    for (gsize i = 0; i < g_variant_n_children(tuple); i++) {
        g_autoptr(GVariant) child = g_variant_get_child_value(tuple, i);
        int r = append_one(message, child);

        if (r < 0)
            return r;
    }
    return 0;
}
