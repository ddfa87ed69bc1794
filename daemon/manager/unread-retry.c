// SPDX-License-Identifier: LGPL-2.1-or-later
// Reading again what could not be read; see unread.h.
#include "manager/unread.h"

#include "base/error.h"
#include "manager/delete-claim.h"
#include "manager/kind.h"
#include "manager/reconcile.h"

enum {
    FIRST_RETRY_SECONDS = 1,
    MAX_RETRY_SECONDS = 30,
};

typedef struct {
    Manager *manager;
    GPtrArray *unread; // the manager's: it is replaced only when the worker is done
    StoreContents contents;
} RetryInput;

static void retry_input_free(RetryInput *self)
{
    g_ptr_array_unref(self->unread);
    store_contents_clear(&self->contents);
    g_free(self);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC(RetryInput, retry_input_free)

// By the writer: a disk that fails may take its time, and nothing is written meanwhile. What comes of the settling is also an answer: another
// failure than that it is no change of definitions is a problem already, and tried again.
static gboolean retry_run(Store *store, gpointer data, GError **error)
{
    RetryInput *input = data;
    gboolean settled = store_settle(store, error);

    store_load_unread(store, input->unread, &input->contents);
    return settled;
}

static void add_object(Manager *self, ApiObject *object)
{
    const Kind *kind = kind_of(object->info);

    objects_put(self->objects, object);
    if (kind->enter)
        kind->enter(self, object);
    if (kind->late) {
        kind->late(self, object);
        return;
    }
    manager_emit(self, object_added, object);
    queue_add(self->queue, object);
}

static void retry_done(const GError *error, gpointer user_data)
{
    g_autoptr(RetryInput) input = user_data;
    Manager *self = input->manager;
    g_autoptr(GPtrArray) added = g_ptr_array_new();

    if (g_error_matches(error, VMI_ERROR, VMI_ERROR_INVALID))
        manager_add_problem(self, "%s", error->message);
    for (guint i = 0; i < input->contents.problems->len; i++)
        manager_add_problem(self, "%s",
                            (const char *)g_ptr_array_index(input->contents.problems, i));
    unread_set(self, g_steal_pointer(&input->contents.unread));
    while (input->contents.objects->len > 0) {
        ApiObject *object =
            g_ptr_array_steal_index_fast(input->contents.objects, input->contents.objects->len - 1);

        g_ptr_array_add(added, object);
        add_object(self, object);
    }
    for (guint i = 0; i < added->len; i++)
        queue_add_referrers(self->queue, g_ptr_array_index(added, i));
    self->any_marked = TRUE; // one that was read just now
    delete_marked_claims(self);
    reconcile_complete(self);
}

static gboolean retry(gpointer user_data)
{
    Manager *self = user_data;
    RetryInput *input = g_new0(RetryInput, 1);

    self->unread_timer = 0;
    self->unread_delay = MIN(self->unread_delay * 2, MAX_RETRY_SECONDS);
    input->manager = self;
    input->unread = g_ptr_array_ref(self->unread);
    store_writer_run(self->writer, retry_run, input, retry_done, input);
    return G_SOURCE_REMOVE;
}

static gboolean has_problem(const GPtrArray *list, const char *problem)
{
    for (guint i = 0; list && i < list->len; i++)
        if (g_str_equal(((const StoreUnread *)g_ptr_array_index(list, i))->problem, problem))
            return TRUE;
    return FALSE;
}

static void set_problems(Manager *self, const GPtrArray *before)
{
    for (guint i = 0; before && i < before->len; i++) {
        const StoreUnread *unread = g_ptr_array_index(before, i);

        if (!has_problem(self->unread, unread->problem))
            manager_set_problem(self, unread->problem, NULL);
    }
    for (guint i = 0; i < self->unread->len; i++) {
        const StoreUnread *unread = g_ptr_array_index(self->unread, i);

        manager_set_problem(self, unread->problem, unread->problem);
    }
}

void unread_set(Manager *self, GPtrArray *unread)
{
    g_autoptr(GPtrArray) before = self->unread;

    self->unread = unread;
    set_problems(self, before);
    if (self->unread_delay == 0)
        self->unread_delay = FIRST_RETRY_SECONDS;
    if (unread->len > 0)
        self->unread_timer = g_timeout_add_seconds(self->unread_delay, retry, self);
}
