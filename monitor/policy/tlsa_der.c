/* Certificates and keys in TLSA records; see tlsa_der.h. */
#include "monitor/policy/tlsa_der.h"

#include <openssl/err.h>
#include <openssl/x509.h>

#include "monitor/name_hash.h"

static void
read_certificate(struct tlsa *t)
{
	const uint8_t *at = t->data.at;
	X509 *certificate = d2i_X509(NULL, &at, (long)t->data.len);

	/* OpenSSL wants its key, too, before it takes the record. */
	t->is_der = certificate != NULL && at == t->data.at + t->data.len &&
		    X509_get0_pubkey(certificate) != NULL;
	if (t->is_der)
		t->subject = name_hash(X509_get_subject_name(certificate));
	X509_free(certificate);
}

static void
read_public_key(struct tlsa *t)
{
	const uint8_t *at = t->data.at;
	EVP_PKEY *key = d2i_PUBKEY(NULL, &at, (long)t->data.len);

	t->is_der = key != NULL && at == t->data.at + t->data.len;
	EVP_PKEY_free(key);
}

void
tlsa_der_read(struct tlsa *t)
{
	t->is_der = false;
	t->subject = 0;
	if (t->matching != TLSA_FULL || t->data.len == 0)
		return;
	if (t->selector == TLSA_CERTIFICATE)
		read_certificate(t);
	else if (t->selector == TLSA_PUBLIC_KEY)
		read_public_key(t);
	ERR_clear_error();
}
