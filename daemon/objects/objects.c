// SPDX-License-Identifier: LGPL-2.1-or-later
// See objects.h. The keys of the hash tables are the objects themselves, so that an object costs no copies of its names. What it is in the
// indexes for is kept beside it, since a change in place leaves nothing to tell that by.
#include "objects/objects.h"

#include <string.h>

#include "api/reference.h"
#include "objects/object.h"

// Where an object is in the indexes.
typedef struct {
    char **references; // keys of `referrers`
    char **owners;     // keys of `children`
} Links;

struct Objects {
    GHashTable *by_key; // ApiObject, owned, by kind, namespace and name -> Links; NULL: it has none
    GHashTable *by_uid; // set of ApiObject, by uid
    GHashTable *referrers; // object_key() of what is named -> set of ApiObject
    GHashTable *children;  // uid of the owner -> set of ApiObject
    GHashTable *usages;    // namespace -> ObjectsUsage
    guint64 visited;
};

// ---- what the tables go by -------------------------------------------------------------------------------------

static const char *namespace_of(const ApiKindInfo *info, const char *namespace)
{
    return info->namespaced ? object_namespace_or_default(namespace) : "";
}

static guint hash_key(gconstpointer data)
{
    const ApiObject *object = data;
    const ApiObjectMeta *meta = api_object_meta(object);

    return (g_str_hash(meta->name) * 31 + g_str_hash(namespace_of(object->info, meta->namespace))) *
               31 +
           g_str_hash(object->info->kind);
}

static gboolean equal_key(gconstpointer a, gconstpointer b)
{
    const ApiObject *x = a, *y = b;
    const ApiObjectMeta *left = api_object_meta(x), *right = api_object_meta(y);

    return x->info == y->info && g_str_equal(left->name, right->name) &&
           g_str_equal(namespace_of(x->info, left->namespace),
                       namespace_of(y->info, right->namespace));
}

static guint hash_uid(gconstpointer object)
{
    return g_str_hash(api_object_meta(object)->uid);
}

static gboolean equal_uid(gconstpointer a, gconstpointer b)
{
    return g_str_equal(api_object_meta(a)->uid, api_object_meta(b)->uid);
}

// What there is of an object that is only looked for: the tables compare metadata.
static gpointer look_up(GHashTable *table, const ApiKindInfo *info, ApiObjectMeta meta)
{
    ApiObjectMeta *data = &meta;
    const ApiObject probe = { .info = info, .data = &data };
    gpointer found = NULL;

    return g_hash_table_lookup_extended(table, &probe, &found, NULL) ? found : NULL;
}

// ---- links -----------------------------------------------------------------------------------------------------

static void links_free(gpointer data)
{
    Links *self = data;

    if (!self)
        return;
    g_strfreev(self->references);
    g_strfreev(self->owners);
    g_free(self);
}

static char **reference_keys(const ApiObject *object)
{
    g_autoptr(GArray) references = api_references(object->info->type, object->data);
    g_autoptr(GStrvBuilder) keys = g_strv_builder_new();

    for (guint i = 0; i < references->len; i++) {
        const ApiReference *reference = &g_array_index(references, ApiReference, i);
        const ApiKindInfo *info = api_kind_find(reference->kind);
        g_autofree char *key =
            object_key(info, api_object_meta(object)->namespace, reference->name);

        g_strv_builder_add(keys, key);
    }
    return g_strv_builder_end(keys);
}

static Links *links_new(const ApiObject *object)
{
    g_auto(GStrv) references = reference_keys(object);
    g_auto(GStrv) owners = object_owners(object);
    Links *self = NULL;

    if (!references[0] && !owners[0])
        return NULL;
    self = g_new0(Links, 1);
    self->references = g_steal_pointer(&references);
    self->owners = g_steal_pointer(&owners);
    return self;
}

static void index_add(GHashTable *index, char **keys, ApiObject *object)
{
    for (guint i = 0; keys[i]; i++) {
        GHashTable *set = g_hash_table_lookup(index, keys[i]);

        if (!set) {
            set = g_hash_table_new(NULL, NULL);
            g_hash_table_insert(index, g_strdup(keys[i]), set);
        }
        g_hash_table_add(set, object);
    }
}

static void index_remove(GHashTable *index, char **keys, const ApiObject *object)
{
    for (guint i = 0; keys[i]; i++) {
        GHashTable *set = g_hash_table_lookup(index, keys[i]);

        // Named in several places, it is there once.
        if (set && g_hash_table_remove(set, object) && g_hash_table_size(set) == 0)
            g_hash_table_remove(index, keys[i]);
    }
}

static void link_object(Objects *self, ApiObject *object)
{
    Links *links = links_new(object);

    g_hash_table_insert(self->by_key, object, links);
    // Of an object of a former vmid that has none it comes with the next change.
    if (api_object_meta(object)->uid)
        g_hash_table_add(self->by_uid, object);
    if (!links)
        return;
    index_add(self->referrers, links->references, object);
    index_add(self->children, links->owners, object);
}

static void unlink_object(Objects *self, const ApiObject *object)
{
    const Links *links = g_hash_table_lookup(self->by_key, object);

    if (!links)
        return;
    index_remove(self->referrers, links->references, object);
    index_remove(self->children, links->owners, object);
}

// ---- the table -------------------------------------------------------------------------------------------------

Objects *objects_new(void)
{
    Objects *self = g_new0(Objects, 1);

    self->by_key = g_hash_table_new_full(hash_key, equal_key, NULL, links_free);
    self->by_uid = g_hash_table_new(hash_uid, equal_uid);
    self->referrers =
        g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)g_hash_table_unref);
    self->children =
        g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)g_hash_table_unref);
    self->usages = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    return self;
}

void objects_free(Objects *self)
{
    GHashTableIter iter;
    gpointer object = NULL;

    if (!self)
        return;
    g_hash_table_iter_init(&iter, self->by_key);
    while (g_hash_table_iter_next(&iter, &object, NULL))
        api_object_free(object);
    g_hash_table_unref(self->usages);
    g_hash_table_unref(self->children);
    g_hash_table_unref(self->referrers);
    g_hash_table_unref(self->by_uid);
    g_hash_table_unref(self->by_key);
    g_free(self);
}

// OBJECTS may be negative.
static void count(Objects *self, const ApiObject *object, int objects, gint64 bytes)
{
    const char *namespace = namespace_of(object->info, api_object_meta(object)->namespace);
    ObjectsUsage *usage = g_hash_table_lookup(self->usages, namespace);

    if (!usage) {
        usage = g_new0(ObjectsUsage, 1);
        g_hash_table_insert(self->usages, g_strdup(namespace), usage);
    }
    usage->objects += (guint)objects;
    usage->bytes += (guint64)bytes;
    if (usage->objects == 0)
        g_hash_table_remove(self->usages, namespace);
}

static void put_new(Objects *self, ApiObject *object)
{
    const ApiObjectMeta *meta = api_object_meta(object);
    ApiObject *other = objects_get(self, object->info, meta->namespace, meta->name);

    if (other)
        objects_remove(self, other);
    object_measure(object);
    count(self, object, 1, (gint64)object->size);
    link_object(self, object);
}

static void put_again(Objects *self, ApiObject *object)
{
    gsize before = object->size;

    object_measure(object);
    count(self, object, 0, (gint64)object->size - (gint64)before);
    unlink_object(self, object);
    link_object(self, object);
}

void objects_put(Objects *self, ApiObject *object)
{
    const ApiObjectMeta *meta = api_object_meta(object);

    if (objects_get(self, object->info, meta->namespace, meta->name) == object)
        put_again(self, object);
    else
        put_new(self, object);
}

void objects_remove(Objects *self, ApiObject *object)
{
    const ApiObjectMeta *meta = api_object_meta(object);

    unlink_object(self, object);
    if (meta->uid && g_hash_table_lookup(self->by_uid, object) == object)
        g_hash_table_remove(self->by_uid, object);
    count(self, object, -1, -(gint64)object->size);
    g_hash_table_remove(self->by_key, object);
    api_object_free(object);
}

// ---- what is asked ---------------------------------------------------------------------------------------------

ApiObject *objects_get(const Objects *self, const ApiKindInfo *info, const char *namespace,
                       const char *name)
{
    return look_up(self->by_key, info,
                   (ApiObjectMeta){ .namespace = (char *)namespace, .name = (char *)name });
}

ApiObject *objects_by_uid(const Objects *self, const char *uid)
{
    return look_up(self->by_uid, NULL, (ApiObjectMeta){ .uid = (char *)uid });
}

static int compare(gconstpointer a, gconstpointer b)
{
    return object_compare(*(const ApiObject *const *)a, *(const ApiObject *const *)b);
}

// SET may be NULL.
static GPtrArray *list(Objects *self, GHashTable *set)
{
    GPtrArray *found = g_ptr_array_sized_new(set ? g_hash_table_size(set) : 0);
    GHashTableIter iter;
    gpointer object = NULL;

    if (!set)
        return found;
    g_hash_table_iter_init(&iter, set);
    while (g_hash_table_iter_next(&iter, &object, NULL)) {
        self->visited++;
        g_ptr_array_add(found, object);
    }
    return found;
}

static GPtrArray *sorted(GPtrArray *objects)
{
    g_ptr_array_sort(objects, compare);
    return objects;
}

GPtrArray *objects_referrers(Objects *self, const ApiKindInfo *info, const char *namespace,
                             const char *name)
{
    g_autofree char *key = object_key(info, namespace, name);

    return sorted(list(self, g_hash_table_lookup(self->referrers, key)));
}

GPtrArray *objects_owned_by(Objects *self, const char *uid)
{
    return sorted(list(self, g_hash_table_lookup(self->children, uid)));
}

GPtrArray *objects_all(Objects *self)
{
    return list(self, self->by_key);
}

ObjectsUsage objects_usage(const Objects *self, const char *namespace)
{
    const ObjectsUsage *usage = g_hash_table_lookup(self->usages, namespace);

    return usage ? *usage : (ObjectsUsage){ 0 };
}

gboolean objects_namespace_exists(const Objects *self, const char *namespace)
{
    return objects_get(self, api_kind_find("Namespace"), NULL, namespace) != NULL;
}

guint64 objects_visited(const Objects *self)
{
    return self->visited;
}
