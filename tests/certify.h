/* What the reader finds in a chain, for tests. Include after cmocka.h. */
#ifndef TESTS_CERTIFY_H
#define TESTS_CERTIFY_H

#include "monitor/certificate.h"
#include "tests/x509_build.h"

/* A certifier that trusts those two, in this order; NULL: it has no CA file. */
static inline struct certifier *
certifier(const struct made *first, const struct made *second)
{
	FILE *file = first != NULL ? tmpfile() : NULL;
	struct certifier *c;
	char why[128];

	if (file != NULL) {
		PEM_write_X509(file, first->x509);
		if (second != NULL)
			PEM_write_X509(file, second->x509);
		rewind(file);
	}
	c = certifier_new(file, why, sizeof(why));
	if (file != NULL)
		fclose(file);
	assert_non_null(c);
	return c;
}

static inline struct certificate_facts
certify_at(struct certifier *c, const struct bytes *chain, size_t count, const char *sni,
	   int64_t time)
{
	struct digests d = certifier_digests(c);
	struct certificate_facts facts;

	memset(&facts, 0xa5, sizeof(facts));
	d.certificate(d.ctx, chain, count, (struct bytes){(const uint8_t *)sni, strlen(sni)}, time,
		      &facts);
	return facts;
}

#endif
