// SPDX-License-Identifier: LGPL-2.1-or-later
// See writer.h. The lock is held to hand requests over, never while the disk is at work.
#include "store/writer.h"

typedef struct {
    StoreWritten written;
    gpointer user_data;
} Waiter;

struct StoreRequest {
    GPtrArray *changes; // StoreChange, owned; NULL: a task
    gboolean together;  // all or none
    StoreTask run;
    gpointer input;
    GArray *waiters; // Waiter; the main thread's
    char *key;       // of a single change: while it queues another may take its place
    GError *error;
    gboolean done; // the disk has answered
};

struct StoreWriter {
    Store *store; // the thread's
    GThread *thread;
    GMutex mutex;       // protects all below, and `done` and `error` of the requests
    GCond wake;         // something queues, or is to end
    GCond answered;     // by the disk
    GQueue queued;      // StoreRequest, in the order in which they were made
    GHashTable *by_key; // of those, the last single change of each definition
    guint unanswered;   // requests
    GQueue finished;    // StoreRequest, in the order of their ends
    guint untold;       // requests whose callbacks were not called yet
    GSource *source;    // set while a delivery is due
    gboolean closing, ending;
};

static void change_free(gpointer change)
{
    store_change_free(change);
}

static void request_free(gpointer data)
{
    StoreRequest *self = data;

    g_clear_pointer(&self->changes, g_ptr_array_unref);
    g_array_unref(self->waiters);
    g_free(self->key);
    g_clear_error(&self->error);
    g_free(self);
}

static StoreRequest *request_new(StoreWritten written, gpointer user_data)
{
    StoreRequest *self = g_new0(StoreRequest, 1);
    const Waiter waiter = { written, user_data };

    self->waiters = g_array_new(FALSE, FALSE, sizeof(Waiter));
    if (written)
        g_array_append_val(self->waiters, waiter);
    return self;
}

static char *key_of(const StoreChange *change)
{
    return g_strjoin("/", change->info->plural, change->namespace ? change->namespace : "",
                     change->name, NULL);
}

// ---- telling, on the main context ------------------------------------------------------------------------------

static void tell(const StoreRequest *request)
{
    for (guint i = 0; i < request->waiters->len; i++) {
        const Waiter waiter = g_array_index(request->waiters, Waiter, i);

        waiter.written(request->error, waiter.user_data);
    }
}

// All that is finished by now: so many objects are told at once as were synced at once.
static gboolean deliver(gpointer user_data)
{
    StoreWriter *self = user_data;
    g_autoptr(GQueue) finished = g_queue_new();
    StoreRequest *request = NULL;

    g_mutex_lock(&self->mutex);
    while ((request = g_queue_pop_head(&self->finished)))
        g_queue_push_tail(finished, request);
    g_clear_pointer(&self->source, g_source_unref);
    g_mutex_unlock(&self->mutex);
    while ((request = g_queue_pop_head(finished))) {
        g_mutex_lock(&self->mutex);
        self->untold--;
        g_mutex_unlock(&self->mutex);
        tell(request);
        request_free(request);
    }
    return G_SOURCE_REMOVE;
}

// With the lock held.
static void schedule_delivery(StoreWriter *self)
{
    if (self->source || self->closing)
        return;
    self->source = g_idle_source_new();
    g_source_set_priority(self->source, G_PRIORITY_DEFAULT);
    g_source_set_callback(self->source, deliver, self, NULL);
    g_source_attach(self->source, NULL);
}

// ---- writing, in the thread ------------------------------------------------------------------------------------

static gboolean carry_out(StoreWriter *self, const StoreRequest *request, GError **error)
{
    if (request->run)
        return request->run(self->store, request->input, error);
    return request->together ? store_commit(self->store, request->changes, error)
                             : store_write(self->store, request->changes, error);
}

static void answer(StoreWriter *self, StoreRequest *request, GError *error)
{
    g_mutex_lock(&self->mutex);
    request->error = error;
    request->done = TRUE;
    self->unanswered--;
    g_queue_push_tail(&self->finished, request);
    schedule_delivery(self);
    g_cond_broadcast(&self->answered);
    g_mutex_unlock(&self->mutex);
}

static void carry_out_alone(StoreWriter *self, StoreRequest *request)
{
    GError *error = NULL;

    (void)!carry_out(self, request, &error);
    answer(self, request, error);
}

// The next of BATCH that are single changes of different definitions, at least one of any kind. They leave BATCH.
static GPtrArray *take_group(GQueue *batch)
{
    g_autoptr(GHashTable) keys = g_hash_table_new(g_str_hash, g_str_equal);
    GPtrArray *group = g_ptr_array_new();
    const StoreRequest *next = g_queue_peek_head(batch);

    do
        g_ptr_array_add(group, g_queue_pop_head(batch));
    while (next->key && g_hash_table_add(keys, next->key) && (next = g_queue_peek_head(batch)) &&
           next->key && !g_hash_table_contains(keys, next->key));
    return group;
}

static gboolean write_together(StoreWriter *self, const GPtrArray *group)
{
    g_autoptr(GPtrArray) changes = g_ptr_array_new();
    g_autoptr(GError) error = NULL;

    for (guint i = 0; i < group->len; i++)
        g_ptr_array_add(changes, ((const StoreRequest *)group->pdata[i])->changes->pdata[0]);
    return store_write(self->store, changes, &error);
}

// Synced together; where that fails each by itself, so that each is told what became of it.
static void carry_out_group(StoreWriter *self, const GPtrArray *group)
{
    gboolean written = group->len > 1 && write_together(self, group);

    for (guint i = 0; i < group->len; i++)
        if (written)
            answer(self, group->pdata[i], NULL);
        else
            carry_out_alone(self, group->pdata[i]);
}

// All that queues. FALSE: it is time to end.
static gboolean take_batch(StoreWriter *self, GQueue *batch)
{
    StoreRequest *request = NULL;

    g_mutex_lock(&self->mutex);
    while (g_queue_is_empty(&self->queued) && !self->ending)
        g_cond_wait(&self->wake, &self->mutex);
    while ((request = g_queue_pop_head(&self->queued)))
        g_queue_push_tail(batch, request);
    g_hash_table_remove_all(self->by_key);
    g_mutex_unlock(&self->mutex);
    return !g_queue_is_empty(batch);
}

static gpointer run(gpointer data)
{
    StoreWriter *self = data;
    g_autoptr(GQueue) batch = g_queue_new();

    while (take_batch(self, batch)) {
        while (!g_queue_is_empty(batch)) {
            g_autoptr(GPtrArray) group = take_group(batch);

            carry_out_group(self, group);
        }
    }
    return NULL;
}

// ---- asking ----------------------------------------------------------------------------------------------------

StoreWriter *store_writer_new(Store *store)
{
    StoreWriter *self = g_new0(StoreWriter, 1);

    self->store = store;
    g_mutex_init(&self->mutex);
    g_cond_init(&self->wake);
    g_cond_init(&self->answered);
    g_queue_init(&self->queued);
    g_queue_init(&self->finished);
    self->by_key = g_hash_table_new(g_str_hash, g_str_equal); // keys are the requests'
    self->thread = g_thread_new("store", run, self);
    return self;
}

static void stop_delivering(StoreWriter *self)
{
    g_mutex_lock(&self->mutex);
    self->closing = TRUE;
    if (self->source) {
        g_source_destroy(self->source);
        g_clear_pointer(&self->source, g_source_unref);
    }
    g_mutex_unlock(&self->mutex);
}

gboolean store_writer_close(StoreWriter *self, guint timeout_msec)
{
    gint64 deadline = g_get_monotonic_time() + (gint64)timeout_msec * 1000;
    gboolean in_time = TRUE;

    stop_delivering(self);
    g_mutex_lock(&self->mutex);
    while (self->unanswered > 0 && in_time)
        in_time = g_cond_wait_until(&self->answered, &self->mutex, deadline);
    in_time = self->unanswered == 0;
    g_mutex_unlock(&self->mutex);
    return in_time;
}

void store_writer_free(StoreWriter *self)
{
    if (!self)
        return;
    stop_delivering(self);
    g_mutex_lock(&self->mutex);
    self->ending = TRUE;
    g_cond_signal(&self->wake);
    g_mutex_unlock(&self->mutex);
    g_thread_join(self->thread);
    g_queue_clear_full(&self->finished, request_free);
    g_hash_table_unref(self->by_key);
    store_free(self->store);
    g_mutex_clear(&self->mutex);
    g_cond_clear(&self->wake);
    g_cond_clear(&self->answered);
    g_free(self);
}

// With the lock held.
static void enqueue(StoreWriter *self, StoreRequest *request)
{
    g_queue_push_tail(&self->queued, request);
    if (request->key)
        g_hash_table_replace(self->by_key, request->key, request);
    self->unanswered++;
    self->untold++;
    g_cond_signal(&self->wake);
}

// What was to be written is not any more; who waited for it waits for REQUEST. With the lock held.
static void supersede(StoreRequest *queued, StoreRequest *request)
{
    StoreChange *before = queued->changes->pdata[0], *after = request->changes->pdata[0];

    after->urgent |= before->urgent;
    g_ptr_array_unref(queued->changes);
    queued->changes = g_steal_pointer(&request->changes);
    g_array_append_vals(queued->waiters, request->waiters->data, request->waiters->len);
    request_free(request);
}

StoreRequest *store_writer_write(StoreWriter *self, StoreChange *change, StoreWritten written,
                                 gpointer user_data)
{
    StoreRequest *request = request_new(written, user_data), *queued = NULL;

    request->changes = g_ptr_array_new_with_free_func(change_free);
    g_ptr_array_add(request->changes, change);
    request->key = key_of(change);
    g_mutex_lock(&self->mutex);
    queued = g_hash_table_lookup(self->by_key, request->key);
    if (queued)
        supersede(queued, request);
    else
        enqueue(self, request);
    g_mutex_unlock(&self->mutex);
    return queued ? queued : request;
}

StoreRequest *store_writer_commit(StoreWriter *self, GPtrArray *changes, StoreWritten written,
                                  gpointer user_data)
{
    StoreRequest *request = request_new(written, user_data);

    request->changes = changes;
    request->together = TRUE;
    g_mutex_lock(&self->mutex);
    // What is asked for from now on of one of these definitions comes after this.
    for (guint i = 0; i < changes->len; i++) {
        g_autofree char *key = key_of(changes->pdata[i]);

        g_hash_table_remove(self->by_key, key);
    }
    enqueue(self, request);
    g_mutex_unlock(&self->mutex);
    return request;
}

void store_writer_run(StoreWriter *self, StoreTask task, gpointer input, StoreWritten done,
                      gpointer user_data)
{
    StoreRequest *request = request_new(done, user_data);

    request->run = task;
    request->input = input;
    g_mutex_lock(&self->mutex);
    // It may look at any definition: it sees what was asked for before, and nothing of what comes after.
    g_hash_table_remove_all(self->by_key);
    enqueue(self, request);
    g_mutex_unlock(&self->mutex);
}

gboolean store_writer_wait(StoreWriter *self, const StoreRequest *request, GError **error)
{
    gboolean written;

    g_mutex_lock(&self->mutex);
    while (!request->done)
        g_cond_wait(&self->answered, &self->mutex);
    written = !request->error;
    if (!written && error)
        *error = g_error_copy(request->error);
    g_mutex_unlock(&self->mutex);
    return written;
}

gboolean store_writer_is_idle(StoreWriter *self)
{
    gboolean idle;

    g_mutex_lock(&self->mutex);
    idle = self->untold == 0;
    g_mutex_unlock(&self->mutex);
    return idle;
}
