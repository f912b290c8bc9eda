/*
 * What is known beside a session: reads the marks of its server, its client
 * and both together, and compares what other clients and other servers show.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dissector/text.h"
#include "monitor/baseline/inside.h"
#include "monitor/baseline/parties.h"

#define KEYWORD_OF_STARTTLS 8                /* letters */
#define BURST               INT64_C(6000000) /* ten a minute */
#define LOWER_SEEN          3                /* sessions of which */
#define LOWER_PART          20               /* one in so many at least got less */
#define LOWER_MIXED         2                /* networks that got less by turns; or */
#define LOWER_MANY          3                /* that got less at all; or */
#define LOWER_FEW           2                /* where it is often so: */
#define LOWER_OFTEN         5                /* one in so many */
#define KEY_PART            20               /* one in so many at least showed it */
#define KEY_OTHERS          3                /* networks that were shown another key */

/* One asking. */
struct asking {
	const struct session *session;
	const struct parties *parties;
	const struct subject *server, *pair, *network;
	struct history *out;
};

static struct tally
tally_of(const struct asking *a, const struct subject *s, enum mark_kind kind, const char *value)
{
	return mark_tally(subject_mark(s, kind, value), a->session->start);
}

static bool
is_within_hour(const struct asking *a, int64_t time)
{
	return llabs(a->session->start - time) <= HISTORY_WINDOW;
}

/* Offered, then not, then again: of the last ones, from the latest back. */
static bool
is_mixed(const struct tally *t)
{
	unsigned turns = 0;
	bool wanted = true;

	for (unsigned i = 0; i < t->recent_count && turns < 3; i++) {
		if ((t->recent >> i & 1) != wanted)
			continue;
		turns++;
		wanted = !wanted;
	}
	return turns == 3;
}

/* When anybody was offered it last. */
static int64_t
last_offer(const struct asking *a)
{
	int64_t last = a->out->offered.last_yes;

	for (size_t i = 0; i < a->server->count; i++)
		if (a->server->marks[i].kind == MARK_NETWORK && a->server->marks[i].last_yes > last)
			last = a->server->marks[i].last_yes;
	return last;
}

static void
compare_network(const struct asking *a, const struct mark *m, int64_t last_offered)
{
	struct tally t = mark_tally(m, a->session->start);
	int64_t since = a->out->lacks_since != 0 ? a->out->lacks_since : a->session->start;
	bool has_it = t.last_yes > t.last_no;

	a->out->networks_mixed += is_mixed(&t);
	a->out->networks_lacking += t.no > 0;
	a->out->lacks_in_excess += t.no > t.yes + 1 ? t.no - t.yes - 1 : 0;
	if (strcmp(m->value, a->parties->from) == 0)
		return;
	if (is_within_hour(a, mark_last(m))) {
		a->out->others_seen++;
		a->out->others_got += has_it;
	}
	a->out->others_got_since += t.yes > 0 && t.last_yes >= since;
	a->out->others_lost += t.yes > 0 && !has_it && m->turned > last_offered;
	a->out->others_waiting += t.yes > 0 && has_it;
	a->out->others_without += t.yes == 0 && t.no > 0;
}

/* Another server that offered it to this client's network, be it once; it came by within the hour.
 */
static bool
is_other_server(const struct asking *a, const struct mark *m)
{
	return m->kind == MARK_SERVER && !at_is_of(m->value, a->parties->endpoint) &&
	       mark_tally(m, a->session->start).yes > 0 && is_within_hour(a, mark_last(m));
}

static bool
is_lost_server(const struct asking *a, const struct mark *m)
{
	return is_other_server(a, m) && m->last_yes <= m->last_no;
}

/* Whether a server of this mark's owner, or of this session's, was counted before it. */
static bool
is_known_owner(const struct asking *a, size_t index)
{
	const char *owner = at_owner(a->network->marks[index].value);

	if (strcmp(owner, at_owner(a->parties->at)) == 0)
		return true;
	for (size_t i = 0; i < index; i++)
		if (is_lost_server(a, &a->network->marks[i]) &&
		    strcmp(owner, at_owner(a->network->marks[i].value)) == 0)
			return true;
	return false;
}

/* What this client's network gets from other servers. */
static void
compare_servers(const struct asking *a)
{
	struct history *h = a->out;
	int64_t first_loss = INT64_MAX;

	for (size_t i = 0; i < a->network->count; i++) {
		const struct mark *m = &a->network->marks[i];

		if (!is_lost_server(a, m))
			continue;
		h->servers_lost++;
		h->owners_lost += !is_known_owner(a, i);
		if (m->turned < first_loss)
			first_loss = m->turned;
	}
	for (size_t i = 0; i < a->network->count; i++) {
		const struct mark *m = &a->network->marks[i];

		if (!is_other_server(a, m) || m->last_yes <= m->last_no)
			continue;
		if (h->servers_lost == 0 || m->last_yes > first_loss)
			h->servers_kept++;
		else
			h->servers_waiting++;
	}
}

static void
recall_offers(const struct asking *a)
{
	struct history *h = a->out;
	struct tally lost = tally_of(a, a->pair, MARK_LOST, "");
	int64_t last_offered;

	h->offered = tally_of(a, a->server, MARK_OFFERED, "");
	h->offered_to_network = tally_of(a, a->server, MARK_NETWORK, a->parties->from);
	h->offered_to_client = tally_of(a, a->pair, MARK_OFFERED, "");
	h->lacks = lost.yes;
	h->lacks_since = lost.first;
	lost = tally_of(a, a->server, MARK_LOST, "");
	h->last_doubted = tally_of(a, a->server, MARK_DOUBTED, "").last_yes;
	h->mixed_since = lost.first;
	h->lacks_of_all = lost.yes;
	h->last_lack = lost.last_yes;
	last_offered = last_offer(a);
	for (size_t i = 0; i < a->server->count; i++)
		if (a->server->marks[i].kind == MARK_NETWORK)
			compare_network(a, &a->server->marks[i], last_offered);
	if (lacks_offer(a->session))
		compare_servers(a);
}

/* Whether a mark before this one is of the same name, and offers it too. */
static bool
is_counted(const struct subject *s, size_t index, int64_t time)
{
	const char *node = s->marks[index].value;
	size_t name = strcspn(node, " ");

	for (size_t i = 0; i < index; i++)
		if (s->marks[i].kind == MARK_NODE && strcspn(s->marks[i].value, " ") == name &&
		    memcmp(s->marks[i].value, node, name) == 0 &&
		    mark_tally(&s->marks[i], time).yes > 0)
			return true;
	return false;
}

static void
recall_node(const struct asking *a)
{
	struct tally here = tally_of(a, a->server, MARK_NODE, a->parties->node);
	const struct subject *s = a->server;
	int64_t time = a->session->start;
	bool is_known_name = false;

	for (size_t i = 0; i < s->count; i++) {
		if (s->marks[i].kind != MARK_NODE)
			continue;
		is_known_name |= node_is_of_name(s->marks[i].value, a->parties->node_name);
		a->out->nodes += mark_tally(&s->marks[i], time).yes > 0 && !is_counted(s, i, time);
	}
	a->out->is_new_node = !is_known_name && a->parties->node[0] != '\0' && a->out->nodes > 0;
	a->out->is_lacking_node = here.no > 0 && here.yes == 0;
	a->out->has_lacked = here.no > 0;
}

static bool
reply_has(const struct parties *p, const char *keyword)
{
	for (size_t i = 0; i < p->extension_count; i++)
		if (strcmp(p->extensions[i], keyword) == 0)
			return true;
	return false;
}

static void
recall_extensions(const struct asking *a)
{
	const struct parties *p = a->parties;

	for (size_t i = 0; i < a->server->count; i++) {
		const struct mark *m = &a->server->marks[i];

		if (m->kind != MARK_EXTENSION || mark_tally(m, a->session->start).yes == 0)
			continue;
		a->out->has_extensions = true;
		a->out->missing_eight +=
		    strlen(m->value) == KEYWORD_OF_STARTTLS && !reply_has(p, m->value);
	}
	for (size_t i = 0; a->out->has_extensions && i < p->extension_count; i++)
		if (subject_mark(a->server, MARK_EXTENSION, p->extensions[i]) == NULL)
			a->out->has_new_keyword = true;
}

/* How many of the last were so, in a row. */
static uint32_t
no_in_a_row(const struct tally *t)
{
	uint32_t count = 0;

	while (count < t->recent_count && (t->recent >> count & 1) == 0)
		count++;
	return count;
}

/* Of a client that never used HELO each session with an EHLO reply counts. */
static struct tally
ehlo_of_client(const struct asking *a)
{
	struct tally t = tally_of(a, a->pair, MARK_EXTENDED, "");

	if (t.yes + t.no > 0)
		return t;
	t = a->out->offered_to_client;
	t.yes += t.no;
	t.no = 0;
	t.recent = (1u << t.recent_count) - 1;
	if (t.last_no > t.last_yes)
		t.last_yes = t.last_no;
	t.last_no = 0;
	return t;
}

static void
recall_dialogue(const struct asking *a)
{
	struct history *h = a->out;
	struct tally answers = tally_of(a, a->pair, MARK_ACCEPTED, "");

	h->accepted = tally_of(a, a->server, MARK_ACCEPTED, "");
	h->refusals = no_in_a_row(&answers);
	h->extended = tally_of(a, a->server, MARK_EXTENDED, "");
	h->extended_of_client = ehlo_of_client(a);
	h->readable = tally_of(a, a->server, MARK_READABLE, "");
	h->esmtp = tally_of(a, a->server, MARK_ESMTP, "");
	h->used = tally_of(a, a->pair, MARK_USED, "");
	h->is_known_helo = subject_mark(a->pair, MARK_HELO, a->parties->helo) != NULL;
	h->is_burst = a->pair->sessions > 0 && a->session->start - a->pair->last_seen < BURST;
}

static uint16_t
version_of(const struct mark *m)
{
	return (uint16_t)strtoul(m->value, NULL, 16);
}

/* Other networks that got one version where they had offered more. */
struct lower {
	unsigned fallen; /* get less since anybody got better */
	unsigned low;    /* got less the last time, before others got better; or often */
	unsigned mixed;  /* got less and better by turns */
	uint32_t own;    /* sessions of who asks that got less */
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
		if (version_from(m->value, a->parties->from))
			out.own = t.yes;
		else if (is_mixed(&t))
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

/*
 * One network that never got better, or lost it while others kept it, is as
 * likely attacked as who asks. Machines that differ show to several, by turns,
 * and not just now and then; to fewer where it is much of what the server does.
 */
static bool
is_way_of_server(const struct asking *a, const struct tally *t, const struct lower *lower)
{
	unsigned networks = lower->mixed + lower->low;

	if (t->yes < LOWER_SEEN || t->yes * LOWER_PART < t->yes + t->no)
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
	a->out->is_lower_elsewhere |= is_way_of_server(a, &t, &lower);
}

/* The best that these two agreed on more than once or twice. */
static void
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
	const char *from = strrchr(marks[index].value, ' ');

	for (size_t i = 0; i < index; i++)
		if (marks[i].kind == MARK_SHOWN && shown_is_of_name(marks[i].value, key) &&
		    !shown_is_of_key(marks[i].value, key) &&
		    mark_tally(&marks[i], a->session->start).yes > 0 &&
		    strcmp(strrchr(marks[i].value, ' '), from) == 0)
			return true;
	return false;
}

/* Whom this key was shown to, and whom another. In how many sessions it was. */
static uint32_t
recall_shown(const struct asking *a, const char *key)
{
	uint32_t sessions = 0;

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
		sessions += t.yes;
	}
	return sessions;
}

/*
 * One network alone was shown it, in all sessions that are known with it, and
 * several were shown another: who was there before anything was known is not
 * the server by that.
 */
static bool
is_of_one_network(const struct history *h, const struct tally *own, uint32_t shown)
{
	return h->key_networks == 1 && shown >= own->yes + own->no &&
	       h->other_key_networks >= KEY_OTHERS;
}

static void
recall_key(const struct asking *a)
{
	struct history *h = a->out;
	struct tally own = {0};
	char key[MARK_VALUE_MAX], issuer[MARK_VALUE_MAX];

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
	h->is_known_key =
	    is_its_own_key(&own, &h->key) && !is_of_one_network(h, &own, recall_shown(a, key));
}

/*
 * Days and many sessions, all under suspicion of mx-mismatch until then: who leads a client
 * astray is told long before. It is over once the network brings mail elsewhere, and forgotten
 * like all marks where it brings no more here.
 */
#define RELAYED_SESSIONS 20
#define RELAYED_SPAN     (3 * HISTORY_DAY)

static bool
uses_other_servers(const struct asking *a)
{
	for (size_t i = 0; i < a->network->count; i++) {
		const struct mark *m = &a->network->marks[i];
		struct tally t = mark_tally(m, a->session->start);

		if (m->kind == MARK_SERVER && t.yes + t.no > 0 &&
		    !at_is_of(m->value, a->parties->endpoint))
			return true;
	}
	return false;
}

static void
recall_relay(const struct asking *a)
{
	int64_t first = a->session->start;
	uint32_t domains = 0, sessions = 0;

	for (size_t i = 0; i < a->pair->count; i++) {
		struct tally t = mark_tally(&a->pair->marks[i], a->session->start);

		if (a->pair->marks[i].kind != MARK_RELAYED || t.yes == 0)
			continue;
		domains++;
		sessions += t.yes;
		if (t.first < first)
			first = t.first;
	}
	a->out->is_smart_host = domains >= RELAYED_DOMAINS && sessions >= RELAYED_SESSIONS &&
				a->session->start - first >= RELAYED_SPAN && !uses_other_servers(a);
}

/* Of those that followed each other: the last, else the first, before the session. 0: none. */
static int64_t
setback_before(const struct asking *a, const struct mark *m)
{
	int64_t time = m->last_yes < a->session->start ? m->last_yes : m->first;

	return time < a->session->start && is_within_hour(a, time) ? time : 0;
}

/* A setback of that value, if it is the latest so far. */
static void
recall_setback(const struct asking *a, const struct subject *client, const char *value,
	       enum same same)
{
	static const struct {
		enum mark_kind kind;
		enum setback setback;
	} kinds[] = {
	    {MARK_FAILED, SETBACK_FAILED},
	    {MARK_REFUSED, SETBACK_REFUSED},
	    {MARK_SUPPRESSED, SETBACK_SUPPRESSED},
	};

	for (size_t i = 0; value[0] != '\0' && i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		const struct mark *m = subject_mark(client, kinds[i].kind, value);
		int64_t time = m == NULL ? 0 : setback_before(a, m);

		if (time <= a->out->setback_time)
			continue;
		a->out->setback = kinds[i].setback;
		a->out->setback_same = same;
		a->out->setback_time = time;
	}
}

static void
recall_setbacks(const struct asking *a, const struct subject *client)
{
	char domain[MARK_VALUE_MAX];

	recall_setback(a, client, a->parties->endpoint, SAME_SERVER);
	recall_setback(a, client, a->parties->node_name, SAME_NAME);
	for (size_t i = 0; i < a->session->rcpt_count && i < NAMES_RECIPIENTS; i++) {
		mark_value(a->session->rcpt_domains[i], domain);
		recall_setback(a, client, domain, SAME_DOMAIN);
	}
}

/* An address that is not known, of a name that is. */
static void
recall_name(const struct asking *a, const struct subject *name)
{
	struct tally t = tally_of(a, name, MARK_OFFERED, "");

	a->out->is_name_offering = a->server->sessions == 0 && tally_is_steady(&t);
}

bool
baseline_ask(struct baseline *b, struct store *store, const struct session *s, struct history *out)
{
	struct parties p;
	struct asking a = {.session = s, .parties = &p, .out = out};
	const struct subject *other;

	*out = (struct history){0};
	parties_of(s, &p);
	a.server = memory_subject(b->memory, store, p.server);
	a.pair = memory_subject(b->memory, store, p.pair);
	a.network = memory_subject(b->memory, store, p.network);
	if (a.server == NULL || a.pair == NULL || a.network == NULL)
		return false;
	recall_offers(&a);
	recall_node(&a);
	recall_extensions(&a);
	recall_dialogue(&a);
	recall_version(&a);
	recall_key(&a);
	recall_relay(&a);
	if (session_outcome(s) == OUTCOME_PLAINTEXT) {
		other = memory_subject(b->memory, store, p.client);
		if (other == NULL)
			return false;
		recall_setbacks(&a, other);
	}
	if (lacks_offer(s) && p.name[0] != '\0') {
		other = memory_subject(b->memory, store, p.name);
		if (other == NULL)
			return false;
		recall_name(&a, other);
	}
	return true;
}
