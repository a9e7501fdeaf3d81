/* The writers, against what Python prints. */
#include "tests/unit/unit.h"

#include <math.h>
#include <stdlib.h>

#include "base/uuid.h"
#include "base/value.h"

static const struct value *from_json(struct ctx *ctx, const char *text)
{
    const struct value *value = value_read_json(ctx, text, strlen(text));
    if (!value)
        fail_msg("%s: %s", text, ctx->error.message);
    return value;
}

static void floats(void **state)
{
    static const struct {
        double number;
        const char *text;
    } cases[] = {
        {0.0, "0.0"},
        {-0.0, "-0.0"},
        {3.0, "3.0"},
        {0.1, "0.1"},
        {1.0 / 3, "0.3333333333333333"},
        {0.1 + 0.2, "0.30000000000000004"},
        {1e15, "1000000000000000.0"},
        {9999999999999998.0, "9999999999999998.0"},
        {1e16, "1e+16"},
        {1.5e16, "1.5e+16"},
        {1e20, "1e+20"},
        {1e22, "1e+22"},
        {1e23, "1e+23"},
        {1e100, "1e+100"},
        {0.0001, "0.0001"},
        {0.00012, "0.00012"},
        {0.00001, "1e-05"},
        {1e-7, "1e-07"},
        {-2.5e-9, "-2.5e-09"},
        {123456.789, "123456.789"},
        {5e-324, "5e-324"},
        {2.2250738585072014e-308, "2.2250738585072014e-308"},
        {1.7976931348623157e308, "1.7976931348623157e+308"},
        {0x1p-44, "5.684341886080802e-14"},
        {0x1p-1017, "7.120236347223045e-307"},
        {0x1p-140, "7.174648137343064e-43"},
        {9007199254740993.0, "9007199254740992.0"},
        {INFINITY, "inf"},
        {-INFINITY, "-inf"},
        {NAN, "nan"},
    };
    struct ctx ctx = unit_begin(0);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const struct value *value = value_float(ctx.arena, cases[i].number);
        assert_string_equal(value_to_str(ctx.arena, value), cases[i].text);
        assert_string_equal(value_to_repr(ctx.arena, value), cases[i].text);
    }
    unit_end(&ctx);
}

static double random_double(void)
{
    double d;
    do
        random_bytes(&d, sizeof d);
    while (!isfinite(d));
    return d;
}

static int significant_digits(const char *text)
{
    int count = 0, zeros = 0;
    for (; *text && *text != 'e'; text++) {
        if (*text >= '1' && *text <= '9') {
            count += zeros + 1;
            zeros = 0;
        } else if (*text == '0' && count) {
            zeros++;
        }
    }
    return count;
}

/* Reads back as itself, and no shorter decimal does. */
static void any_float_is_short_and_comes_back(void **state)
{
    struct ctx ctx = unit_begin(0);
    for (int i = 0; i < 20000; i++) {
        double d = random_double();
        const char *text = value_to_str(ctx.arena, value_float(ctx.arena, d));
        if (strtod(text, NULL) != d)
            fail_msg("%a is written %s", d, text);
        char shorter[64];
        int digits = significant_digits(text);
        snprintf(shorter, sizeof shorter, "%.*e", digits < 2 ? 0 : digits - 2, d);
        if (digits > 1 && strtod(shorter, NULL) == d)
            fail_msg("%s would do for %s", shorter, text);
        arena_reset(ctx.arena);
    }
    unit_end(&ctx);
}

static void str_and_repr(void **state)
{
    static const struct {
        const char *json, *str, *repr;
    } cases[] = {
        {"null", "None", "None"},
        {"true", "True", "True"},
        {"false", "False", "False"},
        {"12", "12", "12"},
        {"-9223372036854775808", "-9223372036854775808", "-9223372036854775808"},
        {"123456789012345678901234567890", "123456789012345678901234567890",
         "123456789012345678901234567890"},
        {"\"abc\"", "abc", "'abc'"},
        {"\"\"", "", "''"},
        {"\"it's\"", "it's", "\"it's\""},
        {"\"say \\\"hi\\\"\"", "say \"hi\"", "'say \"hi\"'"},
        {"\"it's \\\"both\\\"\"", "it's \"both\"", "'it\\'s \"both\"'"},
        {"\"a\\\\b\"", "a\\b", "'a\\\\b'"},
        {"\"\\t\\n\\r\\b\\u001b\\u007f\"", "\t\n\r\b\x1B\x7F", "'\\t\\n\\r\\x08\\x1b\\x7f'"},
        {"\"\\u00e9\\u20ac\\ud83d\\ude00\"", "\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80",
         "'\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80'"},
        {"\"\\u00a0\\u00ad\\u0085\"", "\xC2\xA0\xC2\xAD\xC2\x85", "'\\xa0\\xad\\x85'"},
        {"\"\\u200b\\u2028\\ue000\\ufeff\"", "\xE2\x80\x8B\xE2\x80\xA8\xEE\x80\x80\xEF\xBB\xBF",
         "'\\u200b\\u2028\\ue000\\ufeff'"},
        {"\"\\udb40\\udc01\"", "\xF3\xA0\x80\x81", "'\\U000e0001'"},
        {"[]", "[]", "[]"},
        {"{}", "{}", "{}"},
        {"[\"a\", 1, null, 2.0, [true]]", "['a', 1, None, 2.0, [True]]", "['a', 1, None, 2.0, [True]]"},
        {"{\"k's\": {\"b\": []}, \"a\": \"x\"}", "{\"k's\": {'b': []}, 'a': 'x'}",
         "{\"k's\": {'b': []}, 'a': 'x'}"},
        {"[NaN, -Infinity]", "[nan, -inf]", "[nan, -inf]"},
    };
    struct ctx ctx = unit_begin(0);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const struct value *value = from_json(&ctx, cases[i].json);
        assert_string_equal(value_to_str(ctx.arena, value), cases[i].str);
        assert_string_equal(value_to_repr(ctx.arena, value), cases[i].repr);
    }
    unit_end(&ctx);
}

static void sorted_by_code_point_at_every_level(void **state)
{
    struct ctx ctx = unit_begin(0);
    struct str out = STR_INIT(ctx.arena);
    const struct value *value = from_json(
        &ctx, "{\"b\": [{\"z\": 1, \"y\": 2}], \"\\ud83d\\ude00\": 1, \"\\uffff\": 2, \"B\": {}, \"\": 0}");
    value_write_json_sorted(&out, value);
    assert_string_equal(out.data, "{\"\": 0, \"B\": {}, \"b\": [{\"y\": 2, \"z\": 1}], \"\\uffff\": 2, "
                                  "\"\\ud83d\\ude00\": 1}");
    assert_string_equal(value->map.entries[0].key, "b");
    unit_end(&ctx);
}

static void json_strings(void **state)
{
    static const struct {
        const char *text, *json;
    } cases[] = {
        {"", "\"\""},
        {"plain ~", "\"plain ~\""},
        {"\"\\/\b\f\n\r\t\x01\x7F", "\"\\\"\\\\/\\b\\f\\n\\r\\t\\u0001\\u007f\""},
        {"\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80", "\"\\u00e9\\u20ac\\ud83d\\ude00\""},
        {"a\xFFz", "\"a\\ufffdz\""},
        {"\xE2\x82", "\"\\ufffd\\ufffd\""},
        {"\xED\xA0\x80", "\"\\ufffd\\ufffd\\ufffd\""},
    };
    struct ctx ctx = unit_begin(0);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct str out = STR_INIT(ctx.arena);
        json_write_string(&out, cases[i].text);
        assert_string_equal(out.data, cases[i].json);
    }
    struct str out = STR_INIT(ctx.arena);
    json_write_string_n(&out, "a\0b", 3);
    assert_string_equal(out.data, "\"a\\u0000b\"");
    unit_end(&ctx);
}

/* Ten levels of lists that each hold the one below ten times: small to hold, 10**20 items to print. */
static const struct value *bomb(struct arena *arena)
{
    const struct value *inner = value_string(arena, "lol");
    for (int level = 0; level < 20; level++) {
        struct value *list = value_list(arena), *map = value_map(arena);
        for (int i = 0; i < 10; i++)
            value_list_add(arena, list, inner);
        value_map_set(arena, map, "level", list);
        inner = map;
    }
    return inner;
}

static void writers_stop_at_the_cap(void **state)
{
    static void (*const writers[])(struct str *, const struct value *) = {
        value_write_json, value_write_json_sorted, value_write_str, value_write_repr};
    for (size_t i = 0; i < COUNT_OF(writers); i++) {
        struct arena *arena = arena_create(1 << 20);
        struct str out = STR_INIT(arena);
        writers[i](&out, bomb(arena));
        assert_true(arena_over(arena));
        assert_true(arena_used(arena) < 4 << 20);
        arena_destroy(arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(floats),       cmocka_unit_test(any_float_is_short_and_comes_back),
        cmocka_unit_test(str_and_repr), cmocka_unit_test(sorted_by_code_point_at_every_level),
        cmocka_unit_test(json_strings), cmocka_unit_test(writers_stop_at_the_cap),
    };
    return cmocka_run_group_tests_name("base/value_write", tests, NULL, NULL);
}
