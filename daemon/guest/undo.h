// SPDX-License-Identifier: LGPL-2.1-or-later
// A stack of what must be undone when a later step fails. Knows nothing of guests.
#pragma once

#include <glib.h>

typedef struct Undo Undo;

// Takes one step back. Must be safe to call when the step is already undone (a guest may die in between).
typedef gboolean (*UndoFunc)(gpointer data, GError **error);

Undo *undo_new(void);
// WHAT: "removing the scope", for the message when undoing fails; borrowed, a literal. DATA is borrowed and must outlive the stack.
void undo_push(Undo *self, const char *what, UndoFunc func, gpointer data);
// Undoes everything, newest first, also when some of it fails; each failure is appended to the message of *ERROR, which is set
// already and says why we unwind.
void undo_unwind(Undo *self, GError **error);
// Frees the stack without undoing: the whole succeeded, or it was unwound.
void undo_free(Undo *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Undo, undo_free)
