// SPDX-License-Identifier: LGPL-2.1-or-later
// Claims in the default `dir` pool: <state>/pools/default/<namespace>/<claim>/disk.img, sparse raw, made on first use
// (behaviour reference 3.8). The directory is the allocation; deleting the claim moves it away (trash.c).
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include "api/condition.h"
#include "api/quantity.h"
#include "api/validate.h"
#include "base/error.h"
#include "base/fd.h"
#include "storage/pool.h"
#include "storage/raw-image.h"
#include "storage/safe-path.h"
#include "storage/source.h"

#define DEFAULT_CLASS "default"
#define IMAGE "disk.img"

gboolean claim_is_thick(const ApiPersistentVolumeClaim *claim)
{
    const GPtrArray *annotations = claim->metadata->annotations;

    for (guint i = 0; annotations && i < annotations->len; i++) {
        const ApiPair *pair = g_ptr_array_index(annotations, i);

        if (g_strcmp0(pair->value, "true") == 0 &&
            (strstr(pair->key, "/storage.preallocation") ||
             strstr(pair->key, "/storage.thick-provisioned")))
            return TRUE;
    }
    return FALSE;
}

static guint64 requested_size(const ApiPersistentVolumeClaim *claim)
{
    const ApiPvcResources *resources = claim->spec ? claim->spec->resources : NULL;
    gint64 size =
        api_quantity_value(resources ? api_map_get(resources->requests, "storage") : NULL, 0);

    return size > 0 ? (guint64)size : 0;
}

int pool_open_root(const StorageConfig *config, GError **error)
{
    g_autofree char *path = g_build_filename(config->layout.state, "pools", NULL);

    return safe_open_root(path, 0711, error);
}

static int open_claim_dir(const StorageConfig *config, const ApiObjectMeta *meta, gboolean create,
                          GError **error)
{
    vmi_autofd int pools = pool_open_root(config, error);
    g_autofree char *relative =
        g_build_filename(STORAGE_DEFAULT_POOL, meta->namespace, meta->name, NULL);

    return pools < 0 ? -1 : safe_open_dir(pools, relative, create, error);
}

static gboolean create_image(int dir, const StorageConfig *config,
                             const ApiPersistentVolumeClaim *claim, GError **error)
{
    const ApiObjectMeta *meta = claim->metadata;
    g_autofree char *path =
        layout_claim_image(&config->layout, STORAGE_DEFAULT_POOL, meta->namespace, meta->name);
    const RawImageRequest request = {
        .size = requested_size(claim),
        .tolerate_percent = config->claim_tolerance_percent,
        .allocate = claim_is_thick(claim),
        .path = path,
    };
    guint64 size;

    if (raw_image_create(dir, IMAGE, &request, &size, error))
        return TRUE;
    g_prefix_error(error, "claim \"%s\": ", meta->name);
    return FALSE;
}

gboolean storage_claim_was_bound(const ApiPersistentVolumeClaim *claim)
{
    return claim->status && (claim->status->phase == API_PVC_PHASE_BOUND ||
                             claim->status->phase == API_PVC_PHASE_LOST);
}

// Whether a guest has had its image.
static gboolean had_image(const ApiPersistentVolumeClaim *claim)
{
    return claim->status && api_condition_find(claim->status->conditions, STORAGE_CONDITION);
}

static void set_lost(const StorageConfig *config, const ApiPersistentVolumeClaim *claim,
                     const char *what, GError **error)
{
    const ApiObjectMeta *meta = claim->metadata;
    g_autofree char *path =
        layout_claim_image(&config->layout, STORAGE_DEFAULT_POOL, meta->namespace, meta->name);

    g_set_error(
        error, VMI_ERROR, VMI_ERROR_WAITING,
        "the %s of the claim \"%s\" is gone, put its image back and start the guest then: %s", what,
        meta->name, path);
}

// The directory of CLAIM, made unless it was there before.
static int open_dir(const StorageConfig *config, const ApiPersistentVolumeClaim *claim,
                    GError **error)
{
    gboolean bound = storage_claim_was_bound(claim);
    g_autoptr(GError) local = NULL;
    int dir = open_claim_dir(config, claim->metadata, !bound, &local);

    if (dir < 0 && bound && g_error_matches(local, VMI_ERROR, VMI_ERROR_NOT_FOUND))
        set_lost(config, claim, "directory", error);
    else if (dir < 0)
        g_propagate_error(error, g_steal_pointer(&local));
    return dir;
}

static int open_or_create(int dir, const StorageConfig *config,
                          const ApiPersistentVolumeClaim *claim, GError **error)
{
    g_autoptr(GError) local = NULL;
    int fd = safe_open_file(dir, IMAGE, O_RDWR, 0, &local);

    if (fd < 0 && g_error_matches(local, VMI_ERROR, VMI_ERROR_NOT_FOUND)) {
        if (had_image(claim)) {
            set_lost(config, claim, "image", error);
            return -1;
        }
        if (!create_image(dir, config, claim, error))
            return -1;
        g_clear_error(&local);
        fd = safe_open_file(dir, IMAGE, O_RDWR, 0, &local);
    }
    if (fd < 0)
        g_propagate_prefixed_error(error, g_steal_pointer(&local),
                                   "claim \"%s\": ", claim->metadata->name);
    return fd;
}

int claim_open_image(const StorageConfig *config, const ApiPersistentVolumeClaim *claim,
                     char **ret_warning, GError **error)
{
    vmi_autofd int dir = open_dir(config, claim, error);
    vmi_autofd int fd = dir < 0 ? -1 : open_or_create(dir, config, claim, error);
    g_autofree char *owner = g_strdup_printf("the claim \"%s\"", claim->metadata->name);
    struct stat st;

    if (fd < 0)
        return -1;
    if (fstat(fd, &st) < 0) {
        vmi_set_error_errno(error, errno, "cannot examine the image of claim \"%s\"",
                            claim->metadata->name);
        return -1;
    }
    // Whoever put it there may not have thought of it: the way to it is open to guests' users.
    if ((st.st_mode & 077) != 0 && fchmod(fd, st.st_mode & 0700) < 0) {
        vmi_set_error_errno(error, errno, "cannot close the image of claim \"%s\" to others",
                            claim->metadata->name);
        return -1;
    }
    *ret_warning = source_size_warning(owner, (guint64)st.st_size, requested_size(claim));
    return vmi_steal_fd(&fd);
}

static gboolean check_class(const ApiPersistentVolumeClaim *claim, GError **error)
{
    const char *class = claim->spec ? claim->spec->storage_class_name : NULL;

    if (!class || !*class || g_str_equal(class, DEFAULT_CLASS))
        return TRUE;
    g_set_error(
        error, VMI_ERROR, VMI_ERROR_WAITING,
        "there is no storage class \"%s\"; leave storageClassName out, or use \"" DEFAULT_CLASS
        "\"",
        class);
    return FALSE;
}

gboolean storage_claim_bind(const StorageConfig *config, const ApiPersistentVolumeClaim *claim,
                            guint64 *ret_capacity, GError **error)
{
    vmi_autofd int dir = -1;

    if (!check_class(claim, error))
        return FALSE;
    if (requested_size(claim) < API_IMAGE_MIN) {
        g_set_error(error, VMI_ERROR, VMI_ERROR_INVALID,
                    "claim \"%s\" asks for less than 1Mi in spec.resources.requests.storage",
                    claim->metadata->name);
        return FALSE;
    }
    dir = open_dir(config, claim, error);
    if (dir < 0)
        return FALSE;
    if (had_image(claim) && faccessat(dir, IMAGE, F_OK, AT_SYMLINK_NOFOLLOW) < 0 &&
        errno == ENOENT) {
        set_lost(config, claim, "image", error);
        return FALSE;
    }
    *ret_capacity = requested_size(claim);
    return TRUE;
}

gboolean storage_setup(const StorageConfig *config, GError **error)
{
    g_autofree char *scratch = g_build_filename(config->layout.state, "scratch", NULL);
    vmi_autofd int pools = pool_open_root(config, error);
    vmi_autofd int pool = pools < 0 ? -1 : safe_open_dir(pools, STORAGE_DEFAULT_POOL, TRUE, error);
    vmi_autofd int scratch_fd = pool < 0 ? -1 : safe_open_root(scratch, 0700, error);

    return scratch_fd >= 0;
}

void storage_pool_free(StoragePool *self)
{
    if (!self)
        return;
    g_free(self->name);
    g_free(self->driver);
    g_free(self->path);
    g_free(self);
}

StoragePool *storage_pool_get(const StorageConfig *config, const char *name, GError **error)
{
    g_autofree char *path =
        g_build_filename(config->layout.state, "pools", STORAGE_DEFAULT_POOL, NULL);
    StoragePool *pool;
    struct statvfs fs;

    if (!g_str_equal(name, STORAGE_DEFAULT_POOL)) {
        g_set_error(error, VMI_ERROR, VMI_ERROR_NOT_FOUND, "there is no pool \"%s\"", name);
        return NULL;
    }
    if (statvfs(path, &fs) < 0) {
        vmi_set_error_errno(error, errno, "cannot examine the pool \"%s\"", name);
        return NULL;
    }
    pool = g_new0(StoragePool, 1);
    pool->name = g_strdup(STORAGE_DEFAULT_POOL);
    pool->driver = g_strdup("dir");
    pool->path = g_steal_pointer(&path);
    pool->capacity = (guint64)fs.f_blocks * fs.f_frsize;
    pool->available = (guint64)fs.f_bavail * fs.f_frsize;
    pool->is_default = TRUE;
    return pool;
}
