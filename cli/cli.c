// SPDX-License-Identifier: LGPL-2.1-or-later
// Errors of vmictl and their exit codes; see cli.h.
#include "cli/cli.h"

#include <stdio.h>

#include "api/printable.h"
#include "base/error.h"

G_DEFINE_QUARK(vmi - cli - error - quark, cli_error)

void cli_set_usage_error(GError **error, const char *format, ...)
{
    g_autofree char *text = NULL;
    va_list ap;

    va_start(ap, format);
    text = g_strdup_vprintf(format, ap);
    va_end(ap);
    g_set_error_literal(error, CLI_ERROR, CLI_EXIT_USAGE, text);
}

void cli_set_exit(GError **error, int exit_code)
{
    g_set_error_literal(error, CLI_ERROR, exit_code, "");
}

int cli_exit_code(const GError *error)
{
    return error->domain == CLI_ERROR ? error->code : vmi_error_describe(error)->exit_code;
}

void cli_print_error(const char *message)
{
    g_autofree char *text = api_printable(message, "\n\t");

    if (*text)
        fprintf(stderr, "vmictl: %s\n", text);
}

const CliExit *cli_exits(guint *ret_count)
{
    static const CliExit exits[] = {
        { CLI_EXIT_OK, "success" },
        { CLI_EXIT_USAGE, "unknown verb, option or kind, or a wrong number of arguments" },
        { CLI_EXIT_UNREACHABLE, "vmid, or the bus, cannot be reached" },
        { CLI_EXIT_INTERRUPTED, "interrupted while waiting; the job goes on" },
    };

    *ret_count = G_N_ELEMENTS(exits);
    return exits;
}
