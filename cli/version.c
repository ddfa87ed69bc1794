// SPDX-License-Identifier: LGPL-2.1-or-later
// vmictl version: both sides of the bus, and whether vmid is well.
#include <stdio.h>

#include "cli/cli.h"
#include "cli/transport.h"
#include "cli/verbs.h"

gboolean verb_version(const Verb *verb, const Options *options, char **args, GError **error)
{
    g_autoptr(Transport) transport = NULL;
    g_autoptr(GVariant) properties = NULL;
    g_autoptr(GVariant) problems = NULL;
    const char *version = "?", *state = "?", *problem;
    GVariantIter iter;

    printf("vmictl %s\n", VMI_VERSION);
    transport = transport_open(options, error);
    if (!transport)
        return FALSE;
    properties = transport_properties(transport, CLI_ROOT_PATH, CLI_MANAGER_INTERFACE, error);
    if (!properties)
        return FALSE;
    (void)g_variant_lookup(properties, "Version", "&s", &version);
    (void)g_variant_lookup(properties, "State", "&s", &state);
    printf("vmid   %s (%s)\n", version, state);
    problems = g_variant_lookup_value(properties, "Problems", G_VARIANT_TYPE("as"));
    if (!problems)
        return TRUE;
    g_variant_iter_init(&iter, problems);
    while (g_variant_iter_next(&iter, "&s", &problem))
        printf("       %s\n", problem);
    return TRUE;
}
