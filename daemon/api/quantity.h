// SPDX-License-Identifier: LGPL-2.1-or-later
// Kubernetes quantities, exactly: "64M", "1Gi", "0.5", "100m", "1e3", "2E". Grammar and rounding (up, away from zero, to
// nano) from k8s.io/apimachinery resource.Quantity; the range is that of a signed 64-bit integer.
#pragma once

#include <glib.h>

// Any value is a multiple of 10^-9.
typedef __int128 ApiNano;

gboolean api_quantity_parse(const char *text, ApiNano *ret_nano,
                            GError **error) G_GNUC_WARN_UNUSED_RESULT;

// The value rounded up to a whole number (bytes, CPUs) / to thousandths; TEXT NULL or unparsable gives FALLBACK
// (decoding has already refused unparsable text).
gint64 api_quantity_value(const char *text, gint64 fallback);
gint64 api_quantity_milli(const char *text, gint64 fallback);

int api_quantity_compare(const char *a, const char *b); // <0, 0, >0; both must parse

// Shortest binary form, as Kubernetes prints sizes: 1073741824 -> "1Gi", 1000 -> "1000". Owned.
char *api_quantity_format_bytes(guint64 bytes);
