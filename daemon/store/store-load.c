// SPDX-License-Identifier: LGPL-2.1-or-later
// Reading definitions; see store.h. Owns the walk over the tree, the sweep of what a crash left half written, and
// setting aside what cannot be read. Never deletes a definition.
#include "store/store-internal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "api/yaml.h"
#include "base/error.h"
#include "base/fd.h"

typedef struct {
    const Store *store;
    GPtrArray *objects;  // ApiObject
    GPtrArray *problems; // char *
} Load;

// One directory being read; INFO and NAMESPACE are what its files must say they are.
typedef struct {
    int fd;
    const ApiKindInfo *info;
    const char *namespace; // NULL for cluster kinds
} Place;

static DIR *open_stream(int fd)
{
    int copy = fcntl(fd, F_DUPFD_CLOEXEC, 3);
    DIR *stream = copy >= 0 ? fdopendir(copy) : NULL;

    if (!stream && copy >= 0)
        close(copy);
    return stream;
}

static void close_stream(DIR **stream)
{
    if (*stream)
        closedir(*stream);
}

#define autodir __attribute__((cleanup(close_stream)))

static char *place_describe(const Load *load, const Place *place, const char *file)
{
    return g_build_filename(load->store->path, place->info->plural,
                            place->namespace ? place->namespace : file,
                            place->namespace ? file : NULL, NULL);
}

static char *read_file(const Place *place, const char *file, gsize *ret_length, GError **error)
{
    vmi_autofd int fd = openat(place->fd, file, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    g_autofree char *text = NULL;
    struct stat st;
    gsize length = 0;

    if (fd < 0 && errno == ELOOP) {
        g_set_error(error, VMI_ERROR, VMI_ERROR_INVALID, "it is a symbolic link");
        return NULL;
    }
    if (fd < 0 || fstat(fd, &st) < 0) {
        vmi_set_error_errno(error, errno, "it cannot be read");
        return NULL;
    }
    if (!S_ISREG(st.st_mode) || st.st_size > API_YAML_MAX_BYTES) {
        g_set_error(error, VMI_ERROR, VMI_ERROR_INVALID,
                    "it is no regular file of at most %d bytes", (int)API_YAML_MAX_BYTES);
        return NULL;
    }
    text = g_malloc((gsize)st.st_size + 1);
    while (length < (gsize)st.st_size) {
        ssize_t n = read(fd, text + length, (gsize)st.st_size - length);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0) {
            vmi_set_error_errno(error, errno, "it cannot be read");
            return NULL;
        }
        if (n == 0)
            break;
        length += (gsize)n;
    }
    text[length] = '\0';
    *ret_length = length;
    return g_steal_pointer(&text);
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
    const char *outcome = "moved aside as *" STORE_BROKEN_SUFFIX;

    if (renameat(place->fd, file, place->fd, broken) < 0)
        outcome = "could not be moved aside";
    g_ptr_array_add(load->problems,
                    g_strdup_printf("definition \"%s\" %s: %s", path, outcome, why->message));
}

static void load_file(Load *load, const Place *place, const char *file)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *text = NULL;
    ApiObject *object = NULL;
    gsize length = 0;

    text = read_file(place, file, &length, &error);
    if (text)
        object = parse_object(place, file, text, length, &error);
    if (object)
        g_ptr_array_add(load->objects, object);
    else
        set_aside(load, place, file, error);
}

static void load_place(Load *load, const Place *place)
{
    autodir DIR *stream = open_stream(place->fd);
    const struct dirent *entry = NULL;

    while (stream && (entry = readdir(stream))) {
        if (g_str_has_prefix(entry->d_name, STORE_TEMP_PREFIX))
            unlinkat(place->fd, entry->d_name, 0);
        else if (entry->d_name[0] != '.' && g_str_has_suffix(entry->d_name, STORE_SUFFIX))
            load_file(load, place, entry->d_name);
    }
}

static void report_directory(Load *load, const ApiKindInfo *info, const char *name, int errno_code)
{
    g_ptr_array_add(load->problems,
                    g_strdup_printf("definitions in \"%s/%s%s%s\" were not read: %s",
                                    load->store->path, info->plural, name ? "/" : "",
                                    name ? name : "",
                                    errno_code == ELOOP || errno_code == ENOTDIR
                                        ? "it is no directory of its own"
                                        : g_strerror(errno_code)));
}

static void load_namespaces(Load *load, const ApiKindInfo *info, int kind_fd)
{
    autodir DIR *stream = open_stream(kind_fd);
    const struct dirent *entry = NULL;

    while (stream && (entry = readdir(stream))) {
        vmi_autofd int fd = -1;

        if (entry->d_name[0] == '.')
            continue;
        fd = store_open_dir(kind_fd, entry->d_name, FALSE);
        if (fd >= 0)
            load_place(load, &(Place){ .fd = fd, .info = info, .namespace = entry->d_name });
        else
            report_directory(load, info, entry->d_name, errno);
    }
}

static void load_kind(Load *load, const ApiKindInfo *info)
{
    vmi_autofd int fd = store_open_dir(load->store->root_fd, info->plural, FALSE);

    if (fd < 0 && errno != ENOENT)
        report_directory(load, info, NULL, errno);
    if (fd < 0)
        return;
    if (info->namespaced)
        load_namespaces(load, info, fd);
    else
        load_place(load, &(Place){ .fd = fd, .info = info });
}

GPtrArray *store_load(Store *self, GPtrArray **ret_problems, GError **error)
{
    g_autoptr(GPtrArray) objects = g_ptr_array_new_with_free_func((GDestroyNotify)api_object_free);
    g_autoptr(GPtrArray) problems = g_ptr_array_new_with_free_func(g_free);
    Load load = { .store = self, .objects = objects, .problems = problems };
    guint n_kinds = 0;
    const ApiKindInfo *kinds = api_kinds(&n_kinds);
    struct stat st;

    if (fstat(self->root_fd, &st) < 0) {
        vmi_set_error_errno(error, errno, "cannot read \"%s\"", self->path);
        return NULL;
    }
    for (guint i = 0; i < n_kinds; i++)
        if (kinds[i].type)
            load_kind(&load, &kinds[i]);
    *ret_problems = g_steal_pointer(&problems);
    return g_steal_pointer(&objects);
}
