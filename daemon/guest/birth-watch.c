// SPDX-License-Identifier: LGPL-2.1-or-later
// See birth-watch.h. A thread of its own, because the one that knows is stuck in libvirt, and the main thread must not outlive
// what the worker owns.
#include "guest/birth-watch.h"

#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fd.h"
#include "guest/process.h"

enum {
    // libvirt bounds how long it waits for the monitor's socket (30 s), not for an answer from it. An emulated QEMU on a machine that is
    // busy with others answers within a few seconds; one that hangs in a bad /dev/kvm never does.
    LIMIT_SECONDS = 60,
    // Its pid file may come a moment after the decision.
    AGAIN_MSEC = 100,
};

struct BirthWatch {
    const GuestHost *host;
    const char *domain_name;
    GCancellable *cancellable;
    gulong handler;
    GThread *thread;
    GMutex mutex;
    GCond cond;
    // Under the mutex.
    gboolean born, cancelled, expired;
};

static void kill_qemu(const BirthWatch *self)
{
    gint pid = host_read_pid(self->host, self->domain_name);
    vmi_autofd int pidfd = process_open(pid);

    // Still the same after the descriptor was opened: then it is that process, and no later one of its number.
    if (pidfd >= 0 && host_read_pid(self->host, self->domain_name) == pid)
        (void)syscall(SYS_pidfd_send_signal, pidfd, SIGKILL, NULL, 0);
}

static gpointer watch(gpointer data)
{
    BirthWatch *self = data;
    gint64 deadline = g_get_monotonic_time() + LIMIT_SECONDS * G_USEC_PER_SEC;
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&self->mutex);

    while (!self->born) {
        if (!self->cancelled && !g_cond_wait_until(&self->cond, &self->mutex, deadline))
            self->expired = !self->born;
        if (self->born || (!self->cancelled && !self->expired))
            continue;
        kill_qemu(self);
        deadline = g_get_monotonic_time() + AGAIN_MSEC * G_TIME_SPAN_MILLISECOND;
        (void)g_cond_wait_until(&self->cond, &self->mutex, deadline);
    }
    return NULL;
}

static void on_cancelled(GCancellable *cancellable, gpointer user_data)
{
    BirthWatch *self = user_data;
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&self->mutex);

    self->cancelled = TRUE;
    g_cond_signal(&self->cond);
}

BirthWatch *birth_watch_begin(const GuestHost *host, const char *domain_name,
                              GCancellable *cancellable)
{
    BirthWatch *self = g_new0(BirthWatch, 1);

    self->host = host;
    self->domain_name = domain_name;
    self->cancellable = cancellable;
    g_mutex_init(&self->mutex);
    g_cond_init(&self->cond);
    self->thread = g_thread_new("birth-watch", watch, self);
    if (cancellable)
        self->handler = g_cancellable_connect(cancellable, G_CALLBACK(on_cancelled), self, NULL);
    return self;
}

static void stop(BirthWatch *self)
{
    // Not under the mutex: it waits for a handler that runs.
    g_cancellable_disconnect(self->cancellable, self->handler);
    g_mutex_lock(&self->mutex);
    self->born = TRUE;
    g_cond_signal(&self->cond);
    g_mutex_unlock(&self->mutex);
    g_thread_join(self->thread);
}

gboolean birth_watch_end(BirthWatch *self, GError **error)
{
    gboolean in_time = FALSE;

    stop(self);
    in_time = !self->cancelled && !self->expired;
    if (self->cancelled)
        g_set_error(error, VMI_ERROR, VMI_ERROR_CANCELLED, "the start was given up, as asked");
    else if (self->expired)
        g_set_error(error, VMI_ERROR, VMI_ERROR_TIMEOUT,
                    "QEMU did not answer within %d s and was killed%s", LIMIT_SECONDS,
                    self->host->use_emulation
                        ? ""
                        : "; " KVM_DEVICE
                          " may not work on this host, UseEmulation=yes in vmid.conf does without");
    g_mutex_clear(&self->mutex);
    g_cond_clear(&self->cond);
    g_free(self);
    return in_time;
}
