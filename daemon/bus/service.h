// SPDX-License-Identifier: LGPL-2.1-or-later
// The service org.example.Vmi1: owns the name, the object manager and all interfaces; observes the
// manager and turns what changed into signals. Holds no objects of its own.
#pragma once

#include "bus/interface.h"

// Registers everything on BUS and becomes MANAGER's observer; the name comes with
// bus_service_publish(). All arguments must outlive it.
BusService *bus_service_new(sd_bus *bus, Manager *manager, const Config *config,
                            GError **error) G_GNUC_WARN_UNUSED_RESULT;
// Before the manager is freed. Calls that wait for polkit are dropped unanswered.
void bus_service_free(BusService *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(BusService, bus_service_free)

// Called when manager_state() or manager_problems() changed, after the signal was queued; one
// listener.
void bus_service_on_state(BusService *self, void (*changed)(gpointer user_data),
                          gpointer user_data);

// Takes the name on the bus: from now on callers find us.
gboolean bus_service_publish(BusService *self, GError **error) G_GNUC_WARN_UNUSED_RESULT;
