// SPDX-License-Identifier: LGPL-2.1-or-later
// The record of a run: all that vmid knows of it, and the only place where it is known. It is a struct of the schema
// (api/schema/run.schema, which says what each member is), so that copying, printing and reading come from the tables.
//
// It is kept in the run directory of its guest, which is on tmpfs and thus gone with the boot, as runs are. The order that
// makes it worth something: the machine (runs/machine.h) changes a record, the record is saved, and only then what the
// machine said is done. A vmid that is killed in between leaves a record of what it was about to do.
#pragma once

#include <gio/gio.h>

#include "api/types.h"
#include "domain/layout.h"

#define RUN_HOLD_USER "user" // the row of a hold: the user id of the guest

enum { RUN_RECORD_VERSION = 1 };

// The words of this layer for what the schema compiler names.
typedef ApiRunRecord RunRecord;
typedef ApiRunWant RunWant;
typedef ApiRunPlug RunPlug;
typedef ApiRunUse RunUse;
typedef ApiRunHold RunHold;
typedef ApiRunStop RunStop;
typedef ApiRunState RunState;
typedef ApiRunStep RunStep;
typedef ApiRunWish RunWish;
typedef ApiRunEnd RunEnd;

// Of a run that nothing is known of yet: state Gone. KIND, NAMESPACE and NAME are the owner's; UID may be NULL. Owned.
RunRecord *run_record_new(const char *kind, const char *namespace, const char *name,
                          const char *uid) G_GNUC_WARN_UNUSED_RESULT;

// Borrowed; NULL if it has none of that name.
RunPlug *run_record_plug(const RunRecord *self, const char *name);

// As text, and strictly back: unknown members, another version and what contradicts itself are refused. FILE names the text
// in messages.
char *run_record_print(const RunRecord *self) G_GNUC_WARN_UNUSED_RESULT;
RunRecord *run_record_parse(const char *file, const char *text, gsize length,
                            GError **error) G_GNUC_WARN_UNUSED_RESULT;

// In its run directory, which must be there. Replaced by a rename, so that a reader sees the old one or the new one, whole.
// Nothing is synced: what it says does not outlive the boot.
gboolean run_record_save(const RunRecord *self, const Layout *layout,
                         GError **error) G_GNUC_WARN_UNUSED_RESULT;
// NULL with VMI_ERROR_NOT_FOUND: there is none. A record of other names than the directory's is refused. Owned.
RunRecord *run_record_load(const Layout *layout, const char *namespace, const char *name,
                           GError **error) G_GNUC_WARN_UNUSED_RESULT;
// Missing is success.
gboolean run_record_remove(const RunRecord *self, const Layout *layout,
                           GError **error) G_GNUC_WARN_UNUSED_RESULT;
