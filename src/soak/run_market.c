#include "soak/run_market.h"

#include "base/log.h"
#include "market/tape_cache.h"
#include "venue/faults.h"
#include "venue/live/live.h"
#include "venue/paper/paper.h"
#include "venue/replay/replay.h"
#include "venue/sim/sim.h"

#include <inttypes.h>
#include <stddef.h>
#include <string.h>

// ---- the simulated market ----

static int refuse_regime(const char *regime)
{
    return mm_fail(MM_ERROR_USAGE,
                   "--regime: there is no regime '%.64s'; there are %s, %s, %s, %s, "
                   "%s and switch",
                   regime, sim_regime_name(SIM_CALM), sim_regime_name(SIM_VOLATILE),
                   sim_regime_name(SIM_SPIKE), sim_regime_name(SIM_THIN),
                   sim_regime_name(SIM_TREND));
}

// The constant parts of both ways; what the model adds by chance stays.
static int override_latency(struct run_market *market, const struct run_config *config,
                            struct sim_latency *out)
{
    if (config->latency == NULL) {
        return MM_OK;
    }
    int code = latency_parse(config_latency(config), &market->latency);
    if (code != MM_OK) {
        return mm_fail_add(code, "--latency");
    }
    if (!latency_is_plain(&market->latency)) {
        return mm_fail(MM_ERROR_USAGE, "--latency: anything but ENTRY,RESPONSE is for --tape only");
    }
    out->entry_ns = market->latency.entry_ns;
    out->response_ns = market->latency.response_ns;
    return MM_OK;
}

static int open_simulated(struct run_market *market, const struct run_config *config)
{
    const struct sim_model *model = sim_preset_find(config->preset.simulated);
    if (model == NULL) {
        return mm_fail(MM_ERROR_USAGE, "market preset %s: there is no simulated market '%s'",
                       config->preset.name, config->preset.simulated);
    }
    struct sim_config sim;
    int code = sim_config_of_preset(model, &sim);
    if (code != MM_OK) {
        return code;
    }
    sim.seed = config->seed;
    sim.regime = SIM_SWITCHING;
    if (config->regime != NULL && !sim_regime_parse(config->regime, &sim.regime)) {
        return refuse_regime(config->regime);
    }
    code = override_latency(market, config, &sim.latency);
    if (code != MM_OK) {
        return code;
    }
    market->venue = sim_create(&sim);
    market->simulated = market->venue;
    if (fault_config_any(&config->faults)) {
        market->venue = faults_create(market->venue, &config->faults, config->seed);
    }
    market->price_half_ticks = 2 * model->reference_ticks;
    return MM_OK;
}

bool run_market_regimes(const struct run_market *market, int64_t out[SIM_REGIME_COUNT])
{
    if (market->simulated == NULL) {
        return false;
    }
    world_regime_times(sim_get_world(market->simulated), market->simulated->now_ns, out);
    return true;
}

// ---- a tape ----

// The first mid of the tape as we will see it; 0 when there is none.
static int64_t first_mid(const struct tape *tape)
{
    for (uint64_t i = 0; i < tape->message_count; i++) {
        const struct tape_message *message = &tape->messages[TAPE_LOCAL][i];
        if (message->best_end[SIDE_BUY] != 0 && message->best_end[SIDE_SELL] != 0) {
            return geometry_ticks(tape->geometry, SIDE_BUY, message->best_end[SIDE_BUY]) +
                   geometry_ticks(tape->geometry, SIDE_SELL, message->best_end[SIDE_SELL]);
        }
    }
    return 0;
}

static int open_tape(struct run_market *market, const struct run_config *config)
{
    struct replay_config replay = {.latency = &market->latency, .probe = market->probe};
    int code = replay_fills_parse(config->fills, config->consume, &replay);
    if (code != MM_OK) {
        return code;
    }
    code = queue_model_parse(config->preset.queue, &replay.queue_model);
    if (code != MM_OK) {
        return mm_fail_add(code, "--queue");
    }
    code = latency_parse(config_latency(config), &market->latency);
    if (code != MM_OK) {
        return mm_fail_add(code, "--latency");
    }
    code = tape_cache_open(&market->tape, config->tape, &config->import);
    if (code == MM_OK) {
        code = replay_create(&market->tape, &replay, &market->venue);
    }
    if (code != MM_OK) {
        return code;
    }
    market->price_half_ticks = first_mid(&market->tape);
    if (market->price_half_ticks <= 0) {
        return mm_fail(MM_ERROR_INPUT, "%s never has both a bid and an ask", config->tape);
    }
    return MM_OK;
}

// ---- a live market, on paper ----

#define FIRST_BOOK_NS INT64_C(30000000000)
#define STOP_NS INT64_C(20000000000) // for the exchange to show that nothing is open

static void keep_raw(void *context, const char *text, size_t size, int64_t local_ns)
{
    struct run_market *market = context;
    if (market->record != NULL) {
        capture_writer_add(market->record, local_ns, text, size);
    }
}

static void keep_break(void *context, enum bybit_break reason, int64_t local_ns)
{
    struct run_market *market = context;
    if (market->record != NULL && reason != BYBIT_BREAK_UPDATE) { // its messages say so themselves
        capture_writer_gap(market->record, local_ns, bybit_break_text(reason));
    }
}

static int open_record(struct run_market *market, const struct run_config *config)
{
    return config->record == NULL ? MM_OK : capture_writer_create(config->record, &market->record);
}

static int open_paper(struct run_market *market, const struct run_config *config)
{
    struct paper_config paper = {.market = &config->bybit,
                                 .latency = &market->latency,
                                 .forget_taken =
                                     config->consume != NULL && strcmp(config->consume, "off") == 0,
                                 .seed = config->seed,
                                 .first_wait_ns = FIRST_BOOK_NS,
                                 .polls_busily = config->busy_poll,
                                 .stop = market->stop,
                                 .context = market,
                                 .raw = keep_raw,
                                 .broken = keep_break};
    int code = queue_model_parse(config->preset.queue, &paper.queue_model);
    if (code != MM_OK) {
        return mm_fail_add(code, "--queue");
    }
    code = latency_parse(config_latency(config), &market->latency);
    if (code != MM_OK) {
        return mm_fail_add(code, "--latency");
    }
    code = open_record(market, config);
    if (code == MM_OK) {
        code = paper_create(&paper, &market->venue);
    }
    if (code == MM_OK) {
        market->price_half_ticks = book_mid_half_ticks(bybit_feed_book(paper_feed(market->venue)));
    }
    return code;
}

// ---- a live market, with orders ----

static int open_live(struct run_market *market, const struct run_config *config)
{
    struct live_config live = {.market = &config->bybit,
                               .keys = config->live.keys,
                               .private_url = config->live.private_stream,
                               .trade_url = config->live.trade_stream,
                               .prefix = config->live.prefix,
                               .heartbeat = config->live.heartbeat,
                               .latency_log = config->live.latency_log,
                               .recv_window_ms = config->recv_window_ms,
                               .position_limit_e9 = config->preset.amounts.position_limit_e9,
                               .seed = config->seed,
                               .first_wait_ns = FIRST_BOOK_NS,
                               .polls_busily = config->busy_poll,
                               .stop = market->stop,
                               .context = market,
                               .raw = keep_raw,
                               .broken = keep_break};
    int code = open_record(market, config);
    if (code == MM_OK) {
        code = live_create(&live, &market->venue);
    }
    if (code == MM_OK) {
        struct live_account account = live_get_account(market->venue);
        market->has_account = true;
        market->position_lots = account.position_lots;
        market->fees = (struct fees){account.maker_fee_e9, account.taker_fee_e9};
        market->price_half_ticks = book_mid_half_ticks(bybit_feed_book(live_feed(market->venue)));
    }
    return code;
}

int run_market_stopped(struct run_market *market)
{
    bool is_live = market->venue != NULL && live_is(market->venue);
    return is_live ? live_verify_stopped(market->venue, STOP_NS) : MM_OK;
}

int run_market_open(struct run_market *market, const struct run_config *config)
{
    *market = (struct run_market){.probe = market->probe, .stop = market->stop};
    int code = config->is_live        ? open_live(market, config)
               : config->is_paper     ? open_paper(market, config)
               : config->tape != NULL ? open_tape(market, config)
                                      : open_simulated(market, config);
    if (code != MM_OK) {
        run_market_close(market);
    }
    return code;
}

static void log_faults(const struct venue *venue)
{
    if (venue != NULL && faults_is(venue)) {
        char text[FAULTS_TEXT_SIZE];
        faults_print(venue, text);
        log_event(LOG_INFO, "faults", "%s", text);
    }
}

static void log_orders(const struct venue *venue)
{
    if (venue == NULL || !live_is(venue)) {
        return;
    }
    for (int i = 0; i < LIVE_STAGE_COUNT; i++) {
        const struct histogram *times = live_stage_times(venue, (enum live_stage)i);
        log_event(LOG_INFO, "own_time", "stage=%s count=%" PRIu64 " p50_us=%.1f p99_us=%.1f",
                  live_stage_name((enum live_stage)i), times->count,
                  (double)histogram_quantile_ns(times, 0.5) / 1e3,
                  (double)histogram_quantile_ns(times, 0.99) / 1e3);
    }
    const struct desk_counters *seen = live_counters(venue);
    log_event(LOG_INFO, "orders",
              "placed=%" PRIu64 " amended=%" PRIu64 " cancelled=%" PRIu64 " refused=%" PRIu64
              " unknown=%" PRIu64 " questions=%" PRIu64 " absent=%" PRIu64 " fills=%" PRIu64
              " late_fills=%" PRIu64 " stranger_fills=%" PRIu64 " duplicate_executions=%" PRIu64,
              seen->placed, seen->amended, seen->cancelled, seen->refused, seen->unknown,
              seen->questions, seen->absent, seen->fills, seen->late_fills, seen->stranger_fills,
              seen->duplicate_executions);
}

static void end_record(struct run_market *market)
{
    if (market->record == NULL) {
        return;
    }
    struct capture_writer_counters counters = capture_writer_get_counters(market->record);
    int code = capture_writer_finish(market->record);
    log_event(code == MM_OK && counters.lost == 0 ? LOG_INFO : LOG_ERROR, "record",
              "lines=%" PRIu64 " lost=%" PRIu64 " complete=%s", counters.lines, counters.lost,
              code == MM_OK ? "yes" : "no");
}

void run_market_close(struct run_market *market)
{
    log_faults(market->venue);
    log_orders(market->venue);
    venue_destroy(market->venue);
    end_record(market);
    tape_close(&market->tape);
    latency_fini(&market->latency);
    *market = (struct run_market){0};
}
