// SPDX-License-Identifier: LGPL-2.1-or-later
// Was the host booted since vmid last settled its guests? The kernel's boot id, and the one of then in <state>/boot-id.
#pragma once

#include <glib.h>

char *boot_id_read_current(void); // "" when the kernel does not say. Owned
// "" when there is none; NULL when it cannot be read. Owned.
char *boot_id_read_stored(const char *state_directory, GError **error) G_GNUC_WARN_UNUSED_RESULT;
gboolean boot_id_store(const char *state_directory, const char *boot_id,
                       GError **error) G_GNUC_WARN_UNUSED_RESULT;
