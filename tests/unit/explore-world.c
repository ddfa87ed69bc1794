// SPDX-License-Identifier: LGPL-2.1-or-later
// The simulated host; see explore-world.h.
#include "explore-world.h"

#include <string.h>

#include "runs/uses.h"

#define CLAIM "shared"
#define ROOT "root"
#define DISK "disk"
#define GRACE (60 * G_USEC_PER_SEC)

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

static void violate(World *self, const Run *run, const char *what)
{
    if (!self->violation)
        self->violation = g_strdup_printf("run %u: %s", (guint)(run - self->runs), what);
}

// ---- keys ------------------------------------------------------------------------------------------------------

static void add_struct(GString *key, const ApiType *type, gconstpointer object);

static void add_list(GString *key, const ApiField *field, const GPtrArray *list)
{
    for (guint i = 0; list && i < list->len; i++) {
        g_string_append_c(key, '(');
        if (field->type)
            add_struct(key, field->type, g_ptr_array_index(list, i));
    }
    g_string_append_c(key, ')');
}

static void add_field(GString *key, const ApiField *field, gconstpointer object)
{
    g_string_append_c(key, ';');
    if (field->shape != API_SINGLE)
        add_list(key, field, api_field_pointer(field, object));
    else if (field->kind == API_KIND_OBJECT && api_field_pointer(field, object))
        add_struct(key, field->type, api_field_pointer(field, object));
    else if (field->kind == API_KIND_STRING && api_field_pointer(field, object))
        g_string_append(key, api_field_pointer(field, object));
    else if (field->kind == API_KIND_ENUM)
        g_string_append_c(key, (char)('0' + api_field_enum(field, object)));
    else if (field->kind == API_KIND_BOOL)
        g_string_append_c(key, (char)('0' + api_field_bool(field, object)));
    else if (field->kind == API_KIND_INT)
        g_string_append_c(key, api_field_int(field, object).set ? '1' : '0');
}

// Numbers of wants tell them apart and mean nothing else.
static void add_struct(GString *key, const ApiType *type, gconstpointer object)
{
    for (guint i = 0; i < type->n_fields; i++)
        add_field(key, &type->fields[i], object);
}

GBytes *world_key(const World *self)
{
    GString *key = g_string_new(self->up ? "u" : "d");

    for (guint i = 0; i < self->scenario->n_runs; i++) {
        const Run *run = &self->runs[i];
        const char host[] = { (char)run->qemu,        (char)run->lost,       (char)run->disk,
                              (char)run->reserved,    (char)run->left,       (char)run->gave,
                              (char)run->wanted,      (char)run->begun,      (char)run->lane,
                              (char)run->carried,     (char)run->fine,       (char)run->killing,
                              (char)run->word,        (char)run->scope_over, (char)run->credit,
                              (char)run->next_credit, (char)run->stop_wished };

        g_string_append_len(key, host, sizeof host);
        if (run->record)
            add_struct(key, &api_run_record_type, run->record);
    }
    return g_string_free_to_bytes(key);
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

static gboolean is_alive(const Run *run)
{
    return run->qemu != QEMU_NONE;
}

static gboolean has_begun(const Run *run)
{
    return run->qemu == QEMU_RUNS || run->qemu == QEMU_STOPPED;
}

// What a step or a look at the host finds out.
static RunRecord *facts_new(const World *self, const Run *run)
{
    RunRecord *facts = run_record_new("VirtualMachineInstance", "ns", "run", NULL);

    if (run->reserved) {
        ApiRunHold *hold = api_run_hold_new();

        hold->row = g_strdup("user");
        hold->what = g_strdup("1");
        facts->holds = api_list_new(&api_run_hold_type);
        g_ptr_array_add(facts->holds, hold);
    }
    if (is_alive(run) && !run->lost) {
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
            violate(self, run, "a want did not end exactly once");
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
            violate(self, run, "two steps in one lane");
        run->lane = outcome->step;
        run->carried = FALSE;
    }
    if (outcome->kill) {
        if (run->killing)
            violate(self, run, "a kill beside a kill");
        run->killing = TRUE;
    }
}

static void begin(World *self, Run *run)
{
    run->qemu = QEMU_RUNS;
    run->begun = TRUE;
    if (run->credit == 0)
        violate(self, run, "a guest begins that nobody wished for");
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

static void dispatch(World *self, Run *run, RunEvent event)
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

static void dispatch_kind(World *self, Run *run, RunEventKind kind)
{
    dispatch(self, run, (RunEvent){ .kind = kind });
}

static void want(World *self, Run *run, RunWish wish, gint64 grace)
{
    g_autoptr(ApiRunWant) want = api_run_want_new();

    want->id = (ApiInt){ TRUE, ++run->last_id };
    want->wish = wish;
    want->grace = (ApiInt){ TRUE, grace };
    if (wish == API_RUN_WISH_START || wish == API_RUN_WISH_PLUG || wish == API_RUN_WISH_UNPLUG)
        want->plugs = api_list_new(&api_run_plug_type);
    if (wish == API_RUN_WISH_START) {
        want->paused = self->scenario->start_paused ? API_TRUE : API_UNSET;
        g_ptr_array_add(want->plugs, plug_new(self, ROOT, self->scenario->roots_share));
    } else if (want->plugs) {
        g_ptr_array_add(want->plugs, plug_new(self, DISK, TRUE));
    }
    dispatch(self, run, (RunEvent){ .kind = RUN_EVENT_WANTED, .want = want });
}

static RunRecord *record_new(const World *self, const Run *run)
{
    return run_record_new("VirtualMachineInstance", "ns", run == self->runs ? "a" : "b", NULL);
}

// ---- the host --------------------------------------------------------------------------------------------------

static void die(Run *run, RunEventKind word)
{
    run->qemu = QEMU_NONE;
    run->disk = FALSE;
    run->word = run->lost ? RUN_EVENT_WANTED : word;
    run->scope_over = TRUE;
}

static void release(World *self, Run *run)
{
    if (has_begun(run))
        violate(self, run, "a guest is released while it runs");
    if (run->record->holds && !run->reserved && !run->gave)
        violate(self, run, "a reservation is given back twice");
    run->gave = TRUE;
    run->qemu = QEMU_NONE;
    run->lost = run->disk = run->reserved = run->left = FALSE;
    // How it ended is on disk. A further run is one that was wished for since.
    if (run->record->end != API_RUN_END_UNSET) {
        run->wanted = run->next_credit > 0;
        run->begun = FALSE;
    }
}

// Whether it went well.
static gboolean carry_out(World *self, Run *run)
{
    switch (run->lane) {
    case API_RUN_STEP_RESERVE:
        if (run->reserved)
            violate(self, run, "reserved twice");
        run->reserved = TRUE;
        run->gave = FALSE;
        return TRUE;
    case API_RUN_STEP_START:
        if (is_alive(run) || !run->reserved)
            violate(self, run, "a start over another run, or without what it needs");
        run->qemu = QEMU_NEW;
        run->left = TRUE;
        run->stop_wished = FALSE;
        return TRUE;
    case API_RUN_STEP_RELEASE:
        release(self, run);
        return TRUE;
    default:
        break;
    }
    if (!is_alive(run) || run->lost)
        return FALSE;
    if (run->lane == API_RUN_STEP_ASK && !run->stop_wished)
        violate(self, run, "a guest is asked to shut down that nobody wants to stop");
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

static void answer(World *self, Run *run)
{
    g_autoptr(ApiRunRecord) facts = facts_new(self, run);
    RunEvent event = { .kind = run->fine ? RUN_EVENT_STEP_DONE : RUN_EVENT_STEP_FAILED,
                       .step = run->lane,
                       .has_disk = run->disk,
                       .facts = run->fine ? facts : NULL };

    // What libvirt has to say was said by then. systemd may say later that the scope is empty, which has the same name next time.
    if (run->lane == API_RUN_STEP_RELEASE && run->fine) {
        run->gave = FALSE;
        run->word = RUN_EVENT_WANTED;
        run->credit = run->next_credit + (run->record->end == API_RUN_END_UNSET ? run->credit : 0);
        run->next_credit = 0;
    }
    run->lane = API_RUN_STEP_UNSET;
    dispatch(self, run, event);
}

static void kill_scope(World *self, Run *run)
{
    if (has_begun(run) && !run->stop_wished)
        violate(self, run, "a guest is killed that nobody wants to stop");
    if (is_alive(run))
        die(run, RUN_EVENT_GUEST_CRASHED);
    if (run->lane == API_RUN_STEP_START && !run->carried) {
        run->carried = run->left = TRUE;
        run->fine = FALSE;
    }
}

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
        run->record = record_new(self, run);
    if (run->begun || run->stop_wished || run->record->end != API_RUN_END_UNSET)
        run->next_credit = MIN(run->next_credit + 1, MAX_WANTS);
    else
        run->credit = MIN(run->credit + 1, MAX_WANTS);
    run->wanted = TRUE;
    want(self, run, API_RUN_WISH_START, 0);
    return TRUE;
}

static gboolean wish_stop_in(World *self, Run *run, gint64 grace)
{
    if (!can_wish(self, run) || !run->record)
        return FALSE;
    run->stop_wished = TRUE;
    want(self, run, API_RUN_WISH_STOP, grace);
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
    want(self, run, what, 0);
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
    dispatch(self, run, (RunEvent){ .kind = RUN_EVENT_CANCELLED, .want_id = last->id.value });
    return TRUE;
}

// libvirt says at once what becomes of the guest, and the step answers after that.
static gboolean step_carried_out(World *self, Run *run)
{
    Qemu before;

    if (!self->up || run->lane == API_RUN_STEP_UNSET || run->carried)
        return FALSE;
    before = run->qemu;
    run->fine = carry_out(self, run);
    run->carried = TRUE;
    if (has_begun(run) && run->qemu != before)
        dispatch_kind(self, run,
                      run->qemu == QEMU_RUNS ? RUN_EVENT_GUEST_RESUMED : RUN_EVENT_GUEST_PAUSED);
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
    answer(self, run);
    return TRUE;
}

static gboolean kill_works(World *self, Run *run)
{
    if (!self->up || !run->killing)
        return FALSE;
    kill_scope(self, run);
    run->killing = FALSE;
    dispatch_kind(self, run, RUN_EVENT_KILL_DONE);
    return TRUE;
}

// The signals are sent, and the kernel holds QEMU.
static gboolean kill_hangs(World *self, Run *run)
{
    if (!self->up || !run->killing || !is_alive(run))
        return FALSE;
    if (has_begun(run) && !run->stop_wished)
        violate(self, run, "a guest is killed that nobody wants to stop");
    run->killing = FALSE;
    dispatch_kind(self, run, RUN_EVENT_KILL_DONE);
    return TRUE;
}

static gboolean kill_fails(World *self, Run *run)
{
    if (!self->up || !run->killing)
        return FALSE;
    run->killing = FALSE;
    dispatch_kind(self, run, RUN_EVENT_KILL_FAILED);
    return TRUE;
}

static gboolean guest_shuts_down(World *self, Run *run)
{
    if (run->qemu != QEMU_RUNS)
        return FALSE;
    die(run, RUN_EVENT_GUEST_SHUTDOWN);
    return TRUE;
}

static gboolean qemu_dies(World *self, Run *run)
{
    if (!is_alive(run))
        return FALSE;
    die(run, RUN_EVENT_GUEST_CRASHED);
    return TRUE;
}

static gboolean io_error(World *self, Run *run)
{
    if (run->qemu != QEMU_RUNS || run->lost)
        return FALSE;
    run->qemu = QEMU_STOPPED;
    if (self->up)
        dispatch_kind(self, run, RUN_EVENT_GUEST_IO_ERROR);
    return TRUE;
}

static gboolean libvirt_tells_end(World *self, Run *run)
{
    RunEventKind word = run->word;

    if (!self->up || word == RUN_EVENT_WANTED)
        return FALSE;
    run->word = RUN_EVENT_WANTED;
    dispatch_kind(self, run, word);
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
    dispatch_kind(self, run, RUN_EVENT_SCOPE_OVER);
    return TRUE;
}

static gboolean scope_stops(World *self, Run *run)
{
    if (!self->up || !is_alive(run))
        return FALSE;
    run->stop_wished = TRUE;
    dispatch(self, run, (RunEvent){ .kind = RUN_EVENT_SCOPE_STOPPING_WITH_HOST, .grace = GRACE });
    return TRUE;
}

// TIME: when it is to be, in the record.
static gboolean timer(World *self, Run *run, RunEventKind event, ApiInt at)
{
    if (!self->up || !at.set)
        return FALSE;
    dispatch(self, run, (RunEvent){ .kind = event, .gone = !is_alive(run) });
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
    return is_in(run, API_RUN_STATE_KILLED) && is_alive(run) &&
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

        each->lane = API_RUN_STEP_UNSET;
        each->carried = each->fine = each->killing = each->scope_over = FALSE;
        each->word = RUN_EVENT_WANTED;
    }
    return TRUE;
}

static void find(World *self, Run *run)
{
    g_autoptr(ApiRunRecord) facts = facts_new(self, run);
    RunEvent event = { .kind = RUN_EVENT_NOT_FOUND };

    if (is_alive(run)) {
        event.facts = facts;
        event.kind = run->lost                ? RUN_EVENT_FOUND_UNREACHABLE
                     : run->qemu == QEMU_RUNS ? RUN_EVENT_FOUND_RUNNING
                                              : RUN_EVENT_FOUND_PAUSED;
    }
    dispatch(self, run, event);
}

// Without a record: a guest is taken for one that began, and what else there is, is nobody's.
static void find_unrecorded(World *self, Run *run)
{
    if (!is_alive(run)) {
        run->lost = run->disk = run->reserved = run->left = FALSE;
        run->wanted &= !run->begun;
        return;
    }
    run->record = record_new(self, run);
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
        each->record = record_new(self, each);
        want(self, each, API_RUN_WISH_START, 0);
    }
    return TRUE;
}

static gboolean libvirt_forgets(World *self, Run *run)
{
    if (self->up || !is_alive(run) || run->lost)
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
    if (self->up || !run->record || !has_begun(run))
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

// ---- what must always hold -------------------------------------------------------------------------------------

static gboolean has_claim_open(const World *self, const Run *run)
{
    return is_alive(run) && (run->disk || self->scenario->roots_share);
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
            violate(self, run, "QEMU has a claim open that counts as unused");
    }
    if (writers > 1 && !self->scenario->shareable)
        violate(self, self->runs, "a claim has two writers");
}

static void check_run(World *self, const Run *run)
{
    const RunRecord *record = run->record;

    if (!self->up)
        return;
    if (!record && (is_alive(run) || run->reserved || run->left))
        violate(self, run, "the record is gone, and something is left");
    if (!record)
        return;
    if (record->step != run->lane || api_bool_or(record->killing, FALSE) != run->killing)
        violate(self, run, "the record does not say what is under way");
    if (run->lane != API_RUN_STEP_UNSET || run->killing)
        return;
    if (run_machine_has_begun(record) && (record->holds != NULL) != run->reserved)
        violate(self, run, "the record does not say what is held");
    if ((record->state == API_RUN_STATE_RUNNING && run->qemu == QEMU_STOPPED) ||
        (record->state == API_RUN_STATE_PAUSED && run->qemu == QEMU_RUNS))
        violate(self, run, "the record does not say whether the guest is paused");
}

static void check_world(World *self)
{
    check_claims(self);
    for (guint i = 0; i < self->scenario->n_runs; i++)
        check_run(self, &self->runs[i]);
}

gboolean world_move(World *self, guint run, guint move)
{
    if (moves[move].groups && !(moves[move].groups & self->scenario->moves))
        return FALSE;
    if (!moves[move].move(self, &self->runs[run]))
        return FALSE;
    check_world(self);
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
        violate(self, run, "nothing is wanted of it any more, and it does not go");
    if (run->record && run->record->wants && run->record->wants->len > 0)
        violate(self, run, "a want never ends");
}

void world_settle(World *self, gboolean gone)
{
    guint n = self->scenario->n_runs, moved = 1, rounds = 0;

    if (!self->up)
        vmid_starts(self, self->runs);
    for (guint i = 0; gone && i < n; i++)
        if (self->runs[i].record) {
            self->runs[i].stop_wished = TRUE;
            want(self, &self->runs[i], API_RUN_WISH_STOP, 0);
        }
    while (moved && !self->violation && rounds++ < 100) {
        moved = 0;
        for (guint i = 0; i < n; i++)
            moved += settle_one(self, &self->runs[i]);
        check_world(self);
    }
    if (moved && !self->violation)
        violate(self, self->runs, "it never comes to rest");
    for (guint i = 0; i < n; i++)
        check_settled(self, &self->runs[i], gone);
}
