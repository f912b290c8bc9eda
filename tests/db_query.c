/*
 * The documented interface: columns of the views, shape of the JSON objects,
 * and what each filter lets pass.
 */
#include "tests/db_build.h"

#include "db/match.h"

/* Other programs read these columns, in this order: adding at the end is all that is allowed. */
static const struct {
	const char *view, *columns;
} views[] = {
    {"v_sessions",
     "id,sensor,start,end,service,client,client_port,server,server_port,community_id,complete,"
     "gap_bytes,seen,outcome,banner,helo,extended,starttls_offered,starttls_requested,"
     "starttls_accepted,tls_version,tls_cipher,tls_sni,tls_alpn,tls_resumed,tls_cert_sha256,"
     "tls_spki_sha256,tls_ja3,tls_ja4,mail_count,mail_from_domains,mail_rcpt_domains,auth,encap,"
     "findings,ending,packets,client_bytes,server_bytes\n"},
    {"v_incidents",
     "id,kind,severity,certainty,state,first_seen,last_seen,sessions,client,server,server_port,"
     "service,domain,mx,where,summary,evidence,refuted_by,note,client_net,sensor,parent,surge,"
     "mute,mute_name,mute_until,mute_why\n"},
    {"v_mutes",
     "id,name,kinds,clients,servers,domains,severity,until,why,added,removed,incidents,sessions,"
     "last\n"},
    {"v_findings",
     "id,session,incident,time,sensor,service,client,client_port,server,server_port,kind,"
     "severity,certainty,where,detail,mute,mute_name,mute_why\n"},
    {"v_servers",
     "server,server_port,service,first_seen,last_seen,sessions,starttls_offered,"
     "starttls_not_offered,starttls_accepted,starttls_refused,encrypted,plaintext,failed,"
     "tls_version,banner,offered_since,last_offered,last_not_offered,clients,clients_without,"
     "names,extensions,keys\n"},
    {"v_policies",
     "domain,mta_sts_status,mta_sts_id,mta_sts_mode,mta_sts_max_age,mta_sts_mx,mta_sts_fetched,"
     "mta_sts_expires,mta_sts_source,mta_sts_problems,mx,tlsrpt_status,tlsrpt_rua,required\n"},
    {"v_hourly",
     "hour,service,server,domain,sessions,encrypted,plaintext,failed,no_mail,partial\n"},
    {"v_hourly_clients",
     "hour,service,client_net,sessions,encrypted,plaintext,failed,no_mail,partial\n"},
    {"v_hourly_tls",
     "hour,service,tls_version,sessions,encrypted,plaintext,failed,no_mail,partial\n"},
    {"v_capture", "minute,sensor,packets,bytes,dropped,gaps,withheld,evicted,untold,crashed\n"},
    {"v_alerts", "id,event,at,incident,kind,severity,severity_before,sensor,sink,state,tries,"
		 "next_try,why,sent_at,summed_in,held_back,held_since\n"},
};

static void
views_keep_their_columns(void **state)
{
	struct fixture *p = *state;
	char query[128];
	size_t i;

	store_close(open_store(p->path, STORE_CREATE));
	for (i = 0; i < sizeof(views) / sizeof(views[0]); i++) {
		snprintf(query, sizeof(query),
			 "SELECT group_concat(name) FROM pragma_table_info('%s')", views[i].view);
		assert_query(p->path, query, views[i].columns);
	}
	assert_query(p->path, "SELECT count(*) FROM sqlite_schema WHERE type = 'view'", "11\n");
}

static void
every_view_says_what_it_is(void **state)
{
	struct fixture *p = *state;

	store_close(open_store(p->path, STORE_CREATE));
	assert_query(p->path,
		     "SELECT name FROM sqlite_schema WHERE type = 'view' AND sql NOT LIKE"
		     " '%AS\n/* %'",
		     "");
}

static struct session_row
full_row(struct store *s)
{
	struct session_row row = plain_row(s, 0);

	row.offered = row.requested = row.accepted = MAYBE_YES;
	row.community_id = "1:wCb3OG7yAFWelaUydu0D+125CLM=";
	row.outcome = "encrypted";
	row.tls_version = "TLSv1.3";
	row.tls_cipher = "TLS_AES_256_GCM_SHA384";
	row.tls_sni = "mx1.example.net";
	row.tls_resumed = MAYBE_NO;
	row.ja3 = "00112233445566778899aabbccddeeff";
	row.auth = "PLAIN";
	row.encap = "vlan:12";
	row.end = row.start + 1234567;
	return row;
}

struct seen {
	char *json;
	int rows;
};

static bool
see(void *ctx, const struct row *row)
{
	struct seen *seen = ctx;

	free(seen->json);
	seen->json = row->json == NULL ? NULL : strdup(row->json);
	seen->rows++;
	return true;
}

static void
a_session_is_told_as_the_contract_says(void **state)
{
	struct fixture *p = *state;
	struct store *s = open_store(p->path, STORE_CREATE);
	struct finding_row finding = plain_finding("tls-obsolete", RANK_NOTICE);
	struct session_row row = full_row(s);
	struct filter f = FILTER_ALL;
	struct seen seen = {0};

	finding.detail = "A \"quote\".";
	row.findings = &finding;
	row.finding_count = 1;
	add_one(s, &row);
	f.with_json = true;
	assert_true(query_sessions(s, &f, see, &seen));
	assert_int_equal(seen.rows, 1);
	assert_string_equal(
	    seen.json,
	    "{\"id\":1,\"sensor\":\"tap1\",\"start\":\"2026-03-01T12:00:00.000000Z\","
	    "\"end\":\"2026-03-01T12:00:01.234567Z\",\"service\":\"smtp\","
	    "\"client\":\"192.0.2.7\",\"client_port\":1024,\"server\":\"198.51.100.25\","
	    "\"server_port\":25,\"community_id\":\"1:wCb3OG7yAFWelaUydu0D+125CLM=\","
	    "\"complete\":true,\"gap_bytes\":0,\"seen\":\"both\",\"outcome\":\"encrypted\","
	    "\"banner\":\"mx1.example.net ESMTP\",\"helo\":\"out.example.org\","
	    "\"extended\":true,\"starttls\":{\"offered\":true,\"requested\":true,"
	    "\"accepted\":true},\"tls\":{\"version\":\"TLSv1.3\","
	    "\"cipher\":\"TLS_AES_256_GCM_SHA384\",\"sni\":\"mx1.example.net\",\"alpn\":null,"
	    "\"resumed\":false,\"cert_sha256\":null,\"spki_sha256\":null,"
	    "\"ja3\":\"00112233445566778899aabbccddeeff\",\"ja4\":null},"
	    "\"mail\":{\"count\":1,\"from_domains\":[\"example.org\"],"
	    "\"rcpt_domains\":[\"example.net\"]},\"auth\":\"PLAIN\",\"encap\":\"vlan:12\","
	    "\"findings\":[{\"kind\":\"tls-obsolete\",\"severity\":\"notice\","
	    "\"certainty\":\"possible\",\"detail\":\"A \\\"quote\\\".\"}]}");
	free(seen.json);
	store_close(s);
}

static void
an_incident_is_told_as_the_contract_says(void **state)
{
	struct fixture *p = *state;
	struct store *s = open_store(p->path, STORE_CREATE);
	struct finding_row finding = plain_finding("starttls-masked", RANK_CRITICAL);
	struct session_row row = full_row(s);
	struct filter f = FILTER_ALL;
	struct seen seen = {0};

	finding.certainty = RANK_PROVEN;
	finding.where = "server-side";
	row.findings = &finding;
	row.finding_count = 1;
	add_one(s, &row);
	f.id = 1;
	f.with_json = true;
	assert_true(query_incidents(s, &f, see, &seen));
	assert_int_equal(seen.rows, 1);
	assert_string_equal(
	    seen.json, "{\"id\":1,\"kind\":\"starttls-masked\",\"severity\":\"critical\","
		       "\"certainty\":\"proven\",\"state\":\"open\","
		       "\"first_seen\":\"2026-03-01T12:00:00.000000Z\","
		       "\"last_seen\":\"2026-03-01T12:00:01.234567Z\",\"sessions\":1,"
		       "\"client\":\"192.0.2.7\",\"server\":\"198.51.100.25\",\"server_port\":25,"
		       "\"service\":\"smtp\",\"domain\":\"example.net\",\"mx\":null,"
		       "\"where\":\"server-side\","
		       "\"summary\":\"192.0.2.7 to 198.51.100.25:25: the reply has no STARTTLS.\","
		       "\"evidence\":[{\"what\":\"EHLO reply\",\"value\":\"250 mx1\"},"
		       "{\"what\":\"tap\",\"value\":\"no loss\"}],"
		       "\"refuted_by\":\"A reply that has it.\",\"note\":null,"
		       "\"parent\":null,\"surge\":null,\"muted\":null}");
	free(seen.json);
	store_close(s);
}

static bool
check_columns(void *ctx, const struct row *row)
{
	int *rows = ctx;

	++*rows;
	assert_null(row->json);
	assert_string_equal(row_value(row, "start"), "2026-03-01T12:00:00.000000Z");
	assert_string_equal(row_value(row, "complete"), "true");
	assert_string_equal(row_value(row, "mail_rcpt_domains"), "[\"example.net\"]");
	assert_string_equal(row_value(row, "client_port"), "1024");
	assert_null(row_value(row, "tls_version"));
	assert_null(row_value(row, "no such column"));
	return true;
}

static void
columns_are_told_as_text_by_name(void **state)
{
	struct fixture *p = *state;
	struct store *s = open_store(p->path, STORE_CREATE);
	struct session_row row = plain_row(s, 0);
	struct filter f = FILTER_ALL;
	int rows = 0;

	add_one(s, &row);
	assert_true(query_sessions(s, &f, check_columns, &rows));
	assert_int_equal(rows, 1);
	store_close(s);
}

/* Four sessions that differ in all that can be filtered by. */
static void
fill(struct store *s)
{
	struct finding_row missing = plain_finding("starttls-missing", RANK_INFO);
	struct finding_row masked = plain_finding("starttls-masked", RANK_CRITICAL);
	struct session_row row = plain_row(s, 0);

	row.findings = &missing;
	row.finding_count = 1;
	add_one(s, &row);
	row = plain_row(s, 10);
	row.client = "192.0.2.200";
	row.server = "2001:db8::25";
	row.domain = "sub.example.com";
	row.rcpt_domains = "[\"other.example\",\"sub.example.com\"]";
	row.findings = &masked;
	row.finding_count = 1;
	add_one(s, &row);
	row = plain_row(s, 20);
	row.outcome = "encrypted";
	row.client = "2001:db8:1::7";
	row.rcpt_domains = row.from_domains = "[]";
	row.domain = "";
	add_one(s, &row);
	row = plain_row(s, 30);
	row.client = "203.0.113.1";
	row.client_net = "203.0.113.0/24";
	row.rcpt_domains = NULL;
	row.from_domains = "[\"example.com\"]";
	row.findings = &missing;
	row.finding_count = 1;
	add_one(s, &row);
	assert_int_equal(incident_set_state(s, 2, "acked", NULL), INCIDENT_CHANGED);
}

struct ids {
	char text[64];
};

static bool
collect(void *ctx, const struct row *row)
{
	struct ids *ids = ctx;

	size_t len = strlen(ids->text);

	snprintf(ids->text + len, sizeof(ids->text) - len, "%s ", row_value(row, "id"));
	return true;
}

static struct network
net(const char *text)
{
	struct network n;

	assert_true(network_of(text, &n));
	return n;
}

#define SECOND INT64_C(1000000)
#define ALL    .since = INT64_MIN, .until = INT64_MAX

static void
filters_let_pass_what_they_name(void **state)
{
	struct fixture *p = *state;
	struct store *s = open_store(p->path, STORE_CREATE);
	const struct {
		const char *name;
		struct filter filter;
		const char *sessions, *incidents; /* ids, most recent first */
	} rows[] = {
	    {"none", {ALL}, "4 3 2 1 ", "3 2 1 "},
	    {"since", {.since = START + 20 * SECOND, .until = INT64_MAX}, "4 3 ", "3 "},
	    {"until", {.since = INT64_MIN, .until = START + 10 * SECOND}, "2 1 ", "2 1 "},
	    {"kind", {ALL, .kind = "starttls-masked"}, "2 ", "2 "},
	    {"severity", {ALL, .severity = 1}, "2 ", "2 "},
	    {"state", {ALL, .state = "acked"}, "2 ", "2 "},
	    {"kind and severity of one finding",
	     {ALL, .kind = "starttls-missing", .severity = 3},
	     "",
	     ""},
	    {"client", {ALL, .client = net("192.0.2.7")}, "1 ", "1 "},
	    {"client's network", {ALL, .client = net("192.0.2.128/25")}, "2 ", "2 "},
	    {"client of IPv6", {ALL, .client = net("2001:db8::/33")}, "3 ", ""},
	    {"domain of a recipient that is not the first",
	     {ALL, .domain = "other.example"},
	     "2 ",
	     "2 "},
	    {"server", {ALL, .server = net("2001:db8::/120")}, "2 ", "2 "},
	    {"domain", {ALL, .domain = "example.com"}, "4 ", "3 "},
	    {"domain and those under it", {ALL, .domain = ".example.com"}, "4 2 ", "3 2 "},
	    {"outcome", {ALL, .outcome = "encrypted"}, "3 ", ""},
	    {"outcome of incidents", {ALL, .outcome = "plaintext"}, "4 2 1 ", "3 2 1 "},
	    {"limit", {ALL, .limit = 2}, "4 3 ", "3 2 "},
	    {"id", {ALL, .id = 2}, "2 ", "2 "},
	    {"absent id", {ALL, .id = 99}, "", ""},
	    {"quote in a value", {ALL, .domain = "' OR 1=1 --"}, "", ""},
	};
	size_t i;

	fill(s);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct ids sessions = {{0}}, incidents = {{0}};

		assert_true(query_sessions(s, &rows[i].filter, collect, &sessions));
		assert_true(query_incidents(s, &rows[i].filter, collect, &incidents));
		if (strcmp(sessions.text, rows[i].sessions) != 0 ||
		    strcmp(incidents.text, rows[i].incidents) != 0)
			fail_msg("%s: sessions %s, incidents %s", rows[i].name, sessions.text,
				 incidents.text);
	}
	store_close(s);
}

/* The first client of an incident is one of many in its network. */
static void
incidents_are_found_by_any_of_their_clients(void **state)
{
	struct fixture *p = *state;
	struct store *s = open_store(p->path, STORE_CREATE);
	struct finding_row finding = plain_finding("starttls-missing", RANK_INFO);
	struct filter filter = {ALL, .client = net("192.0.2.9")};
	struct ids incidents = {{0}};

	for (int n = 0; n < 3; n++) {
		struct session_row row = plain_row(s, n);
		char client[32];

		snprintf(client, sizeof(client), "192.0.2.%d", 7 + n);
		row.client = client;
		row.findings = &finding;
		row.finding_count = 1;
		add_one(s, &row);
	}
	assert_true(query_incidents(s, &filter, collect, &incidents));
	assert_string_equal(incidents.text, "1 ");
	incidents.text[0] = '\0';
	filter.client = net("192.0.2.10");
	assert_true(query_incidents(s, &filter, collect, &incidents));
	assert_string_equal(incidents.text, "");
	store_close(s);
}

static void
sessions_of_an_incident_are_its_own(void **state)
{
	struct fixture *p = *state;
	struct store *s = open_store(p->path, STORE_CREATE);
	struct filter f = FILTER_ALL;
	struct ids ids = {{0}};

	fill(s);
	f.incident = 3;
	assert_true(query_sessions(s, &f, collect, &ids));
	assert_string_equal(ids.text, "4 ");
	assert_int_equal(incident_exists(s, 3), MAYBE_YES);
	assert_int_equal(incident_exists(s, 4), MAYBE_NO);
	store_close(s);
}

static bool
stop_at_once(void *ctx, const struct row *row)
{
	int *rows = ctx;

	(void)row;
	++*rows;
	return false;
}

static void
a_list_can_be_ended_early(void **state)
{
	struct fixture *p = *state;
	struct store *s = open_store(p->path, STORE_CREATE);
	struct filter f = FILTER_ALL;
	int rows = 0;

	fill(s);
	assert_true(query_sessions(s, &f, stop_at_once, &rows));
	assert_int_equal(rows, 1);
	assert_true(query_servers(s, &f, stop_at_once, &rows));
	assert_int_equal(rows, 2);
	store_close(s);
}

static bool
collect_asked(void *ctx, const struct row *row)
{
	char *text = ctx;
	const char *asked = row_value(row, "asked_for");
	size_t len = strlen(text);

	snprintf(text + len, 256 - len, "%s:%s ", row_value(row, "server_port"),
		 asked == NULL ? "-" : asked);
	return true;
}

/* Of one that greets it is not wanted, and who came to no TLS may ask for anything. */
static void
a_server_that_names_itself_nowhere_is_what_clients_ask_for(void **state)
{
	static const struct {
		uint16_t port;
		const char *banner, *outcome, *sni;
	} rows[] = {
	    {465, NULL, "encrypted", "old.example.net"}, {465, NULL, "encrypted", "mx.example.net"},
	    {465, NULL, "tls-failed", "evil.example"},   {25, "mx1 ESMTP", "encrypted", "mx1"},
	    {995, NULL, "tls-failed", "evil.example"},
	};
	struct fixture *p = *state;
	struct store *s = open_store(p->path, STORE_CREATE);
	struct filter f = FILTER_ALL;
	char asked[256] = "";

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct session_row row = plain_row(s, (int)i);

		row.server_port = rows[i].port;
		row.banner = rows[i].banner;
		row.outcome = rows[i].outcome;
		row.tls_sni = rows[i].sni;
		add_one(s, &row);
	}
	assert_true(query_servers(s, &f, collect_asked, asked));
	assert_string_equal(asked, "995:- 25:- 465:mx.example.net ");
	store_close(s);
}

static void
the_time_range_uses_the_index(void **state)
{
	struct fixture *p = *state;
	char *plan;

	store_close(open_store(p->path, STORE_CREATE));
	plan = dump(p->path, "EXPLAIN QUERY PLAN SELECT id, findings FROM v_sessions v WHERE"
			     " v.start >= 5 AND v.start <= 9 ORDER BY v.start DESC LIMIT 3");
	assert_non_null(strstr(plan, "INDEX sessions_identity (start>? AND start<?)"));
	free(plan);
}

static void
networks_are_read_strictly(void **state)
{
	static const struct {
		const char *text;
		bool is_good;
	} rows[] = {
	    {"192.0.2.7", true},
	    {"192.0.2.0/24", true},
	    {"2001:db8::/32", true},
	    {"::/0", true},
	    {"0.0.0.0/0", true},
	    {"192.0.2.0/33", false},
	    {"2001:db8::/129", false},
	    {"192.0.2.0/", false},
	    {"192.0.2.0/2x", false},
	    {"192.0.2", false},
	    {"", false},
	    {"/24", false},
	    {"192.0.2.0/-1", false},
	    {"192.0.2.0/0024", false},
	    {"example.net", false},
	};
	struct network n;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (network_of(rows[i].text, &n) != rows[i].is_good)
			fail_msg("%s", rows[i].text);
	}
}

static void
networks_hold_their_addresses(void **state)
{
	static const struct {
		const char *network, *address;
		bool is_in;
	} rows[] = {
	    {"192.0.2.7", "192.0.2.7", true},
	    {"192.0.2.7", "192.0.2.8", false},
	    {"::ffff:192.0.2.0/120", "192.0.2.7", true},
	    {"::ffff:192.0.2.7", "192.0.2.7", true},
	    {"::ffff:192.0.2.7", "192.0.2.8", false},
	    {"::ffff:0:0/96", "198.51.100.25", true},
	    {"::ffff:0:0/96", "2001:db8::1", false},
	    {"::ffff:0:0/95", "192.0.2.7", false},
	    {"192.0.2.0/25", "192.0.2.127", true},
	    {"192.0.2.0/25", "192.0.2.128", false},
	    {"0.0.0.0/0", "203.0.113.1", true},
	    {"0.0.0.0/0", "2001:db8::1", false},
	    {"::/0", "2001:db8::1", true},
	    {"2001:db8::/31", "2001:db9::1", true},
	    {"2001:db8::/32", "2001:db9::1", false},
	    {"192.0.2.0/24", "no address", false},
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct network n = net(rows[i].network);

		if (network_holds(&n, rows[i].address) != rows[i].is_in)
			fail_msg("%s in %s", rows[i].address, rows[i].network);
	}
}

static void
domains_match_whole_labels(void **state)
{
	static const struct {
		const char *filter, *domain;
		bool is_match;
	} rows[] = {
	    {"example.net", "example.net", true},
	    {"example.net", "EXAMPLE.net", true},
	    {"example.net", "a.example.net", false},
	    {".example.net", "example.net", true},
	    {".example.net", "a.example.net", true},
	    {".example.net", "a.b.example.net", true},
	    {".example.net", "badexample.net", false},
	    {".example.net", "net", false},
	    {".example.net", "", false},
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (domain_matches(rows[i].domain, rows[i].filter) != rows[i].is_match)
			fail_msg("%s by %s", rows[i].domain, rows[i].filter);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    FIXTURE_TEST(views_keep_their_columns),
	    FIXTURE_TEST(every_view_says_what_it_is),
	    FIXTURE_TEST(a_session_is_told_as_the_contract_says),
	    FIXTURE_TEST(an_incident_is_told_as_the_contract_says),
	    FIXTURE_TEST(columns_are_told_as_text_by_name),
	    FIXTURE_TEST(filters_let_pass_what_they_name),
	    FIXTURE_TEST(incidents_are_found_by_any_of_their_clients),
	    FIXTURE_TEST(sessions_of_an_incident_are_its_own),
	    FIXTURE_TEST(a_list_can_be_ended_early),
	    FIXTURE_TEST(a_server_that_names_itself_nowhere_is_what_clients_ask_for),
	    FIXTURE_TEST(the_time_range_uses_the_index),
	    cmocka_unit_test(networks_are_read_strictly),
	    cmocka_unit_test(networks_hold_their_addresses),
	    cmocka_unit_test(domains_match_whole_labels),
	};

	return cmocka_run_group_tests_name("db_query", tests, NULL, NULL);
}
