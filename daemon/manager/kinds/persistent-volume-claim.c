// SPDX-License-Identifier: LGPL-2.1-or-later
// PersistentVolumeClaims: applied, they are bound (manager/claims.h); deleted, they take their data with them (manager/delete-claim.h).
#include "manager/kind.h"

#include "base/error.h"
#include "manager/claims.h"
#include "manager/delete-claim.h"

static gboolean admit(Manager *self, ApplyEntry *entry, GError **error)
{
    // Nor of one that is Lost: changed, it would be bound anew, to nothing.
    if (!entry->respecified || !storage_claim_was_bound(api_object_pvc(entry->existing)))
        return TRUE;
    g_set_error(error, VMI_ERROR, VMI_ERROR_CONFLICT,
                "the spec of a bound claim cannot be changed, apply it as it was or use another "
                "name");
    return FALSE;
}

static void begin_status(const Manager *self, ApplyEntry *entry)
{
    ApiPersistentVolumeClaim *claim = api_object_pvc(entry->candidate);

    if (entry->existing && !entry->respecified) {
        claim->status = api_pvc_status_copy(api_object_pvc(entry->existing)->status);
    } else {
        claim->status = api_pvc_status_new();
        claim->status->phase = API_PVC_PHASE_PENDING;
    }
}

static void reconcile(Manager *self, ApiObject *object)
{
    claims_bind(self, object);
}

typedef struct {
    ManagerDeleted removed;
    gpointer user_data;
} Removal;

static void on_removed(const GError *error, gpointer user_data)
{
    g_autofree Removal *self = user_data;

    self->removed(NULL, error, self->user_data);
}

static void remove_claim(Manager *self, ApiObject *object, gboolean force, ManagerDeleted removed,
                         gpointer user_data)
{
    const Removal removal = { removed, user_data };

    delete_claim(self, object, force, on_removed, g_memdup2(&removal, sizeof removal));
}

static void describe(Manager *self, const ApiObject *object, ManagerRow *row)
{
    const ApiPersistentVolumeClaim *claim = api_object_pvc(object);

    if (claim->spec)
        kind_row_add(row, "pool", claim->spec->storage_class_name);
    if (!claim->status)
        return;
    row->phase = claim->metadata->deletion_timestamp
                     ? "Terminating"
                     : api_enum_to_string(&api_pvc_phase_values, claim->status->phase);
    row->reason = claim->status->reason;
    kind_row_add(row, "capacity", api_map_get(claim->status->capacity, "storage"));
}

const Kind kind_persistent_volume_claim = {
    .name = "PersistentVolumeClaim",
    .admit = admit,
    .begin_status = begin_status,
    .reconcile = reconcile,
    .remove = remove_claim,
    .describe = describe,
};
