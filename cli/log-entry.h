// SPDX-License-Identifier: LGPL-2.1-or-later
// One entry of the journal about a guest, as a line for people or as JSON.
#pragma once

#include <systemd/sd-journal.h>

// "Jan 31 12:00:00 web: what the guest printed"
void log_entry_print_text(sd_journal *journal);
// {"time": …, "source": …, "priority": …, "message": …}
void log_entry_print_json(sd_journal *journal);
