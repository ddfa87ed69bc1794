// SPDX-License-Identifier: LGPL-2.1-or-later
// Making, saving and reading records; see record.h. What the members mean to the life of a run is machine.c's.
#include "runs/record.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "api/struct-text.h"
#include "base/error.h"
#include "base/fd.h"
#include "base/io.h"

enum {
    MAX_BYTES = 4 * 1024 * 1024, // of a record: thousands of disks
};

RunRecord *run_record_new(const char *kind, const char *namespace, const char *name,
                          const char *uid)
{
    RunRecord *self = api_run_record_new();

    self->version = (ApiInt){ TRUE, RUN_RECORD_VERSION };
    self->owner = api_run_owner_new();
    self->owner->kind = g_strdup(kind);
    self->owner->namespace = g_strdup(namespace);
    self->owner->name = g_strdup(name);
    self->owner->uid = g_strdup(uid);
    self->state = API_RUN_STATE_GONE;
    self->scope = layout_scope_name(namespace, name);
    return self;
}

RunPlug *run_record_plug(const RunRecord *self, const char *name)
{
    for (guint i = 0; self->plugs && i < self->plugs->len; i++) {
        RunPlug *plug = g_ptr_array_index(self->plugs, i);

        if (g_strcmp0(plug->name, name) == 0)
            return plug;
    }
    return NULL;
}

// ---- text ------------------------------------------------------------------------------------------------------

char *run_record_print(const RunRecord *self)
{
    return api_struct_print(&api_run_record_type, self);
}

static void refuse(ApiFindings *findings, const char *path, const char *what)
{
    api_findings_add(findings, API_FINDING_ERROR, 0, 0, path, NULL, "%s", what);
}

static void check_wants(const RunRecord *self, ApiFindings *findings)
{
    g_autoptr(GHashTable) ids = g_hash_table_new(g_int64_hash, g_int64_equal);

    for (guint i = 0; self->wants && i < self->wants->len; i++) {
        RunWant *want = g_ptr_array_index(self->wants, i);
        gboolean disk = want->wish == API_RUN_WISH_PLUG || want->wish == API_RUN_WISH_UNPLUG;

        if (want->id.value <= 0 || !g_hash_table_add(ids, &want->id.value))
            refuse(findings, "wants", "a want has no number of its own");
        if (disk && (!want->plugs || want->plugs->len != 1))
            refuse(findings, "wants", "a want to plug or unplug is not about one disk");
    }
}

static void check_plugs(const RunRecord *self, ApiFindings *findings)
{
    for (guint i = 0; self->plugs && i < self->plugs->len; i++) {
        RunPlug *plug = g_ptr_array_index(self->plugs, i);

        if (plug->state == API_RUN_PLUG_STATE_UNSET)
            refuse(findings, "plugs", "a disk has no state");
        if (run_record_plug(self, plug->name) != plug)
            refuse(findings, "plugs", "two disks have one name");
    }
}

// What the tables cannot say. The names become parts of paths and units.
static void check(const RunRecord *self, ApiFindings *findings)
{
    if (self->version.value != RUN_RECORD_VERSION)
        refuse(findings, "version", "the record was written by another version of vmid");
    if (strchr(self->owner->namespace, '/') || strchr(self->owner->name, '/'))
        refuse(findings, "owner", "a name contains '/'");
    check_wants(self, findings);
    check_plugs(self, findings);
}

RunRecord *run_record_parse(const char *file, const char *text, gsize length, GError **error)
{
    g_autoptr(ApiFindings) findings = api_findings_new(file);
    g_autoptr(ApiRunRecord) self = api_struct_parse(&api_run_record_type, text, length, findings);

    if (self)
        check(self, findings);
    if (!api_findings_to_error(findings, error))
        return NULL;
    if (!self)
        g_set_error(error, VMI_ERROR, VMI_ERROR_INVALID, "\"%s\" cannot be read", file);
    return g_steal_pointer(&self);
}

// ---- files -----------------------------------------------------------------------------------------------------

gboolean run_record_save(const RunRecord *self, const Layout *layout, GError **error)
{
    g_autofree char *path = layout_run_record(layout, self->owner->namespace, self->owner->name);
    g_autofree char *temporary = g_strconcat(path, ".new", NULL);
    g_autofree char *text = run_record_print(self);
    vmi_autofd int fd =
        open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);

    if (fd >= 0 && vmi_write_all(fd, text, strlen(text)) && rename(temporary, path) == 0)
        return TRUE;
    vmi_set_error_errno(error, errno, "cannot save the record of a run as \"%s\"", path);
    (void)unlink(temporary);
    return FALSE;
}

static char *read_whole(const char *path, gsize *ret_length, GError **error)
{
    vmi_autofd int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    g_autofree char *text = NULL;
    struct stat st;

    if (fd < 0 || fstat(fd, &st) < 0) {
        vmi_set_error_errno(error, errno, "cannot open the record of a run \"%s\"", path);
        return NULL;
    }
    if (!S_ISREG(st.st_mode) || st.st_size > MAX_BYTES) {
        g_set_error(error, VMI_ERROR, VMI_ERROR_INVALID,
                    "\"%s\" is no file of at most %d bytes, as the record of a run is", path,
                    MAX_BYTES);
        return NULL;
    }
    text = g_malloc((gsize)st.st_size + 1);
    if (!vmi_read_all(fd, text, (gsize)st.st_size)) {
        vmi_set_error_errno(error, errno, "cannot read the record of a run \"%s\"", path);
        return NULL;
    }
    text[st.st_size] = '\0';
    *ret_length = (gsize)st.st_size;
    return g_steal_pointer(&text);
}

RunRecord *run_record_load(const Layout *layout, const char *namespace, const char *name,
                           GError **error)
{
    g_autofree char *path = layout_run_record(layout, namespace, name);
    gsize length = 0;
    g_autofree char *text = read_whole(path, &length, error);
    g_autoptr(ApiRunRecord) self = text ? run_record_parse(path, text, length, error) : NULL;

    if (!self)
        return NULL;
    if (!g_str_equal(self->owner->namespace, namespace) || !g_str_equal(self->owner->name, name)) {
        g_set_error(error, VMI_ERROR, VMI_ERROR_CONFLICT, "\"%s\" is the record of \"%s/%s\"", path,
                    self->owner->namespace, self->owner->name);
        return NULL;
    }
    return g_steal_pointer(&self);
}

gboolean run_record_remove(const RunRecord *self, const Layout *layout, GError **error)
{
    g_autofree char *path = layout_run_record(layout, self->owner->namespace, self->owner->name);

    if (unlink(path) == 0 || errno == ENOENT)
        return TRUE;
    vmi_set_error_errno(error, errno, "cannot remove the record of a run \"%s\"", path);
    return FALSE;
}
