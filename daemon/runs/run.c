// SPDX-License-Identifier: LGPL-2.1-or-later
// What one run says of itself, and what it is told; see runs.h and runs-private.h.
#include "runs/runs-private.h"

Run *runs_lookup(const Runs *self, const char *namespace, const char *name)
{
    g_autofree char *key = g_strconcat(namespace, "/", name, NULL);

    return g_hash_table_lookup(self->runs, key);
}

const RunRecord *run_record(const Run *self)
{
    return self->record;
}

const GuestRun *run_guest(const Run *self)
{
    return self->guest;
}

const GError *run_error(const Run *self)
{
    return self->error;
}

gpointer run_owner(const Run *self)
{
    return self->owner;
}

void run_set_owner(Run *self, gpointer owner)
{
    self->owner = owner;
}

gboolean run_is_living(const Run *self)
{
    return self->record->state == API_RUN_STATE_RUNNING ||
           self->record->state == API_RUN_STATE_PAUSED ||
           self->record->state == API_RUN_STATE_ASKED;
}

gboolean run_is_ending(const Run *self)
{
    return self->record->state == API_RUN_STATE_ENDED ||
           self->record->state == API_RUN_STATE_RELEASING || self->record->notice_by.set ||
           (self->guest && guest_run_is_gone(self->guest));
}

void run_dispatch(Run *self, RunEvent event)
{
    self->runs->work_through(self, event);
}

void run_answer(Run *self, const RunRecord *facts, gboolean has_disk, const GError *error)
{
    RunEvent event = { .kind = error ? RUN_EVENT_STEP_FAILED : RUN_EVENT_STEP_DONE,
                       .step = self->record->step,
                       .facts = facts,
                       .has_disk = has_disk,
                       .gone = self->guest && guest_run_is_gone(self->guest),
                       .detail = error ? error->message : NULL };

    g_clear_error(&self->error);
    self->error = error ? g_error_copy(error) : NULL;
    run_dispatch(self, event);
}
