// SPDX-License-Identifier: LGPL-2.1-or-later
// The list of what is wrong with a manifest, and its rendering for people. Decides nothing about
// manifests itself.

#include "api/finding.h"

#include <string.h>

#include "api/printable.h"
#include "base/error.h"

enum {
    MAX_SOURCE_LINE = 160, // a longer source line is not shown, it would not help anybody
    MAX_TEXT = 600,        // of each part of a finding, which may quote a value of any length
};

struct ApiFindings {
    char *file;
    GPtrArray *list; // of ApiFinding, sorted by line, at most API_FINDINGS_KEPT and then MORE
    guint kept;
    guint total[2]; // by severity, those not kept included
};

static void finding_free(gpointer data)
{
    ApiFinding *self = data;

    g_free(self->file);
    g_free(self->path);
    g_free(self->what);
    g_free(self->remedy);
    g_free(self);
}

ApiFindings *api_findings_new(const char *file)
{
    ApiFindings *self = g_new0(ApiFindings, 1);

    self->file = api_printable(file, "");
    self->list = g_ptr_array_new_with_free_func(finding_free);
    return self;
}

void api_findings_free(ApiFindings *self)
{
    if (!self)
        return;
    g_ptr_array_unref(self->list);
    g_free(self->file);
    g_free(self);
}

// The last element says how many were not kept.
static void note_overflow(ApiFindings *self)
{
    guint errors = self->total[API_FINDING_ERROR], more = errors + self->total[API_FINDING_WARNING];
    ApiFinding *last;

    if (self->list->len == self->kept) {
        last = g_new0(ApiFinding, 1);
        last->file = g_strdup(self->file);
        last->path = g_strdup("");
        g_ptr_array_add(self->list, last);
    }
    last = self->list->pdata[self->kept];
    last->severity = errors > 0 ? API_FINDING_ERROR : API_FINDING_WARNING;
    g_free(last->what);
    last->what = g_strdup_printf("%u more problems are not shown", more - self->kept);
}

// An error is worth more than a warning: the last warning makes room for it.
static gboolean make_room(ApiFindings *self, ApiSeverity severity)
{
    if (self->kept < API_FINDINGS_KEPT)
        return TRUE;
    for (guint i = self->kept; severity == API_FINDING_ERROR && i > 0; i--) {
        const ApiFinding *old = self->list->pdata[i - 1];

        if (old->severity == API_FINDING_WARNING) {
            g_ptr_array_remove_index(self->list, i - 1);
            self->kept--;
            return TRUE;
        }
    }
    return FALSE;
}

static void insert_sorted(ApiFindings *self, ApiFinding *finding)
{
    guint at = self->kept;

    while (at > 0) {
        const ApiFinding *before = self->list->pdata[at - 1];

        if (before->line < finding->line ||
            (before->line == finding->line && before->column <= finding->column))
            break;
        at--;
    }
    g_ptr_array_insert(self->list, (gint)at, finding);
    self->kept++;
}

// Of one part of a finding.
static char *shown(const char *text)
{
    g_autofree char *shortened = api_shorten(text, MAX_TEXT);

    return api_printable(shortened, "");
}

void api_findings_add(ApiFindings *self, ApiSeverity severity, guint line, guint column,
                      const char *path, const char *remedy, const char *what, ...)
{
    g_autofree char *text = NULL;
    ApiFinding *finding;
    va_list arguments;

    self->total[severity]++;
    if (make_room(self, severity)) {
        finding = g_new0(ApiFinding, 1);
        finding->severity = severity;
        finding->file = g_strdup(self->file);
        finding->line = line;
        finding->column = column;
        va_start(arguments, what);
        text = g_strdup_vprintf(what, arguments);
        va_end(arguments);
        finding->path = shown(path ? path : "");
        finding->what = shown(text);
        finding->remedy = remedy ? shown(remedy) : NULL;
        insert_sorted(self, finding);
    }
    if (self->total[0] + self->total[1] > self->kept)
        note_overflow(self);
}

guint api_findings_count(const ApiFindings *self, ApiSeverity severity)
{
    return self->total[severity];
}

const GPtrArray *api_findings_list(const ApiFindings *self)
{
    return self->list;
}

// The start of line NUMBER (1-based) in TEXT, or NULL.
static const char *find_line(const char *text, guint number)
{
    while (text && --number > 0) {
        text = strchr(text, '\n');
        text = text ? text + 1 : NULL;
    }
    return text;
}

// Whether a terminal may be given the line as it is.
static gboolean is_plain(const char *line, gsize length)
{
    g_autofree char *text = g_strndup(line, length);
    g_autofree char *shown = api_printable(text, "\t");

    return strlen(text) == length && strcmp(text, shown) == 0;
}

// The source line and a caret under COLUMN, which counts characters.
static void append_source(GString *out, const char *source, const ApiFinding *finding)
{
    const char *line = finding->line > 0 ? find_line(source, finding->line) : NULL;
    const char *at = line;
    gsize length = line ? strcspn(line, "\r\n") : 0;

    if (length == 0 || length > MAX_SOURCE_LINE || !is_plain(line, length))
        return;
    g_string_append(out, "    ");
    g_string_append_len(out, line, (gssize)length);
    g_string_append(out, "\n    ");
    for (guint column = 1; column < finding->column && at < line + length; column++) {
        gunichar c = g_utf8_get_char(at);

        // A tab keeps its width in front of the caret, a wide character counts double.
        g_string_append(out, c == '\t' ? "\t" : g_unichar_iswide(c) ? "  " : " ");
        at = g_utf8_next_char(at);
    }
    g_string_append(out, "^\n");
}

static void append_finding(GString *out, const ApiFinding *finding)
{
    if (finding->line > 0)
        g_string_append_printf(out, "%s:%u:%u: ", finding->file, finding->line, finding->column);
    else
        g_string_append_printf(out, "%s: ", finding->file);
    if (finding->severity == API_FINDING_WARNING)
        g_string_append(out, "warning: ");
    if (*finding->path)
        g_string_append_printf(out, "%s: ", finding->path);
    g_string_append(out, finding->what);
    if (finding->remedy)
        g_string_append_printf(out, "; %s", finding->remedy);
    g_string_append_c(out, '\n');
}

char *api_findings_format(const ApiFindings *self, const char *source)
{
    g_autoptr(GString) out = g_string_new(NULL);

    for (guint i = 0; i < self->list->len; i++) {
        append_finding(out, self->list->pdata[i]);
        if (source)
            append_source(out, source, self->list->pdata[i]);
    }
    return g_string_free(g_steal_pointer(&out), FALSE);
}

gboolean api_findings_to_error(const ApiFindings *self, GError **error)
{
    g_autoptr(GString) out = NULL;

    if (self->total[API_FINDING_ERROR] == 0)
        return TRUE;
    out = g_string_new(NULL);
    for (guint i = 0; i < self->list->len; i++) {
        const ApiFinding *finding = self->list->pdata[i];

        if (finding->severity == API_FINDING_ERROR)
            append_finding(out, finding);
    }
    g_string_truncate(out, out->len - 1); // messages end without a newline
    g_set_error_literal(error, VMI_ERROR, VMI_ERROR_INVALID, out->str);
    return FALSE;
}
