// SPDX-License-Identifier: LGPL-2.1-or-later
// Objects that somebody has to look at, since they or something they name has changed. What is queued is a name and not an event: several
// reasons to look are one look, at what the object is by then. Main thread.
#pragma once

#include "objects/objects.h"

typedef struct Queue Queue;

// OBJECT is in the table; it may go meanwhile.
typedef void (*QueueLook)(ApiObject *object, gpointer user_data);

// OBJECTS is borrowed. LOOK is called from the main loop, once for each object that was queued, in the order in which they were first.
Queue *queue_new(Objects *objects, QueueLook look, gpointer user_data);
// Looks at nothing any more.
void queue_close(Queue *self);
void queue_free(Queue *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Queue, queue_free)

// Goes by the names of OBJECT only, as do the others.
void queue_add(Queue *self, const ApiObject *object);
// Those that name OBJECT, whether it is there or not.
void queue_add_referrers(Queue *self, const ApiObject *object);
// Those that OBJECT names as its owners.
void queue_add_owners(Queue *self, const ApiObject *object);
