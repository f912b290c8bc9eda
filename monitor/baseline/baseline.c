/*
 * What is learnt of a session. What was seen to be there is counted always;
 * what was not there, and what is new, only where nothing raised suspicion.
 */
#include "monitor/baseline/baseline.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dissector/text.h"
#include "monitor/baseline/called.h"
#include "monitor/baseline/inside.h"
#include "monitor/baseline/parties.h"
#include "monitor/judge/again.h"
#include "monitor/judge/kinds.h"
#include "monitor/judge/loss.h"
#include "monitor/judge/mask.h"
#include "monitor/policy/destination.h"

#define AT_HAND_MAX    2048 /* subjects */
#define SHELF_MAX      ((size_t)256 << 20)
#define STORED_MAX     4000000 /* subjects in the database */
#define SHOWN_NETWORKS 4       /* are remembered of each key */
#define SETTLED        20      /* sessions after which a trait is looked at once an hour */

struct baseline *
baseline_new(void)
{
	struct baseline *b = calloc(1, sizeof(*b));

	if (b == NULL)
		return NULL;
	b->memory = memory_new(AT_HAND_MAX, SHELF_MAX, STORED_MAX);
	if (b->memory != NULL)
		return b;
	free(b);
	return NULL;
}

void
baseline_free(struct baseline *b)
{
	if (b == NULL)
		return;
	memory_free(b->memory);
	free(b);
}

bool
baseline_flush(struct baseline *b, struct store *store)
{
	return memory_flush(b->memory, store);
}

void
baseline_drop(struct baseline *b)
{
	memory_drop(b->memory);
}

/* One learning: a failure sticks. */
struct learning {
	struct memory *memory;
	struct store *store;
	const struct session *session;
	const struct parties *parties;
	struct subject *server, *pair, *network, *name; /* name: NULL where there is none */
	bool is_suspect;
	bool is_kept_from_it; /* the client's network never was offered what the server offers */
	enum loss loss;       /* of the offer, where the reply lacks it */
	bool is_failed;
};

static void
count(struct learning *l, struct subject *s, enum mark_kind kind, const char *value, bool is_yes)
{
	if (s == NULL || l->is_failed)
		return;
	l->is_failed = !subject_count(l->memory, s, kind, value, is_yes, l->session->start);
}

/* Yes always, no only where nothing raised suspicion. */
static void
count_norm(struct learning *l, struct subject *s, enum mark_kind kind, bool is_yes)
{
	if (is_yes || !l->is_suspect)
		count(l, s, kind, "", is_yes);
}

/*
 * Most pairs meet once or twice, and each mark is a row: of a pair what goes
 * without saying is written only once it no longer does.
 */
static void
count_exception(struct learning *l, enum mark_kind kind, bool is_yes)
{
	if (!is_yes || subject_mark(l->pair, kind, "") != NULL)
		count(l, l->pair, kind, "", is_yes);
}

static bool
met_before(const struct learning *l)
{
	return l->pair->sessions > 1;
}

/* What is part of how a server is. Often enough seen, it need not be counted each time. */
static void
count_trait(struct learning *l, struct subject *s, enum mark_kind kind, const char *value)
{
	const struct mark *m = subject_mark(s, kind, value);

	if (l->is_suspect || value[0] == '\0')
		return;
	if (m != NULL && m->yes >= SETTLED && l->session->start - m->last_yes < HISTORY_HOUR)
		return;
	count(l, s, kind, value, true);
}

static void
forget(struct learning *l, struct subject *s, enum mark_kind kind, const char *value)
{
	if (!l->is_failed)
		subject_forget(s, kind, value);
}

/* The client has it again: what it lost before is over, but not what is told before and began
   later. */
static void
end_loss(struct learning *l)
{
	const struct mark *lost = subject_mark(l->pair, MARK_LOST, "");
	int64_t start = l->session->start, last;

	if (lost == NULL || lost->first > start)
		return;
	last = lost->last_yes;
	forget(l, l->pair, MARK_LOST, "");
	if (last > start && !l->is_failed)
		l->is_failed = !subject_count(l->memory, l->pair, MARK_LOST, "", true, last);
}

static void
learn_offer(struct learning *l, const struct verdict *v)
{
	const struct session *s = l->session;
	const struct finding *stripped = verdict_finding(v, "starttls-stripped");
	bool is_offered = s->smtp.offered == FACT_YES;

	if (!is_offered && !lacks_offer(s))
		return;
	count_norm(l, l->pair, MARK_OFFERED, is_offered);
	/* Who never had it did not lose it: that says nothing of what others are to get. */
	if (is_offered || !l->is_kept_from_it) {
		count_norm(l, l->server, MARK_OFFERED, is_offered);
		count_norm(l, l->name, MARK_OFFERED, is_offered);
	}
	/* To compare clients and servers the attack's own sessions are just what is wanted. */
	count(l, l->server, MARK_NETWORK, l->parties->from, is_offered);
	if (is_offered || l->is_suspect || l->loss == LOSS_CHANGED)
		count(l, l->network, MARK_SERVER, l->parties->at, is_offered);
	if (l->parties->node[0] != '\0' && (is_offered || !l->is_suspect))
		count(l, l->server, MARK_NODE, l->parties->node, is_offered);
	if (is_offered) {
		end_loss(l);
		return;
	}
	count(l, l->pair, MARK_LOST, "", true);
	count(l, l->server, MARK_LOST, "", true);
	/* That others get it is what a stranger was found by: it does not settle it. */
	if (stripped != NULL && stripped->certainty != CERTAINTY_PROVEN && l->loss != LOSS_STRANGER)
		count(l, l->server, MARK_DOUBTED, "", true);
}

/*
 * Of a reply that does not count as one without the offer, its software does not
 * either: it would be known, and no excuse any more.
 */
static void
learn_extensions(struct learning *l)
{
	const struct parties *p = l->parties;

	if (l->session->smtp.offered != FACT_YES && !lacks_offer(l->session))
		return;
	for (size_t i = 0; l->session->smtp.extended == FACT_YES && i < p->extension_count; i++)
		count_trait(l, l->server, MARK_EXTENSION, p->extensions[i]);
}

static void
learn_greeting(struct learning *l)
{
	const struct session *s = l->session;
	bool is_readable, is_esmtp = false;

	if (s->greetings == 0 || s->smtp.greeting_code != 220)
		return;
	is_readable = !mask_of_greeting(s->greeting, s->greetings);
	for (size_t i = 0; i < s->greetings; i++)
		is_esmtp |= text_find(s->greeting[i], BYTES("ESMTP")) < s->greeting[i].len;
	count_norm(l, l->server, MARK_READABLE, is_readable);
	if (is_readable)
		count_norm(l, l->server, MARK_ESMTP, is_esmtp);
}

/*
 * What a network's EHLO is refused beyond what it was accepted says nothing of the server: what
 * is done to that network alone, be it from the first day on, is none of the server's ways.
 */
static void
learn_refused_ehlo(struct learning *l)
{
	const char *from = l->parties->from;
	int64_t now = l->session->start;
	struct tally refused = mark_tally(subject_mark(l->server, MARK_BARRED, from), now);
	struct tally replied = mark_tally(subject_mark(l->server, MARK_NETWORK, from), now);

	if (refused.yes <= replied.yes + replied.no)
		count_norm(l, l->server, MARK_EXTENDED, false);
	count(l, l->server, MARK_BARRED, from, true);
}

/* EHLO was refused, and what the server does with others is yet to be told. */
static bool
is_open_refusal(const struct learning *l)
{
	const struct session *s = l->session;

	return s->smtp.extended == FACT_NO && s->smtp.ehlo_refusal != 0 &&
	       s->start - l->server->first_seen < HISTORY_LATE;
}

/* EHLO was refused for want of time, and nothing else came of it. */
static bool
is_put_off(const struct session *s)
{
	return s->smtp.ehlo_refusal != 0 && s->smtp.ehlo_refusal < REFUSED_FOR_GOOD &&
	       s->smtp.greeting_verb != GREETING_HELO;
}

/* EHLO accepted; or HELO used, be it of the client's own accord or not. */
static void
learn_ehlo(struct learning *l)
{
	const struct session *s = l->session;

	if (s->smtp.extended == FACT_UNSEEN || is_put_off(s))
		return;
	if (s->smtp.extended == FACT_YES || (!l->is_suspect && !is_open_refusal(l)))
		count_exception(l, MARK_EXTENDED, s->smtp.extended == FACT_YES);
	/* That a client uses HELO says nothing of the server. */
	if (s->smtp.extended == FACT_YES)
		count(l, l->server, MARK_EXTENDED, "", true);
	else if (s->smtp.ehlo_refusal != 0)
		learn_refused_ehlo(l);
}

/* A refusal for want of time is none of the server's ways. */
static bool
is_lasting_refusal(const struct session *s)
{
	return s->smtp.starttls_refusal != REPLY_CLOSING &&
	       s->smtp.starttls_refusal != REPLY_UNAVAILABLE;
}

/* Whether it came to anything is told by other kinds; only what failed was no use of it. */
static bool
is_in_use(const struct session *s)
{
	return s->smtp.requested == FACT_YES && session_acceptance(s) != FACT_NO &&
	       s->tls.complete != FACT_NO;
}

static void
learn_request(struct learning *l)
{
	const struct session *s = l->session;
	enum fact accepted = session_acceptance(s);
	bool is_accepted = accepted == FACT_YES;

	if (is_in_use(s) && s->smtp.offered == FACT_YES) {
		count(l, l->pair, MARK_USED, "", true);
		if (met_before(l))
			count_trait(l, l->pair, MARK_HELO, l->parties->helo);
	} else if (session_is_unused(s)) {
		count_norm(l, l->pair, MARK_USED, false);
	}
	if (s->smtp.requested != FACT_YES || accepted == FACT_UNSEEN)
		return;
	count_exception(l, MARK_ACCEPTED, is_accepted);
	if (is_accepted || is_lasting_refusal(s))
		count_norm(l, l->server, MARK_ACCEPTED, is_accepted);
}

/*
 * The client offered better. Suspicion does not matter here: what tells a server
 * that was set back from an attack is how many of how many clients get less.
 */
static void
learn_lower(struct learning *l, const char *version)
{
	char from[MARK_VALUE_MAX];
	unsigned networks = 0;

	count(l, l->server, MARK_VERSION, version, true);
	snprintf(from, sizeof(from), "%.4s %s", version, l->parties->from);
	for (size_t i = 0; i < l->server->count; i++)
		networks += version_is_from(&l->server->marks[i], version) &&
			    mark_tally(&l->server->marks[i], l->session->start).yes > 0;
	if (networks < LOWER_NETWORKS || subject_mark(l->server, MARK_VERSION, from) != NULL)
		count(l, l->server, MARK_VERSION, from, true);
}

/* Each version below that the server chose at other times, for this network or any, was not
 * chosen now. */
static void
learn_better(struct learning *l, const char *version)
{
	char lower[MARK_VALUE_MAX];

	for (size_t i = 0; i < l->server->count; i++) {
		if (l->server->marks[i].kind != MARK_VERSION)
			continue;
		memcpy(lower, l->server->marks[i].value, sizeof(lower));
		if (strcmp(lower, version) < 0 &&
		    (strchr(lower, ' ') == NULL || version_from(lower, l->parties->from)))
			count(l, l->server, MARK_VERSION, lower, false);
	}
}

static void
learn_tls(struct learning *l)
{
	const struct session *s = l->session;
	char value[MARK_VALUE_MAX];

	if (s->tls.complete != FACT_YES || !s->tls.server_hello || !s->tls.client_hello)
		return;
	snprintf(value, sizeof(value), "%04x", s->tls.version);
	if (!l->is_suspect && met_before(l))
		count(l, l->pair, MARK_VERSION, value, true);
	/* Of a client that offers no more the version says nothing of the server. */
	if (s->tls.offered_version > s->tls.version)
		learn_lower(l, value);
	learn_better(l, value);
}

/* A few networks tell a key that is everybody's from one that is somebody's. */
static void
learn_shown(struct learning *l, const char *key)
{
	char value[MARK_VALUE_MAX];
	unsigned networks = 0;

	parties_shown(key, l->parties->from, value);
	for (size_t i = 0; i < l->server->count; i++)
		networks += l->server->marks[i].kind == MARK_SHOWN &&
			    shown_is_of_key(l->server->marks[i].value, key);
	if (networks < SHOWN_NETWORKS || subject_mark(l->server, MARK_SHOWN, value) != NULL)
		count(l, l->server, MARK_SHOWN, value, true);
}

static void
learn_certificate(struct learning *l)
{
	const struct session *s = l->session;
	char value[MARK_VALUE_MAX];

	if (!s->certificate.is_seen || !s->certificate.is_parsed || l->is_suspect)
		return;
	parties_key(s, value);
	count(l, l->server, MARK_KEY, value, certificate_is_good(s));
	subject_until(l->server, MARK_KEY, value, s->certificate.not_after);
	learn_shown(l, value);
	parties_issuer(s, value);
	count_trait(l, l->server, MARK_ISSUER, value);
}

/* Mail for a domain that this server is no MX of, as far as a domain's MX hosts are known. */
static void
learn_relay(struct learning *l, const struct destination *d)
{
	char value[MARK_VALUE_MAX];
	size_t known = 0;

	if (d == NULL || l->is_suspect || l->session->service != SERVICE_SMTP || d->is_by_host ||
	    d->is_smart_host || d->is_mx != FACT_NO || d->host_by != HOST_UNKNOWN ||
	    !l->session->smtp.mail_accepted)
		return;
	for (size_t i = 0; i < l->pair->count; i++)
		known += l->pair->marks[i].kind == MARK_RELAYED;
	mark_value(domain_bytes(&d->domain), value);
	if (known < RELAYED_DOMAINS_MAX || subject_mark(l->pair, MARK_RELAYED, value) != NULL)
		count(l, l->pair, MARK_RELAYED, value, true);
}

/*
 * A server that gave no EHLO reply has the name that it had before, where it was kept from
 * replying: a client that was merely turned away goes to the next address of the name as ever.
 */
static void
names_of(const struct session *s, const struct verdict *v, const struct parties *p,
	 const struct subject *server, struct party_names *out)
{
	const struct finding *suppressed = verdict_finding(v, "ehlo-suppressed");
	struct called called = {"", ""};

	if (suppressed != NULL && suppressed->severity >= SEVERITY_WARNING)
		called_of(s, p, server, &called);
	parties_names(s, p, p->node_name[0] != '\0' ? p->node_name : called.known, out);
}

/*
 * The client was kept from TLS: under every name under which it may try again. Of
 * several within an hour the first counts beside the last: who came in between is
 * judged after both.
 */
static void
learn_setback(struct learning *l, const struct verdict *v, enum mark_kind kind)
{
	struct subject *client = memory_subject(l->memory, l->store, l->parties->client);
	int64_t time = l->session->start;
	struct party_names names = {0};

	if (client == NULL) {
		l->is_failed = true;
		return;
	}
	subject_seen(client, time);
	names_of(l->session, v, l->parties, l->server, &names);
	for (size_t i = 0; i < names.count; i++) {
		const struct mark *m = subject_mark(client, kind, names.at[i]);

		if (m != NULL && time - m->first > HISTORY_WINDOW)
			forget(l, client, kind, names.at[i]);
		count(l, client, kind, names.at[i], true);
	}
}

static void
learn_setbacks(struct learning *l, const struct verdict *v)
{
	static const struct {
		enum setback setback;
		enum mark_kind kind;
	} kinds[] = {
	    {SETBACK_FAILED, MARK_FAILED},
	    {SETBACK_REFUSED, MARK_REFUSED},
	    {SETBACK_SUPPRESSED, MARK_SUPPRESSED},
	};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (judge_is_setback(l->session, v, kinds[i].setback))
			learn_setback(l, v, kinds[i].kind);
}

/* Something was found that an attack shows. */
static bool
is_suspect(const struct verdict *v)
{
	for (size_t i = 0; i < v->count; i++)
		if (v->findings[i].severity >= SEVERITY_WARNING &&
		    !v->findings[i].kind->is_own_doing)
			return true;
	return false;
}

static bool
meet(struct learning *l)
{
	const struct parties *p = l->parties;
	struct subject *const *all[] = {&l->server, &l->pair, &l->network};

	l->server = memory_subject(l->memory, l->store, p->server);
	l->pair = memory_subject(l->memory, l->store, p->pair);
	l->network = memory_subject(l->memory, l->store, p->network);
	if (p->name[0] != '\0')
		l->name = memory_subject(l->memory, l->store, p->name);
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		if (*all[i] == NULL)
			return false;
		subject_seen(*all[i], l->session->start);
	}
	if (l->name != NULL)
		subject_seen(l->name, l->session->start);
	return l->name != NULL || p->name[0] == '\0';
}

bool
baseline_learn(struct baseline *b, struct store *store, const struct judge_case *c,
	       const struct verdict *v)
{
	const struct session *s = c->session;
	struct parties p;
	struct learning l = {.memory = b->memory,
			     .store = store,
			     .session = s,
			     .parties = &p,
			     .is_suspect = is_suspect(v),
			     .is_kept_from_it = loss_is_of_new(c->known),
			     .loss = lacks_offer(s) ? loss_of(c) : LOSS_NONE};

	/* Whether it is a change or an attack is yet to be seen. */
	l.is_suspect |= l.loss == LOSS_CHANGING;
	parties_of(s, &p);
	if (!meet(&l))
		return false;
	learn_offer(&l, v);
	learn_extensions(&l);
	learn_greeting(&l);
	learn_ehlo(&l);
	learn_request(&l);
	learn_tls(&l);
	learn_certificate(&l);
	learn_relay(&l, c->policy);
	learn_setbacks(&l, v);
	return !l.is_failed;
}

bool
baseline_names(struct baseline *b, struct store *store, const struct session *s,
	       const struct verdict *v, struct party_names *out)
{
	struct parties p;
	const struct subject *server;

	parties_of(s, &p);
	server = memory_subject(b->memory, store, p.server);
	if (server != NULL)
		names_of(s, v, &p, server, out);
	return server != NULL;
}

bool
baseline_was_offered(struct baseline *b, struct store *store, const struct session *s,
		     const char *client, bool *out)
{
	struct parties p;
	struct subject *pair;
	char key[SUBJECT_KEY_MAX];

	parties_of(s, &p);
	snprintf(key, sizeof(key), "pair %s %s", client, p.endpoint);
	pair = memory_subject(b->memory, store, key);
	if (pair == NULL)
		return false;
	*out = mark_tally(subject_mark(pair, MARK_OFFERED, ""), s->start).yes > 0;
	return true;
}

bool
baseline_absolve(struct baseline *b, struct store *store, const struct session *s)
{
	struct parties p;
	struct subject *server;

	parties_of(s, &p);
	server = memory_subject(b->memory, store, p.server);
	if (server != NULL)
		subject_absolve(server, MARK_OFFERED, "");
	return server != NULL;
}

bool
baseline_last_lower(struct baseline *b, struct store *store, const struct session *s, int64_t *out)
{
	struct parties p;
	const struct subject *server;
	char version[MARK_VALUE_MAX];

	*out = 0;
	parties_of(s, &p);
	server = memory_subject(b->memory, store, p.server);
	if (server == NULL)
		return false;
	snprintf(version, sizeof(version), "%04x", s->tls.version);
	for (size_t i = 0; i < server->count; i++) {
		const struct mark *m = &server->marks[i];

		if (m->kind == MARK_VERSION && strcmp(m->value, version) < 0 && m->last_yes > *out)
			*out = m->last_yes;
	}
	return true;
}

bool
baseline_take_back(struct baseline *b, struct store *store, const struct session *s)
{
	struct parties p;
	struct subject *pair;
	char version[MARK_VALUE_MAX];

	parties_of(s, &p);
	pair = memory_subject(b->memory, store, p.pair);
	if (pair == NULL)
		return false;
	snprintf(version, sizeof(version), "%04x", s->tls.version);
	if (s->tls.complete == FACT_YES)
		subject_take_back(pair, MARK_VERSION, version, true);
	else
		subject_take_back(pair, MARK_USED, "", false);
	return true;
}
