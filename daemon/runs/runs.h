// SPDX-License-Identifier: LGPL-2.1-or-later
// The runs of guests: events go in, what the machine (runs/machine.h) says is done comes out. Main thread only; what blocks is done in the
// lanes. Nothing about a run is known outside its record. Runs know nothing of objects but their names: what they need of them they ask their
// owner, and what happens they tell it.
#pragma once

#include "base/worker.h"
#include "guest/guest.h"
#include "runs/input.h"
#include "runs/machine.h"
#include "runs/reserve.h"

struct sd_bus; // <systemd/sd-bus.h>

typedef struct Runs Runs;
typedef struct Run Run;

typedef struct {
    const StorageConfig *storage;
    const char *forward_address;
    gboolean register_machines;   // with systemd-machined, where it runs
    guint starts;                 // how many are carried out at the same time
    guint32 uid_first, uid_count; // as reserve_new() takes them
} RunsConfig;

// All are called on the main thread. None may want anything of a run, or cancel it, before it returns.
typedef struct {
    // Whose RUN is: what run_owner() says from now on; NULL: no object of which anything is known. For runs that were found.
    gpointer (*find)(const RunRecord *record, gpointer user_data);
    // RUN, which was found, has its owner, and goes on with what it was wanted for.
    void (*found)(Run *run, gpointer user_data);
    // Whether more will be known of whose RUN is: as long as it is so nothing of it is released.
    gboolean (*is_unknown)(Run *run, gpointer user_data);
    // What RUN is to be started with; with PLUG, what it needs to have that disk. Once for each start and disk. Owned.
    RunInput *(*prepare)(Run *run, const RunPlug *plug, gpointer user_data, GError **error);
    // Whether it may use the images, which were looked at (StorageLook).
    gboolean (*accept)(Run *run, const GPtrArray *looks, gpointer user_data, GError **error);
    // From here on the guest may execute: when this returns TRUE, that is on disk.
    gboolean (*begin)(Run *run, gpointer user_data, GError **error);
    // What the definition gives the guest to shut down, in microseconds.
    gint64 (*grace)(Run *run, gpointer user_data);
    void (*progress)(Run *run, const char *step, guint number, guint of, gpointer user_data);
    // One bit of RunNews. DETAIL: what a step or libvirt said, or NULL.
    void (*news)(Run *run, RunNews news, const char *detail, gpointer user_data);
    void (*io_error)(Run *run, const char *volume, const char *reason, gpointer user_data);
    // ERROR: what the step said when END says that one failed, else NULL.
    void (*want_ended)(Run *run, const RunWantEnd *end, const GError *error, gpointer user_data);
    // A run that had begun is over: when this returns, how it ended is on disk, as far as the disk allows. DETAIL as above.
    void (*ended)(Run *run, RunEnd end, const char *detail, gpointer user_data);
    // Something of the record has changed: after all of the above.
    void (*changed)(Run *run, gpointer user_data);
    // Nothing is left of RUN, which is freed when this returns.
    void (*over)(Run *run, gpointer user_data);
    // Something is wrong with RUN, until this is called with NULL; without a RUN it stays.
    void (*problem)(Run *run, const char *problem, gpointer user_data);
} RunsOwner;

// CONFIG is copied; what it points to must outlive SELF.
Runs *runs_new(const RunsConfig *config, const RunsOwner *owner, gpointer user_data);
// No more is told and no step begins. Waits so long for the steps that make or remove something, and for those that ask a guest; FALSE when one
// is still under way: SELF must then not be freed.
gboolean runs_close(Runs *self, guint work_msec, guint ask_msec) G_GNUC_WARN_UNUSED_RESULT;
void runs_free(Runs *self);

// The host is open. Borrowed.
void runs_set_host(Runs *self, GuestHost *host);
Reserve *runs_reserve(const Runs *self); // borrowed
// Looks for the runs that are there, in a worker; DONE gets NULL, or what kept it from that: then nothing is known. BUS: the daemon's
// bus connection, may be NULL.
typedef void (*RunsFound)(const GError *error, gpointer user_data);
void runs_find_all(Runs *self, struct sd_bus *bus, RunsFound found);
// Until this is called nothing is reserved for a new run: what the last ones left may still be swept.
void runs_allow(Runs *self);
// More is known of whose runs are: what was not released for that reason is.
void runs_owners_known(Runs *self);

// NULL: there is none.
Run *runs_lookup(const Runs *self, const char *namespace, const char *name);
// The one of these names; a new one when there is none, OWNER's, of the object with UID.
Run *runs_ensure(Runs *self, const char *namespace, const char *name, const char *uid,
                 gpointer owner);
GPtrArray *runs_all(const Runs *self);           // Run, borrowed elements
const GPtrArray *runs_records(const Runs *self); // RunRecord, borrowed

const RunRecord *run_record(const Run *self);
const GuestRun *run_guest(const Run *self); // NULL: nothing is known of a QEMU
gpointer run_owner(const Run *self);
void run_set_owner(Run *self, gpointer owner);
const GError *run_error(const Run *self); // of its last step, if that failed; else NULL
// Whether the guest can be asked for something.
gboolean run_is_living(const Run *self);
// What a stop that is under way leaves it, rounded up; 0: there is none.
gint64 run_seconds_left(const Run *self);
// It has ended, or is about to be noticed, and is not released yet.
gboolean run_is_ending(const Run *self);

// A number for a want, that none has or had.
gint64 runs_next_want(Runs *self);
// WANT has such a number. Its end is told.
void run_want(Run *self, const RunWant *want);
void run_cancel(Run *self, gint64 want_id);
