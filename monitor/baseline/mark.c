/* One thing known of a subject; see mark.h. */
#include "monitor/baseline/mark.h"

#include <stddef.h>
#include <string.h>

static const char *const names[MARK_KINDS] = {
    [MARK_OFFERED] = "offered",
    [MARK_ACCEPTED] = "accepted",
    [MARK_EXTENDED] = "extended",
    [MARK_USED] = "used",
    [MARK_READABLE] = "readable",
    [MARK_ESMTP] = "esmtp",
    [MARK_LOST] = "lost",
    [MARK_DOUBTED] = "doubted",
    [MARK_NETWORK] = "network",
    [MARK_NODE] = "node",
    [MARK_BARRED] = "barred",
    [MARK_SERVER] = "server",
    [MARK_EXTENSION] = "extension",
    [MARK_VERSION] = "version",
    [MARK_KEY] = "key",
    [MARK_SHOWN] = "shown",
    [MARK_ISSUER] = "issuer",
    [MARK_HELO] = "helo",
    [MARK_RELAYED] = "relayed",
    [MARK_FAILED] = "failed",
    [MARK_REFUSED] = "refused",
    [MARK_SUPPRESSED] = "suppressed",
};

const char *
mark_name(enum mark_kind kind)
{
	return names[kind];
}

bool
mark_kind_of(const char *name, enum mark_kind *out)
{
	for (size_t i = 0; i < MARK_KINDS; i++) {
		if (names[i][0] != name[0] || strcmp(names[i], name) != 0)
			continue;
		*out = (enum mark_kind)i;
		return true;
	}
	return false;
}

int64_t
mark_last(const struct mark *m)
{
	return m->last_yes > m->last_no ? m->last_yes : m->last_no;
}

/* How many spans after the one under way the time lies; less than 0: before it. */
static int64_t
spans_after(const struct mark *m, int64_t time)
{
	int64_t away = time - m->since;

	return away >= 0 ? away / MARK_SPAN : (away + 1) / MARK_SPAN - 1;
}

/* Begin the span that the time is in. */
static void
turn(struct mark *m, int64_t time)
{
	int64_t spans = spans_after(m, time);

	if (m->since == 0) {
		m->since = time;
		return;
	}
	if (spans <= 0)
		return;
	m->yes_before = spans == 1 ? m->yes : 0;
	m->no_before = spans == 1 ? m->no : 0;
	if (spans > 1) {
		m->recent = 0;
		m->recent_count = 0;
	}
	m->yes = m->no = 0;
	m->since += spans * MARK_SPAN;
}

static void
add(uint32_t *count)
{
	if (*count < UINT32_MAX)
		(*count)++;
}

static uint16_t
apart(int64_t later, int64_t earlier)
{
	int64_t time = (later - earlier) / MARK_APART;

	return time >= 0 && time < MARK_FAR ? (uint16_t)time : MARK_FAR;
}

/* When the one before that of the last ones was, which was at that time itself; 0: long ago. */
static int64_t
before(const struct mark *m, unsigned place, int64_t time)
{
	if (m->apart[place] == MARK_FAR)
		return 0;
	return time - m->apart[place] * MARK_APART;
}

/* How many of the last ones are alike, from the latest back. */
static unsigned
run_length(const struct mark *m)
{
	unsigned length = 0;

	while (length < m->recent_count && (m->recent >> length & 1) == (m->recent & 1))
		length++;
	return length;
}

/* When it came to be as it was last, where one more is put at that place, later being the time of
   the one behind it. */
static void
note_turn(struct mark *m, unsigned place, bool is_yes, int64_t time, int64_t later)
{
	bool is_as_latest = m->recent_count > 0 && (m->recent & 1) == (uint32_t)is_yes;
	unsigned run = run_length(m);

	if (place == 0 ? !is_as_latest : is_as_latest && place == run)
		m->turned = time;
	else if (place > 0 && place < run && !is_as_latest)
		m->turned = later;
}

/* Put one more among the last ones; apart and later as far as the one behind it goes. */
static void
put(struct mark *m, unsigned place, bool is_yes, int64_t time, int64_t later, int64_t earlier)
{
	uint32_t behind = (1u << place) - 1;

	m->recent = (m->recent & behind) | (m->recent & ~behind) << 1 | (uint32_t)is_yes << place;
	m->recent &= (1u << TALLY_RECENT) - 1;
	memmove(&m->apart[place + 1], &m->apart[place],
		(TALLY_RECENT - 1 - place) * sizeof(m->apart[0]));
	m->apart[place] = apart(time, earlier);
	if (place > 0)
		m->apart[place - 1] = apart(later, time);
	if (m->recent_count < TALLY_RECENT)
		m->recent_count++;
}

/*
 * Among the last ones, at its place. Sessions are told at their end, those that went to TLS some
 * seconds behind it, those of several readers by turns: one that began so long before another is
 * of another capture.
 */
static void
remember(struct mark *m, bool is_yes, int64_t time)
{
	int64_t later = 0, at = mark_last(m);
	unsigned place = 0;

	if (time < at - MARK_LATE)
		return;
	while (place < m->recent_count && at > time) {
		later = at;
		at = before(m, place++, at);
	}
	if (place == TALLY_RECENT)
		return;
	note_turn(m, place, is_yes, time, later);
	put(m, place, is_yes, time, later, at);
}

void
mark_count(struct mark *m, bool is_yes, int64_t time)
{
	int64_t spans;

	turn(m, time);
	spans = spans_after(m, time);
	if (spans < -1)
		return;
	remember(m, is_yes, time);
	if (spans == 0)
		add(is_yes ? &m->yes : &m->no);
	else
		add(is_yes ? &m->yes_before : &m->no_before);
	if (m->first == 0 || time < m->first)
		m->first = time;
	if (is_yes && (m->first_yes == 0 || time < m->first_yes))
		m->first_yes = time;
	if (is_yes && time > m->last_yes)
		m->last_yes = time;
	if (!is_yes && time > m->last_no)
		m->last_no = time;
}

void
mark_absolve(struct mark *m)
{
	uint8_t yes = 0;

	for (unsigned i = 0; i < m->recent_count; i++)
		yes = (uint8_t)(yes + (m->recent >> i & 1));
	m->recent = (1u << yes) - 1;
	m->recent_count = yes;
	memset(m->apart, 0xff, sizeof(m->apart));
	m->no = m->no_before = 0;
	m->last_no = 0;
}

/* Of the last ones the latest that was so is none of them. Its place; TALLY_RECENT: there is none.
 */
static unsigned
drop_latest(uint32_t *recent, uint8_t *count, bool is_yes)
{
	uint32_t later = 1;

	for (unsigned i = 0; i < *count; i++, later <<= 1) {
		if ((*recent >> i & 1) != (uint32_t)is_yes)
			continue;
		*recent = (*recent & (later - 1)) | (*recent >> 1 & ~(later - 1));
		(*count)--;
		return i;
	}
	return TALLY_RECENT;
}

void
mark_take_back(struct mark *m, bool is_yes)
{
	uint32_t *now = is_yes ? &m->yes : &m->no;
	uint32_t *before = is_yes ? &m->yes_before : &m->no_before;
	unsigned place;

	if (*now > 0)
		(*now)--;
	else if (*before > 0)
		(*before)--;
	place = drop_latest(&m->recent, &m->recent_count, is_yes);
	if (place == TALLY_RECENT)
		return;
	if (place > 0 && m->apart[place - 1] < MARK_FAR - m->apart[place])
		m->apart[place - 1] = (uint16_t)(m->apart[place - 1] + m->apart[place]);
	else if (place > 0)
		m->apart[place - 1] = MARK_FAR;
	memmove(&m->apart[place], &m->apart[place + 1],
		(TALLY_RECENT - 1 - place) * sizeof(m->apart[0]));
}

void
tally_take_back(struct tally *t, bool is_yes, unsigned times)
{
	uint32_t *count = is_yes ? &t->yes : &t->no;

	for (; times > 0 && *count > 0; times--) {
		(*count)--;
		drop_latest(&t->recent, &t->recent_count, is_yes);
	}
}

/* Of the last ones, how many were later; none where all were: how it was before is not known. */
static unsigned
count_later(const struct mark *m, int64_t time)
{
	int64_t at = mark_last(m);
	unsigned count = 0;

	while (count < m->recent_count && at > time)
		at = before(m, count++, at);
	return count < m->recent_count ? count : 0;
}

static void
leave_out(struct tally *t, bool is_yes)
{
	uint32_t *count = is_yes ? &t->yes : &t->no;

	*count -= *count > 0;
}

/* What came later is none of it. */
static void
go_back_to(struct tally *t, const struct mark *m, int64_t time)
{
	for (unsigned later = count_later(m, time); later > 0; later--) {
		leave_out(t, (t->recent & 1) != 0);
		t->recent >>= 1;
		t->recent_count--;
	}
	if (m->first_yes <= time)
		return;
	t->yes = t->recent = t->recent_count = 0;
	t->last_yes = 0;
}

struct tally
mark_tally(const struct mark *m, int64_t time)
{
	struct tally t = {0};
	int64_t spans;

	if (m == NULL || m->since == 0)
		return t;
	spans = spans_after(m, time);
	/* Long ago, or to come. */
	if (spans > 1 || spans < -1 || m->first > time)
		return t;
	t.yes = m->yes + (spans < 1 ? m->yes_before : 0);
	t.no = m->no + (spans < 1 ? m->no_before : 0);
	t.recent = m->recent;
	t.recent_count = m->recent_count;
	/* The span before began a span before this one. */
	t.first = m->since - (spans < 1 && m->yes_before + m->no_before > 0 ? MARK_SPAN : 0);
	if (t.first < m->first)
		t.first = m->first;
	t.last_yes = m->last_yes;
	t.last_no = m->last_no;
	go_back_to(&t, m, time);
	return t;
}
