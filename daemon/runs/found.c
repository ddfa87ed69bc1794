// SPDX-License-Identifier: LGPL-2.1-or-later
// What a vmid that was started finds: a worker reads the records, and asks systemd and libvirt what lives; then each run hears what is there
// of it, and goes on from there.
#include <errno.h>
#include <fcntl.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/io.h"
#include "runs/facts.h"
#include "runs/runs-private.h"

typedef struct {
    GuestHost *host;
    const Layout *layout;
} Search;

typedef struct {
    GPtrArray *records;  // RunRecord
    GPtrArray *guests;   // GuestRun
    GPtrArray *facts;    // RunRecord, of each of them
    GPtrArray *problems; // char *
} Found;

static void found_free(gpointer data)
{
    Found *self = data;

    g_ptr_array_unref(self->records);
    g_clear_pointer(&self->guests, g_ptr_array_unref);
    g_ptr_array_unref(self->facts);
    g_ptr_array_unref(self->problems);
    g_free(self);
}

static void record_free(gpointer data)
{
    api_run_record_free(data);
}

static void known_free(gpointer data)
{
    g_free(data);
}

// ---- the worker ------------------------------------------------------------------------------------------------

static void read_record(Found *found, const Layout *layout, const char *directory)
{
    g_auto(GStrv) owner = layout_domain_owner(directory);
    g_autoptr(GError) error = NULL;
    RunRecord *record = owner ? run_record_load(layout, owner[0], owner[1], &error) : NULL;

    if (record)
        g_ptr_array_add(found->records, record);
    else if (error && !g_error_matches(error, VMI_ERROR, VMI_ERROR_NOT_FOUND))
        g_ptr_array_add(found->problems,
                        g_strdup_printf("what is known of the run of \"%s/%s\" is lost: %s",
                                        owner[0], owner[1], error->message));
}

static gboolean read_records(Found *found, const Layout *layout, GError **error)
{
    g_autofree char *one = layout_guest_run_dir(layout, "n", "n");
    g_autofree char *path = g_path_get_dirname(one);
    vmi_autofd int dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    g_autoptr(GPtrArray) names = NULL;

    if (dir < 0 && errno == ENOENT)
        return TRUE;
    names = dir >= 0 ? vmi_list_dir(dir) : NULL;
    if (!names) {
        vmi_set_error_errno(error, errno, "cannot list the records of runs in \"%s\"", path);
        return FALSE;
    }
    for (guint i = 0; i < names->len; i++)
        read_record(found, layout, g_ptr_array_index(names, i));
    return TRUE;
}

static GPtrArray *list_known(const Found *found)
{
    GPtrArray *list = g_ptr_array_new_with_free_func(known_free);

    for (guint i = 0; i < found->records->len; i++) {
        const RunRecord *record = g_ptr_array_index(found->records, i);
        GuestKnown *known = g_new0(GuestKnown, 1);

        known->namespace = record->owner->namespace;
        known->name = record->owner->name;
        known->uid = record->owner->uid;
        known->pid = (gint)api_int_or(record->pid, 0);
        g_ptr_array_add(list, known);
    }
    return list;
}

static gboolean has_record(const Found *found, const GuestRun *guest)
{
    for (guint i = 0; i < found->records->len; i++) {
        const ApiRunOwner *owner = ((const RunRecord *)g_ptr_array_index(found->records, i))->owner;

        if (g_str_equal(owner->namespace, guest->namespace) &&
            g_str_equal(owner->name, guest->name))
            return TRUE;
    }
    return FALSE;
}

static gpointer search_run(gpointer data, GCancellable *cancellable, GError **error)
{
    const Search *search = data;
    Found *found = g_new0(Found, 1);
    g_autoptr(GPtrArray) known = NULL;

    found->records = g_ptr_array_new_with_free_func(record_free);
    found->facts = g_ptr_array_new_with_free_func(record_free);
    found->problems = g_ptr_array_new_with_free_func(g_free);
    if (read_records(found, search->layout, error)) {
        known = list_known(found);
        found->guests = guest_adopt_all(search->host, known, error);
    }
    for (guint i = 0; found->guests && i < found->guests->len; i++) {
        const GuestRun *guest = g_ptr_array_index(found->guests, i);

        g_ptr_array_add(found->facts,
                        facts_of_found(guest, search->layout, !has_record(found, guest)));
    }
    if (found->guests)
        return found;
    found_free(found);
    return NULL;
}

// ---- the runs --------------------------------------------------------------------------------------------------

static void note_wants(Runs *self, const RunRecord *record)
{
    for (guint i = 0; record->wants && i < record->wants->len; i++)
        self->last_want =
            MAX(self->last_want, ((const RunWant *)g_ptr_array_index(record->wants, i))->id.value);
}

// Takes RECORD over.
static void add_record(Runs *self, RunRecord *record)
{
    Run *run = runs_ensure(self, record->owner->namespace, record->owner->name, NULL, NULL);

    g_ptr_array_remove(self->records, run->record);
    api_run_record_free(run->record);
    run->record = record;
    g_ptr_array_add(self->records, record);
    note_wants(self, record);
}

// Another object's: of what was written down nothing is of this guest.
static gboolean is_of_another(const RunRecord *record, const GuestRun *guest)
{
    return guest->object_uid && record->owner->uid &&
           !g_str_equal(guest->object_uid, record->owner->uid);
}

// Takes GUEST and FACTS over.
static void add_guest(Runs *self, GuestRun *guest, RunRecord *facts)
{
    Run *run = runs_ensure(self, guest->namespace, guest->name, guest->object_uid, NULL);

    if (is_of_another(run->record, guest))
        add_record(self, run_record_new("VirtualMachineInstance", guest->namespace, guest->name,
                                        guest->object_uid));
    // Of a guest that nobody wrote down, and that libvirt has lost, nobody says what it uses.
    if (run->record->state == API_RUN_STATE_GONE && guest->unreachable)
        run->record->uses_unknown = API_TRUE;
    facts_complete(guest, run->record);
    guest_run_free(run->guest);
    run->guest = guest;
    api_run_record_free(run->found);
    run->found = facts;
}

static void adopt_holds(Runs *self, Run *run)
{
    g_autofree char *problem = NULL;

    if (!run->record->holds && run->guest)
        run->record->holds = reserve_holds_new(run->guest->uid, run->guest->dedicated_cpus);
    if (run->record->holds)
        problem = reserve_adopt(self->reserve, run->record->holds);
    if (problem)
        self->owner.problem(NULL, problem, self->owner_data);
}

static void tell_found(Run *run)
{
    const GuestRun *guest = run->guest;
    g_autoptr(ApiRunRecord) facts = g_steal_pointer(&run->found);
    RunEventKind kind = !guest               ? RUN_EVENT_NOT_FOUND
                        : guest->unreachable ? RUN_EVENT_FOUND_UNREACHABLE
                        : guest->paused      ? RUN_EVENT_FOUND_PAUSED
                                             : RUN_EVENT_FOUND_RUNNING;

    run_dispatch(run, (RunEvent){ .kind = kind, .facts = facts });
}

// It ended after it was listed and before its events were heard.
static void tell_if_gone(Run *run)
{
    if (run->guest && run_machine_has_begun(run->record) && guest_run_is_gone(run->guest))
        run_dispatch(run, (RunEvent){ .kind = api_bool_or(run->record->unreachable, FALSE)
                                                  ? RUN_EVENT_SCOPE_OVER
                                                  : RUN_EVENT_GUEST_CRASHED });
}

static void for_each(Runs *self, void (*call)(Run *run))
{
    g_autoptr(GPtrArray) all = runs_all(self);

    for (guint i = 0; i < all->len; i++)
        call(g_ptr_array_index(all, i));
}

static void take_all(Runs *self, Found *found)
{
    g_autoptr(GPtrArray) all = NULL;

    for (guint i = 0; i < found->problems->len; i++)
        self->owner.problem(NULL, g_ptr_array_index(found->problems, i), self->owner_data);
    while (found->records->len > 0)
        add_record(self, g_ptr_array_steal_index_fast(found->records, found->records->len - 1));
    while (found->guests->len > 0) {
        guint last = found->guests->len - 1;

        add_guest(self, g_ptr_array_steal_index_fast(found->guests, last),
                  g_ptr_array_steal_index_fast(found->facts, last));
    }
    all = runs_all(self);
    for (guint i = 0; i < all->len; i++) {
        Run *run = g_ptr_array_index(all, i);

        adopt_holds(self, run);
        run->owner = self->owner.find(run->record, self->owner_data);
        self->owner.found(run, self->owner_data);
    }
}

static void search_done(gpointer data, gpointer result, const GError *error, gpointer user_data)
{
    Runs *self = user_data;
    Found *found = result;
    g_autoptr(GError) failure = NULL;

    if (!found) {
        self->found(error, self->owner_data);
        return;
    }
    // Nothing is heard before this returns to the main loop.
    if (!runs_watch(self, &failure)) {
        found_free(found);
        self->found(failure, self->owner_data);
        return;
    }
    take_all(self, found);
    found_free(found);
    for_each(self, tell_found);
    for_each(self, tell_if_gone);
    self->found(NULL, self->owner_data);
}

void runs_find_all(Runs *self, struct sd_bus *bus, RunsFound found)
{
    static const WorkerTask task = {
        .run = search_run,
        .done = search_done,
        .input_free = g_free,
        .result_free = found_free,
    };
    Search *search = g_new0(Search, 1);

    self->bus = bus;
    self->found = found;
    search->host = self->host;
    search->layout = &self->config.storage->layout;
    worker_pool_push(self->lanes, &task, search, NULL, self);
}
