/* The cache of checked tokens: time, generation, room. */
#include "tests/unit/unit.h"

#include "fcgi/auth_cache.h"

static const char *const roles[] = {"member", "reader"};
static const struct identity ann = {.user_id = "u1",
                                    .user_name = "ann",
                                    .project_id = "p1",
                                    .project_name = "one",
                                    .roles = roles,
                                    .role_count = 2,
                                    .is_admin_project = true,
                                    .expires_us = 77,
                                    .token = "secret"};

static const char *digest(unsigned n)
{
    static char text[AUTH_DIGEST_SIZE];
    snprintf(text, sizeof text, "%016x%048x", n * 2654435761u, n);
    return text;
}

static void test_keeps_a_copy(void **state)
{
    struct auth_cache *cache = auth_cache_create(4);
    struct identity mine = ann;
    char name[] = "ann";
    bool refused;
    mine.user_name = name;
    assert_null(auth_cache_get(cache, digest(1), 0, 0, &refused));
    auth_cache_put(cache, digest(1), &mine, 0, 100);
    name[0] = 'x';
    const struct identity *found = auth_cache_get(cache, digest(1), 0, 99, &refused);
    assert_non_null(found);
    assert_false(refused);
    assert_string_equal(found->user_name, "ann");
    assert_string_equal(found->project_id, "p1");
    assert_null(found->user_domain_id);
    assert_int_equal(found->role_count, 2);
    assert_string_equal(found->roles[1], "reader");
    assert_int_equal(found->expires_us, 77);
    assert_null(found->token);
    auth_cache_destroy(cache);
}

static void test_time_and_generation(void **state)
{
    struct auth_cache *cache = auth_cache_create(4);
    bool refused;
    auth_cache_put(cache, digest(1), &ann, 5, 100);
    assert_null(auth_cache_get(cache, digest(1), 5, 100, &refused));
    assert_int_equal(auth_cache_count(cache), 0);
    auth_cache_put(cache, digest(1), &ann, 5, 100);
    assert_null(auth_cache_get(cache, digest(1), 6, 50, &refused));
    assert_int_equal(auth_cache_count(cache), 0);
    auth_cache_destroy(cache);
}

static void test_refused(void **state)
{
    struct auth_cache *cache = auth_cache_create(4);
    bool refused;
    auth_cache_put(cache, digest(1), NULL, 0, 100);
    assert_null(auth_cache_get(cache, digest(1), 0, 1, &refused));
    assert_true(refused);
    assert_null(auth_cache_get(cache, digest(2), 0, 1, &refused));
    assert_false(refused);
    auth_cache_destroy(cache);
}

static void test_room(void **state)
{
    struct auth_cache *cache = auth_cache_create(100);
    bool refused;
    for (unsigned n = 0; n < 100; n++)
        auth_cache_put(cache, digest(n), &ann, 0, 1000);
    assert_non_null(auth_cache_get(cache, digest(0), 0, 1, &refused)); /* used again: no more the oldest */
    for (unsigned n = 100; n < 150; n++)
        auth_cache_put(cache, digest(n), &ann, 0, 1000);
    assert_int_equal(auth_cache_count(cache), 100);
    assert_non_null(auth_cache_get(cache, digest(0), 0, 1, &refused));
    assert_null(auth_cache_get(cache, digest(1), 0, 1, &refused));
    assert_null(auth_cache_get(cache, digest(50), 0, 1, &refused));
    for (unsigned n = 51; n < 150; n++)
        assert_non_null(auth_cache_get(cache, digest(n), 0, 1, &refused));
    auth_cache_put(cache, digest(149), &ann, 0, 2000); /* in its own place */
    assert_int_equal(auth_cache_count(cache), 100);
    assert_non_null(auth_cache_get(cache, digest(149), 0, 1500, &refused));
    auth_cache_destroy(cache);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_keeps_a_copy),
        cmocka_unit_test(test_time_and_generation),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_room),
    };
    return cmocka_run_group_tests_name("fcgi/auth_cache", tests, NULL, NULL);
}
