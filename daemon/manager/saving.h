// SPDX-License-Identifier: LGPL-2.1-or-later
// Between the table of objects and the store. Where the disk did not take what it was given, nobody knows which state it holds: it is brought
// to that of the table again and again until it has it, and that is a problem until then. Main thread.
#pragma once

#include "manager/private.h"

// A failure is also the caller's to report, or to undo in the table; saving_settle() then undoes it on disk at once.
gboolean saving_save(Manager *self, const ApiObject *object,
                     GError **error) G_GNUC_WARN_UNUSED_RESULT;
// For what must not be lost on a full disk: store_save_urgent().
gboolean saving_save_urgent(Manager *self, const ApiObject *object,
                            GError **error) G_GNUC_WARN_UNUSED_RESULT;
// Several, all or none, as far as the disk allows.
gboolean saving_save_all(Manager *self, const GPtrArray *objects,
                         GError **error) G_GNUC_WARN_UNUSED_RESULT;
gboolean saving_delete(Manager *self, const ApiObject *object,
                       GError **error) G_GNUC_WARN_UNUSED_RESULT;
// The same; when it fails, OBJECT stays on disk as well.
gboolean saving_delete_or_keep(Manager *self, const ApiObject *object,
                               GError **error) G_GNUC_WARN_UNUSED_RESULT;

// What is in the table of OBJECT's name, or that nothing is, goes to disk now or, when that fails, later.
void saving_settle(Manager *self, const ApiObject *object);

// Once more, now: at the latest when vmid ends.
void saving_try_all(Manager *self);

// Why the disk does not hold what the table does; NULL: it does.
const GError *saving_failure(const Manager *self, const ApiObject *object);

void saving_free(gpointer unsaved); // an element of Manager.unsaved
