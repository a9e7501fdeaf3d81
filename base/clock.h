/* Time. Monotonic for durations, wall clock for what users see (ISO 8601, UTC). */
#ifndef HEARTH_BASE_CLOCK_H
#define HEARTH_BASE_CLOCK_H

#include <stddef.h>
#include <stdint.h>

int64_t clock_monotonic_us(void);
int64_t clock_wall_us(void); /* microseconds since the epoch */

enum { CLOCK_ISO_SIZE = 32 };
/* "2026-01-31T12:00:00Z" of microseconds since the epoch; the second form with ".123456" before the Z. */
void clock_iso(int64_t wall_us, char out[CLOCK_ISO_SIZE]);
void clock_iso_us(int64_t wall_us, char out[CLOCK_ISO_SIZE]);
/* Reads both forms, and those with "+00:00" or no zone (UTC). -1 when text is no such time. */
int clock_parse_iso(const char *text, int64_t *wall_us);

#endif
