// SPDX-License-Identifier: LGPL-2.1-or-later
// Rules for the spec of a PersistentVolumeClaim.
#include "api/validate-internal.h"

static const char *const access_modes[] = {
    "ReadWriteOnce", "ReadWriteOncePod", "ReadWriteMany", "ReadOnlyMany", NULL,
};

static void check_access_modes(const ApiCheck *check, const GPtrArray *modes)
{
    if (!modes || modes->len == 0)
        api_check_warning(check, "spec", "accessModes", "write it out",
                          "a claim without accessModes is not portable to Kubernetes; "
                          "ReadWriteOnce is meant here");
    for (guint i = 0; modes && i < modes->len; i++) {
        g_autofree char *path = g_strdup_printf("spec.accessModes[%u]", i);
        const char *mode = modes->pdata[i];
        if (!g_strv_contains(access_modes, mode))
            api_check_error(check, path, NULL,
                            "use ReadWriteOnce, ReadWriteOncePod, ReadWriteMany or ReadOnlyMany",
                            "\"%s\" is not an access mode", mode);
    }
}

void api_validate_pvc(const ApiCheck *check, const ApiPvcSpec *spec)
{
    static const char requests[] = "spec.resources.requests";
    const GPtrArray *map = spec && spec->resources ? spec->resources->requests : NULL;
    const char *storage = api_map_get(map, "storage");
    if (!storage)
        api_check_error(check, requests, "storage", "give the size of the disk, such as 1Gi",
                        "spec.resources.requests.storage is required");
    else
        api_check_bytes(check, storage, API_IMAGE_MIN, requests, "storage");
    if (!spec)
        return;
    check_access_modes(check, spec->access_modes);
    if (spec->volume_mode == API_VOLUME_MODE_BLOCK)
        api_check_error(check, "spec", "volumeMode", "use Filesystem",
                        "volumeMode Block is not supported yet");
    if (api_text_is_set(spec->storage_class_name))
        api_check_name(check, API_NAME_SUBDOMAIN, spec->storage_class_name, "spec",
                       "storageClassName");
}
