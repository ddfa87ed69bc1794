// SPDX-License-Identifier: LGPL-2.1-or-later
// Private to api/. JSON's way to escape characters beyond U+FFFF, for YAML's tokenizer.
#pragma once

#include <glib.h>

// JSON writes such a character as two \uXXXX escapes, which YAML does not know: joins each pair to
// one \UXXXXXXXX. Only in texts that are JSON as a whole; NULL when there is nothing to join.
char *api_surrogates_join(const char *text, gsize length, gsize *ret_length);
