// SPDX-License-Identifier: LGPL-2.1-or-later
// What the whole manager is like at present, for all files of manager/: its problems, whether it is ready, who is told; see private.h.
#include "manager/private.h"

#include <syslog.h>

#include "base/error.h"
#include "manager/log.h"

// ---- times -----------------------------------------------------------------------------------------------------

char *manager_format_time(gint64 usec)
{
    g_autoptr(GDateTime) time = g_date_time_new_from_unix_utc(usec / G_USEC_PER_SEC);

    return g_date_time_format(time, "%Y-%m-%dT%H:%M:%SZ");
}

gint64 manager_parse_time(const char *text)
{
    g_autoptr(GTimeZone) utc = g_time_zone_new_utc();
    g_autoptr(GDateTime) time = text ? g_date_time_new_from_iso8601(text, utc) : NULL;

    return time ? g_date_time_to_unix(time) * G_USEC_PER_SEC : 0;
}

// ---- state -----------------------------------------------------------------------------------------------------

typedef struct {
    char *topic, *text;
} PassingProblem;

static void passing_problem_free(gpointer data)
{
    PassingProblem *self = data;

    g_free(self->topic);
    g_free(self->text);
    g_free(self);
}

void manager_init_problems(Manager *self)
{
    self->standing_problems = g_ptr_array_new_with_free_func(g_free);
    self->passing_problems = g_ptr_array_new_with_free_func(passing_problem_free);
    self->problems = g_ptr_array_new_with_free_func(g_free);
}

void manager_problems_changed(Manager *self, const char *news)
{
    const LogContext context = { .reason = "Problem" };

    g_ptr_array_set_size(self->problems, 0);
    if (self->host_problem)
        g_ptr_array_add(self->problems, g_strdup(self->host_problem));
    for (guint i = 0; i < self->passing_problems->len; i++)
        g_ptr_array_add(self->problems,
                        g_strdup(((const PassingProblem *)self->passing_problems->pdata[i])->text));
    for (guint i = 0; i < self->standing_problems->len; i++)
        g_ptr_array_add(self->problems, g_strdup(g_ptr_array_index(self->standing_problems, i)));
    if (news)
        log_message(LOG_WARNING, &context, news);
    if (self->observer.state_changed)
        self->observer.state_changed(self->observer_data);
}

void manager_add_problem(Manager *self, const char *format, ...)
{
    char *text = NULL;
    va_list ap;

    va_start(ap, format);
    text = g_strdup_vprintf(format, ap);
    va_end(ap);
    g_ptr_array_add(self->standing_problems, text);
    manager_problems_changed(self, text);
}

void manager_set_problem(Manager *self, const char *topic, const char *problem)
{
    PassingProblem *passing = NULL;
    guint at = 0;

    while (at < self->passing_problems->len &&
           !g_str_equal(((PassingProblem *)self->passing_problems->pdata[at])->topic, topic))
        at++;
    if (at < self->passing_problems->len)
        passing = self->passing_problems->pdata[at];
    if (g_strcmp0(passing ? passing->text : NULL, problem) == 0)
        return;
    if (passing)
        g_ptr_array_remove_index(self->passing_problems, at);
    if (problem) {
        passing = g_new0(PassingProblem, 1);
        passing->topic = g_strdup(topic);
        passing->text = g_strdup(problem);
        g_ptr_array_add(self->passing_problems, passing);
    }
    manager_problems_changed(self, problem);
}

void manager_set_guest_problem(Manager *self, const char *namespace, const char *name,
                               const char *problem)
{
    g_autofree char *topic = g_strdup_printf("guest %s/%s", namespace, name);

    manager_set_problem(self, topic, problem);
}

gboolean manager_check_ready(const Manager *self, GError **error)
{
    if (self->ready)
        return TRUE;
    g_set_error(error, VMI_ERROR, VMI_ERROR_BUSY, "vmid is not ready yet: %s",
                self->host_problem ? self->host_problem : "try again in a moment");
    return FALSE;
}

const char *manager_state(const Manager *self)
{
    if (self->problems->len > 0 && (self->ready || self->host_problem))
        return "degraded";
    return self->ready ? "running" : "starting";
}

const GPtrArray *manager_problems(const Manager *self)
{
    return self->problems;
}

GPtrArray *manager_values(GHashTable *table)
{
    // g_hash_table_get_values_as_ptr_array() of GLib 2.76.
    GPtrArray *values = g_ptr_array_sized_new(g_hash_table_size(table));
    GHashTableIter iter;
    gpointer value = NULL;

    g_hash_table_iter_init(&iter, table);
    while (g_hash_table_iter_next(&iter, NULL, &value))
        g_ptr_array_add(values, value);
    return values;
}

void manager_hold(Manager *self)
{
    if (self->observer.hold)
        self->observer.hold(self->observer_data);
}

void manager_release(Manager *self)
{
    if (self->observer.release)
        self->observer.release(self->observer_data);
}

void manager_observe(Manager *self, const ManagerObserver *observer, gpointer user_data)
{
    self->observer = *observer;
    self->observer_data = user_data;
}

void manager_check_drain(Manager *self)
{
    if (self->check_drain)
        self->check_drain(self);
}
