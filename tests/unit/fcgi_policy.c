/* Policy: the language of check strings, every default rule against every role, and policy files good and
 * bad. */
#include "tests/unit/unit.h"

#include <stdlib.h>
#include <unistd.h>

#include "fcgi/auth.h"
#include "fcgi/policy.h"
#include "fcgi/policy_check.h"

/* ---- who asks ---- */

enum who {
    READER,
    MEMBER,
    ADMIN,
    STACK_USER,
    NOBODY,
    OTHER_MEMBER,
    OTHER_ADMIN,
    SYSTEM_READER,
    SYSTEM_ADMIN,
    WHO_COUNT
};
/* Role lists as Keystone writes them out, with what a role implies. */
static const char *const admin_roles[] = {"admin", "member", "reader"};
#define member_roles (admin_roles + 1)
#define reader_roles (admin_roles + 2)
static const char *const stack_user_roles[] = {"heat_stack_user"};

static const struct {
    const char *name, *project;
    const char *const *roles;
    size_t role_count;
    bool system;
} people[WHO_COUNT] = {
    [READER] = {"reader", "p1", reader_roles, 1},
    [MEMBER] = {"member", "p1", member_roles, 2},
    [ADMIN] = {"admin", "p1", admin_roles, 3},
    [STACK_USER] = {"stack user", "p1", stack_user_roles, 1},
    [NOBODY] = {"no role", "p1"},
    [OTHER_MEMBER] = {"member elsewhere", "p2", member_roles, 2},
    [OTHER_ADMIN] = {"admin elsewhere", "p2", admin_roles, 3},
    [SYSTEM_READER] = {"system reader", NULL, reader_roles, 1, true},
    [SYSTEM_ADMIN] = {"system admin", NULL, admin_roles, 3, true},
};

static struct identity person(enum who who)
{
    return (struct identity){.user_id = "u1",
                             .user_name = "ann",
                             .user_domain_id = "default",
                             .project_id = people[who].project,
                             .roles = people[who].roles,
                             .role_count = people[who].role_count,
                             .system_scope = people[who].system,
                             .is_admin_project = true};
}

static struct policy *create(const char *path)
{
    struct ctx ctx = {.arena = arena_create(0)};
    struct policy *policy = policy_create(&ctx, path);
    if (policy == NULL)
        print_error("%s\n", ctx.error.message);
    arena_destroy(ctx.arena);
    return policy;
}

/* ---- the defaults ---- What each kind of rule lets pass, in the order of enum who. */

static const char reads[] = "yyy..."
                            "yyy",
                  writes[] = ".yy..."
                             "y.y",
                  agents[] = "yyyy.."
                             "yyy",
                  signals[] = ".yyy.."
                              "y.y",
                  everywhere[] = "..y..."
                                 "yyy",
                  admins[] = "..y..."
                             "y.y";

static const struct {
    const char *name, *allowed;
} expected[] = {
    {"context_is_admin", admins},
    {"project_admin", admins},
    {"deny_stack_user", "yyy.yyyyy"},
    {"deny_everybody", "........."},
    {"allow_everybody", "yyyyyyyyy"},
    {"actions:action", writes},
    {"actions:snapshot", writes},
    {"actions:suspend", writes},
    {"actions:resume", writes},
    {"actions:check", writes},
    {"actions:cancel_update", writes},
    {"actions:cancel_without_rollback", writes},
    {"actions:retry", writes},
    {"actions:protect", writes},
    {"actions:unprotect", writes},
    {"build_info:build_info", reads},
    {"cloudformation:ListStacks", reads},
    {"cloudformation:CreateStack", writes},
    {"cloudformation:DescribeStacks", reads},
    {"cloudformation:DeleteStack", writes},
    {"cloudformation:UpdateStack", writes},
    {"cloudformation:CancelUpdateStack", writes},
    {"cloudformation:DescribeStackEvents", reads},
    {"cloudformation:ValidateTemplate", reads},
    {"cloudformation:GetTemplate", reads},
    {"cloudformation:EstimateTemplateCost", reads},
    {"cloudformation:DescribeStackResource", agents},
    {"cloudformation:DescribeStackResources", reads},
    {"cloudformation:ListStackResources", reads},
    {"events:index", reads},
    {"events:show", reads},
    {"resource:index", reads},
    {"resource:metadata", agents},
    {"resource:signal", signals},
    {"resource:mark_unhealthy", writes},
    {"resource:show", reads},
    {"service:index", everywhere},
    {"software_configs:global_index", everywhere},
    {"software_configs:index", reads},
    {"software_configs:create", writes},
    {"software_configs:show", reads},
    {"software_configs:delete", writes},
    {"software_deployments:index", reads},
    {"software_deployments:create", writes},
    {"software_deployments:show", reads},
    {"software_deployments:update", writes},
    {"software_deployments:delete", writes},
    {"software_deployments:metadata", agents},
    {"stacks:abandon", writes},
    {"stacks:create", writes},
    {"stacks:delete", writes},
    {"stacks:detail", reads},
    {"stacks:export", writes},
    {"stacks:generate_template", writes},
    {"stacks:global_index", everywhere},
    {"stacks:index", reads},
    {"stacks:list_resource_types", reads},
    {"stacks:list_template_versions", reads},
    {"stacks:list_template_functions", reads},
    {"stacks:lookup", agents},
    {"stacks:preview", reads},
    {"stacks:resource_schema", reads},
    {"stacks:show", reads},
    {"stacks:template", reads},
    {"stacks:environment", reads},
    {"stacks:files", reads},
    {"stacks:update", writes},
    {"stacks:update_patch", writes},
    {"stacks:update_no_change", writes},
    {"stacks:preview_update", writes},
    {"stacks:preview_update_patch", writes},
    {"stacks:validate_template", writes},
    {"stacks:snapshot", writes},
    {"stacks:show_snapshot", reads},
    {"stacks:delete_snapshot", writes},
    {"stacks:list_snapshots", reads},
    {"stacks:restore_snapshot", writes},
    {"stacks:list_outputs", reads},
    {"stacks:show_output", reads},
    {"resource_types:OS::Nova::Flavor", admins},
    {"resource_types:OS::Keystone::User", admins},
    {"resource_types:OS::Keystone::*", admins},
    {"resource_types:OS::Nova::Server", "yyyyyyyyy"},
    {"resource_types:My::Type", "yyyyyyyyy"},
    {"resource_types:file.yaml", "yyyyyyyyy"},
    {"no:such_rule", "........."},
};

static void test_defaults(void **state)
{
    struct policy *policy = create(NULL);
    assert_non_null(policy);
    for (size_t i = 0; i < COUNT_OF(expected); i++)
        for (int who = 0; who < WHO_COUNT; who++) {
            struct identity identity = person(who);
            bool allowed = policy_check(policy, expected[i].name, &identity, "p1");
            if (allowed != (expected[i].allowed[who] == 'y'))
                fail_msg("%s: %s %s", expected[i].name, people[who].name, allowed ? "may" : "may not");
        }
    policy_destroy(policy);
}

/* A rule added to policy.def must be added above. */
static void test_every_default_is_tried(void **state)
{
    struct policy *policy = create(NULL);
    for (size_t i = 0; policy_name(policy, i) != NULL; i++) {
        const char *name = policy_name(policy, i);
        bool found = strncmp(name, "resource_types:", 15) == 0 &&
                     strcmp(policy_text(policy, name), "rule:project_admin") == 0;
        for (size_t j = 0; j < COUNT_OF(expected); j++)
            found = found || strcmp(expected[j].name, name) == 0;
        if (!found)
            fail_msg("%s is not tried", name);
    }
    policy_destroy(policy);
}

/* ---- the language ---- */

static const struct {
    const char *text;
    bool holds; /* for MEMBER in p1 */
} checks[] = {
    {"", true},
    {"   ", true},
    {"@", true},
    {"!", false},
    {"not !", true},
    {"not not @", true},
    {"role:member", true},
    {"role:MEMBER", true},
    {"role:admin", false},
    {"not role:admin", true},
    {"role:member and role:reader", true},
    {"role:member and role:admin", false},
    {"role:admin or role:member", true},
    {"role:admin OR role:member", true},
    {"! and ! or @", true},
    {"@ or ! and !", true},
    {"(@ or !) and !", false},
    {"not (role:admin or role:member)", false},
    {"not role:admin and role:member", true},
    {"((role:member))", true},
    {"( role:member )", true},
    {"project_id:%(project_id)s", true},
    {"tenant_id:%(tenant_id)s", true},
    {"project_id:p1", true},
    {"project_id:p2", false},
    {"project_id:p%%1", false},
    {"project_id:%(nosuch)s", false},
    {"user_id:u1", true},
    {"user_id:%(user_id)s", false},
    {"user_domain_id:default", true},
    {"project_domain_id:None", true},
    {"nosuch:None", false},
    {"system_scope:all", false},
    {"is_admin_project:True", true},
    {"roles:reader", true},
    {"roles:admin", false},
    {"'p1':%(project_id)s", true},
    {"\"p1\":%(project_id)s", true},
    {"'x':%(project_id)s", false},
    {"True:True", true},
    {"5:5", true},
    {"role:p1", false},
    {"rule:nowhere", false},
};

static const struct check *no_rules(void *rules, const char *name)
{
    return NULL;
}

static void test_language(void **state)
{
    struct identity identity = person(MEMBER);
    for (size_t i = 0; i < COUNT_OF(checks); i++) {
        struct ctx ctx = {.arena = arena_create(0)};
        struct check_question question = {.identity = &identity, .project_id = "p1", .lookup = no_rules};
        const struct check *check = check_parse(&ctx, checks[i].text);
        if (check == NULL)
            fail_msg("'%s': %s", checks[i].text, ctx.error.message);
        else if (check_holds(check, &question) != checks[i].holds)
            fail_msg("'%s' is %s", checks[i].text, checks[i].holds ? "false" : "true");
        arena_destroy(ctx.arena);
    }
}

static const struct {
    const char *text, *message;
} refused[] = {
    {"member", "'member' is no check"},
    {":member", "':member' is no check"},
    {"role:a and", "a check is missing at the end"},
    {"and role:a", "a check is missing before 'and'"},
    {"role:a or or role:b", "a check is missing before 'or'"},
    {"()", "a check is missing before ')'"},
    {"(role:a", "a parenthesis is not closed"},
    {"role:a)", "')' does not belong"},
    {"role:a role:b", "'role:b' does not belong"},
    {"not", "a check is missing at the end"},
    {"project_id:%(project_id)", "has a % that begins neither"},
    {"project_id:%d", "has a % that begins neither"},
    {"project_id:100%", "has a % that begins neither"},
    {"http://example.org/check", "asks a remote server"},
};

static void test_language_refuses(void **state)
{
    for (size_t i = 0; i < COUNT_OF(refused); i++) {
        struct ctx ctx = {.arena = arena_create(0)};
        assert_null(check_parse(&ctx, refused[i].text));
        if (strstr(ctx.error.message, refused[i].message) == NULL)
            fail_msg("'%s': %s", refused[i].text, ctx.error.message);
        arena_destroy(ctx.arena);
    }
}

static void test_deep_nesting_ends(void **state)
{
    struct ctx ctx = {.arena = arena_create(0)};
    char *text = arena_alloc(ctx.arena, 200001);
    memset(text, '(', 200000);
    text[200000] = '\0';
    assert_null(check_parse(&ctx, text));
    assert_non_null(strstr(ctx.error.message, "deep"));
    arena_destroy(ctx.arena);
}

/* ---- files ---- */

static char path[] = "/tmp/hearth-policy-XXXXXX";

static void write_file(const char *text)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static void test_file_overrides(void **state)
{
    write_file("---\n"
               "# operators may everything\n"
               "\n"
               "\"operator\": \"role:operator or role:admin\"\n"
               "'stacks:create': 'rule:operator'   # only they\n"
               "stacks:delete: rule:operator\r\n"
               "stacks:show: \"\"\n"
               "stacks:index:\n");
    struct policy *policy = create(path);
    assert_non_null(policy);
    struct identity member = person(MEMBER), admin = person(ADMIN), other = person(OTHER_MEMBER);
    assert_false(policy_check(policy, "stacks:create", &member, "p1"));
    assert_true(policy_check(policy, "stacks:create", &admin, "p1"));
    assert_false(policy_check(policy, "stacks:delete", &member, "p1"));
    assert_true(policy_check(policy, "stacks:show", &other, "p1"));
    assert_true(policy_check(policy, "stacks:index", &other, "p1"));
    assert_true(policy_check(policy, "stacks:update", &member, "p1"));
    assert_string_equal(policy_text(policy, "stacks:create"), "rule:operator");
    policy_destroy(policy);
}

static const struct {
    const char *text, *message; /* message: after the file's name */
} bad_files[] = {
    {"\n# x\nstacks:create\n", ":3: expected"},
    {"\"stacks:create: @\n", ":1: expected"},
    {"stacks:create: \"role:a\n", ":1: a quote is not closed"},
    {"stacks:create: \"role:a\" x\n", ":1: something follows the check"},
    {"stacks:create: [[\"role:a\"]]\n", ":1: checks as lists are the old form"},
    {"a: '@'\na: '!'\n", ":2: the rule was given before"},
    {"a: '@'\nstacks:create: 'role:a and'\n", ":2: rule stacks:create: a check is missing"},
    {"stacks:create: rule:nosuch\n", ":1: rule stacks:create uses rule:nosuch, which does not exist"},
    {"a: rule:a\n", ":1: rule a comes back to itself"},
    {"a: rule:b\nb: '@ or not rule:c'\nc: rule:a\n", ": rule c comes back to itself"},
    {"project_admin: rule:context_is_admin\ncontext_is_admin: rule:project_admin\n", "comes back to itself"},
};

static void test_bad_files(void **state)
{
    for (size_t i = 0; i < COUNT_OF(bad_files); i++) {
        struct ctx ctx = {.arena = arena_create(0)};
        write_file(bad_files[i].text);
        assert_null(policy_create(&ctx, path));
        if (strncmp(ctx.error.message, path, strlen(path)) != 0 ||
            strstr(ctx.error.message, bad_files[i].message) == NULL)
            fail_msg("%s: %s", bad_files[i].text, ctx.error.message);
        arena_destroy(ctx.arena);
    }
}

static void test_missing_file(void **state)
{
    struct ctx ctx = {.arena = arena_create(0)};
    assert_null(policy_create(&ctx, "/nonexistent/policy.yaml"));
    assert_non_null(strstr(ctx.error.message, "/nonexistent/policy.yaml cannot be opened: No such file"));
    arena_destroy(ctx.arena);
}

/* ---- as a request asks ---- */

static void test_enforce(void **state)
{
    struct identity reader = person(READER);
    struct ctx ctx = {.arena = arena_create(0), .identity = &reader, .tenant_id = "p1"};
    assert_int_equal(policy_open(&ctx, ""), 0);
    assert_int_equal(policy_enforce(&ctx, "stacks:show"), 0);
    assert_int_equal(policy_enforce(&ctx, "stacks:create"), -1);
    assert_int_equal(ctx.error.fault, FAULT_FORBIDDEN);
    assert_string_equal(ctx.error.message, "You are not authorized to use stacks:create.");
    error_clear(&ctx);
    assert_int_equal(policy_enforce(&ctx, "resource_types:OS::Nova::Flavor"), -1);
    assert_string_equal(ctx.error.message, "You are not authorized to use OS::Nova::Flavor.");
    ctx.identity = NULL;
    assert_false(policy_allows(&ctx, "allow_everybody"));
    arena_destroy(ctx.arena);
}

int main(void)
{
    int fd = mkstemp(path);
    if (fd < 0)
        return 1;
    close(fd);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_defaults),          cmocka_unit_test(test_every_default_is_tried),
        cmocka_unit_test(test_language),          cmocka_unit_test(test_language_refuses),
        cmocka_unit_test(test_deep_nesting_ends), cmocka_unit_test(test_file_overrides),
        cmocka_unit_test(test_bad_files),         cmocka_unit_test(test_missing_file),
        cmocka_unit_test(test_enforce),
    };
    int failed = cmocka_run_group_tests_name("fcgi/policy", tests, NULL, NULL);
    unlink(path);
    return failed;
}
