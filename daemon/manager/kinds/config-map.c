// SPDX-License-Identifier: LGPL-2.1-or-later
// ConfigMaps: data that guests are given.
#include "manager/kind.h"

const Kind kind_config_map = {
    .name = "ConfigMap",
    .admit = kind_admit_data,
};
