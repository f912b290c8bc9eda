/* A connection that is written to; see stream.h. */
#include "monitor/alert/stream.h"

#include <errno.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "monitor/clock.h"

SSL_CTX *
stream_tls(X509_STORE *authorities)
{
	SSL_CTX *tls;

	/* No configuration file: what is trusted must not depend on the machine. */
	OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG | OPENSSL_INIT_LOAD_CRYPTO_STRINGS, NULL);
	tls = SSL_CTX_new(TLS_client_method());
	if (tls == NULL)
		return NULL;
	SSL_CTX_set_min_proto_version(tls, TLS1_2_VERSION);
	SSL_CTX_set_verify(tls, SSL_VERIFY_PEER, NULL);
	SSL_CTX_set_cert_store(tls, authorities);
	SSL_CTX_set_mode(tls, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	SSL_CTX_set_session_cache_mode(tls, SSL_SESS_CACHE_OFF);
	return tls;
}

/*
 * What is written and not acknowledged the kernel would go on to send, for minutes, and it
 * could arrive behind its own successor. A reset drops it: RFC 9293 section 3.10.5.
 */
static void
drop_rest(const struct stream *s)
{
	const struct linger at_once = {.l_onoff = 1, .l_linger = 0};

	if (s->phase == STREAM_IS_HEARD || (s->phase == STREAM_WRITES && s->left > 0))
		setsockopt(s->descriptor, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
}

void
stream_close(struct stream *s)
{
	SSL_free(s->ssl);
	s->ssl = NULL;
	if (s->phase > STREAM_RESOLVES && s->descriptor >= 0) {
		drop_rest(s);
		close(s->descriptor);
	}
	s->descriptor = -1;
	s->phase = STREAM_CLOSED;
	s->wake = 0;
	ERR_clear_error();
}

static enum stream_state
fail(struct stream *s, const char *what, const char *why)
{
	snprintf(s->why, sizeof(s->why), "%s: %s", what, why);
	stream_close(s);
	return STREAM_FAILED;
}

static enum stream_state
wait_for(struct stream *s, enum stream_phase phase, short events)
{
	s->phase = phase;
	s->events = events;
	return STREAM_WAITS;
}

/* ---- Connect ---- */

socklen_t
stream_address(const struct address *a, uint16_t port, struct sockaddr_storage *out)
{
	struct sockaddr_in *four = (struct sockaddr_in *)(void *)out;
	struct sockaddr_in6 *six = (struct sockaddr_in6 *)(void *)out;

	memset(out, 0, sizeof(*out));
	if (a->family == 4) {
		four->sin_family = AF_INET;
		four->sin_port = htons(port);
		memcpy(&four->sin_addr, a->b, 4);
		return sizeof(*four);
	}
	six->sin6_family = AF_INET6;
	six->sin6_port = htons(port);
	memcpy(&six->sin6_addr, a->b, 16);
	return sizeof(*six);
}

/* The next address; the last error is the one that is told. */
static enum stream_state
try_next(struct stream *s, int error)
{
	struct sockaddr_storage to;

	if (s->phase == STREAM_CONNECTS && s->descriptor >= 0)
		close(s->descriptor);
	s->descriptor = -1;
	while (s->tried < s->host.count) {
		const struct address *a = &s->host.at[s->tried++];
		socklen_t len = stream_address(a, s->port, &to);

		s->descriptor = socket(to.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
		if (s->descriptor >= 0 &&
		    (connect(s->descriptor, (const struct sockaddr *)&to, len) == 0 ||
		     errno == EINPROGRESS)) {
			s->wake = s->tried < s->host.count ? clock_steady() + STREAM_EACH : 0;
			return wait_for(s, STREAM_CONNECTS, POLLOUT);
		}
		error = errno;
		if (s->descriptor >= 0)
			close(s->descriptor);
		s->descriptor = -1;
	}
	s->phase = STREAM_CLOSED;
	return fail(s, "cannot connect", strerror(error));
}

static enum stream_state
resolved(struct stream *s)
{
	if (s->host.is_asked)
		return wait_for(s, STREAM_RESOLVES, 0);
	if (s->host.count == 0)
		return fail(s, "its address cannot be found", s->host.why);
	s->tried = 0;
	return try_next(s, 0);
}

/* ---- TLS ---- */

static bool
begin_tls(struct stream *s)
{
	const char *name = s->host.name;
	X509_VERIFY_PARAM *param;

	s->ssl = SSL_new(s->tls);
	if (s->ssl == NULL || SSL_set_fd(s->ssl, s->descriptor) != 1)
		return false;
	param = SSL_get0_param(s->ssl);
	/* RFC 5425 section 5.2: by address, or by name, which is then asked for, RFC 6066
	 * section 3. */
	if (X509_VERIFY_PARAM_set1_ip_asc(param, name) == 1)
		return true;
	ERR_clear_error();
	X509_VERIFY_PARAM_set_hostflags(param, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
	return SSL_set1_host(s->ssl, name) == 1 && SSL_set_tlsext_host_name(s->ssl, name) == 1;
}

/* What TLS waits for; false where it is broken, and told. */
static bool
wants(struct stream *s, int result, const char *what)
{
	char why[96];
	long verified = SSL_get_verify_result(s->ssl);

	switch (SSL_get_error(s->ssl, result)) {
	case SSL_ERROR_WANT_READ:
		s->events = POLLIN;
		return true;
	case SSL_ERROR_WANT_WRITE:
		s->events = POLLOUT;
		return true;
	}
	if (verified != X509_V_OK)
		fail(s, "its certificate is refused", X509_verify_cert_error_string(verified));
	else if (ERR_peek_error() != 0) {
		ERR_error_string_n(ERR_peek_error(), why, sizeof(why));
		fail(s, what, why);
	} else
		fail(s, what, "the connection was broken off");
	return false;
}

/* ---- Write ---- */

/* States of a connection in TCP_INFO, as tcp(7) has them: the C library's header lacks the rest. */
#define STATE_ESTABLISHED 1
#define STATE_CLOSE_WAIT  8

static enum stream_state
look(struct stream *s)
{
	struct tcp_info info = {0};
	socklen_t len = sizeof(info);
	int error = 0;
	socklen_t error_len = sizeof(error);

	if (getsockopt(s->descriptor, SOL_SOCKET, SO_ERROR, &error, &error_len) != 0 || error != 0)
		return fail(s, "the connection was broken off", strerror(error));
	if (getsockopt(s->descriptor, IPPROTO_TCP, TCP_INFO, &info, &len) != 0)
		return fail(s, "the connection was broken off", strerror(errno));
	if (info.tcpi_unacked == 0 && info.tcpi_notsent_bytes == 0) {
		/* A reset acknowledges nothing, and leaves nothing outstanding. */
		if (info.tcpi_state != STATE_ESTABLISHED && info.tcpi_state != STATE_CLOSE_WAIT)
			return fail(s, "the connection was broken off", "closed by the server");
		s->wake = 0;
		s->phase = STREAM_WRITES;
		return STREAM_DONE;
	}
	s->wake = clock_steady() + STREAM_LOOK;
	return wait_for(s, STREAM_IS_HEARD, 0);
}

static ssize_t
write_some(struct stream *s)
{
	int n;

	if (s->ssl == NULL)
		return send(s->descriptor, s->at, s->left, MSG_NOSIGNAL);
	ERR_clear_error();
	n = SSL_write(s->ssl, s->at, (int)s->left);
	if (n > 0)
		return n;
	return wants(s, n, "cannot write") ? 0 : -1;
}

static enum stream_state
write_all(struct stream *s)
{
	s->phase = STREAM_WRITES;
	while (s->left > 0) {
		ssize_t n = write_some(s);

		if (n > 0) {
			s->at += n;
			s->left -= (size_t)n;
		} else if (s->ssl != NULL)
			return n == 0 ? STREAM_WAITS : STREAM_FAILED;
		else if (errno == EAGAIN || errno == EINTR)
			return wait_for(s, STREAM_WRITES, POLLOUT);
		else
			return fail(s, "cannot write", strerror(errno));
	}
	return look(s);
}

static enum stream_state
shake_hands(struct stream *s)
{
	int result;

	s->phase = STREAM_SHAKES_HANDS;
	ERR_clear_error();
	result = SSL_connect(s->ssl);
	if (result == 1)
		return write_all(s);
	return wants(s, result, "no TLS with it") ? STREAM_WAITS : STREAM_FAILED;
}

static enum stream_state
connected(struct stream *s)
{
	struct pollfd end = {.fd = s->descriptor, .events = POLLOUT};
	socklen_t len = sizeof(int);
	int error = 0;

	if (poll(&end, 1, 0) == 0) {
		if (s->wake == 0 || clock_steady() < s->wake)
			return STREAM_WAITS;
		return try_next(s, ETIMEDOUT);
	}
	getsockopt(s->descriptor, SOL_SOCKET, SO_ERROR, &error, &len);
	if (error != 0)
		return try_next(s, error);
	s->wake = 0;
	if (s->tls == NULL)
		return write_all(s);
	if (!begin_tls(s))
		return fail(s, "no TLS with it", "out of memory");
	return shake_hands(s);
}

/* Whether the server has gone meanwhile; what it says, as it may not, is passed over: not for ever.
 */
static bool
is_alive(struct stream *s)
{
	char nothing[512];
	size_t heard = 0;
	ssize_t n;

	if (s->phase != STREAM_WRITES)
		return false;
	ERR_clear_error();
	do
		n = s->ssl != NULL ? SSL_read(s->ssl, nothing, sizeof(nothing))
				   : recv(s->descriptor, nothing, sizeof(nothing), MSG_DONTWAIT);
	while (n > 0 && (heard += (size_t)n) <= STREAM_HEARD_MAX);
	if (n > 0)
		return false;
	if (s->ssl != NULL)
		return SSL_get_error(s->ssl, (int)n) == SSL_ERROR_WANT_READ;
	return n < 0 && (errno == EAGAIN || errno == EINTR);
}

enum stream_state
stream_write(struct stream *s, const uint8_t *at, size_t len)
{
	const bool is_open = is_alive(s);

	if (!is_open)
		stream_close(s);
	s->at = at;
	s->left = len;
	if (is_open)
		return write_all(s);
	if (!s->host.is_fixed)
		resolve_ask(s->resolve, &s->host);
	return resolved(s);
}

enum stream_state
stream_step(struct stream *s)
{
	switch (s->phase) {
	case STREAM_RESOLVES:
		return resolved(s);
	case STREAM_CONNECTS:
		return connected(s);
	case STREAM_SHAKES_HANDS:
		return shake_hands(s);
	case STREAM_WRITES:
		return write_all(s);
	case STREAM_IS_HEARD:
		return look(s);
	case STREAM_CLOSED:
		break;
	}
	return STREAM_FAILED;
}
