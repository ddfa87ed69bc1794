// SPDX-License-Identifier: LGPL-2.1-or-later
// Claims and secrets as VMIs use them: binding, resolving, who has what in use, and waking those that wait.
#pragma once

#include "manager/private.h"

// Binds a claim that is not bound yet, in a worker.
void claims_bind(Manager *self, const ApiObject *claim);
void claims_bind_all(Manager *self);
// The same for a claim that may be bound already: whether what it had is still there.
void claims_check(Manager *self, const ApiObject *claim);
// Whether a claim that SPEC names is being bound; begins that for those that are neither bound nor being bound.
gboolean claims_bind_needed(Manager *self, const char *namespace, const ApiVmiSpec *spec);
// Whether one that INSTANCE names is: those who wait for that are queued when it is over.
gboolean claims_are_being_bound(const Instance *instance);

// The claims that SPEC names. Owned, NULL-terminated.
char **claims_names(const ApiVmiSpec *spec);

// Copies of what SPEC names in NAMESPACE (GPtrArray of ApiObject). Fails with VMI_ERROR_WAITING, and the reason for the
// status ("ClaimNotFound", "ClaimTerminating", "ClaimNotBound", "ClaimLost", "SecretNotFound"), when one is missing.
typedef struct {
    GPtrArray *claims, *secrets;
} ClaimsResolved;
void claims_resolved_clear(ClaimsResolved *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(ClaimsResolved, claims_resolved_clear)
gboolean claims_resolve(Manager *self, const char *namespace, const ApiVmiSpec *spec,
                        ClaimsResolved *ret_resolved, const char **ret_reason, GError **error);
