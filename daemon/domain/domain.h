// SPDX-License-Identifier: LGPL-2.1-or-later
// The domain builder: expanded VMI (after api_vmi_apply_defaults) + images + host facts -> libvirt
// domain XML and the plan that the guest layer carries out and checks. Pure. One file per concern:
// domain.c composes; cpu.c, memory.c, disks.c, iothreads.c, network.c, devices.c each add their
// elements with libxml2's writer.
#pragma once

#include "api/types.h"
#include "domain/layout.h"

// One image of a chain. The path is only a name when FDGROUP is set (libvirt formatdomain:
// "fdgroup").
typedef struct DomainImage DomainImage;
struct DomainImage {
    char *path;
    const char *format; // "raw" or "qcow2"; stated, never probed
    gboolean block;     // a block device
    gboolean read_only;
    char *fdgroup;        // or NULL: libvirt opens the path
    DomainImage *backing; // or NULL: an explicit empty <backingStore/>
};

DomainImage *domain_image_new(const char *path, const char *format);
void domain_image_free(DomainImage *self);
DomainImage *domain_image_copy(const DomainImage *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(DomainImage, domain_image_free)

// What the host told us about the image behind one volume; index = position in spec.volumes.
typedef struct {
    DomainImage *image;      // owned; NULL: the volume is not a disk
    gboolean direct_io;      // O_DIRECT works on the whole chain
    gboolean preallocated;   // fully allocated: io=native is a gain
    gboolean keep_allocated; // thick-provisioned claim: no discard=unmap
} DomainVolume;

// The planned image chain of one volume; NULL when the source gives no disk. Owned.
DomainImage *domain_plan_volume(const ApiVirtualMachineInstance *vmi, const ApiVolume *volume,
                                const Layout *layout);
// The image chain that each volume of the VMI will have, at its planned path, with no I/O:
// direct_io assumed TRUE. Used by render and by the storage layer as the plan to make real. GArray
// of DomainVolume, same order as spec.volumes.
GArray *domain_plan_volumes(const ApiVirtualMachineInstance *vmi, const Layout *layout);
void domain_volumes_free(GArray *volumes);

// How QEMU will open the images of a disk. Descriptors that are handed over must be opened the same
// way (QEMU >= 10 looks for one with matching flags): O_RDONLY when image->read_only, O_DIRECT on
// the whole chain when the cache is NONE.
const ApiDisk *domain_disk_of_volume(const ApiVmiSpec *spec,
                                     const char *volume); // NULL: not shown as a disk; borrowed
gboolean domain_disk_is_read_only(const ApiDisk *disk);   // a CD-ROM is, whatever `readonly` says
// KubeVirt's cache rule: unset -> none where direct I/O works, else writethrough.
// API_DISK_CACHE_UNSET is failure: `none` was asked for and the image cannot. The message starts
// with "cache: "; the caller puts the path of the disk in front.
ApiDiskCache domain_disk_cache(const ApiDisk *disk, const DomainVolume *volume,
                               GError **error) G_GNUC_WARN_UNUSED_RESULT;

// What this host's libvirt, QEMU and configuration allow. All borrowed.
typedef struct {
    gboolean use_emulation; // type='qemu' instead of 'kvm' (vmid.conf UseEmulation=)
    // Emit qemu:del capability 'cpu-unavailable-features': 300 QMP round trips fewer at start.
    gboolean lean_cpu_probe;
    gboolean queue_mapping;   // libvirt >= 10.0 with QEMU >= 9.0: <iothreads> below <driver>
    gboolean passt;           // there is one that serves guests; else QEMU's own user-mode network
    const guint *shared_cpus; // host CPUs that are nobody's own, ascending
    guint n_shared_cpus;
    // Allotted to this guest when dedicatedCpuPlacement: one per vCPU, threads of a core one after
    // the other, then one per supplementalPool thread. None at all is allowed in render only (uid 0).
    const guint *dedicated_cpus;
    guint n_dedicated_cpus;
    guint32 uid, gid;              // QEMU runs as; 0 = no <seclabel> (render)
    const char *emulator;          // path of QEMU; NULL: libvirt's choice
    const char *const *machines;   // q35 machine types of QEMU, NULL-terminated; NULL: not known
    gboolean replace_machine_type; // q35 instead of one that is none of these
    const char *uid_of_object;     // metadata.uid, recorded in <metadata>; NULL in render
    const char *forward_address;   // host address that forwarded ports listen on, "127.0.0.1"
    const char *resolver;          // address of the host's name server, or NULL: none is known
    // ApiHostPort: the ports of the host that the object was given. NULL in render: as if every
    // port from 1024 on were free.
    const GPtrArray *host_ports;
} DomainHost;

typedef struct {
    guint id;     // libvirt iothread id, from 1
    GArray *cpus; // guint host CPUs it is pinned to; empty = unpinned
} DomainIoThread;

typedef struct {
    char *volume;    // = disk name
    char *target;    // "vda"
    char *bus;       // "virtio"
    char *serial;    // or NULL
    guint iothread;  // the thread it runs in; 0 = QEMU's main loop
    gboolean mapped; // queues are spread over all threads (supplementalPool with queue_mapping)
    char *image; // of a guest that was found running: the path of what it writes to; otherwise NULL
} DomainDiskPlan;

typedef struct {
    char *protocol; // "tcp" or "udp"
    char *address;  // host side
    guint16 host_port, guest_port;
} DomainForward;

// A passt(1) that must run before QEMU is started, and goes into its scope.
typedef struct {
    char *socket;   // that QEMU connects to
    char *pid_file; // that it writes
    char **arguments;
} DomainPasst;

typedef struct {
    char *xml;
    GPtrArray *disks;     // DomainDiskPlan, in devices.disks order
    GPtrArray *iothreads; // DomainIoThread
    GPtrArray *forwards;  // DomainForward
    GPtrArray *passts;    // DomainPasst
    GPtrArray *warnings;  // char *: what this host cannot do as asked, shown on the object
} DomainPlan;

void domain_plan_free(DomainPlan *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(DomainPlan, domain_plan_free)

// Fails with VMI_ERROR_INVALID / UNSUPPORTED naming the field path when the spec cannot be built on
// this host.
DomainPlan *domain_build(const ApiVirtualMachineInstance *vmi, const GArray *volumes,
                         const DomainHost *host, const Layout *layout,
                         GError **error) G_GNUC_WARN_UNUSED_RESULT;

// The host's port for a guest's: its own number when the host may have it, which is from FIRST on;
// else one that a person still recognises (10080 for 80); when many guests have such, any. 0 when
// none is free.
typedef gboolean (*DomainPortIsFree)(guint port, gpointer user_data);
guint domain_choose_host_port(guint first, guint guest_port, DomainPortIsFree is_free,
                              gpointer user_data);
ApiPortProtocol domain_port_protocol(const ApiPort *port); // TCP unless it says something else

// The first name server of IPv4 in the text of resolv.conf(5), else the first, else NULL. Owned.
char *domain_find_resolver(const char *resolv_conf);
// Whether ADDRESS is one of 127.0.0.0/8 or ::1.
gboolean domain_resolver_is_loopback(const char *address);
// The one address of the host's loopback that guests may reach for their DNS; NULL: none. passt lets them reach its DNS ports alone.
// QEMU's own network lets them reach all of its ports, so that the one that everybody's services are at is none for it.
const char *domain_allowed_resolver(const DomainHost *host);

// The <disk> element alone, for hotplug into a running guest built from VMI: same cache, discard,
// IOThread policy functions as boot. TARGETS_IN_USE: NULL-terminated. The new disk takes the pool's
// least used thread.
typedef struct {
    const char *disk;   // name
    const char *bus;    // "scsi" (default upstream) or "virtio"
    const char *serial; // or NULL
    DomainVolume volume;
    const char *const *targets_in_use;
} DomainHotplug;
char *domain_build_hotplug(const ApiVirtualMachineInstance *vmi, const DomainHotplug *hotplug,
                           const DomainHost *host, char **ret_target,
                           GError **error) G_GNUC_WARN_UNUSED_RESULT;

// Memory that QEMU needs beyond the guest's (behaviour reference 5.5: the parts that exist on one
// host), for MemoryMax. Bytes.
guint64 domain_memory_overhead(const ApiVmiSpec *spec);
// What software emulation needs on top of that: the cache of translated code, whose size the XML
// fixes.
#define DOMAIN_EMULATION_OVERHEAD (G_GUINT64_CONSTANT(256) << 20)
