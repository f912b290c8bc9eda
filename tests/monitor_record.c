/*
 * Sessions as the dissector tells them, to rows as other programs read them.
 */
#include "tests/db_build.h"

#include <time.h>

#include "monitor/record.h"

#define CLIENT                       \
	{                            \
		4,                   \
		{                    \
			192, 0, 2, 7 \
		}                    \
	}
#define SERVER                           \
	{                                \
		4,                       \
		{                        \
			198, 51, 100, 25 \
		}                        \
	}

static struct session
plain_session(void)
{
	struct session s = {
	    .service = SERVICE_SMTP,
	    .client = CLIENT,
	    .server = SERVER,
	    .client_port = 40112,
	    .server_port = 25,
	    .start = START,
	    .end = START + 1,
	    .seen = SEEN_BOTH,
	    .complete = true,
	    .clear_whole = true,
	    .packets = 9,
	    .greetings = 1,
	    .helo = BYTES("out.example.org"),
	};

	s.greeting[0] = BYTES("mx1.example.net ESMTP");
	s.smtp.extended = FACT_YES;
	s.smtp.offered = FACT_NO;
	s.smtp.requested = FACT_NO;
	return s;
}

static struct verdict *
plain_verdict(const char *kind)
{
	struct verdict *v = calloc(1, sizeof(*v));

	assert_non_null(v);
	v->outcome = OUTCOME_PLAINTEXT;
	if (kind == NULL)
		return v;
	v->count = 1;
	v->findings[0].kind = judge_kind(kind);
	assert_non_null(v->findings[0].kind);
	v->findings[0].severity = SEVERITY_WARNING;
	v->findings[0].certainty = CERTAINTY_PROVEN;
	v->findings[0].where = WHERE_SERVER_SIDE;
	v->findings[0].refuted_by = v->findings[0].kind->refuted_by;
	snprintf(v->findings[0].detail, DETAIL_MAX, "The password was sent in clear.");
	snprintf(v->findings[0].proofs[0].what, sizeof(v->findings[0].proofs[0].what), "AUTH");
	snprintf(v->findings[0].proofs[0].value, sizeof(v->findings[0].proofs[0].value), "PLAIN");
	v->findings[0].proof_count = 1;
	return v;
}

static struct recorder *
open_recorder(const char *path)
{
	char why[STORE_WHY_MAX] = "";
	struct recorder *r = recorder_open(path, "tap1", why, sizeof(why));

	if (r == NULL)
		fail_msg("%s", why);
	return r;
}

/* Record one session without findings, and close. */
static void
record(const char *path, const struct session *s)
{
	struct recorder *r = open_recorder(path);
	struct verdict *v = plain_verdict(NULL);

	assert_int_equal(recorder_session(r, s, v, NULL, NULL), RECORDED_NEW);
	free(v);
	assert_true(recorder_close(r));
}

static void
numbers_become_names_and_unseen_becomes_null(void **state)
{
	struct fixture *p = *state;
	struct session s = plain_session();

	s.smtp.mail_count = 2;
	s.tls.version = 0x0303;
	s.tls.server_hello = true;
	s.tls.cipher = 0xc02f;
	s.tls.resumed = FACT_NO;
	s.tls.has_ja3 = true;
	memset(s.tls.ja3, 0xa5, sizeof(s.tls.ja3));
	s.ending = ENDING_RESET;
	record(p->path, &s);
	assert_query(p->path,
		     "SELECT sensor, service, client, client_port, server, server_port, seen,"
		     " outcome, ending, complete, banner, helo FROM v_sessions",
		     "tap1|smtp|192.0.2.7|40112|198.51.100.25|25|both|plaintext|reset|1|"
		     "mx1.example.net ESMTP|out.example.org\n");
	assert_query(p->path,
		     "SELECT tls_version, tls_cipher, tls_resumed, tls_ja3, mail_count FROM"
		     " v_sessions",
		     "TLSv1.2|TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256|0|"
		     "a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5|2\n");
	assert_query(p->path,
		     "SELECT extended, starttls_offered, starttls_requested, starttls_accepted IS"
		     " NULL, tls_sni IS NULL, tls_ja4 IS NULL, tls_cert_sha256 IS NULL, auth IS"
		     " NULL, encap IS NULL, community_id IS NULL FROM v_sessions",
		     "1|0|0|1|1|1|1|1|1|1\n");
}

static void
numbers_without_a_name_are_told_as_numbers(void **state)
{
	struct fixture *p = *state;
	struct session s = plain_session();

	s.tls.version = 0x9999;
	s.tls.server_hello = true;
	s.tls.cipher = 0xfefe;
	record(p->path, &s);
	assert_query(p->path, "SELECT tls_version, tls_cipher FROM v_sessions", "0x9999|0xfefe\n");
}

static void
wire_text_is_made_printable(void **state)
{
	struct fixture *p = *state;
	struct session s = plain_session();

	s.greetings = 2;
	s.greeting[0] = BYTES("a\x1b[31m\0b");
	s.greeting[1] = BYTES("caf\xc3\xa9 \\");
	s.helo = BYTES("x\r\ny");
	record(p->path, &s);
	assert_query(p->path, "SELECT banner, helo FROM v_sessions",
		     "a\\x1b[31m\\x00b caf\\xc3\\xa9 \\\\|x\\x0d\\x0ay\n");
}

static void
domains_become_a_labels_each_once(void **state)
{
	struct fixture *p = *state;
	struct session s = plain_session();
	struct bytes rcpt[] = {
	    BYTES("b\xc3\xbc"
		  "cher.example"),
	    BYTES("example.net"),
	    BYTES("xn--bcher-kva.example"),
	    BYTES("b\xc3\xbc"
		  "cher.example"),
	    BYTES("[192.0.2.1]"),
	    BYTES("quote\".example"),
	    BYTES("back\\slash"),
	    BYTES("bad\xff\xfe.example"),
	    BYTES("nul\0l.example"),
	};

	s.rcpt_domains = rcpt;
	s.rcpt_count = 9;
	record(p->path, &s);
	assert_query(p->path, "SELECT value FROM v_sessions, json_each(mail_rcpt_domains)",
		     "xn--bcher-kva.example\nexample.net\n[192.0.2.1]\n"
		     "quote\".example\nback\\\\slash\nbad\\xff\\xfe.example\nnul\\x00l.example\n");
	assert_query(p->path, "SELECT domain FROM v_hourly", "xn--bcher-kva.example\n");
}

static void
as_many_domains_as_there_can_be_fit(void **state)
{
	struct fixture *p = *state;
	struct session s = plain_session();
	static uint8_t text[DOMAINS_MAX][NAME_MAX_BYTES];
	static struct bytes domains[DOMAINS_MAX];
	size_t i;

	/* Each byte becomes four, and one of them is escaped again. */
	for (i = 0; i < DOMAINS_MAX; i++) {
		memset(text[i], 0xff, NAME_MAX_BYTES);
		text[i][0] = (uint8_t)(i & 255);
		text[i][1] = (uint8_t)(i >> 8);
		domains[i] = (struct bytes){text[i], NAME_MAX_BYTES};
	}
	s.rcpt_domains = s.from_domains = domains;
	s.rcpt_count = s.from_count = DOMAINS_MAX;
	record(p->path, &s);
	assert_query(p->path,
		     "SELECT json_array_length(mail_rcpt_domains),"
		     " json_array_length(mail_from_domains) FROM v_sessions",
		     "1024|1024\n");
}

static void
what_the_client_said_is_null_where_only_the_server_was_seen(void **state)
{
	struct fixture *p = *state;
	struct session s = plain_session();

	s.seen = SEEN_SERVER;
	record(p->path, &s);
	assert_query(p->path,
		     "SELECT mail_count IS NULL, mail_from_domains IS NULL, mail_rcpt_domains IS"
		     " NULL FROM v_sessions",
		     "1|1|1\n");
}

/* No mail is a claim like any other absence; what was seen of it stands. */
static void
no_mail_is_told_only_where_none_can_be_missing(void **state)
{
	struct fixture *p = *state;
	struct session s = plain_session();
	struct bytes rcpt[] = {BYTES("example.net")};
	static const char lists[] = "SELECT mail_count, mail_from_domains, mail_rcpt_domains FROM"
				    " v_sessions ORDER BY start";

	record(p->path, &s);
	s.start++;
	s.clear_whole = s.complete = false;
	record(p->path, &s);
	s.start++;
	s.rcpt_domains = rcpt;
	s.rcpt_count = 1;
	record(p->path, &s);
	s.start++;
	s.smtp.mail_count = 2;
	record(p->path, &s);
	assert_query(p->path, lists, "0|[]|[]\n||\n||[\"example.net\"]\n2||[\"example.net\"]\n");
}

/* What is cut in the middle may have gone on with mail, but for what TLS hides. */
static void
no_mail_is_told_only_where_none_can_follow(void **state)
{
	struct fixture *p = *state;
	struct session s = plain_session();
	const enum ending cuts[] = {ENDING_CAPTURE, ENDING_EVICTED, ENDING_REUSED};

	for (size_t i = 0; i < sizeof(cuts) / sizeof(cuts[0]); i++, s.start++) {
		s.ending = cuts[i];
		record(p->path, &s);
	}
	s.smtp.quit_sent = true;
	record(p->path, &s);
	s.start++;
	s.smtp.quit_sent = false;
	s.smtp.accepted = FACT_YES;
	record(p->path, &s);
	s.start++;
	s.smtp.accepted = FACT_NO;
	record(p->path, &s);
	s.start++;
	s.tls.complete = FACT_YES;
	record(p->path, &s);
	assert_query(p->path,
		     "SELECT mail_count, mail_from_domains, mail_rcpt_domains FROM v_sessions"
		     " ORDER BY start",
		     "||\n||\n||\n0|[]|[]\n0|[]|[]\n||\n0|[]|[]\n");
}

static const uint8_t packet_bytes[] = {1, 2, 3, 4};

static const struct evidence_item items[] = {
    {EVIDENCE_PACKET, SIDE_SERVER, START, 0, 1, 60, {packet_bytes, 4}},
    {EVIDENCE_LINE, SIDE_SERVER, START, 0, 0, 0, BYTES("220 mx1\x07")},
    {EVIDENCE_LINE, SIDE_CLIENT, START + 1, 0, 0, 0, BYTES("EHLO x")},
    {EVIDENCE_CERTIFICATE, SIDE_SERVER, START, 0, 0, 0, {packet_bytes, 4}},
};

static void
an_incident_is_told_with_its_ends_and_keeps_its_bytes(void **state)
{
	struct fixture *p = *state;
	struct session s = plain_session();
	struct verdict *v = plain_verdict("credentials-exposed");
	struct evidence_view evidence = {items, 4, true};
	struct recorder *r = open_recorder(p->path);
	struct bytes rcpt[] = {BYTES("example.net")};

	s.rcpt_domains = rcpt;
	s.rcpt_count = 1;
	assert_int_equal(recorder_session(r, &s, v, &evidence, NULL), RECORDED_NEW);
	assert_true(recorder_flush(r));
	assert_int_equal(recorder_counts(r).incidents_opened, 1);
	assert_int_equal(recorder_counts(r).findings[SEVERITY_WARNING], 1);
	assert_int_equal(recorder_counts(r).outcomes[OUTCOME_PLAINTEXT], 1);
	assert_true(recorder_close(r));
	free(v);
	assert_query(p->path,
		     "SELECT kind, severity, certainty, state, client_net, domain, \"where\","
		     " summary, evidence FROM v_incidents",
		     "credentials-exposed|warning|proven|open|192.0.2.0/24|example.net|server-side|"
		     "192.0.2.7 to 198.51.100.25:25 (mail for example.net): The password was sent"
		     " in clear.|[{\"what\":\"AUTH\",\"value\":\"PLAIN\"}]\n");
	assert_query(p->path, "SELECT side, text FROM transcripts",
		     "server|220 mx1\\x07\nclient|EHLO x\n");
	assert_query(p->path, "SELECT side, linktype, wire_len, hex(bytes) FROM packets",
		     "server|1|60|01020304\n");
	assert_query(p->path, "SELECT hex(der) FROM certificates", "01020304\n");
	assert_sound(p->path);
}

static void
clients_of_ipv6_are_gathered_by_64_bits(void **state)
{
	struct fixture *p = *state;
	struct session s = plain_session();
	struct verdict *v = plain_verdict("credentials-exposed");
	struct recorder *r = open_recorder(p->path);

	s.client =
	    (struct address){6, {0x20, 0x01, 0x0d, 0xb8, 0, 1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6}};
	s.server = (struct address){6, {0x20, 0x01, 0x0d, 0xb8, [15] = 0x25}};
	assert_int_equal(recorder_session(r, &s, v, NULL, NULL), RECORDED_NEW);
	assert_true(recorder_close(r));
	free(v);
	assert_query(
	    p->path, "SELECT client, client_net, server, summary FROM v_incidents",
	    "2001:db8:1:2:3:4:5:6|2001:db8:1:2::/64|2001:db8::25|"
	    "2001:db8:1:2:3:4:5:6 to [2001:db8::25]:25: The password was sent in clear.\n");
}

static void
findings_are_told_as_json_lines_for_known_sessions_too(void **state)
{
	struct fixture *p = *state;
	struct session s = plain_session();
	struct verdict *v = plain_verdict("credentials-exposed");
	struct recorder *r = open_recorder(p->path);
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	static const char line[] =
	    "{\"time\":\"2026-03-01T12:00:00.000000Z\",\"sensor\":\"tap1\",\"service\":\"smtp\","
	    "\"client\":\"192.0.2.7\",\"client_port\":40112,\"server\":\"198.51.100.25\","
	    "\"server_port\":25,\"session\":1,\"kind\":\"credentials-exposed\","
	    "\"severity\":\"warning\",\"certainty\":\"proven\",\"where\":\"server-side\","
	    "\"detail\":\"The password was sent in clear.\",\"incident\":1,\"surge\":null,"
	    "\"muted\":null}\n";
	char twice[2 * sizeof(line)];

	snprintf(twice, sizeof(twice), "%s%s", line, line);
	recorder_source(r, "a.pcap");
	assert_int_equal(recorder_session(r, &s, v, NULL, out), RECORDED_NEW);
	assert_int_equal(recorder_session(r, &s, v, NULL, out), RECORDED_KNOWN);
	/* One that is live is told again as it goes on: only where there is something new. */
	recorder_source(r, "");
	assert_int_equal(recorder_session(r, &s, v, NULL, out), RECORDED_KNOWN);
	assert_true(recorder_close(r));
	fclose(out);
	assert_string_equal(text, twice);
	free(text);
	free(v);
	assert_query(p->path, "SELECT sessions FROM v_incidents", "1\n");
}

static void
a_batch_is_seen_by_others_when_it_is_flushed(void **state)
{
	struct fixture *p = *state;
	struct session s = plain_session();
	struct verdict *v = plain_verdict(NULL);
	struct recorder *r = open_recorder(p->path);
	int n;

	for (n = 0; n < 2000; n++) {
		s.start++;
		s.end++;
		assert_int_equal(recorder_session(r, &s, v, NULL, NULL), RECORDED_NEW);
	}
	/* A full batch is committed of its own accord. */
	assert_query(p->path, "SELECT count(*) FROM v_sessions", "2000\n");
	s.start++;
	s.end++;
	assert_int_equal(recorder_session(r, &s, v, NULL, NULL), RECORDED_NEW);
	assert_query(p->path, "SELECT count(*) FROM v_sessions", "2000\n");
	assert_true(recorder_flush(r));
	assert_query(p->path, "SELECT count(*) FROM v_sessions", "2001\n");
	assert_int_equal(recorder_counts(r).sessions_new, 2001);
	assert_true(recorder_close(r));
	free(v);
	assert_sound(p->path);
}

static void
a_session_seen_longer_is_extended(void **state)
{
	struct fixture *p = *state;
	struct session s = plain_session();
	struct verdict *v = plain_verdict(NULL);
	struct recorder *r = open_recorder(p->path);

	assert_int_equal(recorder_session(r, &s, v, NULL, NULL), RECORDED_NEW);
	s.end += 5;
	assert_int_equal(recorder_session(r, &s, v, NULL, NULL), RECORDED_EXTENDED);
	assert_int_equal(recorder_session(r, &s, v, NULL, NULL), RECORDED_KNOWN);
	assert_true(recorder_close(r));
	free(v);
	assert_sound(p->path);
}

/* However often it is told, as it grows, and when it is read again. */
static void
a_session_that_is_over_counts_once_by_service_and_outcome(void **state)
{
	struct fixture *p = *state;
	struct session s = plain_session();
	struct verdict *v = plain_verdict("credentials-exposed");
	struct recorder *r = open_recorder(p->path);
	const size_t kind = (size_t)(judge_kind("credentials-exposed") - judge_kinds);
	struct recorder_counts c;

	s.is_under_way = true;
	assert_int_equal(recorder_session(r, &s, v, NULL, NULL), RECORDED_NEW);
	assert_true(recorder_flush(r));
	c = recorder_counts(r);
	assert_int_equal(c.over[s.service][OUTCOME_PLAINTEXT], 0);
	assert_int_equal(c.opened[kind][SEVERITY_WARNING], 1);
	s.is_under_way = false;
	s.end += 1000000;
	for (int i = 0; i < 2; i++)
		assert_int_not_equal(recorder_session(r, &s, v, NULL, NULL), RECORDED_FAILED);
	assert_true(recorder_flush(r));
	c = recorder_counts(r);
	assert_int_equal(c.over[s.service][OUTCOME_PLAINTEXT], 1);
	assert_int_equal(c.opened[kind][SEVERITY_WARNING], 1);
	assert_true(recorder_close(r));
	free(v);
}

static void
gaps_and_what_crashed_are_counted(void **state)
{
	struct fixture *p = *state;
	const struct capture_minute minute = {.minute = START, .gaps = 2, .crashed = 3};
	struct recorder *r = open_recorder(p->path);

	recorder_source(r, "");
	for (int i = 0; i < 2; i++)
		assert_true(recorder_minute(r, &minute));
	assert_true(recorder_flush(r));
	assert_int_equal(recorder_counts(r).gaps, 4);
	assert_int_equal(recorder_counts(r).crashed, 6);
	assert_true(recorder_close(r));
}

static void
minutes_are_counted_once_a_source(void **state)
{
	struct fixture *p = *state;
	struct capture_minute minute = {
	    .minute = START, .packets = 10, .bytes = 1000, .dropped = 1, .gaps = 2};
	int i;

	for (i = 0; i < 2; i++) {
		struct recorder *r = open_recorder(p->path);

		recorder_source(r, "a.pcap");
		assert_true(recorder_minute(r, &minute));
		recorder_source(r, "b.pcap");
		assert_true(recorder_minute(r, &minute));
		assert_true(recorder_close(r));
	}
	assert_query(p->path, "SELECT sensor, packets, bytes, dropped, gaps FROM v_capture",
		     "tap1|20|2000|2|4\n");
}

/* Sessions a day apart from START on, each in a batch of its own. */
static void
record_days(struct recorder *r, int from, int to)
{
	struct verdict *v = plain_verdict(NULL);
	struct session s = plain_session();

	for (int day = from; day < to; day++) {
		s.start = START + day * RETAIN_DAY;
		s.end = s.start + 1;
		assert_int_not_equal(recorder_session(r, &s, v, NULL, NULL), RECORDED_FAILED);
		assert_true(recorder_flush(r));
	}
	free(v);
}

static const struct retain_limits three_days = {.sessions = 3 * RETAIN_DAY};

/* Captures of long ago: without limits all stays; with them ages count from the newest session. */
static void
ages_count_from_the_newest_session_of_captures(void **state)
{
	struct fixture *p = *state;
	struct recorder *r = open_recorder(p->path);

	record_days(r, 0, 10);
	recorder_keep_now(r);
	assert_query(p->path, "SELECT count(*) FROM v_sessions", "10\n");
	recorder_keep(r, &three_days, true);
	recorder_keep_now(r);
	assert_query(p->path, "SELECT min(start) / 86400000000, count(*) FROM v_sessions",
		     "20519|4\n");
	/* Read again, they add nothing, and are no new sessions. */
	record_days(r, 0, 10);
	assert_int_equal(recorder_counts(r).sessions_new, 10);
	assert_int_equal(recorder_counts(r).sessions_known, 10);
	assert_null(recorder_complaint(r));
	assert_true(recorder_close(r));
	assert_query(p->path, "SELECT sum(sessions) FROM v_hourly", "10\n");
	assert_sound(p->path);
}

/* A capture whose clock is ahead of ours does not make the rest old. */
static void
a_capture_of_the_future_removes_nothing(void **state)
{
	struct fixture *p = *state;
	struct recorder *r = open_recorder(p->path);
	struct verdict *v = plain_verdict(NULL);
	struct session s = plain_session();
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	s.start = (int64_t)now.tv_sec * 1000000 - RETAIN_DAY;
	s.end = s.start + 1;
	assert_int_equal(recorder_session(r, &s, v, NULL, NULL), RECORDED_NEW);
	s.start += 36500 * RETAIN_DAY;
	s.end = s.start + 1;
	assert_int_equal(recorder_session(r, &s, v, NULL, NULL), RECORDED_NEW);
	free(v);
	assert_true(recorder_flush(r));
	recorder_keep(r, &three_days, true);
	recorder_keep_now(r);
	assert_true(recorder_close(r));
	assert_query(p->path, "SELECT count(*) FROM v_sessions", "2\n");
}

/* On a tap they count from now, and what is too old goes beside the recording. */
static void
what_is_too_old_goes_between_batches(void **state)
{
	struct fixture *p = *state;
	struct recorder *r = open_recorder(p->path);
	struct verdict *v = plain_verdict(NULL);
	struct session s = plain_session();
	struct timespec now;

	record_days(r, 0, 10);
	clock_gettime(CLOCK_REALTIME, &now);
	s.start = (int64_t)now.tv_sec * 1000000;
	s.end = s.start + 1;
	recorder_keep(r, &three_days, false);
	assert_int_equal(recorder_session(r, &s, v, NULL, NULL), RECORDED_NEW);
	assert_true(recorder_settle(r));
	assert_query(p->path, "SELECT count(*) FROM v_sessions", "10\n"); /* its batch is open */
	assert_true(recorder_flush(r));
	assert_query(p->path, "SELECT count(*) FROM v_sessions", "1\n");
	free(v);
	assert_true(recorder_close(r));
	assert_sound(p->path);
}

/* Of ten days three stay, counted from the newest session, which vouches for the clock at first. */
#define KEPT_OF_TEN \
	"SELECT count(*) IN (3, 4) FROM v_sessions" /* with the border's own, or without */

/* So it does where nothing is recorded. */
static void
what_is_too_old_goes_on_a_quiet_tap(void **state)
{
	struct fixture *p = *state;
	struct recorder *r = open_recorder(p->path);

	record_days(r, 0, 10);
	recorder_keep(r, &three_days, false);
	assert_true(recorder_settle(r));
	assert_true(recorder_close(r));
	assert_query(p->path, KEPT_OF_TEN, "1\n");
	assert_sound(p->path);
}

/* Another process that writes is not waited for, and loses the recording nothing. */
static void
who_holds_the_database_only_delays_what_is_to_go(void **state)
{
	struct fixture *p = *state;
	struct recorder *r = open_recorder(p->path);
	sqlite3 *other;

	record_days(r, 0, 10);
	recorder_keep(r, &three_days, false);
	assert_int_equal(sqlite3_open(p->path, &other), SQLITE_OK);
	assert_int_equal(sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
	assert_true(recorder_settle(r));
	assert_null(recorder_complaint(r));
	assert_int_equal(sqlite3_exec(other, "COMMIT", NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(other);
	assert_query(p->path, "SELECT count(*) FROM v_sessions", "10\n");
	recorder_keep_now(r);
	assert_query(p->path, KEPT_OF_TEN, "1\n");
	assert_true(recorder_close(r));
}

/* However fast a capture is read, what removes keeps up with it. */
static void
a_size_is_kept_to_while_a_capture_is_read(void **state)
{
	static const struct retain_limits small = {.bytes = 4 << 20};
	struct fixture *p = *state;
	struct recorder *r = open_recorder(p->path);
	struct verdict *v = plain_verdict(NULL);
	struct session s = plain_session();
	struct store *other;

	recorder_keep(r, &small, true);
	for (int n = 0; n < 40000; n++) {
		s.start += RETAIN_DAY / 1440;
		s.end = s.start + 1;
		assert_int_equal(recorder_session(r, &s, v, NULL, NULL), RECORDED_NEW);
	}
	assert_true(recorder_flush(r));
	other = open_store(p->path, STORE_READ);
	assert_true(retain_bytes(other) < 5 << 20);
	store_close(other);
	free(v);
	assert_true(recorder_close(r));
	assert_query(p->path, "SELECT sum(sessions) FROM v_hourly", "40000\n");
	assert_sound(p->path);
}

/* Where nothing more may go, that is said, once. */
static void
a_size_that_cannot_be_kept_to_is_told_once(void **state)
{
	static const struct retain_limits small = {.bytes = 4096};
	struct fixture *p = *state;
	struct recorder *r = open_recorder(p->path);
	const char *said;

	recorder_keep(r, &small, true);
	record_days(r, 0, 10);
	recorder_keep_now(r);
	said = recorder_complaint(r);
	assert_non_null(said);
	assert_non_null(strstr(said, "more than the 4096 of keep-size"));
	assert_null(recorder_complaint(r));
	recorder_keep_now(r);
	assert_null(recorder_complaint(r));
	assert_true(recorder_close(r));
	/* What is young is spared. */
	assert_query(p->path, "SELECT count(*) FROM v_sessions", "1\n");
}

static void
a_database_that_cannot_be_opened_is_told(void **state)
{
	struct fixture *p = *state;
	char path[128], why[STORE_WHY_MAX] = "";

	snprintf(path, sizeof(path), "%s/absent/a.db", p->folder);
	assert_null(recorder_open(path, "tap1", why, sizeof(why)));
	assert_non_null(strstr(why, "No such file or directory"));
	recorder_close(NULL);
}

static void
a_locked_database_fails_the_session_and_says_so(void **state)
{
	struct fixture *p = *state;
	struct session s = plain_session();
	struct verdict *v = plain_verdict(NULL);
	struct recorder *r = open_recorder(p->path);
	sqlite3 *other;

	assert_int_equal(sqlite3_open(p->path, &other), SQLITE_OK);
	assert_int_equal(sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
	assert_int_equal(recorder_session(r, &s, v, NULL, NULL), RECORDED_FAILED);
	assert_non_null(strstr(recorder_error(r), "locked by another process"));
	assert_int_equal(recorder_counts(r).sessions_new, 0);
	assert_int_equal(recorder_counts(r).sessions_refused, 1);
	sqlite3_close(other);
	assert_true(recorder_close(r));
	free(v);
}

/* Pages of the file cannot be had for the second batch: the disk is as good as full. */
static void
what_was_rolled_back_is_not_counted_as_kept(void **state)
{
	struct fixture *p = *state;
	struct session s = plain_session();
	struct verdict *v = plain_verdict("credentials-exposed");
	struct recorder *r = open_recorder(p->path);
	struct recorder_counts counts;
	sqlite3 *other;

	assert_int_equal(recorder_session(r, &s, v, NULL, NULL), RECORDED_NEW);
	assert_int_equal(recorder_counts(r).sessions_new, 0);
	assert_true(recorder_flush(r));
	assert_int_equal(sqlite3_open(p->path, &other), SQLITE_OK);
	assert_int_equal(sqlite3_exec(other,
				      "CREATE TRIGGER full BEFORE UPDATE ON hourly BEGIN SELECT"
				      " RAISE(ABORT, 'no room'); END",
				      NULL, NULL, NULL),
			 SQLITE_OK);
	s.start++;
	s.end++;
	assert_int_equal(recorder_session(r, &s, v, NULL, NULL), RECORDED_NEW);
	assert_false(recorder_flush(r));
	counts = recorder_counts(r);
	assert_int_equal(counts.sessions_new, 1);
	assert_int_equal(counts.sessions_refused, 1);
	assert_int_equal(counts.incidents_opened, 1);
	assert_int_equal(counts.incidents_touched, 0);
	assert_int_equal(counts.findings[SEVERITY_WARNING], 1);
	assert_int_equal(counts.outcomes[OUTCOME_PLAINTEXT], 1);
	sqlite3_exec(other, "DROP TRIGGER full", NULL, NULL, NULL);
	sqlite3_close(other);
	assert_true(recorder_close(r));
	free(v);
	assert_query(p->path, "SELECT count(*) FROM v_sessions", "1\n");
}

static void
a_batch_ends_a_second_after_it_began(void **state)
{
	struct fixture *p = *state;
	struct session s = plain_session();
	struct verdict *v = plain_verdict(NULL);
	struct recorder *r = open_recorder(p->path);

	assert_int_equal(recorder_patience(r), -1);
	assert_int_equal(recorder_session(r, &s, v, NULL, NULL), RECORDED_NEW);
	assert_in_range(recorder_patience(r), 1, 1000);
	assert_true(recorder_settle(r));
	assert_query(p->path, "SELECT count(*) FROM v_sessions", "0\n");
	usleep(1050000);
	assert_int_equal(recorder_patience(r), 0);
	assert_true(recorder_settle(r));
	assert_query(p->path, "SELECT count(*) FROM v_sessions", "1\n");
	assert_int_equal(recorder_patience(r), -1);
	assert_true(recorder_close(r));
	free(v);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    FIXTURE_TEST(numbers_become_names_and_unseen_becomes_null),
	    FIXTURE_TEST(numbers_without_a_name_are_told_as_numbers),
	    FIXTURE_TEST(wire_text_is_made_printable),
	    FIXTURE_TEST(domains_become_a_labels_each_once),
	    FIXTURE_TEST(as_many_domains_as_there_can_be_fit),
	    FIXTURE_TEST(what_the_client_said_is_null_where_only_the_server_was_seen),
	    FIXTURE_TEST(no_mail_is_told_only_where_none_can_be_missing),
	    FIXTURE_TEST(no_mail_is_told_only_where_none_can_follow),
	    FIXTURE_TEST(an_incident_is_told_with_its_ends_and_keeps_its_bytes),
	    FIXTURE_TEST(clients_of_ipv6_are_gathered_by_64_bits),
	    FIXTURE_TEST(findings_are_told_as_json_lines_for_known_sessions_too),
	    FIXTURE_TEST(a_batch_is_seen_by_others_when_it_is_flushed),
	    FIXTURE_TEST(a_session_seen_longer_is_extended),
	    FIXTURE_TEST(a_session_that_is_over_counts_once_by_service_and_outcome),
	    FIXTURE_TEST(gaps_and_what_crashed_are_counted),
	    FIXTURE_TEST(minutes_are_counted_once_a_source),
	    FIXTURE_TEST(ages_count_from_the_newest_session_of_captures),
	    FIXTURE_TEST(a_capture_of_the_future_removes_nothing),
	    FIXTURE_TEST(what_is_too_old_goes_between_batches),
	    FIXTURE_TEST(what_is_too_old_goes_on_a_quiet_tap),
	    FIXTURE_TEST(who_holds_the_database_only_delays_what_is_to_go),
	    FIXTURE_TEST(a_size_is_kept_to_while_a_capture_is_read),
	    FIXTURE_TEST(a_size_that_cannot_be_kept_to_is_told_once),
	    FIXTURE_TEST(a_database_that_cannot_be_opened_is_told),
	    FIXTURE_TEST(a_locked_database_fails_the_session_and_says_so),
	    FIXTURE_TEST(what_was_rolled_back_is_not_counted_as_kept),
	    FIXTURE_TEST(a_batch_ends_a_second_after_it_began),
	};

	return cmocka_run_group_tests_name("monitor_record", tests, NULL, NULL);
}
