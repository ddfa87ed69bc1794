// SPDX-License-Identifier: LGPL-2.1-or-later
// What libvirt's capabilities say of the host that we need: which CPUs are threads of one core, and which machine types
// QEMU has.
#pragma once

#include <glib.h>

typedef struct {
    // guint, by CPU number: the lowest CPU of the same core. What it does not reach is a core of its own.
    GArray *cores;
    char **machines; // of x86_64 and q35 only; NULL when it names none
} Capabilities;

// TEXT that says nothing of one or the other leaves that empty.
void capabilities_parse(const char *text, Capabilities *ret_capabilities);
void capabilities_clear(Capabilities *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Capabilities, capabilities_clear)
