// SPDX-License-Identifier: LGPL-2.1-or-later
// What the build makes of the tables: completion scripts of three shells, and the generated parts of vmictl(1).
#pragma once

#include <glib.h>

// SHELL: "bash", "zsh" or "fish".
gboolean dump_completion(const char *shell, GError **error) G_GNUC_WARN_UNUSED_RESULT;
// PART: "verbs", "options", "exit-status" or "errors", as reStructuredText.
gboolean dump_man(const char *part, GError **error) G_GNUC_WARN_UNUSED_RESULT;

void dump_bash(void);
void dump_zsh(void);
void dump_fish(void);
