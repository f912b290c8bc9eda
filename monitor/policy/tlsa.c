/* RFC 6698 section 2.1 and RFC 7671; see tlsa.h. */
#include "monitor/policy/tlsa.h"

#include <stdio.h>

#define SHA256_LEN 32
#define SHA512_LEN 64

bool
tlsa_read(struct bytes rdata, struct tlsa *out)
{
	struct cursor c = cursor_over(rdata);

	*out = (struct tlsa){0};
	out->usage = cursor_u8(&c);
	out->selector = cursor_u8(&c);
	out->matching = cursor_u8(&c);
	out->data = c.rest;
	return !c.is_short;
}

static enum tlsa_use
data_use(const struct tlsa *t)
{
	if (t->matching == TLSA_SHA256)
		return t->data.len == SHA256_LEN ? TLSA_USABLE : TLSA_LENGTH;
	if (t->matching == TLSA_SHA512)
		return t->data.len == SHA512_LEN ? TLSA_USABLE : TLSA_LENGTH;
	if (t->data.len == 0)
		return TLSA_LENGTH;
	return t->is_der ? TLSA_USABLE : TLSA_DATA;
}

enum tlsa_use
tlsa_use(const struct tlsa *t)
{
	if (t->usage > TLSA_DANE_EE)
		return TLSA_USAGE;
	if (t->usage < TLSA_DANE_TA)
		return TLSA_PKIX;
	if (t->selector > TLSA_PUBLIC_KEY)
		return TLSA_SELECTOR;
	if (t->matching > TLSA_SHA512)
		return TLSA_MATCHING;
	return data_use(t);
}

/* Usable, and yet. */
static const char *
advice(const struct tlsa *t)
{
	if (t->usage == TLSA_DANE_EE && t->selector == TLSA_CERTIFICATE)
		return "is of the certificate: it fails at each renewal, where one of the key "
		       "(3 1 1) stays (RFC 7671 section 5.1)";
	if (t->usage == TLSA_DANE_TA && t->selector == TLSA_PUBLIC_KEY && t->matching == TLSA_FULL)
		return "holds a bare key as its trust anchor, which not every client can use (RFC "
		       "7671 section 5.2.3)";
	return NULL;
}

static const char *
reason(const struct tlsa *t)
{
	switch (tlsa_use(t)) {
	case TLSA_USABLE:
		return advice(t);
	case TLSA_PKIX:
		return "has usage PKIX-TA(0) or PKIX-EE(1), which mail clients do not use (RFC "
		       "7672 section 3.1.3)";
	case TLSA_USAGE:
		return "has a usage that is not defined (RFC 6698 section 2.1.1)";
	case TLSA_SELECTOR:
		return "has a selector that is not defined (RFC 6698 section 2.1.2)";
	case TLSA_MATCHING:
		return "has a matching type that is not defined (RFC 6698 section 2.1.3)";
	case TLSA_LENGTH:
		return "holds data that is not as long as its digest is (RFC 6698 section 2.1.4)";
	case TLSA_DATA:
		return "holds no certificate or key that can be read (RFC 6698 section 2.1.4)";
	}
	return NULL;
}

void
tlsa_explain(const struct tlsa *t, struct problems *problems)
{
	const char *why = reason(t);
	char text[TLSA_TEXT_MAX];

	if (why == NULL)
		return;
	tlsa_text(t, text);
	problems_add(problems, "The TLSA record \"%.30s%s\" %s.", text,
		     strlen(text) > 30 ? "..." : "", why);
}

void
tlsa_text(const struct tlsa *t, char out[TLSA_TEXT_MAX])
{
	static const char hex[] = "0123456789abcdef";
	size_t n = (size_t)snprintf(out, TLSA_TEXT_MAX, "%u %u %u ", (unsigned)t->usage,
				    (unsigned)t->selector, (unsigned)t->matching);
	struct bytes shown = bytes_first(t->data, SHA512_LEN);

	for (size_t i = 0; i < shown.len; i++) {
		out[n++] = hex[shown.at[i] >> 4];
		out[n++] = hex[shown.at[i] & 15];
	}
	memcpy(out + n, shown.len < t->data.len ? "..." : "", shown.len < t->data.len ? 4 : 1);
}
