// SPDX-License-Identifier: LGPL-2.1-or-later
// The life of a method call, the same for all: read, ask who is calling, ask polkit (without waiting for either), prepare,
// ask what that demanded, look the object up again, run, reply. A handler returns TRUE or an error;
// the reply is made and sent here, once. The order of these steps is what keeps callers apart from
// what they may not do; nothing here knows what any method does.
#include "bus/caller.h"
#include "bus/polkit.h"
#include "bus/service-internal.h"
#include "bus/waiting.h"

#include "base/autoptr.h"
#include "base/error.h"

// What a call that waits costs besides its arguments.
#define CALL_BYTES 4096

typedef struct {
    const char *action;
    char **details;
} Demand;

typedef struct {
    BusCall call; // first: handlers get its address
    GQueue demands;
    gboolean prepared;
    gboolean privileged;
    char *identity;
    WaitingCall waiting; // in BusService.calls
    CallerQuery *query;  // while the bus is asked
    PolkitCheck *check;  // while polkit is asked
} PendingCall;

static void demand_free(Demand *self)
{
    g_strfreev(self->details);
    g_free(self);
}

static void pending_free(PendingCall *self)
{
    if (!self)
        return;
    waiting_remove(&self->call.service->calls, &self->waiting);
    caller_query_free(self->query);
    polkit_check_free(self->check);
    g_queue_clear_full(&self->demands, (GDestroyNotify)demand_free);
    if (self->call.method && self->call.method->arguments_clear && self->call.arguments)
        self->call.method->arguments_clear(self->call.arguments);
    g_free(self->call.arguments);
    sd_bus_message_unref(self->call.message);
    g_free(self->identity);
    g_free(self);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC(PendingCall, pending_free)

static PendingCall *pending_of(WaitingCall *waiting)
{
    return (PendingCall *)((char *)waiting - offsetof(PendingCall, waiting));
}

void method_drop_all(BusService *service)
{
    while (service->calls.head)
        pending_free(pending_of(service->calls.head->data));
}

void method_drop_sender(BusService *service, const char *sender)
{
    WaitingCall *waiting;

    while ((waiting = waiting_of(&service->calls, sender)))
        pending_free(pending_of(waiting));
}

void method_demand(BusCall *call, const char *action, const char *const *details)
{
    PendingCall *self = (PendingCall *)call;
    g_autoptr(GPtrArray) pairs = g_ptr_array_new();
    Demand *demand = g_new0(Demand, 1);

    g_ptr_array_add(pairs, g_strdup("verb"));
    g_ptr_array_add(pairs, g_strdup(call->method->member));
    g_ptr_array_add(pairs, g_strdup("object"));
    g_ptr_array_add(pairs, g_strdup(sd_bus_message_get_path(call->message)));
    if (call->method->details)
        call->method->details(call, pairs);
    for (; details && *details; details++)
        g_ptr_array_add(pairs, g_strdup(*details));
    g_ptr_array_add(pairs, NULL);
    *demand = (Demand){ .action = action, .details = (char **)g_ptr_array_steal(pairs, NULL) };
    g_queue_push_tail(&self->demands, demand);
}

static gboolean find_object(BusCall *call, GError **error)
{
    const char *path = sd_bus_message_get_path(call->message);

    call->object = call->interface->find(call->service, path);
    if (call->object)
        return TRUE;
    g_set_error(error, VMI_ERROR, VMI_ERROR_NOT_FOUND, "there is no %s \"%s\"",
                call->interface->noun, path);
    return FALSE;
}

// The object may have been deleted, or replaced by another of its name, while polkit was asked.
static gboolean check_identity(PendingCall *self, GError **error)
{
    BusCall *call = &self->call;

    if (!find_object(call, error))
        return FALSE;
    if (!call->method->identity || g_strcmp0(call->method->identity(call), self->identity) == 0)
        return TRUE;
    g_set_error(
        error, VMI_ERROR, VMI_ERROR_CONFLICT,
        "the object of \"%s\" was replaced by another while authorization was asked for; try again",
        call->method->member);
    return FALSE;
}

// Runs the handler and sends what it answers, then lets the job signals go that it caused.
static gboolean run(PendingCall *self, GError **error)
{
    BusCall *call = &self->call;
    g_autoptr(sd_bus_message) reply = NULL;

    return check_identity(self, error) &&
           wire_ok(sd_bus_message_new_method_return(call->message, &reply), error) &&
           call->method->run(call, reply, error) &&
           wire_ok(sd_bus_send(call->service->bus, reply, NULL), error);
}

static void run_and_reply(PendingCall *self)
{
    BusService *service = self->call.service;
    g_autoptr(GError) error = NULL;

    bus_service_hold(service);
    if (!run(self, &error))
        wire_reply_error(self->call.message, error);
    bus_service_release(service);
}

static void proceed(PendingCall *self);

static void on_answer(const GError *denied, gpointer user_data)
{
    g_autoptr(PendingCall) self = user_data;

    g_clear_pointer(&self->check, polkit_check_free);
    if (denied)
        wire_reply_error(self->call.message, denied);
    else
        proceed(g_steal_pointer(&self));
}

static gboolean ask(PendingCall *self, const Demand *demand, GError **error)
{
    self->check = polkit_check_new(self->call.message, demand->action,
                                   (const char *const *)demand->details, on_answer, self, error);
    return self->check != NULL;
}

static gboolean prepare(PendingCall *self, GError **error)
{
    BusCall *call = &self->call;

    self->prepared = TRUE;
    return !call->method->prepare ||
           (check_identity(self, error) && call->method->prepare(call, error));
}

// Takes SELF. Goes on until polkit must be waited for or the reply is sent.
static void proceed(PendingCall *self)
{
    g_autoptr(PendingCall) owned = self;
    g_autoptr(GError) error = NULL;
    Demand *demand;

    for (;;) {
        while ((demand = g_queue_pop_head(&self->demands))) {
            gboolean waiting = !self->privileged && ask(self, demand, &error);

            demand_free(demand);
            if (waiting) {
                owned = NULL; // on_answer() has it
                return;
            }
            if (error) {
                wire_reply_error(self->call.message, error);
                return;
            }
        }
        if (self->prepared) {
            run_and_reply(self);
            return;
        }
        if (!prepare(self, &error)) {
            wire_reply_error(self->call.message, error);
            return;
        }
    }
}

static void on_caller(uid_t uid, const GError *error, gpointer user_data)
{
    g_autoptr(PendingCall) self = user_data;
    GQueue *calls = &self->call.service->calls;
    g_autoptr(GError) refused = error ? g_error_copy(error) : NULL;

    g_clear_pointer(&self->query, caller_query_free);
    self->privileged = caller_is_privileged(uid);
    if (!refused && waiting_identify(calls, &self->waiting, uid, self->privileged, &refused)) {
        method_demand(&self->call, self->call.method->action, NULL);
        proceed(g_steal_pointer(&self));
        return;
    }
    wire_reply_error(self->call.message, refused);
}

static gboolean ask_caller(PendingCall *self, GError **error)
{
    self->waiting.sender = sd_bus_message_get_sender(self->call.message);
    self->waiting.bytes = CALL_BYTES + self->call.weight;
    if (!waiting_add(&self->call.service->calls, &self->waiting, error))
        return FALSE;
    self->query = caller_query_new(self->call.message, on_caller, self, error);
    return self->query != NULL;
}

// Leaves SELF waiting for the bus, unless its method is open to everybody.
static gboolean begin(PendingCall *self, GError **error)
{
    BusCall *call = &self->call;
    const BusMethod *method = call->method;

    call->arguments = method->arguments_size > 0 ? g_malloc0(method->arguments_size) : NULL;
    if (!wire_read_arguments(call->message, method->takes, call->arguments, &call->weight, error) ||
        !find_object(call, error) || (method->check && !method->check(call, error)))
        return FALSE;
    self->identity = g_strdup(method->identity ? method->identity(call) : NULL);
    return !method->action || ask_caller(self, error);
}

static const BusMethod *find_method(const BusInterface *interface, const char *member)
{
    for (const BusMethod *row = interface ? interface->methods : NULL; row && row->member; row++)
        if (g_str_equal(row->member, member))
            return row;
    return NULL;
}

int method_dispatch(sd_bus_message *message, void *userdata, sd_bus_error *ret_error)
{
    BusService *service = userdata;
    const BusInterface *interface = bus_interface_find(sd_bus_message_get_interface(message));
    const BusMethod *method = find_method(interface, sd_bus_message_get_member(message));
    g_autoptr(PendingCall) self = g_new0(PendingCall, 1);
    g_autoptr(GError) error = NULL;

    g_return_val_if_fail(method != NULL,
                         0); // a vtable row without a method row; a unit test looks for those
    self->call = (BusCall){
        .service = service,
        .manager = service->manager,
        .interface = interface,
        .method = method,
        .message = sd_bus_message_ref(message),
    };
    if (!begin(self, &error))
        wire_reply_error(message, error);
    else if (self->query)
        self = NULL; // on_caller() has it
    else
        proceed(g_steal_pointer(&self));
    return 1;
}
