// SPDX-License-Identifier: LGPL-2.1-or-later
// Structured logging; see log.h. Owns the table of message ids.
#define SD_JOURNAL_SUPPRESS_LOCATION
#include "manager/log.h"

#include <stdio.h>
#include <systemd/sd-journal.h>
#include <unistd.h>

static const LogEntry entries[] = {
    { "Created", "6c0ad7afbe2c4cde8b5ac8385e0e06c4", "an instance was defined" },
    { "Configured", "5e186be9140646f29d7382ba1d069fa3", "an instance's definition was changed" },
    { "Waiting", "6755211e14ee4f9bb0078ea4cae12526",
      "an instance waits for an object that does not exist yet" },
    { "Started", "cd5af26248814c509041f94381023c77", "a guest runs" },
    { "Adopted", "bd6af177a2ee405ab57106bfdad5a113", "a guest that ran already was found again" },
    { "StartFailed", "ddba404b267e4f8f9a42106866d2bca0", "a guest could not be started" },
    { "StartCancelled", "634727a054e84fc89993e2b71bb5f0f9", "a start was given up as asked" },
    { "Stopping", "83b15d0f2f3b4fe182ae341d4e21cd40", "a guest was asked to shut down" },
    { "GuestStopped", "13308b12c8484cfaa4b1d6853669dd6c", "a guest was stopped as asked" },
    { "GuestShutdown", "f0927e7d3d3d4b57986b2190fc208329", "a guest powered itself off" },
    { "GracePeriodExpired", "d277f8c58bea4713a2783a116f7e6522",
      "a guest was killed, as it did not shut down in time" },
    { "GuestKilled", "a3691ac0ed6a49fab4269b806f49a985", "a guest was killed by somebody else" },
    { "GuestCrashed", "7bc14b10e6234a939d417f945bd1ccbc", "a guest panicked or its QEMU died" },
    { "GuestLost", "afe92df46e8f4ecca2c3cda1145e4325", "a guest was gone when vmid started" },
    { "HostRebooted", "9a72977bb8594002907d837c9ae3ce65", "the host was booted while a guest ran" },
    { "Paused", "034e01285bc442e8abc625190a064ae2", "a guest was paused" },
    { "Unpaused", "7b9eb9092da040dbb4fec7fabba8d68d", "a guest was resumed" },
    { "VolumeAttached", "863e9ee1c398471d859e8ffb24e42269",
      "a volume was added to a running guest" },
    { "VolumeDetached", "4644ac2eb68043648ce6c4fc1a009dc4",
      "a volume was taken from a running guest" },
    { "IOError", "14ad2044a32c4ee2bf709a0e073cb24b", "QEMU could not read or write a volume" },
    { "Rebooted", "53a0248d6a6e47c0954734d02a02d79c", "a guest rebooted" },
    { "Problem", "5b767fb731fc4d6699d2092555326603",
      "vmid met something that it cannot do or read" },
};

const LogEntry *log_entry(guint index)
{
    return index < G_N_ELEMENTS(entries) ? &entries[index] : NULL;
}

static const char *message_id(const char *reason)
{
    for (gsize i = 0; i < G_N_ELEMENTS(entries); i++)
        if (g_strcmp0(entries[i].reason, reason) == 0)
            return entries[i].message_id;
    return NULL;
}

static void add_field(GPtrArray *fields, const char *name, const char *value)
{
    if (value && *value)
        g_ptr_array_add(fields, g_strdup_printf("%s=%s", name, value));
}

void log_message(int priority, const LogContext *context, const char *message)
{
    g_autoptr(GPtrArray) fields = g_ptr_array_new_with_free_func(g_free);
    const char *id = message_id(context->reason);
    g_autofree struct iovec *vectors = NULL;

    g_ptr_array_add(fields, g_strdup_printf("PRIORITY=%d", priority));
    g_ptr_array_add(
        fields, g_strdup_printf("MESSAGE=%s%s%s%s%s", context->namespace ? context->namespace : "",
                                context->namespace ? "/" : "", context->name ? context->name : "",
                                context->name ? ": " : "", message));
    add_field(fields, "SYSLOG_IDENTIFIER", "vmid");
    add_field(fields, "VMI_NAMESPACE", context->namespace);
    add_field(fields, "VMI_NAME", context->name);
    add_field(fields, "VMI_REASON", context->reason);
    add_field(fields, "MESSAGE_ID", id);
    if (context->job_id > 0)
        g_ptr_array_add(fields, g_strdup_printf("JOB_ID=%u", context->job_id));
    vectors = g_new0(struct iovec, fields->len);
    for (guint i = 0; i < fields->len; i++)
        vectors[i] = (struct iovec){ .iov_base = g_ptr_array_index(fields, i),
                                     .iov_len = strlen(g_ptr_array_index(fields, i)) };
    sd_journal_sendv(vectors, (int)fields->len);
    // A person who runs vmid by hand wants to see it too.
    if (isatty(STDERR_FILENO))
        fprintf(stderr, "%s\n", (const char *)g_ptr_array_index(fields, 1) + strlen("MESSAGE="));
}
