// SPDX-License-Identifier: LGPL-2.1-or-later
// Desired state -> actual state. Owns all objects, runs, jobs and events; main thread only. Blocking work goes to the worker pool
// (base/worker.h) with immutable copies and comes back as a callback on the main loop. Knows nothing of D-Bus: it
// reports through ManagerObserver, and bus/ is one observer.
#pragma once

#include <gio/gio.h>

#include "api/manifest.h"
#include "api/position.h"
#include "api/validate.h"
#include "guest/guest.h"
#include "config/config.h"

typedef struct Manager Manager;
typedef struct ManagerJob ManagerJob;

// One VMI as the manager sees it. Read-only for others; valid until `instance_removed`.
typedef struct {
    ApiObject
        *object; // definition with status; labels, phase, reason, message, events are in object
    const GuestRun *run;   // NULL when there is no run that has begun
    GuestConsole *console; // NULL when there is no run
    ManagerJob *job;       // the job that holds it, or NULL
    gint64 phase_since;    // USec, realtime
    gint64 paused_since;   // USec, realtime; 0: it is not paused
} ManagerInstance;

typedef enum {
    MANAGER_JOB_START,
    MANAGER_JOB_STOP,
    MANAGER_JOB_RESTART,
    MANAGER_JOB_DELETE,
    MANAGER_JOB_PAUSE,
    MANAGER_JOB_UNPAUSE,
    MANAGER_JOB_ATTACH,
    MANAGER_JOB_DETACH,
    _MANAGER_JOB_TYPE_MAX,
} ManagerJobType;

typedef enum {
    MANAGER_JOB_QUEUED,
    MANAGER_JOB_RUNNING,
    MANAGER_JOB_WAITING, // for an object that does not exist yet: reported as the result "waiting"; the VMI stays Pending
    MANAGER_JOB_DONE,
    MANAGER_JOB_FAILED,
    MANAGER_JOB_CANCELLED,
} ManagerJobState;

typedef struct {
    guint id;
    ManagerJobType type;
    ManagerJobState state;
    const char *namespace, *name; // of its VMI
    const char *step;
    guint step_number, step_total;
    const GError *error;       // when FAILED, WAITING or CANCELLED
    const GPtrArray *warnings; // char *: what to mind about what it did
} ManagerJobInfo;

const char *manager_job_type_to_string(ManagerJobType type);
const char *manager_job_state_to_string(ManagerJobState state);
ManagerJobInfo manager_job_info(const ManagerJob *job);

// All callbacks on the main thread; any may be NULL.
typedef struct {
    void (*instance_added)(ManagerInstance *instance, gpointer user_data);
    void (*instance_changed)(ManagerInstance *instance, gpointer user_data);
    void (*instance_removed)(ManagerInstance *instance, gpointer user_data);
    void (*object_added)(const ApiObject *object, gpointer user_data); // kinds other than VMI
    void (*object_changed)(const ApiObject *object, gpointer user_data);
    void (*object_removed)(const ApiObject *object, gpointer user_data);
    void (*job_added)(ManagerJob *job, gpointer user_data);
    void (*job_changed)(ManagerJob *job, gpointer user_data);
    void (*job_removed)(ManagerJob *job, gpointer user_data); // state is final; freed afterwards
    void (*state_changed)(gpointer user_data);                // manager_state, manager_problems
    // Between these two is what follows from one change of definitions, and the callback of who asked for it. May be nested.
    void (*hold)(gpointer user_data);
    void (*release)(gpointer user_data);
} ManagerObserver;

// CONFIG is borrowed and must outlive it.
Manager *manager_new(const Config *config) G_GNUC_WARN_UNUSED_RESULT;
// Opens the guest host in a worker. Before manager_load(): the two take most of a start, and know nothing of each other.
void manager_open_host(Manager *self);
// Reads all definitions.
gboolean manager_load(Manager *self, GError **error) G_GNUC_WARN_UNUSED_RESULT;
// What a stop of vmid waits for: guests that have ended are released and how they ended is on disk. DRAINED is called once, perhaps at
// once; after half a minute in any case.
typedef void (*ManagerDrained)(gpointer user_data);
void manager_drain(Manager *self, ManagerDrained drained, gpointer user_data);
// Reports nothing any more, gives up what is under way, and waits a while for the workers. FALSE when one does not come back, as a QEMU or
// a disk hangs: SELF must then not be freed. Guests go on running.
gboolean manager_close(Manager *self) G_GNUC_WARN_UNUSED_RESULT;
void manager_free(Manager *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Manager, manager_free)
void manager_observe(Manager *self, const ManagerObserver *observer,
                     gpointer user_data); // one observer

// When the guest host is open: adopts running guests, reconciles, sweeps orphans, applies manifests.d, starts what should run.
// BUS: the daemon's bus connection (for scope state); may be NULL in tests. Retries by itself while libvirt's state directory is
// full, saying so in manager_problems().
void manager_start(Manager *self, struct sd_bus *bus);
const char *manager_state(const Manager *self);         // "starting", "running", "degraded"
const GPtrArray *manager_problems(const Manager *self); // char *

// ---- objects ----

typedef struct {
    const char *namespace; // for objects that name none; NULL = "default"
    gboolean dry_run;
} ManagerApplyOptions;

typedef struct {
    char *kind, *namespace, *name;
    const char *action; // "created", "configured", "unchanged", "skipped"
    ManagerJob *job;    // borrowed; NULL when none was needed
} ManagerApplyResult;

// What this host has that a manifest may ask for; what is not known before vmid is ready is not asked for. Main thread; what it points at
// never changes and lives as long as SELF, so that any thread may use the copy.
ApiValidateContext manager_validate_context(const Manager *self);
// Parses and validates: every finding of every document at once, with lines. SOURCE: what they name as the file. Changes nothing and
// reads no state; split from apply so that the caller can ask polkit about what the manifest contains before. Any thread.
GPtrArray *manager_parse(const ApiValidateContext *context, const char *source, const char *text,
                         gsize length, GError **error) G_GNUC_WARN_UNUSED_RESULT;
// The namespace that OBJECT gets when it is applied; NULL when its kind has none. Borrowed.
const char *manager_apply_namespace(const ApiObject *object, const ManagerApplyOptions *options);
// RESULTS (GPtrArray of ManagerApplyResult, borrowed) is NULL when there is an ERROR.
typedef void (*ManagerApplied)(const GPtrArray *results, const GError *error, gpointer user_data);
// All or none: every object is checked (namespace exists, name free, running VMI unchanged) before any is saved, and all are on disk before
// any can be seen. Changes of definitions are made one after the other: OBJECTS (kept) are checked when those before are made. APPLIED is
// called once, perhaps at once, unless SELF is closed before.
void manager_apply(Manager *self, GPtrArray *objects, const ManagerApplyOptions *options,
                   ManagerApplied applied, gpointer user_data);

const ApiObject *manager_get(Manager *self, const ApiKindInfo *info, const char *namespace,
                             const char *name); // or NULL
// Of an object that is not there: fails with BUSY, saying why, when its definition could not be read, else with NOT_FOUND. Always FALSE.
gboolean manager_refuse_missing(const Manager *self, const ApiKindInfo *info, const char *namespace,
                                const char *name, GError **error);
// Objects of INFO (NULL: all) in NAMESPACE (NULL or "": all) whose labels match SELECTOR; sorted by kind, namespace, name. Borrowed elements.
GPtrArray *manager_list(Manager *self, const ApiKindInfo *info, const char *namespace,
                        const char *selector, GError **error) G_GNUC_WARN_UNUSED_RESULT;
// The same, without those at or before the position AFTER (NULL: none).
GPtrArray *manager_list_after(Manager *self, const ApiKindInfo *info, const char *namespace,
                              const char *selector, const ApiPosition *after,
                              GError **error) G_GNUC_WARN_UNUSED_RESULT;
// What a list shows of an object beside its names, by its kind.
typedef struct {
    const char *phase, *reason; // borrowed from the object; NULL: none
    char *details[8];           // key, value, key, value ...
    guint n_details;
} ManagerRow;

void manager_describe(Manager *self, const ApiObject *object, ManagerRow *ret_row);
void manager_row_clear(ManagerRow *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(ManagerRow, manager_row_clear)

ManagerInstance *manager_instance(Manager *self, const char *namespace,
                                  const char *name); // or NULL
GPtrArray *manager_instances(Manager *self);         // all, borrowed elements
GPtrArray *manager_jobs(Manager *self);              // ManagerJob, borrowed elements
// Where the data of a volume of its run lives, in a line for people; NULL: not known. Borrowed.
const char *manager_instance_place(const ManagerInstance *instance, const char *volume);
// "namespace/name" of the guests that have the claim in use, those without a definition as well. Owned, NULL-terminated.
char **manager_claim_users(Manager *self, const char *namespace, const char *claim);

// ---- jobs: each returns a job (borrowed), or NULL without error when nothing is to be done ----

typedef struct {
    gboolean force;
    guint64 timeout_usec; // 0: terminationGracePeriodSeconds
} ManagerStopOptions;

typedef struct {
    const char *disk, *claim, *bus, *serial; // bus, serial may be NULL
    gboolean persist;
} ManagerAttachOptions;

gboolean manager_instance_start(Manager *self, ManagerInstance *instance, ManagerJob **ret_job,
                                GError **error);
gboolean manager_instance_stop(Manager *self, ManagerInstance *instance,
                               const ManagerStopOptions *options, ManagerJob **ret_job,
                               GError **error);
gboolean manager_instance_restart(Manager *self, ManagerInstance *instance,
                                  const ManagerStopOptions *options, ManagerJob **ret_job,
                                  GError **error);
gboolean manager_instance_pause(Manager *self, ManagerInstance *instance, gboolean pause,
                                ManagerJob **ret_job, GError **error);
gboolean manager_instance_attach(Manager *self, ManagerInstance *instance,
                                 const ManagerAttachOptions *options, ManagerJob **ret_job,
                                 GError **error);
gboolean manager_instance_detach(Manager *self, ManagerInstance *instance, const char *disk,
                                 gboolean persist, ManagerJob **ret_job, GError **error);
// JOB (borrowed) is NULL when nothing is left to be done, or there is an ERROR.
typedef void (*ManagerDeleted)(ManagerJob *job, const GError *error, gpointer user_data);
// VMI: stops it, then removes it; FORCE: without its grace period. Other kinds are removed at once (no job); a claim that a guest uses or
// a definition names is refused with CONFLICT; FORCE: it goes all the same, one that a guest uses when that has ended. In its turn, as
// manager_apply(). DELETED is called once, perhaps at once, unless SELF is closed before.
void manager_delete(Manager *self, const ApiKindInfo *info, const char *namespace, const char *name,
                    gboolean force, ManagerDeleted deleted, gpointer user_data);
gboolean manager_job_cancel(Manager *self, ManagerJob *job, GError **error);
ManagerJob *manager_job(Manager *self, guint id); // or NULL
