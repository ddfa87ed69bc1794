// SPDX-License-Identifier: LGPL-2.1-or-later
// Any bytes as a position in a list: what is accepted is what an object of that kind, namespace and name is at.
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "api/position.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autofree char *text = g_strndup((const char *)data, size), *again = NULL;
    g_auto(ApiPosition) position = { NULL };
    g_autoptr(ApiObject) object = NULL;

    if (!api_position_parse(text, &position))
        return 0;
    if (!api_kind_find(position.kind)->type)
        return 0; // not supported yet: there is no such object
    object = api_object_new(api_kind_find(position.kind));
    api_object_meta(object)->name = g_strdup(position.name);
    if (object->info->namespaced)
        api_object_meta(object)->namespace = g_strdup(position.namespace);
    again = api_position_format(object);
    if (strcmp(again, text) != 0 || api_position_compare(object, &position) != 0)
        abort();
    return 0;
}
