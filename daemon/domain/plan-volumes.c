// SPDX-License-Identifier: LGPL-2.1-or-later
// Which image chain each volume source has, as a table: one row per source. It names paths and
// makes nothing. A source that is missing here has no image yet; storage/registry.c has the same
// rows with the work.

#include <stddef.h>

#include "domain/domain.h"

#define DEFAULT_POOL "default" // where every claim lives as long as there is one pool

typedef struct {
    const char *namespace, *name; // of the VMI
    const Layout *layout;
} Place;

static DomainImage *claim_image(const Place *place, const char *claim)
{
    g_autofree char *path =
        layout_claim_image(place->layout, DEFAULT_POOL, place->namespace, claim);

    return domain_image_new(path, "raw"); // a filesystem claim's disk.img is raw always
}

static DomainImage *scratch_image(const Place *place, const ApiVolume *volume, const char *suffix,
                                  const char *format)
{
    g_autofree char *path =
        layout_scratch_file(place->layout, place->namespace, place->name, volume->name, suffix);

    return domain_image_new(path, format);
}

static DomainImage *plan_claim(const Place *place, const ApiVolume *volume)
{
    DomainImage *image = claim_image(place, volume->persistent_volume_claim->claim_name);

    image->read_only = api_bool_or(volume->persistent_volume_claim->read_only, FALSE);
    return image;
}

static DomainImage *plan_ephemeral(const Place *place, const ApiVolume *volume)
{
    DomainImage *image = scratch_image(place, volume, ".qcow2", "qcow2");

    image->backing = claim_image(place, volume->ephemeral->persistent_volume_claim->claim_name);
    image->backing->read_only = TRUE;
    return image;
}

static DomainImage *plan_empty_disk(const Place *place, const ApiVolume *volume)
{
    return scratch_image(place, volume, ".qcow2", "qcow2");
}

static DomainImage *plan_host_disk(const Place *place, const ApiVolume *volume)
{
    return domain_image_new(volume->host_disk->path, "raw");
}

static DomainImage *plan_iso(const Place *place, const ApiVolume *volume)
{
    return scratch_image(place, volume, ".iso", "raw");
}

static const struct {
    gsize member; // of ApiVolume; the source is used when it is not NULL
    DomainImage *(*plan)(const Place *place, const ApiVolume *volume);
} plans[] = {
    { offsetof(ApiVolume, persistent_volume_claim), plan_claim },
    { offsetof(ApiVolume, ephemeral), plan_ephemeral },
    { offsetof(ApiVolume, empty_disk), plan_empty_disk },
    { offsetof(ApiVolume, host_disk), plan_host_disk },
    { offsetof(ApiVolume, cloud_init_no_cloud), plan_iso },
};

DomainImage *domain_plan_volume(const ApiVirtualMachineInstance *vmi, const ApiVolume *volume,
                                const Layout *layout)
{
    const Place place = { vmi->metadata->namespace, vmi->metadata->name, layout };
    const ApiDisk *disk = domain_disk_of_volume(vmi->spec, volume->name);

    for (gsize i = 0; i < G_N_ELEMENTS(plans); i++)
        if (G_STRUCT_MEMBER(gpointer, volume, plans[i].member)) {
            DomainImage *image = plans[i].plan(&place, volume);

            if (disk && domain_disk_is_read_only(disk))
                image->read_only = TRUE;
            return image;
        }
    return NULL;
}

GArray *domain_plan_volumes(const ApiVirtualMachineInstance *vmi, const Layout *layout)
{
    const GPtrArray *volumes = vmi->spec->volumes;
    GArray *plan = g_array_new(FALSE, TRUE, sizeof(DomainVolume));

    for (guint i = 0; volumes && i < volumes->len; i++) {
        DomainVolume planned = {
            .image = domain_plan_volume(vmi, g_ptr_array_index(volumes, i), layout),
            .direct_io = TRUE,
        };

        g_array_append_val(plan, planned);
    }
    return plan;
}
