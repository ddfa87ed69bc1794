// SPDX-License-Identifier: LGPL-2.1-or-later
// vmictl cancel: jobs by their numbers. Does not wait: who started the job hears of its end.
#include "base/error.h"
#include "cli/cli.h"
#include "cli/transport.h"
#include "cli/verbs.h"

static gboolean cancel(Transport *transport, const char *job, GError **error)
{
    g_autofree char *path = g_strdup_printf(CLI_ROOT_PATH "/job/%s", job);
    g_autoptr(GError) own = NULL;
    g_autoptr(GVariant) reply =
        transport_call(transport, path, CLI_JOB_INTERFACE, "Cancel", NULL, &own);

    if (reply)
        return TRUE;
    if (g_error_matches(own, VMI_ERROR, VMI_ERROR_NOT_FOUND))
        g_set_error(error, VMI_ERROR, VMI_ERROR_NOT_FOUND, "there is no job %s; it may have ended",
                    job);
    else
        g_propagate_error(error, g_steal_pointer(&own));
    return FALSE;
}

gboolean verb_cancel(const Verb *verb, const Options *options, char **args, GError **error)
{
    g_autoptr(Transport) transport = NULL;

    for (char **job = args; *job; job++)
        if (!g_ascii_string_to_unsigned(*job, 10, 1, G_MAXUINT32, NULL, NULL)) {
            cli_set_usage_error(error, "\"%s\" is not the number of a job; see `vmictl jobs`",
                                *job);
            return FALSE;
        }
    transport = transport_open(options, error);
    if (!transport)
        return FALSE;
    for (char **job = args; *job; job++)
        if (!cancel(transport, *job, error))
            return FALSE;
    return TRUE;
}
