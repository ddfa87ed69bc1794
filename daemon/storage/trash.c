// SPDX-License-Identifier: LGPL-2.1-or-later
// The data of deleted claims: <state>/pools/default/.deleted/<random name>: on the
// file system of the pool, which may be one of its own. Deleting moves a claim there at once, so that the next claim of its
// name finds nothing; what may take long, giving back the blocks of a large image, comes later.
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fd.h"
#include "storage/pool.h"
#include "storage/safe-path.h"

// No namespace begins with a dot.
#define TRASH ".deleted"

static int open_pool(const StorageConfig *config, GError **error)
{
    vmi_autofd int pools = pool_open_root(config, error);

    return pools < 0 ? -1 : safe_open_dir(pools, STORAGE_DEFAULT_POOL, TRUE, error);
}

gboolean storage_claim_delete(const StorageConfig *config, const char *namespace, const char *name,
                              char **ret_trash, GError **error)
{
    g_autofree char *relative = g_build_filename(namespace, name, NULL);
    g_autofree char *trash = g_uuid_string_random();
    vmi_autofd int pool = open_pool(config, error);
    vmi_autofd int target = pool < 0 ? -1 : safe_open_dir(pool, TRASH, TRUE, error);
    gboolean moved = FALSE;
    gboolean succeeded = target >= 0 && safe_move(pool, relative, target, trash, &moved, error);

    *ret_trash = moved ? g_steal_pointer(&trash) : NULL;
    return succeeded;
}

gboolean storage_claim_restore(const StorageConfig *config, const char *namespace, const char *name,
                               const char *trash, GError **error)
{
    g_autofree char *relative = g_build_filename(TRASH, trash, NULL);
    vmi_autofd int pool = open_pool(config, error);
    vmi_autofd int target = pool < 0 ? -1 : safe_open_dir(pool, namespace, TRUE, error);
    gboolean moved = FALSE;

    return target >= 0 && safe_move(pool, relative, target, name, &moved, error);
}

gboolean storage_trash_remove(const StorageConfig *config, const char *trash, GError **error)
{
    g_autofree char *relative = g_build_filename(TRASH, trash, NULL);
    vmi_autofd int pool = open_pool(config, error);

    return pool >= 0 && safe_remove_tree(pool, relative, error);
}

gboolean storage_trash_empty(const StorageConfig *config, GError **error)
{
    vmi_autofd int pool = open_pool(config, error);

    return pool >= 0 && safe_remove_tree(pool, TRASH, error);
}

// Whatever is still in there belongs to somebody, and keeps it.
static gboolean remove_empty(int root, const char *relative, GError **error)
{
    if (unlinkat(root, relative, AT_REMOVEDIR) == 0 || errno == ENOENT || errno == ENOTEMPTY)
        return TRUE;
    vmi_set_error_errno(error, errno, "cannot remove the directory \"%s\"", relative);
    return FALSE;
}

gboolean storage_namespace_delete(const StorageConfig *config, const char *namespace,
                                  GError **error)
{
    g_autofree char *scratch_path = g_build_filename(config->layout.state, "scratch", NULL);
    vmi_autofd int pool = open_pool(config, error);
    vmi_autofd int scratch = pool < 0 ? -1 : safe_open_root(scratch_path, 0700, error);

    return scratch >= 0 && remove_empty(pool, namespace, error) &&
           remove_empty(scratch, namespace, error);
}
