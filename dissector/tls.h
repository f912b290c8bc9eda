/*
 * The TLS of one session: records and handshake of both sides, as far as they
 * are in clear, up to the moment when the handshake is complete, then the
 * record borders alone.
 *
 * RFC 8446, 5246, 4346, 2246, 6101; SSL 2 hellos are known as such. Each side
 * is fed in order. Owns unfinished records and messages (in the ledger's pool)
 * and the facts. Decrypts nothing, verifies nothing: what a chain is worth is
 * asked of the caller's hook.
 */
#ifndef DISSECTOR_TLS_H
#define DISSECTOR_TLS_H

#include "dissector/ledger.h"

#define HANDSHAKE_MESSAGE_MAX                                                     \
	65536        /* bytes; a longer one is passed over, its facts stay unseen \
		      */
#define CHAIN_MAX 10 /* certificates of a chain */

/*
 * Functions that the dissector must not have of its own. Each may be NULL: the
 * facts that need it are then absent. All must be pure.
 */
struct digests {
	void (*md5)(struct bytes in, uint8_t out[16]);
	void (*sha1)(struct bytes in, uint8_t out[20]);
	void (*sha256)(struct bytes in, uint8_t out[32]);
	/* What a chain (DER, leaf first) says; ctx is the caller's. */
	void (*certificate)(void *ctx, const struct bytes *chain, size_t count, struct bytes sni,
			    int64_t time, struct certificate_facts *out);
	void *ctx;
};

struct tls_input {
	enum side from;
	int64_t time;
	uint64_t offset; /* of the first byte in this side's stream */
	struct bytes bytes;
	uint64_t peer_offset; /* as in struct smtp_input */
};

struct tls; /* private to tls_state.h */

/* Bytes of a struct tls; plain memory, all zero before tls_init, no alignment beyond 8. */
#define TLS_STATE_SIZE 384

/* Whether bytes that should begin TLS do: GOT_PART where more are needed (never beyond 5). */
enum got tls_looks_like(struct bytes in);

/*
 * Begin; is_implicit where the connection begins with TLS, is_due where TLS is
 * to begin here and nothing before it is missing: what then does not begin with
 * a hello is no TLS, whatever it looks like.
 */
void tls_init(struct tls *t, bool is_implicit, bool is_due);

/*
 * Read one side's next bytes, all of them. Returns how many of them, at their
 * end, came where a record should begin and are none: 0 mostly, and never twice
 * for one side. They count as no TLS; whether they are something else is the
 * caller's to see, who then says tls_hand_back and feeds this side no more.
 */
size_t tls_feed(struct tls *t, struct ledger *l, const struct digests *d,
		const struct tls_input *in);

/* What strayed on this side is read by someone else: it is kept as evidence there. */
void tls_hand_back(struct tls *t, enum side from);

/* len bytes of this side were sent and not captured. */
void tls_gap(struct tls *t, struct ledger *l, enum side from, uint64_t len);

/*
 * The connection is over: how, and who ended it. Where the handshake was under
 * way this decides its failure; ENDING_CAPTURE, ENDING_EVICTED and
 * ENDING_REUSED decide nothing. A side that was never fed counts as silent: of
 * one whose packets the capture does not hold, tell tls_gap first.
 */
void tls_finish(struct tls *t, struct ledger *l, enum ending ending, enum side by);

/*
 * The handshake has failed, and this side has sent bytes that are no TLS: what
 * it still sends may be text of the dialogue, and is not read here. Not so once
 * tls_hand_back was called.
 */
bool tls_awaits_text(const struct tls *t, enum side from);

/* A side closed the TLS stream, RFC 8446 section 6.1. */
bool tls_is_closed(const struct tls *t);

/* The handshake is complete, or has failed. */
bool tls_is_decided(const struct tls *t);

const struct tls_facts *tls_facts(const struct tls *t);

#define TLS_CHAINS (2 * SIDES)

/* All that it keeps in the pool, empty or not. */
void tls_chains(struct tls *t, struct chain *out[TLS_CHAINS]);

/* Give back what the pool lent. */
void tls_clear(struct tls *t, struct pool *p);

/* "TLSv1.3", "SSLv3" ...; NULL for a number that is no version. */
const char *tls_version_name(uint16_t version);

/* The IANA name of a cipher suite; NULL for one that is not registered. */
const char *tls_cipher_name(uint16_t cipher);

/* The name of an alert, RFC 8446 section 6 and its forerunners; NULL for an unknown one. */
const char *tls_alert_name(uint8_t description);

#endif
