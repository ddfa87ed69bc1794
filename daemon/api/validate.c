// SPDX-License-Identifier: LGPL-2.1-or-later
// Entry point of validation: which rules apply to which kind, and the rules for metadata, Secret and ConfigMap. The rules for the parts of a
// VirtualMachineInstance are in validate-*.c.
#include "api/validate-internal.h"

#include <string.h>

enum {
    MAX_INSTANCE_NAME = 63, // becomes a host name and part of a unit name
    // Keys and values together, as in Kubernetes.
    MAX_DATA_BYTES = 1024 * 1024,      // of a Secret or ConfigMap
    MAX_ANNOTATION_BYTES = 256 * 1024, // of all annotations of an object
    MAX_LABEL_BYTES =
        64 * 1024, // of all labels of an object; ours: every list of objects carries them
};

static gsize map_bytes(const GPtrArray *map)
{
    gsize total = 0;
    for (guint i = 0; map && i < map->len; i++) {
        const ApiPair *pair = map->pdata[i];
        total += strlen(pair->key) + strlen(pair->value);
    }
    return total;
}

static void validate_labels(const ApiCheck *check, const GPtrArray *labels)
{
    gsize total = map_bytes(labels);
    if (total > MAX_LABEL_BYTES)
        api_check_error(check, "metadata.labels", NULL,
                        "remove some, or write what nothing selects by as annotations",
                        "%" G_GSIZE_FORMAT " bytes of keys and values are more than 64Ki", total);
    for (guint i = 0; labels && i < labels->len; i++) {
        const ApiPair *label = labels->pdata[i];
        g_autofree char *path = g_strdup_printf("metadata.labels[%s]", label->key);
        if (!api_name_is_label_key(label->key))
            api_check_error(check, path, NULL,
                            "use [DOMAIN/]NAME, NAME at most 63 letters, digits, '-', '_' and '.'",
                            "\"%s\" cannot be the key of a label", label->key);
        if (!api_name_is_label_value(label->value))
            api_check_error(check, path, NULL,
                            "use at most 63 letters, digits, '-', '_' and '.', or an annotation",
                            "\"%s\" cannot be the value of a label", label->value);
    }
}

static void validate_annotations(const ApiCheck *check, const GPtrArray *annotations)
{
    gsize total = map_bytes(annotations);
    if (total > MAX_ANNOTATION_BYTES)
        api_check_error(check, "metadata.annotations", NULL,
                        "remove some, or keep large texts in a ConfigMap",
                        "%" G_GSIZE_FORMAT " bytes of keys and values are more than 256Ki", total);
}

static void validate_metadata(const ApiCheck *check)
{
    const ApiObjectMeta *meta = api_object_meta(check->object);
    gboolean claim = api_object_pvc(check->object) != NULL;
    gboolean space = check->object->info->type == &api_namespace_type;
    ApiNameKind kind = claim ? API_NAME_CLAIM : space ? API_NAME_LABEL : API_NAME_SUBDOMAIN;
    if (api_check_name(check, kind, meta->name, "metadata", "name") &&
        api_object_vmi(check->object) && strlen(meta->name) > MAX_INSTANCE_NAME)
        api_check_error(check, "metadata", "name", "use at most 63 characters",
                        "\"%s\" is too long for an instance", meta->name);
    if (api_text_is_set(meta->namespace))
        api_check_name(check, API_NAME_LABEL, meta->namespace, "metadata", "namespace");
    validate_labels(check, meta->labels);
    validate_annotations(check, meta->annotations);
}

static void validate_vmi(const ApiCheck *check)
{
    const ApiVmiSpec *spec = api_object_vmi(check->object)->spec;
    if (!spec || !spec->domain) {
        api_check_error(check, "spec", "domain", "describe the virtual hardware there",
                        "\"domain\" is required");
        return;
    }
    api_validate_cluster(check, spec);
    api_validate_compute(check, spec);
    api_validate_disks(check, spec);
    api_validate_volumes(check, spec);
    api_validate_network(check, spec);
    if (spec->domain->devices)
        api_validate_boot_order(check, spec->domain->devices);
}

// One map of a Secret or ConfigMap: its keys, its values if they are BASE64, and the sum of sizes, keys included.
static void validate_data(const ApiCheck *check, const char *name, const GPtrArray *map,
                          gboolean base64, gsize *total)
{
    for (guint i = 0; map && i < map->len; i++) {
        const ApiPair *pair = map->pdata[i];
        g_autofree char *path = g_strdup_printf("%s[%s]", name, pair->key);
        gsize size = strlen(pair->value);
        if (!api_name_is_data_key(pair->key))
            api_check_error(check, path, NULL, "use letters, digits, '-', '_' and '.'",
                            "\"%s\" cannot be a key", pair->key);
        if (base64 && !api_base64_size(pair->value, &size))
            api_check_error(check, path, NULL,
                            "encode the value, or give it as plain text in stringData (Secret) or "
                            "data (ConfigMap)",
                            "the value is not base64");
        *total += strlen(pair->key) + size;
    }
}

// FIRST and SECOND are the maps that were added up; the finding is about FIRST if that has anything.
static void validate_total(const ApiCheck *check, const GPtrArray *first, const char *second,
                           gsize total)
{
    if (total > MAX_DATA_BYTES)
        api_check_error(check, first && first->len > 0 ? "data" : second, NULL,
                        "split it into several objects",
                        "%" G_GSIZE_FORMAT " bytes of keys and values are more than 1Mi", total);
}

static void validate_secret(const ApiCheck *check)
{
    const ApiSecret *secret = check->object->data;
    gsize total = 0;
    validate_data(check, "data", secret->data, TRUE, &total);
    validate_data(check, "stringData", secret->string_data, FALSE, &total);
    validate_total(check, secret->data, "stringData", total);
}

static void validate_config_map(const ApiCheck *check)
{
    const ApiConfigMap *map = check->object->data;
    g_auto(ApiMapIndex) binary = api_map_index(map->binary_data);
    gsize total = 0;
    validate_data(check, "data", map->data, FALSE, &total);
    validate_data(check, "binaryData", map->binary_data, TRUE, &total);
    validate_total(check, map->data, "binaryData", total);
    for (guint i = 0; map->data && i < map->data->len; i++) {
        const ApiPair *pair = map->data->pdata[i];
        g_autofree char *path = g_strdup_printf("binaryData[%s]", pair->key);
        if (api_map_index_find(&binary, pair->key))
            api_check_error(check, path, NULL, "give it once", "\"%s\" is in data as well",
                            pair->key);
    }
}

static void validate_claim(const ApiCheck *check)
{
    api_validate_pvc(check, api_object_pvc(check->object)->spec);
}

void api_object_validate(const ApiObject *object, const ApiValidateContext *context,
                         ApiFindings *findings)
{
    static const struct {
        const ApiType *type;
        void (*validate)(const ApiCheck *check);
    } kinds[] = {
        { &api_virtual_machine_instance_type, validate_vmi },
        { &api_persistent_volume_claim_type, validate_claim },
        { &api_secret_type, validate_secret },
        { &api_config_map_type, validate_config_map },
    };
    const ApiCheck check = { object, context, findings };
    if (api_object_is_companion(object))
        return;
    validate_metadata(&check);
    api_validate_support(&check, object->info->type, object->data);
    for (guint i = 0; i < G_N_ELEMENTS(kinds); i++) {
        if (kinds[i].type == object->info->type)
            kinds[i].validate(&check);
    }
}
