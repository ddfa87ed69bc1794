// SPDX-License-Identifier: LGPL-2.1-or-later
// The kinds that vmi knows, supported or not yet, in one table. A new kind is a row here and a type
// in schema/.

#include "api/manifest.h"

#include <string.h>

#define NAMES(...) \
    (const char *const[]) \
    { \
        __VA_ARGS__, NULL \
    }

#define KUBEVIRT_VERSIONS NAMES("kubevirt.io/v1", "kubevirt.io/v1alpha3")
#define INSTANCETYPE_VERSIONS \
    NAMES("instancetype.kubevirt.io/v1beta1", "instancetype.kubevirt.io/v1")
#define CDI_VERSIONS NAMES("cdi.kubevirt.io/v1beta1", "cdi.kubevirt.io/v1alpha1")

// Every struct of a kind begins with its metadata: api_object_meta() relies on it.
G_STATIC_ASSERT(G_STRUCT_OFFSET(ApiVirtualMachineInstance, metadata) == 0);
G_STATIC_ASSERT(G_STRUCT_OFFSET(ApiPersistentVolumeClaim, metadata) == 0);
G_STATIC_ASSERT(G_STRUCT_OFFSET(ApiSecret, metadata) == 0);
G_STATIC_ASSERT(G_STRUCT_OFFSET(ApiConfigMap, metadata) == 0);
G_STATIC_ASSERT(G_STRUCT_OFFSET(ApiNamespace, metadata) == 0);

static const ApiKindInfo kinds[] = {
    { "VirtualMachineInstance", "virtualmachineinstances", NAMES("vmi", "vmis"), KUBEVIRT_VERSIONS,
      &api_virtual_machine_instance_type, TRUE, API_SUPPORT_YES, NULL },
    { "PersistentVolumeClaim", "persistentvolumeclaims", NAMES("pvc", "pvcs"), NAMES("v1"),
      &api_persistent_volume_claim_type, TRUE, API_SUPPORT_YES, NULL },
    { "Secret", "secrets", NAMES("secret"), NAMES("v1"), &api_secret_type, TRUE, API_SUPPORT_YES,
      NULL },
    { "ConfigMap", "configmaps", NAMES("cm"), NAMES("v1"), &api_config_map_type, TRUE,
      API_SUPPORT_YES, NULL },
    { "Namespace", "namespaces", NAMES("ns"), NAMES("v1"), &api_namespace_type, FALSE,
      API_SUPPORT_YES, NULL },
    { "VirtualMachine", "virtualmachines", NAMES("vm", "vms"), KUBEVIRT_VERSIONS, NULL, TRUE,
      API_SUPPORT_LATER, NULL },
    { "VirtualMachineInstanceReplicaSet", "virtualmachineinstancereplicasets",
      NAMES("vmirs", "vmirss"), KUBEVIRT_VERSIONS, NULL, TRUE, API_SUPPORT_LATER, NULL },
    { "VirtualMachineInstanceMigration", "virtualmachineinstancemigrations", NAMES("vmim", "vmims"),
      KUBEVIRT_VERSIONS, NULL, TRUE, API_SUPPORT_REFUSED, "there is no other host to move to" },
    { "VirtualMachineInstancePreset", "virtualmachineinstancepresets",
      NAMES("vmipreset", "vmipresets"), KUBEVIRT_VERSIONS, NULL, TRUE, API_SUPPORT_REFUSED,
      "it was removed from the API; use a VirtualMachineInstancetype" },
    { "VirtualMachineInstancetype", "virtualmachineinstancetypes", NAMES("vminstancetype"),
      INSTANCETYPE_VERSIONS, NULL, TRUE, API_SUPPORT_LATER, NULL },
    { "VirtualMachineClusterInstancetype", "virtualmachineclusterinstancetypes",
      NAMES("vmclusterinstancetype"), INSTANCETYPE_VERSIONS, NULL, FALSE, API_SUPPORT_LATER, NULL },
    { "VirtualMachinePreference", "virtualmachinepreferences", NAMES("vmpref", "vmprefs"),
      INSTANCETYPE_VERSIONS, NULL, TRUE, API_SUPPORT_LATER, NULL },
    { "VirtualMachineClusterPreference", "virtualmachineclusterpreferences", NAMES("vmcp", "vmcps"),
      INSTANCETYPE_VERSIONS, NULL, FALSE, API_SUPPORT_LATER, NULL },
    { "ControllerRevision", "controllerrevisions", NAMES("revision"), NAMES("apps/v1"), NULL, TRUE,
      API_SUPPORT_LATER, NULL },
    { "DataVolume", "datavolumes", NAMES("dv", "dvs"), CDI_VERSIONS, NULL, TRUE, API_SUPPORT_LATER,
      NULL },
    { "DataSource", "datasources", NAMES("das"), CDI_VERSIONS, NULL, TRUE, API_SUPPORT_LATER,
      NULL },
    { "StorageClass", "storageclasses", NAMES("sc"), NAMES("storage.k8s.io/v1"), NULL, FALSE,
      API_SUPPORT_LATER, NULL },
    { "PersistentVolume", "persistentvolumes", NAMES("pv", "pvs"), NAMES("v1"), NULL, FALSE,
      API_SUPPORT_LATER, NULL },
    { "ServiceAccount", "serviceaccounts", NAMES("sa"), NAMES("v1"), NULL, TRUE, API_SUPPORT_LATER,
      NULL },
    { "KubeVirt", "kubevirts", NAMES("kv", "kvs"), KUBEVIRT_VERSIONS, NULL, TRUE, API_SUPPORT_LATER,
      NULL },
};

const ApiKindInfo *api_kinds(guint *ret_count)
{
    *ret_count = G_N_ELEMENTS(kinds);
    return kinds;
}

static gboolean has_name(const ApiKindInfo *info, const char *name)
{
    if (g_ascii_strcasecmp(info->kind, name) == 0 || g_ascii_strcasecmp(info->plural, name) == 0)
        return TRUE;
    for (guint i = 0; info->names[i]; i++)
        if (g_ascii_strcasecmp(info->names[i], name) == 0)
            return TRUE;
    return FALSE;
}

const ApiKindInfo *api_kind_find(const char *name)
{
    for (guint i = 0; i < G_N_ELEMENTS(kinds); i++)
        if (has_name(&kinds[i], name))
            return &kinds[i];
    return NULL;
}
