/*
 * TCP that contradicts itself: the same bytes twice with different content, and
 * resets that their supposed sender knows nothing of.
 */
#include <inttypes.h>
#include <stdio.h>

#include "monitor/counted.h"
#include "monitor/judge/kinds.h"
#include "monitor/judge/say.h"
#include "monitor/moment.h"

#include "dissector/text.h"

#define SAME_MAX 40 /* bytes before a difference that are quoted with it */

static const char *
place_name(enum place place)
{
	switch (place) {
	case PLACE_GREETING:
		return "the greeting";
	case PLACE_EHLO:
		return "EHLO and its reply";
	case PLACE_STARTTLS:
		return "the STARTTLS exchange";
	case PLACE_COMMAND:
		return "a later command or reply";
	case PLACE_AUTH:
		return "the AUTH exchange";
	case PLACE_MESSAGE:
		return "a message";
	case PLACE_TLS:
		return "the TLS handshake";
	case PLACE_OTHER:
		break;
	}
	return "the dialogue";
}

/* How much hangs on it: 0 for none of our business, higher is graver. */
static int
weight(const struct conflict *c)
{
	switch (c->place) {
	case PLACE_TLS:
		return 0; /* TLS notices for itself, RFC 8446 section 4.4.4 */
	case PLACE_OTHER:
	case PLACE_COMMAND:
	case PLACE_AUTH:
	case PLACE_MESSAGE:
		return 1;
	case PLACE_GREETING:
		return 2;
	case PLACE_EHLO:
	case PLACE_STARTTLS:
		return 3;
	}
	return 0;
}

/*
 * The text names STARTTLS, or begins inside the word: where the two versions
 * begin to overlap the other one may share letters with it (the S of SIZE).
 * Three letters at least, so that no plural counts.
 */
static bool
names_starttls(struct bytes text)
{
	const struct bytes starttls = BYTES("STARTTLS");

	if (text_find(text, starttls) < text.len)
		return true;
	for (size_t gone = 1; gone + 3 <= starttls.len; gone++) {
		struct bytes rest = bytes_after(starttls, gone);

		if (text_starts(text, rest) && (text.len == rest.len || text.at[rest.len] == '\r' ||
						text.at[rest.len] == '\n'))
			return true;
	}
	return false;
}

const struct conflict *
conflict_over_starttls(const struct session *s, bool *in_first)
{
	for (size_t i = 0; i < s->conflict_count; i++) {
		const struct conflict *c = &s->conflicts[i];

		if (c->place != PLACE_EHLO || c->from != SIDE_SERVER)
			continue;
		*in_first = names_starttls(c->first.text);
		if (*in_first != names_starttls(c->second.text))
			return c;
	}
	return NULL;
}

static void
say_version(struct finding *out, const char *what, const struct version *v)
{
	char time[MOMENT_TEXT_MAX];

	moment_text(v->time, time);
	say_proof(out, what, "%s TTL %u, IP-ID %u, window %u", time, v->ttl, v->ip_id, v->window);
}

/* Which version the other end acted upon, by acknowledgements or by what it did next. */
static void
say_acted(const struct session *s, const struct conflict *c, struct finding *out)
{
	bool in_first = false;
	const char *end = side_name(side_other(c->from));

	if (c->acted != ACTED_UNKNOWN) {
		say_proof(out, "acted upon", "the %s took the %s version, by what it acknowledged",
			  end, c->acted == ACTED_FIRST ? "first" : "second");
		return;
	}
	if (c == conflict_over_starttls(s, &in_first) && s->smtp.requested == FACT_YES) {
		say_proof(out, "acted upon",
			  "the client asked for STARTTLS, so it took the %s version, which has it",
			  in_first ? "first" : "second");
		return;
	}
	if (c == conflict_over_starttls(s, &in_first) && session_is_unrequested(s)) {
		say_proof(out, "acted upon",
			  "the client never asked for STARTTLS, as if it took the %s version, "
			  "which has it not",
			  in_first ? "second" : "first");
		return;
	}
	say_proof(out, "acted upon", "nothing captured tells which version the %s took", end);
}

static const struct conflict *
gravest_conflict(const struct session *s)
{
	const struct conflict *found = NULL;

	for (size_t i = 0; i < s->conflict_count; i++) {
		const struct conflict *c = &s->conflicts[i];

		if (weight(c) > 0 && (found == NULL || weight(c) > weight(found)))
			found = c;
	}
	return found;
}

/* Index of the first byte that differs; the length of the shorter where none does. */
static size_t
first_difference(struct bytes a, struct bytes b)
{
	size_t i = 0;

	while (i < a.len && i < b.len && a.at[i] == b.at[i])
		i++;
	return i;
}

/*
 * What a version has where it differs from the other: its line from the start,
 * or from that byte on where so much of the line is the same that a sentence
 * would not come to it.
 */
static struct said
said_difference(struct bytes text, size_t differs)
{
	size_t start = differs;

	while (start > 0 && text.at[start - 1] != '\n')
		start--;
	if (differs - start > SAME_MAX)
		start = differs;
	return said(bytes_after(text, start));
}

static void
say_versions(struct finding *out, const struct conflict *c)
{
	size_t differs = first_difference(c->first.text, c->second.text);

	say_detail(out,
		   "In %s the same %s of the %s's stream came twice with different "
		   "content",
		   place_name(c->place), counted(c->len, "byte").text, side_name(c->from));
	if (c->first.text.len == 0 && c->second.text.len == 0)
		say_more(out, "; neither version is kept, for it may hold mail or a secret.");
	else
		say_more(out, ": first %s, then %s.", said_difference(c->first.text, differs).text,
			 said_difference(c->second.text, differs).text);
}

bool
judge_segment_conflict(const struct judge_case *judged, struct finding *out)
{
	const struct session *s = judged->session;
	const struct conflict *c = gravest_conflict(s);

	if (c == NULL)
		return false;

	rate(out, weight(c) > 1 ? SEVERITY_CRITICAL : SEVERITY_WARNING, CERTAINTY_PROVEN,
	     WHERE_UNKNOWN);
	say_versions(out, c);
	say_proof_bytes(out, "first version", c->first.text);
	say_version(out, "first version's packet", &c->first);
	say_proof_bytes(out, "second version", c->second.text);
	say_version(out, "second version's packet", &c->second);
	say_acted(s, c, out);
	say_proof(out, "offset in that side's stream", "%" PRIu64, c->offset);
	say_proof(out, "conflicts in this session", "%u", s->conflicts_total);
	return true;
}

/*
 * A reset that its supposed sender contradicts. IP-ID and window prove nothing
 * alone, for many systems draw IP-IDs at random, send resets with 0 for both, or
 * move the window as they read: without a foreign TTL they come here only
 * together, and of a sender whose IP-IDs count. A foreign packet after QUIT is a
 * load balancer that clears up.
 */
static bool
is_contradicted(const struct session *s, const struct reset *r)
{
	if ((r->contradictions & RESET_DATA_FOLLOWED) != 0)
		return true;
	return (r->contradictions & (RESET_TTL_DIFFERS | RESET_IP_ID_DIFFERS)) != 0 &&
	       !s->smtp.quit_sent;
}

static void
say_contradictions(struct finding *out, const struct reset *r)
{
	const char *comma = "";

	if ((r->contradictions & RESET_DATA_FOLLOWED) != 0) {
		say_more(out, " it went on with %s in sequence",
			 counted(r->bytes_after, "byte").text);
		comma = ",";
	}
	if ((r->contradictions & RESET_TTL_DIFFERS) != 0) {
		say_more(out, "%s the TTL is %u and not %u", comma, r->ttl, r->usual_ttl);
		comma = ",";
	}
	if ((r->contradictions & RESET_IP_ID_DIFFERS) != 0) {
		say_more(out, "%s the IP-ID is %u where %u came before", comma, r->ip_id,
			 r->last_ip_id);
		comma = ",";
	}
	if ((r->contradictions & RESET_WINDOW_DIFFERS) != 0)
		say_more(out, "%s the window is %u", comma, r->window);
}

bool
judge_reset_injected(const struct judge_case *c, struct finding *out)
{
	const struct session *s = c->session;
	const struct reset *r = NULL;
	char time[MOMENT_TEXT_MAX];

	for (size_t i = 0; i < s->reset_count && r == NULL; i++)
		if (is_contradicted(s, &s->resets[i]))
			r = &s->resets[i];
	if (r == NULL)
		return false;

	rate(out, SEVERITY_WARNING, CERTAINTY_PROBABLE, WHERE_UNKNOWN);
	moment_text(r->time, time);
	say_detail(out, "A reset in the %s's name is not its own:", side_name(r->from));
	say_contradictions(out, r);
	say_more(out, ".");
	say_proof(out, "reset", "%s TTL %u, IP-ID %u, window %u", time, r->ttl, r->ip_id,
		  r->window);
	say_proof(out, "its supposed sender", "TTL %u, last IP-ID %u", r->usual_ttl, r->last_ip_id);
	say_proof(out, "bytes after the reset", "%u in sequence", r->bytes_after);
	say_proof(out, "TLS", "%s",
		  s->tls.complete == FACT_YES  ? "handshake complete"
		  : s->tls.complete == FACT_NO ? "handshake ended before it was complete"
					       : "no handshake seen to end");
	say_proof(out, "outcome", "%s", outcome_name(session_outcome(s)));
	return true;
}
