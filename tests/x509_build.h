/* Certificates for tests, made as they are needed. Include after cmocka.h. */
#ifndef TESTS_X509_BUILD_H
#define TESTS_X509_BUILD_H

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "dissector/bytes.h"

#define DAY   INT64_C(86400000000)
#define BEGIN INT64_C(1767225600000000) /* 2026-01-01T00:00:00Z, as date -u -d gives it */
#define END   (BEGIN + 90 * DAY)        /* certificates are valid from BEGIN to END */

struct made {
	X509 *x509;
	EVP_PKEY *key;
	uint8_t der[4096];
	struct bytes bytes; /* of der */
};

/* What is asked of a certificate; all zero but cn is an authority that signs itself. */
struct making {
	const char *cn;
	const char *email;         /* a further emailAddress of its subject */
	const char *names;         /* subjectAltName as OpenSSL writes it; NULL: none */
	const struct made *issuer; /* NULL: itself */
	EVP_PKEY *key;             /* of an earlier one; NULL: a new one */
	bool is_server;            /* no authority, even without names */
	int64_t begin, end;        /* microseconds; 0: BEGIN, END */
};

static inline void
x509_add_extension(X509 *x, X509 *issuer, int nid, const char *value)
{
	X509V3_CTX ctx;
	X509_EXTENSION *e;

	X509V3_set_ctx(&ctx, issuer, x, NULL, NULL, 0);
	e = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
	assert_non_null(e);
	X509_add_ext(x, e, -1);
	X509_EXTENSION_free(e);
}

static inline void
x509_set_subject(X509 *x, const struct making *how)
{
	X509_NAME *name = X509_get_subject_name(x);

	X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, (const unsigned char *)how->cn, -1,
				   -1, 0);
	if (how->email != NULL)
		X509_NAME_add_entry_by_txt(name, "emailAddress", MBSTRING_UTF8,
					   (const unsigned char *)how->email, -1, -1, 0);
}

static inline void
x509_set_times(X509 *x, const struct making *how)
{
	int64_t begin = how->begin != 0 ? how->begin : BEGIN;
	int64_t end = how->end != 0 ? how->end : END;

	assert_non_null(ASN1_TIME_set(X509_getm_notBefore(x), (time_t)(begin / 1000000)));
	assert_non_null(ASN1_TIME_set(X509_getm_notAfter(x), (time_t)(end / 1000000)));
}

static inline void
x509_make(struct made *m, const struct making *how)
{
	const struct made *issuer = how->issuer != NULL ? how->issuer : m;
	uint8_t *at = m->der;
	int len;

	m->key = how->key;
	if (m->key == NULL)
		m->key = EVP_EC_gen("P-256");
	else
		EVP_PKEY_up_ref(m->key);
	m->x509 = X509_new();
	assert_true(m->key != NULL && m->x509 != NULL);
	X509_set_version(m->x509, 2);
	ASN1_INTEGER_set(X509_get_serialNumber(m->x509), 7);
	x509_set_times(m->x509, how);
	x509_set_subject(m->x509, how);
	X509_set_issuer_name(m->x509, X509_get_subject_name(issuer->x509));
	X509_set_pubkey(m->x509, m->key);
	if (how->names != NULL)
		x509_add_extension(m->x509, issuer->x509, NID_subject_alt_name, how->names);
	else if (!how->is_server)
		x509_add_extension(m->x509, m->x509, NID_basic_constraints, "critical,CA:TRUE");
	assert_true(X509_sign(m->x509, issuer->key, EVP_sha256()) > 0);
	len = i2d_X509(m->x509, NULL);
	assert_in_range(len, 1, sizeof(m->der));
	i2d_X509(m->x509, &at);
	m->bytes = (struct bytes){m->der, (size_t)len};
}

static inline void
x509_unmake(struct made *m)
{
	X509_free(m->x509);
	EVP_PKEY_free(m->key);
}

#endif
