// SPDX-License-Identifier: LGPL-2.1-or-later
// See metadata.h.
#include "guest/metadata.h"

#include "guest/xml-read.h"

Metadata *metadata_read(virDomainPtr domain)
{
    g_autofree char *text =
        virDomainGetMetadata(domain, VIR_DOMAIN_METADATA_ELEMENT, METADATA_URI, 0);
    g_autoptr(xmlDoc) doc = text ? xml_read_document(text) : NULL;
    xmlNode *run = doc ? xmlDocGetRootElement(doc) : NULL;
    g_autoptr(Metadata) self = NULL;
    g_autofree char *user = NULL;

    if (!run)
        return NULL;
    self = g_new0(Metadata, 1);
    self->uid = xml_read_attribute(run, "uid");
    self->namespace = xml_read_attribute(run, "namespace");
    self->name = xml_read_attribute(run, "name");
    user = xml_read_attribute(run, "runtimeUser");
    self->runtime_user = user ? (guint32)g_ascii_strtoull(user, NULL, 10) : 0;
    if (!self->uid || !self->namespace || !self->name)
        return NULL;
    return g_steal_pointer(&self);
}

void metadata_free(Metadata *self)
{
    if (!self)
        return;
    g_free(self->uid);
    g_free(self->namespace);
    g_free(self->name);
    g_free(self);
}
