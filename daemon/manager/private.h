// SPDX-License-Identifier: LGPL-2.1-or-later
// The manager's own state, for the files of manager/ only. Main thread; workers see copies. What may point at what:
// an Instance lives as long as a worker or job has it; only a finished `delete` job frees one.
#pragma once

#include "manager/claim-watch.h"
#include "manager/manager.h"
#include "objects/objects.h"
#include "objects/queue.h"
#include "runs/runs.h"
#include "store/writer.h"

typedef struct Instance Instance;

struct Manager {
    const Config *config;
    StorageConfig storage; // borrows from config
    char *node_name, *boot_id;
    gboolean new_boot; // the host was booted since vmid last reconciled

    StoreWriter *writer;   // of all definitions; NULL until they are read
    Objects *objects;      // all kinds
    Queue *queue;          // those that are to be reconciled
    GHashTable *instances; // "namespace/name" -> Instance; its object is in `objects`
    GHashTable *
        undefined; // the same of guests without a definition, whose objects are their own; undefined.c's
    GHashTable *jobs; // id -> ManagerJob
    guint last_job_id;

    WorkerPool *workers; // what may take long and is no step of a run: claims
    Runs *runs;
    // What those who know no more than objects, jobs and the disk call, and is above them; set by manager_new().
    void (*begin_job)(ManagerJob *job);
    void (*job_over)(Manager *self);
    void (*tell_unsaved)(Manager *self, const ApiObject *object,
                         const GError *error); // it is not on disk as it is
    void (*check_drain)(Manager *self);        // NULL: nobody waits for that
    GCancellable *closing;                     // cancelled by manager_close
    ManagerDrained drained;                    // who waits for guests that are ending, or NULL
    gpointer drained_data;
    guint drain_timer;

    struct sd_bus *bus;
    GuestHost *host; // NULL until opened
    gboolean started, ready;
    guint retry_timer;

    GPtrArray *unread; // StoreUnread; unread.c's
    guint unread_timer, unread_delay;
    gboolean settled;  // every instance that was read by then was matched with what runs
    gboolean swept;    // and cleaned up after, where its guest was gone
    gboolean complete; // all was read: what had to wait for that is done

    GHashTable *unsaved;       // object key -> what the disk did not take; saving.c's
    GHashTable *saves;         // Save: who is to be told of a state; saving.c's
    GHashTable *flights;       // object key -> Flight: a definition that is on its way; saving.c's
    GHashTable *flight_groups; // Group: what of them is made together; saving.c's
    gboolean unsettled; // a change of several definitions is made, but not carried out on disk
    guint save_timer, save_delay;
    guint events_timer; // events wait for it; instance.c's

    guint freed_source; // set when something was in use and is not any more

    GHashTable *host_ports; // protocol and port -> how many VMIs have it; host-ports.c's

    gpointer change;          // the one that is being made, or NULL; change.c's
    GQueue changes;           // those that wait for it; change.c's
    gboolean changes_proceed; // somebody begins the next

    ClaimWatch *claim_watch; // NULL: none
    GHashTable *binding;     // "namespace/name" of claims that a worker binds
    GHashTable *rebinding;   // those of them that are to be looked at once more
    gboolean any_marked;     // some claim may be marked as deleted: without it none is looked for

    GPtrArray *standing_problems; // char *, of what was read at start
    GPtrArray *passing_problems;  // PassingProblem, of what is tried again
    char *host_problem;           // why the host is not open, or NULL
    GPtrArray *problems;          // char *, all of the above

    ManagerObserver observer;
    gpointer observer_data;
};

struct Instance {
    ManagerInstance public; // first: the two pointers are the same
    Manager *manager;
    GQueue jobs;        // ManagerJob; the head is public.job
    gboolean undefined; // nothing is on disk of its object, which it owns
    gboolean waiting;   // for an object that does not exist yet, or for a claim that is in use
    gboolean
        sweeping; // a worker removes what its last run left, which nobody wrote down: no job begins
    const char *
        start_reason; // why its last start failed, for the status, where the error does not say it; static
    GuestLeader *leader;     // or NULL
    gboolean events_unsaved; // no state of it was saved since the newest event
    char *io_error; // what of its disks QEMU could not do, in a sentence; NULL after a resume
};

struct ManagerJob {
    Manager *manager;
    Instance *instance; // NULL only while a finished `delete` is reported
    guint id;
    ManagerJobType type;
    ManagerJobState state;
    char *namespace, *name;
    char *step;
    guint step_number, step_total;
    GError *error;
    GPtrArray *warnings; // char *
    guint source;        // idle source that begins it
    gint64 want;         // what it wants of the run, which its end ends; 0: nothing yet
    gint64 stop;         // of restart: the want to stop, which comes before that
    GError *stop_error;  // of restart: why that failed
    gboolean parked;     // of start, restart: it waits for claims that are being bound

    gboolean force; // of stop, restart, delete
    guint64 timeout_usec;
    char *disk, *claim, *bus, *serial; // of attach, detach
    gboolean persist;
};

#define manager_emit(self, callback, argument) \
    do { \
        if ((self)->observer.callback) \
            (self)->observer.callback((argument), (self)->observer_data); \
    } while (0)

// What follows from one change, together with the answer to who asked for it.
void manager_hold(Manager *self);
void manager_release(Manager *self);

void manager_init_problems(Manager *self);
// The list is made anew from what there is; NEWS is logged, unless it is NULL.
void manager_problems_changed(Manager *self, const char *news);
// Something has come to its end that a vmid that is to end may have waited for.
void manager_check_drain(Manager *self);
// A lasting problem, shown until the next start.
void manager_add_problem(Manager *self, const char *format, ...) G_GNUC_PRINTF(2, 3);
// One that goes away by itself, told from others by its TOPIC; NULL: it has.
void manager_set_problem(Manager *self, const char *topic, const char *problem);
// The same for the one problem that a guest may have as it runs.
void manager_set_guest_problem(Manager *self, const char *namespace, const char *name,
                               const char *problem);
// The same for the one that keeps vmid from being ready.
void manager_set_host_problem(Manager *self, const char *problem);
// Everything is known: jobs may run.
void manager_set_ready(Manager *self);
// Fails with BUSY until then: who runs, and with which claims, is not known.
gboolean manager_check_ready(const Manager *self, GError **error) G_GNUC_WARN_UNUSED_RESULT;

// Where it could not be saved, a problem.
void manager_ensure_default_namespace(Manager *self);

GPtrArray *manager_values(GHashTable *table); // borrowed elements

// "2025-01-31T12:00:00Z". Owned.
char *manager_format_time(gint64 usec);
gint64 manager_parse_time(const char *text); // USec; 0 when it cannot be read
