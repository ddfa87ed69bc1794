// SPDX-License-Identifier: LGPL-2.1-or-later
// Which user sent a message, asked of the bus without waiting: the answer comes behind all that other callers have sent
// meanwhile, and that may be much.
#pragma once

#include <glib.h>
#include <sys/types.h>
#include <systemd/sd-bus.h>

typedef struct CallerQuery CallerQuery;

// ERROR is NULL when UID is the caller's; it is borrowed.
typedef void (*CallerAnswer)(uid_t uid, const GError *error, gpointer user_data);

// ANSWER comes exactly once, later, unless the query is freed before.
CallerQuery *caller_query_new(sd_bus_message *call, CallerAnswer answer, gpointer user_data,
                              GError **error) G_GNUC_WARN_UNUSED_RESULT;
void caller_query_free(CallerQuery *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(CallerQuery, caller_query_free)

// Whether UID needs no polkit, as systemd has it: root, or whoever the daemon itself runs as.
gboolean caller_is_privileged(uid_t uid);
