// SPDX-License-Identifier: LGPL-2.1-or-later
// The progress line. Holds no clock: it is drawn when something is known to have changed.
#include "cli/progress.h"

#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "cli/output.h"

struct Progress {
    gboolean in_place;
    gboolean drawn;
    char *last; // what was printed last
};

Progress *progress_new(void)
{
    Progress *self = g_new0(Progress, 1);

    self->in_place = output_is_terminal(stderr);
    return self;
}

void progress_free(Progress *self)
{
    if (!self)
        return;
    progress_clear(self);
    g_free(self->last);
    g_free(self);
}

void progress_clear(Progress *self)
{
    if (self->drawn)
        fputs("\r\033[K", stderr);
    self->drawn = FALSE;
}

static int terminal_width(void)
{
    struct winsize size = { 0 };

    return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

void progress_step(Progress *self, const char *label, const char *step, guint number, guint total)
{
    g_autofree char *count = total ? g_strdup_printf(" (%u/%u)", number, total) : g_strdup("");
    g_autofree char *line = NULL;

    if (!*step)
        return;
    line = g_strdup_printf("%s: %s%s", label, step, self->in_place ? count : "");
    if (g_strcmp0(line, self->last) == 0)
        return;
    if (self->in_place) {
        progress_clear(self);
        fprintf(stderr, "%.*s", terminal_width() - 1, line);
        self->drawn = TRUE;
    } else {
        fprintf(stderr, "%s\n", line);
    }
    fflush(stderr);
    g_free(self->last);
    self->last = g_steal_pointer(&line);
}
