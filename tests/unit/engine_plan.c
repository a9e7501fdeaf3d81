/* The order of work. */
#include "tests/unit/unit.h"

#include "engine/plan.h"

static void expect_next(struct plan *plan, size_t expected)
{
    size_t node;
    assert_true(plan_next(plan, &node));
    assert_int_equal(node, expected);
}

static void expect_none(struct plan *plan)
{
    size_t node;
    assert_false(plan_next(plan, &node));
}

/* 0 requires 1 and 2; 1 requires 3; 4 stands alone. */
static const struct edge edges[] = {{0, 1}, {0, 2}, {1, 3}};

static void test_forward(void **state)
{
    struct ctx ctx = unit_begin(0);
    struct plan *plan = plan_create(ctx.arena, 5, edges, COUNT_OF(edges), false);
    expect_next(plan, 2);
    expect_next(plan, 3);
    expect_next(plan, 4);
    expect_none(plan);
    plan_done(plan, 2);
    expect_none(plan);
    plan_done(plan, 3);
    expect_next(plan, 1);
    plan_done(plan, 1);
    plan_done(plan, 1); /* twice is once */
    expect_next(plan, 0);
    expect_none(plan);
    assert_false(plan_over(plan));
    plan_done(plan, 0);
    plan_done(plan, 4);
    assert_true(plan_over(plan));
    unit_end(&ctx);
}

static void test_reverse(void **state)
{
    struct ctx ctx = unit_begin(0);
    struct plan *plan = plan_create(ctx.arena, 5, edges, COUNT_OF(edges), true);
    expect_next(plan, 0);
    expect_next(plan, 4);
    expect_none(plan);
    plan_done(plan, 0);
    expect_next(plan, 1);
    expect_next(plan, 2);
    plan_done(plan, 1);
    expect_next(plan, 3);
    unit_end(&ctx);
}

/* What is done already when the plan is made is never handed out, and counts for what requires it. */
static void test_resumed(void **state)
{
    struct ctx ctx = unit_begin(0);
    struct plan *plan = plan_create(ctx.arena, 5, edges, COUNT_OF(edges), false);
    plan_done(plan, 3);
    plan_done(plan, 2);
    plan_done(plan, 4);
    expect_next(plan, 1);
    expect_none(plan);
    plan_done(plan, 1);
    expect_next(plan, 0);
    unit_end(&ctx);
}

/* 0 and 1 require each other, 2 requires 0: what cannot be ready by itself is made so, one at a time. */
static void test_circle(void **state)
{
    static const struct edge circle[] = {{0, 1}, {1, 0}, {2, 0}};
    struct ctx ctx = unit_begin(0);
    struct plan *plan = plan_create(ctx.arena, 3, circle, COUNT_OF(circle), false);
    expect_none(plan);
    assert_true(plan_force(plan));
    expect_next(plan, 0);
    expect_none(plan);
    plan_done(plan, 0);
    expect_next(plan, 1);
    expect_next(plan, 2);
    plan_done(plan, 1);
    plan_done(plan, 2);
    assert_true(plan_over(plan));
    assert_false(plan_force(plan));
    unit_end(&ctx);
}

static void test_empty(void **state)
{
    struct ctx ctx = unit_begin(0);
    struct plan *plan = plan_create(ctx.arena, 0, NULL, 0, false);
    expect_none(plan);
    assert_true(plan_over(plan));
    unit_end(&ctx);
}

/* Random graphs: each node comes exactly once, and never before what it requires. */
static void test_random(void **state)
{
    enum { NODES = 60, EDGES = 200 };
    struct ctx ctx = unit_begin(0);
    unsigned seed = 1;
    for (int round = 0; round < 50; round++) {
        struct edge random[EDGES];
        bool done[NODES] = {false};
        for (size_t i = 0; i < EDGES; i++) {
            seed = seed * 1103515245 + 12345;
            size_t a = (seed >> 8) % NODES, b = (seed >> 16) % NODES;
            random[i] = a > b ? (struct edge){a, b} : (struct edge){b, a == b ? (b ? b - 1 : 0) : a};
            if (random[i].from == random[i].to)
                random[i] = (struct edge){1, 0};
        }
        struct plan *plan = plan_create(ctx.arena, NODES, random, EDGES, false);
        size_t node, count = 0;
        while (plan_next(plan, &node)) {
            assert_false(done[node]);
            for (size_t i = 0; i < EDGES; i++)
                assert_true(random[i].from != node || done[random[i].to]);
            done[node] = true;
            plan_done(plan, node);
            count++;
        }
        assert_int_equal(count, NODES);
        assert_true(plan_over(plan));
    }
    unit_end(&ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_forward), cmocka_unit_test(test_reverse), cmocka_unit_test(test_resumed),
        cmocka_unit_test(test_empty),   cmocka_unit_test(test_random),  cmocka_unit_test(test_circle),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
