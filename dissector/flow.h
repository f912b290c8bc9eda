/*
 * Which connection a segment belongs to: a table of fixed size, keyed by the
 * two endpoints whichever way round they come.
 *
 * Lays slots of any kind into memory that the caller gives; each begins with a
 * struct flow. Keeps them in queues, oldest activity first, so that what has
 * been idle and what may be given up is found without a search. Knows nothing
 * of what else stands in a slot. Two connections may stand between the same
 * ends, one of them as the other's rival. What a tunnel or VLAN wraps is not part of the
 * key: mirror ports deliver the same packet with and without its tag.
 */
#ifndef DISSECTOR_FLOW_H
#define DISSECTOR_FLOW_H

#include "dissector/flow_key.h"
#include "dissector/packet.h"

/* Queues; a full table gives flows up in about that order. */
enum flow_queue {
	QUEUE_TOLD,    /* over and told: its place is kept for late packets */
	QUEUE_CLOSING, /* both ends closed: lingers for late packets */
	QUEUE_YOUNG,   /* no payload yet: a scan, or a connection being made */
	QUEUE_SETTLED, /* TLS is established: only ciphertext to come */
	QUEUE_OPEN
};
#define FLOW_QUEUES 5

#define FLOWS_MAX (UINT32_C(1) << 28) /* of a table */

#define FLOW_TOUCH_US 1000000 /* activity moves a flow in its queue at most this often */

struct flow {
	struct flow_key key;
	uint32_t bucket_next;  /* index + 1 */
	uint32_t older, newer; /* in its queue, index + 1; older also links the free ones */
	uint32_t index : 29;
	uint32_t queue : 3; /* enum flow_queue */
	int64_t touched;    /* time of the activity that placed it where it is */
};

struct flow_table {
	uint8_t *slots;
	size_t slot_size;
	uint32_t count; /* slots in all */
	uint32_t fresh; /* slots never used start here */
	uint32_t freed;
	uint32_t in_use;
	uint32_t *buckets;
	uint32_t bucket_mask;
	uint8_t secret[16];
	struct {
		uint32_t oldest, newest; /* index + 1 */
		uint32_t count;
	} queue[FLOW_QUEUES];
};

/* Bytes of memory for count slots of slot_size bytes (a multiple of 8). */
size_t flow_table_size(uint32_t count, size_t slot_size);

/* Lay a table into zeroed memory of flow_table_size bytes. */
void flow_table_init(struct flow_table *t, void *memory, uint32_t count, size_t slot_size,
		     const uint8_t secret[16]);

/* The key of a packet; *source_is_low tells which way round it came. */
struct flow_key flow_key_of(const struct packet *p, bool *source_is_low);

/* The flow with that key, or NULL. */
struct flow *flow_find(struct flow_table *t, const struct flow_key *key);

/* A new flow in QUEUE_YOUNG, all else in its slot zero; NULL where the table is full. */
struct flow *flow_add(struct flow_table *t, const struct flow_key *key, int64_t now);

/* There was activity: it becomes the newest of its queue. */
void flow_touch(struct flow_table *t, struct flow *f, int64_t now);

/* Move it to the young end of another queue. */
void flow_move(struct flow_table *t, struct flow *f, enum flow_queue to, int64_t now);

/* It has another key from now on, which no other flow has. */
void flow_rekey(struct flow_table *t, struct flow *f, const struct flow_key *key);

/* Take it out of the table; its slot may be used again at once. */
void flow_remove(struct flow_table *t, struct flow *f);

/* The one with the oldest activity in that queue, or NULL. */
struct flow *flow_oldest(const struct flow_table *t, enum flow_queue queue);

#endif
