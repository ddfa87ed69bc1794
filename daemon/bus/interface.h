// SPDX-License-Identifier: LGPL-2.1-or-later
// How an interface of the bus is described: const tables of methods and properties, and how to find
// its objects. The generic code in method.c and property.c walks them; the interface files
// (…-iface.c) are the only ones that fill them.
#pragma once

#include "bus/object-path.h"
#include "bus/wire.h"
#include "manager/manager.h"

typedef struct BusService BusService; // bus/service.h
typedef struct BusInterface BusInterface;
typedef struct BusMethod BusMethod;

// One method call from arrival to reply. The message is kept and never re-read from elsewhere: what
// was authorized is what is done.
typedef struct {
    BusService *service;
    Manager *manager;
    const BusInterface *interface;
    const BusMethod *method;
    sd_bus_message *message;
    gpointer arguments; // of method->arguments_size, zeroed; filled as method->takes says
    gpointer object;    // of interface->find(); looked up again after every wait
    gsize weight;       // bytes of memory that waiting costs: of the strings in the arguments
} BusCall;

// Demands polkit's consent to ACTION before run(). DETAILS: key, value, ..., NULL, beside "verb" and "object"; copied. For demand()
// only.
void method_demand(BusCall *call, const char *action, const char *const *details);

// Appends RESULT to REPLY.
typedef gboolean (*BusAppend)(sd_bus_message *reply, gconstpointer result, GError **error);
// Replies to CALL, which was submitted, and frees it. REFUSED: why there is no RESULT; or NULL.
void method_answer(BusCall *call, BusAppend append, gconstpointer result, const GError *refused);

struct BusMethod {
    const char *member;
    const char *action; // polkit's; NULL: open to every caller
    gsize arguments_size;
    // As in the vtable; ends with a NULL name. NULL: the method takes none. They are read before
    // anything else is done with the call.
    const WireArgument *takes;
    // Checks what is cheap to check of the arguments. Before polkit is asked. May be NULL.
    gboolean (*check)(BusCall *call, GError **error);
    // The question about ACTION: adds key, value (owned) pairs to DETAILS, beside "verb" and "object". NULL: demand() says all.
    void (*details)(const BusCall *call, GPtrArray *details);
    // Demands more, by what the arguments say. Not for callers that need no polkit. In a worker thread, as strangers may ask for it as
    // often as they like: it may look at the arguments and at what never changes, and nothing of it may be trusted in run(). May be
    // NULL.
    gboolean (*demand)(BusCall *call, GError **error);
    // The identity (uid) of the object that is acted on: when it changes while polkit is asked, the
    // call fails. May be NULL.
    const char *(*identity)(const BusCall *call);
    // One call down; appends the results to REPLY, which the caller of run() sends. On FALSE the
    // error is sent instead.
    gboolean (*run)(BusCall *call, sd_bus_message *reply, GError **error);
    // In place of run() for what is answered later: method_answer() follows once, perhaps at once. From here on the call is not taken back, also
    // when the caller leaves the bus.
    void (*submit)(BusCall *call);
};

typedef struct {
    const char *name;
    int (*append)(sd_bus_message *reply, BusService *service,
                  gpointer object); // negative errno on failure
} BusProperty;

struct BusInterface {
    const char *name;   // "org.example.Vmi1.Instance"
    const char *prefix; // of its objects' paths
    gboolean single;    // PREFIX is the one object; otherwise they are below PREFIX
    const sd_bus_vtable *vtable;
    const BusMethod *methods;                                // ends with a NULL member; may be NULL
    const BusProperty *properties;                           // ends with a NULL name
    const char *noun;                                        // for "no such ..."
    gpointer (*find)(BusService *service, const char *path); // borrowed, NULL if none
    char **(*enumerate)(BusService *service);                // all paths; NULL when single
    // Bytes of those properties of an object that have no small bound. NULL: all have one.
    gsize (*size)(BusService *service, gpointer object);
};

// Userdata of both is the BusService.
int method_dispatch(sd_bus_message *message, void *userdata, sd_bus_error *ret_error);
int property_get(sd_bus *bus, const char *path, const char *interface, const char *property,
                 sd_bus_message *reply, void *userdata, sd_bus_error *ret_error);

// Flags that every method has: polkit, not the vtable, decides.
#define BUS_METHOD_FLAGS SD_BUS_VTABLE_UNPRIVILEGED
#define BUS_CONST(name, signature) \
    SD_BUS_PROPERTY(name, signature, property_get, 0, SD_BUS_VTABLE_PROPERTY_CONST)
#define BUS_CHANGING(name, signature) \
    SD_BUS_PROPERTY(name, signature, property_get, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE)
#define BUS_SILENT(name, signature) SD_BUS_PROPERTY(name, signature, property_get, 0, 0)

extern const BusInterface manager_interface, instance_interface, volume_interface, pool_interface,
    job_interface;
