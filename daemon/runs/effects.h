// SPDX-License-Identifier: LGPL-2.1-or-later
// What the rows of machine.c do to a record, and what they ask of it. Pure. Private to runs/.
#pragma once

#include "runs/machine.h"

// One event as it is worked through.
typedef struct {
    RunRecord *record;
    const RunEvent *event; // as it came
    RunOutcome *outcome;
    RunFailure failure; // of the row that applies: why the wants that it ends are not fulfilled
} Turn;

// What EVENT says whatever the state: wants that come and go, answers, what the guest says, what is there after a start of vmid.
void effect_take_note(Turn *self);

// ---- questions -------------------------------------------------------------------------------------------------

const RunWant *effect_head(const RunRecord *record); // of what is wanted; NULL: nothing
gboolean effect_is_free(const Turn *self);           // what the disks of the head use
gboolean effect_has_disk(const Turn *self);          // that the head is about
gboolean effect_nobody_starts(const Turn *self);
gboolean effect_nobody_stops(const Turn *self); // neither a want nor systemd
gboolean effect_is_ask(const Turn *self);       // the answer is to ASK
gboolean effect_ask_is_due(const Turn *self);
gboolean effect_not_killing(const Turn *self);
gboolean effect_is_gone(const Turn *self);
gboolean effect_starts_paused(const Turn *self);
gboolean effect_is_unreachable(const Turn *self);
// QEMU is gone, and libvirt has nothing to do of which others would notice: the files of hotplugged disks it may have to give back to root.
gboolean effect_is_settled(const Turn *self);

// ---- changes ---------------------------------------------------------------------------------------------------

void effect_begin_step(Turn *self, RunStep step); // FOR the head, where the step carries that out

void effect_end_head(Turn *self);
void effect_end_step_want(
    Turn *self); // the want that the step was carried out for, unless it was cancelled
void effect_end_starts(Turn *self);
void effect_end_stops(Turn *self);
void effect_end_released(Turn *self); // stops that are not thorough
void effect_end_left(Turn *self);     // stops are fulfilled, nothing else is

void effect_begin_run(
    Turn *self); // nothing of an earlier run counts; the disks are those of the want
void effect_hand_over_paused(Turn *self);
void effect_intend_plug(Turn *self);
void effect_intend_unplug(Turn *self);
void effect_stop(Turn *self); // asked to shut down, with the deadline of the event
void effect_ask(Turn *self);  // when the lane is free
void effect_ask_later(Turn *self);
void effect_no_stop(Turn *self); // the stop is given up
void effect_kill(Turn *self);
void effect_notice(Turn *self); // the end is to be heard of soon
void effect_end(Turn *self);    // decides how it ended
void effect_retry(Turn *self);  // to release, later
void effect_tell_end(Turn *self);
// Unless a start waits, nothing is held or used any more but the user, of which libvirt has yet to remove files.
void effect_let_go(Turn *self);
void effect_forget_run(Turn *self); // nothing is held, used or known any more
