// SPDX-License-Identifier: LGPL-2.1-or-later
// For test-store-crash.py, which kills it: saves three secrets, two of which may be there already, or prints those that are.
// Usage: store-change ROOT save VALUE | store-change ROOT show
#include <stdio.h>
#include <string.h>

#include "store/store.h"

static const char *const places[][2] = { { "a", "one" }, { "b", "one" }, { "c", "two" } };

static void change_free(gpointer change)
{
    store_change_free(change);
}

static int save(Store *store, const char *value)
{
    g_autoptr(GPtrArray) changes = g_ptr_array_new_with_free_func(change_free);
    g_autoptr(GError) error = NULL;

    for (guint i = 0; i < G_N_ELEMENTS(places); i++) {
        g_autoptr(ApiObject) object = api_object_new(api_kind_find("Secret"));

        api_object_meta(object)->name = g_strdup(places[i][0]);
        api_object_meta(object)->namespace = g_strdup(places[i][1]);
        api_map_set(&api_object_secret(object)->string_data, "value", value);
        g_ptr_array_add(changes, store_change_new(object, FALSE));
    }
    if (store_commit(store, changes, &error))
        return 0;
    fprintf(stderr, "%s\n", error->message);
    return 1;
}

static int show(Store *store)
{
    g_auto(StoreContents) contents = { 0 };

    store_load(store, &contents);
    for (guint i = 0; i < contents.objects->len; i++) {
        const ApiObject *object = g_ptr_array_index(contents.objects, i);

        printf("%s=%s\n", api_object_meta(object)->name,
               api_map_get(api_object_secret(object)->string_data, "value"));
    }
    for (guint i = 0; i < contents.problems->len; i++)
        printf("problem: %s\n", (const char *)g_ptr_array_index(contents.problems, i));
    for (guint i = 0; i < contents.unread->len; i++)
        printf("unread: %s\n",
               ((const StoreUnread *)g_ptr_array_index(contents.unread, i))->problem);
    return 0;
}

int main(int argc, char **argv)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Store) store = argc >= 3 ? store_open(argv[1], &error) : NULL;

    if (!store) {
        fprintf(stderr, "%s\n",
                error ? error->message : "usage: store-change ROOT save VALUE | show");
        return 2;
    }
    return strcmp(argv[2], "show") == 0 ? show(store) : save(store, argv[3]);
}
