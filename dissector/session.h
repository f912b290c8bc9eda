/*
 * The facts of one mail session: what every later step knows of it.
 *
 * Values only. What was not seen is FACT_UNSEEN, never a guess: absence is a
 * claim that needs every byte which could show the opposite. Says what
 * happened on the wire, never what to think of it; that is the judge's.
 */
#ifndef DISSECTOR_SESSION_H
#define DISSECTOR_SESSION_H

#include "dissector/packet.h"

enum side { SIDE_CLIENT, SIDE_SERVER };
#define SIDES 2

static inline enum side
side_other(enum side side)
{
	return side == SIDE_CLIENT ? SIDE_SERVER : SIDE_CLIENT;
}

enum fact { FACT_UNSEEN, FACT_NO, FACT_YES };

enum service {
	SERVICE_NONE,
	SERVICE_SMTP,        /* port 25 and what --service adds */
	SERVICE_SUBMISSION,  /* 587, RFC 6409 */
	SERVICE_SUBMISSIONS, /* 465, TLS from the first byte, RFC 8314 section 3.3 */
	SERVICE_LMTP         /* 24, RFC 2033 */
};
#define SERVICES (SERVICE_LMTP + 1)

/* How the session ended, as far as the capture tells. */
enum ending {
	ENDING_FIN,     /* both sides closed, or one closed and the other fell silent */
	ENDING_RESET,   /* a reset that is believed */
	ENDING_IDLE,    /* nothing came for a long time while the capture went on */
	ENDING_REUSED,  /* a new connection took its addresses and ports */
	ENDING_EVICTED, /* our table was full */
	ENDING_CAPTURE  /* the capture ended first */
};

enum outcome {
	OUTCOME_ENCRYPTED,
	OUTCOME_PLAINTEXT,
	OUTCOME_TLS_FAILED,
	OUTCOME_NO_MAIL,
	OUTCOME_PARTIAL
};

enum greeting_verb { GREETING_NONE, GREETING_HELO, GREETING_EHLO, GREETING_LHLO };

/* A stretch of wire text, borrowed, local parts and secrets already blanked with 'x'. */
#define SAMPLE_MAX 512 /* bytes kept of a conflict, an injection, a reply */

/* Caps of what a session keeps of names; what comes beyond is counted. */
#define DOMAINS_MAX        1024 /* of MAIL and of RCPT each */
#define EHLO_LINES_MAX     64   /* lines of the EHLO reply */
#define GREETING_LINES_MAX 16
#define CONFLICTS_MAX      8
#define RESETS_MAX         4
#define NAME_MAX_BYTES     255 /* a domain, RFC 1035 section 2.3.4 */

/* The SMTP dialogue as far as it was in clear. Counts never wrap: they stop at their largest value.
 */
struct smtp_facts {
	uint16_t greeting_code;           /* code of the server's greeting; 0 unseen */
	enum greeting_verb greeting_verb; /* the last one sent in clear */
	enum fact extended; /* EHLO or LHLO was answered 250; NO: HELO was, and neither of them */
	uint16_t ehlo_refusal;   /* code with which EHLO was refused last; 0 never */
	bool helo_after_refusal; /* HELO followed such a refusal */
	enum fact offered; /* STARTTLS in the EHLO reply in force: the last before MAIL or the end;
			      before STARTTLS, in any. Behind a gap: in one that was seen */
	enum fact requested;        /* STARTTLS (or X-ANONYMOUSTLS) was sent */
	enum fact accepted;         /* answered 220, or 2xx with the client's TLS right behind it;
				       NO by any other whole reply */
	uint16_t starttls_refusal;  /* code of the last refusal; 0 never */
	uint16_t starttls_requests; /* how often it was asked for */
	bool is_anonymous_tls;      /* by X-ANONYMOUSTLS */
	uint32_t
	    mail_count; /* MAIL in clear, answered or not; not what was smuggled in and not taken */
	bool mail_accepted;    /* a MAIL in clear was answered 2xx */
	bool message_sent;     /* bytes of a message were sent in clear */
	bool auth_sent;        /* an AUTH command was sent in clear */
	bool credentials_sent; /* the client sent data of an AUTH exchange in clear */
	bool secret_sent; /* ... by a mechanism whose data can be used again (PLAIN, LOGIN, XOAUTH2
			     ...) */
	bool requiretls_sent; /* MAIL with REQUIRETLS in clear, RFC 8689 section 2 */
	bool quit_sent;
	/* Bytes where TLS should begin. */
	uint32_t client_injected; /* from the client, behind STARTTLS, sent before it could have the
				     220 */
	uint32_t server_injected; /* from the server, behind the 220, sent before the client's first
				     byte */
	bool client_text_after;   /* after the 220 the client went on in text */
	bool mail_after_tls;      /* behind TLS that had begun the client sent MAIL or a secret in
				     text */
	bool server_text_after;   /* the server answered text where its TLS should begin, with the
				     client's bytes at hand */
	/* Masks. */
	bool verb_masked; /* a command's verb is nothing but padding, its length is 8 */
	bool
	    verb_echoed; /* an error reply to STARTTLS quotes a verb that the client did not send */
	/* Lax or broken text. */
	uint32_t commands, replies;
	uint32_t replies_unmatched; /* a reply that no command was waiting for */
	uint32_t bare_lf_lines, long_lines;
	uint32_t domains_dropped; /* names beyond DOMAINS_MAX, or no names at all */
};

enum tls_failure {
	TLS_NOT_FAILED,
	TLS_FAILED_ALERT,
	TLS_FAILED_RESET,
	TLS_FAILED_FIN,
	TLS_FAILED_NOT_TLS, /* bytes that are no record */
	TLS_FAILED_SILENCE  /* nothing came for long */
};

/* The alert that ended the handshake, RFC 8446 section 6. */
struct tls_alert {
	bool is_seen;
	bool is_encrypted; /* level and description unknown then */
	uint8_t level, description;
	enum side by;
};

/* Which value the last eight bytes of ServerHello.random have, RFC 8446 section 4.1.3. */
enum sentinel { SENTINEL_NONE, SENTINEL_TLS12, SENTINEL_TLS11 };

#define JA4_LEN 36

struct tls_facts {
	bool is_implicit;                /* TLS from the first byte of the connection */
	bool client_hello, server_hello; /* seen whole */
	enum fact complete;              /* the handshake; NO: it ended before */
	enum tls_failure failure;
	enum side failed_by; /* who sent the alert, the reset, the FIN, the bytes that are no TLS */
	struct tls_alert alert;
	uint16_t offered_version; /* best the ClientHello offers: 0x0304 for TLS 1.3; 0 unseen */
	uint16_t version;         /* negotiated; 0 unseen */
	uint16_t cipher;          /* meaningful where server_hello */
	bool is_fallback;         /* TLS_FALLBACK_SCSV was offered, RFC 7507 section 2 */
	bool is_retried;          /* HelloRetryRequest */
	enum fact resumed;
	enum sentinel sentinel;
	bool is_interrupted; /* bytes that are no record, in sequence, after the handshake was
				complete */
	enum side interrupted_by;
	uint64_t interrupted_at; /* offset in that side's stream */
	bool has_ja3, has_ja4;   /* is ja3/ja4 below meaningful */
	uint8_t ja3[16];
	char ja4[JA4_LEN + 1];
	uint64_t records[SIDES];
};

#define SHA512_KEPT 16 /* its first bytes: nobody finds a certificate with another's */

/* What a certificate may be known by, RFC 6698 section 2.1: of its DER, and of its public key. */
struct certificate_digests {
	uint8_t sha256[32], spki_sha256[32];
	uint8_t sha512[SHA512_KEPT], spki_sha512[SHA512_KEPT];
};

/* What becomes of the way from the leaf to another certificate of its chain, were that one trusted.
 */
enum way {
	WAY_NONE, /* it does not lead there, as far as was seen */
	WAY_GOOD,
	WAY_OUT_OF_DATE, /* at the time of the session */
	WAY_BROKEN       /* a signature, a purpose or a constraint fails on it */
};

struct certificate_issuer {
	struct certificate_digests digests;
	enum way way;
	uint32_t issued_by; /* a number for its issuer's name: others differ; 0: not known */
};

#define ISSUERS_MAX           3   /* certificates behind the leaf that are told of, one by one */
#define CERTIFICATE_NAMES_MAX 104 /* names of a leaf; most authorities give no more than 100 */
#define NAME_DIGEST           8   /* bytes of SHA-256: nobody finds a name with another's */

/* The server's certificate, where it was in clear (TLS 1.2 and before). */
struct certificate_facts {
	bool is_seen;   /* a chain was seen; the fields below are then filled as far as it parsed */
	bool is_parsed; /* the leaf is a certificate */
	bool is_whole;  /* all of the chain was read */
	uint8_t chain_len;             /* certificates in the chain */
	uint8_t issuer_count;          /* of issuers: the first that were read behind the leaf */
	int64_t not_before, not_after; /* microseconds since the epoch */
	enum fact expired;             /* at the time of the session (or not yet valid) */
	enum fact self_signed;
	enum fact trusted;                  /* by the CA file given; UNSEEN without one */
	enum fact name_matches;             /* the SNI; UNSEEN without one */
	struct certificate_digests digests; /* of the leaf */
	bool is_named_by_cn;                /* the name is the subject's CN: there is no DNS name */
	bool are_names_whole;               /* no name was left out */
	uint8_t name_count;
	uint32_t issued_by; /* of the leaf, as in struct certificate_issuer */
	/* What there is of these a session keeps apart. Nothing stands behind them. */
	char subject[128], issuer[128];                    /* printable, one line, cut at the end */
	struct certificate_issuer issuers[ISSUERS_MAX];    /* as they came */
	uint8_t names[CERTIFICATE_NAMES_MAX][NAME_DIGEST]; /* digests of the leaf's DNS names in
							      lower case */
};

/* What of the dialogue a stretch of bytes belongs to. */
enum place {
	PLACE_OTHER,
	PLACE_GREETING,
	PLACE_EHLO,     /* EHLO or HELO command, and its reply */
	PLACE_STARTTLS, /* STARTTLS command, and its reply */
	PLACE_COMMAND,  /* any other command or reply */
	PLACE_AUTH,
	PLACE_MESSAGE,
	PLACE_TLS /* handshake */
};

/* One of two versions of the same bytes. */
struct version {
	int64_t time;
	uint8_t ttl;
	uint16_t ip_id;
	uint16_t window;
	enum checksum checksum;
	struct bytes text; /* SAMPLE_MAX at most, scrubbed */
};

enum acted { ACTED_UNKNOWN, ACTED_FIRST, ACTED_SECOND };

/* The same sequence range, twice, with different bytes. */
struct conflict {
	enum side from;
	enum place place;
	uint64_t offset;              /* in that side's stream, of the first byte that differs */
	uint32_t len;                 /* of the overlap from there on */
	enum acted acted;             /* on which the other end acted, by its acknowledgements */
	struct version first, second; /* in order of arrival */
};

/* Why a reset is not what its supposed sender would send. */
#define RESET_DATA_FOLLOWED  1 /* the sender went on in sequence */
#define RESET_TTL_DIFFERS    2 /* TTL is none that this sender used */
#define RESET_IP_ID_DIFFERS  4 /* IP-ID far from this sender's run */
#define RESET_WINDOW_DIFFERS 8

struct reset {
	enum side from;
	int64_t time;
	uint8_t ttl, usual_ttl;
	uint16_t ip_id, last_ip_id;
	uint16_t window;
	uint8_t contradictions; /* RESET_ bits; 0: an ordinary reset */
	uint32_t bytes_after;   /* in sequence, from its supposed sender, after it */
};

/* Which sides' packets the capture holds. */
enum sides_seen { SEEN_BOTH, SEEN_CLIENT, SEEN_SERVER };

/*
 * One session. Everything behind a pointer is borrowed for the length of the
 * call that hands it over.
 */
struct session {
	enum service service;
	struct address client, server;
	uint16_t client_port, server_port;
	int64_t start, end;    /* first and last packet, microseconds since the epoch */
	char community_id[32]; /* "1:..."; empty where no digest was given */
	char encap[ENCAP_TEXT_MAX];
	enum ending ending;
	enum side ended_by; /* who sent the first FIN or the reset */
	enum sides_seen seen;
	bool syn_seen; /* of the client; and of the server where the server's side is seen */
	bool complete; /* every byte that is in clear was captured, both sides, SYN to end */
	bool
	    clear_whole; /* the same but for the end: nothing is missing up to what was last seen */
	bool mail_whole; /* nothing was missing when mail, or a secret, first went in clear */
	enum fact mail_requested; /* STARTTLS had been asked for by then, and no answer was due */
	enum fact mail_granted;   /* ... and accepted; NO: refused */
	uint64_t gap_bytes;    /* known to be sent and never captured, both sides, ciphertext too */
	uint64_t bytes[SIDES]; /* payload seen, in sequence */
	uint64_t packets;
	bool is_under_way; /* told before its end, for something was decided: it will be told again
			    */
	bool has_drops;    /* packets were lost before they could be read while it was under way */
	struct smtp_facts smtp;
	struct tls_facts tls;
	struct certificate_facts certificate;
	/* Wire text, raw (not yet printable), scrubbed. */
	struct bytes greeting[GREETING_LINES_MAX]; /* lines of the greeting behind the code */
	size_t greetings;
	struct bytes helo;                 /* argument of the last HELO, EHLO, LHLO in clear */
	struct bytes ehlo[EHLO_LINES_MAX]; /* lines of the reply in force behind the code; [0] names
					      the server */
	size_t ehlos;
	struct bytes auth; /* the last AUTH mechanism named in clear */
	struct bytes
	    refusal; /* text of the reply that refused STARTTLS, or of the one that echoes */
	struct bytes ehlo_refusal;  /* text of the reply that refused EHLO */
	struct bytes masked_verb;   /* the verb that is padding, or the echoed one */
	struct bytes client_ahead;  /* what the client sent behind STARTTLS, before it could have
				       the 220 */
	struct bytes client_sample; /* what the client sent where TLS should begin */
	struct bytes server_sample; /* what the server sent where TLS should begin */
	struct bytes interruption;  /* what came inside the TLS stream */
	struct bytes sni, alpn;
	struct bytes *from_domains, *rcpt_domains; /* lower case ASCII; each once, in order */
	size_t from_count, rcpt_count;
	struct conflict conflicts[CONFLICTS_MAX];
	size_t conflict_count;
	uint32_t conflicts_total;        /* more than are kept, maybe */
	struct reset resets[RESETS_MAX]; /* only those with contradictions */
	size_t reset_count;
};

/* The outcome in one word, as contract and detections define it. Pure. */
enum outcome session_outcome(const struct session *s);

/* Nothing more can follow: its end was seen, or the client said that it leaves. */
bool session_is_over(const struct session *s);

/*
 * Nothing is missing that could show the opposite of an absence in the clear
 * part: both sides, SYN seen, no gap.
 */
bool session_can_show_absence(const struct session *s);

/*
 * The same of what must come before mail, or a secret, in clear, where such went: what is missing
 * behind it, of the message say, cannot have saved it.
 */
bool session_can_show_absence_before_mail(const struct session *s);

/* The client sent no STARTTLS: none at all, or none before mail, or a secret, in clear. */
bool session_is_unrequested(const struct session *s);

/* STARTTLS was offered, and mail, or a secret, went in clear without it. */
bool session_is_unused(const struct session *s);

/* How STARTTLS was answered; where it went in clear, before that. */
enum fact session_acceptance(const struct session *s);

/* Mail or a secret was seen in clear: true whatever else is missing. */
bool smtp_went_in_clear(const struct smtp_facts *f);

const char *service_name(enum service s); /* "smtp", "submission", "submissions", "lmtp", "none" */
const char *outcome_name(enum outcome o); /* "encrypted", "plaintext", "tls-failed", ... */

#endif
