// SPDX-License-Identifier: LGPL-2.1-or-later
// See facts.h.
#include "runs/facts.h"

#include <string.h>
#include <sys/stat.h>

#include "runs/reserve.h"
#include "runs/uses.h"

static RunRecord *facts_new(const GuestRun *guest)
{
    RunRecord *self = api_run_record_new();

    self->domain_uuid = g_strdup(guest->domain_uuid);
    self->scope = g_strdup(guest->scope);
    self->machine = g_strdup(guest->machine);
    self->pid = (ApiInt){ TRUE, guest->pid };
    return self;
}

static RunPlug *add_plug(RunRecord *self, const char *name)
{
    RunPlug *plug = api_run_plug_new();

    plug->name = g_strdup(name);
    plug->state = API_RUN_PLUG_STATE_PLUGGED;
    if (!self->plugs)
        self->plugs = api_list_new(&api_run_plug_type);
    g_ptr_array_add(self->plugs, plug);
    return plug;
}

static void add_use(RunPlug *plug, const char *kind, const char *name, ApiRunAccess access)
{
    RunUse *use = api_run_use_new();

    use->kind = g_strdup(kind);
    use->name = g_strdup(name);
    use->access = access;
    if (!plug->uses)
        plug->uses = api_list_new(&api_run_use_type);
    g_ptr_array_add(plug->uses, use);
}

// ---- a start ---------------------------------------------------------------------------------------------------

static void add_forwards(RunRecord *self, const GPtrArray *forwards)
{
    self->forwards = api_list_new(&api_run_forward_type);
    for (guint i = 0; i < forwards->len; i++) {
        const DomainForward *forward = g_ptr_array_index(forwards, i);
        ApiRunForward *copy = api_run_forward_new();

        copy->protocol = g_strdup(forward->protocol);
        copy->address = g_strdup(forward->address);
        copy->host_port = (ApiInt){ TRUE, forward->host_port };
        copy->guest_port = (ApiInt){ TRUE, forward->guest_port };
        g_ptr_array_add(self->forwards, copy);
    }
}

static const char *place_of(const GuestRun *guest, const char *volume)
{
    for (guint i = 0; i < guest->volumes->len; i++) {
        const GuestVolume *described = g_ptr_array_index(guest->volumes, i);

        if (g_strcmp0(described->name, volume) == 0)
            return described->place;
    }
    return NULL;
}

RunRecord *facts_of_started(const GuestRun *guest)
{
    RunRecord *self = facts_new(guest);

    add_forwards(self, guest->forwards);
    self->warnings = api_list_new(NULL);
    for (guint i = 0; i < guest->warnings->len; i++)
        g_ptr_array_add(self->warnings, g_strdup(g_ptr_array_index(guest->warnings, i)));
    for (guint i = 0; i < guest->disks->len; i++) {
        const DomainDiskPlan *disk = g_ptr_array_index(guest->disks, i);
        RunPlug *plug = add_plug(self, disk->volume);

        plug->target = g_strdup(disk->target);
        plug->place = g_strdup(place_of(guest, disk->volume));
    }
    return self;
}

// ---- a guest that was found ------------------------------------------------------------------------------------

// PATH is a claim's, in the namespace of the guest: its name. Owned, or NULL.
static char *claim_of(const char *path, const char *namespace, const Layout *layout)
{
    g_autofree char *directory = path ? g_path_get_dirname(path) : NULL;
    g_autofree char *claim = directory ? g_path_get_basename(directory) : NULL;
    g_autofree char *image = NULL;

    if (!path || !*path || strchr(claim, '/') || g_str_equal(claim, "."))
        return NULL;
    image = layout_claim_image(layout, STORAGE_DEFAULT_POOL, namespace, claim);
    return g_str_equal(image, path) ? g_steal_pointer(&claim) : NULL;
}

// The file of a hostDisk has no name that tells it from others.
static void add_file(RunPlug *plug, const char *path)
{
    StorageLook look = { 0 };
    g_autofree char *name = NULL;
    struct stat st;

    if (!path || stat(path, &st) < 0)
        return;
    look.device = st.st_dev;
    look.inode = st.st_ino;
    name = facts_file_name(&look);
    add_use(plug, RUN_USE_FILE, name, API_RUN_ACCESS_WRITE);
}

static void add_claim(RunPlug *plug, const char *path, ApiRunAccess access, const GuestRun *guest,
                      const Layout *layout)
{
    g_autofree char *claim = claim_of(path, guest->namespace, layout);

    if (claim)
        add_use(plug, RUN_USE_CLAIM, claim, access);
}

// QEMU has them open, whatever was written down.
static void add_found_disks(RunRecord *self, const GuestRun *guest, const Layout *layout,
                            gboolean look)
{
    RunPlug *plug = NULL;

    self->plugs = api_list_new(&api_run_plug_type);
    for (guint i = 0; i < guest->disks->len; i++) {
        const DomainDiskPlan *disk = g_ptr_array_index(guest->disks, i);

        plug = add_plug(self, disk->volume);
        plug->target = g_strdup(disk->target);
        add_claim(plug, disk->image, API_RUN_ACCESS_WRITE, guest, layout);
        if (look && !plug->uses)
            add_file(plug, disk->image);
        // Which of the disks is backed by them does not matter here.
        for (guint n = 0; i == 0 && n < guest->bases->len; n++)
            add_claim(plug, g_ptr_array_index(guest->bases, n), API_RUN_ACCESS_READ, guest, layout);
    }
}

RunRecord *facts_of_found(const GuestRun *guest, const Layout *layout, gboolean look)
{
    RunRecord *self = facts_new(guest);

    // libvirt says nothing of one that it has lost.
    if (!guest->unreachable)
        add_found_disks(self, guest, layout, look);
    return self;
}

void facts_complete(GuestRun *guest, const RunRecord *record)
{
    g_free(guest->machine);
    guest->machine = g_strdup(record->machine);
    for (guint i = 0; record->warnings && i < record->warnings->len; i++)
        g_ptr_array_add(guest->warnings, g_strdup(g_ptr_array_index(record->warnings, i)));
    for (guint i = 0; record->forwards && i < record->forwards->len; i++) {
        const ApiRunForward *forward = g_ptr_array_index(record->forwards, i);
        DomainForward *copy = g_new0(DomainForward, 1);

        copy->protocol = g_strdup(forward->protocol);
        copy->address = g_strdup(forward->address);
        copy->host_port = (guint16)forward->host_port.value;
        copy->guest_port = (guint16)forward->guest_port.value;
        g_ptr_array_add(guest->forwards, copy);
    }
}

// ---- disks -----------------------------------------------------------------------------------------------------

char *facts_file_name(const StorageLook *look)
{
    return g_strdup_printf("%" G_GUINT64_FORMAT ":%" G_GUINT64_FORMAT, look->device, look->inode);
}

RunRecord *facts_of_looks(const GPtrArray *looks)
{
    RunRecord *self = api_run_record_new();

    for (guint i = 0; i < looks->len; i++) {
        const StorageLook *look = g_ptr_array_index(looks, i);
        g_autofree char *name = NULL;

        // Claims are known by their names.
        if (look->claim)
            continue;
        name = facts_file_name(look);
        add_use(add_plug(self, look->volume), RUN_USE_FILE, name,
                look->read_only ? API_RUN_ACCESS_READ : API_RUN_ACCESS_WRITE);
    }
    return self;
}

RunRecord *facts_of_disk(const DomainDiskPlan *disk, const char *place)
{
    RunRecord *self = api_run_record_new();
    RunPlug *plug = add_plug(self, disk->volume);

    plug->target = g_strdup(disk->target);
    plug->place = g_strdup(place);
    return self;
}
