// SPDX-License-Identifier: LGPL-2.1-or-later
// A place in a list of objects, which are sorted by kind, namespace and name: what a caller gets with the first part of a long list and
// gives back for the next. It names the last object of the first part, which need not exist any more.
#pragma once

#include "api/manifest.h"

// The text of a position is "KIND/NAMESPACE/NAME", with an empty namespace for kinds that have none.
#define API_POSITION_MAX (63 + 1 + 63 + 1 + 253)

typedef struct {
    char *text; // owns what follows
    const char *kind, *namespace, *name;
} ApiPosition;

char *api_position_format(const ApiObject *object); // owned

// FALSE when TEXT is not what api_position_format() makes.
gboolean api_position_parse(const char *text, ApiPosition *ret_position) G_GNUC_WARN_UNUSED_RESULT;
void api_position_clear(ApiPosition *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(ApiPosition, api_position_clear)

// Less than, equal to or greater than 0 when OBJECT is before, at or behind the position.
int api_position_compare(const ApiObject *object, const ApiPosition *self);
