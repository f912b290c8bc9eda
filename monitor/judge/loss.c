/*
 * The order of the questions is the order of trust: what many clients show at
 * the same time says more than what one client knew before. What makes a loss
 * harmless (other machines, a server that changed) is asked first, but never
 * believed against clients that are still offered STARTTLS.
 */
#include "monitor/judge/loss.h"

#include <inttypes.h>

#include "monitor/counted.h"
#include "monitor/judge/say.h"
#include "monitor/moment.h"

#define NODES_FEW        2  /* of more machines that all offered it a new one is no excuse */
#define HABIT_LONG       20 /* sessions that make a habit which one new name does not end */
#define LACKS_CHANGING   3  /* of the last twenty of all clients: it no longer is a habit */
#define LACKS_SETTLED    6  /* the change was told often enough */
#define HIDDEN_LACKS     20 /* sessions, and */
#define HIDDEN_TIME      (7 * HISTORY_DAY)
#define HIDDEN_OTHERS    2  /* or other networks that were never offered it */
#define MIXED_NETWORKS   2  /* that were not offered it, one of them by turns */
#define MIXED_PART       10 /* one of so many: now and then is no machine's way */
#define MIXED_PART_CLEAN 4  /* ... where the server was clean before */
#define MIXED_BELIEVED   3  /* where the server was clean before, and */
#define MIXED_TIME       (7 * HISTORY_DAY)
#define ELSEWHERE        2 /* servers that the network lost it at, too */
#define LOST_NETWORKS    2 /* others beside this one; fewer where there are no more */

/* It was a habit of the server before the first session without it. */
static bool
was_clean(const struct history *h)
{
	return h->offered.yes >= HABIT_LONG && h->mixed_since != 0 &&
	       h->offered.first + HISTORY_DAY <= h->mixed_since;
}

/*
 * Clients were offered it, were not, and were again, by turns. Where the server
 * was known to offer it always, that is what stripping now and then looks
 * like, too, and is believed to be the server's way only after long.
 */
static bool
is_mixed(const struct session *s, const struct history *h)
{
	if (was_clean(h))
		return h->lacks_of_all * MIXED_PART_CLEAN >= h->offered.yes &&
		       h->networks_mixed >= MIXED_BELIEVED &&
		       s->start - h->mixed_since >= MIXED_TIME;
	return h->lacks_of_all * MIXED_PART >= h->offered.yes && h->networks_mixed > 0 &&
	       h->networks_lacking >= MIXED_NETWORKS;
}

/* Of the last ones, those that were not offered it and raised no suspicion. */
static unsigned
recent_lacks(const struct tally *t)
{
	return t->recent_count - tally_recent_yes(t);
}

static bool
is_other_node(const struct history *h)
{
	if (h->is_lacking_node)
		return true;
	if (h->offered_to_client.yes >= HABIT_LONG && tally_is_steady(&h->offered_to_client))
		return false;
	return h->has_new_keyword || (h->is_new_node && h->nodes <= NODES_FEW);
}

/* This client's network never was offered it. */
static bool
is_new_to_it(const struct history *h)
{
	return h->offered_to_client.yes == 0 && h->offered_to_network.yes == 0;
}

static bool
is_hidden(const struct session *s, const struct history *h)
{
	const struct tally *t = &h->offered_to_client;

	if (!is_new_to_it(h))
		return false;
	return (t->no >= HIDDEN_LACKS && s->start - t->first >= HIDDEN_TIME) ||
	       h->others_without >= HIDDEN_OTHERS;
}

static bool
was_seldom(const struct history *h)
{
	return !tally_is_steady(&h->offered_to_client) && !tally_is_steady(&h->offered);
}

/*
 * What others get says something of a client that never got it while they get
 * it, or where all of them always did.
 */
static enum loss
loss_of_new(const struct history *h)
{
	bool is_offered_now = h->others_got > 0 || h->others_got_since > 0;
	bool is_offered_to_all = h->offered.yes >= HABIT_LONG && h->others_without == 0;

	if (!tally_is_steady(&h->offered) || h->offered.no * 10 >= h->offered.yes)
		return LOSS_UNSURE;
	return is_offered_now || is_offered_to_all ? LOSS_NEW : LOSS_UNSURE;
}

/* Nobody was offered it since the first lost it: several, or all that there are. */
static bool
is_lost_to_all(const struct history *h)
{
	return h->others_lost >= LOST_NETWORKS || (h->others_lost > 0 && h->others_waiting == 0);
}

enum loss
loss_of(const struct judge_case *c)
{
	const struct session *s = c->session;
	const struct history *h = c->known;

	if (h->offered.yes == 0 && h->offered_to_client.yes == 0 && h->offered_to_network.yes == 0)
		return LOSS_NONE;
	if (is_mixed(s, h))
		return LOSS_MIXED;
	if (is_other_node(h))
		return LOSS_NODES;
	if (is_hidden(s, h))
		return LOSS_HIDDEN;
	if (h->servers_lost >= ELSEWHERE && h->servers_kept == 0 && !was_seldom(h))
		return LOSS_NEAR_CLIENT;
	if (recent_lacks(&h->offered) >= LACKS_CHANGING)
		return h->others_got_since > 0 ? LOSS_MIXED : LOSS_CHANGED;
	if (is_new_to_it(h))
		return loss_of_new(h);
	if (h->others_got_since > 0)
		return LOSS_OTHERS;
	if (is_lost_to_all(h))
		return LOSS_CHANGED;
	if (was_seldom(h))
		return LOSS_ONCE;
	return h->others_seen > 0 ? LOSS_OPEN : LOSS_ALONE;
}

static void
rate_loss(enum loss loss, struct finding *out)
{
	switch (loss) {
	case LOSS_NONE:
	case LOSS_MIXED:
	case LOSS_NODES:
	case LOSS_HIDDEN:
	case LOSS_CHANGED:
	case LOSS_UNSURE:
		return;
	case LOSS_ONCE:
	case LOSS_NEW:
	case LOSS_OPEN:
		rate(out, SEVERITY_WARNING, CERTAINTY_POSSIBLE, WHERE_SERVER_SIDE);
		return;
	case LOSS_NEAR_CLIENT:
	case LOSS_OTHERS:
	case LOSS_ALONE:
		rate(out, SEVERITY_CRITICAL, CERTAINTY_PROBABLE, WHERE_SERVER_SIDE);
		return;
	}
}

/* The tally that says most: this client's own, or everybody's. */
static const struct tally *
best_control(const struct history *h)
{
	return h->offered_to_client.yes > 0 ? &h->offered_to_client : &h->offered;
}

/* Near whom, as far as comparing tells; the side of the tap is another matter. */
static void
say_near_whom(const struct history *h, enum loss loss, struct finding *out)
{
	switch (loss) {
	case LOSS_NONE:
	case LOSS_MIXED:
	case LOSS_NODES:
	case LOSS_HIDDEN:
	case LOSS_CHANGED:
	case LOSS_UNSURE:
		return;
	case LOSS_NEAR_CLIENT:
		say_more(out,
			 "; this client's network lost it at %" PRIu32
			 " other servers within an hour and kept it at none: it was cut near the "
			 "client, on the server's side of the tap",
			 h->servers_lost);
		return;
	case LOSS_OTHERS:
		say_more(out, "; %" PRIu32 " other client networks were offered it since",
			 h->others_got_since);
		if (h->servers_kept > 0)
			say_more(out,
				 ", and this one is at %" PRIu32
				 " other servers: it was cut on the path between these two",
				 h->servers_kept);
		return;
	case LOSS_ALONE:
		if (h->servers_kept > 0)
			say_more(out,
				 "; at %" PRIu32
				 " other servers this client keeps it: it was cut on the way to "
				 "this one or near it, or the server changed",
				 h->servers_kept);
		return;
	case LOSS_NEW:
		say_more(out, "; this client's network alone never was");
		return;
	case LOSS_ONCE:
	case LOSS_OPEN:
		say_more(out, "; no other client came since to compare with");
		return;
	}
}

void
loss_say(const struct judge_case *c, enum loss loss, struct finding *out)
{
	const struct tally *t = best_control(c->known);
	char since[MOMENT_TEXT_MAX];

	rate_loss(loss, out);
	moment_short_text(t->first, since);
	say_detail(out,
		   "The EHLO reply of %s does not offer STARTTLS, which this server offered "
		   "%sin %" PRIu32 " of %s since %s",
		   counted(c->session->ehlos, "line").text,
		   t == &c->known->offered ? "" : "to this client ", t->yes,
		   counted(t->yes + t->no, "session").text, since);
	say_near_whom(c->known, loss, out);
	say_more(out, ".");
	out->refuted_by = "The server's operator having switched STARTTLS off, for this client or "
			  "for all; or another machine behind its address. Ask it from a place "
			  "next to it, and compare the EHLO reply.";
}

void
loss_explain(const struct judge_case *c, enum loss loss, struct finding *out)
{
	const struct history *h = c->known;
	bool is_told = recent_lacks(&h->offered) >= LACKS_SETTLED;
	char last[MOMENT_TEXT_MAX];

	moment_short_text(h->offered.last_yes, last);
	switch (loss) {
	case LOSS_MIXED:
		say_more(out, "; several clients are offered it here by turns: the machines behind "
			      "this address seem to differ");
		break;
	case LOSS_NODES:
		say_more(out, "; another machine behind this address offers it");
		break;
	case LOSS_HIDDEN:
		say_more(out, "; others are offered it, this client's network never was: the "
			      "server seems to hide it from some");
		return;
	case LOSS_CHANGED:
		say_more(out,
			 "; every client that came since %s lost it: the server seems to have "
			 "switched it off",
			 last);
		break;
	case LOSS_UNSURE:
		say_more(out, "; others were offered it, and none came within the hour to compare "
			      "with");
		return;
	case LOSS_NONE:
		if (h->is_name_offering)
			say_more(out, "; a server of the same name offers it at another address");
		return;
	case LOSS_ONCE:
	case LOSS_NEW:
	case LOSS_OPEN:
	case LOSS_NEAR_CLIENT:
	case LOSS_OTHERS:
	case LOSS_ALONE:
		return;
	}
	if (!is_told)
		rate(out, SEVERITY_NOTICE, CERTAINTY_POSSIBLE, WHERE_UNKNOWN);
}

void
say_proof_tally(struct finding *out, const char *what, const struct tally *t)
{
	char first[MOMENT_TEXT_MAX], last[MOMENT_TEXT_MAX];

	if (t->yes + t->no == 0)
		return;
	moment_short_text(t->first, first);
	if (t->last_yes == 0) {
		say_proof(out, what, "in none of %s since %s", counted(t->no, "session").text,
			  first);
		return;
	}
	moment_short_text(t->last_yes, last);
	say_proof(out, what, "in %" PRIu32 " of %s since %s, the last at %s", t->yes,
		  counted(t->yes + t->no, "session").text, first, last);
}

void
loss_prove(const struct judge_case *c, struct finding *out)
{
	const struct history *h = c->known;
	char since[MOMENT_TEXT_MAX];

	say_proof_tally(out, "offered to this client", &h->offered_to_client);
	say_proof_tally(out, "offered to anybody", &h->offered);
	moment_short_text(h->lacks_since, since);
	if (h->lacks > 0)
		say_proof(out, "not offered to this client", "in %s before this one, since %s",
			  counted(h->lacks, "session").text, since);
	if (h->others_seen > 0 || h->others_got_since > 0)
		say_proof(out, "other client networks",
			  "%" PRIu32 " came within the hour before, %" PRIu32
			  " of them were offered it; %" PRIu32 " were since this client was not",
			  h->others_seen, h->others_got, h->others_got_since);
	if (h->servers_kept + h->servers_lost > 0)
		say_proof(out, "other servers",
			  "%" PRIu32 " offered it to this client's network within the hour "
			  "before, %" PRIu32 " no longer did",
			  h->servers_kept, h->servers_lost);
}
