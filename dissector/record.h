/*
 * A side's stream of bytes to TLS records, over any cut: headers and stretches
 * of payload, nothing copied.
 *
 * RFC 8446 section 5.1, RFC 5246 section 6.2.1; the hello in SSL 2 form that
 * may begin a stream, RFC 5246 section E.2. Keeps five bytes at most, and
 * counts the payload that is still to come; what a payload says it leaves to
 * others. It never looks for records again once it has lost them.
 */
#ifndef DISSECTOR_RECORD_H
#define DISSECTOR_RECORD_H

#include "dissector/bytes.h"

#define RECORD_HEAD_LEN 5
#define RECORD_MAX      (16384 + 2048) /* bytes of a payload, RFC 5246 section 6.2.3 */
#define RECORD_V2_MAX   4096           /* bytes of a hello in SSL 2 form: a thousand ciphers */

/* ContentType, RFC 8446 section 5.1; and a mark for what has none. */
enum record_type {
	RECORD_CHANGE_CIPHER_SPEC = 20,
	RECORD_ALERT = 21,
	RECORD_HANDSHAKE = 22,
	RECORD_APPLICATION_DATA = 23,
	RECORD_HEARTBEAT = 24, /* RFC 6520 section 2 */
	RECORD_V2_HELLO = 128  /* of the client, or of the server: SSL 2 form */
};

struct record {
	enum record_type type;
	uint16_t version; /* 0 for a hello in SSL 2 form */
	uint16_t len;     /* of the payload */
};

/*
 * Read the header at the front of in. GOT_BAD as soon as the bytes there, be
 * it one alone, cannot begin one; GOT_PART where they can and are too few. A
 * zero length is taken: application data may be empty (section 5.1).
 */
enum got record_head(struct bytes in, struct record *out);

/*
 * Likewise for a hello in SSL 2 form: length with the top bit set, type 1
 * (client) or 4 (server). The payload counts from the type on.
 */
enum got record_head_v2(struct bytes in, struct record *out);

/* All zero at the beginning of a stream. */
struct record_reader {
	uint8_t head[RECORD_HEAD_LEN];
	uint8_t head_len; /* bytes of a header under way */
	bool is_begun;    /* a header has been read: no more SSL 2 form */
	bool is_inside;   /* record is under way */
	struct record record;
	uint32_t left; /* bytes of its payload to come */
};

/* A stretch of the record in reader.record. */
struct record_part {
	struct bytes fragment; /* may be empty; borrowed until the next call or from the input */
	bool begins, ends;     /* the header was just read; nothing of the payload is left */
};

enum record_sign {
	RECORD_SPENT, /* the input is used up */
	RECORD_PART,
	RECORD_STRAY /* no record: what was held of it is head, head_len; then *in */
};

/* Read on and move *in. After RECORD_STRAY the reader must not be used again. */
enum record_sign record_read(struct record_reader *r, struct bytes *in, struct record_part *out);

/*
 * len bytes (not zero) are missing. True where they lie in the payload of a
 * known record: then *out says whether it ends with them. False where the
 * records are lost; the reader must not be used again.
 */
bool record_gap(struct record_reader *r, uint64_t len, struct record_part *out);

#endif
