// SPDX-License-Identifier: LGPL-2.1-or-later
// Shared by validate*.c only: how a rule reports, and one entry point per file of rules.
#pragma once

#include "api/validate.h"

typedef struct {
    const ApiObject *object;
    const ApiValidateContext *context; // may be NULL: all gates are on
    ApiFindings *findings;
} ApiCheck;

// The finding's path is BASE, or "BASE.CHILD" when CHILD is not NULL; its position is looked up from that.
void api_check_error(const ApiCheck *check, const char *base, const char *child, const char *remedy,
                     const char *what, ...) G_GNUC_PRINTF(5, 6);
void api_check_warning(const ApiCheck *check, const char *base, const char *child,
                       const char *remedy, const char *what, ...) G_GNUC_PRINTF(5, 6);

// What a name must look like, as a row of the table that api_check_name uses.
typedef enum {
    API_NAME_VOLUME,
    API_NAME_CLAIM,
    API_NAME_LABEL,
    API_NAME_SUBDOMAIN,
    API_NAME_PORT,
} ApiNameKind;

// FALSE and an error at BASE.CHILD unless NAME is of KIND.
gboolean api_check_name(const ApiCheck *check, ApiNameKind kind, const char *name, const char *base,
                        const char *child);

// An error at BASE.CHILD when NAME is already in SEEN (a set of borrowed strings); adds it otherwise.
void api_check_unique(const ApiCheck *check, GHashTable *seen, const char *name, const char *what,
                      const char *base, const char *child);

// The names of the fields of TYPE with oneof=GROUP that are set in OBJECT.
GPtrArray *api_check_union(const ApiType *type, gconstpointer object, const char *group);

// An error at BASE.CHILD unless TEXT is a quantity from MINIMUM to below 2^62. FALSE when refused.
gboolean api_check_bytes(const ApiCheck *check, const char *text, gint64 minimum, const char *base,
                         const char *child);

// FALSE when TEXT is no base64 (line breaks are skipped, as Go does); the decoded size otherwise.
gboolean api_base64_size(const char *text, gsize *ret_size);

// A warning at BASE.FIELD when nothing in a guest would read the user data: TEXT, or BASE64, which is valid.
void api_check_user_data(const ApiCheck *check, const char *text, const char *base64,
                         const char *base, const char *field);

gboolean api_text_is_set(const char *text); // neither NULL nor empty

void api_validate_support(const ApiCheck *check, const ApiType *type, gconstpointer data);
void api_validate_cluster(const ApiCheck *check, const ApiVmiSpec *spec);
void api_validate_compute(const ApiCheck *check, const ApiVmiSpec *spec);
void api_validate_disks(const ApiCheck *check, const ApiVmiSpec *spec);
void api_validate_boot_order(const ApiCheck *check, const ApiDevices *devices);
void api_validate_volumes(const ApiCheck *check, const ApiVmiSpec *spec);
void api_validate_network(const ApiCheck *check, const ApiVmiSpec *spec);
void api_validate_pvc(const ApiCheck *check, const ApiPvcSpec *spec);
