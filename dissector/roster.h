/*
 * The conversations under way: those with packets of late at hand, each in a
 * cell of its full size; all the others at rest.
 *
 * Owns the flow table and the cells. A table of small slots is what says which
 * conversations there are; whoever has used a cell longest ago makes room by going
 * to rest in the pool. Cells are many as long as the pool does not need the
 * memory, which it then gets for good, but for a few. Which end and why, and what
 * is told of them, is the dissector's.
 */
#ifndef DISSECTOR_ROSTER_H
#define DISSECTOR_ROSTER_H

#include "dissector/conversation.h"

/* A slot of the flow table. */
struct seat {
	struct flow flow;    /* first: the table's part */
	uint32_t place;      /* index + 1 of its cell, or of the first block that it is packed in */
	uint16_t packed_len; /* bytes that it is packed into; 0: it is in a cell */
	bool is_news;        /* something was decided since it was told last as under way */
};

/* Who is in a cell. */
struct tenant {
	uint32_t flow; /* index + 1; 0: the cell is free */
	uint32_t turn; /* of its latest use; of a free one, index + 1 of the next that is free */
};

#define ROSTER_HELD_MAX 8 /* conversations that are used in one turn, at most */

struct roster {
	struct flow_table flows;
	struct conversation *cells_end; /* cells lie in front of it, the first one last */
	struct tenant *tenants;
	struct pool *pool; /* lies in front of the cells */
	uint32_t cell_count, cell_min;
	uint32_t fresh, freed; /* as in a pool */
	uint32_t hand;         /* where it is looked for room next */
	uint32_t turn;
};

/* How roster_init shares out its memory, bytes. The rest is the pool's. */
struct roster_shares {
	size_t flows;
	size_t cells;     /* what always is theirs */
	size_t cells_max; /* what is theirs until the pool needs it */
};

/*
 * Lay it, and the pool which lends what rests, into size bytes of zeroed memory,
 * aligned to 64. The pool's reserve is set here.
 */
void roster_init(struct roster *r, uint8_t *memory, size_t size, const struct roster_shares *shares,
		 struct pool *pool, const uint8_t secret[16]);

/*
 * Leave a few cells, those in them gone to rest, to the pool, which is short;
 * between turns. False where there are no more than always are.
 */
bool roster_yield(struct roster *r);

/*
 * A new turn: the conversations that were had before may be at rest from now
 * on. Within one, as many as ROSTER_HELD_MAX stay where they are. The pool must
 * not be short.
 */
void roster_turn(struct roster *r);

/* The conversation of that key, NULL where there is none. */
struct conversation *roster_find(struct roster *r, const struct flow_key *key);

/* The conversation of a flow of the table. */
struct conversation *roster_wake(struct roster *r, struct flow *f);

/* A new one, all zero; NULL where the table is full. */
struct conversation *roster_add(struct roster *r, const struct flow_key *key, int64_t now);

/* It is not used for now: its cell is free. */
void roster_rest(struct roster *r, struct conversation *c);

/* Take it off; what it borrowed must have been given back. */
void roster_remove(struct roster *r, struct conversation *c);

static inline struct seat *
seat_of(const struct conversation *c)
{
	return (struct seat *)(void *)c->flow;
}

#endif
