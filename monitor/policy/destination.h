/*
 * Where a session's mail was to go: the domain whose policy counts, which of its
 * MX hosts the server is, and what that host's policy says of what was seen.
 *
 * What is believed of whom: the domain by the client's RCPT; where TLS hides that,
 * the host by the name that the client asked for (SNI), else by the server's
 * address among those that the resolver gave for MX hosts. What the server calls
 * itself, in its greeting, its EHLO reply or its certificate, is its own word: an
 * attacker's server says what he likes. It is shown to people; it neither finds a
 * domain, nor a host, nor makes a server one that it is not known to be.
 *
 * Pure. What is known is given, as plain values; what is not known whole says
 * neither yes nor no.
 */
#ifndef MONITOR_POLICY_DESTINATION_H
#define MONITOR_POLICY_DESTINATION_H

#include "monitor/policy/mx.h"
#include "monitor/policy/policy.h"
#include "monitor/policy/tlsrpt.h"

/* What has been learnt of a domain, by DNS and HTTPS. */
struct known_policy {
	struct domain domain;
	bool is_resolver_failing; /* ... for all domains alike: that nothing comes is no sign */
	int64_t learnt;           /* when the DNS answered last; microseconds */
	const char *source;       /* of the policy: "network", "cache" */
	struct sts_cache cache;
	struct sts_policy sts; /* its text, read; meaningful where cache.is_known */
	struct mx_set mx;
	/* Where the domain's own CNAME led to these; empty: it has none, or was not asked for since
	 * the program began. */
	struct domain alias;
	struct dane_answers dane[MX_HOSTS_MAX]; /* of the MX host of that index */
	struct domain expanded[MX_HOSTS_MAX];   /* where its CNAMEs lead; empty: to itself */
	/* For people alone. */
	struct problems sts_problems; /* with its record and its fetch, and maybe its text */
	enum answer tlsrpt_answer;    /* TXT at _smtp._tls */
	struct tlsrpt tlsrpt;
};

/*
 * For so long before and behind an answer of the DNS its TLSA records hold, and that a
 * server is none of the MX hosts, microseconds. A host that was one stays known as one of
 * a recipient's domain; by its address alone it tells no domain any more.
 */
#define DESTINATION_FRESH INT64_C(3600000000)

/*
 * A client may have newer answers than these: keys are rolled over (RFC 7671 section 8.1) and
 * hosts move. What would fail by answers from longer before than this, microseconds, is held
 * against nobody: it is asked for again, and judged by what comes. The text of a policy has a
 * time of its own (sts_cache_is_doubtful).
 */
#define DESTINATION_RECHECK INT64_C(60000000)

/* How the server was found to be one of the domain's hosts. */
enum host_by {
	HOST_UNKNOWN,    /* it was not */
	HOST_BY_ADDRESS, /* its address is one of the host's */
	HOST_BY_NAME     /* the client asked for it by its name; other addresses are known */
};

/* The same, beside one session. */
struct destination {
	struct domain domain;
	bool is_by_host; /* no recipient was seen: the domain is one whose MX host this is */
	bool is_shared;  /* ... and others demand less of it, or may: whose mail it was is open */
	bool is_smart_host; /* the domain is a relay's name, whoever the mail is for */
	enum mx_form form;
	enum fact is_mx; /* the server is a host of the domain; NO: all are known, and it is none */
	bool is_mx_outdated; /* ... NO by answers of some time before: DESTINATION_RECHECK */
	enum host_by host_by;
	struct domain host;   /* which; empty where HOST_UNKNOWN */
	struct domain called; /* which the server says that it is, and nobody else; empty: none */
	struct policy policy; /* for that host at the time of the session; nothing is required
			       * where HOST_UNKNOWN */
	enum sts_mode mode;   /* of MTA-STS in force for the domain, whatever the host */
	char id[STS_ID_MAX + 1];
	int64_t fetched, expires; /* of MTA-STS; 0: none is known */
	int64_t learnt;
	const char *source; /* borrowed */
	bool is_suppressed;
	enum sts_trouble trouble;
	uint32_t failures; /* in a row */
	int64_t failing_since;
	bool wants_recheck; /* it would fail by what may be so no more: DESTINATION_RECHECK */
	bool is_visible;    /* certificates were; never under TLS 1.3 */
	struct webpki webpki;
	enum dane_match match;
};

void destination_of(const struct session *s, const struct known_policy *known,
		    struct destination *out);

#define DESTINATIONS_MAX 16 /* domains of one host that are looked at */

/*
 * Where the session went by itself, no recipient being seen: the name that the client asked
 * for, else the server's address. False, and *asked is empty, where it asked for none.
 */
bool destination_asked(const struct session *s, struct domain *asked);

/*
 * The domain of its i-th recipient, U-labels as A-labels. False where it is none that may have a
 * policy, and *domain is empty.
 */
bool destination_recipient(const struct session *s, size_t i, struct domain *domain);

/* Is the domain to be asked for anew: would the session fail by what may be so no more? */
bool destination_wants_recheck(const struct session *s, const struct known_policy *known);

/* Whether one of the domain's MX hosts is there: of this name, or asked is empty, this address. */
bool destination_is_at(const struct known_policy *known, const struct address *server,
		       const struct domain *asked);

/*
 * The same where no recipient was seen, by the domains that are there, DESTINATIONS_MAX at most:
 * that which demands most, unless the certificate is good for another host that the client may
 * have meant. False where it is none of any.
 */
bool destination_by_host(const struct session *s, const struct known_policy *const *known,
			 size_t count, struct destination *out);

/* Of two recipients of one session: does a demand more than b? */
bool destination_is_stricter(const struct destination *a, const struct destination *b);

#endif
