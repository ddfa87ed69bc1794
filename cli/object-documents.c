// SPDX-License-Identifier: LGPL-2.1-or-later
// See object-documents.h. Get for a name, GetPage for a kind.
#include "cli/object-documents.h"

#include <stdio.h>
#include <string.h>

#include "api/printable.h"
#include "base/error.h"
#include "cli/object-list.h"

typedef struct {
    Transport *transport;
    const Options *options;
    gboolean may_miss;
    DocumentFunc add;
    gpointer user_data;
} Listing;

char *object_document(Transport *transport, const char *kind, const char *namespace,
                      const char *name, const char *format, GError **error)
{
    g_autoptr(GVariant) reply = transport_call_manager(
        transport, "Get", g_variant_new("(ssss)", kind, namespace, name, format), error);
    char *manifest = NULL;

    if (reply && transport_check_type(reply, "(s)", error))
        g_variant_get(reply, "(s)", &manifest);
    return manifest;
}

// All objects of a kind, one call after the other for as long as there are more.
static gboolean add_kind(Listing *self, const char *kind, const char *namespace, GError **error)
{
    const char *selector = self->options->selector ? self->options->selector : "";
    g_autofree char *position = g_strdup("");

    do {
        g_autoptr(GVariant) reply =
            transport_call_manager(self->transport, "GetPage",
                                   g_variant_new("(sssssu)", kind, namespace, selector,
                                                 self->options->output, position, 0u),
                                   error);
        g_autoptr(GVariantIter) manifests = NULL;
        const char *manifest;

        if (!reply || !transport_check_type(reply, "(ass)", error))
            return FALSE;
        g_clear_pointer(&position, g_free);
        g_variant_get(reply, "(ass)", &manifests, &position);
        while (g_variant_iter_next(manifests, "&s", &manifest))
            self->add(manifest, self->user_data);
    } while (*position);
    return TRUE;
}

// Only of kinds that are there: reading Secrets takes a permission of its own.
static gboolean add_all_kinds(Listing *self, const GArray *targets, GError **error)
{
    g_autoptr(GPtrArray) rows = object_list(self->transport, targets, self->options, error);
    const char *kind = "";

    for (guint i = 0; rows && i < rows->len; i++) {
        const ObjectRow *row = rows->pdata[i];
        const Target target = { .info = api_kind_find(row->kind) };

        if (strcmp(row->kind, kind) == 0)
            continue; // sorted by kind
        kind = row->kind;
        if (!add_kind(self, kind, target_namespace(&target, self->options), error))
            return FALSE;
    }
    return rows != NULL;
}

static gboolean add_name(Listing *self, const Target *target, GError **error)
{
    g_autoptr(GError) failure = NULL;
    g_autofree char *document = object_document(self->transport, target->info->kind,
                                                target_namespace(target, self->options),
                                                target->name, self->options->output, &failure);

    if (document)
        self->add(document, self->user_data);
    else if (!self->may_miss || !g_error_matches(failure, VMI_ERROR, VMI_ERROR_NOT_FOUND)) {
        g_propagate_error(error, g_steal_pointer(&failure));
        return FALSE;
    }
    return TRUE;
}

static gboolean add_all(Listing *self, const GArray *targets, GError **error)
{
    if (!g_array_index(targets, Target, 0).info)
        return add_all_kinds(self, targets, error);
    for (guint i = 0; i < targets->len; i++) {
        const Target *target = &g_array_index(targets, Target, i);
        const char *namespace = target_namespace(target, self->options);

        if (!(target->name ? add_name(self, target, error)
                           : add_kind(self, target->info->kind, namespace, error)))
            return FALSE;
    }
    return TRUE;
}

gboolean object_documents(Transport *transport, const GArray *targets, const Options *options,
                          DocumentFunc add, gpointer user_data, GError **error)
{
    Listing self = { transport, options, FALSE, add, user_data };

    return add_all(&self, targets, error);
}

gboolean object_documents_present(Transport *transport, const GArray *targets,
                                  const Options *options, DocumentFunc add, gpointer user_data,
                                  GError **error)
{
    Listing self = { transport, options, TRUE, add, user_data };

    return add_all(&self, targets, error);
}

void object_document_print(const char *document)
{
    g_autofree char *shown = api_printable(document, "\n\t");

    printf("%s%s", shown, g_str_has_suffix(shown, "\n") ? "" : "\n");
}
