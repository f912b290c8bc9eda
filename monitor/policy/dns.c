/*
 * Questions to resolvers; see dns.h.
 *
 * c-ares moves a question on to the next server by itself and does not say which
 * one answered. What an answer is worth depends on that, so each resolver has
 * channels of its own, and going on to the next is done here. A channel closes
 * its sockets when nothing is under way on it; having several, and choosing by
 * chance, keeps ports as hard to guess as ids.
 *
 * Failed validation looks like any other SERVFAIL. It is told apart as people do:
 * the same question without validation (CD, RFC 4035 section 3.2.2) has an
 * answer, and yet the first one, asked again, has none.
 */
#include "monitor/policy/dns.h"

#include <ares.h>
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

#include "dissector/text.h"

#define PORT_DNS  53
#define EDNS_SIZE 1232 /* bytes over UDP that no path cuts in pieces */
#define OPT_LEN   11   /* bytes of the OPT record that c-ares puts at the end */
#define FLAGS_AT  3    /* second byte of the header's flags */
#define BIT_AD    0x20u
#define BIT_CD    0x10u
#define BIT_DO    0x80u
#define CLASS_IN  1

/* Why the question is asked, this time. */
enum stage {
	STAGE_FIRST,
	STAGE_UNCHECKED, /* SERVFAIL: is there an answer, be it a bad one? */
	STAGE_AGAIN      /* there is: was the first failure more than an accident? */
};

struct question {
	struct dns *dns;
	struct question *next; /* in the list of those that are done */
	char name[DOMAIN_TEXT];
	enum dns_type type;
	enum stage stage;
	size_t resolver; /* being asked */
	size_t asked;    /* resolvers that were asked before */
	bool has_served, is_bogus;
	dns_done *done;
	void *ctx;
	unsigned char *reply; /* NULL: none */
	size_t reply_len;
};

struct resolver {
	struct dns_resolver at;
	bool is_trusted;
	ares_channel channels[DNS_CHANNELS];
};

struct dns {
	struct resolver resolvers[DNS_RESOLVERS_MAX];
	size_t count;
	size_t preferred; /* the one that answered last */
	bool is_ending;
	struct question *finished; /* to be told, first come first */
	struct question **last;
	struct dns_message message; /* the one being told */
};

/* ---- Resolvers ---- */

static bool
read_address(const char *text, size_t len, struct address *out)
{
	char copy[INET6_ADDRSTRLEN];

	if (len >= sizeof(copy))
		return false;
	memcpy(copy, text, len);
	copy[len] = '\0';
	*out = (struct address){.family = strchr(copy, ':') != NULL ? 6 : 4};
	return inet_pton(out->family == 4 ? AF_INET : AF_INET6, copy, out->b) == 1;
}

bool
dns_resolver_read(const char *text, struct dns_resolver *out)
{
	const char *end = text[0] == '[' ? strchr(text, ']') : NULL;
	const char *port = strrchr(text, ':');
	uint64_t number = PORT_DNS;

	if (text[0] == '[' && end == NULL)
		return false;
	if (end != NULL)
		port = end[1] == '\0' ? NULL : end + 1;
	else if (port != NULL && strchr(text, ':') != port)
		port = NULL; /* IPv6 without brackets */
	if (port != NULL &&
	    (*port != ':' ||
	     !text_number((struct bytes){(const uint8_t *)port + 1, strlen(port + 1)}, &number)))
		return false;
	if (end == NULL)
		end = port != NULL ? port : text + strlen(text);
	text += text[0] == '[';
	out->port = (uint16_t)number;
	return number > 0 && number <= UINT16_MAX &&
	       read_address(text, (size_t)(end - text), &out->address);
}

bool
dns_is_here(const struct address *a)
{
	static const uint8_t here6[16] = {[15] = 1};

	return a->family == 4 ? a->b[0] == 127
			      : a->family == 6 && memcmp(a->b, here6, sizeof(here6)) == 0;
}

static void
add_resolver(struct dns_config *config, const struct ares_addr_port_node *node)
{
	struct dns_resolver *r = &config->resolvers[config->count];

	if (config->count == DNS_RESOLVERS_MAX)
		return;
	*r = (struct dns_resolver){.port =
				       node->udp_port != 0 ? (uint16_t)node->udp_port : PORT_DNS};
	r->address.family = node->family == AF_INET ? 4 : 6;
	memcpy(r->address.b, &node->addr, node->family == AF_INET ? 4 : 16);
	config->count++;
}

/* Those of resolv.conf, as c-ares reads it; without any, one on this machine. */
static void
add_usual(struct dns_config *config)
{
	struct ares_addr_port_node *nodes = NULL;
	ares_channel channel;

	if (ares_init(&channel) != ARES_SUCCESS)
		return;
	if (ares_get_servers_ports(channel, &nodes) == ARES_SUCCESS)
		for (const struct ares_addr_port_node *n = nodes; n != NULL; n = n->next)
			add_resolver(config, n);
	if (nodes != NULL)
		ares_free_data(nodes);
	ares_destroy(channel);
}

static bool
new_channel(const struct dns_resolver *r, int wait, ares_channel *out)
{
	static char only_dns[] = "b";
	struct ares_options options = {
	    .flags =
		ARES_FLAG_EDNS | ARES_FLAG_NOCHECKRESP | ARES_FLAG_NOSEARCH | ARES_FLAG_NOALIASES,
	    .timeout = wait,
	    .tries = DNS_TRIES,
	    .ednspsz = EDNS_SIZE,
	    .lookups = only_dns,
	};
	struct ares_addr_port_node node = {.family = r->address.family == 4 ? AF_INET : AF_INET6,
					   .udp_port = r->port,
					   .tcp_port = r->port};

	memcpy(&node.addr, r->address.b, r->address.family == 4 ? 4 : 16);
	if (ares_init_options(out, &options,
			      ARES_OPT_FLAGS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES |
				  ARES_OPT_EDNSPSZ | ARES_OPT_LOOKUPS) != ARES_SUCCESS) {
		*out = NULL;
		return false;
	}
	return ares_set_servers_ports(*out, &node) == ARES_SUCCESS;
}

static bool
open_resolver(struct resolver *r, const struct dns_config *config)
{
	r->is_trusted = config->is_trusted || dns_is_here(&r->at.address);
	for (size_t k = 0; k < DNS_CHANNELS; k++)
		if (!new_channel(&r->at, config->count == 1 ? DNS_WAIT_ONLY : DNS_WAIT_EACH,
				 &r->channels[k]))
			return false;
	return true;
}

static bool
open_all(struct dns *d, const struct dns_config *config)
{
	for (; d->count < config->count; d->count++) {
		d->resolvers[d->count].at = config->resolvers[d->count];
		if (!open_resolver(&d->resolvers[d->count], config)) {
			d->count++; /* what of it is open is to be closed */
			return false;
		}
	}
	return true;
}

struct dns *
dns_new(const struct dns_config *config, char *why, size_t why_size)
{
	struct dns_config used = *config;
	struct dns *d = calloc(1, sizeof(*d));

	if (d == NULL) {
		snprintf(why, why_size, "out of memory");
		return NULL;
	}
	d->last = &d->finished;
	if (used.count == 0)
		add_usual(&used);
	if (used.count > 0 && open_all(d, &used))
		return d;
	snprintf(why, why_size, "%s",
		 used.count == 0 ? "no resolver is known (give one with --resolver)"
				 : "c-ares cannot be started (out of memory?)");
	dns_free(d);
	return NULL;
}

static void
free_question(struct question *q)
{
	free(q->reply);
	free(q);
}

void
dns_free(struct dns *d)
{
	if (d == NULL)
		return;
	d->is_ending = true;
	for (size_t i = 0; i < d->count; i++)
		for (size_t k = 0; k < DNS_CHANNELS; k++)
			if (d->resolvers[i].channels[k] != NULL)
				ares_destroy(d->resolvers[i].channels[k]);
	while (d->finished != NULL) {
		struct question *q = d->finished;

		d->finished = q->next;
		free_question(q);
	}
	free(d);
}

bool
dns_can_be_secure(const struct dns *d)
{
	for (size_t i = 0; i < d->count; i++)
		if (d->resolvers[i].is_trusted)
			return true;
	return false;
}

/* ---- One question ---- */

static void send_question(struct question *q);

static void
finish(struct question *q)
{
	q->next = NULL;
	*q->dns->last = q;
	q->dns->last = &q->next;
}

static void
keep_reply(struct question *q, const unsigned char *reply, int len)
{
	free(q->reply);
	q->reply = malloc((size_t)len);
	q->reply_len = q->reply != NULL ? (size_t)len : 0;
	if (q->reply != NULL)
		memcpy(q->reply, reply, (size_t)len);
}

/* The resolver has nothing to say: the next one, or that is all. */
static void
go_on(struct question *q)
{
	size_t most = q->dns->count < DNS_ASKED_MAX ? q->dns->count : DNS_ASKED_MAX;

	/* It may be one that was not validated. */
	free(q->reply);
	q->reply = NULL;
	q->stage = STAGE_FIRST;
	q->resolver = (q->resolver + 1) % q->dns->count;
	if (++q->asked < most)
		send_question(q);
	else
		finish(q);
}

static void
fail_validation(struct question *q)
{
	q->is_bogus = true;
	finish(q);
}

/* A reply of that code, out of form where it is_readable is not. */
static void
take_code(struct question *q, unsigned code, bool is_readable)
{
	bool is_known = is_readable && (code == DNS_CODE_ANSWERED || code == DNS_CODE_NO_NAME);

	switch (q->stage) {
	case STAGE_FIRST:
	case STAGE_AGAIN:
		if (is_known) {
			finish(q);
		} else if (q->stage == STAGE_AGAIN && code == DNS_CODE_SERVFAIL) {
			fail_validation(q);
		} else if (q->stage == STAGE_FIRST && is_readable && code == DNS_CODE_SERVFAIL) {
			q->stage = STAGE_UNCHECKED;
			send_question(q);
		} else {
			go_on(q);
		}
		return;
	case STAGE_UNCHECKED:
		if (is_known) {
			q->stage = STAGE_AGAIN;
			send_question(q);
		} else {
			go_on(q);
		}
		return;
	}
}

static void
take_reply(void *ctx, int status, int timeouts, unsigned char *reply, int len)
{
	struct question *q = ctx;
	struct dns_message *m = &q->dns->message;
	bool is_readable;

	(void)timeouts;
	if (q->dns->is_ending) {
		free_question(q);
		return;
	}
	if (status != ARES_SUCCESS || reply == NULL || len <= 0) {
		go_on(q);
		return;
	}
	q->has_served = true;
	keep_reply(q, reply, len);
	is_readable = dns_message_read((struct bytes){q->reply, q->reply_len}, q->name, q->type, m);
	if (is_readable)
		q->dns->preferred = q->resolver;
	take_code(q, m->code, is_readable);
}

static size_t
chance(size_t below)
{
	uint32_t n = 0;

	if (getrandom(&n, sizeof(n), 0) != sizeof(n))
		return 0;
	return n % below;
}

/* AD asks for its like in the answer (RFC 6840 section 5.7); some heed only DO. */
static void
send_question(struct question *q)
{
	ares_channel channel = q->dns->resolvers[q->resolver].channels[chance(DNS_CHANNELS)];
	unsigned char *packet = NULL;
	int len = 0;

	if (ares_create_query(q->name, CLASS_IN, (int)q->type, 0, 1, &packet, &len, EDNS_SIZE) !=
	    ARES_SUCCESS) {
		finish(q);
		return;
	}
	packet[FLAGS_AT] |= q->stage == STAGE_UNCHECKED ? BIT_CD : BIT_AD;
	packet[len - OPT_LEN + 7] |= BIT_DO;
	ares_send(channel, packet, len, take_reply, q);
	ares_free_string(packet);
}

bool
dns_ask(struct dns *d, const char *name, enum dns_type type, dns_done *done, void *ctx)
{
	struct question *q = calloc(1, sizeof(*q));

	if (q == NULL || strlen(name) >= sizeof(q->name)) {
		free(q);
		return false;
	}
	q->dns = d;
	memcpy(q->name, name, strlen(name) + 1);
	q->type = type;
	q->resolver = d->preferred;
	q->done = done;
	q->ctx = ctx;
	send_question(q);
	return true;
}

/* ---- The loop ---- */

static enum answer
answer_of(const struct question *q, const struct dns_message *m)
{
	bool is_secure = m->is_authentic && q->dns->resolvers[q->resolver].is_trusted;

	if (m->code == DNS_CODE_ANSWERED && m->count > 0)
		return is_secure ? ANSWER_SECURE : ANSWER_INSECURE;
	return is_secure ? ANSWER_ABSENT : ANSWER_ABSENT_INSECURE;
}

static void
tell(struct question *q)
{
	struct dns_message *m = &q->dns->message;
	struct dns_answer a = {ANSWER_UNAVAILABLE, q->has_served, NULL};

	if (q->is_bogus) {
		a.answer = ANSWER_BOGUS;
	} else if (q->reply != NULL && q->stage != STAGE_UNCHECKED &&
		   dns_message_read((struct bytes){q->reply, q->reply_len}, q->name, q->type, m) &&
		   (m->code == DNS_CODE_ANSWERED || m->code == DNS_CODE_NO_NAME)) {
		a.answer = answer_of(q, m);
		a.message = m;
	}
	q->done(q->ctx, &a);
	free_question(q);
}

static void
tell_all(struct dns *d)
{
	while (d->finished != NULL) {
		struct question *q = d->finished;

		d->finished = q->next;
		if (d->finished == NULL)
			d->last = &d->finished;
		tell(q);
	}
}

static size_t
poll_channel(ares_channel channel, struct pollfd *out)
{
	ares_socket_t sockets[ARES_GETSOCK_MAXNUM];
	unsigned wanted = (unsigned)ares_getsock(channel, sockets, ARES_GETSOCK_MAXNUM);
	size_t count = 0;

	/* Of one server there are two at most: UDP and TCP. */
	for (unsigned i = 0; i < 2; i++) {
		short events = (short)((ARES_GETSOCK_READABLE(wanted, i) ? POLLIN : 0) |
				       (ARES_GETSOCK_WRITABLE(wanted, i) ? POLLOUT : 0));

		if (events != 0)
			out[count++] = (struct pollfd){.fd = sockets[i], .events = events};
	}
	return count;
}

static void
wait_for(ares_channel channel, int *milliseconds)
{
	struct timeval most = {*milliseconds / 1000, (*milliseconds % 1000) * 1000L}, wait = {0};
	const struct timeval *least = ares_timeout(channel, &most, &wait);

	/* Rounded up: too early would be to turn in circles. */
	*milliseconds = (int)(least->tv_sec * 1000 + (least->tv_usec + 999) / 1000);
}

size_t
dns_poll(const struct dns *d, struct pollfd *out, int *milliseconds)
{
	size_t count = 0;

	if (d->finished != NULL)
		*milliseconds = 0;
	for (size_t i = 0; i < d->count; i++)
		for (size_t k = 0; k < DNS_CHANNELS; k++) {
			count += poll_channel(d->resolvers[i].channels[k], out + count);
			wait_for(d->resolvers[i].channels[k], milliseconds);
		}
	return count;
}

/* To whichever channel it belongs: the others do not know the descriptor. */
static void
process_socket(struct dns *d, ares_socket_t in, ares_socket_t out)
{
	for (size_t i = 0; i < d->count; i++)
		for (size_t k = 0; k < DNS_CHANNELS; k++)
			ares_process_fd(d->resolvers[i].channels[k], in, out);
}

void
dns_process(struct dns *d, const struct pollfd *polled, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		bool is_failed = (polled[i].revents & (POLLERR | POLLHUP | POLLNVAL)) != 0;

		if (polled[i].revents == 0)
			continue;
		process_socket(d,
			       (polled[i].revents & POLLIN) != 0 || is_failed ? polled[i].fd
									      : ARES_SOCKET_BAD,
			       (polled[i].revents & POLLOUT) != 0 ? polled[i].fd : ARES_SOCKET_BAD);
	}
	process_socket(d, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
	tell_all(d);
}
