/*
 * What keeper and checker send each other beside message.h: how to ask, what to
 * look up, what was learnt. Each treats the other as taken over.
 *
 * A domain crosses only where domain_read takes it as it stands: it decides what
 * is asked and where the checker connects. What was learnt must hold together:
 * records where an answer brought some, hosts where there is an MX, a text where
 * one was fetched; texts are printable.
 */
#ifndef MONITOR_ROLE_CHECKER_MESSAGE_H
#define MONITOR_ROLE_CHECKER_MESSAGE_H

#include "monitor/policy/lookups.h"
#include "monitor/role/message.h"

/* What the checker needs to know before it closes itself in. */
struct checker_config {
	struct dns_config dns;
	bool is_private;             /* lookup_means */
	char user[SANDBOX_USER_MAX]; /* to become; empty: the usual one */
};

/* A domain that was not looked up. */
struct not_now {
	struct domain domain;
	enum lookups_taken why; /* TOO_SOON or FULL */
};

/* Each appends one whole message. */
void checker_message_put_config(struct packer *p, const struct checker_config *c);
void checker_message_put_lookup(struct packer *p, const struct lookup_request *r);
void checker_message_put_learnt(struct packer *p, const struct learnt *l);
void checker_message_put_not_now(struct packer *p, const struct not_now *n);

/* Each reads one whole body; false where it is bad. */
bool checker_message_get_config(struct bytes body, struct checker_config *out);
bool checker_message_get_lookup(struct bytes body, struct lookup_request *out);
bool checker_message_get_not_now(struct bytes body, struct not_now *out);

/* NULL where it is bad, or memory is refused; else for learnt_free. */
struct learnt *checker_message_get_learnt(struct bytes body);

#endif
