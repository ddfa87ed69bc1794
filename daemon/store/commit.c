// SPDX-License-Identifier: LGPL-2.1-or-later
// Writing definitions, each for itself, or all or none: by a transaction (transaction.h).
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/io.h"
#include "store/batch.h"
#include "store/transaction.h"

static gboolean failed(const Store *self, const char *what, GError **error)
{
    vmi_set_error_errno(error, errno, "cannot %s \"%s/" TRANSACTION_FILE "\"", what, self->path);
    return FALSE;
}

// ---- what is left of an earlier one ----------------------------------------------------------------------------

static gboolean forget(Store *self, GError **error)
{
    // Synced: should it come back after a power cut, it would replace what is saved from now on.
    if ((unlinkat(self->root_fd, TRANSACTION_FILE, 0) < 0 && errno != ENOENT) ||
        fsync(self->root_fd) < 0)
        return failed(self, "remove", error);
    self->pending = STORE_NOTHING_PENDING;
    return TRUE;
}

// All is written. Each definition is replaced, and the transaction is over.
static gboolean finish(Store *self, Batch *batch, GError **error)
{
    return batch_rename(batch, error) && batch_sync(batch, error) &&
           batch_sync_directories(batch, error) && forget(self, error);
}

static gboolean set_aside(Store *self, const GError *why, GError **error)
{
    if (renameat(self->root_fd, TRANSACTION_FILE, self->root_fd,
                 TRANSACTION_FILE STORE_BROKEN_SUFFIX) < 0)
        return failed(self, "set aside", error);
    self->pending = STORE_NOTHING_PENDING;
    g_set_error(error, VMI_ERROR, VMI_ERROR_INVALID,
                "\"%s/" TRANSACTION_FILE "\" was moved aside as *" STORE_BROKEN_SUFFIX ": %s",
                self->path, why->message);
    return FALSE;
}

// NULL without an error: there is none.
static char *read_transaction(const Store *self, gsize *ret_length, GError **error)
{
    vmi_autofd int fd =
        openat(self->root_fd, TRANSACTION_FILE, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    g_autofree char *text = NULL;
    struct stat st;

    if (fd < 0 && errno == ENOENT)
        return NULL;
    if (fd < 0 || fstat(fd, &st) < 0) {
        failed(self, "open", error);
        return NULL;
    }
    text = g_malloc((gsize)st.st_size + 1);
    if (!vmi_read_all(fd, text, (gsize)st.st_size)) {
        failed(self, "read", error);
        return NULL;
    }
    *ret_length = (gsize)st.st_size;
    return g_steal_pointer(&text);
}

static gboolean put(const StorePlace *place, const char *definition, gsize length,
                    gpointer user_data, GError **error)
{
    return batch_write(user_data, place, definition, length, error);
}

static gboolean try_to_finish(Store *self, GError **error)
{
    g_auto(Batch) batch = { 0 };
    g_autoptr(GError) local = NULL;
    gsize length = 0;
    g_autofree char *text = read_transaction(self, &length, &local);

    // Its removal may not have reached the disk yet.
    if (!text && !local)
        return forget(self, error);
    batch_init(&batch, self);
    batch.sweep = TRUE;
    if (text && transaction_read(text, length, put, &batch, &local))
        return finish(self, &batch, error);
    if (g_error_matches(local, VMI_ERROR, VMI_ERROR_INVALID))
        return set_aside(self, local, error);
    g_propagate_error(error, g_steal_pointer(&local));
    return FALSE;
}

// The definitions are written once more, beside those that they replace. On a full disk what is put aside for its sake makes room: without
// this change nothing else can be saved, and nothing is known of what there is.
static gboolean finish_pending(Store *self, GError **error)
{
    g_autoptr(GError) local = NULL;

    if (try_to_finish(self, &local))
        return TRUE;
    if (g_error_matches(local, VMI_ERROR, VMI_ERROR_NO_SPACE) && store_reserve_drop(self))
        return try_to_finish(self, error);
    g_propagate_error(error, g_steal_pointer(&local));
    return FALSE;
}

gboolean store_settle(Store *self, GError **error)
{
    switch (self->pending) {
    case STORE_NOTHING_PENDING:
        return TRUE;
    case STORE_TO_FORGET:
        return forget(self, error);
    case STORE_TO_FINISH:
        return finish_pending(self, error);
    }
    g_return_val_if_reached(FALSE);
}

// ---- a new one -------------------------------------------------------------------------------------------------

static gboolean write_file(const Store *self, const GString *text, char **ret_temp, GError **error)
{
    g_autofree char *temp = NULL;
    vmi_autofd int fd = store_create_temp(self->root_fd, &temp);

    if (fd < 0)
        return failed(self, "write", error);
    if (!vmi_write_all(fd, text->str, text->len) || fsync(fd) < 0) {
        failed(self, "write", error);
        unlinkat(self->root_fd, temp, 0);
        return FALSE;
    }
    *ret_temp = g_steal_pointer(&temp);
    return TRUE;
}

// From here on the change is made, unless this fails: then it is not.
static gboolean give_name(Store *self, const char *temp, GError **error)
{
    if (renameat(self->root_fd, temp, self->root_fd, TRANSACTION_FILE) < 0) {
        failed(self, "write", error);
        unlinkat(self->root_fd, temp, 0);
        return FALSE;
    }
    if (fsync(self->root_fd) == 0)
        return TRUE;
    failed(self, "sync", error);
    // It may be on disk or not. Until it is known not to be nothing else is saved.
    self->pending = STORE_TO_FORGET;
    (void)!forget(self, NULL);
    return FALSE;
}

// CHANGE goes to BATCH and, as one text, to TRANSACTION (may be NULL).
static gboolean write_one(const StoreChange *change, Batch *batch, GString *transaction,
                          GError **error)
{
    const StorePlace place = store_change_place(change);

    if (!store_check_place(&place, error))
        return FALSE;
    if (transaction)
        transaction_put(transaction, &place, change->text, change->length);
    return change->text ? batch_write(batch, &place, change->text, change->length, error)
                        : batch_remove(batch, &place, error);
}

static gboolean write_all(const GPtrArray *changes, Batch *batch, GString *transaction,
                          GError **error)
{
    for (guint i = 0; i < changes->len; i++)
        if (!write_one(g_ptr_array_index(changes, i), batch, transaction, error))
            return FALSE;
    return TRUE;
}

// A rename replaces one file, whole: that needs no transaction.
static gboolean write_each(Store *self, const GPtrArray *changes, GError **error)
{
    g_auto(Batch) batch = { 0 };

    if (!store_settle(self, error))
        return FALSE;
    batch_init(&batch, self);
    return write_all(changes, &batch, NULL, error) && batch_sync(&batch, error) &&
           batch_rename(&batch, error) && batch_sync_directories(&batch, error);
}

gboolean store_write(Store *self, const GPtrArray *changes, GError **error)
{
    const StoreChange *only = changes->len == 1 ? g_ptr_array_index(changes, 0) : NULL;
    g_autoptr(GError) local = NULL;

    if (!only || !only->urgent)
        return write_each(self, changes, error);
    if (self->reserve_used)
        store_reserve_fill(self);
    if (write_each(self, changes, &local))
        return TRUE;
    // What is saved over an unfinished change would be replaced by it.
    if (self->pending == STORE_NOTHING_PENDING && only->text &&
        g_error_matches(local, VMI_ERROR, VMI_ERROR_NO_SPACE) && store_reserve_save(self, only))
        return TRUE;
    g_propagate_error(error, g_steal_pointer(&local));
    return FALSE;
}

gboolean store_commit(Store *self, const GPtrArray *changes, GError **error)
{
    g_auto(Batch) batch = { 0 };
    g_autoptr(GString) transaction = g_string_new(NULL);
    g_autofree char *temp = NULL;

    if (changes->len <= 1)
        return store_write(self, changes, error);
    if (!store_settle(self, error))
        return FALSE;
    batch_init(&batch, self);
    transaction_begin(transaction);
    // All is written before the change is made: a full disk refuses it.
    if (!write_all(changes, &batch, transaction, error))
        return FALSE;
    transaction_end(transaction);
    if (!write_file(self, transaction, &temp, error) || !give_name(self, temp, error))
        return FALSE;
    self->pending = STORE_TO_FINISH;
    // Should that fail, the change is made all the same: store_settle() says so and tries again.
    (void)!finish(self, &batch, NULL);
    return TRUE;
}
