/*
 * The TXT record at _smtp._tls.DOMAIN, RFC 8460 section 3: where a domain wants
 * reports of failed TLS sent.
 *
 * Pure. Nothing here sends a report.
 */
#ifndef MONITOR_POLICY_TLSRPT_H
#define MONITOR_POLICY_TLSRPT_H

#include "monitor/policy/answer.h"
#include "monitor/policy/txt_record.h"

#define TLSRPT_URIS_MAX 8   /* destinations that are kept; most domains have one */
#define TLSRPT_URI_MAX  512 /* bytes of one, NUL included; a longer one is not kept */

enum tlsrpt_state { TLSRPT_FOUND, TLSRPT_ABSENT, TLSRPT_INVALID };

struct tlsrpt {
	enum tlsrpt_state state;
	char rua[TLSRPT_URIS_MAX][TLSRPT_URI_MAX]; /* mailto: or https:, printable, of FOUND */
	size_t count;
};

/* Read the records at the name; as sts_record_read. */
void tlsrpt_read(const struct txt_records *in, struct tlsrpt *out, struct problems *problems);

/* "present", "absent", "invalid", and "unavailable" where the answer does not tell. */
const char *tlsrpt_status(enum answer answer, const struct tlsrpt *t);

#endif
