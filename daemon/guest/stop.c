// SPDX-License-Identifier: LGPL-2.1-or-later
// The end of a guest: asking it, killing it, and removing what the run leaves. Everything here may be done twice.
#include <errno.h>
#include <signal.h>
#include <unistd.h>

#include "base/error.h"
#include "guest/driver-state.h"
#include "guest/host.h"
#include "guest/run.h"
#include "guest/scope.h"

#define NOTICE_TIMEOUT_USEC (5 * G_USEC_PER_SEC)
#define NOTICE_POLL_USEC (20 * 1000)

gboolean guest_shutdown(GuestHost *host, const char *domain_uuid, GuestAsk ask, GError **error)
{
    static const unsigned int flags[] = {
        [GUEST_ASK_BUTTON] = VIR_DOMAIN_SHUTDOWN_ACPI_POWER_BTN,
        [GUEST_ASK_AGENT] = VIR_DOMAIN_SHUTDOWN_GUEST_AGENT,
    };
    g_autoptr(virDomain) domain = virt_find(host->conn, domain_uuid, error);

    if (!domain)
        return FALSE;
    if (virDomainShutdownFlags(domain, flags[ask]) == 0)
        return TRUE;
    virt_set_error(error, "cannot ask the guest to power off");
    return FALSE;
}

// libvirt's own way, for when systemd cannot: SIGTERM, then a look every 200 ms, SIGKILL after 10 s.
static gboolean destroy(virDomainPtr domain, GError **error)
{
    if (virDomainDestroy(domain) == 0 || virt_last_code() == VIR_ERR_OPERATION_INVALID ||
        virt_last_code() == VIR_ERR_NO_DOMAIN)
        return TRUE;
    virt_set_error(error, "cannot destroy the domain");
    return FALSE;
}

gboolean guest_kill(GuestHost *host, const char *scope, const char *domain_uuid, GError **error)
{
    g_autoptr(virDomain) domain = NULL;
    g_autoptr(GError) failure = NULL;

    // The scope cannot be confused with another process, as a pid could.
    if (scope_kill(scope, &failure))
        return TRUE;
    domain = domain_uuid ? virDomainLookupByUUIDString(host->conn, domain_uuid) : NULL;
    if (domain)
        return destroy(domain, error);
    g_propagate_error(error, g_steal_pointer(&failure));
    return FALSE;
}

// QEMU first: its disks may only go when it is gone. libvirt is not asked about one that is: it answers when it has seen that, too, and it
// looks every 200 ms.
static gboolean end_qemu(GuestHost *host, const char *domain_name, const char *uuid, GError **error)
{
    gint pid = host_read_pid(host, domain_name);
    g_autoptr(virDomain) domain = NULL;

    if (pid > 0 && kill(pid, 0) < 0 && errno == ESRCH)
        return TRUE;
    domain = uuid ? virDomainLookupByUUIDString(host->conn, uuid) : NULL;
    return !domain || virDomainIsActive(domain) != 1 || destroy(domain, error);
}

// libvirt sees the end of a QEMU by itself. To destroy the domain beside that would have it end the same QEMU twice at once.
static gboolean wait_noticed(virDomainPtr domain)
{
    gint64 deadline = g_get_monotonic_time() + NOTICE_TIMEOUT_USEC;

    while (virDomainIsActive(domain) == 1) {
        if (g_get_monotonic_time() >= deadline)
            return FALSE;
        g_usleep(NOTICE_POLL_USEC);
    }
    return TRUE;
}

static gboolean forget_domain(GuestHost *host, const char *uuid, GError **error)
{
    g_autoptr(virDomain) domain = virDomainLookupByUUIDString(host->conn, uuid);

    if (!domain)
        return TRUE;
    if (!wait_noticed(domain) && !destroy(domain, error))
        return FALSE;
    if (virDomainUndefineFlags(domain, VIR_DOMAIN_UNDEFINE_NVRAM |
                                           VIR_DOMAIN_UNDEFINE_MANAGED_SAVE |
                                           VIR_DOMAIN_UNDEFINE_SNAPSHOTS_METADATA) == 0 ||
        virt_last_code() == VIR_ERR_NO_DOMAIN)
        return TRUE;
    virt_set_error(error, "cannot undefine the domain");
    return FALSE;
}

gboolean guest_release(GuestHost *host, const StorageConfig *storage, const char *namespace,
                       const char *name, const char *domain_uuid, GError **error)
{
    g_autofree char *scope = layout_scope_name(namespace, name);
    g_autofree char *domain = layout_domain_name(namespace, name);

    // A machine at machined goes with its scope.
    return end_qemu(host, domain, domain_uuid, error) && scope_drop(scope, error) &&
           run_remove_dir(&host->layout, namespace, name, error) &&
           storage_release(storage, namespace, name, error);
}

gboolean guest_forget_domain(GuestHost *host, const char *namespace, const char *name,
                             const char *domain_uuid, GError **error)
{
    g_autofree char *domain = layout_domain_name(namespace, name);

    return (!domain_uuid || forget_domain(host, domain_uuid, error)) &&
           driver_state_forget(host->root, domain, error);
}

void guest_forget(GuestHost *host, const char *namespace, const char *name)
{
    g_autofree char *domain = layout_domain_name(namespace, name);
    g_autofree char *file = g_strconcat(domain, ".log", NULL);
    g_autofree char *path = g_build_filename(host->root, "log", "qemu", file, NULL);

    (void)unlink(path);
}

gboolean guest_forget_namespace(const char *namespace, GError **error)
{
    g_autofree char *slice = layout_slice_name(namespace);

    return scope_drop_slice(slice, error);
}

gboolean guest_pause(GuestHost *host, const char *domain_uuid, gboolean pause, GError **error)
{
    g_autoptr(virDomain) domain = virt_find(host->conn, domain_uuid, error);

    if (!domain)
        return FALSE;
    if ((pause ? virDomainSuspend(domain) : virDomainResume(domain)) < 0) {
        virt_set_error(error, pause ? "cannot pause the guest" : "cannot resume the guest");
        return FALSE;
    }
    return TRUE;
}
