/*
 * The marks of a subject as text: what the database keeps of them.
 *
 * A JSON array, of each mark an array: kind, value, yes, no, yes_before,
 * no_before, recent, recent_count, first; then since, last_yes, last_no and
 * turned, in microseconds behind first, null for never; then until, where it is
 * not 0; then, and until at any rate, when it was so first, where that was not first; then, and
 * those two at any rate, how far the last ones lie apart, as long as those can be behind one that
 * is told late. A row of SQL a mark would cost three times as much to read and to write. Pure;
 * allocates nothing. What is read may be anybody's: the file is only a file.
 */
#ifndef MONITOR_BASELINE_MARK_TEXT_H
#define MONITOR_BASELINE_MARK_TEXT_H

#include <stddef.h>

#include "monitor/baseline/mark.h"

/* The longest text of one mark, its comma included: each byte of the value escaped, 15 numbers,
 * and as many as there are last ones. */
#define MARK_TEXT_MAX (2 * MARK_VALUE_MAX + (15 + TALLY_RECENT) * 22)

/* Bytes that are enough for so many, the brackets and the NUL included. */
#define MARKS_TEXT_MAX(count) ((count)*MARK_TEXT_MAX + 3)

/* Write count marks, NUL behind them; out holds MARKS_TEXT_MAX(count) bytes. The text's length. */
size_t mark_text_write(const struct mark *marks, size_t count, char *out);

/*
 * Read the next mark at *text and move it past. *text is at the begin of the array at first.
 * False at its end, and where it goes on as nothing that was written here. A kind that this
 * program does not know is passed over; numbers that cannot be are brought into range.
 */
bool mark_text_read(const char **text, struct mark *out);

#endif
