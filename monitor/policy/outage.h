/*
 * Does what is asked fail for everybody alike? Then that one domain's answer is
 * missing says nothing of that domain.
 *
 * Pure, of fixed size: of each kind of question the domains that failed since one
 * went well.
 */
#ifndef MONITOR_POLICY_OUTAGE_H
#define MONITOR_POLICY_OUTAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define OUTAGE_OTHERS 3 /* so many other domains that fail, and none that does not */

enum outage_of { OUTAGE_DNS, OUTAGE_FETCH };

/* All zero: nothing was asked yet. */
struct outage {
	struct outage_failing {
		uint64_t domains[OUTAGE_OTHERS + 1]; /* by hash; each once */
		size_t count;
	} of[OUTAGE_FETCH + 1];
};

/* A question about the domain with this hash went well, or failed. */
void outage_note(struct outage *o, enum outage_of kind, uint64_t domain, bool is_good);

/* Whether it fails for others than this one, and for all of them. */
bool outage_is_general(const struct outage *o, enum outage_of kind, uint64_t domain);

#endif
