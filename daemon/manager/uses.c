// SPDX-License-Identifier: LGPL-2.1-or-later
// See uses.h.
#include "manager/uses.h"

#include "api/reference.h"
#include "base/error.h"
#include "manager/instance.h"
#include "objects/object.h"
#include "runs/facts.h"
#include "runs/uses.h"

#define CLAIM "PersistentVolumeClaim"

// ---- disks -----------------------------------------------------------------------------------------------------

static gboolean is_single_user(const Manager *manager, const char *namespace, const char *claim)
{
    const ApiObject *object = objects_get(manager->objects, api_kind_find(CLAIM), namespace, claim);
    const ApiPersistentVolumeClaim *pvc = object ? api_object_pvc(object) : NULL;
    const GPtrArray *modes = pvc ? pvc->spec->access_modes : NULL;

    for (guint i = 0; modes && i < modes->len; i++)
        if (g_str_equal(g_ptr_array_index(modes, i), "ReadWriteOncePod"))
            return TRUE;
    return FALSE;
}

static void add_use(RunPlug *plug, const Manager *manager, const char *namespace, const char *claim,
                    ApiRunAccess access)
{
    RunUse *use = api_run_use_new();

    use->kind = g_strdup(RUN_USE_CLAIM);
    use->name = g_strdup(claim);
    use->access = access;
    use->single = is_single_user(manager, namespace, claim) ? API_TRUE : API_UNSET;
    if (!plug->uses)
        plug->uses = api_list_new(&api_run_use_type);
    g_ptr_array_add(plug->uses, use);
}

static RunPlug *plug_new(const char *name)
{
    RunPlug *plug = api_run_plug_new();

    plug->name = g_strdup(name);
    return plug;
}

GPtrArray *uses_plugs_new(const Manager *manager, const char *namespace, const ApiVmiSpec *spec)
{
    GPtrArray *plugs = api_list_new(&api_run_plug_type);

    for (guint i = 0; spec->volumes && i < spec->volumes->len; i++) {
        const ApiVolume *volume = g_ptr_array_index(spec->volumes, i);
        RunPlug *plug = plug_new(volume->name);
        g_autoptr(GArray) references = api_references(&api_volume_type, volume);

        for (guint n = 0; n < references->len; n++) {
            const ApiReference *reference = &g_array_index(references, ApiReference, n);

            if (g_str_equal(reference->kind, CLAIM))
                add_use(plug, manager, namespace, reference->name,
                        reference->use == API_USE_WRITE ? API_RUN_ACCESS_WRITE
                                                        : API_RUN_ACCESS_READ);
        }
        g_ptr_array_add(plugs, plug);
    }
    return plugs;
}

RunPlug *uses_plug_new(const Manager *manager, const char *namespace, const char *disk,
                       const char *claim)
{
    RunPlug *plug = plug_new(disk);

    add_use(plug, manager, namespace, claim, API_RUN_ACCESS_WRITE);
    return plug;
}

// ---- who is in the way -----------------------------------------------------------------------------------------

static guint count(const GPtrArray *plugs, const RunUse *use)
{
    guint n = 0;

    for (guint i = 0; i < plugs->len; i++) {
        const RunPlug *plug = g_ptr_array_index(plugs, i);

        for (guint k = 0; plug->uses && k < plug->uses->len; k++) {
            const RunUse *other = g_ptr_array_index(plug->uses, k);

            n += g_str_equal(other->kind, use->kind) && g_str_equal(other->name, use->name);
        }
    }
    return n;
}

// "claim \"data\"", or "hostDisk \"/srv/data.img\"". Owned.
static char *describe_use(const RunUse *use, const GPtrArray *paths)
{
    if (g_str_equal(use->kind, RUN_USE_CLAIM))
        return g_strdup_printf("claim \"%s\"", use->name);
    for (guint i = 0; paths && i < paths->len; i++) {
        const StorageLook *look = g_ptr_array_index(paths, i);
        g_autofree char *name = facts_file_name(look);

        if (g_str_equal(name, use->name))
            return g_strdup_printf("hostDisk \"%s\"", look->path);
    }
    return g_strdup_printf("file %s", use->name);
}

static void set_error(const Instance *instance, const char *what, const RunUse *use,
                      const RunRecord *user, GError **error)
{
    const char *namespace = user->owner->namespace, *name = user->owner->name;
    const Run *run = runs_lookup(instance->manager->runs, namespace, name);
    const Instance *owner = run_owner(run);
    g_autofree char *arguments = object_vmictl_arguments(namespace, name);

    if (!owner || owner->undefined)
        g_set_error(error, VMI_ERROR, VMI_ERROR_CONFLICT,
                    "the %s is in use by the guest \"%s/%s\", which has no definition, end it "
                    "first: vmictl stop %s",
                    what, namespace, name, arguments);
    else
        g_set_error(error, VMI_ERROR, VMI_ERROR_CONFLICT,
                    "the %s is in use by \"%s/%s\"%s, stop it first: vmictl stop %s", what,
                    namespace, name,
                    run_uses(user, use->kind, namespace, use->name) == API_RUN_ACCESS_WRITE
                        ? ", which writes to it"
                        : "",
                    arguments);
}

gboolean uses_check(const Instance *instance, const GPtrArray *plugs, const GPtrArray *paths,
                    GError **error)
{
    const Run *run = instance_run(instance);
    g_autoptr(ApiRunRecord) none = run_record_new(
        "VirtualMachineInstance", instance_namespace(instance), instance_name(instance), NULL);
    const RunRecord *self = run ? run_record(run) : none, *user = NULL;
    const RunUse *use = NULL;
    g_autofree char *what = NULL;

    if (run_may_plug(runs_records(instance->manager->runs), self, plugs, &use, &user))
        return TRUE;
    what = describe_use(use, paths);
    if (user)
        set_error(instance, what, use, user, error);
    else if (count(plugs, use) > 1)
        g_set_error(error, VMI_ERROR, VMI_ERROR_CONFLICT,
                    "the %s is used by %u volumes of \"%s\", one of which writes to it: use one "
                    "for each",
                    what, count(plugs, use), instance_name(instance));
    else
        g_set_error(error, VMI_ERROR, VMI_ERROR_CONFLICT,
                    "the %s is already in use by \"%s\" itself", what, instance_name(instance));
    return FALSE;
}

char **manager_claim_users(Manager *self, const char *namespace, const char *claim)
{
    g_autoptr(GStrvBuilder) builder = g_strv_builder_new();
    g_autoptr(GPtrArray) users = run_users(runs_records(self->runs), RUN_USE_CLAIM,
                                           object_namespace_or_default(namespace), claim);

    for (guint i = 0; i < users->len; i++) {
        const RunRecord *record = g_ptr_array_index(users, i);
        g_autofree char *user =
            g_strconcat(record->owner->namespace, "/", record->owner->name, NULL);

        g_strv_builder_add(builder, user);
    }
    return g_strv_builder_end(builder);
}
