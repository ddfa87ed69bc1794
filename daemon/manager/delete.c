// SPDX-License-Identifier: LGPL-2.1-or-later
// Removing objects, one change after the other: which object is meant. What its removal takes is its kind's (manager/kind.h).
#include "base/error.h"
#include "manager/change.h"
#include "manager/delete-claim.h"
#include "manager/kind.h"
#include "manager/undefined.h"
#include "objects/object.h"

typedef struct {
    Manager *manager;
    const ApiKindInfo *info;
    char *namespace, *name;
    char *uid; // of the one that was meant; NULL: none
    gboolean force;
    ApiObject *object; // what is deleted, once admitted
    ApiObject *marked; // a copy with the mark, while that is saved
    ManagerDeleted deleted;
    gpointer user_data;
} Deletion;

static void deletion_free(gpointer data)
{
    Deletion *self = data;

    api_object_free(self->marked);
    g_free(self->namespace);
    g_free(self->name);
    g_free(self->uid);
    g_free(self);
}

static void finish(Deletion *self, ManagerJob *job, const GError *error)
{
    self->deleted(job, error, self->user_data);
    change_over(self->manager);
}

static void on_removed(ManagerJob *job, const GError *error, gpointer user_data)
{
    finish(user_data, job, error);
}

static void on_marked(const GError *error, gpointer user_data)
{
    Deletion *self = user_data;

    if (!error) {
        delete_take_mark(self->object, self->marked);
        manager_emit(self->manager, object_changed, self->object);
        queue_add(self->manager->queue, self->object);
    }
    finish(self, NULL, error);
}

// What belongs to it goes first, and then it: that goes on after the answer, and when vmid was killed.
static void mark_object(Deletion *self)
{
    self->marked = delete_make_mark(self->object);
    delete_save_mark(self->manager, self->marked, on_marked, self);
}

static void remove_object(Deletion *self)
{
    const Kind *kind = kind_of(self->info);

    (kind->remove ? kind->remove : kind_remove_plain)(self->manager, self->object, self->force,
                                                      on_removed, self);
}

static gboolean find_object(Deletion *self, GError **error)
{
    const Instance *undefined = g_str_equal(self->info->kind, "VirtualMachineInstance")
                                    ? undefined_find(self->manager, self->namespace, self->name)
                                    : NULL;

    self->object = objects_get(self->manager->objects, self->info, self->namespace, self->name);
    if (!self->object && undefined)
        return undefined_check(undefined, error);
    if (!self->object)
        return manager_refuse_missing(self->manager, self->info, self->namespace, self->name,
                                      error);
    if (!self->uid || g_strcmp0(api_object_meta(self->object)->uid, self->uid) == 0)
        return TRUE;
    g_set_error(error, VMI_ERROR, VMI_ERROR_CONFLICT,
                "%s \"%s\" was replaced by another while its deletion waited; try again",
                self->info->kind, self->name);
    return FALSE;
}

static void begin(gpointer change)
{
    Deletion *self = change;
    g_autoptr(GError) error = NULL;

    if (!find_object(self, &error))
        finish(self, NULL, error);
    else if (kind_has_children(self->manager, kind_of(self->info), self->object))
        mark_object(self);
    else
        remove_object(self);
}

void manager_delete(Manager *self, const ApiKindInfo *info, const char *namespace, const char *name,
                    gboolean force, ManagerDeleted deleted, gpointer user_data)
{
    const ApiObject *object = objects_get(self->objects, info, namespace, name);
    Deletion *deletion = g_new0(Deletion, 1);

    deletion->manager = self;
    deletion->info = info;
    deletion->namespace =
        g_strdup(info->namespaced ? object_namespace_or_default(namespace) : NULL);
    deletion->name = g_strdup(name);
    deletion->uid = g_strdup(object ? api_object_meta(object)->uid : NULL);
    deletion->force = force;
    deletion->deleted = deleted;
    deletion->user_data = user_data;
    change_push(self, begin, deletion, deletion_free);
}
