// SPDX-License-Identifier: LGPL-2.1-or-later
// Writing definitions; see store.h. Owns the temp-fsync-rename-fsync sequence. Must not know what the objects mean, and
// must not keep any of them.
#include "store/store-internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "api/validate.h"
#include "base/error.h"
#include "base/fd.h"

enum {
    // NAME_MAX less ".yaml.broken"; Kubernetes allows 253.
    STORE_MAX_NAME = 255 - (sizeof STORE_SUFFIX - 1) - (sizeof STORE_BROKEN_SUFFIX - 1),
};

// A directory that definitions are written to; few of them, however many definitions there are.
typedef struct {
    int fd;
} Directory;

static void directory_free(gpointer data)
{
    Directory *self = data;

    vmi_close_fd(&self->fd);
    g_free(self);
}

// One definition on its way to the disk.
typedef struct {
    const Directory *directory; // the batch's
    char *temp;                 // name in it, not yet renamed; NULL once it is
    char *final;                // name in it
} Write;

static void write_free(gpointer data)
{
    Write *self = data;

    if (self->temp)
        unlinkat(self->directory->fd, self->temp, 0);
    g_free(self->temp);
    g_free(self->final);
    g_free(self);
}

typedef struct {
    const Store *store;
    GHashTable *directories; // "plural/namespace" -> Directory
    GPtrArray *writes;       // Write
} Batch;

static void batch_clear(Batch *self)
{
    g_clear_pointer(&self->writes, g_ptr_array_unref);
    g_clear_pointer(&self->directories, g_hash_table_unref);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Batch, batch_clear)

int store_open_dir(int dir_fd, const char *name, gboolean create)
{
    int fd = openat(dir_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

    if (fd >= 0 || errno != ENOENT || !create)
        return fd;
    if (mkdirat(dir_fd, name, 0700) < 0 && errno != EEXIST)
        return -1;
    // The new name itself must survive a power cut, or a synced file below it would be lost with it.
    if (fsync(dir_fd) < 0)
        return -1;
    return openat(dir_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

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

static gboolean check_names(const ApiKindInfo *info, const char *namespace, const char *name,
                            GError **error)
{
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
    if (info->namespaced && (!namespace || !api_name_is_dns_label(namespace))) {
        g_set_error(error, VMI_ERROR, VMI_ERROR_INVALID, "\"%s\" is not a namespace name",
                    namespace ? namespace : "");
        return FALSE;
    }
    return TRUE;
}

int store_open_object_dir(const Store *self, const ApiKindInfo *info, const char *namespace,
                          gboolean create)
{
    vmi_autofd int kind_fd = store_open_dir(self->root_fd, info->plural, create);

    if (kind_fd < 0)
        return -1;
    if (!info->namespaced)
        return vmi_steal_fd(&kind_fd);
    return store_open_dir(kind_fd, namespace, create);
}

gboolean store_write_all(int fd, const char *text, gsize length)
{
    while (length > 0) {
        ssize_t n = write(fd, text, length);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return FALSE;
        text += n;
        length -= (gsize)n;
    }
    return TRUE;
}

static int create_temp(int dir_fd, char **ret_name)
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

static const Directory *batch_directory(Batch *self, const ApiKindInfo *info, const char *namespace)
{
    g_autofree char *key = g_strjoin("/", info->plural, info->namespaced ? namespace : "", NULL);
    Directory *directory = g_hash_table_lookup(self->directories, key);
    vmi_autofd int fd = -1;

    if (directory)
        return directory;
    fd = store_open_object_dir(self->store, info, namespace, TRUE);
    if (fd < 0)
        return NULL;
    directory = g_new0(Directory, 1);
    directory->fd = vmi_steal_fd(&fd);
    g_hash_table_insert(self->directories, g_steal_pointer(&key), directory);
    return directory;
}

static gboolean failed(const Batch *self, const char *what, const char *name, GError **error)
{
    vmi_set_error_errno(error, errno, "cannot %s the definition of \"%s\" below \"%s\"", what, name,
                        self->store->path);
    return FALSE;
}

// Written and on its way to the disk, but neither synced nor renamed.
static gboolean batch_write(Batch *self, const ApiObject *object, GError **error)
{
    const ApiObjectMeta *meta = api_object_meta(object);
    g_autofree char *text = NULL;
    vmi_autofd int fd = -1;
    Write *job = NULL;

    if (!check_names(object->info, meta->namespace, meta->name, error))
        return FALSE;
    job = g_new0(Write, 1);
    g_ptr_array_add(self->writes, job);
    job->final = g_strconcat(meta->name, STORE_SUFFIX, NULL);
    job->directory = batch_directory(self, object->info, meta->namespace);
    if (!job->directory)
        return failed(self, "open the directory of", meta->name, error);
    text = api_object_print(object, API_FORMAT_STORED);
    fd = create_temp(job->directory->fd, &job->temp);
    if (fd < 0 || !store_write_all(fd, text, strlen(text)))
        return failed(self, "write", meta->name, error);
    // All data first, then the syncs: the first of these commits the file system's journal for most of the others.
    (void)sync_file_range(fd, 0, 0, SYNC_FILE_RANGE_WRITE);
    return TRUE;
}

static gboolean batch_sync(Batch *self, GError **error)
{
    for (guint i = 0; i < self->writes->len; i++) {
        const Write *job = g_ptr_array_index(self->writes, i);
        vmi_autofd int fd =
            openat(job->directory->fd, job->temp, O_WRONLY | O_NOFOLLOW | O_CLOEXEC);

        if (fd < 0 || fsync(fd) < 0)
            return failed(self, "sync", job->final, error);
    }
    return TRUE;
}

static gboolean batch_commit(Batch *self, GError **error)
{
    GHashTableIter iter;
    gpointer value = NULL;

    for (guint i = 0; i < self->writes->len; i++) {
        Write *job = g_ptr_array_index(self->writes, i);

        if (renameat(job->directory->fd, job->temp, job->directory->fd, job->final) < 0)
            return failed(self, "replace", job->final, error);
        g_clear_pointer(&job->temp, g_free);
    }
    g_hash_table_iter_init(&iter, self->directories);
    while (g_hash_table_iter_next(&iter, NULL, &value))
        if (fsync(((const Directory *)value)->fd) < 0)
            return failed(self, "sync the directory of", "*", error);
    return TRUE;
}

gboolean store_save_all(Store *self, const GPtrArray *objects, GError **error)
{
    g_auto(Batch) batch = {
        .store = self,
        .directories = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, directory_free),
        .writes = g_ptr_array_new_with_free_func(write_free),
    };

    for (guint i = 0; i < objects->len; i++)
        if (!batch_write(&batch, g_ptr_array_index(objects, i), error))
            return FALSE;
    return batch_sync(&batch, error) && batch_commit(&batch, error);
}

gboolean store_save(Store *self, const ApiObject *object, GError **error)
{
    g_autoptr(GPtrArray) one = g_ptr_array_sized_new(1);

    g_ptr_array_add(one, (gpointer)object);
    return store_save_all(self, one, error);
}

gboolean store_save_urgent(Store *self, const ApiObject *object, GError **error)
{
    const ApiObjectMeta *meta = api_object_meta(object);
    g_autoptr(GError) local = NULL;
    g_autofree char *file = NULL, *text = NULL;
    vmi_autofd int dir_fd = -1;

    if (self->reserve_used)
        store_reserve_fill(self);
    if (store_save(self, object, &local))
        return TRUE;
    if (g_error_matches(local, VMI_ERROR, VMI_ERROR_NO_SPACE))
        dir_fd = store_open_object_dir(self, object->info, meta->namespace, FALSE);
    file = g_strconcat(meta->name, STORE_SUFFIX, NULL);
    text = dir_fd >= 0 ? api_object_print(object, API_FORMAT_STORED) : NULL;
    if (text && store_reserve_save(self, dir_fd, file, text, strlen(text)))
        return TRUE;
    g_propagate_error(error, g_steal_pointer(&local));
    return FALSE;
}

gboolean store_delete(Store *self, const ApiKindInfo *info, const char *namespace, const char *name,
                      GError **error)
{
    g_autofree char *file = NULL;
    vmi_autofd int dir_fd = -1;

    if (!check_names(info, namespace, name, error))
        return FALSE;
    dir_fd = store_open_object_dir(self, info, namespace, FALSE);
    if (dir_fd < 0 && errno == ENOENT)
        return TRUE;
    file = g_strconcat(name, STORE_SUFFIX, NULL);
    if (dir_fd < 0 || (unlinkat(dir_fd, file, 0) < 0 && errno != ENOENT) || fsync(dir_fd) < 0) {
        vmi_set_error_errno(error, errno, "cannot delete %s \"%s\" below \"%s\"", info->kind, name,
                            self->path);
        return FALSE;
    }
    return TRUE;
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
