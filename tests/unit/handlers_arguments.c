/* Arguments of requests: Heat's rules for booleans, numbers, lists, states and order. */
#include "tests/unit/unit.h"

#include <string.h>

#include "handlers/arguments.h"

struct fixture {
    struct arena *arena;
    struct request request;
};

static int set_up(void **state)
{
    struct arena *arena = arena_create(0);
    struct fixture *fixture = arena_new(arena, struct fixture);
    fixture->arena = arena;
    fixture->request.ctx.arena = arena;
    *state = fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;
    arena_destroy(fixture->arena);
    return 0;
}

static struct request *with_query(void **state, size_t count, const struct query_item *items)
{
    struct fixture *fixture = *state;
    error_clear(&fixture->request.ctx);
    fixture->request.query = arena_array(fixture->arena, struct query_item, count ? count : 1);
    if (count)
        memcpy(fixture->request.query, items, count * sizeof *items);
    fixture->request.query_count = count;
    return &fixture->request;
}
#define QUERY(state, ...)                                                                                    \
    with_query((state), COUNT_OF(((const struct query_item[]){__VA_ARGS__})),                                \
               (const struct query_item[]){__VA_ARGS__})

static void booleans_are_true_or_false_in_any_case(void **state)
{
    struct request *request = QUERY(state, {"a", "TRUE"}, {"b", "false"}, {"c", "1"}, {"d", ""});
    assert_int_equal(argument_boolean(request, "a", false), 1);
    assert_int_equal(argument_boolean(request, "b", true), 0);
    assert_int_equal(argument_boolean(request, "d", true), 1);
    assert_int_equal(argument_boolean(request, "none", true), 1);
    assert_int_equal(argument_boolean(request, "c", true), -1);
    assert_string_equal(request->ctx.error.message,
                        "Unrecognized value \"1\" for \"c\", acceptable values are: true, false.");
    error_clear(&request->ctx);
    assert_int_equal(argument_boolean_strict(request, "d", true), -1);
}

static void integers_are_what_python_prints(void **state)
{
    static const char *const good[] = {"0", "7", "120"}, *const bad[] = {"05",   "",   " 5", "5.0",
                                                                         "True", "-0", "+1"};
    struct fixture *fixture = *state;
    struct ctx *ctx = &fixture->request.ctx;
    for (size_t i = 0; i < COUNT_OF(good); i++)
        assert_int_equal(integer_check(ctx, "limit", good[i]), 0);
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        assert_int_equal(integer_check(ctx, "limit", bad[i]), -1);
        assert_string_equal(ctx->error.message, "Only integer is acceptable by 'limit'.");
        error_clear(ctx);
    }
    assert_int_equal(integer_check(ctx, "limit", "-1"), -1);
    assert_string_equal(ctx->error.message,
                        "Value '-1' is invalid for 'limit' which only accepts non-negative integer.");
}

static void large_integers_stay_in_range(void **state)
{
    assert_int_equal(integer_of("99999999999999999999999", 5), 5);
    assert_int_equal(integer_of("4", 5), 4);
    struct request *request = QUERY(state, {"limit", "99999999999999999999999"});
    const char *text = NULL;
    assert_int_equal(argument_integer(request, "limit", &text), 0);
    assert_string_equal(text, "9223372036854775807");
}

static void repeated_filters_combine(void **state)
{
    struct request *request = QUERY(state, {"name", "a\"b"}, {"other", "x"}, {"name", "c\\d"}, {"empty", ""});
    struct texts names = {0}, empty = {0};
    argument_texts(request, "name", &names);
    argument_texts(request, "empty", &empty);
    assert_string_equal(texts_array(request->ctx.arena, &names), "{\"a\\\"b\",\"c\\\\d\"}");
    assert_null(texts_array(request->ctx.arena, &empty));
    assert_true(texts_have(&names, "a\"b"));
    assert_false(texts_have(&names, "x"));
}

static void what_is_no_uuid_matches_nothing(void **state)
{
    struct request *request = QUERY(state, {"id", "nonsense"});
    struct texts ids = {0};
    argument_texts(request, "id", &ids);
    assert_string_equal(texts_uuid_array(request->ctx.arena, &ids), "{}");
}

static void states_split_into_action_and_status(void **state)
{
    struct request *request = QUERY(state, {"s", "CREATE_FAILED"}, {"s", "IN_PROGRESS"}, {"s", "failed"});
    struct arena *arena = request->ctx.arena;
    struct texts actions = {0}, statuses = {0};
    argument_texts(request, "s", &statuses);
    texts_split_states(arena, &actions, &statuses);
    assert_string_equal(texts_array(arena, &actions), "{\"CREATE\"}");
    assert_string_equal(texts_array(arena, &statuses), "{\"FAILED\",\"IN_PROGRESS\"}");
    request = QUERY(state, {"s", "failed"});
    statuses = (struct texts){0};
    argument_texts(request, "s", &statuses);
    texts_split_states(arena, &actions, &statuses);
    assert_string_equal(texts_array(arena, &statuses), "{}");
}

static void tags_are_split_at_commas(void **state)
{
    struct request *request = QUERY(state, {"tags", "a,,b"}, {"none", ""});
    struct texts tags = {0}, none = {0};
    assert_int_equal(argument_tags(request, "tags", &tags), 0);
    assert_string_equal(texts_array(request->ctx.arena, &tags), "{\"a\",\"\",\"b\"}");
    assert_int_equal(argument_tags(request, "none", &none), 0);
    assert_false(none.given);
    char longest[82];
    memset(longest, 'a', 81);
    longest[81] = '\0';
    assert_int_equal(tags_split(&request->ctx, longest, &tags), -1);
    assert_non_null(strstr(request->ctx.error.message, "is longer than 80 characters"));
}

static void order_is_asc_or_desc(void **state)
{
    struct order order;
    assert_int_equal(argument_order(with_query(state, 0, NULL), true, &order), 0);
    assert_true(order.descending && order.nulls_first);
    assert_int_equal(argument_order(QUERY(state, {"sort_dir", "desc-nullslast"}), false, &order), 0);
    assert_true(order.descending && !order.nulls_first);
    assert_int_equal(argument_order(QUERY(state, {"sort_dir", "asc"}), true, &order), 0);
    assert_true(!order.descending && !order.nulls_first);
    struct request *request = QUERY(state, {"sort_dir", "up"});
    assert_int_equal(argument_order(request, true, &order), -1);
    assert_int_equal(request->ctx.error.fault, FAULT_VALUE_ERROR);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(booleans_are_true_or_false_in_any_case, set_up, tear_down),
        cmocka_unit_test_setup_teardown(integers_are_what_python_prints, set_up, tear_down),
        cmocka_unit_test_setup_teardown(large_integers_stay_in_range, set_up, tear_down),
        cmocka_unit_test_setup_teardown(repeated_filters_combine, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_no_uuid_matches_nothing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(states_split_into_action_and_status, set_up, tear_down),
        cmocka_unit_test_setup_teardown(tags_are_split_at_commas, set_up, tear_down),
        cmocka_unit_test_setup_teardown(order_is_asc_or_desc, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
