// SPDX-License-Identifier: LGPL-2.1-or-later
// What the states of the machine mean to others; see machine.h. Pure.
#include "runs/machine.h"

gboolean run_machine_has_begun(const RunRecord *record)
{
    switch (record->state) {
    case API_RUN_STATE_BEGINNING:
    case API_RUN_STATE_RUNNING:
    case API_RUN_STATE_PAUSED:
    case API_RUN_STATE_UNREACHABLE:
    case API_RUN_STATE_ASKED:
    case API_RUN_STATE_KILLED:
        return TRUE;
    default:
        return FALSE;
    }
}
