// SPDX-License-Identifier: LGPL-2.1-or-later
// Which objects the words of a command line name: "vmi web db", "vmi,pvc", "vmi/web", "all".
#pragma once

#include "api/manifest.h"
#include "cli/options.h"

typedef struct {
    const ApiKindInfo *info; // NULL: all kinds
    const char *name;        // NULL: all of the kind; borrowed from the arguments
} Target;

// ARGS, NULL-terminated, as an array of Target. "KIND[,KIND...] NAME..." or "KIND/NAME...".
GArray *targets_parse(char **args, GError **error) G_GNUC_WARN_UNUSED_RESULT;

// What the daemon calls the namespace of such an object: "" for kinds that have none.
const char *target_namespace(const Target *self, const Options *options);

// NAME of a VMI for verbs that act on guests: "web", "vmi/web". Borrowed from WORD.
const char *target_instance(const char *word, GError **error) G_GNUC_WARN_UNUSED_RESULT;

// Fails with --host, for a verb that works only where vmid is: WHY not, and how to run VERB on NAME over there by SSH.
gboolean target_check_here(const Options *options, const char *why, const char *ssh,
                           const char *verb, const char *name,
                           GError **error) G_GNUC_WARN_UNUSED_RESULT;

// "virtualmachineinstance/web", as kubectl prints it. / "vmi/web", before messages. Owned.
char *target_full_label(const char *kind, const char *name);
char *target_label(const char *kind, const char *name);
