// SPDX-License-Identifier: LGPL-2.1-or-later
// Names of files, units and machines, computed from object names. It must not look at the file
// system. Where the kernel or systemd limits a length (socket paths 107, unit names 255, machine
// names 64), a name that would not fit is cut and told apart by a hash of the whole.

#include "domain/layout.h"

#include <string.h>

#define SHORT_NAME_MAX 48   // leaves room for the roots in a socket path
#define UNIT_NAME_MAX 200   // of 255: systemd adds suffixes of its own for drop-in directories
#define MACHINE_NAME_MAX 64 // HOST_NAME_MAX
#define HASH_DIGITS 16

// A validated name is one path component; anything else here is a bug of the caller.
static const char *component(const char *name)
{
    g_assert(name && *name && !strchr(name, '/') && strcmp(name, ".") != 0 &&
             strcmp(name, "..") != 0);
    return name;
}

// TEXT as it is when it fits in MAX bytes, else its beginning, SEPARATOR and a hash of all of it. '_' occurs in no object name.
static char *shorten(const char *text, gsize max, char separator)
{
    g_autofree char *digest = NULL;

    if (strlen(text) <= max)
        return g_strdup(text);
    digest = g_compute_checksum_for_string(G_CHECKSUM_SHA256, text, -1);
    return g_strdup_printf("%.*s%c%.*s", (int)(max - HASH_DIGITS - 1), text, separator, HASH_DIGITS,
                           digest);
}

// One label of a unit name, escaped as systemd.unit(5) says for strings: '-' too, for it separates
// the labels.
static void append_unit_label(GString *unit, const char *label)
{
    for (const char *c = component(label); *c; c++)
        if (g_ascii_isalnum(*c) || *c == ':' || *c == '_' || (*c == '.' && c != label))
            g_string_append_c(unit, *c);
        else
            g_string_append_printf(unit, "\\x%02x", (guchar)*c);
}

char *layout_claim_dir(const Layout *self, const char *pool, const char *namespace,
                       const char *claim)
{
    return g_strdup_printf("%s/pools/%s/%s/%s", self->state, component(pool), component(namespace),
                           component(claim));
}

char *layout_claim_image(const Layout *self, const char *pool, const char *namespace,
                         const char *claim)
{
    return g_strdup_printf("%s/pools/%s/%s/%s/disk.img", self->state, component(pool),
                           component(namespace), component(claim));
}

char *layout_scratch_dir(const Layout *self, const char *namespace, const char *name)
{
    return g_strdup_printf("%s/scratch/%s/%s", self->state, component(namespace), component(name));
}

char *layout_scratch_file(const Layout *self, const char *namespace, const char *name,
                          const char *volume, const char *suffix)
{
    g_assert(!strchr(suffix, '/'));
    return g_strdup_printf("%s/scratch/%s/%s/%s%s", self->state, component(namespace),
                           component(name), component(volume), suffix);
}

char *layout_guest_run_dir(const Layout *self, const char *namespace, const char *name)
{
    // '_' and '~' occur in no object name: the pair stays unique, cut or not
    g_autofree char *pair = g_strdup_printf("%s_%s", component(namespace), component(name));
    g_autofree char *directory = shorten(pair, SHORT_NAME_MAX, '~');

    return g_strdup_printf("%s/guests/%s", self->run, directory);
}

char *layout_run_record(const Layout *self, const char *namespace, const char *name)
{
    g_autofree char *directory = layout_guest_run_dir(self, namespace, name);

    return g_strdup_printf("%s/record.yaml", directory);
}

char *layout_console_socket(const Layout *self, const char *namespace, const char *name)
{
    g_autofree char *directory = layout_guest_run_dir(self, namespace, name);

    return g_strdup_printf("%s/console.sock", directory);
}

char *layout_agent_socket(const Layout *self, const char *namespace, const char *name)
{
    g_autofree char *directory = layout_guest_run_dir(self, namespace, name);

    return g_strdup_printf("%s/agent.sock", directory);
}

char *layout_passt_dir(const Layout *self, const char *namespace, const char *name)
{
    g_autofree char *directory = layout_guest_run_dir(self, namespace, name);

    return g_strdup_printf("%s/net", directory);
}

char *layout_passt_file(const Layout *self, const char *namespace, const char *name, guint number,
                        const char *suffix)
{
    g_autofree char *directory = layout_passt_dir(self, namespace, name);

    g_assert(!strchr(suffix, '/'));
    return g_strdup_printf("%s/%u%s", directory, number, suffix);
}

char *layout_domain_name(const char *namespace, const char *name)
{
    return g_strdup_printf("%s_%s", component(namespace), component(name));
}

char **layout_domain_owner(const char *domain_name)
{
    // '_' occurs in no object name.
    g_auto(GStrv) owner = g_strsplit(domain_name, "_", -1);

    return g_strv_length(owner) == 2 && *owner[0] && *owner[1] ? g_steal_pointer(&owner) : NULL;
}

char *layout_scope_name(const char *namespace, const char *name)
{
    g_autoptr(GString) unit = g_string_new("vmi-");
    g_autofree char *stem = NULL;

    append_unit_label(unit, namespace);
    g_string_append_c(unit, '-');
    append_unit_label(unit, name);
    stem = shorten(unit->str, UNIT_NAME_MAX, '_');
    return g_strconcat(stem, ".scope", NULL);
}

// Back from append_unit_label(). NULL when TEXT is not what that makes.
static char *read_unit_label(const char *text)
{
    g_autoptr(GString) label = g_string_new(NULL);

    for (const char *c = text; *c; c++) {
        if (*c != '\\') {
            g_string_append_c(label, *c);
        } else if (c[1] == 'x' && g_ascii_isxdigit(c[2]) && g_ascii_isxdigit(c[3])) {
            g_string_append_c(label,
                              (char)(g_ascii_xdigit_value(c[2]) << 4 | g_ascii_xdigit_value(c[3])));
            c += 3;
        } else {
            return NULL;
        }
    }
    return label->len > 0 ? g_string_free(g_steal_pointer(&label), FALSE) : NULL;
}

char **layout_scope_owner(const char *unit)
{
    g_autofree char *stem =
        g_str_has_suffix(unit, ".scope") ? g_strndup(unit, strlen(unit) - strlen(".scope")) : NULL;
    g_auto(GStrv) labels = stem ? g_strsplit(stem, "-", -1) : NULL;
    g_autofree char *namespace = NULL, *name = NULL;
    char **owner;

    if (!labels || g_strv_length(labels) != 3 || !g_str_equal(labels[0], "vmi"))
        return NULL;
    namespace = read_unit_label(labels[1]);
    name = read_unit_label(labels[2]);
    // '_' is in no name: it is where one was cut.
    if (!namespace || !name || strpbrk(namespace, "/_") || strpbrk(name, "/_"))
        return NULL;
    owner = g_new0(char *, 3);
    owner[0] = g_steal_pointer(&namespace);
    owner[1] = g_steal_pointer(&name);
    return owner;
}

char *layout_slice_name(const char *namespace)
{
    g_autoptr(GString) unit = g_string_new("machine-vmi-");
    g_autofree char *stem = NULL;

    append_unit_label(unit, namespace);
    stem = shorten(unit->str, UNIT_NAME_MAX, '_');
    return g_strconcat(stem, ".slice", NULL);
}

char *layout_machine_name(const char *namespace, const char *name)
{
    g_autofree char *full = g_strdup_printf("%s.%s", component(name), component(namespace));

    return shorten(full, MACHINE_NAME_MAX, '-');
}
