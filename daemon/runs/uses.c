// SPDX-License-Identifier: LGPL-2.1-or-later
// Claims, images and files in use; see uses.h.
#include "runs/uses.h"

static gboolean is_thing(const RunUse *use, const char *kind, const char *name)
{
    return g_strcmp0(use->kind, kind) == 0 && g_strcmp0(use->name, name) == 0;
}

static gboolean is_claim(const char *kind)
{
    return g_strcmp0(kind, RUN_USE_CLAIM) == 0;
}

// Two uses of one thing.
static gboolean get_along(const RunUse *a, const RunUse *b)
{
    if (api_bool_or(a->single, FALSE) || api_bool_or(b->single, FALSE))
        return FALSE;
    if (a->access == API_RUN_ACCESS_READ && b->access == API_RUN_ACCESS_READ)
        return TRUE;
    return api_bool_or(a->shareable, FALSE) && api_bool_or(b->shareable, FALSE);
}

// Names of claims count within a namespace, those of images and files everywhere.
static gboolean can_meet(const RunRecord *self, const char *kind, const char *namespace)
{
    return self->state != API_RUN_STATE_GONE &&
           (!is_claim(kind) || g_strcmp0(self->owner->namespace, namespace) == 0);
}

ApiRunAccess run_uses(const RunRecord *self, const char *kind, const char *namespace,
                      const char *name)
{
    ApiRunAccess most = API_RUN_ACCESS_UNSET;

    if (!can_meet(self, kind, namespace))
        return API_RUN_ACCESS_UNSET;
    if (api_bool_or(self->uses_unknown, FALSE) && is_claim(kind))
        return API_RUN_ACCESS_WRITE;
    for (guint i = 0; self->plugs && i < self->plugs->len; i++) {
        const RunPlug *plug = g_ptr_array_index(self->plugs, i);

        for (guint n = 0; plug->uses && n < plug->uses->len; n++) {
            const RunUse *use = g_ptr_array_index(plug->uses, n);

            if (is_thing(use, kind, name))
                most = MAX(most, use->access);
        }
    }
    return most;
}

GPtrArray *run_users(const GPtrArray *records, const char *kind, const char *namespace,
                     const char *name)
{
    GPtrArray *users = g_ptr_array_new();

    for (guint i = 0; i < records->len; i++)
        if (run_uses(g_ptr_array_index(records, i), kind, namespace, name) != API_RUN_ACCESS_UNSET)
            g_ptr_array_add(users, g_ptr_array_index(records, i));
    return users;
}

static gboolean plugs_get_along(const GPtrArray *plugs, const RunUse *use)
{
    for (guint i = 0; plugs && i < plugs->len; i++) {
        const RunPlug *plug = g_ptr_array_index(plugs, i);

        for (guint n = 0; plug->uses && n < plug->uses->len; n++) {
            const RunUse *other = g_ptr_array_index(plug->uses, n);

            if (other != use && is_thing(other, use->kind, use->name) && !get_along(other, use))
                return FALSE;
        }
    }
    return TRUE;
}

// The run of RECORDS, SELF or another, that USE cannot be beside.
static const RunRecord *find_in_the_way(const GPtrArray *records, const RunRecord *self,
                                        const RunUse *use)
{
    for (guint i = 0; records && i < records->len; i++) {
        const RunRecord *other = g_ptr_array_index(records, i);

        if (!can_meet(other, use->kind, self->owner->namespace))
            continue;
        if (!plugs_get_along(other->plugs, use) ||
            (other != self && api_bool_or(other->uses_unknown, FALSE) && is_claim(use->kind)))
            return other;
    }
    return NULL;
}

gboolean run_may_plug(const GPtrArray *records, const RunRecord *self, const GPtrArray *plugs,
                      const RunUse **ret_use, const RunRecord **ret_user)
{
    for (guint i = 0; plugs && i < plugs->len; i++) {
        const RunPlug *plug = g_ptr_array_index(plugs, i);

        for (guint n = 0; plug->uses && n < plug->uses->len; n++) {
            const RunUse *use = g_ptr_array_index(plug->uses, n);
            const RunRecord *user = find_in_the_way(records, self, use);

            if (!user && plugs_get_along(plugs, use))
                continue;
            if (ret_use)
                *ret_use = use;
            if (ret_user)
                *ret_user = user == self ? NULL : user;
            return FALSE;
        }
    }
    return TRUE;
}
