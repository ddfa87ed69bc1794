// SPDX-License-Identifier: LGPL-2.1-or-later
// Applying manifests, all or none: every object is checked, then all are on disk, then all are put in place and what they ask
// for begins. The checks of one object are in apply-check.c.
#include "manager/apply.h"

#include "api/validate.h"
#include "base/error.h"
#include "manager/claims.h"
#include "manager/instance.h"
#include "manager/job.h"
#include "manager/objects.h"
#include "manager/quota.h"
#include "manager/saving.h"
#include "manager/unread.h"

GPtrArray *manager_parse(const ApiValidateContext *context, const char *source, const char *text,
                         gsize length, GError **error)
{
    g_autoptr(ApiFindings) findings = api_findings_new(source);
    g_autoptr(GPtrArray) objects = api_manifest_parse(text, length, findings);

    // Validated here and not in apply: a person sees what is wrong with all documents at once, with lines and columns.
    for (guint i = 0; objects && i < objects->len; i++)
        api_object_validate(g_ptr_array_index(objects, i), context, findings);
    if (!api_findings_to_error(findings, error))
        return NULL;
    if (!objects || objects->len == 0) {
        g_set_error(error, VMI_ERROR, VMI_ERROR_INVALID, "the manifest holds no object");
        return NULL;
    }
    return g_steal_pointer(&objects);
}

static void result_free(gpointer data)
{
    ManagerApplyResult *self = data;

    g_free(self->kind);
    g_free(self->namespace);
    g_free(self->name);
    g_free(self);
}

// ---- checks across the manifest --------------------------------------------------------------------------------

static gboolean brings_namespace(const GPtrArray *entries, const char *namespace)
{
    for (guint i = 0; i < entries->len; i++) {
        const ApiObject *object = ((const ApplyEntry *)g_ptr_array_index(entries, i))->candidate;

        if (g_str_equal(object->info->kind, "Namespace") &&
            g_str_equal(api_object_meta(object)->name, namespace))
            return TRUE;
    }
    return FALSE;
}

static gboolean check_together(Manager *self, const GPtrArray *entries, GError **error)
{
    g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

    for (guint i = 0; i < entries->len; i++) {
        const ApiObject *object = ((const ApplyEntry *)g_ptr_array_index(entries, i))->candidate;
        const ApiObjectMeta *meta = api_object_meta(object);

        if (!g_hash_table_add(seen, object_key(object->info, meta->namespace, meta->name))) {
            g_set_error(error, VMI_ERROR, VMI_ERROR_INVALID,
                        "%s \"%s\" is in the manifest twice, give one another name",
                        object->info->kind, meta->name);
            return FALSE;
        }
        if (object->info->namespaced && !objects_namespace_exists(self, meta->namespace) &&
            !brings_namespace(entries, meta->namespace)) {
            if (!unread_check(self, api_kind_find("Namespace"), NULL, meta->namespace, error))
                return FALSE;
            g_set_error(error, VMI_ERROR, VMI_ERROR_NOT_FOUND,
                        "%s \"%s\": there is no namespace \"%s\", apply it first: {apiVersion: v1, "
                        "kind: Namespace, "
                        "metadata: {name: %s}}",
                        object->info->kind, meta->name, meta->namespace, meta->namespace);
            return FALSE;
        }
    }
    return TRUE;
}

static GPtrArray *check_all(Manager *self, const GPtrArray *objects,
                            const ManagerApplyOptions *options, GError **error)
{
    g_autoptr(GPtrArray) entries = g_ptr_array_new_with_free_func((GDestroyNotify)apply_entry_free);

    for (guint i = 0; i < objects->len; i++) {
        const ApiObject *object = g_ptr_array_index(objects, i);
        ApplyEntry *entry = apply_check(self, object, options, error);

        if (!entry) {
            g_prefix_error(error, "%s \"%s\": ", object->info->kind, api_object_meta(object)->name);
            return NULL;
        }
        g_ptr_array_add(entries, entry);
    }
    if (!check_together(self, entries, error) || !quota_check(self, entries, error))
        return NULL;
    return g_steal_pointer(&entries);
}

// ---- putting in place ------------------------------------------------------------------------------------------

static gboolean is_unchanged(const ApplyEntry *entry)
{
    return entry->existing && g_str_equal(entry->action, "unchanged");
}

// What is refused must not be there at the next start of vmid: a save that failed may have reached the disk.
static void take_back(Manager *self, const GPtrArray *entries)
{
    for (guint i = 0; i < entries->len; i++) {
        const ApplyEntry *entry = g_ptr_array_index(entries, i);

        if (!is_unchanged(entry))
            saving_settle(self, entry->candidate);
    }
}

static gboolean save_all(Manager *self, const GPtrArray *entries, GError **error)
{
    g_autoptr(GPtrArray) changed = g_ptr_array_new();

    for (guint i = 0; i < entries->len; i++) {
        const ApplyEntry *entry = g_ptr_array_index(entries, i);

        // On disk a VMI that will be started is Pending, so that a crash does not forget the start.
        if (entry->respecified && api_object_vmi(entry->candidate))
            api_object_vmi(entry->candidate)->status->phase = API_VMI_PHASE_PENDING;
        if (!is_unchanged(entry))
            g_ptr_array_add(changed, entry->candidate);
    }
    if (saving_save_all(self, changed, error))
        return TRUE;
    take_back(self, entries);
    return FALSE;
}

static void install_instance(Manager *self, const ApplyEntry *entry, ApiObject *object)
{
    const ApiObjectMeta *meta = api_object_meta(object);
    Instance *instance = entry->existing ? instance_find(self, meta->namespace, meta->name)
                                         : instance_new(self, object);

    if (entry->respecified) {
        // Through the front door: phase, its time and the Ready condition belong together.
        api_object_vmi(object)->status->phase = API_VMI_PHASE_UNSET;
        instance->waiting = FALSE;
        instance_set_phase(instance, API_VMI_PHASE_PENDING, NULL, NULL);
    }
    if (!entry->existing)
        manager_emit(self, instance_added, &instance->public);
    instance_add_event(instance, FALSE, entry->existing ? "Configured" : "Created",
                       "the definition was %s", entry->existing ? "changed" : "created");
    instance_changed(instance);
}

// The object in the table keeps its address: others may have it.
static void install(Manager *self, ApplyEntry *entry)
{
    ApiObject *object = entry->existing;

    if (is_unchanged(entry))
        return;
    if (object) {
        gpointer before = object->data;

        object->data = entry->candidate->data;
        entry->candidate->data = before;
        object_measure(object);
    } else {
        object = g_steal_pointer(&entry->candidate);
        objects_insert(self, object);
    }
    if (api_object_vmi(object))
        install_instance(self, entry, object);
    else if (entry->existing)
        manager_emit(self, object_changed, object);
    else
        manager_emit(self, object_added, object);
}

// What the object asks for, once all are in place.
static ManagerJob *follow_up(Manager *self, const ApplyEntry *entry, const ApiObject *object)
{
    const ApiObjectMeta *meta = api_object_meta(object);

    if (is_unchanged(entry))
        return NULL;
    if (api_object_vmi(object))
        return entry->respecified
                   ? job_new(instance_find(self, meta->namespace, meta->name), MANAGER_JOB_START)
                   : NULL;
    if (api_object_pvc(object))
        claims_bind(self, object);
    else if (api_object_secret(object))
        claims_retry_waiting(self, meta->namespace);
    return NULL;
}

static ManagerApplyResult *result_new(const ApiObject *object, const char *action)
{
    const ApiObjectMeta *meta = api_object_meta(object);
    ManagerApplyResult *result = g_new0(ManagerApplyResult, 1);

    result->kind = g_strdup(object->info->kind);
    result->namespace = g_strdup(meta->namespace ? meta->namespace : "");
    result->name = g_strdup(meta->name);
    result->action = action;
    return result;
}

// The objects of which there is something to apply; results of the others go to SKIPPED. Borrowed.
static GPtrArray *without_companions(const GPtrArray *objects, GPtrArray *skipped)
{
    GPtrArray *own = g_ptr_array_new();

    for (guint i = 0; i < objects->len; i++) {
        ApiObject *object = g_ptr_array_index(objects, i);

        if (api_object_is_companion(object))
            g_ptr_array_add(skipped, result_new(object, "skipped"));
        else
            g_ptr_array_add(own, object);
    }
    return own;
}

GPtrArray *manager_apply(Manager *self, const GPtrArray *objects,
                         const ManagerApplyOptions *options, GError **error)
{
    g_autoptr(GPtrArray) results = g_ptr_array_new_with_free_func(result_free);
    g_autoptr(GPtrArray) skipped = g_ptr_array_new_with_free_func(result_free);
    g_autoptr(GPtrArray) own = without_companions(objects, skipped);
    g_autoptr(GPtrArray) entries = check_all(self, own, options, error);

    if (!entries)
        return NULL;
    for (guint i = 0; i < entries->len; i++) {
        const ApplyEntry *entry = g_ptr_array_index(entries, i);

        g_ptr_array_add(results, result_new(entry->candidate, entry->action));
    }
    g_ptr_array_extend_and_steal(results, g_steal_pointer(&skipped));
    if (options->dry_run)
        return g_steal_pointer(&results);
    if (!save_all(self, entries, error))
        return NULL;
    for (guint i = 0; i < entries->len; i++)
        install(self, g_ptr_array_index(entries, i));
    for (guint i = 0; i < entries->len; i++) {
        ManagerApplyResult *result = g_ptr_array_index(results, i);
        const ApiObject *object = g_ptr_array_index(own, i);

        result->job = follow_up(self, g_ptr_array_index(entries, i),
                                objects_find(self, object->info, result->namespace, result->name));
    }
    return g_steal_pointer(&results);
}
