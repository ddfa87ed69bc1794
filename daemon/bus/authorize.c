// SPDX-License-Identifier: LGPL-2.1-or-later
// See authorize.h. Decides nothing: anything but a yes to each part is a no to the call.
#include "bus/authorize.h"

#include "api/printable.h"
#include "base/autoptr.h"
#include "base/error.h"
#include "bus/polkit.h"

// Objects and files of the host in one call.
#define PARTS_MAX 1200
// Parts that a person is told of by name.
#define PARTS_SHOWN 20

typedef struct {
    const char *action;
    char **details; // key, value, ...
} Part;

struct Authorization {
    sd_bus_message *call;
    GPtrArray *parts;    // Part, owned
    GHashTable *seen;    // keys of PARTS
    guint next;          // of PARTS: not asked about yet
    GPtrArray *refused;  // of PARTS: a person may still allow them
    GPtrArray *together; // of REFUSED: those that a person is being asked about; NULL before
    PolkitCheck *check;
    AuthorizationAnswer answer;
    gpointer user_data;
};

static void part_free(gpointer data)
{
    Part *self = data;

    g_strfreev(self->details);
    g_free(self);
}

Authorization *authorization_new(sd_bus_message *call)
{
    Authorization *self = g_new0(Authorization, 1);

    self->call = sd_bus_message_ref(call);
    self->parts = g_ptr_array_new_with_free_func(part_free);
    self->seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    self->refused = g_ptr_array_new();
    return self;
}

void authorization_free(Authorization *self)
{
    if (!self)
        return;
    polkit_check_free(self->check);
    g_clear_pointer(&self->together, g_ptr_array_unref);
    g_ptr_array_unref(self->refused);
    g_hash_table_unref(self->seen);
    g_ptr_array_unref(self->parts);
    sd_bus_message_unref(self->call);
    g_free(self);
}

void authorization_demand(Authorization *self, const char *action, const char *const *details)
{
    g_autofree char *joined = g_strjoinv("\n", (char **)details);
    Part *part;

    // One beyond the bound is kept, to be refused by authorization_ask().
    if (self->parts->len > PARTS_MAX ||
        !g_hash_table_add(self->seen, g_strdup_printf("%s\n%s", action, joined)))
        return;
    part = g_new0(Part, 1);
    *part = (Part){ .action = action, .details = g_strdupv((char **)details) };
    g_ptr_array_add(self->parts, part);
}

// ---- for people ----

static const char *detail(const Part *part, const char *key)
{
    for (char **pair = part->details; *pair; pair += 2)
        if (g_str_equal(pair[0], key))
            return pair[1];
    return "";
}

// "VirtualMachineInstance web/a", "/srv/a.img for VirtualMachineInstance web/a".
static void append_part(GString *text, const Part *part)
{
    g_autofree char *path = api_printable(detail(part, "path"), "");
    g_autofree char *namespace = api_printable(detail(part, "namespace"), "");
    g_autofree char *name = api_printable(detail(part, "name"), "");
    const char *kind = *detail(part, "kind") ? detail(part, "kind") : detail(part, "job");

    if (*path)
        g_string_append_printf(text, "%s for ", path);
    g_string_append(text, kind);
    if (*namespace || *name)
        g_string_append_printf(text, " %s%s%s", namespace, *namespace && *name ? "/" : "", name);
}

static char *describe(const GPtrArray *parts)
{
    GString *text = g_string_new(NULL);

    for (guint i = 0; i < parts->len && i < PARTS_SHOWN; i++) {
        if (i > 0)
            g_string_append(text, ", ");
        append_part(text, parts->pdata[i]);
    }
    if (parts->len > PARTS_SHOWN)
        g_string_append_printf(text, " and %u more", parts->len - PARTS_SHOWN);
    return g_string_free(text, FALSE);
}

// A question without a person is answered "a person could allow it" as well as one whose person nobody can ask.
static GError *error_of(const Authorization *self, PolkitVerdict verdict, const GPtrArray *parts)
{
    g_autofree char *what = describe(parts);
    const char *verb = sd_bus_message_get_member(self->call);

    if (verdict == POLKIT_NO)
        return g_error_new(VMI_ERROR, VMI_ERROR_DENIED,
                           "permission denied: polkit does not allow %s of %s", verb, what);
    return g_error_new(VMI_ERROR, VMI_ERROR_DENIED,
                       "interactive authentication required for %s of %s; use `sudo`, or call from "
                       "where a polkit agent can ask for a password, such as a terminal with "
                       "pkttyagent(1), or let an administrator add a polkit rule, see vmid(8)",
                       verb, what);
}

// ---- asking ----

static void proceed(Authorization *self);

// May free SELF.
static void refuse(Authorization *self, PolkitVerdict verdict, const GPtrArray *parts)
{
    g_autoptr(GError) denied = error_of(self, verdict, parts);

    self->answer(denied, self->user_data);
}

static void on_verdict(PolkitVerdict verdict, const GError *error, gpointer user_data)
{
    Authorization *self = user_data;
    g_autoptr(GPtrArray) asked = g_steal_pointer(&self->together);
    gboolean person = asked != NULL;

    g_clear_pointer(&self->check, polkit_check_free);
    if (!asked) {
        asked = g_ptr_array_new();
        g_ptr_array_add(asked, self->parts->pdata[self->next++]);
    }
    if (error) {
        self->answer(error, self->user_data);
    } else if (verdict == POLKIT_YES) {
        proceed(self);
    } else if (verdict == POLKIT_CHALLENGE && !person) {
        g_ptr_array_add(self->refused, asked->pdata[0]);
        proceed(self);
    } else {
        refuse(self, verdict, asked);
    }
}

static gboolean ask(Authorization *self, const char *action, const char *const *details,
                    gboolean interactive, GError **error)
{
    self->check =
        polkit_check_new(self->call, action, details, interactive, on_verdict, self, error);
    return self->check != NULL;
}

static gboolean ask_next_part(Authorization *self, GError **error)
{
    const Part *part = self->parts->pdata[self->next];

    return ask(self, part->action, (const char *const *)part->details, FALSE, error);
}

static gboolean all_have(const GPtrArray *parts, const char *key, const char *value)
{
    for (guint i = 0; i < parts->len; i++)
        if (!g_str_equal(detail(parts->pdata[i], key), value))
            return FALSE;
    return TRUE;
}

// One question about all refused parts of the first one's action. Of the details it has those that are the same for all: a rule that
// looks at others finds them missing.
static gboolean ask_person(Authorization *self, GError **error)
{
    const Part *first = self->refused->pdata[0];
    g_autoptr(GPtrArray) details = g_ptr_array_new();
    g_autofree char *objects = NULL;

    self->together = g_ptr_array_new();
    for (guint i = 0; i < self->refused->len;) {
        Part *part = self->refused->pdata[i];

        if (g_str_equal(part->action, first->action)) {
            g_ptr_array_add(self->together, part);
            g_ptr_array_remove_index(self->refused, i);
        } else {
            i++;
        }
    }
    for (char **pair = first->details; *pair; pair += 2)
        if (all_have(self->together, pair[0], pair[1])) {
            g_ptr_array_add(details, pair[0]);
            g_ptr_array_add(details, pair[1]);
        }
    objects = describe(self->together);
    g_ptr_array_add(details, (gpointer) "objects");
    g_ptr_array_add(details, objects);
    g_ptr_array_add(details, NULL);
    return ask(self, first->action, (const char *const *)details->pdata, TRUE, error);
}

// Asks the next question, or answers. May free SELF.
static void proceed(Authorization *self)
{
    gboolean interactive = sd_bus_message_get_allow_interactive_authorization(self->call) > 0;
    g_autoptr(GError) error = NULL;

    if (self->next < self->parts->len) {
        if (!ask_next_part(self, &error))
            self->answer(error, self->user_data);
    } else if (self->refused->len == 0) {
        self->answer(NULL, self->user_data);
    } else if (!interactive) {
        refuse(self, POLKIT_CHALLENGE, self->refused);
    } else if (!ask_person(self, &error)) {
        self->answer(error, self->user_data);
    }
}

gboolean authorization_ask(Authorization *self, AuthorizationAnswer answer, gpointer user_data,
                           GError **error)
{
    self->answer = answer;
    self->user_data = user_data;
    if (self->parts->len == 0) {
        g_set_error_literal(error, VMI_ERROR, VMI_ERROR_DENIED, "there is nothing to authorize");
        return FALSE;
    }
    if (self->parts->len > PARTS_MAX) {
        g_set_error(
            error, VMI_ERROR, VMI_ERROR_TOO_LARGE,
            "more than %d objects and files need authorization; apply fewer at once, or as root",
            PARTS_MAX);
        return FALSE;
    }
    return ask_next_part(self, error);
}
