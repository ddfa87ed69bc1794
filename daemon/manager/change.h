// SPDX-License-Identifier: LGPL-2.1-or-later
// Changes of definitions, one after the other: each is admitted when those before it are in the table, or refused. Main thread.
#pragma once

#include "manager/private.h"

// BEGIN gets CHANGE, now or when those before it are over, and sees to it that change_over() is called once, which frees CHANGE.
void change_push(Manager *self, void (*begin)(gpointer change), gpointer change,
                 GDestroyNotify change_free);
// The one that began last is over.
void change_over(Manager *self);
gboolean change_any(const Manager *self);

void change_clear(Manager *self); // frees those that are not over
