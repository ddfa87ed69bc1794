// SPDX-License-Identifier: LGPL-2.1-or-later
// See freed.h.
#include "manager/freed.h"

#include "manager/delete-claim.h"
#include "manager/start.h"

static gboolean tell(gpointer user_data)
{
    Manager *self = user_data;
    g_autoptr(GPtrArray) instances = manager_instances(self);

    self->freed_source = 0;
    for (guint i = 0; i < instances->len; i++)
        start_retry(g_ptr_array_index(instances, i));
    delete_marked_claims(self);
    return G_SOURCE_REMOVE;
}

void freed(Manager *self)
{
    if (self->freed_source == 0)
        self->freed_source = g_idle_add(tell, self);
}
