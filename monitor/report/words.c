/*
 * What a report says in sentences, the same in a terminal and on a page. Says
 * only what the counts can bear: the share of few sessions is no trend, and
 * where only what went in clear shows a domain, no share is told at all.
 */
#include <arpa/inet.h>
#include <stdarg.h>
#include <string.h>

#include "monitor/report/report.h"

/* Append to a sentence; what does not fit is cut. */
static void __attribute__((format(printf, 2, 3)))
say(char out[REPORT_WORDS_MAX], const char *format, ...)
{
	const size_t length = strlen(out);
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(out + length, REPORT_WORDS_MAX - length, format, arguments);
	va_end(arguments);
}

struct number {
	char text[FIGURES_TEXT_MAX];
};

static struct number
number(int64_t value)
{
	struct number n = {""};

	figures_number(value, n.text);
	return n;
}

static struct number
percent(int64_t part, int64_t whole)
{
	struct number n = {""};

	figures_percent(part, whole, n.text);
	return n;
}

static struct number
length(int64_t start, int64_t end)
{
	struct number n = {""};

	figures_length_text(end - start, n.text);
	return n;
}

static struct number
hour_text(int64_t time)
{
	struct number n = {""};

	figures_time_text(time, HOURLY_HOUR, n.text);
	return n;
}

static const char *
plural(int64_t value)
{
	return value == 1 ? "" : "s";
}

static void
say_network(char out[REPORT_WORDS_MAX], const char *what, const struct network *n)
{
	char text[INET6_ADDRSTRLEN];

	if (n->family == 0)
		return;
	inet_ntop(n->family == 4 ? AF_INET : AF_INET6, n->address, text, sizeof(text));
	say(out, ", %s %s", what, text);
	if (n->bits < (n->family == 4 ? 32 : 128))
		say(out, "/%d", n->bits);
}

static void
say_title(const struct report *r, char out[REPORT_WORDS_MAX])
{
	say(out, "Mail seen");
	if (r->has_start)
		say(out, " from %s", hour_text(r->start).text);
	if (r->has_end)
		say(out, " to %s", hour_text(r->end).text);
	if (r->has_start || r->has_end)
		say(out, " UTC");
	if (r->has_start && r->has_end)
		say(out, " (%s)", length(r->start, r->end).text);
	if (r->filter.service != NULL)
		say(out, ", service %s", r->filter.service);
	say_network(out, "server", &r->filter.server);
	say_network(out, "clients", &r->filter.client);
	if (r->filter.domain != NULL)
		say(out, ", domain %s", r->filter.domain);
}

static void
say_result(const struct report *r, char out[REPORT_WORDS_MAX])
{
	const struct counts *c = &r->total;
	const int64_t mail = figures_mail(c);

	if (c->sessions == 0) {
		say(out, "No session was seen.");
	} else if (r->filter.domain != NULL) {
		say(out,
		    "%s session%s with mail for it went in clear; what was encrypted shows no "
		    "domain.",
		    number(c->plaintext).text, plural(c->plaintext));
	} else if (mail == 0) {
		say(out, "None of %s session%s is known to have had mail.",
		    number(c->sessions).text, plural(c->sessions));
	} else {
		say(out, "%s of %s session%s with mail %s encrypted (%s), %s went in clear (%s)",
		    number(c->encrypted).text, number(mail).text, plural(mail),
		    c->encrypted == 1 ? "was" : "were", percent(c->encrypted, mail).text,
		    number(c->plaintext).text, percent(c->plaintext, mail).text);
		if (c->failed > 0)
			say(out, ", %s failed at TLS (%s)", number(c->failed).text,
			    percent(c->failed, mail).text);
		say(out, ".");
	}
}

static void
say_beside(const struct report *r, char out[REPORT_WORDS_MAX])
{
	const struct counts *c = &r->total;
	const int64_t rest = c->sessions - figures_mail(c) - c->no_mail - c->partial;

	if (c->no_mail > 0)
		say(out, "Beside these %s session%s ended before any mail.",
		    number(c->no_mail).text, plural(c->no_mail));
	if (c->partial > 0)
		say(out, "%s%s session%s %s not seen whole enough to say.",
		    out[0] == '\0' ? "" : " ", number(c->partial).text, plural(c->partial),
		    c->partial == 1 ? "was" : "were");
	if (rest > 0)
		say(out, "%sOf %s more, pruned long ago, it is not known which of these.",
		    out[0] == '\0' ? "" : " ", number(rest).text);
}

/* "in the 7 days before", "in the first half" */
static void
say_before(const struct report *r, char out[REPORT_WORDS_MAX])
{
	if (r->is_halved)
		say(out, "in the first half");
	else
		say(out, "in the %s before", length(r->before, r->middle).text);
}

/* Of one domain nothing is known but what went in clear: numbers, no shares. */
static void
say_trend_of_domain(const struct report *r, const char *before, char out[REPORT_WORDS_MAX])
{
	say(out, "%s session%s in clear %s, %s %s.", number(r->counts_now.plaintext).text,
	    plural(r->counts_now.plaintext), r->is_halved ? "in the second half" : "in this span",
	    number(r->counts_before.plaintext).text, before);
}

static void
say_trend(const struct report *r, char out[REPORT_WORDS_MAX])
{
	const struct counts *now = &r->counts_now, *then = &r->counts_before;
	const struct number share = percent(now->plaintext, figures_mail(now));
	const struct number share_then = percent(then->plaintext, figures_mail(then));
	const char *when = r->is_halved ? "In the second half" : "In this span";
	char before[REPORT_WORDS_MAX] = "";

	if (r->hour_count == 0 || (r->is_halved && r->middle == r->before))
		return;
	say_before(r, before);
	if (r->filter.domain != NULL) {
		say_trend_of_domain(r, before, out);
		return;
	}
	switch (figures_trend(now, then)) {
	case TREND_NO_MAIL:
		say(out, "%s no mail was seen.", when);
		return;
	case TREND_NEW:
		say(out, "No mail was seen %s, so there is nothing to compare with.", before);
		return;
	case TREND_FEW:
		say(out, "%s %s went in clear, %s %s: too few sessions to call it a trend.", when,
		    share.text, share_then.text, before);
		return;
	case TREND_NONE:
		say(out, "No mail went in clear, and none did %s.", before);
		return;
	case TREND_SAME:
		say(out, "%s %s went in clear, as much as %s (%s).", when, share.text, before,
		    share_then.text);
		return;
	case TREND_UP:
		say(out, "%s MORE went in clear than %s: %s of the mail, up from %s.", when, before,
		    share.text, share_then.text);
		return;
	case TREND_DOWN:
		say(out, "%s less went in clear than %s: %s of the mail, down from %s.", when,
		    before, share.text, share_then.text);
		return;
	}
}

static char *
next_note(struct report_words *out)
{
	return out->notes[out->note_count++];
}

static void
say_notes(const struct report *r, struct report_words *out)
{
	const struct hourly_capture *tap = &r->capture;

	if (tap->dropped > 0)
		say(next_note(out),
		    "The tap lost %s packet%s (%s of all): what they would have shown counts as "
		    "not "
		    "seen.",
		    number(tap->dropped).text, plural(tap->dropped),
		    percent(tap->dropped, tap->packets + tap->dropped).text);
	if (r->muted.incidents > 0 || r->muted.sessions > 0 || r->mutes > 0)
		say(next_note(out),
		    "Muted: %s incident%s and %s session%s of this span, which are not among the "
		    "open "
		    "incidents (waxseal incidents --muted). %s mute%s in force (waxseal mute).",
		    number(r->muted.incidents).text, plural(r->muted.incidents),
		    number(r->muted.sessions).text, plural(r->muted.sessions),
		    number((int64_t)r->mutes).text, r->mutes == 1 ? " is" : "s are");
	if (r->filter.domain == NULL)
		say(next_note(out), "Shares are of the sessions with mail: encrypted (the TLS "
				    "handshake completed), in "
				    "clear "
				    "(mail or a password), or failed (STARTTLS was agreed and no "
				    "handshake completed).");
	if (r->lists[LIST_DOMAINS].count > 0)
		say(next_note(out),
		    "A recipient domain is seen in clear alone: of a domain there is no share.");
	if (!r->lists[LIST_CLIENTS].is_known)
		say(next_note(out), "Client networks and TLS versions are not counted by server or "
				    "domain: for one server see 'waxseal sessions --server'.");
	else if (!r->lists[LIST_SERVERS].is_known)
		say(next_note(out), "Servers, domains and TLS versions are not counted by client: "
				    "for one network see 'waxseal sessions --client'.");
	if (r->uncounted > 0 && r->lists[LIST_CLIENTS].is_known)
		say(next_note(out),
		    "%s session%s, pruned before these were counted, %s missing among client "
		    "networks and TLS versions.",
		    number(r->uncounted).text, plural(r->uncounted),
		    r->uncounted == 1 ? "is" : "are");
}

void
report_words(const struct report *r, struct report_words *out)
{
	*out = (struct report_words){0};
	say_title(r, out->title);
	say_result(r, out->result);
	say_beside(r, out->beside);
	say_trend(r, out->trend);
	say_notes(r, out);
}
