// SPDX-License-Identifier: LGPL-2.1-or-later
// Any bytes as manifests: what is accepted is validated, printed and read again, and prints the
// same the second time.
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "api/manifest.h"
#include "api/validate.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void expect(gboolean truth, const char *what, const char *text)
{
    if (truth)
        return;
    g_printerr("%s:\n%s\n", what, text);
    abort();
}

static void round_trip(const ApiObject *object, ApiFormat format)
{
    g_autofree char *text = api_object_print(object, format);
    g_autoptr(ApiFindings) findings = api_findings_new("-");
    g_autoptr(GPtrArray) again = api_manifest_parse(text, strlen(text), findings);
    g_autofree char *errors = api_findings_format(findings, text);
    g_autofree char *text_again = NULL;

    expect(*errors == '\0', errors, text);
    expect(again->len == 1, "another number of objects", text);
    text_again = api_object_print(again->pdata[0], format);
    expect(strcmp(text, text_again) == 0, text_again, text);
    if (format == API_FORMAT_YAML)
        expect(api_object_equal(object, again->pdata[0]), "another object", text);
}

static void list_round_trip(const GPtrArray *objects, ApiFormat format)
{
    g_autofree char *text = api_list_print(objects, format);
    g_autoptr(ApiFindings) findings = api_findings_new("-");
    g_autoptr(GPtrArray) again = api_manifest_parse(text, strlen(text), findings);

    expect(again->len == objects->len, "another number of objects in the list", text);
    for (guint i = 0; format == API_FORMAT_YAML && i < again->len; i++)
        expect(api_object_equal(objects->pdata[i], again->pdata[i]), "another object in the list",
               text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autoptr(ApiFindings) findings = api_findings_new("-");
    g_autoptr(GPtrArray) objects = api_manifest_parse((const char *)data, size, findings);
    const ApiValidateContext context = { NULL };
    g_autofree char *text = NULL;

    for (guint i = 0; i < objects->len; i++) {
        g_autoptr(ApiObject) copy = api_object_copy(objects->pdata[i]);

        expect(api_object_equal(copy, objects->pdata[i]), "the copy differs", "");
        api_object_validate(objects->pdata[i], &context, findings);
        round_trip(objects->pdata[i], API_FORMAT_YAML);
        round_trip(objects->pdata[i], API_FORMAT_JSON);
    }
    list_round_trip(objects, API_FORMAT_YAML);
    list_round_trip(objects, API_FORMAT_JSON);
    text = api_findings_format(findings, NULL);
    expect(text != NULL, "no text", "");
    return 0;
}
