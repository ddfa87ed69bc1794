// SPDX-License-Identifier: LGPL-2.1-or-later
// The life of a run, one table for each state; see machine.h for events and steps. Within a state the first row that fits an
// event applies; an event without a row means nothing there. After each event, and for as long as no step is under way, the
// row for FREE says what is next; that is also how a vmid that was started goes on with what a former one was about to do.
//
// A start:  Gone -> Reserving -> Starting -> Beginning -> Running. From Beginning on the guest may have executed something,
//           and nothing but a stop ends it: no failed step, no start of vmid, no missing definition.
// A stop:   Running -> Asked -> (Killed) -> Ended -> Releasing -> Forgetting -> Gone. Everything wanted before the stop is cancelled at
//           once; what is wanted after it waits in the record, so that a start that follows finds the state Gone. A stop is
//           fulfilled when Releasing is over, as libvirt takes its time to see that a QEMU is no more; a thorough one with Gone.
// A vmid that was started finds each run as its record says, Starting at most half done. What had not begun is released and
// begun anew, since the want to start is still in the record; what had begun goes on.
#include "runs/machine.h"

#include "runs/effects.h"

typedef gboolean (*Guard)(const Turn *turn);
typedef void (*Effect)(Turn *turn);

// Where a row leads to when that depends on the guest: Running, Paused or Unreachable.
#define LIVING ((RunState)100)
#define ANY ((RunWish)100)

#define GONE API_RUN_STATE_GONE
#define RESERVING API_RUN_STATE_RESERVING
#define STARTING API_RUN_STATE_STARTING
#define BEGINNING API_RUN_STATE_BEGINNING
#define RUNNING API_RUN_STATE_RUNNING
#define PAUSED API_RUN_STATE_PAUSED
#define UNREACHABLE API_RUN_STATE_UNREACHABLE
#define ASKED API_RUN_STATE_ASKED
#define KILLED API_RUN_STATE_KILLED
#define ENDED API_RUN_STATE_ENDED
#define RELEASING API_RUN_STATE_RELEASING
#define FORGETTING API_RUN_STATE_FORGETTING
#define LEFT API_RUN_STATE_LEFT

#define ON(event) (G_GUINT64_CONSTANT(1) << RUN_EVENT_##event)
#define FREE ON(FREE)
#define STEP_DONE ON(STEP_DONE)
#define STEP_FAILED ON(STEP_FAILED)
#define STEP_BACK (STEP_DONE | STEP_FAILED)
#define SCOPE_STOPPING (ON(SCOPE_STOPPING) | ON(SCOPE_STOPPING_WITH_HOST))
#define GUEST_OFF (ON(GUEST_SHUTDOWN) | ON(GUEST_DESTROYED) | ON(GUEST_CRASHED))
#define FOUND (ON(FOUND_RUNNING) | ON(FOUND_PAUSED) | ON(FOUND_UNREACHABLE))

typedef struct {
    guint64 on;
    RunWish head; // FREE: applies when this is wanted next; ANY: when anything is
    Guard when;   // applies when this says so
    RunState to;  // UNSET: stays
    RunStep step; // begun in the lane
    RunFailure failure;
    guint news;
    Effect effects[3];
} Rule;

// clang-format off: one row is one line, and columns say what belongs together

// Nothing runs, nothing is held. A record that is new, or about to go.
static const Rule gone[] = {
    // Nobody wrote it down: it is taken for one that began.
    { FOUND, .to = LIVING, .news = RUN_NEWS_FOUND },
    { FREE, API_RUN_WISH_STOP, .effects = { effect_end_head } },
    // From here on its claims are its own.
    { FREE, API_RUN_WISH_START, effect_is_free, .to = RESERVING, .effects = { effect_begin_run } },
    { FREE, API_RUN_WISH_START, .failure = RUN_FAILURE_IN_USE, .effects = { effect_end_head } },
    { FREE, ANY, .failure = RUN_FAILURE_NOT_RUNNING, .effects = { effect_end_head } },
};

static const Rule reserving[] = {
    { FREE, .step = API_RUN_STEP_RESERVE },
    { STEP_DONE, .to = STARTING },
    // All or nothing: nothing is held.
    { STEP_FAILED, .to = GONE, .failure = RUN_FAILURE_STEP,
      .effects = { effect_end_starts, effect_forget_run } },
    { ON(STOP) | ON(STOP_NOW) | SCOPE_STOPPING, .to = ENDED },
    { ON(CANCELLED), .when = effect_nobody_starts, .to = ENDED },
    // What had been reserved was not written down: it goes back, and the want to start is next again.
    { FOUND | ON(NOT_FOUND), .to = ENDED },
};

// The guest is made, and does nothing yet.
static const Rule starting[] = {
    { FREE, .step = API_RUN_STEP_START },
    { STEP_DONE, .when = effect_is_gone, .to = ENDED, .failure = RUN_FAILURE_DIED,
      .effects = { effect_end_starts } },
    // Handed over as it is. That counts as begun: it is the user's from here on.
    { STEP_DONE, .when = effect_starts_paused, .to = LIVING, .news = RUN_NEWS_STARTED,
      .effects = { effect_hand_over_paused, effect_end_starts } },
    { STEP_DONE, .to = BEGINNING },
    { STEP_FAILED, .to = ENDED, .failure = RUN_FAILURE_STEP, .effects = { effect_end_starts } },
    // There is nobody to ask. The kill has the step give up, whatever of QEMU there is.
    { ON(STOP) | ON(STOP_NOW) | SCOPE_STOPPING, .to = ENDED, .effects = { effect_kill } },
    { ON(CANCELLED), .when = effect_nobody_starts, .to = ENDED, .effects = { effect_kill } },
    // That its QEMU is off is said by the step: what libvirt or systemd say meanwhile may be about the last run.
    // Half started. It is released, and the want to start is next again.
    { ON(FOUND_PAUSED) | ON(FOUND_UNREACHABLE) | ON(NOT_FOUND), .to = ENDED },
    // Somebody else let it run.
    { ON(FOUND_RUNNING), .to = LIVING, .news = RUN_NEWS_STARTED, .effects = { effect_end_starts } },
};

// The guest is about to execute its first instruction, or has.
static const Rule beginning[] = {
    { FREE, .step = API_RUN_STEP_RESUME },
    { STEP_DONE, .to = LIVING, .news = RUN_NEWS_STARTED, .effects = { effect_end_starts } },
    // Nobody knows whether it executed anything: it stays, paused, and can be unpaused or stopped.
    { STEP_FAILED, .to = LIVING, .failure = RUN_FAILURE_STEP, .news = RUN_NEWS_PAUSED,
      .effects = { effect_end_starts } },
    { ON(STOP) | SCOPE_STOPPING, .to = ASKED, .news = RUN_NEWS_STOPPING,
      .effects = { effect_stop } },
    { ON(STOP_NOW), .to = KILLED, .effects = { effect_kill } },
    // It ran, for a short time.
    { ON(GUEST_SHUTDOWN), .to = ENDED, .effects = { effect_end_starts, effect_end } },
    { GUEST_OFF | ON(NOT_NOTICED) | ON(NOT_FOUND), .to = ENDED, .failure = RUN_FAILURE_DIED,
      .effects = { effect_end_starts, effect_end } },
    { ON(SCOPE_OVER), .effects = { effect_notice } },
    { ON(FOUND_RUNNING), .to = LIVING, .news = RUN_NEWS_STARTED, .effects = { effect_end_starts } },
    // FOUND_PAUSED has no row: FREE lets it run, which does no harm if it had run and was paused since.
    { ON(FOUND_UNREACHABLE), .to = LIVING, .failure = RUN_FAILURE_UNREACHABLE,
      .news = RUN_NEWS_FOUND, .effects = { effect_end_starts } },
};

// Running and Paused: wants are carried out, one after the other.
static const Rule living[] = {
    { FREE, API_RUN_WISH_START, .effects = { effect_end_head } },
    // Also when it is paused already: what the record says of that may be late.
    { FREE, API_RUN_WISH_PAUSE, .step = API_RUN_STEP_PAUSE },
    { FREE, API_RUN_WISH_UNPAUSE, .step = API_RUN_STEP_RESUME },
    { FREE, API_RUN_WISH_PLUG, effect_has_disk, .failure = RUN_FAILURE_EXISTS,
      .effects = { effect_end_head } },
    { FREE, API_RUN_WISH_PLUG, effect_is_free, .step = API_RUN_STEP_PLUG,
      .effects = { effect_intend_plug } },
    { FREE, API_RUN_WISH_PLUG, .failure = RUN_FAILURE_IN_USE, .effects = { effect_end_head } },
    { FREE, API_RUN_WISH_UNPLUG, effect_has_disk, .step = API_RUN_STEP_UNPLUG,
      .effects = { effect_intend_unplug } },
    { FREE, API_RUN_WISH_UNPLUG, .failure = RUN_FAILURE_NO_DISK, .effects = { effect_end_head } },
    { STEP_DONE, .to = LIVING, .effects = { effect_end_step_want } },
    { STEP_FAILED, .to = LIVING, .failure = RUN_FAILURE_STEP, .effects = { effect_end_step_want } },
    { ON(STOP) | SCOPE_STOPPING, .to = ASKED, .news = RUN_NEWS_STOPPING,
      .effects = { effect_stop } },
    { ON(STOP_NOW), .to = KILLED, .effects = { effect_kill } },
    { ON(GUEST_PAUSED) | ON(GUEST_IO_ERROR), .to = LIVING, .news = RUN_NEWS_PAUSED },
    { ON(GUEST_RESUMED), .to = LIVING, .news = RUN_NEWS_UNPAUSED },
    { ON(GUEST_REBOOTED), .news = RUN_NEWS_REBOOTED },
    { GUEST_OFF | ON(NOT_NOTICED) | ON(NOT_FOUND), .to = ENDED, .effects = { effect_end } },
    // libvirt, which knows how it ended, says so at the same time. Of a QEMU that it could not talk to it says nothing.
    { ON(SCOPE_OVER), .effects = { effect_notice } },
    { FOUND, .to = LIVING, .news = RUN_NEWS_FOUND },
};

// It lives, and libvirt does not know it. It is left alone until it ends, is stopped, or is found by a later vmid.
static const Rule unreachable[] = {
    { FREE, API_RUN_WISH_START, .effects = { effect_end_head } },
    { FREE, ANY, .failure = RUN_FAILURE_UNREACHABLE, .effects = { effect_end_head } },
    // It cannot be asked.
    { ON(STOP) | ON(STOP_NOW) | SCOPE_STOPPING, .to = KILLED, .effects = { effect_kill } },
    { GUEST_OFF | ON(SCOPE_OVER) | ON(NOT_FOUND), .to = ENDED, .effects = { effect_end } },
    { FOUND, .to = LIVING, .news = RUN_NEWS_FOUND },
};

// It is asked to shut down, again and again, and has until the deadline.
static const Rule asked[] = {
    { FREE, .when = effect_ask_is_due, .step = API_RUN_STEP_ASK, .effects = { effect_ask_later } },
    // It ended before it was asked.
    { STEP_FAILED, .when = effect_is_gone, .effects = { effect_notice } },
    { STEP_FAILED, .when = effect_is_ask, .to = KILLED, .news = RUN_NEWS_NOT_ASKED,
      .effects = { effect_kill } },
    { ON(ASK_AGAIN), .effects = { effect_ask } },
    // Beside a step that hangs, were there one.
    { ON(GRACE_OVER) | ON(STOP_NOW), .to = KILLED, .effects = { effect_kill } },
    { ON(STOP) | SCOPE_STOPPING, .effects = { effect_stop } },
    // It may still do what it was asked for.
    { ON(CANCELLED), .when = effect_nobody_stops, .to = LIVING, .effects = { effect_no_stop } },
    { GUEST_OFF | ON(NOT_NOTICED) | ON(NOT_FOUND), .to = ENDED, .effects = { effect_end } },
    { ON(SCOPE_OVER), .effects = { effect_notice } },
    { ON(FOUND_RUNNING) | ON(FOUND_PAUSED), .news = RUN_NEWS_FOUND, .effects = { effect_ask } },
    { ON(FOUND_UNREACHABLE), .to = KILLED, .news = RUN_NEWS_NOT_ASKED, .effects = { effect_kill } },
};

// It was sent SIGKILL, or is about to be. What the lane still does is of no interest.
static const Rule killed[] = {
    { ON(STOP) | ON(STOP_NOW), .when = effect_not_killing, .effects = { effect_kill } },
    // No signal was sent, so it goes on living.
    { ON(KILL_FAILED), .to = LIVING, .failure = RUN_FAILURE_STEP, .news = RUN_NEWS_NOT_KILLED,
      .effects = { effect_end_stops, effect_no_stop } },
    // It goes when the kernel lets it.
    { ON(KILL_LATE), .failure = RUN_FAILURE_WILL_NOT_DIE, .news = RUN_NEWS_NOT_KILLED,
      .effects = { effect_end_stops, effect_end_starts } },
    { ON(SCOPE_OVER), .when = effect_is_unreachable, .to = ENDED, .effects = { effect_end } },
    // Why it ended is known. libvirt looks only every 200 ms whether a QEMU is gone.
    { ON(SCOPE_OVER), .when = effect_is_settled, .to = ENDED, .effects = { effect_end } },
    { ON(SCOPE_OVER), .effects = { effect_notice } },
    { GUEST_OFF | ON(NOT_NOTICED) | ON(NOT_FOUND), .to = ENDED, .effects = { effect_end } },
    // The former vmid may have been killed before the guest was.
    { FOUND, .effects = { effect_kill } },
};

// It is off, or was given up before it began. A step, or the kill, has yet to come back.
static const Rule ended[] = {
    { FREE, .when = effect_not_killing, .to = RELEASING },
};

static const Rule releasing[] = {
    { FREE, .step = API_RUN_STEP_RELEASE },
    { STEP_DONE, .to = FORGETTING,
      .effects = { effect_tell_end, effect_end_released, effect_let_go } },
    { STEP_FAILED, .to = LEFT, .failure = RUN_FAILURE_LEFT, .news = RUN_NEWS_LEFT,
      .effects = { effect_tell_end, effect_end_left, effect_retry } },
};

// What is left is libvirt's: the next run has the same names, and it may have files of the user.
static const Rule forgetting[] = {
    { FREE, .step = API_RUN_STEP_FORGET },
    { STEP_DONE, .to = GONE, .effects = { effect_forget_run } },
    { STEP_FAILED, .to = LEFT, .failure = RUN_FAILURE_LEFT, .news = RUN_NEWS_LEFT,
      .effects = { effect_end_left, effect_retry } },
};

// Over, and something of it could not be removed: what it still holds stays its own.
static const Rule left[] = {
    { FREE, API_RUN_WISH_START, .to = RELEASING },
    { FREE, API_RUN_WISH_STOP, .to = RELEASING },
    { FREE, ANY, .failure = RUN_FAILURE_NOT_RUNNING, .effects = { effect_end_head } },
    { ON(TRY_AGAIN) | FOUND | ON(NOT_FOUND), .to = RELEASING },
};

// clang-format on

#define TABLE(state, rows) [state] = { rows, G_N_ELEMENTS(rows) }

static const struct {
    const Rule *rules;
    guint n;
} states[] = {
    TABLE(GONE, gone),
    TABLE(RESERVING, reserving),
    TABLE(STARTING, starting),
    TABLE(BEGINNING, beginning),
    TABLE(RUNNING, living),
    TABLE(PAUSED, living),
    TABLE(UNREACHABLE, unreachable),
    TABLE(ASKED, asked),
    TABLE(KILLED, killed),
    TABLE(ENDED, ended),
    TABLE(RELEASING, releasing),
    TABLE(FORGETTING, forgetting),
    TABLE(LEFT, left),
};

// ---- working through the table ---------------------------------------------------------------------------------

static gboolean fits(const Rule *rule, RunEventKind kind, const Turn *turn)
{
    const RunWant *head = effect_head(turn->record);

    if (!(rule->on & G_GUINT64_CONSTANT(1) << kind))
        return FALSE;
    if (rule->head != API_RUN_WISH_UNSET &&
        (!head || (rule->head != ANY && rule->head != head->wish)))
        return FALSE;
    return !rule->when || rule->when(turn);
}

static const Rule *find_rule(RunEventKind kind, const Turn *turn)
{
    RunState state = turn->record->state;

    for (guint i = 0; i < states[state].n; i++)
        if (fits(&states[state].rules[i], kind, turn))
            return &states[state].rules[i];
    return NULL;
}

static RunState living_state(const RunRecord *record)
{
    if (api_bool_or(record->unreachable, FALSE))
        return UNREACHABLE;
    return record->paused != API_RUN_PAUSE_UNSET ? PAUSED : RUNNING;
}

static void apply(const Rule *rule, Turn *turn)
{
    turn->failure = rule->failure;
    turn->outcome->news |= rule->news;
    for (guint i = 0; i < G_N_ELEMENTS(rule->effects) && rule->effects[i]; i++)
        rule->effects[i](turn);
    if (rule->step != API_RUN_STEP_UNSET)
        effect_begin_step(turn, rule->step);
    if (rule->to != API_RUN_STATE_UNSET)
        turn->record->state = rule->to == LIVING ? living_state(turn->record) : rule->to;
}

// A stop is carried out at once, whatever is before it. All else waits for FREE.
static RunEventKind kind_of(const RunEvent *event)
{
    if (event->kind != RUN_EVENT_WANTED || event->want->wish != API_RUN_WISH_STOP)
        return event->kind;
    return api_int_or(event->want->grace, 0) > 0 ? RUN_EVENT_STOP : RUN_EVENT_STOP_NOW;
}

void run_machine(RunRecord *record, const RunEvent *event, RunOutcome *outcome)
{
    RunEvent seen = *event;
    Turn turn = { .record = record, .event = &seen, .outcome = outcome };
    gboolean answer = event->kind == RUN_EVENT_STEP_DONE || event->kind == RUN_EVENT_STEP_FAILED;
    const Rule *rule = NULL;

    // Of a step that a former vmid began, say.
    if (answer && event->step != record->step)
        return;
    seen.kind = kind_of(event);
    effect_take_note(&turn);
    // systemd spoke of a scope of that name, which was not this one.
    if (seen.kind != RUN_EVENT_NOT_NOTICED || seen.gone)
        rule = find_rule(seen.kind, &turn);
    if (rule)
        apply(rule, &turn);
    if (answer) {
        record->step = API_RUN_STEP_UNSET;
        record->step_want = (ApiInt){ 0 };
    }
    while (record->step == API_RUN_STEP_UNSET && (rule = find_rule(RUN_EVENT_FREE, &turn)))
        apply(rule, &turn);
}

gboolean run_machine_is_over(const RunRecord *record)
{
    return record->state == GONE && !effect_head(record);
}

// Which members of a record are times, and the event that each brings.
gboolean run_machine_timer(const RunRecord *record, RunEventKind *ret_event, gint64 *ret_at)
{
    gboolean graceful = record->state == ASKED && record->stop;
    const struct {
        RunEventKind event;
        ApiInt at;
    } timers[] = {
        { RUN_EVENT_ASK_AGAIN, record->state == ASKED ? record->ask_at : (ApiInt){ 0 } },
        { RUN_EVENT_GRACE_OVER, graceful ? record->stop->deadline : (ApiInt){ 0 } },
        { RUN_EVENT_NOT_NOTICED, record->notice_by },
        { RUN_EVENT_KILL_LATE, record->state == KILLED ? record->kill_by : (ApiInt){ 0 } },
        { RUN_EVENT_TRY_AGAIN, record->state == LEFT ? record->retry_at : (ApiInt){ 0 } },
    };
    gboolean any = FALSE;

    for (guint i = 0; i < G_N_ELEMENTS(timers); i++) {
        if (!timers[i].at.set || (any && timers[i].at.value >= *ret_at))
            continue;
        any = TRUE;
        *ret_event = timers[i].event;
        *ret_at = timers[i].at.value;
    }
    return any;
}

void run_outcome_clear(RunOutcome *self)
{
    g_clear_pointer(&self->wants, g_array_unref);
    g_clear_pointer(&self->freed, g_ptr_array_unref);
}

const char *run_event_to_string(RunEventKind event)
{
    static const char *const names[_RUN_EVENT_MAX] = {
        [RUN_EVENT_WANTED] = "Wanted",
        [RUN_EVENT_STOP] = "Stop",
        [RUN_EVENT_STOP_NOW] = "StopNow",
        [RUN_EVENT_CANCELLED] = "Cancelled",
        [RUN_EVENT_STEP_DONE] = "StepDone",
        [RUN_EVENT_STEP_FAILED] = "StepFailed",
        [RUN_EVENT_KILL_DONE] = "KillDone",
        [RUN_EVENT_KILL_FAILED] = "KillFailed",
        [RUN_EVENT_GUEST_SHUTDOWN] = "GuestShutdown",
        [RUN_EVENT_GUEST_DESTROYED] = "GuestDestroyed",
        [RUN_EVENT_GUEST_CRASHED] = "GuestCrashed",
        [RUN_EVENT_GUEST_PAUSED] = "GuestPaused",
        [RUN_EVENT_GUEST_IO_ERROR] = "GuestIOError",
        [RUN_EVENT_GUEST_RESUMED] = "GuestResumed",
        [RUN_EVENT_GUEST_REBOOTED] = "GuestRebooted",
        [RUN_EVENT_SCOPE_STOPPING] = "ScopeStopping",
        [RUN_EVENT_SCOPE_STOPPING_WITH_HOST] = "ScopeStoppingWithHost",
        [RUN_EVENT_SCOPE_OVER] = "ScopeOver",
        [RUN_EVENT_ASK_AGAIN] = "AskAgain",
        [RUN_EVENT_GRACE_OVER] = "GraceOver",
        [RUN_EVENT_NOT_NOTICED] = "NotNoticed",
        [RUN_EVENT_KILL_LATE] = "KillLate",
        [RUN_EVENT_TRY_AGAIN] = "TryAgain",
        [RUN_EVENT_FOUND_RUNNING] = "FoundRunning",
        [RUN_EVENT_FOUND_PAUSED] = "FoundPaused",
        [RUN_EVENT_FOUND_UNREACHABLE] = "FoundUnreachable",
        [RUN_EVENT_NOT_FOUND] = "NotFound",
        [RUN_EVENT_FREE] = "Free",
    };

    return names[event];
}
