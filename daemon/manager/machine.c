// SPDX-License-Identifier: LGPL-2.1-or-later
// See machine.h.
#include "manager/machine.h"

#include "manager/instance.h"
#include "manager/job.h"

static void on_asked(gboolean reboot, gpointer user_data)
{
    Instance *instance = user_data;

    if (reboot && instance->undefined) {
        instance_add_event(instance, TRUE, "Problem",
                           "systemd-machined was asked to reboot the guest, which has no "
                           "definition to start it by: it is left alone");
        return;
    }
    if (instance_is_deleted(instance) || job_find(instance, MANAGER_JOB_STOP) ||
        job_find(instance, MANAGER_JOB_DELETE) ||
        (reboot && job_find(instance, MANAGER_JOB_RESTART)))
        return;
    instance_add_event(instance, FALSE, "Asked", "systemd-machined was asked to %s the guest",
                       reboot ? "reboot" : "power off");
    (void)job_new(instance, reboot ? MANAGER_JOB_RESTART : MANAGER_JOB_STOP);
}

void machine_watch(Instance *instance)
{
    g_autoptr(GError) error = NULL;

    if (!instance->public.run->machine || instance->leader)
        return;
    instance->leader =
        guest_leader_open(&instance->manager->storage.layout, instance_namespace(instance),
                          instance_name(instance), on_asked, instance, &error);
    if (!instance->leader)
        instance_add_event(instance, TRUE, "Problem", "machinectl cannot ask for anything: %s",
                           error->message);
}
