// SPDX-License-Identifier: LGPL-2.1-or-later
// One user's entry in a file's POSIX access control list, acl(5), in the form that the kernel keeps it in (system.posix_acl_access).
#pragma once

#include <glib.h>
#include <sys/types.h>

// The list TEXT (NULL or empty: only MODE's bits) with USER allowed to read and write, or, with GRANT false, without an entry for
// USER. NULL when the list is not one we understand. Pure.
GByteArray *acl_edit(const guint8 *text, gsize length, mode_t mode, guint32 user,
                     gboolean grant) G_GNUC_WARN_UNUSED_RESULT;

// Lets USER open PATH for reading and writing, by the least that is needed: nothing when everybody may already.
gboolean acl_grant(const char *path, guint32 user, GError **error) G_GNUC_WARN_UNUSED_RESULT;
// Takes that back. A missing file or entry is success.
gboolean acl_revoke(const char *path, guint32 user, GError **error) G_GNUC_WARN_UNUSED_RESULT;
