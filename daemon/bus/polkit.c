// SPDX-License-Identifier: LGPL-2.1-or-later
// org.freedesktop.PolicyKit1.Authority.CheckAuthorization, asynchronously. Decides nothing by
// itself: no answer is a denial.
#include "bus/polkit.h"

#include "base/autoptr.h"
#include "base/error.h"

#include <unistd.h>

#define POLKIT_SERVICE "org.freedesktop.PolicyKit1"
#define ALLOW_USER_INTERACTION 1u

// A person who types a password gets this long; a check without one is answered by a program.
#define INTERACTIVE_TIMEOUT_USEC (120 * G_USEC_PER_SEC)
#define TIMEOUT_USEC (25 * G_USEC_PER_SEC)

struct PolkitCheck {
    sd_bus_slot *slot;
    char *action;
    PolkitAnswer answer;
    gpointer user_data;
};

G_DEFINE_AUTOPTR_CLEANUP_FUNC(sd_bus_creds, sd_bus_creds_unref)

gboolean polkit_is_privileged(sd_bus_message *call, gboolean *ret_privileged, uid_t *ret_uid,
                              GError **error)
{
    g_autoptr(sd_bus_creds) creds = NULL;
    uid_t uid = (uid_t)-1;
    int r = sd_bus_query_sender_creds(call, SD_BUS_CREDS_EUID, &creds);

    if (r >= 0)
        r = sd_bus_creds_get_euid(creds, &uid);
    if (r < 0) {
        g_set_error(error, VMI_ERROR, VMI_ERROR_DENIED, "cannot find out who is calling: %s",
                    g_strerror(-r));
        return FALSE;
    }
    *ret_privileged = uid == 0 || uid == geteuid();
    *ret_uid = uid;
    return TRUE;
}

void polkit_check_free(PolkitCheck *self)
{
    if (!self)
        return;
    self->slot = sd_bus_slot_unref(self->slot);
    g_free(self->action);
    g_free(self);
}

// NULL when the reply says yes.
static GError *judge(sd_bus_message *reply, const char *action)
{
    const sd_bus_error *failure = sd_bus_message_get_error(reply);
    int authorized = 0, challenge = 0, r;

    if (failure && (sd_bus_error_has_name(failure, SD_BUS_ERROR_SERVICE_UNKNOWN) ||
                    sd_bus_error_has_name(failure, SD_BUS_ERROR_NAME_HAS_NO_OWNER)))
        return g_error_new(
            VMI_ERROR, VMI_ERROR_DENIED,
            "only root may do this, because polkit is not available to decide on \"%s\"", action);
    if (failure)
        return g_error_new(VMI_ERROR, VMI_ERROR_DENIED, "polkit did not decide on \"%s\": %s",
                           action, failure->message ? failure->message : failure->name);
    r = sd_bus_message_enter_container(reply, 'r', "bba{ss}");
    if (r >= 0)
        r = sd_bus_message_read(reply, "bb", &authorized, &challenge);
    if (r < 0)
        return g_error_new(VMI_ERROR, VMI_ERROR_DENIED, "cannot read polkit's answer on \"%s\": %s",
                           action, g_strerror(-r));
    if (authorized)
        return NULL;
    if (challenge)
        return g_error_new(VMI_ERROR, VMI_ERROR_DENIED,
                           "\"%s\" needs authentication, which the caller did not allow to ask for",
                           action);
    return g_error_new(VMI_ERROR, VMI_ERROR_DENIED, "polkit denies \"%s\"", action);
}

static int on_reply(sd_bus_message *reply, void *userdata, sd_bus_error *ret_error)
{
    PolkitCheck *self = userdata;
    g_autoptr(GError) denied = judge(reply, self->action);

    self->answer(denied, self->user_data); // may free SELF
    return 1;
}

static int append_question(sd_bus_message *question, sd_bus_message *call, const char *action,
                           const char *const *details, gboolean interactive)
{
    int r = sd_bus_message_append(question, "(sa{sv})s", "system-bus-name", 1, "name", "s",
                                  sd_bus_message_get_sender(call), action);

    if (r >= 0)
        r = sd_bus_message_open_container(question, 'a', "{ss}");
    for (; r >= 0 && details && details[0]; details += 2)
        r = sd_bus_message_append(question, "{ss}", details[0], details[1]);
    if (r >= 0)
        r = sd_bus_message_close_container(question);
    return r < 0 ? r
                 : sd_bus_message_append(question, "us", interactive ? ALLOW_USER_INTERACTION : 0u,
                                         "");
}

PolkitCheck *polkit_check_new(sd_bus_message *call, const char *action, const char *const *details,
                              PolkitAnswer answer, gpointer user_data, GError **error)
{
    gboolean interactive = sd_bus_message_get_allow_interactive_authorization(call) > 0;
    g_autoptr(PolkitCheck) self = g_new0(PolkitCheck, 1);
    g_autoptr(sd_bus_message) question = NULL;
    sd_bus *bus = sd_bus_message_get_bus(call);
    int r;

    *self = (PolkitCheck){ .action = g_strdup(action), .answer = answer, .user_data = user_data };
    r = sd_bus_message_new_method_call(bus, &question, POLKIT_SERVICE,
                                       "/org/freedesktop/PolicyKit1/Authority",
                                       POLKIT_SERVICE ".Authority", "CheckAuthorization");
    if (r >= 0)
        r = append_question(question, call, action, details, interactive);
    if (r >= 0)
        r = sd_bus_call_async(bus, &self->slot, question, on_reply, self,
                              interactive ? INTERACTIVE_TIMEOUT_USEC : TIMEOUT_USEC);
    if (r < 0) {
        g_set_error(error, VMI_ERROR, VMI_ERROR_DENIED, "cannot ask polkit about \"%s\": %s",
                    action, g_strerror(-r));
        return NULL;
    }
    return g_steal_pointer(&self);
}
