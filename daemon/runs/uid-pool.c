// SPDX-License-Identifier: LGPL-2.1-or-later
// The user ids of guests; see uid-pool.h. The search for a free id goes round robin.
#include "runs/uid-pool.h"

#include "base/error.h"

struct UidPool {
    guint32 first, count;
    guint8 *taken;  // one per id
    guint32 cursor; // where the search for a free id goes on: round robin
    guint32 n_taken;
};

UidPool *uid_pool_new(guint32 first, guint32 count)
{
    UidPool *self = g_new0(UidPool, 1);

    self->first = first;
    self->count = count;
    self->taken = g_new0(guint8, count);
    return self;
}

void uid_pool_free(UidPool *self)
{
    if (!self)
        return;
    g_free(self->taken);
    g_free(self);
}

static gboolean in_range(const UidPool *self, guint32 uid)
{
    return uid >= self->first && uid - self->first < self->count;
}

gboolean uid_pool_take(UidPool *self, guint32 *ret_uid, GError **error)
{
    if (self->count == 0) {
        *ret_uid = 0;
        return TRUE;
    }
    if (self->n_taken == self->count) {
        g_set_error(error, VMI_ERROR, VMI_ERROR_NO_SPACE,
                    "all %u user ids for guests are taken, enlarge GuestUsers= in vmid.conf or "
                    "stop a guest",
                    self->count);
        return FALSE;
    }
    while (self->taken[self->cursor])
        self->cursor = (self->cursor + 1) % self->count;
    self->taken[self->cursor] = TRUE;
    self->n_taken++;
    *ret_uid = self->first + self->cursor;
    self->cursor = (self->cursor + 1) % self->count;
    return TRUE;
}

gboolean uid_pool_reserve(UidPool *self, guint32 uid)
{
    if (!in_range(self, uid))
        return TRUE;
    if (self->taken[uid - self->first])
        return FALSE;
    self->taken[uid - self->first] = TRUE;
    self->n_taken++;
    return TRUE;
}

void uid_pool_give_back(UidPool *self, guint32 uid)
{
    if (!in_range(self, uid) || !self->taken[uid - self->first])
        return;
    self->taken[uid - self->first] = FALSE;
    self->n_taken--;
}
