// The sink that writes a CSV row for every order that ended, for every fill, and for every request
// and every answer.
//
// A file whose path ends in ".gz" is compressed, any other is plain text.
// Prices are in ticks, quantities in lots, mids in half ticks, money in 1e-9 of the settlement
// coin, times in ns of the run's clock; the first line names the columns. The same rows give the
// same bytes: the gzip header holds neither time nor name. The files appear at their paths only
// when committed. Everything is allocated at creation. One owner thread, the engine's.
#ifndef MM_ENGINE_RECORDER_H
#define MM_ENGINE_RECORDER_H

#include "base/error.h"
#include "engine/engine.h"

struct recorder;

// Opens the files; paths are copied, and NULL leaves a file out.
int recorder_create(const char *orders_path, const char *fills_path, const char *requests_path,
                    struct recorder **out) MM_CHECKED;

// The first line of the requests; soak/session.h reads them.
extern const char recorder_request_columns[];

// The sink for engine_create; borrows the recorder. Requests and answers are asked for only when
// there is a file for them.
struct engine_sink recorder_sink(struct recorder *recorder);

// Ends both files and lets them appear. The first error of any row comes out here. The sink ignores
// what is written afterwards.
int recorder_commit(struct recorder *recorder) MM_CHECKED;

// Throws away what was not committed. Accepts NULL.
void recorder_destroy(struct recorder *recorder);

#endif
