// SPDX-License-Identifier: LGPL-2.1-or-later
// Between the table of objects and the thread that writes them. A definition is on disk before it is in the table: it is in flight meanwhile.
// A status is in the table first, and nobody waits for it, but for those who must. Where the disk did not take what it was given, nobody
// knows which state it holds: it is brought to that of the table again and again until it has it, and that is a problem until then.
// Main thread.
#pragma once

#include "manager/private.h"

// ---- states of what is in the table ----

// OBJECT as it is now will be on disk; what is saved again before that is written once.
void saving_save(Manager *self, const ApiObject *object);
// The same, and tells when it is. URGENT: for what must not be lost on a full disk, see StoreChange.
void saving_save_then(Manager *self, const ApiObject *object, gboolean urgent, StoreWritten done,
                      gpointer user_data);
// The same, and blocks until it is.
gboolean saving_save_wait(Manager *self, const ApiObject *object, gboolean urgent,
                          GError **error) G_GNUC_WARN_UNUSED_RESULT;

// ---- definitions ----

typedef struct {
    const ApiObject *candidate; // borrowed until DONE
    gboolean whole;             // else only its metadata is new
    gboolean urgent;
} SavingChange;

// CHANGES (GArray of SavingChange), all or none, will be on disk; DONE puts them into the table. What is saved of these objects meanwhile
// is written after DONE. When it fails, what is in the table was brought back to disk, as far as that goes, before DONE is told.
void saving_commit(Manager *self, const GArray *changes, StoreWritten done, gpointer user_data);
// OBJECT's definition goes; DONE takes it out of the table. KEEP: when that fails, it is to stay on disk as well; otherwise it is written once
// more later, and its deletion goes on then.
void saving_delete(Manager *self, const ApiObject *object, gboolean keep, StoreWritten done,
                   gpointer user_data);
// Whether its definition is going just now.
gboolean saving_is_deleting(const Manager *self, const ApiObject *object);
// Whether it is getting a new spec just now: nothing may begin that goes by the one it has.
gboolean saving_is_respecifying(const Manager *self, const ApiObject *object);

// ---- all of it ----

// After all that was asked for by now.
void saving_after_all(Manager *self, StoreWritten done, gpointer user_data);
// What the disk did not take, once more, now.
void saving_try_all(Manager *self);
gboolean saving_is_idle(const Manager *self);
// Why the disk does not hold what the table does; NULL: it does.
const GError *saving_failure(const Manager *self, const ApiObject *object);

void saving_init(Manager *self);
void saving_clear(Manager *self);
