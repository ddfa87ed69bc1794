// SPDX-License-Identifier: LGPL-2.1-or-later
// Any bytes as the record of a run: no crash, no leak, and what is read is printed so that it is read again as the same.
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "runs/record.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(ApiRunRecord) record = run_record_parse("-", (const char *)data, size, &error);
    g_autoptr(ApiRunRecord) again = NULL;
    g_autofree char *text = NULL;

    if (!record)
        return error ? 0 : (abort(), 0);
    text = run_record_print(record);
    again = run_record_parse("-", text, strlen(text), NULL);
    if (!again || !api_struct_equal(&api_run_record_type, record, again))
        abort();
    return 0;
}
