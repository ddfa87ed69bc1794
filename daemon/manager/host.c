// SPDX-License-Identifier: LGPL-2.1-or-later
// The guest host; see host.h. Turns its events into calls on instances.
#include "manager/host.h"

#include "base/error.h"
#include "manager/drain.h"
#include "manager/end.h"
#include "manager/instance.h"
#include "manager/job.h"
#include "manager/objects.h"
#include "manager/reconcile.h"
#include "manager/stray.h"

enum {
    RETRY_NO_SPACE_SECONDS = 2,
    RETRY_SECONDS = 10,
    NOTICE_SECONDS = 5, // that libvirt has to say how a guest ended whose scope is empty
    SAME_REBOOT_USEC = G_USEC_PER_SEC,
};

// ---- events ----------------------------------------------------------------------------------------------------

void host_end_free(gpointer data)
{
    HostEnd *self = data;

    g_free(self->detail);
    g_free(self);
}

void host_forget_end(Manager *self, const char *uid)
{
    g_hash_table_remove(self->ends, uid);
}

void host_take_end(Instance *instance)
{
    Manager *manager = instance->manager;
    const HostEnd *end = g_hash_table_lookup(manager->ends, instance_vmi(instance)->metadata->uid);

    if (!end)
        return;
    end_guest(instance, end->end, end->detail);
    host_forget_end(manager, instance_vmi(instance)->metadata->uid);
}

static void remember_end(Manager *self, const char *uid, GuestEnd end, const char *detail)
{
    HostEnd *early = g_new0(HostEnd, 1);

    early->end = end;
    early->detail = g_strdup(detail);
    g_hash_table_replace(self->ends, g_strdup(uid), early);
}

static void on_stopped(const char *namespace, const char *name, GuestEnd end, const char *detail,
                       gpointer user_data)
{
    Manager *self = user_data;
    Instance *instance = instance_find(self, namespace, name);
    const char *unread = stray_unread_uid(self, namespace, name);

    if (unread) {
        remember_end(self, unread, end, detail);
        return;
    }
    // First: a definition that came later may have the name of a guest without one.
    if (stray_end(self, namespace, name) || !instance)
        return;
    if (instance->public.run) {
        end_guest(instance, end, detail);
        return;
    }
    if (instance->starting || !self->ready)
        remember_end(self, instance_vmi(instance)->metadata->uid, end, detail);
}

static void on_paused(const char *namespace, const char *name, gboolean paused, gboolean by_error,
                      gpointer user_data)
{
    Instance *instance = instance_find(user_data, namespace, name);

    // While it starts it is paused and resumed; what counts then is what guest_start() says in the end.
    if (instance && instance->public.run && !instance->ended)
        instance_set_paused(instance, paused, by_error);
}

// The scope is the run's, so this is about the run that is there now, and about it ending for good.
static void stop_by_systemd(Instance *instance, gboolean with_host)
{
    ManagerJob *restart = job_find(instance, MANAGER_JOB_RESTART);
    ManagerJob *stop = NULL;

    if (restart)
        g_cancellable_cancel(restart->cancellable);
    // Its first half is what was asked for.
    if (restart && restart->state == MANAGER_JOB_RUNNING) {
        instance->stop.by_systemd = TRUE;
        instance->stop.with_host = with_host;
        return;
    }
    stop = job_new(instance, MANAGER_JOB_STOP);
    stop->by_systemd = TRUE;
    stop->with_host = with_host;
}

static gboolean end_if_gone(gpointer user_data)
{
    Instance *instance = user_data;
    const GuestRun *run = instance->public.run;

    instance->scope_timer = 0;
    if (run && guest_run_is_gone(run))
        end_guest(instance, GUEST_END_CRASHED, NULL);
    drain_check(instance->manager);
    return G_SOURCE_REMOVE;
}

// libvirt, who knows how it ended, says so at the same time; but of a QEMU that it could not talk to it says nothing.
static void scope_over(Instance *instance)
{
    if (instance->public.run->unreachable)
        end_guest(instance, GUEST_END_UNSEEN, NULL);
    else if (instance->scope_timer == 0)
        instance->scope_timer = g_timeout_add_seconds(NOTICE_SECONDS, end_if_gone, instance);
}

gboolean host_notice_gone(Instance *instance)
{
    if (instance->scope_timer == 0 && !guest_run_is_gone(instance->public.run))
        return FALSE;
    scope_over(instance);
    return TRUE;
}

static void on_scope_ending(const char *scope, GuestScopeEvent event, gpointer user_data)
{
    g_autoptr(GPtrArray) instances = manager_instances(user_data);

    if (event == GUEST_SCOPE_OVER)
        stray_scope_over(user_data, scope);
    for (guint i = 0; i < instances->len; i++) {
        Instance *instance = g_ptr_array_index(instances, i);

        // Once it has ended, it is we who stop what is left of the scope.
        if (!instance->public.run || instance->ended ||
            g_strcmp0(instance->public.run->scope, scope) != 0)
            continue;
        if (event == GUEST_SCOPE_OVER)
            scope_over(instance);
        else if (!job_find(instance, MANAGER_JOB_STOP) && !job_find(instance, MANAGER_JOB_DELETE))
            stop_by_systemd(instance, event == GUEST_SCOPE_SHUTDOWN);
    }
}

// What happened to VOLUME, and what to do; the same sentence for each of the requests that failed.
static char *describe_io_error(const Instance *instance, const char *volume, const char *reason)
{
    g_autofree char *arguments =
        object_vmictl_arguments(instance_namespace(instance), instance_name(instance));

    if (g_strcmp0(reason, "enospc") == 0)
        return g_strdup_printf(
            "the file system that the volume \"%s\" is on is full; make room there, "
            "then, if the guest is paused: vmictl unpause %s",
            volume, arguments);
    return g_strdup_printf("QEMU could not read or write the volume \"%s\": %s", volume,
                           reason && *reason ? reason : "input/output error");
}

static void on_io_error(const char *namespace, const char *name, const char *volume,
                        const char *reason, gpointer user_data)
{
    Instance *instance = instance_find(user_data, namespace, name);
    g_autofree char *text = NULL;

    if (!instance || !instance->public.run)
        return;
    text = describe_io_error(instance, volume, reason);
    if (g_strcmp0(instance->io_error, text) == 0)
        return;
    g_free(instance->io_error);
    instance->io_error = g_steal_pointer(&text);
    instance_add_event(instance, TRUE, "IOError", "%s", instance->io_error);
    instance_changed(instance);
}

static void on_rebooted(const char *namespace, const char *name, gpointer user_data)
{
    Instance *instance = instance_find(user_data, namespace, name);

    const ManagerEvent *last = instance ? g_queue_peek_tail(instance->public.events) : NULL;

    if (!instance || !instance->public.run)
        return;
    // libvirt says it twice.
    if (last && g_str_equal(last->reason, "Rebooted") &&
        g_get_real_time() - last->time < SAME_REBOOT_USEC)
        return;
    instance_add_event(instance, FALSE, "Rebooted", "the guest rebooted");
    instance_changed(instance);
}

gboolean host_watch(Manager *self, GError **error)
{
    static const GuestHostEvents events = {
        .stopped = on_stopped,
        .paused = on_paused,
        .scope_ending = on_scope_ending,
        .io_error = on_io_error,
        .rebooted = on_rebooted,
    };

    return guest_host_watch(self->host, self->bus, &events, self, error);
}

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

static void make_cpu_pool(Manager *self)
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
    g_clear_pointer(&self->cpus, cpu_pool_free);
    self->cpus = cpu_pool_new(online, cores, shared);
}

static void open_done(gpointer data, gpointer result, const GError *error, gpointer user_data)
{
    Manager *self = user_data;

    if (!result) {
        open_failed(self, ((const OpenInput *)data)->final, error);
        return;
    }
    self->host = result;
    make_cpu_pool(self);
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
