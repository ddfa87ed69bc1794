// SPDX-License-Identifier: LGPL-2.1-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "guest/qemu-words.h"

static void test_words(void **state)
{
    static const struct {
        const char *message, *words;
    } rows[] = {
        { "internal error: process exited while connecting to monitor: "
          "2026-11-27T21:03:53.696139Z qemu-system-x86_64: -blockdev "
          "{\"driver\":\"file\",\"filename\":\"/a: b\"}: Could not open '/a: b': No such file or "
          "directory",
          "Could not open '/a: b': No such file or directory" },
        { "internal error: qemu unexpectedly closed the monitor: 2026-11-27T21:03:47.623327Z "
          "qemu-system-x86_64: -device nonsense,id=4: Parameter 'id' expects an identifier\n"
          "Identifiers consist of letters",
          "Parameter 'id' expects an identifier; Identifiers consist of letters" },
        { "internal error: QEMU unexpectedly closed the monitor (vm='default_web'): Could not "
          "access KVM kernel module: No such file or directory\n2026-11-27T21:03:47.6Z "
          "qemu-system-x86_64: warning: this host is old\n2026-11-27T21:03:47.6Z "
          "qemu-system-x86_64: failed to initialize kvm: No such file or directory",
          "Could not access KVM kernel module: No such file or directory; failed to initialize "
          "kvm: No such file or directory" },
        { "internal error: process exited while connecting to monitor", "" },
        { "internal error: process exited while connecting to monitor: no such luck",
          "no such luck" },
        { "internal error: Child process (LC_ALL=C PATH=/usr/bin /usr/bin/qemu-system-x86_64 "
          "-name guest=default_web,debug-threads=on) unexpected exit status 1: libvirt:  error : "
          "cannot execute binary /usr/bin/qemu-system-x86_64: Permission denied",
          "exit status 1: libvirt:  error : cannot execute binary /usr/bin/qemu-system-x86_64: "
          "Permission denied" },
        { "operation failed: domain is already active", NULL },
    };

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *words = qemu_words_find(rows[i].message);

        if (rows[i].words)
            assert_string_equal(words, rows[i].words);
        else
            assert_null(words);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_words) };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
