/* Sealing: there and back, tampering, rotation, signatures, and key files good and bad. */
#include "tests/unit/unit.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/seal.h"

#define KEY_A "a1 000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n"
#define KEY_B "b2 ff0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1eff\n"

static const char context[] = "tenant/stack/parameters";
static char path[] = "/tmp/hearth-keys-XXXXXX";

static int make_file(void **state)
{
    int fd = mkstemp(path);
    return fd < 0 ? -1 : close(fd);
}

static int remove_file(void **state)
{
    return unlink(path);
}

static void write_keys(const char *lines)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(lines, file);
    assert_int_equal(fclose(file), 0);
}

static void load(struct ctx *ctx, const char *lines)
{
    write_keys(lines);
    if (seal_load_keys(ctx, path) < 0)
        fail_msg("%s", ctx->error.message);
}

/* Runs first: no key has been loaded yet. */
static void nothing_works_without_a_key(void **state)
{
    struct ctx ctx = unit_begin(0);
    char signature[65];
    assert_null(seal(&ctx, context, "secret"));
    assert_failed(&ctx, FAULT_INTERNAL, "no key is loaded");
    seal_sign("text", signature);
    assert_string_equal(signature, "");
    assert_false(seal_verify("text", signature));
    unit_end(&ctx);
}

static void there_and_back(void **state)
{
    struct ctx ctx = unit_begin(0);
    load(&ctx, KEY_A);
    char *large = arena_alloc(ctx.arena, 100001);
    memset(large, 'x', 100000);
    large[100000] = '\0';
    const char *const plains[] = {"", "x", "{\"password\": \"caf\xC3\xA9\"}", large};
    for (size_t i = 0; i < COUNT_OF(plains); i++) {
        const char *sealed = seal(&ctx, context, plains[i]);
        assert_non_null(sealed);
        assert_memory_equal(sealed, "1:a1:", 5);
        assert_string_equal(seal_open(&ctx, context, sealed), plains[i]);
        assert_string_not_equal(seal(&ctx, context, plains[i]), sealed);
    }
    unit_end(&ctx);
}

static void does_not_open(struct ctx *ctx, const char *where, const char *sealed)
{
    error_clear(ctx);
    if (seal_open(ctx, where, sealed))
        fail_msg("opened: %s", sealed);
    assert_int_equal(ctx->error.fault, FAULT_INTERNAL);
}

static void changed_moved_or_cut_does_not_open(void **state)
{
    struct ctx ctx = unit_begin(0);
    load(&ctx, KEY_A);
    const char *sealed = seal(&ctx, context, "hunter2");
    size_t length = strlen(sealed);
    does_not_open(&ctx, "tenant/other/parameters", sealed);
    for (size_t i = 0; i < length - 1; i++) { /* the last base64 digit may carry unused bits */
        char *changed = arena_strdup(ctx.arena, sealed);
        changed[i] = changed[i] == 'A' ? 'B' : 'A';
        does_not_open(&ctx, context, changed);
    }
    for (size_t cut = 0; cut < length; cut++)
        does_not_open(&ctx, context, arena_strndup(ctx.arena, sealed, cut));
    does_not_open(&ctx, context, arena_printf(ctx.arena, "%sAA", sealed));
    assert_null(strstr(ctx.error.message, "hunter2"));
    unit_end(&ctx);
}

static void rotation(void **state)
{
    struct ctx ctx = unit_begin(0);
    load(&ctx, KEY_A);
    const char *old = seal(&ctx, context, "secret");
    assert_true(seal_is_current(old));
    load(&ctx, "# newest first\n" KEY_B "\n" KEY_A);
    assert_string_equal(seal_open(&ctx, context, old), "secret");
    assert_false(seal_is_current(old));
    const char *resealed = seal(&ctx, context, "secret");
    assert_true(seal_is_current(resealed));
    assert_memory_equal(resealed, "1:b2:", 5);
    load(&ctx, KEY_B);
    assert_string_equal(seal_open(&ctx, context, resealed), "secret");
    does_not_open(&ctx, context, old);
    unit_end(&ctx);
}

static void signatures(void **state)
{
    struct ctx ctx = unit_begin(0);
    char old[65], new[65];
    load(&ctx, KEY_A);
    seal_sign("signal/web", old);
    assert_int_equal(strspn(old, "0123456789abcdef"), 64);
    assert_true(seal_verify("signal/web", old));
    assert_false(seal_verify("signal/db", old));
    assert_false(seal_verify("signal/web", ""));
    load(&ctx, KEY_B KEY_A);
    assert_true(seal_verify("signal/web", old));
    seal_sign("signal/web", new);
    assert_string_not_equal(old, new);
    load(&ctx, KEY_B);
    assert_false(seal_verify("signal/web", old));
    assert_true(seal_verify("signal/web", new));
    new[5] = new[5] == '0' ? '1' : '0';
    assert_false(seal_verify("signal/web", new));
    unit_end(&ctx);
}

static void bad_key_files(void **state)
{
    static const struct {
        const char *lines, *message;
    } cases[] = {
        {"", "holds no key; make one with: hearthctl key new"},
        {"# only a comment\n", "holds no key"},
        {"nonsense\n", ":1: expected \"<key id> <64 hex digits>\""},
        {KEY_B "a1 0001\n", ":2: expected"},
        {"a1000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n", ":1: expected"},
        {"a:1 000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n", ":1: expected"},
        {"a1 g00102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n", ":1: expected"},
        {"a1 000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f1f\n", ":1: expected"},
        {KEY_A KEY_A, ":2: this key id stands on an earlier line too"},
    };
    struct ctx ctx = unit_begin(0);
    load(&ctx, KEY_A);
    const char *sealed = seal(&ctx, context, "secret");
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        error_clear(&ctx);
        write_keys(cases[i].lines);
        assert_int_equal(seal_load_keys(&ctx, path), -1);
        assert_failed(&ctx, FAULT_INVALID, cases[i].message);
        assert_null(strstr(ctx.error.message, "0001"));
    }
    assert_string_equal(seal_open(&ctx, context, sealed), "secret"); /* the keys that were loaded stay */
    unit_end(&ctx);
}

static void a_key_file_is_private(void **state)
{
    struct ctx ctx = unit_begin(0);
    write_keys(KEY_A);
    chmod(path, 0640);
    assert_int_equal(seal_load_keys(&ctx, path), -1);
    assert_failed(&ctx, FAULT_INVALID, "open to others than its owner; run: chmod 600 /tmp/hearth-keys-");
    chmod(path, 0600);
    error_clear(&ctx);
    assert_int_equal(seal_load_keys(&ctx, "/nonexistent/keys"), -1);
    assert_failed(&ctx, FAULT_INVALID, "make one with: hearthctl key new");
    unit_end(&ctx);
}

static void a_new_key_can_be_loaded(void **state)
{
    struct ctx ctx = unit_begin(0);
    char one[SEAL_KEY_LINE_SIZE], two[SEAL_KEY_LINE_SIZE];
    assert_int_equal(seal_new_key("2026-01.first_key", one), 0);
    assert_int_equal(seal_new_key("abcdefghijklmnopqrstuvwxyz012345", two), 0);
    load(&ctx, arena_printf(ctx.arena, "%s\n%s\n", one, two));
    assert_string_equal(seal_open(&ctx, context, seal(&ctx, context, "secret")), "secret");
    assert_int_equal(seal_new_key("", one), -1);
    assert_int_equal(seal_new_key("a b", one), -1);
    assert_int_equal(seal_new_key("abcdefghijklmnopqrstuvwxyz0123456", one), -1);
    unit_end(&ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_works_without_a_key),
        cmocka_unit_test(there_and_back),
        cmocka_unit_test(changed_moved_or_cut_does_not_open),
        cmocka_unit_test(rotation),
        cmocka_unit_test(signatures),
        cmocka_unit_test(bad_key_files),
        cmocka_unit_test(a_key_file_is_private),
        cmocka_unit_test(a_new_key_can_be_loaded),
    };
    return cmocka_run_group_tests_name("base/seal", tests, make_file, remove_file);
}
