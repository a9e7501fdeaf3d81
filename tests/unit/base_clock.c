/* Time in ISO 8601 and back, identifiers, and the log's lines. */
#include "tests/unit/unit.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/uuid.h"

static const int64_t second = 1000000;

static void written(void **state)
{
    static const struct {
        int64_t us;
        const char *seconds, *microseconds;
    } cases[] = {
        {0, "1970-01-01T00:00:00Z", "1970-01-01T00:00:00.000000Z"},
        {1, "1970-01-01T00:00:00Z", "1970-01-01T00:00:00.000001Z"},
        {-1, "1969-12-31T23:59:59Z", "1969-12-31T23:59:59.999999Z"},
        {1769860800123456, "2026-01-31T12:00:00Z", "2026-01-31T12:00:00.123456Z"},
        {951782400000000, "2000-02-29T00:00:00Z", "2000-02-29T00:00:00.000000Z"},
        {253402300799999999, "9999-12-31T23:59:59Z", "9999-12-31T23:59:59.999999Z"},
        {INT64_MAX, "294247-01-10T04:00:54Z", "294247-01-10T04:00:54.775807Z"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char out[CLOCK_ISO_SIZE];
        clock_iso(cases[i].us, out);
        assert_string_equal(out, cases[i].seconds);
        clock_iso_us(cases[i].us, out);
        assert_string_equal(out, cases[i].microseconds);
    }
}

static void read_back(void **state)
{
    static const struct {
        const char *text;
        int64_t us;
    } cases[] = {
        {"1970-01-01T00:00:00Z", 0},
        {"2026-01-31T12:00:00Z", 1769860800000000},
        {"2026-01-31T12:00:00.123456Z", 1769860800123456},
        {"2026-01-31T12:00:00.5Z", 1769860800500000},
        {"2026-01-31T12:00:00.123456789Z", 1769860800123456},
        {"2026-01-31T12:00:00.123456+00:00", 1769860800123456},
        {"2026-01-31T12:00:00", 1769860800000000},
        {"2000-02-29T23:59:59Z", 951868799000000},
        {"1969-12-31T23:59:59Z", -1000000},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        int64_t us = 42;
        assert_int_equal(clock_parse_iso(cases[i].text, &us), 0);
        assert_true(us == cases[i].us);
    }
}

static void no_time(void **state)
{
    static const char *const cases[] = {
        "",
        "2026",
        "2026-01-31",
        "2026-01-31 12:00:00Z",
        "2026-13-01T00:00:00Z",
        "2026-00-01T00:00:00Z",
        "2026-02-29T00:00:00Z",
        "2026-04-31T00:00:00Z",
        "2026-01-00T00:00:00Z",
        "2026-01-31T24:00:00Z",
        "2026-01-31T12:60:00Z",
        "2026-01-31T12:00:60Z",
        "2026-01-31T12:00:00.Z",
        "2026-01-31T12:00:00ZZ",
        "2026-01-31T12:00:00+01:00",
        "2026-1-31T12:00:00Z",
        "+026-01-31T12:00:00Z",
        "2026-01-31T12:00:00 ",
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        int64_t us = 42;
        assert_int_equal(clock_parse_iso(cases[i], &us), -1);
        assert_true(us == 42);
    }
}

static void clocks_run(void **state)
{
    int64_t before = clock_monotonic_us();
    usleep(2000);
    int64_t passed = clock_monotonic_us() - before;
    assert_true(passed >= 2000 && passed < 60 * second);
    assert_true(clock_wall_us() > 1700000000 * second);
}

static void identifiers(void **state)
{
    char one[UUID_SIZE], two[UUID_SIZE], hex[UUID_HEX_SIZE], tail[13];
    uuid_v4(one);
    uuid_v4(two);
    assert_true(uuid_valid(one) && uuid_valid(two));
    assert_string_not_equal(one, two);
    assert_int_equal(one[14], '4');
    assert_non_null(strchr("89ab", one[19]));
    uuid_hex(hex);
    assert_int_equal(strspn(hex, "0123456789abcdef"), 32);
    assert_int_equal(hex[32], '\0');
    random_base32(tail, 12);
    assert_int_equal(strspn(tail, "abcdefghijklmnopqrstuvwxyz234567"), 12);
    assert_int_equal(tail[12], '\0');
}

static void which_texts_are_uuids(void **state)
{
    assert_true(uuid_valid("6BA7B810-9dad-11d1-80b4-00c04fd430c8"));
    assert_false(uuid_valid(""));
    assert_false(uuid_valid("6ba7b8109dad11d180b400c04fd430c8"));
    assert_false(uuid_valid("6ba7b810-9dad-11d1-80b4-00c04fd430c"));
    assert_false(uuid_valid("6ba7b810-9dad-11d1-80b4-00c04fd430c8a"));
    assert_false(uuid_valid("6ba7b810-9dad-11d1-80b4-00c04fd430cg"));
    assert_false(uuid_valid("6ba7b810x9dad-11d1-80b4-00c04fd430c8"));
}

/* Every value of five bits turns up, or the alphabet is used unevenly. */
static void random_letters_cover_the_alphabet(void **state)
{
    static char text[4097];
    random_base32(text, 4096);
    for (const char *c = "abcdefghijklmnopqrstuvwxyz234567"; *c; c++)
        assert_non_null(strchr(text, *c));
}

static void read_file(const char *path, char *out, size_t size)
{
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    out[fread(out, 1, size - 1, file)] = '\0';
    fclose(file);
}

static void one_event_is_one_line(void **state)
{
    char path[] = "/tmp/hearth-log-XXXXXX", text[32768], moved[64];
    close(mkstemp(path));
    log_open("api", LOG_INFO_LEVEL, path);
    log_info("req-1", "stack=%s", "web\nfake line\x01");
    log_debug("req-1", "too detailed");
    log_error(NULL, "%09000d", 0);
    snprintf(moved, sizeof moved, "%s.1", path);
    rename(path, moved);
    log_reopen();
    log_warning(NULL, "after rotation");
    log_open("unit", LOG_INFO_LEVEL, NULL);
    read_file(moved, text, sizeof text);
    char *second_line = strchr(text, '\n') + 1;
    assert_non_null(strstr(text, "level=info role=api pid="));
    assert_non_null(strstr(text, " request=req-1 stack=web\\x0afake line\\x01\n"));
    assert_null(strstr(text, "too detailed"));
    assert_non_null(strstr(second_line, "level=error"));
    assert_non_null(strstr(second_line, "0...\n"));
    assert_null(strstr(text, "after rotation"));
    read_file(path, text, sizeof text);
    assert_non_null(strstr(text, "level=warning role=api"));
    unlink(path);
    unlink(moved);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(written),
        cmocka_unit_test(read_back),
        cmocka_unit_test(no_time),
        cmocka_unit_test(clocks_run),
        cmocka_unit_test(identifiers),
        cmocka_unit_test(which_texts_are_uuids),
        cmocka_unit_test(random_letters_cover_the_alphabet),
        cmocka_unit_test(one_event_is_one_line),
    };
    return cmocka_run_group_tests_name("base/clock, uuid, log", tests, NULL, NULL);
}
