// SPDX-License-Identifier: LGPL-2.1-or-later
// cloudInitNoCloud: an ISO labelled cidata with meta-data, user-data and, when given, network-config (behaviour reference
// 3.1; format: cloud-init's NoCloud datasource).
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include <json-glib/json-glib.h>

#include "api/validate.h"
#include "base/error.h"
#include "base/fd.h"
#include "storage/image-fd.h"
#include "storage/iso.h"
#include "storage/safe-path.h"
#include "storage/source.h"

typedef struct {
    const char *text, *base64, *secret;
    const char *const keys[3]; // tried in this order in the secret
} CloudText;

static gboolean matches(const ApiVolume *volume)
{
    return volume->cloud_init_no_cloud != NULL;
}

static GBytes *decode(const char *base64, const char *what, GError **error)
{
    gsize length = 0;
    g_autofree guchar *data = g_base64_decode(base64, &length);

    if (length == 0 && *base64) {
        g_set_error(error, VMI_ERROR, VMI_ERROR_INVALID, "%s is not base64", what);
        return NULL;
    }
    return g_bytes_new_take(g_steal_pointer(&data), length);
}

// A value of a Secret: stringData as it is, data decoded. NULL without error when no key is there.
static GBytes *read_secret(const ApiSecret *secret, const char *const *keys, GError **error)
{
    for (guint i = 0; keys[i]; i++) {
        const char *plain = api_map_get(secret->string_data, keys[i]);
        const char *encoded = api_map_get(secret->data, keys[i]);

        if (plain)
            return g_bytes_new(plain, strlen(plain));
        if (encoded)
            return decode(encoded, keys[i], error);
    }
    return NULL;
}

// Secret data overrides inline text, which is preferred to base64 (as KubeVirt). An empty GBytes when nothing is given.
static GBytes *resolve(const StorageRequest *request, const CloudText *source, GError **error)
{
    if (source->secret) {
        const ApiSecret *secret = source_find_secret(request, source->secret, error);
        g_autoptr(GError) local = NULL;
        GBytes *data;

        if (!secret)
            return NULL;
        data = read_secret(secret, source->keys, &local);
        if (!data && !local)
            g_set_error(&local, VMI_ERROR, VMI_ERROR_INVALID, "the secret \"%s\" has no key \"%s\"",
                        source->secret, source->keys[0]);
        if (local)
            g_propagate_error(error, g_steal_pointer(&local));
        return data;
    }
    if (source->text)
        return g_bytes_new(source->text, strlen(source->text));
    if (source->base64)
        return decode(source->base64, source->keys[0], error);
    return g_bytes_new(NULL, 0);
}

// hostname: spec.hostname, else the name up to its first dot, at most 63 characters.
static char *host_name(const ApiVirtualMachineInstance *vmi)
{
    const char *name = vmi->spec->hostname ? vmi->spec->hostname : vmi->metadata->name;

    return g_strndup(name, MIN(strcspn(name, "."), 63));
}

static char *meta_data(const ApiVirtualMachineInstance *vmi)
{
    const ApiFirmware *firmware = vmi->spec->domain->firmware;
    const char *id = firmware && firmware->uuid ? firmware->uuid : vmi->metadata->uid;
    g_autofree char *host = host_name(vmi);
    g_autoptr(JsonBuilder) builder = json_builder_new();
    g_autoptr(JsonNode) root = NULL;

    json_builder_begin_object(builder);
    json_builder_set_member_name(builder, "instance-id");
    json_builder_add_string_value(builder, id ? id : "");
    json_builder_set_member_name(builder, "local-hostname");
    json_builder_add_string_value(builder, host);
    json_builder_end_object(builder);
    root = json_builder_get_root(builder);
    return json_to_string(root, FALSE);
}

// What is written in the manifest was looked at when it was applied; what a secret holds is known only now. Owned, or NULL.
static char *secret_warning(const ApiVolume *volume, const CloudText *source, GBytes *data)
{
    gsize length = 0;
    const char *bytes = g_bytes_get_data(data, &length);
    g_autofree char *text = g_malloc0(length + 1);

    if (!source->secret)
        return NULL;
    if (length > 0)
        memcpy(text, bytes, length);
    if (api_user_data_is_readable(text, length))
        return NULL;
    return g_strdup_printf("volume \"%s\": the secret \"%s\": " API_USER_DATA_UNREADABLE
                           "; " API_USER_DATA_REMEDY,
                           volume->name, source->secret);
}

static gboolean write_seed(const StorageRequest *request, const ApiVolume *volume, int fd,
                           char **ret_warning, GError **error)
{
    const ApiCloudInitSource *source = volume->cloud_init_no_cloud;
    const CloudText user_source = { source->user_data,
                                    source->user_data_base64,
                                    source->secret_ref ? source->secret_ref->name : NULL,
                                    { "userdata", "userData" } };
    const CloudText network_source = { source->network_data,
                                       source->network_data_base64,
                                       source->network_data_secret_ref
                                           ? source->network_data_secret_ref->name
                                           : NULL,
                                       { "networkdata", "networkData" } };
    g_autofree char *meta = meta_data(request->vmi);
    g_autoptr(GBytes) user = resolve(request, &user_source, error);
    g_autoptr(GBytes) network = user ? resolve(request, &network_source, error) : NULL;

    if (!network)
        return FALSE;
    const IsoFileEntry files[] = {
        { "meta-data", meta, strlen(meta) },
        { "user-data", g_bytes_get_data(user, NULL), g_bytes_get_size(user) },
        { "network-config", g_bytes_get_data(network, NULL), g_bytes_get_size(network) },
    };
    *ret_warning = secret_warning(volume, &user_source, user);
    return iso_image_write(fd, "cidata", files, g_bytes_get_size(network) > 0 ? 3 : 2, error);
}

static StorageVolume *prepare(const StorageRequest *request, const ApiVolume *volume,
                              const DomainVolume *plan, GCancellable *cancellable, GError **error)
{
    g_autofree char *name = g_strconcat(volume->name, ".iso", NULL);
    vmi_autofd int scratch = source_open_scratch(request, error);
    vmi_autofd int fd = -1;
    g_autofree char *warning = NULL;
    StorageVolume *result = NULL;

    if (scratch < 0)
        return NULL;
    // 0600 and root's: user data may hold passwords, QEMU gets a descriptor.
    fd = openat(scratch, name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0) {
        vmi_set_error_errno(error, errno, "cannot make the seed image of volume \"%s\"",
                            volume->name);
        return NULL;
    }
    if (!write_seed(request, volume, fd, &warning, error)) {
        g_prefix_error(error, "volume \"%s\": ", volume->name);
        return NULL;
    }
    result = image_fd_volume(request, volume, plan, &fd, 1, error);
    if (result)
        result->warning = g_steal_pointer(&warning);
    return result;
}

static char *describe(const StorageRequest *request, const ApiVolume *volume)
{
    const ApiObjectMeta *meta = request->vmi->metadata;
    g_autofree char *path = layout_scratch_file(&request->config->layout, meta->namespace,
                                                meta->name, volume->name, ".iso");

    return g_strdup_printf("cloud-init seed: %s", path);
}

const VolumeSource volume_source_no_cloud = {
    .name = "cloudInitNoCloud",
    .matches = matches,
    .prepare = prepare,
    .describe = describe,
};
