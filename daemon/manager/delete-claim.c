// SPDX-License-Identifier: LGPL-2.1-or-later
// Removing claims; see delete-claim.h. A claim that is marked is deleted by whoever ends its last use.
#include "manager/delete-claim.h"

#include "base/error.h"
#include "manager/kind.h"
#include "manager/saving.h"
#include "manager/unread.h"
#include "objects/object.h"

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

// A claim whose data is out of the way, and whose definition is going.
typedef struct {
    Manager *manager;
    ApiObject *object;
    char *trash; // NULL: it had no data
    StoreWritten done;
    gpointer user_data;
} Removal;

static void removal_free(Removal *self)
{
    g_free(self->trash);
    g_free(self);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Removal, removal_free)

static void restore(Removal *self)
{
    Manager *manager = self->manager;
    const ApiObjectMeta *meta = api_object_meta(self->object);
    g_autoptr(GError) error = NULL;

    if (self->trash &&
        !storage_claim_restore(&manager->storage, meta->namespace, meta->name, self->trash, &error))
        manager_add_problem(manager,
                            "the data of the claim \"%s/%s\", which was not deleted, is in "
                            "\"%s\": %s",
                            meta->namespace, meta->name, self->trash, error->message);
    // Whoever asked for it meanwhile was told that it is going.
    queue_add_referrers(manager->queue, self->object);
}

static void on_definition_gone(const GError *error, gpointer user_data)
{
    g_autoptr(Removal) self = user_data;
    Manager *manager = self->manager;
    g_autofree char *topic = topic_of(api_object_meta(self->object));

    if (error) {
        restore(self);
    } else {
        manager_set_problem(manager, topic, NULL);
        remove_trash(manager, g_steal_pointer(&self->trash));
        manager_emit(manager, object_removed, self->object);
        kind_forget(manager, self->object);
    }
    self->done(error, self->user_data);
}

// The data first: the other way round, a crash in between would hand it to the next claim of that name.
static void remove_claim(Manager *self, ApiObject *object, StoreWritten done, gpointer user_data)
{
    const ApiObjectMeta *meta = api_object_meta(object);
    g_autoptr(GError) error = NULL;
    g_autoptr(Removal) removal = g_new0(Removal, 1);

    *removal = (Removal){ .manager = self, .object = object, .done = done, .user_data = user_data };
    if (storage_claim_delete(&self->storage, meta->namespace, meta->name, &removal->trash, &error))
        saving_delete(self, object, TRUE, on_definition_gone, g_steal_pointer(&removal));
    else
        done(error, user_data);
}

// ---- whether it may go -----------------------------------------------------------------------------------------

// "VirtualMachineInstance \"NAME\", ...": the objects that name the claim of META. Owned.
static char *describe_referrers(const Manager *self, const ApiObjectMeta *meta)
{
    g_autoptr(GPtrArray) referrers = objects_referrers(
        self->objects, api_kind_find("PersistentVolumeClaim"), meta->namespace, meta->name);
    g_autoptr(GString) text = g_string_new(NULL);

    for (guint i = 0; i < referrers->len; i++) {
        const ApiObject *object = g_ptr_array_index(referrers, i);

        g_string_append_printf(text, "%s%s \"%s\"", i > 0 ? ", " : "", object->info->kind,
                               api_object_meta(object)->name);
    }
    return g_string_free(g_steal_pointer(&text), FALSE);
}

static gboolean check_unused(Manager *self, const ApiObjectMeta *meta, char **users, GError **error)
{
    g_autofree char *list = g_strjoinv(", ", users);
    g_autofree char *names = NULL, *arguments = NULL;

    if (users[0]) {
        g_set_error(error, VMI_ERROR, VMI_ERROR_CONFLICT,
                    "the claim \"%s\" is in use by %s, stop that first", meta->name, list);
        return FALSE;
    }
    // A definition that could not be read may name it.
    if (!unread_check_namespace(self, meta->namespace, error))
        return FALSE;
    names = describe_referrers(self, meta);
    if (!*names)
        return TRUE;
    arguments = object_vmictl_arguments(meta->namespace, meta->name);
    g_set_error(error, VMI_ERROR, VMI_ERROR_CONFLICT,
                "the claim \"%s\" is part of %s, which is defined and would not start without it: "
                "delete that first, or the claim with its data all the same: vmictl delete --force "
                "pvc %s",
                meta->name, names, arguments);
    return FALSE;
}

ApiObject *delete_make_mark(const ApiObject *object)
{
    ApiObject *marked = api_object_copy(object);

    api_object_meta(marked)->deletion_timestamp = manager_format_time(g_get_real_time());
    return marked;
}

void delete_save_mark(Manager *self, const ApiObject *marked, StoreWritten done, gpointer user_data)
{
    const SavingChange change = { .candidate = marked, .urgent = TRUE };
    g_autoptr(GArray) changes = g_array_new(FALSE, FALSE, sizeof(SavingChange));

    g_array_append_val(changes, change);
    saving_commit(self, changes, done, user_data);
}

void delete_take_mark(ApiObject *object, ApiObject *marked)
{
    ApiObjectMeta *meta = api_object_meta(object);

    meta->deletion_timestamp = g_steal_pointer(&api_object_meta(marked)->deletion_timestamp);
}

typedef struct {
    Manager *manager;
    ApiObject *object, *marked;
    StoreWritten done;
    gpointer user_data;
} Marking;

static void marking_free(Marking *self)
{
    api_object_free(self->marked);
    g_free(self);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Marking, marking_free)

static void on_marked(const GError *error, gpointer user_data)
{
    g_autoptr(Marking) self = user_data;
    Manager *manager = self->manager;

    if (!error) {
        delete_take_mark(self->object, self->marked);
        manager->any_marked = TRUE;
        manager_emit(manager, object_changed, self->object);
    }
    self->done(error, self->user_data);
    // Its last user may have ended meanwhile.
    delete_marked_claims(manager);
}

static void mark(Manager *self, ApiObject *object, StoreWritten done, gpointer user_data)
{
    Marking *marking = NULL;

    if (api_object_meta(object)->deletion_timestamp) {
        done(NULL, user_data);
        return;
    }
    marking = g_new0(Marking, 1);
    *marking = (Marking){ self, object, delete_make_mark(object), done, user_data };
    delete_save_mark(self, marking->marked, on_marked, marking);
}

void delete_claim(Manager *self, ApiObject *object, gboolean force, StoreWritten done,
                  gpointer user_data)
{
    const ApiObjectMeta *meta = api_object_meta(object);
    g_autoptr(GError) error = NULL;
    g_auto(GStrv) users = NULL;

    // Before, a guest that nobody has found yet may use it.
    if (!manager_check_ready(self, &error)) {
        done(error, user_data);
        return;
    }
    users = manager_claim_users(self, meta->namespace, meta->name);
    if (saving_is_deleting(self, object))
        done(NULL, user_data); // its last user has just ended
    else if (!force && !check_unused(self, meta, users, &error))
        done(error, user_data);
    else if (users[0])
        mark(self, object, done, user_data);
    else
        remove_claim(self, object, done, user_data);
}

// ---- those that are marked -------------------------------------------------------------------------------------

// Not for one that went.
static void on_marked_removed(const GError *error, gpointer user_data)
{
    Marking *self = user_data;

    if (error) {
        g_autofree char *topic = topic_of(api_object_meta(self->object));
        g_autofree char *problem =
            g_strdup_printf("a claim could not be deleted, delete it again: %s", error->message);

        manager_set_problem(self->manager, topic, problem);
    }
    g_free(self);
}

static void remove_if_unused(Manager *self, ApiObject *object)
{
    const ApiObjectMeta *meta = api_object_meta(object);
    g_auto(GStrv) users = manager_claim_users(self, meta->namespace, meta->name);
    Marking *marking = NULL;

    if (users[0] || saving_is_deleting(self, object))
        return;
    marking = g_new0(Marking, 1);
    *marking = (Marking){ .manager = self, .object = object };
    remove_claim(self, object, on_marked_removed, marking);
}

void delete_marked_claims(Manager *self)
{
    g_autoptr(GPtrArray) marked = g_ptr_array_new();
    g_autoptr(GPtrArray) all = NULL;

    if (!self->swept || !self->any_marked)
        return;
    all = objects_all(self->objects);
    for (guint i = 0; i < all->len; i++) {
        ApiObject *object = g_ptr_array_index(all, i);

        if (api_object_pvc(object) && api_object_meta(object)->deletion_timestamp)
            g_ptr_array_add(marked, object);
    }
    self->any_marked = marked->len > 0;
    for (guint i = 0; i < marked->len; i++)
        remove_if_unused(self, g_ptr_array_index(marked, i));
}
