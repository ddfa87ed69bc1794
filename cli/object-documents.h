// SPDX-License-Identifier: LGPL-2.1-or-later
// Manifests as vmid keeps them, printed in the format that --output names.
#pragma once

#include "cli/target.h"
#include "cli/transport.h"

typedef void (*DocumentFunc)(const char *document, gpointer user_data);

// One, in FORMAT: "json" or "yaml". Owned.
char *object_document(Transport *transport, const char *kind, const char *namespace,
                      const char *name, const char *format,
                      GError **error) G_GNUC_WARN_UNUSED_RESULT;

// Hands those of the TARGETS that match SELECTOR to ADD, one after the other. A name that is not there is an error.
gboolean object_documents(Transport *transport, const GArray *targets, const Options *options,
                          DocumentFunc add, gpointer user_data,
                          GError **error) G_GNUC_WARN_UNUSED_RESULT;
// The same; a name that is not there is left out.
gboolean object_documents_present(Transport *transport, const GArray *targets,
                                  const Options *options, DocumentFunc add, gpointer user_data,
                                  GError **error) G_GNUC_WARN_UNUSED_RESULT;

// On standard output, with a newline at its end.
void object_document_print(const char *document);
