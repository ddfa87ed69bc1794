// SPDX-License-Identifier: LGPL-2.1-or-later
// The table of kinds that the manager acts on; see kind.h. A kind is a line here and a file in kinds/.
#include "manager/kind.h"

#define KINDS(KIND) \
    KIND(virtual_machine_instance) \
    KIND(persistent_volume_claim) \
    KIND(secret) \
    KIND(config_map) \
    KIND(namespace)

#define DECLARE(name) extern const Kind kind_##name;
#define ROW(name) &kind_##name,

KINDS(DECLARE)
static const Kind *const kinds[] = { KINDS(ROW) };

const Kind *kind_of(const ApiKindInfo *info)
{
    static const Kind plain = { 0 };

    for (guint i = 0; i < G_N_ELEMENTS(kinds); i++)
        if (g_str_equal(kinds[i]->name, info->kind))
            return kinds[i];
    return &plain;
}

void manager_describe(Manager *self, const ApiObject *object, ManagerRow *ret_row)
{
    const Kind *kind = kind_of(object->info);

    *ret_row = (ManagerRow){ 0 };
    if (kind->describe)
        kind->describe(self, object, ret_row);
}

void manager_row_clear(ManagerRow *self)
{
    for (guint i = 1; i < self->n_details; i += 2)
        g_free(self->details[i]);
}
