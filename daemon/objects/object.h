// SPDX-License-Identifier: LGPL-2.1-or-later
// What can be said of one object of any kind, and what is common to all of them.
#pragma once

#include "api/manifest.h"

// "PLURAL/NAMESPACE/NAME": what names it among all objects. Owned.
char *object_key(const ApiKindInfo *info, const char *namespace, const char *name);
// The order of lists: by kind, namespace and name.
int object_compare(const ApiObject *a, const ApiObject *b);
// Sets its size.
void object_measure(ApiObject *object);
// The uids that its ownerReferences name. Owned, NULL-terminated.
char **object_owners(const ApiObject *object) G_GNUC_WARN_UNUSED_RESULT;
// Equal but for metadata and status.
gboolean object_same_definition(const ApiObject *a, const ApiObject *b);
// META is that of a change that left the definition as it was then: where CURRENT's was edited since, that stays.
void object_keep_edits(ApiObjectMeta *meta, const ApiObjectMeta *current);
// "NAME", or "-n NAMESPACE NAME" when vmictl would look elsewhere: for remedies. Owned.
char *object_vmictl_arguments(const char *namespace, const char *name);
// The namespace that a missing one means.
const char *object_namespace_or_default(const char *namespace);
