// SPDX-License-Identifier: LGPL-2.1-or-later
// What every concern of a domain reports with; see builder.h.
#include "domain/builder.h"

void domain_warn(DomainPlan *plan, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    g_ptr_array_add(plan->warnings, g_strdup_vprintf(format, arguments));
    va_end(arguments);
}
