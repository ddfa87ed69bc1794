// SPDX-License-Identifier: LGPL-2.1-or-later
// The store's directories; see store.h. Writing is in commit.c, reading in store-load.c. None of them knows what
// the objects mean, nor keeps any.
#include "store/store-internal.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "api/validate.h"
#include "base/error.h"
#include "base/fd.h"
#include "base/io.h"

enum {
    // NAME_MAX less ".yaml.broken"; Kubernetes allows 253.
    STORE_MAX_NAME = 255 - (sizeof STORE_SUFFIX - 1) - (sizeof STORE_BROKEN_SUFFIX - 1),
};

Store *store_open(const char *root, GError **error)
{
    vmi_autofd int fd = -1;
    Store *self = NULL;

    if (g_mkdir_with_parents(root, 0700) < 0) {
        vmi_set_error_errno(error, errno, "cannot create \"%s\"", root);
        return NULL;
    }
    fd = open(root, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0) {
        vmi_set_error_errno(error, errno, "cannot open \"%s\"", root);
        return NULL;
    }
    self = g_new0(Store, 1);
    self->path = g_strdup(root);
    self->root_fd = vmi_steal_fd(&fd);
    self->pending = STORE_TO_FINISH;
    store_reserve_fill(self);
    return self;
}

void store_free(Store *self)
{
    if (!self)
        return;
    vmi_close_fd(&self->root_fd);
    g_free(self->path);
    g_free(self);
}

// ---- changes ---------------------------------------------------------------------------------------------------

static StoreChange *change_new(const ApiKindInfo *info, const char *namespace, const char *name)
{
    StoreChange *self = g_new0(StoreChange, 1);

    self->info = info;
    self->namespace = g_strdup(info->namespaced ? namespace : NULL);
    self->name = g_strdup(name);
    return self;
}

StoreChange *store_change_new(const ApiObject *object, gboolean urgent)
{
    const ApiObjectMeta *meta = api_object_meta(object);
    StoreChange *self = change_new(object->info, meta->namespace, meta->name);

    self->text = api_object_print(object, API_FORMAT_STORED);
    self->length = strlen(self->text);
    self->urgent = urgent;
    return self;
}

StoreChange *store_change_new_delete(const ApiKindInfo *info, const char *namespace,
                                     const char *name)
{
    return change_new(info, namespace, name);
}

void store_change_free(StoreChange *self)
{
    if (!self)
        return;
    g_free(self->namespace);
    g_free(self->name);
    g_free(self->text);
    g_free(self);
}

StorePlace store_change_place(const StoreChange *self)
{
    return (StorePlace){ self->info, self->namespace, self->name };
}

// ---- places ----------------------------------------------------------------------------------------------------

gboolean store_check_place(const StorePlace *place, GError **error)
{
    const char *name = place->name, *namespace = place->namespace;

    if (!name || !api_name_is_claim(name)) {
        g_set_error(error, VMI_ERROR, VMI_ERROR_INVALID, "\"%s\" is not an object name",
                    name ? name : "");
        return FALSE;
    }
    if (strlen(name) > STORE_MAX_NAME) {
        g_set_error(error, VMI_ERROR, VMI_ERROR_TOO_LARGE,
                    "the name \"%s\" is too long to be stored, use at most %d characters", name,
                    (int)STORE_MAX_NAME);
        return FALSE;
    }
    if (place->info->namespaced && (!namespace || !api_name_is_dns_label(namespace))) {
        g_set_error(error, VMI_ERROR, VMI_ERROR_INVALID, "\"%s\" is not a namespace name",
                    namespace ? namespace : "");
        return FALSE;
    }
    return TRUE;
}

// Also for one that is in use: what is swept is nobody's, as all writing is done by one thread, and comes to an end before the next begins.
gboolean store_sweep_temps(int dir_fd)
{
    g_autoptr(GPtrArray) names = vmi_list_dir(dir_fd);

    for (guint i = 0; names && i < names->len; i++)
        if (g_str_has_prefix(g_ptr_array_index(names, i), STORE_TEMP_PREFIX))
            unlinkat(dir_fd, g_ptr_array_index(names, i), 0);
    return names != NULL;
}

int store_create_temp(int dir_fd, char **ret_name)
{
    g_autofree char *name = NULL;
    int fd = -1;

    do {
        g_free(name);
        name = g_strdup_printf(STORE_TEMP_PREFIX "%08x%08x", g_random_int(), g_random_int());
        fd = openat(dir_fd, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    } while (fd < 0 && errno == EEXIST);
    if (fd >= 0)
        *ret_name = g_steal_pointer(&name);
    return fd;
}

gboolean store_delete_namespace(Store *self, const char *namespace, GError **error)
{
    guint n_kinds = 0;
    const ApiKindInfo *kinds = api_kinds(&n_kinds);

    for (guint i = 0; i < n_kinds; i++) {
        const ApiKindInfo *info = &kinds[i];
        vmi_autofd int dir_fd =
            info->namespaced ? store_open_dir(self->root_fd, info->plural, FALSE) : -1;

        if (dir_fd < 0 || unlinkat(dir_fd, namespace, AT_REMOVEDIR) == 0 || errno == ENOENT ||
            errno == ENOTEMPTY)
            continue;
        vmi_set_error_errno(error, errno, "cannot remove \"%s/%s\" below \"%s\"", info->plural,
                            namespace, self->path);
        return FALSE;
    }
    return TRUE;
}
