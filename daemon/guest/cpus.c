// SPDX-License-Identifier: LGPL-2.1-or-later
// See cpus.h.
#include "guest/cpus.h"

#include <errno.h>
#include <sched.h>
#include <stdlib.h>

// Far above what any kernel is built for (x86: 8192).
#define MAX_CPUS 65536

GArray *cpus_new(void)
{
    return g_array_new(FALSE, FALSE, sizeof(guint));
}

GArray *cpus_copy(const GArray *cpus)
{
    GArray *copy = cpus_new();

    if (cpus && cpus->len > 0)
        g_array_append_vals(copy, cpus->data, cpus->len);
    return copy;
}

gboolean cpus_equal(const GArray *a, const GArray *b)
{
    guint a_length = a ? a->len : 0, b_length = b ? b->len : 0;

    if (a_length != b_length)
        return FALSE;
    for (guint i = 0; i < a_length; i++)
        if (g_array_index(a, guint, i) != g_array_index(b, guint, i))
            return FALSE;
    return TRUE;
}

char *cpus_format(const GArray *cpus)
{
    GString *text = g_string_new(NULL);

    for (guint i = 0; cpus && i < cpus->len;) {
        guint first = g_array_index(cpus, guint, i), last = first;

        for (i++; i < cpus->len && g_array_index(cpus, guint, i) == last + 1; i++)
            last++;
        g_string_append_printf(text, text->len ? ",%u" : "%u", first);
        if (last > first)
            g_string_append_printf(text, "-%u", last);
    }
    return g_string_free(text, FALSE);
}

GArray *cpus_parse(const char *text)
{
    g_autoptr(GArray) cpus = cpus_new();
    const char *p = text;

    while (g_ascii_isdigit(*p)) {
        char *end;
        guint64 first = g_ascii_strtoull(p, &end, 10), last = first;

        if (*end == '-')
            last = g_ascii_strtoull(end + 1, &end, 10);
        if (last < first || last >= MAX_CPUS)
            return NULL;
        for (guint cpu = first; cpu <= last; cpu++)
            g_array_append_val(cpus, cpu);
        p = *end == ',' ? end + 1 : end;
    }
    return *p == '\0' || *p == '\n' ? g_steal_pointer(&cpus) : NULL;
}

GByteArray *cpus_to_mask(const GArray *cpus)
{
    GByteArray *mask = g_byte_array_new();

    for (guint i = 0; cpus && i < cpus->len; i++) {
        guint cpu = g_array_index(cpus, guint, i), old = mask->len;

        if (cpu / 8 >= old) {
            g_byte_array_set_size(mask, cpu / 8 + 1);
            memset(mask->data + old, 0, mask->len - old);
        }
        mask->data[cpu / 8] |= (guint8)(1u << cpu % 8);
    }
    return mask;
}

GArray *cpus_of_thread(gint tid)
{
    // The kernel refuses a mask shorter than its own with EINVAL; grow until it fits.
    for (size_t n = 1024; n <= MAX_CPUS; n *= 4) {
        size_t size = CPU_ALLOC_SIZE(n);
        g_autofree cpu_set_t *set = g_malloc0(size);

        if (sched_getaffinity(tid, size, set) == 0) {
            GArray *cpus = cpus_new();

            for (guint cpu = 0; cpu < n; cpu++)
                if (CPU_ISSET_S(cpu, size, set))
                    g_array_append_val(cpus, cpu);
            return cpus;
        }
        if (errno != EINVAL)
            return NULL;
    }
    return NULL;
}

gboolean cpus_pin_thread(gint tid, const GArray *cpus)
{
    guint top = cpus->len > 0 ? g_array_index(cpus, guint, cpus->len - 1) : 0;
    size_t size = CPU_ALLOC_SIZE(top + 1);
    g_autofree cpu_set_t *set = g_malloc0(size);

    for (guint i = 0; i < cpus->len; i++)
        CPU_SET_S(g_array_index(cpus, guint, i), size, set);
    return sched_setaffinity(tid, size, set) == 0;
}

static void clear_thread(gpointer data)
{
    CpusThread *thread = data;

    g_clear_pointer(&thread->cpus, g_array_unref);
}

GArray *cpus_save_process(gint pid)
{
    GArray *threads = g_array_new(FALSE, FALSE, sizeof(CpusThread));
    g_autofree char *path = g_strdup_printf("/proc/%d/task", pid);
    g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
    const char *name;

    g_array_set_clear_func(threads, clear_thread);
    while (dir && (name = g_dir_read_name(dir))) {
        CpusThread thread = { .tid = atoi(name) };

        thread.cpus = cpus_of_thread(thread.tid);
        if (thread.cpus)
            g_array_append_val(threads, thread);
    }
    return threads;
}

void cpus_restore_process(const GArray *saved)
{
    for (guint i = 0; i < saved->len; i++) {
        const CpusThread *thread = &g_array_index(saved, CpusThread, i);
        g_autoptr(GArray) now = cpus_of_thread(thread->tid);

        // An unpinned thread keeps what the cpuset gave it: only pinned ones had a mask of their own, and asking for more
        // than the cpuset allows changes nothing.
        if (now && !cpus_equal(now, thread->cpus))
            (void)!cpus_pin_thread(thread->tid, thread->cpus);
    }
}
