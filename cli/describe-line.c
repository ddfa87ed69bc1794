// SPDX-License-Identifier: LGPL-2.1-or-later
// How `vmictl describe` prints, for all kinds; see describe.h.
#include "cli/describe.h"

#include <stdio.h>

#include "api/printable.h"
#include "cli/output.h"

enum { DESCRIBE_LABEL = 12 };

void describe_line(const char *label, const char *value)
{
    g_autofree char *shown = value ? api_printable(value, "") : NULL;

    if (shown && *shown)
        printf("%*s: %s\n", DESCRIBE_LABEL, label, shown);
}

void describe_title(const char *title)
{
    printf("\n%s%s%s\n", output_begin(OUTPUT_STRONG), title, output_end());
}
