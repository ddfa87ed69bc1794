// SPDX-License-Identifier: LGPL-2.1-or-later
// See qemu-conf.h. Nothing here calls libvirt: all of it must be done before the driver is opened.
#include "guest/qemu-conf.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <unistd.h>

#include "base/error.h"

static const char settings[] =
    "# Written by vmid at each start: changes are lost.\n"
    // Else it wants a virtlogd.
    "stdio_handler = \"file\"\n"
    // Placement is ours: the guest's scope. libvirt would make its own cgroups and ask machined for its own machine.
    "cgroup_controllers = [ ]\n"
    // Nothing is chowned at start (disks come as descriptors), so there is no owner to remember; a disk that must be labelled for hotplug
    // goes back to root:root.
    "remember_owner = 0\n"
    // AppArmor and SELinux profiles of the distributions are written for libvirtd's own paths. Isolation is the guest's own uid, seccomp,
    // the mount namespace below and descriptors instead of paths.
    "security_driver = \"none\"\n"
    "seccomp_sandbox = 1\n";

// What libvirt refuses, or has no use for, without root.
static const char root_settings[] =
    // QEMU gets a /dev of its own that has only what its domain uses.
    "namespaces = [ \"mount\" ]\n"
    // Only for what is no guest's: probing what QEMU can do (with KVM, hence the group), and the owner of the driver's directories. Each guest
    // has its uid and gid from its <seclabel>, and no other group.
    "user = \"" QEMU_CONF_USER "\"\n"
    "group = \"kvm\"\n";

gboolean qemu_conf_write(const char *root, GError **error)
{
    g_autofree char *dir = g_build_filename(root, "etc", NULL);
    g_autofree char *file = g_build_filename(dir, "qemu.conf", NULL);
    g_autofree char *present = NULL;
    g_autofree char *wanted = g_strconcat(settings, geteuid() == 0 ? root_settings : "", NULL);

    // 0711: QEMU, as the guest's uid, walks through here to its monitor socket.
    if (g_mkdir_with_parents(dir, 0711) < 0) {
        vmi_set_error_errno(error, errno, "cannot make the directory \"%s\"", dir);
        return FALSE;
    }
    if (g_file_get_contents(file, &present, NULL, NULL) && g_str_equal(present, wanted))
        return TRUE;
    return g_file_set_contents_full(file, wanted, -1,
                                    G_FILE_SET_CONTENTS_CONSISTENT | G_FILE_SET_CONTENTS_DURABLE,
                                    0644, error);
}
