// SPDX-License-Identifier: LGPL-2.1-or-later
// What the manager has to know of a kind of object: a row of functions, which is in the kind's own file in kinds/, and a line in the table of
// kinds.c. Whoever applies, reads, lists, deletes or waits asks the row, and knows no kind by name. A function that is NULL does what is
// right for data that nobody acts on.
#pragma once

#include "manager/apply.h"
#include "manager/private.h"

typedef struct {
    const char *name; // as in api_kinds()
    // What names an object of this kind in ownerReferences is deleted with it, and before it.
    gboolean owns;

    // ---- applying ----
    // Brings what a manifest may say in several ways into the form that is stored.
    void (*complete)(ApiObject *candidate);
    // Whether what is in the table may become ENTRY's candidate, of which nothing is deleted. Not called for a new object.
    gboolean (*admit)(Manager *self, ApplyEntry *entry, GError **error);
    // Gives the candidate the status that it is saved with.
    void (*begin_status)(const Manager *self, ApplyEntry *entry);
    // OBJECT is in the table as ENTRY's candidate was. NULL: the observer is told.
    void (*applied)(Manager *self, const ApplyEntry *entry, ApiObject *object);
    // What is asked for by that, once the whole manifest is in the table; a job whose end the caller may wait for, or NULL.
    ManagerJob *(*begin)(Manager *self, const ApplyEntry *entry, ApiObject *object);

    // ---- being there ----
    // OBJECT is new in the table: it was applied or read.
    void (*enter)(Manager *self, ApiObject *object);
    // It was read after others had been looked at. NULL: the observer is told, and it is queued.
    void (*late)(Manager *self, ApiObject *object);
    // Compares what OBJECT wants with what is, and takes the next step. It has changed, or something that it names has; perhaps nothing has.
    void (*reconcile)(Manager *self, ApiObject *object);

    // ---- going ----
    // Refuses, or begins what ends with OBJECT out of the table. REMOVED is told once, perhaps at once. NULL: kind_remove_plain().
    void (*remove)(Manager *self, ApiObject *object, gboolean force, ManagerDeleted removed,
                   gpointer user_data);

    // ---- being looked at ----
    // Adds what a list shows of it beside its names.
    void (*describe)(Manager *self, const ApiObject *object, ManagerRow *row);
} Kind;

const Kind *kind_of(const ApiKindInfo *info); // never NULL

// What several rows share; see kind.c.
//
// It goes at once.
void kind_remove_plain(Manager *self, ApiObject *object, gboolean force, ManagerDeleted removed,
                       gpointer user_data);
// Whether something is to be deleted before OWNER, which is of KIND.
gboolean kind_has_children(const Manager *self, const Kind *kind, const ApiObject *owner);
// OBJECT is gone from disk: it goes from the table, and whoever waits for that is queued. Frees it.
void kind_forget(Manager *self, ApiObject *object);
// For ADMIT: what has `immutable: true` keeps its definition.
gboolean kind_admit_data(Manager *self, ApplyEntry *entry, GError **error);
// Adds a detail to a row, unless VALUE is empty. KEY is a literal.
void kind_row_add(ManagerRow *row, const char *key, const char *value);
