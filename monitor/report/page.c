/*
 * A report as one page: no script, nothing from elsewhere, and a policy in it
 * that forbids both to whatever a stranger might smuggle in.
 */
#include "monitor/judge/judge.h"
#include "monitor/report/markup.h"

static const char policy[] = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; "
			     "form-action 'none'";

static void
element(FILE *out, const char *open, const char *text, const char *close)
{
	fputs(open, out);
	markup_text(out, text);
	fputs(close, out);
}

static void
head(const struct report_words *words, FILE *out)
{
	fprintf(out,
		"<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
		"<meta http-equiv=\"Content-Security-Policy\" content=\"%s\">\n"
		"<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
		"<meta name=\"color-scheme\" content=\"light dark\">\n"
		"<meta name=\"referrer\" content=\"no-referrer\">\n",
		policy);
	element(out, "<title>waxseal: ", words->title, "</title>\n");
	fprintf(out, "<style>%s</style>\n</head>\n<body>\n", markup_style);
}

static void
tile(FILE *out, const char *class, const char *number, const char *what, const char *more)
{
	fprintf(out, "<li class=\"%s\"><b>", class);
	markup_text(out, number);
	fprintf(out, "</b><span>%s</span><span>", what);
	markup_text(out, more);
	fputs("</span></li>\n", out);
}

static void
share_tile(FILE *out, const char *class, int64_t part, int64_t whole, const char *what)
{
	char number[FIGURES_TEXT_MAX], of[FIGURES_TEXT_MAX], share[FIGURES_TEXT_MAX];
	char more[2 * FIGURES_TEXT_MAX + 8];

	figures_percent(part, whole, share);
	figures_number(part, number);
	figures_number(whole, of);
	snprintf(more, sizeof(more), "%s of %s", number, of);
	tile(out, class, share, what, more);
}

static void
tiles(const struct report *r, FILE *out)
{
	const struct counts *c = &r->total;
	const int64_t mail = figures_mail(c);
	char number[FIGURES_TEXT_MAX], partial[FIGURES_TEXT_MAX], more[FIGURES_TEXT_MAX + 32];

	if (r->filter.domain != NULL || mail == 0)
		return;
	fputs("<ul class=\"tiles\">\n", out);
	share_tile(out, "e", c->encrypted, mail, "encrypted");
	share_tile(out, "p", c->plaintext, mail, "in clear");
	share_tile(out, "f", c->failed, mail, "failed at TLS");
	figures_number(c->no_mail, number);
	figures_number(c->partial, partial);
	snprintf(more, sizeof(more), "%s not seen whole", partial);
	tile(out, "", number, "sessions without mail", more);
	fputs("</ul>\n", out);
}

static void
legend(FILE *out)
{
	static const struct {
		const char *class, *word;
	} rows[] = {{"p", "in clear"}, {"f", "failed at TLS"}, {"e", "encrypted"}};

	fputs("<p>", out);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		fprintf(out,
			"<svg class=\"key\" viewBox=\"0 0 1 1\" aria-hidden=\"true\"><rect "
			"class=\"%s\" "
			"width=\"1\" height=\"1\"/></svg>%s",
			rows[i].class, rows[i].word);
	fputs("</p>", out);
}

/* The columns of counts; what a small screen can spare has a class. */
static const struct {
	const char *title, *class;
} columns[] = {
    {"Sessions", " class=\"less\""},
    {"Encrypted", " class=\"less\""},
    {"In clear", ""},
    {"Failed", " class=\"less\""},
    {"No mail", " class=\"less\""},
    {"Partial", " class=\"less\""},
};
#define COLUMNS (sizeof(columns) / sizeof(columns[0]))

static void
table_begin(FILE *out, const char *head_title, bool has_share)
{
	element(out, "<table>\n<thead><tr><th scope=\"col\">", head_title, "</th>");
	for (size_t i = 0; i < COLUMNS; i++)
		fprintf(out, "<th scope=\"col\"%s>%s</th>", columns[i].class, columns[i].title);
	if (has_share)
		fputs("<th scope=\"col\">Share in clear</th><th scope=\"col\"></th>", out);
	fputs("</tr></thead>\n<tbody>\n", out);
}

static void
table_line(FILE *out, const char *key, const struct counts *c, bool has_share)
{
	const int64_t numbers[COLUMNS] = {c->sessions, c->encrypted, c->plaintext,
					  c->failed,   c->no_mail,   c->partial};
	char text[FIGURES_TEXT_MAX];

	element(out, "<tr><th scope=\"row\">", key, "</th>");
	for (size_t i = 0; i < COLUMNS; i++) {
		figures_number(numbers[i], text);
		fprintf(out, "<td%s>%s</td>", columns[i].class, text);
	}
	if (has_share) {
		figures_percent(c->plaintext, figures_mail(c), text);
		element(out, "<td>", text, "</td><td class=\"b\">");
		markup_bar(c, out);
		fputs("</td>", out);
	}
	fputs("</tr>\n", out);
}

static void
region_begin(FILE *out, const char *class, const char *label)
{
	fprintf(out, "<div class=\"%s\" role=\"region\" tabindex=\"0\" aria-label=\"%s\">\n", class,
		label);
}

static void
table_end(FILE *out)
{
	fputs("</tbody></table></div>\n", out);
}

static void
time_table(const struct report *r, FILE *out)
{
	const bool has_share = r->filter.domain == NULL;
	char time[FIGURES_TEXT_MAX];

	region_begin(out, "scroll tall", "The numbers of the charts");
	table_begin(out, "From (UTC)", has_share);
	for (size_t i = 0; i < r->step_count; i++) {
		if (r->steps[i].counts.sessions == 0)
			continue;
		figures_time_text(r->steps[i].start, r->width, time);
		table_line(out, time, &r->steps[i].counts, has_share);
	}
	table_end(out);
}

static void
charts(const struct report *r, FILE *out)
{
	char width[FIGURES_TEXT_MAX];

	if (r->step_count == 0)
		return;
	figures_width_text(r->width, width);
	if (r->filter.domain == NULL) {
		fprintf(out,
			"<figure><figcaption><h2>Share of the mail in clear, by %s</h2>"
			"</figcaption>\n",
			width);
		markup_chart_shares(r, out);
		fputs("</figure>\n", out);
	}
	fprintf(out, "<figure><figcaption><h2>Sessions with mail, by %s</h2>", width);
	legend(out);
	fputs("</figcaption>\n", out);
	markup_chart_sessions(r, out);
	time_table(r, out);
	fputs("</figure>\n", out);
}

static void
list(const struct report *r, enum report_lists which, FILE *out)
{
	const struct report_list_kind *kind = &report_list_kinds[which];
	const struct report_list *l = &r->lists[which];
	const bool has_share = report_has_share(r, which);

	if (!report_adds(r, which))
		return;
	fprintf(out, "<section><h2>%s</h2>\n", kind->title);
	if (kind->order == HOURLY_SHARE)
		fprintf(out,
			"<p class=\"quiet\">Of those with %d sessions with mail and more.</p>\n",
			REPORT_LEAST);
	if ((size_t)l->of > l->count)
		fprintf(out, "<p class=\"quiet\">%zu of %lld; --limit shows more.</p>\n", l->count,
			(long long)l->of);
	region_begin(out, "scroll", kind->title);
	table_begin(out, kind->head, has_share);
	for (size_t i = 0; i < l->count; i++) {
		const char *key = l->items[i].key;

		table_line(out, key == NULL ? "none" : key, &l->items[i].counts, has_share);
	}
	table_end(out);
	fputs("</section>\n", out);
}

static void
incidents(const struct report *r, FILE *out)
{
	char open[FIGURES_TEXT_MAX], sessions[FIGURES_TEXT_MAX];

	if (r->incident_count == 0)
		return;
	fputs("<section><h2>Open incidents of this span</h2>\n", out);
	region_begin(out, "scroll", "Open incidents of this span");
	fputs("<table class=\"words\">\n<thead><tr><th scope=\"col\">Kind</th>"
	      "<th scope=\"col\">Severity</th><th scope=\"col\" class=\"n\">Open</th>"
	      "<th scope=\"col\" class=\"n\">Sessions</th></tr></thead>\n<tbody>\n",
	      out);
	for (size_t i = 0; i < r->incident_count; i++) {
		const struct report_incidents *row = &r->incidents[i];

		figures_number(row->incidents, open);
		figures_number(row->sessions, sessions);
		element(out, "<tr><th scope=\"row\">", row->kind, "</th>");
		fprintf(out, "<td>%s</td><td class=\"n\">%s</td><td class=\"n\">%s</td></tr>\n",
			severity_name((enum severity)row->severity), open, sessions);
	}
	table_end(out);
	fputs("</section>\n", out);
}

void
report_html(const struct report *r, FILE *out)
{
	struct report_words words;

	report_words(r, &words);
	head(&words, out);
	fputs("<header><h1>How much of the mail was encrypted</h1>\n", out);
	element(out, "<p class=\"quiet\">", words.title, "</p></header>\n<main>\n");
	element(out, "<p class=\"lead\">", words.result, "</p>\n");
	if (words.trend[0] != '\0')
		element(out, "<p>", words.trend, "</p>\n");
	tiles(r, out);
	if (words.beside[0] != '\0')
		element(out, "<p class=\"quiet\">", words.beside, "</p>\n");
	charts(r, out);
	incidents(r, out);
	for (size_t i = 0; i < LISTS; i++)
		list(r, (enum report_lists)i, out);
	fputs("</main>\n<footer>\n", out);
	for (size_t i = 0; i < words.note_count; i++)
		element(out, "<p>", words.notes[i], "</p>\n");
	fputs("</footer>\n</body>\n</html>\n", out);
}
