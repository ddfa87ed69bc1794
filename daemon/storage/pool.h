// SPDX-License-Identifier: LGPL-2.1-or-later
// What the files that work on claims share of the default pool.
#pragma once

#include "storage/storage.h"

// <state>/pools, made when missing. Owned descriptor or -1.
int pool_open_root(const StorageConfig *config, GError **error) G_GNUC_WARN_UNUSED_RESULT;
