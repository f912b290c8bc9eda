/* Tables that fit the terminal; see table.h. */
#include "monitor/table.h"

#include <assert.h>
#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "dissector/text.h"

#define GAP         2    /* blanks between columns */
#define WIDTH_MAX   4096 /* characters; a wider terminal is none */
#define CELL_MAX    1024 /* characters that a cell counts when widths are decided */
#define WIDTH_USUAL 80

struct table {
	FILE *out;
	unsigned width; /* 0: any */
	const struct table_column *columns;
	size_t count;
	unsigned widths[TABLE_COLUMNS_MAX];
	bool is_gone[TABLE_COLUMNS_MAX]; /* spared */
	bool is_decided;                 /* widths are final, the titles are out */
	char **held[TABLE_HELD_MAX];
	size_t held_count;
};

unsigned
table_width(FILE *out)
{
	const char *columns = getenv("COLUMNS");
	struct winsize size;
	uint64_t number;

	if (isatty(fileno(out)) == 0)
		return 0;
	if (columns != NULL && text_number(bytes_text(columns), &number) && number > 0 &&
	    number <= WIDTH_MAX)
		return (unsigned)number;
	if (ioctl(fileno(out), TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
		return size.ws_col;
	return WIDTH_USUAL;
}

struct table *
table_new(FILE *out, unsigned width, const struct table_column *columns, size_t count)
{
	struct table *t = calloc(1, sizeof(*t));

	if (t == NULL)
		return NULL;
	t->out = out;
	t->width = width;
	t->columns = columns;
	t->count = count;
	for (size_t i = 0; i < count; i++)
		t->widths[i] = (unsigned)strlen(columns[i].title);
	return t;
}

/* Width of all columns and the gaps between them. */
static unsigned
whole_width(const struct table *t)
{
	unsigned sum = 0;

	for (size_t i = 0; i < t->count; i++)
		if (!t->is_gone[i])
			sum += t->widths[i] + GAP;
	return sum < GAP ? 0 : sum - GAP;
}

/* Take one character from the widest column that may shrink; false where none may. */
static bool
shrink(struct table *t)
{
	size_t widest = t->count;

	for (size_t i = 0; i < t->count; i++) {
		if (t->is_gone[i] || t->columns[i].least == 0 ||
		    t->widths[i] <= t->columns[i].least)
			continue;
		if (widest == t->count || t->widths[i] > t->widths[widest])
			widest = i;
	}
	if (widest == t->count)
		return false;
	t->widths[widest]--;
	return true;
}

/* What the table needs at the very least. */
static unsigned
least_width(const struct table *t)
{
	unsigned sum = 0;

	for (size_t i = 0; i < t->count; i++) {
		const unsigned least = t->columns[i].least;

		if (!t->is_gone[i])
			sum += GAP + (least != 0 && least < t->widths[i] ? least : t->widths[i]);
	}
	return sum < GAP ? 0 : sum - GAP;
}

/* Leave out the column that is spared most easily; false where none is. */
static bool
spare(struct table *t)
{
	size_t chosen = t->count;

	for (size_t i = 0; i < t->count; i++) {
		if (t->is_gone[i] || t->columns[i].spare == 0)
			continue;
		if (chosen == t->count || t->columns[i].spare > t->columns[chosen].spare)
			chosen = i;
	}
	if (chosen == t->count)
		return false;
	t->is_gone[chosen] = true;
	return true;
}

static size_t
last_column(const struct table *t)
{
	size_t last = t->count - 1;

	while (last > 0 && t->is_gone[last])
		last--;
	return last;
}

static void
blanks(FILE *out, unsigned count)
{
	fprintf(out, "%*s", (int)count, "");
}

/*
 * One cell, width characters wide; cut there and ended in "~" where can_cut.
 * The last of a line needs no blanks behind it.
 */
static void
print_cell(FILE *out, const struct table_column *column, const char *cell, unsigned width,
	   bool can_cut, bool is_last)
{
	const size_t length = strlen(cell);
	const unsigned missing = length < width ? width - (unsigned)length : 0;

	if (column->is_right)
		blanks(out, missing);
	if (can_cut && length > width)
		fprintf(out, "%.*s~", (int)width - 1, cell);
	else
		fputs(cell, out);
	if (!column->is_right && !is_last)
		blanks(out, missing);
}

/* One line; where the table has a width it ends there, whatever is left of the row. */
static void
print_row(const struct table *t, const char *const *cells)
{
	const bool can_cut = t->width != 0;
	const size_t last = last_column(t);
	unsigned room = can_cut ? t->width : UINT_MAX;
	bool is_first = true;

	for (size_t i = 0; i <= last && (is_first || room > GAP); i++) {
		unsigned width = t->widths[i];

		if (t->is_gone[i])
			continue;
		if (!is_first) {
			blanks(t->out, GAP);
			room -= can_cut ? GAP : 0;
		}
		if (width > room)
			width = room;
		room -= can_cut ? width : 0;
		print_cell(t->out, &t->columns[i], cells[i] == NULL ? "-" : cells[i], width,
			   can_cut, i == last || room <= GAP);
		is_first = false;
	}
	putc('\n', t->out);
}

static void
free_row(const struct table *t, char **row)
{
	for (size_t i = 0; i < t->count; i++)
		free(row[i]);
	free(row);
}

/* From here on widths stay: print titles and what was held. */
static void
decide(struct table *t)
{
	const char *titles[TABLE_COLUMNS_MAX];

	assert(t->count > 0);
	t->is_decided = true;
	for (size_t i = 0; i < t->count; i++)
		titles[i] = t->columns[i].title;
	while (t->width != 0 && least_width(t) > t->width && spare(t))
		;
	while (t->width != 0 && whole_width(t) > t->width && shrink(t))
		;
	print_row(t, titles);
	for (size_t r = 0; r < t->held_count; r++) {
		print_row(t, (const char *const *)t->held[r]);
		free_row(t, t->held[r]);
	}
	t->held_count = 0;
}

bool
table_row(struct table *t, const char *const *cells)
{
	char **row;

	if (t->is_decided) {
		print_row(t, cells);
		return true;
	}
	row = calloc(t->count, sizeof(*row));
	if (row == NULL)
		return false;
	for (size_t i = 0; i < t->count; i++) {
		size_t length;

		row[i] = strdup(cells[i] == NULL ? "-" : cells[i]);
		if (row[i] == NULL) {
			free_row(t, row);
			return false;
		}
		length = strlen(row[i]);
		if (length > CELL_MAX)
			length = CELL_MAX;
		if (length > t->widths[i])
			t->widths[i] = (unsigned)length;
	}
	t->held[t->held_count++] = row;
	if (t->held_count == TABLE_HELD_MAX)
		decide(t);
	return true;
}

void
table_free(struct table *t)
{
	if (t == NULL)
		return;
	if (!t->is_decided && t->held_count > 0)
		decide(t);
	free(t);
}

void
table_paragraph(FILE *out, unsigned width, unsigned indent, const char *text)
{
	unsigned at = 0;

	if (width == 0)
		width = WIDTH_USUAL;
	for (text += strspn(text, " "); *text != '\0'; text += strspn(text, " ")) {
		const size_t word = strcspn(text, " ");

		if (at > 0 && at + 1 + word > width) {
			putc('\n', out);
			at = 0;
		}
		if (at == 0)
			blanks(out, indent);
		else
			putc(' ', out);
		at = at == 0 ? indent : at + 1;
		fwrite(text, 1, word, out);
		at += (unsigned)word;
		text += word;
	}
	if (at > 0)
		putc('\n', out);
}

/* How much of text one line of room characters takes: up to a blank, unless it is one word. */
static size_t
line_of(const char *text, size_t room)
{
	const size_t length = strlen(text);
	size_t cut = room;

	if (length <= room)
		return length;
	while (cut > 0 && text[cut] != ' ')
		cut--;
	return cut > 0 ? cut : 1 + strcspn(text + 1, " ");
}

void
table_item(FILE *out, unsigned width, unsigned indent, const char *text)
{
	const unsigned later = 2 * indent;

	for (bool is_first = true; is_first || *text != '\0'; is_first = false) {
		const unsigned before = is_first ? indent : later;
		const size_t room = width > before ? width - before : 0;
		const size_t line = width == 0 ? strlen(text) : line_of(text, room);

		blanks(out, before);
		fprintf(out, "%.*s\n", (int)line, text);
		text += line;
		text += *text == ' ';
	}
}
