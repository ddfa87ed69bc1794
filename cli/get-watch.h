// SPDX-License-Identifier: LGPL-2.1-or-later
// vmictl get --watch: what is there, then each object again when it changed or was deleted, until interrupted.
#pragma once

#include "cli/target.h"
#include "cli/transport.h"

gboolean get_watch(Transport *transport, const GArray *targets, const Options *options,
                   GError **error) G_GNUC_WARN_UNUSED_RESULT;
