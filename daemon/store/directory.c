// SPDX-License-Identifier: LGPL-2.1-or-later
// The directories that definitions are in; see store-internal.h.
#include "store/store-internal.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"

int store_open_dir(int dir_fd, const char *name, gboolean create)
{
    int fd = openat(dir_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

    if (fd >= 0 || errno != ENOENT || !create)
        return fd;
    if (mkdirat(dir_fd, name, 0700) < 0 && errno != EEXIST)
        return -1;
    // The new name itself must survive a power cut, or a synced file below it would be lost with it.
    if (fsync(dir_fd) < 0)
        return -1;
    return openat(dir_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

int store_open_object_dir(const Store *self, const ApiKindInfo *info, const char *namespace,
                          gboolean create)
{
    vmi_autofd int kind_fd = store_open_dir(self->root_fd, info->plural, create);

    if (kind_fd < 0)
        return -1;
    if (!info->namespaced)
        return vmi_steal_fd(&kind_fd);
    return store_open_dir(kind_fd, namespace, create);
}
