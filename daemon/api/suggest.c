// SPDX-License-Identifier: LGPL-2.1-or-later
// Looks for a misspelt field among its siblings, and for a misplaced one in the rest of the
// object's tables. Runs only when a finding is made.

#include "api/suggest.h"

#include <string.h>

enum {
    MAX_NAME = 64,     // longer names are not compared
    MAX_DEPTH = 16,    // of the tables; none is as deep unless it refers to itself
    MAX_ELSEWHERE = 3, // a name that is in more places than this says nothing
};

// Edits (insert, delete, change, swap neighbours) from A to B, case ignored; MAX_NAME when either
// is too long.
static guint edit_distance(const char *a, const char *b)
{
    gsize length_a = strlen(a), length_b = strlen(b);
    guint rows[3][MAX_NAME + 1];

    if (length_a > MAX_NAME || length_b > MAX_NAME)
        return MAX_NAME;
    for (gsize j = 0; j <= length_b; j++)
        rows[0][j] = (guint)j;
    for (gsize i = 1; i <= length_a; i++) {
        guint *row = rows[i % 3], *above = rows[(i - 1) % 3], *above2 = rows[(i + 1) % 3];
        char ca = g_ascii_tolower(a[i - 1]);

        row[0] = (guint)i;
        for (gsize j = 1; j <= length_b; j++) {
            char cb = g_ascii_tolower(b[j - 1]);

            row[j] = MIN(MIN(above[j], row[j - 1]) + 1, above[j - 1] + (ca == cb ? 0 : 1));
            if (i > 1 && j > 1 && ca == g_ascii_tolower(b[j - 2]) &&
                cb == g_ascii_tolower(a[i - 2]))
                row[j] = MIN(row[j], above2[j - 2] + 1);
        }
    }
    return rows[length_a % 3][length_b];
}

// How many edits a name of this length may be away and still be meant.
static guint allowed_edits(const char *name)
{
    gsize length = strlen(name);

    return length < 3 ? 0 : length < 6 ? 1 : length < 10 ? 2 : 3;
}

static gboolean is_meaningful(const ApiField *field)
{
    return field->support != API_SUPPORT_REMOVED && field->support != API_SUPPORT_REFUSED &&
           !field->internal;
}

static const char *nearest_sibling(const ApiType *type, const char *name, guint limit)
{
    const char *best = NULL;

    for (guint i = 0; i < type->n_fields; i++) {
        const char *candidate = type->fields[i].name;
        guint distance =
            is_meaningful(&type->fields[i]) ? edit_distance(candidate, name) : MAX_NAME;

        if (distance < MAX_NAME && distance <= limit) {
            best = candidate;
            if (distance == 0)
                return best;
            limit = distance - 1;
        }
    }
    return best;
}

typedef struct {
    const char *name;
    const char *near; // path of the place where the name was used
    char *best;
    gsize best_common;
    guint count;
} Search;

static gsize common_prefix(const char *a, const char *b)
{
    gsize length = 0;

    while (a[length] != '\0' && a[length] == b[length])
        length++;
    return length;
}

static guint depth_of(const char *path)
{
    guint depth = 0;

    for (; *path; path++)
        depth += *path == '.' ? 1 : 0;
    return depth;
}

static void consider(Search *self, const char *path)
{
    gsize common = common_prefix(path, self->near);

    self->count++;
    if (self->best && (common < self->best_common ||
                       (common == self->best_common && depth_of(path) >= depth_of(self->best))))
        return;
    g_free(self->best);
    self->best = g_strdup(path);
    self->best_common = common;
}

static void search_type(Search *self, const ApiType *type, GString *path, guint depth)
{
    gsize length = path->len;

    if (depth > MAX_DEPTH)
        return;
    for (guint i = 0; i < type->n_fields; i++) {
        const ApiField *field = &type->fields[i];

        if (!is_meaningful(field) || (depth == 0 && strcmp(field->name, "status") == 0))
            continue;
        g_string_append_printf(path, "%s%s", length > 0 ? "." : "", field->name);
        if (g_ascii_strcasecmp(field->name, self->name) == 0)
            consider(self, path->str);
        if (field->kind == API_KIND_OBJECT) {
            g_string_append(path, field->shape == API_LIST ? "[]" : "");
            search_type(self, field->type, path, depth + 1);
        }
        g_string_truncate(path, length);
    }
}

// "disks[3].disk" -> "disks[].disk"
static char *without_indexes(const char *path)
{
    g_autoptr(GString) out = g_string_new(NULL);

    for (; *path; path++)
        if (!g_ascii_isdigit(*path) || out->len == 0 || out->str[out->len - 1] != '[')
            g_string_append_c(out, *path);
    return g_string_free(g_steal_pointer(&out), FALSE);
}

// Where else in ROOT the name is a field; NULL when it is nowhere, or in too many places that are
// not below PARENT.
static char *search_elsewhere(const ApiType *root, const ApiPath *parent, const char *name)
{
    g_autofree char *where = api_path_format(parent);
    g_autofree char *near = without_indexes(where);
    g_autoptr(GString) path = g_string_new(NULL);
    g_autofree char *best = NULL;
    Search search = { .name = name, .near = near };

    search_type(&search, root, path, 0);
    best = search.best;
    if (!best || (search.count > MAX_ELSEWHERE && search.best_common < strlen(near)))
        return NULL;
    return g_steal_pointer(&best);
}

char *api_suggest_field(const ApiType *root, const ApiPath *parent, const ApiType *type,
                        const char *name)
{
    const char *sibling = nearest_sibling(type, name, MIN(1, allowed_edits(name)));
    g_autofree char *elsewhere = NULL;

    if (!sibling)
        elsewhere = search_elsewhere(root, parent, name);
    if (!sibling && !elsewhere)
        sibling = nearest_sibling(type, name, allowed_edits(name));
    if (!sibling && !elsewhere)
        return NULL;
    return g_strdup_printf("did you mean \"%s\"?", sibling ? sibling : elsewhere);
}

const char *api_suggest_word(const char *const *values, const char *name)
{
    guint limit = allowed_edits(name);
    const char *best = NULL;

    for (; *values; values++) {
        guint distance = edit_distance(*values, name);

        if (distance < MAX_NAME && distance <= limit && (!best || distance < limit)) {
            best = *values;
            limit = distance;
        }
    }
    return best;
}

gboolean api_names_are_near(const char *name, const char *other)
{
    guint distance = edit_distance(name, other);

    return distance < MAX_NAME && distance <= MIN(allowed_edits(name), allowed_edits(other));
}
