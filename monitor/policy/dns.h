/*
 * Questions to resolvers, by c-ares: many at once, none of them waited for, each
 * with an end. One of the two ways by which the program reaches the network of
 * its own accord.
 *
 * Owns its sockets; reads resolv.conf when it is made and no file afterwards.
 * Knows nothing of policies. What comes is read by dns_message.h.
 *
 * An answer is secure only where a resolver says so that was declared trusted or
 * is on this machine, RFC 7672 section 2.1.3; for all others AD is not looked at.
 */
#ifndef MONITOR_POLICY_DNS_H
#define MONITOR_POLICY_DNS_H

#include <poll.h>

#include "dissector/packet.h"
#include "monitor/policy/answer.h"
#include "monitor/policy/dns_message.h"

#define DNS_RESOLVERS_MAX 8
#define DNS_CHANNELS      8 /* of one resolver: each has a port of its own while it is in use */
#define DNS_POLL_MAX      (DNS_RESOLVERS_MAX * DNS_CHANNELS * 2)
#define DNS_WAIT_ONLY     2500 /* milliseconds, doubled for the second try of the only resolver */
#define DNS_WAIT_EACH     1500 /* ... of one among several */
#define DNS_TRIES         2
#define DNS_ASKED_MAX     3 /* resolvers that one question is put to */

struct dns_resolver {
	struct address address;
	uint16_t port;
};

struct dns_config {
	struct dns_resolver resolvers[DNS_RESOLVERS_MAX];
	size_t count;    /* 0: those of resolv.conf, or else one on this machine */
	bool is_trusted; /* all of them, and the way to them */
};

/* "192.0.2.53", "192.0.2.53:5353", "2001:db8::53", "[2001:db8::53]:5353". */
bool dns_resolver_read(const char *text, struct dns_resolver *out);

/* 127.0.0.0/8 and ::1. */
bool dns_is_here(const struct address *a);

struct dns;

/* NULL, and one line in why, where it cannot be. */
struct dns *dns_new(const struct dns_config *config, char *why, size_t why_size);

/* Questions that are under way end without an answer. NULL does nothing. */
void dns_free(struct dns *d);

/* Can any of its resolvers make an answer secure? */
bool dns_can_be_secure(const struct dns *d);

/* What came of one question. */
struct dns_answer {
	enum answer answer; /* never UNASKED */
	bool has_served;    /* some resolver said anything: what is missing is not the network */
	/* Of an answer that is known; NULL for others. With all views good until the callback
	 * returns. */
	const struct dns_message *message;
};

typedef void dns_done(void *ctx, const struct dns_answer *a);

/*
 * Ask for name (no dot at its end) and type; done is called once, from
 * dns_process and never from here, with what came of it. False where memory is
 * refused, and done is not called then.
 */
bool dns_ask(struct dns *d, const char *name, enum dns_type type, dns_done *done, void *ctx);

/*
 * What to wait for: fills at most DNS_POLL_MAX of out and returns how many;
 * *milliseconds is lowered to when dns_process must be called at the latest.
 */
size_t dns_poll(const struct dns *d, struct pollfd *out, int *milliseconds);

/* Do what can be done; polled are those of dns_poll, with their revents. */
void dns_process(struct dns *d, const struct pollfd *polled, size_t count);

#endif
