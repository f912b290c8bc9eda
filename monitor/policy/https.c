/*
 * Fetches of policies; see https.h.
 *
 * libcurl takes a certificate's CN for a name where it has no DNS name, which
 * RFC 8461 section 3.3 does not. So OpenSSL is told the name and checks it, too.
 */
#include "monitor/policy/https.h"

#include <netinet/in.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdlib.h>

#include "monitor/address.h"
#include "monitor/authorities.h"
#include "monitor/curl_wait.h"
#include "monitor/policy/sts_policy.h"

#define PORT_HTTPS      443
#define CONNECT_SECONDS 20
#define HOST_PREFIX     "mta-sts."
#define PINNED_MAX      (DOMAIN_TEXT + HTTPS_ADDRESSES_MAX * (INET6_ADDRSTRLEN + 3) + 16)

struct fetch {
	struct https *https;
	struct fetch *next, **link; /* all that are under way */
	CURL *curl;
	struct curl_slist *pinned;
	char host[DOMAIN_TEXT];
	struct address addresses[HTTPS_ADDRESSES_MAX];
	size_t address_count;
	https_done *done;
	void *ctx;
	size_t head_len, body_len; /* body_len beyond STS_TEXT_MAX: there is more of it */
	uint8_t body[STS_TEXT_MAX];
};

struct https {
	CURLM *multi;
	X509_STORE *store;
	struct fetch *fetches;
};

/* ---- What it is made of ---- */

struct https *
https_new(FILE *ca_file, char *why, size_t why_size)
{
	struct https *h = calloc(1, sizeof(*h));

	/* No configuration file: what is trusted must not depend on the machine. */
	OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG | OPENSSL_INIT_LOAD_CRYPTO_STRINGS, NULL);
	if (h == NULL || curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
		snprintf(why, why_size, "libcurl cannot be started (out of memory?)");
		free(h);
		return NULL;
	}
	h->multi = curl_multi_init();
	if (h->multi == NULL)
		snprintf(why, why_size, "libcurl cannot be started (out of memory?)");
	else if ((h->store = authorities_read(ca_file)) == NULL)
		snprintf(why, why_size, "no certificate in it (give a file in PEM form)");
	else
		return h;
	https_free(h);
	return NULL;
}

static void
free_fetch(struct fetch *f)
{
	*f->link = f->next;
	if (f->next != NULL)
		f->next->link = f->link;
	if (f->curl != NULL) {
		curl_multi_remove_handle(f->https->multi, f->curl);
		curl_easy_cleanup(f->curl);
	}
	curl_slist_free_all(f->pinned);
	free(f);
}

void
https_free(struct https *h)
{
	if (h == NULL)
		return;
	for (struct fetch *f = h->fetches, *next; f != NULL; f = next) {
		next = f->next;
		free_fetch(f);
	}
	curl_multi_cleanup(h->multi);
	X509_STORE_free(h->store);
	free(h);
	curl_global_cleanup();
}

/* ---- One fetch ---- */

static size_t
take_head(char *at, size_t one, size_t len, void *ctx)
{
	struct fetch *f = ctx;

	(void)at;
	(void)one;
	f->head_len += len;
	return f->head_len > HTTPS_HEAD_MAX ? 0 : len;
}

/* One byte beyond the limit is enough to know, and ends it. */
static size_t
take_body(char *at, size_t one, size_t len, void *ctx)
{
	struct fetch *f = ctx;
	size_t room = f->body_len < STS_TEXT_MAX ? STS_TEXT_MAX - f->body_len : 0;

	(void)one;
	memcpy(f->body + f->body_len, at, len < room ? len : room);
	f->body_len += len <= room ? len : room + 1;
	return len <= room ? len : 0;
}

/* Trust in the given authorities alone, and in DNS names alone. */
static CURLcode
set_trust(CURL *curl, void *ssl, void *ctx)
{
	const struct fetch *f = ctx;
	X509_VERIFY_PARAM *param = SSL_CTX_get0_param(ssl);

	(void)curl;
	SSL_CTX_set1_cert_store(ssl, f->https->store);
	X509_VERIFY_PARAM_set_hostflags(param, X509_CHECK_FLAG_NEVER_CHECK_SUBJECT |
						   X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
	return X509_VERIFY_PARAM_set1_host(param, f->host, 0) == 1 ? CURLE_OK : CURLE_OUT_OF_MEMORY;
}

/* "+mta-sts.example.com:443:192.0.2.1,[2001:db8::1]"; "+": not for ever. */
static bool
pin(struct fetch *f, const struct https_request *r)
{
	char text[PINNED_MAX], address[INET6_ADDRSTRLEN];
	size_t len = (size_t)snprintf(text, sizeof(text), "+%s:%d", f->host, PORT_HTTPS);

	for (size_t i = 0; i < r->count && i < HTTPS_ADDRESSES_MAX; i++) {
		f->addresses[f->address_count++] = r->addresses[i];
		address_text(&r->addresses[i], address);
		len += (size_t)snprintf(text + len, sizeof(text) - len,
					r->addresses[i].family == 6 ? "%c[%s]" : "%c%s",
					i == 0 ? ':' : ',', address);
	}
	f->pinned = curl_slist_append(NULL, text);
	return f->pinned != NULL;
}

/* Only to addresses that were given, whatever libcurl makes of a name. */
static curl_socket_t
open_socket(void *ctx, curlsocktype purpose, struct curl_sockaddr *to)
{
	const struct fetch *f = ctx;
	struct address a = {.family = to->family == AF_INET ? 4 : 6};

	(void)purpose;
	if (to->family == AF_INET)
		memcpy(a.b, &((const struct sockaddr_in *)(const void *)&to->addr)->sin_addr, 4);
	else if (to->family == AF_INET6)
		memcpy(a.b, &((const struct sockaddr_in6 *)(const void *)&to->addr)->sin6_addr, 16);
	else
		return CURL_SOCKET_BAD;
	for (size_t i = 0; i < f->address_count; i++)
		if (address_equal(&f->addresses[i], &a))
			return socket(to->family, to->socktype | SOCK_CLOEXEC, to->protocol);
	return CURL_SOCKET_BAD;
}

#define SET(option, value) (curl_easy_setopt(f->curl, option, value) == CURLE_OK)

static bool
set_way(struct fetch *f, const char *url)
{
	return SET(CURLOPT_URL, url) && SET(CURLOPT_PROTOCOLS_STR, "https") &&
	       SET(CURLOPT_RESOLVE, f->pinned) && SET(CURLOPT_FOLLOWLOCATION, 0L) &&
	       SET(CURLOPT_PROXY, "") && SET(CURLOPT_NETRC, (long)CURL_NETRC_IGNORED) &&
	       SET(CURLOPT_NOSIGNAL, 1L) && SET(CURLOPT_FRESH_CONNECT, 1L) &&
	       SET(CURLOPT_FORBID_REUSE, 1L) && SET(CURLOPT_OPENSOCKETFUNCTION, open_socket) &&
	       SET(CURLOPT_OPENSOCKETDATA, f) && SET(CURLOPT_TIMEOUT, (long)STS_FETCH_SECONDS) &&
	       SET(CURLOPT_CONNECTTIMEOUT, (long)CONNECT_SECONDS);
}

static bool
set_tls(struct fetch *f)
{
	return SET(CURLOPT_SSL_VERIFYPEER, 1L) && SET(CURLOPT_SSL_VERIFYHOST, 2L) &&
	       SET(CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2) &&
	       SET(CURLOPT_CAINFO, NULL) && SET(CURLOPT_CAPATH, NULL) &&
	       SET(CURLOPT_SSL_CTX_FUNCTION, set_trust) && SET(CURLOPT_SSL_CTX_DATA, f) &&
	       SET(CURLOPT_SSL_SESSIONID_CACHE, 0L);
}

static bool
set_answer(struct fetch *f)
{
	return SET(CURLOPT_USERAGENT, "waxseal") && SET(CURLOPT_HTTP_CONTENT_DECODING, 0L) &&
	       SET(CURLOPT_HEADERFUNCTION, take_head) && SET(CURLOPT_HEADERDATA, f) &&
	       SET(CURLOPT_WRITEFUNCTION, take_body) && SET(CURLOPT_WRITEDATA, f) &&
	       SET(CURLOPT_PRIVATE, f) && SET(CURLOPT_NOPROGRESS, 1L);
}

bool
https_fetch(struct https *h, const struct https_request *r, https_done *done, void *ctx)
{
	struct fetch *f = calloc(1, sizeof(*f));
	char url[STS_URL_MAX];

	if (f == NULL)
		return false;
	f->https = h;
	f->done = done;
	f->ctx = ctx;
	f->link = &h->fetches;
	f->next = h->fetches;
	if (f->next != NULL)
		f->next->link = &f->next;
	h->fetches = f;
	f->curl = curl_easy_init();
	if (f->curl != NULL && domain_prefix(HOST_PREFIX, r->domain, f->host) &&
	    sts_fetch_url(r->domain, url) && pin(f, r) && set_way(f, url) && set_tls(f) &&
	    set_answer(f) && curl_multi_add_handle(h->multi, f->curl) == CURLM_OK)
		return true;
	free_fetch(f);
	return false;
}

/* ---- What came of it ---- */

static enum https_result
result_of_certificate(const struct fetch *f)
{
	long verified = X509_V_OK;

	curl_easy_getinfo(f->curl, CURLINFO_SSL_VERIFYRESULT, &verified);
	switch (verified) {
	case X509_V_ERR_CERT_HAS_EXPIRED:
	case X509_V_ERR_CERT_NOT_YET_VALID:
		return HTTPS_EXPIRED;
	case X509_V_OK: /* OpenSSL took it and libcurl did not: it checks the name alone */
	case X509_V_ERR_HOSTNAME_MISMATCH:
		return HTTPS_WRONG_NAME;
	}
	return HTTPS_UNTRUSTED;
}

static enum https_result
result_of(const struct fetch *f, CURLcode code)
{
	switch ((unsigned)code) {
	case CURLE_OK:
		return HTTPS_ANSWERED;
	case CURLE_WRITE_ERROR:
		/* Ours, at the limits. */
		return f->body_len > STS_TEXT_MAX ? HTTPS_ANSWERED : HTTPS_NO_HTTP;
	case CURLE_OPERATION_TIMEDOUT:
		return HTTPS_TIMEOUT;
	case CURLE_PEER_FAILED_VERIFICATION:
		return result_of_certificate(f);
	case CURLE_SSL_CONNECT_ERROR:
	case CURLE_SSL_CIPHER:
		return HTTPS_NO_TLS;
	case CURLE_OUT_OF_MEMORY:
	case CURLE_FAILED_INIT:
		return HTTPS_OUR_FAULT;
	case CURLE_UNSUPPORTED_PROTOCOL:
	case CURLE_WEIRD_SERVER_REPLY:
	case CURLE_HTTP2:
	case CURLE_HTTP2_STREAM:
	case CURLE_BAD_CONTENT_ENCODING:
		return HTTPS_NO_HTTP;
	}
	return HTTPS_UNREACHABLE;
}

/* What a header says, or nothing where there is none. */
static struct bytes
header_text(const char *text)
{
	return bytes_text(text == NULL ? "" : text);
}

static void
finish(struct fetch *f, CURLcode code)
{
	struct https_answer a = {.result = result_of(f, code)};
	struct curl_header *encoding = NULL;
	char *type = NULL;
	long status = 0;

	if (a.result == HTTPS_ANSWERED) {
		curl_easy_getinfo(f->curl, CURLINFO_RESPONSE_CODE, &status);
		curl_easy_getinfo(f->curl, CURLINFO_CONTENT_TYPE, &type);
		if (curl_easy_header(f->curl, "Content-Encoding", 0, CURLH_HEADER, -1, &encoding) !=
		    CURLHE_OK)
			encoding = NULL;
		a.response.status = (int)status;
		a.response.content_type = header_text(type);
		a.response.encoding = header_text(encoding != NULL ? encoding->value : NULL);
		a.response.body_len = f->body_len;
		a.body = bytes_first((struct bytes){f->body, f->body_len}, STS_TEXT_MAX);
	}
	f->done(f->ctx, &a);
	free_fetch(f);
}

void
https_explain(enum https_result result, const struct domain *domain, struct problems *problems)
{
	const char *what = NULL;

	switch (result) {
	case HTTPS_ANSWERED:
	case HTTPS_OUR_FAULT:
		return;
	case HTTPS_UNREACHABLE:
		what = "cannot be reached, or breaks the connection off";
		break;
	case HTTPS_NO_TLS:
		what = "does not complete a TLS handshake of version 1.2 or later";
		break;
	case HTTPS_UNTRUSTED:
		what = "has a certificate that leads to no trusted authority (or intermediates are "
		       "missing)";
		break;
	case HTTPS_EXPIRED:
		what = "has a certificate that is expired or not yet valid";
		break;
	case HTTPS_WRONG_NAME:
		what = "has a certificate without a DNS name of its own (a CN does not count)";
		break;
	case HTTPS_TIMEOUT:
		what = "did not give the policy within a minute";
		break;
	case HTTPS_NO_HTTP:
		what = "does not answer with HTTP that can be read";
		break;
	}
	problems_add(problems, "The policy host mta-sts.%s %s (RFC 8461 section 3.3).",
		     quoted(domain_bytes(domain)).text, what);
}

/* ---- The loop ---- */

void
https_wait(struct https *h, struct pollfd *others, size_t count, int milliseconds)
{
	curl_wait(h->multi, others, count, milliseconds);
}

void
https_process(struct https *h)
{
	const CURLMsg *message;
	int running = 0, left = 0;

	curl_multi_perform(h->multi, &running);
	while ((message = curl_multi_info_read(h->multi, &left)) != NULL) {
		char *private = NULL;
		CURLcode code = message->data.result;

		if (message->msg != CURLMSG_DONE)
			continue;
		curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &private);
		finish((struct fetch *)(void *)private, code);
	}
}
