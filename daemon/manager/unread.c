// SPDX-License-Identifier: LGPL-2.1-or-later
// See unread.h.
#include "manager/unread.h"

#include "base/error.h"
#include "objects/object.h"

gboolean unread_any(const Manager *self)
{
    return self->unread && self->unread->len > 0;
}

static const StoreUnread *find(const Manager *self, const ApiKindInfo *info, const char *namespace,
                               const char *name)
{
    for (guint i = 0; self->unread && i < self->unread->len; i++) {
        const StoreUnread *unread = g_ptr_array_index(self->unread, i);

        if (store_unread_covers(unread, info, object_namespace_or_default(namespace), name))
            return unread;
    }
    return NULL;
}

gboolean unread_covers(const Manager *self, const ApiKindInfo *info, const char *namespace,
                       const char *name)
{
    return find(self, info, namespace, name) != NULL;
}

static gboolean refuse(const StoreUnread *unread, GError **error)
{
    g_set_error(error, VMI_ERROR, VMI_ERROR_BUSY, "%s", unread->problem);
    return FALSE;
}

gboolean unread_check(const Manager *self, const ApiKindInfo *info, const char *namespace,
                      const char *name, GError **error)
{
    const StoreUnread *unread = find(self, info, namespace, name);

    return !unread || refuse(unread, error);
}

gboolean unread_check_namespace(const Manager *self, const char *namespace, GError **error)
{
    for (guint i = 0; self->unread && i < self->unread->len; i++) {
        const StoreUnread *unread = g_ptr_array_index(self->unread, i);

        if (unread->info->namespaced &&
            (!unread->namespace || g_str_equal(unread->namespace, namespace)))
            return refuse(unread, error);
    }
    return TRUE;
}
