/*
 * X.509 (RFC 5280) and digests by OpenSSL; see certificate.h.
 *
 * The same few chains come again in session after session, so what a chain
 * said is remembered, by a digest of all that it depends on, for the span of
 * time in which no certificate begins or ceases to be valid.
 */
#include "monitor/certificate.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "dissector/text.h"
#include "monitor/name_hash.h"
#include "monitor/policy/named.h"
#include "monitor/presented.h"

#define MICROSECONDS    INT64_C(1000000)
#define DIGEST_MAX      32
#define REMEMBERED_MAX  1024 /* chains; a power of two, chosen by their digest */
#define NAME_PRINT_MAX  1024 /* bytes of a name that are looked at before it is cut */
#define NAME_PRINT_FORM ((XN_FLAG_RFC2253 & ~(unsigned long)XN_FLAG_DN_REV) | XN_FLAG_SPC_EQ)

/* What one chain with one name said, true of times from since to before until. */
struct remembered {
	bool is_used;
	uint8_t key[DIGEST_MAX];
	int64_t since, until;
	struct certificate_facts facts;
};

struct certifier {
	X509_STORE *store; /* NULL: trust is not to be said */
	BIO *authorities;  /* what of the CA file is not in the store yet; NULL: nothing */
	struct remembered *remembered;
};

/* The hooks have no context, and to fetch an algorithm costs more than to use it. */
static struct {
	EVP_MD_CTX *context;
	EVP_MD *md5, *sha1, *sha256, *sha512;
} fetched;

static void
digest(const EVP_MD *algorithm, struct bytes in, uint8_t *out)
{
	EVP_DigestInit_ex2(fetched.context, algorithm, NULL);
	EVP_DigestUpdate(fetched.context, in.at, in.len);
	EVP_DigestFinal_ex(fetched.context, out, NULL);
}

static void
digest_md5(struct bytes in, uint8_t out[16])
{
	digest(fetched.md5, in, out);
}

static void
digest_sha1(struct bytes in, uint8_t out[20])
{
	digest(fetched.sha1, in, out);
}

static void
digest_sha256(struct bytes in, uint8_t out[32])
{
	digest(fetched.sha256, in, out);
}

/* Narrow the span around time to where this certificate stays as valid, or not, as it is. */
static void
narrow(struct remembered *r, const X509 *certificate, int64_t time)
{
	int64_t border[2];

	if (!presented_validity(certificate, &border[0], &border[1]))
		return;
	/* The last second is part of its validity, RFC 5280 section 4.1.2.5. */
	border[1] += MICROSECONDS;
	for (size_t i = 0; i < 2; i++) {
		if (border[i] <= time && border[i] > r->since)
			r->since = border[i];
		if (border[i] > time && border[i] < r->until)
			r->until = border[i];
	}
}

static void
narrow_all(struct remembered *r, const STACK_OF(X509) * chain, int64_t time)
{
	for (int i = 0; i < sk_X509_num(chain); i++)
		narrow(r, sk_X509_value(chain, i), time);
}

/* The next certificate of the CA file into the store; false at its end. */
static bool
add_authority(struct certifier *c)
{
	X509 *certificate = PEM_read_bio_X509_AUX(c->authorities, NULL, NULL, NULL);

	/* The end of the file is an error to it like any other. */
	ERR_clear_error();
	if (certificate == NULL)
		return false;
	X509_STORE_add_cert(c->store, certificate);
	X509_free(certificate);
	return true;
}

/* A system's CA file takes long to parse, and many captures have no use for it. */
static void
add_authorities(struct certifier *c)
{
	while (c->authorities != NULL && add_authority(c))
		;
	BIO_free(c->authorities);
	c->authorities = NULL;
}

/* Does the chain lead to the CA file at the time of the session? */
static enum fact
trust(struct certifier *c, const struct presented *certificates, int64_t time, struct remembered *r)
{
	STACK_OF(X509) * built;
	enum fact trusted;

	if (c->store == NULL)
		return FACT_UNSEEN;
	add_authorities(c);
	trusted = presented_is_trusted(certificates, c->store, time, &built);
	if (built != NULL)
		narrow_all(r, built, time);
	sk_X509_pop_free(built, X509_free);
	return trusted;
}

/*
 * Blank what stands before an '@' in the values of a name, "type = value, ...":
 * an address in an emailAddress, or wherever else one is put. A separator that
 * belongs to a value stands behind a backslash, RFC 2253 section 2.4.
 */
static void
blank_local_parts(char *text, size_t len)
{
	size_t value = 0;
	bool in_value = false;

	for (size_t i = 0; i < len; i++) {
		if (text[i] == '\\') {
			i++;
		} else if (!in_value && text[i] == '=') {
			in_value = true;
			value = i + 1 < len && text[i + 1] == ' ' ? i + 2 : i + 1;
		} else if (text[i] == ',' || text[i] == '+') {
			in_value = false;
		} else if (in_value && text[i] == '@') {
			memset(text + value, 'x', i - value);
			value = i + 1;
		}
	}
}

/* A name on one line, printable, cut to size. */
static void
print_name(const X509_NAME *name, char *out, size_t size)
{
	BIO *memory = BIO_new(BIO_s_mem());
	char *text = NULL;
	long len;

	out[0] = '\0';
	if (memory == NULL)
		return;
	if (X509_NAME_print_ex(memory, name, 0, NAME_PRINT_FORM) >= 0) {
		len = BIO_get_mem_data(memory, &text);
		if (len > 0) {
			blank_local_parts(text, (size_t)len);
			text_printable(bytes_first((struct bytes){(uint8_t *)text, (size_t)len},
						   NAME_PRINT_MAX),
				       out, size);
		}
	}
	BIO_free(memory);
}

/* Frees what OpenSSL wrote. */
static void
digest_der(uint8_t *der, int len, uint8_t sha256[32], uint8_t sha512[SHA512_KEPT])
{
	uint8_t whole[64];

	if (len > 0) {
		digest(fetched.sha256, (struct bytes){der, (size_t)len}, sha256);
		digest(fetched.sha512, (struct bytes){der, (size_t)len}, whole);
		memcpy(sha512, whole, SHA512_KEPT);
	}
	OPENSSL_free(der);
}

static void
digest_all(X509 *certificate, struct certificate_digests *out)
{
	uint8_t *whole = NULL, *key = NULL;
	int whole_len = i2d_X509(certificate, &whole);
	int key_len = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &key);

	digest_der(whole, whole_len, out->sha256, out->sha512);
	digest_der(key, key_len, out->spki_sha256, out->spki_sha512);
}

/* Those behind the leaf, for TLSA records that name an authority. */
static void
examine_issuers(const struct presented *certificates, int64_t time, struct certificate_facts *out)
{
	for (int i = 0; i < sk_X509_num(certificates->rest) && i < ISSUERS_MAX; i++) {
		struct certificate_issuer *issuer = &out->issuers[out->issuer_count++];

		digest_all(sk_X509_value(certificates->rest, i), &issuer->digests);
		issuer->issued_by =
		    name_hash(X509_get_issuer_name(sk_X509_value(certificates->rest, i)));
		if (!presented_way(certificates, i, time, &issuer->way))
			out->is_whole = false;
	}
}

static struct bytes
text_of(const ASN1_STRING *s)
{
	return (struct bytes){ASN1_STRING_get0_data(s), (size_t)ASN1_STRING_length(s)};
}

static void
add_cns(const X509_NAME *subject, struct certificate_facts *out)
{
	for (int i = -1; (i = X509_NAME_get_index_by_NID(subject, NID_commonName, i)) >= 0;)
		named_add(out, text_of(X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, i))));
}

/* DNS-IDs, or else the CN: RFC 7672 section 3.2.3. A list that cannot be read is empty. */
static void
examine_names(const X509 *leaf, struct certificate_facts *out)
{
	GENERAL_NAMES *names = X509_get_ext_d2i(leaf, NID_subject_alt_name, NULL, NULL);
	bool has_dns = false;

	out->are_names_whole = true;
	for (int i = 0; i < sk_GENERAL_NAME_num(names); i++) {
		const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);

		if (name->type != GEN_DNS)
			continue;
		has_dns = true;
		named_add(out, text_of(name->d.dNSName));
	}
	GENERAL_NAMES_free(names);
	if (has_dns)
		return;
	out->is_named_by_cn = true;
	add_cns(X509_get_subject_name(leaf), out);
}

static enum fact
fact_of(bool is_true)
{
	return is_true ? FACT_YES : FACT_NO;
}

/* RFC 6125 section 6.4, as OpenSSL matches it; a name with a NUL matches nothing. */
static enum fact
match_name(X509 *leaf, struct bytes sni)
{
	if (sni.len == 0)
		return FACT_UNSEEN;
	return fact_of(X509_check_host(leaf, (const char *)sni.at, sni.len,
				       X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS, NULL) == 1);
}

static void
examine_leaf(X509 *leaf, struct bytes sni, int64_t time, struct certificate_facts *out)
{
	out->is_parsed = true;
	digest_all(leaf, &out->digests);
	out->issued_by = name_hash(X509_get_issuer_name(leaf));
	examine_names(leaf, out);
	if (presented_validity(leaf, &out->not_before, &out->not_after))
		out->expired = fact_of(presented_is_expired(out->not_before, out->not_after, time));
	out->self_signed = fact_of(X509_self_signed(leaf, 1) == 1);
	out->name_matches = match_name(leaf, sni);
	print_name(X509_get_subject_name(leaf), out->subject, sizeof(out->subject));
	print_name(X509_get_issuer_name(leaf), out->issuer, sizeof(out->issuer));
}

/* A chain that is not remembered; r is filled but for its key. */
static void
examine(struct certifier *c, const struct bytes *chain, size_t count, struct bytes sni,
	int64_t time, struct remembered *r)
{
	struct presented certificates;

	r->since = INT64_MIN;
	r->until = INT64_MAX;
	r->facts = (struct certificate_facts){.is_seen = true, .chain_len = (uint8_t)count};
	digest_sha256(chain[0], r->facts.digests.sha256);
	if (presented_read(chain, count, &certificates)) {
		/* Of one as long as this the end may be missing. */
		r->facts.is_whole = certificates.is_whole && count < CHAIN_MAX;
		examine_leaf(certificates.leaf, sni, time, &r->facts);
		examine_issuers(&certificates, time, &r->facts);
		r->facts.trusted = trust(c, &certificates, time, r);
		narrow(r, certificates.leaf, time);
		narrow_all(r, certificates.rest, time);
		presented_free(&certificates);
	}
	ERR_clear_error();
}

/* A digest over all that the facts depend on beside the time. */
static void
key_of(const struct bytes *chain, size_t count, struct bytes sni, uint8_t key[DIGEST_MAX])
{
	EVP_DigestInit_ex2(fetched.context, fetched.sha256, NULL);
	for (size_t i = 0; i < count; i++) {
		EVP_DigestUpdate(fetched.context, &chain[i].len, sizeof(chain[i].len));
		EVP_DigestUpdate(fetched.context, chain[i].at, chain[i].len);
	}
	EVP_DigestUpdate(fetched.context, sni.at, sni.len);
	EVP_DigestFinal_ex(fetched.context, key, NULL);
}

static void
certify(void *ctx, const struct bytes *chain, size_t count, struct bytes sni, int64_t time,
	struct certificate_facts *out)
{
	struct certifier *c = ctx;
	struct remembered *r;
	uint8_t key[DIGEST_MAX];

	*out = (struct certificate_facts){0};
	if (count == 0)
		return;
	if (count > CHAIN_MAX)
		count = CHAIN_MAX;
	key_of(chain, count, sni, key);
	r = &c->remembered[(key[0] << 8 | key[1]) % REMEMBERED_MAX];
	if (!r->is_used || memcmp(r->key, key, sizeof(key)) != 0 || time < r->since ||
	    time >= r->until) {
		examine(c, chain, count, sni, time, r);
		memcpy(r->key, key, sizeof(key));
		r->is_used = true;
	}
	*out = r->facts;
}

/* Read the CA file whole, and its first certificate to see that it is one. */
static bool
read_authorities(struct certifier *c, FILE *file)
{
	char piece[4096];
	size_t n;

	c->store = X509_STORE_new();
	c->authorities = BIO_new(BIO_s_mem());
	if (c->store == NULL || c->authorities == NULL)
		return false;
	while ((n = fread(piece, 1, sizeof(piece), file)) > 0)
		if (BIO_write(c->authorities, piece, (int)n) != (int)n)
			return false;
	return add_authority(c);
}

static bool
fetch(void)
{
	/* The C library opens a file the first time that it turns a moment into a date. */
	tzset();
	/* No configuration file: what a chain says must not depend on the machine. */
	OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG | OPENSSL_INIT_LOAD_CRYPTO_STRINGS, NULL);
	if (fetched.context == NULL) {
		fetched.context = EVP_MD_CTX_new();
		fetched.md5 = EVP_MD_fetch(NULL, "MD5", NULL);
		fetched.sha1 = EVP_MD_fetch(NULL, "SHA1", NULL);
		fetched.sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
		fetched.sha512 = EVP_MD_fetch(NULL, "SHA512", NULL);
	}
	return fetched.context != NULL && fetched.sha256 != NULL && fetched.sha512 != NULL;
}

struct certifier *
certifier_new(FILE *ca_file, char *why, size_t why_size)
{
	struct certifier *c = calloc(1, sizeof(*c));

	if (c == NULL || !fetch()) {
		snprintf(why, why_size, "OpenSSL cannot be used");
		goto free;
	}
	c->remembered = calloc(REMEMBERED_MAX, sizeof(*c->remembered));
	if (c->remembered == NULL) {
		snprintf(why, why_size, "out of memory");
		goto free;
	}
	if (ca_file != NULL && !read_authorities(c, ca_file)) {
		snprintf(why, why_size,
			 "the CA file holds no certificate (give one in PEM form with --ca-file)");
		goto free;
	}
	return c;

free:
	certifier_free(c);
	return NULL;
}

void
certifier_free(struct certifier *c)
{
	if (c == NULL)
		return;
	X509_STORE_free(c->store);
	BIO_free(c->authorities);
	free(c->remembered);
	free(c);
	EVP_MD_free(fetched.md5);
	EVP_MD_free(fetched.sha1);
	EVP_MD_free(fetched.sha256);
	EVP_MD_free(fetched.sha512);
	EVP_MD_CTX_free(fetched.context);
	memset(&fetched, 0, sizeof(fetched));
}

struct digests
certifier_digests(struct certifier *c)
{
	return (struct digests){
	    .md5 = fetched.md5 != NULL ? digest_md5 : NULL,
	    .sha1 = fetched.sha1 != NULL ? digest_sha1 : NULL,
	    .sha256 = digest_sha256,
	    .certificate = certify,
	    .ctx = c,
	};
}
