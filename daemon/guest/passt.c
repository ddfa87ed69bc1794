// SPDX-License-Identifier: LGPL-2.1-or-later
// See passt.h. Nothing that a guest's user can write is believed: the pid file is opened while passt is still root, in a directory that
// is root's.
#include "guest/passt.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fd.h"
#include "guest/process.h"

#define DIRECTORY_MODE 0710 // QEMU walks through
#define SOCKET_MODE 0660

gboolean passt_is_usable(void)
{
    g_autoptr(GSubprocess) child =
        g_subprocess_new(G_SUBPROCESS_FLAGS_STDOUT_PIPE | G_SUBPROCESS_FLAGS_STDERR_MERGE, NULL,
                         "passt", "--help", NULL);
    g_autofree char *help = NULL;

    return child && g_subprocess_communicate_utf8(child, NULL, NULL, &help, NULL, NULL) && help &&
           strstr(help, "--dns-host");
}

gboolean passt_make_dir(const Layout *layout, const char *namespace, const char *name, guint32 gid,
                        GError **error)
{
    g_autofree char *path = layout_passt_dir(layout, namespace, name);

    if ((mkdir(path, 0700) == 0 || errno == EEXIST) && (gid == 0 || chown(path, 0, gid) == 0) &&
        chmod(path, DIRECTORY_MODE) == 0)
        return TRUE;
    vmi_set_error_errno(error, errno, "cannot make the directory \"%s\"", path);
    return FALSE;
}

gboolean passt_remove_dir(const Layout *layout, const char *namespace, const char *name,
                          GError **error)
{
    g_autofree char *path = layout_passt_dir(layout, namespace, name);
    g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
    const char *entry;

    while (dir && (entry = g_dir_read_name(dir))) {
        g_autofree char *file = g_build_filename(path, entry, NULL);

        (void)unlink(file);
    }
    if (rmdir(path) == 0 || errno == ENOENT)
        return TRUE;
    vmi_set_error_errno(error, errno, "cannot remove the directory \"%s\"", path);
    return FALSE;
}

// It goes into the background when all is open, and its first process ends.
static gboolean run(const char *const *arguments, GCancellable *cancellable, GError **error)
{
    g_autoptr(GSubprocess) child = g_subprocess_newv(
        arguments, G_SUBPROCESS_FLAGS_STDOUT_SILENCE | G_SUBPROCESS_FLAGS_STDERR_PIPE, error);
    g_autofree char *diagnosis = NULL;

    if (!child) {
        g_prefix_error(error, "cannot run passt: ");
        return FALSE;
    }
    if (!g_subprocess_communicate_utf8(child, NULL, cancellable, NULL, &diagnosis, error)) {
        g_subprocess_force_exit(child);
        (void)g_subprocess_wait(child, NULL, NULL);
        return FALSE;
    }
    if (g_subprocess_get_successful(child))
        return TRUE;
    g_strdelimit(g_strchomp(diagnosis), "\n", ';');
    g_set_error(error, VMI_ERROR, VMI_ERROR_HOST, "passt cannot serve the guest's network: %s",
                *diagnosis ? diagnosis : "it was killed");
    return FALSE;
}

void passt_free(gpointer passt)
{
    Passt *self = passt;

    vmi_close_fd(&self->fd);
    g_free(self);
}

void passt_kill(const Passt *self)
{
    process_kill(self->fd);
}

// It may have gone into the background before the call that started it failed.
static void kill_named(const char *pid_file)
{
    vmi_autofd int fd = process_open(process_read_pid_file(pid_file));

    process_kill(fd);
}

Passt *passt_start(const DomainPasst *plan, guint32 gid, GCancellable *cancellable, GError **error)
{
    Passt *self;
    gint pid;

    // What is there then was written by this passt.
    if (unlink(plan->pid_file) < 0 && errno != ENOENT) {
        vmi_set_error_errno(error, errno, "cannot remove \"%s\"", plan->pid_file);
        return NULL;
    }
    if (!run((const char *const *)plan->arguments, cancellable, error)) {
        kill_named(plan->pid_file);
        return NULL;
    }
    pid = process_read_pid_file(plan->pid_file);
    if (pid <= 0) {
        g_set_error(error, VMI_ERROR, VMI_ERROR_HOST, "passt does not say which process it is");
        return NULL;
    }
    self = g_new0(Passt, 1);
    self->pid = pid;
    self->fd = process_open(pid);
    if (gid == 0 || (chown(plan->socket, 0, gid) == 0 && chmod(plan->socket, SOCKET_MODE) == 0))
        return self;
    vmi_set_error_errno(error, errno, "cannot open \"%s\" to the guest's QEMU", plan->socket);
    passt_kill(self);
    passt_free(self);
    return NULL;
}
