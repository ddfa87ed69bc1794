// SPDX-License-Identifier: LGPL-2.1-or-later
// See undefined.h.
#include "manager/undefined.h"

#include <string.h>

#include "base/error.h"
#include "manager/instance.h"
#include "manager/job.h"
#include "objects/object.h"

// What every VMI has, and nothing else is known of this one. Names were validated before they became names of scopes.
static ApiObject *object_new(const ApiRunOwner *owner)
{
    g_autofree char *text =
        g_strdup_printf("apiVersion: kubevirt.io/v1\nkind: VirtualMachineInstance\n"
                        "metadata:\n  namespace: \"%s\"\n  name: \"%s\"\n"
                        "spec:\n  domain:\n    devices: {}\n",
                        owner->namespace, owner->name);
    g_autoptr(ApiFindings) findings = api_findings_new("-");
    g_autoptr(GPtrArray) objects = api_manifest_parse(text, strlen(text), findings);
    ApiObject *object = g_ptr_array_steal_index(objects, 0);

    api_object_meta(object)->uid = g_strdup(owner->uid);
    return object;
}

static void tell(Manager *self, const Run *run)
{
    const RunRecord *record = run_record(run);
    g_autofree char *arguments =
        object_vmictl_arguments(record->owner->namespace, record->owner->name);
    g_autofree char *problem =
        g_strdup_printf("the guest \"%s/%s\" runs and has no definition; it is left alone, and "
                        "\"vmictl stop %s\" ends it",
                        record->owner->namespace, record->owner->name, arguments);

    manager_set_guest_problem(self, record->owner->namespace, record->owner->name, problem);
}

void undefined_add(Manager *self, Run *run)
{
    const ApiRunOwner *owner = run_record(run)->owner;
    Instance *instance = NULL;

    if (run_owner(run))
        return;
    instance = instance_new_undefined(self, object_new(owner));
    g_hash_table_replace(self->undefined, g_strconcat(owner->namespace, "/", owner->name, NULL),
                         instance);
    run_set_owner(run, instance);
    tell(self, run);
    manager_emit(self, instance_added, &instance->public);
}

void undefined_remove(Instance *instance)
{
    Manager *self = instance->manager;
    g_autofree char *key =
        g_strconcat(instance_namespace(instance), "/", instance_name(instance), NULL);

    while (instance->public.job)
        job_finish(instance->public.job, MANAGER_JOB_DONE, NULL);
    guest_forget(self->host, instance_namespace(instance), instance_name(instance));
    manager_emit(self, instance_removed, &instance->public);
    g_hash_table_remove(self->undefined, key);
}

Instance *undefined_find(const Manager *self, const char *namespace, const char *name)
{
    g_autofree char *key = g_strconcat(object_namespace_or_default(namespace), "/", name, NULL);

    return g_hash_table_lookup(self->undefined, key);
}

gboolean undefined_check(const Instance *instance, GError **error)
{
    g_autofree char *arguments =
        object_vmictl_arguments(instance_namespace(instance), instance_name(instance));

    if (!instance->undefined)
        return TRUE;
    g_set_error(error, VMI_ERROR, VMI_ERROR_CONFLICT,
                "the guest \"%s\" has no definition, it can only be stopped: vmictl stop %s",
                instance_name(instance), arguments);
    return FALSE;
}
