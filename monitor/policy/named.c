#include "monitor/policy/named.h"

#include <openssl/sha.h>

#include "dissector/text.h"

static void
digest_name(struct bytes name, uint8_t out[NAME_DIGEST])
{
	uint8_t lower[DOMAIN_NAME_MAX], digest[SHA256_DIGEST_LENGTH];

	for (size_t i = 0; i < name.len; i++)
		lower[i] = (uint8_t)text_lower(name.at[i]);
	SHA256(lower, name.len, digest);
	memcpy(out, digest, NAME_DIGEST);
}

/* A host name, or one whose left-most label is a wildcard. */
static bool
can_be_host(struct bytes name)
{
	return domain_is_ldh(bytes_equal(bytes_first(name, 2), BYTES("*.")) ? bytes_after(name, 2)
									    : name);
}

void
named_add(struct certificate_facts *c, struct bytes name)
{
	if (name.len > DOMAIN_NAME_MAX || !can_be_host(name))
		return;
	if (c->name_count == CERTIFICATE_NAMES_MAX)
		c->are_names_whole = false;
	else
		digest_name(name, c->names[c->name_count++]);
}

static bool
has_name(const struct certificate_facts *c, struct bytes name)
{
	uint8_t digest[NAME_DIGEST];

	digest_name(name, digest);
	for (size_t i = 0; i < c->name_count; i++)
		if (memcmp(c->names[i], digest, NAME_DIGEST) == 0)
			return true;
	return false;
}

/* "*.example.net" for mx.example.net; no wildcard names example.net. */
static bool
has_wildcard(const struct certificate_facts *c, struct bytes host)
{
	struct bytes rest = bytes_after(host, bytes_find(host, '.'));
	uint8_t text[DOMAIN_NAME_MAX + 1] = "*";

	if (rest.len == 0 || bytes_find(bytes_after(rest, 1), '.') == rest.len - 1)
		return false;
	memcpy(text + 1, rest.at, rest.len);
	return has_name(c, (struct bytes){text, 1 + rest.len});
}

enum fact
named_has(const struct certificate_facts *c, const struct domain *host)
{
	struct bytes name = domain_bytes(host);

	if (name.len == 0)
		return FACT_UNSEEN;
	if (has_name(c, name) || has_wildcard(c, name))
		return FACT_YES;
	return c->are_names_whole ? FACT_NO : FACT_UNSEEN;
}
