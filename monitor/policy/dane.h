/*
 * DANE for SMTP, RFC 7672, with RFC 7671: what must be asked of the DNS for one
 * MX host, what the answers come to, and whether a certificate that was seen is
 * one that its TLSA records name.
 *
 * Pure; of the data of a record in full OpenSSL makes a digest, and does not read it. Asks
 * nothing itself: answers are given by whoever asked. Reads no certificate of a
 * server: what the reader found in it (monitor/certificate.h) is held against them.
 */
#ifndef MONITOR_POLICY_DANE_H
#define MONITOR_POLICY_DANE_H

#include "dissector/session.h"
#include "monitor/policy/answer.h"
#include "monitor/policy/domain.h"
#include "monitor/policy/tlsa.h"

/* TLSA records at a name, as many as an answer can hold; borrowed. */
struct tlsa_set {
	const struct tlsa *records;
	size_t count;
};

/*
 * The answers for one MX host. For a domain without MX records the host is the
 * domain itself, and mx is ANSWER_ABSENT or ANSWER_ABSENT_INSECURE.
 */
struct dane_answers {
	enum answer mx;
	enum answer address; /* A and AAAA, all of the way over CNAMEs: answer_join */
	bool is_alias;       /* the host's name is a CNAME */
	enum answer alias;   /* CNAME asked for at the host's name by itself: dane_next */
	enum answer tlsa[2]; /* at each enum dane_base */
	struct tlsa_set records[2];
};

/* The TLSA base domain, RFC 7671 section 7. "_25._tcp." stands before it. */
enum dane_base {
	DANE_BASE_EXPANDED, /* where the CNAMEs lead; the host's name where there is none */
	DANE_BASE_ORIGINAL  /* the host's name, where it is a CNAME */
};

/* Where the records are, RFC 6698 section 3: "_25._tcp.mx.example.net". False: over-long. */
bool dane_owner(const struct domain *base, uint16_t port, char out[DOMAIN_TEXT]);

/* What is still to be asked, in this order, before dane_judge can say all. */
enum dane_question {
	DANE_ASK_NOTHING,
	DANE_ASK_MX,
	DANE_ASK_ADDRESS,
	DANE_ASK_ALIAS,
	DANE_ASK_TLSA_EXPANDED,
	DANE_ASK_TLSA_ORIGINAL
};

/*
 * The next question. No TLSA is asked for where the address is not secure, for
 * servers of zones that are not signed may drop that question: RFC 7672 section
 * 2.2.2. With an insecure MX the questions go on, as section 2.2.1 allows.
 */
enum dane_question dane_next(const struct dane_answers *a);

/* What is known of the host: the contract's words, four of which are "no" and differ. */
enum dane_state {
	DANE_UNKNOWN,    /* something is still to be asked */
	DANE_USABLE,     /* secure records, one of which can be used */
	DANE_UNUSABLE,   /* secure records, none of which can be used */
	DANE_ABSENT,     /* proven that there are none */
	DANE_INSECURE,   /* the host's zone is not signed, or the records' is not */
	DANE_BOGUS,      /* validation failed on the way to them */
	DANE_UNAVAILABLE /* a question on the way to them had no answer */
};

const char *dane_state_name(enum dane_state s); /* "usable", "absent" ...; "unknown" */

/* What a client that does DANE must do with this host, RFC 7672 section 2.2. */
enum dane_demand {
	DANE_DEMANDS_NOTHING,      /* as if there were no DANE */
	DANE_DEMANDS_IF_IT_LIKES,  /* records are there, the MX is insecure: section 2.2.1 */
	DANE_DEMANDS_ENCRYPTION,   /* TLS, by whomever: all records are unusable */
	DANE_DEMANDS_AUTHENTICITY, /* TLS, and a certificate that the records name */
	DANE_DEMANDS_DELAY         /* not to use the host: section 2.1.2, never a reason to go in
				    * the clear, nor to fall back on MTA-STS */
};

struct dane {
	enum dane_state state;
	enum dane_demand demand;
	enum dane_base base; /* of USABLE and UNUSABLE: whose records count */
};

void dane_judge(const struct dane_answers *a, struct dane *out);

/* Can one of these records be used (tlsa_use)? */
bool dane_has_usable(const struct tlsa_set *set);

/* ---- Certificates ---- */

#define DANE_NAMES_MAX 4 /* base, next-hop domain, and where its CNAMEs lead; one to spare */

/* What was seen of a handshake, and what it is held against. */
struct dane_session {
	struct tlsa_set records;
	/* What the reader found in the chain; NULL under TLS 1.3, and where none was captured. */
	const struct certificate_facts *certificate;
	/*
	 * Names of the server, RFC 7672 section 3.2.2, the TLSA base domain first.
	 * The domain of the mail belongs here only where its MX is secure.
	 */
	struct domain names[DANE_NAMES_MAX];
	size_t name_count;
};

enum dane_match {
	DANE_NOT_OBSERVABLE, /* not seen, or not enough of it: neither yes nor no */
	DANE_NOT_APPLICABLE, /* no record can be used */
	DANE_MATCHED,
	DANE_NO_MATCH,    /* no record names the leaf or an authority of it */
	DANE_WRONG_NAME,  /* DANE-TA(2): the authority is named, or may be; the server is another */
	DANE_OUT_OF_DATE, /* DANE-TA(2): expired or not yet valid; nothing to DANE-EE(3) */
	DANE_BROKEN_CHAIN /* DANE-TA(2): a signature, purpose or constraint fails */
};

/* It was seen, and is not what the records name. */
bool dane_is_unmatched(enum dane_match match);

/*
 * Match, RFC 7671 with its digest agility (section 9: of one usage and selector
 * the strongest digest alone counts, beside full data). DANE-EE(3) looks at
 * neither names nor dates (RFC 7672 section 3.1.1). DANE-TA(2) wants the
 * authority in the chain; a subject's CN counts only where the certificate has no
 * DNS name (section 3.2.3). A DANE-TA record that holds its authority whole may
 * stand for one that was not sent (RFC 7671 section 5.2.2): that matches nothing where no
 * certificate on the way names that authority as its issuer (RFC 5280 section 6.1.3), where the
 * leaf is out of date or for another host. Else whether the signature is the authority's was
 * not looked at: NOT_OBSERVABLE.
 */
enum dane_match dane_match(const struct dane_session *s);

#endif
