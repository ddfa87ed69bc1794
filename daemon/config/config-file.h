// SPDX-License-Identifier: LGPL-2.1-or-later
// Between the reader of configuration files (config-file.c) and the table of settings (config.c).
#pragma once

#include "config/config.h"

typedef enum {
    CONFIG_ASSIGN_OK,
    CONFIG_ASSIGN_UNKNOWN, // no such setting; error is not set
    CONFIG_ASSIGN_INVALID,
} ConfigAssignResult;

Config *config_new(void); // with all fallbacks
// The fallbacks of a user's own vmid: the system's directories are not the user's.
void config_use_user_directories(Config *self);
// What only root can do is off, whatever the files say.
void config_drop_privileged(Config *self);
ConfigAssignResult config_assign(Config *self, const char *name, const char *value, GError **error);
// What no single assignment can tell.
gboolean config_check(const Config *self, GError **error) G_GNUC_WARN_UNUSED_RESULT;
