// SPDX-License-Identifier: LGPL-2.1-or-later
// Which port of the host a guest's port is reached at; see domain.h.
#include "domain/domain.h"

#define PORT_STEP 10000 // 80 -> 10080, 20080, ...

guint domain_choose_host_port(guint first, guint guest_port, DomainPortIsFree is_free,
                              gpointer user_data)
{
    for (guint port = guest_port; port <= G_MAXUINT16; port += PORT_STEP)
        if (port >= first && is_free(port, user_data))
            return port;
    for (guint port = MAX(first, PORT_STEP + guest_port % PORT_STEP); port <= G_MAXUINT16; port++)
        if (is_free(port, user_data))
            return port;
    return 0;
}
