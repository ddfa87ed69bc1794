// SPDX-License-Identifier: LGPL-2.1-or-later
// See drain.h.
#include "manager/drain.h"

#include "manager/change.h"
#include "manager/instance.h"
#include "manager/saving.h"

// Much longer than a release takes; less than systemd gives vmid to end.
#define PATIENCE_SECONDS 30

static gboolean tell(gpointer user_data)
{
    Manager *self = user_data;
    ManagerDrained drained = self->drained;

    self->drained = NULL;
    self->drain_timer = 0;
    drained(self->drained_data);
    return G_SOURCE_REMOVE;
}

void drain_check(Manager *self)
{
    g_autoptr(GPtrArray) runs = self->drained ? runs_all(self->runs) : NULL;

    if (!runs || change_any(self) || !saving_is_idle(self))
        return;
    for (guint i = 0; i < runs->len; i++)
        if (run_is_ending(g_ptr_array_index(runs, i)))
            return;
    g_clear_handle_id(&self->drain_timer, g_source_remove);
    (void)tell(self);
}

void manager_drain(Manager *self, ManagerDrained drained, gpointer user_data)
{
    if (self->drained)
        return;
    self->check_drain = drain_check;
    self->drained = drained;
    self->drained_data = user_data;
    instance_save_events(self);
    self->drain_timer = g_timeout_add_seconds(PATIENCE_SECONDS, tell, self);
    drain_check(self);
}
