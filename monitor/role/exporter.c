/*
 * The exporter's process; see exporter.h. HTTP is libmicrohttpd's, without threads: one loop
 * waits for the keeper and for connections.
 */
#include "monitor/role/exporter.h"

#include <errno.h>
#include <microhttpd.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "monitor/clock.h"
#include "monitor/metrics/endpoint.h"
#include "monitor/metrics/metrics.h"
#include "monitor/role/channel.h"
#include "monitor/role/layers.h"

#define IDLE_MS     1000
#define REQUEST_MAX 8192 /* bytes of memory for a connection: request and header of the answer */
#define SILENCE_S   5    /* of a connection */

struct exporter {
	struct channel *channel;
	struct MHD_Daemon *daemon;
	struct MHD_Response *text; /* NULL: none came yet */
	struct MHD_Response *not_found, *not_now;
	int64_t heard; /* when it came, by clock_steady */
	struct {
		int descriptor; /* -1: free */
		int64_t begun;
	} connections[EXPORTER_CONNECTIONS];
	bool is_alone; /* the keeper is gone, or says what it may not */
};

static void
say_why(struct exporter *e, const char *what)
{
	char why[MESSAGE_WORDS_MAX];

	snprintf(why, sizeof(why), "%s: %s", what, strerror(errno));
	message_put_words(channel_out(e->channel), MESSAGE_NOTICE, bytes_text(why));
	channel_flush(e->channel);
}

/* ---- HTTP ---- */

/* A copy of text, for any number of connections at once. */
static struct MHD_Response *
response_of(struct bytes text, const char *type)
{
	struct MHD_Response *r = MHD_create_response_from_buffer(
	    text.len, (void *)(uintptr_t)text.at, MHD_RESPMEM_MUST_COPY);

	if (r == NULL)
		return NULL;
	MHD_add_response_header(r, MHD_HTTP_HEADER_CONTENT_TYPE, type);
	/* Who asks again in a quarter of a minute needs no connection until then. */
	MHD_add_response_header(r, MHD_HTTP_HEADER_CONNECTION, "close");
	return r;
}

static enum MHD_Result
answer(void *ctx, struct MHD_Connection *connection, const char *url, const char *method,
       const char *version, const char *upload, size_t *upload_size, void **seen)
{
	const struct exporter *e = ctx;
	const bool is_read =
	    strcmp(method, MHD_HTTP_METHOD_GET) == 0 || strcmp(method, MHD_HTTP_METHOD_HEAD) == 0;

	(void)version;
	(void)upload;
	(void)upload_size;
	(void)seen;
	/* At once, whatever the request goes on to say. */
	if (!is_read || strcmp(url, "/metrics") != 0)
		return MHD_queue_response(connection, MHD_HTTP_NOT_FOUND, e->not_found);
	if (e->text == NULL || clock_steady() - e->heard > EXPORTER_STALE_MS)
		return MHD_queue_response(connection, MHD_HTTP_SERVICE_UNAVAILABLE, e->not_now);
	return MHD_queue_response(connection, MHD_HTTP_OK, e->text);
}

static int
descriptor_of(struct MHD_Connection *connection)
{
	const union MHD_ConnectionInfo *info =
	    MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);

	return info != NULL ? info->connect_fd : -1;
}

static void
note_connection(void *ctx, struct MHD_Connection *connection, void **context,
		enum MHD_ConnectionNotificationCode code)
{
	struct exporter *e = ctx;
	const bool has_begun = code == MHD_CONNECTION_NOTIFY_STARTED;
	const int descriptor = descriptor_of(connection), wanted = has_begun ? -1 : descriptor;

	(void)context;
	for (size_t i = 0; i < EXPORTER_CONNECTIONS; i++)
		if (e->connections[i].descriptor == wanted) {
			e->connections[i].descriptor = has_begun ? descriptor : -1;
			e->connections[i].begun = clock_steady();
			return;
		}
}

/* One that says a byte now and then is never silent. */
static void
end_slow(struct exporter *e)
{
	for (size_t i = 0; i < EXPORTER_CONNECTIONS; i++)
		if (e->connections[i].descriptor >= 0 &&
		    clock_steady() - e->connections[i].begun > EXPORTER_PATIENCE_MS)
			shutdown(e->connections[i].descriptor, SHUT_RDWR);
}

static bool
begin_http(struct exporter *e, int listener)
{
	for (size_t i = 0; i < EXPORTER_CONNECTIONS; i++)
		e->connections[i].descriptor = -1;
	e->not_found = response_of(bytes_text("only /metrics is here\n"), "text/plain");
	e->not_now = response_of(bytes_text("the watch says nothing now\n"), "text/plain");
	e->daemon = MHD_start_daemon(
	    MHD_USE_EPOLL, 0, NULL, NULL, answer, e, MHD_OPTION_LISTEN_SOCKET, listener,
	    MHD_OPTION_CONNECTION_LIMIT, (unsigned)EXPORTER_CONNECTIONS,
	    MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)SILENCE_S, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
	    (size_t)REQUEST_MAX, MHD_OPTION_NOTIFY_CONNECTION, note_connection, e, MHD_OPTION_END);
	return e->not_found != NULL && e->not_now != NULL && e->daemon != NULL;
}

/* ---- The keeper ---- */

static bool
hear_config(struct exporter *e, struct exporter_config *out)
{
	enum message type;
	struct bytes body;

	return channel_hear(e->channel, &type, &body) == HEARD_MESSAGE &&
	       type == MESSAGE_EXPORTER && message_get_exporter(body, out);
}

/* False, and told, where it cannot be what it is to be. */
static bool
prepare(struct exporter *e, const struct sandbox *box)
{
	struct sandbox sandbox = *box;
	struct exporter_config config;
	struct endpoint endpoint;
	int error[LAYERS];

	sandbox.memory = EXPORTER_MEMORY;
	sandbox_approach(&sandbox, error);
	if (!hear_config(e, &config) || !endpoint_read(config.address, &endpoint))
		return false;
	errno = ENOENT;
	if (!sandbox_find_user(&sandbox, config.user)) {
		say_why(e, config.user);
		return false;
	}
	/* The C library opens a file the first time that it turns a moment into a date. */
	tzset();
	sandbox.listener = endpoint_listen(&endpoint);
	if (sandbox.listener < 0 || !begin_http(e, sandbox.listener)) {
		say_why(e, config.address);
		return false;
	}
	sandbox_enter(&sandbox, error);
	layers_put(channel_out(e->channel), error);
	return channel_flush(e->channel);
}

static void
take_text(struct exporter *e, struct bytes body)
{
	struct MHD_Response *text = response_of(body, METRICS_TYPE);

	if (text == NULL)
		return;
	/* Whoever is being answered with the one before keeps it until then. */
	if (e->text != NULL)
		MHD_destroy_response(e->text);
	e->text = text;
	e->heard = clock_steady();
}

static void
hear_keeper(struct exporter *e)
{
	enum message type;
	struct bytes body;

	switch (channel_hear_within(e->channel, 0, &type, &body)) {
	case HEARD_MESSAGE:
		if (type == MESSAGE_METRICS)
			take_text(e, body);
		else
			e->is_alone = true;
		return;
	case HEARD_NOTHING:
	case HEARD_INTERRUPTED:
		return;
	case HEARD_END:
	case HEARD_BAD:
	case HEARD_FAILED:
		break;
	}
	e->is_alone = true;
}

static int
patience(const struct exporter *e)
{
	MHD_UNSIGNED_LONG_LONG most;

	if (MHD_get_timeout(e->daemon, &most) != MHD_YES || most > IDLE_MS)
		return IDLE_MS;
	return (int)most;
}

int
exporter_main(const struct sandbox *box)
{
	struct exporter e = {.channel = channel_new(box->socket)};
	bool is_ready = e.channel != NULL && prepare(&e, box);

	while (is_ready && !e.is_alone) {
		struct pollfd ends[] = {
		    {.fd = box->socket, .events = POLLIN},
		    {.fd = MHD_get_daemon_info(e.daemon, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd,
		     .events = POLLIN},
		};

		poll(ends, 2, patience(&e));
		if (ends[0].revents != 0)
			hear_keeper(&e);
		end_slow(&e);
		MHD_run(e.daemon);
	}
	channel_free(e.channel);
	return is_ready ? 0 : 1;
}
