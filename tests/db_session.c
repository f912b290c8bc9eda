/*
 * Sessions, findings and incidents: what is counted, once, and what is kept.
 */
#include "tests/db_build.h"

static void
reading_twice_adds_nothing(void **state)
{
	struct fixture *p = *state;
	struct store *s = open_store(p->path, STORE_CREATE);
	struct finding_row finding = plain_finding("starttls-missing", RANK_INFO);
	struct session_row row;
	char *before, *after;
	static const char all[] = "SELECT * FROM v_sessions UNION ALL SELECT id, kind, severity,"
				  " certainty, state, first_seen, last_seen, sessions, client,"
				  " server, server_port, service, domain, mx, \"where\", summary,"
				  " evidence, refuted_by, note, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,"
				  " 0, 0, 0, 0, 0, 0, 0, 0 FROM v_incidents";
	int n;

	for (n = 0; n < 10; n++) {
		row = plain_row(s, n);
		row.findings = &finding;
		row.finding_count = 1;
		assert_int_equal(add_one(s, &row), SESSION_NEW);
	}
	before = dump(p->path, all);
	for (n = 0; n < 10; n++) {
		row = plain_row(s, n);
		row.findings = &finding;
		row.finding_count = 1;
		assert_int_equal(add_one(s, &row), SESSION_KNOWN);
	}
	store_close(s);
	after = dump(p->path, all);
	assert_string_equal(before, after);
	free(before);
	free(after);
	assert_query(p->path, "SELECT sessions FROM v_incidents", "10\n");
	assert_query(p->path, "SELECT sessions, plaintext FROM v_hourly", "10|10\n");
	assert_query(p->path, "SELECT sessions, plaintext FROM v_servers", "10|10\n");
	assert_sound(p->path);
}

/* Each row differs from the plain one in one part of the key. */
static void
a_session_is_known_by_its_whole_key(void **state)
{
	struct fixture *p = *state;
	struct store *s = open_store(p->path, STORE_CREATE);
	struct session_row row[7];
	int64_t id;
	size_t i;

	for (i = 0; i < 7; i++)
		row[i] = plain_row(s, 0);
	row[1].start += 1;
	row[2].client = "192.0.2.8";
	row[3].client_port = 9;
	row[4].server = "198.51.100.26";
	row[5].server_port = 2525;
	assert_true(store_begin(s));
	for (i = 0; i < 7; i++) {
		row[i].sensor_id = session_sensor(s, i == 6 ? "tap2" : "tap1");
		assert_int_equal(session_add(s, &row[i], &id), SESSION_NEW);
	}
	assert_true(store_commit(s));
	store_close(s);
	assert_query(p->path, "SELECT count(*) FROM v_sessions", "7\n");
	assert_sound(p->path);
}

static void
what_was_not_seen_is_null(void **state)
{
	struct fixture *p = *state;
	struct store *s = open_store(p->path, STORE_CREATE);
	struct session_row row = plain_row(s, 0);

	row.offered = row.requested = row.accepted = MAYBE_NULL;
	row.mail_count = -1;
	row.banner = row.helo = NULL;
	row.from_domains = row.rcpt_domains = NULL;
	row.domain = "";
	add_one(s, &row);
	store_close(s);
	assert_query(p->path,
		     "SELECT starttls_offered IS NULL, starttls_requested IS NULL,"
		     " starttls_accepted IS NULL, mail_count IS NULL, banner IS NULL, helo IS NULL,"
		     " mail_rcpt_domains IS NULL, tls_version IS NULL, extended FROM v_sessions",
		     "1|1|1|1|1|1|1|1|1\n");
	assert_query(p->path, "SELECT domain IS NULL FROM v_hourly", "1\n");
}

static void
a_longer_session_replaces_the_shorter(void **state)
{
	struct fixture *p = *state;
	struct store *s = open_store(p->path, STORE_CREATE);
	struct finding_row shorter[] = {plain_finding("starttls-missing", RANK_INFO),
					plain_finding("banner-masked", RANK_NOTICE)};
	struct finding_row longer[] = {plain_finding("starttls-missing", RANK_INFO),
				       plain_finding("credentials-exposed", RANK_WARNING)};
	struct session_row row = plain_row(s, 0);

	row.outcome = "no-mail";
	row.domain = "";
	row.findings = shorter;
	row.finding_count = 2;
	assert_int_equal(add_one(s, &row), SESSION_NEW);
	row = plain_row(s, 0);
	row.end += 1;
	row.findings = longer;
	row.finding_count = 2;
	assert_int_equal(add_one(s, &row), SESSION_EXTENDED);
	assert_int_equal(longer[0].event, INCIDENT_UNTOUCHED);
	assert_int_equal(longer[1].event, INCIDENT_OPENED);
	assert_int_equal(add_one(s, &row), SESSION_KNOWN);
	store_close(s);
	assert_query(p->path, "SELECT outcome, \"end\" - start FROM v_sessions",
		     "plaintext|500001\n");
	assert_query(p->path, "SELECT kind FROM v_findings ORDER BY kind",
		     "credentials-exposed\nstarttls-missing\n");
	/* The refuted one had this session alone. */
	assert_query(p->path, "SELECT kind, sessions FROM v_incidents ORDER BY kind",
		     "credentials-exposed|1\nstarttls-missing|1\n");
	assert_query(p->path, "SELECT domain, sessions, plaintext FROM v_hourly",
		     "example.net|1|1\n");
	assert_query(p->path, "SELECT sessions, plaintext FROM v_servers", "1|1\n");
	assert_sound(p->path);
}

static void
an_incident_is_known_by_its_whole_key(void **state)
{
	struct fixture *p = *state;
	struct store *s = open_store(p->path, STORE_CREATE);
	struct session_row row;
	int n;

	for (n = 0; n < 8; n++) {
		struct finding_row finding = plain_finding("starttls-missing", RANK_INFO);

		row = plain_row(s, n);
		row.findings = &finding;
		row.finding_count = 1;
		if (n == 1)
			row.client = "192.0.2.99"; /* same network: same incident */
		if (n == 2)
			row.client_net = "192.0.3.0/24";
		if (n == 3)
			row.server = "198.51.100.26";
		if (n == 4)
			row.server_port = 2525;
		if (n == 5)
			row.domain = "";
		if (n == 6)
			finding.kind = "starttls-masked";
		add_one(s, &row);
	}
	store_close(s);
	assert_query(p->path, "SELECT count(*), max(sessions) FROM v_incidents", "6|3\n");
	assert_query(p->path,
		     "SELECT count(*) FROM v_incidents WHERE domain IS NULL AND sessions = 1",
		     "1\n");
	assert_sound(p->path);
}

static void
join(struct store *s, int n, enum severity_rank severity, enum certainty_rank certainty,
     enum incident_event event)
{
	struct finding_row finding = plain_finding("starttls-refused", severity);
	struct session_row row = plain_row(s, n);
	char summary[64];

	snprintf(summary, sizeof(summary), "sentence %d", n);
	finding.summary = summary;
	finding.certainty = certainty;
	row.findings = &finding;
	row.finding_count = 1;
	add_one(s, &row);
	assert_int_equal(finding.event, event);
	assert_int_not_equal(finding.incident_id, 0);
}

static void
severity_and_certainty_only_rise_until_closed(void **state)
{
	struct fixture *p = *state;
	struct store *s = open_store(p->path, STORE_CREATE);
	static const char look[] = "SELECT severity, certainty, state, sessions, summary FROM"
				   " v_incidents";

	join(s, 1, RANK_NOTICE, RANK_POSSIBLE, INCIDENT_OPENED);
	join(s, 2, RANK_CRITICAL, RANK_POSSIBLE, INCIDENT_RAISED);
	join(s, 3, RANK_NOTICE, RANK_PROBABLE, INCIDENT_TOUCHED);
	assert_query(p->path, look, "critical|probable|open|3|sentence 2\n");
	assert_int_equal(incident_set_state(s, 1, "acked", "seen"), INCIDENT_CHANGED);
	join(s, 4, RANK_NOTICE, RANK_POSSIBLE, INCIDENT_TOUCHED);
	assert_query(p->path, look, "critical|probable|acked|4|sentence 2\n");
	assert_int_equal(incident_set_state(s, 1, "closed", NULL), INCIDENT_CHANGED);
	join(s, 5, RANK_WARNING, RANK_POSSIBLE, INCIDENT_REOPENED);
	assert_query(p->path, look, "warning|possible|open|5|sentence 5\n");
	assert_query(p->path, "SELECT note FROM v_incidents", "seen\n");
	assert_int_equal(incident_set_state(s, 99, "acked", NULL), INCIDENT_ABSENT);
	store_close(s);
	assert_sound(p->path);
}

/* The first session of an incident, so many seconds longer, with what has come to be known of it.
 */
static void
judge_again(struct store *s, int longer, enum severity_rank severity, enum incident_event event)
{
	struct finding_row finding = plain_finding("starttls-refused", severity);
	struct session_row row = plain_row(s, 1);

	finding.summary = "what has come to be known";
	row.end += longer * INT64_C(1000000);
	row.packets++;
	row.findings = &finding;
	row.finding_count = 1;
	assert_int_equal(add_one(s, &row), SESSION_EXTENDED);
	assert_int_equal(finding.event, event);
}

/* Whoever closed it did not know: who lists what is open, or is shown it, must see it again. */
static void
one_that_gets_graver_while_it_is_closed_is_open_again(void **state)
{
	struct fixture *p = *state;
	struct store *s = open_store(p->path, STORE_CREATE);
	static const char look[] = "SELECT severity, state, sessions, note, summary FROM"
				   " v_incidents";

	join(s, 1, RANK_WARNING, RANK_POSSIBLE, INCIDENT_OPENED);
	assert_int_equal(incident_set_state(s, 1, "closed", "an old server"), INCIDENT_CHANGED);
	judge_again(s, 1, RANK_WARNING, INCIDENT_UNTOUCHED);
	assert_query(p->path, "SELECT severity, state FROM v_incidents", "warning|closed\n");
	judge_again(s, 2, RANK_CRITICAL, INCIDENT_REOPENED);
	assert_query(p->path, look, "critical|open|1|an old server|what has come to be known\n");
	store_close(s);
	assert_sound(p->path);
}

static void
an_incident_spans_its_sessions_in_any_order(void **state)
{
	struct fixture *p = *state;
	struct store *s = open_store(p->path, STORE_CREATE);

	join(s, 50, RANK_INFO, RANK_POSSIBLE, INCIDENT_OPENED);
	join(s, 10, RANK_INFO, RANK_POSSIBLE, INCIDENT_TOUCHED);
	join(s, 90, RANK_INFO, RANK_POSSIBLE, INCIDENT_TOUCHED);
	store_close(s);
	assert_query(p->path,
		     "SELECT (first_seen - 1772366400000000) / 1000000,"
		     " (last_seen - 1772366400000000) / 100000 FROM v_incidents",
		     "10|905\n");
}

struct walked {
	int sessions, proofs, lines, packets, certificates, cut;
	int64_t ids[8];
	char last_line[64];
};

static void
walk_session(void *ctx, int64_t id, bool is_whole)
{
	struct walked *w = ctx;

	w->ids[w->sessions++] = id;
	w->cut += !is_whole;
}

static void
walk_proof(void *ctx, const struct proof_row *proof)
{
	struct walked *w = ctx;

	assert_non_null(proof->what);
	w->proofs++;
}

static void
walk_line(void *ctx, const struct line_row *line)
{
	struct walked *w = ctx;

	snprintf(w->last_line, sizeof(w->last_line), "%s", line->text);
	w->lines++;
}

static void
walk_packet(void *ctx, const struct packet_row *packet)
{
	struct walked *w = ctx;

	assert_int_equal(packet->linktype, 1);
	assert_int_equal(packet->wire_len, 60);
	w->packets++;
}

static void
walk_certificate(void *ctx, const struct certificate_row *certificate)
{
	struct walked *w = ctx;

	assert_memory_equal(certificate->der, "DER", 3);
	w->certificates++;
}

static struct walked
walk(struct store *s, int64_t id)
{
	struct walked w = {0};
	const struct incident_teller teller = {walk_session, walk_proof,       walk_line,
					       walk_packet,  walk_certificate, &w};

	assert_true(incident_walk(s, id, &teller));
	return w;
}

static void
add_with_exhibit(struct store *s, int n, size_t packet_len)
{
	static const uint8_t bytes[2048];
	char text[32];
	struct line_row line = {START, true, text};
	struct packet_row packets[200];
	struct certificate_row certificate = {"DER", 3};
	struct exhibit exhibit = {&line,        1, packets, packet_len == 0 ? 2 : 200,
				  &certificate, 1, true};
	struct finding_row findings[2] = {plain_finding("starttls-missing", RANK_INFO),
					  plain_finding("credentials-exposed", RANK_WARNING)};
	struct session_row row = plain_row(s, n);
	int64_t id;
	size_t i;

	for (i = 0; i < 200; i++)
		packets[i] = (struct packet_row){START, false, 1, 60, bytes, packet_len};
	snprintf(text, sizeof(text), "250 line of %d", n);
	row.findings = findings;
	row.finding_count = 2;
	row.exhibit = &exhibit;
	assert_int_equal(session_add(s, &row, &id), SESSION_NEW);
}

/* In one batch or in many: what is kept must not depend on it. */
static void
the_first_three_sessions_and_the_latest_are_kept(void **state)
{
	struct fixture *p = *state;
	int per_batch, n;

	for (per_batch = 1; per_batch <= 64; per_batch *= 8) {
		struct store *s = open_store(p->path, STORE_CREATE);
		struct walked w;

		for (n = 0; n < 50; n++) {
			if (!store_is_in_transaction(s))
				assert_true(store_begin(s));
			if (n == 0)
				assert_int_not_equal(session_sensor(s, "tap1"), 0);
			add_with_exhibit(s, n, 0);
			if (n % per_batch == per_batch - 1)
				assert_true(store_commit(s));
		}
		assert_true(store_commit(s));
		w = walk(s, 2);
		assert_int_equal(w.sessions, 4);
		assert_int_equal(w.ids[0], 1);
		assert_int_equal(w.ids[2], 3);
		assert_int_equal(w.ids[3], 50);
		assert_int_equal(w.proofs, 8);
		assert_int_equal(w.lines, 4);
		assert_int_equal(w.packets, 8);
		assert_int_equal(w.certificates, 4);
		assert_string_equal(w.last_line, "250 line of 49");
		assert_int_equal(incident_packets(s, 2), 8);
		store_close(s);
		/* Both incidents keep the same sessions; their bytes are stored once. */
		assert_query(p->path, "SELECT count(*), count(DISTINCT session_id) FROM packets",
			     "8|4\n");
		assert_sound(p->path);
		assert_int_equal(unlink(p->path), 0);
	}
}

static void
too_many_bytes_of_a_session_are_cut_and_told(void **state)
{
	struct fixture *p = *state;
	struct store *s = open_store(p->path, STORE_CREATE);
	struct walked w;
	int n;

	assert_true(store_begin(s));
	assert_int_not_equal(session_sensor(s, "tap1"), 0);
	/* Many large ones in one batch: more than is remembered at a time. */
	for (n = 0; n < 60; n++)
		add_with_exhibit(s, n, 2048);
	assert_true(store_commit(s));
	w = walk(s, 1);
	assert_int_equal(w.cut, 4);
	assert_int_equal(w.ids[3], 60);
	assert_true(w.packets > 4 * 100 && w.packets < 4 * 128);
	store_close(s);
	assert_sound(p->path);
}

static void
minutes_of_a_saved_capture_count_once_and_live_ones_add_up(void **state)
{
	struct fixture *p = *state;
	struct store *s = open_store(p->path, STORE_CREATE);
	struct capture_row row = {
	    .minute = START, .source = "a.pcap", .packets = 10, .bytes = 1000, .gaps = 1};
	int i;

	assert_true(store_begin(s));
	row.sensor_id = session_sensor(s, "tap1");
	for (i = 0; i < 2; i++) {
		row.source = "a.pcap";
		assert_true(session_capture(s, &row));
		row.source = "b.pcap";
		assert_true(session_capture(s, &row));
		row.source = "";
		assert_true(session_capture(s, &row));
	}
	assert_true(store_commit(s));
	store_close(s);
	assert_query(p->path, "SELECT sensor, packets, bytes, dropped, gaps FROM v_capture",
		     "tap1|40|4000|0|4\n");
}

static void
servers_remember_what_they_offered(void **state)
{
	struct fixture *p = *state;
	struct store *s = open_store(p->path, STORE_CREATE);
	struct session_row row = plain_row(s, 0);

	add_one(s, &row);
	row = plain_row(s, 5);
	row.offered = row.requested = row.accepted = MAYBE_YES;
	row.tls_version = "TLSv1.2";
	row.outcome = "encrypted";
	row.banner = "mx1.example.net new";
	add_one(s, &row);
	row = plain_row(s, 3);
	row.offered = row.requested = MAYBE_YES;
	row.accepted = MAYBE_NO;
	row.banner = "mx1.example.net between";
	row.tls_version = NULL;
	add_one(s, &row);
	row = plain_row(s, 4);
	row.offered = MAYBE_NULL;
	row.banner = NULL;
	row.tls_version = "TLSv1.0";
	row.outcome = "tls-failed";
	add_one(s, &row);
	store_close(s);
	assert_query(p->path,
		     "SELECT sessions, starttls_offered, starttls_not_offered, starttls_accepted,"
		     " starttls_refused, encrypted, plaintext, failed, tls_version, banner FROM"
		     " v_servers",
		     "4|2|1|1|1|1|2|1|TLSv1.2|mx1.example.net new\n");
}

static void
hours_are_cut_at_full_hours_before_the_epoch_too(void **state)
{
	struct fixture *p = *state;
	struct store *s = open_store(p->path, STORE_CREATE);
	struct session_row row = plain_row(s, 0);

	row.start = row.end = -1;
	add_one(s, &row);
	row.start = row.end = 3599999999;
	add_one(s, &row);
	row.start = row.end = 3600000000;
	add_one(s, &row);
	store_close(s);
	assert_query(p->path, "SELECT hour, sessions FROM v_hourly ORDER BY hour",
		     "-3600000000|1\n0|1\n3600000000|1\n");
	assert_sound(p->path);
}

/* What a reader that was taken over says of its traffic must not make sums of others fail. */
static void
minutes_add_up_whatever_is_said(void **state)
{
	const struct fixture *p = *state;
	struct store *s = open_store(p->path, STORE_CREATE);
	struct capture_row row = {.source = "", .packets = INT64_MAX, .crashed = INT64_MAX};

	assert_true(store_begin(s));
	row.sensor_id = session_sensor(s, "tap1");
	for (int i = 0; i < 300; i++) {
		row.minute = START + i / 2 * INT64_C(60000000);
		assert_true(session_capture(s, &row));
	}
	assert_true(store_commit(s));
	store_close(s);
	assert_query(
	    p->path,
	    "SELECT typeof(sum(packets)), min(packets) > 1000000000000, typeof(sum(crashed))"
	    " FROM v_capture",
	    "integer|1|integer\n");
}

/* Add one of that sensor, and learn it: whether it counts. */
static bool
counts(struct store *s, struct session_row *row, const char *sensor)
{
	bool is_first;
	int64_t id;

	row->sensor_id = session_sensor(s, sensor);
	assert_int_equal(session_add(s, row, &id), SESSION_NEW);
	assert_true(session_learn(s, id, &is_first));
	return is_first;
}

/* The plain session at one sensor, and what another saw a second later. */
static const struct sight {
	const char *name;
	int64_t later;
	uint16_t client_port; /* 0: the same */
	bool was_complete, is_complete;
	const char *was_seen, *seen;
	bool counts;
} sights[] = {
    {"the same", 1000000, 0, true, true, "both", "both", false},
    {"the same by a clock that is behind", -1000000, 0, true, true, "both", "both", false},
    {"less of it", 0, 0, true, false, "both", "both", false},
    {"one side of it", 0, 0, true, false, "both", "server", false},
    {"the same side of it", 0, 0, false, false, "server", "server", false},
    {"more of it", 0, 0, false, true, "both", "both", true},
    {"both sides of it", 0, 0, false, false, "client", "both", true},
    {"its other side", 0, 0, false, false, "client", "server", true},
    {"another one, by its time", 1000001, 0, true, true, "both", "both", true},
    {"another one, by its port", 0, 9, true, true, "both", "both", true},
};

static void
what_two_sensors_saw_counts_once(void **state)
{
	struct fixture *p = *state;
	struct store *s = open_store(p->path, STORE_CREATE);

	assert_true(store_begin(s));
	for (size_t i = 0; i < sizeof(sights) / sizeof(sights[0]); i++) {
		const struct sight *t = &sights[i];
		struct session_row row = plain_row(s, 100 * (int)i);

		row.complete = t->was_complete;
		row.seen = t->was_seen;
		assert_true(counts(s, &row, "tap1"));
		row.start += t->later;
		row.complete = t->is_complete;
		row.seen = t->seen;
		if (t->client_port != 0)
			row.client_port = t->client_port;
		if (counts(s, &row, "tap2") != t->counts)
			fail_msg("%s", t->name);
	}
	assert_true(store_commit(s));
	store_close(s);
	assert_query(p->path, "SELECT count(*) FROM v_sessions", "20\n");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    FIXTURE_TEST(reading_twice_adds_nothing),
	    FIXTURE_TEST(a_session_is_known_by_its_whole_key),
	    FIXTURE_TEST(what_was_not_seen_is_null),
	    FIXTURE_TEST(a_longer_session_replaces_the_shorter),
	    FIXTURE_TEST(an_incident_is_known_by_its_whole_key),
	    FIXTURE_TEST(severity_and_certainty_only_rise_until_closed),
	    FIXTURE_TEST(one_that_gets_graver_while_it_is_closed_is_open_again),
	    FIXTURE_TEST(an_incident_spans_its_sessions_in_any_order),
	    FIXTURE_TEST(the_first_three_sessions_and_the_latest_are_kept),
	    FIXTURE_TEST(too_many_bytes_of_a_session_are_cut_and_told),
	    FIXTURE_TEST(minutes_of_a_saved_capture_count_once_and_live_ones_add_up),
	    FIXTURE_TEST(servers_remember_what_they_offered),
	    FIXTURE_TEST(hours_are_cut_at_full_hours_before_the_epoch_too),
	    FIXTURE_TEST(minutes_add_up_whatever_is_said),
	    FIXTURE_TEST(what_two_sensors_saw_counts_once),
	};

	return cmocka_run_group_tests_name("db_session", tests, NULL, NULL);
}
