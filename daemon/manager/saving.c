// SPDX-License-Identifier: LGPL-2.1-or-later
// See saving.h. Knows what failed by its name only: the object may change, go or come back before the next try.
#include "manager/saving.h"

#include "base/error.h"
#include "manager/instance.h"
#include "manager/job.h"
#include "manager/objects.h"

enum {
    FIRST_RETRY_SECONDS = 1,
    MAX_RETRY_SECONDS = 30,
};

typedef struct {
    const ApiKindInfo *info;
    char *namespace, *name;
    GError *error;
} Unsaved;

void saving_free(gpointer unsaved)
{
    Unsaved *self = unsaved;

    g_free(self->namespace);
    g_free(self->name);
    g_error_free(self->error);
    g_free(self);
}

static char *key_of(const ApiObject *object)
{
    const ApiObjectMeta *meta = api_object_meta(object);

    return object_key(object->info, meta->namespace, meta->name);
}

static gboolean retry(gpointer user_data);

static void arm(Manager *self)
{
    if (self->save_delay == 0)
        self->save_delay = FIRST_RETRY_SECONDS;
    if (self->save_timer == 0)
        self->save_timer = g_timeout_add_seconds(self->save_delay, retry, self);
}

static void stop_retrying(Manager *self)
{
    if (self->unsettled || g_hash_table_size(self->unsaved) > 0)
        return;
    g_clear_handle_id(&self->save_timer, g_source_remove);
    self->save_delay = FIRST_RETRY_SECONDS;
}

// A change of several that is made, but that the disk has refused to carry out so far.
static void check_settled(Manager *self)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *problem = NULL;

    self->unsettled = !store_settle(self->store, &error);
    if (g_error_matches(error, VMI_ERROR, VMI_ERROR_INVALID)) {
        self->unsettled = FALSE; // it was set aside
        manager_add_problem(self, "%s", error->message);
    }
    if (self->unsettled)
        problem = g_strdup_printf("a change of definitions could not be carried out on disk yet: "
                                  "%s; vmid tries again",
                                  error->message);
    manager_set_problem(self, "settling", problem);
    if (self->unsettled)
        arm(self);
    else
        stop_retrying(self);
}

static void set_saved(Manager *self, const char *key)
{
    g_autofree char *topic = g_strconcat("saving ", key, NULL);

    if (!g_hash_table_remove(self->unsaved, key))
        return;
    manager_set_problem(self, topic, NULL);
    stop_retrying(self);
}

static void set_unsaved(Manager *self, const ApiKindInfo *info, const char *namespace,
                        const char *name, const GError *error)
{
    Unsaved *unsaved = g_new0(Unsaved, 1);
    g_autofree char *key = object_key(info, namespace, name);
    g_autofree char *topic = g_strconcat("saving ", key, NULL);
    g_autofree char *problem = g_strdup_printf(
        "the definition of %s \"%s%s%s\" on disk is not the one in use: %s; vmid tries again",
        info->kind, namespace ? namespace : "", namespace ? "/" : "", name, error->message);

    unsaved->info = info;
    unsaved->namespace = g_strdup(namespace);
    unsaved->name = g_strdup(name);
    unsaved->error = g_error_copy(error);
    g_hash_table_replace(self->unsaved, g_steal_pointer(&key), unsaved);
    arm(self);
    manager_set_problem(self, topic, problem);
}

// FAILURE: what the store said of OBJECT, or NULL when it is on disk. Taken over.
static gboolean note(Manager *self, const ApiObject *object, GError *failure, GError **error)
{
    const ApiObjectMeta *meta = api_object_meta(object);
    g_autofree char *key = key_of(object);

    if (!failure) {
        set_saved(self, key);
        return TRUE;
    }
    set_unsaved(self, object->info, meta->namespace, meta->name, failure);
    g_propagate_error(error, failure);
    return FALSE;
}

gboolean saving_save(Manager *self, const ApiObject *object, GError **error)
{
    GError *failure = NULL;

    (void)!store_save(self->store, object, &failure);
    return note(self, object, failure, error);
}

gboolean saving_save_urgent(Manager *self, const ApiObject *object, GError **error)
{
    GError *failure = NULL;

    (void)!store_save_urgent(self->store, object, &failure);
    return note(self, object, failure, error);
}

gboolean saving_delete(Manager *self, const ApiObject *object, GError **error)
{
    const ApiObjectMeta *meta = api_object_meta(object);
    GError *failure = NULL;

    (void)!store_delete(self->store, object->info, meta->namespace, meta->name, &failure);
    return note(self, object, failure, error);
}

gboolean saving_save_all(Manager *self, const GPtrArray *objects, GError **error)
{
    if (!store_save_all(self->store, objects, error))
        return FALSE;
    check_settled(self);
    for (guint i = 0; i < objects->len; i++) {
        g_autofree char *key = key_of(g_ptr_array_index(objects, i));

        set_saved(self, key);
    }
    return TRUE;
}

static gboolean bring_to_disk(Manager *self, const ApiKindInfo *info, const char *namespace,
                              const char *name, GError **error)
{
    const ApiObject *object = objects_find(self, info, namespace, name);

    return object ? store_save(self->store, object, error)
                  : store_delete(self->store, info, namespace, name, error);
}

void saving_settle(Manager *self, const ApiObject *object)
{
    const ApiObjectMeta *meta = api_object_meta(object);
    GError *failure = NULL;

    (void)!bring_to_disk(self, object->info, meta->namespace, meta->name, &failure);
    // What could not be brought to disk is a problem now: that is all there is to say.
    note(self, object, failure, NULL);
}

gboolean saving_delete_or_keep(Manager *self, const ApiObject *object, GError **error)
{
    if (saving_delete(self, object, error))
        return TRUE;
    saving_settle(self, object);
    return FALSE;
}

const GError *saving_failure(const Manager *self, const ApiObject *object)
{
    g_autofree char *key = key_of(object);
    const Unsaved *unsaved = g_hash_table_lookup(self->unsaved, key);

    return unsaved ? unsaved->error : NULL;
}

// ---- again -----------------------------------------------------------------------------------------------------

// A deletion whose last step the disk refused: the mark is on disk again, and so is the wish.
static void delete_again(Manager *self, const Unsaved *unsaved)
{
    Instance *instance = g_str_equal(unsaved->info->kind, "VirtualMachineInstance")
                             ? instance_find(self, unsaved->namespace, unsaved->name)
                             : NULL;

    if (instance && instance_is_deleted(instance) && !instance->public.job)
        job_new(instance, MANAGER_JOB_DELETE);
}

static void try_one(Manager *self, const char *key)
{
    const Unsaved *unsaved = g_hash_table_lookup(self->unsaved, key);
    g_autoptr(GError) error = NULL;

    if (!unsaved)
        return;
    if (!bring_to_disk(self, unsaved->info, unsaved->namespace, unsaved->name, &error)) {
        set_unsaved(self, unsaved->info, unsaved->namespace, unsaved->name, error);
        return;
    }
    delete_again(self, unsaved);
    set_saved(self, key);
}

void saving_try_all(Manager *self)
{
    g_autofree gpointer *borrowed = g_hash_table_get_keys_as_array(self->unsaved, NULL);
    g_auto(GStrv) keys = g_strdupv((char **)borrowed);

    check_settled(self);
    for (guint i = 0; keys[i]; i++)
        try_one(self, keys[i]);
}

static gboolean retry(gpointer user_data)
{
    Manager *self = user_data;

    self->save_timer = 0;
    self->save_delay = MIN(self->save_delay * 2, MAX_RETRY_SECONDS);
    saving_try_all(self);
    return G_SOURCE_REMOVE;
}
