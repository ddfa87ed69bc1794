// SPDX-License-Identifier: LGPL-2.1-or-later
// How vmictl prints: colours, tables (as text or JSON, by libsmartcols), times and lists of CPUs.
#pragma once

#include <glib.h>
#include <stdio.h>

// A terminal that understands more than plain lines.
gboolean output_is_terminal(FILE *stream);
// A terminal, unless NO_COLOR or SYSTEMD_COLORS says otherwise.
gboolean output_has_colors(FILE *stream);

typedef enum {
    OUTPUT_NORMAL,
    OUTPUT_GOOD,
    OUTPUT_WAITING,
    OUTPUT_BAD,
    OUTPUT_QUIET,
    OUTPUT_STRONG,
} OutputStyle;

OutputStyle output_phase_style(const char *phase);
// The terminal sequence that begins STYLE / ends any; "" without colours.
const char *output_begin(OutputStyle style);
const char *output_end(void);

char *output_age(gint64 usec, gint64 now_usec); // "5m", "3d2h"; "-" for 0
char *output_time(gint64 usec);                 // local time, "2026-01-31 12:00:00 CET"
char *output_timestamp(gint64 usec);            // UTC, RFC 3339
char *output_cpus(GVariant *cpus);              // "au" -> "0-3,7"; "any" when empty

// ---- tables ----

typedef struct Table Table;

typedef enum {
    TABLE_TEXT,
    TABLE_JSON,
} TableMode;

typedef struct {
    const char *heading; // also the JSON key, in lower case
    gboolean number;     // right-aligned; a JSON number
} TableColumn;

// NAME: the JSON document's key.
Table *table_new(const char *name, TableMode mode, const TableColumn *columns, guint n_columns);
void table_free(Table *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Table, table_free)

void table_set_headings(Table *self, gboolean headings); // default: yes
void table_set_indent(Table *self, const char *indent);  // before each line of text
void table_add_row(Table *self);
// A cell of the newest row; "" and NULL are shown as "-" and as JSON null.
void table_set(Table *self, guint column, const char *text);
void table_take(Table *self, guint column, char *text); // frees TEXT
void table_set_style(Table *self, guint column, OutputStyle style);
guint table_rows(const Table *self);
void table_print(Table *self);

// Makes the columns at least as wide as they were when PRINTED was printed.
void table_align_with(Table *self, const Table *printed);
