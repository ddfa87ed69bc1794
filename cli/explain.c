// SPDX-License-Identifier: LGPL-2.1-or-later
// vmictl explain: a field of the schema tables in words.
#include <stdio.h>

#include "api/explain.h"
#include "api/printable.h"
#include "cli/verbs.h"

gboolean verb_explain(const Verb *verb, const Options *options, char **args, GError **error)
{
    g_autofree char *text = api_explain(args[0], error);

    if (text) {
        g_autofree char *shown = api_printable(text, "\n\t");

        printf("%s%s", shown, g_str_has_suffix(shown, "\n") ? "" : "\n");
    }
    return text != NULL;
}
