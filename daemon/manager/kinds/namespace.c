// SPDX-License-Identifier: LGPL-2.1-or-later
// Namespaces: one goes only when nothing is in it, and takes its directories and its slice with it.
#include "manager/kind.h"

#include "base/error.h"
#include "manager/saving.h"
#include "manager/unread.h"
#include "objects/object.h"

typedef struct {
    Manager *manager;
    ApiObject *object; // until it is gone from disk
    char *name;
    ManagerDeleted removed;
    gpointer user_data;
} Removal;

static void removal_free(Removal *self)
{
    g_free(self->name);
    g_free(self);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Removal, removal_free)

static gboolean may_remove(Manager *self, const char *name, GError **error)
{
    if (g_str_equal(name, object_namespace_or_default(NULL))) {
        g_set_error(error, VMI_ERROR, VMI_ERROR_CONFLICT, "the namespace \"%s\" is always there",
                    name);
        return FALSE;
    }
    if (!unread_check_namespace(self, name, error))
        return FALSE;
    if (objects_usage(self->objects, name).objects == 0)
        return TRUE;
    g_set_error(error, VMI_ERROR, VMI_ERROR_CONFLICT,
                "the namespace \"%s\" is not empty, see what is in it: vmictl get all -n %s", name,
                name);
    return FALSE;
}

static gpointer slice_run(gpointer data, GCancellable *cancellable, GError **error)
{
    return GINT_TO_POINTER(guest_forget_namespace(data, error));
}

// The namespace is gone whatever becomes of what it leaves.
static void tell_left(Manager *self, const char *name, const GError *error)
{
    if (error)
        manager_add_problem(self, "of the deleted namespace \"%s\" something is left: %s", name,
                            error->message);
}

static void slice_done(gpointer data, gpointer result, const GError *error, gpointer user_data)
{
    tell_left(user_data, data, error);
}

static void drop_slice(Manager *self, const char *namespace)
{
    static const WorkerTask task = {
        .run = slice_run,
        .done = slice_done,
        .input_free = g_free,
    };

    worker_pool_push(self->workers, &task, g_strdup(namespace), self->closing, self);
}

static gboolean tidy_store(Store *store, gpointer input, GError **error)
{
    return store_delete_namespace(store, input, error);
}

static void on_tidied(const GError *error, gpointer user_data)
{
    g_autoptr(Removal) self = user_data;

    tell_left(self->manager, self->name, error);
    self->removed(NULL, NULL, self->user_data);
}

static void tidy(Removal *self)
{
    g_autoptr(GError) error = NULL;

    if (!storage_namespace_delete(&self->manager->storage, self->name, &error))
        tell_left(self->manager, self->name, error);
    drop_slice(self->manager, self->name);
    store_writer_run(self->manager->writer, tidy_store, self->name, on_tidied, self);
}

static void on_gone(const GError *error, gpointer user_data)
{
    g_autoptr(Removal) self = user_data;

    if (error) {
        self->removed(NULL, error, self->user_data);
        return;
    }
    manager_emit(self->manager, object_removed, self->object);
    kind_forget(self->manager, self->object);
    tidy(g_steal_pointer(&self));
}

static void remove_namespace(Manager *self, ApiObject *object, gboolean force,
                             ManagerDeleted removed, gpointer user_data)
{
    const char *name = api_object_meta(object)->name;
    g_autoptr(GError) error = NULL;
    Removal *removal = NULL;

    if (!may_remove(self, name, &error)) {
        removed(NULL, error, user_data);
        return;
    }
    removal = g_new0(Removal, 1);
    *removal = (Removal){ self, object, g_strdup(name), removed, user_data };
    saving_delete(self, object, TRUE, on_gone, removal);
}

// ---- the one that is always there ------------------------------------------------------------------------------

void manager_ensure_default_namespace(Manager *self)
{
    const ApiKindInfo *info = api_kind_find("Namespace");
    const char *name = object_namespace_or_default(NULL);
    ApiObject *object = NULL;
    ApiObjectMeta *meta = NULL;

    if (objects_get(self->objects, info, NULL, name) || unread_covers(self, info, NULL, name))
        return;
    object = api_object_new(info);
    meta = api_object_meta(object);
    meta->name = g_strdup(name);
    meta->uid = g_uuid_string_random();
    meta->creation_timestamp = manager_format_time(g_get_real_time());
    objects_put(self->objects, object);
    saving_save(self, object);
}

const Kind kind_namespace = {
    .name = "Namespace",
    .admit = kind_admit_data,
    .remove = remove_namespace,
};
