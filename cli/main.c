// SPDX-License-Identifier: LGPL-2.1-or-later
// vmictl's main(); everything else is in the library that tests link.
#include <locale.h>

#include "cli/command-line.h"

int main(int argc, char **argv)
{
    setlocale(LC_ALL, "");
    return command_line_run(argc, argv);
}
