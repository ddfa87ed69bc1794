// SPDX-License-Identifier: LGPL-2.1-or-later
// Raw mode and back. Whoever uses it must not be ended by a signal in between: see transport_signals().
#include "cli/terminal.h"

#include <errno.h>
#include <unistd.h>

#include "base/error.h"

gboolean terminal_make_raw(Terminal *self, GError **error)
{
    struct termios raw;

    if (!isatty(STDIN_FILENO))
        return TRUE;
    if (tcgetattr(STDIN_FILENO, &self->before) < 0) {
        vmi_set_error_errno(error, errno, "could not read the terminal's settings");
        return FALSE;
    }
    raw = self->before;
    cfmakeraw(&raw);
    if (tcsetattr(STDIN_FILENO, TCSADRAIN, &raw) < 0) {
        vmi_set_error_errno(error, errno, "could not change the terminal's settings");
        return FALSE;
    }
    self->changed = TRUE;
    return TRUE;
}

void terminal_restore(Terminal *self)
{
    if (self->changed)
        (void)tcsetattr(STDIN_FILENO, TCSADRAIN, &self->before);
    self->changed = FALSE;
}
