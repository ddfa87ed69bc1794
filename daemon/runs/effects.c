// SPDX-License-Identifier: LGPL-2.1-or-later
// What the rows of machine.c do to a record; see effects.h.
#include "runs/effects.h"

#include "runs/outcome.h"
#include "runs/uses.h"

enum {
    // A guest that is still in its firmware or boot loader misses the button: it is pressed again now and then.
    ASK_AGAIN_SECONDS = 5,
    // libvirt notices the end of a QEMU at once; should it not, the run is ended without it.
    NOTICE_SECONDS = 10,
    // A process that does not die of SIGKILL in this time waits in the kernel for a device that does not answer.
    KILL_SECONDS = 30,
    RETRY_SECONDS = 60,
};

static ApiInt in_seconds(const Turn *self, gint64 seconds)
{
    return (ApiInt){ TRUE, self->event->now + seconds * G_USEC_PER_SEC };
}

static gboolean is_set(ApiBool value)
{
    return api_bool_or(value, FALSE);
}

// ---- wants -----------------------------------------------------------------------------------------------------

static guint n_wants(const RunRecord *record)
{
    return record->wants ? record->wants->len : 0;
}

static const RunWant *want_at(const RunRecord *record, guint i)
{
    return g_ptr_array_index(record->wants, i);
}

const RunWant *effect_head(const RunRecord *record)
{
    return n_wants(record) > 0 ? want_at(record, 0) : NULL;
}

// The head's one disk; NULL when it is about none.
static RunPlug *head_plug(const RunRecord *record)
{
    const RunWant *head = effect_head(record);

    return head && head->plugs && head->plugs->len > 0 ? g_ptr_array_index(head->plugs, 0) : NULL;
}

static gboolean any_wants(const RunRecord *record, RunWish wish)
{
    for (guint i = 0; i < n_wants(record); i++)
        if (want_at(record, i)->wish == wish)
            return TRUE;
    return FALSE;
}

static void end_at(Turn *self, guint i, RunFailure failure)
{
    const RunWant *want = want_at(self->record, i);
    RunWantEnd end = { .id = want->id.value, .wish = want->wish, .failure = failure };

    if (!self->outcome->wants)
        self->outcome->wants = g_array_new(FALSE, FALSE, sizeof(RunWantEnd));
    g_array_append_val(self->outcome->wants, end);
    g_ptr_array_remove_index(self->record->wants, i);
}

static void end_by_id(Turn *self, gint64 id, RunFailure failure)
{
    for (guint i = 0; i < n_wants(self->record); i++)
        if (want_at(self->record, i)->id.value == id) {
            end_at(self, i, failure);
            return;
        }
}

// All that want WISH, or, with OTHERS, all that do not.
static void end_all(Turn *self, RunWish wish, gboolean others, RunFailure failure)
{
    for (guint i = 0; i < n_wants(self->record);) {
        if ((want_at(self->record, i)->wish == wish) != others)
            end_at(self, i, failure);
        else
            i++;
    }
}

void effect_end_head(Turn *self)
{
    end_at(self, 0, self->failure);
}

void effect_end_step_want(Turn *self)
{
    if (self->record->step_want.set)
        end_by_id(self, self->record->step_want.value, self->failure);
}

void effect_end_starts(Turn *self)
{
    end_all(self, API_RUN_WISH_START, FALSE, self->failure);
}

void effect_end_stops(Turn *self)
{
    end_all(self, API_RUN_WISH_STOP, FALSE, self->failure);
}

void effect_end_released(Turn *self)
{
    for (guint i = 0; i < n_wants(self->record);) {
        const RunWant *want = want_at(self->record, i);

        if (want->wish == API_RUN_WISH_STOP && !is_set(want->thorough))
            end_at(self, i, self->failure);
        else
            i++;
    }
}

void effect_end_left(Turn *self)
{
    end_all(self, API_RUN_WISH_STOP, TRUE, self->failure);
    end_all(self, API_RUN_WISH_STOP, FALSE, RUN_FAILURE_NONE);
}

// ---- questions -------------------------------------------------------------------------------------------------

gboolean effect_is_free(const Turn *self)
{
    const RunWant *head = effect_head(self->record);

    return run_may_plug(self->event->records, self->record, head->plugs, NULL, NULL);
}

gboolean effect_has_disk(const Turn *self)
{
    const RunPlug *plug = head_plug(self->record);

    return plug && run_record_plug(self->record, plug->name);
}

gboolean effect_nobody_starts(const Turn *self)
{
    return !any_wants(self->record, API_RUN_WISH_START);
}

gboolean effect_nobody_stops(const Turn *self)
{
    const RunStop *stop = self->record->stop;

    return !any_wants(self->record, API_RUN_WISH_STOP) && !(stop && is_set(stop->by_systemd));
}

gboolean effect_is_ask(const Turn *self)
{
    return self->event->step == API_RUN_STEP_ASK;
}

gboolean effect_ask_is_due(const Turn *self)
{
    return is_set(self->record->ask_due);
}

gboolean effect_not_killing(const Turn *self)
{
    return !is_set(self->record->killing);
}

gboolean effect_is_gone(const Turn *self)
{
    return self->event->gone;
}

gboolean effect_starts_paused(const Turn *self)
{
    return is_set(self->record->start_paused);
}

gboolean effect_is_unreachable(const Turn *self)
{
    return is_set(self->record->unreachable);
}

gboolean effect_is_settled(const Turn *self)
{
    const RunRecord *record = self->record;

    // It may have shut down in the last moment, which only libvirt knows.
    if (record->stop && is_set(record->stop->expired))
        return FALSE;
    for (guint i = 0; record->plugs && i < record->plugs->len; i++)
        if (((const RunPlug *)g_ptr_array_index(record->plugs, i))->serial)
            return FALSE; // hotplugged
    return self->event->gone;
}

// ---- disks -----------------------------------------------------------------------------------------------------

static void set_text(char **member, const char *text)
{
    if (!text || text == *member)
        return;
    g_free(*member);
    *member = g_strdup(text);
}

// Replaces LIST by a copy of FROM, which has items of TYPE (NULL: strings). FROM NULL: nothing was found out.
static void take_list(GPtrArray **list, const GPtrArray *from, const ApiType *type)
{
    if (!from)
        return;
    g_clear_pointer(list, g_ptr_array_unref);
    *list = api_list_new(type);
    for (guint i = 0; i < from->len; i++) {
        gconstpointer item = g_ptr_array_index(from, i);

        g_ptr_array_add(*list, type ? api_struct_copy(type, item) : g_strdup(item));
    }
}

static RunPlug *add_plug(RunRecord *record, const RunPlug *plug, ApiRunPlugState state)
{
    RunPlug *copy = api_run_plug_copy(plug);

    copy->state = state;
    if (!record->plugs)
        record->plugs = api_list_new(&api_run_plug_type);
    g_ptr_array_add(record->plugs, copy);
    return copy;
}

static void set_plugged(RunPlug *plug, const RunRecord *facts)
{
    const RunPlug *found = facts ? run_record_plug(facts, plug->name) : NULL;

    plug->state = API_RUN_PLUG_STATE_PLUGGED;
    if (!found)
        return;
    set_text(&plug->target, found->target);
    set_text(&plug->place, found->place);
    if (!plug->uses)
        take_list(&plug->uses, found->uses, &api_run_use_type);
}

// The answer of a step that plugs or unplugs: what QEMU has after it counts, whether it failed or not.
static void settle_step_disks(Turn *self)
{
    RunRecord *record = self->record;
    gboolean start = record->step == API_RUN_STEP_START;

    if (start && self->event->kind == RUN_EVENT_STEP_FAILED)
        return;
    for (guint i = 0; record->plugs && i < record->plugs->len;) {
        RunPlug *plug = g_ptr_array_index(record->plugs, i);

        if (plug->state == API_RUN_PLUG_STATE_PLUGGED) {
            i++;
        } else if (start || self->event->has_disk) {
            set_plugged(plug, self->event->facts);
            i++;
        } else {
            g_ptr_array_remove_index(record->plugs, i);
        }
    }
}

// What a vmid that was started finds QEMU to have, beside what the record says. The want whose step turns out to be carried out
// is fulfilled; for another one the step is begun anew.
static void settle_found_disks(Turn *self)
{
    RunRecord *record = self->record;
    const RunRecord *facts = self->event->facts;

    for (guint i = 0; record->plugs && i < record->plugs->len;) {
        RunPlug *plug = g_ptr_array_index(record->plugs, i);
        gboolean there = run_record_plug(facts, plug->name) != NULL;
        gboolean was_asked_for = there ? plug->state == API_RUN_PLUG_STATE_PLUGGING
                                       : plug->state == API_RUN_PLUG_STATE_UNPLUGGING;

        if (was_asked_for && record->step_want.set)
            end_by_id(self, record->step_want.value, RUN_FAILURE_NONE);
        if (there) {
            set_plugged(plug, facts);
            i++;
        } else {
            g_ptr_array_remove_index(record->plugs, i);
        }
    }
    for (guint i = 0; i < facts->plugs->len; i++) {
        const RunPlug *found = g_ptr_array_index(facts->plugs, i);

        if (!run_record_plug(record, found->name))
            add_plug(record, found, API_RUN_PLUG_STATE_PLUGGED);
    }
}

void effect_intend_plug(Turn *self)
{
    add_plug(self->record, head_plug(self->record), API_RUN_PLUG_STATE_PLUGGING);
}

void effect_intend_unplug(Turn *self)
{
    RunPlug *plug = run_record_plug(self->record, head_plug(self->record)->name);

    plug->state = API_RUN_PLUG_STATE_UNPLUGGING;
}

// ---- what an event says whatever the state ---------------------------------------------------------------------

static void take_want(Turn *self)
{
    RunRecord *record = self->record;

    if (self->event->kind != RUN_EVENT_WANTED)
        end_all(self, API_RUN_WISH_STOP, TRUE, RUN_FAILURE_CANCELLED);
    if (!record->wants)
        record->wants = api_list_new(&api_run_want_type);
    g_ptr_array_add(record->wants, api_run_want_copy(self->event->want));
}

// A stop that kills, and a step that is under way, cannot be taken back; who wanted them waits for their end.
static void take_cancel(Turn *self)
{
    RunRecord *record = self->record;
    gint64 id = self->event->want_id;
    gboolean stopping = record->state != API_RUN_STATE_GONE && record->state != API_RUN_STATE_ASKED;

    if (record->step_want.set && record->step_want.value == id)
        return;
    for (guint i = 0; i < n_wants(record); i++) {
        const RunWant *want = want_at(record, i);
        gboolean too_late =
            (want->wish == API_RUN_WISH_STOP && stopping) ||
            (want->wish == API_RUN_WISH_START && record->state == API_RUN_STATE_BEGINNING);

        if (want->id.value == id && !too_late) {
            end_at(self, i, RUN_FAILURE_CANCELLED);
            return;
        }
    }
}

static void take_facts(RunRecord *record, const RunRecord *facts)
{
    if (!facts)
        return;
    set_text(&record->domain_uuid, facts->domain_uuid);
    set_text(&record->scope, facts->scope);
    set_text(&record->machine, facts->machine);
    if (facts->pid.set)
        record->pid = facts->pid;
    take_list(&record->holds, facts->holds, &api_run_hold_type);
    take_list(&record->forwards, facts->forwards, &api_run_forward_type);
    take_list(&record->warnings, facts->warnings, NULL);
}

// Which files the disks are was not known before they were looked at.
static void take_uses(RunRecord *record, const RunRecord *facts)
{
    for (guint i = 0; facts && facts->plugs && i < facts->plugs->len; i++) {
        const RunPlug *found = g_ptr_array_index(facts->plugs, i);
        RunPlug *plug = run_record_plug(record, found->name);

        if (plug)
            take_list(&plug->uses, found->uses, &api_run_use_type);
    }
}

// What the guest said meanwhile is newer than the answer. One whose first RESUME failed is as START left it.
static void take_pause_answer(Turn *self)
{
    RunRecord *record = self->record;
    gboolean done = self->event->kind == RUN_EVENT_STEP_DONE;
    gboolean first = !record->step_want.set;

    if (is_set(record->heard))
        return;
    if (record->step == API_RUN_STEP_RESUME && done)
        record->paused = API_RUN_PAUSE_UNSET;
    else if ((record->step == API_RUN_STEP_PAUSE && done) ||
             (record->step == API_RUN_STEP_RESUME && first && !done))
        record->paused = API_RUN_PAUSE_ASKED;
}

static void take_answer(Turn *self)
{
    RunRecord *record = self->record;

    take_facts(record, self->event->facts);
    take_pause_answer(self);
    if (record->step == API_RUN_STEP_RESERVE)
        take_uses(record, self->event->facts);
    if (record->step == API_RUN_STEP_START || record->step == API_RUN_STEP_PLUG ||
        record->step == API_RUN_STEP_UNPLUG)
        settle_step_disks(self);
}

static void take_pause(Turn *self, ApiRunPause paused)
{
    RunRecord *record = self->record;

    record->heard = API_TRUE;
    // A guest that has not begun is created paused, which is not worth telling.
    if (run_machine_has_begun(record))
        record->paused = paused;
}

// The lane of the former vmid is gone with it.
static void take_found(Turn *self)
{
    RunRecord *record = self->record;
    const RunEvent *event = self->event;

    take_facts(record, event->facts);
    if (event->kind != RUN_EVENT_NOT_FOUND) {
        record->unreachable = event->kind == RUN_EVENT_FOUND_UNREACHABLE ? API_TRUE : API_UNSET;
        if (event->facts && event->facts->plugs &&
            (run_machine_has_begun(record) || record->state == API_RUN_STATE_GONE))
            settle_found_disks(self);
    }
    if (event->kind == RUN_EVENT_FOUND_RUNNING)
        record->paused = API_RUN_PAUSE_UNSET;
    else if (event->kind == RUN_EVENT_FOUND_PAUSED && record->paused == API_RUN_PAUSE_UNSET &&
             record->state != API_RUN_STATE_BEGINNING)
        record->paused = API_RUN_PAUSE_ASKED;
    record->step = API_RUN_STEP_UNSET;
    record->step_want = (ApiInt){ 0 };
    record->killing = API_UNSET;
    record->notice_by = (ApiInt){ 0 };
}

static void take_timer(Turn *self)
{
    RunRecord *record = self->record;

    switch (self->event->kind) {
    case RUN_EVENT_ASK_AGAIN:
        record->ask_at = (ApiInt){ 0 };
        break;
    case RUN_EVENT_NOT_NOTICED:
        record->notice_by = (ApiInt){ 0 };
        break;
    case RUN_EVENT_KILL_LATE:
        record->kill_by = (ApiInt){ 0 };
        break;
    case RUN_EVENT_TRY_AGAIN:
        record->retry_at = (ApiInt){ 0 };
        break;
    default:
        break;
    }
}

void effect_take_note(Turn *self)
{
    switch (self->event->kind) {
    case RUN_EVENT_WANTED:
    case RUN_EVENT_STOP:
    case RUN_EVENT_STOP_NOW:
        take_want(self);
        break;
    case RUN_EVENT_SCOPE_STOPPING:
    case RUN_EVENT_SCOPE_STOPPING_WITH_HOST:
        // Also the start that is to follow a stop: this is about ending for good.
        end_all(self, API_RUN_WISH_STOP, TRUE, RUN_FAILURE_CANCELLED);
        break;
    case RUN_EVENT_CANCELLED:
        take_cancel(self);
        break;
    case RUN_EVENT_STEP_DONE:
    case RUN_EVENT_STEP_FAILED:
        take_answer(self);
        break;
    case RUN_EVENT_KILL_DONE:
    case RUN_EVENT_KILL_FAILED:
        self->record->killing = API_UNSET;
        break;
    case RUN_EVENT_GUEST_PAUSED:
        take_pause(self, API_RUN_PAUSE_ASKED);
        break;
    case RUN_EVENT_GUEST_IO_ERROR:
        take_pause(self, API_RUN_PAUSE_IO_ERROR);
        break;
    case RUN_EVENT_GUEST_RESUMED:
        take_pause(self, API_RUN_PAUSE_UNSET);
        break;
    case RUN_EVENT_FOUND_RUNNING:
    case RUN_EVENT_FOUND_PAUSED:
    case RUN_EVENT_FOUND_UNREACHABLE:
    case RUN_EVENT_NOT_FOUND:
        take_found(self);
        break;
    default:
        take_timer(self);
        break;
    }
}

// ---- the run ---------------------------------------------------------------------------------------------------

void effect_begin_step(Turn *self, RunStep step)
{
    RunRecord *record = self->record;
    const RunWant *head = effect_head(record);
    gboolean for_head = step == API_RUN_STEP_PAUSE || step == API_RUN_STEP_PLUG ||
                        step == API_RUN_STEP_UNPLUG ||
                        (step == API_RUN_STEP_RESUME && record->state != API_RUN_STATE_BEGINNING);

    record->step = step;
    record->step_want = for_head ? head->id : (ApiInt){ 0 };
    record->heard = API_UNSET;
    self->outcome->step = step;
}

static void clear_run(RunRecord *record)
{
    g_clear_pointer(&record->holds, g_ptr_array_unref);
    g_clear_pointer(&record->plugs, g_ptr_array_unref);
    g_clear_pointer(&record->domain_uuid, g_free);
    g_clear_pointer(&record->machine, g_free);
    g_clear_pointer(&record->forwards, g_ptr_array_unref);
    g_clear_pointer(&record->warnings, g_ptr_array_unref);
    g_clear_pointer(&record->stop, api_run_stop_free);
    g_clear_pointer(&record->end_detail, g_free);
    record->uses_unknown = record->start_paused = record->heard = API_UNSET;
    record->unreachable = record->ask_due = record->end_told = API_UNSET;
    record->paused = API_RUN_PAUSE_UNSET;
    record->end = API_RUN_END_UNSET;
    record->pid = (ApiInt){ 0 };
    record->ask_at = record->notice_by = record->kill_by = record->retry_at = (ApiInt){ 0 };
}

void effect_begin_run(Turn *self)
{
    RunRecord *record = self->record;
    const RunWant *head = effect_head(record);

    clear_run(record);
    record->start_paused = head->paused;
    for (guint i = 0; head->plugs && i < head->plugs->len; i++)
        add_plug(record, g_ptr_array_index(head->plugs, i), API_RUN_PLUG_STATE_PLUGGING);
}

// Gives back what is held in all rows but KEPT, which may be NULL.
static void give_back(Turn *self, const char *kept)
{
    GPtrArray *holds = self->record->holds;

    for (guint i = holds ? holds->len : 0; i > 0; i--) {
        const RunHold *hold = g_ptr_array_index(holds, i - 1);

        if (g_strcmp0(hold->row, kept) == 0)
            continue;
        if (!self->outcome->freed)
            self->outcome->freed = api_list_new(&api_run_hold_type);
        g_ptr_array_add(self->outcome->freed, g_ptr_array_steal_index(holds, i - 1));
    }
}

void effect_let_go(Turn *self)
{
    RunRecord *record = self->record;

    // That takes over all there is.
    if (any_wants(record, API_RUN_WISH_START))
        return;
    give_back(self, RUN_HOLD_USER);
    g_clear_pointer(&record->plugs, g_ptr_array_unref);
    g_clear_pointer(&record->forwards, g_ptr_array_unref);
    record->uses_unknown = API_UNSET;
}

void effect_forget_run(Turn *self)
{
    give_back(self, NULL);
    clear_run(self->record);
}

void effect_hand_over_paused(Turn *self)
{
    self->record->paused = API_RUN_PAUSE_ASKED;
}

static RunStop *ensure_stop(RunRecord *record)
{
    if (!record->stop)
        record->stop = api_run_stop_new();
    return record->stop;
}

void effect_stop(Turn *self)
{
    const RunEvent *event = self->event;
    RunStop *stop = ensure_stop(self->record);
    gint64 grace = event->kind == RUN_EVENT_STOP ? event->want->grace.value : event->grace;
    gint64 deadline = event->now + MIN(grace, G_MAXINT64 / 4);

    stop->asked = API_TRUE;
    // Of two stops the one whose time is over first counts.
    stop->deadline = (ApiInt){ TRUE, MIN(deadline, api_int_or(stop->deadline, G_MAXINT64)) };
    // systemd has a clock of its own, and kills the guest by it.
    if (event->kind != RUN_EVENT_STOP)
        stop->by_systemd = API_TRUE;
    if (event->kind == RUN_EVENT_SCOPE_STOPPING_WITH_HOST)
        stop->with_host = API_TRUE;
    effect_ask(self);
}

void effect_no_stop(Turn *self)
{
    RunRecord *record = self->record;

    g_clear_pointer(&record->stop, api_run_stop_free);
    record->ask_due = API_UNSET;
    record->ask_at = record->kill_by = (ApiInt){ 0 };
}

void effect_ask(Turn *self)
{
    self->record->ask_due = API_TRUE;
}

void effect_ask_later(Turn *self)
{
    self->record->ask_due = API_UNSET;
    self->record->ask_at = in_seconds(self, ASK_AGAIN_SECONDS);
}

void effect_kill(Turn *self)
{
    RunStop *stop = ensure_stop(self->record);

    stop->killed = API_TRUE;
    if (self->event->kind == RUN_EVENT_GRACE_OVER)
        stop->expired = API_TRUE;
    self->record->killing = API_TRUE;
    self->record->kill_by = in_seconds(self, KILL_SECONDS);
    self->outcome->kill = TRUE;
}

void effect_notice(Turn *self)
{
    // From the first time that it was said.
    if (!self->record->notice_by.set)
        self->record->notice_by = in_seconds(self, NOTICE_SECONDS);
}

static RunWord word_of(const RunEvent *event)
{
    switch (event->kind) {
    case RUN_EVENT_GUEST_SHUTDOWN:
        return RUN_WORD_SHUTDOWN;
    case RUN_EVENT_GUEST_DESTROYED:
        return RUN_WORD_KILLED;
    // libvirt saw nothing of a QEMU that it could talk to until then.
    case RUN_EVENT_NOT_NOTICED:
    case RUN_EVENT_GUEST_CRASHED:
        return RUN_WORD_CRASHED;
    case RUN_EVENT_NOT_FOUND:
        return event->booted ? RUN_WORD_BOOTED : RUN_WORD_MISSED;
    default:
        return RUN_WORD_NONE;
    }
}

void effect_end(Turn *self)
{
    RunRecord *record = self->record;

    record->end = run_end_decide(record, word_of(self->event), self->event->now);
    set_text(&record->end_detail, self->event->detail);
    record->notice_by = (ApiInt){ 0 };
}

void effect_tell_end(Turn *self)
{
    RunRecord *record = self->record;

    if (is_set(record->end_told))
        return;
    self->outcome->end = record->end;
    record->end_told = API_TRUE;
}

void effect_retry(Turn *self)
{
    self->record->retry_at = in_seconds(self, RETRY_SECONDS);
}
