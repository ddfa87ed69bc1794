// SPDX-License-Identifier: LGPL-2.1-or-later
// What a run takes of the host for itself alone. Each kind of it is a row of reserve.c, and what is held is a RunHold of the record of
// the run: its row's name, and text in the words of that row. Main thread only.
#pragma once

#include "runs/record.h"

typedef struct Reserve Reserve;

// UID_FIRST, UID_COUNT: the users that guests run as; count 0: all as vmid's own.
Reserve *reserve_new(guint32 uid_first, guint32 uid_count);
void reserve_free(Reserve *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Reserve, reserve_free)
// Of the host's CPUs, once they are known. ONLINE: guint, ascending; CORES: for each the core it is a thread of; SHARED: those
// that guests without CPUs of their own run on; NULL: all.
void reserve_set_cpus(Reserve *self, const GArray *online, const GArray *cores,
                      const GArray *shared);
const GArray *reserve_shared_cpus(const Reserve *self); // guint; borrowed

// What a guest of SPEC, which is expanded, needs: all or nothing. GPtrArray of RunHold, owned.
GPtrArray *reserve_take(Reserve *self, const ApiVmiSpec *spec,
                        GError **error) G_GNUC_WARN_UNUSED_RESULT;
// For a run that was found: HOLDS are its own already. What is another run's is taken off the list. Returns a sentence about that, owned, or
// NULL.
char *reserve_adopt(Reserve *self, GPtrArray *holds);
void reserve_give_back(Reserve *self, const GPtrArray *holds); // NULL: nothing

// The holds of a run that nobody wrote down: its USER, and CPUS (guint), which may be NULL. Owned.
GPtrArray *reserve_holds_new(guint32 user, const GArray *cpus);
guint32 reserve_user(const GPtrArray *holds); // 0: vmid's own
GArray *reserve_cpus(const GPtrArray *holds); // guint; empty: none. Owned
