/* The permitted changes of state: each row of states.def passes, and what is in no row does not. */
#include "tests/unit/unit.h"

#include "engine/state.h"

static bool may(enum state_owner owner, struct state from, struct state to)
{
    struct ctx ctx = unit_begin(0);
    struct state state = from;
    bool permitted = state_change(&ctx, owner, &state, to.action, to.status) == 0;
    if (permitted) {
        assert_int_equal(state.action, to.action);
        assert_int_equal(state.status, to.status);
    } else {
        assert_int_equal(ctx.error.fault, FAULT_INTERNAL);
        assert_int_equal(state.action, from.action);
        assert_int_equal(state.status, from.status);
    }
    unit_end(&ctx);
    return permitted;
}

#define MAY(owner, a, b, c, d)                                                                               \
    may(OWNER_##owner, (struct state){ACTION_##a, STATUS_##b}, (struct state){ACTION_##c, STATUS_##d})

static void test_resource(void **state)
{
    assert_true(MAY(RESOURCE, INIT, COMPLETE, CREATE, IN_PROGRESS));
    assert_true(MAY(RESOURCE, CREATE, IN_PROGRESS, CREATE, COMPLETE));
    assert_true(MAY(RESOURCE, CREATE, IN_PROGRESS, CREATE, FAILED));
    assert_true(MAY(RESOURCE, CREATE, COMPLETE, DELETE, IN_PROGRESS));
    assert_true(MAY(RESOURCE, CREATE, FAILED, DELETE, IN_PROGRESS));
    assert_true(MAY(RESOURCE, DELETE, FAILED, DELETE, IN_PROGRESS));
    assert_true(MAY(RESOURCE, DELETE, IN_PROGRESS, DELETE, COMPLETE));
    assert_true(MAY(RESOURCE, DELETE, IN_PROGRESS, DELETE, FAILED));
    assert_true(MAY(RESOURCE, CREATE, COMPLETE, UPDATE, IN_PROGRESS));
    assert_true(MAY(RESOURCE, UPDATE, IN_PROGRESS, UPDATE, COMPLETE));
    assert_true(MAY(RESOURCE, UPDATE, IN_PROGRESS, UPDATE, FAILED));
    assert_true(MAY(RESOURCE, UPDATE, FAILED, UPDATE, IN_PROGRESS)); /* a nested stack; others are replaced */
    assert_false(MAY(RESOURCE, CREATE, IN_PROGRESS, UPDATE, IN_PROGRESS));
    assert_true(MAY(RESOURCE, CREATE, COMPLETE, SUSPEND, IN_PROGRESS));
    assert_true(MAY(RESOURCE, SUSPEND, FAILED, SUSPEND, IN_PROGRESS));
    assert_true(MAY(RESOURCE, SUSPEND, IN_PROGRESS, SUSPEND, FAILED));
    assert_true(MAY(RESOURCE, SUSPEND, COMPLETE, RESUME, IN_PROGRESS));
    assert_true(MAY(RESOURCE, CREATE, FAILED, SNAPSHOT, IN_PROGRESS));
    assert_true(MAY(RESOURCE, CREATE, COMPLETE, CHECK, COMPLETE));
    assert_true(MAY(RESOURCE, INIT, COMPLETE, ADOPT, IN_PROGRESS));
    assert_true(MAY(RESOURCE, ADOPT, COMPLETE, DELETE, IN_PROGRESS));
    assert_false(MAY(RESOURCE, CREATE, COMPLETE, RESUME, IN_PROGRESS));
    assert_false(MAY(RESOURCE, CREATE, FAILED, SUSPEND, IN_PROGRESS));
    assert_false(MAY(RESOURCE, CREATE, IN_PROGRESS, CHECK, COMPLETE));
    assert_false(MAY(RESOURCE, CREATE, COMPLETE, ADOPT, IN_PROGRESS));
    assert_false(MAY(RESOURCE, INIT, COMPLETE, CREATE, COMPLETE));
    assert_false(MAY(RESOURCE, CREATE, COMPLETE, CREATE, IN_PROGRESS));
    assert_false(MAY(RESOURCE, CREATE, IN_PROGRESS, DELETE, IN_PROGRESS));
    assert_false(MAY(RESOURCE, DELETE, COMPLETE, CREATE, IN_PROGRESS));
}

static void test_stack(void **state)
{
    assert_true(MAY(STACK, CREATE, IN_PROGRESS, CREATE, COMPLETE));
    assert_true(MAY(STACK, CREATE, IN_PROGRESS, CREATE, FAILED));
    assert_true(MAY(STACK, CREATE, FAILED, ROLLBACK, IN_PROGRESS));
    assert_true(MAY(STACK, UPDATE, IN_PROGRESS, UPDATE, COMPLETE));
    assert_true(MAY(STACK, UPDATE, IN_PROGRESS, UPDATE, FAILED));
    assert_true(MAY(STACK, UPDATE, FAILED, ROLLBACK, IN_PROGRESS));
    assert_false(MAY(STACK, UPDATE, COMPLETE, ROLLBACK, IN_PROGRESS));
    assert_true(MAY(STACK, ROLLBACK, IN_PROGRESS, ROLLBACK, COMPLETE));
    assert_true(MAY(STACK, ROLLBACK, IN_PROGRESS, ROLLBACK, FAILED));
    assert_true(MAY(STACK, ROLLBACK, IN_PROGRESS, DELETE, IN_PROGRESS));
    assert_true(MAY(STACK, DELETE, IN_PROGRESS, DELETE, COMPLETE));
    assert_true(MAY(STACK, DELETE, IN_PROGRESS, DELETE, FAILED));
    assert_true(MAY(STACK, SUSPEND, IN_PROGRESS, SUSPEND, FAILED));
    assert_true(MAY(STACK, CHECK, IN_PROGRESS, CHECK, COMPLETE));
    assert_true(MAY(STACK, ADOPT, FAILED, ROLLBACK, IN_PROGRESS));
    assert_true(MAY(STACK, SNAPSHOT, IN_PROGRESS, DELETE, IN_PROGRESS));
    assert_false(MAY(STACK, SUSPEND, COMPLETE, SUSPEND, FAILED));
    assert_false(MAY(STACK, CREATE, COMPLETE, ROLLBACK, IN_PROGRESS));
    assert_false(MAY(STACK, CREATE, COMPLETE, CREATE, IN_PROGRESS));
    assert_false(MAY(STACK, DELETE, COMPLETE, CREATE, IN_PROGRESS));
}

static void test_names(void **state)
{
    struct ctx ctx = unit_begin(0);
    struct state read;
    assert_int_equal(state_read(&ctx, "ROLLBACK", "FAILED", &read), 0);
    assert_true(state_is(read, ACTION_ROLLBACK, STATUS_FAILED));
    assert_string_equal(action_name(ACTION_ROLLBACK), "ROLLBACK");
    assert_int_equal(state_read(&ctx, "FLY", "FAILED", &read), -1);
    unit_end(&ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_resource),
        cmocka_unit_test(test_stack),
        cmocka_unit_test(test_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
