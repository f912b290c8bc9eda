/*
 * A message of RFC 5424, without framing; or, for the log of this machine, in the form
 * that syslog(3) writes, which is the only one that journald knows and that others
 * expect there: they would take the header of RFC 5424 for text, and nobody for its sender.
 *
 * What programs sort by stands in structured data, which is never cut: its values
 * have a bound of their own. The sentence behind it is for people and is cut where
 * the whole would grow longer than receivers have to take. It begins with the
 * byte order mark of section 6.4 where it is not plain ASCII, and only there: many
 * receivers print the mark.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "monitor/alert/render.h"
#include "monitor/moment.h"

/*
 * Section 6.3.2: names of our own stand before the number of an enterprise. 32473 is the one that
 * RFC 5612 sets aside for documentation: an enterprise that has its own writes it here.
 */
#define SYSLOG_SD_ID     "waxseal@32473"
#define SYSLOG_LEAST_MAX 2048 /* section 6.1: bytes that receivers should be able to take */
#define SYSLOG_MOST_MAX  8192 /* what they do take of a stream */
#define SYSLOG_HOST_MAX  255  /* section 6 */
#define SYSLOG_ID_MAX    32   /* of a MSGID */
#define SYSLOG_VALUE_MAX 255  /* bytes of a value, with its escapes */
#define SYSLOG_MARK      "\xef\xbb\xbf"

/* Section 6.2.1. */
static int
level_of(enum severity severity)
{
	switch (severity) {
	case SEVERITY_CRITICAL:
		return 2;
	case SEVERITY_WARNING:
		return 4;
	case SEVERITY_NOTICE:
		return 5;
	case SEVERITY_INFO:
		return 6;
	}
	return 6;
}

/* A field of the header: printable ASCII without blanks; "-" where there is none. */
static void
put_word(FILE *out, const char *text, size_t most)
{
	size_t length = 0;

	for (; text != NULL && *text != '\0' && length < most; text++)
		if (*text > ' ' && *text <= '~') {
			putc(*text, out);
			length++;
		}
	if (length == 0)
		putc('-', out);
}

static size_t
escapes_in(const char *line)
{
	size_t count = 0;

	for (; *line != '\0'; line++)
		count += *line == '"' || *line == '\\' || *line == ']';
	return count;
}

/* Section 6.3.3. At most so many bytes of a value, with its escapes. */
static void
put_param(FILE *out, const char *name, const char *value, size_t most)
{
	char line[SYSLOG_VALUE_MAX + 1];

	/* Half of it fits, whatever it holds. */
	if (render_line(value, line, most + 1) + escapes_in(line) > most)
		render_line(value, line, most / 2 + 1);
	if (line[0] == '\0')
		return;
	fprintf(out, " %s=\"", name);
	for (const char *at = line; *at != '\0'; at++) {
		if (*at == '"' || *at == '\\' || *at == ']')
			putc('\\', out);
		putc(*at, out);
	}
	putc('"', out);
}

static void
put_number(FILE *out, const char *name, int64_t number)
{
	fprintf(out, " %s=\"%" PRId64 "\"", name, number);
}

static void
put_incident(const struct alert *a, FILE *out)
{
	char port[8];

	snprintf(port, sizeof(port), "%u", a->server_port);
	put_number(out, "incident", a->incident);
	put_number(out, "sessions", a->sessions);
	put_param(out, "kind", a->kind, 32);
	put_param(out, "certainty", a->certainty, 16);
	put_param(out, "state", a->state, 16);
	put_param(out, "client", a->client, 48);
	put_param(out, "server", a->server, 48);
	put_param(out, "port", a->server == NULL ? NULL : port, 8);
	put_param(out, "service", a->service, 16);
	put_param(out, "domain", a->domain, SYSLOG_VALUE_MAX);
	put_param(out, "mx", a->mx, SYSLOG_VALUE_MAX);
	put_param(out, "where", a->where, 16);
	put_param(out, "community_id", a->community_id, 32);
}

/* Of its bounds the sum, with the header, is well below SYSLOG_LEAST_MAX. */
static void
put_params(const struct alert *a, FILE *out)
{
	fputs("[" SYSLOG_SD_ID, out);
	put_param(out, "event", alert_event_name(a->event), 16);
	put_number(out, "alert", a->id);
	put_param(out, "sensor", a->sensor, 64);
	put_param(out, "severity", severity_name(a->severity), 16);
	if (a->event == ALERT_RAISED)
		put_param(out, "before", severity_name(a->before), 16);
	if (a->event == ALERT_SUMMARY)
		put_number(out, "held", a->held_back);
	if (a->incident != 0)
		put_incident(a, out);
	putc(']', out);
}

static int
priority_of(const struct rendering *r)
{
	return r->sink->facility * 8 + level_of(r->alert->severity);
}

static void
put_header(const struct rendering *r, FILE *out)
{
	const struct alert *a = r->alert;
	char at[MOMENT_TEXT_MAX];

	moment_text(a->at, at);
	fprintf(out, "<%d>1 %s ", priority_of(r), at);
	put_word(out, r->host, SYSLOG_HOST_MAX);
	fputs(" waxseal - ", out);
	put_word(out, a->incident != 0 ? a->kind : alert_event_name(a->event), SYSLOG_ID_MAX);
	putc(' ', out);
	put_params(a, out);
	putc(' ', out);
}

/* RFC 3164 section 4.1.2, but for the host, which a local socket does not have: the time is that of
 * the clock on the wall, in English whatever the locale. */
static void
put_local_header(const struct rendering *r, FILE *out)
{
	static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
					     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
	const time_t seconds = (time_t)(r->alert->at / 1000000);
	struct tm at = {0};

	localtime_r(&seconds, &at);
	fprintf(out, "<%d>%s %2d %02d:%02d:%02d waxseal: ", priority_of(r), months[at.tm_mon % 12],
		at.tm_mday, at.tm_hour, at.tm_min, at.tm_sec);
}

/* One line: the title, and what was observed, expected, to be done. */
static void
put_sentence(const struct alert *a, FILE *out)
{
	const struct kind *kind = a->kind == NULL ? NULL : judge_kind(a->kind);
	char text[RENDER_VALUE_MAX];

	render_title(a, text);
	fputs(text, out);
	if (a->incident == 0)
		return;
	if (render_line(a->summary, text, sizeof(text)) > 0)
		fprintf(out, " - %s", text);
	if (kind != NULL)
		fprintf(out, " Expected: %s", kind->expected);
	fprintf(out, " Look further: waxseal show %" PRId64 ".", a->incident);
	for (size_t i = 0; i < a->evidence_count && i < ALERT_EVIDENCE; i++) {
		render_line(a->evidence[i].what, text, sizeof(text) / 4);
		fprintf(out, "%s%s: ", i == 0 ? " Evidence: " : "; ", text);
		render_line(a->evidence[i].value, text, sizeof(text));
		fputs(text, out);
	}
	if (render_line(a->refuted_by, text, sizeof(text)) > 0)
		fprintf(out, ". Harmless if: %s", text);
	if (render_line(a->advice, text, sizeof(text)) > 0)
		fprintf(out, " To do: %s", text);
}

static bool
is_ascii(const char *text)
{
	for (; *text != '\0'; text++)
		if ((uint8_t)*text >= 0x80)
			return false;
	return true;
}

/* The whole of the sentence as it fits into the room. */
static void
put_cut(FILE *out, const char *sentence, size_t room)
{
	char cut[SYSLOG_MOST_MAX];

	render_line(sentence, cut, room + 1 < sizeof(cut) ? room + 1 : sizeof(cut));
	fputs(cut, out);
}

/* What is never cut; false where memory is out. */
static bool
render_bounded(void (*put)(const struct rendering *r, FILE *out), const struct rendering *r,
	       char into[SYSLOG_LEAST_MAX])
{
	FILE *out = fmemopen(into, SYSLOG_LEAST_MAX, "w");

	if (out == NULL)
		return false;
	put(r, out);
	return fclose(out) == 0;
}

static void
put_data(const struct rendering *r, FILE *out)
{
	putc(' ', out);
	put_params(r->alert, out);
}

/* The sentence first, since this is what people read in a journal. */
static bool
render_local(const struct rendering *r, const char *sentence)
{
	char head[SYSLOG_LEAST_MAX] = "", data[SYSLOG_LEAST_MAX] = "";

	if (!render_bounded(put_local_header, r, head) || !render_bounded(put_data, r, data))
		return false;
	fputs(head, r->out);
	put_cut(r->out, sentence, SYSLOG_LEAST_MAX - strlen(head) - strlen(data));
	fputs(data, r->out);
	return true;
}

static bool
render_remote(const struct rendering *r, const char *sentence)
{
	const bool is_stream = r->sink->carrier == CARRIER_TCP || r->sink->carrier == CARRIER_TLS;
	const size_t most = is_stream ? SYSLOG_MOST_MAX : SYSLOG_LEAST_MAX;
	/* What was not ASCII may be what is cut: a mark does no harm then. */
	const char *mark = is_ascii(sentence) ? "" : SYSLOG_MARK;
	char head[SYSLOG_LEAST_MAX] = "";

	if (!render_bounded(put_header, r, head))
		return false;
	fprintf(r->out, "%s%s", head, mark);
	put_cut(r->out, sentence, most - strlen(head) - strlen(mark));
	return true;
}

bool
render_syslog(const struct rendering *r)
{
	char *sentence = NULL;
	size_t length = 0;
	FILE *into = open_memstream(&sentence, &length);
	bool is_written;

	if (into == NULL)
		return false;
	put_sentence(r->alert, into);
	is_written =
	    fclose(into) == 0 && (r->sink->format == SINK_SYSLOG3 ? render_local(r, sentence)
								  : render_remote(r, sentence));
	free(sentence);
	return is_written;
}
