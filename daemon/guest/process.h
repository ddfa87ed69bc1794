// SPDX-License-Identifier: LGPL-2.1-or-later
// QEMU and the helpers that libvirt starts for it, as processes of this host.
#pragma once

#include <glib.h>

// The number in a pid file, or 0.
gint process_read_pid_file(const char *path);

// The processes in the control group of that path in the unified hierarchy; none when it is not there. GArray of gint; NULL when that cannot
// be read.
GArray *process_of_cgroup(const char *cgroup, GError **error) G_GNUC_WARN_UNUSED_RESULT;
// Whether there is one in it or in one below it. Fails as above.
gboolean process_cgroup_is_empty(const char *cgroup, gboolean *ret_empty,
                                 GError **error) G_GNUC_WARN_UNUSED_RESULT;
// Those of vmid's own; NULL when there is no unified hierarchy.
GArray *process_of_own_cgroup(void);
// Whether it is one of the programs that libvirt starts beside a QEMU.
gboolean process_is_helper(gint pid);
// The user it runs as, or -1 when it is gone.
gint64 process_user(gint pid);

// Whether TEXT is in its command line, which it may have changed.
gboolean process_has_argument_with(gint pid, const char *text);
// Seconds since it was made; 0 when it is gone.
guint process_age(gint pid);

// QEMU and its helpers (passt, swtpm): the processes in vmid's own cgroup that run as the guest's UID. GArray of gint, QEMU first; just QEMU when
// UID is 0 (an unprivileged vmid) or there is no unified cgroup hierarchy.
GArray *process_of_guest(gint qemu, guint32 uid);

// Who has the socket with that inode: a process, or 0.
gint process_of_socket(guint64 inode);
// Its program's name as the kernel has it, and the unit of systemd that it is in; NULL when it is gone. Owned.
char *process_name(gint pid);
char *process_unit(gint pid);

// A descriptor for the process, or -1 when it is gone.
int process_open(gint pid);
// SIGKILL to the process behind PIDFD; one that is gone is fine.
void process_kill(int pidfd);

// The kernel's name of thread N of QEMU's IOThreads is "IO iothreadN": its tid, or 0.
gint process_find_thread(gint pid, const char *comm);
