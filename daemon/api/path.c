// SPDX-License-Identifier: LGPL-2.1-or-later
// Renders the place of a walk as Kubernetes writes field paths.

#include "api/path.h"

static void append(GString *out, const ApiPath *self)
{
    if (!self || !self->parent)
        return;
    append(out, self->parent);
    if (!self->name)
        g_string_append_printf(out, "[%u]", self->index);
    else if (self->is_map_key)
        g_string_append_printf(out, "[%s]", self->name);
    else
        g_string_append_printf(out, "%s%s", out->len > 0 ? "." : "", self->name);
}

char *api_path_format(const ApiPath *self)
{
    g_autoptr(GString) out = g_string_new(NULL);

    append(out, self);
    return g_string_free(g_steal_pointer(&out), FALSE);
}
