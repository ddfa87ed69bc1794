// SPDX-License-Identifier: LGPL-2.1-or-later
// libyaml names the grammar rule that failed; people look for the tab, the missing quote or the
// wrong indentation behind it. One table turns the one into the other; what is not in it is passed
// on as libyaml says it.

#include "api/yaml-error.h"

#include <string.h>

typedef struct {
    const char *problem; // libyaml's words, or how they begin
    const char *context; // what libyaml was doing must contain this; NULL: anything
    const char *next;    // the offending character is one of these; NULL: any
    const char *what;
    const char *remedy;
    gboolean at_start; // the cause is where the construct began, not where libyaml gave up
} Translation;

static const Translation translations[] = {
    { "found character that cannot start any token", NULL, "\t", "a tab character",
      "YAML is indented with spaces" },
    { "found a tab character", NULL, NULL, "a tab character", "YAML is indented with spaces" },
    { "found character that cannot start any token", NULL, "@`%",
      "an unquoted value cannot begin with this character", "quote the value" },
    { "mapping values are not allowed in this context", NULL, NULL, "a \":\" is not allowed here",
      "check the indentation of this line and the one before, or quote a value that contains \": "
      "\"" },
    { "did not find expected key", "block mapping", NULL, "expected a key",
      "check the indentation of this line, and quotes in the lines before" },
    { "did not find expected '-' indicator", NULL, NULL, "expected another \"- \" item",
      "check the indentation of this line" },
    { "block sequence entries are not allowed in this context", NULL, NULL,
      "a \"- \" item is not allowed here", "put it on a line of its own, indented as its list" },
    { "could not find expected ':'", NULL, NULL, "a key without a \":\"",
      "write \"key: value\", and check the quotes in the lines before", TRUE },
    { "found unexpected end of stream", "quoted scalar", NULL, "the closing quote is missing",
      "add it", TRUE },
    { "found unexpected document indicator", "quoted scalar", NULL, "the closing quote is missing",
      "add it", TRUE },
    { "found unknown escape character", NULL, NULL, "unknown escape sequence in a quoted value",
      "write \\\\ for a backslash, or use single quotes" },
    { "did not find expected ',' or '}'", NULL, NULL, "expected \",\" or \"}\"", NULL },
    { "did not find expected ',' or ']'", NULL, NULL, "expected \",\" or \"]\"", NULL },
    { "did not find expected <document start>", NULL, NULL, "expected the end of the document",
      "check the indentation of this line, or begin the next document with \"---\"" },
    { "did not find expected node content", NULL, NULL, "expected a value",
      "quote a value that contains brackets, braces or commas" },
    { "did not find expected alphabetic or numeric character", NULL, NULL,
      "a name must follow \"&\" or \"*\"", "quote a value that begins with one of them" },
    { "did not find expected comment or line break", "block scalar", NULL,
      "text after \"|\" or \">\"", "begin the text on the next line" },
    { "found undefined tag handle", NULL, NULL, "unknown tag",
      "quote a value that begins with \"!\"" },
    { "control characters are not allowed", NULL, NULL, "a control character",
      "write it as an escape in double quotes" },
    { "invalid leading UTF-8 octet", NULL, NULL, "the text is not UTF-8", "save it as UTF-8" },
    { "invalid trailing UTF-8 octet", NULL, NULL, "the text is not UTF-8", "save it as UTF-8" },
    { "incomplete UTF-8 octet sequence", NULL, NULL, "the text is not UTF-8", "save it as UTF-8" },
    { "invalid length of a UTF-8 sequence", NULL, NULL, "the text is not UTF-8",
      "save it as UTF-8" },
    { "invalid Unicode character", NULL, NULL, "the text is not UTF-8", "save it as UTF-8" },
};

static const Translation *translate(const yaml_parser_t *parser, char next)
{
    const char *problem = parser->problem ? parser->problem : "";
    const char *context = parser->context ? parser->context : "";

    for (guint i = 0; i < G_N_ELEMENTS(translations); i++) {
        const Translation *t = &translations[i];

        if (g_str_has_prefix(problem, t->problem) && (!t->context || strstr(context, t->context)) &&
            (!t->next || (next != '\0' && strchr(t->next, next))))
            return t;
    }
    return NULL;
}

// Line and column (in bytes, the text may not be UTF-8) of byte OFFSET.
static void position_of(const char *text, gsize offset, guint *ret_line, guint *ret_column)
{
    *ret_line = *ret_column = 1;
    for (gsize i = 0; i < offset; i++) {
        *ret_line += text[i] == '\n' ? 1 : 0;
        *ret_column = text[i] == '\n' ? 1 : *ret_column + 1;
    }
}

// The byte at 1-based LINE and COLUMN (in characters), '\0' if there is none.
static char byte_at(const char *text, gsize length, guint line, guint column)
{
    const char *at = text, *end = text + length;

    while (--line > 0) {
        const char *newline = memchr(at, '\n', (gsize)(end - at));

        if (!newline)
            return '\0';
        at = newline + 1;
    }
    for (column--; at < end && column > 0; column--)
        for (at++; at < end && (*at & 0xC0) == 0x80;)
            at++;
    return at < end ? *at : '\0';
}

void api_yaml_report(const yaml_parser_t *parser, const char *text, gsize length,
                     ApiFindings *findings)
{
    guint line = (guint)parser->problem_mark.line + 1;
    guint column = (guint)parser->problem_mark.column + 1;
    guint start = (guint)parser->context_mark.line + 1;
    const char *what, *remedy;
    const Translation *known;

    if (parser->error == YAML_READER_ERROR)
        position_of(text, MIN(parser->problem_offset, length), &line, &column);
    known = translate(parser, byte_at(text, length, line, column));
    what = known ? known->what : parser->problem ? parser->problem : "the text cannot be read";
    remedy = known ? known->remedy : NULL;
    if (known && known->at_start) {
        line = start;
        column = (guint)parser->context_mark.column + 1;
    }
    if (parser->error != YAML_READER_ERROR && parser->context && start < line &&
        g_str_has_prefix(parser->context, "while "))
        api_findings_add(findings, API_FINDING_ERROR, line, column, NULL, remedy,
                         "%s (%s that began in line %u)", what, parser->context, start);
    else
        api_findings_add(findings, API_FINDING_ERROR, line, column, NULL, remedy, "%s", what);
}
