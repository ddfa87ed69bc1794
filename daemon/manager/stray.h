// SPDX-License-Identifier: LGPL-2.1-or-later
// Guests that were found running and have no definition. That is damage (a definition goes last when a VMI is deleted), and
// no reason to end a guest: each is left alone, keeps its name and its user, and is cleaned up after when it ends. Of those whose
// definition could not be read nothing is cleaned up until it is.
#pragma once

#include "manager/private.h"

// Takes RUN over and tells the problem; one that is known from an earlier attempt is told once.
void stray_add(Manager *self, GuestRun *run);
void stray_free(gpointer stray);

// May INSTANCE start, or be cleaned up after? Fails with CONFLICT while a stray guest has its name.
gboolean stray_check_name(const Instance *instance, GError **error) G_GNUC_WARN_UNUSED_RESULT;

// One after the other, the guests that have IMAGE, a path, open: NULL when there are no more. *POSITION begins at 0. ret_writes: not only as
// the base of an overlay. Borrowed.
const GuestRun *stray_next_user(const Manager *self, const char *image, guint *position,
                                gboolean *ret_writes);

const GuestRun *stray_next(const Manager *self, guint *position); // all of them, likewise

// The guest of that name stopped: the name is free once it is cleaned up after. FALSE when it is no stray.
gboolean stray_end(Manager *self, const char *namespace, const char *name);
// The same for one that libvirt does not know: nothing is left in its scope.
void stray_scope_over(Manager *self, const char *scope);
// The same for those that ended before their events were heard.
void stray_check_alive(Manager *self);

// The uid of the object that the guest of that name belongs to when its definition could not be read; else NULL. Borrowed.
const char *stray_unread_uid(const Manager *self, const char *namespace, const char *name);
// The run of the object that META, which was read now, is of; NULL when there is none. Owned.
GuestRun *stray_take(Manager *self, const ApiObjectMeta *meta);
// All definitions were read: those whose definition was not among them have none.
void stray_forget_unread(Manager *self);
