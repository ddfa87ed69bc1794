// SPDX-License-Identifier: LGPL-2.1-or-later
// Structs as texts; see struct-text.h.
#include "api/struct-text.h"

#include "api/decode.h"
#include "api/encode.h"

char *api_struct_print(const ApiType *type, gconstpointer object)
{
    g_autoptr(ApiNode) node = api_encode(type, object, API_ENCODE_STORED);

    return api_node_to_yaml(node);
}

gpointer api_struct_parse(const ApiType *type, const char *text, gsize length,
                          ApiFindings *findings)
{
    g_autoptr(GPtrArray) documents = api_yaml_parse(text, length, findings);
    gpointer object = NULL;

    if (!documents)
        return NULL;
    if (documents->len != 1) {
        api_findings_add(findings, API_FINDING_ERROR, 1, 1, "", NULL,
                         "expected one document, found %u", documents->len);
        return NULL;
    }
    object = api_decode(type, g_ptr_array_index(documents, 0), NULL, TRUE, findings);
    if (api_findings_count(findings, API_FINDING_ERROR) == 0)
        return object;
    api_struct_free(type, object);
    return NULL;
}
