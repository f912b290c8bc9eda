/*
 * Figures of a report: shares, stretches of time, what changed. Pure.
 *
 * Mail is what was seen to be encrypted, to go in clear, or to fail at TLS:
 * sessions that ended before any mail, or that were not seen whole, are no part
 * of a share.
 */
#ifndef MONITOR_REPORT_FIGURES_H
#define MONITOR_REPORT_FIGURES_H

#include <stddef.h>

#include "db/hourly.h"

#define FIGURES_TEXT_MAX  64  /* bytes of a figure as text, NUL included */
#define FIGURES_STEPS_MAX 400 /* of a chart; more can not be told apart */
#define FIGURES_DAY       (24 * HOURLY_HOUR)
#define FIGURES_WEEK      (7 * FIGURES_DAY)

/* A count stays at the border that it reaches: more was never seen, and sums do not overflow. */
#define FIGURES_MOST (INT64_MAX / 8)

/* Sessions with mail, of counts from 0 to FIGURES_MOST. */
int64_t figures_mail(const struct counts *c);

void figures_add(struct counts *to, const struct counts *c);

/* "91.9%"; "0%" and "100%" only where it is so to the last one; "-" of nothing. */
void figures_percent(int64_t part, int64_t whole, char out[FIGURES_TEXT_MAX]);

/* "1,204,310" */
void figures_number(int64_t number, char out[FIGURES_TEXT_MAX]);

/* One hour, or one step of several, from its start on. */
struct figures_step {
	int64_t start;
	struct counts counts;
};

/*
 * How long the steps are that a span is best seen in: hours up to three days,
 * days up to a hundred, else weeks, or as many of them as make it
 * FIGURES_STEPS_MAX steps at most. Microseconds.
 */
int64_t figures_width(int64_t start, int64_t end);

/* "hour", "day", "week", "4 weeks" */
void figures_width_text(int64_t width, char out[FIGURES_TEXT_MAX]);

/* Where the step that holds a time begins: days at midnight UTC, weeks on Mondays. */
int64_t figures_floor(int64_t time, int64_t width);

/* How many steps there are from the one that holds first to the one that holds last. */
size_t figures_count(int64_t first, int64_t last, int64_t width);

/* Sum up hours, which are in order, into count steps from the one that holds the first hour. */
void figures_sum(const struct figures_step *hours, size_t hour_count, int64_t width,
		 struct figures_step *steps, size_t count);

/* "2026-03-01 14:00" where width is less than a day, else "2026-03-01". */
void figures_time_text(int64_t time, int64_t width, char out[FIGURES_TEXT_MAX]);

/* "7 days", "36 hours", "6 days and 5 hours" */
void figures_length_text(int64_t length, char out[FIGURES_TEXT_MAX]);

/* What became of the share in clear. */
enum trend {
	TREND_NO_MAIL, /* now */
	TREND_NEW,     /* there was none before */
	TREND_FEW,     /* one of both is too little to tell */
	TREND_NONE,    /* in clear, neither now nor before */
	TREND_SAME,
	TREND_UP,
	TREND_DOWN
};

#define FIGURES_FEW 10 /* sessions with mail; the share of fewer says little */

enum trend figures_trend(const struct counts *now, const struct counts *before);

/* A round number that is value or little more, and round when halved, too; for axes. */
double figures_round_up(double value);

#endif
