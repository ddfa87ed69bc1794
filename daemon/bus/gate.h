// SPDX-License-Identifier: LGPL-2.1-or-later
// What every call meets first, before sd-bus looks for the object that it is for. sd-bus answers some calls by itself (those of its
// own interfaces, and of objects that do not exist): it quotes in its errors what it was given, and describes all objects at once, at
// any length. The bus would disconnect us for such an answer.
#pragma once

#include <systemd/sd-bus.h>

// A filter: sd_bus_add_filter(3). Its userdata is the BusService.
int gate_check(sd_bus_message *message, void *userdata, sd_bus_error *ret_error);
