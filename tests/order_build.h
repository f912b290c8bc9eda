/*
 * Sessions that are kept, to be told in another order than that in which they
 * began: as a tap tells them, where what went to TLS is told seconds behind its
 * end, what was reset some later, what was in clear at once, and those of two
 * readers by turns; or at random. The same each time for the same seed.
 */
#ifndef TESTS_ORDER_BUILD_H
#define TESTS_ORDER_BUILD_H

#include "monitor/role/packer.h"
#include "monitor/role/session_message.h"
#include "tests/mail_build.h"

enum order {
	ORDER_BEGUN, /* as they began */
	ORDER_TAP,
	ORDER_ANY /* within a minute, at random */
};

struct kept_session {
	uint8_t *body;
	size_t len;
	size_t number; /* as they began */
	int64_t told;  /* when: by this they are put in order */
};

struct kept_sessions {
	struct kept_session *list;
	size_t count, room;
	uint64_t random;
	uint8_t *scratch; /* MESSAGE_MAX */
	struct session_message message;
};

static inline uint32_t
order_draw(struct kept_sessions *k, uint32_t below)
{
	k->random = k->random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (uint32_t)(k->random >> 33) % below;
}

static inline void
keep_session(struct scene *sc)
{
	struct kept_sessions *k = sc->kept;
	struct packer p = packer_over(k->scratch, MESSAGE_MAX);
	struct kept_session *one;

	if (k->count == k->room) {
		k->room = k->room == 0 ? 1024 : 2 * k->room;
		k->list = realloc(k->list, k->room * sizeof(*k->list));
		if (k->list == NULL)
			abort();
	}
	session_message_put(&p, &sc->session, NULL, NULL);
	assert_false(p.is_short);
	one = &k->list[k->count];
	*one = (struct kept_session){.len = p.len - MESSAGE_HEADER, .number = k->count};
	one->body = malloc(one->len);
	if (one->body == NULL)
		abort();
	memcpy(one->body, p.at + MESSAGE_HEADER, one->len);
	k->count++;
}

/* From now on the sessions of the scene are kept. */
static inline struct kept_sessions *
keep_sessions(struct scene *sc)
{
	struct kept_sessions *k = calloc(1, sizeof(*k));

	if (k == NULL || (k->scratch = malloc(MESSAGE_MAX)) == NULL)
		abort();
	if (sc->now == 0)
		sc->now = START;
	sc->keep = keep_session;
	sc->kept = k;
	return k;
}

static inline void
kept_free(struct kept_sessions *k)
{
	for (size_t i = 0; i < k->count; i++)
		free(k->list[i].body);
	free(k->list);
	free(k->scratch);
	free(k);
}

static inline const struct session *
kept_read(struct kept_sessions *k, const struct kept_session *one)
{
	assert_true(session_message_get((struct bytes){one->body, one->len}, &k->message));
	return &k->message.session;
}

/* How long behind its end a tap tells of it. */
static inline int64_t
tap_delay(struct kept_sessions *k, const struct session *s)
{
	int64_t reader = order_draw(k, 2000) * 1000;

	if (s->ending == ENDING_RESET || s->tls.failure == TLS_FAILED_RESET)
		return reader + 5 * SECOND;
	return reader + (s->tls.client_hello ? 10 * SECOND : 0);
}

static inline int
by_told(const void *a, const void *b)
{
	const struct kept_session *x = a, *y = b;

	if (x->told != y->told)
		return x->told < y->told ? -1 : 1;
	return x->number < y->number ? -1 : x->number > y->number;
}

static inline void
put_in_order(struct kept_sessions *k, enum order order, uint64_t seed)
{
	for (size_t i = 0; i < k->count; i++) {
		struct kept_session *one = &k->list[i];
		const struct session *s = kept_read(k, one);

		k->random = (seed << 32) + one->number;
		order_draw(k, 1);
		one->told = s->start;
		if (order == ORDER_TAP)
			one->told = s->end + tap_delay(k, s);
		if (order == ORDER_ANY)
			one->told += order_draw(k, 60000) * 1000;
	}
	if (k->count > 0)
		qsort(k->list, k->count, sizeof(*k->list), by_told);
}

/* Judge and record all that were kept, in that order. */
static inline void
tell_kept(struct kept_sessions *k, struct scene *sc, enum order order, uint64_t seed)
{
	put_in_order(k, order, seed);
	for (size_t i = 0; i < k->count; i++) {
		sc->session = *kept_read(k, &k->list[i]);
		judge_and_record(sc);
	}
}

#endif
