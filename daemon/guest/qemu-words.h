// SPDX-License-Identifier: LGPL-2.1-or-later
// Why a QEMU did not come to life, as a sentence: libvirt hands on what QEMU printed, with times, program names and pieces of its command line.
#pragma once

#include <glib.h>

// What QEMU itself said in MESSAGE, an error of libvirt's, in one line; "" when it said nothing; NULL when MESSAGE is about something else. Owned.
char *qemu_words_find(const char *message);

// Sets *error from this thread's last libvirt error, of a start of DOMAIN_NAME below ROOT.
void qemu_words_set_error(GError **error, const char *root, const char *domain_name);
