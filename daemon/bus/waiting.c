// SPDX-License-Identifier: LGPL-2.1-or-later
// See waiting.h. Pure.
#include "bus/waiting.h"

#include "base/error.h"

typedef struct {
    gsize calls, bytes;
} Amount;

// Of one user. A manifest of the greatest size fits.
static const Amount user_max = { 64, 16u * 1024 * 1024 };
// While the user is not known, for as long as the bus takes to say. Generous, as root's calls pass here too, and a program may send
// many without waiting for each.
static const Amount sender_max = { 1024, 32u * 1024 * 1024 };
static const Amount unknown_max = { 8192, 128u * 1024 * 1024 };

static void add(Amount *amount, const WaitingCall *call)
{
    amount->calls++;
    amount->bytes += call->bytes;
}

static gboolean exceeds(const Amount *amount, const Amount *max)
{
    return amount->calls > max->calls || amount->bytes > max->bytes;
}

gboolean waiting_add(GQueue *queue, WaitingCall *self, GError **error)
{
    Amount of_sender = { 0 }, unknown = { 0 };

    add(&of_sender, self);
    add(&unknown, self);
    for (GList *link = queue->head; link; link = link->next) {
        const WaitingCall *other = link->data;

        if (other->known)
            continue;
        add(&unknown, other);
        if (g_str_equal(other->sender, self->sender))
            add(&of_sender, other);
    }
    if (exceeds(&of_sender, &sender_max) || exceeds(&unknown, &unknown_max)) {
        g_set_error_literal(error, VMI_ERROR, VMI_ERROR_BUSY,
                            "too many calls at once; wait for the answers to those that were sent");
        return FALSE;
    }
    self->link.data = self;
    g_queue_push_tail_link(queue, &self->link);
    return TRUE;
}

gboolean waiting_identify(GQueue *queue, WaitingCall *self, uid_t uid, gboolean exempt,
                          GError **error)
{
    Amount amount = { 0 };

    self->known = TRUE;
    self->uid = uid;
    for (GList *link = queue->head; link; link = link->next) {
        const WaitingCall *other = link->data;

        if (other->known && other->uid == uid)
            add(&amount, other);
    }
    if (exempt || !exceeds(&amount, &user_max))
        return TRUE;
    g_set_error(error, VMI_ERROR, VMI_ERROR_BUSY,
                "user %u has too many calls that wait for authorization; answer those first",
                (guint)uid);
    return FALSE;
}

void waiting_remove(GQueue *queue, WaitingCall *self)
{
    if (self->link.data)
        g_queue_unlink(queue, &self->link);
    self->link.data = NULL;
}
