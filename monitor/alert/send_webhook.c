/* Alerts to web servers; see send_webhook.h. */
#include "monitor/alert/send_webhook.h"

#include <arpa/inet.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "monitor/address.h"
#include "monitor/alert/secret_file.h"
#include "monitor/alert/sink_url.h"
#include "monitor/authorities.h"
#include "monitor/curl_wait.h"

#define HEADER_MAX (SINK_TEXT_MAX + SECRET_MAX)
#define HOST_MAX   256
#define PINNED_MAX (HOST_MAX + RESOLVE_ADDRESSES * (INET6_ADDRSTRLEN + 3) + 16)

struct webhooks {
	CURLM *multi;
};

struct hook {
	char *url; /* it may be a secret */
	struct resolve_host host;
	char name[HOST_MAX]; /* of the host, an IPv6 address without brackets */
	uint16_t port;
	X509_STORE *store;
	struct curl_slist *headers; /* secrets among them */
	char why[160];              /* it could not be opened; empty: it could */
	/* While one is under way. */
	CURL *curl;
	struct curl_slist *pinned;
	size_t answered; /* bytes */
	char error[CURL_ERROR_SIZE];
};

struct webhooks *
webhooks_new(void)
{
	struct webhooks *w = calloc(1, sizeof(*w));

	/* No configuration file: what is trusted must not depend on the machine. */
	OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG | OPENSSL_INIT_LOAD_CRYPTO_STRINGS, NULL);
	if (w != NULL && curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK)
		w->multi = curl_multi_init();
	if (w != NULL && w->multi != NULL)
		return w;
	free(w);
	return NULL;
}

void
webhooks_free(struct webhooks *w)
{
	if (w == NULL)
		return;
	curl_multi_cleanup(w->multi);
	curl_global_cleanup();
	free(w);
}

/* ---- Open ---- */

static bool
add_header(struct hook *h, const char *line)
{
	struct curl_slist *longer = curl_slist_append(h->headers, line);

	if (longer != NULL)
		h->headers = longer;
	else
		snprintf(h->why, sizeof(h->why), "out of memory");
	return longer != NULL;
}

/* name is what stands before the secret, "Authorization: Bearer". */
static bool
add_secret(struct hook *h, const char *name, int name_len, const char *path)
{
	static char secret[SECRET_MAX], line[HEADER_MAX];
	const char *why;
	bool is_added;

	if (!secret_file_read(path, secret, &why)) {
		snprintf(h->why, sizeof(h->why), "%.100s: %s", path, why);
		return false;
	}
	snprintf(line, sizeof(line), "%.*s %s", name_len, name, secret);
	is_added = add_header(h, line);
	explicit_bzero(secret, sizeof(secret));
	explicit_bzero(line, sizeof(line));
	return is_added;
}

static bool
add_secrets(struct hook *h, const struct sink *s)
{
	for (size_t i = 0; i < s->header_files.count; i++) {
		const char *name = s->header_files.at[i], *path = strchr(name, ':');

		if (path == NULL)
			continue;
		path++;
		if (!add_secret(h, name, (int)(path - name), path + strspn(path, " \t")))
			return false;
	}
	return s->token_file == NULL ||
	       add_secret(h, "Authorization: Bearer", (int)strlen("Authorization: Bearer"),
			  s->token_file);
}

/* All formats are JSON; who says otherwise has a reason. */
static bool
add_headers(struct hook *h, const struct sink *s)
{
	bool has_type = false;

	for (size_t i = 0; i < s->headers.count; i++) {
		has_type |= strncasecmp(s->headers.at[i], "Content-Type:", 13) == 0;
		if (!add_header(h, s->headers.at[i]))
			return false;
	}
	/* Expect: the body is small enough to send it at once. */
	return (has_type || add_header(h, "Content-Type: application/json")) &&
	       add_header(h, "Expect:") && add_secrets(h, s);
}

/* The URL itself, or the first line of its file. */
static bool
find_url(struct hook *h, const struct sink *s)
{
	static char secret[SECRET_MAX];
	const char *why = NULL;

	if (s->url_file == NULL)
		h->url = strdup(s->url);
	else if (secret_file_read(s->url_file, secret, &why)) {
		why = sink_url_fault(secret);
		h->url = why == NULL ? strdup(secret) : NULL;
		explicit_bzero(secret, sizeof(secret));
	}
	if (why != NULL)
		snprintf(h->why, sizeof(h->why), "%.70s: %s", s->url_file, why);
	else if (h->url == NULL)
		snprintf(h->why, sizeof(h->why), "out of memory");
	return h->url != NULL;
}

/* Its host and port. */
static bool
read_url(struct hook *h, const char *url)
{
	CURLU *parts = curl_url();
	char *host = NULL, *port = NULL;
	bool is_good =
	    parts != NULL && curl_url_set(parts, CURLUPART_URL, url, 0) == CURLUE_OK &&
	    curl_url_get(parts, CURLUPART_HOST, &host, 0) == CURLUE_OK &&
	    curl_url_get(parts, CURLUPART_PORT, &port, CURLU_DEFAULT_PORT) == CURLUE_OK &&
	    strlen(host) < sizeof(h->name);

	if (is_good) {
		const char *begin = host[0] == '[' ? host + 1 : host;

		snprintf(h->name, sizeof(h->name), "%.*s", (int)strcspn(begin, "]"), begin);
		h->port = (uint16_t)strtoul(port, NULL, 10);
	} else
		snprintf(h->why, sizeof(h->why), "the URL cannot be read");
	curl_free(host);
	curl_free(port);
	curl_url_cleanup(parts);
	return is_good;
}

static void
hook_open(struct send *s)
{
	struct hook *h = calloc(1, sizeof(*h));
	const char *why;

	s->own = h;
	if (h == NULL || !find_url(h, s->sink) || !read_url(h, h->url))
		return;
	h->host.name = h->name;
	resolve_fix(s->means->resolve, &h->host);
	if (!add_headers(h, s->sink))
		return;
	if (strncasecmp(h->url, "https:", 6) == 0) {
		h->store = authorities_open(s->sink->ca_file, &why);
		if (h->store == NULL)
			snprintf(h->why, sizeof(h->why), "%.100s: %s",
				 s->sink->ca_file != NULL ? s->sink->ca_file
							  : "the system's CA file",
				 why);
	}
}

/* ---- One request ---- */

static void
let_go(struct send *s)
{
	struct hook *h = s->own;

	if (h->curl != NULL) {
		curl_multi_remove_handle(s->means->webhooks->multi, h->curl);
		curl_easy_cleanup(h->curl);
	}
	curl_slist_free_all(h->pinned);
	h->curl = NULL;
	h->pinned = NULL;
}

/* Header fields and body; more than there may be ends it. */
static size_t
take_answer(char *at, size_t one, size_t len, void *ctx)
{
	struct hook *h = ctx;

	(void)at;
	(void)one;
	h->answered += len;
	return h->answered > WEBHOOK_ANSWER_MAX ? 0 : len;
}

/*
 * Trust in the given authorities alone. libcurl must keep no store from one
 * connection to the next (set_tls): 7.88 lays the one that it kept over this one,
 * and a sink would trust what another was told to.
 */
static CURLcode
set_trust(CURL *curl, void *ssl, void *ctx)
{
	const struct hook *h = ctx;

	(void)curl;
	SSL_CTX_set1_cert_store(ssl, h->store);
	return CURLE_OK;
}

/* "+hooks.example.com:443:192.0.2.1,[2001:db8::1]"; "+": not for ever. */
static bool
pin(struct hook *h)
{
	char text[PINNED_MAX], address[INET6_ADDRSTRLEN];
	size_t len = (size_t)snprintf(text, sizeof(text), "+%s:%u", h->name, h->port);

	for (size_t i = 0; i < h->host.count; i++) {
		address_text(&h->host.at[i], address);
		len += (size_t)snprintf(text + len, sizeof(text) - len,
					h->host.at[i].family == 6 ? "%c[%s]" : "%c%s",
					i == 0 ? ':' : ',', address);
	}
	h->pinned = curl_slist_append(NULL, text);
	return h->pinned != NULL;
}

#define SET(option, value) (curl_easy_setopt(h->curl, option, value) == CURLE_OK)

static bool
set_way(struct hook *h, const char *url)
{
	return SET(CURLOPT_URL, url) && SET(CURLOPT_PROTOCOLS_STR, "http,https") &&
	       SET(CURLOPT_RESOLVE, h->pinned) && SET(CURLOPT_FOLLOWLOCATION, 0L) &&
	       SET(CURLOPT_PROXY, "") && SET(CURLOPT_NETRC, (long)CURL_NETRC_IGNORED) &&
	       SET(CURLOPT_NOSIGNAL, 1L) && SET(CURLOPT_FRESH_CONNECT, 1L) &&
	       SET(CURLOPT_FORBID_REUSE, 1L) && SET(CURLOPT_TIMEOUT_MS, (long)SINK_TIMEOUT);
}

static bool
set_tls(struct hook *h)
{
	return SET(CURLOPT_SSL_VERIFYPEER, 1L) && SET(CURLOPT_SSL_VERIFYHOST, 2L) &&
	       SET(CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2) &&
	       SET(CURLOPT_CAINFO, NULL) && SET(CURLOPT_CAPATH, NULL) &&
	       SET(CURLOPT_SSL_CTX_FUNCTION, set_trust) && SET(CURLOPT_SSL_CTX_DATA, h) &&
	       SET(CURLOPT_CA_CACHE_TIMEOUT, 0L) && SET(CURLOPT_SSL_SESSIONID_CACHE, 0L);
}

static bool
set_body(struct hook *h, struct bytes payload)
{
	return SET(CURLOPT_POST, 1L) && SET(CURLOPT_POSTFIELDSIZE, (long)payload.len) &&
	       SET(CURLOPT_POSTFIELDS, (const char *)payload.at) &&
	       SET(CURLOPT_HTTPHEADER, h->headers) && SET(CURLOPT_USERAGENT, "waxseal");
}

static bool
set_answer(struct hook *h, struct send *s)
{
	return SET(CURLOPT_HTTP_CONTENT_DECODING, 0L) && SET(CURLOPT_HEADERFUNCTION, take_answer) &&
	       SET(CURLOPT_HEADERDATA, h) && SET(CURLOPT_WRITEFUNCTION, take_answer) &&
	       SET(CURLOPT_WRITEDATA, h) && SET(CURLOPT_ERRORBUFFER, h->error) &&
	       SET(CURLOPT_PRIVATE, s) && SET(CURLOPT_NOPROGRESS, 1L);
}

static void
request(struct send *s, struct hook *h)
{
	h->answered = 0;
	h->error[0] = '\0';
	h->curl = curl_easy_init();
	if (h->curl != NULL && pin(h) && set_way(h, h->url) && (h->store == NULL || set_tls(h)) &&
	    set_body(h, s->payload) && set_answer(h, s) &&
	    curl_multi_add_handle(s->means->webhooks->multi, h->curl) == CURLM_OK) {
		/* What is at hand at once is not waited for. */
		webhooks_run(s->means->webhooks);
		return;
	}
	let_go(s);
	send_finish(s, DISPATCH_LATER, "out of memory");
}

/* When its host's address is known. */
static void
hook_step(struct send *s)
{
	struct hook *h = s->own;

	if (h->host.is_asked || h->curl != NULL)
		return;
	if (h->host.count > 0)
		request(s, h);
	else
		send_finish(s, DISPATCH_LATER, "%s: its address cannot be found: %s", h->name,
			    h->host.why);
}

static void
hook_begin(struct send *s)
{
	struct hook *h = s->own;

	if (h == NULL || h->why[0] != '\0') {
		send_finish_stale(s, "cannot be used: %s", h == NULL ? "out of memory" : h->why);
		return;
	}
	if (!h->host.is_fixed)
		resolve_ask(s->means->resolve, &h->host);
	hook_step(s);
}

static void
hook_close(struct send *s)
{
	struct hook *h = s->own;

	if (h == NULL)
		return;
	let_go(s);
	curl_slist_free_all(h->headers);
	X509_STORE_free(h->store);
	if (h->url != NULL)
		explicit_bzero(h->url, strlen(h->url));
	free(h->url);
	free(h);
}

const struct send_way send_webhook = {hook_open, hook_begin, hook_step, let_go, hook_close};

/* ---- What came of it ---- */

/* Statuses that say "not now"; RFC 9110 section 15, RFC 6585 section 4, RFC 8470 section 5.2. */
static bool
is_for_later(long status)
{
	return status < 400 || status >= 500 || status == 408 || status == 425 || status == 429;
}

static void
judge(struct send *s, long status)
{
	struct hook *h = s->own;
	curl_off_t wait = 0;

	curl_easy_getinfo(h->curl, CURLINFO_RETRY_AFTER, &wait);
	if (is_for_later(status) && wait > 0)
		s->outcome.wait = wait < SEND_WAIT_MAX ? (uint32_t)wait : SEND_WAIT_MAX;
	let_go(s);
	if (status >= 200 && status < 300)
		s->outcome.wait = 0;
	if (status >= 200 && status < 300)
		send_finish(s, DISPATCH_SENT, NULL);
	else if (status >= 300 && status < 400)
		send_finish(s, DISPATCH_LATER,
			    "%s: answered %ld: it wants another URL (redirects are not followed)",
			    h->name, status);
	else
		send_finish(s, is_for_later(status) ? DISPATCH_LATER : DISPATCH_REFUSED,
			    "%s: answered %ld", h->name, status);
}

static void
explain(struct send *s, CURLcode code)
{
	struct hook *h = s->own;
	long verified = X509_V_OK;
	char why[CURL_ERROR_SIZE];

	curl_easy_getinfo(h->curl, CURLINFO_SSL_VERIFYRESULT, &verified);
	snprintf(why, sizeof(why), "%s", h->error[0] != '\0' ? h->error : curl_easy_strerror(code));
	let_go(s);
	if (code == CURLE_PEER_FAILED_VERIFICATION && verified != X509_V_OK)
		send_finish(s, DISPATCH_LATER, "%s: its certificate is refused: %s", h->name,
			    X509_verify_cert_error_string(verified));
	else
		send_finish(s, DISPATCH_LATER, "%s port %u: %s", h->name, h->port, why);
}

static void
finish(struct send *s, CURLcode code)
{
	const struct hook *h = s->own;
	long status = 0;

	curl_easy_getinfo(h->curl, CURLINFO_RESPONSE_CODE, &status);
	/*
	 * A status is the answer, whatever became of the rest: that there is more than is
	 * read, or that it never came. Else what the server has would be sent again.
	 */
	if (code == CURLE_OK || status >= 200)
		judge(s, status);
	else
		explain(s, code);
}

void
webhooks_wait(struct webhooks *w, struct pollfd *others, size_t count, int milliseconds)
{
	curl_wait(w->multi, others, count, milliseconds);
}

void
webhooks_run(struct webhooks *w)
{
	const CURLMsg *message;
	int running = 0, left = 0;

	curl_multi_perform(w->multi, &running);
	while ((message = curl_multi_info_read(w->multi, &left)) != NULL) {
		char *private = NULL;
		CURLcode code = message->data.result;

		if (message->msg != CURLMSG_DONE)
			continue;
		curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &private);
		finish((struct send *)(void *)private, code);
	}
}
