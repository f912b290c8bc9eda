/* Alerts to syslog; see send_syslog.h. */
#include "monitor/alert/send_syslog.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "monitor/alert/stream.h"
#include "monitor/authorities.h"
#include "monitor/clock.h"

#define FRAME_HEAD 24     /* bytes of a length before a message */
#define UDP_LIFE   300000 /* milliseconds until a host's address is asked for again */

struct log {
	struct stream stream;
	int socket;      /* local */
	bool is_stream;  /* local: of octets, each message ended by LF */
	const char *why; /* it could not be opened; NULL: it could */
	uint8_t *frame;  /* TCP and TLS: what is being written */
};

/* ---- Open ---- */

/* By datagrams, or else as a stream: both are in use, and /dev/log does not say. */
static void
open_local(struct log *l, const char *path)
{
	struct sockaddr_un to = {.sun_family = AF_UNIX};
	static const int kinds[] = {SOCK_DGRAM, SOCK_STREAM};

	if (strlen(path) >= sizeof(to.sun_path)) {
		l->why = "the path is too long for a socket";
		return;
	}
	memcpy(to.sun_path, path, strlen(path) + 1);
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		l->is_stream = kinds[i] == SOCK_STREAM;
		l->socket = socket(AF_UNIX, kinds[i] | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
		if (l->socket >= 0 &&
		    connect(l->socket, (const struct sockaddr *)&to, sizeof(to)) == 0)
			return;
		l->why = strerror(errno);
		if (l->socket >= 0)
			close(l->socket);
		l->socket = -1;
		if (errno != EPROTOTYPE)
			return;
	}
}

static void
open_tls(struct log *l, const char *ca_file)
{
	X509_STORE *store = authorities_open(ca_file, &l->why);

	if (store == NULL)
		return;
	l->why = NULL;
	l->stream.tls = stream_tls(store);
	if (l->stream.tls != NULL)
		return;
	X509_STORE_free(store);
	l->why = "out of memory";
}

static void
log_open(struct send *s)
{
	struct log *l = calloc(1, sizeof(*l));

	s->own = l;
	if (l == NULL)
		return;
	l->socket = -1;
	if (s->sink->carrier == CARRIER_LOCAL) {
		open_local(l, s->sink->path);
		if (l->socket >= 0)
			l->why = NULL;
		return;
	}
	l->stream = (struct stream){.resolve = s->means->resolve,
				    .host.name = s->sink->host,
				    .port = s->sink->port,
				    .descriptor = -1};
	resolve_fix(s->means->resolve, &l->stream.host);
	if (s->sink->carrier == CARRIER_TLS)
		open_tls(l, s->sink->ca_file);
}

/* ---- Local socket ---- */

static void
step_local(struct send *s, struct log *l)
{
	static const uint8_t lf[] = "\n";
	struct iovec pieces[] = {{(void *)(uintptr_t)s->payload.at, s->payload.len},
				 {(void *)(uintptr_t)lf, 1}};
	const struct msghdr message = {.msg_iov = pieces, .msg_iovlen = l->is_stream ? 2 : 1};
	const size_t whole = s->payload.len + (l->is_stream ? 1 : 0);
	ssize_t n = sendmsg(l->socket, &message, MSG_NOSIGNAL);

	if (n >= 0 && (size_t)n < whole)
		send_finish_stale(s, "%s: takes only part of a message", s->sink->path);
	else if (n >= 0)
		send_finish(s, DISPATCH_SENT, NULL);
	else if (errno == EAGAIN || errno == ENOBUFS || errno == EINTR) {
		s->descriptor = l->socket;
		s->events = POLLOUT;
	} else if (errno == EMSGSIZE)
		send_finish(s, DISPATCH_REFUSED, "%s: %zu bytes are too long for it", s->sink->path,
			    s->payload.len);
	else
		send_finish_stale(s, "%s: %s", s->sink->path, strerror(errno));
}

/* ---- UDP ---- */

/* No more than a datagram may have, and no part of a character. */
static size_t
cut(struct bytes message)
{
	size_t length = message.len;

	if (length <= SYSLOG_UDP_MAX)
		return length;
	for (length = SYSLOG_UDP_MAX; length > 0 && (message.at[length] & 0xc0) == 0x80;)
		length--;
	return length;
}

static void
step_udp(struct send *s, struct log *l)
{
	struct resolve_host *h = &l->stream.host;
	struct sockaddr_storage to;
	int error = EHOSTUNREACH;

	if (h->is_asked)
		return;
	if (h->count == 0) {
		send_finish(s, DISPATCH_LATER, "%s: its address cannot be found: %s", h->name,
			    h->why);
		return;
	}
	for (size_t i = 0; i < h->count; i++) {
		socklen_t len = stream_address(&h->at[i], l->stream.port, &to);
		int end = socket(to.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
		ssize_t n = end >= 0 ? sendto(end, s->payload.at, cut(s->payload), MSG_DONTWAIT,
					      (const struct sockaddr *)&to, len)
				     : -1;

		error = errno;
		if (end >= 0)
			close(end);
		if (n >= 0) {
			send_finish(s, DISPATCH_SENT, NULL);
			return;
		}
	}
	send_finish(s, DISPATCH_LATER, "%s: cannot send: %s", h->name, strerror(error));
}

static void
begin_udp(struct send *s, struct log *l)
{
	struct resolve_host *h = &l->stream.host;

	if (!h->is_fixed && (h->count == 0 || clock_steady() - h->asked > UDP_LIFE))
		resolve_ask(s->means->resolve, h);
	step_udp(s, l);
}

/* ---- TCP and TLS ---- */

static void
tell(struct send *s, struct log *l, enum stream_state state)
{
	switch (state) {
	case STREAM_WAITS:
		s->descriptor = l->stream.events != 0 ? l->stream.descriptor : -1;
		s->events = l->stream.events;
		s->wake = l->stream.wake;
		return;
	case STREAM_DONE:
		send_finish(s, DISPATCH_SENT, NULL);
		break;
	case STREAM_FAILED:
		send_finish(s, DISPATCH_LATER, "%s port %u: %s", l->stream.host.name,
			    l->stream.port, l->stream.why);
		break;
	}
	free(l->frame);
	l->frame = NULL;
}

static void
begin_stream(struct send *s, struct log *l)
{
	char head[FRAME_HEAD];
	size_t len = (size_t)snprintf(head, sizeof(head), "%zu ", s->payload.len);

	l->frame = malloc(len + s->payload.len);
	if (l->frame == NULL) {
		send_finish(s, DISPATCH_LATER, "out of memory");
		return;
	}
	memcpy(l->frame, head, len);
	memcpy(l->frame + len, s->payload.at, s->payload.len);
	tell(s, l, stream_write(&l->stream, l->frame, len + s->payload.len));
}

/* ---- The way ---- */

static void
log_begin(struct send *s)
{
	struct log *l = s->own;
	const char *where = s->sink->path != NULL ? s->sink->path : s->sink->ca_file;

	if (l == NULL || l->why != NULL)
		send_finish_stale(s, "%s: cannot open: %s",
				  where != NULL ? where : "the system's CA file",
				  l == NULL ? "out of memory" : l->why);
	else if (s->sink->carrier == CARRIER_LOCAL)
		step_local(s, l);
	else if (s->sink->carrier == CARRIER_UDP)
		begin_udp(s, l);
	else
		begin_stream(s, l);
}

static void
log_step(struct send *s)
{
	struct log *l = s->own;

	if (s->sink->carrier == CARRIER_LOCAL)
		step_local(s, l);
	else if (s->sink->carrier == CARRIER_UDP)
		step_udp(s, l);
	else
		tell(s, l, stream_step(&l->stream));
}

static void
log_give_up(struct send *s)
{
	struct log *l = s->own;

	stream_close(&l->stream);
	free(l->frame);
	l->frame = NULL;
}

static void
log_close(struct send *s)
{
	struct log *l = s->own;

	if (l == NULL)
		return;
	log_give_up(s);
	if (l->socket >= 0)
		close(l->socket);
	SSL_CTX_free(l->stream.tls);
	free(l);
}

const struct send_way send_syslog = {log_open, log_begin, log_step, log_give_up, log_close};
