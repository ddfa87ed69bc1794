// SPDX-License-Identifier: LGPL-2.1-or-later
// What Manager.ListPage says, as rows, and the columns that `vmictl get` shows of them.
#pragma once

#include "cli/output.h"
#include "cli/target.h"
#include "cli/transport.h"

typedef struct {
    char *kind, *namespace, *name, *phase, *reason;
    gint64 created;    // USec
    GVariant *details; // a{ss}
    char *path;        // "/" for kinds that are not on the bus
} ObjectRow;

// GPtrArray of ObjectRow: those of the TARGETS that match SELECTOR (NULL: all). A name that is not there is an error.
GPtrArray *object_list(Transport *transport, const GArray *targets, const Options *options,
                       GError **error) G_GNUC_WARN_UNUSED_RESULT;

// The same; a name that is not there is left out.
GPtrArray *object_list_present(Transport *transport, const GArray *targets, const Options *options,
                               GError **error) G_GNUC_WARN_UNUSED_RESULT;

// A value of `details`; NULL when there is none. Borrowed.
const char *object_row_detail(const ObjectRow *self, const char *key);
// "a=1,b=2"; "" when there are none. Owned.
char *object_row_labels(const ObjectRow *self);

// What is printed of one that is gone: its phase is "Deleted".
void object_row_set_deleted(ObjectRow *self);
// "virtualmachineinstance/web", a line.
void object_row_print_name(const ObjectRow *self);

// Whether TARGETS say several kinds, of which each has columns of its own. "all" says none.
gboolean object_list_is_of_several_kinds(const GArray *targets);
// ROWS as one table for each kind of TARGETS of which there are any, with KIND/NAME for names. GPtrArray of Table.
GPtrArray *object_list_tables(const GPtrArray *rows, const GArray *targets, const Options *options,
                              gint64 now);

// ROWS as a table; with HEADINGS_OF its columns are at least as wide as of that table.
Table *object_list_table(const GPtrArray *rows, const GArray *targets, const Options *options,
                         gint64 now, const Table *headings_of);
