// SPDX-License-Identifier: LGPL-2.1-or-later
// Sets of host CPUs as ascending GArrays of guint, and the kernel's view of threads and their CPUs.
#pragma once

#include <glib.h>

GArray *cpus_new(void);
GArray *cpus_copy(const GArray *cpus);
gboolean cpus_equal(const GArray *a, const GArray *b); // NULL is the empty set
char *cpus_format(const GArray *cpus);                 // "0-3,8"; "" when empty. Owned.
// Parses "0-3,8" as the kernel writes it (trailing newline allowed). NULL when TEXT is not such a list.
GArray *cpus_parse(const char *text) G_GNUC_WARN_UNUSED_RESULT;
// Bytes, least significant bit of byte 0 = CPU 0, as systemd's AllowedCPUs= wants them on the bus. Owned.
GByteArray *cpus_to_mask(const GArray *cpus);

// The CPUs that thread TID may run on, from the kernel. NULL when it is gone.
GArray *cpus_of_thread(gint tid) G_GNUC_WARN_UNUSED_RESULT;
gboolean cpus_pin_thread(gint tid, const GArray *cpus) G_GNUC_WARN_UNUSED_RESULT; // errno on FALSE

// The affinities of all threads of a process, to be put back after the process changed its cgroup: moving a task into
// another cpuset makes kernels before 6.2 forget what sched_setaffinity(2) asked for.
typedef struct {
    gint tid;
    GArray *cpus;
} CpusThread;
GArray *cpus_save_process(gint pid); // of CpusThread
// Puts back those that changed. A thread that is gone is skipped; one whose CPUs the cpuset does not allow stays as it is.
void cpus_restore_process(const GArray *saved);
