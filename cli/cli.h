// SPDX-License-Identifier: LGPL-2.1-or-later
// What every file of vmictl shares: the bus names, how a verb says its exit code, and nothing else.
// Exit codes of errors that come from the daemon are in base/error.c; the ones below are the command line's own.
#pragma once

#include <glib.h>

#define CLI_BUS_NAME "org.example.Vmi1"
#define CLI_ROOT_PATH "/org/example/Vmi1"
#define CLI_MANAGER_INTERFACE CLI_BUS_NAME ".Manager"
#define CLI_INSTANCE_INTERFACE CLI_BUS_NAME ".Instance"
#define CLI_VOLUME_INTERFACE CLI_BUS_NAME ".Volume"
#define CLI_JOB_INTERFACE CLI_BUS_NAME ".Job"
#define CLI_DEFAULT_NAMESPACE "default"

enum {
    CLI_EXIT_OK = 0,
    CLI_EXIT_FAILED = 1,
    CLI_EXIT_USAGE = 2,
    CLI_EXIT_UNREACHABLE = 69,  // EX_UNAVAILABLE of sysexits.h
    CLI_EXIT_INTERRUPTED = 130, // as a shell says "ended by SIGINT"
};

// Errors whose code is the exit code itself. With an empty message nothing more is printed: the verb has already said
// what is wrong.
#define CLI_ERROR (cli_error_quark())
GQuark cli_error_quark(void);

void cli_set_usage_error(GError **error, const char *format, ...) G_GNUC_PRINTF(2, 3);
void cli_set_exit(GError **error, int exit_code); // quiet

// vmictl's exit code for ERROR of any domain.
int cli_exit_code(const GError *error);

// "vmictl: MESSAGE" on standard error; nothing when the message is empty.
void cli_print_error(const char *message);

// An exit code of the command line, for help and man page.
typedef struct {
    int code;
    const char *meaning;
} CliExit;
const CliExit *cli_exits(guint *ret_count);
