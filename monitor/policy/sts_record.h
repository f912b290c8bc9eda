/*
 * The TXT record at _mta-sts.DOMAIN, RFC 8461 section 3.1: is there a policy,
 * and which version of it. Erratum 6285 (no blank before the first ';') is how
 * the rule of "v=STSv1;" reads anyway.
 *
 * Pure. Never says whether a record is absent because of an attack.
 */
#ifndef MONITOR_POLICY_STS_RECORD_H
#define MONITOR_POLICY_STS_RECORD_H

#include "monitor/policy/txt_record.h"

#define STS_ID_MAX 32

/* All but the first: the domain has no policy available, RFC 8461 section 3.1. */
enum sts_record_state {
	STS_RECORD_FOUND,
	STS_RECORD_ABSENT, /* no record begins with "v=STSv1;" */
	STS_RECORD_INVALID /* several do, or the one that does is not of the form */
};

struct sts_record {
	enum sts_record_state state;
	char id[STS_ID_MAX + 1]; /* of FOUND: 1 to STS_ID_MAX letters and digits; case matters */
};

/*
 * Read the records at the name. None is an answer too: count 0 is
 * STS_RECORD_ABSENT, so this is for answers that came, never for failures.
 */
void sts_record_read(const struct txt_records *in, struct sts_record *out,
		     struct problems *problems);

#endif
