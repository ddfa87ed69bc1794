// SPDX-License-Identifier: LGPL-2.1-or-later
// Any bytes as the file of a change that was not finished: it is refused, or what it puts lies within it.
#include <stdint.h>
#include <string.h>

#include "store/transaction.h"

typedef struct {
    const char *text;
    gsize length;
} Input;

static gboolean put(const StorePlace *place, const char *definition, gsize length,
                    gpointer user_data, GError **error)
{
    const Input *input = user_data;

    g_assert(store_check_place(place, NULL));
    g_assert(definition >= input->text && definition + length <= input->text + input->length);
    return TRUE;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    Input input = { .text = (const char *)data, .length = size };

    (void)!transaction_read(input.text, input.length, put, &input, NULL);
    return 0;
}
