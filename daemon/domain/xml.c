// SPDX-License-Identifier: LGPL-2.1-or-later
// See xml.h. The only file that includes libxml2; it must know nothing about domains.

#include "domain/xml.h"

#include <libxml/xmlwriter.h>

#include "base/error.h"

struct Xml {
    xmlBuffer *buffer;
    xmlTextWriter *writer;
    char *refused; // the first text that cannot be in an XML document, or NULL
};

Xml *xml_new(void)
{
    Xml *self = g_new0(Xml, 1);

    self->buffer = xmlBufferCreate();
    self->writer = xmlNewTextWriterMemory(self->buffer, 0);
    g_assert(self->writer); // fails only without memory, where GLib gives up as well
    xmlTextWriterSetIndent(self->writer, 1);
    xmlTextWriterSetIndentString(self->writer, BAD_CAST "  ");
    return self;
}

void xml_free(Xml *self)
{
    if (!self)
        return;
    xmlFreeTextWriter(self->writer);
    xmlBufferFree(self->buffer);
    g_free(self->refused);
    g_free(self);
}

// XML 1.0 has no way to write most control characters, not even escaped, and libxml2 does not
// check.
static gboolean can_carry(Xml *self, const char *text)
{
    const char *end;
    gboolean valid = g_utf8_validate(text, -1, &end);

    for (const char *c = text; valid && *c; c = g_utf8_next_char(c)) {
        gunichar u = g_utf8_get_char(c);

        valid = (u >= 0x20 || u == '\t' || u == '\n' || u == '\r') && u != 0xfffe && u != 0xffff;
    }
    if (!valid && !self->refused)
        self->refused = g_strescape(text, NULL);
    return valid;
}

void xml_open(Xml *self, const char *element)
{
    xmlTextWriterStartElement(self->writer, BAD_CAST element);
}

void xml_close(Xml *self)
{
    xmlTextWriterEndElement(self->writer);
}

void xml_attribute(Xml *self, const char *name, const char *value)
{
    if (value && can_carry(self, value))
        xmlTextWriterWriteAttribute(self->writer, BAD_CAST name, BAD_CAST value);
}

void xml_attribute_uint(Xml *self, const char *name, guint64 value)
{
    xmlTextWriterWriteFormatAttribute(self->writer, BAD_CAST name, "%" G_GUINT64_FORMAT, value);
}

void xml_text(Xml *self, const char *text)
{
    if (can_carry(self, text))
        xmlTextWriterWriteString(self->writer, BAD_CAST text);
}

void xml_empty_full(Xml *self, const char *element, const char *const *pairs, gsize n_pairs)
{
    xml_open(self, element);
    for (gsize i = 0; i + 1 < n_pairs; i += 2)
        xml_attribute(self, pairs[i], pairs[i + 1]);
    xml_close(self);
}

void xml_text_element(Xml *self, const char *element, const char *text)
{
    xml_open(self, element);
    xml_text(self, text);
    xml_close(self);
}

char *xml_finish(Xml *self, GError **error)
{
    if (self->refused) {
        g_set_error(error, VMI_ERROR, VMI_ERROR_INVALID,
                    "\"%s\" has bytes that cannot be in the guest's definition; use printable "
                    "UTF-8 text",
                    self->refused);
        return NULL;
    }
    xmlTextWriterEndDocument(self->writer);
    xmlTextWriterFlush(self->writer);
    return g_strdup((const char *)xmlBufferContent(self->buffer));
}
