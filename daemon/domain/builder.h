// SPDX-License-Identifier: LGPL-2.1-or-later
// Private to domain/: what the files of the builder share. domain.c makes one DomainBuilder per
// call and hands it from concern to concern; each concern first plans (can fail, writes nothing),
// then writes its elements (cannot fail).
#pragma once

#include "domain/domain.h"
#include "domain/xml.h"

#define BUILDER_DISKS "spec.domain.devices.disks"
#define BUILDER_INTERFACES "spec.domain.devices.interfaces"

// The IOThreads of a guest: ids 1..pool are shared, pool+1..total belong to one disk each.
typedef struct {
    guint total;
    guint pool;
    gboolean supplemental; // policy supplementalPool: all of them are the pool
} IoThreads;

// Where the next disk goes. Start with { 0 }.
typedef struct {
    guint pool_used; // disks given to the pool so far
    guint own_used;  // threads given to one disk so far
} IoThreadCursor;

// Everything about one disk that was decided before a line is written. Strings are borrowed.
typedef struct {
    const ApiDisk *disk;
    const DomainVolume *volume; // NULL: an empty CD-ROM drive
    const char *serial;
    ApiDiskBus bus;
    guint index; // of the letters in the target name; also the unit on the SCSI bus
    gboolean read_only;
    ApiDiskCache cache;
    const char *io;    // "native", "threads" or NULL
    guint queues;      // 0: one, QEMU's choice
    guint iothread;    // 0: QEMU's main loop
    guint map_threads; // supplementalPool with queue mapping: threads to spread over; else 0
    const char *virtio_model;
} DiskElement;

// One network card. Addresses are text, owned.
typedef struct {
    const ApiInterface *interface;
    char *mac;
    char *network; // "10.0.2.0/24"
    char *gateway, *guest, *dns;
    guint prefix;
    GPtrArray *forwards;      // DomainForward, borrowed from the plan
    const DomainPasst *passt; // of the plan; NULL: QEMU's own user-mode network
} NetworkCard;

typedef struct {
    const ApiVirtualMachineInstance *vmi;
    const ApiDomain *domain;   // never NULL
    const ApiDevices *devices; // never NULL
    const GArray *volumes;     // DomainVolume
    const DomainHost *host;
    const Layout *layout;
    const char *machine;
    guint vcpus;
    const char *virtio_model; // "virtio-non-transitional" or "virtio-transitional"
    IoThreads threads;
    GArray *disks;    // DiskElement, in devices.disks order
    GPtrArray *cards; // NetworkCard
    DomainPlan *plan; // what is returned
    Xml *xml;
} DomainBuilder;

void domain_warn(DomainPlan *plan, const char *format, ...) G_GNUC_PRINTF(2, 3);

// cpu.c
gboolean cpu_check(const DomainBuilder *b, GError **error) G_GNUC_WARN_UNUSED_RESULT;
gboolean cpu_is_dedicated(const ApiDomain *domain);
char *cpu_list_format(const guint *cpus, gsize count); // libvirt's "0-2,5"; order does not matter
void cpu_write_count(const DomainBuilder *b);          // <vcpu>
void cpu_write_tune(const DomainBuilder *b);           // <cputune>
void cpu_write_features(const DomainBuilder *b);       // <features>
void cpu_write_model(const DomainBuilder *b);          // <cpu>

// memory.c
gboolean memory_check(const DomainBuilder *b, GError **error) G_GNUC_WARN_UNUSED_RESULT;
void memory_write(const DomainBuilder *b);
void memory_write_balloon(const DomainBuilder *b);

// iothreads.c: the arithmetic of behaviour reference 2.1-2.4, and <iothreads>
gboolean io_threads_count(const ApiVmiSpec *spec, IoThreads *ret_threads,
                          GError **error) G_GNUC_WARN_UNUSED_RESULT;
guint io_threads_assign(const IoThreads *threads, IoThreadCursor *cursor, gboolean dedicated);
// The CPUs of thread number THREAD (from 1) of COUNT: of the first WIDTH of CPUS. GArray of guint.
GArray *io_threads_spread(guint thread, guint count, const guint *cpus, guint width);
void io_threads_plan(DomainBuilder *b);
void io_threads_write(const DomainBuilder *b);

// disks.c
gboolean disks_plan(DomainBuilder *b, GError **error) G_GNUC_WARN_UNUSED_RESULT;
void disks_write(const DomainBuilder *b);
// Of one disk; PATH ("spec.domain.devices.disks[0]") is for messages. Leaves index and iothread to
// the caller.
gboolean disk_element_init(DiskElement *self, const ApiDisk *disk, const DomainVolume *volume,
                           const ApiVmiSpec *spec, const char *path,
                           GError **error) G_GNUC_WARN_UNUSED_RESULT;
void disk_element_write(const DiskElement *self, Xml *xml);
const char *disk_target_prefix(ApiDiskBus bus);
char *disk_target_name(ApiDiskBus bus, guint index); // (virtio, 27) -> "vdab"
gboolean disks_use_bus(const ApiDevices *devices, ApiDiskBus bus);

// network.c
gboolean network_plan(DomainBuilder *b, GError **error) G_GNUC_WARN_UNUSED_RESULT;
void network_write_command_line(const DomainBuilder *b); // <qemu:commandline>
gboolean network_uses_command_line(const DomainBuilder *b);
void network_card_free(NetworkCard *self);

// passt.c: adds the passt of CARD to the plan, which owns it.
const DomainPasst *passt_plan(DomainBuilder *b, const NetworkCard *card);

// devices.c
void devices_write_controllers(const DomainBuilder *b);
void devices_write_console(const DomainBuilder *b);
void devices_write_agent_channel(const DomainBuilder *b);
void devices_write_rng(const DomainBuilder *b);
gboolean devices_annotated(const DomainBuilder *b, const char *annotation); // its value is "true"
