// SPDX-License-Identifier: LGPL-2.1-or-later
// See guest-users.h. What comes to the host later is seen at the next start.
#include "manager/guest-users.h"

#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <sys/stat.h>

#include "manager/private.h"

enum {
    // More are not looked at: who has so many does not keep them in files.
    MAX_ENTRIES = 200000,
    MAX_BYTES = 8 * 1024 * 1024,
};

typedef struct {
    guint32 first, count;
} Range;

#define REMEDY "; set GuestUsers= in vmid.conf to a range that nobody has, then restart vmid"

static gboolean overlaps(const Range *range, guint64 first, guint64 count)
{
    return count > 0 && first < (guint64)range->first + range->count &&
           range->first < first + count;
}

char *guest_users_check_subordinate(const char *file, const char *text, guint32 first,
                                    guint32 count)
{
    const Range range = { first, count };
    g_auto(GStrv) lines = g_strsplit(text, "\n", MAX_ENTRIES);

    for (guint i = 0; lines[i]; i++) {
        g_auto(GStrv) fields = g_strsplit(lines[i], ":", 3);
        guint64 theirs = 0, n = 0;

        if (g_strv_length(fields) == 3 &&
            g_ascii_string_to_unsigned(fields[1], 10, 0, G_MAXUINT32, &theirs, NULL) &&
            g_ascii_string_to_unsigned(g_strstrip(fields[2]), 10, 0, G_MAXUINT32, &n, NULL) &&
            overlaps(&range, theirs, n))
            return g_strdup_printf("GuestUsers=%u-%u overlaps the ids %" G_GUINT64_FORMAT
                                   "-%" G_GUINT64_FORMAT " that \"%s\" gives to \"%s\"" REMEDY,
                                   first, first + count - 1, theirs, theirs + n - 1, file,
                                   fields[0]);
    }
    return NULL;
}

// ---- the worker ------------------------------------------------------------------------------------------------

static void check_file(const Range *range, const char *file, GPtrArray *problems)
{
    g_autofree char *text = NULL;
    char *problem = NULL;
    struct stat st;

    if (stat(file, &st) < 0 || !S_ISREG(st.st_mode) || st.st_size > MAX_BYTES ||
        !g_file_get_contents(file, &text, NULL, NULL))
        return;
    problem = guest_users_check_subordinate(file, text, range->first, range->count);
    if (problem)
        g_ptr_array_add(problems, problem);
}

static void add_owner(const Range *range, const char *what, const char *name, guint32 id,
                      GPtrArray *problems)
{
    g_ptr_array_add(problems,
                    g_strdup_printf("GuestUsers=%u-%u holds the id %u of the %s \"%s\"" REMEDY,
                                    range->first, range->first + range->count - 1, id, what, name));
}

// The functions below keep their place in the C library; nothing else in vmid calls them.
static void check_users(const Range *range, GPtrArray *problems)
{
    const struct passwd *user = NULL;

    setpwent();
    for (guint n = 0; n < MAX_ENTRIES && (user = getpwent()); n++)
        if (overlaps(range, user->pw_uid, 1)) {
            add_owner(range, "user", user->pw_name, user->pw_uid, problems);
            break;
        }
    endpwent();
}

static void check_groups(const Range *range, GPtrArray *problems)
{
    const struct group *group = NULL;

    setgrent();
    for (guint n = 0; n < MAX_ENTRIES && (group = getgrent()); n++)
        if (overlaps(range, group->gr_gid, 1)) {
            add_owner(range, "group", group->gr_name, group->gr_gid, problems);
            break;
        }
    endgrent();
}

static void check_run(GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
    const Range *range = data;
    GPtrArray *problems = g_ptr_array_new_with_free_func(g_free);

    check_file(range, "/etc/subuid", problems);
    check_file(range, "/etc/subgid", problems);
    check_users(range, problems);
    check_groups(range, problems);
    g_task_return_pointer(task, problems, (GDestroyNotify)g_ptr_array_unref);
}

static void check_done(GObject *source, GAsyncResult *result, gpointer user_data)
{
    Manager *self = user_data;
    // NULL when vmid is ending: the manager may be gone.
    g_autoptr(GPtrArray) problems = g_task_propagate_pointer(G_TASK(result), NULL);

    for (guint i = 0; problems && i < problems->len; i++)
        manager_add_problem(self, "%s", (const char *)g_ptr_array_index(problems, i));
}

void guest_users_begin_check(Manager *self)
{
    g_autoptr(GTask) task = NULL;
    Range *range = NULL;

    if (self->config->uid_count == 0)
        return;
    range = g_new0(Range, 1);
    range->first = self->config->uid_first;
    range->count = self->config->uid_count;
    // No worker of the pools: vmid's end would wait for a database that does not answer.
    task = g_task_new(NULL, self->closing, check_done, self);
    g_task_set_task_data(task, range, g_free);
    g_task_run_in_thread(task, check_run);
}
