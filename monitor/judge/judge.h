/*
 * Facts to findings: a pure function, driven by one table with a row a kind.
 *
 * Knows nothing of packets, processes or databases; allocates nothing. It judges
 * what one session shows by itself, beside what is known of its server and its
 * client, and beside the policy of the domain that its mail was for.
 */
#ifndef MONITOR_JUDGE_JUDGE_H
#define MONITOR_JUDGE_JUDGE_H

#include "dissector/session.h"
#include "monitor/judge/history.h"

enum severity { SEVERITY_INFO, SEVERITY_NOTICE, SEVERITY_WARNING, SEVERITY_CRITICAL };
enum certainty { CERTAINTY_POSSIBLE, CERTAINTY_PROBABLE, CERTAINTY_PROVEN };
enum where { WHERE_UNKNOWN, WHERE_CLIENT_SIDE, WHERE_SERVER_SIDE };

#define DETAIL_MAX   512
#define FINDINGS_MAX 32
#define PROOFS_MAX   10

struct finding;
struct destination; /* monitor/policy/destination.h */

/* What is judged: the facts, and what is known beside them. */
struct judge_case {
	const struct session *session;
	const struct history *known;      /* all zero where nothing is */
	const struct destination *policy; /* NULL where nothing is known of it */
};

/* A row of the table. */
struct kind {
	const char *name;       /* as in the contract: "starttls-missing" */
	const char *title;      /* a short heading for people */
	const char *meaning;    /* what it says, in a sentence or two */
	const char *expected;   /* what would have been seen where nothing is amiss */
	const char *refuted_by; /* what would show it harmless, unless a finding has its own */
	const char *advice;     /* what to do next, imperative */
	const char *reference;  /* "RFC 3207 section 6" */
	bool is_own_doing;      /* what a client or an operator does amiss: nobody on the way */
	/* Judge: true where the kind holds; fills in severity, certainty, where, detail, proofs. */
	bool (*test)(const struct judge_case *c, struct finding *out);
};

/* A thing that a person can check. */
struct proof {
	char what[48];
	char value[SAMPLE_MAX * 4 + 1]; /* printable */
	bool is_count; /* of all that was seen until then: that of a later session overtakes it */
};

struct finding {
	const struct kind *kind;
	enum severity severity;
	enum certainty certainty;
	enum where where;        /* the side of the tap on which the change was made */
	const char *refuted_by;  /* what would show it harmless: the kind's, or its own */
	char detail[DETAIL_MAX]; /* one sentence, printable */
	struct proof proofs[PROOFS_MAX];
	size_t proof_count;
};

struct verdict {
	enum outcome outcome;
	struct finding findings[FINDINGS_MAX];
	size_t count;
};

/* Judge one session by itself. */
void judge_session(const struct session *s, struct verdict *out);

/* Judge it beside what is known. */
void judge_case(const struct judge_case *c, struct verdict *out);

/* What was found of that kind; NULL: nothing. As long as the verdict. */
const struct finding *verdict_finding(const struct verdict *v, const char *kind);

/* The table, and its length. */
extern const struct kind judge_kinds[];
extern const size_t judge_kind_count;

/* The row of that name; NULL where there is none. */
const struct kind *judge_kind(const char *name);

const char *severity_name(enum severity s);   /* "info", "notice", "warning", "critical" */
const char *certainty_name(enum certainty c); /* "possible", "probable", "proven" */
const char *where_name(enum where w);         /* "client-side", "server-side", "unknown" */

/* By name; false where there is none. */
bool severity_of(const char *name, enum severity *out);

#endif
