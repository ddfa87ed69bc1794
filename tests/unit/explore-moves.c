// SPDX-License-Identifier: LGPL-2.1-or-later
// Everything that can happen in the world; see explore-world.h.
#include "explore-world-internal.h"

#define GRACE (60 * G_USEC_PER_SEC)

// ---- moves -----------------------------------------------------------------------------------------------------

static gboolean can_wish(const World *self, const Run *run)
{
    return self->up && (!run->record || !run->record->wants || run->record->wants->len < MAX_WANTS);
}

static gboolean wish_start(World *self, Run *run)
{
    if (!can_wish(self, run))
        return FALSE;
    if (!run->record)
        run->record = world_record_new(self, run);
    if (run->begun || run->stop_wished || run->record->end != API_RUN_END_UNSET)
        run->next_credit = MIN(run->next_credit + 1, MAX_WANTS);
    else
        run->credit = MIN(run->credit + 1, MAX_WANTS);
    run->wanted = TRUE;
    world_want(self, run, API_RUN_WISH_START, 0);
    return TRUE;
}

static gboolean wish_stop_in(World *self, Run *run, gint64 grace)
{
    if (!can_wish(self, run) || !run->record)
        return FALSE;
    run->stop_wished = TRUE;
    world_want(self, run, API_RUN_WISH_STOP, grace);
    return TRUE;
}

static gboolean wish_stop(World *self, Run *run)
{
    return wish_stop_in(self, run, GRACE);
}

static gboolean wish_stop_now(World *self, Run *run)
{
    return wish_stop_in(self, run, 0);
}

static gboolean wish(World *self, Run *run, RunWish what)
{
    if (!can_wish(self, run) || !run->record)
        return FALSE;
    world_want(self, run, what, 0);
    return TRUE;
}

static gboolean wish_pause(World *self, Run *run)
{
    return wish(self, run, API_RUN_WISH_PAUSE);
}

static gboolean wish_unpause(World *self, Run *run)
{
    return wish(self, run, API_RUN_WISH_UNPAUSE);
}

static gboolean wish_plug(World *self, Run *run)
{
    return wish(self, run, API_RUN_WISH_PLUG);
}

static gboolean wish_unplug(World *self, Run *run)
{
    return wish(self, run, API_RUN_WISH_UNPLUG);
}

static gboolean cancel(World *self, Run *run)
{
    const GPtrArray *wants = run->record ? run->record->wants : NULL;
    const RunWant *last = wants && wants->len > 0 ? g_ptr_array_index(wants, wants->len - 1) : NULL;

    if (!self->up || !last)
        return FALSE;
    world_dispatch(self, run, (RunEvent){ .kind = RUN_EVENT_CANCELLED, .want_id = last->id.value });
    return TRUE;
}

// libvirt says at once what becomes of the guest, and the step answers after that.
static gboolean step_carried_out(World *self, Run *run)
{
    Qemu before;

    if (!self->up || run->lane == API_RUN_STEP_UNSET || run->carried)
        return FALSE;
    before = run->qemu;
    run->fine = world_carry_out(self, run);
    run->carried = TRUE;
    if (world_has_begun(run) && run->qemu != before)
        world_dispatch_kind(
            self, run, run->qemu == QEMU_RUNS ? RUN_EVENT_GUEST_RESUMED : RUN_EVENT_GUEST_PAUSED);
    return TRUE;
}

static gboolean step_fails(World *self, Run *run)
{
    if (!self->up || run->lane == API_RUN_STEP_UNSET || run->carried)
        return FALSE;
    run->left |= run->lane == API_RUN_STEP_START;
    run->carried = TRUE;
    run->fine = FALSE;
    return TRUE;
}

// Of the two that must be all or nothing, RESERVE and START, no such thing.
static gboolean step_lies(World *self, Run *run)
{
    if (run->lane == API_RUN_STEP_RESERVE || run->lane == API_RUN_STEP_START ||
        !step_carried_out(self, run))
        return FALSE;
    run->fine = FALSE;
    return TRUE;
}

static gboolean step_answers(World *self, Run *run)
{
    if (!self->up || run->lane == API_RUN_STEP_UNSET || !run->carried)
        return FALSE;
    world_answer(self, run);
    return TRUE;
}

static gboolean kill_works(World *self, Run *run)
{
    if (!self->up || !run->killing)
        return FALSE;
    world_kill_scope(self, run);
    run->killing = FALSE;
    world_dispatch_kind(self, run, RUN_EVENT_KILL_DONE);
    return TRUE;
}

// The signals are sent, and the kernel holds QEMU.
static gboolean kill_hangs(World *self, Run *run)
{
    if (!self->up || !run->killing || !world_is_alive(run))
        return FALSE;
    if (world_has_begun(run) && !run->stop_wished)
        world_violate(self, run, "a guest is killed that nobody wants to stop");
    run->killing = FALSE;
    world_dispatch_kind(self, run, RUN_EVENT_KILL_DONE);
    return TRUE;
}

static gboolean kill_fails(World *self, Run *run)
{
    if (!self->up || !run->killing)
        return FALSE;
    run->killing = FALSE;
    world_dispatch_kind(self, run, RUN_EVENT_KILL_FAILED);
    return TRUE;
}

static gboolean guest_shuts_down(World *self, Run *run)
{
    if (run->qemu != QEMU_RUNS)
        return FALSE;
    world_die(run, RUN_EVENT_GUEST_SHUTDOWN);
    return TRUE;
}

static gboolean qemu_dies(World *self, Run *run)
{
    if (!world_is_alive(run))
        return FALSE;
    world_die(run, RUN_EVENT_GUEST_CRASHED);
    return TRUE;
}

static gboolean io_error(World *self, Run *run)
{
    if (run->qemu != QEMU_RUNS || run->lost)
        return FALSE;
    run->qemu = QEMU_STOPPED;
    if (self->up)
        world_dispatch_kind(self, run, RUN_EVENT_GUEST_IO_ERROR);
    return TRUE;
}

static gboolean libvirt_tells_end(World *self, Run *run)
{
    RunEventKind word = run->word;

    if (!self->up || word == RUN_EVENT_WANTED)
        return FALSE;
    run->word = RUN_EVENT_WANTED;
    world_dispatch_kind(self, run, word);
    return TRUE;
}

static gboolean libvirt_says_nothing(World *self, Run *run)
{
    if (!self->up || run->word == RUN_EVENT_WANTED)
        return FALSE;
    run->word = RUN_EVENT_WANTED;
    return TRUE;
}

static gboolean scope_over(World *self, Run *run)
{
    if (!self->up || !run->scope_over)
        return FALSE;
    run->scope_over = FALSE;
    world_dispatch(self, run,
                   (RunEvent){ .kind = RUN_EVENT_SCOPE_OVER, .gone = !world_is_alive(run) });
    return TRUE;
}

static gboolean scope_stops(World *self, Run *run)
{
    if (!self->up || !world_is_alive(run))
        return FALSE;
    run->stop_wished = TRUE;
    world_dispatch(self, run,
                   (RunEvent){ .kind = RUN_EVENT_SCOPE_STOPPING_WITH_HOST, .grace = GRACE });
    return TRUE;
}

// TIME: when it is to be, in the record.
static gboolean timer(World *self, Run *run, RunEventKind event, ApiInt at)
{
    if (!self->up || !at.set)
        return FALSE;
    world_dispatch(self, run, (RunEvent){ .kind = event, .gone = !world_is_alive(run) });
    return TRUE;
}

static gboolean is_in(const Run *run, RunState state)
{
    return run->record && run->record->state == state;
}

static gboolean ask_again(World *self, Run *run)
{
    return is_in(run, API_RUN_STATE_ASKED) &&
           timer(self, run, RUN_EVENT_ASK_AGAIN, run->record->ask_at);
}

static gboolean grace_over(World *self, Run *run)
{
    return is_in(run, API_RUN_STATE_ASKED) &&
           timer(self, run, RUN_EVENT_GRACE_OVER, run->record->stop->deadline);
}

static gboolean not_noticed(World *self, Run *run)
{
    return run->record && timer(self, run, RUN_EVENT_NOT_NOTICED, run->record->notice_by);
}

static gboolean kill_late(World *self, Run *run)
{
    return is_in(run, API_RUN_STATE_KILLED) && world_is_alive(run) &&
           timer(self, run, RUN_EVENT_KILL_LATE, run->record->kill_by);
}

static gboolean try_again(World *self, Run *run)
{
    return is_in(run, API_RUN_STATE_LEFT) &&
           timer(self, run, RUN_EVENT_TRY_AGAIN, run->record->retry_at);
}

static gboolean vmid_killed(World *self, Run *run)
{
    if (!self->up || run != self->runs)
        return FALSE;
    self->up = FALSE;
    for (guint i = 0; i < self->scenario->n_runs; i++) {
        Run *each = &self->runs[i];

        // Of what is reserved the next vmid knows what the records say.
        each->reserved = each->record && each->record->holds && each->record->holds->len > 0;
        each->lane = API_RUN_STEP_UNSET;
        each->carried = each->fine = each->killing = each->scope_over = FALSE;
        each->word = RUN_EVENT_WANTED;
    }
    return TRUE;
}

static void find(World *self, Run *run)
{
    g_autoptr(ApiRunRecord) facts = world_facts_new(self, run);
    RunEvent event = { .kind = RUN_EVENT_NOT_FOUND };

    if (world_is_alive(run)) {
        event.facts = facts;
        event.kind = run->lost                ? RUN_EVENT_FOUND_UNREACHABLE
                     : run->qemu == QEMU_RUNS ? RUN_EVENT_FOUND_RUNNING
                                              : RUN_EVENT_FOUND_PAUSED;
    }
    world_dispatch(self, run, event);
}

// Without a record: a guest is taken for one that began, and what else there is, is nobody's.
static void find_unrecorded(World *self, Run *run)
{
    if (!world_is_alive(run)) {
        run->lost = run->disk = run->reserved = run->left = FALSE;
        run->wanted &= !run->begun;
        return;
    }
    run->record = world_record_new(self, run);
    if (run->lost)
        run->record->uses_unknown = API_TRUE;
}

static gboolean vmid_starts(World *self, Run *run)
{
    gboolean recorded[MAX_RUNS];

    if (self->up || run != self->runs)
        return FALSE;
    self->up = TRUE;
    // All records are known before anything is done.
    for (guint i = 0; i < self->scenario->n_runs; i++) {
        recorded[i] = self->runs[i].record != NULL;
        if (!recorded[i])
            find_unrecorded(self, &self->runs[i]);
    }
    for (guint i = 0; i < self->scenario->n_runs; i++)
        find(self, &self->runs[i]);
    for (guint i = 0; i < self->scenario->n_runs; i++) {
        Run *each = &self->runs[i];

        if (each->record || !each->wanted || recorded[i])
            continue;
        each->record = world_record_new(self, each);
        world_want(self, each, API_RUN_WISH_START, 0);
    }
    return TRUE;
}

static gboolean libvirt_forgets(World *self, Run *run)
{
    if (self->up || !world_is_alive(run) || run->lost)
        return FALSE;
    run->lost = TRUE;
    return TRUE;
}

static gboolean libvirt_remembers(World *self, Run *run)
{
    if (self->up || !run->lost)
        return FALSE;
    run->lost = FALSE;
    return TRUE;
}

// Only of a guest that lives: the rest of what was known of others is in the object, which is not simulated.
static gboolean record_lost(World *self, Run *run)
{
    if (self->up || !run->record || !world_has_begun(run))
        return FALSE;
    g_clear_pointer(&run->record, api_run_record_free);
    return TRUE;
}

static const struct {
    const char *name;
    gboolean (*move)(World *self, Run *run);
    guint groups; // of which one must be walked; 0: always
} moves[] = {
    { "the step is carried out", step_carried_out, 0 },
    { "vmid hears the answer", step_answers, 0 },
    { "libvirt tells of the end", libvirt_tells_end, 0 },
    { "systemd says that the scope is empty", scope_over, 0 },
    { "the kill works", kill_works, 0 },
    { "vmid has waited long enough for word of the end", not_noticed, 0 },
    { "the grace period is over", grace_over, 0 },
    { "vmid tries again to release it", try_again, 0 },
    { "start is wished", wish_start, MOVES_STOP },
    { "stop is wished", wish_stop, MOVES_STOP },
    { "stop at once is wished", wish_stop_now, MOVES_STOP },
    { "pause is wished", wish_pause, MOVES_PAUSE },
    { "unpause is wished", wish_unpause, MOVES_PAUSE },
    { "QEMU pauses the guest for an I/O error", io_error, MOVES_PAUSE },
    { "plug is wished", wish_plug, MOVES_PLUG },
    { "unplug is wished", wish_unplug, MOVES_PLUG },
    { "the last want is given up", cancel, MOVES_CANCEL },
    { "the guest shuts down", guest_shuts_down, MOVES_GUEST },
    { "QEMU dies", qemu_dies, MOVES_GUEST },
    { "the step fails", step_fails, MOVES_FAIL },
    { "the step is carried out, and says that it failed", step_lies, MOVES_FAIL },
    { "the kill fails", kill_fails, MOVES_FAIL },
    { "the kill is sent, and QEMU stays", kill_hangs, MOVES_FAIL },
    { "it is late for one that was killed", kill_late, MOVES_FAIL },
    { "it is time to ask again", ask_again, MOVES_FAIL },
    { "systemd stops everything", scope_stops, MOVES_SCOPE },
    { "libvirt says nothing of the end", libvirt_says_nothing, MOVES_LOSE },
    { "libvirt forgets the guest", libvirt_forgets, MOVES_LOSE },
    { "libvirt knows the guest again", libvirt_remembers, MOVES_LOSE },
    { "the record is lost", record_lost, MOVES_LOSE },
    { "vmid is killed", vmid_killed, MOVES_CRASH },
    { "vmid is started", vmid_starts, MOVES_CRASH },
};

guint world_n_moves(void)
{
    return G_N_ELEMENTS(moves);
}

const char *world_move_name(guint move)
{
    return moves[move].name;
}

gboolean world_move(World *self, guint run, guint move)
{
    if (moves[move].groups && !(moves[move].groups & self->scenario->moves))
        return FALSE;
    if (!moves[move].move(self, &self->runs[run]))
        return FALSE;
    world_check(self);
    return TRUE;
}

// ---- coming to an end ------------------------------------------------------------------------------------------

static gboolean settle_one(World *self, Run *run)
{
    static gboolean (*const ways[])(World *, Run *) = {
        step_answers, step_carried_out, kill_works, libvirt_tells_end,
        scope_over,   not_noticed,      grace_over, try_again,
    };

    for (guint i = 0; i < G_N_ELEMENTS(ways); i++)
        if (ways[i](self, run))
            return TRUE;
    // One that was killed dies in the end.
    return is_in(run, API_RUN_STATE_KILLED) && !run->killing && qemu_dies(self, run);
}

static void check_settled(World *self, const Run *run, gboolean gone)
{
    if (gone && run->record)
        world_violate(self, run, "nothing is wanted of it any more, and it does not go");
    if (run->record && run->record->wants && run->record->wants->len > 0)
        world_violate(self, run, "a want never ends");
}

void world_settle(World *self, gboolean gone)
{
    guint n = self->scenario->n_runs, moved = 1, rounds = 0;

    if (!self->up)
        vmid_starts(self, self->runs);
    for (guint i = 0; gone && i < n; i++)
        if (self->runs[i].record) {
            self->runs[i].stop_wished = TRUE;
            world_want(self, &self->runs[i], API_RUN_WISH_STOP, 0);
        }
    while (moved && !self->violation && rounds++ < 100) {
        moved = 0;
        for (guint i = 0; i < n; i++)
            moved += settle_one(self, &self->runs[i]);
        world_check(self);
    }
    if (moved && !self->violation)
        world_violate(self, self->runs, "it never comes to rest");
    for (guint i = 0; i < n; i++)
        check_settled(self, &self->runs[i], gone);
}
