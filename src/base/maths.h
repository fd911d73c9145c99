// Exponential, logarithm, power and cosine by IEEE addition, multiplication and division alone.
//
// The C library picks its own by what the processor has (fused multiply-add or not), so that their
// last bit, and with it a run's bytes, would depend on the machine. These are the same everywhere,
// to a few units in the last place. What must agree with another program's bits (the replay's queue
// models) uses the C library. Pure functions; any thread.
#ifndef MM_BASE_MATHS_H
#define MM_BASE_MATHS_H

// 0 below -745, infinite above 709.8; within 2 units in the last place, subnormals excepted.
double mm_exp(double x);

// Natural; x > 0 and finite, subnormals included. Within 2 units in the last place.
double mm_log(double x);

// x > 0: exp(y log x), which loses |y log x| units in the last place.
double mm_pow(double x, double y);

// cos(2 pi x) for x in [0, 1]; to 1e-16 absolutely.
double mm_cos_turns(double x);

#endif
