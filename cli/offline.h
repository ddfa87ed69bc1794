// SPDX-License-Identifier: LGPL-2.1-or-later
// What verbs that need no daemon share: manifests to checked objects.
#pragma once

#include "api/manifest.h"
#include "cli/manifest-source.h"

// The objects of SOURCE, checked by every rule that needs only the object; problems go to FINDINGS.
GPtrArray *offline_parse(const Source *source, const Options *options,
                         ApiFindings *findings) G_GNUC_WARN_UNUSED_RESULT;
