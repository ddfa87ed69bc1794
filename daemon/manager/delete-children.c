// SPDX-License-Identifier: LGPL-2.1-or-later
// See delete-children.h.
#include "manager/delete-children.h"

#include "base/error.h"
#include "manager/kind.h"
#include "manager/saving.h"

typedef struct {
    Manager *manager;
    char *topic;
} Step;

static void step_free(Step *self)
{
    g_free(self->topic);
    g_free(self);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Step, step_free)

static gboolean is_going(const Manager *self, const ApiObject *object)
{
    return api_object_meta(object)->deletion_timestamp || saving_is_deleting(self, object);
}

// That it is gone already is no failure.
static void on_deleted(ManagerJob *job, const GError *error, gpointer user_data)
{
    g_autoptr(Step) self = user_data;
    gboolean failed = error && !g_error_matches(error, VMI_ERROR, VMI_ERROR_NOT_FOUND);
    g_autofree char *problem =
        failed ? g_strdup_printf("what belongs to a deleted object could not be deleted: %s",
                                 error->message)
               : NULL;

    manager_set_problem(self->manager, self->topic, problem);
}

static void delete_one(Manager *self, const ApiObject *object)
{
    const ApiObjectMeta *meta = api_object_meta(object);
    Step *step = g_new0(Step, 1);

    step->manager = self;
    step->topic = g_strdup_printf("deleting %s %s", object->info->plural, meta->uid);
    manager_delete(self, object->info, meta->namespace, meta->name, FALSE, on_deleted, step);
}

void delete_children(Manager *self, ApiObject *owner)
{
    g_autoptr(GPtrArray) children = objects_owned_by(self->objects, api_object_meta(owner)->uid);

    for (guint i = 0; i < children->len; i++)
        if (!is_going(self, g_ptr_array_index(children, i)))
            delete_one(self, g_ptr_array_index(children, i));
    if (children->len == 0 && !saving_is_deleting(self, owner))
        delete_one(self, owner);
}

void delete_children_resume(Manager *self)
{
    g_autoptr(GPtrArray) all = objects_all(self->objects);

    for (guint i = 0; i < all->len; i++) {
        const ApiObject *object = g_ptr_array_index(all, i);

        if (kind_of(object->info)->owns && api_object_meta(object)->deletion_timestamp)
            queue_add(self->queue, object);
    }
}
