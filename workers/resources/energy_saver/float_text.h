/*
 * Floating point numbers as JSON: the shortest decimal that reads back as the same number, and of
 * several such the nearest. From 1e-6 to 1e21 without an exponent, as JavaScript has it. -0 is -0;
 * what JSON has no number for (NaN, infinities) is null. Any thread.
 */
#ifndef SIMGATE_WORKERS_RESOURCES_ENERGY_SAVER_FLOAT_TEXT_H
#define SIMGATE_WORKERS_RESOURCES_ENERGY_SAVER_FLOAT_TEXT_H

#include "base/writer.h"

void float_text_write_single(struct writer *w, float number);
void float_text_write_double(struct writer *w, double number);

#endif
