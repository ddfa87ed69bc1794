// SPDX-License-Identifier: LGPL-2.1-or-later
// The boot id; see boot-id.h.
#include "manager/boot-id.h"

#define CURRENT "/proc/sys/kernel/random/boot_id"
#define STORED "boot-id"

static char *read_id(const char *path)
{
    char *text = NULL;

    if (!g_file_get_contents(path, &text, NULL, NULL))
        return g_strdup("");
    return g_strstrip(text);
}

char *boot_id_read_current(void)
{
    return read_id(CURRENT);
}

char *boot_id_read_stored(const char *state_directory)
{
    g_autofree char *path = g_build_filename(state_directory, STORED, NULL);

    return read_id(path);
}

gboolean boot_id_store(const char *state_directory, const char *boot_id, GError **error)
{
    g_autofree char *path = g_build_filename(state_directory, STORED, NULL);

    return g_file_set_contents_full(path, boot_id, -1,
                                    G_FILE_SET_CONTENTS_CONSISTENT | G_FILE_SET_CONTENTS_DURABLE,
                                    0600, error);
}
