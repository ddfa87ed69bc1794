// SPDX-License-Identifier: LGPL-2.1-or-later
// What the moves (explore-moves.c) are made of: a vmid that keeps to the order of runs/machine.h, and a host.
#pragma once

#include "explore-world.h"

// What must not be; the first is kept. WHAT is a sentence.
void world_violate(World *self, const Run *run, const char *what);
// Looks whether what must always hold does.
void world_check(World *self);

gboolean world_is_alive(const Run *run);  // its QEMU
gboolean world_has_begun(const Run *run); // its guest

// ---- vmid ----

RunRecord *world_record_new(const World *self, const Run *run); // owned
RunRecord *world_facts_new(const World *self, const Run *run); // owned: what can be found out of it
void world_dispatch(World *self, Run *run, RunEvent event);
void world_dispatch_kind(World *self, Run *run, RunEventKind kind);
void world_want(World *self, Run *run, RunWish wish, gint64 grace);

// ---- the host ----

// Does what the step in the lane is to do. Whether that was possible.
gboolean world_carry_out(World *self, Run *run);
void world_answer(World *self, Run *run); // of the step in the lane
void world_kill_scope(World *self, Run *run);
void world_die(Run *run, RunEventKind word); // WORD: what libvirt is about to say of it
