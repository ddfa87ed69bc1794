// SPDX-License-Identifier: LGPL-2.1-or-later
// See acl.h. Written out here because the one use there is does not pay for a library.
#include "guest/acl.h"

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/limits.h>
#include <linux/posix_acl.h>
#include <linux/posix_acl_xattr.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>

#include "base/error.h"
#include "base/fd.h"

#define ATTRIBUTE "system.posix_acl_access"

typedef struct {
    guint16 tag, permissions;
    guint32 id;
} AclEntry;

// The kernel wants them by tag, and within a tag by id.
static gint compare(gconstpointer a, gconstpointer b)
{
    const AclEntry *x = a, *y = b;

    if (x->tag != y->tag)
        return x->tag < y->tag ? -1 : 1;
    return x->id < y->id ? -1 : x->id > y->id;
}

static void add(GArray *entries, guint16 tag, guint16 permissions, guint32 id)
{
    AclEntry entry = { .tag = tag, .permissions = permissions, .id = id };

    g_array_append_val(entries, entry);
}

static GArray *parse(const guint8 *text, gsize length, mode_t mode)
{
    g_autoptr(GArray) entries = g_array_new(FALSE, FALSE, sizeof(AclEntry));
    struct posix_acl_xattr_header header;

    if (length == 0) {
        add(entries, ACL_USER_OBJ, mode >> 6 & 7, ACL_UNDEFINED_ID);
        add(entries, ACL_GROUP_OBJ, mode >> 3 & 7, ACL_UNDEFINED_ID);
        add(entries, ACL_OTHER, mode & 7, ACL_UNDEFINED_ID);
        return g_steal_pointer(&entries);
    }
    if (length < sizeof(header) ||
        (length - sizeof(header)) % sizeof(struct posix_acl_xattr_entry) != 0)
        return NULL;
    memcpy(&header, text, sizeof(header));
    if (le32toh(header.a_version) != POSIX_ACL_XATTR_VERSION)
        return NULL;
    for (gsize at = sizeof(header); at < length; at += sizeof(struct posix_acl_xattr_entry)) {
        struct posix_acl_xattr_entry entry;

        memcpy(&entry, text + at, sizeof(entry));
        add(entries, le16toh(entry.e_tag), le16toh(entry.e_perm), le32toh(entry.e_id));
    }
    return g_steal_pointer(&entries);
}

static void remove_entries(GArray *entries, const AclEdit *edit)
{
    for (guint i = entries->len; i > 0; i--) {
        const AclEntry *entry = &g_array_index(entries, AclEntry, i - 1);

        if (entry->tag == ACL_USER && entry->id - edit->first < edit->count)
            g_array_remove_index(entries, i - 1);
    }
}

// The mask bounds all named entries, so it must allow what ours does. A list without named entries has none: then it is the
// group's permissions that it starts from, which keeps the group's own access as it was.
static void widen_mask(GArray *entries, guint16 permissions)
{
    guint16 mask = 0;

    for (guint i = 0; i < entries->len; i++) {
        AclEntry *entry = &g_array_index(entries, AclEntry, i);

        if (entry->tag == ACL_MASK) {
            entry->permissions |= permissions;
            return;
        }
        if (entry->tag == ACL_GROUP_OBJ)
            mask = entry->permissions;
    }
    add(entries, ACL_MASK, mask | permissions, ACL_UNDEFINED_ID);
}

static GByteArray *format(const GArray *entries)
{
    GByteArray *text = g_byte_array_new();
    struct posix_acl_xattr_header header = { .a_version = htole32(POSIX_ACL_XATTR_VERSION) };

    g_byte_array_append(text, (const guint8 *)&header, sizeof(header));
    for (guint i = 0; i < entries->len; i++) {
        const AclEntry *entry = &g_array_index(entries, AclEntry, i);
        struct posix_acl_xattr_entry raw = { .e_tag = htole16(entry->tag),
                                             .e_perm = htole16(entry->permissions),
                                             .e_id = htole32(entry->id) };

        g_byte_array_append(text, (const guint8 *)&raw, sizeof(raw));
    }
    return text;
}

GByteArray *acl_edit(const guint8 *text, gsize length, mode_t mode, const AclEdit *edit)
{
    g_autoptr(GArray) entries = parse(text, length, mode);

    if (!entries)
        return NULL;
    remove_entries(entries, edit);
    if (edit->permissions != 0) {
        add(entries, ACL_USER, edit->permissions, edit->first);
        widen_mask(entries, edit->permissions);
    }
    g_array_sort(entries, compare);
    return format(entries);
}

static gboolean change(int fd, const char *path, const AclEdit *edit, GError **error)
{
    g_autofree guint8 *old = g_malloc(XATTR_SIZE_MAX);
    g_autoptr(GByteArray) new = NULL;
    struct stat st;
    ssize_t length = fgetxattr(fd, ATTRIBUTE, old, XATTR_SIZE_MAX);

    if ((length < 0 && errno != ENODATA) || fstat(fd, &st) < 0) {
        vmi_set_error_errno(error, errno, "cannot read the access control list of \"%s\"", path);
        return FALSE;
    }
    if (edit->permissions == 0 ? length < 0 : (st.st_mode & edit->permissions) == edit->permissions)
        return TRUE;
    new = acl_edit(old, (gsize)MAX(length, 0), st.st_mode, edit);
    if (!new) {
        g_set_error(error, VMI_ERROR, VMI_ERROR_HOST,
                    "the access control list of \"%s\" is in an unknown format", path);
        return FALSE;
    }
    if (fsetxattr(fd, ATTRIBUTE, new->data, new->len, 0) < 0) {
        vmi_set_error_errno(error, errno, "cannot change the access control list of \"%s\"", path);
        return FALSE;
    }
    return TRUE;
}

gboolean acl_change(const char *path, const AclEdit *edit, GError **error)
{
    vmi_autofd int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);

    if (fd >= 0)
        return change(fd, path, edit, error);
    if (edit->permissions == 0)
        return TRUE;
    vmi_set_error_errno(error, errno, "cannot open \"%s\"", path);
    return FALSE;
}
