// SPDX-License-Identifier: LGPL-2.1-or-later
// The table of all objects, and what can be said of them without running anything.
#pragma once

#include "manager/private.h"

char *object_key(const ApiKindInfo *info, const char *namespace, const char *name);
ApiObject *objects_find(const Manager *self, const ApiKindInfo *info, const char *namespace,
                        const char *name); // or NULL
// OBJECT goes into the table, which takes it over.
void objects_insert(Manager *self, ApiObject *object);
void object_measure(ApiObject *object); // sets its size; again when its definition is replaced
void objects_remove(Manager *self, const ApiObject *object); // frees it

gboolean objects_namespace_exists(const Manager *self, const char *namespace);
gboolean objects_namespace_is_empty(const Manager *self, const char *namespace);

// "VirtualMachineInstance \"NAME\"": the objects that name the one of INFO, NAMESPACE and NAME. Owned, NULL-terminated.
char **objects_referrers(const Manager *self, const ApiKindInfo *info, const char *namespace,
                         const char *name);
// Equal but for metadata and status.
gboolean object_same_definition(const ApiObject *a, const ApiObject *b);
// META is that of a change that left the definition as it was then: where CURRENT's was edited since, that stays.
void object_keep_edits(ApiObjectMeta *meta, const ApiObjectMeta *current);
// "NAME", or "-n NAMESPACE NAME" when vmictl would look elsewhere: for remedies. Owned.
char *object_vmictl_arguments(const char *namespace, const char *name);
// The namespace that a missing one means.
const char *object_namespace_or_default(const char *namespace);
