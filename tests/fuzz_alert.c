/*
 * Any text in each field of an alert, in every format: it is bounded, well-formed
 * UTF-8 without controls but the ends of lines, and of the number of lines that its
 * format has. The first byte is the event, the second the number of lines of evidence.
 */
#include <stdlib.h>
#include <string.h>

#include "monitor/alert/alert.h"
#include "monitor/utf8.h"

#define PAYLOAD_MAX ((size_t)256 << 10) /* what is sent at most */
#define SYSLOG_MAX  2048

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
demand(bool holds)
{
	if (!holds)
		abort();
}

/* The next text, as far as a NUL; NULL where none is left. */
static const char *
next(char **at, const char *end)
{
	const char *text = *at;

	if (*at >= end)
		return NULL;
	*at += strlen(*at) + 1;
	return text;
}

static void
fill(struct alert *a, char *at, const char *end)
{
	const char **const fields[] = {
	    &a->sensor,  &a->kind,         &a->state,   &a->certainty,  &a->where,
	    &a->client,  &a->server,       &a->service, &a->domain,     &a->mx,
	    &a->summary, &a->community_id, &a->advice,  &a->refuted_by, &a->reference,
	};

	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		*fields[i] = next(&at, end);
	for (size_t i = 0; i < a->evidence_count; i++)
		a->evidence[i] = (struct alert_line){next(&at, end), next(&at, end)};
}

#ifdef __clang__
#define UNTRACED __attribute__((no_sanitize("coverage")))
#else
#define UNTRACED
#endif

/* Most of the time goes here, where there is nothing to be found. */
static UNTRACED size_t
lines_of(struct bytes text)
{
	size_t lines = 0;

	while (text.len > 0) {
		const bool is_ascii = *text.at >= 0x20 && *text.at < 0x7f;
		const size_t len = is_ascii ? 1 : utf8_character(text);

		demand(len > 0 || *text.at == '\n');
		lines += *text.at == '\n';
		text = bytes_after(text, len > 0 ? len : 1);
	}
	return lines;
}

static void
check(const struct alert *a, const struct sink *sink, const char *host)
{
	char *text = NULL;
	size_t length = 0, lines;
	FILE *out = open_memstream(&text, &length);

	demand(out != NULL);
	demand(alert_render(a, sink, host, out));
	demand(fclose(out) == 0);
	demand(length > 0 && length <= PAYLOAD_MAX);
	lines = lines_of((struct bytes){(const uint8_t *)text, length});
	if (sink->type == SINK_SYSLOG)
		demand(lines == 0 && length <= SYSLOG_MAX);
	else if (sink->type != SINK_MAIL)
		demand(lines == (sink->format <= SINK_EVE) && text[length - 1] != ' ');
	free(text);
}

static void
check_all(const struct alert *a)
{
	static const char *to[] = {"ops@example.org"};
	const struct sink syslog = {.type = SINK_SYSLOG, .facility = 23};
	const struct sink log = {.type = SINK_SYSLOG, .facility = 23, .format = SINK_SYSLOG3};
	const struct sink mail = {.type = SINK_MAIL, .recipients = {to, 1}};

	for (int format = SINK_JSON; format <= SINK_CHAT; format++) {
		const struct sink hook = {.type = SINK_WEBHOOK, .format = (enum sink_format)format};

		check(a, &hook, a->domain);
	}
	check(a, &syslog, a->domain);
	check(a, &log, a->domain);
	check(a, &mail, a->domain);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct alert a = {.id = INT64_MAX, .at = INT64_MIN, .first_seen = INT64_MAX};
	char *in;

	if (size < 2)
		return 0;
	in = malloc(size - 1);
	if (in == NULL)
		return 0;
	memcpy(in, data + 2, size - 2);
	in[size - 2] = '\0';
	a.event = (enum alert_event)(data[0] % (ALERT_TEST + 1));
	a.severity = (enum severity)(data[0] / 8 % 4);
	a.before = (enum severity)(data[0] / 32 % 4);
	a.incident = a.event < ALERT_SUMMARY ? INT64_MIN : 0;
	a.evidence_count = data[1] % (ALERT_EVIDENCE + 1);
	fill(&a, in, in + size - 2);
	check_all(&a);
	free(in);
	return 0;
}
