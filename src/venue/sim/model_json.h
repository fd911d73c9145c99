// A simulated market's parameters as a JSON document: written by a calibration, read back by name.
//
// Every number of struct sim_model is a field, and all must be there; model.h says what each is.
#ifndef MM_VENUE_SIM_MODEL_JSON_H
#define MM_VENUE_SIM_MODEL_JSON_H

#include "base/error.h"
#include "venue/sim/model.h"

#include <jansson.h>

enum { SIM_TEXT_SIZE = 32 };

// A model with the texts it points to; must not move while in use.
struct sim_model_file {
    struct sim_model model;
    char name[SIM_TEXT_SIZE], symbol[SIM_TEXT_SIZE];
};

json_t *sim_model_json(const struct sim_model *model); // a new reference

// MM_ERROR_INPUT names the file and the field.
int sim_model_read(const char *path, struct sim_model_file *out) MM_CHECKED;

#endif
