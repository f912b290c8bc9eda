/*
 * What tls.c, tls_message.c and tls_outcome.c share: where the TLS of one session
 * stands, and the walk over one input. Private to them.
 *
 * tls.c cuts the bytes of both sides into records and knows what a gap spoils;
 * tls_message.c reads the handshake's messages, tls_outcome.c says what the
 * handshake came to.
 */
#ifndef DISSECTOR_TLS_STATE_H
#define DISSECTOR_TLS_STATE_H

#include "dissector/assembly.h"
#include "dissector/record.h"
#include "dissector/tls.h"

#define ALERT_LEN  2    /* bytes, RFC 5246 section 7.2 */
#define ALERT_LOST 0xff /* for tls_half.alert_len: bytes of it are missing */

#define AT_UNKNOWN UINT64_MAX

#define VERSION_SSL2  0x0002
#define VERSION_TLS12 0x0303
#define VERSION_TLS13 0x0304

/* One side. */
struct tls_half {
	struct record_reader reader;
	struct assembly assembly;
	struct chain held;   /* a hello in SSL 2 form; later, bytes that are no TLS */
	uint64_t message_at; /* where the message under way began in the stream; AT_UNKNOWN */
	uint8_t alert[ALERT_LEN];
	uint8_t alert_len;      /* bytes of it read; ALERT_LOST */
	bool has_begun;         /* its hello has come, or may have */
	bool is_fed;            /* at least one byte was seen */
	bool is_lost;           /* its records cannot be followed any more */
	bool front_is_lost;     /* bytes were lost before the first one that was seen */
	bool has_strayed;       /* followed from its first byte on, to one that is no TLS */
	bool is_straying;       /* held gathers what came instead */
	bool has_closed;        /* its last record was an alert behind the handshake */
	bool is_handed_back;    /* what strayed is in the evidence by another's hand */
	bool has_changed;       /* sent ChangeCipherSpec */
	bool has_finished;      /* ... and a handshake record behind it: TLS 1.2 and before */
	bool may_have_finished; /* sent something that could hold a Finished, of whatever version */
	bool may_hide_alert;    /* sent something that could be an alert, and cannot be told */
};

struct tls {
	struct tls_facts facts;
	struct tls_half halves[SIDES];
	int64_t stray_time;
	bool is_old;         /* TLS 1.2 or before, by a message that TLS 1.3 does not show */
	bool has_full;       /* a message that an abbreviated handshake does not have */
	bool has_early_data; /* offered by the client */
	bool has_certificate;
};

_Static_assert(sizeof(struct tls) <= TLS_STATE_SIZE, "a struct tls fits its place");
_Static_assert(_Alignof(struct tls) <= 8, "a struct tls needs no more alignment than it gets");

/* One call of tls_feed on its way down. */
struct tls_walk {
	struct tls *t;
	struct tls_half *h;
	struct ledger *l;
	const struct digests *d;
	const struct tls_input *in;
	uint64_t shown_from,
	    shown_to; /* read, and not yet handed to the evidence; equal for none */
};

/* TLS 1.3, for certain. */
static inline bool
tls_is_new(const struct tls *t)
{
	return t->facts.version == VERSION_TLS13;
}

/*
 * This side's handshake records are encrypted, as far as is known. In TLS 1.3
 * ChangeCipherSpec means nothing (RFC 8446 section D.4): after a retry both
 * hellos still come in clear behind it.
 */
static inline bool
tls_is_sealed(const struct tls *t, const struct tls_half *h)
{
	return h->has_changed && !tls_is_new(t) && !t->facts.is_retried;
}

/*
 * The bytes of this side's stream from one offset to another were read and hold no
 * secret: they may be shown as evidence. Offsets are those of tls_input.
 */
void tls_vouch(struct tls_walk *w, uint64_t from, uint64_t to);

#endif
