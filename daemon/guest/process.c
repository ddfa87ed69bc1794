// SPDX-License-Identifier: LGPL-2.1-or-later
// See process.h. Reads /proc and /sys/fs/cgroup; changes nothing.
#include "guest/process.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

gint process_read_pid_file(const char *path)
{
    g_autofree char *text = NULL;

    return g_file_get_contents(path, &text, NULL, NULL) ? atoi(text) : 0;
}

// The cgroup.procs of vmid's own unified cgroup, or NULL.
static char *read_own_cgroup(void)
{
    static const char *const mounts[] = { "/sys/fs/cgroup", "/sys/fs/cgroup/unified" };
    g_autofree char *text = NULL;
    char *line, *end;

    if (!g_file_get_contents("/proc/self/cgroup", &text, NULL, NULL))
        return NULL;
    line = g_str_has_prefix(text, "0::") ? text : strstr(text, "\n0::");
    if (!line)
        return NULL;
    line = strstr(line, "0::") + strlen("0::");
    end = strchrnul(line, '\n');
    *end = '\0';

    for (size_t i = 0; i < G_N_ELEMENTS(mounts); i++) {
        g_autofree char *path = g_build_filename(mounts[i], line, "cgroup.procs", NULL);
        char *processes = NULL;

        if (g_file_get_contents(path, &processes, NULL, NULL))
            return processes;
    }
    return NULL;
}

// From the status file and not from the owner of /proc/PID: processes that are not dumpable (passt) belong to root there.
static gboolean runs_as(gint pid, guint32 uid)
{
    g_autofree char *path = g_strdup_printf("/proc/%d/status", pid);
    g_autofree char *text = NULL;
    const char *line;

    if (!g_file_get_contents(path, &text, NULL, NULL))
        return FALSE;
    line = strstr(text, "\nUid:\t");
    return line && g_ascii_strtoull(line + strlen("\nUid:\t"), NULL, 10) == uid;
}

GArray *process_of_guest(gint qemu, guint32 uid)
{
    GArray *pids = g_array_new(FALSE, FALSE, sizeof(gint));
    g_autofree char *processes = uid > 0 ? read_own_cgroup() : NULL;
    g_auto(GStrv) lines = g_strsplit(processes ? processes : "", "\n", -1);

    g_array_append_val(pids, qemu);
    for (guint i = 0; lines[i]; i++) {
        gint pid = atoi(lines[i]);

        if (pid > 0 && pid != qemu && runs_as(pid, uid))
            g_array_append_val(pids, pid);
    }
    return pids;
}

int process_open(gint pid)
{
    return pid > 0 ? (int)syscall(SYS_pidfd_open, pid, 0) : -1;
}

// Its parent (systemd: QEMU is a daemon) does that within a millisecond or so, and there is nothing to wait for it by.
static gboolean wait_reaped(int pidfd, gint64 deadline)
{
    while (syscall(SYS_pidfd_send_signal, pidfd, 0, NULL, 0) == 0) {
        if (g_get_monotonic_time() >= deadline)
            return FALSE;
        g_usleep(500);
    }
    return TRUE;
}

gboolean process_wait(int pidfd, guint timeout_msec)
{
    gint64 deadline = g_get_monotonic_time() + (gint64)timeout_msec * 1000;
    struct pollfd poller = { .fd = pidfd, .events = POLLIN };

    while (pidfd >= 0) {
        gint64 left = (deadline - g_get_monotonic_time()) / 1000;
        int n = poll(&poller, 1, (int)MAX(left, 0));

        if (n > 0)
            return wait_reaped(pidfd, deadline);
        if (n == 0 || errno != EINTR)
            return FALSE;
    }
    return TRUE;
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
