// SPDX-License-Identifier: LGPL-2.1-or-later
// One object of a manifest on its way into the table: checked first, put in place once all of them are.
#pragma once

#include "api/validate.h"
#include "manager/private.h"

typedef struct {
    ApiObject *candidate; // complete as it will be stored; owned until it is in place
    ApiObject *existing;  // in the table, or NULL
    const char *action;   // "created", "configured", "unchanged"
    gboolean respecified; // spec is new or different
} ApplyEntry;

void apply_entry_free(ApplyEntry *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ApplyEntry, apply_entry_free)

// Everything that one object can be refused for in the present state.
ApplyEntry *apply_check(Manager *self, const ApiObject *object, const ManagerApplyOptions *options,
                        GError **error) G_GNUC_WARN_UNUSED_RESULT;
// What validation warns about, as status.warnings of a VMI: GPtrArray of char *, or NULL.
GPtrArray *apply_warnings(const Manager *self, const ApiObject *object);
