// SPDX-License-Identifier: LGPL-2.1-or-later
// Label selectors; see selector.h. Set-based terms ("in", "notin") are refused, not misread.
#include "manager/selector.h"

#include <string.h>

#include "api/model.h"
#include "base/error.h"

typedef struct {
    char *key;
    char *value; // NULL: only the presence counts
    gboolean negate;
} Term;

struct Selector {
    GPtrArray *terms;
};

static void term_free(Term *self)
{
    g_free(self->key);
    g_free(self->value);
    g_free(self);
}

static gboolean is_key(const char *text)
{
    for (const char *c = text; *c; c++)
        if (!g_ascii_isalnum(*c) && !strchr("-_./", *c))
            return FALSE;
    return *text != '\0';
}

static Term *parse_term(const char *text, GError **error)
{
    g_autofree char *copy = g_strstrip(g_strdup(text));
    char *equals = strchr(copy, '=');
    char *key = copy;
    const char *value = NULL;
    gboolean negate = FALSE;
    Term *term = NULL;

    if (equals) {
        negate = equals > copy && equals[-1] == '!';
        *(negate ? equals - 1 : equals) = '\0';
        value = g_strstrip(equals + (!negate && equals[1] == '=' ? 2 : 1));
    } else if (*key == '!') {
        negate = TRUE;
        key++;
    }
    key = g_strstrip(key);
    if (!is_key(key) || (value && *value && !is_key(value))) {
        g_set_error(error, VMI_ERROR, VMI_ERROR_INVALID,
                    "\"%s\" is not a label selector, use KEY=VALUE, KEY!=VALUE, KEY or !KEY "
                    "separated by commas",
                    text);
        return NULL;
    }
    term = g_new0(Term, 1);
    term->key = g_strdup(key);
    term->value = g_strdup(value);
    term->negate = negate;
    return term;
}

Selector *selector_parse(const char *text, GError **error)
{
    g_autoptr(Selector) self = g_new0(Selector, 1);
    g_auto(GStrv) parts = text && *text ? g_strsplit(text, ",", -1) : NULL;

    self->terms = g_ptr_array_new_with_free_func((GDestroyNotify)term_free);
    for (guint i = 0; parts && parts[i]; i++) {
        Term *term = parse_term(parts[i], error);

        if (!term)
            return NULL;
        g_ptr_array_add(self->terms, term);
    }
    return g_steal_pointer(&self);
}

void selector_free(Selector *self)
{
    if (!self)
        return;
    g_clear_pointer(&self->terms, g_ptr_array_unref);
    g_free(self);
}

gboolean selector_matches(const Selector *self, const GPtrArray *labels)
{
    for (guint i = 0; i < self->terms->len; i++) {
        const Term *term = g_ptr_array_index(self->terms, i);
        const char *found = api_map_get(labels, term->key);
        gboolean matches = found && (!term->value || g_str_equal(found, term->value));

        if (matches == term->negate)
            return FALSE;
    }
    return TRUE;
}
