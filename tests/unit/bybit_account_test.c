// Where keys may come from, and what the answers about an account are judged to mean.
#include "cmocka_all.h"

#include "venue/bybit/checkup.h"
#include "venue/bybit/keys.h"

#include <string.h>
#include <sys/stat.h>

static char path[] = "/tmp/mm_keys_XXXXXX";

static int make_file(void **state)
{
    (void)state;
    int file = mkstemp(path);
    static const char text[] = "# of the testnet\n\n  secret=s3cr3t \r\nkey=abc\n";
    return file < 0 || write(file, text, sizeof text - 1) < 0 ? -1 : close(file);
}

static int remove_file(void **state)
{
    (void)state;
    return unlink(path);
}

// ---- keys ----

static void keys_come_from_a_file_that_only_its_owner_may_read(void **state)
{
    (void)state;
    struct bybit_keys keys;
    assert_int_equal(chmod(path, 0600), 0);
    assert_int_equal(bybit_keys_read(path, NULL, NULL, &keys), MM_OK);
    assert_string_equal(keys.key, "abc");
    assert_string_equal(keys.secret, "s3cr3t");
    static const mode_t open_modes[] = {0640, 0604, 0620, 0602, 0644};
    for (size_t i = 0; i < sizeof open_modes / sizeof open_modes[0]; i++) {
        assert_int_equal(chmod(path, open_modes[i]), 0);
        assert_int_equal(bybit_keys_read(path, NULL, NULL, &keys), MM_ERROR_USAGE);
        assert_non_null(strstr(mm_error_text(), "chmod 600"));
        assert_false(bybit_keys_given(&keys));
    }
}

static void keys_come_from_the_environment_both_or_none(void **state)
{
    (void)state;
    struct bybit_keys keys;
    assert_int_equal(bybit_keys_read(NULL, "abc", "s3cr3t", &keys), MM_OK);
    assert_string_equal(keys.secret, "s3cr3t");
    assert_int_equal(bybit_keys_read(NULL, NULL, NULL, &keys), MM_OK);
    assert_false(bybit_keys_given(&keys));
    assert_int_equal(bybit_keys_read(NULL, "abc", NULL, &keys), MM_ERROR_USAGE);
    assert_int_equal(bybit_keys_read(NULL, NULL, "s3cr3t", &keys), MM_ERROR_USAGE);
    assert_int_equal(bybit_keys_read(NULL, "a\nX-Other: b", "s3cr3t", &keys), MM_ERROR_USAGE);
}

static void no_error_repeats_a_secret(void **state)
{
    (void)state;
    static const char *const texts[] = {"secret=s3cr3t\n",
                                        "key=abc\nsecret=s3cr3t\nsecret=s3cr3t\n",
                                        "key=abc\nsecret=s3cr3t and more\n",
                                        "key=abc\nsecrets3cr3t\n",
                                        "key=abc\nsecret=\n",
                                        ""};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct bybit_keys keys;
        assert_int_equal(bybit_keys_parse(texts[i], strlen(texts[i]), &keys), MM_ERROR_USAGE);
        assert_null(strstr(mm_error_text(), "s3cr3t"));
        assert_false(bybit_keys_given(&keys));
    }
}

// ---- judging ----

static struct finding judge(void (*check)(const json_t *, struct finding *), const char *text)
{
    struct finding finding;
    json_t *result = json_loads(text, 0, NULL);
    assert_non_null(result);
    check(result, &finding);
    json_decref(result);
    return finding;
}

#define KEY(read_only, trade, wallet, ips, days)                                                   \
    "{\"readOnly\":" read_only ",\"permissions\":{\"ContractTrade\":[" trade                       \
    "],\"Wallet\":[" wallet "]},\"ips\":[" ips "],\"deadlineDay\":" days "}"

static void a_key_that_may_withdraw_is_refused_whatever_else_it_may(void **state)
{
    (void)state;
    struct finding finding =
        judge(checkup_key, KEY("0", "\"Order\",\"Position\"", "\"AccountTransfer\",\"Withdraw\"",
                               "\"1.2.3.4\"", "-2"));
    assert_int_equal(finding.level, FINDING_FAIL);
    assert_non_null(strstr(finding.text, "withdraw"));
    finding = judge(checkup_key, KEY("1", "", "\"Withdraw\"", "\"*\"", "1"));
    assert_int_equal(finding.level, FINDING_FAIL);
    finding = judge(checkup_key, "{\"readOnly\":0}"); // nothing said is nothing known
    assert_int_equal(finding.level, FINDING_FAIL);
}

static void what_a_key_may_not_or_not_for_long_is_a_warning(void **state)
{
    (void)state;
    static const struct {
        const char *text, *word;
        enum finding_level level;
    } cases[] = {
        {KEY("1", "\"Order\"", "", "\"1.2.3.4\"", "-2"), "only read", FINDING_WARN},
        {KEY("0", "\"Position\"", "", "\"1.2.3.4\"", "-2"), "not trade", FINDING_WARN},
        {KEY("0", "\"Order\"", "", "\"1.2.3.4\"", "3"), "3 days", FINDING_WARN},
        {KEY("0", "\"Order\"", "", "\"*\"", "90"), "everywhere", FINDING_WARN},
        {KEY("0", "\"Order\"", "", "", "90"), "everywhere", FINDING_WARN},
        {KEY("0", "\"Order\"", "", "\"1.2.3.4\"", "-2"), "may trade", FINDING_OK},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct finding finding = judge(checkup_key, cases[i].text);
        assert_int_equal(finding.level, cases[i].level);
        assert_non_null(strstr(finding.text, cases[i].word));
        assert_int_equal(finding.advice[0] == '\0', cases[i].level == FINDING_OK);
    }
}

static void a_clock_that_the_exchange_would_refuse_is_a_failure(void **state)
{
    (void)state;
    static const struct {
        int64_t ahead_ms;
        enum finding_level level;
    } cases[] = {{0, FINDING_OK},       {240, FINDING_OK},    {-240, FINDING_OK},
                 {300, FINDING_WARN},   {-300, FINDING_WARN}, {1900, FINDING_WARN},
                 {-1000, FINDING_FAIL}, {2100, FINDING_FAIL}, {-100000, FINDING_FAIL}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct finding finding;
        checkup_clock(cases[i].ahead_ms * 1000000, 1000000, &finding);
        assert_int_equal(finding.level, cases[i].level);
    }
}

static void hedge_mode_is_a_failure_and_a_position_a_warning(void **state)
{
    (void)state;
    assert_int_equal(judge(checkup_position, "{\"list\":[{\"positionIdx\":1,\"size\":\"0\"},{"
                                             "\"positionIdx\":2,\"size\":\"0\"}]}")
                         .level,
                     FINDING_FAIL);
    static const char *const flat[] = {"0", "", "0.000"}; // all three are sent
    for (size_t i = 0; i < sizeof flat / sizeof flat[0]; i++) {
        char text[128];
        snprintf(text, sizeof text,
                 "{\"list\":[{\"positionIdx\":0,\"size\":\"%s\",\"leverage\":\"10\"}]}", flat[i]);
        assert_int_equal(judge(checkup_position, text).level, FINDING_OK);
    }
    struct finding finding = judge(
        checkup_position, "{\"list\":[{\"positionIdx\":0,\"side\":\"Sell\",\"size\":\"0.5\"}]}");
    assert_int_equal(finding.level, FINDING_WARN);
    assert_non_null(strstr(finding.text, "Sell 0.5"));
    assert_int_equal(judge(checkup_position, "{\"list\":[]}").level, FINDING_WARN);
}

#define LEVERAGE(text) "{\"list\":[{\"positionIdx\":0,\"leverage\":\"" text "\"}]}"
#define BALANCE(margin, equity)                                                                    \
    "{\"list\":[{\"totalMarginBalance\":\"" margin "\",\"totalEquity\":\"" equity "\"}]}"

// A limit of 4000 at leverage 10 needs 400.
static void the_balance_must_carry_the_position_limit_at_the_leverage(void **state)
{
    (void)state;
    static const struct {
        const char *position, *wallet, *words, *advice;
        enum finding_level level;
    } cases[] = {
        {LEVERAGE("10"), BALANCE("100000", "100000"), "needs 400.00 at leverage 10", "",
         FINDING_OK},
        {LEVERAGE("10"), BALANCE("400", "400"), "of a balance of 400.00", "", FINDING_OK},
        {LEVERAGE("10"), BALANCE("399", "500"), "of a balance of 399.00", "position_limit",
         FINDING_FAIL},
        {LEVERAGE("10"), BALANCE("", "399"), "of a balance of 399.00", "position_limit",
         FINDING_FAIL},
        {LEVERAGE("100"), BALANCE("200", "200"), "needs 40.00", "a move of 5.00 %", FINDING_WARN},
        {LEVERAGE("1"), BALANCE("3999", "3999"), "needs 4000.00", "leverage", FINDING_FAIL},
        {LEVERAGE("10"), "{\"list\":[]}", "balance of 0.00", "position_limit", FINDING_FAIL},
        {LEVERAGE(""), BALANCE("400", "400"), "does not say", "set it", FINDING_WARN},
        {"{\"list\":[]}", BALANCE("400", "400"), "does not say", "set it", FINDING_WARN},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        json_t *position = json_loads(cases[i].position, 0, NULL);
        json_t *wallet = json_loads(cases[i].wallet, 0, NULL);
        struct finding finding;
        checkup_margin(position, wallet, INT64_C(4000000000000), &finding);
        assert_int_equal(finding.level, cases[i].level);
        assert_non_null(strstr(finding.text, cases[i].words));
        assert_non_null(strstr(finding.advice, cases[i].advice));
        json_decref(position);
        json_decref(wallet);
    }
}

static void whether_the_exchange_cancels_after_a_disconnect_is_shown(void **state)
{
    (void)state;
    assert_int_equal(
        judge(checkup_cancel_on_disconnect, "{\"dcpStatus\":\"ON\",\"timeWindow\":10}").level,
        FINDING_OK);
    assert_int_equal(judge(checkup_cancel_on_disconnect, "{\"dcpStatus\":\"OFF\"}").level,
                     FINDING_WARN);
    assert_int_equal(judge(checkup_cancel_on_disconnect, "{}").level, FINDING_WARN);
}

// Spot has no quantity step: what is traded is counted in basePrecision, and paid in the quote
// coin.
static void spot_names_its_steps_by_other_fields_than_contracts(void **state)
{
    (void)state;
    static const char spot[] =
        "{\"retCode\":0,\"result\":{\"list\":[{\"symbol\":\"BTCUSDT\",\"status\":\"Trading\","
        "\"baseCoin\":\"BTC\",\"quoteCoin\":\"USDT\",\"priceFilter\":{\"tickSize\":\"0.1\"},"
        "\"lotSizeFilter\":{\"basePrecision\":\"0.000001\",\"minOrderAmt\":\"5\"}}]}}";
    static const char inverse[] =
        "{\"retCode\":0,\"result\":{\"list\":[{\"symbol\":\"BTCUSD\",\"status\":\"Trading\","
        "\"settleCoin\":\"BTC\",\"priceFilter\":{\"tickSize\":\"0.50\"},"
        "\"lotSizeFilter\":{\"qtyStep\":\"1\"}}]}}";
    struct bybit_market market = {.category = BYBIT_SPOT, .symbol = "BTCUSDT"};
    struct instrument instrument;
    assert_int_equal(bybit_market_read(&market, spot, sizeof spot - 1, &instrument), MM_OK);
    assert_int_equal(instrument.lot.exponent, -6);
    assert_string_equal(instrument.settle, "USDT");
    assert_int_equal(instrument.contract, CONTRACT_LINEAR);
    market = (struct bybit_market){.category = BYBIT_INVERSE, .symbol = "BTCUSD"};
    assert_int_equal(bybit_market_read(&market, inverse, sizeof inverse - 1, &instrument), MM_OK);
    assert_int_equal(instrument.lot.exponent, 0);
    assert_string_equal(instrument.settle, "BTC");
    assert_int_equal(instrument.contract, CONTRACT_INVERSE);
}

static void accounts_fees_feeds_and_disks_are_judged(void **state)
{
    (void)state;
    struct finding finding;
    assert_int_equal(judge(checkup_account, "{\"unifiedMarginStatus\":5}").level, FINDING_OK);
    assert_int_equal(judge(checkup_account, "{\"unifiedMarginStatus\":1}").level, FINDING_FAIL);
    finding = judge(checkup_fees,
                    "{\"list\":[{\"makerFeeRate\":\"-0.00005\",\"takerFeeRate\":\"0.0004\"}]}");
    assert_non_null(strstr(finding.text, "maker -0.00005"));
    assert_int_equal(judge(checkup_fees, "{}").level, FINDING_WARN);
    checkup_feed(&(struct checkup_feed){0}, &finding);
    assert_int_equal(finding.level, FINDING_FAIL);
    checkup_feed(&(struct checkup_feed){10, 1000000, 501000000}, &finding);
    assert_int_equal(finding.level, FINDING_WARN);
    checkup_feed(&(struct checkup_feed){10, 1000000, 2000000}, &finding);
    assert_int_equal(finding.level, FINDING_OK);
    checkup_disk(UINT64_C(100) << 20, &finding);
    assert_int_equal(finding.level, FINDING_FAIL);
    checkup_disk(UINT64_C(1) << 30, &finding);
    assert_int_equal(finding.level, FINDING_WARN);
    checkup_disk(UINT64_C(10) << 30, &finding);
    assert_int_equal(finding.level, FINDING_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_come_from_a_file_that_only_its_owner_may_read),
        cmocka_unit_test(keys_come_from_the_environment_both_or_none),
        cmocka_unit_test(no_error_repeats_a_secret),
        cmocka_unit_test(a_key_that_may_withdraw_is_refused_whatever_else_it_may),
        cmocka_unit_test(what_a_key_may_not_or_not_for_long_is_a_warning),
        cmocka_unit_test(a_clock_that_the_exchange_would_refuse_is_a_failure),
        cmocka_unit_test(hedge_mode_is_a_failure_and_a_position_a_warning),
        cmocka_unit_test(the_balance_must_carry_the_position_limit_at_the_leverage),
        cmocka_unit_test(whether_the_exchange_cancels_after_a_disconnect_is_shown),
        cmocka_unit_test(spot_names_its_steps_by_other_fields_than_contracts),
        cmocka_unit_test(accounts_fees_feeds_and_disks_are_judged),
    };
    return cmocka_run_group_tests(tests, make_file, remove_file);
}
