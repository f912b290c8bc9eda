/*
 * The walk from a packet's first byte to its TCP header: what is left to read,
 * and the one place where that is bounded.
 *
 * Shared by the files that read headers (link, internet, tunnel, packet) and by
 * nobody else. Two lengths go along: what was captured and what was sent. A
 * header that lies beyond the first is cut; beyond the second it contradicts
 * what came before it.
 */
#ifndef DISSECTOR_WALK_H
#define DISSECTOR_WALK_H

#include "dissector/packet.h"

struct walk {
	struct bytes rest; /* captured, and part of what is still to be read */
	size_t sent;       /* bytes that rest had when it was sent; never fewer than it has */
	struct packet *out;
	struct fragments *fragments; /* may be NULL */
	const uint8_t *begin;        /* where out->headers will begin */
	enum packet_got got;         /* why the walk stopped */
};

static inline uint16_t
walk_u16(const uint8_t *at)
{
	return (uint16_t)(at[0] << 8 | at[1]);
}

static inline uint32_t
walk_u24(const uint8_t *at)
{
	return (uint32_t)at[0] << 16 | (uint32_t)at[1] << 8 | at[2];
}

static inline uint32_t
walk_u32(const uint8_t *at)
{
	return (uint32_t)at[0] << 24 | walk_u24(at + 1);
}

static inline enum header
walk_stop(struct walk *w, enum packet_got why)
{
	w->got = why;
	return HEADER_STOP;
}

/* The next n bytes, left in place; NULL, and w->got says why, where they are not all there. */
static inline const uint8_t *
walk_peek(struct walk *w, size_t n)
{
	if (n <= w->rest.len)
		return w->rest.at;
	w->got = n > w->sent ? PACKET_BAD : PACKET_CUT;
	return NULL;
}

/* The same, and the walk moves behind them. */
static inline const uint8_t *
walk_take(struct walk *w, size_t n)
{
	const uint8_t *at = walk_peek(w, n);

	if (at) {
		w->rest.at += n;
		w->rest.len -= n;
		w->sent -= n;
	}
	return at;
}

/* A header says that n bytes come, however many follow: the others are padding. */
static inline void
walk_limit(struct walk *w, size_t n)
{
	if (w->sent > n)
		w->sent = n;
	if (w->rest.len > n)
		w->rest.len = n;
}

/* The same, where the header is to be believed even if more was sent than arrived here. */
static inline void
walk_set_length(struct walk *w, size_t n)
{
	w->sent = n;
	if (w->rest.len > n)
		w->rest.len = n;
}

/* The packet is wrapped in this. Layers beyond ENCAP_LAYERS_MAX are not told. */
static inline void
walk_wrap(struct walk *w, enum wrap wrap, uint32_t id)
{
	struct encap *e = &w->out->encap;

	if (e->count == ENCAP_LAYERS_MAX)
		return;
	e->layer[e->count].wrap = (uint8_t)wrap;
	e->layer[e->count].id = id;
	e->count++;
}

#endif
