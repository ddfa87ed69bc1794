// SPDX-License-Identifier: LGPL-2.1-or-later
// Collects what JobRemoved says about every job, and draws the steps of those that were asked for.
#include "cli/job-wait.h"

#include <stdio.h>
#include <string.h>

#include "api/printable.h"
#include "base/autoptr.h"
#include "base/error.h"
#include "base/fd.h"
#include "cli/cli.h"
#include "cli/progress.h"
#include "cli/variant.h"

typedef struct {
    char *label, *done;
    guint id;
    char *step; // the newest that is known, which was drawn
    guint number, total;
    gsize warnings; // of its own, printed already
} Waited;

struct JobWait {
    Transport *transport;
    Progress *progress;
    GHashTable *jobs;    // char * path -> Waited; still to end
    GHashTable *results; // char * path -> GVariant of JobRemoved, of jobs that nobody asked for yet
    gboolean gone;       // vmid left the bus
    int exit_code;
};

static void waited_free(gpointer data)
{
    Waited *self = data;

    g_free(self->label);
    g_free(self->done);
    g_free(self->step);
    g_free(self);
}

static void settle(JobWait *self, const char *path, GVariant *removed);

static int on_job_removed(sd_bus_message *message, void *user_data, sd_bus_error *ret_error)
{
    JobWait *self = user_data;
    g_autoptr(GVariant) tuple = NULL;
    const char *path;

    if (variant_read(message, &tuple) < 0 ||
        !g_variant_is_of_type(tuple, G_VARIANT_TYPE("(uoosss)")))
        return 0;
    g_variant_get_child(tuple, 1, "&o", &path);
    if (g_hash_table_contains(self->jobs, path))
        settle(self, path, tuple);
    else
        g_hash_table_replace(self->results, g_strdup(path), g_variant_ref(tuple));
    return 0;
}

// A signal that was sent before we asked for the present step is read after the answer.
static gboolean is_behind(const Waited *waited, guint number, guint total)
{
    return total != 0 && total == waited->total && number < waited->number;
}

// Each step of a job is drawn once, whatever is drawn of other jobs in between.
static void take_step(JobWait *self, Waited *waited, GVariant *properties)
{
    const char *step = NULL;
    guint number = waited->number, total = waited->total;

    (void)g_variant_lookup(properties, "StepNumber", "u", &number);
    (void)g_variant_lookup(properties, "StepTotal", "u", &total);
    if (!g_variant_lookup(properties, "Step", "&s", &step) || !*step ||
        g_strcmp0(step, waited->step) == 0 || is_behind(waited, number, total))
        return;
    waited->number = number;
    waited->total = total;
    g_free(waited->step);
    waited->step = g_strdup(step);
    progress_step(self->progress, waited->label, step, number, total);
}

static void take_warnings(JobWait *self, Waited *waited, GVariant *properties)
{
    g_autoptr(GVariant) warnings =
        g_variant_lookup_value(properties, "Warnings", G_VARIANT_TYPE("as"));
    gsize count = warnings ? g_variant_n_children(warnings) : 0;

    for (; waited->warnings < count; waited->warnings++) {
        g_autofree char *shown = NULL;
        const char *warning;

        g_variant_get_child(warnings, waited->warnings, "&s", &warning);
        shown = api_printable(warning, "");
        progress_clear(self->progress);
        fprintf(stderr, "%s: warning: %s\n", waited->label, shown);
    }
}

static int on_job_changed(sd_bus_message *message, void *user_data, sd_bus_error *ret_error)
{
    JobWait *self = user_data;
    Waited *waited = g_hash_table_lookup(self->jobs, sd_bus_message_get_path(message));
    g_autoptr(GVariant) tuple = NULL;
    g_autoptr(GVariant) changed = NULL;

    if (!waited || variant_read(message, &tuple) < 0 ||
        !g_variant_is_of_type(tuple, G_VARIANT_TYPE("(sa{sv}as)")))
        return 0;
    changed = g_variant_get_child_value(tuple, 1);
    take_step(self, waited, changed);
    take_warnings(self, waited, changed);
    return 0;
}

static int on_owner_changed(sd_bus_message *message, void *user_data, sd_bus_error *ret_error)
{
    JobWait *self = user_data;
    const char *name, *old, *new;

    if (sd_bus_message_read(message, "sss", &name, &old, &new) >= 0 && *old)
        self->gone = TRUE;
    return 0;
}

JobWait *job_wait_new(Transport *transport, GError **error)
{
    static const struct {
        const char *rule;
        sd_bus_message_handler_t callback;
    } matches[] = {
        { "type='signal',sender='" CLI_BUS_NAME "',interface='" CLI_MANAGER_INTERFACE
          "',member='JobRemoved'",
          on_job_removed },
        { "type='signal',sender='" CLI_BUS_NAME "',interface='org.freedesktop.DBus.Properties',"
          "member='PropertiesChanged',arg0='" CLI_JOB_INTERFACE "'",
          on_job_changed },
        { "type='signal',sender='org.freedesktop.DBus',interface='org.freedesktop.DBus',"
          "member='NameOwnerChanged',arg0='" CLI_BUS_NAME "'",
          on_owner_changed },
    };
    g_autoptr(JobWait) self = g_new0(JobWait, 1);

    self->transport = transport;
    self->progress = progress_new();
    self->jobs = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, waited_free);
    self->results =
        g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)g_variant_unref);
    for (guint i = 0; i < G_N_ELEMENTS(matches); i++)
        if (!transport_subscribe(transport, matches[i].rule, matches[i].callback, self, error))
            return NULL;
    return g_steal_pointer(&self);
}

void job_wait_free(JobWait *self)
{
    if (!self)
        return;
    progress_free(self->progress);
    g_clear_pointer(&self->jobs, g_hash_table_unref);
    g_clear_pointer(&self->results, g_hash_table_unref);
    g_free(self);
}

// The first failure decides the exit code; "waiting" gives way to anything worse.
static void count_failure(JobWait *self, int code)
{
    if (self->exit_code == CLI_EXIT_OK ||
        self->exit_code == vmi_error_info(VMI_ERROR_WAITING)->exit_code)
        self->exit_code = code;
}

void job_wait_fail(JobWait *self, const char *label, const GError *error)
{
    g_autofree char *text =
        g_strdup_printf("%s%s%s", label ? label : "", label ? ": " : "", error->message);

    cli_print_error(g_strchomp(text));
    count_failure(self, cli_exit_code(error));
}

static int exit_code_of(const char *result, const char *error_name)
{
    VmiError code =
        strcmp(result, "waiting") == 0 ? VMI_ERROR_WAITING : vmi_error_from_bus_name(error_name);

    return vmi_error_info(code)->exit_code;
}

static void settle(JobWait *self, const char *path, GVariant *removed)
{
    Waited *waited = g_hash_table_lookup(self->jobs, path);
    const char *result, *error_name, *message;
    g_autofree char *text = NULL;

    g_variant_get(removed, "(uoo&s&s&s)", NULL, NULL, NULL, &result, &error_name, &message);
    progress_clear(self->progress);
    if (strcmp(result, "done") == 0) {
        if (waited->done) {
            printf("%s\n", waited->done);
            fflush(stdout);
        }
    } else {
        text = g_strdup_printf("%s: %s%s%s", waited->label,
                               strcmp(result, "failed") == 0 ? "" : result,
                               strcmp(result, "failed") == 0 || !*message ? "" : ": ", message);
        cli_print_error(text);
        count_failure(self, exit_code_of(result, error_name));
    }
    g_hash_table_remove(self->jobs, path);
}

void job_wait_add(JobWait *self, const char *job, const char *label, const char *done)
{
    Waited *waited;
    g_autoptr(GVariant) removed = NULL;
    const char *id = strrchr(job, '/');

    if (strcmp(job, "/") == 0) // there was nothing to do
        return;
    waited = g_new0(Waited, 1);
    waited->label = g_strdup(label);
    waited->done = g_strdup(done);
    waited->id = id ? (guint)g_ascii_strtoull(id + 1, NULL, 10) : 0;
    g_hash_table_replace(self->jobs, g_strdup(job), waited);
    if (g_hash_table_lookup(self->results, job)) {
        removed = g_variant_ref(g_hash_table_lookup(self->results, job));
        settle(self, job, removed);
    }
}

// Steps that were taken before we looked.
static void draw_present_steps(JobWait *self)
{
    g_autoptr(GList) paths = g_hash_table_get_keys(self->jobs);

    for (GList *path = paths; path; path = path->next) {
        g_autoptr(GVariant) properties =
            transport_properties(self->transport, path->data, CLI_JOB_INTERFACE, NULL);

        // A job that has ended meanwhile is not there any more: JobRemoved is on its way.
        if (properties) {
            Waited *waited = g_hash_table_lookup(self->jobs, path->data);

            take_step(self, waited, properties);
            take_warnings(self, waited, properties);
        }
    }
}

static void detach(JobWait *self, GError **error)
{
    GHashTableIter iter;
    gpointer waited;

    progress_clear(self->progress);
    g_hash_table_iter_init(&iter, self->jobs);
    while (g_hash_table_iter_next(&iter, NULL, &waited)) {
        g_autofree char *text = g_strdup_printf("%s: job %u goes on; see `vmictl jobs`",
                                                ((Waited *)waited)->label, ((Waited *)waited)->id);

        cli_print_error(text);
    }
    cli_set_exit(error, CLI_EXIT_INTERRUPTED);
}

gboolean job_wait_run(JobWait *self, GError **error)
{
    vmi_autofd int signals = transport_signals(error);

    if (signals < 0)
        return FALSE;
    draw_present_steps(self);
    while (g_hash_table_size(self->jobs) > 0) {
        switch (transport_wait(self->transport, signals, error)) {
        case TRANSPORT_FAILED:
            return FALSE;
        case TRANSPORT_INTERRUPTED:
            detach(self, error);
            return FALSE;
        case TRANSPORT_EVENT:
            break;
        }
        if (self->gone && g_hash_table_size(self->jobs) > 0) {
            progress_clear(self->progress);
            g_set_error_literal(
                error, CLI_ERROR, CLI_EXIT_UNREACHABLE,
                "vmid went away before the job ended; what it was doing is finished or "
                "undone when it is back, see `vmictl describe`");
            return FALSE;
        }
    }
    if (self->exit_code != CLI_EXIT_OK)
        cli_set_exit(error, self->exit_code);
    return self->exit_code == CLI_EXIT_OK;
}
