// SPDX-License-Identifier: LGPL-2.1-or-later
// The table of runs, and the order in which an event is worked through; see runs.h.
#include "runs/runs-private.h"

#include <time.h>
#include <unistd.h>

#include "base/error.h"

static void work_through(Run *self, RunEvent event);

// ---- the table -------------------------------------------------------------------------------------------------

static void run_free(gpointer data)
{
    Run *self = data;

    g_clear_handle_id(&self->timer, g_source_remove);
    g_ptr_array_remove(self->runs->records, self->record);
    api_run_record_free(self->record);
    guest_run_free(self->guest);
    api_run_record_free(self->found);
    run_input_free(self->input);
    g_clear_pointer(&self->reserved, g_ptr_array_unref);
    g_clear_object(&self->cancellable);
    g_clear_error(&self->error);
    g_free(self);
}

Runs *runs_new(const RunsConfig *config, const RunsOwner *owner, gpointer user_data)
{
    Runs *self = g_new0(Runs, 1);

    self->work_through = work_through;
    self->config = *config;
    self->owner = *owner;
    self->owner_data = user_data;
    self->reserve = reserve_new(config->uid_first, config->uid_count);
    self->lanes = worker_pool_new(0);
    self->records = g_ptr_array_new();
    self->runs = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, run_free);
    g_queue_init(&self->starts);
    return self;
}

// All others wait for a guest, which may hang.
static gboolean is_work(RunStep step)
{
    return step == API_RUN_STEP_RESERVE || step == API_RUN_STEP_START ||
           step == API_RUN_STEP_RELEASE || step == API_RUN_STEP_FORGET;
}

gboolean runs_close(Runs *self, guint work_msec, guint ask_msec)
{
    GHashTableIter iter;
    gpointer value = NULL;
    gboolean works = FALSE;

    self->closing = TRUE;
    g_hash_table_iter_init(&iter, self->runs);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        Run *run = value;

        g_clear_handle_id(&run->timer, g_source_remove);
        works = works || is_work(run->record->step);
        // One that is half done is undone.
        if (run->cancellable)
            g_cancellable_cancel(run->cancellable);
    }
    return worker_pool_close(self->lanes, works ? work_msec : ask_msec);
}

void runs_free(Runs *self)
{
    if (!self)
        return;
    worker_pool_free(self->lanes);
    g_hash_table_unref(self->runs);
    g_ptr_array_unref(self->records);
    g_queue_clear(&self->starts);
    reserve_free(self->reserve);
    g_free(self);
}

void runs_set_host(Runs *self, GuestHost *host)
{
    self->host = host;
}

Reserve *runs_reserve(const Runs *self)
{
    return self->reserve;
}

Run *runs_ensure(Runs *self, const char *namespace, const char *name, const char *uid,
                 gpointer owner)
{
    Run *run = runs_lookup(self, namespace, name);

    if (run)
        return run;
    run = g_new0(Run, 1);
    run->runs = self;
    run->record = run_record_new("VirtualMachineInstance", namespace, name, uid);
    run->owner = owner;
    g_ptr_array_add(self->records, run->record);
    g_hash_table_insert(self->runs, g_strconcat(namespace, "/", name, NULL), run);
    return run;
}

GPtrArray *runs_all(const Runs *self)
{
    GPtrArray *all = g_ptr_array_sized_new(g_hash_table_size(self->runs));
    GHashTableIter iter;
    gpointer value = NULL;

    g_hash_table_iter_init(&iter, self->runs);
    while (g_hash_table_iter_next(&iter, NULL, &value))
        g_ptr_array_add(all, value);
    return all;
}

const GPtrArray *runs_records(const Runs *self)
{
    return self->records;
}

static gint64 boot_clock(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_BOOTTIME, &now);
    return (gint64)now.tv_sec * G_USEC_PER_SEC + now.tv_nsec / 1000;
}

gint64 run_seconds_left(const Run *self)
{
    const RunStop *stop = self->record->stop;

    return stop && stop->deadline.set
               ? (MAX(stop->deadline.value - boot_clock(), 0) + G_USEC_PER_SEC - 1) / G_USEC_PER_SEC
               : 0;
}

// ---- an event --------------------------------------------------------------------------------------------------

static void set_problem(Run *self, const GError *error)
{
    if (!error && !self->unsaved)
        return;
    self->unsaved = error != NULL;
    self->runs->owner.problem(self, error ? error->message : NULL, self->runs->owner_data);
}

static void forget(Run *self)
{
    const Layout *layout = &self->runs->config.storage->layout;
    const ApiRunOwner *owner = self->record->owner;
    g_autofree char *directory = layout_guest_run_dir(layout, owner->namespace, owner->name);
    g_autoptr(GError) error = NULL;

    set_problem(self, NULL);
    if (!run_record_remove(self->record, layout, &error))
        self->runs->owner.problem(NULL, error->message, self->runs->owner_data);
    (void)rmdir(directory);
}

static gboolean save(Run *self, GError **error)
{
    const Layout *layout = &self->runs->config.storage->layout;
    const ApiRunOwner *owner = self->record->owner;
    g_autoptr(GError) failure = NULL;
    gboolean saved = guest_make_run_dir(layout, owner->namespace, owner->name, &failure) &&
                     run_record_save(self->record, layout, &failure);

    set_problem(self, failure);
    if (!saved)
        g_propagate_error(error, g_steal_pointer(&failure));
    return saved;
}

static gboolean on_timer(gpointer user_data)
{
    Run *self = user_data;
    RunEvent event = { .kind = RUN_EVENT_FREE };
    gint64 at = 0;

    self->timer = 0;
    if (run_machine_timer(self->record, &event.kind, &at)) {
        event.gone = !self->guest || guest_run_is_gone(self->guest);
        run_dispatch(self, event);
    }
    return G_SOURCE_REMOVE;
}

static void arm_timer(Run *self)
{
    RunEventKind kind = RUN_EVENT_FREE;
    gint64 at = 0, left = 0;

    g_clear_handle_id(&self->timer, g_source_remove);
    if (self->runs->closing || !run_machine_timer(self->record, &kind, &at))
        return;
    left = MAX(at - boot_clock(), 0);
    self->timer = g_timeout_add((guint)MIN((left + 999) / 1000, G_MAXINT), on_timer, self);
}

// What others read of it.
static void update_guest(Run *self)
{
    if (!self->guest)
        return;
    self->guest->paused = self->record->paused != API_RUN_PAUSE_UNSET;
    self->guest->paused_by_error = self->record->paused == API_RUN_PAUSE_IO_ERROR;
    self->guest->unreachable = api_bool_or(self->record->unreachable, FALSE);
    if (self->record->state == API_RUN_STATE_GONE || self->record->state == API_RUN_STATE_LEFT ||
        self->record->state == API_RUN_STATE_FORGETTING ||
        self->record->state == API_RUN_STATE_RESERVING)
        g_clear_pointer(&self->guest, guest_run_free);
}

static void tell(Run *self, const RunEvent *event, const RunOutcome *outcome)
{
    const RunsOwner *owner = &self->runs->owner;
    gpointer data = self->runs->owner_data;

    for (guint bit = 0; outcome->news >> bit; bit++)
        if (outcome->news & 1U << bit)
            owner->news(self, (RunNews)(1U << bit), event->detail, data);
    for (guint i = 0; outcome->wants && i < outcome->wants->len; i++) {
        const RunWantEnd *end = &g_array_index(outcome->wants, RunWantEnd, i);
        gboolean says = end->failure == RUN_FAILURE_STEP || end->failure == RUN_FAILURE_LEFT;

        owner->want_ended(self, end, says ? self->error : NULL, data);
    }
    owner->changed(self, data);
}

// A guest of which nothing says that it has begun would be ended by the next vmid: it does not begin.
static void begin_step(Run *self, const GError *unsaved)
{
    if (unsaved && self->record->state == API_RUN_STATE_BEGINNING)
        steps_refuse(self, unsaved);
    else
        steps_begin(self);
}

// The record is saved before what it says is begun. Only how a run ended goes to disk before: the record, which lasts until then, would have
// it told once more.
static void follow(Run *self, const RunEvent *event, const RunOutcome *outcome, const char *detail)
{
    Runs *runs = self->runs;
    g_autoptr(GError) unsaved = NULL;

    reserve_give_back(runs->reserve, outcome->freed);
    if (outcome->end != API_RUN_END_UNSET)
        runs->owner.ended(self, outcome->end, detail, runs->owner_data);
    if (run_machine_is_over(self->record))
        forget(self);
    else
        (void)!save(self, &unsaved);
    update_guest(self);
    tell(self, event, outcome);
    if (outcome->kill)
        steps_kill(self);
    if (outcome->step != API_RUN_STEP_UNSET)
        begin_step(self, unsaved);
}

static void work_through(Run *self, RunEvent event)
{
    Runs *runs = self->runs;
    g_auto(RunOutcome) outcome = { 0 };
    g_autofree char *detail = NULL;

    // Steps and owners answer later; see RunsOwner.
    g_assert(!runs->dispatching);
    if (runs->closing)
        return;
    runs->dispatching = TRUE;
    event.now = boot_clock();
    event.records = runs->records;
    // A run that is over is forgotten in the same turn.
    detail = g_strdup(self->record->end_detail);
    run_machine(self->record, &event, &outcome);
    follow(self, &event, &outcome, detail);
    arm_timer(self);
    if (run_machine_is_over(self->record)) {
        g_autofree char *key =
            g_strconcat(self->record->owner->namespace, "/", self->record->owner->name, NULL);

        runs->owner.over(self, runs->owner_data);
        g_hash_table_remove(runs->runs, key);
    }
    runs->dispatching = FALSE;
}

// ---- wants -----------------------------------------------------------------------------------------------------

gint64 runs_next_want(Runs *self)
{
    return ++self->last_want;
}

void run_want(Run *self, const RunWant *want)
{
    run_dispatch(self, (RunEvent){ .kind = RUN_EVENT_WANTED, .want = want });
}

void run_cancel(Run *self, gint64 want_id)
{
    run_dispatch(self, (RunEvent){ .kind = RUN_EVENT_CANCELLED, .want_id = want_id });
}

void runs_allow(Runs *self)
{
    g_autoptr(GPtrArray) all = runs_all(self);

    self->allowed = TRUE;
    for (guint i = 0; i < all->len; i++)
        steps_resume(g_ptr_array_index(all, i));
}

void runs_owners_known(Runs *self)
{
    g_autoptr(GPtrArray) all = runs_all(self);

    for (guint i = 0; i < all->len; i++)
        steps_resume(g_ptr_array_index(all, i));
}
