// SPDX-License-Identifier: LGPL-2.1-or-later
// The life of a run as one pure function: record + event -> changed record, steps to begin, what to tell. No I/O and no
// clock: what was seen, and the time, come with the event.
//
// Whoever calls it keeps to this order, in which a kill of vmid at any instant loses nothing:
//   1. run_machine() changes the record
//   2. the record is saved
//   3. what the outcome says is told, and the steps that it names are begun
// so that the intent of each step is in the record before the step. What was carried out and not written down is found by
// comparing the record with what is there, when vmid starts again (RUN_EVENT_FOUND_...).
//
// The steps, each carried out by one function of guest/ or storage/ on the lane of the run, one at a time:
//   RESERVE  take what the run needs of the host for itself alone (user id, CPUs), all or nothing
//   START    volumes, helpers, domain and scope, up to a guest that is paused and has executed nothing
//   PAUSE, RESUME
//            RESUME also lets the guest execute its first instruction, once its object says on disk that it has begun
//   PLUG, UNPLUG
//            one disk
//   ASK      have the guest shut down, unpaused before that
//   RELEASE  kill what is left of it, and remove all that is left but libvirt's. It may be done twice. How the run ended is on
//            disk, with its object, before the record goes.
//   FORGET   have libvirt forget the domain, which waits until libvirt has seen that its QEMU is gone. It may be done twice.
//            The next run has the same names: what libvirt says of this one is told before the answer, or not at all.
// KILL stands beside the lane, since it must not wait for a step that hangs: it kills the whole control group of the scope, or
// has a START give up. It is answered when the signals are sent. The end is then heard of as any other end is.
#pragma once

#include "runs/record.h"

typedef enum {
    // ---- wanted
    RUN_EVENT_WANTED,    // `want`, of any wish; becomes one of the next two where that is a stop
    RUN_EVENT_STOP,      // with a grace period
    RUN_EVENT_STOP_NOW,  // without
    RUN_EVENT_CANCELLED, // the want with the number `want_id` is no longer wanted

    // ---- answers
    RUN_EVENT_STEP_DONE,   // `step`, with `facts`; of PLUG and UNPLUG: `has_disk`
    RUN_EVENT_STEP_FAILED, // `step`, with `detail`; of PLUG and UNPLUG: `has_disk`
    RUN_EVENT_KILL_DONE,   // the signals are sent
    RUN_EVENT_KILL_FAILED, // no signal was sent

    // ---- the guest, by libvirt
    RUN_EVENT_GUEST_SHUTDOWN,  // it is off: it shut down
    RUN_EVENT_GUEST_DESTROYED, // it is off: somebody destroyed it
    RUN_EVENT_GUEST_CRASHED,   // it is off: it panicked, or QEMU died
    RUN_EVENT_GUEST_PAUSED,    // as asked, by whomever
    RUN_EVENT_GUEST_IO_ERROR,  // paused by QEMU, which could not read or write a disk
    RUN_EVENT_GUEST_RESUMED,
    RUN_EVENT_GUEST_REBOOTED,

    // ---- its scope, by systemd
    RUN_EVENT_SCOPE_STOPPING,           // somebody stops it
    RUN_EVENT_SCOPE_STOPPING_WITH_HOST, // systemd stops everything
    RUN_EVENT_SCOPE_OVER, // no process is left in it; QEMU is `gone`, or was not in this one

    // ---- the times that run_machine_timer() names
    RUN_EVENT_ASK_AGAIN,
    RUN_EVENT_GRACE_OVER,
    RUN_EVENT_NOT_NOTICED, // systemd said a while ago that no process is left, libvirt says nothing, and QEMU is `gone` or not
    RUN_EVENT_KILL_LATE, // it was killed and still lives
    RUN_EVENT_TRY_AGAIN, // to release what is left

    // ---- vmid was started; for each record, what is there of it, with `facts`
    RUN_EVENT_FOUND_RUNNING,
    RUN_EVENT_FOUND_PAUSED, // also a guest that was created and has not begun: the record knows
    RUN_EVENT_FOUND_UNREACHABLE, // QEMU is in the scope, and libvirt does not know it
    RUN_EVENT_NOT_FOUND,         // no QEMU, whatever else may be left; `booted` since

    // ---- the machine's own
    RUN_EVENT_FREE, // no step is under way: what is next?
    _RUN_EVENT_MAX,
} RunEventKind;

typedef struct {
    RunEventKind kind;
    gint64 now; // microseconds of the boot's clock
    const RunWant *want;
    gint64 want_id;
    RunStep step;
    gboolean has_disk; // whether QEMU has the disk after the step
    gboolean gone;     // QEMU is, as far as can be told; of START: although it was made
    gint64
        grace; // of SCOPE_STOPPING: microseconds that the definition gives the guest to shut down
    gboolean booted;    // the host was booted since the run was seen last
    const char *detail; // what libvirt or a step said, in words
    const RunRecord *
        facts; // what was found out: of its members holds, plugs, domain_uuid, scope, pid, machine those that are set. NULL: nothing
    const GPtrArray *records; // RunRecord, of all runs, this one among them: who uses which claim
} RunEvent;

// Why a want ended without being fulfilled.
typedef enum {
    RUN_FAILURE_NONE,
    RUN_FAILURE_CANCELLED,    // by a stop, or by who wanted it
    RUN_FAILURE_STEP,         // a step failed; the event's `detail` has its words
    RUN_FAILURE_IN_USE,       // something that it needs is in use
    RUN_FAILURE_NOT_RUNNING,  // there is no guest
    RUN_FAILURE_UNREACHABLE,  // there is one that libvirt does not know
    RUN_FAILURE_DIED,         // the guest ended before it ran
    RUN_FAILURE_EXISTS,       // there is a disk of that name
    RUN_FAILURE_NO_DISK,      // there is none
    RUN_FAILURE_LEFT,         // what is left of the last run could not be released
    RUN_FAILURE_WILL_NOT_DIE, // killed, and the kernel holds it
} RunFailure;

typedef struct {
    gint64 id;
    RunWish wish;
    RunFailure failure; // NONE: it is as wanted
} RunWantEnd;

// What observers of the run are to hear.
typedef enum {
    RUN_NEWS_STARTED = 1 << 0,
    RUN_NEWS_FOUND = 1 << 1, // it was found running, or unreachable, when vmid started
    RUN_NEWS_PAUSED = 1 << 2,
    RUN_NEWS_UNPAUSED = 1 << 3,
    RUN_NEWS_REBOOTED = 1 << 4,
    RUN_NEWS_STOPPING = 1 << 5,  // it was asked to shut down
    RUN_NEWS_NOT_ASKED = 1 << 6, // it could not be asked, and is killed
    RUN_NEWS_NOT_KILLED = 1 << 7,
    RUN_NEWS_LEFT = 1 << 8, // not all of it could be released
} RunNews;

typedef struct {
    RunStep step;     // to be begun in the lane, for the want record->step_want; UNSET: none
    gboolean kill;    // to be begun beside it
    GArray *wants;    // RunWantEnd: wants that have ended and left the record
    GPtrArray *freed; // RunHold that left the record: to be given back. NULL: none
    guint news;       // of RunNews
    RunEnd end;       // the run is over, and this is how it ended; UNSET otherwise
} RunOutcome;

void run_outcome_clear(RunOutcome *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(RunOutcome, run_outcome_clear)

// Fills OUTCOME, which is all zero, and is to be cleared by the caller. An event that means nothing in the state of RECORD
// changes nothing.
void run_machine(RunRecord *record, const RunEvent *event, RunOutcome *outcome);

// Nothing is left of the run and nothing is wanted: the record may be removed.
gboolean run_machine_is_over(const RunRecord *record);
// The guest has executed an instruction, or may have: only a stop may end it.
gboolean run_machine_has_begun(const RunRecord *record);
// The next event that the clock is to bring, and RET_AT when. FALSE: none.
gboolean run_machine_timer(const RunRecord *record, RunEventKind *ret_event, gint64 *ret_at);

// For messages and tests: "GuestCrashed".
const char *run_event_to_string(RunEventKind event);
