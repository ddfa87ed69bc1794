// SPDX-License-Identifier: LGPL-2.1-or-later
// What this host has that a definition may ask for, and what there is to mind about one; see manager.h and apply.h.
#include "manager/apply.h"

ApiValidateContext manager_validate_context(const Manager *self)
{
    return (ApiValidateContext){
        .feature_gates = (const char *const *)self->config->feature_gates,
        .machines = self->host ? guest_host_machines(self->host) : NULL,
        .replace_machine_type = self->config->replace_machine_type,
    };
}

GPtrArray *apply_warnings(const Manager *self, const ApiObject *object)
{
    const ApiValidateContext context = manager_validate_context(self);
    g_autoptr(ApiFindings) findings = api_findings_new("-");
    const GPtrArray *list = NULL;
    GPtrArray *warnings = NULL;

    api_object_validate(object, &context, findings);
    list = api_findings_list(findings);
    for (guint i = 0; i < list->len; i++) {
        const ApiFinding *finding = g_ptr_array_index(list, i);

        if (finding->severity != API_FINDING_WARNING)
            continue;
        if (!warnings)
            warnings = api_list_new(NULL);
        g_ptr_array_add(warnings, g_strdup_printf("%s: %s%s%s", finding->path, finding->what,
                                                  finding->remedy ? "; " : "",
                                                  finding->remedy ? finding->remedy : ""));
    }
    return warnings;
}
