// SPDX-License-Identifier: LGPL-2.1-or-later
// See process.h. Reads /proc and /sys/fs/cgroup; changes nothing.
#include "guest/process.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

gint process_read_pid_file(const char *path)
{
    g_autofree char *text = NULL;

    return g_file_get_contents(path, &text, NULL, NULL) ? atoi(text) : 0;
}

// What the kernel says after the name of a program that is not there any more.
#define DELETED " (deleted)"

static const char *const cgroup_mounts[] = { "/sys/fs/cgroup", "/sys/fs/cgroup/unified" };

// The path of vmid's own unified cgroup, or NULL.
static char *own_cgroup(void)
{
    g_autofree char *text = NULL;
    const char *line;

    if (!g_file_get_contents("/proc/self/cgroup", &text, NULL, NULL))
        return NULL;
    line = g_str_has_prefix(text, "0::") ? text : strstr(text, "\n0::");
    if (!line)
        return NULL;
    line = strstr(line, "0::") + strlen("0::");
    return g_strndup(line, strcspn(line, "\n"));
}

static gboolean read_cgroup(const char *cgroup, const char *file, char **ret_text, GError **error)
{
    g_autoptr(GError) failure = NULL;

    for (size_t i = 0; i < G_N_ELEMENTS(cgroup_mounts); i++) {
        g_autofree char *path = g_build_filename(cgroup_mounts[i], cgroup, file, NULL);

        if (g_file_get_contents(path, ret_text, NULL, &failure))
            return TRUE;
        // Gone, perhaps since it was opened.
        if (!g_error_matches(failure, G_FILE_ERROR, G_FILE_ERROR_NOENT) &&
            !g_error_matches(failure, G_FILE_ERROR, G_FILE_ERROR_NODEV)) {
            g_propagate_error(error, g_steal_pointer(&failure));
            return FALSE;
        }
        g_clear_error(&failure);
    }
    *ret_text = g_strdup("");
    return TRUE;
}

GArray *process_of_cgroup(const char *cgroup, GError **error)
{
    GArray *pids = NULL;
    g_autofree char *text = NULL;
    g_auto(GStrv) lines = NULL;

    // systemd says "" for what is nowhere, which would be all processes.
    if (*cgroup && !read_cgroup(cgroup, "cgroup.procs", &text, error))
        return NULL;
    pids = g_array_new(FALSE, FALSE, sizeof(gint));
    lines = g_strsplit(text ? text : "", "\n", -1);
    for (guint i = 0; lines[i]; i++) {
        gint pid = atoi(lines[i]);

        if (pid > 0)
            g_array_append_val(pids, pid);
    }
    return pids;
}

gboolean process_cgroup_is_empty(const char *cgroup, gboolean *ret_empty, GError **error)
{
    g_autofree char *text = NULL;

    if (*cgroup && !read_cgroup(cgroup, "cgroup.events", &text, error))
        return FALSE;
    *ret_empty = !text || !strstr(text, "populated 1");
    return TRUE;
}

gboolean process_is_helper(gint pid)
{
    static const char *const helpers[] = { "passt",          "passt.avx2", "slirp-helper",
                                           "virtiofsd",      "swtpm",      "dbus-daemon",
                                           "qemu-pr-helper", "vmi-leader", NULL };
    g_autofree char *link = g_strdup_printf("/proc/%d/exe", pid);
    g_autofree char *program = g_file_read_link(link, NULL);
    g_autofree char *name = program ? g_path_get_basename(program) : NULL;

    // Of a program that was replaced by an upgrade.
    if (name && g_str_has_suffix(name, DELETED))
        name[strlen(name) - strlen(DELETED)] = '\0';
    return name && g_strv_contains(helpers, name);
}

gint64 process_user(gint pid)
{
    g_autofree char *path = g_strdup_printf("/proc/%d/status", pid);
    g_autofree char *text = NULL;
    const char *line;

    // From the status file and not from the owner of /proc/PID: processes that are not dumpable (passt) belong to root there.
    if (!g_file_get_contents(path, &text, NULL, NULL))
        return -1;
    line = strstr(text, "\nUid:\t");
    return line ? (gint64)g_ascii_strtoull(line + strlen("\nUid:\t"), NULL, 10) : -1;
}

GArray *process_of_own_cgroup(void)
{
    g_autofree char *cgroup = own_cgroup();

    return cgroup ? process_of_cgroup(cgroup, NULL) : NULL;
}

gboolean process_has_argument_with(gint pid, const char *text)
{
    g_autofree char *path = g_strdup_printf("/proc/%d/cmdline", pid);
    g_autofree char *arguments = NULL;
    gsize length = 0;

    return g_file_get_contents(path, &arguments, &length, NULL) &&
           memmem(arguments, length, text, strlen(text));
}

guint process_age(gint pid)
{
    g_autofree char *path = g_strdup_printf("/proc/%d/stat", pid);
    g_autofree char *text = NULL;
    const char *fields;
    guint64 started = 0;
    struct timespec now;

    // The second field is the program's name in brackets, which may have anything in it; the time is the 22nd.
    if (!g_file_get_contents(path, &text, NULL, NULL) || !(fields = strrchr(text, ')')) ||
        sscanf(fields,
               ") %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s "
               "%" G_GUINT64_FORMAT,
               &started) != 1)
        return 0;
    started /= (guint64)sysconf(_SC_CLK_TCK);
    (void)clock_gettime(CLOCK_BOOTTIME, &now);
    return (guint64)now.tv_sec > started ? (guint)((guint64)now.tv_sec - started) : 0;
}

GArray *process_of_guest(gint qemu, guint32 uid)
{
    GArray *pids = g_array_new(FALSE, FALSE, sizeof(gint));
    g_autoptr(GArray) all = uid > 0 ? process_of_own_cgroup() : NULL;

    g_array_append_val(pids, qemu);
    for (guint i = 0; all && i < all->len; i++) {
        gint pid = g_array_index(all, gint, i);

        if (pid != qemu && process_user(pid) == uid)
            g_array_append_val(pids, pid);
    }
    return pids;
}

static gboolean has_socket(gint pid, const char *link)
{
    g_autofree char *path = g_strdup_printf("/proc/%d/fd", pid);
    g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
    const char *name;

    while (dir && (name = g_dir_read_name(dir))) {
        g_autofree char *file = g_build_filename(path, name, NULL);
        g_autofree char *target = g_file_read_link(file, NULL);

        if (g_strcmp0(target, link) == 0)
            return TRUE;
    }
    return FALSE;
}

gint process_of_socket(guint64 inode)
{
    g_autofree char *link = g_strdup_printf("socket:[%" G_GUINT64_FORMAT "]", inode);
    g_autoptr(GDir) dir = g_dir_open("/proc", 0, NULL);
    const char *name;

    while (dir && (name = g_dir_read_name(dir))) {
        gint pid = atoi(name);

        if (pid > 0 && has_socket(pid, link))
            return pid;
    }
    return 0;
}

char *process_name(gint pid)
{
    g_autofree char *path = g_strdup_printf("/proc/%d/comm", pid);
    char *text = NULL;

    return g_file_get_contents(path, &text, NULL, NULL) ? g_strchomp(text) : NULL;
}

char *process_unit(gint pid)
{
    g_autofree char *path = g_strdup_printf("/proc/%d/cgroup", pid);
    g_autofree char *text = NULL;
    char *line;

    if (!g_file_get_contents(path, &text, NULL, NULL))
        return NULL;
    line = g_str_has_prefix(text, "0::") ? text : strstr(text, "\n0::");
    return line ? g_path_get_basename(g_strstrip(g_strdelimit(strstr(line, "0::"), "\n", ' ')))
                : NULL;
}

int process_open(gint pid)
{
    return pid > 0 ? (int)syscall(SYS_pidfd_open, pid, 0) : -1;
}

void process_kill(int pidfd)
{
    if (pidfd >= 0)
        (void)syscall(SYS_pidfd_send_signal, pidfd, SIGKILL, NULL, 0);
}

gint process_find_thread(gint pid, const char *comm)
{
    g_autofree char *path = g_strdup_printf("/proc/%d/task", pid);
    g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
    const char *name;

    while (dir && (name = g_dir_read_name(dir))) {
        g_autofree char *file = g_build_filename(path, name, "comm", NULL);
        g_autofree char *text = NULL;

        if (g_file_get_contents(file, &text, NULL, NULL) && g_str_equal(g_strchomp(text), comm))
            return atoi(name);
    }
    return 0;
}
