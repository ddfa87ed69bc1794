// SPDX-License-Identifier: LGPL-2.1-or-later
// Hotplug; see attach.h. With `persist` the definition is edited once the guest has (or has lost) the disk.
#include "manager/attach.h"

#include <string.h>

#include "api/validate.h"
#include "base/error.h"
#include "manager/definition.h"
#include "manager/end.h"
#include "manager/images.h"
#include "manager/instance.h"
#include "manager/job.h"
#include "manager/objects.h"
#include "manager/run-input.h"
#include "manager/status.h"

static DomainDiskPlan *find_disk(const Instance *instance, const char *name, guint *ret_index)
{
    const GPtrArray *disks = instance->public.run->disks;

    for (guint i = 0; disks && i < disks->len; i++) {
        DomainDiskPlan *disk = g_ptr_array_index(disks, i);

        if (g_strcmp0(disk->volume, name) != 0)
            continue;
        if (ret_index)
            *ret_index = i;
        return disk;
    }
    return NULL;
}

static const ApiObject *find_claim(const Instance *instance, const char *claim)
{
    return objects_find(instance->manager, api_kind_find("PersistentVolumeClaim"),
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
    if (find_disk(instance, options->disk, NULL) || (volume && !returns)) {
        g_set_error(error, VMI_ERROR, VMI_ERROR_EXISTS, "\"%s\" already has a disk \"%s\"",
                    instance_name(instance), options->disk);
        return FALSE;
    }
    return check_claim(instance, options->claim, error) && check_serial(instance, options, error) &&
           claims_check_free_for_attach(instance, options->claim, returns, error);
}

gboolean detach_check(const Instance *instance, const char *disk, GError **error)
{
    const ApiVolume *volume = NULL;
    const DomainDiskPlan *plan = NULL;

    if (!instance_check_running(instance, error))
        return FALSE;
    plan = find_disk(instance, disk, NULL);
    if (!plan) {
        g_set_error(error, VMI_ERROR, VMI_ERROR_NOT_FOUND, "\"%s\" has no disk \"%s\"",
                    instance_name(instance), disk);
        return FALSE;
    }
    volume = definition_find_volume(instance_vmi(instance), disk);
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

// After the guest has changed: the new definition is saved, or the job says that it was not.
static void finish_persisted(Instance *instance, gboolean persist)
{
    ManagerJob *job = instance->public.job;
    g_autoptr(GError) error = NULL;

    if (persist && !instance_save(instance, &error)) {
        g_prefix_error(&error, "the guest was changed, but its definition could not be saved: ");
        instance_add_event(instance, TRUE, "Problem", "%s", error->message);
    } else if (!persist) {
        instance_save_or_warn(instance);
    }
    instance_changed(instance);
    job_finish(job, error ? MANAGER_JOB_FAILED : MANAGER_JOB_DONE, error);
}

// Whoever asked may be gone by now: what came of it is to be read on the object as well.
static void finish_failed(ManagerJob *job, const GError *error)
{
    gboolean attach = job->type == MANAGER_JOB_ATTACH;

    instance_add_event(job->instance, TRUE, attach ? "AttachFailed" : "DetachFailed",
                       "the disk \"%s\" was not %s: %s", job->disk,
                       attach ? "added" : "taken from the guest", error->message);
    job_finish(job, MANAGER_JOB_FAILED, error);
}

static void finish_not_running(ManagerJob *job)
{
    g_autoptr(GError) error =
        g_error_new(VMI_ERROR, VMI_ERROR_NOT_RUNNING, "\"%s\" is not running any more", job->name);

    finish_failed(job, error);
}

// ---- attach ----------------------------------------------------------------------------------------------------

typedef struct {
    RunInput *run_input;
    const GuestRun *run; // the instance's: counted in run_readers
    ApiVolume *volume;
    char *bus, *serial;
} AttachInput;

typedef struct {
    AttachInput *input; // of what follows
} AttachLook;

typedef struct {
    DomainDiskPlan *disk;
    char *description;
} AttachResult;

static void attach_input_free(gpointer data)
{
    AttachInput *self = data;

    run_input_free(self->run_input);
    api_volume_free(self->volume);
    g_free(self->bus);
    g_free(self->serial);
    g_free(self);
}

static void attach_look_free(gpointer data)
{
    AttachLook *self = data;

    g_clear_pointer(&self->input, attach_input_free);
    g_free(self);
}

static void attach_result_free(gpointer data)
{
    AttachResult *self = data;

    guest_disk_plan_free(self->disk);
    g_free(self->description);
    g_free(self);
}

static gpointer attach_look_run(gpointer data, GCancellable *cancellable, GError **error)
{
    const AttachInput *input = ((const AttachLook *)data)->input;
    StorageRequest storage = run_input_storage(input->run_input);
    StorageLook *look = NULL;

    return storage_look_one(&storage, input->volume, &look, error) ? look : NULL;
}

static gpointer attach_run(gpointer data, GCancellable *cancellable, GError **error)
{
    const AttachInput *input = data;
    StorageRequest storage = run_input_storage(input->run_input);
    GuestStartRequest request = run_input_guest(input->run_input, &storage);
    const VolumeSource *source = storage_source_find(input->volume);
    DomainDiskPlan *disk = NULL;
    AttachResult *result = NULL;

    if (!guest_attach(&request, input->run, input->volume, input->bus, input->serial, &disk, error))
        return NULL;
    result = g_new0(AttachResult, 1);
    result->disk = disk;
    result->description = source ? source->describe(&storage, input->volume) : g_strdup("");
    return result;
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

static void record_attached(Instance *instance, ManagerJob *job, AttachResult *result)
{
    GuestRun *run = instance->public.run;
    const ApiObject *claim = find_claim(instance, job->claim);

    status_add_hotplug(instance_vmi(instance), result->disk, claim ? api_object_pvc(claim) : NULL);
    if (job->persist && !definition_find_volume(instance_vmi(instance), job->disk)) {
        definition_add_disk(instance_vmi(instance), result->disk, job->claim, job->serial);
        g_ptr_array_add(run->volumes, g_steal_pointer(&result->description));
    }
    instance_add_event(instance, FALSE, "VolumeAttached",
                       "the claim \"%s\" was added as disk \"%s\" (%s)", job->claim, job->disk,
                       result->disk->target);
    warn_of_serial(job);
    g_ptr_array_add(run->disks, g_steal_pointer(&result->disk));
    tell_of_claim(instance, job->claim);
}

static void attach_done(gpointer data, gpointer result, const GError *error, gpointer user_data)
{
    Instance *instance = user_data;
    ManagerJob *job = instance->public.job;
    gboolean gone = instance->ended;

    if (result && !gone)
        record_attached(instance, job, result);
    if (result)
        attach_result_free(result);
    end_reader_done(instance);
    if (gone)
        finish_not_running(job);
    else if (error)
        finish_failed(job, error);
    else
        finish_persisted(instance, job->persist);
}

// A claim that was bound, and something of it is gone, is none to wait for here.
static void attach_refused(Instance *instance, const GError *error)
{
    ManagerJob *job = instance->public.job;
    g_autoptr(GError) told = g_error_copy(error);
    const ApiObject *claim = find_claim(instance, job->claim);

    if (g_error_matches(error, VMI_ERROR, VMI_ERROR_WAITING)) {
        told->code = VMI_ERROR_CONFLICT;
        claims_check(instance->manager, claim);
    }
    finish_failed(job, told);
}

static void attach_look_done(gpointer data, gpointer result, const GError *error,
                             gpointer user_data)
{
    static const WorkerTask task = {
        .run = attach_run,
        .done = attach_done,
        .input_free = attach_input_free,
        .result_free = attach_result_free,
    };
    Instance *instance = user_data;
    ManagerJob *job = instance->public.job;
    g_autoptr(GPtrArray) looks = g_ptr_array_new_with_free_func((GDestroyNotify)storage_look_free);
    g_autoptr(GError) failure = NULL;
    gboolean gone = instance->ended;
    const char *reason = NULL;

    if (result)
        g_ptr_array_add(looks, result);
    if (!gone && !error && images_accept(instance, looks, &reason, &failure)) {
        const char *warning = ((const StorageLook *)result)->warning;

        if (warning)
            warn(job, "Problem", warning);
        worker_pool_push(job->manager->askers, &task, g_steal_pointer(&((AttachLook *)data)->input),
                         job->cancellable, instance);
        return;
    }
    end_reader_done(instance);
    if (gone)
        finish_not_running(job);
    else
        attach_refused(instance, error ? error : failure);
}

static AttachInput *attach_input_new(ManagerJob *job, GError **error)
{
    Instance *instance = job->instance;
    g_autoptr(RunInput) run_input = run_input_new(instance);
    AttachInput *input = NULL;
    const ManagerAttachOptions options = { .disk = job->disk,
                                           .claim = job->claim,
                                           .bus = job->bus,
                                           .serial = job->serial,
                                           .persist = job->persist };

    // Things may have changed while the job was queued.
    if (!attach_check(instance, &options, error))
        return NULL;
    run_input->resolved.claims = g_ptr_array_new_with_free_func((GDestroyNotify)api_object_free);
    run_input->resolved.secrets = g_ptr_array_new();
    g_ptr_array_add(run_input->resolved.claims, api_object_copy(find_claim(instance, job->claim)));
    run_input_set_reserved(run_input, instance);
    run_input->uid = instance->public.run->uid;
    input = g_new0(AttachInput, 1);
    input->run_input = g_steal_pointer(&run_input);
    input->run = instance->public.run;
    input->volume = definition_new_volume(job->disk, job->claim);
    input->bus = g_strdup(job->bus);
    input->serial = g_strdup(job->serial);
    return input;
}

void attach_begin(ManagerJob *job)
{
    static const WorkerTask task = {
        .run = attach_look_run,
        .done = attach_look_done,
        .input_free = attach_look_free,
        .result_free = (GDestroyNotify)storage_look_free,
    };
    g_autoptr(GError) error = NULL;
    AttachInput *input = attach_input_new(job, &error);
    AttachLook *look = NULL;

    if (!input) {
        finish_failed(job, error);
        return;
    }
    job->holds_claim = TRUE;
    job->instance->run_readers++;
    look = g_new0(AttachLook, 1);
    look->input = input;
    worker_pool_push(job->manager->workers, &task, look, job->cancellable, job->instance);
}

// ---- detach ----------------------------------------------------------------------------------------------------

typedef struct {
    GuestHost *host;
    char *domain_uuid, *target;
} DetachInput;

static void detach_input_free(gpointer data)
{
    DetachInput *self = data;

    g_free(self->domain_uuid);
    g_free(self->target);
    g_free(self);
}

static gpointer detach_run(gpointer data, GCancellable *cancellable, GError **error)
{
    const DetachInput *input = data;

    return GINT_TO_POINTER(guest_detach(input->host, input->domain_uuid, input->target, error));
}

static void record_detached(Instance *instance, ManagerJob *job)
{
    GuestRun *run = instance->public.run;
    const ApiVolumeStatus *status = status_find_volume(instance_vmi(instance), job->disk);
    const ApiClaimInfo *info = status ? status->persistent_volume_claim_info : NULL;
    g_autofree char *claim = g_strdup(info ? info->claim_name : NULL);
    guint index = 0;

    if (find_disk(instance, job->disk, &index))
        g_ptr_array_remove_index(run->disks, index);
    status_remove_volume(instance_vmi(instance), job->disk);
    if (job->persist && definition_remove_disk(instance_vmi(instance), job->disk, &index) &&
        index < run->volumes->len)
        g_ptr_array_remove_index(run->volumes, index);
    instance_add_event(instance, FALSE, "VolumeDetached",
                       "the disk \"%s\" was taken from the guest", job->disk);
    tell_of_claim(instance, claim);
}

static void detach_done(gpointer data, gpointer result, const GError *error, gpointer user_data)
{
    Instance *instance = user_data;
    ManagerJob *job = instance->public.job;

    if (!instance->public.run || instance->ended) {
        finish_not_running(job);
        return;
    }
    if (error) {
        finish_failed(job, error);
        return;
    }
    record_detached(instance, job);
    finish_persisted(instance, job->persist);
}

void detach_begin(ManagerJob *job)
{
    static const WorkerTask task = {
        .run = detach_run,
        .done = detach_done,
        .input_free = detach_input_free,
    };
    Instance *instance = job->instance;
    g_autoptr(GError) error = NULL;
    DetachInput *input = NULL;

    if (!detach_check(instance, job->disk, &error)) {
        finish_failed(job, error);
        return;
    }
    input = g_new0(DetachInput, 1);
    input->host = instance->manager->host;
    input->domain_uuid = g_strdup(instance->public.run->domain_uuid);
    input->target = g_strdup(find_disk(instance, job->disk, NULL)->target);
    worker_pool_push(instance->manager->askers, &task, input, job->cancellable, instance);
}
