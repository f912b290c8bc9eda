/*
 * One client line to verb and argument (RFC 5321 section 4.1.1), and what the
 * arguments of BDAT and AUTH say. A verb is a whole word: STARTTLSX is not
 * STARTTLS. Knows nothing of where the dialogue stands.
 */
#ifndef DISSECTOR_COMMAND_H
#define DISSECTOR_COMMAND_H

#include "dissector/bytes.h"

enum verb {
	VERB_UNKNOWN,
	VERB_BLANK, /* the line is empty but for blanks */
	VERB_HELO,
	VERB_EHLO,
	VERB_LHLO, /* RFC 2033 section 4.1 */
	VERB_STARTTLS,
	VERB_ANONYMOUSTLS, /* X-ANONYMOUSTLS, Exchange's own */
	VERB_MAIL,
	VERB_RCPT,
	VERB_DATA,
	VERB_BDAT, /* RFC 3030 section 2 */
	VERB_RSET,
	VERB_NOOP,
	VERB_QUIT,
	VERB_HELP,
	VERB_AUTH, /* RFC 4954 section 4; and X-EXPS */
	VERB_VRFY,
	VERB_EXPN,
	VERB_ETRN,
	VERB_XCLIENT, /* Postfix's own: carries a login name */
	VERB_XFORWARD
};

struct command {
	enum verb verb;
	struct bytes word;     /* the verb as it stood */
	struct bytes argument; /* behind it, without blanks at either end */
};

/*
 * Read one line without its end; every line is some command. Blanks before
 * the verb are passed over, as common servers do.
 */
struct command command_read(struct bytes line);

/*
 * Whether the command is written just as a client writes one: a known verb with
 * the argument it needs. Where message text or AUTH data might stand instead,
 * this is what tells.
 */
bool command_is_plain(const struct command *c);

/* A larger chunk than this is nobody's: its size is taken for a mistake or a trick. */
#define CHUNK_MAX ((uint64_t)1 << 40)

struct chunk {
	uint64_t size;
	bool is_last;
};

/*
 * BDAT's argument, RFC 3030 section 2: chunk-size, then LAST or nothing. False
 * where it is anything else or more than CHUNK_MAX.
 */
bool command_chunk(struct bytes argument, struct chunk *out);

struct mechanism {
	struct bytes name;    /* empty where it is none that is known: it may be a secret */
	bool has_initial;     /* data came with the command */
	bool is_reusable;     /* who sees the data can log in with it */
	bool is_initial_data; /* that data is more than "=" */
};

/* AUTH's argument, RFC 4954 section 4. */
struct mechanism command_mechanism(struct bytes argument);

/* How many bytes at the front of in are neither blank nor anything behind one. */
size_t command_word(struct bytes in);

#endif
