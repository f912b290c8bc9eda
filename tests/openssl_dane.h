/*
 * A chain against TLSA records by OpenSSL's own DANE, to compare dane_match with:
 * records and certificates are at hand together, as they are nowhere in the
 * program. What cannot be used is not given to it.
 */
#ifndef TESTS_OPENSSL_DANE_H
#define TESTS_OPENSSL_DANE_H

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "monitor/policy/dane.h"
#include "monitor/presented.h"

static inline bool
openssl_dane_give(SSL *ssl, const struct dane_session *s)
{
	if (SSL_dane_enable(ssl, s->names[0].text) != 1)
		return false;
	for (size_t i = 1; i < s->name_count; i++)
		if (SSL_add1_host(ssl, s->names[i].text) != 1)
			return false;
	SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
	SSL_dane_set_flags(ssl, DANE_FLAG_NO_DANE_EE_NAMECHECKS);
	for (size_t i = 0; i < s->records.count; i++) {
		const struct tlsa *t = &s->records.records[i];

		if (tlsa_use(t) == TLSA_USABLE)
			SSL_dane_tlsa_add(ssl, t->usage, t->selector, t->matching, t->data.at,
					  t->data.len);
	}
	return true;
}

static inline bool
openssl_dane_accepts(SSL *ssl, X509_STORE_CTX *context, int64_t time)
{
	X509_STORE_CTX_set_default(context, "ssl_server");
	X509_VERIFY_PARAM_set1(X509_STORE_CTX_get0_param(context), SSL_get0_param(ssl));
	X509_STORE_CTX_set0_dane(context, SSL_get0_dane(ssl));
	X509_STORE_CTX_set_time(context, 0, (time_t)(time / 1000000));
	return X509_verify_cert(context) == 1;
}

/* Whether OpenSSL takes it; is_known tells whether it could be asked. Names and records of s. */
static inline bool
openssl_dane(const struct dane_session *s, const struct bytes *chain, size_t count, int64_t time,
	     bool *is_known)
{
	SSL_CTX *library = SSL_CTX_new(TLS_client_method());
	SSL *ssl = library != NULL && SSL_CTX_dane_enable(library) == 1 ? SSL_new(library) : NULL;
	X509_STORE_CTX *context = X509_STORE_CTX_new();
	X509_STORE *store = X509_STORE_new();
	struct presented p = {0};
	bool is_taken = false;

	*is_known = ssl != NULL && presented_read(chain, count, &p) && openssl_dane_give(ssl, s) &&
		    X509_STORE_CTX_init(context, store, p.leaf, p.rest) == 1;
	if (*is_known)
		is_taken = openssl_dane_accepts(ssl, context, time);
	X509_STORE_CTX_free(context);
	X509_STORE_free(store);
	presented_free(&p);
	SSL_free(ssl);
	SSL_CTX_free(library);
	ERR_clear_error();
	return is_taken;
}

#endif
