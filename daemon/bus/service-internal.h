// SPDX-License-Identifier: LGPL-2.1-or-later
// Inside bus/ only: what the generic code and the interface files share of the service.
#pragma once

#include "bus/changes.h"
#include "bus/service.h"
#include "base/worker.h"

// What the enumerator of a collection of objects needs to know.
typedef struct {
    BusService *service;
    const BusInterface *interface;
} BusCollection;

struct BusService {
    sd_bus *bus;
    Manager *manager;
    const Config *config;
    Layout layout; // borrows from config
    BusChanges *changes;
    BusCollection collections[5]; // one for each interface
    GPtrArray *slots;             // sd_bus_slot: vtables, enumerators, object manager
    GQueue calls;                 // WaitingCall: for the bus or for polkit
    WorkerPool *demands;          // a worker that finds out what calls need authorization for
    GPtrArray
        *held;   // sd_bus_message: job signals that must follow a reply; NULL when nothing is held
    guint holds; // that are not released
    void (*state_changed)(gpointer user_data);
    gpointer state_data;
};

// Between these two, job signals wait: a job is announced after the reply of the method that made
// it. May be nested.
void bus_service_hold(BusService *self);
void bus_service_release(BusService *self);

// The interface called NAME, or NULL.
const BusInterface *bus_interface_find(const char *name);

// Frees all calls that wait, when no worker has any.
void method_drop_all(BusService *service);
// Frees the calls of one connection that wait.
void method_drop_sender(BusService *service, const char *sender);
