// SPDX-License-Identifier: LGPL-2.1-or-later
// The guest host; see host.h.
#include "manager/host.h"

#include "base/error.h"
#include "manager/reconcile.h"

enum {
    RETRY_NO_SPACE_SECONDS = 2,
    RETRY_SECONDS = 10,
};

// ---- opening ---------------------------------------------------------------------------------------------------

typedef struct {
    GuestHostConfig config;
    gboolean final;
} OpenInput;

static gpointer open_run(gpointer data, GCancellable *cancellable, GError **error)
{
    OpenInput *input = data;

    return guest_host_open(&input->config, &input->final, error);
}

static gboolean retry(gpointer user_data)
{
    Manager *self = user_data;

    self->retry_timer = 0;
    host_open(self);
    return G_SOURCE_REMOVE;
}

static void open_failed(Manager *self, gboolean final, const GError *error)
{
    guint seconds = g_error_matches(error, VMI_ERROR, VMI_ERROR_NO_SPACE) ? RETRY_NO_SPACE_SECONDS
                                                                          : RETRY_SECONDS;
    g_autofree char *problem =
        final ? g_strdup_printf("%s; mend that, then restart vmid", error->message)
              : g_strdup(error->message);

    manager_set_host_problem(self, problem);
    if (!final)
        self->retry_timer = g_timeout_add_seconds(seconds, retry, self);
}

static void tell_cpus(Manager *self)
{
    g_autoptr(GArray) online = guest_host_cpus(self->host);
    // Checked when the configuration was read.
    g_autoptr(GArray) shared =
        self->config->shared_cpus ? config_parse_cpus(self->config->shared_cpus, NULL) : NULL;

    g_autoptr(GArray) cores = g_array_new(FALSE, FALSE, sizeof(guint));

    for (guint i = 0; i < online->len; i++) {
        guint core = guest_host_core(self->host, g_array_index(online, guint, i));

        g_array_append_val(cores, core);
    }
    reserve_set_cpus(runs_reserve(self->runs), online, cores, shared);
}

static void open_done(gpointer data, gpointer result, const GError *error, gpointer user_data)
{
    Manager *self = user_data;

    if (!result) {
        open_failed(self, ((const OpenInput *)data)->final, error);
        return;
    }
    self->host = result;
    runs_set_host(self->runs, self->host);
    tell_cpus(self);
    manager_set_host_problem(self, NULL);
    reconcile_begin(self);
}

void host_open(Manager *self)
{
    static const WorkerTask task = {
        .run = open_run,
        .done = open_done,
        .input_free = g_free,
        .result_free = (GDestroyNotify)guest_host_close,
    };
    OpenInput *input = g_new0(OpenInput, 1);

    input->config.layout = self->storage.layout;
    input->config.use_emulation = self->config->use_emulation;
    input->config.emulator = self->config->emulator;
    input->config.replace_machine_type = self->config->replace_machine_type;
    input->config.uid_first = self->config->uid_first;
    input->config.uid_count = self->config->uid_count;
    worker_pool_push(self->workers, &task, input, self->closing, self);
}
