// SPDX-License-Identifier: LGPL-2.1-or-later
// See condition.h.
#include "api/condition.h"

ApiCondition *api_condition_find(const GPtrArray *conditions, const char *type)
{
    for (guint i = 0; conditions && i < conditions->len; i++) {
        ApiCondition *condition = g_ptr_array_index(conditions, i);

        if (g_strcmp0(condition->type, type) == 0)
            return condition;
    }
    return NULL;
}
