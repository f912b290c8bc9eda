/* X.509 (RFC 5280) by OpenSSL; see presented.h. */
#include "monitor/presented.h"

#include <openssl/err.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>
#include <time.h>

#define MICROSECONDS INT64_C(1000000)

static X509 *
parse(struct bytes der)
{
	const uint8_t *at = der.at;
	X509 *certificate = d2i_X509(NULL, &at, (long)der.len);

	/* Bytes behind the certificate are not part of it: refuse, or its digest would lie. */
	if (certificate != NULL && at != der.at + der.len) {
		X509_free(certificate);
		return NULL;
	}
	return certificate;
}

bool
presented_read(const struct bytes *der, size_t count, struct presented *out)
{
	*out = (struct presented){.rest = sk_X509_new_null(), .is_whole = true};
	if (count > 0 && out->rest != NULL)
		out->leaf = parse(der[0]);
	for (size_t i = 1; out->leaf != NULL && i < count; i++) {
		X509 *certificate = parse(der[i]);

		if (certificate == NULL || sk_X509_push(out->rest, certificate) == 0) {
			X509_free(certificate);
			out->is_whole = false;
		}
	}
	ERR_clear_error();
	if (out->leaf == NULL)
		presented_free(out);
	return out->leaf != NULL;
}

void
presented_free(struct presented *c)
{
	sk_X509_pop_free(c->rest, X509_free);
	X509_free(c->leaf);
	*c = (struct presented){0};
}

/* False where it is no time, or one that does not exist. */
static bool
moment_of(const ASN1_TIME *t, int64_t *out)
{
	struct tm tm;

	if (ASN1_TIME_to_tm(t, &tm) != 1)
		return false;
	*out = (int64_t)timegm(&tm) * MICROSECONDS;
	return true;
}

/* That the way leads elsewhere is no fault of it. */
static enum way
way_of_error(int error)
{
	switch (error) {
	case X509_V_OK:
		return WAY_GOOD;
	case X509_V_ERR_CERT_HAS_EXPIRED:
	case X509_V_ERR_CERT_NOT_YET_VALID:
		return WAY_OUT_OF_DATE;
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
	case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
	case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
	case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
	case X509_V_ERR_CERT_UNTRUSTED:
		return WAY_NONE;
	default:
		return WAY_BROKEN;
	}
}

/*
 * The dates of a trust anchor are no part of the path, RFC 5280 section 6.1. Of one
 * that signs itself OpenSSL looks at them all the same, and with it those who do DANE.
 */
static int
forgive_anchor_time(int is_good, X509_STORE_CTX *context)
{
	X509 *current = X509_STORE_CTX_get_current_cert(context);

	if (is_good || X509_STORE_CTX_get_error_depth(context) == 0 ||
	    X509_STORE_CTX_get_error_depth(context) + 1 !=
		sk_X509_num(X509_STORE_CTX_get0_chain(context)) ||
	    (X509_get_extension_flags(current) & EXFLAG_SI) != 0)
		return is_good;
	switch (X509_STORE_CTX_get_error(context)) {
	case X509_V_ERR_CERT_HAS_EXPIRED:
	case X509_V_ERR_CERT_NOT_YET_VALID:
	case X509_V_ERR_ERROR_IN_CERT_NOT_BEFORE_FIELD:
	case X509_V_ERR_ERROR_IN_CERT_NOT_AFTER_FIELD:
		X509_STORE_CTX_set_error(context, X509_V_OK);
		return 1;
	default:
		return is_good;
	}
}

static bool
follow(X509_STORE_CTX *context, int64_t time, enum way *out)
{
	X509_STORE_CTX_set_verify_cb(context, forgive_anchor_time);
	X509_STORE_CTX_set_purpose(context, X509_PURPOSE_SSL_SERVER);
	X509_STORE_CTX_set_flags(context, X509_V_FLAG_PARTIAL_CHAIN);
	X509_STORE_CTX_set_time(context, 0, (time_t)(time / MICROSECONDS));
	if (X509_verify_cert(context) < 0)
		return false;
	*out = way_of_error(X509_STORE_CTX_get_error(context));
	return true;
}

bool
presented_way(const struct presented *c, int which, int64_t time, enum way *out)
{
	X509 *end = sk_X509_value(c->rest, which);
	X509_STORE_CTX *context = X509_STORE_CTX_new();
	X509_STORE *store = X509_STORE_new();
	bool is_known = false;

	*out = WAY_NONE;
	if (X509_cmp(c->leaf, end) == 0)
		is_known = true; /* sent twice: no way at all */
	else if (context != NULL && store != NULL && X509_STORE_add_cert(store, end) == 1 &&
		 X509_STORE_CTX_init(context, store, c->leaf, c->rest) == 1)
		is_known = follow(context, time, out);
	X509_STORE_CTX_free(context);
	X509_STORE_free(store);
	ERR_clear_error();
	return is_known;
}

bool
presented_validity(const X509 *certificate, int64_t *not_before, int64_t *not_after)
{
	return moment_of(X509_get0_notBefore(certificate), not_before) &&
	       moment_of(X509_get0_notAfter(certificate), not_after);
}

bool
presented_is_expired(int64_t not_before, int64_t not_after, int64_t time)
{
	return time < not_before || time - not_after >= MICROSECONDS;
}

static int
forgive_leaf_time(int is_good, X509_STORE_CTX *context)
{
	int error = X509_STORE_CTX_get_error(context);

	if (is_good || X509_STORE_CTX_get_error_depth(context) != 0)
		return is_good;
	return error == X509_V_ERR_CERT_HAS_EXPIRED || error == X509_V_ERR_CERT_NOT_YET_VALID;
}

enum fact
presented_is_trusted(const struct presented *c, X509_STORE *store, int64_t time,
		     STACK_OF(X509) * *built)
{
	X509_STORE_CTX *context = X509_STORE_CTX_new();
	enum fact trusted = FACT_UNSEEN;

	if (built != NULL)
		*built = NULL;
	if (context != NULL && X509_STORE_CTX_init(context, store, c->leaf, c->rest) == 1) {
		X509_STORE_CTX_set_purpose(context, X509_PURPOSE_SSL_SERVER);
		X509_STORE_CTX_set_time(context, 0, (time_t)(time / MICROSECONDS));
		X509_STORE_CTX_set_verify_cb(context, forgive_leaf_time);
		trusted = X509_verify_cert(context) == 1 ? FACT_YES : FACT_NO;
		if (built != NULL)
			*built = X509_STORE_CTX_get1_chain(context);
	}
	X509_STORE_CTX_free(context);
	ERR_clear_error();
	return trusted;
}
