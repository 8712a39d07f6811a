/*
 * What a run is described by: its settings, and the machine that it runs on. One thread.
 */
#ifndef SIMGATE_LOADTEST_FACTS_H
#define SIMGATE_LOADTEST_FACTS_H

#include "loadtest/options.h"
#include "loadtest/results.h"

void facts_settings(struct results *r, const struct options *o);
void facts_machine(struct results *r);

#endif
