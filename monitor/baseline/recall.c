/*
 * What is known beside a session: reads the marks of its server, its client
 * and both together, and compares what other clients and other servers show.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dissector/text.h"
#include "dissector/vocabulary.h"
#include "monitor/baseline/asking.h"
#include "monitor/baseline/called.h"

#define KEYWORD_OF_STARTTLS 8                /* letters */
#define BURST               INT64_C(6000000) /* ten a minute */

static bool
is_within_hour(const struct asking *a, int64_t time)
{
	return llabs(a->session->start - time) <= HISTORY_WINDOW;
}

/* The same with what came within the hour after it. */
static struct tally
tally_soon(const struct asking *a, const struct subject *s, enum mark_kind kind, const char *value)
{
	return mark_tally(subject_mark(s, kind, value), a->session->start + HISTORY_WINDOW);
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
	/* What others show soon after it tells of it as well. */
	struct tally t = mark_tally(m, a->session->start + HISTORY_WINDOW);
	int64_t since = a->out->lacks_since != 0 ? a->out->lacks_since : a->session->start;
	bool has_it = t.last_yes > t.last_no;
	bool has_lost = t.yes > 0 && !has_it && m->turned > last_offered;

	if (has_lost && (a->out->lost_since == 0 || m->turned < a->out->lost_since))
		a->out->lost_since = m->turned;
	a->out->networks_mixed += is_by_turns(&t);
	a->out->networks_lacking += t.no > 0;
	a->out->lacks_in_excess += t.no > t.yes + 1 ? t.no - t.yes - 1 : 0;
	if (strcmp(m->value, a->parties->from) == 0)
		return;
	if (is_within_hour(a, mark_last(m))) {
		a->out->others_seen++;
		a->out->others_got += has_it;
	}
	a->out->others_got_since += t.yes > 0 && t.last_yes >= since;
	a->out->others_lost += has_lost;
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
	h->lacks_since = lost.yes > 0 ? lost.first : 0;
	lost = tally_soon(a, a->server, MARK_LOST, "");
	h->last_doubted = tally_soon(a, a->server, MARK_DOUBTED, "").last_yes;
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

/* When this machine offered it first, where that was only after the session, within the hour. */
static void
recall_first_offer(const struct asking *a)
{
	const struct mark *m = subject_mark(a->server, MARK_NODE, a->parties->node);

	if (m != NULL && m->first_yes > a->session->start && is_within_hour(a, m->first_yes))
		a->out->first_offer = m->first_yes;
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
	recall_first_offer(a);
}

static bool
reply_has(const struct parties *p, const char *keyword)
{
	for (size_t i = 0; i < p->extension_count; i++)
		if (strcmp(p->extensions[i], keyword) == 0)
			return true;
	return false;
}

/*
 * Whether the reply is that of a machine which offered it, but for a word that is no extension:
 * that was put in the place of STARTTLS, and is no other software's.
 */
static bool
is_put_in_place(const struct asking *a, size_t extension)
{
	const char *keyword = a->parties->extensions[extension];
	char shape[SHAPE_TEXT_MAX];

	if (vocabulary_is_extension((struct bytes){(const uint8_t *)keyword, strlen(keyword)}))
		return false;
	shape_without(a->parties, extension, shape);
	for (size_t i = 0; i < a->server->count; i++) {
		const struct mark *m = &a->server->marks[i];

		if (m->kind == MARK_NODE && node_is_of_shape(m->value, shape) &&
		    mark_tally(m, a->session->start).yes > 0)
			return true;
	}
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
		if (subject_mark(a->server, MARK_EXTENSION, p->extensions[i]) == NULL &&
		    !is_put_in_place(a, i))
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

/*
 * It is counted from the first HELO on. Before that each session with an EHLO reply counts: of
 * the last ones those that there is room for.
 */
static struct tally
ehlo_of_client(const struct asking *a)
{
	struct tally t = tally_of(a, a->pair, MARK_EXTENDED, "");
	const struct tally *replies = &a->out->offered_to_client;
	uint32_t all = replies->yes + replies->no, before = all > t.yes ? all - t.yes : 0;
	int64_t last = replies->last_yes > replies->last_no ? replies->last_yes : replies->last_no;

	t.yes += before;
	for (; before > 0 && t.recent_count < TALLY_RECENT; before--)
		t.recent |= 1u << t.recent_count++;
	if (all > 0 && (t.first == 0 || replies->first < t.first))
		t.first = replies->first;
	if (last > t.last_yes)
		t.last_yes = last;
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
	struct called called;

	called_of(a->session, a->parties, a->server, &called);
	recall_setback(a, client, a->parties->endpoint, SAME_SERVER);
	recall_setback(a, client, a->parties->node_name, SAME_NAME);
	recall_setback(a, client, called.known, SAME_NAME);
	recall_setback(a, client, called.greeted, SAME_NAME);
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

/* EHLO is refused at an address that is not known: what is known of the name that it greets with.
 */
static bool
recall_greeted(struct baseline *b, struct store *store, const struct asking *a)
{
	const struct subject *name;
	char key[SUBJECT_KEY_MAX];
	struct called called;
	struct tally t;

	if (a->session->smtp.ehlo_refusal == 0 || a->server->sessions > 0)
		return true;
	called_of(a->session, a->parties, a->server, &called);
	if (called.greeted[0] == '\0')
		return true;
	parties_name_key(called.greeted, key);
	name = memory_subject(b->memory, store, key);
	if (name == NULL)
		return false;
	t = tally_of(a, name, MARK_OFFERED, "");
	a->out->is_greeted_name_offering = tally_is_steady(&t);
	return true;
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
	return recall_greeted(b, store, &a);
}
