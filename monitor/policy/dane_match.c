/*
 * Certificates against TLSA records by OpenSSL; see dane.h.
 *
 * OpenSSL keeps the records in an SSL object, of which nothing else is used, and
 * takes those that it cannot use for errors; what SMTP leaves out (PKIX-TA,
 * PKIX-EE) is not given to it.
 */
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <time.h>

#include "monitor/policy/dane.h"
#include "monitor/presented.h"

#define MICROSECONDS INT64_C(1000000)

struct dane_matcher {
	SSL_CTX *context;
};

struct dane_matcher *
dane_matcher_new(void)
{
	struct dane_matcher *m = calloc(1, sizeof(*m));

	/* The C library opens a file the first time that it turns a moment into a date. */
	tzset();
	/* No configuration file: what matches must not depend on the machine. */
	if (m == NULL || OPENSSL_init_ssl(OPENSSL_INIT_NO_LOAD_CONFIG, NULL) != 1)
		goto free;
	m->context = SSL_CTX_new(TLS_client_method());
	if (m->context == NULL || SSL_CTX_dane_enable(m->context) != 1)
		goto free;
	ERR_clear_error();
	return m;

free:
	dane_matcher_free(m);
	return NULL;
}

void
dane_matcher_free(struct dane_matcher *m)
{
	if (m == NULL)
		return;
	SSL_CTX_free(m->context);
	free(m);
}

/* The names of a server, and how they are compared; false where memory is refused. */
static bool
set_names(SSL *ssl, const struct dane_session *s)
{
	if (SSL_dane_enable(ssl, s->names[0].text) != 1)
		return false;
	for (size_t i = 1; i < s->name_count && i < DANE_NAMES_MAX; i++)
		if (SSL_add1_host(ssl, s->names[i].text) != 1)
			return false;
	SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
	SSL_dane_set_flags(ssl, DANE_FLAG_NO_DANE_EE_NAMECHECKS);
	return true;
}

/* The usable records; false where OpenSSL refused one of them. */
static bool
add_records(SSL *ssl, const struct tlsa_set *set)
{
	bool is_whole = true;

	for (size_t i = 0; i < set->count; i++) {
		const struct tlsa *t = &set->records[i];

		if (tlsa_use(t) == TLSA_USABLE &&
		    SSL_dane_tlsa_add(ssl, t->usage, t->selector, t->matching, t->data.at,
				      t->data.len) != 1)
			is_whole = false;
	}
	return is_whole;
}

/* To a DANE-EE(3) record the leaf is all there is. */
static bool
needs_leaf_only(const struct tlsa_set *set)
{
	for (size_t i = 0; i < set->count; i++)
		if (set->records[i].usage == TLSA_DANE_TA)
			return false;
	return true;
}

/* What is missing of the chain could be what would have matched. */
static enum dane_match
unless_cut(enum dane_match match, bool is_whole)
{
	return is_whole ? match : DANE_NOT_OBSERVABLE;
}

static enum dane_match
match_of_error(int error, bool is_whole)
{
	switch (error) {
	case X509_V_OK:
		return DANE_MATCHED;
	case X509_V_ERR_HOSTNAME_MISMATCH:
		return DANE_WRONG_NAME;
	case X509_V_ERR_CERT_HAS_EXPIRED:
	case X509_V_ERR_CERT_NOT_YET_VALID:
		return unless_cut(DANE_OUT_OF_DATE, is_whole);
	case X509_V_ERR_DANE_NO_MATCH:
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
	case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
	case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
	case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
	case X509_V_ERR_CERT_UNTRUSTED:
		return unless_cut(DANE_NO_MATCH, is_whole);
	case X509_V_ERR_OUT_OF_MEM:
	case X509_V_ERR_UNSPECIFIED:
		return DANE_NOT_OBSERVABLE;
	default:
		return unless_cut(DANE_BROKEN_CHAIN, is_whole);
	}
}

static enum dane_match
verify(X509_STORE_CTX *context, SSL *ssl, const struct dane_session *s, bool is_whole)
{
	X509_STORE_CTX_set_default(context, "ssl_server");
	X509_VERIFY_PARAM_set1(X509_STORE_CTX_get0_param(context), SSL_get0_param(ssl));
	X509_STORE_CTX_set0_dane(context, SSL_get0_dane(ssl));
	X509_STORE_CTX_set_time(context, 0, (time_t)(s->time / MICROSECONDS));
	if (X509_verify_cert(context) < 0)
		return DANE_NOT_OBSERVABLE;
	return match_of_error(X509_STORE_CTX_get_error(context), is_whole);
}

static enum dane_match
match_presented(SSL *ssl, const struct presented *p, const struct dane_session *s)
{
	X509_STORE_CTX *context = X509_STORE_CTX_new();
	/* Without authorities: what is trusted stands in the records. */
	X509_STORE *store = X509_STORE_new();
	enum dane_match match = DANE_NOT_OBSERVABLE;

	if (context != NULL && store != NULL &&
	    X509_STORE_CTX_init(context, store, p->leaf, p->rest) == 1)
		match = verify(context, ssl, s,
			       (p->is_whole && s->is_chain_whole) || needs_leaf_only(&s->records));
	X509_STORE_CTX_free(context);
	X509_STORE_free(store);
	return match;
}

/* With records that can be used, and a chain that was seen. */
static enum dane_match
match_records(SSL *ssl, const struct dane_session *s)
{
	struct presented p;
	enum dane_match match;
	bool has_all;

	if (!set_names(ssl, s))
		return DANE_NOT_OBSERVABLE;
	has_all = add_records(ssl, &s->records);
	/* A leaf that OpenSSL cannot read, a client may: that says nothing. */
	if (!presented_read(s->chain, s->chain_count, &p))
		return DANE_NOT_OBSERVABLE;
	match = match_presented(ssl, &p, s);
	presented_free(&p);
	return match == DANE_MATCHED ? match : unless_cut(match, has_all);
}

enum dane_match
dane_match(struct dane_matcher *m, const struct dane_session *s)
{
	enum dane_match match = DANE_NOT_OBSERVABLE;
	SSL *ssl;

	if (!dane_has_usable(&s->records))
		return DANE_NOT_APPLICABLE;
	if (!s->is_visible || s->chain_count == 0 || s->name_count == 0)
		return DANE_NOT_OBSERVABLE;
	ssl = SSL_new(m->context);
	if (ssl != NULL)
		match = match_records(ssl, s);
	SSL_free(ssl);
	ERR_clear_error();
	return match;
}
