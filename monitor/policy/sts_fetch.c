/* The rules of the HTTPS fetch; see sts_fetch.h. */
#include "monitor/policy/sts_fetch.h"

#include <stdio.h>

#include "dissector/text.h"
#include "monitor/policy/sts_policy.h"

#define SECTION "RFC 8461 section 3.3"
#define HOST    "mta-sts."

bool
sts_fetch_is_plain_text(struct bytes content_type)
{
	struct bytes type = bytes_first(content_type, bytes_find(content_type, ';'));

	/* A type's case does not matter, RFC 9110 section 8.3.1. */
	return text_equal(text_trim(type), BYTES("text/plain"));
}

static enum sts_fetch
judge_status(int status, struct problems *problems)
{
	if (status == 200)
		return STS_FETCH_OK;
	if (status >= 300 && status < 400) {
		problems_add(problems,
			     "The policy's address answers %d: a redirect must not be followed, so "
			     "there is no policy (" SECTION ").",
			     status);
		return STS_FETCH_REDIRECT;
	}
	problems_add(problems,
		     "The policy's address answers %d: only 200 gives a policy (" SECTION ").",
		     status);
	return STS_FETCH_STATUS;
}

static enum sts_fetch
judge_body(const struct sts_response *r, struct problems *problems)
{
	if (!sts_fetch_is_plain_text(r->content_type)) {
		problems_add(problems,
			     "The policy is served as \"%s\": senders should take text/plain alone "
			     "(" SECTION "); some take any type.",
			     r->content_type.len > 0 ? quoted(r->content_type).text : "no type");
		return STS_FETCH_TYPE;
	}
	if (r->encoding.len > 0 && !text_equal(text_trim(r->encoding), BYTES("identity"))) {
		problems_add(problems,
			     "The policy is served with Content-Encoding \"%s\", which was not "
			     "asked for: it is no plain text (" SECTION ").",
			     quoted(r->encoding).text);
		return STS_FETCH_ENCODED;
	}
	if (r->body_len > STS_TEXT_MAX) {
		problems_add(problems,
			     "The policy is longer than 64 kilobytes: senders may refuse it "
			     "(" SECTION ").");
		return STS_FETCH_LONG;
	}
	return STS_FETCH_OK;
}

enum sts_fetch
sts_fetch_judge(const struct sts_response *r, struct problems *problems)
{
	enum sts_fetch status = judge_status(r->status, problems);

	return status == STS_FETCH_OK ? judge_body(r, problems) : status;
}

bool
sts_fetch_url(const struct domain *d, char out[STS_URL_MAX])
{
	char host[DOMAIN_TEXT];

	if (!domain_prefix(HOST, d, host))
		return false;
	snprintf(out, STS_URL_MAX, "https://%s/.well-known/mta-sts.txt", host);
	return true;
}
