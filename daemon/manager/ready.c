// SPDX-License-Identifier: LGPL-2.1-or-later
// What keeps vmid from being ready, and what begins when nothing does any more; see private.h.
#include "manager/private.h"

#include "manager/delete-children.h"
#include "manager/job.h"

void manager_set_host_problem(Manager *self, const char *problem)
{
    if (g_strcmp0(self->host_problem, problem) == 0)
        return;
    g_free(self->host_problem);
    self->host_problem = g_strdup(problem);
    manager_problems_changed(self, problem);
    if (problem)
        job_explain_wait(self);
}

void manager_set_ready(Manager *self)
{
    g_autoptr(GPtrArray) instances = manager_instances(self);

    self->ready = TRUE;
    if (self->observer.state_changed)
        self->observer.state_changed(self->observer_data);
    for (guint i = 0; i < instances->len; i++)
        job_schedule(g_ptr_array_index(instances, i));
    delete_children_resume(self);
}
