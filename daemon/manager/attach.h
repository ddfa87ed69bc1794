// SPDX-License-Identifier: LGPL-2.1-or-later
// Hotplug: claims as disks of a running guest.
#pragma once

#include "manager/private.h"

void attach_begin(ManagerJob *job);
void detach_begin(ManagerJob *job);
// What can be said before a job is made.
gboolean attach_check(const Instance *instance, const ManagerAttachOptions *options,
                      GError **error) G_GNUC_WARN_UNUSED_RESULT;
// The serial number that the disk will have. Owned.
char *attach_serial(const Instance *instance, const ManagerAttachOptions *options);
gboolean detach_check(const Instance *instance, const char *disk,
                      GError **error) G_GNUC_WARN_UNUSED_RESULT;
