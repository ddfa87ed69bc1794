// SPDX-License-Identifier: LGPL-2.1-or-later
// Rules for spec.volumes: names, one source each, and what each supported source needs. Whether a claim, Secret or file
// exists is found out when the instance starts.
#include "api/validate-internal.h"

#include <string.h>

enum {
    PORTABLE_CLOUD_INIT = 2048,  // bytes; KubeVirt refuses more inline
    MAX_CLOUD_INIT = 512 * 1024, // bytes; more than any sensible seed
    MAX_PATH = 4096,
};

static void check_sources(const ApiCheck *check, const ApiVolume *volume, const char *path)
{
    g_autoptr(GPtrArray) sources = api_check_union(&api_volume_type, volume, "source");
    if (sources->len == 0)
        api_check_error(check, path, NULL,
                        "give it one, such as persistentVolumeClaim or emptyDisk",
                        "the volume has no source");
    else if (sources->len > 1)
        api_check_error(check, path, NULL, "keep one of them",
                        "a volume has one source; this has \"%s\" and \"%s\"",
                        (const char *)sources->pdata[0], (const char *)sources->pdata[1]);
}

static void check_claim(const ApiCheck *check, const ApiVolume *volume, const char *path)
{
    if (volume->persistent_volume_claim)
        api_check_name(check, API_NAME_CLAIM, volume->persistent_volume_claim->claim_name, path,
                       "persistentVolumeClaim.claimName");
}

static void check_ephemeral(const ApiCheck *check, const ApiVolume *volume, const char *path)
{
    if (!volume->ephemeral)
        return;
    const ApiEphemeralClaim *claim = volume->ephemeral->persistent_volume_claim;
    api_check_name(check, API_NAME_CLAIM, claim ? claim->claim_name : NULL, path,
                   "ephemeral.persistentVolumeClaim.claimName");
}

static void check_empty_disk(const ApiCheck *check, const ApiVolume *volume, const char *path)
{
    if (volume->empty_disk && volume->empty_disk->capacity)
        api_check_bytes(check, volume->empty_disk->capacity, API_IMAGE_MIN, path,
                        "emptyDisk.capacity");
}

static gboolean gate_is_on(const ApiCheck *check, const char *gate)
{
    return !check->context || !check->context->feature_gates ||
           g_strv_contains(check->context->feature_gates, gate);
}

// Absolute, and no step that is empty, "." or "..": what is checked is what is opened.
static gboolean path_is_clean(const char *path)
{
    if (path[0] != '/' || path[1] == '\0' || strlen(path) >= MAX_PATH)
        return FALSE;
    g_auto(GStrv) steps = g_strsplit(path + 1, "/", -1);
    for (char **step = steps; *step; step++) {
        if (**step == '\0' || g_str_equal(*step, ".") || g_str_equal(*step, ".."))
            return FALSE;
    }
    return TRUE;
}

static void check_host_disk(const ApiCheck *check, const ApiVolume *volume, const char *path)
{
    const ApiHostDiskSource *source = volume->host_disk;
    if (!source)
        return;
    if (!gate_is_on(check, "HostDisk"))
        api_check_error(check, path, "hostDisk", "switch on the feature gate HostDisk",
                        "hostDisk is switched off on this host");
    if (source->path && !path_is_clean(source->path))
        api_check_error(check, path, "hostDisk.path",
                        "begin with '/', and leave out '.', '..' and double slashes",
                        "\"%s\" is not the absolute path of a file", source->path);
    if (source->capacity && source->type == API_HOST_DISK_TYPE_DISK)
        api_check_error(check, path, "hostDisk.capacity", "remove it, or set type to DiskOrCreate",
                        "type Disk takes the file as it is, \"capacity\" makes no sense");
    else if (source->capacity)
        api_check_bytes(check, source->capacity, API_IMAGE_MIN, path, "hostDisk.capacity");
}

// One of user data and network data: where it may come from.
typedef struct {
    const char *what;
    const char *const names[4]; // the fields it may come from, NULL-terminated
    const char *text;
    const char *base64;
    const ApiLocalReference *reference;
} CloudInitPart;

static guint count_sources(const CloudInitPart *part)
{
    return (api_text_is_set(part->text) ? 1u : 0u) + (api_text_is_set(part->base64) ? 1u : 0u) +
           (part->reference ? 1u : 0u);
}

static void check_cloud_init_size(const ApiCheck *check, gsize size, const char *path,
                                  const char *field)
{
    if (size > MAX_CLOUD_INIT)
        api_check_error(check, path, field, "put it into a Secret, or fetch it in the guest",
                        "%" G_GSIZE_FORMAT " bytes are more than 512Ki", size);
    else if (size > PORTABLE_CLOUD_INIT)
        api_check_warning(
            check, path, field, "put it into a Secret",
            "%" G_GSIZE_FORMAT " bytes are not portable to KubeVirt, which takes 2048", size);
}

static void check_cloud_init_part(const ApiCheck *check, const CloudInitPart *part,
                                  const char *path)
{
    gsize size;
    if (count_sources(part) > 1)
        api_check_error(check, path, NULL, "keep one of them", "%s has one source: %s, %s or %s",
                        part->what, part->names[0], part->names[1], part->names[2]);
    if (part->text)
        check_cloud_init_size(check, strlen(part->text), path, part->names[0]);
    if (part->base64 && !api_base64_size(part->base64, &size))
        api_check_error(check, path, part->names[1],
                        strchr(part->base64, '%')
                            ? "it is escaped for a URL: write '=' for %3D, '+' for %2B, '/' for %2F"
                            : "encode it with base64, or use plain text",
                        "the value is not base64");
    else if (part->base64)
        check_cloud_init_size(check, size, path, part->names[1]);
    if (part->reference) {
        g_autofree char *name = g_strconcat(part->names[2], ".name", NULL);
        api_check_name(check, API_NAME_SUBDOMAIN, part->reference->name, path, name);
    }
}

static void check_user_data(const ApiCheck *check, const ApiCloudInitSource *source,
                            const char *path)
{
    gsize size;
    if (source->user_data)
        api_check_user_data(check, source->user_data, NULL, path, "userData");
    else if (source->user_data_base64 && api_base64_size(source->user_data_base64, &size))
        api_check_user_data(check, NULL, source->user_data_base64, path, "userDataBase64");
}

static void check_cloud_init(const ApiCheck *check, const ApiVolume *volume, const char *path)
{
    const ApiCloudInitSource *source = volume->cloud_init_no_cloud;
    if (!source)
        return;
    const CloudInitPart user = {
        "user data",        { "userData", "userDataBase64", "secretRef", NULL },
        source->user_data,  source->user_data_base64,
        source->secret_ref,
    };
    const CloudInitPart network = {
        "network data",
        { "networkData", "networkDataBase64", "networkDataSecretRef", NULL },
        source->network_data,
        source->network_data_base64,
        source->network_data_secret_ref,
    };
    g_autofree char *base = g_strconcat(path, ".cloudInitNoCloud", NULL);
    if (count_sources(&user) + count_sources(&network) == 0)
        api_check_error(check, base, NULL, "add userData, or secretRef",
                        "the seed has neither user data nor network data");
    check_cloud_init_part(check, &user, base);
    check_cloud_init_part(check, &network, base);
    check_user_data(check, source, base);
}

void api_validate_volumes(const ApiCheck *check, const ApiVmiSpec *spec)
{
    static void (*const rules[])(const ApiCheck *check, const ApiVolume *volume,
                                 const char *path) = {
        check_sources,    check_claim,     check_ephemeral,
        check_empty_disk, check_host_disk, check_cloud_init,
    };
    g_autoptr(GHashTable) names = g_hash_table_new(g_str_hash, g_str_equal);
    for (guint i = 0; spec->volumes && i < spec->volumes->len; i++) {
        const ApiVolume *volume = spec->volumes->pdata[i];
        g_autofree char *path = g_strdup_printf("spec.volumes[%u]", i);
        if (api_check_name(check, API_NAME_VOLUME, volume->name, path, "name"))
            api_check_unique(check, names, volume->name, "volume name", path, "name");
        for (guint rule = 0; rule < G_N_ELEMENTS(rules); rule++)
            rules[rule](check, volume, path);
    }
}
