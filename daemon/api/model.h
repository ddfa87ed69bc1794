// SPDX-License-Identifier: LGPL-2.1-or-later
// What the generated object model (api/types.h, made from schema/*.schema) is built of: the scalar wrappers that can
// say "unset", and the table types that decoding, printing, explaining, copying and freeing all walk.
// Strings, lists and nested objects say "unset" by being NULL.
#pragma once

#include <glib.h>

// A boolean that remembers whether the manifest set it; zero-initialised means unset.
typedef enum {
    API_UNSET = 0,
    API_FALSE,
    API_TRUE,
} ApiBool;

static inline gboolean api_bool_or(ApiBool value, gboolean fallback)
{
    return value == API_UNSET ? fallback : value == API_TRUE;
}

// An integer that remembers whether the manifest set it.
typedef struct {
    gboolean set;
    gint64 value;
} ApiInt;

static inline gint64 api_int_or(ApiInt value, gint64 fallback)
{
    return value.set ? value.value : fallback;
}

// An entry of a map[string]string or map[string]Quantity; maps keep the manifest's order.
typedef struct {
    char *key;
    char *value;
} ApiPair;

void api_pair_free(ApiPair *self);

// The value of KEY in a map (a GPtrArray of ApiPair, may be NULL), or NULL. Borrowed.
const char *api_map_get(const GPtrArray *map, const char *key);
// Sets KEY in *MAP, creating the map when it is NULL.
void api_map_set(GPtrArray **map, const char *key, const char *value);
// Sets all pairs of FROM (may be NULL) in *MAP; not quadratic, as a loop of api_map_set() would be.
void api_map_merge(GPtrArray **map, const GPtrArray *from);
// Whether two maps have the same pairs, in whatever order. NULL is an empty map.
gboolean api_map_equal(const GPtrArray *a, const GPtrArray *b);

// For many look-ups in one map that does not change meanwhile.
typedef struct {
    const GPtrArray *map;
    GHashTable *table; // key -> ApiPair; NULL for a short map
} ApiMapIndex;

ApiMapIndex api_map_index(const GPtrArray *map);
void api_map_index_clear(ApiMapIndex *self);
const ApiPair *api_map_index_find(const ApiMapIndex *self, const char *key); // NULL if none
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(ApiMapIndex, api_map_index_clear)

typedef struct ApiNode ApiNode; // api/yaml.h: a parsed YAML value with positions
typedef struct ApiType ApiType;
typedef struct ApiField ApiField;

typedef enum {
    API_KIND_STRING,   // char *
    API_KIND_BOOL,     // ApiBool
    API_KIND_INT,      // ApiInt; 32 or 64 bit by ApiField.bits
    API_KIND_QUANTITY, // char *, checked to be a Kubernetes quantity; read with api/quantity.h
    API_KIND_ENUM,     // int of the generated enum; 0 is unset
    API_KIND_OBJECT,   // pointer to the generated struct of ApiField.type
    API_KIND_ANY,      // ApiNode *, kept as written (fields that have no effect on one host)
} ApiKind;

typedef enum {
    API_SINGLE,
    API_LIST, // GPtrArray * of the kind's pointer form (char *, struct *); lists of scalars are lists of char *
    API_MAP, // GPtrArray * of ApiPair *; kinds STRING and QUANTITY only
} ApiShape;

typedef enum {
    API_SUPPORT_YES,
    API_SUPPORT_IGNORED, // accepted and kept; no effect on one host (a warning says why)
    API_SUPPORT_LATER,   // accepted by the tables, refused by validation: "not supported yet"
    API_SUPPORT_REFUSED, // refused by validation for good, with the reason
    API_SUPPORT_REMOVED, // no longer in the API: decoding refuses it with the remedy (no struct member)
} ApiSupport;

// What an object does to another that it names.
typedef enum {
    API_USE_NONE,
    API_USE_READ,
    API_USE_WRITE,
} ApiUse;

typedef struct {
    const char *c_name; // "ApiDiskBus"
    const char *const
        *values; // spelled as in manifests; [0] is NULL (unset); NULL-terminated from [1]
} ApiEnum;

struct ApiField {
    const char *name;  // as in manifests: "dedicatedIOThread"
    const char *alias; // a second spelling that is accepted when read ("readOnly"), or NULL
    ApiKind kind;
    ApiShape shape;
    guint bits;            // of INT: 32 or 64
    gsize offset;          // in the generated struct
    const ApiType *type;   // of OBJECT
    const ApiEnum *values; // of ENUM
    gboolean required;
    gboolean empty;       // the empty text is a value of its own, not the same as nothing
    const char *fallback; // documented default, or NULL
    ApiSupport support;
    const char *note;       // why not, or what to use instead; NULL for YES
    gboolean internal;      // vmi's own: stored, never printed as a field
    const char *annotation; // of an internal field: the annotation that it is printed as, or NULL
    const char *ref;        // the kind of the object that it names, or NULL; see api/reference.h
    ApiUse use;             // of REF
    const char
        *merge; // of a list of objects: which text tells the items apart ("metadata.name"), or NULL
    const char *oneof; // of the fields of a type with the same text only one is set; or NULL
    const char *doc;   // one line
};

struct ApiType {
    const char *name; // "Disk"
    const char *doc;
    gsize size;
    GDestroyNotify destroy; // the generated api_<name>_free()
    const ApiField *fields;
    guint n_fields;
};

// Generic operations on any generated struct. NULL in, NULL out.
gpointer api_struct_new(const ApiType *type);
void api_struct_free(const ApiType *type, gpointer object);
gpointer api_struct_copy(const ApiType *type, gconstpointer object) G_GNUC_WARN_UNUSED_RESULT;
// How large an object is, in bytes: about what its compact JSON takes. Cheap.
gsize api_struct_size(const ApiType *type, gconstpointer object);
gboolean api_struct_equal(const ApiType *type, gconstpointer a, gconstpointer b);
const ApiField *api_type_find(const ApiType *type,
                              const char *name); // by name or alias; NULL if none

// An empty list that owns its elements: structs of TYPE, or strings when TYPE is NULL.
GPtrArray *api_list_new(const ApiType *type);

// Whether FIELD has a value in OBJECT (a struct of the type that FIELD belongs to). Empty lists and maps count as unset.
gboolean api_field_is_set(const ApiField *field, gconstpointer object);
// The pointer member (string, list, map, object, any) of FIELD in OBJECT; borrowed. Not for bool, int and enum.
gpointer api_field_pointer(const ApiField *field, gconstpointer object);
// Sets FIELD of TO, where it is unset, to a copy of what it is in FROM.
void api_field_copy(const ApiField *field, gpointer to, gconstpointer from);
void api_field_clear(const ApiField *field, gpointer object);        // makes it unset
int api_field_enum(const ApiField *field, gconstpointer object);     // of a single ENUM
ApiBool api_field_bool(const ApiField *field, gconstpointer object); // of a single BOOL
ApiInt api_field_int(const ApiField *field, gconstpointer object);   // of a single INT

const char *api_enum_to_string(const ApiEnum *values, int value);  // NULL for unset
int api_enum_from_string(const ApiEnum *values, const char *text); // 0 if there is no such value
