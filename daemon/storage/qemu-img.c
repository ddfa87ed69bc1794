// SPDX-License-Identifier: LGPL-2.1-or-later
// See qemu-img.h.
#include "storage/qemu-img.h"

#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "base/error.h"

// In the child between fork and exec: async-signal-safe calls only.
static void limit_child(gpointer user_data)
{
    const struct rlimit cpu = { 10, 10 };
    const struct rlimit memory = { 2000UL * 1024 * 1024, 2000UL * 1024 * 1024 };

    setrlimit(RLIMIT_CPU, &cpu);
    setrlimit(RLIMIT_AS, &memory);
    umask(0077);
}

static gboolean run(const char *const *argv, GCancellable *cancellable, GError **error)
{
    g_autoptr(GSubprocessLauncher) launcher = g_subprocess_launcher_new(
        G_SUBPROCESS_FLAGS_STDOUT_SILENCE | G_SUBPROCESS_FLAGS_STDERR_PIPE);
    g_autoptr(GSubprocess) child = NULL;
    g_autofree char *diagnosis = NULL;

    g_subprocess_launcher_set_child_setup(launcher, limit_child, NULL, NULL);
    g_subprocess_launcher_setenv(launcher, "LC_ALL", "C", TRUE);
    child = g_subprocess_launcher_spawnv(launcher, argv, error);
    if (!child) {
        g_prefix_error(error, "cannot run qemu-img (package qemu-utils): ");
        return FALSE;
    }
    if (!g_subprocess_communicate_utf8(child, NULL, cancellable, NULL, &diagnosis, error)) {
        g_subprocess_force_exit(child);
        g_subprocess_wait(child, NULL, NULL);
        return FALSE;
    }
    if (g_subprocess_get_successful(child))
        return TRUE;
    g_strchomp(diagnosis);
    g_set_error(error, VMI_ERROR,
                strstr(diagnosis, "No space left") ? VMI_ERROR_NO_SPACE : VMI_ERROR_HOST, "%s",
                *diagnosis ? diagnosis : "qemu-img was killed by its resource limits");
    return FALSE;
}

gboolean qemu_img_create_empty(const char *path, guint64 size, GCancellable *cancellable,
                               GError **error)
{
    g_autofree char *bytes = g_strdup_printf("%" G_GUINT64_FORMAT, size);
    const char *const argv[] = { "qemu-img", "create", "-q", "-f", "qcow2", path, bytes, NULL };

    return run(argv, cancellable, error);
}

gboolean qemu_img_create_overlay(const char *path, const char *backing, const char *backing_format,
                                 GCancellable *cancellable, GError **error)
{
    const char *const argv[] = { "qemu-img", "create", "-q",           "-f", "qcow2", "-b",
                                 backing,    "-F",     backing_format, path, NULL };

    return run(argv, cancellable, error);
}
