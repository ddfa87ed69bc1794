// SPDX-License-Identifier: LGPL-2.1-or-later
// See queue.h.
#include "objects/queue.h"

#include "objects/object.h"

typedef struct {
    const ApiKindInfo *info;
    char *key, *namespace, *name;
} Item;

struct Queue {
    Objects *objects;
    QueueLook look;
    gpointer user_data;
    GQueue items;     // Item
    GHashTable *keys; // set of those of ITEMS
    guint source;
    gboolean closed;
};

static void item_free(gpointer data)
{
    Item *self = data;

    g_free(self->key);
    g_free(self->namespace);
    g_free(self->name);
    g_free(self);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Item, item_free)

Queue *queue_new(Objects *objects, QueueLook look, gpointer user_data)
{
    Queue *self = g_new0(Queue, 1);

    self->objects = objects;
    self->look = look;
    self->user_data = user_data;
    g_queue_init(&self->items);
    self->keys = g_hash_table_new(g_str_hash, g_str_equal);
    return self;
}

void queue_close(Queue *self)
{
    self->closed = TRUE;
    g_clear_handle_id(&self->source, g_source_remove);
}

void queue_free(Queue *self)
{
    if (!self)
        return;
    queue_close(self);
    g_hash_table_unref(self->keys);
    g_queue_clear_full(&self->items, item_free);
    g_free(self);
}

static void look_at_next(Queue *self)
{
    g_autoptr(Item) item = g_queue_pop_head(&self->items);
    ApiObject *object = objects_get(self->objects, item->info, item->namespace, item->name);

    // What looking brings about may be a reason to look once more.
    g_hash_table_remove(self->keys, item->key);
    if (object)
        self->look(object, self->user_data);
}

// What is queued meanwhile waits for the next turn of the loop: two objects that give each other work keep nobody else from theirs.
static gboolean look_at_all(gpointer user_data)
{
    Queue *self = user_data;

    for (guint left = g_queue_get_length(&self->items); left > 0 && !self->closed; left--)
        look_at_next(self);
    if (!g_queue_is_empty(&self->items))
        return G_SOURCE_CONTINUE;
    self->source = 0;
    return G_SOURCE_REMOVE;
}

void queue_add(Queue *self, const ApiObject *object)
{
    const ApiObjectMeta *meta = api_object_meta(object);
    g_autofree char *key = object_key(object->info, meta->namespace, meta->name);
    Item *item = NULL;

    if (self->closed || g_hash_table_contains(self->keys, key))
        return;
    item = g_new0(Item, 1);
    *item = (Item){ object->info, g_steal_pointer(&key), g_strdup(meta->namespace),
                    g_strdup(meta->name) };
    g_queue_push_tail(&self->items, item);
    g_hash_table_add(self->keys, item->key);
    if (self->source == 0)
        self->source = g_idle_add_full(G_PRIORITY_DEFAULT, look_at_all, self, NULL);
}

void queue_add_referrers(Queue *self, const ApiObject *object)
{
    const ApiObjectMeta *meta = api_object_meta(object);
    g_autoptr(GPtrArray) referrers =
        objects_referrers(self->objects, object->info, meta->namespace, meta->name);

    for (guint i = 0; i < referrers->len; i++)
        queue_add(self, g_ptr_array_index(referrers, i));
}

void queue_add_owners(Queue *self, const ApiObject *object)
{
    g_auto(GStrv) uids = object_owners(object);

    for (guint i = 0; uids[i]; i++) {
        const ApiObject *owner = objects_by_uid(self->objects, uids[i]);

        if (owner)
            queue_add(self, owner);
    }
}
