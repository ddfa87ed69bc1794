// SPDX-License-Identifier: LGPL-2.1-or-later
// See io.h.
#include "base/io.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/fd.h"

gboolean vmi_write_all(int fd, const void *data, gsize length)
{
    const char *rest = data;

    while (length > 0) {
        ssize_t n = write(fd, rest, length);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return FALSE;
        rest += n;
        length -= (gsize)n;
    }
    return TRUE;
}

gboolean vmi_read_all(int fd, void *data, gsize length)
{
    char *rest = data;

    while (length > 0) {
        ssize_t n = read(fd, rest, length);

        if (n < 0 && errno == EINTR)
            continue;
        if (n == 0)
            errno = EIO;
        if (n <= 0)
            return FALSE;
        rest += n;
        length -= (gsize)n;
    }
    return TRUE;
}

GPtrArray *vmi_list_dir(int dir_fd)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    vmi_autofd int own = openat(dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *stream = own >= 0 ? fdopendir(own) : NULL;
    const struct dirent *entry = NULL;
    int failure = 0;

    if (!stream)
        return NULL;
    (void)vmi_steal_fd(&own); // the stream has it
    while ((errno = 0, entry = readdir(stream)))
        if (!g_str_equal(entry->d_name, ".") && !g_str_equal(entry->d_name, ".."))
            g_ptr_array_add(names, g_strdup(entry->d_name));
    failure = errno;
    closedir(stream);
    errno = failure;
    return failure == 0 ? g_steal_pointer(&names) : NULL;
}
