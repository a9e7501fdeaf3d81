/* What an update means for one resource. */
#include "tests/unit/unit.h"

#include <string.h>

#include "engine/update_compare.h"

struct fixture {
    struct ctx ctx;
    struct resource_hooks hooks;
    struct resource_type type;
    const char *refused;
};

static enum step_result done(struct ctx *ctx, struct resource_job *job)
{
    return STEP_DONE;
}

static bool replace_for_two(const struct value *before, const struct value *after)
{
    const char *text = value_get_text(after, "free");
    return text && strcmp(text, "two") == 0;
}

static const struct value *json(struct ctx *ctx, const char *text)
{
    const struct value *value = value_read_json(ctx, text, strlen(text));
    assert_non_null(value);
    return value;
}

static void open_fixture(struct fixture *f)
{
    *f = (struct fixture){.ctx = unit_begin(0), .hooks = {.name = "test", .update = done}};
    f->type = (struct resource_type){
        .name = "Test",
        .hooks = &f->hooks,
        .properties =
            json(&f->ctx, "{\"free\": {\"update_allowed\": true}, \"fixed\": {\"update_allowed\": false},"
                          " \"set\": {\"immutable\": true}, \"also\": {\"immutable\": true}}"),
    };
}

static struct update_side side(struct fixture *f, const char *given, const char *properties,
                               const char *definition)
{
    return (struct update_side){
        .given = json(&f->ctx, given),
        .properties = json(&f->ctx, properties ? properties : given),
        .definition = definition ? json(&f->ctx, definition) : NULL,
    };
}

static enum update_kind compare(struct fixture *f, const char *before, const char *after)
{
    struct update_side a = side(f, before, NULL, "{}"), b = side(f, after, NULL, "{}");
    return update_compare(&f->ctx, &f->type, &a, &b, &f->refused);
}

static void test_properties(void **state)
{
    static const struct {
        const char *before, *after;
        enum update_kind kind;
    } cases[] = {
        {"{\"free\": 1}", "{\"free\": 1}", UPDATE_NONE},
        {"{\"free\": 1, \"fixed\": 2}", "{\"fixed\": 2, \"free\": 1}", UPDATE_NONE},
        {"{\"free\": 1}", "{\"free\": 1.0}", UPDATE_NONE},
        {"{\"free\": {\"a\": [1]}}", "{\"free\": {\"a\": [1]}}", UPDATE_NONE},
        {"{\"free\": 1}", "{\"free\": 2}", UPDATE_IN_PLACE},
        {"{\"free\": {\"a\": [1]}}", "{\"free\": {\"a\": [1, 2]}}", UPDATE_IN_PLACE},
        {"{\"fixed\": 1}", "{\"fixed\": 2}", UPDATE_REPLACE},
        {"{\"free\": 1, \"fixed\": 1}", "{\"free\": 2, \"fixed\": 2}", UPDATE_REPLACE},
        {"{\"fixed\": 1}", "{\"fixed\": null}", UPDATE_REPLACE},
        {"{\"set\": 1, \"fixed\": 1}", "{\"set\": 2, \"fixed\": 2}", UPDATE_REFUSED},
    };
    struct fixture f;
    open_fixture(&f);
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        assert_int_equal(compare(&f, cases[i].before, cases[i].after), cases[i].kind);
    unit_end(&f.ctx);
}

static void test_refusal_names_the_properties(void **state)
{
    struct fixture f;
    open_fixture(&f);
    assert_int_equal(compare(&f, "{\"set\": 1, \"also\": 1}", "{\"set\": 2, \"also\": 2}"), UPDATE_REFUSED);
    assert_string_equal(f.refused, "set, also");
    unit_end(&f.ctx);
}

/* A default spelled out: another template, the same resource. */
static void test_given_and_completed(void **state)
{
    struct fixture f;
    open_fixture(&f);
    struct update_side before = side(&f, "{}", "{\"fixed\": 1}", "{}"),
                       after = side(&f, "{\"fixed\": 1}", "{\"fixed\": 1}", "{}");
    assert_int_equal(update_compare(&f.ctx, &f.type, &before, &after, &f.refused), UPDATE_IN_PLACE);
    unit_end(&f.ctx);
}

static void test_definition(void **state)
{
    struct fixture f;
    open_fixture(&f);
    struct update_side plain = side(&f, "{}", NULL, "{}"), unknown = side(&f, "{}", NULL, NULL),
                       other = side(&f, "{}", NULL, "{\"metadata\": {\"k\": 1}}");
    assert_int_equal(update_compare(&f.ctx, &f.type, &plain, &other, &f.refused), UPDATE_IN_PLACE);
    assert_int_equal(update_compare(&f.ctx, &f.type, &unknown, &other, &f.refused), UPDATE_NONE);
    f.hooks.update = NULL; /* takes no update: but there is none to take */
    assert_int_equal(update_compare(&f.ctx, &f.type, &plain, &other, &f.refused), UPDATE_IN_PLACE);
    unit_end(&f.ctx);
}

static void test_hooks(void **state)
{
    struct fixture f;
    open_fixture(&f);
    f.hooks.replace = replace_for_two;
    assert_int_equal(compare(&f, "{\"free\": \"one\"}", "{\"free\": \"two\"}"), UPDATE_REPLACE_HOOK);
    assert_int_equal(compare(&f, "{\"free\": \"two\"}", "{\"free\": \"two\"}"), UPDATE_NONE);
    assert_int_equal(compare(&f, "{\"free\": \"two\"}", "{\"free\": \"one\"}"), UPDATE_IN_PLACE);
    f.hooks.update = NULL;
    assert_int_equal(compare(&f, "{\"free\": \"two\"}", "{\"free\": \"one\"}"), UPDATE_REPLACE);
    f.hooks.replace_always = true;
    assert_int_equal(compare(&f, "{}", "{}"), UPDATE_REPLACE_HOOK);
    unit_end(&f.ctx);
}

static void test_unknown_values_differ(void **state)
{
    struct fixture f;
    open_fixture(&f);
    struct value *open = value_map(f.ctx.arena);
    value_map_set(f.ctx.arena, open, "free", &value_unknown);
    struct update_side before = side(&f, "{\"free\": null}", NULL, "{}"),
                       after = {open, open, before.definition};
    assert_int_equal(update_compare(&f.ctx, &f.type, &before, &after, &f.refused), UPDATE_IN_PLACE);
    unit_end(&f.ctx);
}

static void test_any_property_is_never_looked_at(void **state)
{
    struct fixture f;
    open_fixture(&f);
    f.type.any_property = true;
    assert_int_equal(compare(&f, "{\"x\": 1}", "{\"x\": 2}"), UPDATE_NONE);
    unit_end(&f.ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_properties),
        cmocka_unit_test(test_refusal_names_the_properties),
        cmocka_unit_test(test_given_and_completed),
        cmocka_unit_test(test_definition),
        cmocka_unit_test(test_hooks),
        cmocka_unit_test(test_unknown_values_differ),
        cmocka_unit_test(test_any_property_is_never_looked_at),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
