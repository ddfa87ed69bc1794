// SPDX-License-Identifier: LGPL-2.1-or-later
// Definitions that are on disk and could not be read. They are read again until they are, or are gone; until then nothing that may belong
// to one is stopped, swept, released or given to another. Main thread.
#pragma once

#include "manager/private.h"

// Takes UNREAD (GPtrArray of StoreUnread) over and tries again in a while, if there is one. Each is a problem.
void unread_set(Manager *self, GPtrArray *unread);

gboolean unread_any(const Manager *self);
// NAMESPACE may be NULL for a kind without.
gboolean unread_covers(const Manager *self, const ApiKindInfo *info, const char *namespace,
                       const char *name);
// Fails with BUSY, and the reason, when there may be such an object.
gboolean unread_check(const Manager *self, const ApiKindInfo *info, const char *namespace,
                      const char *name, GError **error) G_GNUC_WARN_UNUSED_RESULT;
// Fails with BUSY when there may be an object in NAMESPACE that is not in the table.
gboolean unread_check_namespace(const Manager *self, const char *namespace,
                                GError **error) G_GNUC_WARN_UNUSED_RESULT;
