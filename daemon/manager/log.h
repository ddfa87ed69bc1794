// SPDX-License-Identifier: LGPL-2.1-or-later
// The journal, structured. The one place of the daemon that logs what the manager did; events are logged here once.
#pragma once

#include <glib.h>

typedef struct {
    const char *namespace, *name; // of the VMI; NULL: none
    guint job_id;                 // 0: none
    const char *reason;           // "Started": chooses the MESSAGE_ID; NULL: none
} LogContext;

// PRIORITY as in syslog(3): LOG_INFO, ...
void log_message(int priority, const LogContext *context, const char *message);

// The catalogue, for the man page and the journal's catalog file: NULL past the last.
typedef struct {
    const char *reason;
    const char *message_id; // 32 hexadecimal digits
    const char *meaning;
} LogEntry;
const LogEntry *log_entry(guint index);
