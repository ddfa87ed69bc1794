// SPDX-License-Identifier: LGPL-2.1-or-later
// See driver-state.h. Nothing here calls libvirt: all of it must be done before the driver is opened.
#include "guest/driver-state.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <linux/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/io.h"
#include "storage/safe-path.h"

// Files with this suffix mean nothing to anybody but who is about to rename them.
#define NEW ".new"

enum {
    STATUS_BYTES = 64 * 1024, // of one guest, generously
    GUEST_DESCRIPTORS =
        16, // of one guest that is taken up: monitor, agent, console, what wakes their threads
    SPARE_DESCRIPTORS = 128, // for everything else that vmid has open at the same time
};

static char *run_directory(const char *root)
{
    return g_build_filename(root, "run", "qemu", NULL);
}

// None when there is no such directory. One that cannot be read to its end is not empty: what is in it would be left to libvirt, which takes
// up or kills by it.
static GPtrArray *list(const char *path, GError **error)
{
    vmi_autofd int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    gboolean missing = fd < 0 && errno == ENOENT;
    GPtrArray *names = fd >= 0 ? vmi_list_dir(fd) : NULL;

    if (missing)
        return g_ptr_array_new_with_free_func(g_free);
    if (!names)
        vmi_set_error_errno(error, errno, "cannot read the directory \"%s\"", path);
    return names;
}

static gboolean count_status_files(const char *dir_name, guint *ret_count, GError **error)
{
    g_autoptr(GPtrArray) names = list(dir_name, error);
    guint count = 0;

    if (!names)
        return FALSE;
    for (guint i = 0; i < names->len; i++)
        count += g_str_has_suffix(g_ptr_array_index(names, i), ".xml");
    *ret_count = count;
    return TRUE;
}

// ---- room ------------------------------------------------------------------------------------------------------

static int write_probe(const char *path)
{
    vmi_autofd int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    int failure = fd < 0 ? errno : posix_fallocate(fd, 0, STATUS_BYTES);

    // posix_fallocate only reserves; a device that fails shows itself on a write.
    if (failure == 0 && (write(fd, "probe", 5) != 5 || fsync(fd) < 0))
        failure = errno;
    return failure;
}

// As libvirt writes: a new file, synced and renamed. One file for each guest, because a full file system may lack inodes as well as
// blocks; all at once. 0 or an errno.
static int probe(const char *dir, guint files)
{
    int failure = 0;

    for (guint i = 0; i < files && failure == 0; i++) {
        g_autofree char *path = g_strdup_printf("%s/probe-%u" NEW, dir, i);

        failure = write_probe(path);
    }
    for (guint i = 0; i < files; i++) {
        g_autofree char *from = g_strdup_printf("%s/probe-%u" NEW, dir, i);
        g_autofree char *to = g_strdup_printf("%s/probe-%u-renamed" NEW, dir, i);

        if (failure == 0 && rename(from, to) < 0)
            failure = errno;
        (void)unlink(from);
        (void)unlink(to);
    }
    return failure;
}

static gboolean check_writable(const char *dir, guint guests, GError **error)
{
    int failure = probe(dir, guests + 1);

    if (failure == 0)
        return TRUE;
    g_set_error(error, VMI_ERROR, VMI_ERROR_NO_SPACE,
                "cannot write the state of %u running guests to \"%s\": %s; the guests are left "
                "alone until that can be written",
                guests, dir, g_strerror(failure));
    return FALSE;
}

static gboolean check_descriptors(guint guests, GError **error)
{
    g_autoptr(GPtrArray) open = list("/proc/self/fd", error);
    guint64 wanted = (guint64)guests * GUEST_DESCRIPTORS + SPARE_DESCRIPTORS;
    struct rlimit limit;

    if (!open)
        return FALSE;
    wanted += open->len;
    if (getrlimit(RLIMIT_NOFILE, &limit) < 0) {
        vmi_set_error_errno(error, errno, "cannot ask how many files may be open");
        return FALSE;
    }
    if (limit.rlim_cur >= wanted)
        return TRUE;
    g_set_error(error, VMI_ERROR, VMI_ERROR_NO_SPACE,
                "to take up %u running guests vmid must be able to open %" G_GUINT64_FORMAT
                " files, and it may open %" G_GUINT64_FORMAT
                "; the guests are left alone until LimitNOFILE= of vmid.service is raised and vmid "
                "restarted",
                guests, wanted, (guint64)limit.rlim_cur);
    return FALSE;
}

gboolean driver_state_check(const char *root, GError **error)
{
    g_autofree char *dir = run_directory(root);
    guint guests = 0;

    if (g_mkdir_with_parents(dir, 0711) < 0) {
        vmi_set_error_errno(error, errno, "cannot make the directory \"%s\"", dir);
        return FALSE;
    }
    return count_status_files(dir, &guests, error) && check_descriptors(guests, error) &&
           check_writable(dir, guests, error);
}

// ---- moving in -------------------------------------------------------------------------------------------------

static gboolean move_in(const char *from, const char *to, GError **error);

// Sockets are not copied: who is connected to one stays so when its name goes.
static gboolean move_in_one(const char *from, const char *to, GError **error)
{
    g_autofree char *text = NULL;
    gsize length = 0;
    struct stat st;

    if (lstat(from, &st) < 0) {
        vmi_set_error_errno(error, errno, "cannot look at \"%s\"", from);
        return FALSE;
    }
    if (S_ISDIR(st.st_mode))
        return move_in(from, to, error);
    return !S_ISREG(st.st_mode) ||
           (g_file_get_contents(from, &text, &length, error) &&
            g_file_set_contents_full(to, text, (gssize)length, G_FILE_SET_CONTENTS_CONSISTENT,
                                     st.st_mode & 0777, error));
}

static gboolean move_in(const char *from, const char *to, GError **error)
{
    g_autoptr(GPtrArray) names = list(from, error);

    if (!names)
        return FALSE;
    if (g_mkdir_with_parents(to, 0711) < 0) {
        vmi_set_error_errno(error, errno, "cannot make the directory \"%s\"", to);
        return FALSE;
    }
    for (guint i = 0; i < names->len; i++) {
        const char *name = g_ptr_array_index(names, i);
        g_autofree char *old = g_build_filename(from, name, NULL);
        g_autofree char *new = g_build_filename(to, name, NULL);

        if (!move_in_one(old, new, error))
            return FALSE;
    }
    return TRUE;
}

static gboolean is_mounted(const char *root)
{
    g_autofree char *run = g_build_filename(root, "run", NULL);
    struct stat inside, outside;

    return stat(run, &inside) == 0 && stat(root, &outside) == 0 && inside.st_dev != outside.st_dev;
}

gboolean driver_state_move_in(const char *root, GError **error)
{
    g_autofree char *dir = run_directory(root);
    g_autofree char *reserve = g_build_filename(root, "reserve", NULL);
    g_autofree char *below = NULL;
    vmi_autofd int fd = -1, run = -1;

    (void)unlink(reserve);
    if (!is_mounted(root))
        return TRUE;
    // ROOT once more, without what is mounted in it.
    fd = (int)syscall(SYS_open_tree, AT_FDCWD, root, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
    if (fd < 0) {
        vmi_set_error_errno(error, errno, "cannot look below what is mounted in \"%s\"", root);
        return FALSE;
    }
    below = g_strdup_printf("/proc/self/fd/%d/run/qemu", fd);
    if (access(below, F_OK) < 0)
        return TRUE;
    // What is there is newer than anything above: it goes before the driver is opened, or the driver is not.
    run = safe_open_dir(fd, "run", FALSE, error);
    return run >= 0 && move_in(below, dir, error) && safe_remove_tree(run, "qemu", error);
}

// ---- what is old -----------------------------------------------------------------------------------------------

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

static gboolean is_kept(const char *name, const GPtrArray *keep)
{
    for (guint i = 0; i < keep->len; i++)
        if (g_pattern_match_simple(g_ptr_array_index(keep, i), name))
            return TRUE;
    return FALSE;
}

static gboolean remove_domain_dirs(const char *root, const char *parent, const char *prefix,
                                   const GPtrArray *keep, GError **error)
{
    g_autofree char *path = g_build_filename(root, parent, NULL);
    g_autoptr(GPtrArray) names = list(path, error);
    vmi_autofd int fd = names && names->len > 0 ? safe_open_root(path, 0, error) : -1;

    if (!names || (names->len > 0 && fd < 0))
        return FALSE;
    for (guint i = 0; i < names->len; i++) {
        const char *name = g_ptr_array_index(names, i);

        if (g_str_has_prefix(name, prefix) && !is_kept(name, keep) &&
            !safe_remove_tree(fd, name, error))
            return FALSE;
    }
    return TRUE;
}

gboolean driver_state_sweep(const char *root, const GPtrArray *keep, GError **error)
{
    return remove_domain_dirs(root, "lib/qemu", "domain-", keep, error) &&
           remove_domain_dirs(root, "lib/qemu/channel/target", "domain-", keep, error);
}

// KEEP NULL: none is kept.
static gboolean forget_files(const char *dir_name, const char *suffix,
                             gboolean (*keep)(const char *dir, const char *name), GError **error)
{
    g_autoptr(GPtrArray) names = list(dir_name, error);

    for (guint i = 0; names && i < names->len; i++) {
        const char *name = g_ptr_array_index(names, i);
        g_autofree char *path = g_build_filename(dir_name, name, NULL);

        if (!g_str_has_suffix(name, suffix) || (keep && keep(dir_name, name)))
            continue;
        if (unlink(path) < 0) {
            vmi_set_error_errno(error, errno, "cannot remove \"%s\"", path);
            return FALSE;
        }
    }
    return names != NULL;
}

static gboolean remove_traces(const char *root, GError **error)
{
    g_autoptr(GPtrArray) nothing = g_ptr_array_new();
    g_autofree char *dir = run_directory(root);

    // The last are of channels, of libvirt 11.3, by the domain's name alone.
    return driver_state_sweep(root, nothing, error) &&
           remove_domain_dirs(root, "run/qemu/channel", "", nothing, error) &&
           forget_files(dir, ".xml", NULL, error) && forget_files(dir, ".pid", NULL, error);
}

gboolean driver_state_forget_old_boot(const char *root, GError **error)
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

    return g_str_equal(pid_file, "driver.pid") || access(path, F_OK) == 0 || errno != ENOENT;
}

gboolean driver_state_forget_unborn(const char *root, GError **error)
{
    g_autofree char *dir = run_directory(root);

    return forget_files(dir, ".xml", has_process, error) &&
           forget_files(dir, ".pid", is_in_use, error) && forget_files(dir, NEW, NULL, error);
}

gboolean driver_state_forget(const char *root, const char *domain_name, GError **error)
{
    static const char *const suffixes[] = { ".xml", ".pid" };
    g_autofree char *dir = run_directory(root);

    for (gsize i = 0; i < G_N_ELEMENTS(suffixes); i++) {
        g_autofree char *path = g_strdup_printf("%s/%s%s", dir, domain_name, suffixes[i]);

        if (unlink(path) < 0 && errno != ENOENT) {
            vmi_set_error_errno(error, errno, "cannot remove \"%s\"", path);
            return FALSE;
        }
    }
    return TRUE;
}
