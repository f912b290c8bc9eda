/*
 * A scene in the fixture of a test, and what clients do in it again and again:
 * for tests of what many sessions show together.
 */
#ifndef TESTS_HISTORY_BUILD_H
#define TESTS_HISTORY_BUILD_H

#include "tests/mail_build.h"

#define SCENE()                                                  \
	struct fixture *p = *state;                              \
	struct scene *sc = test_calloc(1, sizeof(struct scene)); \
	scene_open(sc, p->path)
#define END()                          \
	do {                           \
		scene_close(sc);       \
		assert_sound(p->path); \
		test_free(sc);         \
	} while (0)
#define END_CALMLY()                     \
	do {                             \
		end_calmly(sc, p->path); \
		test_free(sc);           \
	} while (0)

/* A client of another network each. */
#define NETWORK(n) (200u * (n))

static inline void
use(struct scene *sc, unsigned client, unsigned server, int times, int64_t every)
{
	for (int i = 0; i < times; i++) {
		meet(sc, client, server);
		pass(sc, every);
		assert_calm(sc);
	}
}

static inline void
strip(struct scene *sc, unsigned client, unsigned server)
{
	meet_without(sc, client, server);
	pass(sc, MINUTE);
}

/* Server 1 shows its client this key, in TLS 1.2. */
static inline void
show_to(struct scene *sc, unsigned client, uint8_t key, const char *issuer, enum fact self_signed)
{
	struct session *s = meet(sc, client, 1);
	struct certificate_facts *c = &s->certificate;

	s->tls.version = s->tls.offered_version = 0x0303;
	s->sni = text_of("mx1.example.net");
	c->is_seen = c->is_parsed = true;
	c->chain_len = 1;
	memset(c->digests.spki_sha256, key, sizeof(c->digests.spki_sha256));
	c->not_before = START - 30 * DAY;
	c->not_after = START + 300 * DAY;
	c->expired = FACT_NO;
	c->self_signed = self_signed;
	c->trusted = FACT_UNSEEN;
	snprintf(c->issuer, sizeof(c->issuer), "%s", issuer);
	snprintf(c->subject, sizeof(c->subject), "CN=mx1.example.net");
	pass(sc, HOUR);
}

#endif
