/* Which addresses a user's URL may lead to. */
#include "tests/unit/unit.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include "cloud/fetch.h"

static bool public_v4(const char *text)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    assert_int_equal(inet_pton(AF_INET, text, &address.sin_addr), 1);
    return address_is_public((const struct sockaddr *)&address);
}

static bool public_v6(const char *text)
{
    struct sockaddr_in6 address = {.sin6_family = AF_INET6};
    assert_int_equal(inet_pton(AF_INET6, text, &address.sin6_addr), 1);
    return address_is_public((const struct sockaddr *)&address);
}

static void the_internet_is_public(void **state)
{
    static const char *const v4[] = {"1.1.1.1",    "8.8.8.8",     "172.15.255.255",
                                     "172.32.0.1", "192.167.1.1", "100.128.0.1"};
    static const char *const v6[] = {"2606:4700:4700::1111", "2a00:1450::1", "::ffff:8.8.8.8",
                                     "64:ff9b::808:808"};
    for (size_t i = 0; i < COUNT_OF(v4); i++)
        assert_true(public_v4(v4[i]));
    for (size_t i = 0; i < COUNT_OF(v6); i++)
        assert_true(public_v6(v6[i]));
}

static void everything_else_is_not(void **state)
{
    static const char *const v4[] = {"0.0.0.0",     "10.1.2.3",        "100.64.0.1", "127.0.0.1",
                                     "127.255.0.1", "169.254.169.254", "172.16.0.1", "172.31.255.255",
                                     "192.168.0.1", "198.18.0.1",      "224.0.0.1",  "255.255.255.255"};
    static const char *const v6[] = {"::",
                                     "::1",
                                     "fe80::1",
                                     "fd00::1",
                                     "ff02::1",
                                     "::ffff:127.0.0.1",
                                     "::ffff:169.254.169.254",
                                     "64:ff9b::7f00:1",
                                     "2002:7f00:1::",
                                     "2001::1"};
    for (size_t i = 0; i < COUNT_OF(v4); i++)
        assert_false(public_v4(v4[i]));
    for (size_t i = 0; i < COUNT_OF(v6); i++)
        assert_false(public_v6(v6[i]));
    assert_false(address_is_public(&(struct sockaddr){.sa_family = AF_UNIX}));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_internet_is_public),
        cmocka_unit_test(everything_else_is_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
