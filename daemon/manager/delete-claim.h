// SPDX-License-Identifier: LGPL-2.1-or-later
// Removing claims with what they hold.
#pragma once

#include "manager/private.h"

// Refused with CONFLICT when a guest uses the claim, or a definition names it. With FORCE it goes all the same: at once, or, when a guest
// uses it, marked and when that has ended. Frees OBJECT, unless it is marked.
// DONE is told once, perhaps at once.
void delete_claim(Manager *self, ApiObject *object, gboolean force, StoreWritten done,
                  gpointer user_data);
// Those that are marked and that nobody uses any more; to be called whenever a use has ended. What fails is a problem.
void delete_marked_claims(Manager *self);
// The mark of an object that is to go: on a copy, which is saved, and then taken over by OBJECT.
ApiObject *delete_make_mark(const ApiObject *object) G_GNUC_WARN_UNUSED_RESULT;
void delete_save_mark(Manager *self, const ApiObject *marked, StoreWritten done,
                      gpointer user_data);
void delete_take_mark(ApiObject *object, ApiObject *marked);
// What a claim holds: out of the way at once, removed by a worker. Whoever calls this knows that nobody uses it.
gboolean delete_claim_data(Manager *self, const char *namespace, const char *name,
                           GError **error) G_GNUC_WARN_UNUSED_RESULT;
