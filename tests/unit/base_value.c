/* Values: making them, maps small and large, equality, truth and type names as Python's. */
#include "tests/unit/unit.h"

#include "base/value.h"

static const struct value *from_json(struct ctx *ctx, const char *text)
{
    const struct value *value = value_read_json(ctx, text, strlen(text));
    if (!value)
        fail_msg("%s: %s", text, ctx->error.message);
    return value;
}

static void integers_of_any_size(void **state)
{
    static const struct {
        const char *digits;
        enum value_kind kind;
        const char *text;
    } cases[] = {
        {"0", VALUE_INT, "0"},
        {"-0", VALUE_INT, "0"},
        {"+12", VALUE_INT, "12"},
        {"-000012", VALUE_INT, "-12"},
        {"9223372036854775807", VALUE_INT, "9223372036854775807"},
        {"-9223372036854775808", VALUE_INT, "-9223372036854775808"},
        {"9223372036854775808", VALUE_BIGINT, "9223372036854775808"},
        {"-9223372036854775809", VALUE_BIGINT, "-9223372036854775809"},
        {"+0000018446744073709551616", VALUE_BIGINT, "18446744073709551616"},
        {"00000000000000000000000000000001", VALUE_INT, "1"},
        {"-99999999999999999999999999999999", VALUE_BIGINT, "-99999999999999999999999999999999"},
    };
    struct ctx ctx = unit_begin(0);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const struct value *n = value_integer_text(ctx.arena, cases[i].digits, strlen(cases[i].digits));
        assert_int_equal(n->kind, cases[i].kind);
        assert_string_equal(value_to_str(ctx.arena, n), cases[i].text);
    }
    unit_end(&ctx);
}

static void a_replaced_key_keeps_its_place(void **state)
{
    struct ctx ctx = unit_begin(0);
    struct value *map = value_map(ctx.arena);
    char key[] = "b";
    value_map_set(ctx.arena, map, key, &value_true);
    key[0] = 'a';
    value_map_set(ctx.arena, map, key, &value_null);
    value_map_set(ctx.arena, map, "b", value_int(ctx.arena, 2));
    assert_string_equal(value_to_json(ctx.arena, map), "{\"b\": 2, \"a\": null}");
    assert_int_equal(value_count(map), 2);
    assert_true(value_has(map, "a"));
    assert_true(value_is_null(value_get(map, "a")));
    assert_false(value_has(map, "c"));
    unit_end(&ctx);
}

enum { MANY = 5000 };

static void fill(struct arena *arena, struct value *map, int offset)
{
    for (int i = 0; i < MANY; i++)
        value_map_set(arena, map, arena_printf(arena, "resource_%d", i), value_int(arena, i + offset));
}

/* Sizes around the one at which the index begins are all checked on the way. */
static void large_maps_find_every_key_in_order(void **state)
{
    struct ctx ctx = unit_begin(0);
    struct value *map = value_map(ctx.arena);
    for (int i = 0; i < 40; i++) {
        value_map_set(ctx.arena, map, arena_printf(ctx.arena, "resource_%d", i), value_int(ctx.arena, i));
        for (int j = 0; j < 40; j++)
            assert_int_equal(value_has(map, arena_printf(ctx.arena, "resource_%d", j)), j <= i);
    }
    fill(ctx.arena, map, 0);
    fill(ctx.arena, map, 7);
    assert_int_equal(value_count(map), MANY);
    for (int i = 0; i < MANY; i++) {
        const char *key = arena_printf(ctx.arena, "resource_%d", i);
        assert_int_equal(value_get(map, key)->integer, i + 7);
        assert_string_equal(map->map.entries[i].key, key);
    }
    assert_null(value_get(map, "resource_5000"));
    unit_end(&ctx);
}

static void a_copy_changes_alone(void **state)
{
    struct ctx ctx = unit_begin(0);
    struct value *map = value_map(ctx.arena);
    fill(ctx.arena, map, 0);
    struct value *copy = value_copy(ctx.arena, map);
    value_map_set(ctx.arena, copy, "resource_3", &value_null);
    value_map_set(ctx.arena, copy, "new", &value_true);
    assert_int_equal(value_get(map, "resource_3")->integer, 3);
    assert_false(value_has(map, "new"));
    assert_int_equal(value_count(copy), MANY + 1);
    assert_int_equal(value_get(copy, "resource_4999")->integer, 4999);
    struct value *list = value_list(ctx.arena);
    value_list_add(ctx.arena, list, &value_true);
    struct value *longer = value_copy(ctx.arena, list);
    value_list_add(ctx.arena, longer, &value_false);
    assert_int_equal(value_count(list), 1);
    assert_int_equal(value_count(longer), 2);
    unit_end(&ctx);
}

static void nothing_answers_as_nothing(void **state)
{
    struct ctx ctx = unit_begin(0);
    const struct value *list = from_json(&ctx, "[1]");
    assert_false(value_is(NULL, VALUE_NULL));
    assert_true(value_is_null(NULL));
    assert_true(value_is_null(&value_null));
    assert_int_equal(value_count(NULL), 0);
    assert_null(value_at(NULL, 0));
    assert_null(value_at(list, 1));
    assert_null(value_get(NULL, "a"));
    assert_null(value_get(list, "a"));
    assert_null(value_text(list));
    assert_null(value_get_text(list, "a"));
    assert_false(value_truth(NULL));
    assert_false(value_is_number(NULL));
    assert_string_equal(value_python_type(NULL), "NoneType");
    assert_string_equal(value_to_json(ctx.arena, NULL), "null");
    assert_string_equal(value_to_str(ctx.arena, NULL), "None");
    unit_end(&ctx);
}

static void equal_as_in_python(void **state)
{
    static const struct {
        const char *a, *b;
        bool equal;
    } cases[] = {
        {"1", "1.0", true},
        {"1", "true", true},
        {"0.0", "false", true},
        {"-0.0", "0", true},
        {"2", "true", false},
        {"null", "false", false},
        {"null", "0", false},
        {"null", "null", true},
        {"NaN", "NaN", false},
        {"Infinity", "Infinity", true},
        {"Infinity", "-Infinity", false},
        {"Infinity", "1", false},
        {"9007199254740993", "9007199254740992.0", false},
        {"9007199254740992", "9007199254740992.0", true},
        {"9223372036854775807", "9223372036854775808.0", false},
        {"9223372036854775808", "9223372036854775808.0", true},
        {"-9223372036854775808", "-9223372036854775808.0", true},
        {"100000000000000000000", "1e20", true},
        {"100000000000000000001", "1e20", false},
        {"100000000000000000001", "100000000000000000001", true},
        {"100000000000000000001", "1", false},
        {"100000000000000000001", "0.5", false},
        {"100000000000000000001", "Infinity", false},
        {"1", "\"1\"", false},
        {"\"a\"", "\"a\"", true},
        {"\"a\\u0000b\"", "\"a\\u0000c\"", false},
        {"\"\"", "[]", false},
        {"[]", "{}", false},
        {"[1, [2, 3.0]]", "[1.0, [2, 3]]", true},
        {"[1, 2]", "[2, 1]", false},
        {"[1]", "[1, 1]", false},
        {"{\"a\": 1, \"b\": {\"c\": []}}", "{\"b\": {\"c\": []}, \"a\": true}", true},
        {"{\"a\": 1}", "{\"b\": 1}", false},
        {"{\"a\": 1}", "{\"a\": 2}", false},
        {"{\"a\": null}", "{\"b\": null}", false},
        {"{\"a\": 1}", "{\"a\": 1, \"b\": 1}", false},
    };
    struct ctx ctx = unit_begin(0);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const struct value *a = from_json(&ctx, cases[i].a), *b = from_json(&ctx, cases[i].b);
        if (value_equal(a, b) != cases[i].equal || value_equal(b, a) != cases[i].equal)
            fail_msg("%s == %s should be %d", cases[i].a, cases[i].b, cases[i].equal);
    }
    unit_end(&ctx);
}

static void large_maps_are_equal_in_any_order(void **state)
{
    struct ctx ctx = unit_begin(0);
    struct value *up = value_map(ctx.arena), *down = value_map(ctx.arena);
    fill(ctx.arena, up, 0);
    for (int i = MANY - 1; i >= 0; i--)
        value_map_set(ctx.arena, down, arena_printf(ctx.arena, "resource_%d", i), value_int(ctx.arena, i));
    assert_true(value_equal(up, down));
    value_map_set(ctx.arena, down, "resource_0", &value_null);
    assert_false(value_equal(up, down));
    unit_end(&ctx);
}

static void truth_and_types(void **state)
{
    static const struct {
        const char *json;
        bool truth;
        const char *type;
    } cases[] = {
        {"null", false, "NoneType"}, {"true", true, "bool"},       {"false", false, "bool"},
        {"0", false, "int"},         {"-1", true, "int"},          {"100000000000000000000", true, "int"},
        {"0.0", false, "float"},     {"-0.0", false, "float"},     {"NaN", true, "float"},
        {"0.5", true, "float"},      {"\"\"", false, "str"},       {"\"0\"", true, "str"},
        {"[]", false, "list"},       {"[null]", true, "list"},     {"{}", false, "dict"},
        {"{\"\": 0}", true, "dict"}, {"\"\\u0000\"", true, "str"},
    };
    struct ctx ctx = unit_begin(0);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const struct value *value = from_json(&ctx, cases[i].json);
        assert_int_equal(value_truth(value), cases[i].truth);
        assert_string_equal(value_python_type(value), cases[i].type);
        bool number = strcmp(cases[i].type, "int") == 0 || strcmp(cases[i].type, "float") == 0;
        assert_int_equal(value_is_number(value), number);
    }
    unit_end(&ctx);
}

static void strings_keep_their_length(void **state)
{
    struct ctx ctx = unit_begin(0);
    const struct value *value = value_string_n(ctx.arena, "a\0b", 3);
    assert_int_equal(value->string.length, 3);
    assert_string_equal(value_to_json(ctx.arena, value), "\"a\\u0000b\"");
    assert_string_equal(value_text(value_printf(ctx.arena, "%s-%d", "web", 1)), "web-1");
    assert_ptr_equal(value_bool(true), &value_true);
    unit_end(&ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(integers_of_any_size),
        cmocka_unit_test(a_replaced_key_keeps_its_place),
        cmocka_unit_test(large_maps_find_every_key_in_order),
        cmocka_unit_test(a_copy_changes_alone),
        cmocka_unit_test(nothing_answers_as_nothing),
        cmocka_unit_test(equal_as_in_python),
        cmocka_unit_test(large_maps_are_equal_in_any_order),
        cmocka_unit_test(truth_and_types),
        cmocka_unit_test(strings_keep_their_length),
    };
    return cmocka_run_group_tests_name("base/value", tests, NULL, NULL);
}
