// SPDX-License-Identifier: LGPL-2.1-or-later
// Which user ids of GuestUsers= are taken by running guests. Pure; main thread only.
#pragma once

#include <glib.h>

typedef struct UidPool UidPool;

UidPool *uid_pool_new(guint32 first, guint32 count);
void uid_pool_free(UidPool *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(UidPool, uid_pool_free)

// Ids are given out in turn, round the range, so that what a guest may have left behind is not at once another's.
// A pool of none has 0, always: then nobody has a user of its own. Fails with NO_SPACE.
gboolean uid_pool_take(UidPool *self, guint32 *ret_uid, GError **error) G_GNUC_WARN_UNUSED_RESULT;
// For a guest that was found running. FALSE when the id is taken already; ids out of the range are nobody's business: TRUE.
gboolean uid_pool_reserve(UidPool *self, guint32 uid);
void uid_pool_give_back(UidPool *self,
                        guint32 uid); // an id that is not taken, or out of the range, is ignored
