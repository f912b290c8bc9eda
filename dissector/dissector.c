/*
 * The front door; see dissector.h. Finds each packet's flow, begins and ends
 * flows, and tells what they came to.
 *
 * Room is given up in this order: flows that were told already, flows that
 * linger after their end, flows without payload if they are many (else those that
 * begin would end each other), flows with ciphertext alone, then whichever has
 * been idle longest.
 */
#include "dissector/dissector.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "dissector/facts.h"
#include "dissector/news.h"
#include "dissector/roster.h"
#include "dissector/steady.h"

/* How the budget is shared, in sixty-fourths. */
#define SHARE_EVIDENCE  8
#define SHARE_FLOWS     5
#define SHARE_CELLS     3
#define SHARE_CELLS_MAX 24 /* ... while the pool does not need the rest */
#define SHARE_WAITING   2
/* Fragments take FRAGMENTS_MAX datagrams or this share, whichever is less; the pool the rest. */
#define SHARE_FRAGMENTS 4
#define FRAGMENTS_MAX   64

/* Flows are given up before less than this part of the pool is left. */
#define POOL_SPARE 64

#define YOUNG_PART 8 /* of a full table as much is for flows without payload */

/* How long a flow may be silent, microseconds. */
#define IDLE_US   900000000 /* RFC 5321 section 4.5.3.2 lets an end wait 10 minutes */
#define YOUNG_US  120000000 /* a connection attempt: RFC 9293 section 3.8.3 retries that long */
#define LINGER_US 10000000  /* after a reset or the last FIN: what contradicts it comes at once */
#define STONE_US  60000000  /* late packets of a session that was told */

#define LARGE_PAGE ((size_t)2 << 20) /* bytes */

#define NEWS_MAX 1024 /* conversations that wait to be told as under way */

struct dissector {
	struct dissector_config config;
	struct workshop workshop;
	struct roster roster;
	struct fragments *fragments;
	struct facts facts;
	struct dissector_counts counts;
	struct steady time;
	int64_t swept;    /* when all queues were looked at last */
	int64_t patience; /* nothing is due until so long behind that */
	/* With something to tell before their end; some may be over meanwhile, or others. */
	struct flow *news[NEWS_MAX];
	size_t news_count;
	void *memory;
};

static size_t
share(size_t budget, size_t parts)
{
	return budget / 64 * parts & ~(size_t)63;
}

/* Cut the one block of memory into its tables. */
static void
lay_out(struct dissector *d, uint8_t *at, size_t budget)
{
	const struct roster_shares shares = {
	    .flows = share(budget, SHARE_FLOWS),
	    .cells = share(budget, SHARE_CELLS),
	    .cells_max = share(budget, SHARE_CELLS_MAX),
	};
	size_t evidence = share(budget, SHARE_EVIDENCE), waiting = share(budget, SHARE_WAITING);
	size_t fragments = share(budget, SHARE_FRAGMENTS);
	struct pool *pool = &d->workshop.pool;
	uint8_t *end = at + budget;
	uint32_t datagrams = FRAGMENTS_MAX;

	if (waiting < WAITING_ROOM_MIN)
		waiting = (WAITING_ROOM_MIN + 63) & ~(size_t)63;
	while (datagrams > FRAGMENT_DATAGRAMS_MIN && fragments_size(datagrams) > fragments)
		datagrams /= 2;
	evidence_init(&d->workshop.evidence, at, evidence);
	at += evidence;
	waiting_room_init(&d->workshop.room, at, waiting, pool);
	at += waiting;
	d->fragments = fragments_init(at, datagrams, d->config.secret);
	at += (fragments_size(datagrams) + 63) & ~(size_t)63;
	roster_init(&d->roster, at, (size_t)(end - at), &shares, pool, d->config.secret);
}

/*
 * Tables are met with at random: with pages of 4 KiB most of that time goes
 * into finding the pages. A wish, which a system without large ones ignores.
 */
static void
use_large_pages(uint8_t *at, size_t size)
{
#ifdef MADV_HUGEPAGE
	size_t before = (LARGE_PAGE - (uintptr_t)at % LARGE_PAGE) % LARGE_PAGE;

	if (size > before)
		madvise(at + before, (size - before) / LARGE_PAGE * LARGE_PAGE, MADV_HUGEPAGE);
#else
	(void)at;
	(void)size;
#endif
}

struct dissector *
dissector_new(const struct dissector_config *config)
{
	struct dissector *d;

	if (config->budget < DISSECTOR_BUDGET_MIN || !(d = calloc(1, sizeof(*d))))
		return NULL;
	/* Zeroed memory of this size is not touched before it is used. */
	d->memory = calloc(1, config->budget);
	if (!d->memory) {
		free(d);
		return NULL;
	}
	use_large_pages(d->memory, config->budget);
	d->config = *config;
	d->workshop.digests = &d->config.digests;
	steady_init(&d->time, IDLE_US);
	d->swept = INT64_MIN;
	lay_out(d, d->memory, config->budget);
	return d;
}

void
dissector_free(struct dissector *d)
{
	if (!d)
		return;
	free(d->memory);
	free(d);
}

/* What is left of it needs no reading, and there is no other between the same ends. */
static void
withhold(struct dissector *d, struct conversation *c)
{
	if (!d->config.gate.withhold || c->is_contested || c->flow->key.is_rival ||
	    !conversation_may_be_withheld(c))
		return;
	c->is_withheld = true;
	d->config.gate.withhold(d->config.gate.ctx, &c->flow->key);
}

/* All between its ends is wanted again. It is not read on itself: too much of it is missing. */
static void
admit(struct dissector *d, struct conversation *c)
{
	if (c->is_withheld)
		d->config.gate.admit(d->config.gate.ctx, &c->flow->key);
}

/* Whether a flow that seems idle was only withheld. */
static bool
goes_on(struct dissector *d, struct conversation *c)
{
	uint64_t withheld;

	if (!c->is_withheld)
		return false;
	withheld = d->config.gate.withheld(d->config.gate.ctx, &c->flow->key);
	if (withheld == c->withheld)
		return false;
	c->withheld = withheld;
	return true;
}

/* The session is over: make its facts final, tell them, give its memory back. The slot stays. */
static void
tell(struct dissector *d, struct conversation *c, enum ending ending)
{
	if (c->is_told)
		return;
	c->is_told = true;
	seat_of(c)->is_news = false;
	admit(d, c);
	ending = conversation_finish(c, &d->workshop, ending);
	if (!c->has_payload) {
		d->counts.flows_empty++;
	} else {
		const struct session *s = facts_build(&d->facts, c, &d->workshop, ending);

		d->counts.sessions++;
		if (d->config.session)
			d->config.session(d->config.ctx, s, &d->workshop.evidence, &c->kept);
	}
	conversation_clear(c, &d->workshop);
	conversation_reduce(c);
}

/* The other of two connections between the same ends; NULL where there is one alone. */
static struct conversation *
other_of(struct dissector *d, const struct conversation *c)
{
	struct flow_key key = c->flow->key;

	if (!c->is_contested && !key.is_rival)
		return NULL;
	key.is_rival = !key.is_rival;
	return roster_find(&d->roster, &key);
}

/* It is the only one between its ends from now on. */
static void
stand_alone(struct dissector *d, struct conversation *c)
{
	struct flow_key key = c->flow->key;

	c->is_contested = false;
	key.is_rival = 0;
	if (c->flow->key.is_rival)
		flow_rekey(&d->roster.flows, c->flow, &key);
}

static void
end(struct dissector *d, struct conversation *c, enum ending ending)
{
	struct conversation *other = other_of(d, c);

	tell(d, c, c->is_succeeded && ending != ENDING_EVICTED ? ENDING_REUSED : ending);
	roster_remove(&d->roster, c);
	if (other)
		stand_alone(d, other);
}

/* The next to be given up, by the order that the head of this file states; NULL for none. */
static struct flow *
least(const struct dissector *d)
{
	const struct flow_table *t = &d->roster.flows;
	struct flow *f;

	for (int queue = 0; queue < FLOW_QUEUES; queue++) {
		if (queue == QUEUE_YOUNG && t->queue[queue].count < t->count / YOUNG_PART)
			continue;
		f = flow_oldest(t, (enum flow_queue)queue);
		if (f)
			return f;
	}
	return flow_oldest(t, QUEUE_YOUNG);
}

/* Give up one flow; false where there is none. */
static bool
evict(struct dissector *d)
{
	struct flow *f = least(d);

	if (!f)
		return false;
	if (f->queue > QUEUE_CLOSING)
		d->counts.evicted++;
	end(d, roster_wake(&d->roster, f), ENDING_EVICTED);
	return true;
}

/*
 * A new turn, with as much left of the pool as it may take: conversations go to
 * rest for it, and then whoever is under way is given up and told rather than kept
 * with facts missing.
 */
static void
make_room(struct dissector *d)
{
	const struct pool *pool = &d->workshop.pool;

	roster_turn(&d->roster);
	while (pool_is_short(pool, pool->count / POOL_SPARE) &&
	       (roster_yield(&d->roster) || evict(d)))
		roster_turn(&d->roster);
}

/* End what has been silent too long in one queue. */
static void
sweep_queue(struct dissector *d, enum flow_queue queue, int64_t silence)
{
	for (;;) {
		struct conversation *c;
		struct flow *f;
		int64_t left; /* until it has been silent too long */

		make_room(d);
		f = flow_oldest(&d->roster.flows, queue);
		if (!f)
			return;
		left = silence - (d->time.now - f->touched);
		if (left >= 0) {
			d->patience = left < d->patience ? left : d->patience;
			return;
		}
		c = roster_wake(&d->roster, f);
		if (goes_on(d, c)) {
			flow_touch(&d->roster.flows, f, d->time.now);
			continue;
		}
		if (queue != QUEUE_CLOSING) {
			end(d, c, ENDING_IDLE);
			continue;
		}
		tell(d, c, ENDING_IDLE);
		flow_move(&d->roster.flows, f, QUEUE_TOLD, d->time.now);
		roster_rest(&d->roster, c);
	}
}

/*
 * Each session is told when its time is up, not when somebody happens to look:
 * what it is judged beside must not hang on that. What enters a queue from now
 * on is due behind the shortest silence at the earliest.
 */
static void
sweep(struct dissector *d)
{
	if (d->swept != INT64_MIN && d->time.now >= d->swept &&
	    d->time.now - d->swept <= d->patience)
		return;
	d->swept = d->time.now;
	d->patience = LINGER_US;
	sweep_queue(d, QUEUE_TOLD, STONE_US);
	sweep_queue(d, QUEUE_CLOSING, LINGER_US);
	sweep_queue(d, QUEUE_YOUNG, YOUNG_US);
	sweep_queue(d, QUEUE_SETTLED, IDLE_US);
	sweep_queue(d, QUEUE_OPEN, IDLE_US);
}

void
dissector_expire(struct dissector *d, int64_t now)
{
	steady_expire(&d->time, now);
	sweep(d);
}

void
dissector_step(struct dissector *d, int64_t by)
{
	steady_step(&d->time, by);
}

/* Which end is the server: by the SYN, else by the port that is watched. */
static bool
source_is_server(const struct dissector *d, const struct packet *p)
{
	bool source = d->config.service[p->source_port] != SERVICE_NONE;
	bool destination = d->config.service[p->destination_port] != SERVICE_NONE;

	if (p->flags & TCP_SYN)
		return (p->flags & TCP_ACK) != 0;
	if (source != destination)
		return source;
	return p->source_port < p->destination_port;
}

/* A flow for a packet that has none; NULL where it is no beginning of a mail session. */
static struct conversation *
begin(struct dissector *d, const struct flow_key *key, const struct packet *p, bool is_low)
{
	bool by_server = source_is_server(d, p);
	uint8_t service = d->config.service[by_server ? p->source_port : p->destination_port];
	struct conversation *c;

	if (service == SERVICE_NONE || p->flags & TCP_RST ||
	    (!(p->flags & TCP_SYN) && p->payload.len == 0))
		return NULL;
	c = roster_add(&d->roster, key, d->time.now);
	if (!c) {
		(void)evict(d);
		c = roster_add(&d->roster, key, d->time.now);
	}
	d->counts.flows++;
	conversation_begin(c, p, !by_server, is_low, (enum service)service);
	c->losses = d->workshop.losses;
	return c;
}

/* Where the flow now belongs. */
static void
place(struct dissector *d, struct conversation *c, enum after after)
{
	enum flow_queue queue = QUEUE_YOUNG;

	if (after == AFTER_CLOSED) {
		tell(d, c, ENDING_FIN);
		queue = QUEUE_TOLD;
	} else if (after == AFTER_CLOSING || after == AFTER_RESET) {
		queue = QUEUE_CLOSING;
	} else if (conversation_is_settled(c)) {
		queue = QUEUE_SETTLED;
	} else if (c->has_payload) {
		queue = QUEUE_OPEN;
	}
	if (queue == c->flow->queue) {
		flow_touch(&d->roster.flows, c->flow, d->time.now);
		return;
	}
	if (queue == QUEUE_SETTLED)
		conversation_settle(c, &d->workshop);
	if (queue == QUEUE_CLOSING)
		(void)goes_on(d, c); /* what was withheld up to here */
	flow_move(&d->roster.flows, c->flow, queue, d->time.now);
}

/* Once its mark is gone (for room, or by a SYN that was forged) it comes again. */
static void
withhold_again(struct dissector *d, struct conversation *c, const struct packet *p)
{
	if (c->is_withheld && !c->is_told && !c->is_contested && p->payload.len > 0 &&
	    !(p->flags & (TCP_SYN | TCP_FIN | TCP_RST)))
		d->config.gate.withhold(d->config.gate.ctx, &c->flow->key);
}

/* Which of two connections between the same ends the packet is of. */
static struct conversation *
party(struct dissector *d, struct conversation *c, const struct packet *p, bool is_low)
{
	struct conversation *rival = other_of(d, c);

	if (rival && conversation_distance(rival, p, is_low) < conversation_distance(c, p, is_low))
		return rival;
	return c;
}

static bool
is_over(const struct conversation *c)
{
	return c->is_told || conversation_is_leaving(c);
}

static bool
is_silent(const struct dissector *d, const struct conversation *c, int64_t silence)
{
	return d->time.now - c->flow->touched > silence;
}

/* Whether a rival's place may be taken by another one. */
static bool
is_weak(const struct dissector *d, const struct conversation *rival)
{
	return !conversation_is_answered(rival) || is_silent(d, rival, YOUNG_US);
}

/* Nothing is lost with it: or it was closed behind a handshake, where nobody is seen to say QUIT.
 */
static bool
may_go(const struct conversation *c)
{
	return is_over(c) || (c->flow->queue == QUEUE_CLOSING && conversation_is_settled(c));
}

/*
 * Make room for a connection beside those between the same ends: one of two has
 * to go, and none that goes on. False where none can.
 */
static bool
make_way(struct dissector *d, struct conversation *c)
{
	struct conversation *other = other_of(d, c);
	struct conversation *old = c->flow->key.is_rival ? other : c;
	struct conversation *rival = c->flow->key.is_rival ? c : other;

	if (may_go(c))
		end(d, c, ENDING_REUSED);
	else if (!other)
		return true;
	else if (may_go(other))
		end(d, other, ENDING_REUSED);
	else if (is_weak(d, rival))
		end(d, rival, ENDING_REUSED);
	else if (old->is_succeeded && is_silent(d, old, LINGER_US))
		end(d, old, ENDING_REUSED);
	else
		return false;
	return true;
}

/*
 * Begin a connection between ends that have one: with it, not in its place, for
 * what asks for it may be forged. Each packet is of the one that it fits, and
 * the old one ends when its own ends are silent.
 */
static struct conversation *
begin_beside(struct dissector *d, const struct flow_key *key, const struct packet *p, bool is_low)
{
	struct flow_key beside = *key;
	struct conversation *old = roster_find(&d->roster, key);
	struct conversation *c;

	beside.is_rival = old != NULL;
	c = begin(d, &beside, p, is_low);
	if (!c || !old)
		return c;
	/* It may have been given up for room just now. */
	old = roster_find(&d->roster, key);
	if (old) {
		old->is_contested = true;
		admit(d, old);
	} else {
		stand_alone(d, c);
	}
	return c;
}

/* Tell it as it stands: all that is known of it stays. */
static void
tell_under_way(struct dissector *d, struct conversation *c)
{
	struct session *s = &d->facts.session;

	seat_of(c)->is_news = false;
	facts_build(&d->facts, c, &d->workshop, ENDING_CAPTURE);
	s->is_under_way = true;
	if (d->config.session)
		d->config.session(d->config.ctx, s, &d->workshop.evidence, &c->kept);
}

void
dissector_report(struct dissector *d)
{
	for (size_t i = 0; i < d->news_count; i++) {
		struct seat *seat = (struct seat *)(void *)d->news[i];

		if (!seat->is_news)
			continue;
		make_room(d);
		if (seat->is_news)
			tell_under_way(d, roster_wake(&d->roster, d->news[i]));
	}
	d->news_count = 0;
}

void
dissector_note_loss(struct dissector *d)
{
	d->workshop.losses++;
}

/* After each packet: whether something was decided that should be told soon. */
static void
look_for_news(struct dissector *d, struct conversation *c)
{
	uint64_t news = news_of(c);

	if (news == c->news || c->is_told)
		return;
	c->news = news;
	if (seat_of(c)->is_news)
		return;
	seat_of(c)->is_news = true;
	d->news[d->news_count++] = c->flow;
}

/* The old one is succeeded while its rival's client goes on and it is silent itself. */
static void
weigh(struct dissector *d, struct conversation *c, const struct packet *p, bool is_low)
{
	struct conversation *old = c->flow->key.is_rival ? other_of(d, c) : NULL;

	c->is_succeeded = false;
	if (old && p->payload.len > 0 && is_low == c->client_is_low)
		old->is_succeeded = true;
}

static void
feed_segment(struct dissector *d, const struct packet *p)
{
	bool is_low;
	struct flow_key key = flow_key_of(p, &is_low);
	struct conversation *c;

	d->counts.segments++;
	if (d->news_count == NEWS_MAX)
		dissector_report(d);
	make_room(d);
	c = roster_find(&d->roster, &key);
	if (c && c->is_contested)
		c = party(d, c, p, is_low);
	if (c && conversation_is_another(c, p, is_low, c->flow->queue <= QUEUE_CLOSING)) {
		if (!make_way(d, c))
			return;
		c = NULL;
	}
	if (c && c->is_told)
		return;
	if (!c && !(c = begin_beside(d, &key, p, is_low)))
		return;
	place(d, c, conversation_packet(c, &d->workshop, p, is_low));
	weigh(d, c, p, is_low);
	if (c->is_withheld)
		withhold_again(d, c, p);
	else if (c->flow->queue == QUEUE_SETTLED)
		withhold(d, c);
	if (d->config.has_reports)
		look_for_news(d, c);
	if (c->is_told)
		roster_rest(&d->roster, c);
}

void
dissector_feed(struct dissector *d, const struct captured *in)
{
	struct captured steady = *in;
	struct packet p;
	enum packet_got got;
	bool has_leapt = steady_take(&d->time, in->time);

	if (!has_leapt)
		sweep(d);
	d->counts.packets++;
	d->counts.bytes += in->wire_len;
	/* Fragments wait for each other by the time here. */
	steady.time = d->time.now;
	got = packet_read(&steady, d->fragments, &p);
	p.time = in->time;
	d->counts.got[got]++;
	if (got == PACKET_TCP && (d->config.service[p.source_port] != SERVICE_NONE ||
				  d->config.service[p.destination_port] != SERVICE_NONE))
		feed_segment(d, &p);
	/* Its own flow, at least, is not silent. */
	if (has_leapt)
		sweep(d);
}

void
dissector_finish(struct dissector *d)
{
	for (int queue = 0; queue < FLOW_QUEUES; queue++) {
		struct flow *f;

		while ((f = flow_oldest(&d->roster.flows, (enum flow_queue)queue))) {
			roster_turn(&d->roster);
			end(d, roster_wake(&d->roster, f), ENDING_CAPTURE);
		}
	}
}

struct dissector_flows
dissector_flows(const struct dissector *d)
{
	return (struct dissector_flows){d->counts.flows, d->counts.flows_empty};
}

struct dissector_counts
dissector_counts(const struct dissector *d)
{
	struct dissector_counts counts = d->counts;

	counts.flows_open = d->roster.flows.in_use;
	counts.gaps = d->workshop.gaps;
	counts.gap_bytes = d->workshop.gap_bytes;
	counts.checksum_wrong = d->workshop.checksum_wrong;
	counts.pool_refusals = d->workshop.pool.refusals;
	counts.wait_refusals = d->workshop.room.refusals;
	counts.fragments = fragments_counts(d->fragments);
	return counts;
}
