// SPDX-License-Identifier: LGPL-2.1-or-later
// The option table itself. Adding an option is adding a member to Options, a row here, and a bit in its verbs' rows.
#include <stddef.h>

#include "cli/options.h"

#define AT(member) offsetof(Options, member)

const OptionRow option_rows[_OPTION_MAX] = {
    [OPTION_HELP] = { "help", 'h', NULL, OPTION_FLAG, AT(help), "show this help" },
    [OPTION_VERSION] = { "version", 0, NULL, OPTION_FLAG, AT(version), "show vmictl's version" },
    [OPTION_HOST] = { "host", 'H', "[USER@]HOST", OPTION_STRING, AT(host),
                      "talk to vmid on another host over ssh", COMPLETE_HOST },
    [OPTION_USER] = { "user", 0, NULL, OPTION_FLAG, AT(user),
                      "talk to your own vmid on the session bus" },
    [OPTION_NO_ASK_PASSWORD] = { "no-ask-password", 0, NULL, OPTION_FLAG, AT(no_ask_password),
                                 "fail instead of asking for a password" },
    [OPTION_NAMESPACE] = { "namespace", 'n', "NS", OPTION_STRING, AT(namespace),
                           "namespace of the object (\"default\")", COMPLETE_NAMESPACE },
    [OPTION_ALL_NAMESPACES] = { "all-namespaces", 'A', NULL, OPTION_FLAG, AT(all_namespaces),
                                "objects of all namespaces" },
    [OPTION_FILENAME] = { "filename", 'f', "FILE", OPTION_STRINGS, AT(files),
                          "manifest, directory of manifests, or - for standard input; repeatable",
                          COMPLETE_FILE },
    [OPTION_SELECTOR] = { "selector", 'l', "KEY=VALUE", OPTION_STRING, AT(selector),
                          "only objects with these labels, separated by commas" },
    [OPTION_OUTPUT] = { "output", 'o', "FORMAT", OPTION_STRING, AT(output),
                        "wide, yaml, json or name", COMPLETE_WORDS, "wide yaml json name" },
    [OPTION_JSON] = { "json", 0, NULL, OPTION_FLAG, AT(json), "print the table as JSON" },
    [OPTION_NO_LEGEND] = { "no-legend", 0, NULL, OPTION_FLAG, AT(no_legend), "no column headings" },
    [OPTION_WATCH] = { "watch", 'w', NULL, OPTION_FLAG, AT(watch),
                       "go on and print each object again when it changes" },
    [OPTION_DRY_RUN] = { "dry-run", 0, NULL, OPTION_FLAG, AT(dry_run),
                         "let vmid check everything, but change nothing" },
    [OPTION_NO_BLOCK] = { "no-block", 0, NULL, OPTION_FLAG, AT(no_block),
                          "print the job's bus path and do not wait for it" },
    [OPTION_FORCE] = { "force", 0, NULL, OPTION_FLAG, AT(force),
                       "kill the guest instead of asking it to shut down" },
    [OPTION_PERSIST] = { "persist", 0, NULL, OPTION_FLAG, AT(persist),
                         "also change the definition, for the next start" },
    [OPTION_STRICT] = { "strict", 0, NULL, OPTION_FLAG, AT(strict), "count warnings as errors" },
    [OPTION_TIMEOUT] = { "timeout", 0, "TIME", OPTION_TIMESPAN, AT(timeout),
                         "how long the guest may take to shut down" },
    [OPTION_DRAIN] = { "timeout", 0, "TIME", OPTION_TIMESPAN, AT(timeout),
                       "after standard input has ended, leave once the guest was silent so long" },
    [OPTION_DISK] = { "disk", 0, "NAME", OPTION_STRING, AT(disk),
                      "the disk's name in the guest's definition" },
    [OPTION_CLAIM] = { "claim", 0, "NAME", OPTION_STRING, AT(claim),
                       "the PersistentVolumeClaim behind the disk" },
    [OPTION_BUS] = { "bus", 0, "BUS", OPTION_STRING, AT(bus), "scsi (the default) or virtio",
                     COMPLETE_WORDS, "scsi virtio" },
    [OPTION_SERIAL] = { "serial", 0, "TEXT", OPTION_STRING, AT(serial),
                        "the serial number that the guest sees (the disk's name)" },
    [OPTION_FEATURE_GATES] = { "feature-gates", 0, "GATES", OPTION_STRING, AT(feature_gates),
                               "gates that are on, separated by commas (\"HostDisk\")" },
    [OPTION_FOLLOW] = { "follow", 'f', NULL, OPTION_FLAG, AT(follow),
                        "go on and print what comes" },
    [OPTION_LINES] = { "lines", 0, "COUNT", OPTION_NUMBER, AT(lines), "only the newest so many" },
    [OPTION_SINCE] = { "since", 0, "WHEN", OPTION_STRING, AT(since),
                       "not older than this: \"10min\", \"2026-01-31T12:00:00\" or \"@SECONDS\"" },
    [OPTION_DUMP_COMPLETION] = { "dump-completion", 0, "SHELL", OPTION_STRING,
                                 AT(dump_completion) },
    [OPTION_DUMP_MAN] = { "dump-man", 0, "PART", OPTION_STRING, AT(dump_man) },
};

const guint64 options_global = OPTION_BIT(OPTION_HELP) | OPTION_BIT(OPTION_HOST) |
                               OPTION_BIT(OPTION_USER) | OPTION_BIT(OPTION_NO_ASK_PASSWORD) |
                               OPTION_BIT(OPTION_NAMESPACE);
