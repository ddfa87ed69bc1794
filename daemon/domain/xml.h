// SPDX-License-Identifier: LGPL-2.1-or-later
// A thin skin over libxml2's xmlTextWriter, which does all quoting: one call per element or
// attribute, no return values to check. What can go wrong (text that XML 1.0 cannot carry) is
// remembered and told once, by xml_finish().
#pragma once

#include <glib.h>

typedef struct Xml Xml;

Xml *xml_new(void);
void xml_free(Xml *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Xml, xml_free)

void xml_open(Xml *self, const char *element);
void xml_close(Xml *self);
// VALUE NULL: no attribute.
void xml_attribute(Xml *self, const char *name, const char *value);
void xml_attribute_uint(Xml *self, const char *name, guint64 value);
void xml_text(Xml *self, const char *text);

// <element name="value" .../>: pairs of attribute name and value, NULL-terminated; a NULL value
// leaves the attribute out.
#define xml_empty(self, element, ...) \
    xml_empty_full((self), (element), (const char *const[]){ __VA_ARGS__ }, \
                   G_N_ELEMENTS(((const char *const[]){ __VA_ARGS__ })))
void xml_empty_full(Xml *self, const char *element, const char *const *pairs, gsize n_pairs);
// <element>text</element>
void xml_text_element(Xml *self, const char *element, const char *text);

// The document; NULL and VMI_ERROR_INVALID when some text had characters that XML cannot carry.
// Owned.
char *xml_finish(Xml *self, GError **error) G_GNUC_WARN_UNUSED_RESULT;
