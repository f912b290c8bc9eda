/*
 * One thing known of a subject: how often it was so, in a form that ages.
 *
 * Two spans of four weeks count, the one under way and the one before it; what
 * is older is forgotten. Time is that of the sessions. Pure.
 */
#ifndef MONITOR_BASELINE_MARK_H
#define MONITOR_BASELINE_MARK_H

#include "monitor/judge/history.h"

#define MARK_SPAN      (28 * HISTORY_DAY)
#define MARK_VALUE_MAX 68 /* bytes, NUL included: a SHA-256 in hexadecimal fits */

enum mark_kind {
	/* Without a value: yes and no are sessions. */
	MARK_OFFERED,
	MARK_ACCEPTED,
	MARK_EXTENDED,
	MARK_USED,
	MARK_READABLE,
	MARK_ESMTP,
	MARK_LOST,    /* yes: sessions without an offer since the last with one */
	MARK_DOUBTED, /* yes: found stripped by what others show, not by the packets */
	/* With one. */
	MARK_NETWORK,   /* a client network: offered, not offered */
	MARK_NODE,      /* a name of the server: offered, not offered */
	MARK_BARRED,    /* a client network whose EHLO was refused */
	MARK_SERVER,    /* a server, of a client network: offered, not offered */
	MARK_EXTENSION, /* of the EHLO reply */
	MARK_VERSION,   /* of TLS, as four hexadecimal digits. Of a server: though more was offered;
			   yes: that one, no: better; and the same of a client network that got it,
			   behind a blank */
	MARK_KEY,       /* yes: trusted; no: not */
	MARK_SHOWN,     /* a key, and a client network that it was shown to */
	MARK_ISSUER,
	MARK_HELO,    /* a name of the client, where it used STARTTLS */
	MARK_RELAYED, /* a recipient's domain, where the server is known to be none of its MX hosts
		       */
	/* Setbacks: the value is a server's address and port, its name, or a domain. */
	MARK_FAILED,
	MARK_REFUSED,
	MARK_SUPPRESSED
};
#define MARK_KINDS (MARK_SUPPRESSED + 1)

#define MARK_LATE  (10 * INT64_C(60000000)) /* microseconds: behind another one is told, at most */
#define MARK_APART INT64_C(1000)            /* microseconds: unit of how far apart two are */
#define MARK_FAR   UINT16_MAX               /* so many of them, or more */

struct mark {
	enum mark_kind kind;
	char value[MARK_VALUE_MAX];
	uint32_t yes, no, yes_before, no_before;
	uint32_t recent;
	uint8_t recent_count;
	uint16_t apart[TALLY_RECENT]; /* each of the last ones and the one before it, in
					 MARK_APART; the latest first */
	int64_t first, since, last_yes, last_no;
	int64_t first_yes; /* ever; 0: none */
	int64_t turned;    /* since when it is as it was last */
	int64_t until;     /* of a key: the end of its certificate */
};

/* The name in the database, "offered"; and the way back, false where there is none. */
const char *mark_name(enum mark_kind kind);
bool mark_kind_of(const char *name, enum mark_kind *out);

/*
 * Count a session at that time. One too long ago to count any more changes nothing. Sessions may
 * be told in another order than that in which they began: within a minute what is counted is the
 * same, and beyond it nearly so, up to MARK_LATE.
 */
void mark_count(struct mark *m, bool is_yes, int64_t time);

/* Count as if it had never been otherwise. */
void mark_absolve(struct mark *m);

/* Take back a session that was counted so lately. */
void mark_take_back(struct mark *m, bool is_yes);

/* The same of what is told: so many of them. */
void tally_take_back(struct tally *t, bool is_yes, unsigned times);

/*
 * What counts of it at that time. NULL: nothing. Sessions may be told in any order, and captures be
 * read in any: what came later does not count, as far as it is among the last ones, and what was
 * not yet so by then was not so.
 */
struct tally mark_tally(const struct mark *m, int64_t time);

/* The last time it was counted, either way. */
int64_t mark_last(const struct mark *m);

#endif
