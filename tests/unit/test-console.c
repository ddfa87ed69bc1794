// SPDX-License-Identifier: LGPL-2.1-or-later
// The console with a socketpair in QEMU's place: lines, clients, a client that does not read, the end; and the line cutter by itself.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/error.h"
#include "guest/guest.h"
#include "guest/line-log.h"

typedef struct {
    int qemu; // the guest's end
    GuestConsole *console;
    GPtrArray *lines;
} Fixture;

static void collect(const char *line, gpointer user_data)
{
    g_ptr_array_add(user_data, g_strdup(line));
}

static int setup(void **state)
{
    Fixture *self = g_new0(Fixture, 1);
    int pair[2];

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair) < 0)
        return -1;
    self->qemu = pair[0];
    self->lines = g_ptr_array_new_with_free_func(g_free);
    self->console = guest_console_new(pair[1], "default", "t", collect, self->lines);
    *state = self;
    return 0;
}

static int teardown(void **state)
{
    Fixture *self = *state;

    guest_console_free(self->console);
    g_ptr_array_unref(self->lines);
    if (self->qemu >= 0)
        close(self->qemu);
    g_free(self);
    return 0;
}

static void turn(void)
{
    while (g_main_context_iteration(NULL, FALSE))
        ;
}

static void print(Fixture *self, const char *text)
{
    assert_int_equal(send(self->qemu, text, strlen(text), MSG_NOSIGNAL), strlen(text));
    turn();
}

// What can be read now, as text. NULL at the end of the stream.
static char *read_now(int fd)
{
    char data[1024];
    ssize_t n = recv(fd, data, sizeof(data), MSG_DONTWAIT);

    if (n == 0)
        return NULL;
    return n < 0 ? g_strdup("") : g_strndup(data, (gsize)n);
}

static void expect(int fd, const char *text)
{
    g_autofree char *got = read_now(fd);

    assert_non_null(got);
    assert_string_equal(got, text);
}

static void prints_to_log_and_clients(void **state)
{
    Fixture *self = *state;
    int early, late;

    early = guest_console_attach(self->console, NULL);
    print(self, "hello\r\nlog");
    late = guest_console_attach(self->console, NULL);
    turn();
    expect(early, "hello\r\nlog");
    expect(late, "hello\r\nlog"); // the past
    print(self, "in: ");
    expect(early, "in: ");
    expect(late, "in: ");
    assert_int_equal(self->lines->len, 1);
    assert_string_equal(self->lines->pdata[0], "hello");
    close(early);
    close(late);
}

static void takes_input_from_any_client(void **state)
{
    Fixture *self = *state;
    int a = guest_console_attach(self->console, NULL),
        b = guest_console_attach(self->console, NULL);

    assert_int_equal(write(a, "ro", 2), 2);
    turn();
    assert_int_equal(write(b, "ot", 2), 2);
    turn();
    expect(self->qemu, "root");
    close(a);
    turn(); // a client that leaves is no reason for the other to go
    assert_int_equal(write(b, "\n", 1), 1);
    turn();
    expect(self->qemu, "\n");
    close(b);
}

static void drops_a_slow_client_only(void **state)
{
    Fixture *self = *state;
    int slow = guest_console_attach(self->console, NULL);
    int quick = guest_console_attach(self->console, NULL);
    g_autofree char *text = g_strnfill(4095, 'x');
    gsize got = 0, sent = 0;
    char data[8192];
    ssize_t n;

    text[4094] = '\n';
    for (guint i = 0; i < 256; i++, sent += 4095) {
        print(self, text);
        while ((n = recv(quick, data, sizeof(data), MSG_DONTWAIT)) > 0)
            got += (gsize)n;
    }
    assert_int_equal(got, sent);
    // It still gets what had reached its socket, and then the end.
    while ((n = recv(slow, data, sizeof(data), MSG_DONTWAIT)) > 0)
        got -= (gsize)n;
    assert_int_equal(n, 0);
    assert_true(got > 0);
    print(self, "still here\n");
    expect(quick, "still here\n");
    close(slow);
    close(quick);
}

static void does_not_read_clients_while_the_guest_does_not(void **state)
{
    Fixture *self = *state;
    int client = guest_console_attach(self->console, NULL);
    g_autofree char *text = g_strnfill(4096, 'y');
    gsize put = 0, taken = 0;
    char data[8192];
    ssize_t n;

    // Ends when all buffers on the way are full, which they can only be when they are bounded.
    for (guint idle = 0; idle < 3;) {
        n = send(client, text, 4096, MSG_DONTWAIT | MSG_NOSIGNAL);
        put += n > 0 ? (gsize)n : 0;
        idle = n > 0 ? 0 : idle + 1;
        assert_true(put < 16 * 1024 * 1024);
        turn();
    }
    while (taken < put) {
        n = recv(self->qemu, data, sizeof(data), MSG_DONTWAIT);
        taken += n > 0 ? (gsize)n : 0;
        turn();
        assert_true(n > 0 || errno == EAGAIN);
    }
    close(client);
}

static void ends_with_the_guest(void **state)
{
    Fixture *self = *state;
    int client = guest_console_attach(self->console, NULL);
    g_autoptr(GError) error = NULL;

    print(self, "good bye");
    close(self->qemu);
    self->qemu = -1;
    turn();
    expect(client, "good bye");
    assert_null(read_now(client));
    close(client);
    assert_int_equal(self->lines->len, 1); // the unfinished line too
    assert_int_equal(guest_console_attach(self->console, &error), -1);
    assert_string_equal(error->message, "the guest \"t\" is gone");
}

// ---- lines ----

static GPtrArray *cut(const char *text, gsize length)
{
    GPtrArray *lines = g_ptr_array_new_with_free_func(g_free);
    LineLog log;

    line_log_init(&log);
    // Byte by byte and as a whole must be the same.
    for (gsize i = 0; i < length; i++)
        line_log_feed(&log, text + i, 1, 0, collect, lines);
    line_log_flush(&log, 0, collect, lines);
    line_log_done(&log);
    return lines;
}

static void has_room_for_so_many(void **state)
{
    Fixture *self = *state;
    g_autoptr(GError) error = NULL;
    g_autoptr(GArray) fds = g_array_new(FALSE, FALSE, sizeof(int));
    int fd;

    while ((fd = guest_console_attach(self->console, &error)) >= 0 && fds->len < 1000)
        g_array_append_val(fds, fd);
    assert_true(g_error_matches(error, VMI_ERROR, VMI_ERROR_BUSY));
    assert_in_range(fds->len, 8, 100);
    g_clear_error(&error);

    // One that leaves makes room.
    close(g_array_index(fds, int, 0));
    turn();
    g_array_index(fds, int, 0) = guest_console_attach(self->console, &error);
    assert_null(error);
    for (guint i = 0; i < fds->len; i++)
        close(g_array_index(fds, int, i));
}

static void cuts_lines(void **state)
{
    static const struct {
        const char *text, *lines; // joined by '|'
    } rows[] = {
        { "a\nb\r\nc", "a|b|c" },
        { "\n\r\n\n", "" },
        { "10%\r20%\r100%\ndone\n", "100%|done" },
        { "\x1b[32m[  OK  ]\x1b[0m Started\n", "[  OK  ] Started" },
        { "\x1b]0;title\a$ \x1b(Bls\n", "$ ls" },
        { "\x1b[99never ends\nnext\n", "ever ends|next" },
        { "bell\a nul\x7f\n", "bell\\x07 nul\\x7f" },
        { "gr\xc3\xbc\xc3\x9f\xff\n", "grüß\\xff" },
        { "cut \xc3\n", "cut \\xc3" },
        { "tab\there\n", "tab\there" },
    };

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GPtrArray) lines = cut(rows[i].text, strlen(rows[i].text));
        g_autofree char *joined = NULL;

        g_ptr_array_add(lines, NULL);
        joined = g_strjoinv("|", (char **)lines->pdata);
        assert_string_equal(joined, rows[i].lines);
    }
}

static void bounds_length_and_rate(void **state)
{
    g_autofree char *longest = g_strnfill(3 * LINE_LOG_MAX + 1, 'x');
    g_autoptr(GPtrArray) lines = cut(longest, 3 * LINE_LOG_MAX + 1);
    g_autoptr(GPtrArray) flood = g_ptr_array_new_with_free_func(g_free);
    LineLog log;

    assert_int_equal(lines->len, 4);
    assert_int_equal(strlen(lines->pdata[0]), LINE_LOG_MAX);
    assert_int_equal(strlen(lines->pdata[3]), 1);

    line_log_init(&log);
    // At any speed: however fast they come, no more than half of what journald takes from a service.
    for (guint i = 0; i < 9000; i++)
        line_log_feed(&log, "x\n", 2, 1 + i * (29 * G_USEC_PER_SEC / 9000), collect, flood);
    assert_int_equal(flood->len, 5000);
    line_log_feed(&log, "calm\n", 5, 1 + 30 * G_USEC_PER_SEC, collect, flood);
    assert_int_equal(flood->len, 5002);
    assert_string_equal(flood->pdata[5000], "(4000 lines left out: the guest prints too much)");
    assert_string_equal(flood->pdata[5001], "calm");
    line_log_done(&log);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(prints_to_log_and_clients, setup, teardown),
        cmocka_unit_test_setup_teardown(takes_input_from_any_client, setup, teardown),
        cmocka_unit_test_setup_teardown(drops_a_slow_client_only, setup, teardown),
        cmocka_unit_test_setup_teardown(does_not_read_clients_while_the_guest_does_not, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(ends_with_the_guest, setup, teardown),
        cmocka_unit_test_setup_teardown(has_room_for_so_many, setup, teardown),
        cmocka_unit_test(cuts_lines),
        cmocka_unit_test(bounds_length_and_rate),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
