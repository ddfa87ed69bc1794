// SPDX-License-Identifier: LGPL-2.1-or-later
// Compares the schema tables with the list of every field path of KubeVirt's VirtualMachineInstanceSpec: each path must
// be a row of the right kind, and no row may be made up. Prints how many there are. Of a status, no row that is printed
// may be made up.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "api/explain.h"
#include "api/types.h"

static const char spec_kind[] = "VirtualMachineInstanceSpec";

static void add_leaf(const char *path, const ApiField *field, gpointer user_data)
{
    g_hash_table_insert(user_data, g_strdup(path), (gpointer)field);
}

static GHashTable *table_leaves(void)
{
    GHashTable *leaves = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    api_type_walk(&api_vmi_spec_type, add_leaf, leaves);
    return leaves;
}

// The list's rows of KIND as path -> type.
static GHashTable *listed_paths(const char *kind)
{
    g_autofree char *prefix = g_strconcat(kind, "\t", NULL);
    const char *directory = g_getenv("VMI_TEST_DATA");
    g_autofree char *file = g_build_filename(directory ? directory : ".", "vmi-fields.tsv", NULL);
    g_autofree char *text = NULL;
    g_autoptr(GError) error = NULL;
    if (!g_file_get_contents(file, &text, NULL, &error))
        fail_msg("%s (set VMI_TEST_DATA to tests/data)", error->message);
    GHashTable *paths = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    for (char **line = lines; *line; line++) {
        if (!g_str_has_prefix(*line, prefix))
            continue;
        g_auto(GStrv) columns = g_strsplit(*line, "\t", 3);
        assert_int_equal(g_strv_length(columns), 3);
        g_hash_table_insert(paths, g_strdup(columns[1]), g_strdup(columns[2]));
    }
    return paths;
}

// Whether FIELD can hold what the list says.
static gboolean fits(const ApiField *field, const char *type)
{
    if (g_str_equal(type, "string"))
        return (field->kind == API_KIND_STRING || field->kind == API_KIND_ENUM) &&
               field->shape != API_MAP;
    if (g_str_equal(type, "boolean"))
        return field->kind == API_KIND_BOOL;
    if (g_str_equal(type, "integer:int32"))
        return field->kind == API_KIND_INT && field->bits == 32;
    if (g_str_equal(type, "integer:int64"))
        return field->kind == API_KIND_INT && field->bits == 64;
    if (g_str_equal(type, "object{}"))
        return field->kind == API_KIND_OBJECT && field->type->n_fields == 0;
    if (g_str_equal(type, "map[string]string"))
        return field->kind == API_KIND_STRING && field->shape == API_MAP;
    if (g_str_has_prefix(type, "map[string]"))
        return field->kind == API_KIND_QUANTITY && field->shape == API_MAP;
    if (strstr(type, ".Quantity="))
        return field->kind == API_KIND_QUANTITY && field->shape == API_SINGLE;
    return field->kind == API_KIND_ANY;
}

static void test_every_path_is_a_row(void **state)
{
    g_autoptr(GHashTable) leaves = table_leaves();
    g_autoptr(GHashTable) paths = listed_paths(spec_kind);
    GHashTableIter iter;
    gpointer path, type;
    guint found = 0;
    g_hash_table_iter_init(&iter, paths);
    while (g_hash_table_iter_next(&iter, &path, &type)) {
        const ApiField *field = g_hash_table_lookup(leaves, path);
        if (field && fits(field, type))
            found++;
        else
            print_error("%s (%s): %s\n", (char *)path, (char *)type,
                        field ? "the row is of another kind" : "no row");
    }
    printf("coverage: %u/%u field paths\n", found, g_hash_table_size(paths));
    assert_true(found > 0);
    assert_int_equal(found, g_hash_table_size(paths));
}

static void test_no_row_is_made_up(void **state)
{
    g_autoptr(GHashTable) leaves = table_leaves();
    g_autoptr(GHashTable) paths = listed_paths(spec_kind);
    GHashTableIter iter;
    gpointer path, value;
    guint extra = 0;
    g_hash_table_iter_init(&iter, leaves);
    while (g_hash_table_iter_next(&iter, &path, &value)) {
        const ApiField *field = value;
        if (field->support == API_SUPPORT_REMOVED || g_hash_table_contains(paths, path))
            continue;
        print_error("%s: not a field of KubeVirt\n", (char *)path);
        extra++;
    }
    assert_int_equal(extra, 0);
}

static gboolean leads_to(const char *listed, const char *path)
{
    return g_str_has_prefix(listed, path) && strchr(".[", listed[strlen(path)]);
}

// Whether PATH is listed, or is that of a branch which the tables keep whole.
static gboolean is_listed(GHashTable *paths, const char *path)
{
    GHashTableIter iter;
    gpointer listed;
    if (g_hash_table_contains(paths, path))
        return TRUE;
    g_hash_table_iter_init(&iter, paths);
    while (g_hash_table_iter_next(&iter, &listed, NULL)) {
        if (leads_to(listed, path))
            return TRUE;
    }
    return FALSE;
}

// What is printed goes into a cluster as it is.
static void test_status_prints_fields_of_the_api(void **state)
{
    static const struct {
        const char *kind;
        const ApiType *type;
    } rows[] = {
        { "VirtualMachineInstanceStatus", &api_vmi_status_type },
        { "PersistentVolumeClaimStatus", &api_pvc_status_type },
    };
    guint extra = 0;
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GHashTable) paths = listed_paths(rows[i].kind);
        g_autoptr(GHashTable) leaves = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
        GHashTableIter iter;
        gpointer path, value;
        api_type_walk(rows[i].type, add_leaf, leaves);
        assert_true(g_hash_table_size(paths) > 0);
        g_hash_table_iter_init(&iter, leaves);
        while (g_hash_table_iter_next(&iter, &path, &value)) {
            const ApiField *field = value;
            // vmi sets none that is not supported.
            if (field->internal || field->support != API_SUPPORT_YES || is_listed(paths, path))
                continue;
            print_error("%s.%s: not a field of the API\n", rows[i].kind, (char *)path);
            extra++;
        }
    }
    assert_int_equal(extra, 0);
}

// A row without a line of explanation, or a note that does not say why, is of no use to anybody.
static void test_rows_explain_themselves(void **state)
{
    g_autoptr(GHashTable) leaves = table_leaves();
    GHashTableIter iter;
    gpointer path, value;
    g_hash_table_iter_init(&iter, leaves);
    while (g_hash_table_iter_next(&iter, &path, &value)) {
        const ApiField *field = value;
        gboolean needs_note =
            field->support != API_SUPPORT_YES && field->support != API_SUPPORT_LATER;
        if (!field->doc || strlen(field->doc) < 3 || g_str_has_suffix(field->doc, ".") ||
            (needs_note && !field->note))
            fail_msg("%s: no doc or note, or a full stop at its end", (char *)path);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_path_is_a_row),
        cmocka_unit_test(test_no_row_is_made_up),
        cmocka_unit_test(test_status_prints_fields_of_the_api),
        cmocka_unit_test(test_rows_explain_themselves),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
