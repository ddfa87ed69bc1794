// SPDX-License-Identifier: LGPL-2.1-or-later
// Reading definitions; see store.h. Owns the walk over the tree, the sweep of what a crash left half written, and
// setting aside what was read and is no definition. Never deletes a definition, nor moves one that it could not read.
#include "store/store-internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "api/yaml.h"
#include "base/error.h"
#include "base/fd.h"
#include "base/io.h"

typedef struct {
    const Store *store;
    StoreContents contents;
} Load;

// One directory being read; INFO and NAMESPACE are what its files must say they are.
typedef struct {
    int fd;
    const ApiKindInfo *info;
    const char *namespace; // NULL for cluster kinds
} Place;

typedef enum {
    FILE_READ,
    FILE_BAD,    // whatever it is, it is no definition
    FILE_FAILED, // errno says why it could not be read
} FileState;

static void unread_free(gpointer data)
{
    StoreUnread *self = data;

    g_free(self->namespace);
    g_free(self->name);
    g_free(self->problem);
    g_free(self);
}

gboolean store_unread_covers(const StoreUnread *self, const ApiKindInfo *info,
                             const char *namespace, const char *name)
{
    return self->info == info &&
           (!info->namespaced || !self->namespace || g_strcmp0(self->namespace, namespace) == 0) &&
           (!self->name || g_strcmp0(self->name, name) == 0);
}

// FILE NULL: the directory.
static char *place_describe(const Load *load, const Place *place, const char *file)
{
    return g_build_filename(load->store->path, place->info->plural,
                            place->namespace ? place->namespace : file,
                            place->namespace ? file : NULL, NULL);
}

static void add_unread(Load *load, const Place *place, const char *file, int errno_code)
{
    g_autofree char *path = place_describe(load, place, file);
    StoreUnread *unread = g_new0(StoreUnread, 1);

    unread->info = place->info;
    unread->namespace = g_strdup(place->namespace);
    unread->name = file ? g_strndup(file, strlen(file) - strlen(STORE_SUFFIX)) : NULL;
    unread->problem = g_strdup_printf("%s \"%s\" cannot be read: %s; vmid tries again, and leaves "
                                      "alone what may belong to %s",
                                      file ? "the definition" : "the directory of definitions",
                                      path, g_strerror(errno_code), file ? "it" : "them");
    g_ptr_array_add(load->contents.unread, unread);
}

static FileState examine(int fd, struct stat *st, GError **error)
{
    if (fd < 0 && errno == ELOOP) {
        g_set_error(error, VMI_ERROR, VMI_ERROR_INVALID, "it is a symbolic link");
        return FILE_BAD;
    }
    if (fd < 0 || fstat(fd, st) < 0)
        return FILE_FAILED;
    if (!S_ISREG(st->st_mode) || st->st_size > API_YAML_MAX_BYTES) {
        g_set_error(error, VMI_ERROR, VMI_ERROR_INVALID,
                    "it is no regular file of at most %d bytes", (int)API_YAML_MAX_BYTES);
        return FILE_BAD;
    }
    return FILE_READ;
}

// ERROR is set for a bad one only.
static FileState read_file(const Place *place, const char *file, char **ret_text, gsize *ret_length,
                           GError **error)
{
    vmi_autofd int fd = openat(place->fd, file, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    g_autofree char *text = NULL;
    struct stat st;
    FileState state = examine(fd, &st, error);

    if (state != FILE_READ)
        return state;
    text = g_malloc((gsize)st.st_size + 1);
    if (!vmi_read_all(fd, text, (gsize)st.st_size))
        return FILE_FAILED;
    text[st.st_size] = '\0';
    *ret_text = g_steal_pointer(&text);
    *ret_length = (gsize)st.st_size;
    return FILE_READ;
}

// The one object in TEXT, which must be the one that its place says.
static ApiObject *parse_object(const Place *place, const char *file, const char *text, gsize length,
                               GError **error)
{
    g_autoptr(ApiFindings) findings = api_findings_new(file);
    g_autoptr(GPtrArray) objects = api_manifest_parse_own(text, length, findings);
    g_autofree char *expected = g_strndup(file, strlen(file) - strlen(STORE_SUFFIX));
    ApiObject *object = NULL;
    ApiObjectMeta *meta = NULL;

    if (!api_findings_to_error(findings, error))
        return NULL;
    if (!objects || objects->len != 1) {
        g_set_error(error, VMI_ERROR, VMI_ERROR_INVALID, "it does not hold exactly one object");
        return NULL;
    }
    object = g_ptr_array_index(objects, 0);
    meta = api_object_meta(object);
    if (object->info != place->info || g_strcmp0(meta->name, expected) != 0 ||
        (place->namespace && g_strcmp0(meta->namespace, place->namespace) != 0)) {
        g_set_error(error, VMI_ERROR, VMI_ERROR_INVALID,
                    "it holds %s \"%s\", which belongs elsewhere", object->info->kind,
                    meta->name ? meta->name : "");
        return NULL;
    }
    g_clear_pointer(&object->root, api_node_unref);
    return g_ptr_array_steal_index(objects, 0);
}

// Keeps the file for a person to look at. An older one of that name gives way: the newer is closer to what was lost.
static void set_aside(Load *load, const Place *place, const char *file, const GError *why)
{
    g_autofree char *path = place_describe(load, place, file);
    g_autofree char *broken = g_strconcat(file, STORE_BROKEN_SUFFIX, NULL);

    if (renameat(place->fd, file, place->fd, broken) < 0)
        add_unread(load, place, file, errno);
    else
        g_ptr_array_add(load->contents.problems,
                        g_strdup_printf("definition \"%s\" moved aside as *" STORE_BROKEN_SUFFIX
                                        ": %s",
                                        path, why->message));
}

static void load_file(Load *load, const Place *place, const char *file)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *text = NULL;
    ApiObject *object = NULL;
    gsize length = 0;
    FileState state = read_file(place, file, &text, &length, &error);

    if (state == FILE_FAILED) {
        // Gone since it was listed.
        if (errno != ENOENT)
            add_unread(load, place, file, errno);
        return;
    }
    if (state == FILE_READ)
        object = parse_object(place, file, text, length, &error);
    if (object)
        g_ptr_array_add(load->contents.objects, object);
    else
        set_aside(load, place, file, error);
}

static void load_place(Load *load, const Place *place)
{
    g_autoptr(GPtrArray) names = vmi_list_dir(place->fd);

    if (!names)
        add_unread(load, place, NULL, errno);
    for (guint i = 0; names && i < names->len; i++) {
        const char *name = g_ptr_array_index(names, i);

        if (g_str_has_prefix(name, STORE_TEMP_PREFIX))
            unlinkat(place->fd, name, 0);
        else if (name[0] != '.' && g_str_has_suffix(name, STORE_SUFFIX))
            load_file(load, place, name);
    }
}

// A directory that could not be opened, for the reason in errno.
static void report_directory(Load *load, const Place *place)
{
    g_autofree char *path = place_describe(load, place, NULL);

    if (errno == ELOOP || errno == ENOTDIR)
        g_ptr_array_add(load->contents.problems,
                        g_strdup_printf("definitions in \"%s\" were not read: it is no directory "
                                        "of its own",
                                        path));
    else if (errno != ENOENT)
        add_unread(load, place, NULL, errno);
}

static void load_namespaces(Load *load, const Place *kind)
{
    g_autoptr(GPtrArray) names = vmi_list_dir(kind->fd);

    if (!names)
        add_unread(load, kind, NULL, errno);
    for (guint i = 0; names && i < names->len; i++) {
        Place place = { .info = kind->info, .namespace = g_ptr_array_index(names, i) };
        vmi_autofd int fd = -1;

        if (place.namespace[0] == '.')
            continue;
        place.fd = fd = store_open_dir(kind->fd, place.namespace, FALSE);
        if (fd >= 0)
            load_place(load, &place);
        else
            report_directory(load, &place);
    }
}

static void load_kind(Load *load, const ApiKindInfo *info)
{
    vmi_autofd int fd = store_open_dir(load->store->root_fd, info->plural, FALSE);
    const Place place = { .fd = fd, .info = info };

    if (fd < 0)
        report_directory(load, &place);
    else if (info->namespaced)
        load_namespaces(load, &place);
    else
        load_place(load, &place);
}

static void load_unread(Load *load, const StoreUnread *unread)
{
    vmi_autofd int fd = store_open_object_dir(load->store, unread->info, unread->namespace, FALSE);
    const Place place = { .fd = fd, .info = unread->info, .namespace = unread->namespace };
    g_autofree char *file = unread->name ? g_strconcat(unread->name, STORE_SUFFIX, NULL) : NULL;

    // What is around it was read, and is in use: only what is missing is looked at.
    if (fd < 0 && errno != ENOENT)
        add_unread(load, &place, file, errno);
    else if (fd >= 0 && file)
        load_file(load, &place, file);
    else if (fd >= 0)
        load_place(load, &place);
}

static void load_init(Load *load, const Store *store)
{
    load->store = store;
    load->contents.objects = g_ptr_array_new_with_free_func((GDestroyNotify)api_object_free);
    load->contents.problems = g_ptr_array_new_with_free_func(g_free);
    load->contents.unread = g_ptr_array_new_with_free_func(unread_free);
}

void store_contents_clear(StoreContents *self)
{
    g_clear_pointer(&self->objects, g_ptr_array_unref);
    g_clear_pointer(&self->problems, g_ptr_array_unref);
    g_clear_pointer(&self->unread, g_ptr_array_unref);
}

static void add_unread_kind(Load *load, const ApiKindInfo *info, const char *problem)
{
    StoreUnread *unread = g_new0(StoreUnread, 1);

    unread->info = info;
    unread->problem = g_strdup(problem);
    g_ptr_array_add(load->contents.unread, unread);
}

// What is on disk are not the definitions, as long as a change of several is not finished.
static gboolean settle(Load *load, Store *store, char **ret_problem)
{
    g_autoptr(GError) error = NULL;

    if (store_settle(store, &error))
        return TRUE;
    if (store->pending == STORE_NOTHING_PENDING) {
        g_ptr_array_add(load->contents.problems, g_strdup(error->message));
        return TRUE;
    }
    *ret_problem = g_strdup_printf("a change of definitions that was being made when vmid ended "
                                   "cannot be finished: %s; vmid tries again, and leaves alone "
                                   "what may belong to any",
                                   error->message);
    return FALSE;
}

void store_load(Store *self, StoreContents *ret_contents)
{
    Load load = { 0 };
    g_autofree char *problem = NULL;
    gboolean settled = FALSE;
    guint n_kinds = 0;
    const ApiKindInfo *kinds = api_kinds(&n_kinds);

    load_init(&load, self);
    (void)!store_sweep_temps(self->root_fd);
    settled = settle(&load, self, &problem);
    for (guint i = 0; i < n_kinds; i++) {
        if (kinds[i].type && settled)
            load_kind(&load, &kinds[i]);
        else if (kinds[i].type)
            add_unread_kind(&load, &kinds[i], problem);
    }
    *ret_contents = load.contents;
}

void store_load_unread(const Store *self, const GPtrArray *unread, StoreContents *ret_contents)
{
    Load load = { 0 };

    load_init(&load, self);
    for (guint i = 0; i < unread->len; i++) {
        const StoreUnread *one = g_ptr_array_index(unread, i);

        if (self->pending != STORE_NOTHING_PENDING)
            add_unread_kind(&load, one->info, one->problem);
        else if (one->info->namespaced ? !one->namespace : !one->name)
            load_kind(&load, one->info);
        else
            load_unread(&load, one);
    }
    *ret_contents = load.contents;
}
