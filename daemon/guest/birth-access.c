// SPDX-License-Identifier: LGPL-2.1-or-later
// See birth-access.h. libvirt copies the list of /dev/kvm to the node in QEMU's private /dev; that copy is the guest's alone.
#include "guest/birth-access.h"

#include <linux/posix_acl.h>

#include "guest/acl.h"

static gboolean edit(GuestHost *host, const AclEdit *kvm, GError **error)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&host->access_lock);

    return host->use_emulation || acl_change(KVM_DEVICE, kvm, error);
}

gboolean birth_access_grant(GuestHost *host, guint32 user, GError **error)
{
    const AclEdit kvm = { .first = user, .count = 1, .permissions = ACL_READ | ACL_WRITE };

    return user == 0 || edit(host, &kvm, error);
}

gboolean birth_access_revoke(GuestHost *host, guint32 user, GError **error)
{
    const AclEdit nothing = { .first = user, .count = 1 };

    return user == 0 || edit(host, &nothing, error);
}

gboolean birth_access_reset(GuestHost *host, guint32 first, guint32 count, GError **error)
{
    const AclEdit nothing = { .first = first, .count = count };

    if (count == 0)
        return TRUE;
    return edit(host, &nothing, error);
}
