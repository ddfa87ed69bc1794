// SPDX-License-Identifier: LGPL-2.1-or-later
// One row of Manager.List: the few facts about an object that a table shows.
#pragma once

#include "bus/interface.h"

#define OBJECT_ROW_SIGNATURE "(sssssta{ss}o)"

// Adds to BYTES what the row takes in the message, at most.
int object_row_append(sd_bus_message *reply, BusService *service, const ApiObject *object,
                      gsize *bytes);

// The object's path, or "/" for kinds without one. Owned.
char *object_row_path(const ApiObject *object);
