// SPDX-License-Identifier: LGPL-2.1-or-later
// --help of the program and of each verb, from the tables. At most 100 columns wide.
#pragma once

#include "cli/verbs.h"

void help_print(const Verb *verb); // NULL: of the program

// "-n, --namespace NS"
char *help_option_label(const OptionRow *row);
// TEXT broken into lines of at most WIDTH characters, each with INDENT spaces before it.
char *help_wrap(const char *text, guint indent, guint width);
