// SPDX-License-Identifier: LGPL-2.1-or-later
// See images.h.
#include "manager/images.h"

#include <string.h>

#include "api/condition.h"
#include "base/error.h"
#include "manager/instance.h"
#include "manager/saving.h"
#include "manager/status.h"
#include "manager/uses.h"
#include "runs/facts.h"

// Where it is kept what was seen of an image.
typedef struct {
    ApiObject *object;
    GPtrArray **conditions;
    char *type;
} Record;

static void record_clear(Record *self)
{
    g_free(self->type);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Record, record_clear)

static Record find_record(const Instance *instance, const StorageLook *look)
{
    ApiObject *object = instance->public.object;

    if (!look->claim)
        return (Record){ object, &api_object_vmi(object)->status->conditions,
                         g_strconcat(STORAGE_CONDITION, "/", look->volume, NULL) };
    object = objects_get(instance->manager->objects, api_kind_find("PersistentVolumeClaim"),
                         instance_namespace(instance), look->claim);
    // In use, it is not deleted; one that is bound has a status.
    if (!api_object_pvc(object)->status)
        api_object_pvc(object)->status = api_pvc_status_new();
    return (Record){ object, &api_object_pvc(object)->status->conditions,
                     g_strdup(STORAGE_CONDITION) };
}

static gboolean is_annotated(const ApiVirtualMachineInstance *vmi, const char *volume)
{
    const char *list = api_map_get(vmi->metadata->annotations, IMAGES_ANNOTATION);
    g_auto(GStrv) names = g_strsplit(list ? list : "", ",", -1);

    for (char **name = names; *name; name++)
        if (g_str_equal(g_strstrip(*name), volume))
            return TRUE;
    return FALSE;
}

static gboolean refuse(const StorageLook *look, GError **error)
{
    g_set_error(error, VMI_ERROR, VMI_ERROR_INVALID,
                "volume \"%s\": \"%s\" is meant to be a raw disk, which the guest writes over, and "
                "is %s; if it is to be "
                "used as it is, annotate the guest: " IMAGES_ANNOTATION ": %s",
                look->volume, look->path, look->foreign, look->volume);
    return FALSE;
}

static void take_back(const Record *record)
{
    status_remove_condition(*record->conditions, record->type);
}

static gboolean save(Instance *instance, const Record *record, GError **error)
{
    if (!saving_save_wait(instance->manager, record->object, FALSE, error)) {
        take_back(record);
        saving_save(instance->manager, record->object);
        return FALSE;
    }
    if (api_object_vmi(record->object))
        instance_changed(instance);
    else
        manager_emit(instance->manager, object_changed, record->object);
    return TRUE;
}

static gboolean accept(Instance *instance, const StorageLook *look, const char **ret_reason,
                       GError **error)
{
    g_auto(Record) record = find_record(instance, look);
    const ApiCondition *known = api_condition_find(*record.conditions, record.type);
    gboolean annotated = is_annotated(instance_vmi(instance), look->volume);
    const ApiCondition seen = { .status = (char *)"True",
                                .reason = (char *)(look->foreign ? "Annotated" : "LookedAt"),
                                .message = look->identity };

    if (known && g_strcmp0(known->message, look->identity) == 0)
        return TRUE;
    if (look->foreign && !annotated) {
        *ret_reason = "ImageNotRaw";
        return refuse(look, error);
    }
    status_set_condition(record.conditions, record.type, &seen, g_get_real_time());
    return save(instance, &record, error);
}

gboolean images_accept(Instance *instance, const GPtrArray *looks, const char **ret_reason,
                       GError **error)
{
    g_autoptr(ApiRunRecord) facts = facts_of_looks(looks);

    *ret_reason = NULL;
    // First: what another guest has open says nothing by its contents.
    if (facts->plugs && !uses_check(instance, facts->plugs, looks, error)) {
        *ret_reason = "HostDiskInUse";
        return FALSE;
    }
    for (guint i = 0; i < looks->len; i++)
        if (!accept(instance, g_ptr_array_index(looks, i), ret_reason, error))
            return FALSE;
    return TRUE;
}
