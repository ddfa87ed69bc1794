// SPDX-License-Identifier: LGPL-2.1-or-later
// See change.h.
#include "manager/change.h"

typedef struct {
    void (*begin)(gpointer change);
    gpointer change;
    GDestroyNotify change_free;
} Pending;

static void pending_free(gpointer data)
{
    Pending *self = data;

    if (!self)
        return;
    self->change_free(self->change);
    g_free(self);
}

// A change may be over before its BEGIN returns: the next is begun from here, however many there are.
static void proceed(Manager *self)
{
    if (self->changes_proceed)
        return;
    self->changes_proceed = TRUE;
    while (!self->change && !g_queue_is_empty(&self->changes)) {
        Pending *next = g_queue_pop_head(&self->changes);

        self->change = next;
        next->begin(next->change);
    }
    self->changes_proceed = FALSE;
}

void change_push(Manager *self, void (*begin)(gpointer change), gpointer change,
                 GDestroyNotify change_free)
{
    Pending *pending = g_new0(Pending, 1);

    *pending = (Pending){ begin, change, change_free };
    g_queue_push_tail(&self->changes, pending);
    proceed(self);
}

void change_over(Manager *self)
{
    g_clear_pointer(&self->change, pending_free);
    proceed(self);
    manager_check_drain(self);
}

gboolean change_any(const Manager *self)
{
    return self->change || self->changes.length > 0;
}

void change_clear(Manager *self)
{
    g_clear_pointer(&self->change, pending_free);
    g_queue_clear_full(&self->changes, pending_free);
}
