// SPDX-License-Identifier: LGPL-2.1-or-later
// A claim: whether it is bound, where it lives, who has it open.
#include "api/quantity.h"
#include "cli/cli.h"
#include "cli/describe.h"

gboolean describe_volume(Transport *transport, const ObjectRow *row, GError **error)
{
    g_autoptr(GVariant) properties =
        transport_properties(transport, row->path, CLI_VOLUME_INTERFACE, error);
    g_autofree const char **users = NULL;
    g_autofree char *used_by = NULL;
    g_autofree char *capacity = NULL;
    const char *pool = NULL, *path = NULL;
    guint64 bytes = 0;

    if (!properties)
        return FALSE;
    (void)g_variant_lookup(properties, "Pool", "&s", &pool);
    (void)g_variant_lookup(properties, "Path", "&s", &path);
    (void)g_variant_lookup(properties, "CapacityBytes", "t", &bytes);
    if (g_variant_lookup(properties, "Users", "^a&s", &users))
        used_by = g_strjoinv(", ", (char **)users);
    capacity = bytes ? api_quantity_format_bytes(bytes) : NULL;
    describe_line("Phase", row->phase);
    describe_line("Reason", row->reason);
    describe_line("Pool", pool);
    describe_line("Path", path);
    describe_line("Capacity", capacity);
    describe_line("Used by", used_by && *used_by ? used_by : "nobody");
    return TRUE;
}
