// SPDX-License-Identifier: LGPL-2.1-or-later
// What a person sees while a job goes on, on standard error: one line in place on a terminal, else a line per step.
#pragma once

#include <glib.h>

typedef struct Progress Progress;

Progress *progress_new(void);
void progress_free(Progress *self); // takes the line in place away
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Progress, progress_free)

// LABEL does STEP now, which is NUMBER of TOTAL (0: unknown).
void progress_step(Progress *self, const char *label, const char *step, guint number, guint total);
void progress_clear(Progress *self); // before something else is printed
