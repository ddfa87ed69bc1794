// SPDX-License-Identifier: LGPL-2.1-or-later
// Who uses what: one walk over the records. Pure. Nothing is counted or kept elsewhere, so that no count can be wrong.
#pragma once

#include "runs/record.h"

#define RUN_USE_CLAIM "PersistentVolumeClaim" // in the namespace of the run
#define RUN_USE_IMAGE "Image"
#define RUN_USE_FILE "File" // of a hostDisk: "<device>:<inode>"

// What SELF does to the thing of KIND called NAME, in NAMESPACE where it is a claim: UNSET when it does not use it. A run
// uses what its disks use from the intent to plug them until they are known to be unplugged, whatever became of a step.
ApiRunAccess run_uses(const RunRecord *self, const char *kind, const char *namespace,
                      const char *name);

// The records, of RECORDS (RunRecord), that use it. Borrowed elements.
GPtrArray *run_users(const GPtrArray *records, const char *kind, const char *namespace,
                     const char *name) G_GNUC_WARN_UNUSED_RESULT;

// Whether run SELF may have PLUGS (RunPlug, may be NULL), given what all RECORDS use, itself among them. Two may read one
// thing; whoever writes is alone with it, unless all that use it are `shareable`; `single` is alone with it in any case.
// When it may not, RET_USE is the use that is not possible, and RET_USER who is in the way: NULL when it is SELF. Both are borrowed, and may be
// NULL.
gboolean run_may_plug(const GPtrArray *records, const RunRecord *self, const GPtrArray *plugs,
                      const RunUse **ret_use, const RunRecord **ret_user);
