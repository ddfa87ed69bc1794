// SPDX-License-Identifier: LGPL-2.1-or-later
// Reads files in the syntax of systemd.syntax(7): sections, Name=value, comments, lines continued by a backslash; and
// collects drop-ins. Knows no setting. GKeyFile does not do: it keeps no line numbers and merges repeated keys.
#include "config/config-file.h"

#include <string.h>

#include "base/error.h"

#define MAIN_FILE "/etc/vmi/vmid.conf"

static const char *const standard_dropins[] = {
    "/etc/vmi/vmid.conf.d",
    "/run/vmi/vmid.conf.d",
    "/usr/lib/vmi/vmid.conf.d",
    NULL,
};

typedef struct {
    Config *config;
    GPtrArray *warnings;
    const char *file;
    guint line;
    char *section; // or NULL before the first
} Reader;

static void warn(Reader *reader, const char *what, const char *name)
{
    g_ptr_array_add(reader->warnings, g_strdup_printf("%s:%u: %s \"%s\" is ignored", reader->file,
                                                      reader->line, what, name));
}

static gboolean read_assignment(Reader *reader, char *text, GError **error)
{
    char *equals = strchr(text, '=');
    const char *name = NULL;

    if (!equals || equals == text) {
        g_set_error(error, VMI_ERROR, VMI_ERROR_INVALID,
                    "%s:%u: \"%s\" is not of the form Name=value", reader->file, reader->line,
                    text);
        return FALSE;
    }
    *equals = '\0';
    name = g_strstrip(text);
    if (g_strcmp0(reader->section, CONFIG_SECTION) != 0) {
        // The section was warned about when it began.
        if (!reader->section)
            warn(reader, "outside of [" CONFIG_SECTION "], the setting", name);
        return TRUE;
    }
    switch (config_assign(reader->config, name, g_strstrip(equals + 1), error)) {
    case CONFIG_ASSIGN_INVALID:
        g_prefix_error(error, "%s:%u: ", reader->file, reader->line);
        return FALSE;
    case CONFIG_ASSIGN_UNKNOWN:
        warn(reader, "the unknown setting", name);
        return TRUE;
    case CONFIG_ASSIGN_OK:
        return TRUE;
    }
    g_assert_not_reached();
}

// One logical line: stripped, continuation lines already joined.
static gboolean read_line(Reader *reader, char *text, GError **error)
{
    gsize length = strlen(text);

    if (length == 0)
        return TRUE;
    if (text[0] != '[')
        return read_assignment(reader, text, error);
    if (text[length - 1] != ']') {
        g_set_error(error, VMI_ERROR, VMI_ERROR_INVALID, "%s:%u: \"%s\" lacks the closing bracket",
                    reader->file, reader->line, text);
        return FALSE;
    }
    g_free(reader->section);
    reader->section = g_strndup(text + 1, length - 2);
    if (!g_str_equal(reader->section, CONFIG_SECTION) && !g_str_has_prefix(reader->section, "X-"))
        warn(reader, "the unknown section", reader->section);
    return TRUE;
}

static gboolean is_comment(const char *text)
{
    return *text == '#' || *text == ';';
}

// Joins lines that end in a backslash; comment lines between them are left out, as systemd does.
static gboolean read_lines(Reader *reader, char **lines, GError **error)
{
    g_autoptr(GString) joined = g_string_new(NULL);
    gboolean open = FALSE;

    for (guint i = 0; lines[i]; i++) {
        char *text = g_strstrip(lines[i]);
        gsize length = strlen(text);

        if (is_comment(text))
            continue;
        if (!open)
            reader->line = i + 1;
        open = length > 0 && text[length - 1] == '\\';
        if (open)
            text[length - 1] = ' ';
        g_string_append(joined, text);
        if (open)
            continue;
        if (!read_line(reader, g_strstrip(joined->str), error))
            return FALSE;
        g_string_truncate(joined, 0);
    }
    return read_line(reader, g_strstrip(joined->str), error);
}

static gboolean read_file(Config *config, const char *file, gboolean optional, GPtrArray *warnings,
                          GError **error)
{
    g_autoptr(GError) local = NULL;
    g_autofree char *text = NULL;
    g_auto(GStrv) lines = NULL;
    Reader reader = { .config = config, .warnings = warnings, .file = file };
    gboolean good = FALSE;

    if (!g_file_get_contents(file, &text, NULL, &local)) {
        if (optional && g_error_matches(local, G_FILE_ERROR, G_FILE_ERROR_NOENT))
            return TRUE;
        g_propagate_error(error, g_steal_pointer(&local));
        return FALSE;
    }
    lines = g_strsplit(text, "\n", -1);
    good = read_lines(&reader, lines, error);
    g_free(reader.section);
    return good;
}

static int compare_names(gconstpointer a, gconstpointer b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

// NAMES: sorted file names, borrowed from the returned table of name -> path.
static GHashTable *find_dropins(const char *const *directories, GPtrArray *names)
{
    GHashTable *paths = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);

    for (guint i = 0; directories[i]; i++) {
        g_autoptr(GDir) dir = g_dir_open(directories[i], 0, NULL);
        const char *name = NULL;

        while (dir && (name = g_dir_read_name(dir))) {
            if (*name == '.' || !g_str_has_suffix(name, ".conf") ||
                g_hash_table_contains(paths, name))
                continue;
            g_hash_table_insert(paths, g_strdup(name),
                                g_build_filename(directories[i], name, NULL));
        }
    }
    GHashTableIter iter;
    gpointer key = NULL;
    g_hash_table_iter_init(&iter, paths);
    while (g_hash_table_iter_next(&iter, &key, NULL))
        g_ptr_array_add(names, key);
    g_ptr_array_sort(names, compare_names);
    return paths;
}

static Config *load(const char *file, gboolean optional, const char *const *dropin_directories,
                    gboolean user, GPtrArray **ret_warnings, GError **error)
{
    g_autoptr(Config) config = config_new();
    g_autoptr(GPtrArray) warnings = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GPtrArray) names = g_ptr_array_new();
    g_autoptr(GHashTable) paths = find_dropins(dropin_directories, names);

    if (user)
        config_use_user_directories(config);
    if (!read_file(config, file, optional, warnings, error))
        return NULL;
    for (guint i = 0; i < names->len; i++)
        if (!read_file(config, g_hash_table_lookup(paths, g_ptr_array_index(names, i)), TRUE,
                       warnings, error))
            return NULL;
    if (user)
        config_drop_privileged(config);
    if (!config_check(config, error))
        return NULL;
    *ret_warnings = g_steal_pointer(&warnings);
    return g_steal_pointer(&config);
}

Config *config_load_from(const char *file, const char *const *dropin_directories,
                         GPtrArray **ret_warnings, GError **error)
{
    return load(file, TRUE, dropin_directories, FALSE, ret_warnings, error);
}

static Config *load_of_user(GPtrArray **ret_warnings, GError **error)
{
    g_autofree char *dir = g_build_filename(g_get_user_config_dir(), "vmi", NULL);
    g_autofree char *file = g_build_filename(dir, "vmid.conf", NULL);
    g_autofree char *dropins = g_build_filename(dir, "vmid.conf.d", NULL);

    return load(file, TRUE, (const char *const[]){ dropins, NULL }, TRUE, ret_warnings, error);
}

Config *config_load(const char *file, gboolean user, GPtrArray **ret_warnings, GError **error)
{
    static const char *const none[] = { NULL };

    if (file)
        return load(file, FALSE, none, user, ret_warnings, error);
    return user ? load_of_user(ret_warnings, error)
                : load(MAIN_FILE, TRUE, standard_dropins, FALSE, ret_warnings, error);
}
