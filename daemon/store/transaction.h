// SPDX-License-Identifier: LGPL-2.1-or-later
// Private to store/. A change of several definitions as one file, <objects>/.transaction. The file is written, synced and given its name
// before the first definition changes, and is removed when all have. From the moment it has its name the change is made, whatever
// happens to vmid or to the host's power: whoever finds it finishes it. Its text is lines, with the definitions as they are stored:
//
//     vmi transaction 1
//     put secrets/default/a 123
//     (123 bytes)
//     put namespaces//b 45
//     (45 bytes)
//     end
#pragma once

#include "store/store-internal.h"

#define TRANSACTION_FILE ".transaction" // no kind begins with a dot

void transaction_begin(GString *text);
void transaction_put(GString *text, const StorePlace *place, const char *definition, gsize length);
void transaction_end(GString *text);

// A definition that is put; what it gets is borrowed for the call.
typedef gboolean (*TransactionPut)(const StorePlace *place, const char *definition, gsize length,
                                   gpointer user_data, GError **error);
// Calls PUT for each; ends at the first that fails. Fails with INVALID when TEXT is no transaction.
gboolean transaction_read(const char *text, gsize length, TransactionPut put, gpointer user_data,
                          GError **error) G_GNUC_WARN_UNUSED_RESULT;
