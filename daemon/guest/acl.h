// SPDX-License-Identifier: LGPL-2.1-or-later
// One user's entry in a file's POSIX access control list, acl(5), in the form that the kernel keeps it in (system.posix_acl_access).
#pragma once

#include <glib.h>
#include <sys/types.h>

typedef struct {
    guint32 first, count; // users; count 1 when permissions are given
    guint16 permissions;  // ACL_READ, ... of <linux/posix_acl.h>; 0: without an entry
} AclEdit;

// The list TEXT (NULL or empty: only MODE's bits) with EDIT's entry, or without any of those users. NULL when the list is not one we
// understand. Pure.
GByteArray *acl_edit(const guint8 *text, gsize length, mode_t mode,
                     const AclEdit *edit) G_GNUC_WARN_UNUSED_RESULT;

// Does that to PATH, by the least that is needed: nothing when everybody may already. A read and a write: the caller sees to it that
// nobody else does the same meanwhile. When an entry is to go, a missing file is success.
gboolean acl_change(const char *path, const AclEdit *edit,
                    GError **error) G_GNUC_WARN_UNUSED_RESULT;
