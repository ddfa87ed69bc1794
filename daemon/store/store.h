// SPDX-License-Identifier: LGPL-2.1-or-later
// Definitions on disk: one YAML file per object, <state>/objects/<plural>/<namespace>/<name>.yaml (no namespace level for
// cluster kinds), mode 0600. Written by temp file, fsync, rename, fsync of the directory; a crash at any instant
// leaves either the old or the new file. Files that do not parse are kept, moved aside as *.broken, and reported.
#pragma once

#include "api/manifest.h"

typedef struct Store Store;

// ROOT is the directory of the objects, <state>/objects; it is made (0700) when it is missing.
Store *store_open(const char *root, GError **error) G_GNUC_WARN_UNUSED_RESULT;
void store_free(Store *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Store, store_free)

gboolean store_save(Store *self, const ApiObject *object, GError **error) G_GNUC_WARN_UNUSED_RESULT;
// Several at once (GPtrArray of ApiObject): all are written and synced before the first is renamed, so that a full disk or
// an unfit name leaves every old definition as it was.
gboolean store_save_all(Store *self, const GPtrArray *objects,
                        GError **error) G_GNUC_WARN_UNUSED_RESULT;
// Missing is success: delete is idempotent.
gboolean store_delete(Store *self, const ApiKindInfo *info, const char *namespace, const char *name,
                      GError **error) G_GNUC_WARN_UNUSED_RESULT;
// Removes the directories of a namespace that is gone. What is not empty stays: a file that was set aside is for a person to look at.
gboolean store_delete_namespace(Store *self, const char *namespace,
                                GError **error) G_GNUC_WARN_UNUSED_RESULT;
// Everything there is. GPtrArray of ApiObject. ret_problems: GPtrArray of char *, one per file set aside.
GPtrArray *store_load(Store *self, GPtrArray **ret_problems,
                      GError **error) G_GNUC_WARN_UNUSED_RESULT;
