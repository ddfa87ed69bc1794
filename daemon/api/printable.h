// SPDX-License-Identifier: LGPL-2.1-or-later
// Text of others for a person's terminal: a manifest, a guest or a typed word must not bring terminal sequences there.
#pragma once

#include <glib.h>

// TEXT with control characters (C0, DEL, C1) as "\u001b" and bytes that are not UTF-8 as "\x9b". Those in KEEP ("\n\t";
// "" for a single line) stay as they are. In JSON such text keeps its meaning. Owned.
char *api_printable(const char *text, const char *keep) G_GNUC_WARN_UNUSED_RESULT;
