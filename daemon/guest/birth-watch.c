// SPDX-License-Identifier: LGPL-2.1-or-later
// See birth-watch.h. A thread of its own, because the one that knows is stuck in libvirt, and the main thread must not outlive
// what the worker owns. A probe tells nobody its pid before it has begun to answer: it is known by where it runs and as whom.
#include "guest/birth-watch.h"

#include "base/error.h"
#include "base/fd.h"
#include "guest/process.h"

enum {
    // libvirt bounds how long it waits for the monitor's socket (30 s), not for an answer from it. An emulated QEMU on a machine that is
    // busy with others answers within a few seconds; one that hangs in a bad /dev/kvm never does.
    LIMIT_SECONDS = 60,
    // Its pid file may come a moment after the decision.
    AGAIN_MSEC = 100,
    LOOK_SECONDS = 1, // for probes
};

struct BirthWatch {
    GuestHost *host;
    gint probes_killed; // of the host, when this began
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
        process_kill(pidfd);
}

// By its user, which is no guest's and no helper's; without root, where all have the same, by where its monitor is.
static gboolean is_probe(const GuestHost *host, gint pid)
{
    g_autofree char *monitor = g_build_filename(host->root, "lib", "qemu", "qmp-", NULL);

    return host->probe_user > 0 ? process_user(pid) == host->probe_user
                                : process_has_argument_with(pid, monitor);
}

// One that takes so long comes to no end. Others may wait for the same one: it is not killed because this start is given up.
static void kill_old_probes(const BirthWatch *self)
{
    g_autoptr(GArray) pids = process_of_own_cgroup();

    for (guint i = 0; pids && i < pids->len; i++) {
        gint pid = g_array_index(pids, gint, i);
        vmi_autofd int pidfd = process_open(pid);

        if (pidfd < 0 || !is_probe(self->host, pid) || process_age(pid) < LIMIT_SECONDS)
            continue;
        g_atomic_int_inc(&self->host->probes_killed);
        process_kill(pidfd);
    }
}

static gint64 in_a_moment(const BirthWatch *self, gint64 deadline)
{
    gint64 now = g_get_monotonic_time();

    if (self->cancelled || self->expired)
        return now + AGAIN_MSEC * G_TIME_SPAN_MILLISECOND;
    return MIN(deadline, now + LOOK_SECONDS * G_USEC_PER_SEC);
}

static gpointer watch(gpointer data)
{
    BirthWatch *self = data;
    gint64 deadline = g_get_monotonic_time() + LIMIT_SECONDS * G_USEC_PER_SEC;
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&self->mutex);

    // Nothing is old when this begins, and most births are over before it first looks.
    while (!self->born) {
        (void)g_cond_wait_until(&self->cond, &self->mutex, in_a_moment(self, deadline));
        if (self->born)
            break;
        self->expired |= self->domain_name && g_get_monotonic_time() >= deadline;
        kill_old_probes(self);
        if (self->domain_name && (self->cancelled || self->expired))
            kill_qemu(self);
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

BirthWatch *birth_watch_begin(GuestHost *host, const char *domain_name, GCancellable *cancellable)
{
    BirthWatch *self = g_new0(BirthWatch, 1);

    self->host = host;
    self->probes_killed = g_atomic_int_get(&host->probes_killed);
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

gboolean birth_watch_end(BirthWatch *self, gboolean succeeded, GError **error)
{
    gboolean in_time = FALSE;

    stop(self);
    in_time = !self->cancelled && !self->expired &&
              (succeeded || g_atomic_int_get(&self->host->probes_killed) == self->probes_killed);
    if (self->cancelled)
        g_set_error(error, VMI_ERROR, VMI_ERROR_CANCELLED, "the start was given up, as asked");
    else if (!in_time)
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
