// SPDX-License-Identifier: LGPL-2.1-or-later
// The daemon's own parser and validation, with the feature gates of the command line.
#include "cli/offline.h"

#include "api/validate.h"

// What vmid.conf(5) has by default.
#define DEFAULT_FEATURE_GATES "HostDisk"

GPtrArray *offline_parse(const Source *source, const Options *options, ApiFindings *findings)
{
    g_autoptr(GPtrArray) objects = api_manifest_parse(source->text, source->length, findings);
    g_auto(GStrv) gates = g_strsplit(
        options->feature_gates ? options->feature_gates : DEFAULT_FEATURE_GATES, ",", -1);
    ApiValidateContext context = { .feature_gates = (const char *const *)gates };

    for (guint i = 0; objects && i < objects->len; i++)
        api_object_validate(objects->pdata[i], &context, findings);
    return g_steal_pointer(&objects);
}
