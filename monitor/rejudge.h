/*
 * What a session's mail was for, as far as the book knows; and judging the
 * sessions of the last minutes again when the policy of their domain was learnt.
 */
#ifndef MONITOR_REJUDGE_H
#define MONITOR_REJUDGE_H

#include "monitor/baseline/hindsight.h"
#include "monitor/policy/smart_hosts.h"
#include "monitor/recent.h"

#define RECIPIENTS_MAX 16 /* domains of one session that are looked up */

#define RECENT_AT_HOST 512 /* sessions for others at a host that one answer judges again */

/*
 * The destination of a session: the smart host that it went to; else of its
 * recipients' domains the one that demands most; where none was seen, of the domains
 * whose MX host the server is. False where nothing is known of any.
 */
bool rejudge_destination(struct policy_book *book, const struct smart_hosts *smart,
			 const struct session *s, struct destination *out);

struct rejudge {
	struct hindsight back; /* where findings go, and who is told */
	int64_t sensor_id;
	struct policy_book *book;
	const struct smart_hosts *smart_hosts;
	struct recent *recent;
};

/*
 * Judge again what went to this domain lately, or to its MX hosts for nobody knows
 * whom. Findings that the policy adds are
 * added, and those that it raises are raised; nothing is taken back. Needs the
 * batch's transaction; false: the database failed, and store_error says why.
 */
bool rejudge(const struct rejudge *j, const struct known_policy *known);

#endif
