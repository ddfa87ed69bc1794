// SPDX-License-Identifier: LGPL-2.1-or-later
// From argv to a verb and from its error to the exit code. Knows no verb by name.
#include "cli/cli.h"

#include <stdio.h>

#include "api/printable.h"
#include "base/error.h"
#include "cli/dump.h"
#include "cli/help.h"
#include "cli/options.h"
#include "cli/verbs.h"

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

static gboolean dispatch(const Verb *verb, const Options *options, const GPtrArray *args,
                         GError **error)
{
    g_autoptr(GPtrArray) terminated = g_ptr_array_new();

    for (guint i = 1; i < args->len; i++)
        g_ptr_array_add(terminated, args->pdata[i]);
    if (terminated->len < verb->min_args || terminated->len > verb->max_args) {
        cli_set_usage_error(error, "wrong number of arguments; usage: vmictl %s %s", verb->name,
                            verb->args);
        return FALSE;
    }
    g_ptr_array_add(terminated, NULL);
    return verb->run(verb, options, (char **)terminated->pdata, error);
}

static gboolean run(int argc, char **argv, GError **error)
{
    g_auto(Options) options = { .namespace = NULL };
    g_autoptr(GPtrArray) args = g_ptr_array_new();
    const Verb *verb;

    if (!options_parse(&options, argc, argv, &verb, args, error))
        return FALSE;
    if (options.version) {
        printf("vmictl %s\n", VMI_VERSION);
        return TRUE;
    }
    if (options.dump_completion)
        return dump_completion(options.dump_completion, error);
    if (options.dump_man)
        return dump_man(options.dump_man, error);
    if (options.help) {
        help_print(verb);
        return TRUE;
    }
    if (!verb) {
        cli_set_usage_error(error, "no verb given; see vmictl --help");
        return FALSE;
    }
    return dispatch(verb, &options, args, error);
}

int cli_run(int argc, char **argv)
{
    g_autoptr(GError) error = NULL;
    gboolean ok = run(argc, argv, &error);

    if (!ok)
        cli_print_error(error->message);
    // A full disk or a closed pipe behind standard output is a failure too.
    if (fflush(stdout) != 0 && ok) {
        cli_print_error("could not write to standard output");
        return CLI_EXIT_FAILED;
    }
    return ok ? CLI_EXIT_OK : cli_exit_code(error);
}
