// SPDX-License-Identifier: LGPL-2.1-or-later
// vmictl get --watch: the table, then each object again when it changed, until interrupted.
#pragma once

#include "cli/object-list.h"

gboolean get_watch(Transport *transport, const GArray *targets, const Options *options,
                   GError **error) G_GNUC_WARN_UNUSED_RESULT;
