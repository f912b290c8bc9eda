/*
 * Each way back is narrow: within the hour or the day, by the kinds that
 * compare, and never for what the packets themselves proved.
 */
#include "monitor/judge/again.h"

#include "monitor/counted.h"
#include "monitor/judge/loss.h"
#include "monitor/judge/say.h"
#include "monitor/moment.h"

#define CHANGED_TIME (7 * HISTORY_DAY) /* as far back as nobody was offered it */
#define FIRST_LACKS  2                 /* more, and the server rather switched it on */

/* Offered, and shortly before somebody was not. */
static bool
is_control(const struct judge_case *c)
{
	const struct session *s = c->session;
	int64_t lack = c->known->last_lack;

	if (s->smtp.offered != FACT_YES || lack == 0)
		return false;
	/* This one is told late: there may be others, before it. */
	if (lack >= s->start)
		return lack - s->start <= HISTORY_WINDOW;
	return s->start - lack <= HISTORY_WINDOW || loss_ends(c);
}

/* Nothing but a session or two without it is known, of a machine of this name. */
static bool
is_first_offer(const struct history *h)
{
	return h->offered.yes == 0 && h->offered.no > 0 && h->offered.no <= FIRST_LACKS &&
	       h->lacks_of_all <= FIRST_LACKS && h->has_lacked && !h->has_new_keyword;
}

/* The same of one that lacked it, and is told only after the first that was offered it. */
static bool
was_offered_next(const struct history *h)
{
	return h->first_offer != 0 && h->offered.yes == 0 && h->lacks_of_all < FIRST_LACKS &&
	       !h->has_new_keyword;
}

static void
set(struct rejudging *out, enum again why, const char *from, const char *to)
{
	out->why = why;
	out->from = from;
	out->to = to;
}

/* It was no change that stays, be it of a minute: unless it was an attack, where there was a clean
   habit. */
static void
look_back_from_end(const struct judge_case *c, struct rejudging *out)
{
	out->since = c->known->lost_since;
	if (loss_ends(c)) {
		set(out, AGAIN_BACK, "starttls-stripped", "starttls-stripped");
		out->also = "starttls-missing";
	} else {
		set(out, AGAIN_CHANGED, "starttls-stripped", "starttls-missing");
	}
}

static void
look_back_from_offer(const struct judge_case *c, struct rejudging *out)
{
	out->since = c->session->start - HISTORY_WINDOW;
	out->is_open_only = true;
	out->is_offered_only = !is_first_offer(c->known);
	if (is_first_offer(c->known))
		set(out, AGAIN_FIRST, "starttls-missing", "starttls-stripped");
	else if (c->known->last_doubted >= out->since && loss_was_of_all(c))
		look_back_from_end(c, out);
	else if (tally_is_steady(&c->known->offered) && c->known->last_doubted >= out->since) {
		set(out, AGAIN_OTHERS, "starttls-stripped", "starttls-stripped");
		out->also = "starttls-missing";
		out->is_also_placed = true;
	} else if (loss_ends(c)) {
		set(out, AGAIN_BACK, "starttls-missing", "starttls-stripped");
		out->since = c->known->offered.last_yes;
	}
}

/* Others are offered it: what this client lacked before was taken from it, too. */
static bool
is_settled(enum loss loss)
{
	return loss == LOSS_NEW || loss == LOSS_OTHERS || loss == LOSS_NEAR_CLIENT;
}

void
judge_again(const struct judge_case *c, const struct verdict *v, struct rejudging *out)
{
	const struct finding *stripped = verdict_finding(v, "starttls-stripped");
	enum loss loss;

	*out = (struct rejudging){.until = c->session->start};
	if (is_control(c)) {
		look_back_from_offer(c, out);
		return;
	}
	if (verdict_finding(v, "starttls-missing") != NULL && was_offered_next(c->known)) {
		out->since = c->session->start;
		out->is_same_client = true;
		set(out, AGAIN_FIRST, "starttls-missing", "starttls-stripped");
		return;
	}
	out->since = c->session->start - HISTORY_DAY;
	if (stripped != NULL && is_settled(loss_of(c)) && c->known->offered_to_client.no > 0) {
		out->is_same_client = true;
		set(out, AGAIN_CLIENT, "starttls-missing", "starttls-stripped");
		return;
	}
	if (verdict_finding(v, "starttls-missing") == NULL ||
	    c->known->last_doubted < c->session->start - CHANGED_TIME)
		return;
	loss = loss_of(c);
	if (loss == LOSS_MIXED)
		set(out, AGAIN_MIXED, "starttls-stripped", "starttls-missing");
	if (loss == LOSS_HIDDEN)
		set(out, AGAIN_HIDDEN, "starttls-stripped", "starttls-missing");
	/* Who was offered it is none of those that it is hidden from. */
	out->is_open_only = out->is_new_only = loss == LOSS_HIDDEN;
	if (loss == LOSS_CHANGED || loss == LOSS_CHANGING) {
		set(out, loss == LOSS_CHANGED ? AGAIN_CHANGED : AGAIN_CHANGING, "starttls-stripped",
		    "starttls-missing");
		out->since = c->session->start - CHANGED_TIME;
		if (c->known->offered.last_yes > out->since)
			out->since = c->known->offered.last_yes;
	}
}

bool
judge_is_setback(const struct session *s, const struct verdict *v, enum setback setback)
{
	switch (setback) {
	case SETBACK_NONE:
		return false;
	case SETBACK_FAILED:
		return verdict_finding(v, "tls-handshake-failed") != NULL;
	case SETBACK_REFUSED:
		return verdict_finding(v, "starttls-refused") != NULL;
	case SETBACK_SUPPRESSED:
		return s->smtp.ehlo_refusal >= 500;
	}
	return false;
}

/* When the session began that tells of it: this one, or one that was told before it. */
static int64_t
time_of_control(const struct judge_case *c, enum again why)
{
	bool is_late = why == AGAIN_FIRST && c->session->smtp.offered != FACT_YES;

	return is_late ? c->known->first_offer : c->session->start;
}

/* What is said behind "which this server", around the time of what tells of it. */
struct saying {
	enum severity severity;
	enum certainty certainty;
	enum where where;
	const char *front, *back; /* NULL: no time, and nothing behind it */
};

#define UNTIL        " offered before; until "
#define SWITCHED_OFF " every client that came lost it: the server seems to have switched it off."

static const struct saying sayings[] = {
    [AGAIN_OTHERS] = {SEVERITY_CRITICAL, CERTAINTY_PROBABLE, WHERE_SERVER_SIDE,
		      " offered before, and offered again at ", "."},
    [AGAIN_BACK] = {SEVERITY_WARNING, CERTAINTY_POSSIBLE, WHERE_SERVER_SIDE,
		    " offered before, and offered again at ",
		    "; every client that came in between lost it: it was cut near the server, or "
		    "was switched off for that time."},
    [AGAIN_FIRST] = {SEVERITY_WARNING, CERTAINTY_POSSIBLE, WHERE_SERVER_SIDE,
		     ", not known before, offered within the hour, at ", "."},
    [AGAIN_CLIENT] = {SEVERITY_CRITICAL, CERTAINTY_PROBABLE, WHERE_SERVER_SIDE,
		      " offers to others; at ", " this client was found to be kept from it."},
    /* The session that shows it is told. */
    [AGAIN_CHANGED] = {SEVERITY_INFO, CERTAINTY_POSSIBLE, WHERE_UNKNOWN, UNTIL, SWITCHED_OFF},
    /* That a side is known marks what may be more. */
    [AGAIN_CHANGING] = {SEVERITY_NOTICE, CERTAINTY_POSSIBLE, WHERE_SERVER_SIDE, UNTIL,
			SWITCHED_OFF},
    [AGAIN_HIDDEN] = {SEVERITY_INFO, CERTAINTY_POSSIBLE, WHERE_UNKNOWN,
		      " offers to others; it seems to hide it from several.", NULL},
    [AGAIN_MIXED] = {SEVERITY_NOTICE, CERTAINTY_POSSIBLE, WHERE_UNKNOWN,
		     " offers by turns: the machines behind this address seem to differ.", NULL},
};

static void
say_why(const struct judge_case *c, enum again why, struct finding *out)
{
	const struct saying *s = &sayings[why];
	char now[MOMENT_TEXT_MAX];

	if (why == AGAIN_CLIENT && loss_of(c) == LOSS_NEW)
		rate(out, SEVERITY_WARNING, CERTAINTY_POSSIBLE, WHERE_SERVER_SIDE);
	else
		rate(out, s->severity, s->certainty, s->where);
	moment_short_text(time_of_control(c, why), now);
	say_detail(out,
		   "With hindsight: the EHLO reply did not offer STARTTLS, which this server%s%s%s",
		   s->front, s->back != NULL ? now : "", s->back != NULL ? s->back : "");
}

void
judge_hindsight(const struct judge_case *c, const struct rejudging *r, int64_t began,
		struct finding *out)
{
	char text[MOMENT_TEXT_MAX];

	*out = (struct finding){.kind = judge_kind(r->to)};
	out->refuted_by = out->kind->refuted_by;
	say_why(c, r->why, out);
	moment_short_text(time_of_control(c, r->why), text);
	say_proof(out, "judged again", "after the session at %s", text);
	moment_short_text(began, text);
	say_proof(out, "without STARTTLS", "the session at %s", text);
	/* What is known beside another client's session is not of this one. */
	if (r->why == AGAIN_CLIENT)
		loss_prove(c, loss_of(c), out);
	else if (c->known->offered.yes > 0)
		loss_prove_server(c->known, out);
}
