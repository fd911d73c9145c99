// Signatures against vectors that two clients and a third implementation agree on.
#include "cmocka_all.h"
#include "venue/bybit/sign.h"

#include <string.h>

struct vector {
    const char *text, *signature;
};

// Key test_api_key, secret test_secret, receive window 5000.
static const struct vector vectors[] = {
    {"1700000000000test_api_key5000category=linear&symbol=BTCUSDT",
     "fd4f31228a46109dc6673062328693696df9a96c7ff04e6491a45e7f63a0fdd7"},
    {"1700000000000test_api_key5000{\"category\": \"linear\", \"symbol\": \"BTCUSDT\", "
     "\"orderLinkId\": \"test-order-1\"}",
     "2df4a0603d69c08d5dea29ba85b46eb7db64ce9e9ebd34a7802a3d69700cb2a1"},
    {"GET/realtime1700000000000",
     "bacffe7500499eb829bb58c45d36d1b3e5ac67c14eaeba91df5e99ccee013925"},
    {"1795332474705test_api_key5000{\"symbol\":\"BTCUSDT\",\"side\":\"Buy\",\"orderType\":"
     "\"Limit\",\"price\":\"60000\",\"category\":\"linear\",\"qty\":\"0.01\"}",
     "2bb2acd9a93921eb592b0d2ade2d5ddcb17a6cc5d894a8c5416fae57740f5ebf"},
    {"1795332473529test_api_key5000{\"category\":\"linear\",\"symbol\":\"BTCUSDT\",\"side\":"
     "\"Buy\",\"orderType\":\"Limit\",\"qty\":\"0.01\",\"price\":\"60000\"}",
     "ccc47dee93937a1bd1f615f1eb61310ef1852fc0f634772db058d5019987c91f"},
    {"1795332473055test_api_key5000",
     "4b9dab47ad75646027a323424b90faedd9c27ab3946689ad8a54fa594c0e335e"},
    {"1795332473509test_api_key5000",
     "773f3aaa77150b87cb3683d3d0170b88bd0234cf9b879002f72c52105d1eebbe"},
    {"1795332901769test_api_key5000accountType=UNIFIED&coin=USDT%2CUSDC",
     "d874013a627806a37a3b099009eadd3a56138f662c56e3a5690ff2f892ef436f"},
    {"GET/realtime1795332375567",
     "db520ad170c819cf4cdd4d67d4e0eaa61eb8db912fae5ba80c894e32f7abd86d"},
    {"GET/realtime1795332393164",
     "2f8778410d440d47e7e0b8455b3702ec259cce31be39df4c32e33129d24c7eb4"},
};
enum { VECTOR_COUNT = sizeof vectors / sizeof vectors[0] };

static int make_signer(void **state)
{
    static struct bybit_signer signer;
    *state = &signer;
    return bybit_signer_init(&signer, "test_secret", strlen("test_secret"));
}

static int end_signer(void **state)
{
    bybit_signer_fini(*state);
    return 0;
}

static void all_ten_vectors_agree_whatever_was_signed_before(void **state)
{
    for (size_t i = 0; i < 2 * VECTOR_COUNT; i++) {
        const struct vector *vector = &vectors[i % VECTOR_COUNT];
        struct bybit_piece piece = {vector->text, strlen(vector->text)};
        char signature[BYBIT_SIGNATURE_SIZE];
        bybit_sign(*state, &piece, 1, signature);
        assert_string_equal(signature, vector->signature);
    }
}

static void pieces_are_signed_as_the_text_they_make_up(void **state)
{
    const char *query = "accountType=UNIFIED&coin=USDT%2CUSDC";
    struct bybit_piece pieces[] = {
        {"1795332901769", 13}, {"test_api_key", 12}, {"", 0}, {"5000", 4}, {query, strlen(query)}};
    char signature[BYBIT_SIGNATURE_SIZE];
    bybit_sign(*state, pieces, sizeof pieces / sizeof pieces[0], signature);
    assert_string_equal(signature, vectors[7].signature);
}

static void an_empty_secret_is_refused(void **state)
{
    (void)state;
    struct bybit_signer signer;
    assert_int_equal(bybit_signer_init(&signer, "", 0), MM_ERROR_USAGE);
    bybit_signer_fini(&signer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(all_ten_vectors_agree_whatever_was_signed_before,
                                        make_signer, end_signer),
        cmocka_unit_test_setup_teardown(pieces_are_signed_as_the_text_they_make_up, make_signer,
                                        end_signer),
        cmocka_unit_test(an_empty_secret_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
