// SPDX-License-Identifier: LGPL-2.1-or-later
// Where manifests come from: files, directories of them, standard input.
#pragma once

#include <glib.h>

#include "cli/options.h"

typedef struct {
    char *name; // as findings name it; "-" for standard input
    char *text;
    gsize length;
} Source;

// GPtrArray of Source: what -f named, in that order; of a directory its *.yaml, *.yml and *.json by name.
GPtrArray *sources_read(const Options *options, GError **error) G_GNUC_WARN_UNUSED_RESULT;

// MESSAGE with every finding of "-" ("-:3:5: …") ascribed to the source.
char *source_ascribe(const Source *self, const char *message);
