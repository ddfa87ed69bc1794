// SPDX-License-Identifier: LGPL-2.1-or-later
// After a restart of vmid: which guests still run, and the tidying of domains that are none. Who runs is told by the scopes; what it is, by
// libvirt, which may have lost what it knew. Nothing here ends a guest that ever ran.
#include <unistd.h>

#include "guest/driver-state.h"
#include "guest/host.h"
#include "guest/process.h"
#include "guest/run.h"
#include "guest/scope-look.h"
#include "guest/scope.h"

// Of the name of a domain, in the names of its directories.
#define LIBVIRT_SHORT_NAME 20

typedef struct {
    GuestHost *host;
    const GPtrArray *known; // GuestKnown
    GPtrArray *looks;       // ScopeLook
    GPtrArray *runs;        // GuestRun
    GPtrArray *keep;        // char *, patterns: the directories of domains that have a QEMU
} Adoption;

static void free_run(gpointer data)
{
    guest_run_free(data);
}

static void adoption_clear(Adoption *self)
{
    g_clear_pointer(&self->looks, g_ptr_array_unref);
    g_clear_pointer(&self->runs, g_ptr_array_unref);
    g_clear_pointer(&self->keep, g_ptr_array_unref);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Adoption, adoption_clear)

// A domain with no guest in it: the scope, the run directory and the definition go, scratch is the manager's sweep. What cannot be removed
// now is in nobody's way but the next start's, which says so.
static void remove_leftover(GuestHost *host, virDomainPtr domain, const Metadata *metadata)
{
    g_autofree char *scope = layout_scope_name(metadata->namespace, metadata->name);

    if (virDomainIsActive(domain) == 1)
        (void)virDomainDestroy(domain);
    (void)virDomainUndefineFlags(domain, VIR_DOMAIN_UNDEFINE_NVRAM);
    (void)!scope_drop(scope, NULL);
    (void)!run_remove_dir(&host->layout, metadata->namespace, metadata->name, NULL);
}

static GuestRun *run_of_names(const char *namespace, const char *name)
{
    GuestRun *run = run_new();

    run->namespace = g_strdup(namespace);
    run->name = g_strdup(name);
    run->scope = layout_scope_name(namespace, name);
    return run;
}

static const GuestKnown *find_known(const Adoption *self, const char *namespace, const char *name)
{
    for (guint i = 0; i < self->known->len; i++) {
        const GuestKnown *known = g_ptr_array_index(self->known, i);

        if (g_str_equal(known->namespace, namespace) && g_str_equal(known->name, name))
            return known;
    }
    return NULL;
}

// The pid that is known is of the time when it was written down: it counts when it is in the scope still.
static gint find_qemu(const Adoption *self, const GuestRun *run)
{
    const GuestKnown *known = find_known(self, run->namespace, run->name);

    return scope_look_qemu(scope_look_find(self->looks, run->scope), known ? known->pid : 0);
}

// NULL without an error: there is no QEMU behind this domain.
static GuestRun *adopt(const Adoption *self, virDomainPtr domain, const Metadata *metadata,
                       GError **error)
{
    g_autoptr(GuestRun) run = run_of_names(metadata->namespace, metadata->name);
    gboolean active = virDomainIsActive(domain) == 1;

    run->object_uid = g_strdup(metadata->uid);
    run->uid = metadata->runtime_user > 0 ? metadata->runtime_user : geteuid();
    run->pid = find_qemu(self, run);
    run->unreachable = !active;
    // One that was not put into its scope yet.
    if (active && run->pid <= 0)
        run->pid = host_read_pid(self->host, virDomainGetName(domain));
    if (!active && run->pid <= 0)
        return NULL;
    return run_read_domain(run, domain, error) ? g_steal_pointer(&run) : NULL;
}

static gboolean adopt_one(Adoption *self, virDomainPtr domain, GError **error)
{
    g_autoptr(Metadata) metadata = metadata_read(domain);
    g_autoptr(GError) failure = NULL;
    GuestRun *run = metadata ? adopt(self, domain, metadata, &failure) : NULL;

    if (failure) {
        g_propagate_error(error, g_steal_pointer(&failure));
        return FALSE;
    }
    if (run)
        g_ptr_array_add(self->runs, run);
    else if (metadata)
        remove_leftover(self->host, domain, metadata);
    if (virDomainIsActive(domain) == 1)
        g_ptr_array_add(self->keep, g_strdup_printf("domain-%u-*", virDomainGetID(domain)));
    return TRUE;
}

static gboolean adopt_domains(Adoption *self, GError **error)
{
    virDomainPtr *domains = NULL;
    int n = virConnectListAllDomains(self->host->conn, &domains, 0);
    gboolean fine = TRUE;

    if (n < 0) {
        virt_set_error(error, "cannot list the domains");
        return FALSE;
    }
    for (int i = 0; i < n; i++) {
        fine = fine && adopt_one(self, domains[i], error);
        (void)virDomainFree(domains[i]);
    }
    free(domains);
    return fine;
}

static gboolean is_adopted(const Adoption *self, const ScopeLook *look)
{
    for (guint i = 0; i < self->runs->len; i++) {
        const GuestRun *run = g_ptr_array_index(self->runs, i);

        if (g_str_equal(run->scope, look->unit))
            return TRUE;
    }
    return FALSE;
}

// Guests of which libvirt knows nothing at all.
static void adopt_scopes(Adoption *self)
{
    for (guint i = 0; i < self->looks->len; i++) {
        const ScopeLook *look = g_ptr_array_index(self->looks, i);
        const GuestKnown *known = find_known(self, look->namespace, look->name);
        gint pid = scope_look_qemu(look, known ? known->pid : 0);
        gint64 user = pid > 0 ? process_user(pid) : -1;
        GuestRun *run = NULL;

        if (user < 0 || is_adopted(self, look))
            continue;
        run = run_of_names(look->namespace, look->name);
        run->unreachable = TRUE;
        run->uid = (guint32)user;
        run->object_uid = g_strdup(known ? known->uid : NULL);
        run->pid = pid;
        g_ptr_array_add(self->runs, run);
    }
}

static void sweep_directories(const Adoption *self)
{
    for (guint i = 0; i < self->runs->len; i++) {
        const GuestRun *run = g_ptr_array_index(self->runs, i);
        g_autofree char *domain = layout_domain_name(run->namespace, run->name);

        if (run->unreachable)
            g_ptr_array_add(self->keep,
                            g_strdup_printf("domain-*-%.*s", LIBVIRT_SHORT_NAME, domain));
    }
    // What cannot be removed now is in nobody's way: the numbers in these names go up.
    (void)!driver_state_sweep(self->host->root, self->keep, NULL);
}

GPtrArray *guest_adopt_all(GuestHost *host, const GPtrArray *known, GError **error)
{
    g_auto(Adoption) self = { .host = host,
                              .known = known,
                              .looks = scope_look_all(error),
                              .runs = g_ptr_array_new_with_free_func(free_run),
                              .keep = g_ptr_array_new_with_free_func(g_free) };

    if (!self.looks || !adopt_domains(&self, error))
        return NULL;
    adopt_scopes(&self);
    sweep_directories(&self);
    return g_steal_pointer(&self.runs);
}
