// SPDX-License-Identifier: LGPL-2.1-or-later
// Secrets: data that guests are given, and that nobody is shown unasked.
#include "manager/kind.h"

#include <string.h>

// Kubernetes' write-only stringData: stored as data, which it overrides.
static void fold_string_data(ApiObject *candidate)
{
    ApiSecret *secret = api_object_secret(candidate);

    for (guint i = 0; secret->string_data && i < secret->string_data->len; i++) {
        ApiPair *pair = g_ptr_array_index(secret->string_data, i); // the candidate is a copy
        char *encoded = g_base64_encode((const guchar *)pair->value, strlen(pair->value));

        g_free(pair->value);
        pair->value = encoded;
    }
    api_map_merge(&secret->data, secret->string_data);
    g_clear_pointer(&secret->string_data, g_ptr_array_unref);
}

const Kind kind_secret = {
    .name = "Secret",
    .complete = fold_string_data,
    .admit = kind_admit_data,
};
