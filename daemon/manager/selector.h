// SPDX-License-Identifier: LGPL-2.1-or-later
// Kubernetes' equality-based label selectors: "app=web,tier!=test,owner,!old", also "==". Pure.
#pragma once

#include <glib.h>

typedef struct Selector Selector;

// TEXT NULL or "": matches everything.
Selector *selector_parse(const char *text, GError **error) G_GNUC_WARN_UNUSED_RESULT;
void selector_free(Selector *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Selector, selector_free)
gboolean selector_matches(const Selector *self, const GPtrArray *labels); // ApiPair; NULL: none
