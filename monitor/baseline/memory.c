/*
 * Subjects in a table in order of use, and each one's marks as a small array: it
 * has a dozen.
 */
#include "monitor/baseline/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "monitor/baseline/mark_text.h"
#include "monitor/baseline/shelf.h"

#define MARKS_ROOM      4  /* at first */
#define MARK_TEXT_USUAL 64 /* bytes */
#define FORGOTTEN       (2 * MARK_SPAN)
#define WEAK_SESSIONS   3
#define WEAK_SPAN       HISTORY_DAY
#define WEAK_REST       HISTORY_HOUR /* nobody goes so soon */
#define UNSWEPT         64           /* batches between looks, where there is room */

struct memory {
	struct lru *subjects; /* at hand */
	size_t max;
	struct shelf *shelf; /* what is in the database, or will be with the batch */
	char text[MARKS_TEXT_MAX(SUBJECT_MARKS_MAX)];
	int64_t stored, stored_max; /* -1: not counted yet */
	int64_t time;               /* of the session that was counted last */
	struct known_sweep sweep;
	unsigned unswept;
	uint64_t batch;
};

static void note_gone(void *ctx, const char *key);

static const char *
key_of(const struct lru_link *link)
{
	return ((const struct subject *)link)->key;
}

static struct subject *
subject_of(struct lru_link *link)
{
	return (struct subject *)link;
}

struct memory *
memory_new(size_t at_hand_max, size_t shelf_max, int64_t stored_max)
{
	struct memory *m = calloc(1, sizeof(*m));

	if (m == NULL)
		return NULL;
	m->max = at_hand_max < MEMORY_LENT ? MEMORY_LENT : at_hand_max;
	m->stored_max = stored_max;
	m->stored = -1;
	m->sweep.weak_sessions = WEAK_SESSIONS;
	m->sweep.weak_span = WEAK_SPAN;
	m->sweep.gone = note_gone;
	m->sweep.ctx = m;
	m->subjects = lru_new(m->max, key_of);
	m->shelf = shelf_new(shelf_max);
	if (m->subjects != NULL && m->shelf != NULL)
		return m;
	memory_free(m);
	return NULL;
}

static void
free_subject(struct subject *s)
{
	free(s->marks);
	free(s);
}

static void
remove_subject(struct memory *m, struct subject *s)
{
	lru_remove(m->subjects, &s->link);
	free_subject(s);
}

static void
empty(struct memory *m)
{
	struct lru_link *s;

	while ((s = lru_newest(m->subjects)) != NULL)
		remove_subject(m, subject_of(s));
}

void
memory_drop(struct memory *m)
{
	if (m == NULL)
		return;
	empty(m);
	shelf_empty(m->shelf);
	m->stored = -1; /* some may have been added in the batch */
}

void
memory_free(struct memory *m)
{
	if (m == NULL)
		return;
	if (m->subjects != NULL)
		empty(m);
	shelf_free(m->shelf);
	lru_free(m->subjects);
	free(m);
}

static bool
make_array(struct subject *s, size_t room)
{
	struct mark *marks = realloc(s->marks, room * sizeof(*marks));

	if (marks == NULL)
		return false;
	s->marks = marks;
	s->room = room;
	return true;
}

/* One more mark at the end of the array; NULL where memory is out. */
static struct mark *
new_mark(struct subject *s)
{
	if (s->count == s->room && !make_array(s, s->room == 0 ? MARKS_ROOM : 2 * s->room))
		return NULL;
	s->marks[s->count] = (struct mark){0};
	return &s->marks[s->count++];
}

/* What is known of a subject, as it is stored. */
static void
take_row(void *ctx, const struct subject_row *row)
{
	struct subject *s = ctx;
	const char *at = row->marks;
	size_t usual = at == NULL ? 0 : strlen(at) / MARK_TEXT_USUAL + 1;

	s->id = row->id;
	s->first_seen = row->first_seen;
	s->last_seen = row->last_seen;
	s->sessions = row->sessions;
	if (at == NULL || !make_array(s, usual < SUBJECT_MARKS_MAX ? usual : SUBJECT_MARKS_MAX))
		return;
	while (s->count < SUBJECT_MARKS_MAX && (s->count < s->room || make_array(s, 2 * s->room)) &&
	       mark_text_read(&at, &s->marks[s->count]))
		s->count++;
}

struct fetching {
	struct shelf *shelf;
	struct subject *subject;
};

static void
take_stored(void *ctx, const struct subject_row *row)
{
	struct fetching *f = ctx;

	shelf_put(f->shelf, row);
	take_row(f->subject, row);
}

static bool
fetch(struct memory *m, struct store *store, struct subject *s)
{
	struct subject_row row = {.key = s->key};
	struct fetching f = {m->shelf, s};

	if (!shelf_find(m->shelf, &row))
		return known_find(store, s->key, take_stored, &f);
	take_row(s, &row);
	return true;
}

/* A full table lets in nobody new: who is known stays. */
static bool
save(struct memory *m, struct store *store, struct subject *s)
{
	struct subject_row row = {.id = s->id,
				  .key = s->key,
				  .first_seen = s->first_seen,
				  .last_seen = s->last_seen,
				  .sessions = s->sessions,
				  .marks = m->text};

	if (!s->is_dirty)
		return true;
	if (m->stored < 0)
		m->stored = known_count(store);
	if (m->stored < 0)
		return false;
	if (s->id == 0 && m->stored >= m->stored_max)
		return true;
	mark_text_write(s->marks, s->count, m->text);
	if (!known_save(store, &row))
		return false;
	m->stored += s->id == 0;
	s->id = row.id;
	s->is_dirty = false;
	shelf_put(m->shelf, &row);
	return true;
}

/* Make room for one more. */
static bool
let_go_of_oldest(struct memory *m, struct store *store)
{
	struct subject *s = subject_of(lru_oldest(m->subjects));

	if (s == NULL || lru_count(m->subjects) < m->max)
		return true;
	if (!save(m, store, s))
		return false;
	remove_subject(m, s);
	return true;
}

static struct subject *
add(struct memory *m, struct store *store, const char *key, uint64_t hash)
{
	struct subject *s;

	if (!let_go_of_oldest(m, store))
		return NULL;
	s = calloc(1, sizeof(*s));
	if (s == NULL)
		return NULL;
	snprintf(s->key, sizeof(s->key), "%s", key);
	if (!fetch(m, store, s)) {
		free_subject(s);
		return NULL;
	}
	lru_add(m->subjects, &s->link, hash);
	return s;
}

struct subject *
memory_subject(struct memory *m, struct store *store, const char *key)
{
	uint64_t hash = lru_hash(m->subjects, key);
	struct subject *s = subject_of(lru_find(m->subjects, key, hash));

	if (s != NULL)
		lru_use(m->subjects, &s->link);
	else
		s = add(m, store, key, hash);
	if (s != NULL)
		s->batch = m->batch;
	return s;
}

void
subject_seen(struct subject *s, int64_t time)
{
	if (s->sessions == 0 || time < s->first_seen)
		s->first_seen = time;
	if (s->sessions == 0 || time > s->last_seen)
		s->last_seen = time;
	s->sessions++;
	s->is_dirty = true;
}

static struct mark *
find_mark(const struct subject *s, enum mark_kind kind, const char *value)
{
	for (size_t i = 0; i < s->count; i++)
		if (s->marks[i].kind == kind &&
		    strncmp(s->marks[i].value, value, MARK_VALUE_MAX - 1) == 0)
			return &s->marks[i];
	return NULL;
}

const struct mark *
subject_mark(const struct subject *s, enum mark_kind kind, const char *value)
{
	return find_mark(s, kind, value);
}

/* How many of a kind are kept. */
static size_t
kept_of(enum mark_kind kind)
{
	switch (kind) {
	case MARK_NETWORK:
		return 24;
	case MARK_SERVER:
	case MARK_EXTENSION:
		return 32;
	case MARK_NODE:
	case MARK_BARRED:
	case MARK_KEY:
	case MARK_ISSUER:
	case MARK_VERSION:
	case MARK_HELO:
		return 8;
	case MARK_SHOWN:
	case MARK_FAILED:
	case MARK_REFUSED:
	case MARK_SUPPRESSED:
	case MARK_RELAYED:
		return 12;
	case MARK_OFFERED:
	case MARK_ACCEPTED:
	case MARK_EXTENDED:
	case MARK_USED:
	case MARK_READABLE:
	case MARK_ESMTP:
	case MARK_LOST:
	case MARK_DOUBTED:
		return 1;
	}
	return 1;
}

/* Of two, the one to part with: seen once before seen often, then the one seen longest ago. */
static bool
is_weaker(const struct mark *a, const struct mark *b)
{
	bool a_is_weak = a->recent_count < TALLY_STEADY;
	bool b_is_weak = b->recent_count < TALLY_STEADY;

	if (a_is_weak != b_is_weak)
		return a_is_weak;
	return mark_last(a) < mark_last(b);
}

/* Marks of a kind: what was so once at least, and what never was. */
struct sorts {
	size_t count[2];
	struct mark *weakest[2];
};

static struct sorts
sorts_of(const struct subject *s, enum mark_kind kind)
{
	struct sorts out = {0};

	for (size_t i = 0; i < s->count; i++) {
		struct mark *m = &s->marks[i];
		bool was_so = m->yes > 0 || m->yes_before > 0;

		if (m->kind != kind)
			continue;
		out.count[was_so]++;
		if (out.weakest[was_so] == NULL || is_weaker(m, out.weakest[was_so]))
			out.weakest[was_so] = m;
	}
	return out;
}

/*
 * The one of a kind that makes room. Those that were so and those that never were
 * are told by one another, and one sort may come much oftener, be it that
 * somebody invents them: neither takes the last third from the other.
 */
static struct mark *
weakest_of(const struct sorts *sorts, enum mark_kind kind)
{
	struct mark *never = sorts->weakest[false], *once = sorts->weakest[true];
	size_t share = kept_of(kind) / 3;

	if (never == NULL || once == NULL)
		return never == NULL ? once : never;
	if (sorts->count[false] <= share)
		return once;
	if (sorts->count[true] <= share)
		return never;
	return is_weaker(never, once) ? never : once;
}

/* Where a kind has its share the weakest of it makes room; where all is full, the latest mark. */
static void
make_room(struct subject *s, enum mark_kind kind)
{
	struct sorts sorts = sorts_of(s, kind);
	struct mark *weakest = weakest_of(&sorts, kind);
	size_t count = sorts.count[false] + sorts.count[true];
	bool is_full = s->count >= SUBJECT_MARKS_MAX;

	if (weakest != NULL && (count >= kept_of(kind) || is_full))
		*weakest = s->marks[--s->count];
	else if (is_full)
		s->count--;
}

void
subject_forget(struct subject *s, enum mark_kind kind, const char *value)
{
	struct mark *m = find_mark(s, kind, value);

	if (m == NULL)
		return;
	*m = s->marks[--s->count];
	s->is_dirty = true;
}

void
subject_until(struct subject *s, enum mark_kind kind, const char *value, int64_t until)
{
	struct mark *m = find_mark(s, kind, value);

	if (m != NULL)
		m->until = until;
}

void
subject_absolve(struct subject *s, enum mark_kind kind, const char *value)
{
	struct mark *m = find_mark(s, kind, value);

	if (m == NULL)
		return;
	mark_absolve(m);
	s->is_dirty = true;
}

void
subject_take_back(struct subject *s, enum mark_kind kind, const char *value, bool is_yes)
{
	struct mark *m = find_mark(s, kind, value);

	if (m == NULL)
		return;
	mark_take_back(m, is_yes);
	s->is_dirty = true;
}

bool
subject_count(struct memory *m, struct subject *s, enum mark_kind kind, const char *value,
	      bool is_yes, int64_t time)
{
	struct mark *mark = find_mark(s, kind, value);

	m->time = time;
	if (mark == NULL) {
		make_room(s, kind);
		mark = new_mark(s);
		if (mark == NULL)
			return false;
		mark->kind = kind;
		snprintf(mark->value, sizeof(mark->value), "%s", value);
	}
	mark_count(mark, is_yes, time);
	s->is_dirty = true;
	return true;
}

/* A subject was removed from the database. */
static void
note_gone(void *ctx, const char *key)
{
	struct memory *m = ctx;
	struct subject *s = subject_of(lru_find(m->subjects, key, lru_hash(m->subjects, key)));

	m->stored--;
	shelf_remove(m->shelf, key);
	if (s != NULL)
		remove_subject(m, s);
}

/*
 * A look at a few, where many batches have passed or the table is full. How old
 * they are is said by the session before, not by the latest of all: that may
 * have been stamped by a clock that was years ahead.
 */
static bool
sweep(struct memory *m, struct store *store)
{
	bool is_full = m->stored >= m->stored_max - m->stored_max / 8;

	if (m->stored < 0 || (++m->unswept < UNSWEPT && !is_full))
		return true;
	m->unswept = 0;
	m->sweep.forgotten = m->time - FORGOTTEN;
	m->sweep.weak = is_full ? m->time - WEAK_REST : 0;
	return known_sweep(store, &m->sweep);
}

bool
memory_flush(struct memory *m, struct store *store)
{
	/* What was not asked for in this batch has not changed, and neither has what is older. */
	for (struct subject *s = subject_of(lru_newest(m->subjects));
	     s != NULL && s->batch == m->batch; s = subject_of(s->link.older))
		if (!save(m, store, s))
			return false;
	m->batch++;
	return sweep(m, store);
}
