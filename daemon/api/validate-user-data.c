// SPDX-License-Identifier: LGPL-2.1-or-later
// Whether user data looks like something that reads it: what cloud-init tells its formats by, and Ignition. What it would
// not read it passes over with a line in the guest's log, so that nobody sees why nothing happened.
#include "api/validate-internal.h"

#include <string.h>

enum {
    MIME_HEADER = 4096, // bytes in which cloud-init looks for one
};

static gboolean is_mime(const char *data, gsize length)
{
    static const char word[] = "mime-version:";
    g_autofree char *head = g_ascii_strdown(data, (gssize)MIN(length, MIME_HEADER));
    return strstr(head, word) != NULL;
}

static gboolean is_gzip(const char *data, gsize length)
{
    return length >= 2 && (guchar)data[0] == 0x1f && (guchar)data[1] == 0x8b;
}

// JSON with Ignition's only required member.
static gboolean is_ignition(const char *data, gsize length)
{
    return data[0] == '{' && g_strstr_len(data, (gssize)length, "\"ignition\"");
}

gboolean api_user_data_is_readable(const char *data, gsize length)
{
    gsize blank = strspn(data, " \t\r\n");
    return data[blank] == '#' || is_gzip(data, length) || is_mime(data, length) ||
           is_ignition(data + blank, length - blank);
}

static gboolean is_base64_text(const char *text)
{
    gsize size;
    return strlen(text) >= 8 && api_base64_size(text, &size);
}

void api_check_user_data(const ApiCheck *check, const char *text, const char *base64,
                         const char *base, const char *field)
{
    gsize length = text ? strlen(text) : 0;
    g_autofree char *decoded = NULL;
    const char *data = text;
    if (base64) {
        decoded = (char *)g_base64_decode(base64, &length);
        decoded = g_realloc(decoded, length + 1);
        decoded[length] = '\0';
        data = decoded;
    }
    if (api_user_data_is_readable(data, length))
        return;
    api_check_warning(check, base, field,
                      text && is_base64_text(text)
                          ? "it looks like base64, which goes into userDataBase64"
                          : API_USER_DATA_REMEDY,
                      API_USER_DATA_UNREADABLE);
}
