// SPDX-License-Identifier: LGPL-2.1-or-later
// polkit's text agent, so that a person on a plain terminal can be asked for a password.
#pragma once

#include <glib.h>

typedef struct AskPassword AskPassword;

// Starts pkttyagent(1) when there is a terminal, the caller is not root and the program is installed; else NULL.
AskPassword *ask_password_start(void);
void ask_password_stop(AskPassword *self); // NULL is fine
