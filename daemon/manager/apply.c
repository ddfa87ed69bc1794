// SPDX-License-Identifier: LGPL-2.1-or-later
// Applying manifests, all or none: every object is checked, then all are on disk, then all are put in place and what they ask
// for begins. The checks of one object are in apply-check.c.
#include "manager/apply.h"

#include "api/validate.h"
#include "base/error.h"
#include "manager/change.h"
#include "manager/kind.h"
#include "manager/quota.h"
#include "manager/saving.h"
#include "manager/unread.h"
#include "objects/object.h"

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
        if (object->info->namespaced && !objects_namespace_exists(self->objects, meta->namespace) &&
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

// The object in the table keeps its address: others may have it. Where only its metadata is new the rest stays too: its status has gone on since
// it was admitted.
static void replace(Manager *self, ApiObject *object, ApplyEntry *entry)
{
    gpointer *ours = entry->respecified ? &object->data : object->data;
    gpointer *theirs = entry->respecified ? &entry->candidate->data : entry->candidate->data;
    gpointer before = *ours;

    if (!entry->respecified)
        object_keep_edits(*theirs, before); // what every kind begins with is its metadata
    *ours = *theirs;
    *theirs = before;
    objects_put(self->objects, object);
}

static void install(Manager *self, ApplyEntry *entry)
{
    ApiObject *object = entry->existing ? entry->existing : entry->candidate;
    const Kind *kind = kind_of(object->info);

    if (is_unchanged(entry))
        return;
    if (entry->existing) {
        replace(self, object, entry);
    } else {
        objects_put(self->objects, g_steal_pointer(&entry->candidate));
        if (kind->enter)
            kind->enter(self, object);
    }
    if (kind->applied)
        kind->applied(self, entry, object);
    else if (entry->existing)
        manager_emit(self, object_changed, object);
    else
        manager_emit(self, object_added, object);
}

// What the object asks for, and those that wait for it, once all are in place.
static ManagerJob *follow_up(Manager *self, const ApplyEntry *entry, ApiObject *object)
{
    const Kind *kind = kind_of(object->info);

    if (is_unchanged(entry))
        return NULL;
    queue_add(self->queue, object);
    queue_add_referrers(self->queue, object);
    return kind->begin ? kind->begin(self, entry, object) : NULL;
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

// ---- one after the other ---------------------------------------------------------------------------------------

typedef struct {
    Manager *manager;
    GPtrArray *objects; // ApiObject, as they came
    char *namespace;
    gboolean dry_run;
    GPtrArray *entries; // ApplyEntry, once admitted
    GPtrArray *results; // ManagerApplyResult; those of ENTRIES come first
    ManagerApplied applied;
    gpointer user_data;
} Application;

static void application_free(gpointer data)
{
    Application *self = data;

    g_ptr_array_unref(self->objects);
    g_clear_pointer(&self->entries, g_ptr_array_unref);
    g_clear_pointer(&self->results, g_ptr_array_unref);
    g_free(self->namespace);
    g_free(self);
}

// ERROR NULL: it is made.
static void finish(Application *self, const GError *error)
{
    self->applied(error ? NULL : self->results, error, self->user_data);
    change_over(self->manager);
}

static void follow_up_all(Application *self)
{
    for (guint i = 0; i < self->entries->len; i++) {
        const ApplyEntry *entry = g_ptr_array_index(self->entries, i);
        ManagerApplyResult *result = g_ptr_array_index(self->results, i);

        result->job = follow_up(self->manager, entry,
                                objects_get(self->manager->objects, api_kind_find(result->kind),
                                            result->namespace, result->name));
    }
}

// What was held back while the disk got another definition.
static void release_all(Application *self)
{
    for (guint i = 0; i < self->entries->len; i++) {
        const ApplyEntry *entry = g_ptr_array_index(self->entries, i);

        if (entry->respecified && entry->existing)
            queue_add(self->manager->queue, entry->existing);
    }
}

static void on_saved(const GError *error, gpointer user_data)
{
    Application *self = user_data;
    Manager *manager = self->manager;

    manager_hold(manager);
    for (guint i = 0; !error && i < self->entries->len; i++)
        install(manager, g_ptr_array_index(self->entries, i));
    if (!error)
        follow_up_all(self);
    release_all(self);
    finish(self, error);
    manager_release(manager);
}

static void save_all(Application *self)
{
    g_autoptr(GArray) changes = g_array_new(FALSE, FALSE, sizeof(SavingChange));

    for (guint i = 0; i < self->entries->len; i++) {
        const ApplyEntry *entry = g_ptr_array_index(self->entries, i);
        const SavingChange change = { .candidate = entry->candidate, .whole = entry->respecified };

        if (!is_unchanged(entry))
            g_array_append_val(changes, change);
    }
    if (changes->len > 0)
        saving_commit(self->manager, changes, on_saved, self);
    else
        finish(self, NULL);
}

static gboolean admit(Application *self, GError **error)
{
    const ManagerApplyOptions options = { .namespace = self->namespace };
    g_autoptr(GPtrArray) skipped = g_ptr_array_new_with_free_func(result_free);
    g_autoptr(GPtrArray) own = without_companions(self->objects, skipped);

    self->entries = check_all(self->manager, own, &options, error);
    if (!self->entries)
        return FALSE;
    self->results = g_ptr_array_new_with_free_func(result_free);
    for (guint i = 0; i < self->entries->len; i++) {
        const ApplyEntry *entry = g_ptr_array_index(self->entries, i);

        g_ptr_array_add(self->results, result_new(entry->candidate, entry->action));
    }
    g_ptr_array_extend_and_steal(self->results, g_steal_pointer(&skipped));
    return TRUE;
}

static void begin(gpointer change)
{
    Application *self = change;
    g_autoptr(GError) error = NULL;

    if (!admit(self, &error) || self->dry_run)
        finish(self, error);
    else
        save_all(self);
}

void manager_apply(Manager *self, GPtrArray *objects, const ManagerApplyOptions *options,
                   ManagerApplied applied, gpointer user_data)
{
    Application *application = g_new0(Application, 1);

    application->manager = self;
    application->objects = g_ptr_array_ref(objects);
    application->namespace = g_strdup(options->namespace);
    application->dry_run = options->dry_run;
    application->applied = applied;
    application->user_data = user_data;
    change_push(self, begin, application, application_free);
}
