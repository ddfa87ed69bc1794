// SPDX-License-Identifier: LGPL-2.1-or-later
// Private to api/. Nodes to generated structs, strictly by the tables.
#pragma once

#include "api/finding.h"
#include "api/yaml.h"

// NODE as a struct of TYPE. All that does not fit is reported, and what remains is returned: look
// at the count of errors. Keys of the outermost map that SKIP (NULL-terminated) names are passed
// over. `null` means unset everywhere. Internal fields are unknown unless vmi wrote the text: OWN.
gpointer api_decode(const ApiType *type, const ApiNode *node, const char *const *skip, gboolean own,
                    ApiFindings *findings) G_GNUC_WARN_UNUSED_RESULT;
