// SPDX-License-Identifier: LGPL-2.1-or-later
// Reads text, looks at none of it. Stops reading where api/ would refuse the size anyway.
#include "cli/manifest-source.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "api/yaml.h"
#include "base/error.h"
#include "base/fd.h"
#include "cli/cli.h"

static void source_free(gpointer data)
{
    Source *self = data;

    g_free(self->name);
    g_free(self->text);
    g_free(self);
}

static gboolean read_all(int fd, const char *name, GString *text, GError **error)
{
    char buffer[65536];

    for (;;) {
        ssize_t n = read(fd, buffer, sizeof buffer);

        if (n < 0) {
            vmi_set_error_errno(error, errno, "could not read \"%s\"", name);
            return FALSE;
        }
        if (n == 0)
            return TRUE;
        g_string_append_len(text, buffer, n);
        if (text->len > API_YAML_MAX_BYTES) {
            g_set_error(error, VMI_ERROR, VMI_ERROR_TOO_LARGE,
                        "\"%s\" is larger than the %d MiB that a manifest may have", name,
                        API_YAML_MAX_BYTES >> 20);
            return FALSE;
        }
    }
}

// "<(...)" of a shell: somebody is writing already.
static gboolean is_descriptor(const char *name)
{
    return g_str_has_prefix(name, "/dev/fd/") || g_str_has_prefix(name, "/proc/self/fd/") ||
           strcmp(name, "/dev/stdin") == 0;
}

// Opens without waiting: nobody may ever write to a named FIFO, and devices do not end.
static int open_source(const char *name, GError **error)
{
    vmi_autofd int fd = open(name, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    struct stat st;

    if (fd < 0 || fstat(fd, &st) < 0) {
        vmi_set_error_errno(error, errno, "could not open \"%s\"", name);
        return -1;
    }
    if (!S_ISREG(st.st_mode) && !(S_ISFIFO(st.st_mode) && is_descriptor(name))) {
        g_set_error(error, VMI_ERROR, VMI_ERROR_INVALID,
                    "\"%s\" is no regular file, give a file or pipe the manifest to -f -", name);
        return -1;
    }
    if (fcntl(fd, F_SETFL, O_RDONLY) < 0) {
        vmi_set_error_errno(error, errno, "could not open \"%s\"", name);
        return -1;
    }
    return vmi_steal_fd(&fd);
}

static int open_standard_input(GError **error)
{
    int fd = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3);

    if (fd < 0)
        vmi_set_error_errno(error, errno, "could not open \"-\"");
    return fd;
}

static gboolean read_file(GPtrArray *sources, const char *name, GError **error)
{
    gboolean standard_input = strcmp(name, "-") == 0;
    vmi_autofd int fd = -1;
    g_autoptr(GString) text = g_string_new(NULL);
    Source *source;

    fd = standard_input ? open_standard_input(error) : open_source(name, error);
    if (fd < 0 || !read_all(fd, name, text, error))
        return FALSE;
    source = g_new0(Source, 1);
    source->name = g_strdup(name);
    source->length = text->len;
    source->text = g_string_free(g_steal_pointer(&text), FALSE);
    g_ptr_array_add(sources, source);
    return TRUE;
}

static gboolean is_manifest(const char *name)
{
    return g_str_has_suffix(name, ".yaml") || g_str_has_suffix(name, ".yml") ||
           g_str_has_suffix(name, ".json");
}

static int compare_names(gconstpointer a, gconstpointer b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static gboolean read_directory(GPtrArray *sources, const char *directory, GError **error)
{
    g_autoptr(GDir) dir = g_dir_open(directory, 0, error);
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    const char *entry;

    if (!dir)
        return FALSE;
    while ((entry = g_dir_read_name(dir)))
        if (is_manifest(entry))
            g_ptr_array_add(names, g_build_filename(directory, entry, NULL));
    g_ptr_array_sort(names, compare_names);
    if (names->len == 0) {
        g_set_error(error, VMI_ERROR, VMI_ERROR_NOT_FOUND,
                    "directory \"%s\" holds no *.yaml, *.yml or *.json file", directory);
        return FALSE;
    }
    for (guint i = 0; i < names->len; i++)
        if (!read_file(sources, names->pdata[i], error))
            return FALSE;
    return TRUE;
}

GPtrArray *sources_read(const Options *options, GError **error)
{
    g_autoptr(GPtrArray) sources = g_ptr_array_new_with_free_func(source_free);

    if (!options->files) {
        cli_set_usage_error(error, "no manifest given; say -f FILE, or -f - for standard input");
        return NULL;
    }
    for (guint i = 0; i < options->files->len; i++) {
        const char *name = options->files->pdata[i];
        gboolean ok = g_file_test(name, G_FILE_TEST_IS_DIR) ? read_directory(sources, name, error)
                                                            : read_file(sources, name, error);

        if (!ok)
            return NULL;
    }
    return g_steal_pointer(&sources);
}

char *source_ascribe(const Source *self, const char *message)
{
    g_auto(GStrv) lines = g_strsplit(message, "\n", -1);

    for (char **line = lines; *line; line++)
        if (g_str_has_prefix(*line, "-:") && g_ascii_isdigit((*line)[2])) {
            char *named = g_strconcat(self->name, *line + 1, NULL);

            g_free(*line);
            *line = named;
        }
    return g_strjoinv("\n", lines);
}
