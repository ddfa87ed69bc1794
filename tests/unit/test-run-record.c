// SPDX-License-Identifier: LGPL-2.1-or-later
// Records of runs: there and back, strictly; who uses a claim, and who may; how runs end.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include <glib/gstdio.h>

#include "base/error.h"
#include "runs/outcome.h"
#include "runs/uses.h"

static RunPlug *plug_new(const char *name, const char *kind, const char *what, ApiRunAccess access)
{
    RunPlug *plug = api_run_plug_new();
    RunUse *use = api_run_use_new();

    use->kind = g_strdup(kind);
    use->name = g_strdup(what);
    use->access = access;
    plug->name = g_strdup(name);
    plug->state = API_RUN_PLUG_STATE_PLUGGED;
    plug->uses = api_list_new(&api_run_use_type);
    g_ptr_array_add(plug->uses, use);
    return plug;
}

static RunUse *use_of(const RunPlug *plug)
{
    return g_ptr_array_index(plug->uses, 0);
}

// A running guest with one disk.
static RunRecord *record_new(const char *namespace, const char *name, RunPlug *plug)
{
    RunRecord *record = run_record_new("VirtualMachineInstance", namespace, name, "u-1");

    record->state = API_RUN_STATE_RUNNING;
    record->plugs = api_list_new(&api_run_plug_type);
    g_ptr_array_add(record->plugs, plug);
    return record;
}

static RunPlug *claim(ApiRunAccess access)
{
    return plug_new("root", RUN_USE_CLAIM, "data", access);
}

static void comes_back_as_it_was_saved(void **state)
{
    g_autofree char *root = g_dir_make_tmp("vmi-record-XXXXXX", NULL);
    const Layout layout = { .state = root, .run = root };
    g_autofree char *dir = layout_guest_run_dir(&layout, "ns", "a");
    g_autoptr(ApiRunRecord) record = record_new("ns", "a", claim(API_RUN_ACCESS_WRITE));
    g_autoptr(ApiRunRecord) loaded = NULL;
    g_autoptr(GError) error = NULL;

    record->stop = api_run_stop_new();
    record->stop->deadline = (ApiInt){ TRUE, G_MAXINT64 };
    record->step = API_RUN_STEP_PLUG;
    record->end_detail = g_strdup("true: \"quoted\"\n#");
    assert_null(run_record_load(&layout, "ns", "a", &error));
    assert_int_equal(error->code, VMI_ERROR_NOT_FOUND);
    g_clear_error(&error);
    assert_int_equal(g_mkdir_with_parents(dir, 0700), 0);
    assert_true(run_record_save(record, &layout, NULL));
    assert_true(run_record_save(record, &layout, NULL));
    loaded = run_record_load(&layout, "ns", "a", &error);
    assert_non_null(loaded);
    assert_true(api_struct_equal(&api_run_record_type, record, loaded));
    assert_true(run_record_remove(record, &layout, NULL));
    assert_true(run_record_remove(record, &layout, NULL));
    assert_int_equal(g_rmdir(dir), 0); // nothing else was left in it
}

static void refuses_what_it_did_not_write(void **state)
{
    static const char good[] =
        "version: 1\nowner: {kind: K, namespace: n, name: a}\nstate: Running\n";
    static const char *const bad[] = {
        "",
        "version: 2\nowner: {kind: K, namespace: n, name: a}\nstate: Running\n",
        "owner: {kind: K, namespace: n, name: a}\nstate: Running\n",
        "version: 1\nowner: {kind: K, namespace: n, name: a}\nstate: Sleeping\n",
        "version: 1\nowner: {kind: K, namespace: n, name: a}\nstate: Running\nmood: good\n",
        "version: 1\nowner: {kind: K, namespace: n, name: a/b}\nstate: Running\n",
        "version: 1\nowner: {kind: K, namespace: n, name: a}\nstate: Gone\nwants: [{id: 0, wish: "
        "Start}]\n",
        "version: 1\nowner: {kind: K, namespace: n, name: a}\nstate: Gone\n"
        "wants: [{id: 1, wish: Stop}, {id: 1, wish: Stop}]\n",
        "version: 1\nowner: {kind: K, namespace: n, name: a}\nstate: Gone\nwants: [{id: 1, wish: "
        "Plug}]\n",
        "version: 1\nowner: {kind: K, namespace: n, name: a}\nstate: Running\nplugs: [{name: d}]\n",
        "version: 1\nowner: {kind: K, namespace: n, name: a}\nstate: Running\n"
        "plugs: [{name: d, state: Plugged}, {name: d, state: Plugged}]\n",
    };
    g_autoptr(ApiRunRecord) fine = run_record_parse("-", good, strlen(good), NULL);

    assert_non_null(fine);
    for (guint i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_autoptr(GError) error = NULL;

        assert_null(run_record_parse("-", bad[i], strlen(bad[i]), &error));
        assert_non_null(error);
    }
}

// Whether a second run, with THEIRS beside MINE of the first one, may be.
static gboolean may(RunPlug *mine, RunPlug *theirs, const char *their_namespace)
{
    g_autoptr(ApiRunRecord) first = record_new("ns", "a", mine);
    g_autoptr(ApiRunRecord) second =
        run_record_new("VirtualMachineInstance", their_namespace, "b", NULL);
    g_autoptr(GPtrArray) records = g_ptr_array_new();
    g_autoptr(GPtrArray) plugs = api_list_new(&api_run_plug_type);
    const RunRecord *user = NULL;
    gboolean fine;

    g_ptr_array_add(records, first);
    g_ptr_array_add(records, second);
    g_ptr_array_add(plugs, theirs);
    fine = run_may_plug(records, second, plugs, NULL, &user);
    assert_true(fine || user == first);
    return fine;
}

static RunPlug *shareable(ApiRunAccess access)
{
    RunPlug *plug = claim(access);

    use_of(plug)->shareable = API_TRUE;
    return plug;
}

static RunPlug *single(ApiRunAccess access)
{
    RunPlug *plug = claim(access);

    use_of(plug)->single = API_TRUE;
    return plug;
}

static void claims_have_one_writer(void **state)
{
    const ApiRunAccess r = API_RUN_ACCESS_READ, w = API_RUN_ACCESS_WRITE;

    assert_true(may(claim(r), claim(r), "ns"));
    assert_false(may(claim(w), claim(r), "ns"));
    assert_false(may(claim(r), claim(w), "ns"));
    assert_false(may(claim(w), claim(w), "ns"));
    assert_true(may(claim(w), claim(w), "other"));
    assert_true(may(shareable(w), shareable(w), "ns"));
    assert_false(may(shareable(w), claim(w), "ns"));
    assert_false(may(claim(w), shareable(r), "ns"));
    assert_false(may(single(r), claim(r), "ns"));
    assert_false(may(claim(r), single(r), "ns"));
    // Files and images are the same everywhere.
    assert_false(
        may(plug_new("d", RUN_USE_FILE, "8:1", w), plug_new("d", RUN_USE_FILE, "8:1", r), "other"));
    assert_true(
        may(plug_new("d", RUN_USE_FILE, "8:1", w), plug_new("d", RUN_USE_FILE, "8:2", w), "other"));
}

static void users_are_read_off_the_records(void **state)
{
    g_autoptr(ApiRunRecord) a = record_new("ns", "a", claim(API_RUN_ACCESS_READ));
    g_autoptr(ApiRunRecord) b = record_new("ns", "b", claim(API_RUN_ACCESS_WRITE));
    g_autoptr(ApiRunRecord) lost = run_record_new("VirtualMachineInstance", "ns", "lost", NULL);
    g_autoptr(GPtrArray) records = g_ptr_array_new();

    lost->state = API_RUN_STATE_UNREACHABLE;
    lost->uses_unknown = API_TRUE;
    g_ptr_array_add(records, a);
    g_ptr_array_add(records, b);
    g_ptr_array_add(records, lost);
    assert_int_equal(run_uses(a, RUN_USE_CLAIM, "ns", "data"), API_RUN_ACCESS_READ);
    assert_int_equal(run_uses(b, RUN_USE_CLAIM, "ns", "data"), API_RUN_ACCESS_WRITE);
    assert_int_equal(run_uses(b, RUN_USE_CLAIM, "ns", "other"), API_RUN_ACCESS_UNSET);
    assert_int_equal(run_uses(lost, RUN_USE_CLAIM, "ns", "other"), API_RUN_ACCESS_WRITE);
    assert_int_equal(run_uses(lost, RUN_USE_IMAGE, NULL, "other"), API_RUN_ACCESS_UNSET);
    // A disk on its way counts, and nothing of a run that is gone does.
    ((RunPlug *)g_ptr_array_index(b->plugs, 0))->state = API_RUN_PLUG_STATE_UNPLUGGING;
    assert_int_equal(run_uses(b, RUN_USE_CLAIM, "ns", "data"), API_RUN_ACCESS_WRITE);
    a->state = API_RUN_STATE_GONE;
    {
        g_autoptr(GPtrArray) users = run_users(records, RUN_USE_CLAIM, "ns", "data");

        assert_int_equal(users->len, 2);
        assert_ptr_equal(g_ptr_array_index(users, 0), b);
    }
}

static void own_disks_may_not_share_either(void **state)
{
    g_autoptr(ApiRunRecord) a = record_new("ns", "a", claim(API_RUN_ACCESS_WRITE));
    g_autoptr(GPtrArray) records = g_ptr_array_new();
    g_autoptr(GPtrArray) plugs = api_list_new(&api_run_plug_type);
    const RunRecord *user = a;

    g_ptr_array_add(records, a);
    g_ptr_array_add(plugs, claim(API_RUN_ACCESS_READ));
    assert_false(run_may_plug(records, a, plugs, NULL, &user));
    assert_null(user);
}

static void ends_are_told_apart(void **state)
{
    static const struct {
        gboolean asked, killed, expired, by_systemd, with_host;
        RunWord word;
        RunEnd end;
    } cases[] = {
        { .word = RUN_WORD_SHUTDOWN, .end = API_RUN_END_GUEST_SHUTDOWN },
        { .asked = TRUE, .word = RUN_WORD_SHUTDOWN, .end = API_RUN_END_GUEST_STOPPED },
        { TRUE, FALSE, FALSE, TRUE, TRUE, RUN_WORD_SHUTDOWN, API_RUN_END_HOST_SHUTDOWN },
        { TRUE, FALSE, FALSE, TRUE, FALSE, RUN_WORD_CRASHED, API_RUN_END_GRACE_PERIOD_EXPIRED },
        { TRUE, TRUE, TRUE, FALSE, FALSE, RUN_WORD_CRASHED, API_RUN_END_GRACE_PERIOD_EXPIRED },
        { FALSE, TRUE, FALSE, FALSE, FALSE, RUN_WORD_CRASHED, API_RUN_END_GUEST_STOPPED },
        { FALSE, TRUE, FALSE, FALSE, FALSE, RUN_WORD_MISSED, API_RUN_END_GUEST_STOPPED },
        { .asked = TRUE, .word = RUN_WORD_CRASHED, .end = API_RUN_END_GUEST_CRASHED },
        { .word = RUN_WORD_CRASHED, .end = API_RUN_END_GUEST_CRASHED },
        { .word = RUN_WORD_KILLED, .end = API_RUN_END_GUEST_KILLED },
        { .word = RUN_WORD_NONE, .end = API_RUN_END_GUEST_LOST },
        { .asked = TRUE, .word = RUN_WORD_MISSED, .end = API_RUN_END_GUEST_LOST },
        { .word = RUN_WORD_BOOTED, .end = API_RUN_END_HOST_REBOOTED },
    };

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(ApiRunRecord) record = record_new("ns", "a", claim(API_RUN_ACCESS_READ));

        record->stop = api_run_stop_new();
        record->stop->asked = cases[i].asked ? API_TRUE : API_UNSET;
        record->stop->killed = cases[i].killed ? API_TRUE : API_UNSET;
        record->stop->expired = cases[i].expired ? API_TRUE : API_UNSET;
        record->stop->by_systemd = cases[i].by_systemd ? API_TRUE : API_UNSET;
        record->stop->with_host = cases[i].with_host ? API_TRUE : API_UNSET;
        record->stop->deadline = (ApiInt){ TRUE, 60 * G_USEC_PER_SEC };
        assert_int_equal(run_end_decide(record, cases[i].word, 0), cases[i].end);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(comes_back_as_it_was_saved),
        cmocka_unit_test(refuses_what_it_did_not_write),
        cmocka_unit_test(claims_have_one_writer),
        cmocka_unit_test(users_are_read_off_the_records),
        cmocka_unit_test(own_disks_may_not_share_either),
        cmocka_unit_test(ends_are_told_apart),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
