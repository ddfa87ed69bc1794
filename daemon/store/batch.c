// SPDX-License-Identifier: LGPL-2.1-or-later
// See batch.h.
#include "store/batch.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/io.h"

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

// One definition on its way to the disk, or from it.
typedef struct {
    const Directory *directory; // the batch's
    char *temp;                 // name in it, not yet renamed; NULL once it is
    char *final;                // name in it
    gboolean remove;
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

void batch_init(Batch *self, const Store *store)
{
    self->store = store;
    self->directories = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, directory_free);
    self->writes = g_ptr_array_new_with_free_func(write_free);
}

void batch_clear(Batch *self)
{
    g_clear_pointer(&self->writes, g_ptr_array_unref);
    g_clear_pointer(&self->directories, g_hash_table_unref);
}

static gboolean failed(const Batch *self, const char *what, const char *name, GError **error)
{
    vmi_set_error_errno(error, errno, "cannot %s the definition of \"%s\" below \"%s\"", what, name,
                        self->store->path);
    return FALSE;
}

// NULL and errno when it cannot be opened.
static const Directory *open_directory(Batch *self, const StorePlace *place, gboolean create)
{
    g_autofree char *key =
        g_strjoin("/", place->info->plural, place->info->namespaced ? place->namespace : "", NULL);
    Directory *directory = g_hash_table_lookup(self->directories, key);
    vmi_autofd int fd = -1;

    if (directory)
        return directory;
    fd = store_open_object_dir(self->store, place->info, place->namespace, create);
    if (fd < 0 || (self->sweep && !store_sweep_temps(fd)))
        return NULL;
    directory = g_new0(Directory, 1);
    directory->fd = vmi_steal_fd(&fd);
    g_hash_table_insert(self->directories, g_steal_pointer(&key), directory);
    return directory;
}

gboolean batch_write(Batch *self, const StorePlace *place, const char *text, gsize length,
                     GError **error)
{
    Write *job = g_new0(Write, 1);
    vmi_autofd int fd = -1;

    g_ptr_array_add(self->writes, job);
    job->final = g_strconcat(place->name, STORE_SUFFIX, NULL);
    job->directory = open_directory(self, place, TRUE);
    if (!job->directory)
        return failed(self, "open the directory of", place->name, error);
    fd = store_create_temp(job->directory->fd, &job->temp);
    if (fd < 0 || !vmi_write_all(fd, text, length))
        return failed(self, "write", place->name, error);
    // All data first, then the syncs: the first of these commits the file system's journal for most of the others.
    (void)sync_file_range(fd, 0, 0, SYNC_FILE_RANGE_WRITE);
    return TRUE;
}

gboolean batch_remove(Batch *self, const StorePlace *place, GError **error)
{
    const Directory *directory = open_directory(self, place, FALSE);
    Write *job = NULL;

    if (!directory && errno == ENOENT)
        return TRUE;
    if (!directory)
        return failed(self, "open the directory of", place->name, error);
    job = g_new0(Write, 1);
    job->final = g_strconcat(place->name, STORE_SUFFIX, NULL);
    job->directory = directory;
    job->remove = TRUE;
    g_ptr_array_add(self->writes, job);
    return TRUE;
}

static gboolean sync_write(const Write *job)
{
    // By its name, as thousands of open files would be too many.
    vmi_autofd int fd = openat(job->directory->fd, job->temp ? job->temp : job->final,
                               O_WRONLY | O_NOFOLLOW | O_CLOEXEC);

    return fd >= 0 && fsync(fd) == 0;
}

gboolean batch_sync(Batch *self, GError **error)
{
    for (guint i = 0; i < self->writes->len; i++) {
        const Write *job = g_ptr_array_index(self->writes, i);

        if (!job->remove && !sync_write(job))
            return failed(self, "sync", job->final, error);
    }
    return TRUE;
}

gboolean batch_rename(Batch *self, GError **error)
{
    for (guint i = 0; i < self->writes->len; i++) {
        Write *job = g_ptr_array_index(self->writes, i);

        if (job->remove && unlinkat(job->directory->fd, job->final, 0) < 0 && errno != ENOENT)
            return failed(self, "delete", job->final, error);
        if (job->temp &&
            renameat(job->directory->fd, job->temp, job->directory->fd, job->final) < 0)
            return failed(self, "replace", job->final, error);
        g_clear_pointer(&job->temp, g_free);
    }
    return TRUE;
}

gboolean batch_sync_directories(Batch *self, GError **error)
{
    GHashTableIter iter;
    gpointer value = NULL;

    g_hash_table_iter_init(&iter, self->directories);
    while (g_hash_table_iter_next(&iter, NULL, &value))
        if (fsync(((const Directory *)value)->fd) < 0)
            return failed(self, "sync the directory of", "*", error);
    return TRUE;
}
