// SPDX-License-Identifier: LGPL-2.1-or-later
// See qemu-words.h. The texts are those of libvirt 9.0 and 11.3, QEMU 7.2 and 10.0; what is not recognized is handed on as it is.
#include "guest/qemu-words.h"

#include <string.h>

#include "base/error.h"
#include "guest/virt.h"

// What libvirt says before QEMU's words, and whether that is about the command that it ran, whose line is quoted in brackets.
static const struct {
    const char *begin;
    const char *end; // of the quoted command line; NULL: there is none
} openings[] = {
    { "process exited while connecting to monitor", NULL },
    { "qemu unexpectedly closed the monitor", NULL },
    { "QEMU unexpectedly closed the monitor", NULL },
    { "Child process (", ") unexpected " },
};

// Behind libvirt's own words; NULL when these are not about a QEMU that ended.
static const char *skip_opening(const char *message)
{
    for (gsize i = 0; i < G_N_ELEMENTS(openings); i++) {
        const char *found = strstr(message, openings[i].begin);
        const char *end = found && openings[i].end ? g_strrstr(found, openings[i].end) : NULL;

        if (!found || (openings[i].end && !end))
            continue;
        if (end)
            return end + strlen(openings[i].end);
        // " (vm='default_web')" of newer ones.
        found = strchr(found + strlen(openings[i].begin), ':');
        return found ? found + 1 : "";
    }
    return NULL;
}

// Behind the value of an option, which may be JSON.
static const char *skip_value(const char *text)
{
    gboolean quoted = FALSE;
    guint depth = 0;

    for (; *text; text++) {
        if (*text == '"' && text[-1] != '\\')
            quoted = !quoted;
        else if (!quoted && (*text == '{' || *text == '['))
            depth++;
        else if (!quoted && depth > 0 && (*text == '}' || *text == ']'))
            depth--;
        else if (!quoted && depth == 0 && g_str_has_prefix(text, ": "))
            return text + strlen(": ");
    }
    return NULL;
}

// "2026-11-27T21:03:53.696139Z qemu-system-x86_64: -blockdev {...}: Could not open ..." from the last on
static const char *skip_preamble(const char *line)
{
    const char *program = g_ascii_isdigit(*line) ? strstr(line, "Z ") : NULL;
    const char *words = program ? strstr(program, ": ") : NULL;
    const char *behind = NULL;

    if (!words)
        return line;
    words += strlen(": ");
    if (*words == '-')
        behind = skip_value(words);
    return behind ? behind : words;
}

char *qemu_words_find(const char *message)
{
    const char *said = skip_opening(message);
    g_auto(GStrv) lines = said ? g_strsplit(said, "\n", -1) : NULL;
    g_autoptr(GString) words = g_string_new(NULL);

    if (!said)
        return NULL;
    for (guint i = 0; lines[i]; i++) {
        const char *line = skip_preamble(g_strstrip(lines[i]));

        if (!*line || g_str_has_prefix(line, "warning: "))
            continue;
        if (words->len > 0)
            g_string_append(words, "; ");
        g_string_append(words, line);
    }
    return g_string_free(g_steal_pointer(&words), FALSE);
}

void qemu_words_set_error(GError **error, const char *root, const char *domain_name)
{
    g_autofree char *words = qemu_words_find(virGetLastErrorMessage());

    if (!words)
        virt_set_error(error, "cannot start QEMU");
    else if (*words)
        g_set_error(error, VMI_ERROR, VMI_ERROR_HOST, "QEMU ended before the guest ran: %s", words);
    else
        g_set_error(error, VMI_ERROR, VMI_ERROR_HOST,
                    "QEMU ended before the guest ran and said nothing; what it was asked to do is "
                    "in \"%s/log/qemu/%s.log\"",
                    root, domain_name);
}
