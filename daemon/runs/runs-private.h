// SPDX-License-Identifier: LGPL-2.1-or-later
// Runs inside, for the files of runs/ only.
#pragma once

#include "runs/runs.h"

struct Runs {
    RunsConfig config;
    // runs.c's: an event begins steps, and the end of a step is an event.
    void (*work_through)(Run *run, RunEvent event);
    RunsOwner owner;
    gpointer owner_data;
    GuestHost *host;
    Reserve *reserve;
    WorkerPool *lanes; // as many threads as steps are under way: no run waits for another's
    GHashTable *runs;  // "namespace/name" -> Run
    GPtrArray *records;
    gint64 last_want;
    guint starting; // steps that make a guest, under way
    GQueue starts;  // Run, whose turn it is not yet
    gboolean allowed, closing, dispatching;
    struct sd_bus *bus;
    RunsFound found;
};

struct Run {
    Runs *runs;
    RunRecord *record;
    GuestRun *guest;
    gpointer owner;
    RunRecord *found;          // what was found of GUEST, until it is told
    RunInput *input;           // from RESERVE to START, and of PLUG
    GPtrArray *reserved;       // RunHold; of the RESERVE under way
    GCancellable *cancellable; // of the START under way, or NULL
    GError *error;             // of the last step that failed
    gboolean deferred;         // the step in the record is not begun yet
    gboolean asking_agent;
    gboolean unsaved; // its record could not be saved
    guint timer;
};

// Works EVENT through, and does what the machine says. SELF may be gone afterwards.
void run_dispatch(Run *self, RunEvent event);
// The answer of the step under way: ERROR NULL is success. FACTS may be NULL.
void run_answer(Run *self, const RunRecord *facts, gboolean has_disk, const GError *error);

// steps.c
void steps_begin(Run *self);
// The step in the record is not begun, and has failed.
void steps_refuse(Run *self, const GError *error);
void steps_kill(Run *self);
// What was put off, if it may begin now.
void steps_resume(Run *self);
// events.c
gboolean runs_watch(Runs *self, GError **error) G_GNUC_WARN_UNUSED_RESULT;
