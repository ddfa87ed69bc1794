// SPDX-License-Identifier: LGPL-2.1-or-later
// See xml-read.h.
#include "guest/xml-read.h"

#include <string.h>

xmlDoc *xml_read_document(const char *text)
{
    return xmlReadMemory(text, (int)strlen(text), "libvirt.xml", NULL,
                         XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING);
}

static xmlNode *find(xmlNode *node, const char *name)
{
    while (node && (node->type != XML_ELEMENT_NODE || !g_str_equal(node->name, name)))
        node = node->next;
    return node;
}

xmlNode *xml_read_child(const xmlNode *node, const char *name)
{
    return node ? find(node->children, name) : NULL;
}

xmlNode *xml_read_next(const xmlNode *node)
{
    return find(node->next, (const char *)node->name);
}

xmlNode *xml_read_descend(xmlNode *node, ...)
{
    const char *name;
    va_list ap;

    va_start(ap, node);
    while ((name = va_arg(ap, const char *)))
        node = xml_read_child(node, name);
    va_end(ap);
    return node;
}

static char *take(xmlChar *value)
{
    char *copy = g_strdup((const char *)value);

    xmlFree(value);
    return copy;
}

char *xml_read_attribute(const xmlNode *node, const char *name)
{
    return node ? take(xmlGetNoNsProp(node, (const xmlChar *)name)) : NULL;
}

guint xml_read_number(const xmlNode *node, const char *name)
{
    g_autofree char *value = xml_read_attribute(node, name);

    return value ? (guint)g_ascii_strtoull(value, NULL, 10) : 0;
}

char *xml_read_text(const xmlNode *node)
{
    return node ? take(xmlNodeGetContent(node)) : NULL;
}
