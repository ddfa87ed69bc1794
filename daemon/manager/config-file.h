// SPDX-License-Identifier: LGPL-2.1-or-later
// Between the reader of configuration files (config-file.c) and the table of settings (config.c).
#pragma once

#include "manager/config.h"

typedef enum {
    CONFIG_ASSIGN_OK,
    CONFIG_ASSIGN_UNKNOWN, // no such setting; error is not set
    CONFIG_ASSIGN_INVALID,
} ConfigAssignResult;

Config *config_new(void); // with all fallbacks
ConfigAssignResult config_assign(Config *self, const char *name, const char *value, GError **error);
// What no single assignment can tell.
gboolean config_check(const Config *self, GError **error) G_GNUC_WARN_UNUSED_RESULT;
