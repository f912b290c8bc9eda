/*
 * Tables that fit the terminal.
 *
 * The first rows are held until the widths are known; later rows follow them
 * at once, so a list of any length needs little memory. On a terminal the
 * widest columns shrink first, then columns that can be spared go; what is cut
 * ends in "~". Elsewhere nothing is cut. Cells are text of one byte a
 * character.
 */
#ifndef MONITOR_TABLE_H
#define MONITOR_TABLE_H

#include <stdbool.h>
#include <stdio.h>

#define TABLE_COLUMNS_MAX 16
#define TABLE_HELD_MAX    256 /* rows whose widths decide */

struct table_column {
	const char *title;
	bool is_right;  /* numbers */
	unsigned least; /* may shrink to this many characters; 0: never shrinks */
	unsigned spare; /* where shrinking is not enough, the highest goes first; 0: never */
};

struct table;

/* Columns of out's terminal, by COLUMNS or the terminal itself; 0 where out is none. */
unsigned table_width(FILE *out);

/*
 * A table to out, width characters wide, 0 for any. At most TABLE_COLUMNS_MAX
 * columns, borrowed until table_free. NULL where memory is refused.
 */
struct table *table_new(FILE *out, unsigned width, const struct table_column *columns,
			size_t count);

/* One row, copied. A cell may be NULL. False where memory is refused. */
bool table_row(struct table *t, const char *const *cells);

/* Print what is still held: the title line too, unless there was no row. NULL does nothing. */
void table_free(struct table *t);

/*
 * A paragraph: text broken between words into lines of at most width
 * characters (0: 80), each behind indent blanks. A longer word stands alone.
 */
void table_paragraph(FILE *out, unsigned width, unsigned indent, const char *text);

/*
 * An item of a list: its first line behind indent blanks, later ones behind
 * twice as many. Width 0 breaks nothing; no blank is lost but where lines break.
 */
void table_item(FILE *out, unsigned width, unsigned indent, const char *text);

#endif
