/* Breakpoints and restricted actions of an environment: which there are, and whom they mean. */
#include "tests/unit/unit.h"

#include "template/template.h"

static struct environment *build(struct ctx *ctx, const char *resources)
{
    const char *text = arena_printf(ctx->arena, "resource_registry: {resources: %s}", resources);
    const struct value *environment = environment_read(ctx, text, strlen(text));
    assert_non_null(environment);
    return environment_build(ctx, environment, NULL, NULL);
}

static void names_are_patterns(void **state)
{
    static const struct {
        const char *pattern, *name;
        bool fits;
    } cases[] = {
        {"web", "web", true},         {"web", "web1", false},   {"*", "anything/at.all", true},
        {"web*", "web", true},        {"*b", "web", true},      {"w?b", "web", true},
        {"w?b", "weeb", false},       {"[uvw]eb", "web", true}, {"[!w]eb", "web", false},
        {"Web", "web", false},        {"a\\*b", "a\\xb", true}, {".*", ".hidden", true},
        {"*hidden", ".hidden", true},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct ctx ctx = unit_begin(0);
        struct environment *environment =
            build(&ctx, arena_printf(ctx.arena, "{'%s': {hooks: pre-create}}", cases[i].pattern));
        assert_non_null(environment);
        if (environment_has_hook(environment, cases[i].name, "pre-create") != cases[i].fits)
            fail_msg("%s and %s", cases[i].pattern, cases[i].name);
        unit_end(&ctx);
    }
}

static void all_rules_that_fit_count(void **state)
{
    struct ctx ctx = unit_begin(0);
    struct environment *environment = build(
        &ctx, "{web: {hooks: [pre-create, post-update], restricted_actions: update},"
              " 'w*': {hooks: pre-delete, restricted_actions: [replace], 'OS::A': 'OS::B'}, other: {}}");
    assert_non_null(environment);
    assert_true(environment_has_hook(environment, "web", "pre-create"));
    assert_true(environment_has_hook(environment, "web", "post-update"));
    assert_true(environment_has_hook(environment, "web", "pre-delete"));
    assert_false(environment_has_hook(environment, "web", "post-delete"));
    assert_false(environment_has_hook(environment, "other", "pre-create"));
    assert_true(environment_restricts(environment, "web", "update"));
    assert_true(environment_restricts(environment, "web", "replace"));
    assert_false(environment_restricts(environment, "wob", "update"));
    assert_true(environment_restricts(environment, "wob", "replace"));
    assert_false(environment_has_hook(NULL, "web", "pre-create"));
    unit_end(&ctx);
}

static void unknown_words_are_refused_at_any_depth(void **state)
{
    static const struct {
        const char *resources, *message;
        enum fault fault;
    } cases[] = {
        {"{a: {hooks: pre}}",
         "Invalid hook type \"pre\" for resource breakpoint, acceptable hook types are: "
         "('pre-create', 'pre-update', 'pre-delete', 'post-create', 'post-update', "
         "'post-delete')",
         FAULT_BREAKPOINT},
        {"{a: {hooks: [pre-create, 7]}}", "Invalid hook type \"['pre-create', 7]\" for", FAULT_BREAKPOINT},
        {"{a: {hooks: {b: c}}}", "Invalid hook type \"{'b': 'c'}\" for", FAULT_BREAKPOINT},
        {"{a: {b: {hooks: never}}}", "Invalid hook type \"never\" for", FAULT_BREAKPOINT},
        {"{a: {restricted_actions: delete}}",
         "Invalid restricted_action type \"delete\" for resource, "
         "acceptable restricted_action types are: ('update', 'replace')",
         FAULT_RESTRICTION},
        {"{a: {restricted_actions: [update, update, zz]}}", "\"['update', 'update', 'zz']\"",
         FAULT_RESTRICTION},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct ctx ctx = unit_begin(0);
        assert_null(build(&ctx, cases[i].resources));
        assert_failed(&ctx, cases[i].fault, cases[i].message);
        unit_end(&ctx);
    }
}

static void what_says_nothing_is_fine(void **state)
{
    static const char *const fine[] = {
        "{}", "{a: {hooks: []}}", "{a: {hooks: null}}", "{a: text}", "[]", "{a: {restricted_actions: []}}"};
    for (size_t i = 0; i < COUNT_OF(fine); i++) {
        struct ctx ctx = unit_begin(0);
        struct environment *environment = build(&ctx, fine[i]);
        assert_non_null(environment);
        assert_false(environment_has_hook(environment, "a", "pre-create"));
        assert_false(environment_restricts(environment, "a", "update"));
        unit_end(&ctx);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_are_patterns),
        cmocka_unit_test(all_rules_that_fit_count),
        cmocka_unit_test(unknown_words_are_refused_at_any_depth),
        cmocka_unit_test(what_says_nothing_is_fine),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
