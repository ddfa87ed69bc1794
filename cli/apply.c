// SPDX-License-Identifier: LGPL-2.1-or-later
// vmictl apply. Judges no manifest: vmid does, and its findings come back under the file's own name.
#include <stdio.h>
#include <string.h>

#include "api/printable.h"
#include "base/error.h"
#include "cli/cli.h"
#include "cli/job-wait.h"
#include "cli/manifest-source.h"
#include "cli/target.h"
#include "cli/verbs.h"

static GVariant *apply_options(const Options *options)
{
    GVariantDict dict;

    g_variant_dict_init(&dict, NULL);
    if (options->dry_run)
        g_variant_dict_insert(&dict, "dry-run", "b", TRUE);
    if (options->namespace)
        g_variant_dict_insert(&dict, "namespace", "s", options->namespace);
    return g_variant_dict_end(&dict);
}

// NULL when it is no guest, or there is none to ask about, which is no failure.
static GVariant *guest_properties(Transport *transport, const char *kind, const char *namespace,
                                  const char *name)
{
    g_autofree char *path = strcmp(kind, "VirtualMachineInstance") == 0
                                ? transport_instance(transport, namespace, name, NULL)
                                : NULL;

    return path ? transport_properties(transport, path, CLI_INSTANCE_INTERFACE, NULL) : NULL;
}

// Who applies a guest wants it to run; one that has ended is not started by that.
static char *idle_text(GVariant *guest, const char *namespace, const char *name)
{
    gboolean elsewhere = strcmp(namespace, "default") != 0;
    const char *phase = "";

    if (!guest || !g_variant_lookup(guest, "Phase", "&s", &phase) ||
        (strcmp(phase, "Succeeded") != 0 && strcmp(phase, "Failed") != 0))
        return g_strdup("");
    return g_strdup_printf("; it is not running (%s), to start it: vmictl start %s%s%s%s", phase,
                           elsewhere ? "-n " : "", elsewhere ? namespace : "", elsewhere ? " " : "",
                           name);
}

static void print_row(const Options *options, const char *kind, const char *name,
                      const char *action, const char *idle, const char *job)
{
    g_autofree char *label = target_full_label(kind, name);
    const ApiKindInfo *companion = api_companion_find(kind);

    printf("%s %s%s", label, action, options->dry_run ? " (dry run)" : "");
    if (companion)
        printf(", as kind %s has no effect here: %s", kind, companion->note);
    printf("%s\n", idle);
    if (options->no_block && strcmp(job, "/") != 0)
        printf("%s\n", job);
    fflush(stdout);
}

// What has no or another effect on this host, of a guest that is new or was changed.
static void print_warnings(GVariant *guest, const char *kind, const char *name)
{
    g_autofree char *label = target_full_label(kind, name);
    g_autoptr(GVariantIter) warnings = NULL;
    const char *warning;

    if (!guest || !g_variant_lookup(guest, "Warnings", "as", &warnings))
        return;
    while (g_variant_iter_next(warnings, "&s", &warning)) {
        g_autofree char *shown = api_printable(warning, "");

        fprintf(stderr, "%s: warning: %s\n", label, shown);
    }
}

static void ascribe(const Source *source, GError **error)
{
    char *text = source_ascribe(source, (*error)->message);

    g_free((*error)->message);
    (*error)->message = text;
}

static gboolean apply_source(Transport *transport, JobWait *wait, const Options *options,
                             const Source *source, GError **error)
{
    g_autoptr(GVariant) reply = NULL;
    g_autoptr(GVariantIter) rows = NULL;
    const char *kind, *namespace, *name, *action, *job;

    if (!g_utf8_validate(source->text, (gssize)source->length, NULL) ||
        strlen(source->text) != source->length) {
        g_set_error(error, VMI_ERROR, VMI_ERROR_INVALID, "%s: is not UTF-8 text", source->name);
        return FALSE;
    }
    reply = transport_call_manager(transport, "Apply",
                                   g_variant_new("(s@a{sv})", source->text, apply_options(options)),
                                   error);
    if (!reply) {
        ascribe(source, error);
        return FALSE;
    }
    if (!g_variant_is_of_type(reply, G_VARIANT_TYPE("(a(sssso))"))) {
        g_set_error_literal(error, VMI_ERROR, VMI_ERROR_FAILED,
                            "vmid gave an answer of another version");
        return FALSE;
    }
    g_variant_get(reply, "(a(sssso))", &rows);
    while (g_variant_iter_next(rows, "(&s&s&s&s&o)", &kind, &namespace, &name, &action, &job)) {
        g_autofree char *label = target_label(kind, name);
        g_autoptr(GVariant) guest =
            options->dry_run ? NULL : guest_properties(transport, kind, namespace, name);
        gboolean unchanged = strcmp(action, "unchanged") == 0;
        g_autofree char *idle = idle_text(unchanged ? guest : NULL, namespace, name);

        print_row(options, kind, name, action, idle, job);
        if (!unchanged)
            print_warnings(guest, kind, name);
        if (!options->no_block)
            job_wait_add(wait, job, label, NULL);
    }
    return TRUE;
}

gboolean verb_apply(const Verb *verb, const Options *options, char **args, GError **error)
{
    g_autoptr(GPtrArray) sources = sources_read(options, error);
    g_autoptr(Transport) transport = NULL;
    g_autoptr(JobWait) wait = NULL;

    if (!sources)
        return FALSE;
    transport = transport_open(options, error);
    if (!transport)
        return FALSE;
    wait = job_wait_new(transport, error);
    if (!wait)
        return FALSE;
    // One bad file does not keep the others from being applied.
    for (guint i = 0; i < sources->len; i++) {
        g_autoptr(GError) own = NULL;

        if (apply_source(transport, wait, options, sources->pdata[i], &own))
            continue;
        job_wait_fail(wait, NULL, own);
        if (own->domain == CLI_ERROR)
            break; // nobody is there to take the others
    }
    return job_wait_run(wait, error);
}
