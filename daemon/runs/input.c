// SPDX-License-Identifier: LGPL-2.1-or-later
// See input.h.
#include "runs/input.h"

RunInput *run_input_new(void)
{
    return g_new0(RunInput, 1);
}

void run_input_free(RunInput *self)
{
    if (!self)
        return;
    api_virtual_machine_instance_free(self->vmi);
    g_clear_pointer(&self->claims, g_ptr_array_unref);
    g_clear_pointer(&self->secrets, g_ptr_array_unref);
    g_clear_pointer(&self->host_ports, g_ptr_array_unref);
    api_volume_free(self->volume);
    g_free(self);
}
