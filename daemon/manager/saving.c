// SPDX-License-Identifier: LGPL-2.1-or-later
// See saving.h. Knows what is to be saved by its name only: the object may change, go or come back before the disk has answered.
#include "manager/saving.h"

#include "base/error.h"
#include "objects/object.h"

enum {
    FIRST_RETRY_SECONDS = 1,
    MAX_RETRY_SECONDS = 30,
};

typedef struct {
    const ApiKindInfo *info;
    char *namespace, *name;
} Place;

typedef struct {
    Place place;
    GError *error;
} Unsaved;

// One wait for one state.
typedef struct {
    Manager *manager;
    Place place;
    StoreWritten done;
    gpointer user_data;
} Save;

typedef struct Group Group;

// A definition between its admission and the table.
typedef struct {
    Group *group;
    Place place;
    const ApiObject *candidate;  // NULL: it goes
    gboolean whole;              // else only its metadata is new
    const StoreRequest *request; // until the disk has answered
    gboolean dirty, urgent;      // its state was to be saved meanwhile
    GPtrArray *saves;            // Save, of those who wait for that
} Flight;

// What is made together.
struct Group {
    Manager *manager;
    GPtrArray *flights; // Flight
    gboolean keep;      // in the table's state, when it fails
    guint settling;     // that are being brought back
    GError *error;
    StoreWritten done;
    gpointer user_data;
};

static Place place_of(const ApiObject *object)
{
    const ApiObjectMeta *meta = api_object_meta(object);

    return (Place){ object->info, g_strdup(meta->namespace), g_strdup(meta->name) };
}

static Place place_copy(const Place *place)
{
    return (Place){ place->info, g_strdup(place->namespace), g_strdup(place->name) };
}

static void place_clear(Place *self)
{
    g_free(self->namespace);
    g_free(self->name);
}

static char *place_key(const Place *self)
{
    return object_key(self->info, self->namespace, self->name);
}

static ApiObject *place_object(const Manager *self, const Place *place)
{
    return objects_get(self->objects, place->info, place->namespace, place->name);
}

static void unsaved_free(gpointer data)
{
    Unsaved *self = data;

    place_clear(&self->place);
    g_error_free(self->error);
    g_free(self);
}

static void save_free(gpointer data)
{
    Save *self = data;

    place_clear(&self->place);
    g_free(self);
}

static void flight_free(gpointer data)
{
    Flight *self = data;

    place_clear(&self->place);
    g_ptr_array_unref(self->saves);
    g_free(self);
}

static void group_free(gpointer data)
{
    Group *self = data;

    g_ptr_array_unref(self->flights);
    g_clear_error(&self->error);
    g_free(self);
}

void saving_init(Manager *self)
{
    self->unsaved = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, unsaved_free);
    self->saves = g_hash_table_new_full(NULL, NULL, save_free, NULL);
    self->flights = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    self->flight_groups = g_hash_table_new_full(NULL, NULL, group_free, NULL);
}

void saving_clear(Manager *self)
{
    g_hash_table_unref(self->unsaved);
    g_hash_table_unref(self->saves);
    g_hash_table_unref(self->flights);
    g_hash_table_unref(self->flight_groups);
}

static Flight *find_flight(const Manager *self, const ApiObject *object)
{
    const ApiObjectMeta *meta = api_object_meta(object);
    g_autofree char *key = object_key(object->info, meta->namespace, meta->name);

    return g_hash_table_lookup(self->flights, key);
}

gboolean saving_is_deleting(const Manager *self, const ApiObject *object)
{
    const Flight *flight = find_flight(self, object);

    return flight && !flight->candidate;
}

gboolean saving_is_respecifying(const Manager *self, const ApiObject *object)
{
    const Flight *flight = find_flight(self, object);

    return flight && flight->candidate && flight->whole;
}

gboolean saving_is_idle(const Manager *self)
{
    return g_hash_table_size(self->flights) == 0 && store_writer_is_idle(self->writer);
}

const GError *saving_failure(const Manager *self, const ApiObject *object)
{
    const ApiObjectMeta *meta = api_object_meta(object);
    g_autofree char *key = object_key(object->info, meta->namespace, meta->name);
    const Unsaved *unsaved = g_hash_table_lookup(self->unsaved, key);

    return unsaved ? unsaved->error : NULL;
}

// ---- what the disk did not take --------------------------------------------------------------------------------

static gboolean retry(gpointer user_data);

static void arm(Manager *self)
{
    if (self->save_delay == 0)
        self->save_delay = FIRST_RETRY_SECONDS;
    if (self->save_timer == 0)
        self->save_timer = g_timeout_add_seconds(self->save_delay, retry, self);
}

static void stop_retrying(Manager *self)
{
    if (self->unsettled || g_hash_table_size(self->unsaved) > 0)
        return;
    g_clear_handle_id(&self->save_timer, g_source_remove);
    self->save_delay = FIRST_RETRY_SECONDS;
}

// Whether it was not.
static gboolean set_saved(Manager *self, const char *key)
{
    g_autofree char *topic = g_strconcat("saving ", key, NULL);

    if (!g_hash_table_remove(self->unsaved, key))
        return FALSE;
    manager_set_problem(self, topic, NULL);
    stop_retrying(self);
    return TRUE;
}

// Also an event of the guest, once.
static void tell_guest(Manager *self, const Place *place, const GError *error)
{
    const ApiObject *object = place_object(self, place);

    if (object)
        self->tell_unsaved(self, object, error);
}

static void set_unsaved(Manager *self, const Place *place, const GError *error)
{
    Unsaved *unsaved = g_new0(Unsaved, 1);
    g_autofree char *key = place_key(place);
    g_autofree char *topic = g_strconcat("saving ", key, NULL);
    g_autofree char *problem = g_strdup_printf(
        "the definition of %s \"%s%s%s\" on disk is not the one in use: %s; vmid tries again",
        place->info->kind, place->namespace ? place->namespace : "", place->namespace ? "/" : "",
        place->name, error->message);

    if (!g_hash_table_contains(self->unsaved, key))
        tell_guest(self, place, error);
    unsaved->place = place_copy(place);
    unsaved->error = g_error_copy(error);
    g_hash_table_replace(self->unsaved, g_steal_pointer(&key), unsaved);
    arm(self);
    manager_set_problem(self, topic, problem);
}

// Also of a deletion whose last step the disk refused: the mark is on disk again, and so is the wish.
static void look_again(Manager *self, const Place *place)
{
    const ApiObject *object = place_object(self, place);

    if (object)
        queue_add(self->queue, object);
}

static void note(Manager *self, const Place *place, const GError *error)
{
    g_autofree char *key = place_key(place);

    if (error)
        set_unsaved(self, place, error);
    else if (set_saved(self, key))
        look_again(self, place);
}

static gboolean settle(Store *store, gpointer input, GError **error)
{
    return store_settle(store, error);
}

// A change of several that is made, but that the disk has refused to carry out so far.
static void on_settled(const GError *error, gpointer user_data)
{
    Manager *self = user_data;
    gboolean set_aside = g_error_matches(error, VMI_ERROR, VMI_ERROR_INVALID);
    g_autofree char *problem = NULL;

    self->unsettled = error && !set_aside;
    if (set_aside)
        manager_add_problem(self, "%s", error->message);
    if (self->unsettled)
        problem = g_strdup_printf("a change of definitions could not be carried out on disk yet: "
                                  "%s; vmid tries again",
                                  error->message);
    manager_set_problem(self, "settling", problem);
    if (self->unsettled)
        arm(self);
    else
        stop_retrying(self);
    manager_check_drain(self);
}

static void check_settled(Manager *self)
{
    store_writer_run(self->writer, settle, NULL, on_settled, self);
}

// ---- states ----------------------------------------------------------------------------------------------------

static void save_over(Save *save, const GError *error)
{
    StoreWritten done = save->done;
    gpointer user_data = save->user_data;

    g_hash_table_remove(save->manager->saves, save);
    if (done)
        done(error, user_data);
}

static void on_saved(const GError *error, gpointer user_data)
{
    Save *save = user_data;
    Manager *self = save->manager;

    note(self, &save->place, error);
    save_over(save, error);
    manager_check_drain(self);
}

static Save *save_new(Manager *self, const Place *place, StoreWritten done, gpointer user_data)
{
    Save *save = g_new0(Save, 1);

    save->manager = self;
    save->place = place_copy(place);
    save->done = done;
    save->user_data = user_data;
    g_hash_table_add(self->saves, save);
    return save;
}

void saving_save_then(Manager *self, const ApiObject *object, gboolean urgent, StoreWritten done,
                      gpointer user_data)
{
    Flight *flight = find_flight(self, object);
    Place place = place_of(object);
    Save *save = save_new(self, &place, done, user_data);

    place_clear(&place);
    // Written now it would replace the new definition by the one in the table.
    if (flight) {
        flight->dirty = TRUE;
        flight->urgent |= urgent;
        g_ptr_array_add(flight->saves, save);
        return;
    }
    store_writer_write(self->writer, store_change_new(object, urgent), on_saved, save);
}

void saving_save(Manager *self, const ApiObject *object)
{
    saving_save_then(self, object, FALSE, NULL, NULL);
}

static ApiObject *with_status_of(const ApiObject *candidate, const ApiObject *current)
{
    ApiObject *merged = api_object_copy(candidate);
    const ApiField *status = api_type_find(candidate->info->type, "status");

    if (status) {
        api_field_clear(status, merged->data);
        api_field_copy(status, merged->data, current->data);
    }
    return merged;
}

static ApiObject *with_metadata_of(const ApiObject *candidate, const ApiObject *current)
{
    ApiObject *merged = api_object_copy(current);
    ApiObjectMeta **metadata = merged->data; // every kind begins with it

    api_object_meta_free(*metadata);
    *metadata = api_object_meta_copy(api_object_meta(candidate));
    object_keep_edits(*metadata, api_object_meta(current));
    return merged;
}

// What OBJECT, whose new definition has been written, is to be like on disk.
static ApiObject *merge(const Flight *flight, const ApiObject *object)
{
    return flight->whole ? with_status_of(flight->candidate, object)
                         : with_metadata_of(flight->candidate, object);
}

gboolean saving_save_wait(Manager *self, const ApiObject *object, gboolean urgent, GError **error)
{
    const Flight *flight = find_flight(self, object);
    gboolean written =
        flight && flight->request && store_writer_wait(self->writer, flight->request, NULL);
    g_autoptr(ApiObject) merged = written && flight->candidate ? merge(flight, object) : NULL;
    const StoreRequest *request = NULL;
    g_autoptr(GError) failure = NULL;
    Place place = place_of(object);

    if (!written || merged) {
        request =
            store_writer_write(self->writer, store_change_new(merged ? merged : object, urgent),
                               on_saved, save_new(self, &place, NULL, NULL));
        (void)!store_writer_wait(self->writer, request, &failure);
        note(self, &place, failure);
    }
    place_clear(&place);
    if (!failure)
        return TRUE;
    g_propagate_error(error, g_steal_pointer(&failure));
    return FALSE;
}

// ---- definitions -----------------------------------------------------------------------------------------------

// The table has it: what was to be saved meanwhile is. Where the next change of it is under way already, that goes first.
static void land(Manager *self, Flight *flight)
{
    const ApiObject *object = place_object(self, &flight->place);
    Flight *next = object ? find_flight(self, object) : NULL;

    if (next) {
        next->dirty |= flight->dirty;
        next->urgent |= flight->urgent;
        g_ptr_array_extend(next->saves, flight->saves, NULL, NULL);
        return;
    }
    for (guint i = 0; i < flight->saves->len; i++) {
        Save *save = flight->saves->pdata[i];

        if (object)
            store_writer_write(self->writer, store_change_new(object, flight->urgent), on_saved,
                               save);
        else
            save_over(save, NULL);
    }
}

static void group_over(Group *group)
{
    Manager *self = group->manager;

    for (guint i = 0; i < group->flights->len; i++) {
        g_autofree char *key = place_key(&((Flight *)group->flights->pdata[i])->place);

        g_hash_table_remove(self->flights, key);
    }
    group->done(group->error, group->user_data);
    for (guint i = 0; i < group->flights->len; i++)
        land(self, group->flights->pdata[i]);
    g_hash_table_remove(self->flight_groups, group);
    manager_check_drain(self);
}

static void on_brought_back(const GError *error, gpointer user_data)
{
    Flight *flight = user_data;
    Group *group = flight->group;

    // What could not be brought back is a problem now: that is all there is to say.
    note(group->manager, &flight->place, error);
    if (--group->settling == 0)
        group_over(group);
}

static StoreChange *change_to_table(Manager *self, const Place *place)
{
    const ApiObject *object = place_object(self, place);

    return object ? store_change_new(object, FALSE)
                  : store_change_new_delete(place->info, place->namespace, place->name);
}

// What is refused must not be there at the next start of vmid: a write that failed may have reached the disk.
static void bring_back(Group *group)
{
    Manager *self = group->manager;

    group->settling = group->flights->len;
    for (guint i = 0; i < group->flights->len; i++) {
        Flight *flight = group->flights->pdata[i];

        store_writer_write(self->writer, change_to_table(self, &flight->place), on_brought_back,
                           flight);
    }
}

static void on_written(const GError *error, gpointer user_data)
{
    Group *group = user_data;

    group->error = error ? g_error_copy(error) : NULL;
    for (guint i = 0; i < group->flights->len; i++)
        ((Flight *)group->flights->pdata[i])->request = NULL;
    if (error && group->keep) {
        bring_back(group);
        return;
    }
    for (guint i = 0; i < group->flights->len; i++)
        note(group->manager, &((const Flight *)group->flights->pdata[i])->place, error);
    if (group->flights->len > 1)
        check_settled(group->manager);
    group_over(group);
}

static Group *group_new(Manager *self, gboolean keep, StoreWritten done, gpointer user_data)
{
    Group *group = g_new0(Group, 1);

    group->manager = self;
    group->flights = g_ptr_array_new_with_free_func(flight_free);
    group->keep = keep;
    group->done = done;
    group->user_data = user_data;
    g_hash_table_add(self->flight_groups, group);
    return group;
}

static Flight *add_flight(Group *group, const ApiObject *object)
{
    Flight *flight = g_new0(Flight, 1);

    flight->group = group;
    flight->place = place_of(object);
    flight->saves = g_ptr_array_new();
    g_ptr_array_add(group->flights, flight);
    g_hash_table_insert(group->manager->flights, place_key(&flight->place), flight);
    return flight;
}

static void change_free(gpointer change)
{
    store_change_free(change);
}

void saving_commit(Manager *self, const GArray *changes, StoreWritten done, gpointer user_data)
{
    Group *group = group_new(self, TRUE, done, user_data);
    GPtrArray *texts = g_ptr_array_new_with_free_func(change_free);
    const StoreRequest *request = NULL;

    for (guint i = 0; i < changes->len; i++) {
        const SavingChange *change = &g_array_index(changes, SavingChange, i);
        Flight *flight = add_flight(group, change->candidate);

        flight->candidate = change->candidate;
        flight->whole = change->whole;
        g_ptr_array_add(texts, store_change_new(change->candidate, change->urgent));
    }
    request = store_writer_commit(self->writer, texts, on_written, group);
    for (guint i = 0; i < group->flights->len; i++)
        ((Flight *)group->flights->pdata[i])->request = request;
}

void saving_delete(Manager *self, const ApiObject *object, gboolean keep, StoreWritten done,
                   gpointer user_data)
{
    Group *group = group_new(self, keep, done, user_data);
    Flight *flight = add_flight(group, object);

    flight->request = store_writer_write(
        self->writer,
        store_change_new_delete(flight->place.info, flight->place.namespace, flight->place.name),
        on_written, group);
}

// ---- all of it -------------------------------------------------------------------------------------------------

static gboolean nothing(Store *store, gpointer input, GError **error)
{
    return TRUE;
}

void saving_after_all(Manager *self, StoreWritten done, gpointer user_data)
{
    store_writer_run(self->writer, nothing, NULL, done, user_data);
}

static void try_one(Manager *self, const char *key)
{
    const Unsaved *unsaved = g_hash_table_lookup(self->unsaved, key);
    Save *save = NULL;

    // What is in flight is settled by that.
    if (!unsaved || g_hash_table_contains(self->flights, key))
        return;
    save = save_new(self, &unsaved->place, NULL, NULL);
    store_writer_write(self->writer, change_to_table(self, &unsaved->place), on_saved, save);
}

void saving_try_all(Manager *self)
{
    g_autofree gpointer *borrowed = g_hash_table_get_keys_as_array(self->unsaved, NULL);
    g_auto(GStrv) keys = g_strdupv((char **)borrowed);

    if (self->unsettled)
        check_settled(self);
    for (guint i = 0; keys[i]; i++)
        try_one(self, keys[i]);
}

static gboolean retry(gpointer user_data)
{
    Manager *self = user_data;

    self->save_timer = 0;
    self->save_delay = MIN(self->save_delay * 2, MAX_RETRY_SECONDS);
    saving_try_all(self);
    return G_SOURCE_REMOVE;
}
