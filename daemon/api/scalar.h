// SPDX-License-Identifier: LGPL-2.1-or-later
// Private to api/. What an unquoted YAML scalar means, by YAML 1.1 as Kubernetes' tools read it.
#pragma once

#include <glib.h>

typedef enum {
    API_INTEGER_NONE, // not written as an integer
    API_INTEGER_OK,
    API_INTEGER_TOO_LARGE, // an integer that does not fit 64 bits
} ApiInteger;

gboolean api_scalar_is_null(const char *text);
// true, yes, on and their opposites, in lower case, Capitalised or UPPER CASE.
gboolean api_scalar_to_bool(const char *text, gboolean *ret_value) G_GNUC_WARN_UNUSED_RESULT;
// Decimal, 0x hexadecimal, 0b binary, 0o or 0 octal; underscores between digits are allowed.
ApiInteger api_scalar_to_int(const char *text, gint64 *ret_value) G_GNUC_WARN_UNUSED_RESULT;
// An integer or a floating point number.
gboolean api_scalar_is_number(const char *text);
// A string of this text must be quoted, or some YAML reader would take it for something else.
gboolean api_scalar_needs_quotes(const char *text);
