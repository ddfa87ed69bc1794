// SPDX-License-Identifier: LGPL-2.1-or-later
// Documents to objects: which kind a document is, and the wrapper all kinds share. Reading of
// fields is decode.c's, the rules for values are validate.c's.

#include "api/manifest.h"

#include <string.h>

#include "api/decode.h"
#include "api/suggest.h"
#include "api/yaml.h"

typedef struct {
    gboolean own; // vmi wrote the text
    ApiFindings *findings;
    GPtrArray *objects;
} Parse;

void api_object_free(ApiObject *self)
{
    if (!self)
        return;
    api_struct_free(self->info->type, self->data);
    api_node_unref(self->root);
    g_free(self);
}

static ApiObject *object_wrap(const ApiKindInfo *info, gpointer data)
{
    ApiObject *self = g_new0(ApiObject, 1);

    self->info = info;
    self->data = data;
    return self;
}

ApiObject *api_object_new(const ApiKindInfo *info)
{
    ApiObject *self;

    g_return_val_if_fail(info && info->type, NULL);
    self = object_wrap(info, api_struct_new(info->type));
    G_STRUCT_MEMBER(ApiObjectMeta *, self->data, 0) = api_object_meta_new();
    return self;
}

ApiObject *api_object_copy(const ApiObject *self)
{
    return self ? object_wrap(self->info, api_struct_copy(self->info->type, self->data)) : NULL;
}

ApiObjectMeta *api_object_meta(const ApiObject *self)
{
    return G_STRUCT_MEMBER(ApiObjectMeta *, self->data, 0);
}

gboolean api_object_equal(const ApiObject *a, const ApiObject *b)
{
    if (!a || !b || a->info != b->info)
        return a == b;
    return api_struct_equal(a->info->type, a->data, b->data);
}

void api_drop_own(const ApiType *type, gpointer object)
{
    static const char *const names[] = { "uid", "generation", "creationTimestamp",
                                         "deletionTimestamp" };
    ApiObjectMeta *meta = G_STRUCT_MEMBER(ApiObjectMeta *, object, 0);
    const ApiField *status = api_type_find(type, "status");

    for (guint i = 0; i < G_N_ELEMENTS(names); i++)
        api_field_clear(api_type_find(&api_object_meta_type, names[i]), meta);
    if (status)
        api_field_clear(status, object);
}

static gpointer data_of_type(const ApiObject *self, const ApiType *type)
{
    return self && self->info->type == type ? self->data : NULL;
}

ApiVirtualMachineInstance *api_object_vmi(const ApiObject *self)
{
    return data_of_type(self, &api_virtual_machine_instance_type);
}

ApiPersistentVolumeClaim *api_object_pvc(const ApiObject *self)
{
    return data_of_type(self, &api_persistent_volume_claim_type);
}

ApiSecret *api_object_secret(const ApiObject *self)
{
    return data_of_type(self, &api_secret_type);
}

ApiConfigMap *api_object_config_map(const ApiObject *self)
{
    return data_of_type(self, &api_config_map_type);
}

static void report(const Parse *self, const ApiNode *root, const char *path, const char *remedy,
                   const char *what)
{
    guint line, column;

    api_node_locate(root, path, &line, &column);
    api_findings_add(self->findings, API_FINDING_ERROR, line, column, path, remedy, "%s", what);
}

// The text of the top-level key NAME; NULL, reported, when there is none. Borrowed.
static const char *header(const Parse *self, const ApiNode *root, const char *name,
                          const char *remedy)
{
    const ApiNode *node = api_node_get(root, name);
    g_autofree char *what = NULL;

    if (node && node->kind == API_NODE_SCALAR && *node->text)
        return node->text;
    what = g_strdup_printf(
        node && node->kind != API_NODE_NULL ? "\"%s\" must be a text" : "\"%s\" is missing", name);
    report(self, root, node ? name : "", remedy, what);
    return NULL;
}

static void report_unknown_kind(const Parse *self, const ApiNode *root, const char *kind)
{
    g_autofree char *what = g_strdup_printf("unknown kind \"%.64s\"", kind);
    g_autoptr(GString) remedy = g_string_new(NULL);
    g_autoptr(GPtrArray) names = g_ptr_array_new();
    guint count;
    const ApiKindInfo *kinds = api_kinds(&count);
    const char *near;

    for (guint i = 0; i < count; i++)
        g_ptr_array_add(names, (gpointer)kinds[i].kind);
    g_ptr_array_add(names, NULL);
    near = api_suggest_word((const char *const *)names->pdata, kind);
    if (near)
        g_string_printf(remedy, "did you mean \"%s\"?", near);
    for (guint i = 0; !near && i < count; i++)
        if (kinds[i].support == API_SUPPORT_YES)
            g_string_append_printf(remedy, "%s%s",
                                   remedy->len > 0 ? ", " : "use one of: ", kinds[i].kind);
    report(self, root, "kind", remedy->str, what);
}

// Kinds are spelt exactly; `Kubevirt` is how one documented example spells KubeVirt.
static const ApiKindInfo *find_kind(const char *kind)
{
    guint count;
    const ApiKindInfo *kinds = api_kinds(&count);

    if (strcmp(kind, "Kubevirt") == 0)
        kind = "KubeVirt";
    for (guint i = 0; i < count; i++)
        if (strcmp(kinds[i].kind, kind) == 0)
            return &kinds[i];
    return NULL;
}

static void report_unsupported(const Parse *self, const ApiNode *root, const ApiKindInfo *info)
{
    const ApiNode *spec = api_node_get(root, "spec");
    g_autofree char *what = NULL;

    if (strcmp(info->kind, "VirtualMachine") == 0 && api_node_get(spec, "domain") &&
        !api_node_get(spec, "template")) {
        report(self, root, "spec.domain",
               "write kind: VirtualMachineInstance, or move this below spec.template.spec",
               "a VirtualMachine has spec.template; this is a VirtualMachineInstance's spec");
        return;
    }
    what = g_strdup_printf("kind \"%s\" is not supported%s", info->kind,
                           info->support == API_SUPPORT_LATER ? " yet" : "");
    report(self, root, "kind", info->note, what);
}

static void check_version(const Parse *self, const ApiNode *root, const ApiKindInfo *info)
{
    g_autofree char *remedy = g_strdup_printf("write apiVersion: %s", info->api_versions[0]);
    const char *version = header(self, root, "apiVersion", remedy);
    g_autofree char *what = NULL;

    if (!version || g_strv_contains(info->api_versions, version))
        return;
    what = g_strdup_printf("\"%.64s\" is not an apiVersion of %s", version, info->kind);
    report(self, root, "apiVersion", remedy, what);
}

static void parse_object(Parse *self, ApiNode *root, const ApiKindInfo *info)
{
    static const char *const own_keys[] = { "apiVersion", "kind", NULL };
    static const char *const foreign_keys[] = { "apiVersion", "kind", "status", NULL };
    guint errors = api_findings_count(self->findings, API_FINDING_ERROR);
    g_autoptr(ApiObject) object = NULL;
    gpointer data;

    check_version(self, root, info);
    data = api_decode(info->type, root, self->own ? own_keys : foreign_keys, self->own,
                      self->findings);
    object = object_wrap(info, data);
    if (!api_object_meta(object)) {
        report(self, root, "metadata.name", "every object has a name",
               "\"metadata.name\" is missing");
        return;
    }
    if (api_findings_count(self->findings, API_FINDING_ERROR) > errors)
        return;
    object->root = api_node_ref(root);
    g_ptr_array_add(self->objects, g_steal_pointer(&object));
}

static void copy_text(char **member, const ApiNode *node)
{
    if (node && node->kind == API_NODE_SCALAR && *node->text)
        *member = g_strdup(node->text);
}

// Nothing of it is looked at but who it is.
static void parse_companion(Parse *self, ApiNode *root, const ApiKindInfo *info)
{
    const ApiNode *metadata = api_node_get(root, "metadata");
    guint errors = api_findings_count(self->findings, API_FINDING_ERROR), line, column;
    g_autoptr(ApiObject) object = api_object_new(info);
    ApiObjectMeta *meta = api_object_meta(object);

    check_version(self, root, info);
    copy_text(&meta->name, api_node_get(metadata, "name"));
    copy_text(&meta->namespace, api_node_get(metadata, "namespace"));
    if (!meta->name)
        report(self, root, "metadata.name", "every object has a name",
               "\"metadata.name\" is missing");
    if (api_findings_count(self->findings, API_FINDING_ERROR) > errors)
        return;
    api_node_locate(root, "kind", &line, &column);
    api_findings_add(self->findings, API_FINDING_WARNING, line, column, "kind", NULL,
                     "%s \"%.64s\" is skipped, as kind %s has no effect here: %s", info->kind,
                     meta->name, info->kind, info->note);
    g_ptr_array_add(self->objects, g_steal_pointer(&object));
}

static void parse_document(Parse *self, ApiNode *root);

static void parse_list(Parse *self, const ApiNode *root)
{
    static const char *const keys[] = { "apiVersion", "kind", "metadata", "items", NULL };
    const ApiNode *items = api_node_get(root, "items");

    for (guint i = 0; i < root->children->len; i++) {
        const ApiEntry *entry = root->children->pdata[i];

        if (!g_strv_contains(keys, entry->key))
            report(self, root, entry->key, "a List has items", "unknown field of a List");
    }
    if (!items || items->kind == API_NODE_NULL)
        return;
    if (items->kind != API_NODE_LIST) {
        report(self, root, "items", "begin each item with \"- \"", "\"items\" must be a list");
        return;
    }
    for (guint i = 0; i < items->children->len; i++)
        parse_document(self, items->children->pdata[i]);
}

static void parse_document(Parse *self, ApiNode *root)
{
    const ApiKindInfo *info;
    const char *kind;

    if (root->kind != API_NODE_MAP) {
        report(self, root, "", "it begins with apiVersion, kind and metadata",
               "a manifest must be a map");
        return;
    }
    kind = header(self, root, "kind",
                  "a manifest begins with apiVersion and kind; put a fragment into its object");
    if (!kind)
        return;
    if (strcmp(kind, "List") == 0) {
        parse_list(self, root);
        return;
    }
    info = find_kind(kind);
    if (!info)
        info = api_companion_find(kind);
    if (!info)
        report_unknown_kind(self, root, kind);
    else if (info->support == API_SUPPORT_IGNORED)
        parse_companion(self, root, info);
    else if (info->support != API_SUPPORT_YES)
        report_unsupported(self, root, info);
    else
        parse_object(self, root, info);
}

static GPtrArray *parse_text(const char *text, gsize length, gboolean own, ApiFindings *findings)
{
    g_autoptr(GPtrArray) objects = g_ptr_array_new_with_free_func((GDestroyNotify)api_object_free);
    g_autoptr(GPtrArray) documents = api_yaml_parse(text, length, findings);
    Parse self = { .own = own, .findings = findings, .objects = objects };

    for (guint i = 0; documents && i < documents->len; i++)
        parse_document(&self, documents->pdata[i]);
    return g_steal_pointer(&objects);
}

GPtrArray *api_manifest_parse(const char *text, gsize length, ApiFindings *findings)
{
    return parse_text(text, length, FALSE, findings);
}

GPtrArray *api_manifest_parse_own(const char *text, gsize length, ApiFindings *findings)
{
    return parse_text(text, length, TRUE, findings);
}
