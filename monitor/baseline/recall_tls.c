/*
 * What is known of the versions of TLS that a server gives, and of the keys of its
 * certificates; and whether what it gave one is its way with others, too.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "monitor/baseline/asking.h"

#define LOWER_SEEN     3  /* sessions of which */
#define LOWER_PART     20 /* one in so many at least got less */
#define LOWER_MIXED    2  /* networks that got less by turns; or */
#define LOWER_MANY     3  /* that got less at all; or */
#define LOWER_FEW      2  /* where it is often so: */
#define LOWER_OFTEN    5  /* one in so many */
#define LOWER_EXPECTED 8  /* sessions of the others that would have got less */
#define KEY_PART       20 /* one in so many at least showed it */
#define KEY_OTHERS     3  /* networks that were shown another key, and */
#define KEY_EXPECTED   4  /* sessions of theirs that would have shown it */

static uint16_t
version_of(const struct mark *m)
{
	return (uint16_t)strtoul(m->value, NULL, 16);
}

/* Other networks that got one version where they had offered more. */
struct lower {
	unsigned fallen;   /* get less since anybody got better */
	unsigned low;      /* got less the last time, before others got better; or often */
	unsigned mixed;    /* got less and better by turns */
	unsigned networks; /* that got less at all, who asks included */
	uint32_t own;      /* sessions of who asks that got less */
	uint32_t all;      /* sessions of these networks, since they got less */
};

static struct lower
compare_versions(const struct asking *a, const struct mark *version)
{
	struct lower out = {0};

	for (size_t i = 0; i < a->server->count; i++) {
		const struct mark *m = &a->server->marks[i];
		struct tally t = mark_tally(m, a->session->start);

		if (!version_is_from(m, version->value) || t.yes == 0)
			continue;
		out.networks++;
		out.all += t.yes + t.no;
		if (version_from(m->value, a->parties->from))
			out.own = t.yes;
		else if (is_by_turns(&t))
			out.mixed++;
		else if ((t.recent & 1) != 0 && m->turned > version->last_no)
			out.fallen++;
		else
			out.low += (t.recent & 1) != 0 || t.yes * LOWER_OFTEN >= t.yes + t.no;
	}
	return out;
}

/* Of the sessions of others: what was done to who asks says nothing of the server. */
static bool
is_often(const struct asking *a, const struct tally *t, const struct lower *lower)
{
	uint32_t all = t->yes + t->no, own = lower->own + a->out->best.yes;

	all -= own < all ? own : all;
	return t->yes > lower->own && (t->yes - lower->own) * LOWER_OFTEN >= all;
}

/* Sessions of the networks that never got that version, but for who asks: ever. */
static uint32_t
sessions_of_rest(const struct asking *a, const struct mark *version)
{
	uint32_t sessions = 0;

	for (size_t i = 0; i < a->server->count; i++) {
		const struct mark *m = &a->server->marks[i];
		char from[MARK_VALUE_MAX];

		if (m->kind != MARK_NETWORK || strcmp(m->value, a->parties->from) == 0)
			continue;
		snprintf(from, sizeof(from), "%.4s %.*s", version->value, MARK_VALUE_MAX - 6,
			 m->value);
		if (mark_tally(subject_mark(a->server, MARK_VERSION, from), a->session->start)
			.yes == 0)
			sessions += mark_tally(m, a->session->start).yes;
	}
	return sessions;
}

/*
 * Few networks get less, and the others never, in so many sessions that some would have: what
 * machines that differ show is shown to all. Where so many get less that not all are
 * remembered it is.
 */
static bool
is_of_few(const struct asking *a, const struct mark *version, const struct tally *t,
	  const struct lower *lower)
{
	uint64_t all = (uint64_t)t->yes + t->no;
	uint64_t rest = sessions_of_rest(a, version),
		 since = lower->all < all ? all - lower->all : 0;

	/* Since somebody got less. */
	if (since < rest)
		rest = since;
	return lower->networks < LOWER_NETWORKS && rest * t->yes >= LOWER_EXPECTED * all;
}

/*
 * One network that never got better, or lost it while others kept it, is as
 * likely attacked as who asks. Machines that differ show to several, by turns,
 * and not just now and then; to fewer where it is much of what the server does.
 */
static bool
is_way_of_server(const struct asking *a, const struct mark *version, const struct tally *t,
		 const struct lower *lower)
{
	unsigned networks = lower->mixed + lower->low;

	if (t->yes < LOWER_SEEN || t->yes * LOWER_PART < t->yes + t->no ||
	    is_of_few(a, version, t, lower))
		return false;
	return lower->mixed >= LOWER_MIXED || networks >= LOWER_MANY ||
	       (is_often(a, t, lower) && (networks >= LOWER_FEW || lower->mixed > 0));
}

/* What others get where they offered more. */
static void
compare_lower(const struct asking *a, const struct mark *m)
{
	struct tally t = mark_tally(m, a->session->start);
	struct lower lower;

	if (m->kind != MARK_VERSION || strchr(m->value, ' ') != NULL ||
	    version_of(m) >= a->out->best_version)
		return;
	lower = compare_versions(a, m);
	if (lower.fallen > a->out->networks_fallen)
		a->out->networks_fallen = lower.fallen;
	a->out->is_lower_elsewhere |= is_way_of_server(a, m, &t, &lower);
}

/* The best that these two agreed on more than once or twice. */
void
recall_version(const struct asking *a)
{
	struct history *h = a->out;
	struct tally t;

	for (size_t i = 0; i < a->pair->count; i++) {
		const struct mark *m = &a->pair->marks[i];

		if (m->kind == MARK_VERSION && version_of(m) > h->best_version &&
		    mark_tally(m, a->session->start).yes >= TALLY_STEADY)
			h->best_version = version_of(m);
	}
	for (size_t i = 0; i < a->pair->count; i++) {
		const struct mark *m = &a->pair->marks[i];

		t = mark_tally(m, a->session->start);
		if (m->kind != MARK_VERSION || t.yes == 0)
			continue;
		if (version_of(m) < h->best_version) {
			h->best.no += t.yes;
			continue;
		}
		h->best.yes += t.yes;
		h->best.last_yes = t.last_yes;
		if (h->best.first == 0 || t.first < h->best.first)
			h->best.first = t.first;
	}
	for (size_t i = 0; i < a->server->count; i++)
		compare_lower(a, &a->server->marks[i]);
}

/*
 * Whether the server is known by this key. A key that came once or twice, before much was
 * known of the server, and hardly since, may as well be that of who answered in its place.
 */
static bool
is_its_own_key(const struct tally *own, const struct tally *others)
{
	uint32_t count = own->yes + own->no;

	return count >= TALLY_STEADY ||
	       (count > 0 && count * KEY_PART >= count + others->yes + others->no);
}

/* Whether a mark before this one is of the same network, and of another key of this name. */
static bool
is_counted_network(const struct asking *a, size_t index, const char *key)
{
	const struct mark *marks = a->server->marks;

	for (size_t i = 0; i < index; i++)
		if (marks[i].kind == MARK_SHOWN && shown_is_of_name(marks[i].value, key) &&
		    !shown_is_of_key(marks[i].value, key) &&
		    mark_tally(&marks[i], a->session->start).yes > 0 &&
		    strcmp(shown_from(marks[i].value), shown_from(marks[index].value)) == 0)
			return true;
	return false;
}

/* Whom a key was shown to. */
struct shown {
	const char *from;  /* of those networks the last */
	uint32_t sessions; /* in which it was */
};

static struct shown
recall_shown(const struct asking *a, const char *key)
{
	struct shown out = {.from = ""};

	for (size_t i = 0; i < a->server->count; i++) {
		const struct mark *m = &a->server->marks[i];
		struct tally t = mark_tally(m, a->session->start);

		if (m->kind != MARK_SHOWN || t.yes == 0 || !shown_is_of_name(m->value, key))
			continue;
		if (!shown_is_of_key(m->value, key)) {
			a->out->other_key_networks += !is_counted_network(a, i, key);
			continue;
		}
		a->out->key_networks++;
		out.sessions += t.yes;
		out.from = shown_from(m->value);
	}
	return out;
}

/* In how many sessions that network was shown another key, as far as is remembered. */
static uint32_t
shown_another(const struct asking *a, const char *key, const char *from)
{
	uint32_t sessions = 0;

	for (size_t i = 0; i < a->server->count; i++) {
		const struct mark *m = &a->server->marks[i];

		if (m->kind == MARK_SHOWN && shown_is_of_name(m->value, key) &&
		    !shown_is_of_key(m->value, key) && strcmp(shown_from(m->value), from) == 0)
			sessions += mark_tally(m, a->session->start).yes;
	}
	return sessions;
}

/*
 * One network alone was shown it, in all sessions that are known with it, and
 * several were shown another, so often that some would have met it, too, if it
 * were a machine's: who was there before anything was known is not the server by
 * that.
 */
static bool
is_of_one_network(const struct asking *a, const struct tally *own, const char *key)
{
	const struct history *h = a->out;
	struct shown shown = recall_shown(a, key);
	uint64_t count = own->yes + own->no, all = count + h->key.yes + h->key.no;
	uint64_t rest = all - count, another = shown_another(a, key, shown.from);

	if (h->key_networks != 1 || shown.sessions < count || h->other_key_networks < KEY_OTHERS)
		return false;
	rest -= another < rest ? another : rest;
	return count * rest >= KEY_EXPECTED * all || count * KEY_PART < all;
}

void
recall_key(const struct asking *a)
{
	struct history *h = a->out;
	struct tally own = {0};
	char key[MARK_VALUE_MAX], issuer[MARK_VALUE_MAX];
	bool is_alone;

	if (!a->session->certificate.is_seen || !a->session->certificate.is_parsed)
		return;
	parties_key(a->session, key);
	parties_issuer(a->session, issuer);
	h->is_known_issuer = subject_mark(a->server, MARK_ISSUER, issuer) != NULL;
	for (size_t i = 0; i < a->server->count; i++) {
		const struct mark *m = &a->server->marks[i];
		struct tally t = mark_tally(m, a->session->start);

		if (m->kind != MARK_KEY || !key_is_of_name(m->value, key))
			continue;
		if (strcmp(m->value, key) == 0) {
			own = t;
			continue;
		}
		h->key.yes += t.yes;
		h->key.no += t.no;
		if (h->key.first == 0 || t.first < h->key.first)
			h->key.first = t.first;
		if (mark_last(m) <= h->key.last_yes)
			continue;
		h->key.last_yes = mark_last(m);
		h->key_until = m->until;
	}
	is_alone = is_of_one_network(a, &own, key);
	h->is_known_key = is_its_own_key(&own, &h->key) && !is_alone;
}
