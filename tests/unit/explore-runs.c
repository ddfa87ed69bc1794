// SPDX-License-Identifier: LGPL-2.1-or-later
// Walks every sequence of moves of a simulated host to a stated depth, breadth-first, so that the first thing that is wrong
// comes with the shortest sequence that leads to it. Worlds that go on alike are walked once. From each, everything must
// come to rest, and with nothing wanted any more, to nothing.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>

#include "explore-world.h"

typedef struct {
    World *world; // NULL once walked
    guint parent, run, move, depth;
    GArray *next; // guint: nodes that the moves lead to
} Node;

typedef struct {
    const Scenario *scenario;
    GPtrArray *nodes;  // Node
    GHashTable *known; // key -> index
} Walk;

static void node_free(gpointer data)
{
    Node *self = data;

    if (self->world)
        world_free(self->world);
    g_array_unref(self->next);
    g_free(self);
}

static Node *node_at(const Walk *self, guint i)
{
    return g_ptr_array_index(self->nodes, i);
}

static void tell_path(const Walk *self, guint i)
{
    const Node *node = node_at(self, i);

    if (i == 0)
        return;
    tell_path(self, node->parent);
    print_error("  %2u. run %u: %s\n", node->depth, node->run, world_move_name(node->move));
}

static void tell(const Walk *self, guint i, const char *then, const char *violation)
{
    print_error("%s: the shortest sequence:\n", self->scenario->name);
    tell_path(self, i);
    fail_msg("%s%s", then, violation);
}

// Takes WORLD over. Its index.
static guint add(Walk *self, World *world, guint parent, guint run, guint move)
{
    GBytes *key = world_key(world);
    gpointer known = NULL;
    Node *node = NULL;

    if (!world->violation && g_hash_table_lookup_extended(self->known, key, NULL, &known)) {
        g_bytes_unref(key);
        world_free(world);
        return GPOINTER_TO_UINT(known);
    }
    node = g_new0(Node, 1);
    node->world = world;
    node->parent = parent;
    node->run = run;
    node->move = move;
    node->depth = self->nodes->len > 0 ? node_at(self, parent)->depth + 1 : 0;
    node->next = g_array_new(FALSE, FALSE, sizeof(guint));
    g_ptr_array_add(self->nodes, node);
    g_hash_table_insert(self->known, key, GUINT_TO_POINTER(self->nodes->len - 1));
    return self->nodes->len - 1;
}

static void check_end(const Walk *self, guint i, gboolean gone)
{
    g_autoptr(World) end = world_copy(node_at(self, i)->world);

    world_settle(end, gone);
    if (end->violation)
        tell(self, i,
             gone ? "then nothing is wanted any more: " : "then all goes well: ", end->violation);
}

static void step(Walk *self, guint i)
{
    Node *node = node_at(self, i);

    for (guint run = 0; run < self->scenario->n_runs; run++)
        for (guint move = 0; move < world_n_moves(); move++) {
            World *world = world_copy(node->world);
            guint next = 0;

            if (!world_move(world, run, move)) {
                world_free(world);
                continue;
            }
            next = add(self, world, i, run, move);
            if (node_at(self, next)->world && node_at(self, next)->world->violation)
                tell(self, next, "", node_at(self, next)->world->violation);
            g_array_append_val(node->next, next);
        }
}

// How many sequences there are of each length up to the depth, those that lead to a known world counted as well.
static double count_sequences(const Walk *self)
{
    g_autofree double *now = g_new0(double, self->nodes->len);
    double all = 0;

    now[0] = 1;
    for (guint length = 1; length <= self->scenario->depth; length++) {
        double *then = g_new0(double, self->nodes->len);

        for (guint i = 0; i < self->nodes->len; i++)
            for (guint n = 0; now[i] > 0 && n < node_at(self, i)->next->len; n++)
                then[g_array_index(node_at(self, i)->next, guint, n)] += now[i];
        for (guint i = 0; i < self->nodes->len; i++)
            all += then[i];
        g_free(now);
        now = then;
    }
    return all;
}

static void walk(const Scenario *scenario)
{
    Walk self = { .scenario = scenario, .nodes = g_ptr_array_new_with_free_func(node_free) };

    self.known =
        g_hash_table_new_full(g_bytes_hash, g_bytes_equal, (GDestroyNotify)g_bytes_unref, NULL);
    add(&self, world_new(scenario), 0, 0, 0);
    for (guint i = 0; i < self.nodes->len; i++) {
        check_end(&self, i, FALSE);
        check_end(&self, i, TRUE);
        if (node_at(&self, i)->depth < scenario->depth)
            step(&self, i);
        g_clear_pointer(&node_at(&self, i)->world, world_free);
    }
    printf("%s: depth %u: %u states, %.3g sequences\n", scenario->name, scenario->depth,
           self.nodes->len, count_sequences(&self));
    g_hash_table_unref(self.known);
    g_ptr_array_unref(self.nodes);
}

static void one_run(void **state)
{
    static const Scenario scenario = {
        .name = "one run, everything", .n_runs = 1, .depth = 8, .moves = G_MAXUINT
    };

    walk(&scenario);
}

static void one_run_stops(void **state)
{
    static const Scenario scenario = { .name = "one run, starts and stops",
                                       .n_runs = 1,
                                       .depth = 10,
                                       .moves = MOVES_STOP | MOVES_GUEST | MOVES_CRASH };

    walk(&scenario);
}

static void one_run_paused(void **state)
{
    static const Scenario scenario = {
        .name = "one run, handed over paused",
        .n_runs = 1,
        .depth = 8,
        .start_paused = TRUE,
        .moves = MOVES_STOP | MOVES_PAUSE | MOVES_GUEST | MOVES_LOSE | MOVES_CRASH,
    };

    walk(&scenario);
}

static void two_runs_share_a_root(void **state)
{
    static const Scenario scenario = { .name = "two runs with one root disk",
                                       .n_runs = 2,
                                       .depth = 8,
                                       .roots_share = TRUE,
                                       .moves = MOVES_STOP | MOVES_CRASH };

    walk(&scenario);
}

static void two_runs_plug_a_claim(void **state)
{
    static const Scenario scenario = { .name = "two runs that plug one claim",
                                       .n_runs = 2,
                                       .depth = 7,
                                       .moves = MOVES_STOP | MOVES_PLUG };

    walk(&scenario);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_run),
        cmocka_unit_test(one_run_stops),
        cmocka_unit_test(one_run_paused),
        cmocka_unit_test(two_runs_share_a_root),
        cmocka_unit_test(two_runs_plug_a_claim),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
