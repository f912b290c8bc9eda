/*
 * Fetches of MTA-STS policies, RFC 8461 section 3.3, by libcurl: many at once,
 * none of them waited for, each with an end. The other of the two ways by which
 * the program reaches the network of its own accord.
 *
 * Owns its sockets; reads the authorities when it is made and no file afterwards.
 * Resolves no name: the addresses are given. No redirect, proxy, cookie, cache,
 * password or environment has a say in where it goes and what it takes.
 */
#ifndef MONITOR_POLICY_HTTPS_H
#define MONITOR_POLICY_HTTPS_H

#include <poll.h>
#include <stdio.h>

#include "dissector/packet.h"
#include "monitor/policy/sts_fetch.h"

#define HTTPS_HEAD_MAX      32768 /* bytes of header fields; more is no web server's */
#define HTTPS_ADDRESSES_MAX 8     /* of a policy host that are tried */

struct https;

/*
 * ca_file (PEM) is read to its end and stays the caller's. NULL, and one line in
 * why, where it holds no certificate or libcurl cannot be started.
 */
struct https *https_new(FILE *ca_file, char *why, size_t why_size);

/* Fetches that are under way end without an answer. NULL does nothing. */
void https_free(struct https *h);

enum https_result {
	HTTPS_ANSWERED,    /* by HTTP; whether it is a policy, sts_fetch_judge says */
	HTTPS_UNREACHABLE, /* no connection, or none that lasted */
	HTTPS_NO_TLS,      /* a connection, and no TLS 1.2 or later over it */
	HTTPS_UNTRUSTED,   /* the certificate leads to no authority that is known */
	HTTPS_EXPIRED,     /* ... is out of date */
	HTTPS_WRONG_NAME,  /* ... has no DNS name that is the policy host's */
	HTTPS_TIMEOUT,     /* STS_FETCH_SECONDS are over */
	HTTPS_NO_HTTP,     /* what came is no HTTP */
	HTTPS_OUR_FAULT    /* memory was refused */
};

/* Views are good until the callback returns. */
struct https_answer {
	enum https_result result;
	struct sts_response response; /* of ANSWERED */
	struct bytes body;            /* at most STS_TEXT_MAX bytes of it */
};

/* What went wrong, for the postmaster; nothing of ANSWERED and OUR_FAULT. */
void https_explain(enum https_result result, const struct domain *domain,
		   struct problems *problems);

typedef void https_done(void *ctx, const struct https_answer *a);

/* Whose policy, and the addresses of its policy host, 1 to HTTPS_ADDRESSES_MAX. */
struct https_request {
	const struct domain *domain;
	const struct address *addresses;
	size_t count;
};

/*
 * Fetch; done is called once, from https_process and never from here. False
 * where memory is refused or the policy host's name would be over-long.
 */
bool https_fetch(struct https *h, const struct https_request *r, https_done *done, void *ctx);

/* Wait for its own sockets and for others, no longer than so many milliseconds. */
void https_wait(struct https *h, struct pollfd *others, size_t count, int milliseconds);

/* Do what can be done. */
void https_process(struct https *h);

#endif
