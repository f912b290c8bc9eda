/*
 * What smtp.c, smtp_command.c, smtp_reply.c and smtp_unmatched.c share: where one
 * dialogue stands, and the walk over one input. Private to them.
 *
 * smtp.c cuts the bytes of both sides into lines, message text and TLS, and
 * knows what a gap spoils; smtp_command.c reads the client's lines,
 * smtp_reply.c the server's, smtp_unmatched.c replies that nothing is known to have
 * asked for.
 */
#ifndef DISSECTOR_SMTP_STATE_H
#define DISSECTOR_SMTP_STATE_H

#include "dissector/content.h"
#include "dissector/line.h"
#include "dissector/names.h"
#include "dissector/pending.h"
#include "dissector/reply.h"
#include "dissector/smtp.h"

/* What the client's next bytes are. */
enum client_mode {
	CLIENT_COMMANDS,
	CLIENT_CONTENT, /* message text up to the dot */
	CLIENT_CHUNK,   /* message text of known length */
	CLIENT_PEEK,    /* behind DATA, before its reply: the first line may tell which */
	CLIENT_HEADER,  /* a balancer's header, of the PROXY protocol's version 2 */
	CLIENT_WARY,    /* commands most likely; believed from the first plain one on */
	CLIENT_ADRIFT   /* bytes are missing: may be anything, message text too */
};

/* Where an AUTH exchange stands, RFC 4954 section 4. */
enum exchange { EXCHANGE_NONE, EXCHANGE_ASKED, EXCHANGE_CHALLENGED };

/* A line where TLS should begin is no ordinary one. */
enum line_kind {
	LINE_ORDINARY,
	LINE_DOUBTFUL, /* behind STARTTLS, whose answer may be among what is missing */
	LINE_LATE,     /* behind a STARTTLS long unanswered: ahead of its answer, if one comes */
	LINE_INJECTED, /* sent before the other side's answer could be had */
	LINE_AFTER     /* sent all the same */
};

/* What a reply answers; settled at its first line. */
enum reply_to { REPLY_TO_NOTHING, REPLY_TO_COMMAND, REPLY_GREETING };

struct smtp {
	struct smtp_facts facts;
	struct pending pending;
	struct line_reader lines[SIDES];
	uint64_t line_at[SIDES]; /* offset of the first byte of the line being read */
	int64_t time;            /* of the latest input */
	uint64_t chunk_left;     /* CLIENT_CHUNK, CLIENT_HEADER: bytes still to come */
	uint64_t starttls_peer;  /* what the client had of the server when it sent STARTTLS */
	int64_t starttls_time;   /* when that was */
	uint64_t client_border;  /* end of STARTTLS and of what was injected behind it */
	uint64_t go_ahead_end;   /* end of the 220 in the server's stream */
	uint64_t answered_end;   /* end of the reply that is_content_answered speaks of */
	struct reply reply;      /* being read */
	struct names names;      /* of MAIL and of RCPT */
	uint32_t
	    prose_peer; /* what the client had of the server's when is_prose began, modulo 2^32 */
	uint32_t late_bytes;  /* of LINE_LATE */
	uint16_t ahead_lines; /* line feeds sent behind DATA before its reply */
	uint16_t rcpts;       /* accepted in this transaction */
	uint16_t due;         /* replies still due for one message, LMTP */
	uint16_t sampled[SIDES], sampled_ahead;
	uint8_t ehlo_lines;
	uint8_t greeting_lines;
	uint8_t content_len; /* bytes behind DATA; stops at its largest value */
	uint8_t
	    auth_data; /* data of the exchange that the client sent; stops at its largest value */
	uint8_t header_len; /* bytes read of what says how long a balancer's header is */
	uint8_t kept[SIDES][5];
	uint8_t kept_len[SIDES];
	uint8_t line_kind[SIDES]; /* enum line_kind */
	uint8_t mode;             /* enum client_mode */
	uint8_t content;          /* enum content_state */
	uint8_t exchange;         /* enum exchange */
	uint8_t reply_to;         /* enum reply_to */
	bool at_border[SIDES];    /* this side's TLS should begin with its next byte */
	bool is_tls[SIDES];
	bool is_seen[SIDES];      /* bytes of this side were fed */
	bool is_header_begun : 1; /* the client began like a balancer's header */
	bool is_lmtp : 1;
	bool is_from_start : 1;
	bool is_whole : 1;            /* from the start, and nothing was missing yet */
	bool is_matched : 1;          /* pending says what the next reply answers */
	bool is_greeting_past : 1;    /* it was read, or cannot come any more */
	bool is_starttls_waiting : 1; /* asked, not answered yet */
	bool is_request_doubtful : 1; /* ... if it was a command: it may be message text */
	bool is_offer_seen : 1;       /* some EHLO reply of this session names STARTTLS */
	bool is_offer_for_name : 1;   /* ... or has it where the server's name should be */
	bool may_have_mail : 1;       /* CLIENT_ADRIFT: a line that reads MAIL went by */
	bool is_ehlo_late : 1; /* the last EHLO was sent behind MAIL or STARTTLS: its reply was not
				  in force when they were */
	bool is_go_ahead : 1;  /* the last whole reply was a 220 that nobody was seen to ask for */
	bool is_lax_go_ahead : 1; /* STARTTLS was answered 2xx, if not 220, and the client said
				     nothing since */
	bool is_data_ahead : 1;   /* data of the exchange came before it was asked for */
	bool is_secret : 1;       /* the exchange's data can be used again */
	bool is_login : 1;        /* it is LOGIN, whose first data is a name */
	bool is_challenged : 1; /* the server's last line was a 334: a secret comes, whatever for */
	bool is_guess : 1;      /* a 5xx was taken for the answer to what need have none, and an
				   EHLO behind it still awaits its own */
	bool is_prose : 1;      /* since the server's last line came what is no command: so may be
				   what reads like one */
	bool is_behind_tls : 1; /* the client went on in text where TLS had begun */
	bool has_answered : 1; /* the server's TLS had begun, which nothing but the client's does */
	bool is_offering : 1;  /* the reply being read names STARTTLS */
	bool is_reply_broken : 1; /* its beginning may be missing */
	bool is_confirmed : 1;    /* message text: the 354 was seen */
	bool is_text : 1;         /* message text: its first line is no command */
	bool is_bare_before : 1;  /* CLIENT_ADRIFT: the line before ended with a bare LF, or is not
				     known */
	bool is_data_open : 1;   /* CLIENT_ADRIFT: behind DATA, so that what comes is text up to its
				    dot */
	bool is_lax : 1;         /* message text: DATA itself ended with a bare LF */
	bool is_gapped : 1;      /* message text: bytes of it are missing */
	bool is_refused : 1;     /* DATA was, after text had been sent behind it */
	bool may_have_ended : 1; /* message text: a dot that some servers take as the end */
	bool is_end_last : 1;    /* ... and nothing came behind it yet */
	bool is_content_answered : 1; /* the verdict came before the end was seen */
	bool is_in_clear : 1;         /* mail, or a secret, went in clear: what stood then */
	bool was_settled : 1;         /* ... no EHLO was to be answered */
	uint8_t offered_then : 2, requested_then : 2, accepted_then : 2; /* enum fact */
};

/* One input on its way through the dialogue. */
struct smtp_walk {
	struct smtp *s;
	struct ledger *l;
	const struct smtp_input *in;
	struct bytes rest; /* not read yet */
	uint64_t at;       /* offset of its first byte */
	uint8_t room[LINE_CAP];
	uint8_t scrubbed[LINE_CAP];
};

/* One whole line of either side. */
void smtp_client_line(struct smtp_walk *w, const struct line *line);
void smtp_server_line(struct smtp_walk *w, const struct line *line);

/* Message text: read on from w->rest. */
void smtp_content(struct smtp_walk *w);
void smtp_chunk(struct smtp_walk *w);

/* A balancer's header, behind its signature: read on from w->rest. */
void smtp_header(struct smtp_walk *w);

/* Whether what the sender had of the other side reaches as far as offset, or is not known. */
bool smtp_had(const struct smtp_input *in, uint64_t offset);

/* The server said 220: both sides' TLS should begin. */
void smtp_go_ahead(struct smtp_walk *w);

/* The client begins TLS behind an answer that is no refusal: it was meant as the go-ahead. */
void smtp_take_lax_go_ahead(struct smtp *s);

/* From now on no reply is taken for a command's. */
void smtp_lose_match(struct smtp *s);

/* Bytes of this side are missing. */
void smtp_lose_client(struct smtp *s);
void smtp_lose_server(struct smtp *s);

/* A STARTTLS may have been among bytes that were not read as commands. */
void smtp_doubt_request(struct smtp *s);

/* A line that reads STARTTLS was a command for certain. */
void smtp_confirm_request(struct smtp *s);

/* The client's next bytes may be anything. */
void smtp_go_adrift(struct smtp *s);

/* Whether message text has been sent behind DATA, more than a lone dot. */
void smtp_judge_content(struct smtp *s);

/* Where mail, or a secret, has just gone in clear for the first time, keep what stands. */
void smtp_note_mail(struct smtp *s);

/* 354: what the client sends, or has sent already, is message text. */
void smtp_confirm_content(struct smtp *s);

/* The verdict on a message. */
void smtp_answer_content(struct smtp_walk *w);

/* A whole reply of which it is not known what it answers: what it shows by itself. */
void smtp_unmatched_reply(struct smtp_walk *w);

/* The client sent data of an AUTH exchange. */
void smtp_credentials(struct smtp *s);

void smtp_note(struct smtp_walk *w, enum note tag, struct bytes text);

/*
 * Scrub a copy of the line and put it in the evidence, and in the samples where
 * its kind asks for it. Returns the copy without its line end, in w->scrubbed.
 */
struct bytes smtp_keep(struct smtp_walk *w, const struct line *line,
		       void (*scrub)(uint8_t *, size_t));

/* A count that stops at its largest value. */
void smtp_count(uint32_t *count, uint64_t n);

#endif
