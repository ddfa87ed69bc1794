// SPDX-License-Identifier: LGPL-2.1-or-later
// The manifests of the host; see manifests.h.
#include "manager/manifests.h"

#include <string.h>
#include <syslog.h>

#include "api/yaml.h"
#include "base/error.h"
#include "manager/instance.h"
#include "manager/job.h"
#include "manager/log.h"
#include "manager/saving.h"
#include "manager/status.h"

static gboolean is_manifest(const char *name)
{
    return name[0] != '.' && (g_str_has_suffix(name, ".yaml") || g_str_has_suffix(name, ".yml") ||
                              g_str_has_suffix(name, ".json"));
}

static int compare_names(gconstpointer a, gconstpointer b)
{
    g_autofree char *x = g_path_get_basename(*(const char *const *)a);
    g_autofree char *y = g_path_get_basename(*(const char *const *)b);

    return strcmp(x, y);
}

// Paths in the order of their file names; an earlier directory hides the files of later ones.
static GPtrArray *find_files(Manager *self)
{
    GPtrArray *paths = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

    for (guint i = 0; self->config->manifest_directories[i]; i++) {
        const char *directory = self->config->manifest_directories[i];
        g_autoptr(GError) error = NULL;
        g_autoptr(GDir) dir = g_dir_open(directory, 0, &error);
        const char *name = NULL;

        if (!dir && !g_error_matches(error, G_FILE_ERROR, G_FILE_ERROR_NOENT))
            manager_add_problem(self, "the manifests of \"%s\" cannot be read: %s", directory,
                                error->message);
        while (dir && (name = g_dir_read_name(dir)))
            if (is_manifest(name) && g_hash_table_add(seen, g_strdup(name)))
                g_ptr_array_add(paths, g_build_filename(directory, name, NULL));
    }
    g_ptr_array_sort(paths, compare_names);
    return paths;
}

static void start_after_boot(Manager *self, const ManagerApplyResult *result)
{
    Instance *instance = instance_find(self, result->namespace, result->name);

    if (!instance || instance->public.job || instance->public.run ||
        !status_is_final(instance_phase(instance)))
        return;
    // Saved: the boot counts as handled before the job begins.
    instance_set_phase(instance, API_VMI_PHASE_PENDING, NULL, NULL);
    instance_save_or_warn(instance);
    job_new(instance, MANAGER_JOB_START);
}

static void log_skipped(const char *path, const ManagerApplyResult *result)
{
    g_autofree char *message =
        g_strdup_printf("%s \"%s\" of \"%s\" is skipped, as its kind has no effect here: %s",
                        result->kind, result->name, path, api_companion_find(result->kind)->note);

    log_message(LOG_WARNING, &(LogContext){ 0 }, message);
}

typedef struct {
    Manager *manager;
    GPtrArray *paths; // char *
    guint next;       // of PATHS
    StoreWritten done;
    gpointer user_data;
} Manifests;

static void manifests_free(Manifests *self)
{
    g_ptr_array_unref(self->paths);
    g_free(self);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Manifests, manifests_free)

static const char *path_of(const Manifests *self)
{
    return g_ptr_array_index(self->paths, self->next);
}

static GPtrArray *read_file(Manager *self, const char *path, GError **error)
{
    g_autofree char *text = NULL;
    gsize length = 0;
    const ApiValidateContext context = manager_validate_context(self);

    // A fifo would be waited for.
    if (!g_file_test(path, G_FILE_TEST_IS_REGULAR)) {
        g_set_error(error, VMI_ERROR, VMI_ERROR_INVALID, "it is not a regular file");
        return NULL;
    }
    if (!g_file_get_contents(path, &text, &length, error))
        return NULL;
    if (length > API_YAML_MAX_BYTES) {
        g_set_error(error, VMI_ERROR, VMI_ERROR_TOO_LARGE, "a manifest may have at most %d bytes",
                    (int)API_YAML_MAX_BYTES);
        return NULL;
    }
    return manager_parse(&context, path, text, length, error);
}

static void apply_next(Manifests *self);

static void note_results(const Manifests *self, const GPtrArray *results)
{
    const ApiKindInfo *vmi = api_kind_find("VirtualMachineInstance");

    for (guint i = 0; i < results->len; i++) {
        const ManagerApplyResult *result = g_ptr_array_index(results, i);

        if (g_str_equal(result->action, "skipped"))
            log_skipped(path_of(self), result);
        else if (self->manager->new_boot && g_str_equal(result->kind, vmi->kind))
            start_after_boot(self->manager, result);
    }
}

static void on_applied(const GPtrArray *results, const GError *error, gpointer user_data)
{
    Manifests *self = user_data;

    if (error) {
        g_autofree char *message = g_strdup(error->message);

        manager_add_problem(self->manager, "the manifest \"%s\" was not applied: %s", path_of(self),
                            g_strstrip(message));
    } else {
        note_results(self, results);
    }
    self->next++;
    apply_next(self);
}

static void on_all_saved(const GError *error, gpointer user_data)
{
    g_autoptr(Manifests) self = user_data;

    self->done(NULL, self->user_data);
}

static void apply_next(Manifests *self)
{
    const ManagerApplyOptions options = { 0 };
    g_autoptr(GPtrArray) objects = NULL;
    g_autoptr(GError) error = NULL;

    if (self->next == self->paths->len) {
        saving_after_all(self->manager, on_all_saved, self);
        return;
    }
    objects = read_file(self->manager, path_of(self), &error);
    if (objects)
        manager_apply(self->manager, objects, &options, on_applied, self);
    else
        on_applied(NULL, error, self);
}

void manifests_apply(Manager *manager, StoreWritten done, gpointer user_data)
{
    Manifests *self = g_new0(Manifests, 1);

    *self = (Manifests){
        .manager = manager, .paths = find_files(manager), .done = done, .user_data = user_data
    };
    apply_next(self);
}
