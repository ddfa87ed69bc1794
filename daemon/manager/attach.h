// SPDX-License-Identifier: LGPL-2.1-or-later
// Hotplug: claims as disks of a running guest.
#pragma once

#include "manager/private.h"

void attach_begin(ManagerJob *job);
void detach_begin(ManagerJob *job);
// What can be said before a job is made.
gboolean attach_check(const Instance *instance, const ManagerAttachOptions *options,
                      GError **error) G_GNUC_WARN_UNUSED_RESULT;
gboolean detach_check(const Instance *instance, const char *disk, gboolean persist,
                      GError **error) G_GNUC_WARN_UNUSED_RESULT;
// The serial number that the disk will have. Owned.
char *attach_serial(const Instance *instance, const ManagerAttachOptions *options);

// Their wants have ended.
void attach_ended(ManagerJob *job, RunFailure failure, const GError *error);
void detach_ended(ManagerJob *job, RunFailure failure, const GError *error);
// JOB is about PLUG, as a former vmid was asked.
void attach_take_up(ManagerJob *job, const RunPlug *plug);
// Fills in what the run needs to have PLUG.
gboolean attach_prepare(const Instance *instance, const RunPlug *plug, RunInput *input,
                        GError **error) G_GNUC_WARN_UNUSED_RESULT;
// What is to be minded about the images (StorageLook) of the disk that WANT is about.
void attach_warn(Instance *instance, gint64 want, const GPtrArray *looks);
// The status says which disks of the run its definition does not have.
void attach_publish(Instance *instance, const RunRecord *record);
