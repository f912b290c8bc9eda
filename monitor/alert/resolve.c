/* Names of sinks' hosts to addresses; see resolve.h. */
#include "monitor/alert/resolve.h"

#include <ares.h>
#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "monitor/clock.h"

#define TRY_MILLISECONDS 2000
#define TRIES            2

struct resolve {
	ares_channel channel;
};

struct resolve *
resolve_new(void)
{
	struct resolve *r = calloc(1, sizeof(*r));
	char lookups[] = "b";
	struct ares_options options = {
	    .timeout = TRY_MILLISECONDS, .tries = TRIES, .lookups = lookups};

	if (r == NULL || ares_library_init(ARES_LIB_INIT_ALL) != ARES_SUCCESS) {
		free(r);
		return NULL;
	}
	if (ares_init_options(&r->channel, &options,
			      ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_LOOKUPS) ==
	    ARES_SUCCESS)
		return r;
	ares_library_cleanup();
	free(r);
	errno = ENOMEM;
	return NULL;
}

void
resolve_free(struct resolve *r)
{
	if (r == NULL)
		return;
	ares_destroy(r->channel);
	ares_library_cleanup();
	free(r);
}

static void
add(struct resolve_host *h, int family, const void *at)
{
	struct address *a = &h->at[h->count];

	if (h->count == RESOLVE_ADDRESSES || (family != AF_INET && family != AF_INET6))
		return;
	*a = (struct address){.family = family == AF_INET ? 4 : 6};
	memcpy(a->b, at, family == AF_INET ? 4 : 16);
	h->count++;
}

static void
add_from_file(struct resolve *r, struct resolve_host *h, int family)
{
	struct hostent *found = NULL;

	if (ares_gethostbyname_file(r->channel, h->name, family, &found) != ARES_SUCCESS)
		return;
	for (size_t i = 0; found->h_addr_list[i] != NULL; i++)
		add(h, family, found->h_addr_list[i]);
	ares_free_hostent(found);
}

void
resolve_fix(struct resolve *r, struct resolve_host *h)
{
	uint8_t at[16];

	if (inet_pton(AF_INET, h->name, at) == 1)
		add(h, AF_INET, at);
	else if (inet_pton(AF_INET6, h->name, at) == 1)
		add(h, AF_INET6, at);
	else {
		add_from_file(r, h, AF_INET6);
		add_from_file(r, h, AF_INET);
	}
	h->is_fixed = h->count > 0;
}

static void
on_answer(void *ctx, int status, int timeouts, struct ares_addrinfo *found)
{
	struct resolve_host *h = ctx;

	(void)timeouts;
	h->is_asked = false;
	h->asked = clock_steady();
	if (status == ARES_SUCCESS)
		for (const struct ares_addrinfo_node *n = found->nodes; n != NULL; n = n->ai_next)
			add(h, n->ai_family,
			    n->ai_family == AF_INET
				? (const void *)&(
				      (const struct sockaddr_in *)(const void *)n->ai_addr)
				      ->sin_addr
				: (const void *)&(
				      (const struct sockaddr_in6 *)(const void *)n->ai_addr)
				      ->sin6_addr);
	if (h->count == 0)
		snprintf(h->why, sizeof(h->why), "%s",
			 status == ARES_SUCCESS ? "it has no address" : ares_strerror(status));
	if (found != NULL)
		ares_freeaddrinfo(found);
}

void
resolve_ask(struct resolve *r, struct resolve_host *h)
{
	const struct ares_addrinfo_hints hints = {.ai_family = AF_UNSPEC,
						  .ai_socktype = SOCK_STREAM};

	if (h->is_asked)
		return;
	h->is_asked = true;
	h->count = 0;
	ares_getaddrinfo(r->channel, h->name, NULL, &hints, on_answer, h);
}

/* What one socket waits for. The macros of c-ares shift 1 into the sign of an int for the last. */
static short
events_of(unsigned bits, unsigned i)
{
	return (short)((bits >> i & 1 ? POLLIN : 0) |
		       (bits >> (i + ARES_GETSOCK_MAXNUM) & 1 ? POLLOUT : 0));
}

size_t
resolve_poll(struct resolve *r, struct pollfd *out, int *milliseconds)
{
	ares_socket_t sockets[ARES_GETSOCK_MAXNUM];
	struct timeval most = {*milliseconds / 1000, (suseconds_t)(*milliseconds % 1000) * 1000},
		       wait;
	unsigned bits = (unsigned)ares_getsock(r->channel, sockets, ARES_GETSOCK_MAXNUM);
	const struct timeval *due = ares_timeout(r->channel, &most, &wait);
	size_t count = 0;

	for (unsigned i = 0; i < ARES_GETSOCK_MAXNUM; i++) {
		const short events = events_of(bits, i);

		if (events != 0)
			out[count++] = (struct pollfd){.fd = sockets[i], .events = events};
	}
	if (due != NULL)
		*milliseconds = (int)(due->tv_sec * 1000 + due->tv_usec / 1000);
	return count;
}

void
resolve_run(struct resolve *r, const struct pollfd *polled, size_t count)
{
	/* What is late is seen to even where nothing came. */
	ares_process_fd(r->channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
	for (size_t i = 0; i < count; i++)
		if (polled[i].revents != 0)
			ares_process_fd(
			    r->channel,
			    (polled[i].revents & ~POLLOUT) != 0 ? polled[i].fd : ARES_SOCKET_BAD,
			    (polled[i].revents & POLLOUT) != 0 ? polled[i].fd : ARES_SOCKET_BAD);
}
