// SPDX-License-Identifier: LGPL-2.1-or-later
// The world that explore-runs.c walks: a simulated host with runs of guests on it, and a vmid that keeps to the order of
// runs/machine.h and can be killed at any time. A move is one thing that happens; what must always hold is looked at after it.
#pragma once

#include "runs/machine.h"

enum {
    MAX_RUNS = 2,
    MAX_WANTS = 3, // of one run, waiting: more are not wished for
};

typedef enum {
    QEMU_NONE,
    QEMU_NEW, // paused, has executed nothing
    QEMU_RUNS,
    QEMU_STOPPED, // paused, has executed something
} Qemu;

// What a walk is about.
typedef struct {
    const char *name;
    guint n_runs, depth;
    gboolean
        roots_share; // the root disks of all runs are one claim; else only disks that are plugged are
    gboolean shareable; // that claim is
    gboolean start_paused;
    guint moves; // bit set of the groups of moves that are walked
} Scenario;

enum {
    MOVES_STOP = 1 << 0,   // wishes to start and stop
    MOVES_PAUSE = 1 << 1,  // wishes to pause and unpause, I/O errors
    MOVES_PLUG = 1 << 2,   // wishes to plug and unplug
    MOVES_CANCEL = 1 << 3, // a want is given up
    MOVES_GUEST = 1 << 4,  // the guest shuts down, QEMU dies
    MOVES_FAIL = 1 << 5,   // steps and kills fail
    MOVES_SCOPE = 1 << 6,  // systemd stops the scope
    MOVES_LOSE = 1 << 7,   // libvirt forgets the guest, says nothing of its end; the record is lost
    MOVES_CRASH = 1 << 8,  // vmid is killed
};

typedef struct {
    RunRecord *record; // as saved; NULL: there is none

    // The host, which a kill of vmid does not change.
    Qemu qemu;
    gboolean lost;     // libvirt does not know QEMU
    gboolean disk;     // QEMU has the disk that can be plugged
    gboolean reserved; // what RESERVE takes
    gboolean left;     // something that RELEASE removes
    gboolean wanted;   // the object says that it is to run: as wished, and neither over nor refused
    gboolean begun;    // the object says that the guest has begun, which outlives the record

    // On its way to vmid, and lost with it.
    RunStep lane;
    gboolean carried, fine; // the step was carried out, or failed
    gboolean killing;
    RunEventKind word; // what libvirt is about to say of the end; WANTED: nothing
    gboolean scope_over;

    // The ledger.
    guint credit; // starts that were wished for and that no guest has begun for
    guint
        next_credit; // of those, the ones that were wished for after the run began, or was to stop: for the next one
    gboolean stop_wished; // since the guest was made
    gint64 last_id;
} Run;

typedef struct {
    const Scenario *scenario;
    Run runs[MAX_RUNS];
    gboolean up;     // vmid runs
    char *violation; // what must not be; NULL
} World;

World *world_new(const Scenario *scenario);
World *world_copy(const World *self);
void world_free(World *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(World, world_free)

// Equal for worlds that go on alike. Owned.
GBytes *world_key(const World *self);

guint world_n_moves(void);
const char *world_move_name(guint move);
// Move number MOVE of run RUN. FALSE, and nothing has changed: it cannot be now.
gboolean world_move(World *self, guint run, guint move);

// Everything that is under way comes to its end, all going well. GONE: and nothing is wanted of any run any more, at once.
void world_settle(World *self, gboolean gone);
