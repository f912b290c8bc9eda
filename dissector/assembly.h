/*
 * The payloads of one side's handshake records to handshake messages: several
 * in a record, or one over several records (RFC 8446 section 5.1, RFC 5246
 * section 6.2.1).
 *
 * Owns the message under way, in the caller's pool, and only where the caller
 * wants its kind; all others are counted past. What a message says it leaves
 * to handshake.
 */
#ifndef DISSECTOR_ASSEMBLY_H
#define DISSECTOR_ASSEMBLY_H

#include "dissector/pool.h"

#define ASSEMBLY_MAX      65536 /* bytes of a message; a longer one is passed over */
#define ASSEMBLY_HEAD_LEN 4     /* type and length, RFC 8446 section 4 */

/* HandshakeType, RFC 8446 section 4 and RFC 5246 section 7.4: those that tell us something. */
enum message_type {
	MESSAGE_HELLO_REQUEST = 0,
	MESSAGE_CLIENT_HELLO = 1,
	MESSAGE_SERVER_HELLO = 2,
	MESSAGE_NEW_SESSION_TICKET = 4,
	MESSAGE_CERTIFICATE = 11,
	MESSAGE_SERVER_KEY_EXCHANGE = 12,
	MESSAGE_SERVER_HELLO_DONE = 14,
	MESSAGE_CLIENT_KEY_EXCHANGE = 16
};

/* All zero is the beginning. */
struct assembly {
	struct chain held; /* the body so far, where it is kept */
	uint32_t left;     /* bytes of the body to come */
	uint8_t head[ASSEMBLY_HEAD_LEN];
	uint8_t head_len;
	bool is_kept;  /* all of the body so far is in held */
	bool is_lost;  /* the borders of messages are not known any more */
	bool has_lost; /* a message, or part of one, was lost */
};

/* A message that has ended. */
struct message {
	uint8_t type;
	bool is_whole; /* its body is in held, until the next call */
};

/*
 * Read on and move *in; true where a message ends. wanted has a bit (1 <<
 * type) for each type below 32 whose body is to be kept.
 */
bool assembly_read(struct assembly *a, struct pool *p, uint32_t wanted, struct bytes *in,
		   struct message *out);

/* len bytes of handshake payload are missing. */
void assembly_gap(struct assembly *a, struct pool *p, uint64_t len);

/* Give back what the pool lent. */
void assembly_clear(struct assembly *a, struct pool *p);

#endif
