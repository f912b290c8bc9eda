/*
 * TLSA records, RFC 6698 section 2.1, and which of them an SMTP client can use,
 * RFC 7672 section 3.1.
 *
 * Pure. Data that a record holds in full is hostile DER: who reads that is tlsa_der.h,
 * behind a sandbox, and its word stands in the record. Views are borrowed from the RDATA.
 */
#ifndef MONITOR_POLICY_TLSA_H
#define MONITOR_POLICY_TLSA_H

#include "dissector/bytes.h"
#include "monitor/policy/problems.h"

#define TLSA_DANE_TA     2 /* usages that SMTP knows, RFC 7672 section 3.1 */
#define TLSA_DANE_EE     3
#define TLSA_CERTIFICATE 0 /* selectors, RFC 6698 section 2.1.2 */
#define TLSA_PUBLIC_KEY  1
#define TLSA_FULL        0 /* matching types, section 2.1.3 */
#define TLSA_SHA256      1
#define TLSA_SHA512      2

#define TLSA_TEXT_MAX 160 /* "3 1 2 " and 64 bytes in hex, and a mark of what is cut */

struct tlsa {
	uint8_t usage, selector, matching;
	struct bytes data;
	/* Of matching type 0, by tlsa_der_read. */
	bool
	    is_der; /* data is a certificate or key in DER, whole; false: it is not, or not known */
	uint32_t subject; /* of a certificate: name_hash of its subject; 0: not known */
};

/* Read one RDATA; of its data in full nothing is known yet. False where it is shorter than its
 * three fixed bytes. */
bool tlsa_read(struct bytes rdata, struct tlsa *out);

enum tlsa_use {
	TLSA_USABLE,
	TLSA_PKIX,     /* usage 0 or 1: left out of SMTP, RFC 7672 section 3.1.3 */
	TLSA_USAGE,    /* another usage than 0 to 3 */
	TLSA_SELECTOR, /* another selector than 0 and 1 */
	TLSA_MATCHING, /* another matching type than 0 to 2 */
	TLSA_LENGTH,   /* a digest of the wrong length, or no data */
	TLSA_DATA      /* matching type 0: no certificate or no key in DER */
};

enum tlsa_use tlsa_use(const struct tlsa *t);

/* Tell why one cannot be used, and of one that can what is unwise; nothing of a good one. */
void tlsa_explain(const struct tlsa *t, struct problems *problems);

/* "3 1 1 0123abcd...", hex in lower case; what does not fit is marked with "...". */
void tlsa_text(const struct tlsa *t, char out[TLSA_TEXT_MAX]);

#endif
