// SPDX-License-Identifier: LGPL-2.1-or-later
// What is found out about QEMU, in the words of a record, and back.
#pragma once

#include "guest/guest.h"
#include "runs/record.h"

// What the step that made GUEST found out. Owned.
RunRecord *facts_of_started(const GuestRun *guest) G_GNUC_WARN_UNUSED_RESULT;
// The same of a guest that a vmid that was started found. LOOK: at its images, in a worker, since nothing was written down of them. Owned.
RunRecord *facts_of_found(const GuestRun *guest, const Layout *layout,
                          gboolean look) G_GNUC_WARN_UNUSED_RESULT;
// Of the images that were looked at: which files they are. Owned.
RunRecord *facts_of_looks(const GPtrArray *looks) G_GNUC_WARN_UNUSED_RESULT; // StorageLook
// The name that such a file has in a RunUse. Owned.
char *facts_file_name(const StorageLook *look) G_GNUC_WARN_UNUSED_RESULT;
// Of a disk that was plugged. Owned.
RunRecord *facts_of_disk(const DomainDiskPlan *disk, const char *place) G_GNUC_WARN_UNUSED_RESULT;

// Gives GUEST, which was found, what only RECORD has.
void facts_complete(GuestRun *guest, const RunRecord *record);
