/* Links and percent-encoding. */
#include "tests/unit/unit.h"

#include "handlers/links.h"

static const char *quoted(struct arena *arena, const char *text, const char *safe)
{
    struct str out = STR_INIT(arena);
    url_quote(&out, text, safe);
    return out.data;
}

static void quoting_keeps_the_unreserved(void **state)
{
    struct arena *arena = arena_create(0);
    assert_string_equal(quoted(arena, "azAZ09_.-~", ""), "azAZ09_.-~");
    assert_string_equal(quoted(arena, "a b/c%", ""), "a%20b%2Fc%25");
    assert_string_equal(quoted(arena, "a b/c", "/"), "a%20b/c");
    assert_string_equal(quoted(arena, "\xC3\xA9", ""), "%C3%A9");
    arena_destroy(arena);
}

static void links_name_stack_resource_and_event(void **state)
{
    struct arena *arena = arena_create(0);
    struct links links = {.stacks = "http://h/v1/t/stacks/", .length = 21};
    struct str out = STR_INIT(arena);
    link_write(&out, &links, &(struct link_target){"s", "1", NULL, NULL}, "self");
    assert_string_equal(out.data, "{\"href\": \"http://h/v1/t/stacks/s/1\", \"rel\": \"self\"}");
    str_truncate(&out, 0);
    link_write(&out, &links, &(struct link_target){"s", "1", "r \"1\"", "e"}, "self");
    assert_string_equal(
        out.data,
        "{\"href\": \"http://h/v1/t/stacks/s/1/resources/r%20%221%22/events/e\", \"rel\": \"self\"}");
    arena_destroy(arena);
}

static void queries_are_written_again(void **state)
{
    struct arena *arena = arena_create(0);
    struct query_item items[] = {{"limit", "2"}, {"marker", "m"}, {"name", "a b&c"}};
    struct request request = {.query = items, .query_count = COUNT_OF(items)};
    struct str out = STR_INIT(arena);
    query_write(&out, &request, "marker");
    assert_string_equal(out.data, "limit=2&name=a+b%26c");
    arena_destroy(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(quoting_keeps_the_unreserved),
        cmocka_unit_test(links_name_stack_resource_and_event),
        cmocka_unit_test(queries_are_written_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
