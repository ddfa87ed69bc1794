// SPDX-License-Identifier: LGPL-2.1-or-later
// Text of others for a person's terminal: a manifest, a guest or a typed word must not bring terminal sequences there, nor a
// megabyte.
#pragma once

#include <glib.h>

// TEXT with control characters (C0, DEL, C1) as "\u001b" and bytes that are not UTF-8 as "\x9b". Those in KEEP ("\n\t";
// "" for a single line) stay as they are. In JSON such text keeps its meaning. Owned.
char *api_printable(const char *text, const char *keep) G_GNUC_WARN_UNUSED_RESULT;

// TEXT, valid UTF-8, with its middle left out when it has more than MAX bytes, and how much that was in its place; the result is
// longer than MAX by no more than that note. For every text that quotes what somebody else chose. Owned.
char *api_shorten(const char *text, gsize max) G_GNUC_WARN_UNUSED_RESULT;
