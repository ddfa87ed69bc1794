// SPDX-License-Identifier: LGPL-2.1-or-later
// What an object becomes when a manifest is applied to it that others have changed meanwhile: a three-way merge, after kubectl's
// strategic merge. The three are the manifest that was applied last, of which it is enough to know what it set (api/fields.h), the new
// manifest, and the object as it is. Pure.
//
//   - What the manifest sets is as the manifest says.
//   - What it leaves unset and the last one set is unset.
//   - Anything else is as it is: vmi filled it in, or somebody changed it by another verb.
//
// That holds for each field by itself, each key of a map, and each item of a list that has a merge key: the manifest's come first, in its
// order. Lists without one are a value like any other. A struct, an item included, that the manifest no longer has loses what the last one
// set in it, and goes when nothing is left or something required is not. Of fields that exclude each other (oneof=) the manifest's stays.
#pragma once

#include "api/manifest.h"

// APPLIED: api_fields() of the last manifest; NULL: the object is as it was applied. MANIFEST and LIVE are of the same kind. Only LIVE
// has what is vmid's to say, and the result has it from there. Its `appliedFields` are MANIFEST's. Owned.
ApiObject *api_merge(const char *applied, const ApiObject *manifest,
                     const ApiObject *live) G_GNUC_WARN_UNUSED_RESULT;

// To be called before anything but the application of a manifest changes the definition of OBJECT, a struct of TYPE, that is a kind:
// remembers in its metadata what the manifest set, unless that is known already.
void api_keep_applied(const ApiType *type, gpointer object);
