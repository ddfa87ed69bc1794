// SPDX-License-Identifier: LGPL-2.1-or-later
// The start of a guest, in one table of steps that reads like the sentence it is. Nothing of the guest has run after it: it is
// created paused, so that placement and pinning hold from its first instruction. Each step pushes its undo.
#include <errno.h>
#include <unistd.h>

#include "api/defaults.h"
#include "base/error.h"
#include "guest/birth-access.h"
#include "guest/birth-watch.h"
#include "guest/cpus.h"
#include "guest/host.h"
#include "guest/leader.h"
#include "guest/machined.h"
#include "guest/passt.h"
#include "guest/ports.h"
#include "guest/process.h"
#include "guest/qemu-words.h"
#include "guest/run.h"
#include "guest/scope-look.h"
#include "guest/scope.h"
#include "guest/undo.h"

// What systemd waits beyond the grace period, so that the kill at its end is vmid's, who then also knows why.
#define STOP_MARGIN_SECONDS 10

typedef struct {
    const GuestStartRequest *request;
    const ApiVirtualMachineInstance *vmi; // request->storage->vmi
    Undo *undo;
    GPtrArray *volumes;           // StorageVolume
    char *resolver;               // the host's, or NULL
    const char *allowed_loopback; // that, or NULL
    GPtrArray *passts;            // Passt
    DomainPlan *plan;
    virDomainPtr domain;
    GuestRun *run;
    gint leader; // for machined; 0: none
} Start;

static gboolean undo_run_dir(gpointer data, GError **error)
{
    const Start *start = data;

    return run_remove_dir(&start->request->host->layout, start->run->namespace, start->run->name,
                          error);
}

static gboolean undo_volumes(gpointer data, GError **error)
{
    const Start *start = data;

    return storage_release(start->request->storage->config, start->run->namespace, start->run->name,
                           error);
}

static gboolean undo_define(gpointer data, GError **error)
{
    Start *start = data;

    if (virDomainUndefineFlags(start->domain, VIR_DOMAIN_UNDEFINE_NVRAM) == 0 ||
        virt_last_code() == VIR_ERR_NO_DOMAIN)
        return TRUE;
    virt_set_error(error, "cannot undefine the domain");
    return FALSE;
}

static gboolean undo_create(gpointer data, GError **error)
{
    Start *start = data;

    if (virDomainDestroy(start->domain) == 0 || virt_last_code() == VIR_ERR_OPERATION_INVALID)
        return TRUE;
    virt_set_error(error, "cannot destroy the domain");
    return FALSE;
}

static gboolean undo_passt(gpointer data, GError **error)
{
    const Start *start = data;

    for (guint i = 0; i < start->passts->len; i++)
        passt_kill(g_ptr_array_index(start->passts, i));
    return TRUE;
}

static gboolean undo_scope(gpointer data, GError **error)
{
    const Start *start = data;

    return scope_drop(start->run->scope, error);
}

static void describe_volume(Start *start, const StorageVolume *prepared, const ApiVolume *volume)
{
    const VolumeSource *source = storage_source_find(volume);
    GuestVolume *described = g_new0(GuestVolume, 1);

    g_ptr_array_add(start->run->volumes, described);
    described->name = g_strdup(volume->name);
    described->place = source ? source->describe(start->request->storage, volume) : NULL;
    if (prepared->warning)
        g_ptr_array_add(start->run->warnings, g_strdup(prepared->warning));
}

static gboolean prepare_volumes(Start *start, GCancellable *cancellable, GError **error)
{
    const StorageRequest *storage = start->request->storage;
    GuestRun *run = start->run;

    if (!guest_make_run_dir(&start->request->host->layout, run->namespace, run->name, error))
        return FALSE;
    undo_push(start->undo, "removing its run directory", undo_run_dir, start);

    start->volumes = storage_prepare(storage, cancellable, error);
    if (!start->volumes)
        return FALSE;
    undo_push(start->undo, "removing its scratch files", undo_volumes, start);

    for (guint i = 0; i < start->volumes->len; i++)
        describe_volume(start, g_ptr_array_index(start->volumes, i),
                        g_ptr_array_index(start->vmi->spec->volumes, i));
    return TRUE;
}

static void fill_domain_host(const GuestStartRequest *request, DomainHost *ret_host)
{
    guest_host_facts(request->host, ret_host);
    if (request->shared_cpus) {
        ret_host->shared_cpus = (const guint *)request->shared_cpus->data;
        ret_host->n_shared_cpus = request->shared_cpus->len;
    }
    if (request->dedicated_cpus) {
        ret_host->dedicated_cpus = (const guint *)request->dedicated_cpus->data;
        ret_host->n_dedicated_cpus = request->dedicated_cpus->len;
    }
    ret_host->uid = request->storage->uid;
    ret_host->gid = request->storage->gid;
    ret_host->uid_of_object = request->storage->vmi->metadata->uid;
    ret_host->forward_address = request->forward_address;
    ret_host->host_ports = request->host_ports;
}

// NULL: nobody serves names here.
static char *read_resolver(void)
{
    g_autofree char *text = NULL;

    return g_file_get_contents("/etc/resolv.conf", &text, NULL, NULL) ? domain_find_resolver(text)
                                                                      : NULL;
}

static gboolean build_domain(Start *start, GCancellable *cancellable, GError **error)
{
    g_autoptr(GArray) volumes = g_array_new(FALSE, FALSE, sizeof(DomainVolume));
    DomainHost host = { 0 };

    for (guint i = 0; i < start->volumes->len; i++) {
        const StorageVolume *volume = g_ptr_array_index(start->volumes, i);

        g_array_append_val(volumes, volume->volume); // the image stays the StorageVolume's
    }
    start->resolver = read_resolver();
    fill_domain_host(start->request, &host);
    host.resolver = start->resolver;
    start->allowed_loopback = domain_allowed_resolver(&host);
    start->plan = domain_build(start->vmi, volumes, &host, &start->request->host->layout, error);
    return start->plan != NULL;
}

// In vmid's own control group: what listens is to be open before it comes under the filter of the guest's scope.
static gboolean start_network(Start *start, GCancellable *cancellable, GError **error)
{
    const Layout *layout = &start->request->host->layout;
    const GuestRun *run = start->run;
    guint32 gid = start->request->storage->gid;

    if (!ports_check_free(start->plan->forwards, error))
        return FALSE;
    if (start->plan->passts->len > 0 &&
        !passt_make_dir(layout, run->namespace, run->name, gid, error))
        return FALSE;
    undo_push(start->undo, "ending its passt", undo_passt, start);
    for (guint i = 0; i < start->plan->passts->len; i++) {
        Passt *passt =
            passt_start(g_ptr_array_index(start->plan->passts, i), gid, cancellable, error);

        if (!passt)
            return FALSE;
        g_ptr_array_add(start->passts, passt);
    }
    return TRUE;
}

static gboolean hand_over_descriptors(Start *start, GError **error)
{
    for (guint i = 0; i < start->volumes->len; i++)
        if (!host_hand_over(start->domain, g_ptr_array_index(start->volumes, i), error))
            return FALSE;
    return TRUE;
}

static gboolean create(Start *start, GError **error)
{
    g_autofree char *name = layout_domain_name(start->run->namespace, start->run->name);

    if (virDomainCreateWithFlags(start->domain, VIR_DOMAIN_START_PAUSED) < 0) {
        qemu_words_set_error(error, start->request->host->root, name);
        return FALSE;
    }
    undo_push(start->undo, "destroying its domain", undo_create, start);
    return TRUE;
}

// Its uid is in no group, so that no guest shares one with another: what QEMU needs at first is opened to it by name, and closed again.
static gboolean run_qemu(Start *start, GError **error)
{
    GuestHost *host = start->request->host;
    guint32 user = start->request->storage->uid;
    g_autoptr(GError) failure = NULL;
    gboolean fine = birth_access_grant(host, user, &failure) && create(start, &failure);

    // What it may reach too long is worth a warning on the object; whatever failed before says more.
    if (!birth_access_revoke(host, user, fine ? &failure : NULL) && fine)
        g_ptr_array_add(start->run->warnings, g_strdup(failure->message));
    if (!fine)
        g_propagate_error(error, g_steal_pointer(&failure));
    return fine;
}

static gboolean define_and_create(Start *start, GError **error)
{
    start->domain = virDomainDefineXMLFlags(start->request->host->conn, start->plan->xml, 0);
    if (!start->domain) {
        virt_set_error(error, "libvirt refuses the domain");
        return FALSE;
    }
    undo_push(start->undo, "undefining its domain", undo_define, start);
    return hand_over_descriptors(start, error) && run_qemu(start, error);
}

// libvirt's own error about a QEMU that was killed says less than the reason it was killed for.
static gboolean create_domain(Start *start, GCancellable *cancellable, GError **error)
{
    g_autofree char *name = layout_domain_name(start->run->namespace, start->run->name);
    BirthWatch *watch = birth_watch_begin(start->request->host, name, cancellable);
    g_autoptr(GError) failure = NULL;
    gboolean created = define_and_create(start, &failure);

    if (!birth_watch_end(watch, created, error))
        return FALSE;
    if (!created)
        g_propagate_error(error, g_steal_pointer(&failure));
    return created;
}

static guint64 stop_timeout(const ApiVmiSpec *spec)
{
    return (guint64)(api_vmi_grace_seconds(spec) + STOP_MARGIN_SECONDS) * G_USEC_PER_SEC;
}

// The CPUs of its scope: its own, or the shared ones when they are fewer than all.
static const GArray *scope_cpus(const GuestStartRequest *request, const GArray *online)
{
    if (request->dedicated_cpus && request->dedicated_cpus->len > 0)
        return request->dedicated_cpus;
    return cpus_equal(request->shared_cpus, online) ? NULL : request->shared_cpus;
}

static GArray *list_processes(const Start *start)
{
    GArray *pids = process_of_guest(start->run->pid, start->request->storage->uid);

    // Without a user of its own nothing else marks a passt as this guest's.
    for (guint i = 0; start->request->storage->uid == 0 && i < start->passts->len; i++)
        g_array_append_val(pids, ((const Passt *)g_ptr_array_index(start->passts, i))->pid);
    return pids;
}

// passt has options of its own against it, and the scope's filter is a second lock then.
static void warn_of_open_loopback(const Start *start)
{
    const ApiDevices *devices = start->vmi->spec->domain->devices;

    if (devices && devices->interfaces && devices->interfaces->len > 0 &&
        start->plan->passts->len == 0 && !scope_is_filtered(start->run->scope))
        g_ptr_array_add(start->run->warnings,
                        g_strdup("the guest can reach services that listen on this host's "
                                 "loopback addresses only, by its gateway's address: QEMU's own "
                                 "network is in use, and systemd cannot filter the addresses of "
                                 "its scope; with QEMU 10 and a passt that has --dns-host it "
                                 "cannot"));
}

// Before the scope is made, which it is to be in. Without it machined is told of nobody.
static void add_leader(Start *start, GArray *pids)
{
    GuestRun *run = start->run;
    g_autoptr(GError) failure = NULL;

    if (!start->request->register_machine)
        return;
    start->leader = leader_start(&start->request->host->layout, run->namespace, run->name, run->pid,
                                 run->uid, &failure);
    if (start->leader > 0)
        g_array_append_val(pids, start->leader);
    else
        g_ptr_array_add(
            run->warnings,
            g_strdup_printf("systemd-machined does not list this guest: %s", failure->message));
}

static gboolean place_in_scope(Start *start, GCancellable *cancellable, GError **error)
{
    GuestRun *run = start->run;
    GuestHost *host = start->request->host;
    g_autofree char *slice = layout_slice_name(run->namespace);
    g_autofree char *description = scope_look_describe(run->namespace, run->name);
    g_autoptr(GArray) online = guest_host_cpus(host), pids = NULL, affinities = NULL;
    ScopeRequest scope = { .name = run->scope, .slice = slice, .description = description };

    run->pid = host_read_pid(host, virDomainGetName(start->domain));
    if (run->pid <= 0) {
        g_set_error(error, VMI_ERROR, VMI_ERROR_HOST, "libvirt does not say which process QEMU is");
        return FALSE;
    }
    pids = list_processes(start);
    add_leader(start, pids);
    affinities = cpus_save_process(run->pid);
    scope.pids = pids;
    scope.limits = scope_limits_of(start->vmi->spec,
                                   domain_memory_overhead(start->vmi->spec) +
                                       (host->use_emulation ? DOMAIN_EMULATION_OVERHEAD : 0));
    scope.cpus = scope_cpus(start->request, online);
    scope.allowed_loopback = start->allowed_loopback;
    scope.timeout_stop_usec = stop_timeout(start->vmi->spec);
    if (!scope_start(&scope, error))
        return FALSE;
    undo_push(start->undo, "removing its scope", undo_scope, start);
    scope_warn_of_unenforced(&scope, run->warnings);
    warn_of_open_loopback(start);
    cpus_restore_process(affinities);
    return TRUE;
}

// Says on the object what the host did not do as planned; a guest on the wrong CPU still runs.
static gboolean check_placement(Start *start, GCancellable *cancellable, GError **error)
{
    GuestRun *run = start->run;

    if (!run_read_domain(run, start->domain, error))
        return FALSE;
    for (guint i = 0; i < run->iothreads->len && i < start->plan->iothreads->len; i++) {
        GuestIoThread *thread = g_ptr_array_index(run->iothreads, i);
        const DomainIoThread *planned = g_ptr_array_index(start->plan->iothreads, i);

        g_array_unref(thread->planned);
        thread->planned = cpus_copy(planned->cpus);
    }
    g_ptr_array_extend_and_steal(run->warnings, g_steal_pointer(&start->plan->warnings));
    start->plan->warnings = g_ptr_array_new();
    run_check_pinning(run);
    return TRUE;
}

// machinectl lists the guest then. It does without where that fails.
static gboolean register_machine(Start *start, GCancellable *cancellable, GError **error)
{
    GuestRun *run = start->run;
    g_autofree char *machine = layout_machine_name(run->namespace, run->name);
    g_autoptr(GError) failure = NULL;
    g_autoptr(sd_bus) bus = NULL;

    if (start->leader <= 0)
        return TRUE;
    bus = unit_bus_open(&failure);
    if (bus && machined_register(bus, machine, run->domain_uuid, start->leader, &failure))
        run->machine = g_steal_pointer(&machine);
    else
        g_ptr_array_add(run->warnings, g_strdup(failure->message));
    return TRUE;
}

// The plan knows more of disks and forwards than libvirt says.
static void finish(Start *start)
{
    GuestRun *run = start->run;

    g_ptr_array_unref(run->disks);
    run->disks = g_steal_pointer(&start->plan->disks);
    start->plan->disks = g_ptr_array_new();
    g_ptr_array_unref(run->forwards);
    run->forwards = g_steal_pointer(&start->plan->forwards);
    start->plan->forwards = g_ptr_array_new();
}

static const struct {
    const char *name; // as progress shows it
    gboolean (*run)(Start *start, GCancellable *cancellable, GError **error);
} steps[] = {
    { "Preparing volumes", prepare_volumes },        { "Building the domain", build_domain },
    { "Starting its network", start_network },       { "Creating the domain", create_domain },
    { "Placing QEMU in its scope", place_in_scope }, { "Checking the placement", check_placement },
    { "Registering the machine", register_machine },
};

static GuestRun *new_run(const GuestStartRequest *request)
{
    const ApiObjectMeta *meta = request->storage->vmi->metadata;
    GuestRun *run = run_new();

    run->object_uid = g_strdup(meta->uid);
    run->namespace = g_strdup(meta->namespace);
    run->name = g_strdup(meta->name);
    run->scope = layout_scope_name(meta->namespace, meta->name);
    run->uid = request->storage->uid > 0 ? request->storage->uid : geteuid();
    return run;
}

static void start_clear(Start *self)
{
    g_clear_pointer(&self->undo, undo_free);
    g_clear_pointer(&self->volumes, g_ptr_array_unref);
    g_clear_pointer(&self->resolver, g_free);
    g_clear_pointer(&self->passts, g_ptr_array_unref);
    g_clear_pointer(&self->plan, domain_plan_free);
    g_clear_pointer(&self->domain, virDomainFree);
    g_clear_pointer(&self->run, guest_run_free);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Start, start_clear)

G_STATIC_ASSERT(G_N_ELEMENTS(steps) + 1 == GUEST_START_STEPS);

GuestRun *guest_start(const GuestStartRequest *request, GuestProgress progress, gpointer user_data,
                      GCancellable *cancellable, GError **error)
{
    g_auto(Start) start = { .request = request,
                            .vmi = request->storage->vmi,
                            .undo = undo_new(),
                            .passts = g_ptr_array_new_with_free_func(passt_free),
                            .run = new_run(request) };
    g_autoptr(GError) failure = NULL;

    for (guint i = 0; i < G_N_ELEMENTS(steps); i++) {
        if (progress)
            progress(steps[i].name, i + 1, GUEST_START_STEPS, user_data);
        if (!g_cancellable_set_error_if_cancelled(cancellable, &failure) &&
            steps[i].run(&start, cancellable, &failure))
            continue;
        undo_unwind(start.undo, &failure);
        g_propagate_error(error, g_steal_pointer(&failure));
        return NULL;
    }
    finish(&start);
    return g_steal_pointer(&start.run);
}
