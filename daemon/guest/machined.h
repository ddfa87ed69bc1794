// SPDX-License-Identifier: LGPL-2.1-or-later
// systemd-machined, where there is one: machinectl then lists the guest. Nothing depends on it.
#pragma once

#include <glib.h>

#include "guest/unit-bus.h"

// Registers the guest whose LEADER (leader.h) is in a scope of ours. UUID: the domain's. Not waited for longer than a second.
gboolean machined_register(sd_bus *bus, const char *machine, const char *uuid, gint leader,
                           GError **error) G_GNUC_WARN_UNUSED_RESULT;
