// SPDX-License-Identifier: LGPL-2.1-or-later
// Storage: pools hold claims; every volume source is one file with one VolumeSource ops struct and one registry line.
// Called from worker threads with immutable inputs; touches no shared state. All admin- or guest-reachable paths go through
// storage/safe-path.h (openat2, no symlinks).
#pragma once

#include <gio/gio.h>

#include "api/manifest.h"
#include "domain/domain.h"

typedef struct {
    Layout layout;
    const char *const
        *host_disk_roots;          // vmid.conf HostDiskPaths=: allow-list; empty = hostDisk refused
    guint claim_tolerance_percent; // 10: a new disk.img may be this much smaller than asked
} StorageConfig;

// Everything the sources may need, resolved by the manager before the job started. All borrowed for the call.
typedef struct {
    const StorageConfig *config;
    const ApiVirtualMachineInstance *vmi; // expanded
    const GPtrArray *claims;              // ApiObject (PVC) this VMI names; same namespace
    const GPtrArray *secrets;             // ApiObject (Secret) this VMI names
    guint32 uid, gid;                     // the guest's
} StorageRequest;

// One prepared volume: real image chain with file descriptors opened as QEMU would open them (O_DIRECT for cache=none,
// read-only for bases). fds: index 0 is the top image, then its backing, ...
typedef struct {
    char *name;          // volume name
    DomainVolume volume; // image->fdgroup set when fds are to be handed over
    GArray *fds;         // int, owned
    char *warning;       // or NULL
} StorageVolume;

void storage_volume_free(StorageVolume *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(StorageVolume, storage_volume_free)

typedef struct {
    const char *name; // the field in ApiVolume: "emptyDisk"
    gboolean (*matches)(const ApiVolume *volume);
    // Opens the image that may have come from outside, making it when it is missing; NULL: vmid makes the source's images for each run.
    // RET_WARNING: when it is smaller than asked for, else NULL. Owned descriptor (read-write) or -1.
    int (*open)(const StorageRequest *request, const ApiVolume *volume, char **ret_warning,
                GError **error);
    // Makes the planned image real. What it makes for this run only goes into the run's scratch directory, which storage_release() removes.
    StorageVolume *(*prepare)(const StorageRequest *request, const ApiVolume *volume,
                              const DomainVolume *plan, GCancellable *cancellable, GError **error);
    // One line for `describe`: where it lives. Owned.
    char *(*describe)(const StorageRequest *request, const ApiVolume *volume);
} VolumeSource;

const VolumeSource *storage_source_find(const ApiVolume *volume); // NULL: not supported yet

// An image that came from outside, as it is before a run: of a claim, or a hostDisk.
typedef struct {
    char *volume; // name
    char *claim;  // name; NULL: a hostDisk
    char *path;
    char *identity; // text; another file in its place has another, also after a boot
    guint64 device, inode;
    gboolean read_only; // for the guest
    char *foreign;      // what it is instead of a raw disk, and the remedy; or NULL
    char *warning;      // or NULL
} StorageLook;
void storage_look_free(StorageLook *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(StorageLook, storage_look_free)

// The type of the condition that keeps what was found: a claim's; for a hostDisk the guest's, with "/" and the volume behind it.
#define STORAGE_CONDITION "RawImage"

// Looks at the images that the VMI uses, which exist from then on. GPtrArray of StorageLook. Fails with WAITING when what a claim had is gone.
GPtrArray *storage_look(const StorageRequest *request, GError **error) G_GNUC_WARN_UNUSED_RESULT;
// *ret_look NULL: the volume has none.
gboolean storage_look_one(const StorageRequest *request, const ApiVolume *volume,
                          StorageLook **ret_look, GError **error) G_GNUC_WARN_UNUSED_RESULT;

// Prepares all volumes of the VMI in spec order; on failure releases what was done. GPtrArray of StorageVolume, index =
// position in spec.volumes.
GPtrArray *storage_prepare(const StorageRequest *request, GCancellable *cancellable,
                           GError **error) G_GNUC_WARN_UNUSED_RESULT;
// Prepares one more claim for hotplug.
StorageVolume *storage_prepare_one(const StorageRequest *request, const ApiVolume *volume,
                                   GCancellable *cancellable,
                                   GError **error) G_GNUC_WARN_UNUSED_RESULT;
// Removes the scratch directory of a run, whatever is in it. Missing is success.
gboolean storage_release(const StorageConfig *config, const char *namespace, const char *vmi,
                         GError **error) G_GNUC_WARN_UNUSED_RESULT;
// Removes every scratch directory that KEEP does not claim ("<namespace>/<name>", a set); returns how many, -1 on error.
int storage_sweep(const StorageConfig *config, GHashTable *keep,
                  GError **error) G_GNUC_WARN_UNUSED_RESULT;

// Pools. Today one: driver "dir", at <state>/pools/default.
#define STORAGE_DEFAULT_POOL "default"
typedef struct {
    char *name, *driver, *path;
    guint64 capacity, available; // bytes
    gboolean is_default;
} StoragePool;
void storage_pool_free(StoragePool *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(StoragePool, storage_pool_free)
gboolean storage_setup(const StorageConfig *config,
                       GError **error) G_GNUC_WARN_UNUSED_RESULT; // makes the directories
StoragePool *storage_pool_get(const StorageConfig *config, const char *name,
                              GError **error) G_GNUC_WARN_UNUSED_RESULT;

// Binds a claim: checks class and mode, makes its directory. Fills ret_capacity (bytes). The image comes on first use. What was bound before
// is not made again: fails with WAITING when it is gone.
gboolean storage_claim_bind(const StorageConfig *config, const ApiPersistentVolumeClaim *claim,
                            guint64 *ret_capacity, GError **error) G_GNUC_WARN_UNUSED_RESULT;
// Bound, or Lost: it had a place in the pool.
gboolean storage_claim_was_bound(const ApiPersistentVolumeClaim *claim);
// Takes a claim's data out of the pool: at once, and for good when it returns. The manager has checked that nobody uses it.
// ret_trash: what storage_trash_remove() is to remove in its own time; NULL when there was nothing. Owned. Also set on failure, when the data
// has been moved and it is not known whether that is on disk: storage_claim_restore() is then due.
gboolean storage_claim_delete(const StorageConfig *config, const char *namespace, const char *name,
                              char **ret_trash, GError **error) G_GNUC_WARN_UNUSED_RESULT;
// Takes that back.
gboolean storage_claim_restore(const StorageConfig *config, const char *namespace, const char *name,
                               const char *trash, GError **error) G_GNUC_WARN_UNUSED_RESULT;
gboolean storage_trash_remove(const StorageConfig *config, const char *trash,
                              GError **error) G_GNUC_WARN_UNUSED_RESULT;
// What an earlier life of vmid did not get to.
gboolean storage_trash_empty(const StorageConfig *config, GError **error) G_GNUC_WARN_UNUSED_RESULT;
// Removes the directories of a namespace that is gone, where they are empty.
gboolean storage_namespace_delete(const StorageConfig *config, const char *namespace,
                                  GError **error) G_GNUC_WARN_UNUSED_RESULT;
