// SPDX-License-Identifier: LGPL-2.1-or-later
// One VMI inside the manager: its place in the table, its phase, its events, what it has reserved.
#pragma once

#include "manager/private.h"

// OBJECT is in the table of objects already and is borrowed; it gets a status if it has none.
Instance *instance_new(Manager *manager, ApiObject *object);
// One that has no definition: OBJECT is taken over, and is in no table.
Instance *instance_new_undefined(Manager *manager, ApiObject *object);
void instance_free(Instance *self);

Instance *instance_find(const Manager *manager, const char *namespace, const char *name); // or NULL
Instance *instance_of(const Manager *manager,
                      const ApiObject *object); // or NULL: it is of another kind, or NULL
Instance *instance_find_by_uid(const Manager *manager, const char *uid); // or NULL

ApiVirtualMachineInstance *instance_vmi(const Instance *self); // borrowed
const char *instance_namespace(const Instance *self);
const char *instance_name(const Instance *self);
ApiVmiPhase instance_phase(const Instance *self);
// Its run; NULL when there is none, or a guest of that name that is not its.
Run *instance_run(const Instance *self);
// Its guest has ended, and is not released yet.
gboolean instance_is_ending(const Instance *self);
// Whether there is a guest that can be asked for something. Fails with NOT_RUNNING, or HOST when libvirt does not know it.
gboolean instance_check_running(const Instance *self, GError **error) G_GNUC_WARN_UNUSED_RESULT;
// Deletion was asked for: no new job but that.
gboolean instance_is_deleted(const Instance *self);
// A copy of the VMI with KubeVirt's defaults; a pure function of the definition.
ApiVirtualMachineInstance *instance_expand(const Instance *self);

void instance_set_phase(Instance *self, ApiVmiPhase phase, const char *reason, const char *message);
// As above for a state that is worth telling: also an event, saved and announced; a final one on a full disk, too.
void instance_enter(Instance *self, ApiVmiPhase phase, gboolean warning, const char *reason,
                    const char *message);
// Running, with the reason for that or for its pause, as its run is paused or not. Tells nobody.
void instance_set_running(Instance *self);
// Its run was paused, by QEMU because of an I/O error or as asked, or resumed: an event, and saved, when that is new.
void instance_tell_paused(Instance *self);

// An event: kept with the object, logged, not announced. It is on disk with the next state that is saved, or some seconds later.
void instance_add_event(Instance *self, gboolean warning, const char *reason, const char *format,
                        ...) G_GNUC_PRINTF(4, 5);
// Those that are not on their way to the disk yet.
void instance_save_events(Manager *manager);
void instance_changed(Instance *self); // tells the observer
// Its definition was edited: what it names may be something else now.
void instance_redefined(Instance *self);
// Blocks until it is on disk.
gboolean instance_save(Instance *self, GError **error) G_GNUC_WARN_UNUSED_RESULT;
// For states that go on regardless, and can be found again: nobody waits. A failure is an event.
void instance_save_or_warn(Instance *self);
// The disk did not take OBJECT as it is: an event, when it is a VMI.
void instance_tell_unsaved(Manager *manager, const ApiObject *object, const GError *error);
// Fails when somebody who asked for a stop cannot rely on it yet: on disk the guest is one that is to run.
gboolean instance_check_stop_saved(Instance *self, GError **error) G_GNUC_WARN_UNUSED_RESULT;
