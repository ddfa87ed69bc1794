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
    GPtrArray *looks; // ScopeLook
    GPtrArray *runs;  // GuestRun
    GPtrArray *keep;  // char *, patterns: the directories of domains that have a QEMU
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

// What only the record has. FALSE: it has nothing of this run.
static gboolean read_record(const Adoption *self, GuestRun *run)
{
    g_autoptr(GError) failure = NULL;

    if (run_load(run, &self->host->layout, &failure))
        return TRUE;
    g_ptr_array_add(run->warnings,
                    g_strdup_printf("some facts about this run were lost: %s", failure->message));
    return FALSE;
}

// vmid was killed between letting it run and recording that.
static void record_begun(const Adoption *self, GuestRun *run)
{
    g_autoptr(GError) failure = NULL;

    run->begun = TRUE;
    if (!run_save(run, &self->host->layout, &failure))
        g_ptr_array_add(run->warnings, g_strdup_printf("some facts about this run were lost: %s",
                                                       failure->message));
}

// NULL without an error: there is no guest in this domain, or it was never let run.
static GuestRun *adopt(const Adoption *self, virDomainPtr domain, const Metadata *metadata,
                       GError **error)
{
    g_autoptr(GuestRun) run = run_of_names(metadata->namespace, metadata->name);
    gboolean active = virDomainIsActive(domain) == 1, recorded = FALSE;

    run->object_uid = g_strdup(metadata->uid);
    run->uid = metadata->runtime_user > 0 ? metadata->runtime_user : geteuid();
    recorded = read_record(self, run);
    run->pid = scope_look_qemu(scope_look_find(self->looks, run->scope), run->pid);
    run->unreachable = !active;
    if (!active && run->pid <= 0)
        return NULL;
    if (!run_read_domain(run, domain, error))
        return NULL;
    if (active && recorded && !run->begun) {
        if (run->paused)
            return NULL;
        record_begun(self, run);
    }
    return g_steal_pointer(&run);
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
        gint pid = scope_look_qemu(look, 0);
        gint64 user = pid > 0 ? process_user(pid) : -1;
        GuestRun *run = NULL;

        if (user < 0 || is_adopted(self, look))
            continue;
        run = run_of_names(look->namespace, look->name);
        run->unreachable = TRUE;
        run->uid = (guint32)user;
        (void)!read_record(self, run);
        run->pid = scope_look_qemu(look, run->pid);
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

GPtrArray *guest_adopt_all(GuestHost *host, GError **error)
{
    g_auto(Adoption) self = { .host = host,
                              .looks = scope_look_all(error),
                              .runs = g_ptr_array_new_with_free_func(free_run),
                              .keep = g_ptr_array_new_with_free_func(g_free) };

    if (!self.looks || !adopt_domains(&self, error))
        return NULL;
    adopt_scopes(&self);
    sweep_directories(&self);
    return g_steal_pointer(&self.runs);
}
