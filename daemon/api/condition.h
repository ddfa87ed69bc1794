// SPDX-License-Identifier: LGPL-2.1-or-later
// The conditions of a status, as Kubernetes has them: at most one of each type.
#pragma once

#include "api/types.h" // generated

// CONDITIONS: of ApiCondition, may be NULL. Borrowed; NULL if there is none of TYPE.
ApiCondition *api_condition_find(const GPtrArray *conditions, const char *type);
