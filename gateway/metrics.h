/*
 * The gateway's counters as Prometheus text (exposition format 0.0.4). Main thread; the counters
 * are read while their owners write them.
 */
#ifndef SIMGATE_GATEWAY_METRICS_H
#define SIMGATE_GATEWAY_METRICS_H

#include "gateway/gateway.h"

#include <stdio.h>

void metrics_print(FILE *out, const struct gateway *g);

#endif
