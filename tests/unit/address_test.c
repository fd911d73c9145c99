// Addresses as operators write them.
#include "net/address.h"

#include "cmocka_all.h"

#include <string.h>

static void addresses_are_read_with_what_they_reach(void **state)
{
    (void)state;
    static const struct {
        const char *text, *address;
        uint16_t port;
        bool is_loopback, is_ipv6;
    } good[] = {{"127.0.0.1:0", "127.0.0.1", 0, true, false},
                {"127.8.9.1:65535", "127.8.9.1", 65535, true, false},
                {"localhost:80", "127.0.0.1", 80, true, false},
                {"0.0.0.0:9464", "0.0.0.0", 9464, false, false},
                {"192.0.2.7:1", "192.0.2.7", 1, false, false},
                {"[::1]:8080", "::1", 8080, true, true},
                {"[::]:8080", "::", 8080, false, true},
                {"[2001:db8::7]:1", "2001:db8::7", 1, false, true}};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        struct address address;
        assert_int_equal(address_parse(good[i].text, &address), MM_OK);
        assert_string_equal(address.text, good[i].address);
        assert_int_equal(address.port, good[i].port);
        assert_int_equal(address.is_loopback, good[i].is_loopback);
        assert_int_equal(address.is_ipv6, good[i].is_ipv6);
    }
}

static void anything_else_is_refused_by_name(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",        "127.0.0.1",     "127.0.0.1:",    ":80",   "8080",           "127.0.0.1:65536",
        "host:80", "127.0.0.1:-1",  "::1:80",        "[::1]", "[127.0.0.1]:80", "1.2.3:80",
        "[::1:80", "127.0.0.1:8 0", "127.0.0.1:80x", "[]:80"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct address address;
        assert_int_equal(address_parse(bad[i], &address), MM_ERROR_USAGE);
        char quoted[64];
        snprintf(quoted, sizeof quoted, "'%s'", bad[i]);
        assert_non_null(strstr(mm_error_text(), quoted));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(addresses_are_read_with_what_they_reach),
        cmocka_unit_test(anything_else_is_refused_by_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
