// SPDX-License-Identifier: LGPL-2.1-or-later
// Hotplug; see attach.h. With `persist` the definition is edited once the guest has (or has lost) the disk.
#include "manager/attach.h"

#include <string.h>

#include "api/validate.h"
#include "base/error.h"
#include "manager/claims.h"
#include "manager/freed.h"
#include "manager/definition.h"
#include "manager/instance.h"
#include "manager/job.h"
#include "manager/status.h"
#include "manager/uses.h"
#include "manager/want.h"

// The guest has it; NULL when it does not, or there is no guest. Borrowed.
static const DomainDiskPlan *find_disk(const Instance *instance, const char *name)
{
    const GPtrArray *disks = instance->public.run ? instance->public.run->disks : NULL;

    for (guint i = 0; disks && i < disks->len; i++) {
        const DomainDiskPlan *disk = g_ptr_array_index(disks, i);

        if (g_strcmp0(disk->volume, name) == 0)
            return disk;
    }
    return NULL;
}

static const ApiObject *find_claim(const Instance *instance, const char *claim)
{
    return objects_get(instance->manager->objects, api_kind_find("PersistentVolumeClaim"),
                       instance_namespace(instance), claim);
}

static gboolean check_claim(const Instance *instance, const char *name, GError **error)
{
    const ApiObject *object = find_claim(instance, name);
    const ApiPvcStatus *status = object ? api_object_pvc(object)->status : NULL;

    if (!object) {
        g_set_error(error, VMI_ERROR, VMI_ERROR_NOT_FOUND,
                    "there is no claim \"%s\" in namespace \"%s\"", name,
                    instance_namespace(instance));
        return FALSE;
    }
    if (api_object_meta(object)->deletion_timestamp) {
        g_set_error(error, VMI_ERROR, VMI_ERROR_CONFLICT, "the claim \"%s\" is being deleted",
                    name);
        return FALSE;
    }
    // Lost, it may be there again by now, which is looked at.
    if (!status || status->phase != API_PVC_PHASE_PENDING || !status->message)
        return TRUE;
    g_set_error(error, VMI_ERROR, VMI_ERROR_CONFLICT, "the claim \"%s\" is not bound: %s", name,
                status->message);
    return FALSE;
}

static ApiDiskBus bus_of(const char *bus)
{
    return (ApiDiskBus)api_enum_from_string(&api_disk_bus_values, bus ? bus : "scsi");
}

// KubeVirt's choice for a disk without one, so that the guest can tell disks apart: the disk's name.
char *attach_serial(const Instance *instance, const ManagerAttachOptions *options)
{
    const ApiDisk *disk = domain_disk_of_volume(instance_vmi(instance)->spec, options->disk);

    if (options->serial && *options->serial)
        return g_strdup(options->serial);
    if (disk && disk->serial && *disk->serial)
        return g_strdup(disk->serial);
    return api_serial_seen(options->disk, bus_of(options->bus));
}

static gboolean check_serial(const Instance *instance, const ManagerAttachOptions *options,
                             GError **error)
{
    const GPtrArray *disks = instance->public.run->disks;
    ApiDiskBus bus = bus_of(options->bus);
    g_autofree char *serial = attach_serial(instance, options);
    g_autofree char *seen = api_serial_seen(serial, bus);

    if (!api_serial_is_valid(serial) || strlen(serial) > api_serial_most(bus)) {
        g_set_error(error, VMI_ERROR, VMI_ERROR_INVALID,
                    "\"%s\" cannot be a serial number on bus %s, use at most %u letters, digits, "
                    "'_', '.', '+' and '-'",
                    serial, options->bus ? options->bus : "scsi", api_serial_most(bus));
        return FALSE;
    }
    for (guint i = 0; disks && i < disks->len; i++) {
        const DomainDiskPlan *disk = g_ptr_array_index(disks, i);
        g_autofree char *theirs =
            disk->serial ? api_serial_seen(disk->serial, bus_of(disk->bus)) : NULL;

        if (g_strcmp0(seen, theirs) != 0)
            continue;
        g_set_error(error, VMI_ERROR, VMI_ERROR_CONFLICT,
                    "the guest would see \"%s\" as the serial number of disk \"%s\" as well, say "
                    "another one: --serial",
                    seen, disk->volume);
        return FALSE;
    }
    return TRUE;
}

static gboolean check_free(const Instance *instance, const ManagerAttachOptions *options,
                           GError **error)
{
    g_autoptr(GPtrArray) plugs = api_list_new(&api_run_plug_type);

    g_ptr_array_add(plugs, uses_plug_new(instance->manager, instance_namespace(instance),
                                         options->disk, options->claim));
    return uses_check(instance, plugs, NULL, error);
}

gboolean attach_check(const Instance *instance, const ManagerAttachOptions *options, GError **error)
{
    static const char *const buses[] = { "virtio", "scsi", NULL };
    const ApiVolume *volume = NULL;
    gboolean returns = FALSE; // a disk of the definition that was detached, but not for good

    if (!instance_check_running(instance, error))
        return FALSE;
    if (!api_name_is_volume(options->disk)) {
        g_set_error(error, VMI_ERROR, VMI_ERROR_INVALID,
                    "\"%s\" is not a disk name, use lower-case letters, digits and '-'",
                    options->disk);
        return FALSE;
    }
    if (options->bus && !g_strv_contains(buses, options->bus)) {
        g_set_error(error, VMI_ERROR, VMI_ERROR_INVALID,
                    "a disk cannot be added on bus \"%s\", use virtio or scsi", options->bus);
        return FALSE;
    }
    volume = definition_find_volume(instance_vmi(instance), options->disk);
    returns = volume && volume->persistent_volume_claim &&
              g_strcmp0(volume->persistent_volume_claim->claim_name, options->claim) == 0;
    if (find_disk(instance, options->disk) || (volume && !returns)) {
        g_set_error(error, VMI_ERROR, VMI_ERROR_EXISTS, "\"%s\" already has a disk \"%s\"",
                    instance_name(instance), options->disk);
        return FALSE;
    }
    return check_claim(instance, options->claim, error) && check_serial(instance, options, error) &&
           check_free(instance, options, error);
}

// A disk that the guest has not, and its definition has: there is only that to change.
static gboolean is_only_defined(const Instance *instance, const char *disk, gboolean persist)
{
    const ApiVolume *volume = definition_find_volume(instance_vmi(instance), disk);

    return persist && volume && volume->persistent_volume_claim && !find_disk(instance, disk);
}

gboolean detach_check(const Instance *instance, const char *disk, gboolean persist, GError **error)
{
    const ApiVolume *volume = definition_find_volume(instance_vmi(instance), disk);
    const DomainDiskPlan *plan = find_disk(instance, disk);

    if (!instance_check_running(instance, error))
        return FALSE;
    if (is_only_defined(instance, disk, persist))
        return TRUE;
    if (!plan) {
        g_set_error(error, VMI_ERROR, VMI_ERROR_NOT_FOUND, "\"%s\" has no disk \"%s\"",
                    instance_name(instance), disk);
        return FALSE;
    }
    if ((volume && !volume->persistent_volume_claim) ||
        (g_strcmp0(plan->bus, "virtio") != 0 && g_strcmp0(plan->bus, "scsi") != 0)) {
        g_set_error(error, VMI_ERROR, VMI_ERROR_CONFLICT,
                    "the disk \"%s\" cannot be taken from a running guest, only claims on bus "
                    "virtio or scsi can",
                    disk);
        return FALSE;
    }
    return TRUE;
}

// ---- the end ---------------------------------------------------------------------------------------------------

// After the guest has changed: the new definition is saved, or the job says that it was not.
static void finish_persisted(ManagerJob *job)
{
    Instance *instance = job->instance;
    g_autoptr(GError) error = NULL;

    if (job->persist)
        instance_redefined(instance);
    if (job->persist && !instance_save(instance, &error)) {
        g_prefix_error(&error, "the guest was changed, but its definition could not be saved: ");
        instance_add_event(instance, TRUE, "Problem", "%s", error->message);
    } else if (!job->persist) {
        instance_save_or_warn(instance);
    }
    instance_changed(instance);
    job_finish(job, error ? MANAGER_JOB_FAILED : MANAGER_JOB_DONE, error);
}

// Whoever asked may be gone by now: what came of it is to be read on the object as well. A claim that was bound, and something of it is gone,
// is none to wait for here.
static void finish_failed(ManagerJob *job, RunFailure failure, const GError *error)
{
    Manager *manager = job->manager;
    gboolean attach = job->type == MANAGER_JOB_ATTACH;
    gboolean lost = g_error_matches(error, VMI_ERROR, VMI_ERROR_WAITING);
    g_autoptr(GError) told = want_error(job, failure, error);

    if (lost) {
        told->code = VMI_ERROR_CONFLICT;
        claims_check(job->manager, find_claim(job->instance, job->claim));
    }
    instance_add_event(job->instance, TRUE, attach ? "AttachFailed" : "DetachFailed",
                       "the disk \"%s\" was not %s: %s", job->disk,
                       attach ? "added" : "taken from the guest", told->message);
    job_finish(job, failure == RUN_FAILURE_CANCELLED ? MANAGER_JOB_CANCELLED : MANAGER_JOB_FAILED,
               told);
    // Its claim was in use meanwhile.
    freed(manager);
}

// Said to who waits, who may not look at the guest afterwards, and on the guest, as nobody may wait.
static void warn(ManagerJob *job, const char *reason, const char *warning)
{
    instance_add_event(job->instance, TRUE, reason, "%s", warning);
    job_add_warning(job, warning);
}

static void warn_of_serial(ManagerJob *job)
{
    guint kept = api_serial_kept(bus_of(job->bus));
    g_autofree char *warning = NULL;

    if (!job->serial || strlen(job->serial) <= kept)
        return;
    warning = g_strdup_printf("the guest sees the first %u characters of the serial number \"%s\"",
                              kept, job->serial);
    warn(job, "SerialCut", warning);
}

// The claims of a definition are told of with it; this one may not be in it, and has one user more or less.
static void tell_of_claim(const Instance *instance, const char *name)
{
    const ApiObject *claim = name ? find_claim(instance, name) : NULL;

    if (claim)
        manager_emit(instance->manager, object_changed, claim);
}

void attach_ended(ManagerJob *job, RunFailure failure, const GError *error)
{
    Instance *instance = job->instance;
    const DomainDiskPlan *disk = find_disk(instance, job->disk);
    const ApiObject *claim = find_claim(instance, job->claim);

    if (failure != RUN_FAILURE_NONE || !disk) {
        finish_failed(job, failure, error);
        return;
    }
    if (!status_find_volume(instance_vmi(instance), job->disk))
        status_add_hotplug(instance_vmi(instance), disk, claim ? api_object_pvc(claim) : NULL);
    if (job->persist && !definition_find_volume(instance_vmi(instance), job->disk))
        definition_add_disk(instance_vmi(instance), disk, job->claim, job->serial);
    instance_add_event(instance, FALSE, "VolumeAttached",
                       "the claim \"%s\" was added as disk \"%s\" (%s)", job->claim, job->disk,
                       disk->target);
    warn_of_serial(job);
    tell_of_claim(instance, job->claim);
    finish_persisted(job);
}

static void remove_from_definition(const ManagerJob *job)
{
    if (job->persist)
        (void)definition_remove_disk(instance_vmi(job->instance), job->disk);
}

void detach_ended(ManagerJob *job, RunFailure failure, const GError *error)
{
    Instance *instance = job->instance;
    const ApiVolumeStatus *status = status_find_volume(instance_vmi(instance), job->disk);
    const ApiClaimInfo *info = status ? status->persistent_volume_claim_info : NULL;
    g_autofree char *claim = g_strdup(info ? info->claim_name : NULL);

    if (failure != RUN_FAILURE_NONE) {
        finish_failed(job, failure, error);
        return;
    }
    status_remove_volume(instance_vmi(instance), job->disk);
    remove_from_definition(job);
    instance_add_event(instance, FALSE, "VolumeDetached",
                       "the disk \"%s\" was taken from the guest", job->disk);
    tell_of_claim(instance, claim);
    finish_persisted(job);
    freed(instance->manager);
}

// ---- the beginning ---------------------------------------------------------------------------------------------

void attach_begin(ManagerJob *job)
{
    Instance *instance = job->instance;
    g_autoptr(GPtrArray) plugs = api_list_new(&api_run_plug_type);
    g_autoptr(GError) error = NULL;
    const ManagerAttachOptions options = { .disk = job->disk,
                                           .claim = job->claim,
                                           .bus = job->bus,
                                           .serial = job->serial,
                                           .persist = job->persist };
    RunPlug *plug = NULL;

    // Things may have changed while the job was queued.
    if (!attach_check(instance, &options, &error)) {
        finish_failed(job, RUN_FAILURE_STEP, error);
        return;
    }
    plug = uses_plug_new(instance->manager, instance_namespace(instance), job->disk, job->claim);
    plug->bus = g_strdup(job->bus);
    plug->serial = g_strdup(job->serial);
    g_ptr_array_add(plugs, plug);
    want_make(job, API_RUN_WISH_PLUG, g_steal_pointer(&plugs));
}

void detach_begin(ManagerJob *job)
{
    Instance *instance = job->instance;
    g_autoptr(GPtrArray) plugs = api_list_new(&api_run_plug_type);
    g_autoptr(GError) error = NULL;
    RunPlug *plug = NULL;

    if (!detach_check(instance, job->disk, job->persist, &error)) {
        finish_failed(job, RUN_FAILURE_STEP, error);
        return;
    }
    if (is_only_defined(instance, job->disk, job->persist)) {
        remove_from_definition(job);
        finish_persisted(job);
        return;
    }
    plug = api_run_plug_new();
    plug->name = g_strdup(job->disk);
    g_ptr_array_add(plugs, plug);
    want_make(job, API_RUN_WISH_UNPLUG, g_steal_pointer(&plugs));
}

static const char *claim_of(const RunPlug *plug)
{
    return plug->uses && plug->uses->len > 0
               ? ((const RunUse *)g_ptr_array_index(plug->uses, 0))->name
               : NULL;
}

void attach_take_up(ManagerJob *job, const RunPlug *plug)
{
    job->disk = g_strdup(plug->name);
    job->claim = g_strdup(claim_of(plug));
    job->bus = g_strdup(plug->bus);
    job->serial = g_strdup(plug->serial);
}

// ---- what the run asks -----------------------------------------------------------------------------------------

gboolean attach_prepare(const Instance *instance, const RunPlug *plug, RunInput *input,
                        GError **error)
{
    const char *claim = claim_of(plug);

    if (!check_claim(instance, claim, error))
        return FALSE;
    input->claims = g_ptr_array_new_with_free_func((GDestroyNotify)api_object_free);
    input->secrets = g_ptr_array_new();
    input->volume = definition_new_volume(plug->name, claim);
    g_ptr_array_add(input->claims, api_object_copy(find_claim(instance, claim)));
    return TRUE;
}

void attach_warn(Instance *instance, gint64 want, const GPtrArray *looks)
{
    ManagerJob *job = want_job(instance, want);

    for (guint i = 0; job && i < looks->len; i++) {
        const char *warning = ((const StorageLook *)g_ptr_array_index(looks, i))->warning;

        if (warning)
            warn(job, "Problem", warning);
    }
}

static gboolean is_defined(const ApiVmiSpec *spec, const char *name)
{
    const GPtrArray *disks =
        spec->domain && spec->domain->devices ? spec->domain->devices->disks : NULL;

    for (guint i = 0; disks && i < disks->len; i++)
        if (g_strcmp0(((const ApiDisk *)g_ptr_array_index(disks, i))->name, name) == 0)
            return TRUE;
    return FALSE;
}

void attach_publish(Instance *instance, const RunRecord *record)
{
    ApiVirtualMachineInstance *vmi = instance_vmi(instance);

    for (guint i = 0; record->plugs && i < record->plugs->len; i++) {
        const RunPlug *plug = g_ptr_array_index(record->plugs, i);
        const DomainDiskPlan *disk = find_disk(instance, plug->name);
        const ApiObject *claim = claim_of(plug) ? find_claim(instance, claim_of(plug)) : NULL;

        if (disk && claim && !is_defined(vmi->spec, plug->name) &&
            !status_find_volume(vmi, plug->name))
            status_add_hotplug(vmi, disk, api_object_pvc(claim));
    }
}

const char *manager_instance_place(const ManagerInstance *public, const char *volume)
{
    const Run *run = instance_run((const Instance *)public);
    const RunPlug *plug = run ? run_record_plug(run_record(run), volume) : NULL;

    return plug ? plug->place : NULL;
}
