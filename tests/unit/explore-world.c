// SPDX-License-Identifier: LGPL-2.1-or-later
// The simulated vmid and host, and what must always hold of them; see explore-world.h.
#include "explore-world-internal.h"

#include <string.h>

#include "runs/uses.h"

#define CLAIM "shared"
#define ROOT "root"
#define DISK "disk"

// ---- life ------------------------------------------------------------------------------------------------------

World *world_new(const Scenario *scenario)
{
    World *self = g_new0(World, 1);

    self->scenario = scenario;
    self->up = TRUE;
    return self;
}

World *world_copy(const World *self)
{
    World *copy = g_memdup2(self, sizeof *self);

    copy->violation = g_strdup(self->violation);
    for (guint i = 0; i < self->scenario->n_runs; i++)
        copy->runs[i].record = api_run_record_copy(self->runs[i].record);
    return copy;
}

void world_free(World *self)
{
    for (guint i = 0; i < self->scenario->n_runs; i++)
        api_run_record_free(self->runs[i].record);
    g_free(self->violation);
    g_free(self);
}

void world_violate(World *self, const Run *run, const char *what)
{
    if (!self->violation)
        self->violation = g_strdup_printf("run %u: %s", (guint)(run - self->runs), what);
}

// ---- what vmid does --------------------------------------------------------------------------------------------

static GPtrArray *all_records(const World *self)
{
    GPtrArray *records = g_ptr_array_new();

    for (guint i = 0; i < self->scenario->n_runs; i++)
        if (self->runs[i].record)
            g_ptr_array_add(records, self->runs[i].record);
    return records;
}

static RunPlug *plug_new(const World *self, const char *name, gboolean claim)
{
    RunPlug *plug = api_run_plug_new();
    RunUse *use = NULL;

    plug->name = g_strdup(name);
    if (!claim)
        return plug;
    use = api_run_use_new();
    use->kind = g_strdup(RUN_USE_CLAIM);
    use->name = g_strdup(CLAIM);
    use->access = API_RUN_ACCESS_WRITE;
    use->shareable = self->scenario->shareable ? API_TRUE : API_UNSET;
    plug->uses = api_list_new(&api_run_use_type);
    g_ptr_array_add(plug->uses, use);
    return plug;
}

gboolean world_is_alive(const Run *run)
{
    return run->qemu != QEMU_NONE;
}

gboolean world_has_begun(const Run *run)
{
    return run->qemu == QEMU_RUNS || run->qemu == QEMU_STOPPED;
}

// What a step or a look at the host finds out.
RunRecord *world_facts_new(const World *self, const Run *run)
{
    RunRecord *facts = run_record_new("VirtualMachineInstance", "ns", "run", NULL);

    if (run->reserved) {
        ApiRunHold *hold = api_run_hold_new();

        hold->row = g_strdup("user");
        hold->what = g_strdup("1");
        facts->holds = api_list_new(&api_run_hold_type);
        g_ptr_array_add(facts->holds, hold);
    }
    if (world_is_alive(run) && !run->lost) {
        facts->plugs = api_list_new(&api_run_plug_type);
        g_ptr_array_add(facts->plugs, plug_new(self, ROOT, self->scenario->roots_share));
        if (run->disk)
            g_ptr_array_add(facts->plugs, plug_new(self, DISK, TRUE));
    }
    return facts;
}

static gint n_of(const RunRecord *record, gint64 id)
{
    gint n = 0;

    for (guint i = 0; record->wants && i < record->wants->len; i++)
        n += ((const RunWant *)g_ptr_array_index(record->wants, i))->id.value == id;
    return n;
}

static gint n_ended(const RunOutcome *outcome, gint64 id)
{
    gint n = 0;

    for (guint i = 0; outcome->wants && i < outcome->wants->len; i++)
        n += g_array_index(outcome->wants, RunWantEnd, i).id == id;
    return n;
}

// Each want was there before, or came now, and is still there or has ended, once.
static void check_wants(World *self, Run *run, const RunRecord *before, const RunEvent *event,
                        const RunOutcome *outcome)
{
    for (gint64 id = 1; id <= run->last_id; id++) {
        gint was =
            n_of(before, id) + (event->kind == RUN_EVENT_WANTED && event->want->id.value == id);

        if (was != n_of(run->record, id) + n_ended(outcome, id))
            world_violate(self, run, "a want did not end exactly once");
    }
}

static void take_outcome(World *self, Run *run, const RunOutcome *outcome)
{
    for (guint i = 0; outcome->wants && i < outcome->wants->len; i++) {
        const RunWantEnd *end = &g_array_index(outcome->wants, RunWantEnd, i);

        if (end->wish == API_RUN_WISH_START && end->failure != RUN_FAILURE_NONE)
            run->wanted = FALSE;
    }
    if (outcome->step != API_RUN_STEP_UNSET) {
        if (run->lane != API_RUN_STEP_UNSET)
            world_violate(self, run, "two steps in one lane");
        run->lane = outcome->step;
        run->carried = FALSE;
    }
    for (guint i = 0; outcome->freed && i < outcome->freed->len; i++) {
        if (!run->reserved)
            world_violate(self, run, "a reservation is given back twice");
        if (world_has_begun(run))
            world_violate(self, run, "a reservation is given back while the guest runs");
        run->reserved = FALSE;
    }
    if (outcome->kill) {
        if (run->killing)
            world_violate(self, run, "a kill beside a kill");
        run->killing = TRUE;
    }
}

static void begin(World *self, Run *run)
{
    run->qemu = QEMU_RUNS;
    run->begun = TRUE;
    if (run->credit == 0)
        world_violate(self, run, "a guest begins that nobody wished for");
    else
        run->credit--;
}

// A guest that is handed over paused is the user's from then on.
static void take_paused_start(World *self, Run *run)
{
    if (self->scenario->start_paused && run->qemu == QEMU_NEW &&
        run->record->state == API_RUN_STATE_PAUSED) {
        begin(self, run);
        run->qemu = QEMU_STOPPED;
    }
}

void world_dispatch(World *self, Run *run, RunEvent event)
{
    g_auto(RunOutcome) outcome = { 0 };
    g_autoptr(ApiRunRecord) before = NULL;
    g_autoptr(GPtrArray) records = NULL;

    if (!run->record)
        return;
    before = api_run_record_copy(run->record);
    records = all_records(self);
    event.records = records;
    run_machine(run->record, &event, &outcome);
    check_wants(self, run, before, &event, &outcome);
    take_outcome(self, run, &outcome);
    take_paused_start(self, run);
    if (!run_machine_is_over(run->record))
        return;
    g_clear_pointer(&run->record, api_run_record_free);
    run->credit = run->next_credit = 0;
    run->stop_wished = FALSE;
}

void world_dispatch_kind(World *self, Run *run, RunEventKind kind)
{
    world_dispatch(self, run, (RunEvent){ .kind = kind });
}

void world_want(World *self, Run *run, RunWish wish, gint64 grace)
{
    g_autoptr(ApiRunWant) want = api_run_want_new();

    want->id = (ApiInt){ TRUE, ++run->last_id };
    want->wish = wish;
    want->grace = (ApiInt){ TRUE, grace };
    // One of the two kinds of stop, so that there are both.
    if (wish == API_RUN_WISH_STOP && grace > 0)
        want->thorough = API_TRUE;
    if (wish == API_RUN_WISH_START || wish == API_RUN_WISH_PLUG || wish == API_RUN_WISH_UNPLUG)
        want->plugs = api_list_new(&api_run_plug_type);
    if (wish == API_RUN_WISH_START) {
        want->paused = self->scenario->start_paused ? API_TRUE : API_UNSET;
        g_ptr_array_add(want->plugs, plug_new(self, ROOT, self->scenario->roots_share));
    } else if (want->plugs) {
        g_ptr_array_add(want->plugs, plug_new(self, DISK, TRUE));
    }
    world_dispatch(self, run, (RunEvent){ .kind = RUN_EVENT_WANTED, .want = want });
}

RunRecord *world_record_new(const World *self, const Run *run)
{
    return run_record_new("VirtualMachineInstance", "ns", run == self->runs ? "a" : "b", NULL);
}

// ---- the host --------------------------------------------------------------------------------------------------

void world_die(Run *run, RunEventKind word)
{
    run->qemu = QEMU_NONE;
    run->disk = FALSE;
    run->word = run->lost ? RUN_EVENT_WANTED : word;
    run->scope_over = TRUE;
}

static void release(World *self, Run *run)
{
    if (world_has_begun(run))
        world_violate(self, run, "a guest is released while it runs");
    run->qemu = QEMU_NONE;
    run->lost = run->disk = FALSE;
    // How it ended is on disk. A further run is one that was wished for since.
    if (run->record->end != API_RUN_END_UNSET) {
        run->wanted = run->next_credit > 0;
        run->begun = FALSE;
    }
}

// Whether it went well.
gboolean world_carry_out(World *self, Run *run)
{
    switch (run->lane) {
    case API_RUN_STEP_RESERVE:
        if (run->reserved)
            world_violate(self, run, "reserved twice");
        run->reserved = TRUE;
        return TRUE;
    case API_RUN_STEP_START:
        if (world_is_alive(run) || !run->reserved)
            world_violate(self, run, "a start over another run, or without what it needs");
        run->qemu = QEMU_NEW;
        run->left = TRUE;
        run->stop_wished = FALSE;
        return TRUE;
    case API_RUN_STEP_RELEASE:
        release(self, run);
        return TRUE;
    case API_RUN_STEP_FORGET:
        run->left = FALSE;
        return TRUE;
    default:
        break;
    }
    if (!world_is_alive(run) || run->lost)
        return FALSE;
    if (run->lane == API_RUN_STEP_ASK && !run->stop_wished)
        world_violate(self, run, "a guest is asked to shut down that nobody wants to stop");
    if (run->lane == API_RUN_STEP_PAUSE)
        run->qemu = QEMU_STOPPED;
    else if (run->lane == API_RUN_STEP_PLUG || run->lane == API_RUN_STEP_UNPLUG)
        run->disk = run->lane == API_RUN_STEP_PLUG;
    else if (run->qemu == QEMU_NEW)
        begin(self, run);
    else
        run->qemu = QEMU_RUNS; // RESUME, and ASK, which unpauses
    return TRUE;
}

void world_answer(World *self, Run *run)
{
    g_autoptr(ApiRunRecord) facts = world_facts_new(self, run);
    RunEvent event = { .kind = run->fine ? RUN_EVENT_STEP_DONE : RUN_EVENT_STEP_FAILED,
                       .step = run->lane,
                       .has_disk = run->disk,
                       .gone = !world_is_alive(run),
                       .facts = run->fine ? facts : NULL };

    // What libvirt has to say was said by then. systemd may say later that the scope is empty, which has the same name next time.
    if (run->lane == API_RUN_STEP_FORGET && run->fine)
        run->word = RUN_EVENT_WANTED;
    if (run->lane == API_RUN_STEP_RELEASE && run->fine) {
        run->credit = run->next_credit + (run->record->end == API_RUN_END_UNSET ? run->credit : 0);
        run->next_credit = 0;
    }
    run->lane = API_RUN_STEP_UNSET;
    world_dispatch(self, run, event);
}

void world_kill_scope(World *self, Run *run)
{
    if (world_has_begun(run) && !run->stop_wished)
        world_violate(self, run, "a guest is killed that nobody wants to stop");
    if (world_is_alive(run))
        world_die(run, RUN_EVENT_GUEST_CRASHED);
    if (run->lane == API_RUN_STEP_START && !run->carried) {
        run->carried = run->left = TRUE;
        run->fine = FALSE;
    }
}

// ---- what must always hold -------------------------------------------------------------------------------------

static gboolean has_claim_open(const World *self, const Run *run)
{
    return world_is_alive(run) && (run->disk || self->scenario->roots_share);
}

static void check_claims(World *self)
{
    guint writers = 0;

    for (guint i = 0; i < self->scenario->n_runs; i++) {
        const Run *run = &self->runs[i];

        if (!has_claim_open(self, run))
            continue;
        writers++;
        if (run->record &&
            run_uses(run->record, RUN_USE_CLAIM, "ns", CLAIM) == API_RUN_ACCESS_UNSET)
            world_violate(self, run, "QEMU has a claim open that counts as unused");
    }
    if (writers > 1 && !self->scenario->shareable)
        world_violate(self, self->runs, "a claim has two writers");
}

static void check_run(World *self, const Run *run)
{
    const RunRecord *record = run->record;

    if (!self->up)
        return;
    if (!record && (world_is_alive(run) || run->reserved || run->left))
        world_violate(self, run, "the record is gone, and something is left");
    if (!record)
        return;
    if (record->step != run->lane || api_bool_or(record->killing, FALSE) != run->killing)
        world_violate(self, run, "the record does not say what is under way");
    if (run->lane != API_RUN_STEP_UNSET || run->killing)
        return;
    if (run_machine_has_begun(record) && (record->holds != NULL) != run->reserved)
        world_violate(self, run, "the record does not say what is held");
    if ((record->state == API_RUN_STATE_RUNNING && run->qemu == QEMU_STOPPED) ||
        (record->state == API_RUN_STATE_PAUSED && run->qemu == QEMU_RUNS))
        world_violate(self, run, "the record does not say whether the guest is paused");
}

void world_check(World *self)
{
    check_claims(self);
    for (guint i = 0; i < self->scenario->n_runs; i++)
        check_run(self, &self->runs[i]);
}
