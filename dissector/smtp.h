/*
 * The SMTP dialogue of one session: phases, each reply matched to its command,
 * up to the exact last byte before TLS.
 *
 * RFC 5321, 2033 (LMTP), 2920 (pipelining), 3030 (BDAT, BINARYMIME), 3207
 * (STARTTLS), 4954 (AUTH), 6531 (SMTPUTF8), 8689 (REQUIRETLS). Fed with each
 * side's bytes in order, and in causal order: what a side had acknowledged has
 * been fed before what it sent then, as far as it was captured. Owns the
 * unfinished lines (in the ledger's pool) and the facts; keeps no local part,
 * no message text, no secret. Never reads TLS.
 */
#ifndef DISSECTOR_SMTP_H
#define DISSECTOR_SMTP_H

#include "dissector/ledger.h"

#define SMTP_LINE_MAX 2048 /* bytes of a line that are read; what is longer counts as cut */

struct smtp_input {
	enum side from;
	int64_t time;
	uint64_t offset; /* of the first byte in this side's stream, 0 the first payload byte */
	struct bytes bytes;
	/*
	 * How far into the peer's stream the sender had got, by its
	 * acknowledgement: bytes of the peer at and beyond this offset cannot have
	 * caused what is said here. UINT64_MAX where it is not known.
	 */
	uint64_t peer_offset;
};

/* The fields are private to smtp.c, but for facts; the struct is here so that it can stand in a
 * flow's slot. */
struct smtp;

/* Bytes of a struct smtp; it is plain memory, all zero before smtp_init, no alignment beyond 8. */
#define SMTP_STATE_SIZE 352

/* Begin. is_from_start: both streams are read from their first byte (SYN seen). */
void smtp_init(struct smtp *s, bool is_lmtp, bool is_from_start);

/*
 * Read one side's next bytes. Returns how many were consumed: all of them, but
 * where this side's TLS begins. From then on smtp_side_is_tls(s, side) holds,
 * and what was not consumed, and all that follows, belongs to TLS. (At most
 * the few first bytes of a record may have been kept back: they are had with
 * smtp_take_back.)
 */
size_t smtp_feed(struct smtp *s, struct ledger *l, const struct smtp_input *in);

/* len bytes of this side were sent and not captured. */
void smtp_gap(struct smtp *s, struct ledger *l, enum side from, uint64_t len);

bool smtp_side_is_tls(const struct smtp *s, enum side from);

/*
 * Bytes that smtp_feed consumed while it could not tell yet whether TLS
 * begins, and which now belong to TLS: copied to out (at least 8 bytes);
 * returns how many, 0 mostly. They come right before the first unconsumed byte.
 */
size_t smtp_take_back(struct smtp *s, enum side from, uint8_t *out);

/*
 * This side's TLS has ended, and what comes instead begins with this byte: read
 * the side again, if it may be the dialogue's. is_instead: the handshake cannot
 * have been complete, so that text stands in TLS's place. False, and nothing
 * changed, where no line begins so.
 */
bool smtp_resume(struct smtp *s, enum side from, uint8_t first, bool is_instead);

/* What the bytes that come next from this side belong to. */
enum place smtp_place(const struct smtp *s, enum side from);

/* Inside message content (DATA, BDAT): evidence must not keep packets. */
bool smtp_is_in_message(const struct smtp *s);

/* The session is over: unfinished replies and commands are closed, facts are final. */
void smtp_finish(struct smtp *s, struct ledger *l);

const struct smtp_facts *smtp_facts(const struct smtp *s);

/* What stood when mail, or a secret, first went in clear. */
struct smtp_mail {
	bool is_settled;     /* no EHLO was to be answered, so that the offer in force was known */
	enum fact offered;   /* STARTTLS, as in struct smtp_facts */
	enum fact requested; /* UNSEEN also where its answer was still due */
	enum fact accepted;  /* NO: the last request was refused by then */
};

bool smtp_is_in_clear(const struct smtp *s); /* such went; else smtp_mail means nothing */
struct smtp_mail smtp_mail(const struct smtp *s);

/* How many recipients' domains were named so far. */
unsigned smtp_rcpt_domains(const struct smtp *s);

#define SMTP_CHAINS (SIDES + 1)

/* All that it keeps in the pool, empty or not. */
void smtp_chains(struct smtp *s, struct chain *out[SMTP_CHAINS]);

/* Give back what the pool lent. */
void smtp_clear(struct smtp *s, struct pool *p);

#endif
