// SPDX-License-Identifier: LGPL-2.1-or-later
// Rules for the instance as a machine: CPUs, memory, resources, board, firmware, I/O threads, host name. The texts of
// the rules follow the behaviour reference section 7.
#include "api/validate-internal.h"

#include "api/defaults.h"
#include "api/quantity.h"

#include <string.h>

enum {
    MAX_VCPUS = 512,
    MAX_DEDICATED_THREADS = 2,
    MIN_MEMORY = 1000 * 1000, // 1M, as upstream
};

#define SPEC "spec"
#define DOMAIN "spec.domain"
#define RESOURCES "spec.domain.resources"
#define DEDICATED "spec.domain.cpu.dedicatedCpuPlacement"

static const char *request_of(const ApiResources *resources, const char *key)
{
    return resources ? api_map_get(resources->requests, key) : NULL;
}

static const char *limit_of(const ApiResources *resources, const char *key)
{
    return resources ? api_map_get(resources->limits, key) : NULL;
}

static void validate_spec(const ApiCheck *check, const ApiVmiSpec *spec)
{
    if (api_text_is_set(spec->hostname))
        api_check_name(check, API_NAME_LABEL, spec->hostname, SPEC, "hostname");
    if (api_text_is_set(spec->architecture) && !g_str_equal(spec->architecture, "amd64"))
        api_check_error(check, SPEC, "architecture", "use amd64, or leave it out",
                        "architecture \"%s\" is not supported", spec->architecture);
    gint64 grace = api_int_or(spec->termination_grace_period_seconds, 0);
    if (grace < 0 || grace > G_MAXINT32)
        api_check_error(check, SPEC, "terminationGracePeriodSeconds",
                        "give the seconds that a shutdown may take",
                        "%" G_GINT64_FORMAT " is out of range", grace);
}

static void validate_resource_keys(const ApiCheck *check, const GPtrArray *map, const char *base)
{
    for (guint i = 0; map && i < map->len; i++) {
        const ApiPair *pair = map->pdata[i];
        g_autofree char *path = g_strdup_printf("%s[%s]", base, pair->key);
        if (!g_str_equal(pair->key, "cpu") && !g_str_equal(pair->key, "memory"))
            api_check_warning(
                check, path, NULL, NULL,
                "\"%s\" has no effect: only cpu and memory are shared out on one host", pair->key);
        else if (api_quantity_compare(pair->value, "0") < 0)
            api_check_error(check, path, NULL, "give a positive value", "\"%s\" is negative",
                            pair->value);
        else if (g_str_equal(pair->key, "memory") && api_quantity_compare(pair->value, "0") > 0)
            api_check_bytes(check, pair->value, MIN_MEMORY, path, NULL);
    }
}

static void validate_resources(const ApiCheck *check, const ApiResources *resources)
{
    static const char *const keys[] = { "cpu", "memory" };
    if (!resources)
        return;
    validate_resource_keys(check, resources->requests, RESOURCES ".requests");
    validate_resource_keys(check, resources->limits, RESOURCES ".limits");
    for (guint i = 0; i < G_N_ELEMENTS(keys); i++) {
        const char *request = request_of(resources, keys[i]), *limit = limit_of(resources, keys[i]);
        if (request && limit && api_quantity_compare(limit, "0") > 0 &&
            api_quantity_compare(request, limit) > 0)
            api_check_error(check, RESOURCES ".requests", keys[i],
                            "raise the limit or lower the request",
                            "%s request \"%s\" is above the limit \"%s\"", keys[i], request, limit);
    }
}

static void validate_memory(const ApiCheck *check, const ApiVmiSpec *spec)
{
    const ApiMemory *memory = spec->domain->memory;
    const char *limit = limit_of(spec->domain->resources, "memory");
    if (memory && memory->guest) {
        if (api_check_bytes(check, memory->guest, MIN_MEMORY, DOMAIN ".memory", "guest") && limit &&
            api_quantity_compare(limit, "0") > 0 && api_quantity_compare(memory->guest, limit) > 0)
            api_check_error(check, DOMAIN ".memory", "guest", "raise the limit or lower it",
                            "guest memory \"%s\" is above the limit \"%s\"", memory->guest, limit);
        return;
    }
    // Upstream takes the size of one huge page then; huge pages have been refused already.
    if (memory && memory->hugepages)
        return;
    if (api_vmi_memory(spec) == 0)
        api_check_error(check, DOMAIN ".memory", "guest", "set one of them",
                        "spec.domain.memory.guest or resources.requests.memory is required");
}

static void validate_topology(const ApiCheck *check, const ApiVmiSpec *spec)
{
    const ApiCpu *cpu = spec->domain->cpu;
    if (!cpu)
        return;
    const struct {
        const char *name;
        ApiInt value;
    } parts[] = { { "cores", cpu->cores },
                  { "sockets", cpu->sockets },
                  { "threads", cpu->threads } };
    gint64 vcpus = 1;
    for (guint i = 0; i < G_N_ELEMENTS(parts); i++) {
        gint64 value = api_int_or(parts[i].value, 1);
        if (value < 0 || value > MAX_VCPUS) {
            api_check_error(check, DOMAIN ".cpu", parts[i].name, "give from 1 to 512",
                            "%" G_GINT64_FORMAT " is out of range", value);
            return;
        }
        vcpus *= MAX(value, 1);
    }
    if (vcpus > MAX_VCPUS)
        api_check_error(check, DOMAIN, "cpu", "give at most 512",
                        "cores x sockets x threads make %" G_GINT64_FORMAT " CPUs", vcpus);
}

static void check_whole_cpus(const ApiCheck *check, const char *quantity, const char *base)
{
    if (quantity && api_quantity_milli(quantity, 0) % 1000 != 0)
        api_check_error(check, base, "cpu", "give whole CPUs, as dedicatedCpuPlacement needs",
                        "\"%s\" is not a whole number of CPUs", quantity);
}

static void check_equal_shares(const ApiCheck *check, const ApiResources *resources,
                               const char *key)
{
    const char *request = request_of(resources, key), *limit = limit_of(resources, key);
    if (api_quantity_milli(request, 0) > 0 && api_quantity_milli(limit, 0) > 0 &&
        api_quantity_compare(request, limit) != 0)
        api_check_error(check, RESOURCES ".requests", key,
                        "make them equal, as dedicatedCpuPlacement needs",
                        "%s request \"%s\" differs from the limit \"%s\"", key, request, limit);
}

static void validate_dedicated(const ApiCheck *check, const ApiVmiSpec *spec)
{
    const ApiCpu *cpu = spec->domain->cpu;
    const ApiResources *resources = spec->domain->resources;
    if (!cpu || cpu->dedicated_cpu_placement != API_TRUE)
        return;
    const char *request = request_of(resources, "cpu"), *limit = limit_of(resources, "cpu");
    gint64 requested = api_quantity_value(request, 0), limited = api_quantity_value(limit, 0);
    gboolean topology = api_int_or(cpu->cores, 0) > 0 || api_int_or(cpu->sockets, 0) > 0 ||
                        api_int_or(cpu->threads, 0) > 0;
    gint64 vcpus = api_vmi_vcpus(spec);
    check_whole_cpus(check, request, RESOURCES ".requests");
    check_whole_cpus(check, limit, RESOURCES ".limits");
    check_equal_shares(check, resources, "cpu");
    check_equal_shares(check, resources, "memory");
    if (requested == 0 && limited == 0 && !topology)
        api_check_error(check, DEDICATED, NULL, "set spec.domain.cpu.cores, sockets or threads",
                        "dedicated CPUs need a topology, resources.requests.cpu or "
                        "resources.limits.cpu");
    if (topology && (requested > 0 || limited > 0) && requested != vcpus && limited != vcpus)
        api_check_error(check, DEDICATED, NULL,
                        "make resources.requests.cpu and limits.cpu equal to cores x sockets x "
                        "threads, or leave them out",
                        "the guest has %" G_GINT64_FORMAT " CPUs, resources say %" G_GINT64_FORMAT,
                        vcpus, MAX(requested, limited));
    if (api_int_or(cpu->threads, 1) > MAX_DEDICATED_THREADS)
        api_check_error(check, DOMAIN ".cpu", "threads", "give 1 or 2",
                        "more than 2 threads per core cannot be dedicated");
}

static void validate_io_threads(const ApiCheck *check, const ApiDomain *domain)
{
    ApiInt count = { 0 };
    if (domain->io_threads)
        count = domain->io_threads->supplemental_pool_thread_count;
    gboolean pool = domain->io_threads_policy == API_IO_THREADS_POLICY_SUPPLEMENTAL_POOL;
    const char *path = DOMAIN ".ioThreads.supplementalPoolThreadCount";
    if (pool && !count.set)
        api_check_error(check, DOMAIN, "ioThreadsPolicy",
                        "set ioThreads.supplementalPoolThreadCount",
                        "ioThreadsPolicy supplementalPool needs supplementalPoolThreadCount");
    else if (count.set && (count.value < 1 || count.value > API_IO_THREADS_MAX))
        api_check_error(check, path, NULL, "give from 1 to 512",
                        "%" G_GINT64_FORMAT " is out of range", count.value);
    else if (count.set && !pool)
        api_check_warning(check, path, NULL, NULL,
                          "supplementalPoolThreadCount has no effect without ioThreadsPolicy "
                          "supplementalPool");
}

gboolean api_machine_is_known(const char *const *machines, const char *type)
{
    return !machines || g_strv_contains(machines, type);
}

// The alias first, then old before new: 9.2 before 10.0.
static int compare_machines(gconstpointer a, gconstpointer b)
{
    const char *x = *(const char *const *)a, *y = *(const char *const *)b;
    gboolean x_versioned = strchr(x, '-') != NULL, y_versioned = strchr(y, '-') != NULL;
    return x_versioned != y_versioned ? x_versioned - y_versioned : strverscmp(x, y);
}

char *api_machine_list(const char *const *machines)
{
    g_autoptr(GPtrArray) sorted = g_ptr_array_new();
    if (!machines)
        return g_strdup("q35");
    for (; *machines; machines++)
        g_ptr_array_add(sorted, (gpointer)*machines);
    g_ptr_array_sort(sorted, compare_machines);
    g_ptr_array_add(sorted, NULL);
    return g_strjoinv(", ", (char **)sorted->pdata);
}

static void validate_machine(const ApiCheck *check, const char *type)
{
    const char *const *machines = check->context ? check->context->machines : NULL;
    if (!type)
        return;
    if (!g_str_has_prefix(type, "q35") && !g_str_has_prefix(type, "pc-q35")) {
        api_check_error(check, DOMAIN ".machine", "type", "use q35, or pc-q35-VERSION",
                        "machine type \"%s\" is not supported", type);
        return;
    }
    if (api_machine_is_known(machines, type))
        return;
    g_autofree char *list = api_machine_list(machines);
    g_autofree char *remedy =
        g_strdup_printf("use one of %s, or set ReplaceMachineType=yes in vmid.conf", list);
    if (check->context->replace_machine_type)
        api_check_warning(check, DOMAIN ".machine", "type", "the guest has q35 instead",
                          "this host's QEMU has no machine type \"%s\"", type);
    else
        api_check_error(check, DOMAIN ".machine", "type", remedy,
                        "this host's QEMU has no machine type \"%s\"", type);
}

static void validate_board(const ApiCheck *check, const ApiDomain *domain)
{
    validate_machine(check, domain->machine ? domain->machine->type : NULL);
    const char *uuid = domain->firmware ? domain->firmware->uuid : NULL;
    if (api_text_is_set(uuid) && !g_uuid_string_is_valid(uuid))
        api_check_error(check, DOMAIN ".firmware", "uuid",
                        "write it as xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx, or leave it out",
                        "\"%s\" is not a UUID", uuid);
    if (domain->devices && domain->devices->autoattach_graphics_device == API_TRUE)
        api_check_error(check, DOMAIN ".devices", "autoattachGraphicsDevice",
                        "remove it, or set it to false", "graphics are not supported yet");
}

void api_validate_compute(const ApiCheck *check, const ApiVmiSpec *spec)
{
    validate_spec(check, spec);
    validate_resources(check, spec->domain->resources);
    validate_memory(check, spec);
    validate_topology(check, spec);
    validate_dedicated(check, spec);
    validate_io_threads(check, spec->domain);
    validate_board(check, spec->domain);
}
