// SPDX-License-Identifier: LGPL-2.1-or-later
// For builds with AddressSanitizer only. GCC's runtime does not hold its allocator's locks over fork(2): a child that is made while another
// thread allocates may wait for ever at its first malloc(3), before it executes anything. libvirt makes such children. LeakSanitizer
// has what locks them; these are its names in libasan.a, which vmid is linked with for that.
#include <pthread.h>
#include <stdlib.h>

void lock_allocator(void) __asm__("_ZN6__lsan13LockAllocatorEv");
void unlock_allocator(void) __asm__("_ZN6__lsan15UnlockAllocatorEv");
void lock_stacks(void) __asm__("_ZN11__sanitizer17StackDepotLockAllEv");
void unlock_stacks(void) __asm__("_ZN11__sanitizer19StackDepotUnlockAllEv");

static void before(void)
{
    lock_allocator();
    lock_stacks();
}

static void after(void)
{
    unlock_stacks();
    unlock_allocator();
}

__attribute__((constructor)) static void hold_locks_over_fork(void)
{
    if (pthread_atfork(before, after, after) != 0)
        abort();
}
