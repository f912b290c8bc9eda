/* Who is under way, at hand or at rest; see roster.h. */
#include "dissector/roster.h"

#include <string.h>

#include "dissector/dormant.h"

#define CACHE_LINE 64 /* bytes, of most machines; a wrong guess only costs time */

/* Cells that are looked at for the one used longest ago: more than are in use in a turn. */
#define LOOKED_AT (2 * ROSTER_HELD_MAX)

static uint32_t
slots_for(size_t size)
{
	size_t most = size / sizeof(struct seat);
	uint32_t count = most < FLOWS_MAX ? (uint32_t)most : FLOWS_MAX;

	while (count > 1 && flow_table_size(count, sizeof(struct seat)) > size)
		count -= count / 64 + 1;
	return count;
}

/* Cells that the pool gets at a time. */
#define YIELDED ROSTER_HELD_MAX

static struct conversation *
cell_at(const struct roster *r, uint32_t cell)
{
	return r->cells_end - 1 - cell;
}

static uint32_t
cells_for(size_t size)
{
	size_t count = size / (sizeof(struct conversation) + sizeof(struct tenant));

	return count < FLOWS_MAX ? (uint32_t)count : FLOWS_MAX;
}

/* The pool has all that is in front of the cells. */
static void
stretch_pool(struct roster *r)
{
	const uint8_t *end = (const uint8_t *)(r->cells_end - r->cell_count);

	pool_stretch(r->pool, (size_t)(end - (const uint8_t *)r->pool->blocks));
}

/* From the front: the table, tenants, the pool, cells. */
void
roster_init(struct roster *r, uint8_t *memory, size_t size, const struct roster_shares *shares,
	    struct pool *pool, const uint8_t secret[16])
{
	uint32_t cells = cells_for(shares->cells_max);
	size_t tenants = ((size_t)cells * sizeof(struct tenant) + 63) & ~(size_t)63;
	uint8_t *end = memory + size - size % sizeof(uint64_t);

	*r = (struct roster){.pool = pool, .cell_count = cells};
	r->cell_min = cells_for(shares->cells);
	flow_table_init(&r->flows, memory, slots_for(shares->flows), sizeof(struct seat), secret);
	r->tenants = (struct tenant *)(void *)(memory + shares->flows);
	r->cells_end = (struct conversation *)(void *)end;
	pool_init(pool, memory + shares->flows + tenants, 0);
	stretch_pool(r);
	/* Each that is woken in a turn may send another to rest. */
	pool->reserve = (uint32_t)(DORMANT_BLOCKS_MAX * ROSTER_HELD_MAX * 2);
}

void
roster_turn(struct roster *r)
{
	r->turn++;
}

static uint32_t
cell_of(const struct roster *r, const struct conversation *c)
{
	return (uint32_t)(r->cells_end - 1 - c);
}

static void
free_cell(struct roster *r, uint32_t cell)
{
	r->tenants[cell] = (struct tenant){.turn = r->freed};
	r->freed = cell + 1;
}

void
roster_rest(struct roster *r, struct conversation *c)
{
	struct seat *seat = seat_of(c);
	struct chain packed = dormant_pack(c, r->pool);

	seat->place = packed.head;
	seat->packed_len = (uint16_t)packed.len;
	free_cell(r, cell_of(r, c));
}

bool
roster_yield(struct roster *r)
{
	/* Those in them go to rest of the reserve; else others must be given up. */
	if (r->cell_count < r->cell_min + YIELDED ||
	    r->pool->count - r->pool->in_use < YIELDED * DORMANT_BLOCKS_MAX)
		return false;
	for (uint32_t i = 0; i < YIELDED; i++) {
		r->cell_count--;
		if (r->cell_count < r->fresh && r->tenants[r->cell_count].flow)
			roster_rest(r, cell_at(r, r->cell_count));
	}
	if (r->fresh > r->cell_count)
		r->fresh = r->cell_count;
	if (r->hand >= r->cell_count)
		r->hand = 0;
	stretch_pool(r);
	return true;
}

/* Of the next few cells the one that was used longest ago. */
static uint32_t
longest_unused(struct roster *r)
{
	uint32_t best = r->hand;

	for (uint32_t i = 0; i < LOOKED_AT; i++) {
		if (r->turn - r->tenants[r->hand].turn > r->turn - r->tenants[best].turn)
			best = r->hand;
		r->hand = r->hand + 1 < r->cell_count ? r->hand + 1 : 0;
	}
	return best;
}

/* A cell for that flow; what is in it means nothing. */
static struct conversation *
take_cell(struct roster *r, struct flow *f)
{
	uint32_t cell;

	/* Some that are free may be the pool's by now. */
	while (r->freed > r->cell_count)
		r->freed = r->tenants[r->freed - 1].turn;
	if (!r->freed && r->fresh < r->cell_count)
		free_cell(r, r->fresh++);
	if (!r->freed)
		roster_rest(r, cell_at(r, longest_unused(r)));
	cell = r->freed - 1;
	r->freed = r->tenants[cell].turn;
	r->tenants[cell] = (struct tenant){.flow = f->index + 1u, .turn = r->turn};
	cell_at(r, cell)->flow = f;
	return cell_at(r, cell);
}

/* A cell of old is rarely in a cache: ask for all of it at once instead of line after line. */
static void
fetch(const struct conversation *c)
{
	const uint8_t *at = (const uint8_t *)c;

	for (size_t i = 0; i < sizeof(*c); i += CACHE_LINE)
		__builtin_prefetch(at + i);
}

struct conversation *
roster_wake(struct roster *r, struct flow *f)
{
	struct seat *seat = (struct seat *)(void *)f;
	struct chain packed = {.head = seat->place, .len = seat->packed_len};
	struct conversation *c;

	if (seat->packed_len == 0) {
		c = cell_at(r, seat->place - 1);
		fetch(c);
		r->tenants[seat->place - 1].turn = r->turn;
		return c;
	}
	c = take_cell(r, f);
	seat->place = cell_of(r, c) + 1;
	seat->packed_len = 0;
	dormant_wake(c, r->pool, packed);
	return c;
}

struct conversation *
roster_find(struct roster *r, const struct flow_key *key)
{
	struct flow *f = flow_find(&r->flows, key);

	return f ? roster_wake(r, f) : NULL;
}

struct conversation *
roster_add(struct roster *r, const struct flow_key *key, int64_t now)
{
	struct flow *f = flow_add(&r->flows, key, now);
	struct conversation *c;

	if (!f)
		return NULL;
	c = take_cell(r, f);
	/* What lies between its fields is packed, too. */
	memset(c, 0, sizeof(*c));
	c->flow = f;
	((struct seat *)(void *)f)->place = cell_of(r, c) + 1;
	return c;
}

void
roster_remove(struct roster *r, struct conversation *c)
{
	flow_remove(&r->flows, c->flow);
	free_cell(r, cell_of(r, c));
}
