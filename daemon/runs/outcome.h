// SPDX-License-Identifier: LGPL-2.1-or-later
// How a run that had begun ended: decided from the last word that was heard of it and from the stop that was under way. Pure.
#pragma once

#include "runs/record.h"

// The last word of a run.
typedef enum {
    RUN_WORD_SHUTDOWN, // libvirt: the guest powered itself off, by itself or as asked; it cannot tell which
    RUN_WORD_KILLED,  // libvirt: it was destroyed
    RUN_WORD_CRASHED, // libvirt: it panicked, or its QEMU died, of a signal perhaps
    RUN_WORD_NONE,    // nobody says: its scope is empty
    RUN_WORD_MISSED,  // vmid was started, and it is not there any more
    RUN_WORD_BOOTED,  // the same, and the host was booted meanwhile
} RunWord;

// NOW: microseconds of the boot's clock.
RunEnd run_end_decide(const RunRecord *record, RunWord word, gint64 now);

// Whether the phase is then Succeeded; else it is Failed.
gboolean run_end_succeeded(RunEnd end);
// "the guest powered itself off"
const char *run_end_describe(RunEnd end);
