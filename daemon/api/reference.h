// SPDX-License-Identifier: LGPL-2.1-or-later
// Which other objects an object names, and what it does to them: read off the `ref=` rows of the schema. Whoever asks "waits for",
// "is used by" or "may it be deleted" asks here, so that a new field that names something is one row.
#pragma once

#include "api/types.h"

typedef struct {
    const char *kind; // "PersistentVolumeClaim"
    const char *name; // as written; in the namespace of the object that names it
    ApiUse use;
} ApiReference;

// The references of OBJECT, a struct of TYPE, in the order of the schema: one for each place that names something. Empty names are none.
// GArray of ApiReference; what it points to belongs to OBJECT.
GArray *api_references(const ApiType *type, gconstpointer object) G_GNUC_WARN_UNUSED_RESULT;
// The first name of KIND; borrowed from OBJECT. NULL: it names none.
const char *api_reference_first(const ApiType *type, gconstpointer object, const char *kind);
// The claim that VOLUME is made of, or NULL. Borrowed.
const char *api_volume_claim(const ApiVolume *volume);
// The names of KIND, each once. Owned, NULL-terminated.
char **api_reference_names(const ApiType *type, gconstpointer object,
                           const char *kind) G_GNUC_WARN_UNUSED_RESULT;
// The most that OBJECT does to the one of KIND and NAME. RET_COUNT: in how many places it names that; may be NULL.
ApiUse api_reference_use(const ApiType *type, gconstpointer object, const char *kind,
                         const char *name, guint *ret_count);
