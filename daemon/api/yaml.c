// SPDX-License-Identifier: LGPL-2.1-or-later
// Text to trees of ApiNode, through libyaml's events. Owns the strictness (duplicate keys, tags,
// limits), aliases and merge keys. Knows nothing of schemas.

#include "api/yaml.h"

#include <string.h>
#include <yaml.h>

#include "api/path.h"
#include "api/scalar.h"
#include "api/surrogate.h"
#include "api/yaml-error.h"

enum {
    HASH_FROM = 16, // maps with more keys look for duplicates through a hash table
};

// What an alias stands for, and what it costs to copy.
typedef struct {
    ApiNode *node;
    guint nodes;
    gsize text;
    guint height;
} Anchor;

typedef struct {
    yaml_parser_t yaml;
    const char *text;
    gsize length;
    ApiFindings *findings;
    GHashTable *anchors; // of the current document: name -> Anchor
    guint nodes;         // so far, aliases counted as if copied
    gsize expanded;      // bytes of scalars so far, likewise
} Reader;

static ApiNode *read_node(Reader *self, const yaml_event_t *event, const ApiPath *path, guint depth,
                          guint *ret_height);

static void anchor_free(gpointer data)
{
    Anchor *self = data;

    api_node_unref(self->node);
    g_free(self);
}

static void report(Reader *self, const yaml_mark_t *mark, const ApiPath *path, const char *remedy,
                   const char *what)
{
    g_autofree char *where = api_path_format(path);

    api_findings_add(self->findings, API_FINDING_ERROR, (guint)mark->line + 1,
                     (guint)mark->column + 1, where, remedy, "%s", what);
}

static gboolean next_event(Reader *self, yaml_event_t *event)
{
    if (yaml_parser_parse(&self->yaml, event))
        return TRUE;
    api_yaml_report(&self->yaml, self->text, self->length, self->findings);
    return FALSE;
}

static ApiNode *node_new(ApiNodeKind kind, const yaml_mark_t *mark)
{
    ApiNode *node = g_new0(ApiNode, 1);

    node->ref_count = 1;
    node->kind = kind;
    node->line = (guint)mark->line + 1;
    node->column = (guint)mark->column + 1;
    return node;
}

// FALSE, reported, when NODES and TEXT more would pass the limits.
static gboolean charge(Reader *self, const yaml_mark_t *mark, guint nodes, gsize text)
{
    if (nodes > API_YAML_MAX_NODES - self->nodes) {
        report(self, mark, NULL, "split the text",
               "too many values, with aliases counted as copies");
        return FALSE;
    }
    if (text > API_YAML_MAX_TEXT - self->expanded) {
        report(self, mark, NULL, "split the text", "too much text, with aliases counted as copies");
        return FALSE;
    }
    self->nodes += nodes;
    self->expanded += text;
    return TRUE;
}

// Only the tags of YAML's core schema; others would need a meaning. *RET_IS_STRING: the tag says
// "text, whatever it looks like".
static gboolean check_tag(Reader *self, const yaml_event_t *event, const ApiPath *path,
                          const char *tag, gboolean *ret_is_string)
{
    static const struct {
        const char *tag;
        yaml_event_type_t type;
    } known[] = {
        { YAML_STR_TAG, YAML_SCALAR_EVENT },        { YAML_INT_TAG, YAML_SCALAR_EVENT },
        { YAML_BOOL_TAG, YAML_SCALAR_EVENT },       { YAML_FLOAT_TAG, YAML_SCALAR_EVENT },
        { YAML_NULL_TAG, YAML_SCALAR_EVENT },       { YAML_SEQ_TAG, YAML_SEQUENCE_START_EVENT },
        { YAML_MAP_TAG, YAML_MAPPING_START_EVENT },
    };

    *ret_is_string = FALSE;
    if (!tag)
        return TRUE;
    *ret_is_string = strcmp(tag, "!") == 0 || strcmp(tag, YAML_STR_TAG) == 0;
    if (strcmp(tag, "!") == 0)
        return TRUE;
    for (guint i = 0; i < G_N_ELEMENTS(known); i++)
        if (event->type == known[i].type && strcmp(tag, known[i].tag) == 0)
            return TRUE;
    report(self, &event->start_mark, path,
           "remove the tag, or quote a value that begins with \"!\"",
           "a tag that has no meaning here");
    return FALSE;
}

static gboolean has_nul(Reader *self, const yaml_event_t *event, const ApiPath *path)
{
    if (strlen((const char *)event->data.scalar.value) == event->data.scalar.length)
        return FALSE;
    report(self, &event->start_mark, path, NULL, "the text contains a NUL character");
    return TRUE;
}

static ApiNode *read_scalar(Reader *self, const yaml_event_t *event, const ApiPath *path)
{
    const char *text = (const char *)event->data.scalar.value;
    gboolean is_string = FALSE, plain;
    ApiNode *node;

    if (!charge(self, &event->start_mark, 1, event->data.scalar.length))
        return NULL;
    // What is wrong is reported; reading goes on to find more.
    (void)!check_tag(self, event, path, (const char *)event->data.scalar.tag, &is_string);
    (void)!has_nul(self, event, path);
    plain = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE && !is_string;
    if (plain && api_scalar_is_null(text))
        return node_new(API_NODE_NULL, &event->start_mark);
    node = node_new(API_NODE_SCALAR, &event->start_mark);
    node->plain = plain;
    node->text = g_strdup(text);
    return node;
}

static ApiNode *read_alias(Reader *self, const yaml_event_t *event, const ApiPath *path,
                           guint depth, guint *ret_height)
{
    const Anchor *anchor = g_hash_table_lookup(self->anchors, event->data.alias.anchor);

    if (!anchor) {
        report(self, &event->start_mark, path, "quote a value that begins with \"*\"",
               "an alias of something that is not named before");
        return charge(self, &event->start_mark, 1, 0) ? node_new(API_NODE_NULL, &event->start_mark)
                                                      : NULL;
    }
    if (!charge(self, &event->start_mark, anchor->nodes, anchor->text))
        return NULL;
    if (depth + anchor->height > API_YAML_MAX_DEPTH) {
        report(self, &event->start_mark, path, NULL, "nested too deeply");
        return NULL;
    }
    *ret_height = anchor->height;
    return api_node_ref(anchor->node);
}

static ApiNode *read_list(Reader *self, const yaml_event_t *start, const ApiPath *path, guint depth,
                          guint *ret_height)
{
    g_autoptr(ApiNode) node = node_new(API_NODE_LIST, &start->start_mark);
    ApiPath here = { .parent = path };

    node->children = g_ptr_array_new_with_free_func((GDestroyNotify)api_node_unref);
    for (;; here.index++) {
        yaml_event_t event;
        ApiNode *child;
        guint height = 0;

        if (!next_event(self, &event))
            return NULL;
        if (event.type == YAML_SEQUENCE_END_EVENT) {
            yaml_event_delete(&event);
            return g_steal_pointer(&node);
        }
        child = read_node(self, &event, &here, depth, &height);
        yaml_event_delete(&event);
        if (!child)
            return NULL;
        g_ptr_array_add(node->children, child);
        *ret_height = MAX(*ret_height, height + 1);
    }
}

static const ApiEntry *find_entry(const ApiNode *map, GHashTable *index, const char *key)
{
    if (index)
        return g_hash_table_lookup(index, key);
    for (guint i = 0; i < map->children->len; i++) {
        const ApiEntry *entry = map->children->pdata[i];

        if (strcmp(entry->key, key) == 0)
            return entry;
    }
    return NULL;
}

static void add_entry(ApiNode *map, GHashTable **index, ApiEntry *entry)
{
    g_ptr_array_add(map->children, entry);
    if (map->children->len < HASH_FROM)
        return;
    if (!*index) {
        *index = g_hash_table_new(g_str_hash, g_str_equal);
        for (guint i = 0; i < map->children->len; i++) {
            ApiEntry *old = map->children->pdata[i];

            g_hash_table_insert(*index, old->key, old);
        }
    }
    g_hash_table_insert(*index, entry->key, entry);
}

// The text of a key, or NULL, reported, when it cannot be one.
static const char *read_key(Reader *self, const yaml_event_t *event, const ApiPath *path)
{
    gboolean is_string;

    if (event->type != YAML_SCALAR_EVENT) {
        report(self, &event->start_mark, path,
               "quote a text that begins with \"{\", \"[\" or \"*\"", "a key must be a text");
        return NULL;
    }
    if (!check_tag(self, event, path, (const char *)event->data.scalar.tag, &is_string) ||
        has_nul(self, event, path))
        return NULL;
    if (event->data.scalar.length > API_YAML_MAX_KEY) {
        report(self, &event->start_mark, path, "no field or key has such a name",
               "a key of more than 1024 bytes");
        return NULL;
    }
    if (event->data.scalar.length == 0 && event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE) {
        report(self, &event->start_mark, path, NULL, "there is no key in front of the \":\"");
        return NULL;
    }
    return (const char *)event->data.scalar.value;
}

static void report_duplicate(Reader *self, const yaml_event_t *event, const ApiPath *path,
                             const ApiEntry *first)
{
    g_autofree char *where = api_path_format(path);

    api_findings_add(self->findings, API_FINDING_ERROR, (guint)event->start_mark.line + 1,
                     (guint)event->start_mark.column + 1, where, "remove one of them",
                     "\"%s\" is given twice, first in line %u", first->key, first->line);
}

// Adds the entries of SOURCE that MAP does not have itself: what `<<: *name` means.
static void merge(ApiNode *map, GHashTable **index, const ApiNode *source)
{
    for (guint i = 0; i < source->children->len; i++) {
        const ApiEntry *from = source->children->pdata[i];
        ApiEntry *entry;

        if (find_entry(map, *index, from->key))
            continue;
        entry = g_new0(ApiEntry, 1);
        entry->key = g_strdup(from->key);
        entry->line = from->line;
        entry->column = from->column;
        entry->value = api_node_ref(from->value);
        add_entry(map, index, entry);
    }
}

static void merge_all(Reader *self, ApiNode *map, GHashTable **index, const ApiNode *source,
                      const yaml_mark_t *mark, const ApiPath *path)
{
    gboolean fits = source->kind == API_NODE_MAP;

    if (source->kind == API_NODE_LIST) {
        fits = TRUE;
        for (guint i = 0; i < source->children->len; i++) {
            const ApiNode *element = source->children->pdata[i];

            if (element->kind == API_NODE_MAP)
                merge(map, index, element);
            fits = fits && element->kind == API_NODE_MAP;
        }
    } else if (fits) {
        merge(map, index, source);
    }
    if (!fits)
        report(self, mark, path, "quote the key if it is meant as text",
               "\"<<\" merges maps, and this is none");
}

// Reads one `key: value` into MAP, or into *MERGES. FALSE when reading cannot go on.
static gboolean read_entry(Reader *self, ApiNode *map, GHashTable **index, ApiNode **merges,
                           const yaml_event_t *key_event, const ApiPath *path, guint depth,
                           guint *ret_height)
{
    const char *key = read_key(self, key_event, path);
    ApiPath here = { .parent = path, .name = key ? key : "?" };
    const ApiEntry *first = key ? find_entry(map, *index, key) : NULL;
    g_autoptr(ApiNode) value = NULL;
    yaml_event_t event;
    ApiEntry *entry;

    if (first)
        report_duplicate(self, key_event, &here, first);
    if (key && !charge(self, &key_event->start_mark, 0, strlen(key)))
        return FALSE;
    if (!key && key_event->type != YAML_SCALAR_EVENT)
        return FALSE;
    if (!next_event(self, &event))
        return FALSE;
    value = read_node(self, &event, &here, depth, ret_height);
    yaml_event_delete(&event);
    if (!value || !key || first)
        return value != NULL;
    if (strcmp(key, "<<") == 0 && key_event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE) {
        if (*merges)
            report(self, &key_event->start_mark, &here, "write one list: <<: [*a, *b]",
                   "\"<<\" is given twice");
        api_node_unref(*merges);
        *merges = g_steal_pointer(&value);
        return TRUE;
    }
    entry = g_new0(ApiEntry, 1);
    entry->key = g_strdup(key);
    entry->line = (guint)key_event->start_mark.line + 1;
    entry->column = (guint)key_event->start_mark.column + 1;
    entry->value = g_steal_pointer(&value);
    add_entry(map, index, entry);
    return TRUE;
}

static ApiNode *read_map(Reader *self, const yaml_event_t *start, const ApiPath *path, guint depth,
                         guint *ret_height)
{
    g_autoptr(ApiNode) node = node_new(API_NODE_MAP, &start->start_mark);
    g_autoptr(ApiNode) merges = NULL;
    g_autoptr(GHashTable) index = NULL;

    node->children = g_ptr_array_new_with_free_func((GDestroyNotify)api_entry_free);
    for (;;) {
        yaml_event_t event;
        guint height = 0;
        gboolean go_on;

        if (!next_event(self, &event))
            return NULL;
        if (event.type == YAML_MAPPING_END_EVENT) {
            yaml_event_delete(&event);
            if (merges)
                merge_all(self, node, &index, merges, &start->start_mark, path);
            return g_steal_pointer(&node);
        }
        go_on = read_entry(self, node, &index, &merges, &event, path, depth, &height);
        yaml_event_delete(&event);
        if (!go_on)
            return NULL;
        *ret_height = MAX(*ret_height, height + 1);
    }
}

static const char *event_anchor(const yaml_event_t *event)
{
    switch (event->type) {
    case YAML_SCALAR_EVENT:
        return (const char *)event->data.scalar.anchor;
    case YAML_SEQUENCE_START_EVENT:
        return (const char *)event->data.sequence_start.anchor;
    case YAML_MAPPING_START_EVENT:
        return (const char *)event->data.mapping_start.anchor;
    default:
        return NULL;
    }
}

// NULL, reported, when reading cannot go on. *RET_HEIGHT: levels below the node, 0 for a scalar.
static ApiNode *read_node(Reader *self, const yaml_event_t *event, const ApiPath *path, guint depth,
                          guint *ret_height)
{
    guint nodes = self->nodes;
    gsize expanded = self->expanded;
    const char *anchor = event_anchor(event);
    gboolean is_string;
    ApiNode *node;

    if (depth >= API_YAML_MAX_DEPTH) {
        report(self, &event->start_mark, path, NULL, "nested too deeply");
        return NULL;
    }
    if (event->type == YAML_ALIAS_EVENT)
        return read_alias(self, event, path, depth, ret_height);
    if (event->type == YAML_SCALAR_EVENT) {
        node = read_scalar(self, event, path);
    } else {
        gboolean is_list = event->type == YAML_SEQUENCE_START_EVENT;
        const yaml_char_t *tag =
            is_list ? event->data.sequence_start.tag : event->data.mapping_start.tag;

        // A wrong tag is reported; the value is read all the same, to find more.
        (void)!check_tag(self, event, path, (const char *)tag, &is_string);
        if (!charge(self, &event->start_mark, 1, 0))
            return NULL;
        node = is_list ? read_list(self, event, path, depth + 1, ret_height)
                       : read_map(self, event, path, depth + 1, ret_height);
    }
    if (node && anchor) {
        Anchor *target = g_new0(Anchor, 1);

        target->node = api_node_ref(node);
        target->nodes = self->nodes - nodes;
        target->text = self->expanded - expanded;
        target->height = *ret_height;
        g_hash_table_replace(self->anchors, g_strdup(anchor), target);
    }
    return node;
}

// Reads the document that begins with the next event into DOCUMENTS. FALSE when reading cannot go
// on.
static gboolean read_document(Reader *self, GPtrArray *documents)
{
    static const ApiPath root = { NULL };
    g_autoptr(ApiNode) node = NULL;
    yaml_event_t event;
    guint height = 0;

    g_hash_table_remove_all(self->anchors);
    if (!next_event(self, &event))
        return FALSE;
    node = read_node(self, &event, &root, 0, &height);
    yaml_event_delete(&event);
    if (!node)
        return FALSE;
    if (!next_event(self, &event)) // the end of the document
        return FALSE;
    yaml_event_delete(&event);
    if (node->kind == API_NODE_NULL)
        return TRUE;
    if (documents->len >= API_YAML_MAX_DOCUMENTS) {
        api_findings_add(self->findings, API_FINDING_ERROR, node->line, node->column, NULL,
                         "split the text", "more than %d documents", API_YAML_MAX_DOCUMENTS);
        return FALSE;
    }
    g_ptr_array_add(documents, g_steal_pointer(&node));
    return TRUE;
}

static void read_stream(Reader *self, GPtrArray *documents)
{
    gboolean go_on = TRUE;

    while (go_on) {
        yaml_event_t event;
        yaml_event_type_t type;

        if (!next_event(self, &event))
            return;
        type = event.type;
        yaml_event_delete(&event);
        if (type == YAML_STREAM_END_EVENT)
            return;
        go_on = type != YAML_DOCUMENT_START_EVENT || read_document(self, documents);
    }
}

GPtrArray *api_yaml_parse(const char *text, gsize length, ApiFindings *findings)
{
    g_autoptr(GPtrArray) documents = NULL;
    static const char byte_order_mark[] = "\xEF\xBB\xBF";
    g_autofree char *joined = NULL;
    Reader self = { .findings = findings };

    if (length > API_YAML_MAX_BYTES) {
        api_findings_add(findings, API_FINDING_ERROR, 0, 0, NULL, "split it",
                         "the text is larger than %d MiB", API_YAML_MAX_BYTES / 1024 / 1024);
        return NULL;
    }
    if (!yaml_parser_initialize(&self.yaml)) {
        api_findings_add(findings, API_FINDING_ERROR, 0, 0, NULL, NULL, "out of memory");
        return NULL;
    }
    if (length >= strlen(byte_order_mark) &&
        memcmp(text, byte_order_mark, strlen(byte_order_mark)) == 0) {
        text += strlen(byte_order_mark); // libyaml would count it as a column
        length -= strlen(byte_order_mark);
    }
    yaml_parser_set_encoding(&self.yaml, YAML_UTF8_ENCODING);
    joined = api_surrogates_join(text, length, &length);
    self.text = joined ? joined : text;
    self.length = length;
    yaml_parser_set_input_string(&self.yaml, (const unsigned char *)self.text, length);
    self.anchors = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, anchor_free);
    documents = g_ptr_array_new_with_free_func((GDestroyNotify)api_node_unref);
    read_stream(&self, documents);
    g_hash_table_unref(self.anchors);
    yaml_parser_delete(&self.yaml);
    return g_steal_pointer(&documents);
}
