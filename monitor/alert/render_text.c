/*
 * An alert in words, for mail, chats and what shows text.
 *
 * In order: what happened and to whom; what was to be expected; the evidence, in
 * which policy, history and loss have their lines; what would refute it; what to
 * do; how to look further.
 */
#include <inttypes.h>
#include <string.h>

#include "monitor/alert/render.h"
#include "monitor/moment.h"
#include "monitor/utf8.h"

#define ELLIPSIS    "..."
#define REPLACEMENT "\xef\xbf\xbd" /* U+FFFD */

/* Controls of C1, and those that turn or break lines where text is shown: U+2028 to U+202E,
 * U+2066 to U+2069. */
static bool
is_unseen(const uint8_t *c, size_t len)
{
	if (len == 2)
		return c[0] == 0xc2 && c[1] < 0xa0;
	if (len != 3 || c[0] != 0xe2)
		return false;
	return (c[1] == 0x80 && c[2] >= 0xa8 && c[2] <= 0xae) ||
	       (c[1] == 0x81 && c[2] >= 0xa6 && c[2] <= 0xa9);
}

/* What stands for the character at the front of rest. */
static struct bytes
shown(struct bytes rest, size_t len)
{
	if (len == 0 && (*rest.at < 0x20 || *rest.at == 0x7f))
		return bytes_text(" ");
	if (len == 0)
		return bytes_text(REPLACEMENT);
	return is_unseen(rest.at, len) ? bytes_text(" ") : bytes_first(rest, len);
}

size_t
render_line(const char *text, char *out, size_t size)
{
	struct bytes rest = bytes_text(text == NULL ? "" : text);
	size_t used = 0, fits = 0;

	while (rest.len > 0) {
		const size_t len = utf8_character(rest);
		const struct bytes c = shown(rest, len);

		if (used + c.len + 1 > size) {
			/* fits is where the dots have their room. */
			memcpy(out + fits, ELLIPSIS, sizeof(ELLIPSIS));
			return fits + strlen(ELLIPSIS);
		}
		memcpy(out + used, c.at, c.len);
		used += c.len;
		if (used + sizeof(ELLIPSIS) <= size)
			fits = used;
		rest = bytes_after(rest, len > 0 ? len : 1);
	}
	out[used] = '\0';
	return used;
}

const char *
render_kind_title(const struct alert *a)
{
	const struct kind *kind = a->kind == NULL ? NULL : judge_kind(a->kind);

	if (kind != NULL)
		return kind->title;
	return a->kind == NULL ? "" : a->kind;
}

void
render_server(const struct alert *a, char out[RENDER_VALUE_MAX])
{
	char server[128];
	const bool is_long = a->server != NULL && strchr(a->server, ':') != NULL;

	if (a->server == NULL) {
		snprintf(out, RENDER_VALUE_MAX, "several");
		return;
	}
	render_line(a->server, server, sizeof(server));
	snprintf(out, RENDER_VALUE_MAX, "%s%s%s:%u", is_long ? "[" : "", server, is_long ? "]" : "",
		 a->server_port);
}

static void
title_of_none(const struct alert *a, char out[RENDER_TITLE_MAX])
{
	char since[MOMENT_TEXT_MAX];

	if (a->event == ALERT_TEST) {
		snprintf(out, RENDER_TITLE_MAX,
			 "test alert: this sink works, and nothing has happened");
		return;
	}
	moment_short_text(a->held_since, since);
	snprintf(out, RENDER_TITLE_MAX,
		 "%" PRId64 " alert%s held back since %s UTC, the gravest %s", a->held_back,
		 a->held_back == 1 ? " was" : "s were", since, severity_name(a->severity));
}

void
render_title(const struct alert *a, char out[RENDER_TITLE_MAX])
{
	char what[RENDER_TITLE_MAX / 2], from[32] = "";

	if (a->incident == 0) {
		title_of_none(a, out);
		return;
	}
	render_line(render_kind_title(a), what, sizeof(what));
	if (a->event == ALERT_RAISED)
		snprintf(from, sizeof(from), " from %s", severity_name(a->before));
	snprintf(out, RENDER_TITLE_MAX, "%s: %s (incident %" PRId64 " %s%s)",
		 severity_name(a->severity), what, a->incident,
		 a->event == ALERT_RENEWED ? "is still open" : alert_event_name(a->event), from);
}

/* "name: value" of its own; nothing where it is not known. */
static void
field(FILE *out, const char *name, const char *value)
{
	char line[RENDER_VALUE_MAX];

	if (value != NULL && render_line(value, line, sizeof(line)) > 0)
		fprintf(out, "%-10s %s\n", name, line);
}

static void
paragraph(FILE *out, const char *heading, const char *text)
{
	char line[RENDER_VALUE_MAX];

	if (text != NULL && render_line(text, line, sizeof(line)) > 0)
		fprintf(out, "\n%s\n%s\n", heading, line);
}

static void
moment_field(FILE *out, const char *name, int64_t moment)
{
	char text[MOMENT_TEXT_MAX];

	moment_text(moment, text);
	field(out, name, text);
}

static void
put_whom(const struct alert *a, FILE *out)
{
	char server[RENDER_VALUE_MAX], count[24];

	render_server(a, server);
	snprintf(count, sizeof(count), "%" PRId64, a->sessions);
	fputc('\n', out);
	field(out, "client", a->client == NULL ? "several" : a->client);
	field(out, "server", server);
	field(out, "mx", a->mx);
	field(out, "service", a->service);
	field(out, "domain", a->domain);
	field(out, "sessions", count);
	moment_field(out, "first", a->first_seen);
	moment_field(out, "last", a->last_seen);
	field(out, "changed", a->where);
	field(out, "certainty", a->certainty);
	field(out, "state", a->state);
	field(out, "sensor", a->sensor);
	field(out, "flow", a->community_id);
}

static size_t
evidence_of(const struct alert *a)
{
	return a->evidence_count < ALERT_EVIDENCE ? a->evidence_count : ALERT_EVIDENCE;
}

static void
put_evidence(const struct alert *a, FILE *out)
{
	char what[RENDER_WHAT_MAX], value[RENDER_EVIDENCE_MAX];

	if (a->evidence_count == 0)
		return;
	fputs("\nEvidence\n", out);
	for (size_t i = 0; i < evidence_of(a); i++) {
		render_line(a->evidence[i].what, what, sizeof(what));
		render_line(a->evidence[i].value, value, sizeof(value));
		fprintf(out, "- %s: %s\n", what, value);
	}
	if (a->evidence_count >= ALERT_EVIDENCE)
		fprintf(out, "- there may be more: waxseal show %" PRId64 "\n", a->incident);
}

/* An address that a person may paste into a command. */
static const char *
safe_address(const char *address)
{
	const char *plain = "0123456789abcdefABCDEF:.";

	return address != NULL && strlen(address) < 64 && strspn(address, plain) == strlen(address)
		   ? address
		   : NULL;
}

static void
put_further(const struct alert *a, FILE *out)
{
	const char *client = safe_address(a->client), *server = safe_address(a->server);

	fprintf(out, "\nTo look further\nwaxseal show %" PRId64 "\n", a->incident);
	if (client != NULL && server != NULL)
		fprintf(out, "waxseal sessions --client %s --server %s\n", client, server);
	fprintf(out, "waxseal export %" PRId64 " -w incident-%" PRId64 ".pcapng\n", a->incident,
		a->incident);
}

static void
put_incident(const struct alert *a, FILE *out)
{
	const struct kind *kind = a->kind == NULL ? NULL : judge_kind(a->kind);

	if (kind != NULL)
		paragraph(out, "What was expected", kind->expected);
	paragraph(out, "What was observed", a->summary);
	if (kind != NULL)
		paragraph(out, "What it means", kind->meaning);
	put_whom(a, out);
	put_evidence(a, out);
	paragraph(out, "What would show it harmless", a->refuted_by);
	paragraph(out, "What to do", a->advice);
	paragraph(out, "See", a->reference);
	put_further(a, out);
}

static void
put_none(const struct alert *a, FILE *out)
{
	if (a->event == ALERT_TEST) {
		fputs("\nIt was asked for with: waxseal alert test\n", out);
		return;
	}
	fputs("\nThe sink's rate or quiet hours held them back. To see them:\n"
	      "waxseal alert list\nwaxseal incidents --state open\n",
	      out);
}

void
render_text(const struct alert *a, FILE *out)
{
	char title[RENDER_TITLE_MAX];

	render_title(a, title);
	fprintf(out, "%s\n", title);
	if (a->incident == 0)
		put_none(a, out);
	else
		put_incident(a, out);
}
