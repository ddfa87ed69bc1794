// SPDX-License-Identifier: LGPL-2.1-or-later
// From text to objects and back: a stream of YAML (or JSON) documents -> ApiObject, by apiVersion and kind; strict decoding
// by the schema tables; printing in the tables' field order.
#pragma once

#include "api/finding.h"
#include "api/model.h"
#include "api/types.h" // generated

// The kinds vmi knows. Those with API_SUPPORT_LATER are recognised and refused with "not supported yet".
typedef struct {
    const char *kind;   // "VirtualMachineInstance"
    const char *plural; // "virtualmachineinstances"
    const char *const
        *names; // short names that `vmictl get` accepts: "vmi", "vmis"; NULL-terminated
    const char *const
        *api_versions;   // accepted spellings, NULL-terminated; [0] is what is written out
    const ApiType *type; // NULL for LATER and REFUSED kinds
    gboolean namespaced;
    ApiSupport support;
    const char *note;
} ApiKindInfo;

const ApiKindInfo *api_kinds(guint *ret_count);
const ApiKindInfo *api_kind_find(
    const char *name); // kind, plural or short name, case-insensitive; NULL if none

// Kinds that are passed over, with a warning: `support` is IGNORED, `note` says why. They are in no list of kinds.
const ApiKindInfo *api_companion_find(const char *kind); // as in manifests; NULL if none

// One object of any kind. DATA is the generated struct of info->type; every such struct begins with
// `ApiObjectMeta *metadata`. ROOT keeps positions for validation; NULL once stored.
typedef struct {
    const ApiKindInfo *info;
    gpointer data;
    ApiNode *root;
    gsize size; // api_struct_size() when it was put into the manager's table; 0 elsewhere
} ApiObject;

void api_object_free(ApiObject *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ApiObject, api_object_free)
ApiObject *api_object_new(const ApiKindInfo *info); // with an empty metadata
ApiObject *api_object_copy(const ApiObject *self);  // without ROOT
// Whether it is only a name that was passed over: of a kind that api_companion_find() knows.
gboolean api_object_is_companion(const ApiObject *self);

ApiObjectMeta *api_object_meta(const ApiObject *self); // borrowed, never NULL
gboolean api_object_equal(const ApiObject *a,
                          const ApiObject *b); // kind and all fields; empty lists equal unset ones
// NULL when the object is of another kind. Borrowed.
ApiVirtualMachineInstance *api_object_vmi(const ApiObject *self);
ApiPersistentVolumeClaim *api_object_pvc(const ApiObject *self);
ApiSecret *api_object_secret(const ApiObject *self);
ApiConfigMap *api_object_config_map(const ApiObject *self);

// All objects in TEXT (GPtrArray of ApiObject, owned), companions among them. Kind `List` is flattened. Problems go to
// FINDINGS; objects with errors are left out.
// A `status` in the text is passed over unread: it is somebody's report, not a wish.
GPtrArray *api_manifest_parse(const char *text, gsize length,
                              ApiFindings *findings) G_GNUC_WARN_UNUSED_RESULT;
// The same for what vmi itself has printed (the store's files, the daemon's answers): `status` and internal fields are read as well.
GPtrArray *api_manifest_parse_own(const char *text, gsize length,
                                  ApiFindings *findings) G_GNUC_WARN_UNUSED_RESULT;

// Of an object that may be applied, in bytes of any of its texts: less than what is read back (API_YAML_MAX_BYTES), since its status
// grows, and more than the worst that the limits of its parts allow.
#define API_OBJECT_MAX_BYTES (8 * 1024 * 1024)

typedef enum {
    API_FORMAT_YAML,
    API_FORMAT_JSON,   // pretty, two spaces
    API_FORMAT_STORED, // YAML for the store: with the internal fields
} ApiFormat;

// apiVersion, kind, metadata, then the rest in schema order; unset fields are left out. `name` "-" etc. are quoted as needed.
// YAML and JSON have only what is a field of the API; internal fields that have an annotation are there as that.
char *api_object_print(const ApiObject *self, ApiFormat format) G_GNUC_WARN_UNUSED_RESULT;
// Makes unset, in OBJECT, a struct of TYPE, that is a kind, what no manifest may say: uid, generation and times, and the status.
void api_drop_own(const ApiType *type, gpointer object);
// Removes the annotations that printing made, as from a manifest that was printed before.
void api_object_drop_printed_annotations(ApiObject *self);
// `kind: List` of several objects.
char *api_list_print(const GPtrArray *objects, ApiFormat format) G_GNUC_WARN_UNUSED_RESULT;
// The same, an object at a time: LIST is empty at first; each OBJECT is as api_object_print() gives it; the end is added once.
void api_list_add_printed(GString *list, const char *object, ApiFormat format);
void api_list_end_printed(GString *list, ApiFormat format);
