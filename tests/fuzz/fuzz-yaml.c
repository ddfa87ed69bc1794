// SPDX-License-Identifier: LGPL-2.1-or-later
// Any bytes as YAML: no crash, no leak, limits hold, positions are inside the text.
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "api/yaml.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static guint check(const ApiNode *node, guint depth)
{
    guint count = 1;

    if (node->line == 0 || node->column == 0 || depth > API_YAML_MAX_DEPTH)
        abort();
    for (guint i = 0; node->children && i < node->children->len; i++) {
        const ApiEntry *entry = node->children->pdata[i];

        count +=
            check(node->kind == API_NODE_MAP ? entry->value : node->children->pdata[i], depth + 1);
    }
    return count;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autoptr(ApiFindings) findings = api_findings_new("-");
    g_autoptr(GPtrArray) documents = api_yaml_parse((const char *)data, size, findings);
    g_autofree char *source = g_strndup((const char *)data, size);
    g_autofree char *text = api_findings_format(findings, source);
    guint count = 0;

    for (guint i = 0; documents && i < documents->len; i++) {
        guint line, column;

        count += check(documents->pdata[i], 0);
        api_node_locate(documents->pdata[i], "spec.volumes[1].name", &line, &column);
    }
    if (!text || count > API_YAML_MAX_NODES)
        abort();
    return 0;
}
