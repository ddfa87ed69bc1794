// SPDX-License-Identifier: LGPL-2.1-or-later
// See qemu-conf.h. Nothing here calls libvirt: all of it must be done before the driver is opened.
#include "guest/qemu-conf.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fd.h"
#include "storage/safe-path.h"

// Per guest, generously: libvirt writes <name>.xml.new beside <name>.xml and renames it.
#define STATUS_BYTES (64 * 1024)
// For so many guests' files at once when the file system is full.
#define RESERVE_BYTES (8 * 1024 * 1024)
// Times its size must be free for it to be made.
#define RESERVE_ROOM 8

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
    "user = \"libvirt-qemu\"\n"
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

static guint count_status_files(const char *dir_name)
{
    g_autoptr(GDir) dir = g_dir_open(dir_name, 0, NULL);
    const char *name;
    guint count = 0;

    while (dir && (name = g_dir_read_name(dir)))
        count += g_str_has_suffix(name, ".xml");
    return count;
}

// One file per guest, because a full file system may lack inodes as well as blocks. 0 or an errno.
static int probe(const char *dir, guint files)
{
    int failure = 0;

    for (guint i = 0; i < files && failure == 0; i++) {
        g_autofree char *path = g_strdup_printf("%s/probe-%u", dir, i);
        vmi_autofd int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);

        failure = fd < 0 ? errno : posix_fallocate(fd, 0, STATUS_BYTES);
        // posix_fallocate only reserves; a device that fails shows itself on a write.
        if (failure == 0 && (write(fd, "probe", 5) != 5 || fsync(fd) < 0))
            failure = errno;
    }
    for (guint i = 0; i < files; i++) {
        g_autofree char *path = g_strdup_printf("%s/probe-%u", dir, i);

        if (unlink(path) < 0)
            break;
    }
    return failure;
}

void qemu_conf_keep_reserve(const char *root)
{
    g_autofree char *path = g_build_filename(root, "reserve", NULL);
    struct statvfs fs;

    // Where room is short now, it is libvirt's: its reconnecting goes on in the background after it was opened.
    if (statvfs(root, &fs) < 0 ||
        (guint64)fs.f_bavail * fs.f_frsize < (guint64)RESERVE_BYTES * RESERVE_ROOM)
        return;

    vmi_autofd int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

    if (fd >= 0 && posix_fallocate(fd, 0, RESERVE_BYTES) != 0)
        (void)unlink(path);
}

gboolean qemu_conf_check_writable(const char *root, GError **error)
{
    g_autofree char *dir = g_build_filename(root, "run", "qemu", NULL);
    g_autofree char *reserve = g_build_filename(root, "reserve", NULL);
    guint files = count_status_files(dir) + 1;
    int failure = g_mkdir_with_parents(dir, 0711) < 0 ? errno : probe(dir, files);

    if ((failure == ENOSPC || failure == EDQUOT) && unlink(reserve) == 0)
        failure = probe(dir, files);
    if (failure == 0)
        return TRUE;
    g_set_error(error, VMI_ERROR, VMI_ERROR_NO_SPACE,
                "cannot write the state of %u running guests to \"%s\": %s; the guests are left "
                "alone until "
                "there is room",
                files - 1, dir, g_strerror(failure));
    return FALSE;
}

// This boot of this pid namespace: in a container the boot id is the host's, but the pids start anew.
static char *boot_identity(void)
{
    g_autofree char *boot = NULL;
    struct stat st = { 0 };

    if (!g_file_get_contents("/proc/sys/kernel/random/boot_id", &boot, NULL, NULL))
        return NULL;
    (void)!stat("/proc/self/ns/pid", &st);
    return g_strdup_printf("%s %" G_GUINT64_FORMAT "\n", g_strchomp(boot), (guint64)st.st_ino);
}

static gboolean remove_status_files(const char *dir_name, GError **error)
{
    g_autoptr(GDir) dir = g_dir_open(dir_name, 0, NULL);
    const char *name;

    while (dir && (name = g_dir_read_name(dir))) {
        g_autofree char *path = g_build_filename(dir_name, name, NULL);

        if (!g_str_has_suffix(name, ".xml") && !g_str_has_suffix(name, ".pid"))
            continue;
        if (unlink(path) < 0) {
            vmi_set_error_errno(error, errno, "cannot remove \"%s\"", path);
            return FALSE;
        }
    }
    return TRUE;
}

// libvirt removes a domain's own directories (its monitor, the key of its secrets) with the domain, which it knows by the status file.
static gboolean remove_domain_dirs(const char *root, const char *parent, const char *prefix,
                                   GError **error)
{
    g_autofree char *path = g_build_filename(root, parent, NULL);
    g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
    vmi_autofd int fd = dir ? safe_open_root(path, 0, error) : -1;
    const char *name;

    if (dir && fd < 0)
        return FALSE;
    while (dir && (name = g_dir_read_name(dir)))
        if (g_str_has_prefix(name, prefix) && !safe_remove_tree(fd, name, error))
            return FALSE;
    return TRUE;
}

static gboolean remove_traces(const char *root, GError **error)
{
    g_autofree char *dir = g_build_filename(root, "run", "qemu", NULL);

    // Those of channels: of libvirt 9.0, and of 11.3, by the domain's name alone.
    return remove_domain_dirs(root, "lib/qemu", "domain-", error) &&
           remove_domain_dirs(root, "lib/qemu/channel/target", "domain-", error) &&
           remove_domain_dirs(root, "run/qemu/channel", "", error) &&
           remove_status_files(dir, error);
}

gboolean qemu_conf_forget_old_boot(const char *root, GError **error)
{
    g_autofree char *file = g_build_filename(root, "boot", NULL);
    g_autofree char *before = NULL, *now = boot_identity();
    g_autoptr(GError) failure = NULL;

    if (!now)
        return TRUE;
    if (!g_file_get_contents(file, &before, NULL, &failure) &&
        !g_error_matches(failure, G_FILE_ERROR, G_FILE_ERROR_NOENT)) {
        g_propagate_error(error, g_steal_pointer(&failure));
        return FALSE;
    }
    if (g_strcmp0(before, now) == 0)
        return TRUE;
    // Without a record nothing says that these files are old: running guests come before tidiness.
    if (before && !remove_traces(root, error))
        return FALSE;
    return g_file_set_contents_full(
        file, now, -1, G_FILE_SET_CONTENTS_CONSISTENT | G_FILE_SET_CONTENTS_DURABLE, 0644, error);
}

// <domstatus state='paused' reason='starting up' pid='0'>: libvirt was about to make a QEMU.
static gboolean has_process(const char *dir, const char *status_file)
{
    g_autofree char *path = g_build_filename(dir, status_file, NULL);
    g_autofree char *text = NULL;
    const char *element, *end;

    if (!g_file_get_contents(path, &text, NULL, NULL))
        return TRUE;
    element = strstr(text, "<domstatus ");
    end = element ? strchr(element, '>') : NULL;
    return !end || !g_strstr_len(element, end - element, " pid='0'");
}

// "driver.pid" is the driver's own lock; any other names the QEMU of the domain whose status is beside it.
static gboolean is_in_use(const char *dir, const char *pid_file)
{
    g_autofree char *domain = g_strndup(pid_file, strlen(pid_file) - strlen(".pid"));
    g_autofree char *path = g_strdup_printf("%s/%s.xml", dir, domain);

    return g_str_equal(pid_file, "driver.pid") || g_file_test(path, G_FILE_TEST_EXISTS);
}

static gboolean forget_files(const char *dir_name, const char *suffix,
                             gboolean (*keep)(const char *dir, const char *name), GError **error)
{
    g_autoptr(GDir) dir = g_dir_open(dir_name, 0, NULL);
    const char *name;

    while (dir && (name = g_dir_read_name(dir))) {
        g_autofree char *path = g_build_filename(dir_name, name, NULL);

        if (!g_str_has_suffix(name, suffix) || keep(dir_name, name))
            continue;
        if (unlink(path) < 0) {
            vmi_set_error_errno(error, errno, "cannot remove \"%s\"", path);
            return FALSE;
        }
    }
    return TRUE;
}

gboolean qemu_conf_forget_unborn(const char *root, GError **error)
{
    g_autofree char *dir = g_build_filename(root, "run", "qemu", NULL);

    return forget_files(dir, ".xml", has_process, error) &&
           forget_files(dir, ".pid", is_in_use, error);
}
