// SPDX-License-Identifier: LGPL-2.1-or-later
// vmictl explain: a field of the schema tables in words.
#include <stdio.h>

#include "api/explain.h"
#include "cli/verbs.h"

gboolean verb_explain(const Verb *verb, const Options *options, char **args, GError **error)
{
    g_autofree char *text = api_explain(args[0], error);

    if (text)
        printf("%s%s", text, g_str_has_suffix(text, "\n") ? "" : "\n");
    return text != NULL;
}
