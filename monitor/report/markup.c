/*
 * Charts are drawn in units of their own and stretched to the width that there
 * is; what is to be read stands beside them as text, which is not stretched.
 */
#include "monitor/report/markup.h"

#include <string.h>

#define STEP_UNITS  10  /* width of a step; most of it is its bar */
#define HEIGHT      100 /* of a chart */
#define STEPS_LEAST 16  /* a chart is as wide as if it had so many: one bar is no wall */

void
markup_text(FILE *out, const char *text)
{
	for (; *text != '\0'; text++) {
		const unsigned char c = (unsigned char)*text;

		if (strchr("&<>\"'", c) != NULL)
			fprintf(out, "&#%d;", c);
		else if (c < 0x20 || c > 0x7e)
			fputs("&#xFFFD;", out);
		else
			putc(c, out);
	}
}

static void
rectangle(FILE *out, const char *class, double x, double y, double width, double height)
{
	if (height > 0 && width > 0)
		fprintf(out,
			"<rect class=\"%s\" x=\"%.2f\" y=\"%.2f\" width=\"%.2f\" height=\"%.2f\"/>",
			class, x, y, width, height);
}

void
markup_bar(const struct counts *c, FILE *out)
{
	const double mail = (double)figures_mail(c);
	double x = 0;
	const struct {
		const char *class;
		int64_t count;
	} parts[] = {{"e", c->encrypted}, {"f", c->failed}, {"p", c->plaintext}};

	fputs("<svg class=\"bar\" viewBox=\"0 0 100 1\" preserveAspectRatio=\"none\" "
	      "aria-hidden=\"true\">",
	      out);
	for (size_t i = 0; mail > 0 && i < sizeof(parts) / sizeof(parts[0]); i++) {
		const double width = 100 * (double)parts[i].count / mail;

		rectangle(out, parts[i].class, x, 0, width, 1);
		x += width;
	}
	fputs("</svg>", out);
}

/* Where the steps of a chart lie. */
struct plot {
	const struct report *r;
	size_t steps; /* as many as there is room for */
	double top;   /* what the height stands for */
};

static struct plot
plot_of(const struct report *r)
{
	return (struct plot){r, r->step_count < STEPS_LEAST ? STEPS_LEAST : r->step_count, 1};
}

static void
step_title(const struct report *r, const struct figures_step *step, FILE *out)
{
	char time[FIGURES_TEXT_MAX], plain[FIGURES_TEXT_MAX], mail[FIGURES_TEXT_MAX];

	figures_time_text(step->start, r->width, time);
	figures_number(step->counts.plaintext, plain);
	figures_number(figures_mail(&step->counts), mail);
	if (r->filter.domain != NULL)
		fprintf(out, "<title>%s: %s in clear</title>", time, plain);
	else if (figures_mail(&step->counts) == 0)
		fprintf(out, "<title>%s: no mail</title>", time);
	else
		fprintf(out, "<title>%s: %s of %s in clear</title>", time, plain, mail);
}

/* The bar of one step. */
typedef void draw(const struct plot *p, const struct counts *c, double x, double width, FILE *out);

static void
draw_share(const struct plot *p, const struct counts *c, double x, double width, FILE *out)
{
	const double mail = (double)figures_mail(c);
	double height;

	if (mail <= 0)
		return;
	height = 100.0 * (double)c->plaintext / mail / p->top * HEIGHT;
	rectangle(out, "p", x, HEIGHT - height, width, height);
}

static void
draw_sessions(const struct plot *p, const struct counts *c, double x, double width, FILE *out)
{
	const double scale = HEIGHT / p->top;
	const double encrypted = (double)c->encrypted * scale;
	const double failed = (double)c->failed * scale;
	const double plaintext = (double)c->plaintext * scale;

	rectangle(out, "e", x, HEIGHT - encrypted, width, encrypted);
	rectangle(out, "f", x, HEIGHT - encrypted - failed, width, failed);
	rectangle(out, "p", x, HEIGHT - encrypted - failed - plaintext, width, plaintext);
}

/* Three lines across: nothing, half and top. */
static void
draw_grid(const struct plot *p, FILE *out)
{
	for (int i = 0; i <= 2; i++)
		fprintf(out, "<line class=\"grid\" x1=\"0\" x2=\"%zu\" y1=\"%d\" y2=\"%d\"/>",
			p->steps * STEP_UNITS, i * HEIGHT / 2, i * HEIGHT / 2);
}

static void
draw_steps(const struct plot *p, draw *each, FILE *out)
{
	const double gap = p->steps > 120 ? 0.5 : 1;

	for (size_t i = 0; i < p->r->step_count; i++) {
		const struct figures_step *step = &p->r->steps[i];
		const double x = (double)(i * STEP_UNITS);

		if (step->counts.sessions == 0)
			continue;
		fputs("<g>", out);
		step_title(p->r, step, out);
		/* The pointer finds the step anywhere in its column. */
		fprintf(out,
			"<rect x=\"%.0f\" y=\"0\" width=\"%d\" height=\"%d\" fill=\"none\" "
			"pointer-events=\"all\"/>",
			x, STEP_UNITS, HEIGHT);
		each(p, &step->counts, x + gap, STEP_UNITS - 2 * gap, out);
		fputs("</g>\n", out);
	}
}

/* When the first, and the middle and the last of many steps, begin. */
static void
write_times(const struct plot *p, FILE *out)
{
	const struct report *r = p->r;
	const size_t at[] = {0, r->step_count / 2, r->step_count - 1};
	const size_t labels = r->step_count < STEPS_LEAST / 2 ? 1 : 3; /* there is room for */
	char time[FIGURES_TEXT_MAX];

	fprintf(out, "<div class=\"times\" aria-hidden=\"true\" style=\"width:%.2f%%\">",
		100.0 * (double)r->step_count / (double)p->steps);
	for (size_t i = 0; i < labels; i++) {
		figures_time_text(r->steps[at[i]].start, r->width, time);
		fprintf(out, "<span>%s</span>", time);
	}
	fputs("</div>", out);
}

/* label: what a reader who does not see it is told; unit: behind the numbers of the axis. */
static void
chart(const struct plot *p, const char *label, const char *unit, draw *each, FILE *out)
{
	fputs("<div class=\"plot\"><div class=\"axis\" aria-hidden=\"true\">", out);
	for (int i = 2; i >= 0; i--) {
		char number[FIGURES_TEXT_MAX];

		if (p->top < 2)
			snprintf(number, sizeof(number), "%.3g", p->top * i / 2);
		else
			figures_number((int64_t)(p->top * i / 2), number);
		fprintf(out, "<span>%s%s</span>", number, i > 0 ? unit : "");
	}
	fprintf(out,
		"</div><svg class=\"bars\" viewBox=\"0 0 %zu %d\" preserveAspectRatio=\"none\" "
		"role=\"img\" aria-label=\"%s; the table below has the numbers\">",
		p->steps * STEP_UNITS, HEIGHT, label);
	draw_grid(p, out);
	draw_steps(p, each, out);
	fputs("</svg>", out);
	write_times(p, out);
	fputs("</div>\n", out);
}

void
markup_chart_shares(const struct report *r, FILE *out)
{
	struct plot p = plot_of(r);
	double greatest = 0;

	for (size_t i = 0; i < r->step_count; i++) {
		const struct counts *c = &r->steps[i].counts;
		const double mail = (double)figures_mail(c);
		const double share = mail > 0 ? 100.0 * (double)c->plaintext / mail : 0;

		if (share > greatest)
			greatest = share;
	}
	p.top = figures_round_up(greatest);
	chart(&p, "Share of the mail that went in clear", "%", draw_share, out);
}

void
markup_chart_sessions(const struct report *r, FILE *out)
{
	struct plot p = plot_of(r);
	int64_t greatest = 0;

	for (size_t i = 0; i < r->step_count; i++)
		if (figures_mail(&r->steps[i].counts) > greatest)
			greatest = figures_mail(&r->steps[i].counts);
	p.top = figures_round_up((double)greatest < 2 ? 2 : (double)greatest);
	chart(&p, "Sessions with mail by outcome", "", draw_sessions, out);
}
