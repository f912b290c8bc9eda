/*
 * What alerts are written as for a sink. Expectations are by hand, from RFC 5424,
 * RFC 5322, RFC 2047 and the contract.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include <cmocka.h>

#include "tests/alert_build.h"

static const struct sink file_sink = {.type = SINK_FILE};
static const struct sink local_sink = {.type = SINK_SYSLOG, .facility = 3, .format = SINK_SYSLOG3};
static const struct sink udp_sink = {.type = SINK_SYSLOG, .facility = 3, .carrier = CARRIER_UDP};

static char *
rendered(const struct alert *a, const struct sink *sink)
{
	char *text = build_rendered(a, sink);

	assert_non_null(text);
	return text;
}

static void
assert_has(const char *text, const char *part)
{
	if (strstr(text, part) == NULL)
		fail_msg("not there: %s\nin: %s", part, text);
}

static void
assert_begins(const char *text, const char *part)
{
	if (strncmp(text, part, strlen(part)) != 0)
		fail_msg("does not begin with: %s\nbut: %s", part, text);
}

static void
assert_lacks(const char *text, const char *part)
{
	if (strstr(text, part) != NULL)
		fail_msg("there: %s\nin: %s", part, text);
}

static void
json_is_the_contracts_object(void **state)
{
	const struct alert a = build_alert();
	char *text = rendered(&a, &file_sink);
	const char *begin = "{\"waxseal\":1,\"event\":\"opened\",\"incident\":{\"id\":3,\"kind\":"
			    "\"starttls-stripped\",\"note\":null},\"sensor\":\"tap1\",";

	(void)state;
	assert_begins(text, begin);
	assert_ptr_equal(strchr(text, '\n'), text + strlen(text) - 1);
	free(text);
}

static void
an_incident_that_is_too_long_is_told_in_parts(void **state)
{
	struct alert a = build_alert();
	char *json = malloc(300000), *text;

	(void)state;
	assert_non_null(json);
	memset(json, ' ', 299999);
	json[299999] = '\0';
	a.incident_json = json;
	text = rendered(&a, &file_sink);
	assert_true(strlen(text) < 8192);
	assert_has(text, "\"evidence\":[{\"what\":\"offered to this client\",\"value\":"
			 "\"in 7 of 7 sessions\"},");
	assert_has(text, "\"first_seen\":\"2026-03-09T09:02:00.006760Z\"");
	assert_has(text, "\"cut\":true");
	free(text);
	free(json);
}

static void
a_test_is_of_no_incident(void **state)
{
	const struct alert a = {.event = ALERT_TEST, .at = BUILD_AT, .sensor = "tap1"};
	char *text = rendered(&a, &file_sink);

	(void)state;
	assert_has(text, "\"event\":\"test\",\"incident\":null,\"sensor\":\"tap1\"");
	free(text);
}

/* RFC 5424 section 6: PRI of daemon and critical is 3 * 8 + 2. */
static void
syslog_has_a_header_and_structured_data(void **state)
{
	const struct alert a = build_alert();
	char *text = rendered(&a, &udp_sink);
	const char *begin = "<26>1 2026-03-09T09:07:00.006760Z tap.example.org waxseal - "
			    "starttls-stripped [waxseal@32473 event=\"opened\" alert=\"7\" "
			    "sensor=\"tap1\" severity=\"critical\" incident=\"3\" sessions=\"4\" "
			    "kind=\"starttls-stripped\" certainty=\"probable\" state=\"open\" "
			    "client=\"192.0.2.7\" server=\"198.51.100.25\" port=\"25\" ";

	(void)state;
	assert_begins(text, begin);
	assert_has(text, "community_id=\"1:wCb3OG7yAFWelaUydu0D+125CLM=\"] critical: ");
	assert_has(text, "waxseal show 3");
	assert_lacks(text, "\n");
	assert_lacks(text, "\xef\xbb\xbf");
	free(text);
}

static void
severities_are_mapped(void **state)
{
	static const struct {
		enum severity severity;
		const char *begin;
	} rows[] = {
	    {SEVERITY_INFO, "<134>1 "},
	    {SEVERITY_NOTICE, "<133>1 "},
	    {SEVERITY_WARNING, "<132>1 "},
	    {SEVERITY_CRITICAL, "<130>1 "},
	};
	const struct sink local0 = {.type = SINK_SYSLOG, .facility = 16, .carrier = CARRIER_UDP};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct alert a = build_alert();
		char *text;

		a.severity = rows[i].severity;
		text = rendered(&a, &local0);
		assert_begins(text, rows[i].begin);
		free(text);
	}
}

/* As syslog(3) writes it, with the wall clock of the machine; RFC 3164 section 4.1.2 pads days. */
static void
a_local_socket_gets_the_form_of_syslog3(void **state)
{
	const char *old = getenv("TZ");
	char *kept = old == NULL ? NULL : strdup(old), *text;
	const struct alert a = build_alert();

	(void)state;
	setenv("TZ", "TST-02:30", 1);
	tzset();
	text = rendered(&a, &local_sink);
	assert_begins(text, "<26>Mar  9 11:37:00 waxseal: critical: ");
	assert_has(text, "waxseal show 3");
	assert_has(text, " [waxseal@32473 event=\"opened\" alert=\"7\" sensor=\"tap1\" ");
	assert_has(text, "community_id=\"1:wCb3OG7yAFWelaUydu0D+125CLM=\"]");
	assert_int_equal(text[strlen(text) - 1], ']');
	assert_lacks(text, "\n");
	free(text);
	if (kept == NULL)
		unsetenv("TZ");
	else
		setenv("TZ", kept, 1);
	tzset();
	free(kept);
}

static void
a_local_message_is_cut_before_its_data(void **state)
{
	static char all[4096];
	struct alert a = build_alert();
	char *text;

	(void)state;
	memset(all, 'e', sizeof(all) - 1);
	a.summary = a.advice = a.refuted_by = a.domain = all;
	text = rendered(&a, &local_sink);
	assert_int_equal(strlen(text), 2048);
	assert_has(text, "... [waxseal@32473 event=\"opened\" ");
	assert_int_equal(text[strlen(text) - 1], ']');
	free(text);
}

/* Section 6.3.3: the quote, the backslash and the closing bracket. */
static void
values_of_structured_data_are_escaped(void **state)
{
	struct alert a = build_alert();
	char *text;

	(void)state;
	a.domain = "a\"b\\c]d\ne\xff";
	text = rendered(&a, &udp_sink);
	assert_has(text, " domain=\"a\\\"b\\\\c\\]d e\xef\xbf\xbd\" mx=");
	free(text);
}

/* Section 6.4. */
static void
the_mark_stands_before_what_is_not_ascii(void **state)
{
	struct alert a = build_alert();
	char *text;

	(void)state;
	a.summary = "Gru\xc3\x9f";
	text = rendered(&a, &udp_sink);
	assert_has(text, "] \xef\xbb\xbf"
			 "critical: ");
	assert_has(text, "Gru\xc3\x9f ");
	free(text);
}

static void
the_sentence_is_cut_and_never_the_data(void **state)
{
	static char all[4096];
	const struct sink stream = {.type = SINK_SYSLOG, .facility = 23, .carrier = CARRIER_TLS};
	struct alert a = build_alert();
	char *text;

	(void)state;
	memset(all, ']', sizeof(all) - 1);
	a.kind = a.state = a.certainty = a.where = a.client = a.server = a.service = all;
	a.domain = a.mx = a.community_id = a.sensor = a.summary = all;
	a.incident = a.id = a.sessions = INT64_MIN;
	text = rendered(&a, &udp_sink);
	assert_true(strlen(text) <= 2048);
	assert_has(text, "...\"] critical: ");
	assert_int_equal(strcmp(text + strlen(text) - 3, "..."), 0);
	free(text);
	text = rendered(&a, &stream);
	assert_true(strlen(text) > 2048 && strlen(text) <= 8192);
	free(text);
}

static const char *const recipients[] = {"ops@example.org", "noc@example.org"};
static const struct sink mail_sink = {
    .type = SINK_MAIL,
    .recipients = {(const char **)(uintptr_t)recipients, 2},
    .from = "waxseal@example.org",
};

static void
mail_has_its_header(void **state)
{
	const struct alert a = build_alert();
	char *text = rendered(&a, &mail_sink);
	const char *begin =
	    "Date: Mon, 9 Mar 2026 09:07:00 +0000\n"
	    "From: waxseal@example.org\n"
	    "To: ops@example.org,\n"
	    " noc@example.org\n"
	    "Subject: [waxseal] critical: STARTTLS was cut out on the way (incident 3 opened) at "
	    "198.51.100.25:25\n"
	    "Message-ID: <waxseal-alert-7-1773047220006760@tap.example.org>\n"
	    "References: <waxseal-incident-3-0@tap.example.org>\n"
	    "Auto-Submitted: auto-generated\n"
	    "MIME-Version: 1.0\n"
	    "Content-Type: text/plain; charset=UTF-8\n"
	    "Content-Transfer-Encoding: quoted-printable\n"
	    "\n";

	(void)state;
	assert_begins(text, begin);
	free(text);
}

/* RFC 2045 section 6.7. */
static void
mail_is_quoted_printable(void **state)
{
	struct alert a = build_alert();
	char *text;

	(void)state;
	a.summary = ".\xc3\x9f = a";
	a.advice = "From here";
	text = rendered(&a, &mail_sink);
	assert_has(text, "\n=2E=C3=9F =3D a\n");
	assert_has(text, "\n=46rom here\n");
	for (const char *line = text; *line != '\0'; line += strcspn(line, "\n") + 1)
		assert_true(strstr(text, "\n\n") > line || strcspn(line, "\n") <= 76);
	free(text);
}

static void
no_line_gets_into_a_header(void **state)
{
	struct alert a = build_alert();
	char *text;

	(void)state;
	a.kind = "x\r\nBcc: evil@example.com\r\n\r\n";
	a.server = "\xc3\x9f\nBcc: e";
	text = rendered(&a, &mail_sink);
	assert_lacks(text, "\nBcc");
	/* "[waxseal] critical: x  Bcc: evil@example.c" in Base64. */
	assert_has(text, "\nSubject: =?UTF-8?B?W3dheHNlYWxdIGNyaXRpY2FsOiB4ICBCY2M6IGV2aWxAZXhhb"
			 "XBsZS5j?=\n =?UTF-8?B?");
	free(text);
}

static void
chat_has_one_text_that_ends_no_block(void **state)
{
	const struct sink chat = {.type = SINK_WEBHOOK, .format = SINK_CHAT};
	struct alert a = build_alert();
	char *text;

	(void)state;
	a.summary = "<!channel> & ```@all \"\n";
	text = rendered(&a, &chat);
	assert_begins(text, "{\"text\":\"waxseal\\u000a```\\u000acritical: ");
	assert_has(text, "&lt;!channel&gt; &amp; '''@all \\\" \\u000a");
	assert_int_equal(strcmp(text + strlen(text) - 5, "```\"}"), 0);
	assert_null(strstr(strstr(strstr(text, "```") + 3, "```") + 3, "```"));
	free(text);
}

static void
chat_is_bounded(void **state)
{
	static char all[4096];
	const struct sink chat = {.type = SINK_WEBHOOK, .format = SINK_CHAT};
	struct alert a = build_alert();
	char *text;

	(void)state;
	memset(all, '<', sizeof(all) - 1);
	a.evidence_count = ALERT_EVIDENCE;
	for (size_t i = 0; i < ALERT_EVIDENCE; i++)
		a.evidence[i] = (struct alert_line){all, all};
	text = rendered(&a, &chat);
	assert_true(strlen(text) < 4000);
	assert_has(text, "... (cut)\\u000a```\"}");
	free(text);
}

static const struct sink alertmanager = {.type = SINK_WEBHOOK, .format = SINK_ALERTMANAGER};

#define LABELS(severity)                                                         \
	"\"labels\":{\"alertname\":\"WaxsealIncident\",\"severity\":\"" severity \
	"\",\"sensor\":\"tap1\",\"kind\":\"starttls-stripped\",\"incident\":\"3\"},"

/* Labels are the identity, an end in the future is a firing alert. */
static void
alertmanager_is_told_what_fires(void **state)
{
	const struct alert a = build_alert();
	char *text = rendered(&a, &alertmanager);

	(void)state;
	assert_begins(text, "[{" LABELS("critical"));
	assert_has(text, "\"startsAt\":\"2026-03-09T09:02:00.006760Z\","
			 "\"endsAt\":\"2026-03-09T10:17:00.006760Z\","
			 "\"generatorURL\":\"waxseal://tap1/incidents/3\"}]");
	assert_null(strstr(strstr(text, "labels") + 1, "labels"));
	free(text);
}

/* What waited for a day must not have ended by the time that it is told. */
static void
the_end_counts_from_the_writing(void **state)
{
	struct alert a = build_alert();
	char *text;

	(void)state;
	a.now = a.at + INT64_C(86400000000);
	text = rendered(&a, &alertmanager);
	assert_has(text, "\"endsAt\":\"2026-03-10T10:17:00.006760Z\"");
	free(text);
}

static void
a_raise_resolves_the_old_severity(void **state)
{
	struct alert a = build_alert();
	char *text, *second;

	(void)state;
	a.event = ALERT_RAISED;
	a.before = SEVERITY_WARNING;
	text = rendered(&a, &alertmanager);
	second = strstr(text, "},{");
	assert_non_null(second);
	assert_has(second, LABELS("critical"));
	assert_has(second, "\"endsAt\":\"2026-03-09T10:17:00.006760Z\"");
	*second = '\0';
	assert_has(text, LABELS("warning"));
	assert_has(text, "\"endsAt\":\"2026-03-09T09:07:00.006760Z\"");
	free(text);
}

static void
a_close_resolves(void **state)
{
	struct alert a = build_alert();
	char *text;

	(void)state;
	a.event = ALERT_CLOSED;
	text = rendered(&a, &alertmanager);
	assert_has(text, LABELS("critical"));
	assert_has(text, "\"endsAt\":\"2026-03-09T09:07:00.006760Z\"");
	free(text);
}

static void
ecs_has_the_schemas_names(void **state)
{
	const struct sink ecs = {.type = SINK_FILE, .format = SINK_ECS};
	struct alert a = build_alert();
	char *text;

	(void)state;
	a.client_port = 40112;
	text = rendered(&a, &ecs);
	assert_begins(text, "{\"@timestamp\":\"2026-03-09T09:07:00.006760Z\",");
	assert_has(text, "\"event\":{\"kind\":\"alert\",\"category\":[\"network\","
			 "\"intrusion_detection\"],\"type\":[\"info\"],");
	assert_has(text, "\"action\":\"opened\",\"code\":\"starttls-stripped\",\"id\":\"3\",");
	assert_has(text, "\"severity\":99}");
	assert_has(text, "\"source\":{\"address\":\"192.0.2.7\",\"ip\":\"192.0.2.7\",\"port\":"
			 "40112}");
	assert_has(text, "\"server\":{\"address\":\"198.51.100.25\",\"ip\":\"198.51.100.25\","
			 "\"port\":25,\"domain\":\"mx1.example.net\"}");
	assert_has(text, "\"network\":{\"transport\":\"tcp\",\"type\":\"ipv4\",\"protocol\":"
			 "\"smtp\",\"application\":\"smtp\",\"community_id\":"
			 "\"1:wCb3OG7yAFWelaUydu0D+125CLM=\"}");
	assert_has(text, "\"observer\":{");
	assert_has(text, "\"name\":\"tap1\",\"hostname\":\"tap.example.org\"}");
	assert_has(text, "\"waxseal\":{\"event\":\"opened\",\"incident\":{\"id\":3,\"kind\":"
			 "\"starttls-stripped\",\"note\":null}}}\n");
	free(text);
}

/* ip is a type of its own in the schema: what is no address there makes a whole line fail. */
static void
ecs_has_no_ip_that_is_none(void **state)
{
	const struct sink ecs = {.type = SINK_FILE, .format = SINK_ECS};
	struct alert a = build_alert();
	char *text;

	(void)state;
	a.client = "192.0.2.0/24";
	text = rendered(&a, &ecs);
	assert_has(text, "\"client\":{\"address\":\"192.0.2.0/24\"}");
	assert_has(text, "\"related\":{\"ip\":[\"198.51.100.25\"],");
	free(text);
}

static void
eve_is_as_suricata_writes_it(void **state)
{
	const struct sink eve = {.type = SINK_FILE, .format = SINK_EVE};
	struct alert a = build_alert();
	char *text;

	(void)state;
	a.severity = SEVERITY_WARNING;
	text = rendered(&a, &eve);
	assert_begins(text, "{\"timestamp\":\"2026-03-09T09:07:00.006760+0000\",\"flow_id\":");
	assert_has(text, ",\"event_type\":\"alert\",\"src_ip\":\"192.0.2.7\",\"dest_ip\":"
			 "\"198.51.100.25\",\"dest_port\":25,\"proto\":\"TCP\",\"app_proto\":"
			 "\"smtp\",\"community_id\":\"1:wCb3OG7yAFWelaUydu0D+125CLM=\","
			 "\"host\":\"tap1\",\"alert\":{\"action\":\"allowed\",\"gid\":1,");
	assert_has(text, "\"severity\":2,\"metadata\":{\"kind\":[\"starttls-stripped\"],");
	free(text);
}

static long
signature_of(const char *kind)
{
	const struct sink eve = {.type = SINK_FILE, .format = SINK_EVE};
	struct alert a = build_alert();
	char *text, *at;
	long number;

	a.kind = kind;
	text = rendered(&a, &eve);
	at = strstr(text, "\"signature_id\":");
	assert_non_null(at);
	number = strtol(at + strlen("\"signature_id\":"), NULL, 10);
	free(text);
	return number;
}

static void
each_kind_has_a_signature_of_its_own(void **state)
{
	(void)state;
	for (size_t i = 0; i < judge_kind_count; i++) {
		const long number = signature_of(judge_kinds[i].name);

		assert_in_range(number, 1000000, 1999999);
		for (size_t k = 0; k < i; k++)
			assert_int_not_equal(number, signature_of(judge_kinds[k].name));
	}
}

/* Expected against observed, evidence, what refutes it, what to do, how to look further. */
static void
each_kind_is_told_whole(void **state)
{
	const struct sink stream = {.type = SINK_SYSLOG, .facility = 3, .carrier = CARRIER_TCP};
	const struct sink *const sinks[] = {&file_sink, &stream, &alertmanager};
	struct alert a = build_alert();

	(void)state;
	for (size_t i = 0; i < judge_kind_count * 3; i++) {
		char *text;

		a.kind = judge_kinds[i / 3].name;
		a.incident_json = NULL;
		text = rendered(&a, sinks[i % 3]);
		assert_has(text, judge_kinds[i / 3].expected);
		assert_has(text, a.summary);
		assert_has(text, "in 7 of 7 sessions");
		assert_has(text, a.refuted_by);
		assert_has(text, a.advice);
		assert_has(text, "waxseal show 3");
		free(text);
	}
}

static void
what_does_not_fit_is_refused(void **state)
{
	const struct alert a = build_alert();
	char room[64];
	FILE *out = fmemopen(room, sizeof(room), "w");

	(void)state;
	assert_non_null(out);
	assert_false(alert_render(&a, &file_sink, NULL, out));
	fclose(out);
}

/* What a hostile peer and a database in disorder could make of an alert, for others to read. */
static int
write_hostile(const char *format)
{
	static const char *const formats[] = {"json", "ecs", "eve", "alertmanager", "chat"};
	static const char *const hostile =
	    "a\"b\\c]d[e\r\nBcc: x@example.com\r\n\r\n.\n<!here> & @all `````` =?UTF-8?Q?=41?= "
	    "\x01\x1b[2J\x7f\xc2\x85\xe2\x80\xa8\xff\xed\xa0\x80\xc3 Stra\xc3\x9f"
	    "e \xf0\x9f\x93\xa7";
	static char line[4096];
	struct sink sink = mail_sink;
	struct alert a = build_alert();

	for (size_t used = 0; used + strlen(hostile) < sizeof(line); used += strlen(hostile))
		memcpy(line + used, hostile, strlen(hostile));
	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++)
		if (strcmp(format, formats[i]) == 0) {
			sink.type = SINK_WEBHOOK;
			sink.format = (enum sink_format)i;
		}
	if (strcmp(format, "syslog") == 0)
		sink = udp_sink;
	a.incident_json = NULL;
	a.event = ALERT_RAISED;
	a.sensor = a.kind = a.state = a.certainty = a.where = a.client = a.server = hostile;
	a.service = a.domain = a.mx = a.community_id = a.summary = a.refuted_by = hostile;
	a.advice = a.reference = hostile;
	a.evidence_count = ALERT_EVIDENCE;
	for (size_t i = 0; i < ALERT_EVIDENCE; i++)
		a.evidence[i] = (struct alert_line){line, line};
	return alert_render(&a, &sink, hostile, stdout) ? 0 : 1;
}

/* With the name of a format, write a hostile alert in it: siem.t has others read it. */
int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(json_is_the_contracts_object),
	    cmocka_unit_test(an_incident_that_is_too_long_is_told_in_parts),
	    cmocka_unit_test(a_test_is_of_no_incident),
	    cmocka_unit_test(syslog_has_a_header_and_structured_data),
	    cmocka_unit_test(a_local_socket_gets_the_form_of_syslog3),
	    cmocka_unit_test(a_local_message_is_cut_before_its_data),
	    cmocka_unit_test(severities_are_mapped),
	    cmocka_unit_test(values_of_structured_data_are_escaped),
	    cmocka_unit_test(the_mark_stands_before_what_is_not_ascii),
	    cmocka_unit_test(the_sentence_is_cut_and_never_the_data),
	    cmocka_unit_test(mail_has_its_header),
	    cmocka_unit_test(mail_is_quoted_printable),
	    cmocka_unit_test(no_line_gets_into_a_header),
	    cmocka_unit_test(chat_has_one_text_that_ends_no_block),
	    cmocka_unit_test(chat_is_bounded),
	    cmocka_unit_test(alertmanager_is_told_what_fires),
	    cmocka_unit_test(the_end_counts_from_the_writing),
	    cmocka_unit_test(a_raise_resolves_the_old_severity),
	    cmocka_unit_test(a_close_resolves),
	    cmocka_unit_test(ecs_has_the_schemas_names),
	    cmocka_unit_test(ecs_has_no_ip_that_is_none),
	    cmocka_unit_test(eve_is_as_suricata_writes_it),
	    cmocka_unit_test(each_kind_has_a_signature_of_its_own),
	    cmocka_unit_test(each_kind_is_told_whole),
	    cmocka_unit_test(what_does_not_fit_is_refused),
	};

	if (argc == 2)
		return write_hostile(argv[1]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
