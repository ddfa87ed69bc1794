// SPDX-License-Identifier: LGPL-2.1-or-later
// org.freedesktop.DBus.GetConnectionUnixUser, asynchronously. No answer is a denial.
#include "bus/caller.h"

#include "base/autoptr.h"
#include "base/error.h"

#include <unistd.h>

struct CallerQuery {
    sd_bus_slot *slot;
    CallerAnswer answer;
    gpointer user_data;
};

gboolean caller_is_privileged(uid_t uid)
{
    return uid == 0 || uid == geteuid();
}

void caller_query_free(CallerQuery *self)
{
    if (!self)
        return;
    self->slot = sd_bus_slot_unref(self->slot);
    g_free(self);
}

static void set_unknown(GError **error, const char *why)
{
    g_set_error(error, VMI_ERROR, VMI_ERROR_DENIED, "cannot find out who is calling: %s", why);
}

static int on_reply(sd_bus_message *reply, void *userdata, sd_bus_error *ret_error)
{
    CallerQuery *self = userdata;
    const sd_bus_error *failure = sd_bus_message_get_error(reply);
    g_autoptr(GError) error = NULL;
    uint32_t uid = UINT32_MAX;
    int r = failure ? 0 : sd_bus_message_read(reply, "u", &uid);

    if (failure)
        set_unknown(&error, failure->message ? failure->message : failure->name);
    else if (r < 0)
        set_unknown(&error, g_strerror(-r));
    self->answer(uid, error, self->user_data); // may free SELF
    return 1;
}

CallerQuery *caller_query_new(sd_bus_message *call, CallerAnswer answer, gpointer user_data,
                              GError **error)
{
    g_autoptr(CallerQuery) self = g_new0(CallerQuery, 1);
    g_autoptr(sd_bus_message) question = NULL;
    sd_bus *bus = sd_bus_message_get_bus(call);
    int r;

    *self = (CallerQuery){ .answer = answer, .user_data = user_data };
    r = sd_bus_message_new_method_call(bus, &question, "org.freedesktop.DBus",
                                       "/org/freedesktop/DBus", "org.freedesktop.DBus",
                                       "GetConnectionUnixUser");
    if (r >= 0)
        r = sd_bus_message_append(question, "s", sd_bus_message_get_sender(call));
    // The bus always answers. What takes long is reading what others have sent before that.
    if (r >= 0)
        r = sd_bus_call_async(bus, &self->slot, question, on_reply, self, UINT64_MAX);
    if (r < 0) {
        set_unknown(error, g_strerror(-r));
        return NULL;
    }
    return g_steal_pointer(&self);
}
