// SPDX-License-Identifier: LGPL-2.1-or-later
// What every file here needs of libvirt: its objects freeing themselves, and its last error as a GError.
#pragma once

#include <glib.h>
#include <libvirt/libvirt.h>
#include <libvirt/virterror.h>

static inline void virt_connect_close(virConnectPtr conn)
{
    (void)virConnectClose(conn);
}

static inline void virt_domain_free(virDomainPtr domain)
{
    (void)virDomainFree(domain);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC(virConnect, virt_connect_close)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(virDomain, virt_domain_free)

// Sets *error to "<formatted>: <what libvirt said>" from this thread's last libvirt error: a missing domain is NOT_FOUND, a
// domain in the wrong state NOT_RUNNING, what this libvirt cannot do UNSUPPORTED, the rest HOST. Nearly every call of libvirt, virDomainGetName()
// too, forgets that error: none among the arguments.
void virt_set_error(GError **error, const char *format, ...) G_GNUC_PRINTF(2, 3);
// The code of this thread's last libvirt error (virErrorNumber).
int virt_last_code(void);

// The domain with this UUID, or NULL. Owned.
virDomainPtr virt_find(virConnectPtr conn, const char *uuid,
                       GError **error) G_GNUC_WARN_UNUSED_RESULT;
