// SPDX-License-Identifier: LGPL-2.1-or-later
// See scope.h. Why these properties: the scope must outlive vmid and still stop gracefully when vmid was restarted or is not there, so
// it has no Controller= (that is lost with the bus connection); KillSignal=SIGCONT does nothing to QEMU, so that systemd waits
// TimeoutStopUSec= while vmid, who sees the scope go "deactivating" (scope-watch.c), shuts the guest down.
#include "guest/scope.h"

#include <arpa/inet.h>
#include <errno.h>
#include <signal.h>
#include <unistd.h>

#include "base/error.h"
#include "guest/cpus.h"
#include "guest/process.h"
#include "guest/unit-bus.h"

// A scope's start job is done in milliseconds; only a systemd in trouble needs longer.
#define JOB_TIMEOUT_USEC (30 * G_USEC_PER_SEC)
// QEMU's threads, not the guest's: many disks with a thread pool each. Bounds what an escaped guest can fork.
#define TASKS_MAX G_GUINT64_CONSTANT(16384)
#define NO_SUCH_UNIT "org.freedesktop.systemd1.NoSuchUnit"
#define UNIT_EXISTS "org.freedesktop.systemd1.UnitExists"

typedef struct {
    char *job;           // object path we wait for; NULL until the call has returned
    char *result;        // "done", ... once it was removed
    GHashTable *removed; // results of jobs removed before we knew ours
} JobWait;

static void job_wait_clear(JobWait *self)
{
    g_free(self->job);
    g_free(self->result);
    g_clear_pointer(&self->removed, g_hash_table_unref);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(JobWait, job_wait_clear)

static int on_job_removed(sd_bus_message *message, void *user_data, sd_bus_error *ret_error)
{
    JobWait *wait = user_data;
    const char *path, *unit, *result;
    uint32_t id;

    if (sd_bus_message_read(message, "uoss", &id, &path, &unit, &result) < 0)
        return 0;
    if (!wait->job)
        g_hash_table_replace(wait->removed, g_strdup(path), g_strdup(result));
    else if (g_str_equal(path, wait->job) && !wait->result)
        wait->result = g_strdup(result);
    return 0;
}

static gboolean wait_for_job(sd_bus *bus, JobWait *wait, const char *unit, GError **error)
{
    gint64 deadline = g_get_monotonic_time() + JOB_TIMEOUT_USEC;

    wait->result = g_strdup(g_hash_table_lookup(wait->removed, wait->job));
    while (!wait->result) {
        gint64 left = deadline - g_get_monotonic_time();
        int r = sd_bus_process(bus, NULL);

        if (r == 0)
            r = left > 0 ? sd_bus_wait(bus, (uint64_t)left) : -ETIMEDOUT;
        if (r < 0 && r != -EINTR) {
            unit_bus_set_error(error, NULL, r, "cannot wait for systemd to start \"%s\"", unit);
            return FALSE;
        }
    }
    if (g_str_equal(wait->result, "done"))
        return TRUE;
    g_set_error(error, VMI_ERROR, VMI_ERROR_HOST, "systemd's job to start \"%s\" ended as \"%s\"",
                unit, wait->result);
    return FALSE;
}

static int append_pids(sd_bus_message *message, const GArray *pids)
{
    int r = sd_bus_message_open_container(message, 'r', "sv");

    r = r < 0 ? r : sd_bus_message_append(message, "s", "PIDs");
    r = r < 0 ? r : sd_bus_message_open_container(message, 'v', "au");
    r = r < 0 ? r : sd_bus_message_append_array(message, 'u', pids->data, pids->len * 4);
    r = r < 0 ? r : sd_bus_message_close_container(message);
    return r < 0 ? r : sd_bus_message_close_container(message);
}

static int append_cpus(sd_bus_message *message, const GArray *cpus)
{
    g_autoptr(GByteArray) mask = cpus_to_mask(cpus);
    int r = sd_bus_message_open_container(message, 'r', "sv");

    r = r < 0 ? r : sd_bus_message_append(message, "s", "AllowedCPUs");
    r = r < 0 ? r : sd_bus_message_open_container(message, 'v', "ay");
    r = r < 0 ? r : sd_bus_message_append_array(message, 'y', mask->data, mask->len);
    r = r < 0 ? r : sd_bus_message_close_container(message);
    return r < 0 ? r : sd_bus_message_close_container(message);
}

// What QEMU's private /dev has: those rules are a cgroup's, so that the ones of vmid.service end where this scope begins. Without root
// there are none.
static int append_devices(sd_bus_message *message)
{
    if (geteuid() != 0)
        return 0;
    return sd_bus_message_append(message, "(sv)(sv)", "DevicePolicy", "s", "closed", "DeviceAllow",
                                 "a(ss)", 1, "/dev/kvm", "rw");
}

static int append_prefix(sd_bus_message *message, int family, const void *address, gsize length,
                         guint32 prefix)
{
    int r = sd_bus_message_open_container(message, 'r', "iayu");

    r = r < 0 ? r : sd_bus_message_append(message, "i", family);
    r = r < 0 ? r : sd_bus_message_append_array(message, 'y', address, length);
    r = r < 0 ? r : sd_bus_message_append(message, "u", prefix);
    return r < 0 ? r : sd_bus_message_close_container(message);
}

static int open_prefixes(sd_bus_message *message, const char *property)
{
    int r = sd_bus_message_open_container(message, 'r', "sv");

    r = r < 0 ? r : sd_bus_message_append(message, "s", property);
    r = r < 0 ? r : sd_bus_message_open_container(message, 'v', "a(iayu)");
    return r < 0 ? r : sd_bus_message_open_container(message, 'a', "(iayu)");
}

static int close_prefixes(sd_bus_message *message)
{
    int r = sd_bus_message_close_container(message);

    r = r < 0 ? r : sd_bus_message_close_container(message);
    return r < 0 ? r : sd_bus_message_close_container(message);
}

// A user's systemd may not filter. IPAccounting= is how scope_is_filtered() knows.
static int append_filter(sd_bus_message *message, const char *allowed)
{
    static const guint8 loopback4[4] = { 127 };
    static const struct in6_addr loopback6 = IN6ADDR_LOOPBACK_INIT;
    struct in_addr in;
    int r;

    if (geteuid() != 0)
        return 0;
    r = sd_bus_message_append(message, "(sv)", "IPAccounting", "b", TRUE);
    r = r < 0 ? r : open_prefixes(message, "IPAddressDeny");
    r = r < 0 ? r : append_prefix(message, AF_INET, loopback4, sizeof(loopback4), 8);
    r = r < 0 ? r : append_prefix(message, AF_INET6, &loopback6, sizeof(loopback6), 128);
    r = r < 0 ? r : close_prefixes(message);
    if (r < 0 || !allowed || inet_pton(AF_INET, allowed, &in) != 1)
        return r;
    r = open_prefixes(message, "IPAddressAllow");
    r = r < 0 ? r : append_prefix(message, AF_INET, &in, sizeof(in), 32);
    return r < 0 ? r : close_prefixes(message);
}

static int append_limits(sd_bus_message *message, const ScopeLimits *limits)
{
    const struct {
        const char *name;
        guint64 value; // 0: not set
    } rows[] = {
        { "CPUWeight", limits->cpu_weight },
        { "CPUQuotaPerSecUSec", limits->cpu_quota_usec },
        { "MemoryMax", limits->memory_max },
        { "TasksMax", TASKS_MAX },
    };
    int r = 0;

    for (size_t i = 0; i < G_N_ELEMENTS(rows) && r >= 0; i++)
        if (rows[i].value > 0)
            r = sd_bus_message_append(message, "(sv)", rows[i].name, "t", rows[i].value);
    return r;
}

static int append_properties(sd_bus_message *message, const ScopeRequest *request)
{
    int r = sd_bus_message_open_container(message, 'a', "(sv)");

    r = r < 0
            ? r
            : sd_bus_message_append(
                  message, "(sv)(sv)(sv)(sv)(sv)(sv)(sv)", "Description", "s", request->description,
                  "Slice", "s", request->slice, "CollectMode", "s", "inactive-or-failed",
                  "KillSignal", "i", SIGCONT, "TimeoutStopUSec", "t", request->timeout_stop_usec,
                  "ManagedOOMPreference", "s", "avoid",
                  // At host shutdown units stop in reverse order: the guests while vmid is still there to shut them down.
                  "After", "as", 1, "vmid.service");
    r = r < 0 ? r : append_limits(message, &request->limits);
    r = r < 0 ? r : append_devices(message);
    r = r < 0 ? r : append_filter(message, request->allowed_loopback);
    if (request->cpus && request->cpus->len > 0)
        r = r < 0 ? r : append_cpus(message, request->cpus);
    r = r < 0 ? r : append_pids(message, request->pids);
    r = r < 0 ? r : sd_bus_message_close_container(message);
    return r < 0 ? r : sd_bus_message_append(message, "a(sa(sv))", 0);
}

// The job's path in WAIT, or a negative errno with BUS_ERROR.
static int call_start(sd_bus *bus, const ScopeRequest *request, JobWait *wait,
                      sd_bus_error *bus_error)
{
    g_autoptr(sd_bus_message) call = NULL;
    g_autoptr(sd_bus_message) reply = NULL;
    const char *job;
    int r = sd_bus_message_new_method_call(bus, &call, UNIT_BUS_SERVICE, UNIT_BUS_PATH,
                                           UNIT_BUS_MANAGER, "StartTransientUnit");

    r = r < 0 ? r : sd_bus_message_append(call, "ss", request->name, "fail");
    r = r < 0 ? r : append_properties(call, request);
    r = r < 0 ? r : sd_bus_call(bus, call, 0, bus_error, &reply);
    r = r < 0 ? r : sd_bus_message_read(reply, "o", &job);
    if (r >= 0)
        wait->job = g_strdup(job);
    return r;
}

static int call_on_unit(sd_bus *bus, const char *method, const char *unit, sd_bus_error *bus_error)
{
    return sd_bus_call_method(bus, UNIT_BUS_SERVICE, UNIT_BUS_PATH, UNIT_BUS_MANAGER, method,
                              bus_error, NULL, "s", unit);
}

static gboolean kill_all(sd_bus *bus, const char *name, GError **error)
{
    g_auto(sd_bus_error) bus_error = SD_BUS_ERROR_NULL;
    int r = sd_bus_call_method(bus, UNIT_BUS_SERVICE, UNIT_BUS_PATH, UNIT_BUS_MANAGER, "KillUnit",
                               &bus_error, NULL, "ssi", name, "all", SIGKILL);

    // "No process to kill" comes as ESRCH: nothing is left.
    if (r >= 0 || r == -ESRCH || sd_bus_error_has_name(&bus_error, NO_SUCH_UNIT))
        return TRUE;
    unit_bus_set_error(error, &bus_error, r, "cannot kill what runs in \"%s\"", name);
    return FALSE;
}

gboolean scope_start(const ScopeRequest *request, GError **error)
{
    g_autoptr(sd_bus) bus = unit_bus_open(error);
    g_autoptr(sd_bus_slot) slot = NULL;
    g_auto(sd_bus_error) bus_error = SD_BUS_ERROR_NULL;
    g_auto(JobWait)
        wait = { .removed = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free) };
    int r;

    if (!bus)
        return FALSE;
    // Before the call, so that the signal cannot be missed; not waited for: the bus keeps our messages in order.
    r = sd_bus_match_signal_async(bus, &slot, UNIT_BUS_SERVICE, UNIT_BUS_PATH, UNIT_BUS_MANAGER,
                                  "JobRemoved", on_job_removed, NULL, &wait);
    if (r >= 0)
        r = call_start(bus, request, &wait, &bus_error);
    if (r < 0 && sd_bus_error_has_name(&bus_error, UNIT_EXISTS)) {
        // A former run's scope that systemd has not let go of yet: it is in the way only when it failed or is empty.
        sd_bus_error_free(&bus_error);
        (void)call_on_unit(bus, "ResetFailedUnit", request->name, NULL);
        r = call_start(bus, request, &wait, &bus_error);
    }
    if (r < 0) {
        unit_bus_set_error(error, &bus_error, r, "systemd cannot start the scope \"%s\"",
                           request->name);
        return FALSE;
    }
    if (wait_for_job(bus, &wait, request->name, error))
        return TRUE;
    // Ours, and of no use: it goes, with what made it in.
    (void)!kill_all(bus, request->name, NULL);
    return FALSE;
}

// systemd counts in the program that filters: it has figures when the kernel has taken that.
gboolean scope_is_filtered(const char *name)
{
    g_autoptr(sd_bus) bus = unit_bus_open(NULL);
    g_autofree char *path = NULL;
    uint64_t bytes = UINT64_MAX;

    return bus && geteuid() == 0 &&
           sd_bus_path_encode("/org/freedesktop/systemd1/unit", name, &path) >= 0 &&
           sd_bus_get_property_trivial(bus, UNIT_BUS_SERVICE, path,
                                       "org.freedesktop.systemd1.Scope", "IPEgressBytes", NULL, 't',
                                       &bytes) >= 0 &&
           bytes != UINT64_MAX;
}

// The controllers of our service manager's own cgroup, as the kernel lists them; NULL when that cannot be read.
static char **read_controllers(void)
{
    g_autoptr(sd_bus) bus = unit_bus_open(NULL);
    g_autofree char *cgroup = NULL, *path = NULL, *text = NULL;

    if (!bus || sd_bus_get_property_string(bus, UNIT_BUS_SERVICE, UNIT_BUS_PATH, UNIT_BUS_MANAGER,
                                           "ControlGroup", NULL, &cgroup) < 0)
        return NULL;
    path = g_build_filename("/sys/fs/cgroup", cgroup, "cgroup.controllers", NULL);
    return g_file_get_contents(path, &text, NULL, NULL) ? g_strsplit(g_strchomp(text), " ", -1)
                                                        : NULL;
}

void scope_warn_of_unenforced(const ScopeRequest *request, GPtrArray *warnings)
{
    const struct {
        const char *controller, *property;
        gboolean wanted;
    } rows[] = {
        { "cpu", "CPUQuota", request->limits.cpu_quota_usec > 0 },
        { "memory", "MemoryMax", request->limits.memory_max > 0 },
        { "cpuset", "AllowedCPUs", request->cpus && request->cpus->len > 0 },
    };
    g_auto(GStrv) controllers = geteuid() == 0 ? NULL : read_controllers();

    for (size_t i = 0; controllers && i < G_N_ELEMENTS(rows); i++)
        if (rows[i].wanted &&
            !g_strv_contains((const char *const *)controllers, rows[i].controller))
            g_ptr_array_add(
                warnings,
                g_strdup_printf("%s= of its scope has no effect, as the user's systemd "
                                "has no \"%s\" controller; see Delegate= of user@.service",
                                rows[i].property, rows[i].controller));
}

gboolean scope_kill(const char *name, GError **error)
{
    g_autoptr(sd_bus) bus = unit_bus_open(error);

    return bus && kill_all(bus, name, error);
}

gboolean scope_drop(const char *name, GError **error)
{
    g_autoptr(sd_bus) bus = unit_bus_open(error);

    if (!bus || !kill_all(bus, name, error))
        return FALSE;
    // A scope that timed out stays as "failed" until somebody says it is seen; CollectMode= makes it vanish in all other cases.
    (void)call_on_unit(bus, "ResetFailedUnit", name, NULL);
    return TRUE;
}

gboolean scope_drop_slice(const char *slice, GError **error)
{
    g_autoptr(sd_bus) bus = unit_bus_open(error);
    g_auto(sd_bus_error) bus_error = SD_BUS_ERROR_NULL;
    g_autofree char *path = NULL, *cgroup = NULL;
    gboolean empty = FALSE;
    int r;

    if (!bus)
        return FALSE;
    r = sd_bus_path_encode(UNIT_BUS_PATH "/unit", slice, &path);
    if (r >= 0)
        r = sd_bus_get_property_string(bus, UNIT_BUS_SERVICE, path,
                                       "org.freedesktop.systemd1.Slice", "ControlGroup", &bus_error,
                                       &cgroup);
    if (r >= 0 && !process_cgroup_is_empty(cgroup, &empty, error))
        return FALSE;
    // "fail": it gives way to a guest that begins to start in there.
    if (r >= 0 && empty)
        r = sd_bus_call_method(bus, UNIT_BUS_SERVICE, UNIT_BUS_PATH, UNIT_BUS_MANAGER, "StopUnit",
                               &bus_error, NULL, "ss", slice, "fail");
    if (r >= 0 || sd_bus_error_has_name(&bus_error, NO_SUCH_UNIT))
        return TRUE;
    unit_bus_set_error(error, &bus_error, r, "cannot stop \"%s\"", slice);
    return FALSE;
}
