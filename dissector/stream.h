/*
 * One direction of a flow in order, RFC 9293 section 3.4 and 3.10.7.4.
 *
 * Turns segments in any order, resegmented or doubled, into bytes in order;
 * tells what is missing and what came twice with different bytes. Of two
 * versions the one that came first counts, as for a receiver. Owns the segments
 * that wait and the history against which later copies are compared, both in
 * memory of fixed size. Knows nothing of what the bytes mean, and does not
 * decide when to stop waiting: that is exchange's.
 */
#ifndef DISSECTOR_STREAM_H
#define DISSECTOR_STREAM_H

#include "dissector/pool.h"
#include "dissector/session.h"

#define STREAM_AHEAD_MAX                                                                           \
	(1u << 22) /* bytes beyond the next one that a segment may lie: larger windows are not met \
		      with on mail */
#define STREAM_STRAYS_MAX  4    /* segments outside the window before they are followed */
#define STREAM_WAITING_MAX 256  /* segments of one direction that may wait */
#define STREAM_WAITING_MIN 3    /* ... and however short the room is */
#define STREAM_HISTORY_MAX 8192 /* bytes delivered that later copies are compared with */

/* One segment's part of a stream. */
struct segment {
	enum side from;
	int64_t time;
	uint64_t offset;      /* of the payload's first byte; 0 is the stream's first byte */
	uint64_t peer_offset; /* what it acknowledges, as offset in the peer's stream */
	struct bytes payload;
	uint32_t cut; /* bytes behind it that were sent and not captured */
	uint16_t ip_id, window;
	uint8_t ttl;
	uint8_t checksum; /* enum checksum */
	uint8_t place;    /* enum place of its first byte, once it is delivered */
	bool is_doubtful; /* its checksum is wrong where others of its sender are right */
};

/* A segment that waits for its turn. */
struct waiting {
	uint32_t next; /* index + 1 */
	uint32_t cut;
	int64_t time;
	uint64_t offset, peer_offset;
	struct chain payload;
	uint16_t ip_id, window;
	uint8_t ttl, checksum;
	bool is_doubtful;
};

/* Where segments wait: shared by all streams. */
struct waiting_room {
	struct waiting *slots;
	uint32_t count, fresh, freed;
	uint32_t in_use;
	uint64_t refusals; /* times that a segment found no room, or had to make some */
	struct pool *pool;
};

/* Of what nobody else uses a stream may take a part of a part; see stream_is_crowded. */
#define WAITING_ROOM_PART  4
#define WAITING_ROOM_SHARE 8

/* Bytes of a room in which one stream alone may have STREAM_WAITING_MAX segments wait. */
#define WAITING_ROOM_MIN                                                       \
	((size_t)STREAM_WAITING_MAX * WAITING_ROOM_PART * WAITING_ROOM_SHARE * \
	 sizeof(struct waiting))

struct stream {
	bool is_begun; /* seq_base is known */
	bool syn_seen;
	bool is_seen;    /* a packet of this side was seen */
	bool awaits_syn; /* data came before the SYN that it follows: nothing is delivered yet */
	bool fin_seen;
	bool fin_doubted; /* its sender went on below it */
	bool fin_acked;   /* its peer acknowledged the FIN itself, and no more */
	bool fin_told;
	bool fin_strange;                 /* the FIN came in a packet that may be another's */
	bool history_done;                /* no more bytes join the history */
	uint8_t ttl_low, ttl_high;        /* seen so far */
	uint8_t ttl_first;                /* of its SYN, else of its first packet; 0: unknown */
	uint8_t ttl_data;                 /* of the last bytes that were next in order; 0: none */
	bool checksum_right;              /* one of this side's segments had a right checksum */
	uint8_t ip_id_run;                /* segments in a row whose IP-ID rose by little */
	uint16_t ip_id, window;           /* of the last segment */
	uint16_t window_low, window_high; /* seen so far */
	uint32_t seq_base;                /* sequence number of offset 0, modulo 2^32 */
	uint64_t offset;                  /* of the next byte in order */
	uint64_t sent; /* one past the last byte known to be sent by this side's own segments */
	uint64_t
	    shown; /* where its sender stood by its latest segment, empty ones and resets too */
	uint64_t acked;       /* one past the last byte that the peer acknowledged */
	bool acked_strangely; /* ... as one said who may be another */
	int64_t stood; /* when the peer last said that it has no more than what is in order */
	uint64_t fin_offset;
	uint64_t gap_bytes;
	uint64_t bytes;   /* delivered */
	uint32_t waiting; /* index + 1 of the first that waits; by offset */
	uint16_t waiting_count;
	uint32_t waiting_bytes;
	uint32_t stray_seq;   /* where the last segment outside the window ended */
	uint8_t strays;       /* how many came in a row, each behind the other */
	bool has_strayed;     /* some did, which may be the stream's own */
	struct chain history; /* the bytes before history_end, as far back as kept */
	struct chain origins; /* struct origin of each segment in the history */
	uint64_t history_end;
};

/* What a stream says of an overlap whose bytes differ. Borrowed for the call. */
struct overlap {
	enum side from;
	uint64_t offset;                /* of the overlap's first byte */
	uint32_t first_difference;      /* in the overlap */
	struct version first, second;   /* text is raw here, the overlap's bytes up to SAMPLE_MAX */
	uint32_t len;                   /* of the overlap as captured */
	enum place place;               /* what the first version was taken for */
	uint64_t first_end, second_end; /* where the segments end that brought the two */
};

typedef void overlap_fn(void *ctx, const struct overlap *o);

void waiting_room_init(struct waiting_room *r, void *memory, size_t size, struct pool *pool);

/* The stream's offset 0 has this sequence number. */
void stream_begin(struct stream *s, uint32_t seq);

/* The same, of one that was begun with a wrong number and had nothing yet. */
void stream_restart(struct stream *s, uint32_t seq);

/*
 * A stream of which nothing was delivered begins delta bytes earlier than was
 * thought: what waits moves with it. peer is the other direction's.
 */
void stream_rebase(struct stream *s, struct stream *peer, struct waiting_room *r, uint32_t delta);

/*
 * Its sender sent [offset, end). Whoever goes on from where he was seen to stand
 * has not had more acknowledged, and has not closed further on; nor had he who
 * sends what comes next in order: what claimed that was forged, and is forgotten.
 */
void stream_reach(struct stream *s, uint64_t offset, uint64_t end);

/* All up to its FIN was delivered, and the peer had just that: nothing more was sent. */
bool stream_has_ended(const struct stream *s);

/*
 * The offset of a sequence number, by the distance from the next byte in
 * order. False where it lies before offset 0 or more than STREAM_AHEAD_MAX
 * ahead.
 */
bool stream_offset(const struct stream *s, uint32_t seq, uint64_t *offset);

/*
 * A segment that stream_offset does not place: after several in a row that
 * follow each other, the capture has lost more than a window, and the stream
 * goes on there. True then, with its offset, which may lie far ahead.
 */
bool stream_follow(struct stream *s, uint32_t seq, uint32_t len, uint64_t *offset);

/*
 * Compare what of the segment was seen before with what came then, tell
 * differences, and cut it off: *seg is left with what lies at or beyond the
 * next byte in order. Its payload may be empty then.
 */
void stream_compare(struct stream *s, const struct pool *p, struct segment *seg, overlap_fn *tell,
		    void *ctx);

/*
 * Let a segment (which stream_compare has cut) wait: what of it waits already
 * is compared and told, the rest joins. False where there is no room.
 */
bool stream_wait(struct stream *s, struct waiting_room *r, const struct segment *seg,
		 overlap_fn *tell, void *ctx);

/* A sound copy of what seg covers has come: drop what waits there and is doubtful. */
void stream_retract(struct stream *s, struct waiting_room *r, const struct segment *seg);

/* The first segment that waits, or NULL. */
const struct waiting *stream_first(const struct stream *s, const struct waiting_room *r);

/* Whether it has no more segments to let wait, by what the others leave of the room. */
bool stream_is_crowded(const struct stream *s, const struct waiting_room *r);

/* Drop the one that waits farthest ahead. */
void stream_drop_last(struct stream *s, struct waiting_room *r);

/* Drop all that wait. */
void stream_drop_all(struct stream *s, struct waiting_room *r);

/* Drop the first. */
void stream_drop_first(struct stream *s, struct waiting_room *r);

/* These bytes were delivered in order: the history and the counts move on. */
void stream_deliver(struct stream *s, struct pool *p, const struct segment *seg);

/* len bytes were never captured: the next byte in order lies behind them. */
void stream_pass(struct stream *s, struct pool *p, uint64_t len);

/* Forget what was delivered. */
void stream_forget(struct stream *s, struct pool *p);

/* Give everything back. */
void stream_clear(struct stream *s, struct waiting_room *r);

#endif
