/*
 * One flow from its first packet to its last: which layer each byte belongs
 * to, and how it ends.
 *
 * Ties the exchange (bytes in order) to the SMTP dialogue and to TLS, believes
 * or doubts resets (RFC 9293 section 3.10.7.4, RFC 5961 section 3), and keeps
 * what may become evidence. Belongs to a slot of the flow table. Does not know
 * the table: when a flow ends for age or room is the dissector's.
 */
#ifndef DISSECTOR_CONVERSATION_H
#define DISSECTOR_CONVERSATION_H

#include "dissector/exchange.h"
#include "dissector/flow.h"
#include "dissector/ledger.h"
#include "dissector/smtp.h"
#include "dissector/tls.h"

/* What the bytes of a flow are. */
enum mode {
	MODE_FRESH, /* not known yet: too few bytes */
	MODE_SMTP,  /* the dialogue, and TLS where STARTTLS led to it */
	MODE_TLS,   /* TLS from the first byte */
	MODE_LOST   /* begun in the middle of something that cannot be read: bytes are counted */
};

#define CONVERSATION_HOLD \
	5 /* bytes kept back until it shows whether TLS begins: a record's header */

struct conversation {
	struct flow *flow;  /* its place in the table; first: all behind it is packed at rest */
	bool client_is_low; /* the client is the low end of the key */
	bool is_contested;  /* a rival wants its place */
	bool is_succeeded;  /* the rival's client has sent, and this one's ends fell silent */
	bool is_told;       /* the session was told: only a stone on its place is left */
	bool is_short;      /* the pool refused: facts may be missing */
	bool has_clear_gap; /* bytes are missing where they were in clear */
	bool is_mail_whole; /* mail, or a secret, went in clear, and nothing was missing then */
	bool has_payload;
	bool tls_begun;
	bool is_tls_anew;         /* an earlier handshake failed, and STARTTLS was asked again */
	uint16_t tls_requests;    /* how often STARTTLS had been asked for when TLS began */
	bool is_tls_short[SIDES]; /* bytes were lost where this side's TLS could have begun */
	bool has_reset;           /* a reset is believed */
	bool has_early_reset;     /* a reset out of sequence: believed once its place is reached */
	bool is_early_followed;   /* ... and its sender sent payload after it */
	bool is_from_start;       /* both sides were, when it was decided what their bytes are */
	bool has_end;             /* ended_by is known */
	uint8_t service;          /* enum service */
	uint8_t mode;             /* enum mode */
	uint8_t held;             /* bytes in hold */
	uint8_t held_from;        /* enum side */
	uint8_t ended_by;         /* enum side of the first FIN or reset */
	uint8_t hold[CONVERSATION_HOLD];
	uint8_t conflicts_kept, resets_kept;
	uint8_t last_acted;         /* enum acted, of the last conflict */
	uint8_t last_conflict_from; /* enum side */
	uint32_t conflicts;
	uint32_t other_isn; /* of two SYN-ACKs the one that is not believed, as it stands */
	bool has_other_isn;
	uint8_t other_ttl; /* of that SYN-ACK */
	int64_t start, end;
	uint64_t packets;
	uint64_t news;                  /* what was decided when it was told last as under way */
	uint32_t losses;                /* the workshop's when it began */
	bool is_withheld;               /* nothing of it comes any more but its ends */
	uint64_t withheld;              /* packets of it that did not come, as last asked */
	uint64_t first_end, second_end; /* of the last conflict's two segments */
	uint64_t reset_offset;          /* in the stream of reset.from */
	struct reset reset;             /* the one that is believed, or came early */
	struct exchange exchange;
	struct chain notes;
	struct evidence_list kept;
	struct encap encap;
	uint64_t smtp[SMTP_STATE_SIZE / 8];
	uint64_t tls[TLS_STATE_SIZE / 8];
};

/* The dialogue's and the TLS's state, whose insides are their modules' alone. */
static inline struct smtp *
conversation_smtp(struct conversation *c)
{
	return (struct smtp *)(void *)c->smtp;
}

static inline const struct smtp *
conversation_smtp_const(const struct conversation *c)
{
	return (const struct smtp *)(const void *)c->smtp;
}

static inline struct tls *
conversation_tls(struct conversation *c)
{
	return (struct tls *)(void *)c->tls;
}

static inline const struct tls *
conversation_tls_const(const struct conversation *c)
{
	return (const struct tls *)(const void *)c->tls;
}

/* What all conversations share. */
struct workshop {
	struct pool pool;
	struct waiting_room room;
	struct evidence evidence;
	const struct digests *digests;
	uint64_t gaps, gap_bytes, checksum_wrong;
	uint32_t losses; /* times that packets were lost before they could be fed */
};

/* What a packet made of a conversation. */
enum after {
	AFTER_OPEN,
	AFTER_CLOSED,  /* both ends closed and all was delivered: it can be told */
	AFTER_CLOSING, /* the same, but it may be forged: linger for contradictions */
	AFTER_RESET    /* a reset is believed: linger for contradictions, then tell */
};

/* Begin with its first packet, which conversation_packet is given next. */
void conversation_begin(struct conversation *c, const struct packet *p, bool source_is_client,
			bool source_is_low, enum service service);

/* Whether all that is left of it is ciphertext, and enough of that was looked at. */
bool conversation_may_be_withheld(const struct conversation *c);

/* Take in one packet. */
enum after conversation_packet(struct conversation *c, struct workshop *w, const struct packet *p,
			       bool source_is_low);

/*
 * Whether the packet asks for another connection between the same ends; or, of
 * one that is over, belongs to one by its place, whose SYN was not captured.
 */
bool conversation_is_another(const struct conversation *c, const struct packet *p,
			     bool source_is_low, bool is_over);

/* How far the packet's numbers lie from where its sender stood in this connection. */
uint32_t conversation_distance(const struct conversation *c, const struct packet *p,
			       bool source_is_low);

/* The ends had taken leave of each other, and one has closed: nothing more is to come. */
bool conversation_is_leaving(const struct conversation *c);

/* Whether both ends of the connection were heard. */
bool conversation_is_answered(const struct conversation *c);

/* Whether each side that was heard was heard from its SYN on, and read so. */
bool conversation_is_from_syn(const struct conversation *c);

/* Whether that is so, and nothing is missing in clear up to what was last heard. */
bool conversation_is_clear_whole(const struct conversation *c);

/* Whether only ciphertext is still to come. */
bool conversation_is_settled(const struct conversation *c);

/* Give back what only bytes in clear need: later copies are not compared any more. */
void conversation_settle(struct conversation *c, struct workshop *w);

/*
 * It is over: deliver what waited, make the facts final. ending says why, where
 * no FIN or reset does.
 */
enum ending conversation_finish(struct conversation *c, struct workshop *w, enum ending ending);

/* It was told: keep what late packets are judged by, and no more. */
void conversation_reduce(struct conversation *c);

/* Give back everything it borrowed. */
void conversation_clear(struct conversation *c, struct workshop *w);

/* Where it writes down what it saw. */
struct ledger conversation_ledger(struct conversation *c, struct workshop *w);

#endif
