// SPDX-License-Identifier: LGPL-2.1-or-later
// Guests without a definition; see stray.h. Never stops one.
#include "manager/stray.h"

#include "base/error.h"
#include "manager/delete-claim.h"
#include "manager/instance.h"
#include "manager/objects.h"
#include "manager/unread.h"

typedef struct {
    GuestRun *run;
    guint32 uid;     // reserved; 0: none
    gboolean ended;  // a worker cleans up after it
    gboolean unread; // there may be a definition, which could not be read
} Stray;

void stray_free(gpointer stray)
{
    Stray *self = stray;

    g_clear_pointer(&self->run, guest_run_free);
    g_free(self);
}

static Stray *find(const Manager *self, const char *namespace, const char *name)
{
    for (guint i = 0; i < self->strays->len; i++) {
        Stray *stray = g_ptr_array_index(self->strays, i);

        if (g_str_equal(stray->run->namespace, namespace) && g_str_equal(stray->run->name, name))
            return stray;
    }
    return NULL;
}

static void tell(Manager *self, const Stray *stray)
{
    g_autofree char *problem =
        g_strdup_printf("the guest \"%s/%s\" runs and has no definition; it is left alone, and "
                        "\"systemctl stop %s\" ends it",
                        stray->run->namespace, stray->run->name, stray->run->scope);

    manager_set_guest_problem(self, stray->run->namespace, stray->run->name, problem);
}

void stray_add(Manager *self, GuestRun *run)
{
    Stray *stray = NULL;

    if (find(self, run->namespace, run->name)) {
        guest_run_free(run);
        return;
    }
    stray = g_new0(Stray, 1);
    stray->run = run;
    if (uid_pool_reserve(self->uids, run->uid))
        stray->uid = run->uid;
    else
        manager_add_problem(self, "two guests run as user %u", run->uid);
    if (run->dedicated_cpus)
        cpu_pool_reserve(self->cpus, run->dedicated_cpus);
    stray->unread =
        unread_covers(self, api_kind_find("VirtualMachineInstance"), run->namespace, run->name);
    g_ptr_array_add(self->strays, stray);
    if (!stray->unread)
        tell(self, stray);
}

gboolean stray_check_name(const Instance *instance, GError **error)
{
    const Stray *stray =
        find(instance->manager, instance_namespace(instance), instance_name(instance));
    g_autofree char *arguments =
        object_vmictl_arguments(instance_namespace(instance), instance_name(instance));

    if (!stray)
        return TRUE;
    g_set_error(error, VMI_ERROR, VMI_ERROR_CONFLICT,
                "a guest of this name runs that has no definition, end it first and start this one "
                "then: systemctl stop %s; vmictl start %s",
                stray->run->scope, arguments);
    return FALSE;
}

static gboolean has_path(const GPtrArray *paths, const char *path)
{
    return g_ptr_array_find_with_equal_func((GPtrArray *)paths, path, g_str_equal, NULL);
}

// Of a guest that libvirt has lost, and whose definition is gone, nobody says what it uses: any claim of its namespace may be, and so it is.
static gboolean may_write(const GuestRun *run, const char *image)
{
    g_autofree char *claim = g_path_get_dirname(image);
    g_autofree char *parent = g_path_get_dirname(claim);
    g_autofree char *namespace = g_path_get_basename(parent);

    return has_path(run->images, image) ||
           (run->unreachable && g_str_equal(namespace, run->namespace));
}

const GuestRun *stray_next_user(const Manager *self, const char *image, guint *position,
                                gboolean *ret_writes)
{
    while (*position < self->strays->len) {
        const Stray *stray = g_ptr_array_index(self->strays, (*position)++);

        *ret_writes = may_write(stray->run, image);
        if (*ret_writes || has_path(stray->run->bases, image))
            return stray->run;
    }
    return NULL;
}

const GuestRun *stray_next(const Manager *self, guint *position)
{
    const Stray *stray =
        *position < self->strays->len ? g_ptr_array_index(self->strays, (*position)++) : NULL;

    return stray ? stray->run : NULL;
}

// ---- cleaning up -----------------------------------------------------------------------------------------------

typedef struct {
    GuestHost *host;
    const StorageConfig *storage;
    Stray *stray; // the manager's, until this is done
} ReleaseInput;

static gpointer release_run(gpointer data, GCancellable *cancellable, GError **error)
{
    const ReleaseInput *input = data;
    const GuestRun *run = input->stray->run;

    return GINT_TO_POINTER(guest_release(input->host, input->storage, run->namespace, run->name,
                                         run->domain_uuid, error));
}

static void give_back(Manager *self, const Stray *stray)
{
    if (stray->uid != 0)
        uid_pool_give_back(self->uids, stray->uid);
    if (stray->run->dedicated_cpus)
        cpu_pool_give_back(self->cpus, stray->run->dedicated_cpus);
}

static void release_done(gpointer data, gpointer result, const GError *error, gpointer user_data)
{
    Manager *self = user_data;
    Stray *stray = ((const ReleaseInput *)data)->stray;

    manager_set_guest_problem(self, stray->run->namespace, stray->run->name, NULL);
    // What could not be released now is swept when vmid starts; until then nobody else gets the user id.
    if (error)
        manager_add_problem(self, "not all of the guest \"%s/%s\" could be cleaned up: %s",
                            stray->run->namespace, stray->run->name, error->message);
    else
        give_back(self, stray);
    if (!error)
        guest_forget(self->host, stray->run->namespace, stray->run->name);
    g_ptr_array_remove_fast(self->strays, stray);
    delete_marked_claims(self);
}

static void release(Manager *self, Stray *stray)
{
    static const WorkerTask task = {
        .run = release_run,
        .done = release_done,
        .input_free = g_free,
    };
    ReleaseInput *input = NULL;

    // Of one whose definition could not be read it is not known yet whether it is a stray.
    if (stray->ended || stray->unread)
        return;
    stray->ended = TRUE;
    input = g_new0(ReleaseInput, 1);
    input->host = self->host;
    input->storage = &self->storage;
    input->stray = stray;
    worker_pool_push(self->releasers, &task, input, NULL, self);
}

gboolean stray_end(Manager *self, const char *namespace, const char *name)
{
    Stray *stray = find(self, namespace, name);

    if (stray)
        release(self, stray);
    return stray != NULL;
}

void stray_scope_over(Manager *self, const char *scope)
{
    for (guint i = 0; i < self->strays->len; i++) {
        Stray *stray = g_ptr_array_index(self->strays, i);

        // Of all others libvirt tells.
        if (stray->run->unreachable && g_str_equal(stray->run->scope, scope))
            release(self, stray);
    }
}

void stray_check_alive(Manager *self)
{
    for (guint i = 0; i < self->strays->len; i++) {
        Stray *stray = g_ptr_array_index(self->strays, i);

        if (guest_run_is_gone(stray->run))
            release(self, stray);
    }
}

// ---- unread ----------------------------------------------------------------------------------------------------

const char *stray_unread_uid(const Manager *self, const char *namespace, const char *name)
{
    const Stray *stray = find(self, namespace, name);

    return stray && stray->unread ? stray->run->object_uid : NULL;
}

// By its names when nothing is left that tells the object's uid.
static gboolean is_of(const GuestRun *run, const ApiObjectMeta *meta)
{
    return run->object_uid ? g_strcmp0(run->object_uid, meta->uid) == 0
                           : g_strcmp0(run->namespace, meta->namespace) == 0 &&
                                 g_strcmp0(run->name, meta->name) == 0;
}

GuestRun *stray_take(Manager *self, const ApiObjectMeta *meta)
{
    for (guint i = 0; i < self->strays->len; i++) {
        Stray *stray = g_ptr_array_index(self->strays, i);
        GuestRun *run = NULL;

        if (stray->ended || !is_of(stray->run, meta))
            continue;
        give_back(self, stray);
        run = g_steal_pointer(&stray->run);
        g_ptr_array_remove_index_fast(self->strays, i);
        return run;
    }
    return NULL;
}

void stray_forget_unread(Manager *self)
{
    for (guint i = 0; i < self->strays->len; i++) {
        Stray *stray = g_ptr_array_index(self->strays, i);

        if (!stray->unread)
            continue;
        stray->unread = FALSE;
        if (guest_run_is_gone(stray->run))
            release(self, stray);
        else
            tell(self, stray);
    }
}
