// SPDX-License-Identifier: LGPL-2.1-or-later
// What a VMI uses, as the disks of its run, and who else does. Nothing is counted: the records of the runs say it.
#pragma once

#include "manager/private.h"

// The disks of a VMI of this spec, which is expanded or as written. Owned.
GPtrArray *uses_plugs_new(const Manager *manager, const char *namespace,
                          const ApiVmiSpec *spec) G_GNUC_WARN_UNUSED_RESULT; // RunPlug
// One disk that is a claim. Owned.
RunPlug *uses_plug_new(const Manager *manager, const char *namespace, const char *disk,
                       const char *claim) G_GNUC_WARN_UNUSED_RESULT;

// May INSTANCE have PLUGS (RunPlug), given who runs? Fails with CONFLICT naming the user: a claim or a file has one user that writes, or any number
// that only read it (ReadWriteOncePod: one user, whoever it is). PATHS: StorageLook, what the files are called; may be NULL.
gboolean uses_check(const Instance *instance, const GPtrArray *plugs, const GPtrArray *paths,
                    GError **error) G_GNUC_WARN_UNUSED_RESULT;
