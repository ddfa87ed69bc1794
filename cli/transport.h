// SPDX-License-Identifier: LGPL-2.1-or-later
// The connection to vmid: system bus, the caller's own bus, or another host's over ssh; calls; and how the bus's errors
// become ours.
#pragma once

#include <systemd/sd-bus.h>

#include "cli/options.h"

typedef struct Transport Transport;

Transport *transport_open(const Options *options, GError **error) G_GNUC_WARN_UNUSED_RESULT;
void transport_free(Transport *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Transport, transport_free)

// Calls a method with ARGS (a floating tuple, consumed; NULL: none) and returns the reply's tuple.
GVariant *transport_call(Transport *self, const char *path, const char *interface,
                         const char *method, GVariant *args,
                         GError **error) G_GNUC_WARN_UNUSED_RESULT;
GVariant *transport_call_manager(Transport *self, const char *method, GVariant *args,
                                 GError **error) G_GNUC_WARN_UNUSED_RESULT;

// The same, and polkit asks nobody for a password: what needs one is refused.
GVariant *transport_ask_manager(Transport *self, const char *method, GVariant *args,
                                GError **error) G_GNUC_WARN_UNUSED_RESULT;

// Whether TUPLE, an answer, is of TYPE: a daemon of another version is no reason to crash.
gboolean transport_check_type(GVariant *tuple, const char *type,
                              GError **error) G_GNUC_WARN_UNUSED_RESULT;

// All properties of an interface as a{sv}.
GVariant *transport_properties(Transport *self, const char *path, const char *interface,
                               GError **error) G_GNUC_WARN_UNUSED_RESULT;

// The bus path of a VMI. Owned.
char *transport_instance(Transport *self, const char *namespace, const char *name,
                         GError **error) G_GNUC_WARN_UNUSED_RESULT;

// A method without arguments but for empty options, which returns a file descriptor; the caller closes it.
int transport_call_fd(Transport *self, const char *path, const char *interface, const char *method,
                      GError **error) G_GNUC_WARN_UNUSED_RESULT;

// Asks for signals that match RULE to be handed to CALLBACK during transport_wait().
gboolean transport_subscribe(Transport *self, const char *rule, sd_bus_message_handler_t callback,
                             gpointer user_data, GError **error) G_GNUC_WARN_UNUSED_RESULT;

typedef enum {
    TRANSPORT_EVENT,       // something was dispatched
    TRANSPORT_INTERRUPTED, // SIGINT, SIGTERM or SIGHUP came
    TRANSPORT_FAILED,
} TransportEvent;

// Dispatches what is there, or waits for more. SIGNAL_FD: from transport_signals(), or -1.
TransportEvent transport_wait(Transport *self, int signal_fd, GError **error);

// Blocks the signals that end a program and returns a descriptor that becomes readable instead.
int transport_signals(GError **error) G_GNUC_WARN_UNUSED_RESULT;
