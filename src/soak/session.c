#include "soak/session.h"

#include "base/directory.h"
#include "base/file.h"
#include "base/integers.h"
#include "base/json.h"
#include "base/memory.h"
#include "engine/recorder.h"
#include "market/capture_lines.h"
#include "soak/config_manager.h"

#include <stdlib.h>
#include <string.h>

enum { EDGE_SIZE_MAX = 1 << 24, FIELD_COUNT = 16, LIST_START = 256, OP_COUNT = VENUE_CANCEL + 1 };

static const int64_t STEPS_MAX = INT64_C(1) << 53; // as of a tape's prices and quantities
static const int64_t LOTS_MAX = INT64_C(1) << 42;  // of one request; millions of them add up
static const int64_t STAMP_MAX = INT64_C(1) << 61; // of a clock
static const uint64_t ORDER_ID_MAX = UINT64_C(1) << 62;

// ---- EDGE_REPORT.json ----

static bool read_step(const json_t *object, const char *key, struct decimal *out)
{
    const char *text = json_text_at(object, key);
    return decimal_parse(text, strlen(text), out) == DECIMAL_OK && out->mantissa > 0;
}

static bool read_name(const json_t *object, const char *key, char out[INSTRUMENT_NAME_SIZE])
{
    const char *text = json_text_at(object, key);
    size_t length = strlen(text);
    if (length >= INSTRUMENT_NAME_SIZE) {
        return false;
    }
    memcpy(out, text, length + 1);
    return true;
}

static bool read_instrument(const json_t *object, struct instrument *out)
{
    const char *contract = json_text_at(object, "contract");
    out->contract = strcmp(contract, "inverse") == 0 ? CONTRACT_INVERSE : CONTRACT_LINEAR;
    bool is_whole = read_name(object, "symbol", out->symbol) && out->symbol[0] != '\0' &&
                    read_name(object, "venue", out->venue) &&
                    read_name(object, "settle", out->settle) &&
                    read_step(object, "tick", &out->tick) && read_step(object, "lot", &out->lot) &&
                    read_step(object, "contract_size", &out->contract_size);
    return is_whole && instrument_prepare(out) == MM_OK;
}

static const char *setting_of(const json_t *edge, const char *name)
{
    return json_text_at(json_object_get(json_object_get(edge, "configuration"), name), "value");
}

// A paper session says its model; a live one had an exchange, and its preset's model stands for it.
static void read_queue(const json_t *edge, struct session *session)
{
    struct market_preset preset;
    const char *text = setting_of(edge, "queue");
    if (session->is_live) {
        const char *market = setting_of(edge, "market");
        bool is_ours = strchr(market, '.') == NULL; // else the operator's own file
        bool known = is_ours && config_load_market(market, &preset) == MM_OK;
        text = known ? preset.queue : "";
    }
    session->has_queue_model = queue_model_parse(text, &session->queue_model) == MM_OK;
    mm_error_clear();
}

int session_read_edge(const char *path, struct session *out)
{
    json_t *edge = NULL;
    int code = json_document_read(path, EDGE_SIZE_MAX, &edge);
    if (code != MM_OK) {
        return code;
    }
    const char *venue = json_text_at(edge, "venue");
    out->is_live = strcmp(venue, "live") == 0;
    if (!out->is_live && strcmp(venue, "paper") != 0) {
        code = mm_fail(MM_ERROR_USAGE,
                       "%s is of a run on '%.32s'; there is something to compare of a session on "
                       "paper or with real orders only",
                       path, venue);
    } else if (!read_instrument(json_object_get(edge, "instrument"), &out->instrument)) {
        code = mm_fail(MM_ERROR_INPUT, "%s: 'instrument' is not what a run writes", path);
    } else {
        const char *record = json_string_value(json_object_get(edge, "record"));
        size_t size = record != NULL ? strlen(record) + 1 : 0;
        out->record = size > 0 ? mm_alloc(size, 1) : NULL;
        if (size > 0) {
            memcpy(out->record, record, size);
        }
        out->forget_taken = strcmp(setting_of(edge, "consume"), "off") == 0;
        read_queue(edge, out);
    }
    json_decref(edge);
    return code;
}

// ---- rows of requests.csv.gz ----

struct field {
    const char *text;
    size_t length;
};

enum column {
    COLUMN_EVENT,
    COLUMN_ANSWERS,
    COLUMN_ORDER_ID,
    COLUMN_SIDE,
    COLUMN_TIF,
    COLUMN_PRICE,
    COLUMN_QTY,
    COLUMN_LEAVES,
    COLUMN_LOCAL,
    COLUMN_REQUEST,
    COLUMN_EXCH,
    COLUMN_REJECT,
    COLUMN_LIQUIDITY,
    COLUMN_RULE,
    COLUMN_AHEAD // at arrival; the last is not needed
};

struct reader {
    struct capture_lines lines;
    struct session *session;
    size_t order_room, request_room, report_room;
    int64_t *outstanding; // [order][op]: the last request not answered, or -1
    size_t outstanding_room;
    int64_t offset_ns; // of the last request whose arrival is known
    bool has_offset;
};

static bool split(const char *text, size_t length, struct field out[FIELD_COUNT])
{
    size_t count = 0, start = 0;
    for (size_t i = 0; i <= length; i++) {
        if (i == length || text[i] == ',') {
            if (count == FIELD_COUNT) {
                return false;
            }
            out[count++] = (struct field){text + start, i - start};
            start = i + 1;
        }
    }
    return count == FIELD_COUNT;
}

static bool is_text(struct field field, const char *text)
{
    return field.length == strlen(text) && memcmp(field.text, text, field.length) == 0;
}

// The place of the field's text in a list, -1 = none.
static int find_text(struct field field, const char *const *texts, int count)
{
    for (int i = 0; i < count; i++) {
        if (is_text(field, texts[i])) {
            return i;
        }
    }
    return -1;
}

// A whole number in [least, most]; an empty field is `missing`.
static bool read_number(struct field field, int64_t least, int64_t most, int64_t missing,
                        int64_t *out)
{
    *out = missing;
    return field.length == 0 ||
           (decimal_parse_scaled(field.text, field.length, 0, out) == DECIMAL_OK && *out >= least &&
            *out <= most);
}

enum { REPORT_TEXTS = REPORT_LOST + 1, TIF_TEXTS = TIF_IOC + 1 }; // funding is not among them

// Makes room for one more element. A list is grown by doubling; nothing here is on the path of an
// event.
static void *grown(void *list, size_t count, size_t *room, size_t size)
{
    if (count < *room) {
        return list;
    }
    size_t more = *room > 0 ? 2 * *room : LIST_START;
    void *larger = mm_alloc(more, size);
    if (count > 0) {
        memcpy(larger, list, count * size);
    }
    free(list);
    *room = more;
    return larger;
}

static struct session_request *add_request(struct reader *reader, struct session_request request)
{
    struct session *session = reader->session;
    session->requests = grown(session->requests, session->request_count, &reader->request_room,
                              sizeof *session->requests);
    session->requests[session->request_count] = request;
    return &session->requests[session->request_count++];
}

static int64_t *outstanding_of(struct reader *reader, uint32_t order)
{
    return &reader->outstanding[(size_t)order * OP_COUNT];
}

static int64_t find_order(const struct session *session, uint64_t id)
{
    size_t low = 0, high = session->order_count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (session->orders[middle].id < id) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    bool found = low < session->order_count && session->orders[low].id == id;
    return found ? (int64_t)low : SESSION_NO_ORDER;
}

static bool add_order(struct reader *reader, struct session_order order)
{
    struct session *session = reader->session;
    size_t count = session->order_count;
    if (order.id == 0 || (count > 0 && order.id <= session->orders[count - 1].id)) {
        return false;
    }
    session->orders = grown(session->orders, count, &reader->order_room, sizeof order);
    reader->outstanding =
        grown(reader->outstanding, count, &reader->outstanding_room, OP_COUNT * sizeof(int64_t));
    session->orders[session->order_count++] = order;
    for (int op = 0; op < OP_COUNT; op++) {
        outstanding_of(reader, (uint32_t)count)[op] = -1;
    }
    return true;
}

static bool read_id(struct field field, uint64_t *out)
{
    int64_t id = 0;
    bool is_good = read_number(field, 0, (int64_t)ORDER_ID_MAX, -1, &id) && id >= 0;
    *out = (uint64_t)id;
    return is_good;
}

static bool read_side(struct field field, enum side *out)
{
    *out = is_text(field, "buy") ? SIDE_BUY : SIDE_SELL;
    return *out == SIDE_BUY || is_text(field, "sell");
}

static bool take_sent(struct reader *reader, enum venue_op op, const struct field *fields)
{
    struct session_request request = {.op = op};
    struct session_order order = {0};
    int tif = find_text(fields[COLUMN_TIF], time_in_force_texts, TIF_TEXTS);
    bool has_target = op != VENUE_CANCEL;
    if (!read_id(fields[COLUMN_ORDER_ID], &order.id) ||
        !read_side(fields[COLUMN_SIDE], &order.side) ||
        !read_number(fields[COLUMN_PRICE], 1, STEPS_MAX, 0, &request.price_ticks) ||
        !read_number(fields[COLUMN_QTY], 1, LOTS_MAX, 0, &request.qty_lots) ||
        !read_number(fields[COLUMN_LOCAL], 1, STAMP_MAX, 0, &request.sent_ns) ||
        has_target != (request.price_ticks > 0 && request.qty_lots > 0) || request.sent_ns == 0) {
        return false;
    }
    if (op == VENUE_PLACE) {
        order.tif = tif >= 0 ? (enum time_in_force)tif : TIF_GTC;
        order.sent_ns = request.sent_ns;
        if (tif < 0 || !add_order(reader, order)) {
            return false;
        }
    }
    int64_t index = find_order(reader->session, order.id);
    if (index == SESSION_NO_ORDER) {
        return false;
    }
    request.order = (uint32_t)index;
    outstanding_of(reader, request.order)[op] = (int64_t)reader->session->request_count;
    (void)add_request(reader, request);
    return true;
}

static enum venue_reject reject_of(struct field field)
{
    enum venue_reject reject = VENUE_REJECT_UNREACHABLE;
    while (reject > VENUE_REJECT_NONE && !is_text(field, venue_reject_text(reject))) {
        reject--;
    }
    return reject;
}

static enum fill_rule rule_of(struct field field)
{
    enum fill_rule rule = FILL_EXCHANGE;
    while (rule > FILL_NONE && !is_text(field, fill_rule_text(rule))) {
        rule--;
    }
    return rule;
}

static bool read_report(const struct field *fields, struct session_report *out, int64_t *out_sent)
{
    int answers = find_text(fields[COLUMN_ANSWERS], venue_op_texts, OP_COUNT);
    out->answers = answers >= 0 ? (enum venue_op)answers : VENUE_NONE;
    out->reject = reject_of(fields[COLUMN_REJECT]);
    out->rule = rule_of(fields[COLUMN_RULE]);
    out->maker = is_text(fields[COLUMN_LIQUIDITY], "maker");
    return answers >= 0 && read_number(fields[COLUMN_PRICE], 0, STEPS_MAX, 0, &out->price_ticks) &&
           read_number(fields[COLUMN_QTY], 0, LOTS_MAX, 0, &out->qty_lots) &&
           read_number(fields[COLUMN_LEAVES], 0, LOTS_MAX, 0, &out->leaves_qty_lots) &&
           read_number(fields[COLUMN_LOCAL], 1, STAMP_MAX, 0, &out->local_ts_ns) &&
           read_number(fields[COLUMN_REQUEST], 1, STAMP_MAX, 0, out_sent) &&
           read_number(fields[COLUMN_EXCH], 1, STAMP_MAX, 0, &out->exch_ts_ns) &&
           read_number(fields[COLUMN_AHEAD], 0, LOTS_MAX, -1, &out->ahead_at_arrival_lots) &&
           (out->kind != REPORT_FILLED || (out->qty_lots > 0 && out->price_ticks > 0)) &&
           out->local_ts_ns > 0;
}

// An order that ended without anybody having asked for it: by the exchange.
static void end_by_exchange(struct reader *reader, const struct session_report *report)
{
    if (report->kind == REPORT_CANCELED && report->exch_ts_ns > 0) {
        (void)add_request(reader, (struct session_request){.op = VENUE_CANCEL,
                                                           .order = (uint32_t)report->order,
                                                           .sent_ns = report->local_ts_ns,
                                                           .answered_ns = report->local_ts_ns,
                                                           .exch_ts_ns = report->exch_ts_ns,
                                                           .by_exchange = true});
    }
}

// What the answer says of its request. A refusal is stamped by whoever refused, which in a live
// session is not always the exchange; there its time is not taken.
static void answer_request(struct reader *reader, const struct session_report *report,
                           int64_t sent_ns)
{
    int64_t *outstanding = outstanding_of(reader, (uint32_t)report->order);
    int64_t at = outstanding[report->answers];
    if (report->kind == REPORT_LOST) {
        return; // its answer may still come
    }
    if (report->answers == VENUE_NONE || at < 0) {
        end_by_exchange(reader, report);
        return;
    }
    struct session_request *request = &reader->session->requests[at];
    bool is_stamped = report->kind != REPORT_REJECTED || !reader->session->is_live;
    outstanding[report->answers] = -1;
    request->answered_ns = report->local_ts_ns;
    bool tells_whole = reader->session->is_live && report->kind == REPORT_AMENDED;
    request->whole_lots = tells_whole ? report->qty_lots : 0;
    request->sent_ns = sent_ns > 0 ? sent_ns : request->sent_ns;
    request->exch_ts_ns = is_stamped ? report->exch_ts_ns : 0;
    bool is_refused =
        report->kind == REPORT_REJECTED && report->reject != VENUE_REJECT_UNKNOWN_ORDER;
    request->op = is_refused ? VENUE_NONE : request->op; // it changed nothing: left out below
}

static bool take_report(struct reader *reader, enum venue_report_kind kind,
                        const struct field *fields)
{
    struct session *session = reader->session;
    struct session_report report = {.kind = kind};
    uint64_t id = 0;
    int64_t sent_ns = 0;
    if (!read_id(fields[COLUMN_ORDER_ID], &id) || !read_report(fields, &report, &sent_ns)) {
        return false;
    }
    report.order = find_order(session, id);
    session->reports = grown(session->reports, session->report_count, &reader->report_room,
                             sizeof *session->reports);
    session->reports[session->report_count++] = report;
    if (report.order != SESSION_NO_ORDER) {
        answer_request(reader, &report, sent_ns);
    }
    return true;
}

static int take_line(struct reader *reader, const char *text, size_t length)
{
    struct field fields[FIELD_COUNT];
    if (split(text, length, fields)) {
        int op = find_text(fields[COLUMN_EVENT], venue_op_texts, OP_COUNT);
        int kind = find_text(fields[COLUMN_EVENT], venue_report_texts, REPORT_TEXTS);
        if ((op > 0 && take_sent(reader, (enum venue_op)op, fields)) ||
            (kind >= 0 && take_report(reader, (enum venue_report_kind)kind, fields))) {
            return MM_OK;
        }
    }
    return mm_fail(MM_ERROR_INPUT, "%s:%llu is not a row that a run writes", reader->lines.name,
                   (unsigned long long)reader->lines.line);
}

static int read_lines(struct reader *reader)
{
    const char *text = NULL;
    size_t length = 0;
    int code = capture_lines_next(&reader->lines, &text, &length);
    size_t head = strlen(recorder_request_columns) - 1;
    if (code == 0 ||
        (code > 0 && (length != head || memcmp(text, recorder_request_columns, head) != 0))) {
        return mm_fail(MM_ERROR_INPUT, "%s does not begin with the columns of a run's requests",
                       reader->lines.name);
    }
    while (code > 0) {
        code = capture_lines_next(&reader->lines, &text, &length);
        if (code > 0) {
            int taken = take_line(reader, text, length);
            code = taken == MM_OK ? code : taken;
        }
    }
    return code;
}

// ---- when requests took effect ----

// The stamp of an order's row is that of its newest change: what filled at once may have filled
// before the row says that it rests.
static void bound_by_fills(struct session *session)
{
    int64_t *first_ns = mm_alloc(session->order_count + 1, sizeof *first_ns);
    for (size_t i = 0; i < session->report_count; i++) {
        const struct session_report *report = &session->reports[i];
        if (report->kind == REPORT_FILLED && report->order != SESSION_NO_ORDER &&
            report->exch_ts_ns > 0 &&
            (first_ns[report->order] == 0 || report->exch_ts_ns < first_ns[report->order])) {
            first_ns[report->order] = report->exch_ts_ns;
        }
    }
    for (size_t i = 0; i < session->request_count; i++) {
        struct session_request *request = &session->requests[i];
        int64_t first = first_ns[request->order];
        if (request->op == VENUE_PLACE && first > 0 && request->exch_ts_ns > first) {
            request->exch_ts_ns = first;
        }
    }
    free(first_ns);
}

// The first known way, for what was sent before any was known.
static void find_offset(struct reader *reader)
{
    const struct session *session = reader->session;
    for (size_t i = 0; i < session->request_count && !reader->has_offset; i++) {
        const struct session_request *request = &session->requests[i];
        if (request->op != VENUE_NONE && request->exch_ts_ns > 0 && !request->by_exchange) {
            reader->offset_ns = request->exch_ts_ns - request->sent_ns;
            reader->has_offset = true;
        }
    }
}

// When each order was filled whole; 0: it was not. To be freed by the caller.
static int64_t *find_ends(const struct session *session)
{
    int64_t *ends_ns = mm_alloc(session->order_count + 1, sizeof *ends_ns);
    for (size_t i = 0; i < session->report_count; i++) {
        const struct session_report *report = &session->reports[i];
        bool ends = report->kind == REPORT_FILLED && report->leaves_qty_lots == 0;
        if (ends && report->order != SESSION_NO_ORDER) {
            ends_ns[report->order] = int64_larger(ends_ns[report->order], report->exch_ts_ns);
        }
    }
    return ends_ns;
}

// An answer whose stamp is not later than what the order had been through already says nothing of
// this request: the exchange had nothing to change. What was never answered came after the fill
// that ended its order.
static void place_in_time(struct reader *reader)
{
    struct session *session = reader->session;
    int64_t *newest_ns = mm_alloc(session->order_count + 1, sizeof *newest_ns);
    int64_t *ends_ns = find_ends(session);
    find_offset(reader);
    for (size_t i = 0; i < session->request_count; i++) {
        struct session_request *request = &session->requests[i];
        if (request->op == VENUE_NONE) {
            continue;
        }
        int64_t *newest = &newest_ns[request->order];
        if (request->exch_ts_ns <= *newest || request->exch_ts_ns == 0) {
            request->is_assumed = true;
            request->exch_ts_ns =
                int64_larger(request->sent_ns + reader->offset_ns,
                             request->op == VENUE_PLACE ? INT64_MIN : ends_ns[request->order] + 1);
        } else if (!request->by_exchange) {
            reader->offset_ns = request->exch_ts_ns - request->sent_ns;
        }
        *newest = int64_larger(*newest, request->exch_ts_ns);
        request->exch_ts_ns = *newest; // an order's requests stay in their order
    }
    free(ends_ns);
    free(newest_ns);
}

static void leave_out_refused(struct session *session)
{
    size_t kept = 0;
    for (size_t i = 0; i < session->request_count; i++) {
        if (session->requests[i].op != VENUE_NONE) {
            session->requests[kept++] = session->requests[i];
        }
    }
    session->request_count = kept;
}

int session_read_requests(const char *path, struct session *session)
{
    struct reader reader = {.session = session};
    int code = capture_lines_open(&reader.lines, path);
    if (code == MM_OK) {
        code = read_lines(&reader);
    }
    capture_lines_fini(&reader.lines);
    if (code == MM_OK) {
        bound_by_fills(session);
        place_in_time(&reader);
        leave_out_refused(session);
    }
    free(reader.outstanding);
    return code;
}

// ---- the directory ----

int session_read(const char *directory, struct session *out)
{
    *out = (struct session){0};
    char *latest = path_join(directory, "latest"), *edge = path_join(latest, "EDGE_REPORT.json");
    bool is_latest = file_exists(edge);
    const char *where = is_latest ? latest : directory;
    free(edge);
    edge = path_join(where, "EDGE_REPORT.json");
    char *requests = path_join(where, "requests.csv.gz");
    int code = file_exists(edge) ? session_read_edge(edge, out)
                                 : mm_fail(MM_ERROR_INPUT,
                                           "%s holds no session: there is no EDGE_REPORT.json, "
                                           "neither there nor in its latest/",
                                           directory);
    if (code == MM_OK && !file_exists(requests)) {
        code = mm_fail(MM_ERROR_INPUT,
                       "%s is not there: it appears when a session ends, so this one is still "
                       "running or was killed",
                       requests);
    }
    if (code == MM_OK) {
        code = session_read_requests(requests, out);
    }
    free(requests);
    free(edge);
    free(latest);
    if (code != MM_OK) {
        session_fini(out);
    }
    return code;
}

void session_fini(struct session *session)
{
    free(session->record);
    free(session->orders);
    free(session->requests);
    free(session->reports);
    *session = (struct session){0};
}
