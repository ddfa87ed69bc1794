// SPDX-License-Identifier: LGPL-2.1-or-later
// See digest.h. FNV-1a, 64 bits, over types and values; each container has a beginning and an end, so that [[[1]], [[2]]] is not [[[1], [], [2]]].
#include "bus/digest.h"

#include <string.h>

#define FNV_START G_GUINT64_CONSTANT(0xcbf29ce484222325)
#define FNV_PRIME G_GUINT64_CONSTANT(0x100000001b3)

static void mix(guint64 *hash, const void *data, gsize length)
{
    const guint8 *bytes = data;

    for (gsize i = 0; i < length; i++)
        *hash = (*hash ^ bytes[i]) * FNV_PRIME;
}

static int mix_basic(sd_bus_message *message, char type, guint64 *hash)
{
    const char *text = NULL;
    guint64 number = 0; // room for every fixed type
    int r;

    if (!strchr("sog", type)) {
        r = sd_bus_message_read_basic(message, type, &number);
        mix(hash, &number, sizeof number);
        return r;
    }
    r = sd_bus_message_read_basic(message, type, &text);
    if (r > 0)
        mix(hash, text, strlen(text) + 1);
    return r;
}

static int mix_value(sd_bus_message *message, guint64 *hash)
{
    const char *contents = NULL;
    char type = 0;
    int r = sd_bus_message_peek_type(message, &type, &contents);

    if (r <= 0)
        return r;
    mix(hash, &type, sizeof type);
    if (!contents)
        return mix_basic(message, type, hash);
    r = sd_bus_message_enter_container(message, type, contents);
    while (r > 0)
        r = mix_value(message, hash);
    mix(hash, "", 1);
    return r < 0 ? r : sd_bus_message_exit_container(message);
}

int digest_next_value(sd_bus_message *message, guint64 *ret_digest)
{
    guint64 hash = FNV_START;
    int r = mix_value(message, &hash);

    if (r > 0)
        *ret_digest = hash;
    return r;
}
