// SPDX-License-Identifier: LGPL-2.1-or-later
// The rows of reservations; see reserve.h.
#include "runs/reserve.h"

#include "api/defaults.h"
#include "guest/cpus.h"
#include "runs/cpu-pool.h"
#include "runs/uid-pool.h"

#define USER RUN_HOLD_USER
#define CPUS "cpus"

struct Reserve {
    UidPool *uids;
    CpuPool *cpus; // NULL until they are known
};

Reserve *reserve_new(guint32 uid_first, guint32 uid_count)
{
    Reserve *self = g_new0(Reserve, 1);

    self->uids = uid_pool_new(uid_first, uid_count);
    return self;
}

void reserve_free(Reserve *self)
{
    if (!self)
        return;
    uid_pool_free(self->uids);
    g_clear_pointer(&self->cpus, cpu_pool_free);
    g_free(self);
}

void reserve_set_cpus(Reserve *self, const GArray *online, const GArray *cores,
                      const GArray *shared)
{
    g_clear_pointer(&self->cpus, cpu_pool_free);
    self->cpus = cpu_pool_new(online, cores, shared);
}

const GArray *reserve_shared_cpus(const Reserve *self)
{
    return cpu_pool_shared(self->cpus);
}

// ---- the rows --------------------------------------------------------------------------------------------------

static guint32 parse_user(const char *what)
{
    return (guint32)g_ascii_strtoull(what, NULL, 10);
}

static gboolean take_user(Reserve *self, const ApiVmiSpec *spec, char **ret_what, GError **error)
{
    guint32 uid = 0;

    if (!uid_pool_take(self->uids, &uid, error))
        return FALSE;
    *ret_what = g_strdup_printf("%u", uid);
    return TRUE;
}

static void give_back_user(Reserve *self, const char *what)
{
    uid_pool_give_back(self->uids, parse_user(what));
}

static gboolean adopt_user(Reserve *self, const char *what)
{
    return uid_pool_reserve(self->uids, parse_user(what));
}

// Threads of a core of the guest run on threads of a core of the host.
static gboolean take_cpus(Reserve *self, const ApiVmiSpec *spec, char **ret_what, GError **error)
{
    guint all = api_vmi_dedicated_cpus(spec), threads = api_vmi_threads(spec);
    guint cores = all > 0 ? api_vmi_vcpus(spec) / threads : 0;
    g_autoptr(GArray) cpus =
        cpu_pool_take(self->cpus, cores, threads, all - cores * threads, error);

    if (!cpus)
        return FALSE;
    *ret_what = cpus->len > 0 ? cpus_format(cpus) : NULL;
    return TRUE;
}

static void give_back_cpus(Reserve *self, const char *what)
{
    g_autoptr(GArray) cpus = cpus_parse(what);

    if (cpus)
        cpu_pool_give_back(self->cpus, cpus);
}

static gboolean adopt_cpus(Reserve *self, const char *what)
{
    g_autoptr(GArray) cpus = cpus_parse(what);

    if (cpus)
        cpu_pool_reserve(self->cpus, cpus);
    return TRUE;
}

static const struct {
    const char *name, *word; // of a RunHold; in a sentence
    // RET_WHAT stays NULL when the guest needs none.
    gboolean (*take)(Reserve *self, const ApiVmiSpec *spec, char **ret_what, GError **error);
    void (*give_back)(Reserve *self, const char *what);
    gboolean (*adopt)(Reserve *self, const char *what); // FALSE: it is another run's
} rows[] = {
    { USER, "user", take_user, give_back_user, adopt_user },
    { CPUS, "CPUs", take_cpus, give_back_cpus, adopt_cpus },
};

// ---- all of them -----------------------------------------------------------------------------------------------

static void add(GPtrArray *holds, const char *row, char *what)
{
    ApiRunHold *hold = api_run_hold_new();

    hold->row = g_strdup(row);
    hold->what = what;
    g_ptr_array_add(holds, hold);
}

static const RunHold *find(const GPtrArray *holds, const char *row)
{
    for (guint i = 0; holds && i < holds->len; i++) {
        const RunHold *hold = g_ptr_array_index(holds, i);

        if (g_strcmp0(hold->row, row) == 0)
            return hold;
    }
    return NULL;
}

GPtrArray *reserve_take(Reserve *self, const ApiVmiSpec *spec, GError **error)
{
    g_autoptr(GPtrArray) holds = api_list_new(&api_run_hold_type);

    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        char *what = NULL;

        if (!rows[i].take(self, spec, &what, error)) {
            reserve_give_back(self, holds);
            return NULL;
        }
        if (what)
            add(holds, rows[i].name, what);
    }
    return g_steal_pointer(&holds);
}

char *reserve_adopt(Reserve *self, GPtrArray *holds)
{
    char *problem = NULL;

    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        const RunHold *hold = find(holds, rows[i].name);

        if (!hold || rows[i].adopt(self, hold->what))
            continue;
        g_free(problem);
        problem = g_strdup_printf("two guests run as %s %s", rows[i].word, hold->what);
        g_ptr_array_remove(holds, (gpointer)hold);
    }
    return problem;
}

void reserve_give_back(Reserve *self, const GPtrArray *holds)
{
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        const RunHold *hold = find(holds, rows[i].name);

        if (hold)
            rows[i].give_back(self, hold->what);
    }
}

GPtrArray *reserve_holds_new(guint32 user, const GArray *cpus)
{
    GPtrArray *holds = api_list_new(&api_run_hold_type);

    add(holds, USER, g_strdup_printf("%u", user));
    if (cpus && cpus->len > 0)
        add(holds, CPUS, cpus_format(cpus));
    return holds;
}

guint32 reserve_user(const GPtrArray *holds)
{
    const RunHold *hold = find(holds, USER);

    return hold ? parse_user(hold->what) : 0;
}

GArray *reserve_cpus(const GPtrArray *holds)
{
    const RunHold *hold = find(holds, CPUS);
    GArray *cpus = hold ? cpus_parse(hold->what) : NULL;

    return cpus ? cpus : g_array_new(FALSE, FALSE, sizeof(guint));
}
