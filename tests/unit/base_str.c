/* Growing strings, the context's errors, and the small scanners. */
#include "tests/unit/unit.h"

#include "base/scan.h"
#include "base/str.h"

static void a_new_string_is_empty(void **state)
{
    struct arena *arena = arena_create(0);
    struct str str = STR_INIT(arena);
    assert_string_equal(str.data, "");
    str_add(&str, "");
    str_printf(&str, "%s", "");
    assert_string_equal(str.data, "");
    str_truncate(&str, 0);
    assert_int_equal(str.length, 0);
    arena_destroy(arena);
}

static void additions_follow_each_other(void **state)
{
    struct arena *arena = arena_create(0);
    struct str str = STR_INIT(arena);
    str_add(&str, "stack");
    str_add_char(&str, ' ');
    str_add_bytes(&str, "web!!", 3);
    str_printf(&str, " %d/%s", 7, "x");
    assert_string_equal(str.data, "stack web 7/x");
    assert_int_equal(str.length, 13);
    str_truncate(&str, 5);
    assert_string_equal(str.data, "stack");
    arena_destroy(arena);
}

static void grows_past_any_capacity(void **state)
{
    struct arena *arena = arena_create(0);
    struct str one = STR_INIT(arena), two = STR_INIT(arena);
    for (int i = 0; i < 10000; i++) {
        str_printf(&one, "%04d", i);
        str_add_char(&two, (char)('a' + i % 26));
    }
    assert_int_equal(one.length, 40000);
    assert_memory_equal(one.data + 4 * 1234, "1234", 4);
    assert_int_equal(two.length, 10000);
    for (int i = 0; i < 10000; i++)
        assert_int_equal(two.data[i], 'a' + i % 26);
    arena_destroy(arena);
}

static void the_first_reason_stays(void **state)
{
    struct ctx ctx = unit_begin(0);
    assert_int_equal(fail(&ctx, FAULT_NOT_FOUND, "no %s", "web"), -1);
    assert_null(fail_null(&ctx, FAULT_INTERNAL, "later"));
    fail_path(&ctx, "resources.%s", "web");
    fail_path(&ctx, "elsewhere");
    assert_failed(&ctx, FAULT_NOT_FOUND, "no web");
    assert_string_equal(ctx.error.path, "resources.web");
    assert_non_null(strstr(ctx.error.where, "base_str.c:"));
    assert_int_equal(fault_status(ctx.error.fault), 404);
    assert_string_equal(fault_type(ctx.error.fault), "NotFound");
    error_clear(&ctx);
    assert_int_equal(ctx.error.fault, FAULT_NONE);
    unit_end(&ctx);
}

static void whole_numbers(void **state)
{
    static const struct {
        const char *text;
        int result;
        int64_t n;
    } cases[] = {
        {"0", 0, 0},         {"-1", 0, -1},  {"+7", 0, 7},
        {"007", 0, 7},       {"", -1, 0},    {"-", -1, 0},
        {" 1", -1, 0},       {"1 ", -1, 0},  {"1.0", -1, 0},
        {"0x10", -1, 0},     {"- 1", -1, 0}, {"9223372036854775807", 0, INT64_MAX},
        {"1e3", -1, 0},      {"--1", -1, 0}, {"-9223372036854775808", 0, INT64_MIN},
        {"\xD9\xA1", -1, 0}, {"1\n", -1, 0}, {"9223372036854775808", -1, 0},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        int64_t n = 0;
        assert_int_equal(scan_int64(cases[i].text, &n), cases[i].result);
        assert_true(n == cases[i].n);
    }
}

static void durations_and_sizes(void **state)
{
    static const struct {
        int (*scan)(const char *text, int64_t *out);
        const char *text;
        int64_t expected; /* -1: refused */
    } cases[] = {
        {scan_duration, "0", 0},
        {scan_duration, "250ms", 250},
        {scan_duration, "10s", 10000},
        {scan_duration, "5m", 300000},
        {scan_duration, "2h", 7200000},
        {scan_duration, "1d", 86400000},
        {scan_duration, "10", -1},
        {scan_duration, "10 s", -1},
        {scan_duration, "-10s", -1},
        {scan_duration, "1.5s", -1},
        {scan_duration, "s", -1},
        {scan_duration, "", -1},
        {scan_duration, "9223372036854775807d", -1},
        {scan_size, "0", 0},
        {scan_size, "524288", 524288},
        {scan_size, "64k", 65536},
        {scan_size, "8M", 8388608},
        {scan_size, "1g", 1073741824},
        {scan_size, "1t", -1},
        {scan_size, "-1", -1},
        {scan_size, "", -1},
        {scan_size, "99999999999999999999", -1},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        int64_t n = -1;
        int result = cases[i].scan(cases[i].text, &n);
        assert_int_equal(result, cases[i].expected < 0 ? -1 : 0);
        if (result == 0)
            assert_true(n == cases[i].expected);
    }
}

static void booleans_and_digits(void **state)
{
    bool b = false;
    assert_int_equal(scan_boolean("true", &b), 0);
    assert_true(b);
    assert_int_equal(scan_boolean("off", &b), 0);
    assert_false(b);
    assert_int_equal(scan_boolean("True", &b), -1);
    assert_int_equal(scan_boolean("", &b), -1);
    assert_int_equal(scan_hex_digit('0'), 0);
    assert_int_equal(scan_hex_digit('f'), 15);
    assert_int_equal(scan_hex_digit('A'), 10);
    assert_int_equal(scan_hex_digit('g'), -1);
    assert_int_equal(scan_hex_digit('\0'), -1);
}

static void words(void **state)
{
    const char *next = "a,bcd,,e";
    static const size_t lengths[] = {1, 3, 0, 1};
    for (size_t i = 0; i < COUNT_OF(lengths); i++)
        assert_int_equal(scan_word(next, &next), lengths[i]);
    assert_null(next);
}

static void distances(void **state)
{
    static const struct {
        const char *a, *b;
        size_t distance;
    } cases[] = {
        {"", "", 0}, {"", "abc", 3}, {"kitten", "sitting", 3}, {"flaw", "lawn", 2}, {"same", "same", 0},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        assert_int_equal(word_distance(cases[i].a, cases[i].b), cases[i].distance);
        assert_int_equal(word_distance(cases[i].b, cases[i].a), cases[i].distance);
    }
    char longest[100] = {0};
    memset(longest, 'x', sizeof longest - 1);
    assert_true(word_distance(longest, "x") == SIZE_MAX);
    assert_true(word_is_near("flavour", "flavor"));
    assert_false(word_is_near("image", "flavor"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_new_string_is_empty),
        cmocka_unit_test(additions_follow_each_other),
        cmocka_unit_test(grows_past_any_capacity),
        cmocka_unit_test(the_first_reason_stays),
        cmocka_unit_test(whole_numbers),
        cmocka_unit_test(durations_and_sizes),
        cmocka_unit_test(booleans_and_digits),
        cmocka_unit_test(words),
        cmocka_unit_test(distances),
    };
    return cmocka_run_group_tests_name("base/str, ctx, scan", tests, NULL, NULL);
}
