// SPDX-License-Identifier: LGPL-2.1-or-later
// vmictl logs: from the journal, not from vmid, so that it also works when either is gone. A guest's output and
// vmid's messages carry the same two fields. Everybody may write entries with these: what is shown is what journald itself says
// that vmid wrote, in fields that begin with "_" and that only journald can set.
#include <stdio.h>
#include <string.h>
#include <systemd/sd-journal.h>
#include <unistd.h>

#include "base/error.h"
#include "cli/cli.h"
#include "cli/log-entry.h"
#include "cli/target.h"
#include "cli/verbs.h"

G_DEFINE_AUTOPTR_CLEANUP_FUNC(sd_journal, sd_journal_close)

// The system's vmid is root in its unit; a user's own is that user, who may write what they like to their own journal.
static int match_writer(sd_journal *journal, gboolean user)
{
    g_autofree char *by_user = g_strdup_printf("_UID=%u", user ? (guint)getuid() : 0);
    int r = sd_journal_add_match(journal, by_user, 0);

    if (r >= 0 && !user)
        r = sd_journal_add_match(journal, "_SYSTEMD_UNIT=vmid.service", 0);
    return r;
}

static gboolean open_journal(const Options *options, const char *name, sd_journal **ret_journal,
                             GError **error)
{
    g_autoptr(sd_journal) journal = NULL;
    g_autofree char *by_name = g_strdup_printf("VMI_NAME=%s", name);
    g_autofree char *by_namespace = g_strdup_printf("VMI_NAMESPACE=%s", options_namespace(options));
    int r = sd_journal_open(&journal, SD_JOURNAL_LOCAL_ONLY);

    if (r >= 0)
        r = sd_journal_add_match(journal, by_name, 0);
    if (r >= 0)
        r = sd_journal_add_match(journal, by_namespace, 0);
    if (r >= 0)
        r = match_writer(journal, options->user);
    if (r < 0) {
        vmi_set_error_errno(error, -r, "could not read the journal");
        return FALSE;
    }
    *ret_journal = g_steal_pointer(&journal);
    return TRUE;
}

// "10min" (ago), "@SECONDS" since the epoch, or another point in time -> USec since the epoch.
static gboolean parse_since(const char *text, guint64 *ret_usec, GError **error)
{
    g_autoptr(GTimeZone) zone = g_time_zone_new_local();
    g_autoptr(GDateTime) time = g_date_time_new_from_iso8601(text, zone);
    guint64 ago, seconds;

    if (time) {
        *ret_usec = (guint64)g_date_time_to_unix(time) * G_USEC_PER_SEC;
        return TRUE;
    }
    if (*text == '@' && g_ascii_string_to_unsigned(text + 1, 10, 0, G_MAXUINT32, &seconds, NULL)) {
        *ret_usec = seconds * G_USEC_PER_SEC;
        return TRUE;
    }
    if (options_parse_timespan(text, &ago, NULL)) {
        *ret_usec = (guint64)g_get_real_time() - MIN(ago, (guint64)g_get_real_time());
        return TRUE;
    }
    cli_set_usage_error(error,
                        "\"%s\" is neither a time span like 10min nor a time like "
                        "2026-01-31T12:00:00",
                        text);
    return FALSE;
}

// Puts JOURNAL before the first entry to print.
static gboolean seek(sd_journal *journal, const Options *options, guint64 since, GError **error)
{
    guint64 time = 0;
    int r;

    if (options->lines == 0) {
        r = since ? sd_journal_seek_realtime_usec(journal, since) : sd_journal_seek_head(journal);
    } else {
        r = sd_journal_seek_tail(journal);
        for (guint64 i = 0; r >= 0 && i < options->lines + 1; i++) {
            int moved = sd_journal_previous(journal);

            if (moved < 0)
                r = moved;
            else if (moved == 0) { // fewer than that
                r = sd_journal_seek_head(journal);
                break;
            } else if (since && sd_journal_get_realtime_usec(journal, &time) >= 0 && time < since)
                break;
        }
    }
    if (r < 0)
        vmi_set_error_errno(error, -r, "could not search the journal");
    return r >= 0;
}

// Prints what there is; the number of entries or a negative errno. LAST becomes the cursor of the last one, if any.
static int print_entries(sd_journal *journal, const Options *options, char **last)
{
    int n = 0, r;

    while ((r = sd_journal_next(journal)) > 0) {
        // The first one after a seek to LAST is LAST itself, unless the journal dropped it.
        if (n == 0 && *last && sd_journal_test_cursor(journal, *last) > 0)
            continue;
        if (options->json)
            log_entry_print_json(journal);
        else
            log_entry_print_text(journal);
        n++;
        g_clear_pointer(last, g_free); // which is free(3)
        (void)sd_journal_get_cursor(journal, last);
    }
    fflush(stdout);
    return r < 0 ? r : n;
}

// libsystemd does not search a file again that has as many entries as when it found nothing more, and an entry counts from before it can be
// found: one that is being written at that moment is not seen until the next one is. A seek has it search in any case.
static int print_new_entries(sd_journal *journal, const Options *options, guint64 since,
                             char **last)
{
    int r = *last   ? sd_journal_seek_cursor(journal, *last)
            : since ? sd_journal_seek_realtime_usec(journal, since)
                    : sd_journal_seek_head(journal);

    return r < 0 ? r : print_entries(journal, options, last);
}

// Until a signal ends us.
static gboolean follow(sd_journal *journal, const Options *options, guint64 since, char **last,
                       GError **error)
{
    for (;;) {
        int r = sd_journal_wait(journal, (uint64_t)-1);

        if (r >= 0)
            r = print_new_entries(journal, options, since, last);
        if (r < 0) {
            vmi_set_error_errno(error, -r, "could not read the journal");
            return FALSE;
        }
    }
}

gboolean verb_logs(const Verb *verb, const Options *options, char **args, GError **error)
{
    const char *name = target_instance(args[0], error);
    g_autoptr(sd_journal) journal = NULL;
    g_autofree char *last = NULL;
    guint64 since = 0;
    int n;

    if (!name || (options->since && !parse_since(options->since, &since, error)))
        return FALSE;
    if (!target_check_here(options, "the journal of another host cannot be read from here", "ssh",
                           "logs", name, error))
        return FALSE;
    if (!open_journal(options, name, &journal, error) || !seek(journal, options, since, error))
        return FALSE;
    if (options->follow && sd_journal_get_fd(journal) < 0) { // before reading: nothing is missed
        g_set_error_literal(error, VMI_ERROR, VMI_ERROR_HOST,
                            "the journal cannot be followed here");
        return FALSE;
    }
    n = print_entries(journal, options, &last);
    if (n < 0) {
        vmi_set_error_errno(error, -n, "could not read the journal");
        return FALSE;
    }
    if (options->follow)
        return follow(journal, options, since, &last, error);
    if (n == 0)
        g_set_error(error, VMI_ERROR, VMI_ERROR_NOT_FOUND,
                    "the journal has no entries about \"%s\" in namespace \"%s\"%s", name,
                    options_namespace(options),
                    geteuid() == 0 ? "" : " that you may read; see the group systemd-journal");
    return n > 0;
}
