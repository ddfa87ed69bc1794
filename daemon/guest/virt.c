// SPDX-License-Identifier: LGPL-2.1-or-later
// Turns libvirt's thread-local errors into GErrors of our domain; see virt.h.
#include "guest/virt.h"

#include "base/error.h"

static VmiError code_from_virt(int code)
{
    static const struct {
        int virt;
        VmiError code;
    } map[] = {
        { VIR_ERR_NO_DOMAIN, VMI_ERROR_NOT_FOUND },
        { VIR_ERR_OPERATION_INVALID, VMI_ERROR_NOT_RUNNING },
        { VIR_ERR_CONFIG_UNSUPPORTED, VMI_ERROR_UNSUPPORTED },
        { VIR_ERR_ARGUMENT_UNSUPPORTED, VMI_ERROR_UNSUPPORTED },
        { VIR_ERR_NO_SUPPORT, VMI_ERROR_UNSUPPORTED },
        { VIR_ERR_OPERATION_TIMEOUT, VMI_ERROR_TIMEOUT },
        { VIR_ERR_OPERATION_ABORTED, VMI_ERROR_CANCELLED },
        { VIR_ERR_AUTH_UNAVAILABLE, VMI_ERROR_DENIED },
        { VIR_ERR_ACCESS_DENIED, VMI_ERROR_DENIED },
    };

    for (size_t i = 0; i < G_N_ELEMENTS(map); i++)
        if (map[i].virt == code)
            return map[i].code;
    return VMI_ERROR_HOST;
}

int virt_last_code(void)
{
    return virGetLastErrorCode();
}

void virt_set_error(GError **error, const char *format, ...)
{
    g_autofree char *text = NULL;

    g_autofree char *said = g_strdup(virGetLastErrorMessage());
    va_list ap;

    va_start(ap, format);
    text = g_strdup_vprintf(format, ap);
    va_end(ap);
    g_strdelimit(g_strchomp(said), "\n", ' ');
    g_set_error(error, VMI_ERROR, code_from_virt(virGetLastErrorCode()), "%s: %s", text, said);
}

virDomainPtr virt_find(virConnectPtr conn, const char *uuid, GError **error)
{
    virDomainPtr domain = virDomainLookupByUUIDString(conn, uuid);

    if (!domain)
        virt_set_error(error, "cannot find the domain \"%s\"", uuid);
    return domain;
}
