// SPDX-License-Identifier: LGPL-2.1-or-later
// See leader.h.
#include "guest/leader.h"

#include <errno.h>
#include <fcntl.h>
#include <glib-unix.h>
#include <signal.h>
#include <spawn.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fd.h"
#include "guest/guest.h"
#include "guest/leader-protocol.h"
#include "guest/process.h"

static char *fifo_path(const Layout *layout, const char *namespace, const char *name)
{
    g_autofree char *dir = layout_guest_run_dir(layout, namespace, name);

    return g_build_filename(dir, "leader", NULL);
}

// For reading and writing, so that it is never at its end.
static int open_fifo(const char *path, GError **error)
{
    int fd = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC | O_NOFOLLOW);

    if (fd < 0)
        vmi_set_error_errno(error, errno, "cannot open \"%s\"", path);
    return fd;
}

// ---- starting it -----------------------------------------------------------------------------------------------

// A child that nobody waits for stays until vmid ends.
static void reap(GPid pid, gint status, gpointer user_data)
{
    g_spawn_close_pid(pid);
}

// posix_spawn(3) allocates nothing in the child, whatever the other threads of vmid are doing.
static int spawn(int fifo, int qemu, guint32 user, pid_t *ret_pid)
{
    g_autofree char *number = g_strdup_printf("%u", user);
    char *arguments[] = { (char *)"vmi-leader", number, NULL };
    char *environment[] = { NULL };
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t blocked, all;
    int r;

    sigfillset(&all);
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGINT);
    sigaddset(&blocked, SIGRTMIN + 4);
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, fifo, STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions, qemu, STDOUT_FILENO);
    // Not vmid's: what a guest's user writes there would be vmid's words.
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_addclosefrom_np(&actions, STDERR_FILENO + 1);
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    posix_spawnattr_setsigmask(&attributes, &blocked);
    posix_spawnattr_setsigdefault(&attributes, &all);
    r = posix_spawn(ret_pid, VMI_LEADER, &actions, &attributes, arguments, environment);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    return r;
}

gint leader_start(const Layout *layout, const char *namespace, const char *name, gint qemu,
                  guint32 user, GError **error)
{
    g_autofree char *path = fifo_path(layout, namespace, name);
    vmi_autofd int pidfd = process_open(qemu);
    vmi_autofd int fifo = -1;
    pid_t pid = 0;
    int r;

    (void)unlink(path);
    if (mkfifo(path, 0600) < 0) {
        vmi_set_error_errno(error, errno, "cannot make the FIFO \"%s\"", path);
        return 0;
    }
    fifo = open_fifo(path, error);
    if (fifo < 0)
        return 0;
    r = pidfd < 0 ? ESRCH : spawn(fifo, pidfd, user, &pid);
    if (r != 0) {
        vmi_set_error_errno(error, r, "cannot start \"%s\"", VMI_LEADER);
        return 0;
    }
    g_child_watch_add(pid, reap, NULL);
    return pid;
}

// ---- hearing it ------------------------------------------------------------------------------------------------

struct GuestLeader {
    int fd;
    guint source;
    GuestAsked asked;
    gpointer user_data;
};

static gboolean on_byte(int fd, GIOCondition condition, gpointer user_data)
{
    const GuestLeader *self = user_data;
    char byte = 0;

    if (read(fd, &byte, 1) == 1 && (byte == LEADER_POWEROFF || byte == LEADER_REBOOT))
        self->asked(byte == LEADER_REBOOT, self->user_data);
    return G_SOURCE_CONTINUE;
}

GuestLeader *guest_leader_open(const Layout *layout, const char *namespace, const char *name,
                               GuestAsked asked, gpointer user_data, GError **error)
{
    g_autofree char *path = fifo_path(layout, namespace, name);
    int fd = open_fifo(path, error);
    GuestLeader *self = NULL;

    if (fd < 0)
        return NULL;
    self = g_new0(GuestLeader, 1);
    self->fd = fd;
    self->asked = asked;
    self->user_data = user_data;
    self->source = g_unix_fd_add(fd, G_IO_IN, on_byte, self);
    return self;
}

void guest_leader_free(GuestLeader *self)
{
    if (!self)
        return;
    g_source_remove(self->source);
    close(self->fd);
    g_free(self);
}
