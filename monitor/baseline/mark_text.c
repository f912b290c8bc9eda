/* Marks as text; see mark_text.h. */
#include "monitor/baseline/mark_text.h"

#include <stdlib.h>
#include <string.h>

#define KIND_MAX 16 /* bytes of a kind's name, NUL included */
#define TIME_MAX (INT64_MAX / 4)

/* ---- Writing ---- */

static char *
put_text(char *at, const char *text)
{
	*at++ = '"';
	for (; *text != '\0'; text++) {
		if (*text == '"' || *text == '\\')
			*at++ = '\\';
		*at++ = *text;
	}
	*at++ = '"';
	return at;
}

static char *
put_number(char *at, int64_t value)
{
	uint64_t left = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
	char digits[20];
	size_t count = 0;

	*at++ = ',';
	if (value < 0)
		*at++ = '-';
	do {
		digits[count++] = (char)('0' + left % 10);
		left /= 10;
	} while (left > 0);
	while (count > 0)
		*at++ = digits[--count];
	return at;
}

/* How far behind the first it was. */
static char *
put_time(char *at, const struct mark *m, int64_t time)
{
	if (time != 0)
		return put_number(at, time - m->first);
	for (const char *never = ",null"; *never != '\0'; never++)
		*at++ = *never;
	return at;
}

/* When it was so first, where nothing else is said. */
static int64_t
usual_first_yes(const struct mark *m)
{
	return m->yes > 0 || m->yes_before > 0 ? m->first : 0;
}

/* How many of the last ones came so close together that one told late may belong in between. */
static unsigned
close_together(const struct mark *m)
{
	unsigned count = 0, time = 0;

	while (count < m->recent_count && (time += m->apart[count]) < MARK_FAR)
		count++;
	return count;
}

static char *
put_mark(char *at, const struct mark *m)
{
	unsigned close = close_together(m);
	bool is_usual = close == 0 && m->first_yes == usual_first_yes(m);

	*at++ = '[';
	at = put_text(at, mark_name(m->kind));
	*at++ = ',';
	at = put_text(at, m->value);
	at = put_number(at, m->yes);
	at = put_number(at, m->no);
	at = put_number(at, m->yes_before);
	at = put_number(at, m->no_before);
	at = put_number(at, m->recent);
	at = put_number(at, m->recent_count);
	at = put_number(at, m->first);
	at = put_time(at, m, m->since);
	at = put_time(at, m, m->last_yes);
	at = put_time(at, m, m->last_no);
	at = put_time(at, m, m->turned);
	if (m->until != 0 || !is_usual)
		at = put_number(at, m->until);
	if (!is_usual)
		at = put_time(at, m, m->first_yes);
	for (unsigned i = 0; i < close; i++)
		at = put_number(at, m->apart[i]);
	*at++ = ']';
	return at;
}

size_t
mark_text_write(const struct mark *marks, size_t count, char *out)
{
	char *at = out;

	*at++ = '[';
	for (size_t i = 0; i < count; i++) {
		if (i > 0)
			*at++ = ',';
		at = put_mark(at, &marks[i]);
	}
	*at++ = ']';
	*at = '\0';
	return (size_t)(at - out);
}

/* ---- Reading ---- */

static bool
take(const char **at, char c)
{
	if (**at != c)
		return false;
	(*at)++;
	return true;
}

/* One too long for out is cut. */
static bool
take_text(const char **at, char *out, size_t size)
{
	size_t len = 0;

	if (!take(at, '"'))
		return false;
	while (**at != '"') {
		if (**at == '\\')
			(*at)++;
		if (**at == '\0')
			return false;
		if (len + 1 < size)
			out[len++] = **at;
		(*at)++;
	}
	out[len] = '\0';
	return take(at, '"');
}

/* A number behind a comma. What does not fit is as great as can be. */
static bool
take_number(const char **at, int64_t *out)
{
	bool is_negative;
	int64_t value = 0;

	if (!take(at, ','))
		return false;
	is_negative = take(at, '-');
	if (**at < '0' || **at > '9')
		return false;
	for (; **at >= '0' && **at <= '9'; (*at)++)
		value = value > (INT64_MAX - 9) / 10 ? INT64_MAX : value * 10 + (**at - '0');
	*out = is_negative ? -value : value;
	return true;
}

/* Far from where adding spans to it overflows. */
static int64_t
time_within_range(int64_t time)
{
	return time < 0 ? 0 : time > TIME_MAX ? TIME_MAX : time;
}

static bool
take_time(const char **at, int64_t first, int64_t *out)
{
	int64_t away;

	if (strncmp(*at, ",null", 5) == 0) {
		*at += 5;
		*out = 0;
		return true;
	}
	if (!take_number(at, &away))
		return false;
	*out = time_within_range(first + (away < -TIME_MAX  ? -TIME_MAX
					  : away > TIME_MAX ? TIME_MAX
							    : away));
	return true;
}

static bool
take_count(const char **at, uint32_t max, uint32_t *out)
{
	int64_t value;

	if (!take_number(at, &value))
		return false;
	*out = value < 0 ? 0 : value > max ? max : (uint32_t)value;
	return true;
}

static bool
take_apart(const char **at, struct mark *m)
{
	uint32_t apart = MARK_FAR;

	for (unsigned i = 0; i < m->recent_count; i++) {
		if (**at != ',')
			apart = MARK_FAR;
		else if (!take_count(at, MARK_FAR, &apart))
			return false;
		m->apart[i] = (uint16_t)apart;
	}
	return true;
}

static bool
take_times(const char **at, struct mark *m)
{
	if (!take_number(at, &m->first))
		return false;
	m->first = time_within_range(m->first);
	m->first_yes = usual_first_yes(m);
	return take_time(at, m->first, &m->since) && take_time(at, m->first, &m->last_yes) &&
	       take_time(at, m->first, &m->last_no) && take_time(at, m->first, &m->turned) &&
	       (**at != ',' || take_number(at, &m->until)) &&
	       (**at != ',' || take_time(at, m->first, &m->first_yes)) && take_apart(at, m);
}

static bool
take_mark(const char **at, struct mark *m, char kind[KIND_MAX])
{
	uint32_t recent_count;

	if (!take(at, '[') || !take_text(at, kind, KIND_MAX) || !take(at, ',') ||
	    !take_text(at, m->value, sizeof(m->value)))
		return false;
	if (!take_count(at, UINT32_MAX, &m->yes) || !take_count(at, UINT32_MAX, &m->no) ||
	    !take_count(at, UINT32_MAX, &m->yes_before) ||
	    !take_count(at, UINT32_MAX, &m->no_before) || !take_count(at, UINT32_MAX, &m->recent) ||
	    !take_count(at, TALLY_RECENT, &recent_count))
		return false;
	m->recent &= (1u << TALLY_RECENT) - 1;
	m->recent_count = (uint8_t)recent_count;
	return take_times(at, m) && take(at, ']');
}

bool
mark_text_read(const char **text, struct mark *out)
{
	char kind[KIND_MAX];

	if (!take(text, '[') && !take(text, ','))
		return false;
	for (;;) {
		*out = (struct mark){0};
		if (!take_mark(text, out, kind))
			return false;
		if (mark_kind_of(kind, &out->kind))
			return true;
		if (!take(text, ','))
			return false;
	}
}
