/* One thing known of a subject; see mark.h. */
#include "monitor/baseline/mark.h"

#include <stddef.h>
#include <string.h>

/* Sessions are told at their end, those that went to TLS some seconds behind it, those of several
   readers by turns: one that began so long before another is of another capture. */
#define MARK_LATE (10 * INT64_C(60000000))

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

/* Among the last ones. One that is told late comes before the one that is how it was last. */
static void
remember(struct mark *m, bool is_yes, int64_t time)
{
	uint32_t latest = m->recent & 1;

	if (time < mark_last(m) - MARK_LATE)
		return;
	if (time < mark_last(m) && m->recent_count > 0) {
		m->recent = (m->recent >> 1 << 1 | (uint32_t)is_yes) << 1 | latest;
	} else {
		if (m->recent_count == 0 || latest != (uint32_t)is_yes)
			m->turned = time;
		m->recent = m->recent << 1 | (uint32_t)is_yes;
	}
	m->recent &= (1u << TALLY_RECENT) - 1;
	if (m->recent_count < TALLY_RECENT)
		m->recent_count++;
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
	m->no = m->no_before = 0;
	m->last_no = 0;
}

/* Of the last ones the latest that was so. */
static void
drop_latest(uint32_t *recent, uint8_t *count, bool is_yes)
{
	uint32_t later = 1;

	for (unsigned i = 0; i < *count; i++, later <<= 1) {
		if ((*recent >> i & 1) != (uint32_t)is_yes)
			continue;
		*recent = (*recent & (later - 1)) | (*recent >> 1 & ~(later - 1));
		(*count)--;
		return;
	}
}

void
mark_take_back(struct mark *m, bool is_yes)
{
	uint32_t *now = is_yes ? &m->yes : &m->no;
	uint32_t *before = is_yes ? &m->yes_before : &m->no_before;

	if (*now > 0)
		(*now)--;
	else if (*before > 0)
		(*before)--;
	drop_latest(&m->recent, &m->recent_count, is_yes);
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

struct tally
mark_tally(const struct mark *m, int64_t time)
{
	struct tally t = {0};
	int64_t spans;

	if (m == NULL || m->since == 0)
		return t;
	spans = spans_after(m, time);
	/* Long ago, or to come. */
	if (spans > 1 || spans < -1 || m->first > time + HISTORY_WINDOW)
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
	if (m->first_yes <= time + HISTORY_WINDOW)
		return t;
	t.yes = t.recent = t.recent_count = 0;
	t.last_yes = 0;
	return t;
}
