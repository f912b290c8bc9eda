/*
 * Pieces of IPv4 and IPv6 datagrams to whole ones; the rules are in fragment.h.
 *
 * Every datagram has a buffer for the largest one, so that a piece is copied
 * once, to its place, and later pieces are compared with what lies there. Pages
 * that no datagram reaches are never touched.
 *
 * Slots are linked twice: by the hash of their key, and in one of two queues by
 * age. Room is made from the finished ones first, then from those that wait;
 * never from the one that was given out last, for the piece that needs room may
 * lie inside it (fragments within a tunnel that was itself fragmented).
 */
#include "dissector/fragment.h"
#include "dissector/keyhash.h"

#include <assert.h>
#include <string.h>

#define LENGTH_UNKNOWN UINT32_MAX
#define BUFFER_SIZE    ((size_t)(FRAGMENT_HEADROOM + FRAGMENT_BYTES_MAX + 7) / 8 * 8)

enum queue { QUEUE_WAITING, QUEUE_FINISHED };
#define QUEUES 2

enum state {
	STATE_WAITING,
	STATE_WHOLE,  /* was given out; its bytes still lie in its buffer */
	STATE_DROPPED /* contradicted itself: whatever else comes of it is ignored */
};

/* RFC 791 section 3.2; RFC 8200 section 4.5 leaves the protocol out. */
struct key {
	uint8_t source[16], destination[16];
	uint32_t id;
	uint8_t family, protocol;
	uint8_t none[2]; /* always zero: the key is hashed and compared as bytes */
};

struct extent { /* bytes that are there */
	uint16_t begin, end;
};

struct slot {
	struct key key;
	uint32_t bucket_next;  /* index + 1 */
	uint32_t older, newer; /* in its queue, index + 1; older also links the free ones */
	int64_t time;          /* of the first piece, or of finishing */
	enum state state;
	uint32_t length; /* LENGTH_UNKNOWN before the last piece is seen */
	uint16_t pieces; /* that brought something new */
	uint16_t extent_count;
	uint8_t protocol, ttl;                     /* of the piece at offset 0 */
	struct extent extent[FRAGMENT_PIECES_MAX]; /* ascending, with bytes missing between */
};

struct fragments {
	struct slot *slots;
	uint8_t *buffers;
	uint32_t *buckets; /* index + 1 */
	uint32_t bucket_mask;
	uint32_t count; /* slots in all */
	uint32_t fresh; /* slots never used start here */
	uint32_t freed;
	uint32_t lent; /* given out by the last call; index + 1 */
	struct {
		uint32_t oldest, newest; /* index + 1 */
	} queue[QUEUES];
	uint8_t secret[16];
	struct fragment_counts counts;
};

static uint32_t
bucket_count(uint32_t datagrams)
{
	uint32_t n = FRAGMENT_DATAGRAMS_MIN;

	while (n < datagrams && n < 1u << 31)
		n *= 2;
	return n;
}

size_t
fragments_size(uint32_t datagrams)
{
	if (datagrams < FRAGMENT_DATAGRAMS_MIN)
		return 0;
	return sizeof(struct fragments) + datagrams * (sizeof(struct slot) + BUFFER_SIZE) +
	       bucket_count(datagrams) * sizeof(uint32_t);
}

struct fragments *
fragments_init(void *memory, uint32_t datagrams, const uint8_t secret[16])
{
	struct fragments *f = memory;

	if (datagrams < FRAGMENT_DATAGRAMS_MIN)
		return NULL;
	*f = (struct fragments){.count = datagrams, .bucket_mask = bucket_count(datagrams) - 1};
	memcpy(f->secret, secret, sizeof(f->secret));
	f->slots = (struct slot *)(f + 1);
	f->buffers = (uint8_t *)(f->slots + datagrams);
	f->buckets = (uint32_t *)(void *)(f->buffers + datagrams * BUFFER_SIZE);
	memset(f->buckets, 0, (f->bucket_mask + 1) * sizeof(*f->buckets));
	return f;
}

struct fragment_counts
fragments_counts(const struct fragments *f)
{
	return f->counts;
}

static uint32_t
number(const struct fragments *f, const struct slot *s)
{
	return (uint32_t)(s - f->slots) + 1;
}

static uint8_t *
buffer(const struct fragments *f, const struct slot *s)
{
	return f->buffers + (size_t)(s - f->slots) * BUFFER_SIZE + FRAGMENT_HEADROOM;
}

static enum queue
queue_of(const struct slot *s)
{
	return s->state == STATE_WAITING ? QUEUE_WAITING : QUEUE_FINISHED;
}

static uint32_t *
bucket_of(const struct fragments *f, const struct key *key)
{
	return &f->buckets[keyhash(f->secret, key, sizeof(*key)) & f->bucket_mask];
}

static struct slot *
find(const struct fragments *f, const struct key *key)
{
	struct slot *s;

	for (uint32_t n = *bucket_of(f, key); n > 0; n = s->bucket_next) {
		s = &f->slots[n - 1];
		if (memcmp(&s->key, key, sizeof(*key)) == 0)
			return s;
	}
	return NULL;
}

/* Its key finds it no more. Does nothing where that is so already. */
static void
hide(struct fragments *f, const struct slot *s)
{
	uint32_t *link = bucket_of(f, &s->key);

	while (*link > 0 && *link != number(f, s))
		link = &f->slots[*link - 1].bucket_next;
	if (*link > 0)
		*link = s->bucket_next;
}

static void
enqueue(struct fragments *f, struct slot *s)
{
	uint32_t *newest = &f->queue[queue_of(s)].newest;

	s->newer = 0;
	s->older = *newest;
	if (*newest > 0)
		f->slots[*newest - 1].newer = number(f, s);
	else
		f->queue[queue_of(s)].oldest = number(f, s);
	*newest = number(f, s);
}

static void
dequeue(struct fragments *f, struct slot *s)
{
	if (s->older > 0)
		f->slots[s->older - 1].newer = s->newer;
	else
		f->queue[queue_of(s)].oldest = s->newer;
	if (s->newer > 0)
		f->slots[s->newer - 1].older = s->older;
	else
		f->queue[queue_of(s)].newest = s->older;
}

static void
release(struct fragments *f, struct slot *s)
{
	hide(f, s);
	dequeue(f, s);
	s->older = f->freed;
	f->freed = number(f, s);
}

static void
finish(struct fragments *f, struct slot *s, enum state how, int64_t now)
{
	dequeue(f, s);
	s->state = how;
	s->time = now;
	enqueue(f, s);
}

/* The oldest of a queue, the one lent aside; index + 1, or 0. */
static uint32_t
oldest(const struct fragments *f, enum queue queue)
{
	uint32_t n = f->queue[queue].oldest;

	return n > 0 && n == f->lent ? f->slots[n - 1].newer : n;
}

static bool
has_aged(const struct slot *s, int64_t now)
{
	return now > s->time && (uint64_t)now - (uint64_t)s->time > FRAGMENT_WAIT_US;
}

static void
expire(struct fragments *f, enum queue queue, int64_t now)
{
	uint32_t n;

	while ((n = oldest(f, queue)) > 0 && has_aged(&f->slots[n - 1], now)) {
		if (queue == QUEUE_WAITING)
			f->counts.expired++;
		release(f, &f->slots[n - 1]);
	}
}

/* A slot that nobody holds; the oldest gives way where there is none. */
static struct slot *
take(struct fragments *f)
{
	struct slot *s;
	uint32_t n;

	if (f->freed == 0 && f->fresh < f->count)
		return &f->slots[f->fresh++];
	if (f->freed == 0) {
		n = oldest(f, QUEUE_FINISHED);
		if (n == 0) {
			n = oldest(f, QUEUE_WAITING);
			f->counts.evicted++;
		}
		assert(n > 0); /* one at most is lent, and there are more */
		release(f, &f->slots[n - 1]);
	}
	s = &f->slots[f->freed - 1];
	f->freed = s->older;
	return s;
}

static struct slot *
begin(struct fragments *f, const struct key *key, int64_t now)
{
	struct slot *s = take(f);
	uint32_t *bucket = bucket_of(f, key);

	s->key = *key;
	s->time = now;
	s->state = STATE_WAITING;
	s->length = LENGTH_UNKNOWN;
	s->pieces = 0;
	s->extent_count = 0;
	s->bucket_next = *bucket;
	*bucket = number(f, s);
	enqueue(f, s);
	return s;
}

/* By itself it could be part of a datagram. */
static bool
is_sound(const struct fragment *piece)
{
	size_t len = piece->payload.len;

	return len > 0 && piece->offset % 8 == 0 && (!piece->more || len % 8 == 0) &&
	       piece->offset <= FRAGMENT_BYTES_MAX && len <= FRAGMENT_BYTES_MAX - piece->offset;
}

/* It agrees with what is known of the datagram's length. */
static bool
is_within(const struct slot *s, const struct fragment *piece)
{
	uint32_t end = piece->offset + (uint32_t)piece->payload.len;

	if (s->length != LENGTH_UNKNOWN)
		return piece->more ? end < s->length : end == s->length;
	return piece->more || s->extent_count == 0 || s->extent[s->extent_count - 1].end <= end;
}

/* What of it is there already is the same; *known is set to how much that is. */
static bool
agrees(const struct fragments *f, const struct slot *s, const struct fragment *piece,
       uint32_t *known)
{
	uint32_t piece_end = piece->offset + (uint32_t)piece->payload.len;

	*known = 0;
	for (uint16_t i = 0; i < s->extent_count; i++) {
		uint32_t from =
		    s->extent[i].begin > piece->offset ? s->extent[i].begin : piece->offset;
		uint32_t to = s->extent[i].end < piece_end ? s->extent[i].end : piece_end;
		if (from >= to)
			continue;
		if (memcmp(buffer(f, s) + from, piece->payload.at + (from - piece->offset),
			   to - from) != 0)
			return false;
		*known += to - from;
	}
	return true;
}

static void
add_extent(struct slot *s, uint32_t from, uint32_t to)
{
	uint16_t first = 0, behind;

	while (first < s->extent_count && s->extent[first].end < from)
		first++;
	for (behind = first; behind < s->extent_count && s->extent[behind].begin <= to; behind++) {
		from = s->extent[behind].begin < from ? s->extent[behind].begin : from;
		to = s->extent[behind].end > to ? s->extent[behind].end : to;
	}
	memmove(&s->extent[first + 1], &s->extent[behind],
		(size_t)(s->extent_count - behind) * sizeof(s->extent[0]));
	s->extent[first] = (struct extent){(uint16_t)from, (uint16_t)to};
	s->extent_count = (uint16_t)(s->extent_count - (behind - first) + 1);
}

/* Put a sound piece to its place. True where the datagram is now whole. */
static bool
place(struct fragments *f, struct slot *s, const struct fragment *piece)
{
	uint32_t len = (uint32_t)piece->payload.len, known;

	if (!is_within(s, piece)) {
		f->counts.bad++;
		return false;
	}
	if (!agrees(f, s, piece, &known)) {
		f->counts.overlaps++;
		finish(f, s, STATE_DROPPED, piece->time);
		return false;
	}
	if (known < len && s->pieces == FRAGMENT_PIECES_MAX) {
		f->counts.bad++;
		finish(f, s, STATE_DROPPED, piece->time);
		return false;
	}
	if (!piece->more)
		s->length = piece->offset + len;
	if (known < len) {
		if (piece->offset == 0) {
			s->protocol = piece->protocol;
			s->ttl = piece->ttl;
		}
		memcpy(buffer(f, s) + piece->offset, piece->payload.at, len);
		add_extent(s, piece->offset, piece->offset + len);
		s->pieces++;
	}
	return s->extent_count == 1 && s->extent[0].begin == 0 && s->extent[0].end == s->length;
}

static struct key
key_of(const struct fragment *piece)
{
	struct key key = {.id = piece->id, .family = piece->source.family};

	memcpy(key.source, piece->source.b, sizeof(key.source));
	memcpy(key.destination, piece->destination.b, sizeof(key.destination));
	if (key.family == 4)
		key.protocol = piece->protocol;
	return key;
}

/* The slot that waits for this piece; NULL where the piece is to be ignored. */
static struct slot *
slot_for(struct fragments *f, const struct fragment *piece)
{
	struct key key = key_of(piece);
	struct slot *s = find(f, &key);
	uint32_t known;

	if (s && s->state == STATE_WAITING)
		return s;
	if (s) {
		if (s->state == STATE_DROPPED ||
		    (is_within(s, piece) && agrees(f, s, piece, &known))) {
			f->counts.repeated++;
			return NULL;
		}
		hide(f, s); /* its identification is in use again */
	}
	return begin(f, &key, piece->time);
}

bool
fragments_add(struct fragments *f, const struct fragment *piece, struct datagram *out)
{
	struct slot *s;
	bool is_whole;

	f->counts.pieces++;
	expire(f, QUEUE_WAITING, piece->time);
	expire(f, QUEUE_FINISHED, piece->time);
	if (!is_sound(piece)) {
		f->counts.bad++;
		return false;
	}
	s = slot_for(f, piece);
	is_whole = s && place(f, s, piece);
	f->lent = 0;
	if (is_whole) {
		finish(f, s, STATE_WHOLE, piece->time);
		f->lent = number(f, s);
		f->counts.whole++;
		out->payload = (struct bytes){buffer(f, s), s->length};
		out->headroom = buffer(f, s) - FRAGMENT_HEADROOM;
		out->protocol = s->protocol;
		out->ttl = s->ttl;
	}
	return is_whole;
}
