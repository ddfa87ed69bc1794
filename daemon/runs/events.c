// SPDX-License-Identifier: LGPL-2.1-or-later
// What libvirt and systemd say of guests, as events of their runs.
#include "runs/runs-private.h"

static const RunEventKind ends[] = {
    [GUEST_END_SHUTDOWN] = RUN_EVENT_GUEST_SHUTDOWN,
    [GUEST_END_KILLED] = RUN_EVENT_GUEST_DESTROYED,
    [GUEST_END_CRASHED] = RUN_EVENT_GUEST_CRASHED,
};

static void on_stopped(const char *namespace, const char *name, GuestEnd end, const char *detail,
                       gpointer user_data)
{
    Run *run = runs_lookup(user_data, namespace, name);

    if (run)
        run_dispatch(run, (RunEvent){ .kind = ends[end], .detail = detail });
}

static void on_paused(const char *namespace, const char *name, gboolean paused, gboolean by_error,
                      gpointer user_data)
{
    Run *run = runs_lookup(user_data, namespace, name);
    RunEventKind kind = !paused    ? RUN_EVENT_GUEST_RESUMED
                        : by_error ? RUN_EVENT_GUEST_IO_ERROR
                                   : RUN_EVENT_GUEST_PAUSED;

    if (run)
        run_dispatch(run, (RunEvent){ .kind = kind });
}

static void on_io_error(const char *namespace, const char *name, const char *volume,
                        const char *reason, gpointer user_data)
{
    Runs *runs = user_data;
    Run *run = runs_lookup(runs, namespace, name);

    if (run && run_machine_has_begun(run->record))
        runs->owner.io_error(run, volume, reason, runs->owner_data);
}

static void on_rebooted(const char *namespace, const char *name, gpointer user_data)
{
    Run *run = runs_lookup(user_data, namespace, name);

    if (run)
        run_dispatch(run, (RunEvent){ .kind = RUN_EVENT_GUEST_REBOOTED });
}

static Run *find_by_scope(Runs *runs, const char *scope)
{
    GHashTableIter iter;
    gpointer run = NULL;

    // Names of units are cut when they are long: they do not always tell whose they are.
    g_hash_table_iter_init(&iter, runs->runs);
    while (g_hash_table_iter_next(&iter, NULL, &run))
        if (g_strcmp0(((const Run *)run)->record->scope, scope) == 0)
            return run;
    return NULL;
}

// What systemd says of a scope may be late, and about one of the same name that was: only a run that has begun has one for sure. Once a run
// has ended, it is vmid that stops what is left of it.
static void on_scope_ending(const char *scope, GuestScopeEvent kind, gpointer user_data)
{
    static const RunEventKind kinds[] = {
        [GUEST_SCOPE_STOPPING] = RUN_EVENT_SCOPE_STOPPING,
        [GUEST_SCOPE_SHUTDOWN] = RUN_EVENT_SCOPE_STOPPING_WITH_HOST,
        [GUEST_SCOPE_OVER] = RUN_EVENT_SCOPE_OVER,
    };
    Runs *runs = user_data;
    Run *run = find_by_scope(runs, scope);
    RunEvent event = { .kind = kinds[kind] };

    if (!run || !run_machine_has_begun(run->record))
        return;
    event.gone = run->guest && guest_run_is_gone(run->guest);
    if (kind != GUEST_SCOPE_OVER)
        event.grace = runs->owner.grace(run, runs->owner_data);
    run_dispatch(run, event);
}

gboolean runs_watch(Runs *self, GError **error)
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
