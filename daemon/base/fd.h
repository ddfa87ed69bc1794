// SPDX-License-Identifier: LGPL-2.1-or-later
// An int that closes itself: `vmi_autofd int fd = -1;`. Hand it on with vmi_steal_fd().
#pragma once

#include <glib.h>
#include <unistd.h>

static inline void vmi_close_fd(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

static inline int vmi_steal_fd(int *fd)
{
    int stolen = *fd;

    *fd = -1;
    return stolen;
}

#define vmi_autofd __attribute__((cleanup(vmi_close_fd)))
