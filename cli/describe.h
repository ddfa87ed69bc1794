// SPDX-License-Identifier: LGPL-2.1-or-later
// The sections of `vmictl describe`, by kind.
#pragma once

#include "cli/object-list.h"

// "       LABEL: VALUE"; nothing when VALUE is empty. One width of label for all kinds.
void describe_line(const char *label, const char *value);
// A bold title before a table or list.
void describe_title(const char *title);

gboolean describe_instance(Transport *transport, const ObjectRow *row,
                           GError **error) G_GNUC_WARN_UNUSED_RESULT;
gboolean describe_volume(Transport *transport, const ObjectRow *row,
                         GError **error) G_GNUC_WARN_UNUSED_RESULT;
