// SPDX-License-Identifier: LGPL-2.1-or-later
// Who has a claim in use, and whether one more may; see claims.h. Nothing is counted: the answer is read off the
// instances that run or are being started.
#include "manager/claims.h"

#include "api/reference.h"
#include "base/error.h"
#include "manager/instance.h"
#include "manager/job.h"
#include "manager/objects.h"
#include "manager/stray.h"

static ApiUse spec_use(const ApiVmiSpec *spec, const char *claim, guint *ret_count)
{
    return api_reference_use(&api_vmi_spec_type, spec, "PersistentVolumeClaim", claim, ret_count);
}

static gboolean is_hotplugged(const Instance *instance, const char *claim)
{
    const GPtrArray *volumes = instance_vmi(instance)->status->volume_status;

    for (guint i = 0; volumes && i < volumes->len; i++) {
        const ApiVolumeStatus *volume = g_ptr_array_index(volumes, i);

        if (volume->hotplug_volume && volume->persistent_volume_claim_info &&
            g_strcmp0(volume->persistent_volume_claim_info->claim_name, claim) == 0)
            return TRUE;
    }
    return FALSE;
}

// What its record does not say: vmid was killed while the claim was added to the guest.
static gboolean is_written_by_guest(const Instance *instance, const char *claim)
{
    const GPtrArray *disks = instance->public.run ? instance->public.run->disks : NULL;
    g_autofree char *image =
        layout_claim_image(&instance->manager->storage.layout, STORAGE_DEFAULT_POOL,
                           instance_namespace(instance), claim);

    for (guint i = 0; disks && i < disks->len; i++)
        if (g_strcmp0(((const DomainDiskPlan *)g_ptr_array_index(disks, i))->image, image) == 0)
            return TRUE;
    return FALSE;
}

static ApiUse instance_use(const Instance *instance, const char *claim)
{
    const ManagerJob *attach = job_find(instance, MANAGER_JOB_ATTACH);

    // What could not be released may still run.
    if (!instance->public.run && !instance->starting && !instance->left)
        return API_USE_NONE;
    if (is_hotplugged(instance, claim) || is_written_by_guest(instance, claim) ||
        (attach && attach->holds_claim && g_strcmp0(attach->claim, claim) == 0))
        return API_USE_WRITE;
    return spec_use(instance_vmi(instance)->spec, claim, NULL);
}

static gboolean is_single_user(const Manager *self, const char *namespace, const char *claim)
{
    const ApiObject *object =
        objects_find(self, api_kind_find("PersistentVolumeClaim"), namespace, claim);
    const ApiPersistentVolumeClaim *pvc = object ? api_object_pvc(object) : NULL;
    const GPtrArray *modes = pvc ? pvc->spec->access_modes : NULL;

    for (guint i = 0; modes && i < modes->len; i++)
        if (g_str_equal(g_ptr_array_index(modes, i), "ReadWriteOncePod"))
            return TRUE;
    return FALSE;
}

// The guest without a definition, if there is one, that is in the way of a USE of CLAIM.
static const GuestRun *find_stray(const Manager *manager, const char *namespace, const char *claim,
                                  ApiUse use, gboolean single)
{
    g_autofree char *image =
        layout_claim_image(&manager->storage.layout, STORAGE_DEFAULT_POOL, namespace, claim);
    const GuestRun *run = NULL;
    gboolean writes = FALSE;
    guint position = 0;

    while ((run = stray_next_user(manager, image, &position, &writes)))
        if (writes || use == API_USE_WRITE || single)
            return run;
    return NULL;
}

static gboolean check_strays(const Manager *manager, const char *namespace, const char *claim,
                             ApiUse use, gboolean single, GError **error)
{
    const GuestRun *run = find_stray(manager, namespace, claim, use, single);

    if (!run)
        return TRUE;
    g_set_error(error, VMI_ERROR, VMI_ERROR_CONFLICT,
                "the claim \"%s\" is in use by the guest \"%s/%s\", which has no definition, end "
                "it first: systemctl stop %s",
                claim, run->namespace, run->name, run->scope);
    return FALSE;
}

// Whether somebody else than INSTANCE is in the way of its USE of CLAIM.
static gboolean check_others(const Instance *instance, const char *claim, ApiUse use,
                             GError **error)
{
    const Manager *manager = instance->manager;
    const char *namespace = instance_namespace(instance);
    gboolean single = is_single_user(manager, namespace, claim);
    GHashTableIter iter;
    gpointer value = NULL;

    g_hash_table_iter_init(&iter, manager->instances);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        const Instance *other = value;
        g_autofree char *arguments = NULL;
        ApiUse theirs = API_USE_NONE;

        if (other == instance || !g_str_equal(instance_namespace(other), namespace))
            continue;
        theirs = instance_use(other, claim);
        if (theirs == API_USE_NONE || (theirs == API_USE_READ && use == API_USE_READ && !single))
            continue;
        arguments = object_vmictl_arguments(namespace, instance_name(other));
        g_set_error(error, VMI_ERROR, VMI_ERROR_CONFLICT,
                    "the claim \"%s\" is in use by \"%s/%s\"%s, stop it first: vmictl stop %s",
                    claim, namespace, instance_name(other),
                    theirs == API_USE_WRITE ? ", which writes to it" : "", arguments);
        return FALSE;
    }
    return check_strays(manager, namespace, claim, use, single, error);
}

gboolean claims_check_free(const Instance *instance, const ApiVmiSpec *spec, GError **error)
{
    g_auto(GStrv) names = api_reference_names(&api_vmi_spec_type, spec, "PersistentVolumeClaim");

    for (guint i = 0; names[i]; i++) {
        guint count = 0;
        ApiUse use = spec_use(spec, names[i], &count);

        if (use == API_USE_WRITE && count > 1) {
            g_set_error(error, VMI_ERROR, VMI_ERROR_CONFLICT,
                        "the claim \"%s\" is used by %u volumes of \"%s\", one of which writes to "
                        "it: use a claim for "
                        "each",
                        names[i], count, instance_name(instance));
            return FALSE;
        }
        if (!check_others(instance, names[i], use, error))
            return FALSE;
    }
    return TRUE;
}

gboolean claims_check_free_for_attach(const Instance *instance, const char *claim, gboolean returns,
                                      GError **error)
{
    if (!returns && instance_use(instance, claim) != API_USE_NONE) {
        g_set_error(error, VMI_ERROR, VMI_ERROR_CONFLICT,
                    "the claim \"%s\" is already in use by \"%s\" itself", claim,
                    instance_name(instance));
        return FALSE;
    }
    return check_others(instance, claim, API_USE_WRITE, error);
}

// ---- hostDisks -------------------------------------------------------------------------------------------------

static ApiUse file_use(const GArray *files, const StorageLook *look)
{
    ApiUse most = API_USE_NONE;

    for (guint i = 0; i < files->len; i++) {
        const GuestFile *file = &g_array_index(files, GuestFile, i);

        if (file->device == look->device && file->inode == look->inode)
            most = MAX(most, file->writes ? API_USE_WRITE : API_USE_READ);
    }
    return most;
}

// RET_COUNT: by how many volumes.
static ApiUse look_use(const GPtrArray *looks, const StorageLook *look, guint *ret_count)
{
    ApiUse most = API_USE_NONE;

    *ret_count = 0;
    for (guint i = 0; i < looks->len; i++) {
        const StorageLook *other = g_ptr_array_index(looks, i);

        if (other->claim || other->device != look->device || other->inode != look->inode)
            continue;
        ++*ret_count;
        most = MAX(most, other->read_only ? API_USE_READ : API_USE_WRITE);
    }
    return most;
}

static ApiUse instance_file_use(const Instance *instance, const StorageLook *look)
{
    guint count = 0;

    if (instance->public.run)
        return file_use(instance->public.run->files, look);
    return instance->looks ? look_use(instance->looks, look, &count) : API_USE_NONE;
}

static gboolean check_file_strays(const Manager *manager, const StorageLook *look, ApiUse use,
                                  GError **error)
{
    const GuestRun *run = NULL;
    guint position = 0;

    while ((run = stray_next(manager, &position))) {
        ApiUse theirs = file_use(run->files, look);

        if (theirs == API_USE_NONE || (theirs == API_USE_READ && use == API_USE_READ))
            continue;
        g_set_error(
            error, VMI_ERROR, VMI_ERROR_CONFLICT,
            "the hostDisk \"%s\" is in use by the guest \"%s/%s\", which has no definition, end "
            "it first: systemctl stop %s",
            look->path, run->namespace, run->name, run->scope);
        return FALSE;
    }
    return TRUE;
}

static gboolean check_file(const Instance *instance, const StorageLook *look, ApiUse use,
                           GError **error)
{
    const Manager *manager = instance->manager;
    GHashTableIter iter;
    gpointer value = NULL;

    g_hash_table_iter_init(&iter, manager->instances);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        const Instance *other = value;
        g_autofree char *arguments = NULL;
        ApiUse theirs = other == instance ? API_USE_NONE : instance_file_use(other, look);

        if (theirs == API_USE_NONE || (theirs == API_USE_READ && use == API_USE_READ))
            continue;
        arguments = object_vmictl_arguments(instance_namespace(other), instance_name(other));
        g_set_error(error, VMI_ERROR, VMI_ERROR_CONFLICT,
                    "the hostDisk \"%s\" is in use by \"%s/%s\"%s, stop it first: vmictl stop %s",
                    look->path, instance_namespace(other), instance_name(other),
                    theirs == API_USE_WRITE ? ", which writes to it" : "", arguments);
        return FALSE;
    }
    return check_file_strays(manager, look, use, error);
}

gboolean claims_check_files(const Instance *instance, const GPtrArray *looks, GError **error)
{
    for (guint i = 0; i < looks->len; i++) {
        const StorageLook *look = g_ptr_array_index(looks, i);
        guint count = 0;
        ApiUse use = look_use(looks, look, &count);

        if (look->claim)
            continue;
        if (use == API_USE_WRITE && count > 1) {
            g_set_error(
                error, VMI_ERROR, VMI_ERROR_CONFLICT,
                "the hostDisk \"%s\" is used by %u volumes of \"%s\", one of which writes to "
                "it: use a file for each",
                look->path, count, instance_name(instance));
            return FALSE;
        }
        if (!check_file(instance, look, look->read_only ? API_USE_READ : API_USE_WRITE, error))
            return FALSE;
    }
    return TRUE;
}

// ---- who it is -------------------------------------------------------------------------------------------------

static void add_strays(const Manager *self, const char *namespace, const char *claim,
                       GStrvBuilder *builder)
{
    g_autofree char *image =
        layout_claim_image(&self->storage.layout, STORAGE_DEFAULT_POOL, namespace, claim);
    const GuestRun *run = NULL;
    gboolean writes = FALSE;
    guint position = 0;

    while ((run = stray_next_user(self, image, &position, &writes))) {
        g_autofree char *user = g_strconcat(run->namespace, "/", run->name, NULL);

        g_strv_builder_add(builder, user);
    }
}

char **manager_claim_users(Manager *self, const char *namespace, const char *claim)
{
    g_autoptr(GStrvBuilder) builder = g_strv_builder_new();
    g_autoptr(GPtrArray) instances = manager_instances(self);

    for (guint i = 0; i < instances->len; i++) {
        const Instance *instance = g_ptr_array_index(instances, i);
        g_autofree char *user = NULL;

        if (!g_str_equal(instance_namespace(instance), object_namespace_or_default(namespace)) ||
            instance_use(instance, claim) == API_USE_NONE)
            continue;
        user = g_strconcat(instance_namespace(instance), "/", instance_name(instance), NULL);
        g_strv_builder_add(builder, user);
    }
    add_strays(self, object_namespace_or_default(namespace), claim, builder);
    return g_strv_builder_end(builder);
}
