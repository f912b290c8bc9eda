/* A report for a terminal: sentences, then a table for each thing it counts by. */
#include <ctype.h>

#include "monitor/judge/judge.h"
#include "monitor/report/report.h"
#include "monitor/table.h"

#define BAR_MAX  20 /* characters of the longest bar */
#define INDENT   2
#define CELL_MAX FIGURES_TEXT_MAX
#define COUNTS   7 /* columns of counts */

/* What a row of each table shows of its counts. */
struct row_text {
	char cells[COUNTS][CELL_MAX];
};

static const struct table_column count_columns[COUNTS] = {
    {.title = "SESSIONS", .is_right = true, .spare = 4},
    {.title = "ENCRYPTED", .is_right = true},
    {.title = "PLAINTEXT", .is_right = true},
    {.title = "FAILED", .is_right = true, .spare = 3},
    {.title = "NO MAIL", .is_right = true, .spare = 6},
    {.title = "PARTIAL", .is_right = true, .spare = 5},
    {.title = "IN CLEAR", .is_right = true},
};

static void
fill(const struct counts *c, bool has_share, struct row_text *out)
{
	const int64_t numbers[] = {c->sessions, c->encrypted, c->plaintext,
				   c->failed,   c->no_mail,   c->partial};
	const size_t count = sizeof(numbers) / sizeof(numbers[0]);

	for (size_t i = 0; i < count; i++)
		figures_number(numbers[i], out->cells[i]);
	figures_percent(c->plaintext, has_share ? figures_mail(c) : 0, out->cells[count]);
}

/* A table whose rows have a key, their counts and, where bars are wanted, a bar. */
struct counts_table {
	struct table *table;
	char head[CELL_MAX]; /* of the first column, in capitals */
	struct table_column columns[COUNTS + 2];
	bool has_share, has_bars;
};

static bool
begin(struct counts_table *t, FILE *out, const char *head)
{
	snprintf(t->head, sizeof(t->head), "%s", head);
	for (char *c = t->head; *c != '\0'; c++)
		*c = (char)toupper((unsigned char)*c);
	t->columns[0] = (struct table_column){.title = t->head, .least = 14};
	for (size_t i = 0; i < COUNTS; i++)
		t->columns[i + 1] = count_columns[i];
	t->columns[COUNTS + 1] = (struct table_column){.title = "", .spare = 7};
	t->table = table_new(out, table_width(out), t->columns, COUNTS + 1 + t->has_bars);
	return t->table != NULL;
}

static bool
add(struct counts_table *t, const char *key, const struct counts *c, const char *bar)
{
	struct row_text text;
	const char *cells[COUNTS + 2] = {key};

	fill(c, t->has_share, &text);
	for (size_t i = 0; i < COUNTS; i++)
		cells[i + 1] = text.cells[i];
	cells[COUNTS + 1] = bar;
	return table_row(t->table, cells);
}

static double
share_of(const struct counts *c)
{
	const int64_t mail = figures_mail(c);

	return mail > 0 ? (double)c->plaintext / (double)mail : 0;
}

/* As long as the share in clear is of the greatest one; what is there is never without a bar. */
static void
draw_bar(const struct counts *c, double greatest, char out[BAR_MAX + 1])
{
	size_t length = greatest > 0 ? (size_t)(share_of(c) / greatest * BAR_MAX + 0.5) : 0;

	if (length == 0 && c->plaintext > 0)
		length = 1;
	for (size_t i = 0; i < length; i++)
		out[i] = '#';
	out[length] = '\0';
}

static void
steps(const struct report *r, FILE *out)
{
	char width[FIGURES_TEXT_MAX], time[FIGURES_TEXT_MAX], bar[BAR_MAX + 1];
	const bool has_share = r->filter.domain == NULL;
	struct counts_table t = {.has_share = has_share, .has_bars = has_share};
	double greatest = 0;

	figures_width_text(r->width, width);
	fprintf(out, "\nBy %s\n", width);
	for (size_t i = 0; i < r->step_count; i++)
		if (share_of(&r->steps[i].counts) > greatest)
			greatest = share_of(&r->steps[i].counts);
	if (!begin(&t, out, "From"))
		return;
	for (size_t i = 0; i < r->step_count; i++) {
		figures_time_text(r->steps[i].start, r->width, time);
		draw_bar(&r->steps[i].counts, greatest, bar);
		if (r->steps[i].counts.sessions > 0 && !add(&t, time, &r->steps[i].counts, bar))
			break;
	}
	table_free(t.table);
}

static void
list(const struct report *r, enum report_lists which, FILE *out)
{
	const struct report_list_kind *kind = &report_list_kinds[which];
	const struct report_list *l = &r->lists[which];
	struct counts_table t = {.has_share = report_has_share(r, which)};

	if (!report_adds(r, which))
		return;
	fprintf(out, "\n%s", kind->title);
	if (kind->order == HOURLY_SHARE)
		fprintf(out, ", of %d sessions with mail and more", REPORT_LEAST);
	if ((size_t)l->of > l->count)
		fprintf(out, " (%zu of %lld; --limit shows more)", l->count, (long long)l->of);
	putc('\n', out);
	if (!begin(&t, out, kind->head))
		return;
	for (size_t i = 0; i < l->count; i++) {
		const char *key = l->items[i].key;

		if (!add(&t, key == NULL ? "none" : key, &l->items[i].counts, ""))
			break;
	}
	table_free(t.table);
}

static void
incidents(const struct report *r, FILE *out)
{
	static const struct table_column columns[] = {
	    {.title = "SEVERITY"},
	    {.title = "KIND"},
	    {.title = "OPEN", .is_right = true},
	    {.title = "SESSIONS", .is_right = true},
	};
	struct table *t;

	if (r->incident_count == 0)
		return;
	fputs("\nOpen incidents of this span (waxseal incidents --state open)\n", out);
	t = table_new(out, table_width(out), columns, sizeof(columns) / sizeof(columns[0]));
	for (size_t i = 0; t != NULL && i < r->incident_count; i++) {
		const struct report_incidents *row = &r->incidents[i];
		char open[CELL_MAX], sessions[CELL_MAX];
		const char *cells[] = {severity_name((enum severity)row->severity), row->kind, open,
				       sessions};

		figures_number(row->incidents, open);
		figures_number(row->sessions, sessions);
		if (!table_row(t, cells))
			break;
	}
	table_free(t);
}

static void
paragraph(FILE *out, const char *text)
{
	table_paragraph(out, table_width(out), INDENT, text);
}

void
report_text(const struct report *r, FILE *out)
{
	struct report_words words;

	report_words(r, &words);
	table_paragraph(out, table_width(out), 0, words.title);
	putc('\n', out);
	paragraph(out, words.result);
	paragraph(out, words.trend);
	paragraph(out, words.beside);
	incidents(r, out);
	if (r->step_count > 0)
		steps(r, out);
	for (size_t i = 0; i < LISTS; i++)
		list(r, (enum report_lists)i, out);
	putc('\n', out);
	for (size_t i = 0; i < words.note_count; i++)
		paragraph(out, words.notes[i]);
}
