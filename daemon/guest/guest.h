// SPDX-License-Identifier: LGPL-2.1-or-later
// One running guest. Only this layer links libvirt (the embedded QEMU driver). The functions here block and run in worker
// threads with immutable inputs, except where "main thread" is said; none of them touches the manager's state.
#pragma once

#include <gio/gio.h>

#include "domain/domain.h"
#include "storage/storage.h"

struct sd_bus; // <systemd/sd-bus.h>

// ---- the host: one libvirt connection --------------------------------------------------------------------------

typedef struct GuestHost GuestHost;

// How a run ended, from libvirt's lifecycle event (behaviour reference 5.11). libvirt cannot tell a guest that was asked to power off from one
// that did so by itself, nor a crash of QEMU from a kill of its scope: who asked for a stop or a kill knows (runs/outcome.h).
typedef enum {
    GUEST_END_SHUTDOWN, // the guest powered itself off
    GUEST_END_KILLED,   // somebody destroyed its domain
    GUEST_END_CRASHED,  // it panicked, or QEMU died
} GuestEnd;

// What became of a guest's scope.
typedef enum {
    GUEST_SCOPE_STOPPING, // systemd was asked to stop it (systemctl stop): shut the guest down in time
    GUEST_SCOPE_SHUTDOWN, // the same, as systemd stops everything: the host goes down, or the user's last session is over
    GUEST_SCOPE_OVER, // nothing is left in it
} GuestScopeEvent;

// Events name the VMI. They also come for domains that are being started or undone (created paused, destroyed): ignore those without a
// published run. Any member may be NULL.
typedef struct {
    // Main thread. A domain of ours stopped. The run must then be released.
    void (*stopped)(const char *namespace, const char *name, GuestEnd end, const char *detail,
                    gpointer user_data);
    // Main thread. Paused or resumed: by QEMU (BY_ERROR), which could not read or write a disk, or as asked.
    void (*paused)(const char *namespace, const char *name, gboolean paused, gboolean by_error,
                   gpointer user_data);
    // Main thread.
    void (*scope_ending)(const char *scope, GuestScopeEvent event, gpointer user_data);
    // Main thread, may be NULL. QEMU could not read or write a disk. VOLUME: its name; REASON: "enospc", ...; `paused` follows when the
    // disk's errorPolicy says so.
    void (*io_error)(const char *namespace, const char *name, const char *volume,
                     const char *reason, gpointer user_data);
    // Main thread, may be NULL. The guest rebooted: the run goes on.
    void (*rebooted)(const char *namespace, const char *name, gpointer user_data);
} GuestHostEvents;

typedef struct {
    Layout layout;
    gboolean use_emulation;
    const char *emulator;          // path, or NULL: libvirt's default
    guint32 uid_first, uid_count;  // the users that guests run as; count 0: as vmid's own
    gboolean replace_machine_type; // q35 instead of one that QEMU lacks
} GuestHostConfig;

// Main thread, once, before any other libvirt call and any other thread: libvirt's default event loop on GLib's default main
// context. Changes the environment so that libvirt finds no system bus: the daemon's own connection must be open by then.
gboolean guest_host_init(GError **error) G_GNUC_WARN_UNUSED_RESULT;

// Worker thread. Refuses with VMI_ERROR_NO_SPACE, opening nothing, when libvirt's state directory cannot be written: opening
// the driver then would kill running guests (libvirt gitlab #549). Writes the driver's qemu.conf. First open may take seconds.
// RET_FINAL: it failed for good. libvirt has one try in a process: what a driver that failed to initialise registered stays, and
// every later virConnectOpen() fails because of that, saying nothing of the cause.
GuestHost *guest_host_open(const GuestHostConfig *config, gboolean *ret_final,
                           GError **error) G_GNUC_WARN_UNUSED_RESULT;
// Main thread, after the runs of guest_adopt_all are known: subscribe to domain events and, on BUS (the daemon's bus connection,
// may be NULL), to scope state changes. Scopes that already are being stopped are reported at once.
gboolean guest_host_watch(GuestHost *self, struct sd_bus *bus, const GuestHostEvents *events,
                          gpointer user_data, GError **error) G_GNUC_WARN_UNUSED_RESULT;
void guest_host_close(GuestHost *self); // guests go on running
G_DEFINE_AUTOPTR_CLEANUP_FUNC(GuestHost, guest_host_close)

// What this libvirt and QEMU can do; fills the capability members of DomainHost and leaves the others. Borrowed strings live as
// long as SELF.
void guest_host_facts(GuestHost *self, DomainHost *ret_host);
// All host CPUs that are online, ascending. GArray of guint.
GArray *guest_host_cpus(GuestHost *self);
// The core that host CPU is a thread of: its lowest CPU.
guint guest_host_core(const GuestHost *self, guint cpu);
// The machine types of its QEMU that guests may have; NULL when that is not known. Borrowed.
const char *const *guest_host_machines(const GuestHost *self);

// ---- a run -----------------------------------------------------------------------------------------------------

typedef struct {
    guint id;
    gint tid;
    GArray *planned; // guint CPUs
    GArray *actual;  // guint CPUs, read back from the kernel
} GuestIoThread;

// A volume that was prepared for a run.
typedef struct {
    char *name;  // of the volume
    char *place; // where its data lives, in a line for people
} GuestVolume;

// Facts about one run, published by the manager. Made by guest_start or guest_adopt_all.
typedef struct {
    char *object_uid, *namespace, *name;
    char *domain_uuid, *scope, *machine; // machine: name at machined, or NULL
    gint pid;
    guint32 uid;
    GPtrArray *disks;     // DomainDiskPlan
    GPtrArray *images;    // char *, paths that its disks write to
    GPtrArray *bases;     // char *, paths that those are backed by, which are only read
    GPtrArray *iothreads; // GuestIoThread
    GPtrArray *forwards;  // DomainForward
    GPtrArray *warnings;  // char *
    GPtrArray *volumes;   // GuestVolume, of guest_start() only
    GArray *
        dedicated_cpus; // guint, from <vcpupin> and friends; NULL or empty unless dedicatedCpuPlacement. The manager
    // reserves them again from an adopted run
    char *mac;          // of the first interface, or NULL
    char *machine_type; // "pc-q35-7.2"
    gboolean
        unreachable; // libvirt does not know that it runs: it can be killed, and nothing else. Disks may be missing above
    gboolean paused, paused_by_error; // by_error: by QEMU, which could not read or write a disk
} GuestRun;

void guest_run_free(GuestRun *self);
// Whether its QEMU is known and is no more.
gboolean guest_run_is_gone(const GuestRun *self);
void guest_disk_plan_free(DomainDiskPlan *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(GuestRun, guest_run_free)

typedef struct {
    GuestHost *host;
    const StorageRequest *storage; // has the expanded VMI
    const GArray
        *dedicated_cpus;       // guint, reserved for this guest; empty unless dedicatedCpuPlacement
    const GArray *shared_cpus; // guint
    const char *forward_address;
    const GPtrArray *host_ports; // ApiHostPort, one for each port that the VMI lists
    gboolean register_machine;   // with systemd-machined, where it runs
} GuestStartRequest;

// Of a start: those of guest_start(), and letting the guest run, which is GUEST_LAST_STEP.
#define GUEST_START_STEPS 8
#define GUEST_LAST_STEP "Starting the guest"
// STEP is one of a fixed list of words ("Preparing volumes", ...), called in the worker thread.
typedef void (*GuestProgress)(const char *step, guint number, guint of, gpointer user_data);

// Reads top to bottom like the sentence it is: prepare volumes; build XML; start its passt; create the domain paused; put QEMU and its
// helpers in the scope; pin; register with machined. The guest has executed nothing then. (The caller reserved uid and CPUs before, and
// has guest_pause() let it run after, which PROGRESS counts as the last step.) Each step pushes its undo; failure or cancellation unwinds
// in reverse and leaves nothing behind.
GuestRun *guest_start(const GuestStartRequest *request, GuestProgress progress, gpointer user_data,
                      GCancellable *cancellable, GError **error) G_GNUC_WARN_UNUSED_RESULT;

// What the caller knows of a guest that ran when vmid was last there. Borrowed for the call.
typedef struct {
    const char *namespace, *name;
    const char *uid; // of the object; NULL: not known
    gint pid;        // of QEMU, then; 0: not known
} GuestKnown;
// After a restart of vmid: every guest whose QEMU lives, whether it has begun or not, those of which libvirt lost what it knew among them
// (`unreachable`; without an object_uid when nothing says whose it is). Domains without a QEMU are removed here. KNOWN: GuestKnown *, may be
// empty. GPtrArray of GuestRun.
GPtrArray *guest_adopt_all(GuestHost *host, const GPtrArray *known,
                           GError **error) G_GNUC_WARN_UNUSED_RESULT;

// Its run directory: sockets, and the record of the run, which is not this layer's. Made for root only to write in. One that is there is success.
gboolean guest_make_run_dir(const Layout *layout, const char *namespace, const char *name,
                            GError **error) G_GNUC_WARN_UNUSED_RESULT;

// The ways to ask a guest to power off. Both, as either may be ignored: a kernel without a power button handler, a guest without an agent.
typedef enum {
    GUEST_ASK_BUTTON, // ACPI
    GUEST_ASK_AGENT, // waits for the agent, if one is connected: up to a minute for one that says only that it is there
    _GUEST_ASK_MAX,
} GuestAsk;
// Asks the guest to power off, and does not wait for it. The end comes as the `stopped` event.
gboolean guest_shutdown(GuestHost *host, const char *domain_uuid, GuestAsk ask,
                        GError **error) G_GNUC_WARN_UNUSED_RESULT;
// Sends SIGKILL to all that is in its scope, and does not wait: the end comes as the `stopped` event. DOMAIN_UUID (may be NULL) is for when
// systemd cannot do it.
gboolean guest_kill(GuestHost *host, const char *scope, const char *domain_uuid,
                    GError **error) G_GNUC_WARN_UNUSED_RESULT;
// What is kept of its runs until the guest itself is deleted: the log of its QEMU.
void guest_forget(GuestHost *host, const char *namespace, const char *name);
// After the end: drop the scope and the machined entry, remove scratch and what is in the run directory but the record of the run
// (layout_run_record()). Idempotent. DOMAIN_UUID (may be NULL): a QEMU that is still there is destroyed before.
gboolean guest_release(GuestHost *host, const StorageConfig *storage, const char *namespace,
                       const char *name, const char *domain_uuid,
                       GError **error) G_GNUC_WARN_UNUSED_RESULT;
// After that: undefine the domain, and remove what libvirt keeps of it. Waits until libvirt has seen that QEMU is gone. Idempotent.
gboolean guest_forget_domain(GuestHost *host, const char *namespace, const char *name,
                             const char *domain_uuid, GError **error) G_GNUC_WARN_UNUSED_RESULT;
// After the last guest of a namespace: its slice.
gboolean guest_forget_namespace(const char *namespace, GError **error) G_GNUC_WARN_UNUSED_RESULT;
gboolean guest_pause(GuestHost *host, const char *domain_uuid, gboolean pause,
                     GError **error) G_GNUC_WARN_UNUSED_RESULT;

// Hotplug. TARGETS_IN_USE: the names in the guest of the disks that it has, NULL-terminated. RET_DISK is owned by the caller
// (guest_disk_plan_free).
gboolean guest_attach(const GuestStartRequest *request, const char *domain_uuid,
                      const char *const *targets_in_use, const ApiVolume *volume, const char *bus,
                      const char *serial, DomainDiskPlan **ret_disk,
                      GError **error) G_GNUC_WARN_UNUSED_RESULT;
gboolean guest_detach(GuestHost *host, const char *domain_uuid, const char *target,
                      GError **error) G_GNUC_WARN_UNUSED_RESULT;
// Whether QEMU has the disk of VOLUME, as after a call of these that failed. FALSE also when libvirt does not say.
gboolean guest_has_disk(GuestHost *host, const char *domain_uuid, const char *volume);

// ---- leader (main thread) --------------------------------------------------------------------------------------

// What machinectl(1) asks of a guest that is registered with systemd-machined: to reboot, or to power off. Also what it asked while nobody
// listened.
typedef struct GuestLeader GuestLeader;
typedef void (*GuestAsked)(gboolean reboot, gpointer user_data);
GuestLeader *guest_leader_open(const Layout *layout, const char *namespace, const char *name,
                               GuestAsked asked, gpointer user_data,
                               GError **error) G_GNUC_WARN_UNUSED_RESULT;
void guest_leader_free(GuestLeader *self);

// ---- console (main thread) -------------------------------------------------------------------------------------

// vmid is the one reader of the guest's serial socket: it writes what the guest prints to the journal, line by line, and to
// every client that has a console open; a slow client is dropped, never waited for.
typedef struct GuestConsole GuestConsole;
GuestConsole *guest_console_open(const char *socket_path, const char *namespace, const char *name,
                                 GError **error) G_GNUC_WARN_UNUSED_RESULT;
// The same on a connected stream socket, which it takes; what is printed goes to LINE instead of the journal when that is not NULL.
typedef void (*GuestConsoleLine)(const char *line, gpointer user_data);
GuestConsole *guest_console_new(int fd, const char *namespace, const char *name,
                                GuestConsoleLine line, gpointer user_data);
void guest_console_free(GuestConsole *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(GuestConsole, guest_console_free)
// A new client; returns one end of a socketpair for it, blocking; it is first shown the last output. Owned by the caller. The stream ends
// when the guest does. Fails with BUSY when too many have it open.
int guest_console_attach(GuestConsole *self, GError **error) G_GNUC_WARN_UNUSED_RESULT;
