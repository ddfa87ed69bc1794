// SPDX-License-Identifier: LGPL-2.1-or-later
// Kinds that stand beside a guest in a cluster's manifests and have nothing to act on here: what they ask for is done
// otherwise on one host, or is about several. They are passed over, so that such a manifest applies as it is. Kinds that
// would run something (Deployment, Job) are none of these: nobody is told that they run.

#include "api/manifest.h"

#include <string.h>

#define VERSIONS(...) \
    (const char *const[]) \
    { \
        __VA_ARGS__, NULL \
    }
#define RBAC VERSIONS("rbac.authorization.k8s.io/v1", "rbac.authorization.k8s.io/v1beta1")
#define GATEWAY VERSIONS("gateway.networking.k8s.io/v1", "gateway.networking.k8s.io/v1beta1")
#define MONITORING VERSIONS("monitoring.coreos.com/v1")

// Why not.
#define PORTS "the ports of a guest's interfaces are forwarded from the host"
#define FIREWALL \
    "a guest can be reached at the ports of its interfaces only, the host's firewall decides by " \
    "whom"
#define ONE_HOST "there is only one host"
#define POLKIT "polkit decides who may do what"
#define MONITOR "nothing here reads it"

G_STATIC_ASSERT(G_STRUCT_OFFSET(ApiCompanion, metadata) == 0);

#define ROW(kind, plural, versions, why) \
    { \
        kind, plural, VERSIONS(NULL), versions, &api_companion_type, TRUE, API_SUPPORT_IGNORED, \
            why \
    }

static const ApiKindInfo companions[] = {
    ROW("Service", "services", VERSIONS("v1"), PORTS),
    ROW("Endpoints", "endpoints", VERSIONS("v1"), PORTS),
    ROW("EndpointSlice", "endpointslices", VERSIONS("discovery.k8s.io/v1"), PORTS),
    ROW("Ingress", "ingresses",
        VERSIONS("networking.k8s.io/v1", "networking.k8s.io/v1beta1", "extensions/v1beta1"), PORTS),
    ROW("IngressClass", "ingressclasses", VERSIONS("networking.k8s.io/v1"), PORTS),
    ROW("Gateway", "gateways", GATEWAY, PORTS),
    ROW("HTTPRoute", "httproutes", GATEWAY, PORTS),
    ROW("Route", "routes", VERSIONS("route.openshift.io/v1"), PORTS),
    ROW("NetworkPolicy", "networkpolicies", VERSIONS("networking.k8s.io/v1"), FIREWALL),
    ROW("PodDisruptionBudget", "poddisruptionbudgets", VERSIONS("policy/v1", "policy/v1beta1"),
        ONE_HOST),
    ROW("PriorityClass", "priorityclasses", VERSIONS("scheduling.k8s.io/v1"), ONE_HOST),
    ROW("MigrationPolicy", "migrationpolicies", VERSIONS("migrations.kubevirt.io/v1alpha1"),
        ONE_HOST),
    ROW("HorizontalPodAutoscaler", "horizontalpodautoscalers",
        VERSIONS("autoscaling/v2", "autoscaling/v1"), ONE_HOST),
    ROW("ResourceQuota", "resourcequotas", VERSIONS("v1"), "guests share the whole host"),
    ROW("LimitRange", "limitranges", VERSIONS("v1"), "guests share the whole host"),
    ROW("Role", "roles", RBAC, POLKIT),
    ROW("RoleBinding", "rolebindings", RBAC, POLKIT),
    ROW("ClusterRole", "clusterroles", RBAC, POLKIT),
    ROW("ClusterRoleBinding", "clusterrolebindings", RBAC, POLKIT),
    ROW("ServiceMonitor", "servicemonitors", MONITORING, MONITOR),
    ROW("PodMonitor", "podmonitors", MONITORING, MONITOR),
    ROW("PrometheusRule", "prometheusrules", MONITORING, MONITOR),
};

const ApiKindInfo *api_companion_find(const char *kind)
{
    for (guint i = 0; i < G_N_ELEMENTS(companions); i++)
        if (strcmp(companions[i].kind, kind) == 0)
            return &companions[i];
    return NULL;
}

gboolean api_object_is_companion(const ApiObject *self)
{
    return self->info->support == API_SUPPORT_IGNORED;
}
