/* The JSON reader: what it takes, what it refuses and in which words, and its bounds. */
#include "tests/unit/unit.h"

#include "base/utf8.h"
#include "base/value.h"

static const struct value *read_text(struct ctx *ctx, const char *text)
{
    return value_read_json(ctx, text, strlen(text));
}

static void documents(void **state)
{
    static const struct {
        const char *text, *json; /* json: as written back */
    } cases[] = {
        {"null", "null"},
        {" \t\r\n true \n", "true"},
        {"[]", "[]"},
        {"{ }", "{}"},
        {"[1,2 , 3]", "[1, 2, 3]"},
        {"{\"b\":1,\"a\":{\"c\":[{}]}}", "{\"b\": 1, \"a\": {\"c\": [{}]}}"},
        {"{\"a\":1,\"b\":2,\"a\":3}", "{\"a\": 3, \"b\": 2}"},
        {"[0, -0, 10, -7]", "[0, 0, 10, -7]"},
        {"[0.5, -0.0, 1e5, 1E-7, 1.5e+300, 1e400, -1e400]",
         "[0.5, -0.0, 100000.0, 1e-07, 1.5e+300, Infinity, -Infinity]"},
        {"[NaN, Infinity, -Infinity]", "[NaN, Infinity, -Infinity]"},
        {"123456789012345678901234567890", "123456789012345678901234567890"},
        {"\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u0041\\u00e9\"", "\"\\\"\\\\/\\b\\f\\n\\r\\tA\\u00e9\""},
        {"\"\\ud83d\\ude00 \xF0\x9F\x98\x80\"", "\"\\ud83d\\ude00 \\ud83d\\ude00\""},
        {"\"\\ud83d\"", "\"\\ufffd\""},
        {"\"\\ude00\\ud83d\"", "\"\\ufffd\\ufffd\""},
        {"\"\\ud83dx\"", "\"\\ufffdx\""},
        {"\"\\ud83d\\u0041\"", "\"\\ufffdA\""},
        {"\"\\ud83d\\ud83d\\ude00\"", "\"\\ufffd\\ud83d\\ude00\""},
        {"\"\\u0000\"", "\"\\u0000\""},
        {"{\"\": \"\x7F\"}", "{\"\": \"\\u007f\"}"},
    };
    struct ctx ctx = unit_begin(0);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const struct value *value = read_text(&ctx, cases[i].text);
        if (!value)
            fail_msg("%s: %s", cases[i].text, ctx.error.message);
        assert_string_equal(value_to_json(ctx.arena, value), cases[i].json);
    }
    unit_end(&ctx);
}

static void refusals(void **state)
{
    static const struct {
        const char *text, *message;
    } cases[] = {
        {"", "Expecting value: line 1 column 1 (char 0)"},
        {"  ", "Expecting value: line 1 column 3 (char 2)"},
        {"nul", "Expecting value: line 1 column 1 (char 0)"},
        {"True", "Expecting value: line 1 column 1 (char 0)"},
        {"-", "Expecting value: line 1 column 1 (char 0)"},
        {"+1", "Expecting value: line 1 column 1 (char 0)"},
        {".5", "Expecting value: line 1 column 1 (char 0)"},
        {"01", "Extra data: line 1 column 2 (char 1)"},
        {"1.", "Extra data: line 1 column 2 (char 1)"},
        {"1e", "Extra data: line 1 column 2 (char 1)"},
        {"1e+", "Extra data: line 1 column 2 (char 1)"},
        {"1 2", "Extra data: line 1 column 3 (char 2)"},
        {"[", "Expecting value: line 1 column 2 (char 1)"},
        {"[1", "Expecting ',' delimiter: line 1 column 3 (char 2)"},
        {"[1,]", "Expecting value: line 1 column 4 (char 3)"},
        {"[1 2]", "Expecting ',' delimiter: line 1 column 4 (char 3)"},
        {"[1}", "Expecting ',' delimiter: line 1 column 3 (char 2)"},
        {"{", "Expecting property name enclosed in double quotes: line 1 column 2 (char 1)"},
        {"{\"a\":1,}", "Expecting property name enclosed in double quotes: line 1 column 8 (char 7)"},
        {"{'a': 1}", "Expecting property name enclosed in double quotes: line 1 column 2 (char 1)"},
        {"{\"a\" 1}", "Expecting ':' delimiter: line 1 column 6 (char 5)"},
        {"{\"a\":", "Expecting value: line 1 column 6 (char 5)"},
        {"{\"a\": 1,\n \"b\": x}", "Expecting value: line 2 column 7 (char 15)"},
        {"{\"\xC3\xA9\": x", "Expecting value: line 1 column 7 (char 6)"},
        {"\"abc", "Unterminated string starting at: line 1 column 1 (char 0)"},
        {"\"abc\\", "Unterminated string starting at: line 1 column 1 (char 0)"},
        {"\"abc\\\"", "Unterminated string starting at: line 1 column 1 (char 0)"},
        {"\"a\nb\"", "Invalid control character at: line 1 column 3 (char 2)"},
        {"\"\\x\"", "Invalid \\escape: line 1 column 2 (char 1)"},
        {"\"\\\xC3\xA9\"", "Invalid \\escape: line 1 column 2 (char 1)"},
        {"\"\\u12\"", "Invalid \\uXXXX escape: line 1 column 3 (char 2)"},
        {"\"\\u+123\"", "Invalid \\uXXXX escape: line 1 column 3 (char 2)"},
        {"\xEF\xBB\xBF{}", "Unexpected UTF-8 BOM (decode using utf-8-sig): line 1 column 1 (char 0)"},
        {"\"ab\xFF\"", "Invalid UTF-8: line 1 column 4 (char 3)"},
        {"\"\xC0\x80\"", "Invalid UTF-8: line 1 column 2 (char 1)"},
        {"\"\xED\xA0\x80\"", "Invalid UTF-8: line 1 column 2 (char 1)"},
        {"\"\xF4\x90\x80\x80\"", "Invalid UTF-8: line 1 column 2 (char 1)"},
        {"\"\xE2\x82\"", "Invalid UTF-8: line 1 column 2 (char 1)"},
        {"{\"\\u0000\": 1}", "Invalid \\u0000 in a property name: line 1 column 2 (char 1)"},
        {"\xC3\xA9", "Expecting value: line 1 column 1 (char 0)"},
    };
    struct ctx ctx = unit_begin(0);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        error_clear(&ctx);
        assert_null(read_text(&ctx, cases[i].text));
        assert_int_equal(ctx.error.fault, FAULT_BAD_REQUEST);
        assert_string_equal(ctx.error.message, cases[i].message);
    }
    unit_end(&ctx);
}

/* Every prefix of a document in a block of just its size: reading past the end is a fault under the address
 * sanitizer. */
static void cut_short_anywhere(void **state)
{
    static const char whole[] =
        "{\"a\": [1.5e3, -Infinity, \"\\ud83d\\ude00\xC3\xA9\"], \"b\": {\"c\": null}}";
    struct ctx ctx = unit_begin(0);
    for (size_t length = 0; length < sizeof whole - 1; length++) {
        char *part = test_malloc(length ? length : 1);
        memcpy(part, whole, length);
        error_clear(&ctx);
        assert_null(value_read_json(&ctx, part, length));
        assert_int_equal(ctx.error.fault, FAULT_BAD_REQUEST);
        test_free(part);
    }
    unit_end(&ctx);
}

static void nul_is_no_end(void **state)
{
    struct ctx ctx = unit_begin(0);
    assert_null(value_read_json(&ctx, "1\0", 2));
    assert_failed(&ctx, FAULT_BAD_REQUEST, "Extra data: line 1 column 2");
    error_clear(&ctx);
    assert_null(value_read_json(&ctx, "\"a\0b\"", 5));
    assert_failed(&ctx, FAULT_BAD_REQUEST, "Invalid control character at: line 1 column 3");
    unit_end(&ctx);
}

static const char *nested(struct arena *arena, const char *open, const char *inside, const char *close,
                          int depth)
{
    struct str text = STR_INIT(arena);
    for (int i = 0; i < depth; i++)
        str_add(&text, open);
    str_add(&text, inside);
    for (int i = 0; i < depth; i++)
        str_add(&text, close);
    return text.data;
}

static void depth_is_bounded(void **state)
{
    struct ctx ctx = unit_begin(0);
    assert_non_null(read_text(&ctx, nested(ctx.arena, "[", "", "]", VALUE_MAX_DEPTH)));
    assert_null(read_text(&ctx, nested(ctx.arena, "[", "", "]", VALUE_MAX_DEPTH + 1)));
    assert_failed(&ctx, FAULT_BAD_REQUEST, "Too many levels of nesting: line 1 column 201 (char 200)");
    error_clear(&ctx);
    assert_null(read_text(&ctx, nested(ctx.arena, "{\"a\":", "1", "}", 10000)));
    assert_failed(&ctx, FAULT_BAD_REQUEST, "Too many levels of nesting");
    error_clear(&ctx);
    assert_null(read_text(&ctx, nested(ctx.arena, "[", "", "", 1000000)));
    unit_end(&ctx);
}

/* Levels next to each other are no depth. */
static void breadth_is_not_depth(void **state)
{
    struct ctx ctx = unit_begin(0);
    struct str text = STR_INIT(ctx.arena);
    for (int i = 0; i < 1000; i++)
        str_add(&text, i ? ",[[{}]]" : "[[[{}]]");
    str_add(&text, "]");
    assert_int_equal(value_count(read_text(&ctx, text.data)), 1000);
    unit_end(&ctx);
}

static void memory_is_bounded(void **state)
{
    static const char *const items[] = {"{\"a\": 1}, ", "[], ", "\"some text that takes room\", ", "1, "};
    for (size_t i = 0; i < COUNT_OF(items); i++) {
        struct ctx source = unit_begin(0), ctx = unit_begin(100000);
        const char *text = arena_printf(source.arena, "[%s0]", nested(source.arena, items[i], "", "", 10000));
        assert_null(read_text(&ctx, text));
        assert_failed(&ctx, FAULT_TOO_LARGE, "too large");
        assert_true(arena_used(ctx.arena) < 400000);
        unit_end(&ctx);
        unit_end(&source);
    }
}

static void many_keys_take_no_square_time(void **state)
{
    struct ctx ctx = unit_begin(0);
    struct str text = STR_INIT(ctx.arena);
    for (int i = 0; i < 50000; i++)
        str_printf(&text, "%s\"key%d\": %d", i ? ", " : "{", i, i);
    str_add(&text, "}");
    const struct value *map = read_text(&ctx, text.data);
    assert_int_equal(value_count(map), 50000);
    assert_int_equal(value_get(map, "key49999")->integer, 49999);
    assert_string_equal(value_to_json(ctx.arena, map), text.data);
    unit_end(&ctx);
}

static void utf8_there_and_back(void **state)
{
    for (uint32_t code = 0; code <= 0x10FFFF; code++) {
        char bytes[UTF8_MAX];
        uint32_t back = 0;
        if (code >= 0xD800 && code <= 0xDFFF)
            continue;
        size_t size = utf8_encode(code, bytes);
        if (utf8_decode(bytes, size, &back) != size || back != code || !utf8_valid(bytes, size))
            fail_msg("U+%04X comes back as U+%04X", code, back);
        for (size_t cut = 0; cut < size; cut++)
            if (utf8_decode(bytes, cut, &back) != 0)
                fail_msg("U+%04X cut to %zu bytes is taken", code, cut);
    }
    assert_int_equal(utf8_count("a\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80", 10), 4);
    assert_int_equal(utf8_valid_prefix("ab\x80", 3), 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(documents),           cmocka_unit_test(refusals),
        cmocka_unit_test(cut_short_anywhere),  cmocka_unit_test(nul_is_no_end),
        cmocka_unit_test(depth_is_bounded),    cmocka_unit_test(breadth_is_not_depth),
        cmocka_unit_test(memory_is_bounded),   cmocka_unit_test(many_keys_take_no_square_time),
        cmocka_unit_test(utf8_there_and_back),
    };
    return cmocka_run_group_tests_name("base/value_json, utf8", tests, NULL, NULL);
}
