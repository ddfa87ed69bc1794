// SPDX-License-Identifier: LGPL-2.1-or-later
// After a restart of vmid: which guests still run, known by their metadata, and the tidying of domains that are none. Nothing here ends a
// guest that ever ran.
#include <unistd.h>

#include "guest/host.h"
#include "guest/run.h"

static void free_run(gpointer data)
{
    guest_run_free(data);
}

// A domain with no guest in it: the run directory and the definition go, scratch is the manager's sweep. What cannot be removed now is
// in nobody's way but the next start's, which says so.
static void remove_leftover(GuestHost *host, virDomainPtr domain, const Metadata *metadata)
{
    if (virDomainIsActive(domain) == 1)
        (void)virDomainDestroy(domain);
    (void)virDomainUndefineFlags(domain, VIR_DOMAIN_UNDEFINE_NVRAM);
    (void)!run_remove_dir(&host->layout, metadata->namespace, metadata->name, NULL);
}

// NULL without an error: there is no guest in this domain, or it was never let run.
static GuestRun *adopt(GuestHost *host, virDomainPtr domain, const Metadata *metadata,
                       GError **error)
{
    g_autoptr(GuestRun) run = run_new();
    g_autoptr(GError) failure = NULL;

    if (virDomainIsActive(domain) != 1)
        return NULL;
    run->object_uid = g_strdup(metadata->uid);
    run->namespace = g_strdup(metadata->namespace);
    run->name = g_strdup(metadata->name);
    run->scope = layout_scope_name(run->namespace, run->name);
    run->uid = metadata->runtime_user > 0 ? metadata->runtime_user : geteuid();
    run->pid = host_read_pid(host, virDomainGetName(domain));
    if (!run_read_domain(run, domain, error))
        return NULL;
    if (run_load(run, &host->layout, &failure)) {
        if (run->paused && !run->begun)
            return NULL;
        // vmid was killed between letting it run and recording that.
        if (!run->begun) {
            run->begun = TRUE;
            (void)!run_save(run, &host->layout, &failure);
        }
    }
    if (failure)
        g_ptr_array_add(run->warnings, g_strdup_printf("some facts about this run were lost: %s",
                                                       failure->message));
    return g_steal_pointer(&run);
}

static gboolean adopt_one(GuestHost *host, virDomainPtr domain, GPtrArray *runs, GError **error)
{
    g_autoptr(Metadata) metadata = metadata_read(domain);
    g_autoptr(GError) failure = NULL;
    GuestRun *run = metadata ? adopt(host, domain, metadata, &failure) : NULL;
    gboolean fine = !failure;

    if (run)
        g_ptr_array_add(runs, run);
    else if (metadata && !failure)
        remove_leftover(host, domain, metadata);
    if (failure)
        g_propagate_error(error, g_steal_pointer(&failure));
    return fine;
}

GPtrArray *guest_adopt_all(GuestHost *host, GError **error)
{
    g_autoptr(GPtrArray) runs = g_ptr_array_new_with_free_func(free_run);
    virDomainPtr *domains = NULL;
    int n = virConnectListAllDomains(host->conn, &domains, 0);
    gboolean fine = TRUE;

    if (n < 0) {
        virt_set_error(error, "cannot list the domains");
        return NULL;
    }
    for (int i = 0; i < n; i++) {
        fine = fine && adopt_one(host, domains[i], runs, error);
        (void)virDomainFree(domains[i]);
    }
    free(domains);
    return fine ? g_steal_pointer(&runs) : NULL;
}
