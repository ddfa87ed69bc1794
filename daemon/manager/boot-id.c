// SPDX-License-Identifier: LGPL-2.1-or-later
// The boot id; see boot-id.h.
#include "manager/boot-id.h"

#define CURRENT "/proc/sys/kernel/random/boot_id"
#define STORED "boot-id"

char *boot_id_read_current(void)
{
    char *text = NULL;

    return g_file_get_contents(CURRENT, &text, NULL, NULL) ? g_strstrip(text) : g_strdup("");
}

char *boot_id_read_stored(const char *state_directory, GError **error)
{
    g_autofree char *path = g_build_filename(state_directory, STORED, NULL);
    g_autoptr(GError) local = NULL;
    char *text = NULL;

    if (g_file_get_contents(path, &text, NULL, &local))
        return g_strstrip(text);
    if (g_error_matches(local, G_FILE_ERROR, G_FILE_ERROR_NOENT))
        return g_strdup("");
    g_propagate_error(error, g_steal_pointer(&local));
    return NULL;
}

gboolean boot_id_store(const char *state_directory, const char *boot_id, GError **error)
{
    g_autofree char *path = g_build_filename(state_directory, STORED, NULL);

    return g_file_set_contents_full(path, boot_id, -1,
                                    G_FILE_SET_CONTENTS_CONSISTENT | G_FILE_SET_CONTENTS_DURABLE,
                                    0600, error);
}
