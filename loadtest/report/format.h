/*
 * Numbers as people read them: thousands separators, units, no more digits than mean something.
 * Every function writes a text of at most FORMAT_TEXT bytes with its NUL and returns it. Any
 * thread.
 */
#ifndef SIMGATE_LOADTEST_REPORT_FORMAT_H
#define SIMGATE_LOADTEST_REPORT_FORMAT_H

#include <stdint.h>

#define FORMAT_TEXT 40

/* The unit of microseconds: a terminal may not know the sign. */
#define FORMAT_US_ASCII "us"
#define FORMAT_US_SIGN  "\302\265s"

/* 1,234,567 */
const char *format_count(char text[static FORMAT_TEXT], uint64_t count);

/* As a count from 100 on, with one or two decimals below. */
const char *format_number(char text[static FORMAT_TEXT], double number);

/* Three digits: 812 ns, 1.24 ms, 12.0 s; from two minutes on 2 min 5 s, 1 h 2 min. */
const char *format_duration(char text[static FORMAT_TEXT], uint64_t nanoseconds, const char *us);

/* 0 %, 0.12 %, 99.99 %: neither 0 nor 100 unless it is exactly that. */
const char *format_share(char text[static FORMAT_TEXT], double share);

/* For the ticks of an axis, without decimals that say nothing: 2 ms, 0.5 s; 20 %. */
const char *format_whole_duration(char text[static FORMAT_TEXT], double seconds);
const char *format_whole_share(char text[static FORMAT_TEXT], double share);

/* 2026-11-23 04:42:09 UTC, from milliseconds since the Unix epoch. */
const char *format_time(char text[static FORMAT_TEXT], uint64_t wall_ms);

/* 2026-11-23T04:42:09.123Z (RFC 3339) */
const char *format_timestamp(char text[static FORMAT_TEXT], uint64_t wall_ms);

#endif
