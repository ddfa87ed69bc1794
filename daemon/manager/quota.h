// SPDX-License-Identifier: LGPL-2.1-or-later
// How much of one object may be, and of the objects of a namespace together: what keeps one who may write there from filling the
// memory of vmid and the answers that everybody gets.
#pragma once

#include "manager/apply.h"

// Whether vmid can hold, store and answer OBJECT.
gboolean quota_check_object(const ApiObject *object, GError **error) G_GNUC_WARN_UNUSED_RESULT;

// Whether the namespaces have room for the candidates of ENTRIES. What makes none of them larger is always allowed.
gboolean quota_check(Manager *self, const GPtrArray *entries,
                     GError **error) G_GNUC_WARN_UNUSED_RESULT;
