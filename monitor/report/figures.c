/* Figures of a report; see figures.h. */
#include "monitor/report/figures.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "monitor/counted.h"
#include "monitor/moment.h"

#define MONDAY (4 * FIGURES_DAY) /* the first one after the epoch, a Thursday */

int64_t
figures_mail(const struct counts *c)
{
	return c->encrypted + c->plaintext + c->failed;
}

static int64_t
sum(int64_t a, int64_t b)
{
	return a > FIGURES_MOST - b ? FIGURES_MOST : a + b;
}

void
figures_add(struct counts *to, const struct counts *c)
{
	to->sessions = sum(to->sessions, c->sessions);
	to->encrypted = sum(to->encrypted, c->encrypted);
	to->plaintext = sum(to->plaintext, c->plaintext);
	to->failed = sum(to->failed, c->failed);
	to->no_mail = sum(to->no_mail, c->no_mail);
	to->partial = sum(to->partial, c->partial);
}

void
figures_percent(int64_t part, int64_t whole, char out[FIGURES_TEXT_MAX])
{
	const double percent = whole > 0 ? 100.0 * (double)part / (double)whole : 0;

	if (whole <= 0)
		snprintf(out, FIGURES_TEXT_MAX, "-");
	else if (part <= 0 || part >= whole)
		snprintf(out, FIGURES_TEXT_MAX, "%d%%", part <= 0 ? 0 : 100);
	else if (percent < 0.05)
		snprintf(out, FIGURES_TEXT_MAX, "<0.1%%");
	else if (percent >= 99.95)
		snprintf(out, FIGURES_TEXT_MAX, ">99.9%%");
	else
		snprintf(out, FIGURES_TEXT_MAX, "%.1f%%", percent);
}

void
figures_number(int64_t number, char out[FIGURES_TEXT_MAX])
{
	char digits[FIGURES_TEXT_MAX];
	size_t length, at = 0;

	snprintf(digits, sizeof(digits), "%" PRId64, number);
	length = strlen(digits);
	for (size_t i = 0; i < length; i++) {
		if (i > 0 && (length - i) % 3 == 0 && digits[i - 1] != '-')
			out[at++] = ',';
		out[at++] = digits[i];
	}
	out[at] = '\0';
}

int64_t
figures_width(int64_t start, int64_t end)
{
	const int64_t length = end - start;
	int64_t width = FIGURES_WEEK;

	if (length <= 3 * FIGURES_DAY)
		return HOURLY_HOUR;
	if (length <= 100 * FIGURES_DAY)
		return FIGURES_DAY;
	/* One step more may be begun at each end. */
	while (length / width > FIGURES_STEPS_MAX - 2)
		width *= 2;
	return width;
}

void
figures_width_text(int64_t width, char out[FIGURES_TEXT_MAX])
{
	if (width <= HOURLY_HOUR)
		snprintf(out, FIGURES_TEXT_MAX, "hour");
	else if (width <= FIGURES_DAY)
		snprintf(out, FIGURES_TEXT_MAX, "day");
	else if (width <= FIGURES_WEEK)
		snprintf(out, FIGURES_TEXT_MAX, "week");
	else
		snprintf(out, FIGURES_TEXT_MAX, "%" PRId64 " weeks", width / FIGURES_WEEK);
}

int64_t
figures_floor(int64_t time, int64_t width)
{
	const int64_t origin = width % FIGURES_WEEK == 0 ? MONDAY : 0;
	const int64_t part = (time - origin) % width;

	return time - part - (part < 0 ? width : 0);
}

size_t
figures_count(int64_t first, int64_t last, int64_t width)
{
	return (size_t)((figures_floor(last, width) - figures_floor(first, width)) / width) + 1;
}

void
figures_sum(const struct figures_step *hours, size_t hour_count, int64_t width,
	    struct figures_step *steps, size_t count)
{
	const int64_t first = hour_count > 0 ? figures_floor(hours[0].start, width) : 0;

	for (size_t i = 0; i < count; i++)
		steps[i] = (struct figures_step){.start = first + (int64_t)i * width};
	for (size_t i = 0; i < hour_count; i++) {
		const size_t at = (size_t)((hours[i].start - first) / width);

		if (at < count)
			figures_add(&steps[at].counts, &hours[i].counts);
	}
}

void
figures_time_text(int64_t time, int64_t width, char out[FIGURES_TEXT_MAX])
{
	char text[MOMENT_TEXT_MAX];

	/* "2026-03-01 12:00:00" as far as it matters. */
	moment_short_text(time, text);
	snprintf(out, FIGURES_TEXT_MAX, "%.*s", width < FIGURES_DAY ? 16 : 10, text);
}

void
figures_length_text(int64_t length, char out[FIGURES_TEXT_MAX])
{
	const uint64_t hours = length > 0 ? (uint64_t)(length / HOURLY_HOUR) : 0;

	if (hours % 24 == 0 && hours > 24)
		snprintf(out, FIGURES_TEXT_MAX, "%s", counted(hours / 24, "day").text);
	else if (hours <= 72)
		snprintf(out, FIGURES_TEXT_MAX, "%s", counted(hours, "hour").text);
	else
		snprintf(out, FIGURES_TEXT_MAX, "%.24s and %.24s", counted(hours / 24, "day").text,
			 counted(hours % 24, "hour").text);
}

enum trend
figures_trend(const struct counts *now, const struct counts *before)
{
	const int64_t mail = figures_mail(now), mail_before = figures_mail(before);
	double share, share_before, change;

	if (mail <= 0)
		return TREND_NO_MAIL;
	if (mail_before <= 0)
		return TREND_NEW;
	if (now->plaintext <= 0 && before->plaintext <= 0)
		return TREND_NONE;
	if (mail < FIGURES_FEW || mail_before < FIGURES_FEW)
		return TREND_FEW;
	share = (double)now->plaintext / (double)mail;
	share_before = (double)before->plaintext / (double)mail_before;
	change = share - share_before;
	/* A twentieth of what it was, or of a percent, is no change. */
	if (change < share_before / 20 + 0.0005 && -change < share_before / 20 + 0.0005)
		return TREND_SAME;
	return change > 0 ? TREND_UP : TREND_DOWN;
}

double
figures_round_up(double value)
{
	static const double steps[] = {1, 1.2, 1.6, 2, 2.4, 3, 4, 5, 6, 8};
	double scale = 1;

	if (!(value > 0))
		return 1;
	while (scale * 10 < value)
		scale *= 10;
	while (scale > value)
		scale /= 10;
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++)
		if (steps[i] * scale >= value)
			return steps[i] * scale;
	return 10 * scale;
}
