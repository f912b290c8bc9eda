/*
 * Moments as text: microseconds since the epoch in UTC, RFC 3339 for the eye.
 *
 * No time zone of the machine, no locale. Never asks a clock.
 */
#ifndef MONITOR_MOMENT_H
#define MONITOR_MOMENT_H

#include <stdbool.h>
#include <stdint.h>

#define MOMENT_TEXT_MAX 32 /* bytes of a moment as text, NUL included */

/*
 * Read an RFC 3339 section 5.6 date-time, a date alone (its midnight in UTC),
 * or a span before now: a number and one of s, m, h, d, w ("2h", "7d"). A leap
 * second is read as the second after it; digits beyond microseconds are
 * dropped. False where text is none of these or lies before year 1 or after
 * 9999.
 */
bool moment_parse(const char *text, int64_t now, int64_t *out);

/* "2026-03-01T12:00:00.000000Z". A moment outside years 1 to 9999 is held at the border. */
void moment_text(int64_t moment, char out[MOMENT_TEXT_MAX]);

/* The same without "T", fraction and zone, for tables: "2026-03-01 12:00:00". */
void moment_short_text(int64_t moment, char out[MOMENT_TEXT_MAX]);

/* As people say it at the moment now, in UTC: "14:02" of the same day, "3 March" of the same year,
 * "3 March 2025". */
void moment_plain_text(int64_t moment, int64_t now, char out[MOMENT_TEXT_MAX]);

#endif
