// SPDX-License-Identifier: LGPL-2.1-or-later
// What is wrong with a manifest, as a list: every pass (YAML, schema, validation) appends findings and goes on where it
// can, so that a person sees all of them at once. A finding names file, line, column, field path, what is wrong, remedy.
#pragma once

#include <gio/gio.h>

typedef enum {
    API_FINDING_ERROR,
    API_FINDING_WARNING,
} ApiSeverity;

typedef struct {
    ApiSeverity severity;
    char *file;   // as named by the caller; "-" for text that came over the bus or standard input
    guint line;   // 1-based; 0 when the finding has no place
    guint column; // 1-based
    char *path;   // "spec.domain.devices.disks[0].cache"; "" for the document as a whole
    char *what;   // "unknown field \"floppy\""
    char *remedy; // "use disk or cdrom", or NULL
} ApiFinding;

typedef struct ApiFindings ApiFindings;

ApiFindings *api_findings_new(const char *file);
void api_findings_free(ApiFindings *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ApiFindings, api_findings_free)

// WHAT is formatted; REMEDY may be NULL. Control characters in any of them are escaped, what is long is cut in its middle. At most API_FINDINGS_KEPT
// findings are kept, errors before warnings; the last one says how many more there were.
enum { API_FINDINGS_KEPT = 100 };
void api_findings_add(ApiFindings *self, ApiSeverity severity, guint line, guint column,
                      const char *path, const char *remedy, const char *what, ...)
    G_GNUC_PRINTF(7, 8);

guint api_findings_count(const ApiFindings *self, ApiSeverity severity);
const GPtrArray *api_findings_list(
    const ApiFindings *self); // of ApiFinding, sorted by line; borrowed

// "file:line:col: path: what; remedy", newline-terminated lines; with SOURCE (may be NULL) the source line and a caret follow.
char *api_findings_format(const ApiFindings *self, const char *source);

// FALSE and a VMI_ERROR_INVALID with the formatted errors, when there is at least one error.
gboolean api_findings_to_error(const ApiFindings *self, GError **error) G_GNUC_WARN_UNUSED_RESULT;
