// SPDX-License-Identifier: LGPL-2.1-or-later
// What a guest prints, cut into lines that a journal can take: bounded in length and rate, with escapes for what is not text.
// Pure: the clock is an argument, lines go to a callback.
#pragma once

#include <glib.h>

#define LINE_LOG_MAX 4096 // bytes of a line; longer ones are cut into several

typedef void (*LineLogFunc)(const char *line, gpointer user_data);

typedef struct {
    GString *line;         // not finished yet
    gboolean after_return; // the last byte was '\r'
    guint escape;          // position within a terminal's escape sequence
    gint64 window_start;   // of the time that is counted, monotonic usec
    guint lines, dropped;  // since then
} LineLog;

void line_log_init(LineLog *self);
void line_log_done(LineLog *self);
// Terminal control sequences are left out, other control bytes and bytes that are not UTF-8 written as \xNN. Over the rate, lines are
// counted, and the count is logged when the flood ends.
void line_log_feed(LineLog *self, const char *data, gsize length, gint64 now_usec, LineLogFunc func,
                   gpointer user_data);
// The unfinished rest, at the end.
void line_log_flush(LineLog *self, gint64 now_usec, LineLogFunc func, gpointer user_data);
