// SPDX-License-Identifier: LGPL-2.1-or-later
// What several kinds do alike; see kind.h.
#include "manager/kind.h"

#include "base/error.h"
#include "manager/saving.h"

typedef struct {
    Manager *manager;
    ApiObject *object;
    ManagerDeleted removed;
    gpointer user_data;
} Removal;

void kind_forget(Manager *self, ApiObject *object)
{
    queue_add_owners(self->queue, object);
    queue_add_referrers(self->queue, object);
    objects_remove(self->objects, object);
}

gboolean kind_has_children(const Manager *self, const Kind *kind, const ApiObject *owner)
{
    const char *uid = api_object_meta(owner)->uid;
    g_autoptr(GPtrArray) children = kind->owns && uid ? objects_owned_by(self->objects, uid) : NULL;

    return children && children->len > 0;
}

static void on_gone(const GError *error, gpointer user_data)
{
    g_autofree Removal *self = user_data;

    if (!error) {
        manager_emit(self->manager, object_removed, self->object);
        kind_forget(self->manager, self->object);
    }
    self->removed(NULL, error, self->user_data);
}

void kind_remove_plain(Manager *self, ApiObject *object, gboolean force, ManagerDeleted removed,
                       gpointer user_data)
{
    const Removal removal = { self, object, removed, user_data };

    saving_delete(self, object, TRUE, on_gone, g_memdup2(&removal, sizeof removal));
}

gboolean kind_admit_data(Manager *self, ApplyEntry *entry, GError **error)
{
    const ApiField *field = api_type_find(entry->existing->info->type, "immutable");

    if (!entry->respecified || !field ||
        !api_bool_or(api_field_bool(field, entry->existing->data), FALSE))
        return TRUE;
    g_set_error(error, VMI_ERROR, VMI_ERROR_CONFLICT,
                "it is immutable, delete it first or use another name");
    return FALSE;
}

void kind_row_add(ManagerRow *row, const char *key, const char *value)
{
    if (!value || !*value)
        return;
    g_assert(row->n_details + 2 <= G_N_ELEMENTS(row->details));
    row->details[row->n_details++] = (char *)key;
    row->details[row->n_details++] = g_strdup(value);
}
