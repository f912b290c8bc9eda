/*
 * The order of the questions is the order of trust: what many clients show at
 * the same time says more than what one client knew before. What makes a loss
 * harmless (other machines, a server that changed) is asked first, but never
 * believed against clients that are still offered STARTTLS.
 */
#include "monitor/judge/loss.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "monitor/counted.h"
#include "monitor/judge/say.h"
#include "monitor/moment.h"

#define NODES_FEW        2  /* of more machines that all offered it a new one is no excuse */
#define HABIT_LONG       20 /* sessions that make a habit which one new name does not end */
#define STRANGER_LACKS   5  /* sessions in a row with one that nobody else met, while */
#define STRANGER_OTHERS  2  /* so many others were offered it */
#define LACKS_CHANGING   3  /* of the last twenty of all clients: it no longer is a habit */
#define LACKS_SETTLED    6  /* the change was told often enough */
#define HIDDEN_LACKS     20 /* sessions, and */
#define HIDDEN_TIME      (7 * HISTORY_DAY)
#define HIDDEN_OTHERS    2  /* or other networks that were never offered it, and */
#define HIDDEN_PART      50 /* one session of so many: less is stripping now and then */
#define MIXED_NETWORKS   2  /* that were not offered it, one of them by turns */
#define MIXED_PART       10 /* one of so many: now and then is no machine's way */
#define MIXED_PART_CLEAN 4  /* ... where the server was clean before */
#define MIXED_BELIEVED   3  /* where the server was clean before, and */
#define MIXED_TIME       (7 * HISTORY_DAY)
#define ELSEWHERE        2 /* servers that the network lost it at, too */
#define ELSEWHERE_MANY   4
#define OWNERS_OF_ONE    1 /* beside this server's */
#define OWNERS_OF_ALL    2
#define LOST_NETWORKS    2 /* others beside this one; fewer where there are no more */
#define SERVED_NETWORKS  2 /* others that are offered it, for one to be singled out */

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
 * like, too, and is believed to be the server's way only after long. A network
 * that hardly ever was offered it, be it from the first day on, says little of turns.
 */
static bool
is_mixed(const struct session *s, const struct history *h)
{
	uint32_t lacks = h->lacks_of_all;

	lacks -= h->lacks_in_excess < lacks ? h->lacks_in_excess : lacks;
	if (was_clean(h))
		return lacks * MIXED_PART_CLEAN >= h->offered.yes &&
		       h->networks_mixed >= MIXED_BELIEVED &&
		       s->start - h->mixed_since >= MIXED_TIME;
	return lacks * MIXED_PART >= h->offered.yes && h->networks_mixed > 0 &&
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

/*
 * This client got it, and now meets a machine of another name all the time, as nobody else
 * does. A name is easily put in the place of another.
 */
static bool
is_stranger(const struct history *h)
{
	return h->offered_to_client.yes >= TALLY_STEADY && h->lacks >= STRANGER_LACKS &&
	       h->networks_lacking <= 1 && h->others_got_since >= STRANGER_OTHERS;
}

/* This client's network never was offered it. */
static bool
is_new_to_it(const struct history *h)
{
	return h->offered_to_client.yes == 0 && h->offered_to_network.yes == 0;
}

bool
loss_is_of_new(const struct history *h)
{
	return is_new_to_it(h) && tally_is_steady(&h->offered);
}

/* So few sessions lack it that it is no way of the server to keep it from some. */
static bool
is_seldom_lacking(const struct history *h)
{
	return h->lacks_of_all * HIDDEN_PART < h->offered.yes;
}

static bool
is_hidden(const struct session *s, const struct history *h)
{
	const struct tally *t = &h->offered_to_client;

	if (!is_new_to_it(h))
		return false;
	return (t->no >= HIDDEN_LACKS && s->start - t->first >= HIDDEN_TIME) ||
	       (h->others_without >= HIDDEN_OTHERS && !is_seldom_lacking(h));
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
	bool is_offered_to_all =
	    h->offered.yes >= HABIT_LONG && (h->others_without == 0 || is_seldom_lacking(h));

	if (!tally_is_steady(&h->offered) || h->offered.no * 10 >= h->offered.yes)
		return LOSS_UNSURE;
	return is_offered_now || is_offered_to_all ? LOSS_NEW : LOSS_UNSURE;
}

/*
 * The one network that is not offered it, and never was, while others are: its
 * own sessions, be they as many as theirs, are no sign that machines differ.
 */
static bool
is_singled_out(const struct history *h)
{
	return is_new_to_it(h) && h->offered.yes >= TALLY_STEADY &&
	       h->others_got >= SERVED_NETWORKS &&
	       h->networks_lacking == (h->offered_to_network.no > 0 ? 1 : 0);
}

/* Nobody was offered it since the first lost it: several, or all that there are. */
static bool
is_lost_to_all(const struct history *h)
{
	return h->others_lost >= LOST_NETWORKS || (h->others_lost > 0 && h->others_waiting == 0);
}

/*
 * The client's network lost it at several servers and since then kept it at
 * none; they are most of those it used, or many. One owner's servers may have
 * changed together; where other clients lost it here, too, even two owners'.
 */
static bool
is_lost_elsewhere(const struct history *h)
{
	return h->servers_lost >= ELSEWHERE && h->servers_kept == 0 &&
	       (h->servers_lost > h->servers_waiting || h->servers_lost >= ELSEWHERE_MANY) &&
	       h->owners_lost >= (h->others_lost > 0 ? OWNERS_OF_ALL : OWNERS_OF_ONE);
}

/* Whoever was offered it in between may be yet to be told. */
static enum loss
loss_of_all(const struct session *s, const struct history *h)
{
	if (h->lost_since != 0 && s->start - h->lost_since < HISTORY_LATE)
		return LOSS_CHANGING;
	return LOSS_CHANGED;
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
		return is_stranger(h) ? LOSS_STRANGER : LOSS_NODES;
	if (is_hidden(s, h))
		return LOSS_HIDDEN;
	if (is_lost_elsewhere(h) && !was_seldom(h))
		return LOSS_NEAR_CLIENT;
	if (tally_is_steady(&h->offered_to_client) && h->others_got_since > 0)
		return LOSS_OTHERS;
	if (is_singled_out(h))
		return LOSS_NEW;
	if (recent_lacks(&h->offered) >= LACKS_CHANGING)
		return h->others_got_since > 0 ? LOSS_MIXED : loss_of_all(s, h);
	if (is_new_to_it(h))
		return loss_of_new(h);
	if (h->others_got_since > 0)
		return LOSS_OTHERS;
	if (is_lost_to_all(h))
		return loss_of_all(s, h);
	if (was_seldom(h))
		return LOSS_ONCE;
	return h->others_seen > 0 ? LOSS_OPEN : LOSS_ALONE;
}

bool
loss_ends(const struct judge_case *c)
{
	const struct history *h = c->known;

	return was_clean(h) && h->last_doubted > h->offered.last_yes &&
	       c->session->start - h->last_doubted <= HISTORY_DAY;
}

bool
loss_was_of_all(const struct judge_case *c)
{
	const struct history *h = c->known;

	return h->last_lack <= c->session->start &&
	       (h->others_lost > LOST_NETWORKS ||
		(h->others_lost == LOST_NETWORKS && h->others_waiting == 0));
}

/* A change that was doubted first is told by the session that makes it one, and by no other. */
static bool
is_told(const struct history *h, enum loss loss)
{
	if (loss == LOSS_CHANGED && h->last_doubted > h->offered.last_yes)
		return h->offered.last_no > h->last_doubted;
	return recent_lacks(&h->offered) >= LACKS_SETTLED;
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
	case LOSS_CHANGING:
	case LOSS_UNSURE:
		return;
	case LOSS_ONCE:
	case LOSS_STRANGER:
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

/* Where it was done, as far as comparing tells; the side of the tap is another matter. */
struct cut_place {
	char reason[160]; /* what was compared; "": nothing */
	const char *words;
};

#define UNKNOWN "unknown"

static void
place_of_client(const struct history *h, struct cut_place *out)
{
	out->words = h->others_lost > 0 ? "where the paths of several clients and servers are one"
					: "near the client";
	snprintf(out->reason, sizeof(out->reason),
		 "this client's network lost it at %s within an hour and kept it at none%s",
		 counted_grouped(h->servers_lost, "other server").text,
		 h->others_lost > 0 ? ", and others lost it here" : "");
}

static void
place_of_pair(const struct history *h, struct cut_place *out)
{
	int len;

	len = snprintf(out->reason, sizeof(out->reason), "%s %s offered it since",
		       counted_grouped(h->others_got_since, "other client network").text,
		       h->others_got_since == 1 ? "was" : "were");
	out->words = "near the client, or on its path to this server";
	if (h->servers_kept == 0)
		return;
	out->words = "on the path between these two";
	snprintf(out->reason + len, sizeof(out->reason) - (size_t)len, ", and this one is at %s",
		 counted_grouped(h->servers_kept, "other server").text);
}

static void
place_of_server(const struct history *h, struct cut_place *out)
{
	if (h->servers_kept == 0) {
		out->words = UNKNOWN;
		snprintf(out->reason, sizeof(out->reason), "no other client to compare with");
		return;
	}
	out->words = "near the server or on the way to it, or the server changed";
	snprintf(out->reason, sizeof(out->reason), "at %s this client keeps it",
		 counted_grouped(h->servers_kept, "other server").text);
}

static struct cut_place
place_of(const struct history *h, enum loss loss)
{
	struct cut_place out = {.words = UNKNOWN};

	switch (loss) {
	case LOSS_NONE:
	case LOSS_MIXED:
	case LOSS_NODES:
	case LOSS_HIDDEN:
	case LOSS_UNSURE:
		break;
	case LOSS_CHANGED:
	case LOSS_CHANGING:
		out.words = "near the server, or the server changed";
		snprintf(out.reason, sizeof(out.reason), "every client that came lost it");
		break;
	case LOSS_NEAR_CLIENT:
		place_of_client(h, &out);
		break;
	case LOSS_OTHERS:
		place_of_pair(h, &out);
		break;
	case LOSS_STRANGER:
		out.words = "near the client or on the path between these two, or another machine "
			    "answers this client";
		snprintf(out.reason, sizeof(out.reason),
			 "%s were offered it since, and none met the machine that answers here",
			 counted_grouped(h->others_got_since, "other client network").text);
		break;
	case LOSS_ALONE:
		place_of_server(h, &out);
		break;
	case LOSS_NEW:
		out.words = "near the client, or the server keeps it from this client";
		snprintf(out.reason, sizeof(out.reason), "this client's network alone never was");
		break;
	case LOSS_ONCE:
	case LOSS_OPEN:
		snprintf(out.reason, sizeof(out.reason),
			 "no other client came since to compare with");
		break;
	}
	return out;
}

static void
say_where(const struct history *h, enum loss loss, struct finding *out)
{
	struct cut_place place = place_of(h, loss);

	if (place.reason[0] == '\0')
		return;
	say_more(out, "; %s", place.reason);
	if (strcmp(place.words, UNKNOWN) != 0)
		say_more(out, ": it was cut %s", place.words);
	else
		say_more(out, ": where between this tap and the server it was cut is unknown");
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
		   "%sin %s of %s since %s",
		   counted_grouped(c->session->ehlos, "line").text,
		   t == &c->known->offered ? "" : "to this client ", grouped(t->yes).text,
		   counted_grouped(t->yes + t->no, "session").text, since);
	say_where(c->known, loss, out);
	say_more(out, ".");
	out->refuted_by = "The server's operator having switched STARTTLS off, for this client or "
			  "for all; or another machine behind its address. Ask it from a place "
			  "next to it, and compare the EHLO reply.";
}

void
loss_explain(const struct judge_case *c, enum loss loss, struct finding *out)
{
	const struct history *h = c->known;
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
	case LOSS_CHANGING:
		say_more(out,
			 "; every client that came since %s lost it: the server seems to have "
			 "switched it off, unless it is cut near the server",
			 last);
		break;
	case LOSS_UNSURE:
		say_more(out, "; others were offered it, %s to compare with",
			 h->others_seen > 0 ? "too seldom" : "and none came within the hour");
		return;
	case LOSS_NONE:
		if (h->is_name_offering)
			say_more(out, "; a server of the same name offers it at another address");
		return;
	case LOSS_ONCE:
	case LOSS_STRANGER:
	case LOSS_NEW:
	case LOSS_OPEN:
	case LOSS_NEAR_CLIENT:
	case LOSS_OTHERS:
	case LOSS_ALONE:
		return;
	}
	if (loss == LOSS_CHANGING)
		rate(out, SEVERITY_NOTICE, CERTAINTY_POSSIBLE, WHERE_SERVER_SIDE);
	else if (!is_told(h, loss))
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
		say_proof(out, what, "in none of %s since %s",
			  counted_grouped(t->no, "session").text, first);
		return;
	}
	moment_short_text(t->last_yes, last);
	say_proof(out, what, "in %s of %s since %s, the last at %s", grouped(t->yes).text,
		  counted_grouped(t->yes + t->no, "session").text, first, last);
}

/* What a person asks first: how often it was so, how often it no longer is, what others get. */
static void
prove_in_numbers(const struct judge_case *c, struct finding *out)
{
	const struct session *s = c->session;
	const struct history *h = c->known;
	const struct tally *t = best_control(h);
	char first[MOMENT_TEXT_MAX], since[MOMENT_TEXT_MAX];

	moment_plain_text(t->first, s->start, first);
	moment_plain_text(h->lacks_since == 0 ? s->start : h->lacks_since, s->start, since);
	say_proof_count(out, "in numbers",
			"offered to %s in %s of %s since %s; in none of %s since %s; %s got it in "
			"that time; %s",
			t == &h->offered ? "anybody" : "this client", grouped(t->yes).text,
			counted_grouped(t->yes + t->no, "session").text, first,
			grouped(UINT64_C(1) + h->lacks).text, since,
			counted_grouped(h->others_got_since, "other client network").text,
			s->gap_bytes == 0 ? "no capture loss"
					  : "no capture loss in the part that is in clear");
}

/* What the server does, whoever asks. */
void
loss_prove_server(const struct history *h, struct finding *out)
{
	say_proof_tally(out, "offered to anybody", &h->offered);
}

void
loss_prove(const struct judge_case *c, enum loss loss, struct finding *out)
{
	const struct history *h = c->known;
	struct cut_place place = place_of(h, loss);

	prove_in_numbers(c, out);
	say_proof_count(out, "where", "%s%s%s", place.words, place.reason[0] == '\0' ? "" : ": ",
			place.reason);
	say_proof_tally(out, "offered to this client", &h->offered_to_client);
	loss_prove_server(h, out);
	if (h->others_seen > 0 || h->others_got_since > 0)
		say_proof(out, "other client networks",
			  "%" PRIu32 " came within the hour before, %" PRIu32
			  " of them were offered it; %" PRIu32 " were since this client was not",
			  h->others_seen, h->others_got, h->others_got_since);
	if (h->servers_kept + h->servers_lost + h->servers_waiting > 0)
		say_proof(out, "other servers",
			  "%" PRIu32 " offered it to this client's network within the hour "
			  "before, %" PRIu32 " no longer did",
			  h->servers_kept + h->servers_waiting, h->servers_lost);
}
