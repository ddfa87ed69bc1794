// SPDX-License-Identifier: LGPL-2.1-or-later
// The strict reading of nodes by the tables: unknown and removed fields, wrong types, ranges,
// enums, required fields. What a value means for a guest is not decided here, nor is support: see
// validate.c.

#include "api/decode.h"

#include <string.h>

#include "api/path.h"
#include "api/quantity.h"
#include "api/scalar.h"
#include "api/suggest.h"

enum {
    MAX_QUOTED = 40,       // bytes of an offending text that are shown
    MAX_SUGGESTIONS = 100, // as many findings as are kept: more help would not be seen
};

typedef struct {
    const ApiType *root;
    gboolean own; // internal fields are read as well
    ApiFindings *findings;
} Decoder;

static gpointer decode_struct(const Decoder *self, const ApiType *type, const ApiNode *node,
                              const ApiPath *path, const char *const *skip);

static void report(const Decoder *self, const ApiNode *node, const ApiPath *path,
                   const char *remedy, const char *what)
{
    g_autofree char *where = api_path_format(path);

    api_findings_add(self->findings, API_FINDING_ERROR, node->line, node->column, where, remedy,
                     "%s", what);
}

static char *quote(const char *text)
{
    g_autofree char *valid = NULL;

    if (strlen(text) <= MAX_QUOTED && !strchr(text, '\n'))
        return g_strdup_printf("\"%s\"", text);
    valid = g_utf8_make_valid(text, (gssize)MIN(strcspn(text, "\n"), MAX_QUOTED));
    return g_strdup_printf("\"%s...\"", valid);
}

static char *describe(const ApiNode *node)
{
    g_autofree char *quoted = NULL;
    gboolean value;

    if (node->kind != API_NODE_SCALAR)
        return g_strdup(node->kind == API_NODE_LIST  ? "a list"
                        : node->kind == API_NODE_MAP ? "a map"
                                                     : "nothing");
    if (node->plain && api_scalar_is_number(node->text))
        return g_strdup_printf("the number %.*s", MAX_QUOTED, node->text);
    if (node->plain && api_scalar_to_bool(node->text, &value))
        return g_strdup_printf("%s, which is a boolean", node->text);
    quoted = quote(node->text);
    return g_strdup_printf("the text %s", quoted);
}

static void report_mismatch(const Decoder *self, const ApiNode *node, const ApiPath *path,
                            const char *remedy, const char *expected)
{
    g_autofree char *found = describe(node);
    g_autofree char *what = g_strdup_printf("expected %s, found %s", expected, found);

    report(self, node, path, remedy, what);
}

static char *decode_string(const Decoder *self, const ApiNode *node, const ApiPath *path)
{
    g_autofree char *remedy = NULL;
    gboolean value;

    if (node->kind != API_NODE_SCALAR) {
        report_mismatch(self, node, path, NULL, "a text");
        return NULL;
    }
    if (node->plain &&
        (api_scalar_is_number(node->text) || api_scalar_to_bool(node->text, &value))) {
        remedy = g_strdup_printf("quote it: \"%.*s\"", MAX_QUOTED, node->text);
        report_mismatch(self, node, path, remedy, "a text");
        return NULL;
    }
    return g_strdup(node->text);
}

static ApiBool decode_bool(const Decoder *self, const ApiNode *node, const ApiPath *path)
{
    gboolean quoted = node->kind == API_NODE_SCALAR && !node->plain, value;

    if (node->kind == API_NODE_SCALAR && api_scalar_to_bool(node->text, &value)) {
        if (!quoted)
            return value ? API_TRUE : API_FALSE;
        report_mismatch(self, node, path, "remove the quotes", "true or false");
        return API_UNSET;
    }
    report_mismatch(self, node, path, NULL, "true or false");
    return API_UNSET;
}

static ApiInt decode_int(const Decoder *self, const ApiField *field, const ApiNode *node,
                         const ApiPath *path)
{
    ApiInteger integer = API_INTEGER_NONE;
    ApiInt result = { FALSE, 0 };
    gint64 value = 0;

    if (node->kind == API_NODE_SCALAR)
        integer = api_scalar_to_int(node->text, &value);
    if (integer == API_INTEGER_NONE || !node->plain) {
        report_mismatch(self, node, path, integer == API_INTEGER_NONE ? NULL : "remove the quotes",
                        "a whole number");
    } else if (integer == API_INTEGER_TOO_LARGE ||
               (field->bits == 32 && (value < G_MININT32 || value > G_MAXINT32))) {
        g_autofree char *what =
            g_strdup_printf("%.*s does not fit into %u bits", MAX_QUOTED, node->text, field->bits);

        report(self, node, path, NULL, what);
    } else {
        result = (ApiInt){ TRUE, value };
    }
    return result;
}

static char *decode_quantity(const Decoder *self, const ApiNode *node, const ApiPath *path)
{
    g_autoptr(GError) error = NULL;
    ApiNano nano;

    if (node->kind != API_NODE_SCALAR) {
        report_mismatch(self, node, path, NULL, "a quantity such as 64M, 1Gi or 500m");
        return NULL;
    }
    if (strlen(node->text) <= MAX_QUOTED ? api_quantity_parse(node->text, &nano, &error)
                                         : api_quantity_parse(node->text, &nano, NULL))
        return g_strdup(node->text);
    if (error)
        report(self, node, path, NULL, error->message);
    else
        report_mismatch(self, node, path, NULL, "a quantity such as 64M, 1Gi or 500m");
    return NULL;
}

static void report_enum(const Decoder *self, const ApiEnum *values, const ApiNode *node,
                        const ApiPath *path)
{
    g_autofree char *quoted = quote(node->text);
    g_autofree char *what = g_strdup_printf("%s is none of the allowed values", quoted);
    g_autofree char *allowed = g_strjoinv(", ", (char **)&values->values[1]);
    const char *near = api_suggest_word(&values->values[1], node->text);
    g_autofree char *remedy =
        near ? g_strdup_printf("did you mean \"%s\"? Allowed: %s", near, allowed)
             : g_strdup_printf("use one of: %s", allowed);

    report(self, node, path, remedy, what);
}

static int decode_enum(const Decoder *self, const ApiField *field, const ApiNode *node,
                       const ApiPath *path)
{
    g_autofree char *text = decode_string(self, node, path);
    int value = text ? api_enum_from_string(field->values, text) : 0;

    if (text && value == 0)
        report_enum(self, field->values, node, path);
    return value;
}

// An element of a list, or the value of a pointer member.
static gpointer decode_pointer(const Decoder *self, const ApiField *field, const ApiNode *node,
                               const ApiPath *path)
{
    switch (field->kind) {
    case API_KIND_STRING:
        return decode_string(self, node, path);
    case API_KIND_QUANTITY:
        return decode_quantity(self, node, path);
    case API_KIND_OBJECT:
        return decode_struct(self, field->type, node, path, NULL);
    case API_KIND_ANY:
        return api_node_ref((ApiNode *)node);
    case API_KIND_BOOL:
        return decode_bool(self, node, path) == API_UNSET ? NULL : g_strdup(node->text);
    case API_KIND_INT:
        return decode_int(self, field, node, path).set ? g_strdup(node->text) : NULL;
    case API_KIND_ENUM:
        return decode_enum(self, field, node, path) == 0 ? NULL : g_strdup(node->text);
    }
    return NULL;
}

static GPtrArray *new_list(const ApiField *field)
{
    if (field->kind == API_KIND_ANY)
        return g_ptr_array_new_with_free_func((GDestroyNotify)api_node_unref);
    return api_list_new(field->kind == API_KIND_OBJECT ? field->type : NULL);
}

static GPtrArray *decode_list(const Decoder *self, const ApiField *field, const ApiNode *node,
                              const ApiPath *path)
{
    g_autoptr(GPtrArray) list = NULL;
    ApiPath here = { .parent = path };

    if (node->kind != API_NODE_LIST) {
        report_mismatch(self, node, path, "begin each item with \"- \"", "a list");
        return NULL;
    }
    for (; here.index < node->children->len; here.index++) {
        const ApiNode *child = node->children->pdata[here.index];
        gpointer element = NULL;

        if (child->kind == API_NODE_NULL)
            report(self, child, &here, NULL, "an empty item");
        else
            element = decode_pointer(self, field, child, &here);
        if (!element)
            continue;
        if (!list)
            list = new_list(field);
        g_ptr_array_add(list, element);
    }
    return g_steal_pointer(&list);
}

// Whether NODE, which is FIELD or an entry of the map that it is, says nothing: by null, or by the empty text, which
// upstream is the same for all but the values of maps of strings.
static gboolean says_nothing(const ApiField *field, const ApiNode *node)
{
    if (node->kind == API_NODE_NULL)
        return TRUE;
    if (node->kind != API_NODE_SCALAR || *node->text != '\0' || field->empty)
        return FALSE;
    return field->kind == API_KIND_QUANTITY ||
           (field->shape == API_SINGLE &&
            (field->kind == API_KIND_STRING || field->kind == API_KIND_ENUM));
}

static GPtrArray *decode_map(const Decoder *self, const ApiField *field, const ApiNode *node,
                             const ApiPath *path)
{
    g_autoptr(GPtrArray) map = NULL;

    if (node->kind != API_NODE_MAP) {
        report_mismatch(self, node, path, NULL, "a map");
        return NULL;
    }
    for (guint i = 0; i < node->children->len; i++) {
        const ApiEntry *entry = node->children->pdata[i];
        ApiPath here = { .parent = path, .name = entry->key, .is_map_key = TRUE };
        g_autofree char *value = NULL;
        ApiPair *pair;

        if (entry->value->kind == API_NODE_NULL && field->kind == API_KIND_STRING)
            value = g_strdup("");
        else if (!says_nothing(field, entry->value))
            value = decode_pointer(self, field, entry->value, &here);
        if (!value)
            continue;
        if (!map)
            map = g_ptr_array_new_with_free_func((GDestroyNotify)api_pair_free);
        pair = g_new0(ApiPair, 1);
        pair->key = g_strdup(entry->key);
        pair->value = g_steal_pointer(&value);
        g_ptr_array_add(map, pair);
    }
    return g_steal_pointer(&map);
}

static void decode_field(const Decoder *self, const ApiField *field, gpointer object,
                         const ApiNode *node, const ApiPath *path)
{
    if (says_nothing(field, node))
        return;
    if (field->shape == API_LIST)
        G_STRUCT_MEMBER(gpointer, object, field->offset) = decode_list(self, field, node, path);
    else if (field->shape == API_MAP)
        G_STRUCT_MEMBER(gpointer, object, field->offset) = decode_map(self, field, node, path);
    else if (field->kind == API_KIND_BOOL)
        G_STRUCT_MEMBER(ApiBool, object, field->offset) = decode_bool(self, node, path);
    else if (field->kind == API_KIND_INT)
        G_STRUCT_MEMBER(ApiInt, object, field->offset) = decode_int(self, field, node, path);
    else if (field->kind == API_KIND_ENUM)
        G_STRUCT_MEMBER(int, object, field->offset) = decode_enum(self, field, node, path);
    else
        G_STRUCT_MEMBER(gpointer, object, field->offset) = decode_pointer(self, field, node, path);
}

static void report_unknown(const Decoder *self, const ApiType *type, const ApiEntry *entry,
                           const ApiPath *parent, const ApiPath *here)
{
    g_autofree char *where = api_path_format(here);
    g_autofree char *quoted = quote(entry->key);
    g_autofree char *remedy = NULL;

    if (api_findings_count(self->findings, API_FINDING_ERROR) < MAX_SUGGESTIONS)
        remedy = api_suggest_field(self->root, parent, type, entry->key);
    api_findings_add(self->findings, API_FINDING_ERROR, entry->line, entry->column, where, remedy,
                     "unknown field %s", quoted);
}

static void decode_entry(const Decoder *self, const ApiType *type, gpointer object,
                         const ApiEntry *entry, const ApiPath *path)
{
    const ApiField *field = api_type_find(type, entry->key);
    ApiPath here = { .parent = path, .name = entry->key };
    g_autofree char *where = NULL;

    if (!field || (field->internal && !self->own)) {
        report_unknown(self, type, entry, path, &here);
    } else if (field->support == API_SUPPORT_REMOVED) {
        where = api_path_format(&here);
        api_findings_add(self->findings, API_FINDING_ERROR, entry->line, entry->column, where,
                         field->note, "\"%s\" was removed from the API", entry->key);
    } else if (field->alias && api_field_is_set(field, object)) {
        where = api_path_format(&here);
        api_findings_add(self->findings, API_FINDING_ERROR, entry->line, entry->column, where,
                         "remove one of them", "\"%s\" and \"%s\" are the same field", field->name,
                         field->alias);
    } else {
        decode_field(self, field, object, entry->value, &here);
    }
}

// An unknown key that is most likely FIELD misspelt: reported already, and once is enough.
static gboolean is_misspelt(const ApiType *type, const ApiField *field, const ApiNode *node)
{
    for (guint i = 0; i < node->children->len; i++) {
        const ApiEntry *entry = node->children->pdata[i];

        if (api_names_are_near(field->name, entry->key) && !api_type_find(type, entry->key))
            return TRUE;
    }
    return FALSE;
}

static gboolean is_given(const ApiField *field, const ApiNode *node)
{
    const ApiNode *value = api_node_get(node, field->name);

    if (!value && field->alias)
        value = api_node_get(node, field->alias);
    if (!value || says_nothing(field, value))
        return FALSE;
    return field->shape == API_SINGLE || !value->children || value->children->len > 0;
}

static void check_required(const Decoder *self, const ApiType *type, const ApiNode *node,
                           const ApiPath *path)
{
    for (guint i = 0; i < type->n_fields; i++) {
        const ApiField *field = &type->fields[i];
        ApiPath here = { .parent = path, .name = field->name };
        g_autofree char *what = NULL;

        if (!field->required || is_given(field, node) || is_misspelt(type, field, node))
            continue;
        what = g_strdup_printf("\"%s\" is required: %s", field->name, field->doc);
        report(self, node, &here, NULL, what);
    }
}

static gpointer decode_struct(const Decoder *self, const ApiType *type, const ApiNode *node,
                              const ApiPath *path, const char *const *skip)
{
    gpointer object;

    if (node->kind != API_NODE_MAP) {
        report_mismatch(self, node, path, NULL, type->n_fields > 0 ? "a map of fields" : "{}");
        return NULL;
    }
    object = api_struct_new(type);
    for (guint i = 0; i < node->children->len; i++) {
        const ApiEntry *entry = node->children->pdata[i];

        if (!skip || !g_strv_contains(skip, entry->key))
            decode_entry(self, type, object, entry, path);
    }
    check_required(self, type, node, path);
    return object;
}

gpointer api_decode(const ApiType *type, const ApiNode *node, const char *const *skip, gboolean own,
                    ApiFindings *findings)
{
    const Decoder self = { .root = type, .own = own, .findings = findings };
    static const ApiPath root = { NULL };

    return decode_struct(&self, type, node, &root, skip);
}
