// What the two readers of frames share. Private to frame_parser.c and frame_parser_slow.c.
#ifndef MM_VENUE_BYBIT_FRAME_PARSER_STATE_H
#define MM_VENUE_BYBIT_FRAME_PARSER_STATE_H

#include "venue/bybit/frame_parser.h"

#define BYBIT_MS_MAX UINT64_C(4102444800000) // the year 2100

void bybit_parser_clear(struct bybit_parser *parser);

// False when the side was there before, or when bids come after asks.
bool bybit_parser_open_side(struct bybit_parser *parser, enum side side);

// Each returns what is wrong, static text, or NULL.
const char *bybit_parser_add_trade(struct bybit_parser *parser, const struct bybit_trade *trade);
const char *bybit_parser_finish(struct bybit_parser *parser, const struct bybit_frame *frame);

#endif
