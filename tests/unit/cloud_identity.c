/* What the cloud folder reads and keeps: token documents, the catalogue, roles, passwords. */
#include "tests/unit/unit.h"

#include "cloud/catalog.h"
#include "cloud/keystone_token.h"
#include "cloud/password.h"
#include "cloud/roles.h"

static struct ctx ctx;

static int setup(void **state)
{
    ctx = (struct ctx){.arena = arena_create(0)};
    return 0;
}

static int teardown(void **state)
{
    arena_destroy(ctx.arena);
    return 0;
}

/* ---- tokens ---- */

static const char scoped[] =
    "{\"token\": {\"methods\": [\"password\"], \"user\": {\"domain\": {\"id\": \"default\", \"name\": "
    "\"Default\"}, "
    "\"id\": \"u1\", \"name\": \"ann\", \"password_expires_at\": null}, \"expires_at\": "
    "\"2026-11-24T19:08:41.000000Z\", "
    "\"project\": {\"domain\": {\"id\": \"d2\", \"name\": \"Two\"}, \"id\": \"p1\", \"name\": \"one\"}, "
    "\"roles\": [{\"id\": \"1\", \"name\": \"member\"}, {\"id\": \"2\", \"name\": \"reader\"}]}}";

static struct identity *read_token(const char *text)
{
    return keystone_token_read(ctx.arena, text, strlen(text));
}

static void test_token(void **state)
{
    const struct identity *identity = read_token(scoped);
    assert_non_null(identity);
    assert_string_equal(identity->user_id, "u1");
    assert_string_equal(identity->user_name, "ann");
    assert_string_equal(identity->user_domain_name, "Default");
    assert_string_equal(identity->project_id, "p1");
    assert_string_equal(identity->project_domain_id, "d2");
    assert_int_equal(identity->role_count, 2);
    assert_true(identity_has_role(identity, "reader"));
    assert_false(identity_has_role(identity, "admin"));
    assert_false(identity->system_scope);
    assert_true(identity->is_admin_project);
    assert_true(identity->expires_us == 1795547321000000);
}

static void test_token_scopes(void **state)
{
    const struct identity *identity =
        read_token("{\"token\": {\"user\": {\"id\": \"u\"}, \"expires_at\": \"2026-11-24T19:08:41Z\", "
                   "\"system\": {\"all\": true}, \"is_admin_project\": false}}");
    assert_true(identity->system_scope);
    assert_false(identity->is_admin_project);
    assert_null(identity->project_id);
    assert_int_equal(identity->role_count, 0);
}

static void test_token_nonsense(void **state)
{
    static const char *const texts[] = {
        "",
        "{",
        "[]",
        "{\"token\": []}",
        "{\"token\": {\"user\": {\"id\": \"u\"}}}",
        "{\"token\": {\"user\": {\"id\": \"u\"}, \"expires_at\": \"tomorrow\"}}",
        "{\"token\": {\"user\": {\"id\": 5}, \"expires_at\": \"2026-11-24T19:08:41Z\"}}",
    };
    for (size_t i = 0; i < COUNT_OF(texts); i++)
        assert_null(read_token(texts[i]));
}

/* ---- catalogue ---- */

static const char services[] =
    "{\"catalog\": [{\"type\": \"compute\", \"endpoints\": ["
    "{\"interface\": \"public\", \"region_id\": \"A\", \"url\": \"http://a:8774/v2.1/\"}, "
    "{\"interface\": \"public\", \"region_id\": \"B\", \"url\": \"http://b:8774/v2.1\"}, "
    "{\"interface\": \"internal\", \"region_id\": \"A\", \"url\": \"http://in:8774/v2.1\"}]}, "
    "{\"type\": \"empty\"}]}";

static void test_catalog(void **state)
{
    const struct catalog *catalog = catalog_read(&ctx, services, strlen(services));
    assert_non_null(catalog);
    assert_int_equal(catalog->count, 3);
    assert_string_equal(catalog_endpoint(&ctx, catalog, "compute", "public", "A"), "http://a:8774/v2.1");
    assert_string_equal(catalog_endpoint(&ctx, catalog, "compute", "public", "B"), "http://b:8774/v2.1");
    assert_string_equal(catalog_endpoint(&ctx, catalog, "compute", "internal", ""), "http://in:8774/v2.1");
    assert_null(catalog_endpoint(&ctx, catalog, "compute", "internal", "B"));
    assert_int_equal(ctx.error.fault, FAULT_UNAVAILABLE);
    assert_string_equal(ctx.error.message,
                        "The service catalogue has no internal endpoint of compute in region B.");
    assert_null(catalog_read(&ctx, "{}", 2));
}

/* ---- roles ---- */

static void test_roles(void **state)
{
    assert_string_equal(roles_expand(ctx.arena, ""), "");
    assert_string_equal(roles_expand(ctx.arena, "reader"), "reader");
    assert_string_equal(roles_expand(ctx.arena, "admin"), "admin member reader");
    assert_string_equal(roles_expand(ctx.arena, "x member admin"), "x member reader admin");
    assert_string_equal(roles_expand(ctx.arena, " heat_stack_owner  reader reader"),
                        "heat_stack_owner reader");
    assert_string_equal(roles_common(ctx.arena, "admin member reader", "reader x member"), "member reader");
    assert_string_equal(roles_common(ctx.arena, "a b", "ab"), "");
    assert_true(roles_have("a bc", "bc"));
    assert_false(roles_have("a bc", "b"));
    assert_false(roles_have("", "b"));
    assert_true(role_name_valid("heat_stack-owner.2"));
    assert_false(role_name_valid(""));
    assert_false(role_name_valid("a b"));
    assert_false(role_name_valid("a,b"));
}

static void test_stable_ids(void **state)
{
    char a[STABLE_ID_SIZE], b[STABLE_ID_SIZE];
    stable_id("role", "member", a);
    stable_id("role", "member", b);
    assert_string_equal(a, b);
    assert_int_equal(strlen(a), 32);
    stable_id("service", "member", b);
    assert_string_not_equal(a, b);
}

/* ---- passwords ---- */

static void test_passwords(void **state)
{
    const char *hash = password_hash(&ctx, "correct horse"), *again = password_hash(&ctx, "correct horse");
    assert_non_null(hash);
    assert_memory_equal(hash, "$y$", 3);
    assert_string_not_equal(hash, again);
    assert_true(password_matches("correct horse", hash));
    assert_true(password_matches("correct horse", again));
    assert_false(password_matches("correct horsf", hash));
    assert_false(password_matches("", hash));
    assert_false(password_matches("correct horse", NULL));
    assert_false(password_matches("correct horse", ""));
    assert_false(password_matches("correct horse", "!"));
}

static void test_password_lengths(void **state)
{
    char longest[PASSWORD_LENGTH_MAX + 2];
    memset(longest, 'a', sizeof longest);
    longest[PASSWORD_LENGTH_MAX] = '\0';
    const char *hash = password_hash(&ctx, longest);
    assert_true(password_matches(longest, hash));
    longest[PASSWORD_LENGTH_MAX - 1] = 'b';
    assert_false(password_matches(longest, hash));
    longest[PASSWORD_LENGTH_MAX] = 'a';
    longest[PASSWORD_LENGTH_MAX + 1] = '\0';
    assert_null(password_hash(&ctx, longest));
    assert_int_equal(ctx.error.fault, FAULT_BAD_REQUEST);
    error_clear(&ctx);
    assert_null(password_hash(&ctx, ""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_token, setup, teardown),
        cmocka_unit_test_setup_teardown(test_token_scopes, setup, teardown),
        cmocka_unit_test_setup_teardown(test_token_nonsense, setup, teardown),
        cmocka_unit_test_setup_teardown(test_catalog, setup, teardown),
        cmocka_unit_test_setup_teardown(test_roles, setup, teardown),
        cmocka_unit_test_setup_teardown(test_stable_ids, setup, teardown),
        cmocka_unit_test_setup_teardown(test_passwords, setup, teardown),
        cmocka_unit_test_setup_teardown(test_password_lengths, setup, teardown),
    };
    return cmocka_run_group_tests_name("cloud", tests, NULL, NULL);
}
