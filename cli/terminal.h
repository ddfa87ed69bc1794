// SPDX-License-Identifier: LGPL-2.1-or-later
// A terminal that hands every key on as it is, until it is put back.
#pragma once

#include <glib.h>
#include <termios.h>

typedef struct {
    gboolean changed;
    struct termios before;
} Terminal;

// Standard input to raw mode if it is a terminal (else nothing is changed).
gboolean terminal_make_raw(Terminal *self, GError **error) G_GNUC_WARN_UNUSED_RESULT;
void terminal_restore(Terminal *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Terminal, terminal_restore)
