// SPDX-License-Identifier: LGPL-2.1-or-later
// The table behind VMI_ERROR; see error.h.
#include "base/error.h"

#include <errno.h>
#include <gio/gio.h>

G_DEFINE_QUARK(vmi - error - quark, vmi_error)

#define BUS "org.example.Vmi1.Error."

static const VmiErrorInfo infos[_VMI_ERROR_MAX] = {
    [VMI_ERROR_FAILED] = { "Failed", BUS "Failed", EIO, 1, "the operation failed" },
    [VMI_ERROR_INVALID] = { "Invalid", BUS "Invalid", EINVAL, 1,
                            "a manifest or argument is invalid" },
    [VMI_ERROR_UNSUPPORTED] = { "Unsupported", BUS "Unsupported", EOPNOTSUPP, 1,
                                "not supported on one host, or not yet" },
    [VMI_ERROR_NOT_FOUND] = { "NotFound", BUS "NotFound", ENOENT, 4, "there is no such object" },
    [VMI_ERROR_EXISTS] = { "AlreadyExists", BUS "AlreadyExists", EEXIST, 5, "the name is taken" },
    [VMI_ERROR_CONFLICT] = { "Conflict", BUS "Conflict", EBUSY, 5,
                             "the object's present state forbids the change" },
    [VMI_ERROR_BUSY] = { "Busy", BUS "Busy", EAGAIN, 5, "another job holds the object" },
    [VMI_ERROR_NOT_RUNNING] = { "NotRunning", BUS "NotRunning", ESRCH, 3,
                                "the guest is not running" },
    [VMI_ERROR_DENIED] = { "AccessDenied", BUS "AccessDenied", EACCES, 77, "permission denied" },
    [VMI_ERROR_NO_SPACE] = { "NoSpace", BUS "NoSpace", ENOSPC, 1,
                             "disk space or another resource is exhausted" },
    [VMI_ERROR_TOO_LARGE] = { "TooLarge", BUS "TooLarge", E2BIG, 1, "an input limit is exceeded" },
    [VMI_ERROR_HOST] = { "HostRefused", BUS "HostRefused", EREMOTEIO, 1,
                         "libvirt, QEMU, systemd or the kernel refused" },
    [VMI_ERROR_CANCELLED] = { "Cancelled", BUS "Cancelled", ECANCELED, 1, "the job was cancelled" },
    [VMI_ERROR_TIMEOUT] = { "TimedOut", BUS "TimedOut", ETIMEDOUT, 7, "a deadline passed" },
    [VMI_ERROR_WAITING] = { "Waiting", BUS "Waiting", EINPROGRESS, 6,
                            "accepted, and waiting for an object that does not exist yet" },
};

const VmiErrorInfo *vmi_error_info(int code)
{
    if (code < 0 || code >= _VMI_ERROR_MAX)
        code = VMI_ERROR_FAILED;
    return &infos[code];
}

VmiError vmi_error_from_bus_name(const char *name)
{
    for (int code = 0; code < _VMI_ERROR_MAX; code++)
        if (g_strcmp0(infos[code].bus_name, name) == 0)
            return code;
    return VMI_ERROR_FAILED;
}

static VmiError code_from_errno(int errno_code)
{
    static const struct {
        int errno_code;
        VmiError code;
    } map[] = {
        { ENOENT, VMI_ERROR_NOT_FOUND }, { ENOTDIR, VMI_ERROR_NOT_FOUND },
        { EEXIST, VMI_ERROR_EXISTS },    { ENOSPC, VMI_ERROR_NO_SPACE },
        { EDQUOT, VMI_ERROR_NO_SPACE },  { EACCES, VMI_ERROR_DENIED },
        { EPERM, VMI_ERROR_DENIED },     { ETIMEDOUT, VMI_ERROR_TIMEOUT },
    };

    for (size_t i = 0; i < G_N_ELEMENTS(map); i++)
        if (map[i].errno_code == errno_code)
            return map[i].code;
    return VMI_ERROR_HOST;
}

const VmiErrorInfo *vmi_error_describe(const GError *error)
{
    const struct {
        GQuark domain;
        int foreign;
        VmiError code;
    } map[] = {
        { G_IO_ERROR, G_IO_ERROR_NOT_FOUND, VMI_ERROR_NOT_FOUND },
        { G_IO_ERROR, G_IO_ERROR_EXISTS, VMI_ERROR_EXISTS },
        { G_IO_ERROR, G_IO_ERROR_NO_SPACE, VMI_ERROR_NO_SPACE },
        { G_IO_ERROR, G_IO_ERROR_PERMISSION_DENIED, VMI_ERROR_DENIED },
        { G_IO_ERROR, G_IO_ERROR_CANCELLED, VMI_ERROR_CANCELLED },
        { G_IO_ERROR, G_IO_ERROR_TIMED_OUT, VMI_ERROR_TIMEOUT },
        { G_FILE_ERROR, G_FILE_ERROR_NOENT, VMI_ERROR_NOT_FOUND },
        { G_FILE_ERROR, G_FILE_ERROR_EXIST, VMI_ERROR_EXISTS },
        { G_FILE_ERROR, G_FILE_ERROR_NOSPC, VMI_ERROR_NO_SPACE },
        { G_FILE_ERROR, G_FILE_ERROR_ACCES, VMI_ERROR_DENIED },
        { G_FILE_ERROR, G_FILE_ERROR_PERM, VMI_ERROR_DENIED },
    };

    if (error && error->domain == VMI_ERROR)
        return vmi_error_info(error->code);
    for (size_t i = 0; error && i < G_N_ELEMENTS(map); i++)
        if (g_error_matches(error, map[i].domain, map[i].foreign))
            return vmi_error_info(map[i].code);
    return vmi_error_info(VMI_ERROR_FAILED);
}

void vmi_set_error_errno(GError **error, int errno_code, const char *format, ...)
{
    g_autofree char *text = NULL;
    va_list ap;

    va_start(ap, format);
    text = g_strdup_vprintf(format, ap);
    va_end(ap);
    g_set_error(error, VMI_ERROR, code_from_errno(errno_code), "%s: %s", text,
                g_strerror(errno_code));
}
