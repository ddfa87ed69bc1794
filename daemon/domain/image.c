// SPDX-License-Identifier: LGPL-2.1-or-later
// The value types that travel between storage, domain and guest: image chains and volumes. No
// policy lives here.

#include "domain/domain.h"

DomainImage *domain_image_new(const char *path, const char *format)
{
    DomainImage *self = g_new0(DomainImage, 1);

    self->path = g_strdup(path);
    self->format = g_intern_string(format);
    return self;
}

void domain_image_free(DomainImage *self)
{
    while (self) {
        DomainImage *backing = self->backing;

        g_free(self->path);
        g_free(self->fdgroup);
        g_free(self);
        self = backing;
    }
}

DomainImage *domain_image_copy(const DomainImage *self)
{
    DomainImage *copy;

    if (!self)
        return NULL;
    copy = domain_image_new(self->path, self->format);
    copy->block = self->block;
    copy->read_only = self->read_only;
    copy->fdgroup = g_strdup(self->fdgroup);
    copy->backing = domain_image_copy(self->backing);
    return copy;
}

void domain_volumes_free(GArray *volumes)
{
    if (!volumes)
        return;
    for (guint i = 0; i < volumes->len; i++)
        domain_image_free(g_array_index(volumes, DomainVolume, i).image);
    g_array_unref(volumes);
}
