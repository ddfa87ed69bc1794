// SPDX-License-Identifier: LGPL-2.1-or-later
// See claim-watch.h.
#include "manager/claim-watch.h"

#include <glib-unix.h>
#include <sys/inotify.h>
#include <unistd.h>

struct ClaimWatch {
    int fd;
    guint source;
    GHashTable *keys; // number -> key
    GHashTable
        *early; // numbers whose directory went before they got a key; the kernel gives none twice
    ClaimWatchGone gone;
    gpointer user_data;
};

static void handle(ClaimWatch *self, const struct inotify_event *event)
{
    g_autofree char *key = NULL;

    if (event->mask & IN_Q_OVERFLOW) {
        g_hash_table_remove_all(self->keys);
        self->gone(NULL, self->user_data);
        return;
    }
    if (!g_hash_table_steal_extended(self->keys, GINT_TO_POINTER(event->wd), NULL,
                                     (gpointer *)&key)) {
        // The last event of each watch is IN_IGNORED: it tells nothing that was not told before.
        if (!(event->mask & IN_IGNORED))
            g_hash_table_add(self->early, GINT_TO_POINTER(event->wd));
        return;
    }
    // Renamed, it would go on to tell of a directory that is no claim's any more.
    if (!(event->mask & IN_IGNORED))
        (void)inotify_rm_watch(self->fd, event->wd);
    self->gone(key, self->user_data);
}

static gboolean on_readable(int fd, GIOCondition condition, gpointer user_data)
{
    union {
        struct inotify_event event;
        char bytes[4096];
    } buffer;
    ssize_t n = read(fd, buffer.bytes, sizeof buffer);

    for (ssize_t at = 0; at + (ssize_t)sizeof(struct inotify_event) <= n;) {
        const struct inotify_event *event =
            (const struct inotify_event *)(const void *)(buffer.bytes + at);

        handle(user_data, event);
        at += (ssize_t)(sizeof *event + event->len);
    }
    return G_SOURCE_CONTINUE;
}

ClaimWatch *claim_watch_new(ClaimWatchGone gone, gpointer user_data)
{
    ClaimWatch *self = NULL;
    int fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);

    if (fd < 0)
        return NULL;
    self = g_new0(ClaimWatch, 1);
    self->fd = fd;
    self->source = g_unix_fd_add(fd, G_IO_IN, on_readable, self);
    self->keys = g_hash_table_new_full(NULL, NULL, NULL, g_free);
    self->early = g_hash_table_new(NULL, NULL);
    self->gone = gone;
    self->user_data = user_data;
    return self;
}

void claim_watch_free(ClaimWatch *self)
{
    if (!self)
        return;
    g_source_remove(self->source);
    g_hash_table_unref(self->keys);
    g_hash_table_unref(self->early);
    close(self->fd);
    g_free(self);
}

int claim_watch_open(const ClaimWatch *self, const char *path)
{
    return self ? inotify_add_watch(self->fd, path,
                                    IN_ONLYDIR | IN_DONT_FOLLOW | IN_DELETE_SELF | IN_MOVE_SELF)
                : -1;
}

void claim_watch_add(ClaimWatch *self, int number, const char *key)
{
    if (!self || number < 0)
        return;
    if (g_hash_table_remove(self->early, GINT_TO_POINTER(number))) {
        (void)inotify_rm_watch(self->fd, number);
        self->gone(key, self->user_data);
    } else {
        g_hash_table_replace(self->keys, GINT_TO_POINTER(number), g_strdup(key));
    }
}
