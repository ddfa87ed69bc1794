// SPDX-License-Identifier: LGPL-2.1-or-later
// The pool of worker threads; see worker.h. The lock of the job queue is here.
#include "base/worker.h"

#include "base/error.h"

struct WorkerPool {
    GThreadPool *threads;
    GMutex mutex;    // protects all below
    GCond idle;      // running has become 0
    guint running;   // tasks
    GQueue finished; // Work, in the order of their ends
    GSource *source; // set while a delivery is due
    gboolean closing;
};

// A task, or (task NULL) something to show on the main context.
typedef struct {
    const WorkerTask *task;
    GSourceFunc show;
    GDestroyNotify input_free;
    gpointer input, result, user_data;
    GCancellable *cancellable;
    GError *error;
} Work;

static void work_free(Work *self)
{
    if (self->result && self->task->result_free)
        self->task->result_free(self->result);
    if (self->input_free)
        self->input_free(self->input);
    g_clear_object(&self->cancellable);
    g_clear_error(&self->error);
    g_free(self);
}

static gboolean deliver(gpointer user_data)
{
    WorkerPool *self = user_data;
    Work *work = NULL;
    gpointer result = NULL;
    gboolean more = FALSE;

    g_mutex_lock(&self->mutex);
    work = g_queue_pop_head(&self->finished);
    more = !g_queue_is_empty(&self->finished);
    if (!more)
        g_clear_pointer(&self->source, g_source_unref);
    g_mutex_unlock(&self->mutex);
    result = g_steal_pointer(&work->result);
    if (work->task)
        work->task->done(work->input, result, work->error, work->user_data);
    else
        work->show(work->input);
    work_free(work);
    return more ? G_SOURCE_CONTINUE : G_SOURCE_REMOVE;
}

// Lower than the default priority: what libvirt reported while a task ran is seen before the task's end.
static void schedule_delivery(WorkerPool *self)
{
    if (self->source || self->closing)
        return;
    self->source = g_idle_source_new();
    g_source_set_priority(self->source, G_PRIORITY_DEFAULT + 10);
    g_source_set_callback(self->source, deliver, self, NULL);
    g_source_attach(self->source, NULL);
}

static void enqueue(WorkerPool *self, Work *work)
{
    g_mutex_lock(&self->mutex);
    g_queue_push_tail(&self->finished, work);
    schedule_delivery(self);
    g_mutex_unlock(&self->mutex);
}

static void run(gpointer data, gpointer user_data)
{
    Work *work = data;
    WorkerPool *self = user_data;
    gboolean closing = FALSE;

    g_mutex_lock(&self->mutex);
    closing = self->closing;
    self->running++;
    g_mutex_unlock(&self->mutex);
    if (closing || g_cancellable_is_cancelled(work->cancellable))
        g_set_error(&work->error, VMI_ERROR, VMI_ERROR_CANCELLED,
                    "the job was cancelled before it began");
    else
        work->result = work->task->run(work->input, work->cancellable, &work->error);
    enqueue(self, work);
    g_mutex_lock(&self->mutex);
    if (--self->running == 0)
        g_cond_signal(&self->idle);
    g_mutex_unlock(&self->mutex);
}

void worker_pool_post(WorkerPool *self, GSourceFunc show, gpointer data, GDestroyNotify data_free)
{
    Work *work = g_new0(Work, 1);

    work->show = show;
    work->input = data;
    work->input_free = data_free;
    enqueue(self, work);
}

WorkerPool *worker_pool_new(guint workers)
{
    WorkerPool *self = g_new0(WorkerPool, 1);

    g_mutex_init(&self->mutex);
    g_cond_init(&self->idle);
    g_queue_init(&self->finished);
    // Not exclusive: threads are made when needed and idle ones end after a while.
    self->threads = g_thread_pool_new(run, self, workers > 0 ? (int)workers : -1, FALSE, NULL);
    return self;
}

static void stop_delivering(WorkerPool *self)
{
    g_mutex_lock(&self->mutex);
    self->closing = TRUE;
    if (self->source) {
        g_source_destroy(self->source);
        g_clear_pointer(&self->source, g_source_unref);
    }
    g_mutex_unlock(&self->mutex);
}

gboolean worker_pool_close(WorkerPool *self, guint timeout_msec)
{
    gint64 deadline = g_get_monotonic_time() + (gint64)timeout_msec * 1000;
    gboolean in_time = TRUE;

    stop_delivering(self);
    g_mutex_lock(&self->mutex);
    while (self->running > 0 && in_time)
        in_time = g_cond_wait_until(&self->idle, &self->mutex, deadline);
    g_mutex_unlock(&self->mutex);
    return in_time;
}

void worker_pool_free(WorkerPool *self)
{
    if (!self)
        return;
    stop_delivering(self);
    g_thread_pool_free(self->threads, FALSE, TRUE);
    g_queue_clear_full(&self->finished, (GDestroyNotify)work_free);
    g_mutex_clear(&self->mutex);
    g_cond_clear(&self->idle);
    g_free(self);
}

void worker_pool_push(WorkerPool *self, const WorkerTask *task, gpointer input,
                      GCancellable *cancellable, gpointer user_data)
{
    Work *work = g_new0(Work, 1);

    work->task = task;
    work->input = input;
    work->input_free = task->input_free;
    work->user_data = user_data;
    work->cancellable = cancellable ? g_object_ref(cancellable) : NULL;
    // Fails only when no thread can be made; the task then stays queued for the threads there are.
    g_thread_pool_push(self->threads, work, NULL);
}
