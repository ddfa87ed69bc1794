// SPDX-License-Identifier: LGPL-2.1-or-later
// The table of ends; see outcome.h.
#include "runs/outcome.h"

enum {
    NEARLY = 2 * G_USEC_PER_SEC, // systemd's clock and ours do not start at the same instant
};

// What of a stop is needed for a row to apply.
typedef enum {
    STOP_ANY = 0,
    STOP_ASKED,     // the guest was asked to shut down
    STOP_WITH_HOST, // and that because systemd stops everything
    STOP_SYSTEMD, // it was asked, and systemd kills the scope by itself: when it says so, or as nearly all of the time is over
    STOP_KILLED,  // vmid killed it
    STOP_EXPIRED, // because the grace period was over
} Stop;

enum {
    SHUTDOWN = 1 << RUN_WORD_SHUTDOWN,
    KILLED = 1 << RUN_WORD_KILLED,
    CRASHED = 1 << RUN_WORD_CRASHED,
    NONE = 1 << RUN_WORD_NONE,
    MISSED = 1 << RUN_WORD_MISSED,
    BOOTED = 1 << RUN_WORD_BOOTED,
};

// The first row that fits.
static const struct {
    guint words;
    Stop stop;
    RunEnd end;
} rows[] = {
    // The host went down under it, whatever was about to happen.
    { BOOTED, STOP_ANY, API_RUN_END_HOST_REBOOTED },
    // It shut down, in time.
    { SHUTDOWN, STOP_WITH_HOST, API_RUN_END_HOST_SHUTDOWN },
    { SHUTDOWN, STOP_ASKED, API_RUN_END_GUEST_STOPPED },
    { SHUTDOWN, STOP_KILLED, API_RUN_END_GUEST_STOPPED },
    { SHUTDOWN, STOP_ANY, API_RUN_END_GUEST_SHUTDOWN },
    // vmid killed it; libvirt may call that a crash, since QEMU's monitor went away.
    { KILLED | CRASHED | NONE | MISSED, STOP_EXPIRED, API_RUN_END_GRACE_PERIOD_EXPIRED },
    { KILLED | CRASHED | NONE | MISSED, STOP_KILLED, API_RUN_END_GUEST_STOPPED },
    // vmid asked the guest, and systemd killed it when the same time was over.
    { KILLED | CRASHED | NONE, STOP_SYSTEMD, API_RUN_END_GRACE_PERIOD_EXPIRED },
    { KILLED, STOP_ANY, API_RUN_END_GUEST_KILLED },
    { CRASHED, STOP_ANY, API_RUN_END_GUEST_CRASHED },
    { NONE | MISSED, STOP_ANY, API_RUN_END_GUEST_LOST },
};

static gboolean fits(const RunStop *stop, Stop needed, gint64 now)
{
    gboolean asked = stop && api_bool_or(stop->asked, FALSE);
    gboolean killed = stop && api_bool_or(stop->killed, FALSE);

    switch (needed) {
    case STOP_ANY:
        return TRUE;
    case STOP_ASKED:
        return asked;
    case STOP_WITH_HOST:
        return asked && api_bool_or(stop->with_host, FALSE);
    case STOP_SYSTEMD:
        return asked && (api_bool_or(stop->by_systemd, FALSE) ||
                         now + NEARLY >= api_int_or(stop->deadline, G_MAXINT64));
    case STOP_KILLED:
        return killed;
    case STOP_EXPIRED:
        return killed && api_bool_or(stop->expired, FALSE);
    }
    return FALSE;
}

RunEnd run_end_decide(const RunRecord *record, RunWord word, gint64 now)
{
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++)
        if (rows[i].words & (1U << word) && fits(record->stop, rows[i].stop, now))
            return rows[i].end;
    return API_RUN_END_GUEST_LOST;
}

gboolean run_end_succeeded(RunEnd end)
{
    return end == API_RUN_END_GUEST_SHUTDOWN || end == API_RUN_END_GUEST_STOPPED ||
           end == API_RUN_END_HOST_SHUTDOWN;
}

const char *run_end_describe(RunEnd end)
{
    static const char *const sentences[] = {
        [API_RUN_END_UNSET] = "the guest has not ended",
        [API_RUN_END_GUEST_SHUTDOWN] = "the guest powered itself off",
        [API_RUN_END_GUEST_STOPPED] = "the guest was stopped as asked",
        [API_RUN_END_HOST_SHUTDOWN] = "the guest was shut down together with the host",
        [API_RUN_END_GRACE_PERIOD_EXPIRED] =
            "the guest did not shut down within its grace period and was killed",
        [API_RUN_END_GUEST_KILLED] = "the guest was killed, but not by vmid",
        [API_RUN_END_GUEST_CRASHED] = "the guest panicked or its QEMU died",
        [API_RUN_END_GUEST_LOST] = "the guest ended, and nobody saw how",
        [API_RUN_END_HOST_REBOOTED] = "the host was booted while the guest ran",
    };

    return sentences[end];
}
