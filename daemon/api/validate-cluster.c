// SPDX-License-Identifier: LGPL-2.1-or-later
// Rules for what has no effect on one host: a value that KubeVirt would refuse is wrong here too, so that a manifest
// that is good here is good there. Types and words are the tables' (schema/cluster.schema).
#include "api/validate-internal.h"

#include <string.h>

enum {
    MAX_NAMESERVERS = 3,
    MAX_SEARCHES = 6,
    MAX_SEARCH_BYTES = 256, // of all, with a space between them
    MAX_WEIGHT = 100,
};

#define SPEC "spec"
#define DNS "spec.dnsConfig"
#define AFFINITY "spec.affinity"

static guint length(const GPtrArray *list)
{
    return list ? list->len : 0;
}

static void validate_names(const ApiCheck *check, const ApiVmiSpec *spec)
{
    const struct {
        const char *field, *name;
    } rows[] = {
        { "subdomain", spec->subdomain },
        { "serviceAccountName", spec->service_account_name },
        { "priorityClassName", spec->priority_class_name },
    };
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        if (rows[i].name)
            api_check_name(check, API_NAME_SUBDOMAIN, rows[i].name, SPEC, rows[i].field);
    }
}

static void validate_node_selector(const ApiCheck *check, const GPtrArray *selector)
{
    for (guint i = 0; i < length(selector); i++) {
        const ApiPair *label = selector->pdata[i];
        g_autofree char *path = g_strdup_printf("spec.nodeSelector[%s]", label->key);
        if (!api_name_is_label_key(label->key) || !api_name_is_label_value(label->value))
            api_check_error(check, path, NULL, "give a label of hosts as [DOMAIN/]NAME: VALUE",
                            "\"%s\": \"%s\" cannot be a label", label->key, label->value);
    }
}

static void validate_nameservers(const ApiCheck *check, const GPtrArray *list)
{
    for (guint i = 0; i < length(list); i++) {
        const char *address = list->pdata[i];
        g_autofree char *path = g_strdup_printf(DNS ".nameservers[%u]", i);
        if (!g_hostname_is_ip_address(address))
            api_check_error(check, path, NULL, "write an IPv4 or IPv6 address",
                            "\"%s\" is not an IP address", address);
    }
    if (length(list) > MAX_NAMESERVERS)
        api_check_error(check, DNS, "nameservers", "keep at most 3", "%u name servers are too many",
                        list->len);
}

static void validate_searches(const ApiCheck *check, const GPtrArray *list)
{
    gsize bytes = 0;
    for (guint i = 0; i < length(list); i++) {
        g_autofree char *path = g_strdup_printf(DNS ".searches[%u]", i);
        api_check_name(check, API_NAME_SUBDOMAIN, list->pdata[i], path, NULL);
        bytes += strlen(list->pdata[i]) + (i > 0 ? 1 : 0);
    }
    if (length(list) > MAX_SEARCHES)
        api_check_error(check, DNS, "searches", "keep at most 6", "%u search domains are too many",
                        list->len);
    if (bytes > MAX_SEARCH_BYTES)
        api_check_error(check, DNS, "searches", "shorten them",
                        "%" G_GSIZE_FORMAT " characters are more than 256", bytes);
}

static void validate_dns(const ApiCheck *check, const ApiVmiSpec *spec)
{
    const ApiDnsConfig *config = spec->dns_config;
    if (spec->dns_policy == API_DNS_POLICY_NONE && (!config || length(config->nameservers) == 0))
        api_check_error(check, SPEC, "dnsPolicy", "add one to spec.dnsConfig.nameservers",
                        "dnsPolicy None needs a name server");
    if (!config)
        return;
    validate_nameservers(check, config->nameservers);
    validate_searches(check, config->searches);
}

static void validate_weight(const ApiCheck *check, ApiInt weight, const char *list, guint index)
{
    g_autofree char *path = g_strdup_printf(AFFINITY ".%s[%u]", list, index);
    if (weight.set && (weight.value < 1 || weight.value > MAX_WEIGHT))
        api_check_error(check, path, "weight", "give from 1 to 100",
                        "%" G_GINT64_FORMAT " is out of range", weight.value);
}

static void validate_pod_affinity(const ApiCheck *check, const ApiPodAffinity *affinity,
                                  const char *name)
{
    const GPtrArray *list =
        affinity ? affinity->preferred_during_scheduling_ignored_during_execution : NULL;
    g_autofree char *path =
        g_strconcat(name, ".preferredDuringSchedulingIgnoredDuringExecution", NULL);
    for (guint i = 0; i < length(list); i++)
        validate_weight(check, ((const ApiWeightedPodAffinityTerm *)list->pdata[i])->weight, path,
                        i);
}

static void validate_affinity(const ApiCheck *check, const ApiAffinity *affinity)
{
    if (!affinity)
        return;
    const GPtrArray *list =
        affinity->node_affinity
            ? affinity->node_affinity->preferred_during_scheduling_ignored_during_execution
            : NULL;
    for (guint i = 0; i < length(list); i++)
        validate_weight(check, ((const ApiPreferredNodes *)list->pdata[i])->weight,
                        "nodeAffinity.preferredDuringSchedulingIgnoredDuringExecution", i);
    validate_pod_affinity(check, affinity->pod_affinity, "podAffinity");
    validate_pod_affinity(check, affinity->pod_anti_affinity, "podAntiAffinity");
}

static void validate_spread(const ApiCheck *check, const GPtrArray *list)
{
    for (guint i = 0; i < length(list); i++) {
        const ApiTopologySpreadConstraint *constraint = list->pdata[i];
        g_autofree char *path = g_strdup_printf(SPEC ".topologySpreadConstraints[%u]", i);
        if (constraint->max_skew.set && constraint->max_skew.value < 1)
            api_check_error(check, path, "maxSkew", "give 1 or more",
                            "%" G_GINT64_FORMAT " is out of range", constraint->max_skew.value);
    }
}

static void validate_tolerations(const ApiCheck *check, const GPtrArray *list)
{
    for (guint i = 0; i < length(list); i++) {
        const ApiToleration *toleration = list->pdata[i];
        g_autofree char *path = g_strdup_printf(SPEC ".tolerations[%u]", i);
        if (!toleration->key && toleration->operator!= API_TOLERATION_OPERATOR_EXISTS)
            api_check_error(check, path, "operator", "set it to Exists, or give a key",
                            "a toleration without a key has the operator Exists");
        if (toleration->operator== API_TOLERATION_OPERATOR_EXISTS && toleration->value)
            api_check_error(check, path, "value", "remove it, or set operator to Equal",
                            "operator Exists takes no value");
    }
}

void api_validate_cluster(const ApiCheck *check, const ApiVmiSpec *spec)
{
    validate_names(check, spec);
    validate_node_selector(check, spec->node_selector);
    validate_dns(check, spec);
    validate_affinity(check, spec->affinity);
    validate_spread(check, spec->topology_spread_constraints);
    validate_tolerations(check, spec->tolerations);
}
