// SPDX-License-Identifier: LGPL-2.1-or-later
// See changes.h.
#include "bus/changes.h"

#include "bus/property.h"
#include "bus/service-internal.h"

#define INTERVAL_MS 250

// One ObjectChanged to come.
typedef struct {
    char *key;
    const char *kind; // of a static table
    char *namespace, *name, *uid;
    BusObjectChange what;
} ObjectChange;

struct BusChanges {
    BusService *service;
    GHashTable *sent;   // path -> GArray of guint64: a digest of each value that was last sent
    GHashTable *dirty;  // path -> BusInterface
    GPtrArray *objects; // ObjectChange, in the order of the first change
    GHashTable *by_key; // its key -> ObjectChange, both borrowed from `objects`
    guint timer;
    gint64 last_flush; // monotonic USec
};

static void object_change_free(gpointer data)
{
    ObjectChange *self = data;

    g_free(self->key);
    g_free(self->namespace);
    g_free(self->name);
    g_free(self->uid);
    g_free(self);
}

static GHashTable *new_dirty(void)
{
    return g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
}

static void unref_digests(gpointer digests)
{
    g_array_unref(digests);
}

BusChanges *bus_changes_new(BusService *service)
{
    BusChanges *self = g_new0(BusChanges, 1);

    *self = (BusChanges){
        .service = service,
        .sent = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, unref_digests),
        .dirty = new_dirty(),
        .objects = g_ptr_array_new_with_free_func(object_change_free),
        .by_key = g_hash_table_new(g_str_hash, g_str_equal),
        .last_flush = -G_USEC_PER_SEC,
    };
    return self;
}

void bus_changes_free(BusChanges *self)
{
    if (!self)
        return;
    g_clear_handle_id(&self->timer, g_source_remove);
    g_hash_table_unref(self->sent);
    g_hash_table_unref(self->dirty);
    g_hash_table_unref(self->by_key);
    g_ptr_array_unref(self->objects);
    g_free(self);
}

static gboolean on_timer(gpointer user_data)
{
    BusChanges *self = user_data;

    self->timer = 0;
    bus_changes_flush(self);
    return G_SOURCE_REMOVE;
}

static void flush_soon(BusChanges *self)
{
    gint64 since;

    if (self->timer)
        return;
    since = (g_get_monotonic_time() - self->last_flush) / 1000;
    self->timer = g_timeout_add((guint)CLAMP(INTERVAL_MS - since, 0, INTERVAL_MS), on_timer, self);
}

// ---- properties ----

void bus_changes_sent(BusChanges *self, const char *path, const BusInterface *interface)
{
    g_autoptr(GArray) digests = property_digests(self->service, path, interface);

    if (digests)
        g_hash_table_replace(self->sent, g_strdup(path), g_steal_pointer(&digests));
}

void bus_changes_mark(BusChanges *self, const char *path, const BusInterface *interface)
{
    g_hash_table_replace(self->dirty, g_strdup(path), (gpointer)interface);
    flush_soon(self);
}

void bus_changes_forget(BusChanges *self, const char *path)
{
    g_hash_table_remove(self->dirty, path);
    g_hash_table_remove(self->sent, path);
}

// The names of those whose digests differ, borrowed. OLD: NULL when nothing was sent.
static char **changed_names(const BusInterface *interface, const GArray *old, const GArray *new)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new();
    guint i = 0;

    for (const sd_bus_vtable *entry = property_next(interface, NULL); entry;
         entry = property_next(interface, entry), i++)
        if (!old || g_array_index(old, guint64, i) != g_array_index(new, guint64, i))
            g_ptr_array_add(names, (gpointer)entry->x.property.member);
    g_ptr_array_add(names, NULL);
    return (char **)g_ptr_array_steal(names, NULL);
}

static void send_properties(BusChanges *self, const char *path, const BusInterface *interface)
{
    g_autoptr(GArray) digests = property_digests(self->service, path, interface);
    g_autofree char **names = NULL;
    int r;

    if (!digests)
        return; // it is gone
    names = changed_names(interface, g_hash_table_lookup(self->sent, path), digests);
    if (!names[0])
        return;
    r = sd_bus_emit_properties_changed_strv(self->service->bus, path, interface->name, names);
    if (r < 0)
        g_debug("cannot announce changes of %s: %s", path, g_strerror(-r));
    else
        g_hash_table_replace(self->sent, g_strdup(path), g_steal_pointer(&digests));
}

// ---- objects ----

void bus_changes_object(BusChanges *self, const ApiObject *object, BusObjectChange what)
{
    const ApiObjectMeta *meta = api_object_meta(object);
    g_autofree char *key =
        g_strjoin("/", object->info->kind, meta->namespace ? meta->namespace : "", meta->name,
                  meta->uid ? meta->uid : "", NULL);
    ObjectChange *change = g_hash_table_lookup(self->by_key, key);

    if (change) {
        if (what != BUS_OBJECT_CHANGED)
            change->what = what;
        return;
    }
    change = g_new0(ObjectChange, 1);
    *change = (ObjectChange){
        .key = g_steal_pointer(&key),
        .kind = object->info->kind,
        .namespace = g_strdup(meta->namespace),
        .name = g_strdup(meta->name),
        .uid = g_strdup(meta->uid),
        .what = what,
    };
    g_ptr_array_add(self->objects, change);
    g_hash_table_insert(self->by_key, change->key, change);
    flush_soon(self);
}

static void send_object(BusChanges *self, const ObjectChange *change)
{
    static const char *const words[] = {
        [BUS_OBJECT_ADDED] = "added",
        [BUS_OBJECT_CHANGED] = "changed",
        [BUS_OBJECT_REMOVED] = "removed",
    };
    int r = sd_bus_emit_signal(self->service->bus, BUS_ROOT, manager_interface.name,
                               "ObjectChanged", "sssss", change->kind, change->namespace,
                               change->name, change->uid, words[change->what]);

    if (r < 0)
        g_debug("cannot say that \"%s\" has changed: %s", change->name, g_strerror(-r));
}

// ---- both ----

void bus_changes_flush(BusChanges *self)
{
    g_autoptr(GHashTable) dirty = g_steal_pointer(&self->dirty);
    g_autoptr(GPtrArray) objects = g_steal_pointer(&self->objects);
    GHashTableIter iter;
    gpointer path, interface;

    self->dirty = new_dirty();
    self->objects = g_ptr_array_new_with_free_func(object_change_free);
    g_hash_table_remove_all(self->by_key);
    g_clear_handle_id(&self->timer, g_source_remove);
    if (g_hash_table_size(dirty) > 0 || objects->len > 0)
        self->last_flush = g_get_monotonic_time();
    g_hash_table_iter_init(&iter, dirty);
    while (g_hash_table_iter_next(&iter, &path, &interface))
        send_properties(self, path, interface);
    for (guint i = 0; i < objects->len; i++)
        send_object(self, objects->pdata[i]);
}
