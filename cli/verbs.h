// SPDX-License-Identifier: LGPL-2.1-or-later
// The verbs of vmictl as table rows, and the functions behind them (one file per verb; verbs that differ only in a
// row share one).
#pragma once

#include <glib.h>

#include "cli/options.h"

typedef gboolean (*VerbRun)(const Verb *verb, const Options *options, char **args, GError **error);

struct Verb {
    const char *name;
    const char *args; // synopsis of the arguments
    guint min_args, max_args;
    guint64 options; // OPTION_BIT()s beside options_global
    Completion completion;
    VerbRun run;
    const char *help; // one line
    const char *text; // a paragraph for --help and the man page, or NULL
};

const Verb *verbs_all(guint *ret_count);
const Verb *verbs_find(const char *name); // NULL if there is none

gboolean verb_apply(const Verb *verb, const Options *options, char **args, GError **error);
gboolean verb_get(const Verb *verb, const Options *options, char **args, GError **error);
gboolean verb_describe(const Verb *verb, const Options *options, char **args, GError **error);
gboolean verb_lifecycle(const Verb *verb, const Options *options, char **args, GError **error);
gboolean verb_attach(const Verb *verb, const Options *options, char **args, GError **error);
gboolean verb_detach(const Verb *verb, const Options *options, char **args, GError **error);
gboolean verb_console(const Verb *verb, const Options *options, char **args, GError **error);
gboolean verb_logs(const Verb *verb, const Options *options, char **args, GError **error);
gboolean verb_delete(const Verb *verb, const Options *options, char **args, GError **error);
gboolean verb_validate(const Verb *verb, const Options *options, char **args, GError **error);
gboolean verb_render(const Verb *verb, const Options *options, char **args, GError **error);
gboolean verb_explain(const Verb *verb, const Options *options, char **args, GError **error);
gboolean verb_jobs(const Verb *verb, const Options *options, char **args, GError **error);
gboolean verb_cancel(const Verb *verb, const Options *options, char **args, GError **error);
gboolean verb_version(const Verb *verb, const Options *options, char **args, GError **error);
