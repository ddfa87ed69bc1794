// SPDX-License-Identifier: LGPL-2.1-or-later
// Guests that were found running and have no definition. That is damage (a definition goes last when a VMI is deleted), and no reason to end a
// guest: each is left alone until it ends or is stopped, and is listed meanwhile as a VMI of which nothing is on disk. One that is
// applied under the same name comes first when that is asked for.
#pragma once

#include "manager/private.h"

// RUN has no definition: it gets an Instance, which is its owner from now on, and there is a problem to show. Not twice.
void undefined_add(Manager *self, Run *run);
// INSTANCE, whose run is over, goes.
void undefined_remove(Instance *instance);

Instance *undefined_find(const Manager *self, const char *namespace, const char *name); // or NULL
// Fails with CONFLICT when INSTANCE is one of these, of which only a stop can be asked.
gboolean undefined_check(const Instance *instance, GError **error) G_GNUC_WARN_UNUSED_RESULT;
