// SPDX-License-Identifier: LGPL-2.1-or-later
// See sweep.h.
#include "manager/sweep.h"

#include "manager/unread.h"

SweepInput *sweep_input_new(Manager *self)
{
    SweepInput *input = g_new0(SweepInput, 1);

    input->host = self->host;
    input->storage = &self->storage;
    input->lost = g_ptr_array_new_with_free_func(g_free);
    input->keep = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    // What looks like nobody's may be that of a definition that could not be read; then it waits for the next start.
    input->all = !unread_any(self);
    input->problems = g_ptr_array_new_with_free_func(g_free);
    return input;
}

void sweep_input_free(gpointer data)
{
    SweepInput *self = data;

    g_ptr_array_unref(self->lost);
    g_hash_table_unref(self->keep);
    g_ptr_array_unref(self->problems);
    g_free(self);
}

static void note(SweepInput *input, const char *what, GError **error)
{
    g_ptr_array_add(input->problems, g_strdup_printf("%s: %s", what, (*error)->message));
    g_clear_error(error);
}

static void sweep_lost(SweepInput *input, const char *key)
{
    g_auto(GStrv) parts = g_strsplit(key, "/", 2);
    g_autoptr(GError) error = NULL;

    if (!guest_release(input->host, input->storage, parts[0], parts[1], NULL, &error) ||
        !guest_forget_domain(input->host, parts[0], parts[1], NULL, &error))
        note(input, key, &error);
}

gpointer sweep_run(gpointer data, GCancellable *cancellable, GError **error)
{
    SweepInput *input = data;
    g_autoptr(GError) sweep_error = NULL;

    for (guint i = 0; i < input->lost->len; i++)
        sweep_lost(input, g_ptr_array_index(input->lost, i));
    if (!input->all)
        return NULL;
    if (storage_sweep(input->storage, input->keep, &sweep_error) < 0)
        note(input, "left-over scratch files could not be removed", &sweep_error);
    if (!storage_trash_empty(input->storage, &sweep_error))
        note(input, "the data of deleted claims could not be removed", &sweep_error);
    return NULL;
}

void sweep_add_problems(Manager *self, const SweepInput *input)
{
    for (guint i = 0; i < input->problems->len; i++)
        manager_add_problem(self, "%s", (const char *)g_ptr_array_index(input->problems, i));
}
