// SPDX-License-Identifier: LGPL-2.1-or-later
// The life of a method call, the same for all: read, ask the bus who is calling, find out what needs authorization, ask polkit, look
// the object up again, run, reply. Nothing is waited for. A handler returns TRUE or an error; the reply is made and sent here, once. The
// order of these steps is what keeps callers apart from what they may not do; nothing here knows what any method does.
#include "bus/authorize.h"
#include "bus/caller.h"
#include "bus/service-internal.h"
#include "bus/waiting.h"

#include "base/autoptr.h"
#include "base/error.h"

// What a call that waits costs besides its arguments.
#define CALL_BYTES 4096

typedef struct {
    BusCall call; // first: handlers get its address
    char *identity;
    WaitingCall waiting;          // in BusService.calls
    CallerQuery *query;           // while the bus is asked
    GCancellable *demanding;      // while a worker has it
    Authorization *authorization; // after that
    gboolean submitted;           // the manager has it
} PendingCall;

static void pending_free(PendingCall *self)
{
    if (!self)
        return;
    waiting_remove(&self->call.service->calls, &self->waiting);
    caller_query_free(self->query);
    g_clear_object(&self->demanding);
    authorization_free(self->authorization);
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
    GList *next;

    for (GList *link = service->calls.head; link; link = next) {
        PendingCall *self = pending_of(link->data);

        next = link->next;
        if (self->submitted || !g_str_equal(self->waiting.sender, sender))
            continue;
        if (self->demanding)
            g_cancellable_cancel(self->demanding); // on_demanded() has it
        else
            pending_free(self);
    }
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

    return wire_ok(sd_bus_message_new_method_return(call->message, &reply), error) &&
           call->method->run(call, reply, error) &&
           wire_ok(sd_bus_send(call->service->bus, reply, NULL), error);
}

void method_answer(BusCall *call, BusAppend append, gconstpointer result, const GError *refused)
{
    g_autoptr(PendingCall) self = (PendingCall *)call;
    g_autoptr(sd_bus_message) reply = NULL;
    g_autoptr(GError) error = NULL;

    if (refused)
        wire_reply_error(call->message, refused);
    else if (!wire_ok(sd_bus_message_new_method_return(call->message, &reply), &error) ||
             !append(reply, result, &error) ||
             !wire_ok(sd_bus_send(call->service->bus, reply, NULL), &error))
        wire_reply_error(call->message, error);
}

// Takes PENDING over.
static void run_and_reply(PendingCall *pending)
{
    g_autoptr(PendingCall) self = pending;
    BusCall *call = &self->call;
    BusService *service = call->service;
    g_autoptr(GError) error = NULL;

    bus_service_hold(service);
    if (!check_identity(self, &error) || (call->method->run && !run(self, &error))) {
        wire_reply_error(call->message, error);
    } else if (call->method->submit) {
        self->submitted = TRUE;
        call->method->submit(&g_steal_pointer(&self)->call); // method_answer() frees it
    }
    bus_service_release(service);
}

// ---- authorization ----

void method_demand(BusCall *call, const char *action, const char *const *details)
{
    PendingCall *self = (PendingCall *)call;
    g_autoptr(GPtrArray) pairs = g_ptr_array_new();

    g_ptr_array_add(pairs, (gpointer) "verb");
    g_ptr_array_add(pairs, (gpointer)call->method->member);
    g_ptr_array_add(pairs, (gpointer) "object");
    g_ptr_array_add(pairs, (gpointer)sd_bus_message_get_path(call->message));
    for (; *details; details++)
        g_ptr_array_add(pairs, (gpointer)*details);
    g_ptr_array_add(pairs, NULL);
    authorization_demand(self->authorization, action, (const char *const *)pairs->pdata);
}

static void on_authorized(const GError *denied, gpointer user_data)
{
    g_autoptr(PendingCall) self = user_data;

    if (denied)
        wire_reply_error(self->call.message, denied);
    else
        run_and_reply(g_steal_pointer(&self));
}

static gpointer demand(gpointer input, GCancellable *cancellable, GError **error)
{
    BusCall *call = input;

    (void)call->method->demand(call, error);
    return NULL;
}

static void on_demanded(gpointer input, gpointer result, const GError *error, gpointer user_data)
{
    g_autoptr(PendingCall) self = input;
    gboolean left = g_cancellable_is_cancelled(self->demanding);
    g_autoptr(GError) refused = error ? g_error_copy(error) : NULL;

    g_clear_object(&self->demanding);
    if (left)
        return;
    if (!refused && authorization_ask(self->authorization, on_authorized, self, &refused))
        self = NULL; // on_authorized() has it
    else
        wire_reply_error(self->call.message, refused);
}

// Leaves SELF waiting for a worker or for polkit.
static gboolean authorize(PendingCall *self, GError **error)
{
    static const WorkerTask task = { .run = demand, .done = on_demanded };
    BusCall *call = &self->call;
    g_autoptr(GPtrArray) details = g_ptr_array_new_with_free_func(g_free);

    if (!check_identity(self, error))
        return FALSE;
    self->authorization = authorization_new(call->message);
    if (call->method->details) {
        call->method->details(call, details);
        g_ptr_array_add(details, NULL);
        method_demand(call, call->method->action, (const char *const *)details->pdata);
    }
    if (!call->method->demand)
        return authorization_ask(self->authorization, on_authorized, self, error);
    self->demanding = g_cancellable_new();
    worker_pool_push(call->service->demands, &task, self, self->demanding, NULL);
    return TRUE;
}

// ---- the caller ----

static void on_caller(uid_t uid, const GError *error, gpointer user_data)
{
    g_autoptr(PendingCall) self = user_data;
    gboolean privileged = caller_is_privileged(uid);
    g_autoptr(GError) refused = error ? g_error_copy(error) : NULL;

    g_clear_pointer(&self->query, caller_query_free);
    if (refused ||
        !waiting_identify(&self->call.service->calls, &self->waiting, uid, privileged, &refused))
        wire_reply_error(self->call.message, refused);
    else if (privileged)
        run_and_reply(g_steal_pointer(&self));
    else if (authorize(self, &refused))
        self = NULL; // on_demanded() or on_authorized() has it
    else
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
        run_and_reply(g_steal_pointer(&self));
    return 1;
}
