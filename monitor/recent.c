/*
 * Each session is kept as the message that it came in (without its evidence):
 * small, whole, and checked again when it is read.
 */
#include "monitor/recent.h"

#include <stdlib.h>
#include <string.h>

#include "monitor/policy/destination.h"
#include "monitor/role/packer.h"
#include "monitor/role/session_message.h"

struct past {
	int64_t id; /* 0: none */
	int64_t start;
	uint64_t bits; /* one for each key: which may be among them */
	uint8_t *body;
	size_t len;
	struct history known;
};

struct recent {
	struct past ring[RECENT_MAX];
	size_t next; /* where the next one goes */
	size_t bytes;
	int64_t newest, window; /* microseconds */
	uint8_t *scratch;       /* MESSAGE_MAX */
	struct session_message message;
};

struct recent *
recent_new(int64_t window)
{
	struct recent *r = calloc(1, sizeof(*r));

	if (r == NULL)
		return NULL;
	r->window = window;
	r->scratch = malloc(MESSAGE_MAX);
	if (r->scratch != NULL)
		return r;
	free(r);
	return NULL;
}

static void
forget(struct recent *r, struct past *p)
{
	r->bytes -= p->len;
	free(p->body);
	p->body = NULL;
	p->len = 0;
	p->id = 0;
}

void
recent_drop(struct recent *r)
{
	for (size_t i = 0; i < RECENT_MAX; i++)
		forget(r, &r->ring[i]);
}

void
recent_free(struct recent *r)
{
	if (r == NULL)
		return;
	recent_drop(r);
	free(r->scratch);
	free(r);
}

/* FNV-1a: a collision costs a look, no more. */
static uint64_t
bit_of(struct bytes domain)
{
	uint64_t hash = UINT64_C(14695981039346656037);

	for (size_t i = 0; i < domain.len; i++)
		hash = (hash ^ domain.at[i]) * UINT64_C(1099511628211);
	return UINT64_C(1) << (hash >> 58);
}

struct each_key {
	void (*look)(void *ctx, struct bytes key);
	void *ctx;
};

/* The keys of a session, one by one. */
static void
walk_keys(const struct session *s, const struct each_key *each)
{
	struct domain name;

	for (size_t i = 0; i < s->rcpt_count; i++)
		if (destination_recipient(s, i, &name))
			each->look(each->ctx, domain_bytes(&name));
	if (destination_asked(s, &name))
		each->look(each->ctx, domain_bytes(&name));
	each->look(each->ctx, (struct bytes){s->server.b, s->server.family == 4 ? 4 : 16});
}

static void
add_bit(void *ctx, struct bytes key)
{
	uint64_t *bits = ctx;

	*bits |= bit_of(key);
}

static struct past *
back(struct recent *r, size_t steps)
{
	return &r->ring[(r->next + (size_t)2 * RECENT_MAX - 1 - steps) % RECENT_MAX];
}

/* A place for len bytes; what is oldest makes way. */
static struct past *
place_for(struct recent *r, size_t len)
{
	struct past *p = &r->ring[r->next];

	r->next = (r->next + 1) % RECENT_MAX;
	forget(r, p);
	for (size_t i = RECENT_MAX; i-- > 0 && r->bytes + len > RECENT_BYTES;)
		forget(r, back(r, i));
	return p;
}

static void
keep(struct recent *r, int64_t id, const struct session *s, const struct history *h,
     struct bytes body)
{
	uint8_t *copy = malloc(body.len);
	struct past *p;

	if (copy == NULL)
		return;
	memcpy(copy, body.at, body.len);
	p = place_for(r, body.len);
	*p = (struct past){.id = id, .start = s->start, .body = copy, .len = body.len, .known = *h};
	walk_keys(s, &(struct each_key){add_bit, &p->bits});
	r->bytes += body.len;
	if (s->start > r->newest)
		r->newest = s->start;
}

void
recent_add(struct recent *r, int64_t id, const struct session *s, const struct history *h)
{
	struct packer p = packer_over(r->scratch, MESSAGE_MAX);

	if (s->rcpt_count == 0 && !s->certificate.is_seen && s->smtp.offered != FACT_NO)
		return;
	session_message_put(&p, s, NULL, NULL);
	if (p.is_short || p.len <= MESSAGE_HEADER || p.len > RECENT_BYTES)
		return;
	keep(r, id, s, h, (struct bytes){p.at + MESSAGE_HEADER, p.len - MESSAGE_HEADER});
}

void
recent_replace(struct recent *r, int64_t id, const struct session *s, const struct history *h)
{
	for (size_t i = 0; i < RECENT_MAX; i++) {
		struct past *p = back(r, i);

		if (p->id != id)
			continue;
		forget(r, p);
		break;
	}
	recent_add(r, id, s, h);
}

void
recent_know(struct recent *r, int64_t id, const struct history *h)
{
	for (size_t i = 0; i < RECENT_MAX; i++)
		if (r->ring[i].id == id)
			r->ring[i].known = *h;
}

struct seeking {
	const struct recent_keys *sought;
	bool is_found;
};

static void
compare(void *ctx, struct bytes key)
{
	struct seeking *s = ctx;

	for (size_t i = 0; i < s->sought->count && !s->is_found; i++)
		s->is_found = key.len > 0 && bytes_equal(s->sought->keys[i], key);
}

static bool
has_key(const struct session *s, const struct recent_keys *sought)
{
	struct seeking seeking = {sought, false};

	walk_keys(s, &(struct each_key){compare, &seeking});
	return seeking.is_found;
}

bool
recent_walk(struct recent *r, const struct recent_keys *sought,
	    bool (*tell)(void *ctx, int64_t id, const struct session *s, const struct history *h),
	    void *ctx)
{
	uint64_t bits = 0;

	for (size_t i = 0; i < sought->count; i++)
		add_bit(&bits, sought->keys[i]);
	for (size_t i = 0; i < RECENT_MAX; i++) {
		const struct past *p = back(r, i);

		if (p->id == 0 || (p->bits & bits) == 0 || r->newest - p->start > r->window ||
		    !session_message_get((struct bytes){p->body, p->len}, &r->message) ||
		    !has_key(&r->message.session, sought))
			continue;
		if (!tell(ctx, p->id, &r->message.session, &p->known))
			return false;
	}
	return true;
}
