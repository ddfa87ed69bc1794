// SPDX-License-Identifier: LGPL-2.1-or-later
// See position.h.
#include "api/position.h"

#include <string.h>

#include "api/validate.h"

static const char *or_empty(const char *text)
{
    return text ? text : "";
}

char *api_position_format(const ApiObject *object)
{
    const ApiObjectMeta *meta = api_object_meta(object);

    return g_strjoin("/", object->info->kind, or_empty(meta->namespace), meta->name, NULL);
}

// Cuts TEXT at its next slash and returns what is behind it; NULL when there is none.
static char *cut(char *text)
{
    char *slash = text ? strchr(text, '/') : NULL;

    if (!slash)
        return NULL;
    *slash = '\0';
    return slash + 1;
}

static gboolean is_valid(const ApiPosition *self)
{
    const ApiKindInfo *info = self->name ? api_kind_find(self->kind) : NULL;

    return info && g_str_equal(info->kind, self->kind) && api_name_is_claim(self->name) &&
           (info->namespaced ? api_name_is_dns_label(self->namespace) : !*self->namespace);
}

gboolean api_position_parse(const char *text, ApiPosition *ret_position)
{
    g_auto(ApiPosition) self = { .text = g_strdup(text) };

    self.kind = self.text;
    self.namespace = cut(self.text);
    self.name = cut((char *)self.namespace);
    if (!is_valid(&self))
        return FALSE;
    *ret_position = self;
    self.text = NULL;
    return TRUE;
}

void api_position_clear(ApiPosition *self)
{
    g_clear_pointer(&self->text, g_free);
}

int api_position_compare(const ApiObject *object, const ApiPosition *self)
{
    const ApiObjectMeta *meta = api_object_meta(object);
    int order = strcmp(object->info->kind, self->kind);

    if (order == 0)
        order = strcmp(or_empty(meta->namespace), self->namespace);
    return order != 0 ? order : strcmp(meta->name, self->name);
}
