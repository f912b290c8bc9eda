/*
 * Where a policy is fetched from, and whether what a web server answered may be
 * read as one: RFC 8461 section 3.3. Pure; fetches nothing.
 */
#ifndef MONITOR_POLICY_STS_FETCH_H
#define MONITOR_POLICY_STS_FETCH_H

#include "monitor/policy/domain.h"
#include "monitor/policy/problems.h"

#define STS_FETCH_SECONDS 60 /* for the whole of it, section 3.3 */
#define STS_URL_MAX       320

/* The answer to the one GET, as it came: no redirect followed, nothing from a cache. */
struct sts_response {
	int status;                /* of HTTP */
	struct bytes content_type; /* value of that field; empty where there is none */
	struct bytes encoding;     /* value of Content-Encoding; empty where there is none */
	size_t body_len; /* bytes; more than STS_TEXT_MAX is all that need be known of more */
};

enum sts_fetch {
	STS_FETCH_OK,
	STS_FETCH_REDIRECT, /* 3xx must not be followed */
	STS_FETCH_STATUS,   /* anything else but 200 */
	STS_FETCH_TYPE,     /* not text/plain, or no type at all */
	STS_FETCH_ENCODED,  /* compressed, though that was not asked for */
	STS_FETCH_LONG      /* more than STS_TEXT_MAX */
};

enum sts_fetch sts_fetch_judge(const struct sts_response *r, struct problems *problems);

/* Is this Content-Type text/plain, whatever its parameters say (section 3.3)? */
bool sts_fetch_is_plain_text(struct bytes content_type);

/*
 * "https://mta-sts.DOMAIN/.well-known/mta-sts.txt", of the domain as it was
 * asked for, whatever CNAME its record had (section 8.2). False where that host's
 * name would be over-long.
 */
bool sts_fetch_url(const struct domain *d, char out[STS_URL_MAX]);

#endif
