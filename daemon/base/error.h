// SPDX-License-Identifier: LGPL-2.1-or-later
// The one error domain of vmi. Each code has, in one table (error.c), the D-Bus error name it becomes, the errno
// sd-bus maps it to, and vmictl's exit code. Messages are for people: lower-case start, no final full stop, the
// offender quoted, the remedy said.
#pragma once

#include <glib.h>

#define VMI_ERROR (vmi_error_quark())
GQuark vmi_error_quark(void);

typedef enum {
    VMI_ERROR_FAILED,      // anything without a better code
    VMI_ERROR_INVALID,     // a manifest, argument or configuration that can never work as written
    VMI_ERROR_UNSUPPORTED, // valid upstream, refused here (said why), or not supported yet
    VMI_ERROR_NOT_FOUND,   // no such object, claim, namespace, disk
    VMI_ERROR_EXISTS,      // the name is taken
    VMI_ERROR_CONFLICT,    // the change cannot be made in the object's present state
    VMI_ERROR_BUSY,        // another job holds the object; try again
    VMI_ERROR_NOT_RUNNING, // the guest has no run
    VMI_ERROR_DENIED,      // polkit or the kernel says no
    VMI_ERROR_NO_SPACE,    // disk, uid range, or CPU pool exhausted
    VMI_ERROR_TOO_LARGE,   // over one of the input limits
    VMI_ERROR_HOST,        // libvirt, QEMU, systemd or the kernel refused what we asked
    VMI_ERROR_CANCELLED,   // the job was cancelled
    VMI_ERROR_TIMEOUT,     // a deadline passed
    VMI_ERROR_WAITING,     // accepted; waits for an object that does not exist yet
    _VMI_ERROR_MAX,
} VmiError;

typedef struct {
    const char *name;     // short CamelCase name; also the reason in status ("NotFound")
    const char *bus_name; // "org.example.Vmi1.Error.NotFound"
    int errno_code;       // positive errno
    int exit_code;        // of vmictl, documented in vmictl(1)
    const char *meaning;  // one line, for the man page
} VmiErrorInfo;

// Never NULL; an unknown code gives the row of VMI_ERROR_FAILED.
const VmiErrorInfo *vmi_error_info(int code);

// The code whose bus_name is NAME, or VMI_ERROR_FAILED.
VmiError vmi_error_from_bus_name(const char *name);

// The row for any GError: VMI_ERROR's own code; G_IO_ERROR / G_FILE_ERROR not-found, exists, no-space, permission
// are mapped; the rest is FAILED.
const VmiErrorInfo *vmi_error_describe(const GError *error);

// Sets *error to "<formatted>: <strerror(errno_code)>" with the code that fits errno_code (ENOENT -> NOT_FOUND,
// ENOSPC/EDQUOT -> NO_SPACE, EACCES/EPERM -> DENIED, EEXIST -> EXISTS, else HOST).
void vmi_set_error_errno(GError **error, int errno_code, const char *format, ...)
    G_GNUC_PRINTF(3, 4);
