// SPDX-License-Identifier: LGPL-2.1-or-later
// org.freedesktop.LogControl1(5), what `systemctl service-log-level vmid` talks to, and the log
// writer that obeys it.
#pragma once

#include <glib.h>
#include <systemd/sd-bus.h>

typedef struct {
    int max_level; // of syslog(3): LOG_INFO; read by all threads
} LogControl;

// Sends all of GLib's log to the journal, or to standard error where that is no journal. SELF must
// outlive the process's logging.
void log_control_install(LogControl *self);

// Serves the interface on BUS; only root may change anything (sd-bus checks). Returns a negative
// errno on failure.
int log_control_register(LogControl *self, sd_bus *bus, sd_bus_slot **ret_slot);
