// SPDX-License-Identifier: LGPL-2.1-or-later
// One question to polkit, asked without waiting. The subject is the caller's unique bus name: a
// process id could be reused between the question and the answer.
#pragma once

#include <glib.h>
#include <systemd/sd-bus.h>

#define POLKIT_MANAGE "org.example.Vmi1.manage"
#define POLKIT_CONSOLE "org.example.Vmi1.console"
#define POLKIT_HOST_PATH "org.example.Vmi1.host-path"
#define POLKIT_INSPECT "org.example.Vmi1.inspect"
#define POLKIT_READ_SECRETS "org.example.Vmi1.read-secrets"

typedef struct PolkitCheck PolkitCheck;

typedef enum {
    POLKIT_NO,
    POLKIT_CHALLENGE, // if a person proves who they are; nobody was asked, or there is no agent to ask with
    POLKIT_YES,
} PolkitVerdict;

// ERROR is set when polkit did not decide, NULL otherwise; it is borrowed.
typedef void (*PolkitAnswer)(PolkitVerdict verdict, const GError *error, gpointer user_data);

// Asks whether the sender of CALL may do ACTION. DETAILS: key, value, ..., NULL; administrators'
// rules can read them. A person is bothered only when INTERACTIVE. ANSWER comes exactly once, later, unless the check is freed
// before: then a person who is being asked is so no more.
PolkitCheck *polkit_check_new(sd_bus_message *call, const char *action, const char *const *details,
                              gboolean interactive, PolkitAnswer answer, gpointer user_data,
                              GError **error) G_GNUC_WARN_UNUSED_RESULT;
void polkit_check_free(PolkitCheck *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(PolkitCheck, polkit_check_free)
