// SPDX-License-Identifier: LGPL-2.1-or-later
// Tables through libsmartcols: one description of columns gives text and JSON.
#include <libsmartcols.h>
#include <stdlib.h>
#include <string.h>

#include "api/printable.h"
#include "cli/output.h"

struct Table {
    struct libscols_table *scols;
    struct libscols_line *line; // the newest row
    TableMode mode;
    gboolean headings;
    char *indent;
};

Table *table_new(const char *name, TableMode mode, const TableColumn *columns, guint n_columns)
{
    Table *self = g_new0(Table, 1);

    self->scols = scols_new_table();
    if (!self->scols)
        g_error("out of memory");
    self->mode = mode;
    self->headings = TRUE;
    scols_table_set_name(self->scols, name);
    scols_table_enable_json(self->scols, mode == TABLE_JSON);
    // What is not printable we escape ourselves; it would do so with the backslashes of unit names as well.
    scols_table_enable_noencoding(self->scols, mode == TABLE_TEXT);
    scols_table_enable_colors(self->scols, mode == TABLE_TEXT && output_has_colors(stdout));
    for (guint i = 0; i < n_columns; i++) {
        struct libscols_column *column = scols_table_new_column(
            self->scols, columns[i].heading, 0, columns[i].number ? SCOLS_FL_RIGHT : 0);

        scols_column_set_json_type(column,
                                   columns[i].number ? SCOLS_JSON_NUMBER : SCOLS_JSON_STRING);
    }
    return self;
}

void table_free(Table *self)
{
    if (!self)
        return;
    scols_unref_table(self->scols);
    g_free(self->indent);
    g_free(self);
}

void table_set_headings(Table *self, gboolean headings)
{
    self->headings = headings;
}

void table_set_indent(Table *self, const char *indent)
{
    g_free(self->indent);
    self->indent = g_strdup(indent);
}

void table_add_row(Table *self)
{
    self->line = scols_table_new_line(self->scols, NULL);
    if (!self->line)
        g_error("out of memory");
    for (guint i = 0; i < scols_table_get_ncols(self->scols); i++)
        table_set(self, i, NULL);
}

void table_set(Table *self, guint column, const char *text)
{
    g_autofree char *shown = NULL;

    if (self->mode == TABLE_TEXT && (!text || !*text))
        text = "-";
    else if (self->mode == TABLE_TEXT)
        text = shown = api_printable(text, "");
    else if (text && !*text)
        text = NULL;
    if (scols_line_set_data(self->line, column, text) != 0)
        g_error("out of memory");
}

void table_take(Table *self, guint column, char *text)
{
    table_set(self, column, text);
    g_free(text);
}

void table_set_style(Table *self, guint column, OutputStyle style)
{
    struct libscols_cell *cell = scols_line_get_cell(self->line, column);

    if (*output_begin(style))
        (void)scols_cell_set_color(cell, output_begin(style));
}

guint table_rows(const Table *self)
{
    return (guint)scols_table_get_nlines(self->scols);
}

void table_align_with(Table *self, const Table *printed)
{
    for (guint i = 0; i < scols_table_get_ncols(self->scols); i++) {
        struct libscols_column *column = scols_table_get_column(self->scols, i);
        size_t width = scols_column_get_width(scols_table_get_column(printed->scols, i));

        if (width > 1)
            scols_column_set_whint(column, (double)width);
    }
}

void table_print(Table *self)
{
    char *text = NULL;

    scols_table_enable_noheadings(self->scols, !self->headings);
    if (self->mode == TABLE_TEXT && table_rows(self) == 0)
        return;
    if (scols_print_table_to_string(self->scols, &text) != 0 || !text)
        return;
    if (self->indent) {
        g_auto(GStrv) lines = g_strsplit(g_strchomp(text), "\n", -1);

        for (char **line = lines; *line; line++)
            printf("%s%s\n", self->indent, *line);
    } else {
        printf("%s", text);
        // some versions of the library end the text with a newline, some do not
        if (*text && text[strlen(text) - 1] != '\n')
            putchar('\n');
    }
    fflush(stdout);
    free(text);
}
