// SPDX-License-Identifier: LGPL-2.1-or-later
// vmi-leader: the process of a guest that systemd-machined sends signals to. machinectl(1) asks a machine to power off by SIGRTMIN+4 to its
// leader, and to reboot by SIGINT, which are what an init in a container obeys; QEMU dies of both. This one hands them on to vmid, in a FIFO
// that keeps them while vmid is away, and ends with QEMU.
//
// Usage: vmi-leader USER, with the FIFO as descriptor 0, a pidfd of QEMU as descriptor 1, and both signals blocked. One byte for each
// signal: see guest/leader.h.
#include <errno.h>
#include <grp.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "guest/leader-protocol.h"

enum {
    FIFO = STDIN_FILENO,
    QEMU = STDOUT_FILENO,
};

static int become(const char *user)
{
    uid_t id = (uid_t)strtoul(user, NULL, 10);

    if (id == 0 || setgroups(0, NULL) < 0 || setresgid(id, id, id) < 0 || setresuid(id, id, id) < 0)
        return -1;
    return chdir("/");
}

// What vmid does not take, as its FIFO is full, has been asked for often enough.
static void hand_on(int signals)
{
    struct signalfd_siginfo info;

    while (read(signals, &info, sizeof(info)) == sizeof(info)) {
        char byte = info.ssi_signo == SIGINT ? LEADER_REBOOT : LEADER_POWEROFF;

        if (write(FIFO, &byte, 1) < 0 && errno != EAGAIN)
            return;
    }
}

int main(int argc, char **argv)
{
    struct pollfd polled[2] = { { .fd = QEMU, .events = POLLIN }, { .events = POLLIN } };
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGRTMIN + 4);
    polled[1].fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
    if (argc != 2 || polled[1].fd < 0 || become(argv[1]) < 0)
        return EXIT_FAILURE;
    while (polled[0].revents == 0) {
        if (poll(polled, 2, -1) < 0 && errno != EINTR)
            return EXIT_FAILURE;
        hand_on(polled[1].fd);
    }
    return EXIT_SUCCESS;
}
