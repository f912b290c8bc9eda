/*
 * A report as lines for programs: JSON Lines and CSV, a line a figure, "by"
 * saying what it is counted by. Shares are fractions, and empty where there was
 * no mail or where they would say nothing.
 */
#include <inttypes.h>

#include "monitor/csv.h"
#include "monitor/judge/judge.h"
#include "monitor/moment.h"
#include "monitor/report/report.h"

#define CELL_MAX 32 /* of a number, NUL included */

/* One line: a figure by one thing. */
struct line {
	const char *by;   /* "total", "before", "hour", or a list's name */
	const char *rank; /* of lists: by what they are in order; NULL: not a list */
	struct {
		const char *start, *end; /* as text; NULL: it has none */
	} span;
	const char *key, *json; /* of lists */
	const struct counts *counts;
	bool has_share;
};

typedef void write_line(FILE *out, const struct line *line);

static const char *
fraction(int64_t part, const struct line *line, char out[CELL_MAX])
{
	const int64_t mail = figures_mail(line->counts);

	if (!line->has_share || mail <= 0)
		return NULL;
	snprintf(out, CELL_MAX, "%.6f", (double)part / (double)mail);
	return out;
}

static void
json_time(FILE *out, const char *name, const char *time)
{
	if (time == NULL)
		fprintf(out, ",\"%s\":null", name);
	else
		fprintf(out, ",\"%s\":\"%s\"", name, time);
}

static void
json_line(FILE *out, const struct line *line)
{
	const struct counts *c = line->counts;
	char cell[CELL_MAX];
	const char *share;

	fprintf(out, "{\"by\":\"%s\"", line->by);
	if (line->rank != NULL)
		fprintf(out, ",\"rank\":\"%s\",\"%s\":%s", line->rank, line->by, line->json);
	json_time(out, "since", line->span.start);
	json_time(out, "until", line->span.end);
	fprintf(out,
		",\"sessions\":%" PRId64 ",\"encrypted\":%" PRId64 ",\"plaintext\":%" PRId64
		",\"failed\":%" PRId64 ",\"no_mail\":%" PRId64 ",\"partial\":%" PRId64,
		c->sessions, c->encrypted, c->plaintext, c->failed, c->no_mail, c->partial);
	share = fraction(c->encrypted, line, cell);
	fprintf(out, ",\"encrypted_share\":%s", share == NULL ? "null" : share);
	share = fraction(c->plaintext, line, cell);
	fprintf(out, ",\"plaintext_share\":%s}\n", share == NULL ? "null" : share);
}

static const char *const csv_names[] = {
    "by",
    "rank",
    "since",
    "until",
    "key",
    "sessions",
    "encrypted",
    "plaintext",
    "failed",
    "no_mail",
    "partial",
    "encrypted_share",
    "plaintext_share",
};
#define CSV_FIELDS (sizeof(csv_names) / sizeof(csv_names[0]))

static void
csv_row(FILE *out, const struct line *line)
{
	const struct counts *c = line->counts;
	const int64_t numbers[] = {c->sessions, c->encrypted, c->plaintext,
				   c->failed,   c->no_mail,   c->partial};
	const char *fields[CSV_FIELDS] = {line->by, line->rank, line->span.start, line->span.end,
					  line->key};
	char cells[8][CELL_MAX];
	const size_t first = 5; /* of the numbers */

	for (size_t i = 0; i < 6; i++) {
		snprintf(cells[i], CELL_MAX, "%" PRId64, numbers[i]);
		fields[first + i] = cells[i];
	}
	fields[first + 6] = fraction(c->encrypted, line, cells[6]);
	fields[first + 7] = fraction(c->plaintext, line, cells[7]);
	csv_line(out, fields, CSV_FIELDS);
}

static void
each_item(const struct report *r, enum report_lists which, const struct line *of, FILE *out,
	  write_line *write)
{
	const struct report_list_kind *kind = &report_list_kinds[which];
	const struct report_list *list = &r->lists[which];
	struct line line = *of; /* its span */

	line.by = kind->name;
	line.rank = kind->order == HOURLY_MOST ? "plaintext" : "plaintext_share";
	line.has_share = report_has_share(r, which);
	for (size_t i = 0; i < list->count; i++) {
		line.key = list->items[i].key;
		line.json = list->items[i].json;
		line.counts = &list->items[i].counts;
		write(out, &line);
	}
}

/* Counts of a span of time. */
static void
one_span(const struct report *r, const char *by, const struct figures_step *at, int64_t end,
	 FILE *out, write_line *write)
{
	char start_text[MOMENT_TEXT_MAX], end_text[MOMENT_TEXT_MAX];
	const struct line line = {.by = by,
				  .span = {start_text, end_text},
				  .counts = &at->counts,
				  .has_share = r->filter.domain == NULL};

	moment_text(at->start, start_text);
	moment_text(end, end_text);
	write(out, &line);
}

static void
each_span(const struct report *r, FILE *out, write_line *write)
{
	const struct figures_step before = {r->before, r->counts_before};
	const struct figures_step now = {r->middle, r->counts_now};

	if (r->hour_count == 0)
		return;
	one_span(r, "before", &before, r->middle, out, write);
	one_span(r, "now", &now, r->end, out, write);
	for (size_t i = 0; i < r->hour_count; i++)
		one_span(r, "hour", &r->hours[i], r->hours[i].start + HOURLY_HOUR, out, write);
}

/* All that both forms have. */
static void
each_line(const struct report *r, FILE *out, write_line *write)
{
	char start[MOMENT_TEXT_MAX], end[MOMENT_TEXT_MAX];
	const struct line total = {
	    .by = "total",
	    .span = {r->has_start ? start : NULL, r->has_end ? end : NULL},
	    .counts = &r->total,
	    .has_share = r->filter.domain == NULL,
	};

	moment_text(r->start, start);
	moment_text(r->end, end);
	write(out, &total);
	each_span(r, out, write);
	for (size_t i = 0; i < LISTS; i++)
		each_item(r, (enum report_lists)i, &total, out, write);
}

void
report_json(const struct report *r, FILE *out)
{
	each_line(r, out, json_line);
	for (size_t i = 0; i < r->incident_count; i++) {
		const struct report_incidents *row = &r->incidents[i];

		fprintf(out,
			"{\"by\":\"incidents\",\"kind\":%s,\"severity\":\"%s\",\"open\":%" PRId64
			",\"sessions\":%" PRId64 "}\n",
			row->json, severity_name((enum severity)row->severity), row->incidents,
			row->sessions);
	}
	fprintf(out,
		"{\"by\":\"muted\",\"incidents\":%" PRId64 ",\"sessions\":%" PRId64
		",\"mutes\":%zu}\n",
		r->muted.incidents, r->muted.sessions, r->mutes);
	fprintf(out, "{\"by\":\"capture\",\"packets\":%" PRId64 ",\"dropped\":%" PRId64 "}\n",
		r->capture.packets, r->capture.dropped);
}

void
report_csv(const struct report *r, FILE *out)
{
	csv_line(out, csv_names, CSV_FIELDS);
	each_line(r, out, csv_row);
}
