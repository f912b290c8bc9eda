/*
 * What is known of a server and a client when one of their sessions is judged:
 * the values that the judge compares with. Where they come from is the
 * baseline's.
 *
 * Sessions under suspicion are not in a tally: what an attack shows is never
 * the norm that the next session is judged by.
 */
#ifndef MONITOR_JUDGE_HISTORY_H
#define MONITOR_JUDGE_HISTORY_H

#include <stdbool.h>
#include <stdint.h>

#define TALLY_RECENT      20 /* how many of the last ones are told apart */
#define TALLY_STEADY      3  /* fewer show no habit */
#define TALLY_STEADY_PART 90 /* percent of the last ones */

#define HISTORY_HOUR   INT64_C(3600000000)
#define HISTORY_DAY    (24 * HISTORY_HOUR)
#define HISTORY_WINDOW HISTORY_HOUR /* what happened so shortly before belongs together */

/* A session that went to TLS is told some seconds behind its end, one in clear at once: as long as
   that there may be others before it that are yet to be told. */
#define HISTORY_LATE (60 * INT64_C(1000000))

/* How often something was so, of the sessions that tell it, in the weeks that count. */
struct tally {
	uint32_t yes, no;
	uint32_t recent; /* the last ones, a bit each, the latest lowest; 1: yes */
	uint8_t recent_count;
	int64_t first;             /* the first that counts */
	int64_t last_yes, last_no; /* 0: never */
};

/* How many of the last ones were so. */
unsigned tally_recent_yes(const struct tally *t);

/* A habit: in three sessions at least, and in nine of ten of the last twenty. */
bool tally_is_steady(const struct tally *t);

/* Why mail that now goes in clear was to be encrypted shortly before. */
enum setback { SETBACK_NONE, SETBACK_FAILED, SETBACK_REFUSED, SETBACK_SUPPRESSED };
enum same { SAME_SERVER, SAME_NAME, SAME_DOMAIN };

struct history {
	/* STARTTLS in the EHLO reply. */
	struct tally offered; /* by this server to anybody */
	struct tally offered_to_network, offered_to_client;
	/* Since this client's network was offered it last, or ever. */
	uint32_t lacks;      /* its sessions that were not */
	int64_t lacks_since; /* the first of them; 0: none */
	/* Other client networks, as far as they are remembered. */
	uint32_t others_seen;      /* within the hour before */
	uint32_t others_got;       /* of them, those that were offered it when they came last */
	uint32_t others_got_since; /* that were, since lacks_since */
	uint32_t others_lost;      /* were offered it once, and not since anybody was */
	int64_t lost_since;        /* the first that was not since then, of all networks; 0: none */
	uint32_t others_waiting; /* were offered it when they came last, and have not come since */
	uint32_t others_without; /* never were */
	uint32_t lacks_of_all;   /* sessions of anybody that were not offered it */
	int64_t last_doubted;    /* when it was last judged by comparing; 0: never */
	int64_t last_lack;       /* when anybody was not offered it; 0: never */
	uint32_t networks_lacking; /* were not, be it once: all networks */
	uint32_t networks_mixed;   /* were, were not, and were again: all networks */
	int64_t mixed_since;       /* since when somebody was not; 0: never */
	/* Of lacks_of_all, what single networks have beyond what they were offered it. */
	uint32_t lacks_in_excess;
	/* The same client's network at other servers, within the hour before. */
	uint32_t servers_lost;
	uint32_t owners_lost;     /* whose those are, beside the owner of this one */
	uint32_t servers_kept;    /* that offered it last, and since the first of those lost it */
	uint32_t servers_waiting; /* that offered it last, before that */
	/* Which of several machines behind the address this is, by what it calls itself. */
	bool is_new_node;      /* it gave other names before, and never this one */
	bool is_lacking_node;  /* this one is known, and never offered it */
	bool has_lacked;       /* this one did not offer it once */
	int64_t first_offer;   /* this one's, where that was within the hour after; 0: none */
	bool has_new_keyword;  /* an extension that it never had, and not just a word in the place
				  of STARTTLS */
	uint32_t nodes;        /* how many that offered it are known */
	bool is_name_offering; /* by the same name it offers it at other addresses, and is not known
				  at this one */
	/* The same of the name in its greeting, where EHLO is refused: its own word. */
	bool is_greeted_name_offering;

	struct tally accepted;                     /* a STARTTLS that was asked for */
	struct tally extended, extended_of_client; /* EHLO was spoken and accepted */
	struct tally used;                         /* an offer, by this client at this server */
	bool is_known_helo;    /* the client's name is one under which it used it */
	bool is_burst;         /* it comes as often as rate limits are made for */
	struct tally readable; /* the greeting: not overwritten with asterisks */
	struct tally esmtp;    /* the greeting names ESMTP */
	uint32_t refusals;     /* in a row, of this client */

	/* Extensions that this server has at other times, of the length of STARTTLS, and that do
	   not stand in this reply; STARTTLS is not among them. */
	uint32_t missing_eight;
	bool has_extensions; /* they are known at all */

	/* TLS of this client at this server. */
	uint16_t best_version;    /* 0: not known */
	struct tally best;        /* whether it was that one */
	bool is_lower_elsewhere;  /* several networks get less than that, be it by turns */
	uint32_t networks_fallen; /* others that get less since anybody got better */

	/* The key that the certificate of this name had at this address. */
	struct tally key;      /* sessions with another key than now; yes: trusted; no: not */
	bool is_known_key;     /* this one was seen before, and not just once among many others */
	bool is_known_issuer;  /* the issuer was */
	int64_t key_until;     /* when the certificate of the latest other key ends */
	uint32_t key_networks; /* client networks that this one was shown to */
	uint32_t other_key_networks; /* ... that another was */

	/* The client's network has brought nothing to other servers for weeks, and for days mail
	   for many domains to this one, which is none of their MX hosts. */
	bool is_smart_host;

	/* What went wrong within the hour before. */
	enum setback setback;
	enum same setback_same;
	int64_t setback_time;
};

#endif
