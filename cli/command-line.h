// SPDX-License-Identifier: LGPL-2.1-or-later
// From argv to a verb and its options, and from the verb's error to the exit code.
#pragma once

#include "cli/options.h"

// ARGS (borrowed strings of ARGV) gets the verb's name and its arguments; *ret_verb is NULL when there is no verb.
gboolean command_line_parse(Options *options, int argc, char **argv, const Verb **ret_verb,
                            GPtrArray *args, GError **error) G_GNUC_WARN_UNUSED_RESULT;
// All of vmictl behind main(): returns the exit code.
int command_line_run(int argc, char **argv);
