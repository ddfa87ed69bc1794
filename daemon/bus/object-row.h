// SPDX-License-Identifier: LGPL-2.1-or-later
// One row of Manager.List: the few facts about an object that a table shows.
#pragma once

#include "bus/interface.h"

#define OBJECT_ROW_SIGNATURE "(sssssta{ss}o)"

int object_row_append(sd_bus_message *reply, BusService *service, const ApiObject *object);

// The object's path, or "/" for kinds without one. Owned.
char *object_row_path(const ApiObject *object);
