// SPDX-License-Identifier: LGPL-2.1-or-later
// Whose a libvirt domain is: the <metadata> that domain/ writes, read back.
#pragma once

#include "guest/virt.h"

// The namespace of our element, as domain/domain.c writes it.
#define METADATA_URI "https://example.org/xmlns/vmi/1"
// domain/ gives each disk the alias "ua-<volume>".
#define METADATA_DISK_ALIAS "ua-"

typedef struct {
    char *uid, *namespace, *name; // of the VMI
    guint32 runtime_user;         // QEMU's uid, 0 when not recorded
} Metadata;

// NULL when the domain is not ours.
Metadata *metadata_read(virDomainPtr domain) G_GNUC_WARN_UNUSED_RESULT;
void metadata_free(Metadata *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Metadata, metadata_free)
