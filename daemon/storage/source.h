// SPDX-License-Identifier: LGPL-2.1-or-later
// What the volume sources share. One source-*.c per source; registry.c lists them.
#pragma once

#include "storage/storage.h"

extern const VolumeSource volume_source_claim;
extern const VolumeSource volume_source_ephemeral;
extern const VolumeSource volume_source_empty_disk;
extern const VolumeSource volume_source_host_disk;
extern const VolumeSource volume_source_no_cloud;

// The claim / secret of this name that the manager resolved, or NULL and NOT_FOUND.
const ApiPersistentVolumeClaim *source_find_claim(const StorageRequest *request, const char *name,
                                                  GError **error);
const ApiSecret *source_find_secret(const StorageRequest *request, const char *name,
                                    GError **error);

// The run's scratch directory, made when missing. Owned descriptor or -1.
int source_open_scratch(const StorageRequest *request, GError **error) G_GNUC_WARN_UNUSED_RESULT;

// A claim's disk.img, made on first use. Owned descriptor (read-write) or -1; RET_WARNING: when it is smaller than the claim. Fails with
// WAITING when the claim was bound and what it had is gone.
int claim_open_image(const StorageConfig *config, const ApiPersistentVolumeClaim *claim,
                     char **ret_warning, GError **error) G_GNUC_WARN_UNUSED_RESULT;
// The same for the one that VOLUME names.
int source_open_claim(const StorageRequest *request, const ApiVolume *volume, char **ret_warning,
                      GError **error) G_GNUC_WARN_UNUSED_RESULT;
// NULL, unless an image of SIZE bytes is smaller than WANTED, which OWNER ("claim \"c\"") asks for. Owned.
char *source_size_warning(const char *owner, guint64 size, guint64 wanted);
// Thick-provisioned by annotation (behaviour reference 1.6).
gboolean claim_is_thick(const ApiPersistentVolumeClaim *claim);

StorageVolume *storage_volume_new(const char *name);
