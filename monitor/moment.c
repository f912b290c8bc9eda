/*
 * Moments as text. The calendar is counted in days since 1970-01-01 by Howard
 * Hinnant's published method of 400-year eras that begin in March; so no
 * function of the C library with its zones and year ranges is needed.
 */
#include "monitor/moment.h"

#include <stdio.h>
#include <string.h>

#include "dissector/text.h"

#define SECOND     INT64_C(1000000)
#define DAY        (86400 * SECOND)
#define EARLIEST   (-62135596800 * SECOND)     /* 0001-01-01T00:00:00Z */
#define LATEST     (253402300800 * SECOND - 1) /* the last microsecond of 9999 */
#define ERA_DAYS   146097                      /* days of 400 years */
#define EPOCH_DAYS 719468                      /* from 0000-03-01 to 1970-01-01 */

struct date {
	int64_t year;
	unsigned month, day;
};

static int64_t
days_of(const struct date *d)
{
	const int64_t year = d->year - (d->month <= 2);
	const int64_t era = (year >= 0 ? year : year - 399) / 400;
	const int64_t year_of_era = year - era * 400;
	const int64_t month = (d->month + 9) % 12; /* March is 0 */
	const int64_t day_of_year = (153 * month + 2) / 5 + d->day - 1;
	const int64_t day_of_era =
	    year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;

	return era * ERA_DAYS + day_of_era - EPOCH_DAYS;
}

static struct date
date_of(int64_t days)
{
	const int64_t z = days + EPOCH_DAYS;
	const int64_t era = (z >= 0 ? z : z - (ERA_DAYS - 1)) / ERA_DAYS;
	const int64_t day_of_era = z - era * ERA_DAYS;
	const int64_t year_of_era =
	    (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / (ERA_DAYS - 1)) /
	    365;
	const int64_t day_of_year =
	    day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
	const int64_t month = (5 * day_of_year + 2) / 153;
	struct date d;

	d.day = (unsigned)(day_of_year - (153 * month + 2) / 5 + 1);
	d.month = (unsigned)(month < 10 ? month + 3 : month - 9);
	d.year = year_of_era + era * 400 + (d.month <= 2);
	return d;
}

static unsigned
month_days(int64_t year, unsigned month)
{
	static const uint8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	const bool is_leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

	return month == 2 && is_leap ? 29 : days[month - 1];
}

/* Exactly width digits from *at on; *at moves behind them. */
static bool
digits(const char **at, unsigned width, unsigned *out)
{
	*out = 0;
	for (; width > 0; width--, (*at)++) {
		if (!text_is_digit((uint8_t) * *at))
			return false;
		*out = *out * 10 + (unsigned)(**at - '0');
	}
	return true;
}

static bool
literal(const char **at, char expected)
{
	if (text_lower((uint8_t) * *at) != text_lower((uint8_t)expected))
		return false;
	(*at)++;
	return true;
}

static bool
date_parse(const char **at, int64_t *out)
{
	struct date d;
	unsigned year;

	if (!digits(at, 4, &year) || !literal(at, '-') || !digits(at, 2, &d.month) ||
	    !literal(at, '-') || !digits(at, 2, &d.day))
		return false;
	d.year = year;
	if (year < 1 || d.month < 1 || d.month > 12 || d.day < 1 ||
	    d.day > month_days(year, d.month))
		return false;
	*out = days_of(&d) * DAY;
	return true;
}

/* ".123": at least one digit; what is finer than a microsecond is dropped. */
static bool
fraction_parse(const char **at, int64_t *out)
{
	int64_t unit = SECOND / 10;

	if (!text_is_digit((uint8_t) * *at))
		return false;
	for (*out = 0; text_is_digit((uint8_t) * *at); (*at)++, unit /= 10)
		*out += unit * (**at - '0');
	return true;
}

static bool
clock_parse(const char **at, int64_t *out)
{
	unsigned hour, minute, second;
	int64_t fraction = 0;

	if (!digits(at, 2, &hour) || !literal(at, ':') || !digits(at, 2, &minute) ||
	    !literal(at, ':') || !digits(at, 2, &second))
		return false;
	if (hour > 23 || minute > 59 || second > 60)
		return false;
	if (literal(at, '.') && !fraction_parse(at, &fraction))
		return false;
	*out = ((int64_t)hour * 3600 + (int64_t)minute * 60 + second) * SECOND + fraction;
	return true;
}

/* "Z" or "+hh:mm", as what is to be subtracted. */
static bool
zone_parse(const char **at, int64_t *out)
{
	const int64_t sign = **at == '-' ? -1 : 1;
	unsigned hour, minute;

	*out = 0;
	if (literal(at, 'Z'))
		return true;
	if (!literal(at, '+') && !literal(at, '-'))
		return false;
	if (!digits(at, 2, &hour) || !literal(at, ':') || !digits(at, 2, &minute) || hour > 23 ||
	    minute > 59)
		return false;
	*out = sign * ((int64_t)hour * 3600 + (int64_t)minute * 60) * SECOND;
	return true;
}

static bool
date_time_parse(const char *at, int64_t *out)
{
	int64_t date, clock = 0, zone = 0;

	if (!date_parse(&at, &date))
		return false;
	/* RFC 3339 section 5.6: "t" and a blank are as good as "T". */
	if (*at != '\0' && ((!literal(&at, 'T') && !literal(&at, ' ')) ||
			    !clock_parse(&at, &clock) || !zone_parse(&at, &zone)))
		return false;
	*out = date + clock - zone;
	return *at == '\0' && *out >= EARLIEST && *out <= LATEST;
}

static int64_t
span_unit(char unit)
{
	switch (unit) {
	case 's':
		return SECOND;
	case 'm':
		return 60 * SECOND;
	case 'h':
		return 3600 * SECOND;
	case 'd':
		return DAY;
	case 'w':
		return 7 * DAY;
	}
	return 0;
}

static bool
span_parse(const char *text, int64_t now, int64_t *out)
{
	const size_t length = strlen(text);
	uint64_t count;
	int64_t unit;

	if (length < 2)
		return false;
	unit = span_unit(text[length - 1]);
	if (unit == 0 || !text_number((struct bytes){(const uint8_t *)text, length - 1}, &count))
		return false;
	if (count > (uint64_t)(LATEST / unit) || now - (int64_t)count * unit < EARLIEST)
		return false;
	*out = now - (int64_t)count * unit;
	return true;
}

bool
moment_parse(const char *text, int64_t now, int64_t *out)
{
	return date_time_parse(text, out) || span_parse(text, now, out);
}

struct broken_down {
	struct date date;
	unsigned hour, minute, second, fraction;
};

static struct broken_down
break_down(int64_t moment)
{
	struct broken_down b;
	int64_t rest;

	if (moment < EARLIEST)
		moment = EARLIEST;
	if (moment > LATEST)
		moment = LATEST;
	rest = moment % DAY;
	if (rest < 0)
		rest += DAY;
	b.date = date_of((moment - rest) / DAY);
	b.fraction = (unsigned)(rest % SECOND);
	rest /= SECOND;
	b.second = (unsigned)(rest % 60);
	b.minute = (unsigned)(rest / 60 % 60);
	b.hour = (unsigned)(rest / 3600);
	return b;
}

void
moment_text(int64_t moment, char out[MOMENT_TEXT_MAX])
{
	const struct broken_down b = break_down(moment);

	snprintf(out, MOMENT_TEXT_MAX, "%04d-%02u-%02uT%02u:%02u:%02u.%06uZ", (int)b.date.year,
		 b.date.month % 100, b.date.day % 100, b.hour % 100, b.minute, b.second,
		 b.fraction % 1000000);
}

void
moment_short_text(int64_t moment, char out[MOMENT_TEXT_MAX])
{
	const struct broken_down b = break_down(moment);

	snprintf(out, MOMENT_TEXT_MAX, "%04d-%02u-%02u %02u:%02u:%02u", (int)b.date.year,
		 b.date.month % 100, b.date.day % 100, b.hour % 100, b.minute, b.second);
}

void
moment_plain_text(int64_t moment, int64_t now, char out[MOMENT_TEXT_MAX])
{
	static const char *const months[] = {"January",   "February", "March",    "April",
					     "May",       "June",     "July",     "August",
					     "September", "October",  "November", "December"};
	const struct broken_down b = break_down(moment), n = break_down(now);
	const bool is_this_year = b.date.year == n.date.year;

	if (is_this_year && b.date.month == n.date.month && b.date.day == n.date.day)
		snprintf(out, MOMENT_TEXT_MAX, "%02u:%02u", b.hour % 100, b.minute);
	else if (is_this_year)
		snprintf(out, MOMENT_TEXT_MAX, "%u %s", b.date.day % 100,
			 months[(b.date.month - 1) % 12]);
	else
		snprintf(out, MOMENT_TEXT_MAX, "%u %s %04d", b.date.day % 100,
			 months[(b.date.month - 1) % 12], (int)b.date.year);
}
