// SPDX-License-Identifier: LGPL-2.1-or-later
// Removing claims; see delete-claim.h. A claim that is marked is deleted by whoever ends its last use.
#include "manager/delete-claim.h"

#include "base/error.h"
#include "manager/objects.h"
#include "manager/saving.h"
#include "manager/unread.h"

// ---- the data --------------------------------------------------------------------------------------------------

typedef struct {
    const StorageConfig *config; // the manager's, which never changes
    char *trash;
} TrashInput;

static void trash_input_free(gpointer data)
{
    TrashInput *self = data;

    g_free(self->trash);
    g_free(self);
}

static gpointer trash_run(gpointer data, GCancellable *cancellable, GError **error)
{
    const TrashInput *input = data;

    return GINT_TO_POINTER(storage_trash_remove(input->config, input->trash, error));
}

static void trash_done(gpointer data, gpointer result, const GError *error, gpointer user_data)
{
    if (error)
        manager_add_problem(user_data, "the data of a deleted claim is still there: %s",
                            error->message);
}

// Takes TRASH over.
static void remove_trash(Manager *self, char *trash)
{
    static const WorkerTask task = {
        .run = trash_run,
        .done = trash_done,
        .input_free = trash_input_free,
    };
    TrashInput *input = NULL;

    if (!trash)
        return;
    input = g_new0(TrashInput, 1);
    input->config = &self->storage;
    input->trash = trash;
    worker_pool_push(self->workers, &task, input, self->closing, self);
}

gboolean delete_claim_data(Manager *self, const char *namespace, const char *name, GError **error)
{
    g_autofree char *trash = NULL;

    if (!storage_claim_delete(&self->storage, namespace, name, &trash, error))
        return FALSE;
    remove_trash(self, g_steal_pointer(&trash));
    return TRUE;
}

static char *topic_of(const ApiObjectMeta *meta)
{
    return g_strdup_printf("deleting claim %s/%s", meta->namespace, meta->name);
}

// The data first: the other way round, a crash in between would hand it to the next claim of that name.
static gboolean remove_claim(Manager *self, ApiObject *object, GError **error)
{
    const ApiObjectMeta *meta = api_object_meta(object);
    g_autofree char *trash = NULL;
    g_autofree char *topic = topic_of(meta);
    g_autoptr(GError) restore_error = NULL;
    gboolean moved =
        storage_claim_delete(&self->storage, meta->namespace, meta->name, &trash, error);

    if (moved && saving_delete_or_keep(self, object, error)) {
        manager_set_problem(self, topic, NULL);
        remove_trash(self, g_steal_pointer(&trash));
        manager_emit(self, object_removed, object);
        objects_remove(self, object);
        return TRUE;
    }
    if (trash &&
        !storage_claim_restore(&self->storage, meta->namespace, meta->name, trash, &restore_error))
        manager_add_problem(self,
                            "the data of the claim \"%s/%s\", which was not deleted, is in "
                            "\"%s\": %s",
                            meta->namespace, meta->name, trash, restore_error->message);
    return FALSE;
}

// ---- whether it may go -----------------------------------------------------------------------------------------

static gboolean check_unused(Manager *self, const ApiObjectMeta *meta, char **users, GError **error)
{
    g_autofree char *list = g_strjoinv(", ", users);
    g_auto(GStrv) referrers = NULL;
    g_autofree char *names = NULL, *arguments = NULL;

    if (users[0]) {
        g_set_error(error, VMI_ERROR, VMI_ERROR_CONFLICT,
                    "the claim \"%s\" is in use by %s, stop that first", meta->name, list);
        return FALSE;
    }
    // A definition that could not be read may name it.
    if (!unread_check_namespace(self, meta->namespace, error))
        return FALSE;
    referrers = objects_referrers(self, api_kind_find("PersistentVolumeClaim"), meta->namespace,
                                  meta->name);
    if (!referrers[0])
        return TRUE;
    names = g_strjoinv(", ", referrers);
    arguments = object_vmictl_arguments(meta->namespace, meta->name);
    g_set_error(error, VMI_ERROR, VMI_ERROR_CONFLICT,
                "the claim \"%s\" is part of %s, which is defined and would not start without it: "
                "delete that first, or the claim with its data all the same: vmictl delete --force "
                "pvc %s",
                meta->name, names, arguments);
    return FALSE;
}

static gboolean mark(Manager *self, ApiObject *object, GError **error)
{
    ApiObjectMeta *meta = api_object_meta(object);

    if (meta->deletion_timestamp)
        return TRUE;
    meta->deletion_timestamp = manager_format_time(g_get_real_time());
    if (saving_save_urgent(self, object, error)) {
        self->any_marked = TRUE;
        manager_emit(self, object_changed, object);
        return TRUE;
    }
    // What is refused is not to happen at the next start either: the mark may have reached the disk.
    g_clear_pointer(&meta->deletion_timestamp, g_free);
    saving_settle(self, object);
    return FALSE;
}

gboolean delete_claim(Manager *self, ApiObject *object, gboolean force, GError **error)
{
    const ApiObjectMeta *meta = api_object_meta(object);
    g_auto(GStrv) users = NULL;

    // Before, a guest that nobody has found yet may use it.
    if (!manager_check_ready(self, error))
        return FALSE;
    users = manager_claim_users(self, meta->namespace, meta->name);
    if (!force && !check_unused(self, meta, users, error))
        return FALSE;
    return users[0] ? mark(self, object, error) : remove_claim(self, object, error);
}

// ---- those that are marked -------------------------------------------------------------------------------------

static void remove_if_unused(Manager *self, ApiObject *object)
{
    const ApiObjectMeta *meta = api_object_meta(object);
    g_auto(GStrv) users = manager_claim_users(self, meta->namespace, meta->name);
    g_autofree char *topic = topic_of(meta);
    g_autofree char *problem = NULL;
    g_autoptr(GError) error = NULL;

    if (users[0])
        return;
    if (remove_claim(self, object, &error))
        return;
    problem = g_strdup_printf("a claim could not be deleted, delete it again: %s", error->message);
    manager_set_problem(self, topic, problem);
}

void delete_marked_claims(Manager *self)
{
    g_autoptr(GPtrArray) marked = g_ptr_array_new();
    GHashTableIter iter;
    gpointer object = NULL;

    if (!self->swept || !self->any_marked)
        return;
    g_hash_table_iter_init(&iter, self->objects);
    while (g_hash_table_iter_next(&iter, NULL, &object))
        if (api_object_pvc(object) && api_object_meta(object)->deletion_timestamp)
            g_ptr_array_add(marked, object);
    self->any_marked = marked->len > 0;
    for (guint i = 0; i < marked->len; i++)
        remove_if_unused(self, g_ptr_array_index(marked, i));
}
