// SPDX-License-Identifier: LGPL-2.1-or-later
// See capabilities.h. libvirt's formatcaps(5): <host><topology><cells><cell><cpus><cpu siblings=>, and
// <guest><arch><machine>.
#include "guest/capabilities.h"

#include <string.h>

#include "guest/cpus.h"
#include "guest/xml-read.h"

static void read_cpu(const xmlNode *node, GArray *cores)
{
    g_autofree char *text = xml_read_attribute(node, "siblings");
    g_autoptr(GArray) siblings = text ? cpus_parse(text) : NULL;

    for (guint i = 0; siblings && i < siblings->len; i++) {
        guint cpu = g_array_index(siblings, guint, i);

        for (guint next = cores->len; next <= cpu; next++)
            g_array_append_val(cores, next);
        g_array_index(cores, guint, cpu) = g_array_index(siblings, guint, 0);
    }
}

static void read_cores(xmlNode *root, GArray *cores)
{
    const xmlNode *cell = xml_read_descend(root, "host", "topology", "cells", "cell", NULL);

    for (; cell; cell = xml_read_next(cell)) {
        const xmlNode *cpu = xml_read_child(xml_read_child(cell, "cpus"), "cpu");

        for (; cpu; cpu = xml_read_next(cpu))
            read_cpu(cpu, cores);
    }
}

static char **read_machines(const xmlNode *root)
{
    g_autoptr(GPtrArray) machines = g_ptr_array_new_with_free_func(g_free);
    const xmlNode *guest = xml_read_child(root, "guest");

    for (; guest; guest = xml_read_next(guest)) {
        const xmlNode *arch = xml_read_child(guest, "arch");
        g_autofree char *name = xml_read_attribute(arch, "name");

        if (g_strcmp0(name, "x86_64") != 0)
            continue;
        for (const xmlNode *node = xml_read_child(arch, "machine"); node;
             node = xml_read_next(node)) {
            g_autofree char *machine = xml_read_text(node);

            if (machine && strstr(machine, "q35"))
                g_ptr_array_add(machines, g_steal_pointer(&machine));
        }
    }
    if (machines->len == 0)
        return NULL;
    g_ptr_array_add(machines, NULL);
    return (char **)g_ptr_array_free(g_steal_pointer(&machines), FALSE);
}

void capabilities_parse(const char *text, Capabilities *ret_capabilities)
{
    g_autoptr(xmlDoc) document = xml_read_document(text);
    xmlNode *root = document ? xmlDocGetRootElement(document) : NULL;

    ret_capabilities->cores = cpus_new();
    ret_capabilities->machines = NULL;
    if (!root)
        return;
    read_cores(root, ret_capabilities->cores);
    ret_capabilities->machines = read_machines(root);
}

void capabilities_clear(Capabilities *self)
{
    g_clear_pointer(&self->cores, g_array_unref);
    g_clear_pointer(&self->machines, g_strfreev);
}
