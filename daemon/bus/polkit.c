// SPDX-License-Identifier: LGPL-2.1-or-later
// org.freedesktop.PolicyKit1.Authority.CheckAuthorization, asynchronously. Decides nothing by
// itself: no answer is a denial.
#include "bus/polkit.h"

#include "base/autoptr.h"
#include "base/error.h"

#define POLKIT_SERVICE "org.freedesktop.PolicyKit1"
#define ALLOW_USER_INTERACTION 1u

// A person who types a password gets this long; a check without one is answered by a program.
#define INTERACTIVE_TIMEOUT_USEC (120 * G_USEC_PER_SEC)
#define TIMEOUT_USEC (25 * G_USEC_PER_SEC)

#define POLKIT_PATH "/org/freedesktop/PolicyKit1/Authority"
#define POLKIT_INTERFACE POLKIT_SERVICE ".Authority"

struct PolkitCheck {
    sd_bus *bus;
    sd_bus_slot *slot;
    char *action;
    char *cancellation; // names the question to polkit; NULL when there is nothing to cancel
    PolkitAnswer answer;
    gpointer user_data;
};

// Nobody waits for the answer; without this the person's prompt would stay.
static void cancel(const PolkitCheck *self)
{
    g_autoptr(sd_bus_message) request = NULL;
    int r = sd_bus_message_new_method_call(self->bus, &request, POLKIT_SERVICE, POLKIT_PATH,
                                           POLKIT_INTERFACE, "CancelCheckAuthorization");

    if (r >= 0)
        r = sd_bus_message_append(request, "s", self->cancellation);
    if (r >= 0)
        r = sd_bus_message_set_expect_reply(request, FALSE);
    if (r >= 0)
        r = sd_bus_send(self->bus, request, NULL);
    if (r < 0)
        g_debug("cannot cancel a question to polkit: %s", g_strerror(-r));
}

void polkit_check_free(PolkitCheck *self)
{
    if (!self)
        return;
    if (self->cancellation)
        cancel(self);
    self->slot = sd_bus_slot_unref(self->slot);
    sd_bus_unref(self->bus);
    g_free(self->cancellation);
    g_free(self->action);
    g_free(self);
}

// An error when polkit did not decide. The action's name is for who writes rules, and in the debug log.
static GError *judge(sd_bus_message *reply, const char *action, PolkitVerdict *ret_verdict)
{
    const sd_bus_error *failure = sd_bus_message_get_error(reply);
    int authorized = 0, challenge = 0, r;

    if (failure && (sd_bus_error_has_name(failure, SD_BUS_ERROR_SERVICE_UNKNOWN) ||
                    sd_bus_error_has_name(failure, SD_BUS_ERROR_NAME_HAS_NO_OWNER)))
        return g_error_new_literal(VMI_ERROR, VMI_ERROR_DENIED,
                                   "only root may do this, because polkit is not available to "
                                   "decide; use `sudo`");
    if (failure)
        return g_error_new(VMI_ERROR, VMI_ERROR_DENIED, "polkit did not decide: %s",
                           failure->message ? failure->message : failure->name);
    r = sd_bus_message_enter_container(reply, 'r', "bba{ss}");
    if (r >= 0)
        r = sd_bus_message_read(reply, "bb", &authorized, &challenge);
    if (r < 0)
        return g_error_new(VMI_ERROR, VMI_ERROR_DENIED, "cannot read polkit's answer: %s",
                           g_strerror(-r));
    *ret_verdict = authorized ? POLKIT_YES : challenge ? POLKIT_CHALLENGE : POLKIT_NO;
    g_debug("polkit on \"%s\": %s", action,
            authorized  ? "yes"
            : challenge ? "after authentication"
                        : "no");
    return NULL;
}

static int on_reply(sd_bus_message *reply, void *userdata, sd_bus_error *ret_error)
{
    PolkitCheck *self = userdata;
    PolkitVerdict verdict = POLKIT_NO;
    g_autoptr(GError) error = judge(reply, self->action, &verdict);

    // An error may be our own, that the time is up.
    if (!sd_bus_message_is_method_error(reply, NULL))
        g_clear_pointer(&self->cancellation, g_free);
    self->answer(verdict, error, self->user_data); // may free SELF
    return 1;
}

static int append_question(const PolkitCheck *self, sd_bus_message *question, sd_bus_message *call,
                           const char *const *details)
{
    int r = sd_bus_message_append(question, "(sa{sv})s", "system-bus-name", 1, "name", "s",
                                  sd_bus_message_get_sender(call), self->action);

    if (r >= 0)
        r = sd_bus_message_open_container(question, 'a', "{ss}");
    for (; r >= 0 && details && details[0]; details += 2)
        r = sd_bus_message_append(question, "{ss}", details[0], details[1]);
    if (r >= 0)
        r = sd_bus_message_close_container(question);
    return r < 0 ? r
                 : sd_bus_message_append(question, "us",
                                         self->cancellation ? ALLOW_USER_INTERACTION : 0u,
                                         self->cancellation ? self->cancellation : "");
}

PolkitCheck *polkit_check_new(sd_bus_message *call, const char *action, const char *const *details,
                              gboolean interactive, PolkitAnswer answer, gpointer user_data,
                              GError **error)
{
    g_autoptr(PolkitCheck) self = g_new0(PolkitCheck, 1);
    g_autoptr(sd_bus_message) question = NULL;
    sd_bus *bus = sd_bus_message_get_bus(call);
    int r;

    *self = (PolkitCheck){
        .bus = sd_bus_ref(bus),
        .action = g_strdup(action),
        .cancellation = interactive ? g_uuid_string_random() : NULL,
        .answer = answer,
        .user_data = user_data,
    };
    r = sd_bus_message_new_method_call(bus, &question, POLKIT_SERVICE, POLKIT_PATH,
                                       POLKIT_INTERFACE, "CheckAuthorization");
    if (r >= 0)
        r = append_question(self, question, call, details);
    if (r >= 0)
        r = sd_bus_call_async(bus, &self->slot, question, on_reply, self,
                              interactive ? INTERACTIVE_TIMEOUT_USEC : TIMEOUT_USEC);
    if (r < 0) {
        g_clear_pointer(&self->cancellation, g_free);
        g_set_error(error, VMI_ERROR, VMI_ERROR_DENIED, "cannot ask polkit: %s", g_strerror(-r));
        return NULL;
    }
    return g_steal_pointer(&self);
}
