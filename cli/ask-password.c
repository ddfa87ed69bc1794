// SPDX-License-Identifier: LGPL-2.1-or-later
// Runs pkttyagent(1) beside vmictl and waits until it is registered. Its absence is no error: then polkit says no.
#include "cli/ask-password.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>

#include "base/fd.h"

struct AskPassword {
    GPid pid;
};

// The child may inherit the write end, whose closing says that the agent is registered.
static void keep_open(gpointer fd)
{
    fcntl(GPOINTER_TO_INT(fd), F_SETFD, 0);
}

AskPassword *ask_password_start(void)
{
    AskPassword *self;
    vmi_autofd int ready = -1, notify = -1;
    int fds[2];
    g_autofree char *process = g_strdup_printf("%d", getpid());
    g_autofree char *notify_text = NULL;
    GPid pid;
    char byte;

    if (geteuid() == 0 || !isatty(STDIN_FILENO) || !isatty(STDERR_FILENO) ||
        pipe2(fds, O_CLOEXEC) < 0)
        return NULL;
    ready = fds[0];
    notify = fds[1];
    notify_text = g_strdup_printf("%d", notify);
    {
        char *argv[] = { (char *)"pkttyagent",
                         (char *)"--fallback",
                         (char *)"--process",
                         process,
                         (char *)"--notify-fd",
                         notify_text,
                         NULL };

        if (!g_spawn_async(NULL, argv, NULL,
                           G_SPAWN_SEARCH_PATH | G_SPAWN_DO_NOT_REAP_CHILD |
                               G_SPAWN_LEAVE_DESCRIPTORS_OPEN | G_SPAWN_CHILD_INHERITS_STDIN,
                           keep_open, GINT_TO_POINTER(notify), &pid, NULL))
            return NULL;
    }
    vmi_close_fd(&notify);
    (void)!read(ready, &byte, 1); // ends when the agent is ready, or gone
    self = g_new0(AskPassword, 1);
    self->pid = pid;
    return self;
}

void ask_password_stop(AskPassword *self)
{
    if (!self)
        return;
    kill(self->pid, SIGTERM);
    kill(self->pid, SIGCONT); // it may be stopped on terminal input
    waitpid(self->pid, NULL, 0);
    g_spawn_close_pid(self->pid);
    g_free(self);
}
