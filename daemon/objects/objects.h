// SPDX-License-Identifier: LGPL-2.1-or-later
// The table of all objects, and what is asked of it: by key and by uid, who refers to one, who is owned by one, how much there is in a
// namespace. Each answer is an index that is kept true at each change, so that it takes as long as it is long, however many objects there
// are. References are those of the schema (api/reference.h). One thread.
//
// Kind, namespace, name and uid of an object do not change while it is in the table. Who changes anything else of its definition or of its
// metadata in place puts it again.
#pragma once

#include "api/manifest.h"

typedef struct Objects Objects;

Objects *objects_new(void);
void objects_free(Objects *self); // with what is in it
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Objects, objects_free)

// OBJECT goes into the table, which takes it over, in place of another of its key; one that is in the table is looked at anew.
// Sets its size.
void objects_put(Objects *self, ApiObject *object);
void objects_remove(Objects *self, ApiObject *object); // frees it

ApiObject *objects_get(const Objects *self, const ApiKindInfo *info, const char *namespace,
                       const char *name); // or NULL
// One with this uid, or NULL. Uids are not given twice.
ApiObject *objects_by_uid(const Objects *self, const char *uid);

// All of these: GPtrArray of ApiObject, borrowed elements, in the order of lists.
//
// Those that name the one of INFO, NAMESPACE and NAME, which need not exist.
GPtrArray *objects_referrers(Objects *self, const ApiKindInfo *info, const char *namespace,
                             const char *name) G_GNUC_WARN_UNUSED_RESULT;
// Those that name the object of UID as one of their owners.
GPtrArray *objects_owned_by(Objects *self, const char *uid) G_GNUC_WARN_UNUSED_RESULT;

// All of them, in no order: the one answer that takes longer the more objects there are.
GPtrArray *objects_all(Objects *self) G_GNUC_WARN_UNUSED_RESULT;

typedef struct {
    guint objects;
    guint64 bytes; // sum of their sizes
} ObjectsUsage;

// What is in NAMESPACE; "": of the kinds that are in none.
ObjectsUsage objects_usage(const Objects *self, const char *namespace);
gboolean objects_namespace_exists(const Objects *self, const char *namespace);

// How many objects the answers that are lists have passed by so far: what a test can hold the indexes to.
guint64 objects_visited(const Objects *self);
