// SPDX-License-Identifier: LGPL-2.1-or-later
// What one call needs polkit's consent to. Each part is asked about by itself, without bothering anybody, so that rules see exactly
// what they allow; then, if the caller wants to be asked, there is one question of each action about all that no rule allowed.
#pragma once

#include <glib.h>
#include <systemd/sd-bus.h>

typedef struct Authorization Authorization;

// DENIED is NULL when everything is allowed; it is borrowed.
typedef void (*AuthorizationAnswer)(const GError *denied, gpointer user_data);

// For CALL, which is kept. Nothing is demanded yet.
Authorization *authorization_new(sd_bus_message *call);
void authorization_free(Authorization *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Authorization, authorization_free)

// Any thread, one at a time, before authorization_ask(). DETAILS: key, value, ..., NULL; copied. What was demanded already is not
// demanded twice.
void authorization_demand(Authorization *self, const char *action, const char *const *details);

// ANSWER comes exactly once, later, unless SELF is freed before.
gboolean authorization_ask(Authorization *self, AuthorizationAnswer answer, gpointer user_data,
                           GError **error) G_GNUC_WARN_UNUSED_RESULT;
