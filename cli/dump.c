// SPDX-License-Identifier: LGPL-2.1-or-later
// Which dump was asked for.
#include "cli/dump.h"

#include <string.h>

#include "cli/cli.h"

gboolean dump_completion(const char *shell, GError **error)
{
    static const struct {
        const char *shell;
        void (*dump)(void);
    } shells[] = { { "bash", dump_bash }, { "zsh", dump_zsh }, { "fish", dump_fish } };

    for (guint i = 0; i < G_N_ELEMENTS(shells); i++)
        if (strcmp(shells[i].shell, shell) == 0) {
            shells[i].dump();
            return TRUE;
        }
    cli_set_usage_error(error, "unknown shell \"%s\"; bash, zsh and fish are known", shell);
    return FALSE;
}
