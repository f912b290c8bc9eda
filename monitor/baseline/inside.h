/*
 * What a baseline is made of, for monitor/baseline/ alone.
 */
#ifndef MONITOR_BASELINE_INSIDE_H
#define MONITOR_BASELINE_INSIDE_H

#include <string.h>

#include "monitor/baseline/baseline.h"
#include "monitor/baseline/memory.h"

struct baseline {
	struct memory *memory;
};

/* Networks that got less than the server's best are remembered: four at least are others than who
 * asks. */
#define LOWER_NETWORKS 5

#define RELAYED_DOMAINS     5  /* and more make a smart host of a server */
#define RELAYED_DOMAINS_MAX 10 /* more are not counted */

/* The whole EHLO reply was seen without STARTTLS, and nothing was encrypted. */
static inline bool
lacks_offer(const struct session *s)
{
	return s->smtp.offered == FACT_NO && s->smtp.extended == FACT_YES &&
	       s->tls.complete != FACT_YES && session_can_show_absence_before_mail(s);
}

/* Whether the mark is of some network that got this version of TLS. */
static inline bool
version_is_from(const struct mark *m, const char *version)
{
	size_t len = strlen(version);

	return m->kind == MARK_VERSION && strncmp(m->value, version, len) == 0 &&
	       m->value[len] == ' ';
}

/* Whether a version's value is of that network. */
static inline bool
version_from(const char *value, const char *from)
{
	const char *blank = strchr(value, ' ');

	return blank != NULL && strcmp(blank + 1, from) == 0;
}

/* Whether a certificate is worth something to those who check it. */
static inline bool
certificate_is_good(const struct session *s)
{
	return s->certificate.trusted == FACT_YES ||
	       (s->certificate.trusted == FACT_UNSEEN && s->certificate.self_signed == FACT_NO);
}

#endif
