// SPDX-License-Identifier: LGPL-2.1-or-later
// The verb table. Adding a verb is adding a row here and a file that holds its function.
#include "cli/verbs.h"

#include <string.h>

#define BIT OPTION_BIT
#define MANY 1000

#define WAITS BIT(OPTION_NO_BLOCK)
#define STOPS (WAITS | BIT(OPTION_FORCE) | BIT(OPTION_TIMEOUT))
#define TABLE (BIT(OPTION_JSON) | BIT(OPTION_NO_LEGEND))

static const Verb rows[] = {
    { "apply", "-f FILE...", 0, 0, BIT(OPTION_FILENAME) | WAITS | BIT(OPTION_DRY_RUN),
      COMPLETE_NOTHING, verb_apply, "create or change objects, and wait until guests run",
      "Each file is accepted as a whole or not at all. One line per object is printed; the exit "
      "code is 0 once every guest runs, and 6 when one was accepted but waits for an object that "
      "does not exist yet." },
    { "get", "KIND[,KIND...] [NAME...]", 1, MANY,
      TABLE | BIT(OPTION_ALL_NAMESPACES) | BIT(OPTION_SELECTOR) | BIT(OPTION_OUTPUT) |
          BIT(OPTION_WATCH),
      COMPLETE_KIND, verb_get, "list objects, or print their manifests",
      "KIND is vmi, pvc, secret, cm, ns or any other spelling of a kind, or all. Several kinds "
      "have a table each, with KIND/NAME in the place of names; NAMEs are then looked for among "
      "each of them. --watch prints "
      "what there is, then each object again when it changes, and a last time when it is deleted "
      "or no longer matches: in a table, of which there is one for all kinds, its phase is Deleted "
      "then, in other outputs it is as it "
      "was. With json and yaml each object is a document of its own then, not part of a List. It "
      "goes on over a restart of vmid, until it is interrupted." },
    { "describe", "KIND NAME", 1, 2, 0, COMPLETE_KIND, verb_describe,
      "show everything about one object",
      "Of a guest: its phase, since when and why; volumes and where they live; which thread runs "
      "on which CPUs, planned and as the kernel says; its scope, forwarded ports, warnings and "
      "newest events." },
    { "start", "NAME...", 1, MANY, WAITS, COMPLETE_INSTANCE, verb_lifecycle, "start guests", NULL },
    { "stop", "NAME...", 1, MANY, STOPS, COMPLETE_INSTANCE, verb_lifecycle, "shut guests down",
      "The guest is asked to shut down and killed when terminationGracePeriodSeconds (or "
      "--timeout) are over." },
    { "restart", "NAME...", 1, MANY, STOPS, COMPLETE_INSTANCE, verb_lifecycle,
      "stop guests and start them again", NULL },
    { "pause", "NAME...", 1, MANY, WAITS, COMPLETE_INSTANCE, verb_lifecycle,
      "freeze the virtual CPUs of guests", NULL },
    { "unpause", "NAME...", 1, MANY, WAITS, COMPLETE_INSTANCE, verb_lifecycle,
      "let frozen guests go on", NULL },
    { "attach", "NAME --disk DISK --claim CLAIM", 1, 1,
      WAITS | BIT(OPTION_DISK) | BIT(OPTION_CLAIM) | BIT(OPTION_BUS) | BIT(OPTION_SERIAL) |
          BIT(OPTION_PERSIST),
      COMPLETE_INSTANCE, verb_attach, "plug a claim into a running guest as a disk",
      "What there is to mind about the disk, such as a serial number that the guest sees only the "
      "beginning of, is printed as warnings." },
    { "detach", "NAME --disk DISK", 1, 1, WAITS | BIT(OPTION_DISK) | BIT(OPTION_PERSIST),
      COMPLETE_INSTANCE, verb_detach, "unplug a disk that was attached", NULL },
    { "console", "NAME", 1, 1, BIT(OPTION_DRAIN), COMPLETE_INSTANCE, verb_console,
      "talk to a guest's serial console",
      "On a terminal ^] (control and the right bracket) leaves. When standard input is not a "
      "terminal, its end does not end the session: output is printed until the guest stops, or "
      "until it was silent for --timeout." },
    { "logs", "NAME", 1, 1,
      BIT(OPTION_FOLLOW) | BIT(OPTION_LINES) | BIT(OPTION_SINCE) | BIT(OPTION_JSON),
      COMPLETE_INSTANCE, verb_logs, "show what a guest printed and what vmid did with it",
      "Read from the journal, so that it also works for guests that are gone. Reading needs root "
      "or "
      "membership in the group systemd-journal. With --json each line is one object." },
    { "delete", "{KIND NAME... | -f FILE...}", 0, MANY,
      WAITS | BIT(OPTION_FORCE) | BIT(OPTION_FILENAME), COMPLETE_KIND, verb_delete,
      "stop and remove objects",
      "Guests are deleted first, then what they use, then namespaces. A claim that a guest uses, "
      "or that "
      "a definition names, is refused; with --force it goes with its data all the same, one that a "
      "guest uses when that has ended. On guests --force only skips the grace period." },
    { "validate", "-f FILE...", 0, 0,
      BIT(OPTION_FILENAME) | BIT(OPTION_STRICT) | BIT(OPTION_FEATURE_GATES) | BIT(OPTION_JSON),
      COMPLETE_NOTHING, verb_validate, "check manifests without a daemon",
      "Prints every finding as FILE:LINE:COLUMN: PATH: WHAT; REMEDY. The exit code is 1 when "
      "there is an error." },
    { "render", "-f FILE [NAME]", 0, 1, BIT(OPTION_FILENAME) | BIT(OPTION_FEATURE_GATES),
      COMPLETE_NOTHING, verb_render, "print the libvirt domain XML that a manifest leads to",
      "Works without a daemon and gives the same output everywhere: paths as planned, hardware "
      "virtualization, and the newest libvirt and QEMU that vmi makes use of. NAME picks one guest "
      "when there are several." },
    { "explain", "PATH", 1, 1, 0, COMPLETE_NOTHING, verb_explain,
      "say what a field of a manifest means",
      "PATH begins with a kind: vmi.spec.domain.devices.disks.cache. Shows type, default, allowed "
      "values, meaning, and whether it has an effect here." },
    { "jobs", "", 0, 0, TABLE, COMPLETE_NOTHING, verb_jobs, "list what vmid is doing now", NULL },
    { "cancel", "JOB...", 1, MANY, 0, COMPLETE_NOTHING, verb_cancel,
      "stop what vmid is doing and undo it", "JOB is a number, as `vmictl jobs` shows it." },
    { "version", "", 0, 0, 0, COMPLETE_NOTHING, verb_version,
      "show the versions of vmictl and vmid", NULL },
};

const Verb *verbs_all(guint *ret_count)
{
    *ret_count = G_N_ELEMENTS(rows);
    return rows;
}

const Verb *verbs_find(const char *name)
{
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++)
        if (strcmp(rows[i].name, name) == 0)
            return &rows[i];
    return NULL;
}
