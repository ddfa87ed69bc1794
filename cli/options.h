// SPDX-License-Identifier: LGPL-2.1-or-later
// The options of vmictl as table rows. Parsing, --help, the man page's OPTIONS and the shells' completions all read
// these rows. Which verb takes which option is in verbs.c.
#pragma once

#include <glib.h>

typedef struct Verb Verb;

typedef struct {
    gboolean help, version;
    char *dump_completion, *dump_man;
    // where the daemon is
    char *host;
    gboolean user, no_ask_password;
    // which objects
    char *namespace; // NULL: "default", or what the manifest says
    gboolean all_namespaces;
    GPtrArray *files; // char *; NULL when not given
    char *selector;
    // how to print
    char *output;
    gboolean json, no_legend, watch;
    // how to do it
    gboolean dry_run, no_block, force, persist, strict;
    guint64 timeout; // USec, 0 when not given
    char *disk, *claim, *bus, *serial;
    char *feature_gates;
    // logs
    gboolean follow;
    guint64 lines; // 0 when not given
    char *since;
} Options;

void options_clear(Options *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Options, options_clear)

typedef enum {
    OPTION_FLAG,     // gboolean
    OPTION_STRING,   // char *
    OPTION_STRINGS,  // GPtrArray *, may be repeated
    OPTION_NUMBER,   // guint64
    OPTION_TIMESPAN, // guint64 USec; "90", "90s", "5min"
} OptionType;

typedef enum {
    OPTION_HELP,
    OPTION_VERSION,
    OPTION_HOST,
    OPTION_USER,
    OPTION_NO_ASK_PASSWORD,
    OPTION_NAMESPACE,
    OPTION_ALL_NAMESPACES,
    OPTION_FILENAME,
    OPTION_SELECTOR,
    OPTION_OUTPUT,
    OPTION_JSON,
    OPTION_NO_LEGEND,
    OPTION_WATCH,
    OPTION_DRY_RUN,
    OPTION_NO_BLOCK,
    OPTION_FORCE,
    OPTION_PERSIST,
    OPTION_STRICT,
    OPTION_TIMEOUT,
    OPTION_DRAIN,
    OPTION_DISK,
    OPTION_CLAIM,
    OPTION_BUS,
    OPTION_SERIAL,
    OPTION_FEATURE_GATES,
    OPTION_FOLLOW,
    OPTION_LINES,
    OPTION_SINCE,
    OPTION_DUMP_COMPLETION,
    OPTION_DUMP_MAN,
    _OPTION_MAX,
} OptionId;

#define OPTION_BIT(id) (G_GUINT64_CONSTANT(1) << (id))

// What a shell offers as the option's argument, or a verb's arguments.
typedef enum {
    COMPLETE_NOTHING,
    COMPLETE_FILE,
    COMPLETE_WORDS,     // OptionRow.words
    COMPLETE_NAMESPACE, // of the running daemon
    COMPLETE_INSTANCE,  // names of VMIs
    COMPLETE_KIND,      // a kind, then a name of that kind
    COMPLETE_HOST,
} Completion;

typedef struct {
    const char *name; // "namespace"
    char letter;      // 'n', or 0
    const char *arg;  // "NS", or NULL for flags
    OptionType type;
    gsize offset;     // in Options
    const char *help; // NULL: hidden
    Completion completion;
    const char *words; // space-separated; of COMPLETE_WORDS
} OptionRow;

extern const OptionRow option_rows[_OPTION_MAX];
extern const guint64 options_global; // options that every verb takes, also before the verb

// "90", "1min 30s" -> USec.
gboolean options_parse_timespan(const char *text, guint64 *ret_usec,
                                GError **error) G_GNUC_WARN_UNUSED_RESULT;

// The namespace to act in: what was given, or "default".
const char *options_namespace(const Options *self);
