// SPDX-License-Identifier: LGPL-2.1-or-later
// Reading what libvirt tells us in XML: a few lines over libxml2.
#pragma once

#include <glib.h>
#include <libxml/parser.h>
#include <libxml/tree.h>

G_DEFINE_AUTOPTR_CLEANUP_FUNC(xmlDoc, xmlFreeDoc)

xmlDoc *xml_read_document(const char *text) G_GNUC_WARN_UNUSED_RESULT; // or NULL
// The first child element called NAME, or NULL. NODE may be NULL.
xmlNode *xml_read_child(const xmlNode *node, const char *name);
// The next sibling element of the same name, or NULL.
xmlNode *xml_read_next(const xmlNode *node);
// Descends through several children: xml_read_descend(root, "os", "type", NULL).
xmlNode *xml_read_descend(xmlNode *node, ...) G_GNUC_NULL_TERMINATED;
char *xml_read_attribute(const xmlNode *node,
                         const char *name);                   // owned, or NULL. NODE may be NULL.
guint xml_read_number(const xmlNode *node, const char *name); // 0 when missing
char *xml_read_text(const xmlNode *node);                     // owned, or NULL
