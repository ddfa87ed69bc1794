// SPDX-License-Identifier: LGPL-2.1-or-later
// See undo.h.
#include "guest/undo.h"

typedef struct {
    const char *what;
    UndoFunc func;
    gpointer data;
} UndoStep;

struct Undo {
    GArray *steps; // UndoStep
};

Undo *undo_new(void)
{
    Undo *self = g_new0(Undo, 1);

    self->steps = g_array_new(FALSE, FALSE, sizeof(UndoStep));
    return self;
}

void undo_push(Undo *self, const char *what, UndoFunc func, gpointer data)
{
    UndoStep step = { .what = what, .func = func, .data = data };

    g_array_append_val(self->steps, step);
}

void undo_unwind(Undo *self, GError **error)
{
    while (self->steps->len > 0) {
        UndoStep step = g_array_index(self->steps, UndoStep, self->steps->len - 1);
        g_autoptr(GError) failure = NULL;

        g_array_set_size(self->steps, self->steps->len - 1);
        if (step.func(step.data, &failure) || !error || !*error)
            continue;

        g_autofree char *before = g_steal_pointer(&(*error)->message);

        (*error)->message = g_strdup_printf("%s; then %s failed: %s", before, step.what,
                                            failure ? failure->message : "unknown error");
    }
}

void undo_free(Undo *self)
{
    if (!self)
        return;
    g_array_unref(self->steps);
    g_free(self);
}
