/*
 * Writes each publication to standard output, as "topic payload\n" with the payload's own bytes,
 * and counts it as acknowledged when write(2) has taken it. For trying things out. Internal to
 * publisher/; opened by the main thread, afterwards used through its sink.
 */
#ifndef SIMGATE_PUBLISHER_STDOUT_SINK_H
#define SIMGATE_PUBLISHER_STDOUT_SINK_H

#include "publisher/sink.h"

/* Returns 0 or -errno. */
int stdout_sink_open(struct sink **sink, const struct sink_settings *common);

#endif
