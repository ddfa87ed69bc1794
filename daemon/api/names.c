// SPDX-License-Identifier: LGPL-2.1-or-later
// Which names objects, volumes, ports and labels may have. Grammar only: whether a name is taken is for others.
// Names that pass are still escaped where they become part of a path, unit or bus path.
#include "api/validate.h"

#include <string.h>

enum {
    MAX_LABEL = 63,
    MAX_SUBDOMAIN = 253,
    MAX_PORT_NAME = 15,
};

static gboolean is_lower_alnum(char c)
{
    return g_ascii_islower(c) || g_ascii_isdigit(c);
}

// LENGTH bytes of letters and digits with '-' between them; with UNDERSCORE, '_' counts as a letter.
static gboolean is_label(const char *text, gsize length, gboolean underscore)
{
    for (gsize i = 0; i < length; i++) {
        gboolean letter = is_lower_alnum(text[i]) || (underscore && text[i] == '_');
        if (!letter && (text[i] != '-' || i == 0 || i == length - 1))
            return FALSE;
    }
    return length > 0;
}

static gboolean is_subdomain(const char *name, gboolean underscore)
{
    if (!name || strlen(name) > MAX_SUBDOMAIN)
        return FALSE;
    for (;;) {
        gsize length = strcspn(name, ".");
        if (!is_label(name, length, underscore))
            return FALSE;
        if (name[length] == '\0')
            return TRUE;
        name += length + 1;
    }
}

gboolean api_name_is_dns_subdomain(const char *name)
{
    return is_subdomain(name, FALSE);
}

gboolean api_name_is_claim(const char *name)
{
    return is_subdomain(name, TRUE);
}

gboolean api_name_is_dns_label(const char *name)
{
    return name && strlen(name) <= MAX_LABEL && is_label(name, strlen(name), FALSE);
}

gboolean api_name_is_volume(const char *name)
{
    return name && strlen(name) <= MAX_LABEL && is_label(name, strlen(name), TRUE);
}

gboolean api_name_is_port(const char *name)
{
    if (!name || strlen(name) > MAX_PORT_NAME || !is_label(name, strlen(name), FALSE))
        return FALSE;
    gboolean letter = FALSE;
    for (const char *c = name; *c; c++)
        letter |= g_ascii_islower(*c);
    return letter && !strstr(name, "--");
}

// The part of a label key after the slash, and a label value: at most 63 of [A-Za-z0-9_.-], the ends alphanumeric.
static gboolean is_qualified(const char *text)
{
    gsize length = strlen(text);
    if (length == 0 || length > MAX_LABEL || !g_ascii_isalnum(text[0]) ||
        !g_ascii_isalnum(text[length - 1]))
        return FALSE;
    for (const char *c = text; *c; c++) {
        if (!g_ascii_isalnum(*c) && !strchr("-_.", *c))
            return FALSE;
    }
    return TRUE;
}

gboolean api_name_is_label_key(const char *key)
{
    const char *slash = key ? strchr(key, '/') : NULL;
    if (!slash)
        return key && is_qualified(key);
    g_autofree char *prefix = g_strndup(key, (gsize)(slash - key));
    return is_subdomain(prefix, FALSE) && is_qualified(slash + 1);
}

gboolean api_name_is_label_value(const char *value)
{
    return value && (value[0] == '\0' || is_qualified(value));
}

gboolean api_name_is_data_key(const char *key)
{
    if (!key || key[0] == '\0' || strlen(key) > MAX_SUBDOMAIN || g_str_equal(key, ".") ||
        g_str_has_prefix(key, ".."))
        return FALSE;
    for (const char *c = key; *c; c++) {
        if (!g_ascii_isalnum(*c) && !strchr("-_.", *c))
            return FALSE;
    }
    return TRUE;
}
