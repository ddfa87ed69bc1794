// SPDX-License-Identifier: LGPL-2.1-or-later
// Binding and resolving claims and secrets; see claims.h. Who uses a claim is in uses.c.
#include "manager/claims.h"

#include "api/quantity.h"
#include "api/reference.h"
#include "base/error.h"
#include "manager/delete-claim.h"
#include "manager/instance.h"
#include "manager/job.h"
#include "manager/saving.h"
#include "manager/status.h"
#include "objects/object.h"

// ---- binding ---------------------------------------------------------------------------------------------------

typedef struct {
    const StorageConfig *config; // the manager's, which never changes
    const ClaimWatch *watch;     // the manager's
    ApiObject *claim;            // a copy
} BindInput;

typedef struct {
    guint64 capacity;
    int watch; // the number of the watch over its directory, or -1
} BindResult;

static void bind_input_free(gpointer data)
{
    BindInput *self = data;

    api_object_free(self->claim);
    g_free(self);
}

static gboolean is_bound(const ApiPersistentVolumeClaim *claim)
{
    return claim->status && claim->status->phase == API_PVC_PHASE_BOUND;
}

static gpointer bind_run(gpointer data, GCancellable *cancellable, GError **error)
{
    const BindInput *input = data;
    const ApiObjectMeta *meta = api_object_meta(input->claim);
    g_autofree char *dir =
        layout_claim_dir(&input->config->layout, STORAGE_DEFAULT_POOL, meta->namespace, meta->name);
    BindResult result = { 0 };

    if (!storage_claim_bind(input->config, api_object_pvc(input->claim), &result.capacity, error))
        return NULL;
    result.watch = claim_watch_open(input->watch, dir);
    // It may have gone in between, and then nothing tells of it.
    if (result.watch < 0 &&
        !storage_claim_bind(input->config, api_object_pvc(input->claim), &result.capacity, error))
        return NULL;
    return g_memdup2(&result, sizeof result);
}

static void set_bound(ApiPersistentVolumeClaim *claim, guint64 capacity)
{
    g_autofree char *size = api_quantity_format_bytes(capacity);
    const GPtrArray *modes = claim->spec->access_modes;

    claim->status->phase = API_PVC_PHASE_BOUND;
    g_clear_pointer(&claim->status->reason, g_free);
    g_clear_pointer(&claim->status->message, g_free);
    status_remove_condition(claim->status->conditions, "Ready");
    api_map_set(&claim->status->capacity, "storage", size);
    g_clear_pointer(&claim->status->access_modes, g_ptr_array_unref);
    claim->status->access_modes = api_list_new(NULL);
    for (guint i = 0; modes && i < modes->len; i++)
        g_ptr_array_add(claim->status->access_modes, g_strdup(g_ptr_array_index(modes, i)));
    if (claim->status->access_modes->len == 0)
        g_ptr_array_add(claim->status->access_modes, g_strdup("ReadWriteOnce"));
}

// Lost as in Kubernetes: it was bound, and what it was bound to is gone.
static void set_unbound(ApiPersistentVolumeClaim *claim, const GError *error)
{
    gboolean lost = storage_claim_was_bound(claim);

    claim->status->phase = lost ? API_PVC_PHASE_LOST : API_PVC_PHASE_PENDING;
    g_free(claim->status->reason);
    claim->status->reason = g_strdup(lost ? "ClaimLost" : vmi_error_describe(error)->name);
    g_free(claim->status->message);
    claim->status->message = g_strdup(error->message);
    status_set_condition(&claim->status->conditions, "Ready",
                         &(ApiCondition){ .status = (char *)"False",
                                          .reason = claim->status->reason,
                                          .message = claim->status->message },
                         g_get_real_time());
}

static void record_bind(Manager *self, ApiObject *object, const guint64 *capacity,
                        const GError *error)
{
    ApiPersistentVolumeClaim *claim = api_object_pvc(object);

    // That it could not be looked for does not unbind it.
    if (capacity ? is_bound(claim)
                 : storage_claim_was_bound(claim) &&
                       !g_error_matches(error, VMI_ERROR, VMI_ERROR_WAITING))
        return;
    if (!claim->status)
        claim->status = api_pvc_status_new();
    if (capacity)
        set_bound(claim, *capacity);
    else
        set_unbound(claim, error);
    saving_save(self, object);
    manager_emit(self, object_changed, object);
}

char **claims_names(const ApiVmiSpec *spec)
{
    return api_reference_names(&api_vmi_spec_type, spec, "PersistentVolumeClaim");
}

gboolean claims_are_being_bound(const Instance *instance)
{
    g_auto(GStrv) names = claims_names(instance_vmi(instance)->spec);

    for (guint i = 0; names[i]; i++) {
        g_autofree char *key = g_strconcat(instance_namespace(instance), "/", names[i], NULL);

        if (g_hash_table_contains(instance->manager->binding, key))
            return TRUE;
    }
    return FALSE;
}

// The claim was deleted while the worker made its directory.
static void discard(Manager *self, const ApiObjectMeta *meta)
{
    g_autoptr(GError) error = NULL;

    if (!delete_claim_data(self, meta->namespace, meta->name, &error))
        manager_add_problem(self, "the directory of the deleted claim \"%s/%s\" is left: %s",
                            meta->namespace, meta->name, error->message);
}

static void bind_done(gpointer data, gpointer result, const GError *error, gpointer user_data)
{
    Manager *self = user_data;
    const BindInput *input = data;
    const ApiObjectMeta *meta = api_object_meta(input->claim);
    ApiObject *object = objects_get(self->objects, input->claim->info, meta->namespace, meta->name);
    g_autofree BindResult *bound = result;
    g_autofree char *key = g_strconcat(meta->namespace, "/", meta->name, NULL);
    gboolean again = FALSE;

    if (bound)
        claim_watch_add(self->claim_watch, bound->watch, key);
    g_hash_table_remove(self->binding, key);
    again = g_hash_table_remove(self->rebinding, key);
    // Deleted, changed, or made anew in between: what was found out is about another claim.
    if (object && (g_strcmp0(api_object_meta(object)->uid, meta->uid) != 0 ||
                   !object_same_definition(object, input->claim)))
        claims_bind(self, object);
    else if (!object)
        discard(self, meta);
    else if (!saving_is_respecifying(self,
                                     object)) // else it is bound as what is on its way to disk
        record_bind(self, object, bound ? &bound->capacity : NULL, error);
    if (again && object)
        claims_check(self, object);
    queue_add_referrers(self->queue, input->claim);
}

void claims_check(Manager *self, const ApiObject *claim)
{
    static const WorkerTask task = {
        .run = bind_run,
        .done = bind_done,
        .input_free = bind_input_free,
        .result_free = g_free,
    };
    const ApiPersistentVolumeClaim *pvc = api_object_pvc(claim);
    g_autofree char *key = g_strconcat(pvc->metadata->namespace, "/", pvc->metadata->name, NULL);
    BindInput *input = NULL;

    // Of one that is going the data went first.
    if (!self->started || saving_is_deleting(self, claim) ||
        !g_hash_table_add(self->binding, g_steal_pointer(&key)))
        return;
    input = g_new0(BindInput, 1);
    input->config = &self->storage;
    input->watch = self->claim_watch;
    input->claim = api_object_copy(claim);
    worker_pool_push(self->workers, &task, input, self->closing, self);
}

void claims_bind(Manager *self, const ApiObject *claim)
{
    if (!is_bound(api_object_pvc(claim)))
        claims_check(self, claim);
}

// A worker that looks at it now may have looked before it went.
static void check_anew(Manager *self, const ApiObject *claim)
{
    const ApiObjectMeta *meta = api_object_meta(claim);
    g_autofree char *key = g_strconcat(meta->namespace, "/", meta->name, NULL);

    if (g_hash_table_contains(self->binding, key))
        g_hash_table_add(self->rebinding, g_steal_pointer(&key));
    else
        claims_check(self, claim);
}

static void check_all_anew(Manager *self)
{
    g_autoptr(GPtrArray) all = objects_all(self->objects);

    for (guint i = 0; i < all->len; i++)
        if (api_object_pvc(g_ptr_array_index(all, i)))
            check_anew(self, g_ptr_array_index(all, i));
}

// The directory of a claim went: its deletion, or damage. KEY NULL: any may have.
static void directory_gone(const char *key, gpointer user_data)
{
    Manager *self = user_data;
    g_auto(GStrv) parts = key ? g_strsplit(key, "/", 2) : NULL;
    const ApiObject *claim =
        key ? objects_get(self->objects, api_kind_find("PersistentVolumeClaim"), parts[0], parts[1])
            : NULL;

    if (!key)
        check_all_anew(self);
    else if (claim)
        check_anew(self, claim);
}

void claims_bind_all(Manager *self)
{
    self->claim_watch = claim_watch_new(directory_gone, self);
    check_all_anew(self);
}

gboolean claims_bind_needed(Manager *self, const char *namespace, const ApiVmiSpec *spec)
{
    const ApiKindInfo *info = api_kind_find("PersistentVolumeClaim");
    g_auto(GStrv) names = claims_names(spec);
    gboolean needed = FALSE;

    for (guint i = 0; names[i]; i++) {
        const ApiObject *object = objects_get(self->objects, info, namespace, names[i]);

        if (!object || is_bound(api_object_pvc(object)))
            continue;
        claims_bind(self, object);
        needed = TRUE;
    }
    return needed;
}

// ---- resolving -------------------------------------------------------------------------------------------------

void claims_resolved_clear(ClaimsResolved *self)
{
    g_clear_pointer(&self->claims, g_ptr_array_unref);
    g_clear_pointer(&self->secrets, g_ptr_array_unref);
}

static gboolean resolve_claims(Manager *self, const char *namespace, char **names, GPtrArray *found,
                               const char **ret_reason, GError **error)
{
    const ApiKindInfo *info = api_kind_find("PersistentVolumeClaim");

    for (guint i = 0; names[i]; i++) {
        const ApiObject *object = objects_get(self->objects, info, namespace, names[i]);
        const ApiPersistentVolumeClaim *claim = object ? api_object_pvc(object) : NULL;

        if (!claim) {
            *ret_reason = "ClaimNotFound";
            g_set_error(error, VMI_ERROR, VMI_ERROR_WAITING,
                        "the claim \"%s\" does not exist in namespace \"%s\", apply a "
                        "PersistentVolumeClaim of "
                        "that name",
                        names[i], namespace);
            return FALSE;
        }
        if (claim->metadata->deletion_timestamp || saving_is_deleting(self, object)) {
            *ret_reason = "ClaimTerminating";
            g_set_error(error, VMI_ERROR, VMI_ERROR_WAITING,
                        "the claim \"%s\" is being deleted, apply it again when it is gone",
                        names[i]);
            return FALSE;
        }
        if (!is_bound(claim)) {
            const char *why =
                claim->status && claim->status->message ? claim->status->message : "not bound yet";

            *ret_reason = storage_claim_was_bound(claim) ? "ClaimLost" : "ClaimNotBound";
            g_set_error(error, VMI_ERROR, VMI_ERROR_WAITING, "the claim \"%s\" is not bound: %s",
                        names[i], why);
            return FALSE;
        }
        g_ptr_array_add(found, api_object_copy(object));
    }
    return TRUE;
}

static gboolean resolve_secrets(Manager *self, const char *namespace, char **names,
                                GPtrArray *found, const char **ret_reason, GError **error)
{
    const ApiKindInfo *info = api_kind_find("Secret");

    for (guint i = 0; names[i]; i++) {
        const ApiObject *object = objects_get(self->objects, info, namespace, names[i]);

        if (!object) {
            *ret_reason = "SecretNotFound";
            g_set_error(
                error, VMI_ERROR, VMI_ERROR_WAITING,
                "the secret \"%s\" does not exist in namespace \"%s\", apply a Secret of that name",
                names[i], namespace);
            return FALSE;
        }
        g_ptr_array_add(found, api_object_copy(object));
    }
    return TRUE;
}

gboolean claims_resolve(Manager *self, const char *namespace, const ApiVmiSpec *spec,
                        ClaimsResolved *ret_resolved, const char **ret_reason, GError **error)
{
    g_auto(ClaimsResolved) found = {
        .claims = g_ptr_array_new_with_free_func((GDestroyNotify)api_object_free),
        .secrets = g_ptr_array_new_with_free_func((GDestroyNotify)api_object_free),
    };
    g_auto(GStrv) claims = claims_names(spec);
    g_auto(GStrv) secrets = api_reference_names(&api_vmi_spec_type, spec, "Secret");

    if (!resolve_claims(self, namespace, claims, found.claims, ret_reason, error) ||
        !resolve_secrets(self, namespace, secrets, found.secrets, ret_reason, error))
        return FALSE;
    ret_resolved->claims = g_steal_pointer(&found.claims);
    ret_resolved->secrets = g_steal_pointer(&found.secrets);
    return TRUE;
}
