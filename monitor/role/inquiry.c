/*
 * What a watch asks of the checker; see inquiry.h. Two clocks: policies go by that
 * of the wall, which may jump, and what is due by one that nobody sets.
 */
#include "monitor/role/inquiry.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <sys/random.h>

#include "dissector/keyhash.h"
#include "monitor/clock.h"
#include "monitor/counted.h"
#include "monitor/log.h"
#include "monitor/policy/agenda.h"
#include "monitor/policy/known.h"
#include "monitor/policy/origin.h"
#include "monitor/policy/outage.h"
#include "monitor/rejudge.h"
#include "monitor/role/asker.h"

#define NETWORK_4 3 /* bytes of a client's address: its network is who brings names up */
#define NETWORK_6 8
#define REGION_4  2 /* ... and what one attacker may have many networks of */
#define REGION_6  4

#define HOST_DOMAINS 3 /* that a host's name lies in are asked for */

#define NOTHING_MS   900000 /* what is not there is not asked for again so soon */
#define REFRESH_MS   60000  /* between two looks for policies that are to be fetched anew */
#define REFRESH_MOST 16
#define FORGET_AFTER INT64_C(2592000000000) /* microseconds without an answer: 30 days */
#define SILENCE_MS   200000                 /* no look-up takes so long: lookup.h */
#define TELL_MS      60000                  /* between two lines on domains that are too many */

struct inquiry {
	struct intake *intake;
	struct status_bar *bar;
	struct asker *asker;
	struct agenda *agenda;
	struct outage outage;
	struct lookup_counts counts;
	uint8_t secret[16];
	bool is_refused;    /* by the database, while the checker was heard */
	bool is_told[2];    /* by enum outage_of: that it fails for all */
	uint64_t told_left; /* of counts.left_out */
	uint64_t put_off;   /* by a checker that has too much to do, since that was told */
	int64_t tell_left_due, tell_off_due; /* by clock_steady, like all times here */
	int64_t refresh_due;
	int64_t heard;             /* when the checker last said something, or had nothing to say */
	struct known_policy known; /* of the answer at hand: large */
};

/* Lines for people must not be written into another. */
static void
clear_line(void *ctx)
{
	struct inquiry *q = ctx;

	if (q->bar != NULL)
		status_bar_clear(q->bar);
	else
		intake_clear_progress(q->intake);
}

static uint64_t
hash_of(const struct inquiry *q, const struct domain *d)
{
	return keyhash(q->secret, d->text, strlen(d->text));
}

/* ---- Answers ---- */

/* The database refused: what was asked is asked again when it is back. */
static void
refuse(struct inquiry *q, const struct domain *d)
{
	q->is_refused = true;
	agenda_later(q->agenda, d, clock_steady());
}

static void
tell_outage(struct inquiry *q, enum outage_of kind, bool is_out, const char *what, const char *back)
{
	if (is_out == q->is_told[kind])
		return;
	q->is_told[kind] = is_out;
	clear_line(q);
	if (is_out)
		log_error("%s", what);
	else
		log_note("%s", back);
}

/* What came of asking, beside what comes of asking for others. */
static struct known_outage
note_outage(struct inquiry *q, const struct learnt *l)
{
	uint64_t domain = hash_of(q, &l->domain);
	bool is_dns_good = answer_is_known(l->sts_answer) || answer_is_known(l->mx_answer);
	struct known_outage out = {0};

	outage_note(&q->outage, OUTAGE_DNS, domain, is_dns_good);
	if (l->fetch != LEARNT_NOT_TRIED)
		outage_note(&q->outage, OUTAGE_FETCH, domain, l->fetch == LEARNT_FETCHED);
	out.is_dns =
	    !is_dns_good && (!l->was_served || outage_is_general(&q->outage, OUTAGE_DNS, domain));
	out.is_fetch =
	    l->fetch == LEARNT_NO_FETCH && outage_is_general(&q->outage, OUTAGE_FETCH, domain);
	if (is_dns_good || out.is_dns)
		tell_outage(q, OUTAGE_DNS, out.is_dns,
			    "look-ups: no resolver answers (name one that does with --resolver, or "
			    "leave look-ups out with --no-lookups); until one does, sessions are "
			    "judged by the policies that are known",
			    "look-ups: resolvers answer again");
	if (l->fetch == LEARNT_FETCHED || out.is_fetch)
		tell_outage(q, OUTAGE_FETCH, out.is_fetch,
			    "look-ups: no policy host can be reached over HTTPS (does a firewall "
			    "keep this machine from port 443, or is --ca-file not the right one?)",
			    "look-ups: policy hosts are reached again");
	return out;
}

/* Of a fetch that failed: when it may be tried again; else as of any failure. */
static void
ask_again(struct inquiry *q, const struct learnt *l, int64_t now)
{
	const struct sts_cache *c = &q->known.cache;
	int64_t span = (c->fetch_after - now) / 1000;

	if (l->fetch == LEARNT_NO_FETCH && c->fetch_after > now)
		agenda_put_off(q->agenda, &l->domain, span, clock_steady());
	else
		agenda_answered(q->agenda, &l->domain, false, clock_steady());
}

static bool
is_whole(const struct learnt *l)
{
	return answer_is_known(l->sts_answer) && answer_is_known(l->mx_answer) &&
	       l->fetch != LEARNT_NO_FETCH;
}

static void
detail(const struct inquiry *q, const struct learnt *l, int64_t now)
{
	log_detail("look-up of %s: MTA-STS %s, %zu MX hosts%s", l->domain.text,
		   sts_cache_status(&q->known.cache, now), l->mx.count,
		   is_whole(l) ? "" : "; not all could be had");
}

static void
count_time(struct lookup_counts *c, int64_t took)
{
	static const int64_t bounds[LOOKUP_BUCKETS - 1] = LOOKUP_BOUNDS;
	size_t i = 0;

	while (i < LOOKUP_BUCKETS - 1 && took > bounds[i])
		i++;
	c->took[i]++;
	c->took_ms += (uint64_t)took;
}

/* Draw the conclusions from an answer, and have sessions judged by them. False: the database
 * refused. */
static bool
record(struct inquiry *q, struct learnt *l, int64_t now)
{
	const struct known_outage outage = note_outage(q, l);
	struct recorder *recorder = q->intake->recorder;
	const struct known_policy *before;

	if (!recorder_known_policy(recorder, domain_bytes(&l->domain), &before))
		return false;
	known_after(before, l, &outage, now, &q->known);
	return (before == NULL && !known_says_something(&q->known)) ||
	       recorder_policy(recorder, &q->known, q->intake->config->json);
}

/* It is still asked: what the database refuses now comes again with the whole. */
static void
conclude_part(struct inquiry *q, struct learnt *l)
{
	if (record(q, l, clock_wall()))
		log_detail("look-up of %s: %zu MX hosts; its policy is still to come",
			   l->domain.text, l->mx.count);
	else
		q->is_refused = true;
}

static void
conclude(struct inquiry *q, struct learnt *l)
{
	const int64_t now = clock_wall();

	q->counts.answered++;
	count_time(&q->counts, agenda_took(q->agenda, &l->domain, q->heard));
	q->counts.failed += !is_whole(l);
	if (!record(q, l, now)) {
		refuse(q, &l->domain);
		return;
	}
	detail(q, l, now);
	/* Where its hosts stay what they were, they could not be had, either. */
	if (!is_whole(l) || q->known.learnt != now)
		ask_again(q, l, now);
	else if (known_doubts_policy(&q->known, now))
		agenda_put_off(q->agenda, &l->domain, LOOKUPS_AGAIN, clock_steady());
	else if (known_says_something(&q->known))
		agenda_answered(q->agenda, &l->domain, true, clock_steady());
	else
		agenda_rest(q->agenda, &l->domain, NOTHING_MS, clock_steady());
}

static void
on_learnt(void *ctx, struct learnt *l)
{
	struct inquiry *q = ctx;

	const bool is_away = q->is_refused || q->intake->recorder == NULL;

	q->heard = clock_steady();
	if (is_away && !l->is_part)
		refuse(q, &l->domain);
	else if (!is_away && agenda_is_asked(q->agenda, &l->domain))
		(l->is_part ? conclude_part : conclude)(q, l);
	learnt_free(l);
}

static void
on_not_now(void *ctx, const struct not_now *n)
{
	struct inquiry *q = ctx;

	q->heard = clock_steady();
	if (n->why == LOOKUPS_FULL && agenda_is_asked(q->agenda, &n->domain))
		q->put_off++;
	agenda_later(q->agenda, &n->domain, q->heard);
}

static void
on_lost(void *ctx)
{
	struct inquiry *q = ctx;
	size_t lost = agenda_lost(q->agenda, clock_steady());

	q->counts.lost += lost;
	clear_line(q);
	if (asker_has_failed(q->asker))
		log_error("no policies are looked up: sessions are judged without them (put right "
			  "what the checker says, then send SIGHUP or start again)");
	else if (lost > 0)
		log_note("checker: %s that it had not answered will be asked again",
			 counted(lost, "look-up").text);
}

/* ---- From start to end ---- */

static bool
begin(struct inquiry *q)
{
	const struct keeper_config *c = q->intake->config;
	const struct asker_config config = {
	    .starter = c->starter,
	    .checker = *c->lookups,
	    .ca_file = c->ca_file,
	    .learnt = on_learnt,
	    .not_now = on_not_now,
	    .lost = on_lost,
	    .speaks = clear_line,
	    .ctx = q,
	};

	if (getrandom(q->secret, sizeof(q->secret), 0) != sizeof(q->secret)) {
		log_error("no random numbers are to be had: %s", strerror(errno));
		return false;
	}
	q->agenda = agenda_new(q->secret);
	if (q->agenda == NULL) {
		log_error("out of memory");
		return false;
	}
	q->asker = asker_new(&config);
	return q->asker != NULL;
}

struct inquiry *
inquiry_new(struct intake *k, struct status_bar *bar)
{
	struct inquiry *q = calloc(1, sizeof(*q));

	if (q == NULL) {
		log_error("out of memory");
		return NULL;
	}
	q->intake = k;
	q->bar = bar;
	q->heard = clock_steady();
	if (begin(q))
		return q;
	inquiry_free(q);
	return NULL;
}

void
inquiry_free(struct inquiry *q)
{
	if (q == NULL)
		return;
	asker_free(q->asker);
	agenda_free(q->agenda);
	free(q);
}

size_t
inquiry_pending(const struct inquiry *q)
{
	return asker_has_failed(q->asker) ? 0 : agenda_asked(q->agenda);
}

struct lookup_counts
inquiry_counts(const struct inquiry *q)
{
	struct lookup_counts counts = q->counts;

	counts.waiting = agenda_asked(q->agenda) + agenda_waiting(q->agenda);
	return counts;
}

bool
inquiry_is_up(const struct inquiry *q)
{
	return asker_is_up(q->asker);
}

uint64_t
inquiry_restarts(const struct inquiry *q)
{
	return asker_restarts(q->asker);
}

void
inquiry_tell_rest(struct inquiry *q)
{
	const struct lookup_counts counts = inquiry_counts(q);

	if (counts.waiting == 0)
		return;
	clear_line(q);
	log_note("look-ups: %s not answered: what went there is judged by what was known before",
		 counted(counts.waiting, "domain").text);
}

/* ---- What is wanted ---- */

static uint64_t
network_hash(const struct inquiry *q, const struct session *s, size_t length)
{
	struct address network = {.family = s->client.family};

	memcpy(network.b, s->client.b, length);
	return keyhash(q->secret, &network, sizeof(network));
}

/* The network of the client as a number, below it that of its region. */
static uint64_t
origin_of(const struct inquiry *q, const struct session *s)
{
	const bool is_4 = s->client.family == 4;

	return origin_make(network_hash(q, s, is_4 ? REGION_4 : REGION_6),
			   network_hash(q, s, is_4 ? NETWORK_4 : NETWORK_6));
}

static void
want(struct inquiry *q, const struct domain *d, uint64_t origin)
{
	if (!agenda_want(q->agenda, d, origin, clock_steady()))
		q->counts.left_out++;
}

static bool
consider(struct inquiry *q, const struct session *s, struct bytes recipient)
{
	const struct known_policy *known;
	struct domain domain;

	if (domain_read(recipient, &domain) != DOMAIN_OK)
		return true;
	if (!recorder_known_policy(q->intake->recorder, domain_bytes(&domain), &known))
		return false;
	if (known == NULL || known_is_due_for(known, s, clock_wall()))
		want(q, &domain, origin_of(q, s));
	return true;
}

/* Where TLS hides the recipients: the domains that are known to have this host. */
static void
consider_host(struct inquiry *q, const struct session *s)
{
	const struct known_policy *known[DESTINATIONS_MAX];
	size_t count = recorder_known_at(q->intake->recorder, s, known, DESTINATIONS_MAX);

	for (size_t i = 0; i < count; i++)
		if (known_is_due_for(known[i], s, clock_wall()))
			want(q, &known[i]->domain, origin_of(q, s));
}

/* Those by their addresses have no policy that could be asked for. */
static bool
consider_smart_hosts(struct inquiry *q, const struct session *s)
{
	const struct smart_hosts *h = q->intake->config->smart_hosts;

	for (size_t i = 0; h != NULL && i < h->count; i++)
		if (h->list[i].name.text[0] != '\0' &&
		    !consider(q, s, domain_bytes(&h->list[i].name)))
			return false;
	return true;
}

/*
 * Where no recipient was seen the domain may be one that the server's name lies in: of
 * mx.a.example.net a.example.net, then example.net. Only what then names this host as its MX
 * is judged by. Not asked where a certificate is not to be seen: nothing would come of it.
 */
static bool
consider_parents(struct inquiry *q, const struct session *s)
{
	struct domain asked;
	struct bytes name;

	if (!s->certificate.is_seen || !destination_asked(s, &asked))
		return true;
	name = domain_bytes(&asked);
	for (int i = 0; i < HOST_DOMAINS; i++) {
		name = bytes_after(name, bytes_find(name, '.') + 1);
		if (bytes_find(name, '.') == name.len)
			return true;
		if (!consider(q, s, name))
			return false;
	}
	return true;
}

bool
inquiry_heard(struct inquiry *q, const struct session *s)
{
	/* Policies speak of mail between servers alone. */
	if (s->service != SERVICE_SMTP || asker_has_failed(q->asker))
		return true;
	if (!consider_smart_hosts(q, s))
		return false;
	if (s->rcpt_count == 0) {
		consider_host(q, s);
		return consider_parents(q, s);
	}
	for (size_t i = 0; i < s->rcpt_count && i < RECIPIENTS_MAX; i++)
		if (!consider(q, s, s->rcpt_domains[i]))
			return false;
	return true;
}

static void
refresh_one(void *ctx, const char *name)
{
	const struct bytes text = bytes_text(name);
	struct inquiry *q = ctx;
	struct domain domain;

	if (domain_read(text, &domain) == DOMAIN_OK)
		want(q, &domain, 0);
}

/* Policies are fetched ahead of their end, whether mail is seen or not; what is old is forgotten.
 */
static bool
refresh(struct inquiry *q)
{
	const int64_t now = clock_wall();
	struct recorder *recorder = q->intake->recorder;

	/* What is read from a saved capture has an end itself. */
	if (q->intake->config->interface_count == 0 || clock_steady() < q->refresh_due)
		return true;
	q->refresh_due = clock_steady() + REFRESH_MS;
	return recorder_policies_due(recorder, now, REFRESH_MOST, refresh_one, q) &&
	       recorder_forget_policies(recorder, now - FORGET_AFTER, now);
}

/* ---- Asking ---- */

/* False where the database refused. */
static bool
ask_one(struct inquiry *q, const struct agenda_item *item, bool *is_taken)
{
	struct lookup_request r = {
	    .domain = item->domain, .now = clock_wall(), .origin = item->origin};
	const struct known_policy *known;

	if (!recorder_known_policy(q->intake->recorder, domain_bytes(&r.domain), &known))
		return false;
	r.is_known = known != NULL;
	if (known != NULL)
		r.cache = known->cache;
	/* As if it had expired, so that it is fetched whatever its id. */
	if (known != NULL && known_doubts_policy(known, r.now))
		r.cache.max_age = 0;
	*is_taken = asker_ask(q->asker, &r);
	if (*is_taken)
		q->counts.asked++;
	else
		agenda_later(q->agenda, &r.domain, clock_steady());
	return true;
}

static bool
ask_all(struct inquiry *q)
{
	const struct agenda_item *item;
	bool is_taken = true;

	while (is_taken && asker_descriptor(q->asker) >= 0 &&
	       (item = agenda_next(q->agenda, clock_steady())) != NULL)
		if (!ask_one(q, item, &is_taken)) {
			agenda_later(q->agenda, &item->domain, clock_steady());
			return false;
		}
	return true;
}

/* One that is stopped, or goes round in circles, answers nobody any more. */
static void
end_silent(struct inquiry *q)
{
	if (agenda_asked(q->agenda) == 0 || asker_descriptor(q->asker) < 0)
		q->heard = clock_steady();
	if (clock_steady() - q->heard > SILENCE_MS)
		asker_replace(q->asker, "said nothing for minutes, and was ended");
}

/* Every minute, and not for each. */
static void
tell_too_many(struct inquiry *q)
{
	const uint64_t more = q->counts.left_out - q->told_left;
	const int64_t now = clock_steady();

	if (more > 0 && now >= q->tell_left_due) {
		clear_line(q);
		log_error("look-ups: too many domains at once: %s not asked for (each will be when "
			  "mail for it is seen again)",
			  counted(more, "more domain").text);
		q->told_left = q->counts.left_out;
		q->tell_left_due = now + TELL_MS;
	}
	if (q->put_off > 0 && now >= q->tell_off_due) {
		clear_line(q);
		log_error("look-ups: too many domains at once: %s put off (each will be asked for "
			  "again)",
			  counted(q->put_off, "domain").text);
		q->put_off = 0;
		q->tell_off_due = now + TELL_MS;
	}
}

struct pollfd
inquiry_poll(const struct inquiry *q)
{
	struct pollfd end = {.fd = -1, .events = POLLIN};

	if (q->intake->recorder == NULL)
		return end;
	end.fd = asker_descriptor(q->asker);
	if (asker_wants_out(q->asker))
		end.events |= POLLOUT;
	return end;
}

int
inquiry_patience(const struct inquiry *q, int most)
{
	int64_t due = agenda_wait(q->agenda, clock_steady());
	int restart = asker_wait(q->asker);

	/* Until the database is back nothing is done, whatever is due. */
	if (q->intake->recorder == NULL)
		return most;
	if (restart >= 0 && restart < most)
		most = restart;
	/* While there is no checker nothing can be asked. */
	if (due >= 0 && due < most && asker_descriptor(q->asker) >= 0)
		most = (int)due;
	return most;
}

bool
inquiry_run(struct inquiry *q)
{
	if (q->intake->recorder == NULL)
		return true;
	q->is_refused = false;
	asker_run(q->asker);
	end_silent(q);
	tell_too_many(q);
	return !q->is_refused && refresh(q) && ask_all(q);
}
