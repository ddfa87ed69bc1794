// SPDX-License-Identifier: LGPL-2.1-or-later
// See birth-access.h. libvirt copies the list of /dev/kvm to the node in QEMU's private /dev; that copy is the guest's alone.
#include "guest/birth-access.h"

#include <errno.h>
#include <linux/posix_acl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "guest/acl.h"

static char *passt_directory(const GuestHost *host)
{
    return g_build_filename(host->root, "run", "qemu", "passt", NULL);
}

static gboolean edit(GuestHost *host, const AclEdit *kvm, const AclEdit *passt, GError **error)
{
    g_autofree char *directory = passt_directory(host);
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&host->access_lock);

    return (host->use_emulation || acl_change(KVM_DEVICE, kvm, error)) &&
           (!host->passt || acl_change(directory, passt, error));
}

gboolean birth_access_grant(GuestHost *host, guint32 user, GError **error)
{
    const AclEdit kvm = { .first = user, .count = 1, .permissions = ACL_READ | ACL_WRITE };
    const AclEdit passt = { .first = user, .count = 1, .permissions = ACL_WRITE | ACL_EXECUTE };

    return user == 0 || edit(host, &kvm, &passt, error);
}

gboolean birth_access_revoke(GuestHost *host, guint32 user, GError **error)
{
    const AclEdit nothing = { .first = user, .count = 1 };

    return user == 0 || edit(host, &nothing, &nothing, error);
}

gboolean birth_access_reset(GuestHost *host, guint32 first, guint32 count, GError **error)
{
    const AclEdit nothing = { .first = first, .count = count };
    g_autofree char *directory = passt_directory(host);

    if (count == 0)
        return TRUE;
    // libvirt gives it to qemu.conf's user, as whom other guests than ours may run. QEMU walks through it to its socket.
    if (host->passt && (chown(directory, 0, 0) < 0 || chmod(directory, 0711) < 0)) {
        vmi_set_error_errno(error, errno, "cannot close the directory \"%s\"", directory);
        return FALSE;
    }
    return edit(host, &nothing, &nothing, error);
}
