/*
 * An answer that arrives after the session: what was recorded at once is judged
 * again by it, once, and only what went to that domain lately.
 */
#include "tests/db_build.h"

#include "monitor/policy/smart_hosts.h"
#include "monitor/policy_rows.h"
#include "monitor/recent.h"
#include "monitor/record.h"

#define MINUTE INT64_C(60000000)
#define HOUR   (60 * MINUTE)
#define DAY    (24 * HOUR)

/* Mail in clear for a domain, n minutes later each; STARTTLS offered or not. */
static struct session
mail_session(int n, struct bytes *recipient, enum fact offered)
{
	struct session s = {
	    .service = SERVICE_SMTP,
	    .client = {.family = 4, .b = {192, 0, 2, 7}},
	    .server = {.family = 4, .b = {198, 51, 100, 25}},
	    .client_port = (uint16_t)(40000 + n),
	    .server_port = 25,
	    .start = START + n * MINUTE,
	    .end = START + n * MINUTE + 1,
	    .seen = SEEN_BOTH,
	    .syn_seen = true,
	    .complete = true,
	    .clear_whole = true,
	    .ending = ENDING_FIN,
	    .packets = 9,
	    .helo = BYTES("out.example.org"),
	    .rcpt_domains = recipient,
	    .rcpt_count = 1,
	};

	s.greeting[0] = BYTES("relay.example ESMTP");
	s.greetings = 1;
	s.ehlo[0] = BYTES("relay.example");
	s.ehlo[1] = offered == FACT_YES ? BYTES("STARTTLS") : BYTES("PIPELINING");
	s.ehlos = 2;
	s.smtp.greeting_code = 220;
	s.smtp.greeting_verb = GREETING_EHLO;
	s.smtp.extended = FACT_YES;
	s.smtp.offered = offered;
	s.smtp.requested = FACT_NO;
	s.smtp.mail_count = 1;
	s.smtp.mail_accepted = true;
	s.smtp.message_sent = true;
	return s;
}

/* One after the other, until the next call. */
static const char *
concat(const char *a, const char *b)
{
	static char both[512];

	snprintf(both, sizeof(both), "%s%s", a, b);
	return both;
}

static void
record(struct recorder *r, const struct session *s)
{
	struct verdict *v = calloc(1, sizeof(*v));

	assert_non_null(v);
	assert_true(recorder_judge(r, s, v));
	assert_int_equal(recorder_session(r, s, v, NULL, NULL), RECORDED_NEW);
	free(v);
}

static struct recorder *
open_recorder(const char *path)
{
	char why[STORE_WHY_MAX] = "";
	struct recorder *r = recorder_open(path, "tap1", why, sizeof(why));

	if (r == NULL)
		fail_msg("%s", why);
	recorder_source(r, "");
	assert_true(recorder_expect_policies(r, RECENT_WINDOW));
	return r;
}

/*
 * The made-up answer: the domain's one MX host is at this last byte of the server's
 * network, and the policy this text; NULL: it has none.
 */
struct answer_form {
	enum mx_form form;
	bool is_tlsa; /* and a secure TLSA record of nobody's certificate */
};

static void
learn_form(struct recorder *r, const char *domain, const char *host, uint8_t last, const char *text,
	   int64_t time, const struct answer_form *form, FILE *json)
{
	static uint8_t digest[32] = {1};
	static const struct tlsa tlsa = {3, 1, 1, {digest, sizeof(digest)}, false, 0};
	static struct known_policy known;
	struct problems problems = {0};
	struct address address = {.family = 4, .b = {198, 51, 100, last}};

	memset(&known, 0, sizeof(known));
	assert_int_equal(domain_read(bytes_text(domain), &known.domain), DOMAIN_OK);
	known.learnt = time;
	known.source = "network";
	if (text != NULL) {
		sts_policy_read(bytes_text(text), &known.sts, &problems);
		assert_true(known.sts.is_valid);
		known.cache = (struct sts_cache){.is_known = true,
						 .id = "1",
						 .mode = known.sts.mode,
						 .max_age = known.sts.max_age,
						 .fetched = START + MINUTE};
	}
	known.mx.form = form->form;
	known.mx.is_whole = true;
	if (form->form != MX_NULL) {
		known.mx.count = 1;
		known.mx.hosts[0] = (struct mx_host){.is_whole = true};
		assert_int_equal(domain_read(bytes_text(host), &known.mx.hosts[0].name), DOMAIN_OK);
		mx_add_address(&known.mx.hosts[0], &address);
	}
	known.dane[0].mx = ANSWER_SECURE;
	known.dane[0].address = ANSWER_SECURE;
	known.dane[0].tlsa[DANE_BASE_EXPANDED] = form->is_tlsa ? ANSWER_SECURE : ANSWER_ABSENT;
	if (form->is_tlsa)
		known.dane[0].records[DANE_BASE_EXPANDED] = (struct tlsa_set){&tlsa, 1};
	assert_true(recorder_policy(r, &known, json));
}

static void
learn_at(struct recorder *r, const char *domain, const char *host, uint8_t last, const char *text,
	 int64_t time, FILE *json)
{
	const struct answer_form listed = {MX_LISTED, false};

	learn_form(r, domain, host, last, text, time, &listed, json);
}

static void
learn(struct recorder *r, const char *domain, const char *text, FILE *json)
{
	learn_at(r, domain, "mx.example.net", 25, text, START + HOUR / 6, json);
}

#define ENFORCE   "version: STSv1\nmode: enforce\nmx: mx.example.net\nmax_age: 604800\n"
#define TESTING   "version: STSv1\nmode: testing\nmx: mx.example.net\nmax_age: 604800\n"
#define NONE      "version: STSv1\nmode: none\nmax_age: 604800\n"
#define FINDINGS  "SELECT session, kind, severity, certainty FROM v_findings ORDER BY session, kind"
#define INCIDENTS "SELECT kind, severity, sessions, domain FROM v_incidents ORDER BY kind, domain"

static void
a_session_is_raised_when_the_answer_arrives(void **state)
{
	struct fixture *p = *state;
	struct bytes recipient = BYTES("example.net");
	struct session s = mail_session(0, &recipient, FACT_NO);
	struct recorder *r = open_recorder(p->path);
	char *json = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&json, &len);

	record(r, &s);
	assert_true(recorder_flush(r));
	assert_query(p->path, FINDINGS, "1|starttls-missing|info|possible\n");
	learn(r, "example.net", ENFORCE, out);
	assert_true(recorder_close(r));
	assert_int_equal(fclose(out), 0);
	assert_query(p->path, FINDINGS,
		     "1|starttls-stripped|critical|probable\n1|sts-violation|critical|probable\n");
	assert_query(p->path, INCIDENTS,
		     "starttls-stripped|critical|1|example.net\n"
		     "sts-violation|critical|1|example.net\n");
	assert_non_null(strstr(json, "\"kind\":\"starttls-stripped\",\"severity\":\"critical\""));
	assert_non_null(strstr(json, "\"kind\":\"sts-violation\",\"severity\":\"critical\""));
	free(json);
}

/* A finding that was there is raised in its incident, not told beside it. */
static void
a_finding_that_was_there_is_raised(void **state)
{
	struct fixture *p = *state;
	struct bytes recipient = BYTES("example.net");
	struct session s = mail_session(0, &recipient, FACT_YES);
	struct recorder *r = open_recorder(p->path);

	record(r, &s);
	learn(r, "example.net", ENFORCE, NULL);
	assert_true(recorder_close(r));
	assert_query(p->path, FINDINGS,
		     "1|starttls-unused|critical|probable\n1|sts-violation|critical|probable\n");
	assert_query(p->path, INCIDENTS,
		     "starttls-unused|critical|1|example.net\n"
		     "sts-violation|critical|1|example.net\n");
	assert_query(p->path,
		     "SELECT count(*) FROM v_incidents, json_each(evidence) WHERE"
		     " value ->> 'what' = 'judged again'",
		     "2\n");
}

/* Its handshake was cut; what became of it is told after the session that the client began next. */
static struct session
broken_session(int n)
{
	struct session s = mail_session(n, NULL, FACT_YES);

	s.client_port = 50000;
	s.rcpt_count = 0;
	s.smtp.requested = s.smtp.accepted = FACT_YES;
	s.smtp.mail_count = 0;
	s.smtp.mail_accepted = s.smtp.message_sent = false;
	s.tls.client_hello = true;
	s.tls.complete = FACT_NO;
	s.tls.failure = TLS_FAILED_RESET;
	s.tls.failed_by = SIDE_SERVER;
	s.ending = ENDING_RESET;
	return s;
}

#define FALLBACKS                                                                          \
	"SELECT session, severity, certainty, substr(detail, 1, 14) FROM v_findings WHERE" \
	" kind = 'plaintext-fallback'"

static void
a_fallback_found_with_hindsight_goes_by_the_policy(void **state)
{
	struct fixture *p = *state;
	struct bytes recipient = BYTES("example.net");
	struct session s = mail_session(3, &recipient, FACT_YES), cause = broken_session(2);
	struct recorder *r = open_recorder(p->path);

	record(r, &s);
	learn(r, "example.net", ENFORCE, NULL);
	record(r, &cause);
	assert_true(recorder_close(r));
	assert_query(p->path, FALLBACKS, "1|critical|probable|With hindsight\n");
}

static void
a_fallback_found_with_hindsight_is_raised_by_an_answer(void **state)
{
	struct fixture *p = *state;
	struct bytes recipient = BYTES("example.net");
	struct session s = mail_session(3, &recipient, FACT_YES), cause = broken_session(2);
	struct recorder *r = open_recorder(p->path);

	record(r, &s);
	record(r, &cause);
	assert_true(recorder_flush(r));
	assert_query(p->path, FALLBACKS, "1|warning|probable|With hindsight\n");
	learn(r, "example.net", ENFORCE, NULL);
	assert_true(recorder_close(r));
	assert_query(p->path,
		     "SELECT session, severity FROM v_findings WHERE kind ="
		     " 'plaintext-fallback'",
		     "1|critical\n");
}

static void
the_same_answer_again_changes_nothing(void **state)
{
	struct fixture *p = *state;
	struct bytes recipient = BYTES("example.net");
	struct session s = mail_session(0, &recipient, FACT_YES);
	struct recorder *r = open_recorder(p->path);
	struct recorder_counts once, twice;

	record(r, &s);
	learn(r, "example.net", ENFORCE, NULL);
	assert_true(recorder_flush(r));
	once = recorder_counts(r);
	learn(r, "example.net", ENFORCE, NULL);
	assert_true(recorder_flush(r));
	twice = recorder_counts(r);
	assert_memory_equal(&once, &twice, sizeof(once));
	assert_true(recorder_close(r));
	assert_query(p->path, INCIDENTS,
		     "starttls-unused|critical|1|example.net\n"
		     "sts-violation|critical|1|example.net\n");
}

/* The order in which a session and the answer come makes no difference to what is found. */
static void
a_policy_that_is_known_is_judged_by_at_once(void **state)
{
	struct fixture *p = *state;
	struct bytes recipient = BYTES("example.net");
	struct session s = mail_session(0, &recipient, FACT_NO);
	struct recorder *r = open_recorder(p->path);

	learn(r, "example.net", ENFORCE, NULL);
	record(r, &s);
	assert_true(recorder_close(r));
	assert_query(p->path, FINDINGS,
		     "1|starttls-stripped|critical|probable\n1|sts-violation|critical|probable\n");
}

struct answer_row {
	const char *name, *domain, *text, *found;
};

/* What says nothing of the session leaves it as it was; testing is a notice. */
static void
other_answers_raise_nothing(void **state)
{
	static const struct answer_row rows[] = {
	    {"of another domain", "example.org", ENFORCE, "1|starttls-unused|info|possible\n"},
	    {"of a subdomain", "mail.example.net", ENFORCE, "1|starttls-unused|info|possible\n"},
	    {"mode none", "example.net", NONE, "1|starttls-unused|info|possible\n"},
	    {"testing", "example.net", TESTING,
	     "1|starttls-unused|notice|probable\n1|sts-violation|notice|probable\n"},
	};
	struct fixture *p = *state;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct bytes recipient = BYTES("example.net");
		struct session s = mail_session(0, &recipient, FACT_YES);
		char path[128];
		struct recorder *r;

		snprintf(path, sizeof(path), "%s.%zu", p->path, i);
		r = open_recorder(path);
		record(r, &s);
		learn(r, rows[i].domain, rows[i].text, NULL);
		assert_true(recorder_close(r));
		print_message("%s\n", rows[i].name);
		assert_query(path, FINDINGS, rows[i].found);
	}
}

/* Of what is long past nothing is known any more; what came since is judged. */
static void
only_the_last_minutes_are_judged_again(void **state)
{
	struct fixture *p = *state;
	struct bytes recipient = BYTES("example.net");
	struct recorder *r = open_recorder(p->path);

	for (int minute = 0; minute <= 15; minute += 5) {
		struct session s = mail_session(minute, &recipient, FACT_YES);

		record(r, &s);
	}
	learn(r, "example.net", ENFORCE, NULL);
	assert_true(recorder_close(r));
	assert_query(p->path,
		     "SELECT session, severity FROM v_findings WHERE kind = 'starttls-unused'"
		     " ORDER BY session",
		     "1|info\n2|critical\n3|critical\n4|critical\n");
}

/* An answer that changes little has views of what was known before, which goes when it is saved. */
static void
what_was_known_may_be_part_of_what_is(void **state)
{
	static struct known_policy known;
	struct fixture *p = *state;
	struct recorder *r = open_recorder(p->path);
	const struct known_policy *before;

	assert_true(recorder_known_policy(r, BYTES("example.net"), &before));
	assert_null(before);
	learn(r, "example.net", ENFORCE, NULL);
	assert_true(recorder_known_policy(r, BYTES("example.net"), &before));
	assert_non_null(before);
	known = *before;
	known.cache.is_edited = true;
	assert_true(recorder_policy(r, &known, NULL));
	assert_true(recorder_close(r));
	assert_query(p->path, "SELECT mta_sts_text, edited FROM policies", ENFORCE "|1\n");
}

/* RFC 8461 section 5.1: what is known outlives the program. */
static void
a_policy_is_honoured_after_a_restart(void **state)
{
	struct fixture *p = *state;
	struct bytes recipient = BYTES("example.net");
	struct session s = mail_session(0, &recipient, FACT_YES);
	struct recorder *r = open_recorder(p->path);

	learn(r, "example.net", ENFORCE, NULL);
	assert_true(recorder_close(r));
	assert_query(p->path,
		     "SELECT domain, mta_sts_status, mta_sts_id, mta_sts_mx, required,"
		     " mx ->> '$[0].sts_match' FROM v_policies",
		     "example.net|enforce|1|[\"mx.example.net\"]|mta-sts|1\n");
	r = open_recorder(p->path);
	record(r, &s);
	assert_true(recorder_close(r));
	assert_query(p->path, FINDINGS,
		     "1|starttls-unused|critical|probable\n1|sts-violation|critical|probable\n");
}

/* Every value that counts comes back as it went. */
static void
what_is_saved_is_loaded(void **state)
{
	static struct known_policy known;
	static uint8_t digest[32] = {1, 2, 3};
	const struct tlsa records[] = {{3, 1, 1, {digest, sizeof(digest)}, false, 0},
				       {2, 0, 0, {digest, 1}, true, 0xfedcba98}};
	struct fixture *p = *state;
	struct store *store = open_store(p->path, STORE_CREATE);
	struct policy_book *book = book_new();
	const struct known_policy *got;
	struct problems problems = {0};

	memset(&known, 0, sizeof(known));
	assert_int_equal(domain_read(BYTES("example.net"), &known.domain), DOMAIN_OK);
	known.learnt = START;
	known.source = "network";
	sts_policy_read(BYTES(ENFORCE), &known.sts, &problems);
	known.cache = (struct sts_cache){.is_known = true,
					 .id = "a",
					 .mode = STS_MODE_ENFORCE,
					 .max_age = 604800,
					 .fetched = START - 5,
					 .digest = {9, 8},
					 .is_edited = true,
					 .trouble = STS_FETCH_FAILED,
					 .failures = 3,
					 .failing_since = START - 4,
					 .asked = START - 3,
					 .ask_after = START + 1,
					 .wants_fetch = true,
					 .seen_id = "b",
					 .refused_id = "c",
					 .fetch_after = START + 2};
	known.mx.form = MX_LISTED;
	known.mx.is_whole = true;
	known.mx.count = 2;
	for (size_t i = 0; i < 2; i++) {
		struct mx_host *host = &known.mx.hosts[i];

		*host = (struct mx_host){.preference = (uint16_t)(10 * i), .is_whole = i == 0};
		assert_int_equal(
		    domain_read(i == 0 ? BYTES("mx.example.net") : BYTES("mx2.example.net"),
				&host->name),
		    DOMAIN_OK);
		mx_add_address(host, &(struct address){.family = 4, .b = {192, 0, 2, 1}});
		mx_add_address(host, &(struct address){.family = 6, .b = {0x20, 1, 0xd, 0xb8}});
	}
	known.dane[1] = (struct dane_answers){.mx = ANSWER_SECURE,
					      .address = ANSWER_SECURE,
					      .is_alias = true,
					      .alias = ANSWER_SECURE,
					      .tlsa = {ANSWER_ABSENT, ANSWER_SECURE},
					      .records = {{0}, {records, 2}}};
	assert_int_equal(domain_read(BYTES("host.example.net"), &known.expanded[1]), DOMAIN_OK);
	problems_add(&known.sts_problems, "The fetch \\ \"failed\".");
	known.tlsrpt_answer = ANSWER_INSECURE;
	known.tlsrpt = (struct tlsrpt){.state = TLSRPT_FOUND,
				       .rua = {"mailto:a@example.net", "https://example.net/b"},
				       .count = 2};

	assert_true(store_begin(store));
	assert_true(policy_rows_save(store, &known, NULL));
	assert_true(store_commit(store));
	assert_true(policy_rows_load(store, BYTES("example.net"), book));
	got = book_find(book, BYTES("example.net"));
	assert_non_null(got);
	assert_string_equal(got->source, "cache");
	assert_memory_equal(&got->cache, &known.cache, sizeof(known.cache));
	assert_int_equal(got->sts.text.len, known.sts.text.len);
	assert_memory_equal(got->sts.text.at, known.sts.text.at, known.sts.text.len);
	assert_int_equal(got->mx.count, 2);
	assert_true(got->mx.is_whole && got->mx.form == MX_LISTED);
	assert_int_equal(got->dane[1].records[1].count, 2);
	assert_false(got->dane[1].records[1].records[0].is_der);
	assert_true(got->dane[1].records[1].records[1].is_der);
	assert_int_equal(got->dane[1].records[1].records[1].subject, 0xfedcba98);
	for (size_t i = 0; i < 2; i++) {
		assert_true(domain_equal(&got->mx.hosts[i].name, &known.mx.hosts[i].name));
		assert_int_equal(got->mx.hosts[i].preference, 10 * i);
		assert_int_equal(got->mx.hosts[i].is_whole, i == 0);
		assert_int_equal(got->mx.hosts[i].address_count, 2);
		assert_int_equal(mx_has_address(&got->mx, &known.mx.hosts[i].addresses[1], NULL),
				 FACT_YES);
	}
	assert_int_equal(got->dane[0].tlsa[0], ANSWER_UNASKED);
	assert_int_equal(got->dane[1].address, ANSWER_SECURE);
	assert_int_equal(got->dane[1].tlsa[0], ANSWER_ABSENT);
	assert_int_equal(got->dane[1].tlsa[1], ANSWER_SECURE);
	assert_true(got->dane[1].is_alias);
	assert_int_equal(got->dane[1].records[0].count, 0);
	assert_int_equal(got->dane[1].records[1].count, 2);
	assert_int_equal(got->dane[1].records[1].records[0].usage, 3);
	assert_int_equal(got->dane[1].records[1].records[0].data.len, 32);
	assert_memory_equal(got->dane[1].records[1].records[0].data.at, digest, 32);
	assert_int_equal(got->dane[1].records[1].records[1].usage, 2);
	assert_true(domain_equal(&got->expanded[1], &known.expanded[1]));
	assert_int_equal(got->sts_problems.count, 1);
	assert_string_equal(got->sts_problems.text[0], "The fetch \\ \"failed\".");
	assert_true(answer_is_known(got->tlsrpt_answer));
	assert_int_equal(got->tlsrpt.count, 2);
	assert_string_equal(got->tlsrpt.rua[1], "https://example.net/b");
	assert_true(policy_rows_load(store, BYTES("example.org"), book));
	assert_null(book_find(book, BYTES("example.org")));
	book_free(book);
	store_close(store);
}

struct published_row {
	const char *name;
	enum answer answer;
	struct tlsrpt tlsrpt;
	const char *shown; /* status, destinations */
};

/* What is published beside the policy stands in the view, as the page of the domain has it. */
static void
the_view_tells_reports_and_problems(void **state)
{
	static const struct published_row rows[] = {
	    {"present",
	     ANSWER_SECURE,
	     {TLSRPT_FOUND, {"mailto:r@example.net"}, 1},
	     "present|[\"mailto:r@example.net\"]\n"},
	    {"absent", ANSWER_ABSENT, {TLSRPT_ABSENT, {""}, 0}, "absent|[]\n"},
	    {"several records", ANSWER_SECURE, {TLSRPT_INVALID, {""}, 0}, "invalid|[]\n"},
	    {"no answer", ANSWER_UNAVAILABLE, {TLSRPT_ABSENT, {""}, 0}, "unavailable|[]\n"},
	    {"not asked", ANSWER_UNASKED, {TLSRPT_ABSENT, {""}, 0}, "|\n"},
	};
	static struct known_policy known;
	struct fixture *p = *state;
	struct store *store = open_store(p->path, STORE_CREATE);
	struct problems none = {0};

	memset(&known, 0, sizeof(known));
	assert_int_equal(domain_read(BYTES("example.net"), &known.domain), DOMAIN_OK);
	known.learnt = START;
	problems_add(&known.sts_problems, "One \"%s\" (RFC 8461 section 3.1).", "v=STSv2");
	/* Of a text that some senders read all the same: its faults are told with those above. */
	sts_policy_read(BYTES("version: STSv1\nmode : enforce\nmx: mx.example.net\nmax_age: 9\n"),
			&known.sts, &none);
	known.cache = (struct sts_cache){.is_known = true, .id = "1", .fetched = START};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		known.tlsrpt_answer = rows[i].answer;
		known.tlsrpt = rows[i].tlsrpt;
		assert_true(store_begin(store));
		assert_true(policy_rows_save(store, &known, NULL));
		assert_true(store_commit(store));
		print_message("%s\n", rows[i].name);
		assert_query(p->path, "SELECT tlsrpt_status, tlsrpt_rua FROM v_policies",
			     rows[i].shown);
	}
	assert_query(p->path, "SELECT mta_sts_problems ->> '$[0]' FROM v_policies",
		     "One \"v=STSv2\" (RFC 8461 section 3.1).\n");
	assert_query(
	    p->path,
	    "SELECT count(*) > 0 FROM v_policies, json_each(mta_sts_problems) WHERE value LIKE"
	    " '%RFC 8461 section 3.2%'",
	    "1\n");
	store_close(store);
}

/* One that is told under way, and again at its end: judged again by all that was seen. */
static void
a_session_told_twice_is_judged_as_it_was_last(void **state)
{
	struct fixture *p = *state;
	struct bytes recipient = BYTES("example.net");
	struct session s = mail_session(0, &recipient, FACT_YES);
	struct recorder *r = open_recorder(p->path);
	struct verdict *v = calloc(1, sizeof(*v));

	assert_non_null(v);
	s.is_under_way = true;
	s.smtp.mail_accepted = false;
	s.smtp.message_sent = false;
	record(r, &s);
	s.is_under_way = false;
	s.smtp.mail_accepted = true;
	s.smtp.message_sent = true;
	s.packets += 4;
	s.end += 1000;
	assert_true(recorder_judge(r, &s, v));
	assert_int_equal(recorder_session(r, &s, v, NULL, NULL), RECORDED_EXTENDED);
	free(v);
	learn(r, "example.net", ENFORCE, NULL);
	assert_true(recorder_close(r));
	assert_query(p->path, FINDINGS,
		     "1|starttls-unused|critical|probable\n1|sts-violation|critical|probable\n");
	assert_query(p->path, INCIDENTS,
		     "starttls-unused|critical|1|example.net\n"
		     "sts-violation|critical|1|example.net\n");
}

/* Mail under TLS 1.2 from a client that asked for this name; its recipients are not seen. */
static struct session
hidden_session(int n, const char *asked)
{
	struct session s = mail_session(n, NULL, FACT_YES);

	s.rcpt_count = 0;
	s.smtp.mail_count = 0;
	s.smtp.mail_accepted = false;
	s.smtp.message_sent = false;
	s.smtp.requested = FACT_YES;
	s.smtp.accepted = FACT_YES;
	s.smtp.starttls_requests = 1;
	s.tls.client_hello = true;
	s.tls.server_hello = true;
	s.tls.complete = FACT_YES;
	s.tls.offered_version = 0x0303;
	s.tls.version = 0x0303;
	s.tls.cipher = 0xc02f;
	s.sni = bytes_text(asked);
	/* A certificate without any name, from an authority that is not known. */
	s.certificate = (struct certificate_facts){.is_seen = true,
						   .is_parsed = true,
						   .is_whole = true,
						   .chain_len = 1,
						   .expired = FACT_NO,
						   .self_signed = FACT_NO,
						   .trusted = FACT_NO,
						   .name_matches = FACT_NO,
						   .are_names_whole = true};
	return s;
}

#define WRONG_UNDER_POLICY                        \
	"1|certificate-invalid|critical|proven\n" \
	"1|sts-violation|critical|probable\n"

/* TLS hides the recipients: the domain is found by its host, before the answer and after it. */
static void
what_tls_hides_is_judged_by_the_host(void **state)
{
	static const struct {
		const char *name, *asked;
		uint8_t last; /* byte of the server's address */
		const char *found;
	} rows[] = {
	    {"by its name", "mx.example.net", 25, WRONG_UNDER_POLICY},
	    {"by its name, elsewhere", "mx.example.net", 77, WRONG_UNDER_POLICY},
	    {"by its address", "", 25, WRONG_UNDER_POLICY},
	    {"another's name", "mx.example.org", 25, "1|certificate-invalid|info|proven\n"},
	    {"another address", "", 77, "1|certificate-invalid|info|proven\n"},
	};
	struct fixture *p = *state;

	for (size_t i = 0; i < 2 * sizeof(rows) / sizeof(rows[0]); i++) {
		struct session s = hidden_session(0, rows[i / 2].asked);
		bool is_before = i % 2 != 0;
		char path[128];
		struct recorder *r;

		s.server.b[3] = rows[i / 2].last;
		snprintf(path, sizeof(path), "%s.%zu", p->path, i);
		r = open_recorder(path);
		if (is_before)
			record(r, &s);
		learn(r, "example.net", ENFORCE, NULL);
		if (!is_before)
			record(r, &s);
		assert_true(recorder_close(r));
		print_message("%s\n", rows[i / 2].name);
		assert_query(path, FINDINGS, rows[i / 2].found);
	}
}

/* U-labels (SMTPUTF8, RFC 6531) and capitals name the same: before the answer, after it, and after
 * a restart. */
static void
a_name_is_found_however_it_is_written(void **state)
{
	struct fixture *p = *state;

	for (size_t i = 0; i < 6; i++) {
		struct bytes recipient = BYTES("b\xc3\xbc"
					       "cher.example");
		struct session s = i < 3 ? mail_session(0, &recipient, FACT_NO)
					 : hidden_session(0, "MX.Example.NET");
		struct recorder *r;
		char path[128];

		/* Where it is not found by its address. */
		if (i >= 3)
			s.server.b[3] = 77;
		snprintf(path, sizeof(path), "%s.%zu", p->path, i);
		r = open_recorder(path);
		if (i % 3 == 0)
			record(r, &s);
		learn(r, "xn--bcher-kva.example", ENFORCE, NULL);
		if (i % 3 == 1) {
			assert_true(recorder_close(r));
			r = open_recorder(path);
		}
		if (i % 3 != 0)
			record(r, &s);
		assert_true(recorder_close(r));
		assert_query(path, FINDINGS,
			     i < 3 ? "1|starttls-stripped|critical|probable\n"
				     "1|sts-violation|critical|probable\n"
				   : WRONG_UNDER_POLICY);
	}
}

/* ... also by what was learnt before a restart, of which memory knows nothing yet. */
static void
a_host_is_known_after_a_restart(void **state)
{
	static const char *const asked[] = {"mx.example.net", ""};
	struct fixture *p = *state;

	for (size_t i = 0; i < 2; i++) {
		struct session s = hidden_session(0, asked[i]);
		char path[128];
		struct recorder *r;

		snprintf(path, sizeof(path), "%s.%zu", p->path, i);
		r = open_recorder(path);
		learn(r, "example.net", ENFORCE, NULL);
		assert_true(recorder_close(r));
		r = open_recorder(path);
		record(r, &s);
		assert_true(recorder_close(r));
		assert_query(path, FINDINGS, WRONG_UNDER_POLICY);
	}
}

/* ---- Each kind that rests on policy, or is raised by it ---- */

static struct session
stripped_session(struct bytes *recipient)
{
	return mail_session(1, recipient, FACT_NO);
}

static struct session
unused_session(struct bytes *recipient)
{
	return mail_session(1, recipient, FACT_YES);
}

static struct session
refused_session(struct bytes *recipient)
{
	struct session s = mail_session(1, recipient, FACT_YES);

	s.smtp.requested = FACT_YES;
	s.smtp.accepted = FACT_NO;
	s.smtp.starttls_refusal = 554;
	s.smtp.starttls_requests = 1;
	s.refusal = BYTES("no");
	return s;
}

static struct session
certificate_session(struct bytes *recipient)
{
	(void)recipient;
	return hidden_session(1, "mx.example.net");
}

/* To another server of that network. */
static struct session
elsewhere_session(struct bytes *recipient)
{
	struct session s = unused_session(recipient);

	s.server.b[3] = 99;
	return s;
}

/* The same client's handshake with the same server, a minute before: nothing came of it. */
static struct session
failed_session(struct bytes *recipient)
{
	struct session s = hidden_session(0, "");

	(void)recipient;
	s.certificate = (struct certificate_facts){.is_seen = false};
	s.tls.server_hello = false;
	s.tls.version = 0;
	s.tls.complete = FACT_NO;
	s.tls.failure = TLS_FAILED_RESET;
	s.tls.failed_by = SIDE_SERVER;
	s.ending = ENDING_RESET;
	return s;
}

#define BY_HOST          "version: STSv1\nmode: enforce\nmx: example.net\nmax_age: 604800\n"
#define UNLISTED         "version: STSv1\nmode: enforce\nmx: mail.example.net\nmax_age: 604800\n"
#define UNLISTED_TESTING "version: STSv1\nmode: testing\nmx: mail.example.net\nmax_age: 604800\n"

struct kind_row {
	const char *name;
	struct session (*make)(struct bytes *recipient);
	const char *text; /* of the policy; NULL: none */
	struct answer_form form;
	const char *found; /* in that session */
	bool is_after_failure;
};

/*
 * detections.md. By the answer that was there, or comes later, the same is found; what does not
 * rest on it stays as it is. Testing never makes more than a notice of anything.
 */
static void
each_kind_is_raised_by_an_answer_whenever_it_comes(void **state)
{
	static const struct kind_row rows[] = {
	    {"stripped, none",
	     stripped_session,
	     NULL,
	     {MX_LISTED, false},
	     "starttls-missing info possible",
	     false},
	    {"stripped, enforce",
	     stripped_session,
	     ENFORCE,
	     {MX_LISTED, false},
	     "starttls-stripped critical probable, sts-violation critical probable",
	     false},
	    {"stripped, testing",
	     stripped_session,
	     TESTING,
	     {MX_LISTED, false},
	     "starttls-stripped notice probable, sts-violation notice probable",
	     false},
	    {"stripped, mode none",
	     stripped_session,
	     NONE,
	     {MX_LISTED, false},
	     "starttls-missing info possible",
	     false},
	    {"stripped, dane",
	     stripped_session,
	     NULL,
	     {MX_LISTED, true},
	     "dane-violation critical probable, starttls-stripped critical probable",
	     false},
	    {"stripped, dane beside testing",
	     stripped_session,
	     TESTING,
	     {MX_LISTED, true},
	     "dane-violation critical probable, starttls-stripped critical probable, "
	     "sts-violation notice probable",
	     false},
	    {"unused, testing",
	     unused_session,
	     TESTING,
	     {MX_LISTED, false},
	     "starttls-unused notice probable, sts-violation notice probable",
	     false},
	    {"unused, enforce",
	     unused_session,
	     ENFORCE,
	     {MX_LISTED, false},
	     "starttls-unused critical probable, sts-violation critical probable",
	     false},
	    {"refused, none",
	     refused_session,
	     NULL,
	     {MX_LISTED, false},
	     "starttls-refused notice possible",
	     false},
	    {"refused, testing",
	     refused_session,
	     TESTING,
	     {MX_LISTED, false},
	     "starttls-refused notice possible, sts-violation notice probable",
	     false},
	    {"refused, enforce",
	     refused_session,
	     ENFORCE,
	     {MX_LISTED, false},
	     "starttls-refused critical probable, sts-violation critical probable",
	     false},
	    {"fallback, none",
	     unused_session,
	     NULL,
	     {MX_LISTED, false},
	     "plaintext-fallback warning probable, starttls-unused info possible",
	     true},
	    {"fallback, testing",
	     unused_session,
	     TESTING,
	     {MX_LISTED, false},
	     "plaintext-fallback warning probable, starttls-unused notice probable, "
	     "sts-violation notice probable",
	     true},
	    {"fallback, enforce",
	     unused_session,
	     ENFORCE,
	     {MX_LISTED, false},
	     "plaintext-fallback critical probable, starttls-unused critical probable, "
	     "sts-violation critical probable",
	     true},
	    {"certificate, none",
	     certificate_session,
	     NULL,
	     {MX_LISTED, false},
	     "certificate-invalid info proven",
	     false},
	    {"certificate, testing",
	     certificate_session,
	     TESTING,
	     {MX_LISTED, false},
	     "certificate-invalid info proven, sts-violation notice probable",
	     false},
	    {"certificate, enforce",
	     certificate_session,
	     ENFORCE,
	     {MX_LISTED, false},
	     "certificate-invalid critical proven, sts-violation critical probable",
	     false},
	    {"certificate, dane",
	     certificate_session,
	     NULL,
	     {MX_LISTED, true},
	     "certificate-invalid critical proven, dane-violation critical probable",
	     false},
	    /* Where the mail went. */
	    {"elsewhere, none",
	     elsewhere_session,
	     NULL,
	     {MX_LISTED, false},
	     "mx-mismatch notice possible, starttls-unused info possible",
	     false},
	    {"elsewhere, testing",
	     elsewhere_session,
	     TESTING,
	     {MX_LISTED, false},
	     "mx-mismatch notice possible, starttls-unused info possible",
	     false},
	    {"elsewhere, enforce",
	     elsewhere_session,
	     ENFORCE,
	     {MX_LISTED, false},
	     "mx-mismatch warning possible, starttls-unused info possible",
	     false},
	    {"null MX, RFC 7505",
	     unused_session,
	     NULL,
	     {MX_NULL, false},
	     "mx-mismatch notice possible, starttls-unused info possible",
	     false},
	    {"null MX, enforce",
	     unused_session,
	     ENFORCE,
	     {MX_NULL, false},
	     "mx-mismatch warning possible, starttls-unused info possible",
	     false},
	    {"its MX hosts not known, enforce",
	     unused_session,
	     ENFORCE,
	     {MX_UNKNOWN, false},
	     "starttls-unused critical probable, sts-violation critical probable",
	     false},
	    {"elsewhere, its MX hosts not known, enforce",
	     elsewhere_session,
	     ENFORCE,
	     {MX_UNKNOWN, false},
	     "starttls-unused info possible",
	     false},
	    {"not listed, enforce",
	     unused_session,
	     UNLISTED,
	     {MX_LISTED, false},
	     "starttls-unused critical probable, sts-mx-mismatch critical probable, "
	     "sts-violation critical probable",
	     false},
	    {"not listed, testing",
	     unused_session,
	     UNLISTED_TESTING,
	     {MX_LISTED, false},
	     "starttls-unused notice probable, sts-mx-mismatch notice probable, "
	     "sts-violation notice probable",
	     false},
	};
	struct fixture *p = *state;

	for (size_t i = 0; i < 2 * sizeof(rows) / sizeof(rows[0]); i++) {
		const struct kind_row *row = &rows[i / 2];
		struct bytes recipient = BYTES("example.net");
		struct session s = row->make(&recipient), before = failed_session(NULL);
		bool is_before = i % 2 != 0;
		char path[128];
		struct recorder *r;

		snprintf(path, sizeof(path), "%s.%zu", p->path, i);
		r = open_recorder(path);
		if (row->is_after_failure)
			record(r, &before);
		if (is_before)
			record(r, &s);
		learn_form(r, "example.net", "mx.example.net", 25, row->text, START + HOUR / 6,
			   &row->form, NULL);
		if (!is_before)
			record(r, &s);
		assert_true(recorder_close(r));
		print_message("%s\n", row->name);
		assert_query(
		    path,
		    "SELECT group_concat(kind || ' ' || severity || ' ' || certainty, ', ')"
		    " FROM (SELECT * FROM v_findings WHERE session ="
		    " (SELECT max(id) FROM v_sessions) ORDER BY kind)",
		    concat(row->found, "\n"));
	}
}

/* RFC 5321 section 5.1: without MX records the domain is its own host, by that name. */
static void
an_implicit_mx_is_the_domain_itself(void **state)
{
	static const struct {
		const char *name, *text, *found;
		uint8_t server;
	} rows[] = {
	    {"named by the policy", BY_HOST, "starttls-unused critical, sts-violation critical",
	     25},
	    {"not named by the policy", ENFORCE,
	     "starttls-unused critical, sts-mx-mismatch critical, sts-violation critical", 25},
	    {"no policy", NULL, "starttls-unused info", 25},
	    {"elsewhere", NULL, "mx-mismatch notice, starttls-unused info", 99},
	};
	const struct answer_form implicit = {MX_IMPLICIT, false};
	struct fixture *p = *state;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct bytes recipient = BYTES("example.net");
		struct session s = unused_session(&recipient);
		char path[128];
		struct recorder *r;

		s.server.b[3] = rows[i].server;
		snprintf(path, sizeof(path), "%s.%zu", p->path, i);
		r = open_recorder(path);
		record(r, &s);
		learn_form(r, "example.net", "example.net", 25, rows[i].text, START + HOUR / 6,
			   &implicit, NULL);
		assert_true(recorder_close(r));
		print_message("%s\n", rows[i].name);
		assert_query(path,
			     "SELECT group_concat(kind || ' ' || severity, ', ')"
			     " FROM (SELECT * FROM v_findings ORDER BY kind)",
			     concat(rows[i].found, "\n"));
	}
}

#define RELAY_ENFORCES "version: STSv1\nmode: enforce\nmx: relay.example.org\nmax_age: 604800\n"
#define RELAY_DIFFERS  "version: STSv1\nmode: enforce\nmx: other.example.org\nmax_age: 604800\n"

struct smart_row {
	const char *name;
	const char *smart; /* NULL: none is configured */
	const char
	    *relay; /* policy of relay.example.org at .77; "": it has none; NULL: not asked */
	const char *others; /* of example.net at .25 */
	const char *found;
	uint8_t server; /* last byte of the address */
};

/* RFC 8461 section 3.4: the smart host, not the recipient, is the policy domain. */
static void
a_smart_host_is_the_policy_domain(void **state)
{
	static const struct smart_row rows[] = {
	    {"none", NULL, "", ENFORCE,
	     "1|mx-mismatch|warning|possible\n1|starttls-unused|info|possible\n", 77},
	    {"its address", "198.51.100.77", NULL, ENFORCE, "1|starttls-unused|info|possible\n",
	     77},
	    {"its network", "198.51.100.64/26", NULL, ENFORCE, "1|starttls-unused|info|possible\n",
	     77},
	    {"another address", "198.51.100.78", NULL, ENFORCE,
	     "1|mx-mismatch|warning|possible\n1|starttls-unused|info|possible\n", 77},
	    {"its name, without a policy", "relay.example.org", "", ENFORCE,
	     "1|starttls-unused|info|possible\n", 77},
	    {"its name, with a policy", "Relay.Example.org", RELAY_ENFORCES, ENFORCE,
	     "1|starttls-unused|critical|probable\n1|sts-violation|critical|probable\n", 77},
	    {"its name, and a policy that does not name it", "relay.example.org", RELAY_DIFFERS,
	     ENFORCE, "1|starttls-unused|critical|probable\n1|sts-violation|critical|probable\n",
	     77},
	    {"its name, of which nothing is known yet", "relay.example.org", NULL, ENFORCE,
	     "1|starttls-unused|info|possible\n", 77},
	    {"another name", "relay.example.net", "", ENFORCE, "1|starttls-unused|info|possible\n",
	     77},
	    {"an MX host of the recipient's at once", "198.51.100.25", NULL, ENFORCE,
	     "1|starttls-unused|info|possible\n", 25},
	    {"not where the mail went", "198.51.100.77", NULL, ENFORCE,
	     "1|starttls-unused|critical|probable\n1|sts-violation|critical|probable\n", 25},
	};
	struct fixture *p = *state;

	for (size_t i = 0; i < 2 * sizeof(rows) / sizeof(rows[0]); i++) {
		const struct smart_row *row = &rows[i / 2];
		struct bytes recipient = BYTES("example.net");
		struct session s = mail_session(0, &recipient, FACT_YES);
		struct smart_hosts hosts = {.count = 0};
		bool is_before = i % 2 != 0;
		char path[128];
		struct recorder *r;

		s.server.b[3] = row->server;
		snprintf(path, sizeof(path), "%s.%zu", p->path, i);
		r = open_recorder(path);
		if (row->smart != NULL)
			assert_true(smart_host_read(row->smart, &hosts.list[hosts.count++]));
		recorder_smart_hosts(r, &hosts);
		if (is_before)
			record(r, &s);
		if (row->relay != NULL)
			learn_at(r, "relay.example.org", "relay.example.org", 77,
				 row->relay[0] != '\0' ? row->relay : NULL, START + MINUTE, NULL);
		learn(r, "example.net", row->others, NULL);
		if (!is_before)
			record(r, &s);
		assert_true(recorder_close(r));
		print_message("%s\n", row->name);
		assert_query(path, FINDINGS, row->found);
	}
}

/* What it calls itself makes no server a smart host. */
static void
a_server_that_calls_itself_a_smart_host_is_none(void **state)
{
	struct fixture *p = *state;
	struct bytes recipient = BYTES("example.net");
	struct session s = mail_session(0, &recipient, FACT_YES);
	struct smart_hosts hosts = {.count = 1};
	struct recorder *r = open_recorder(p->path);

	assert_true(smart_host_read("relay.example", &hosts.list[0]));
	recorder_smart_hosts(r, &hosts);
	learn_at(r, "relay.example", "relay.example", 77, NULL, START, NULL);
	learn(r, "example.net", ENFORCE, NULL);
	s.server.b[3] = 99;
	record(r, &s);
	assert_true(recorder_close(r));
	assert_query(p->path, FINDINGS,
		     "1|mx-mismatch|warning|possible\n1|starttls-unused|info|possible\n");
}

static void
smart_hosts_are_read(void **state)
{
	static const struct {
		const char *text;
		bool is_one;
	} rows[] = {
	    {"relay.example.net", true},
	    {"Relay.Example.NET.", true},
	    {"192.0.2.25", true},
	    {"192.0.2.0/24", true},
	    {"2001:db8::25", true},
	    {"2001:db8::/64", true},
	    {"", false},
	    {"relay", false},
	    {"192.0.2.0/33", false},
	    {"192.0.2.256", false},
	    {"relay.example.net/24", false},
	    {"[192.0.2.25]", false},
	    {"a b.example", false},
	};
	struct smart_host h;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (smart_host_read(rows[i].text, &h) != rows[i].is_one)
			fail_msg("\"%s\"", rows[i].text);
	assert_true(smart_host_read("Relay.Example.NET.", &h));
	assert_string_equal(h.name.text, "relay.example.net");
	assert_int_equal(h.addresses.family, 0);
	assert_true(smart_host_read("192.0.2.0/24", &h));
	assert_string_equal(h.name.text, "");
}

/* ---- Learnt ---- */

#define RELAY_DOMAINS 6

static const char *const relayed[RELAY_DOMAINS] = {"a.example", "b.example", "c.example",
						   "d.example", "e.example", "f.example"};

/* Mail in clear of the client, for one of them, to .77, none of whose it is: so the DNS said, age
 * ago.
 */
static void
relay(struct recorder *r, int64_t time, size_t domain, int64_t age)
{
	struct bytes recipient = bytes_text(relayed[domain % RELAY_DOMAINS]);
	struct session s = mail_session(0, &recipient, FACT_NO);

	learn_at(r, relayed[domain % RELAY_DOMAINS], "mx.example.net", 25, NULL, time - age, NULL);
	s.start = time;
	s.end = time + 1;
	s.server.b[3] = 77;
	record(r, &s);
}

struct learnt_row {
	const char *name;
	size_t domains;  /* that the client brings mail for */
	size_t sessions; /* evenly over the span */
	int64_t span, pause;
	bool is_used_elsewhere; /* by a session of the client's network, at the end */
	const char *found;      /* at the last one, pause after the span */
};

/* A client of a relay: for days, for many domains, to one server alone. */
static void
a_smart_host_is_learnt_slowly_and_forgotten(void **state)
{
	static const struct learnt_row rows[] = {
	    {"days, and many domains", 6, 30, 4 * DAY, HOUR, false, "0\n"},
	    {"an attack of a day", 6, 300, DAY, HOUR, false, "1\n"},
	    {"few sessions", 6, 12, 4 * DAY, HOUR, false, "1\n"},
	    {"few domains", 4, 30, 4 * DAY, HOUR, false, "1\n"},
	    {"mail elsewhere", 6, 30, 4 * DAY, HOUR, true, "1\n"},
	    {"nothing for long", 6, 30, 4 * DAY, 60 * DAY, false, "1\n"},
	};
	struct fixture *p = *state;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct learnt_row *row = &rows[i];
		int64_t last = START + row->span + row->pause;
		struct bytes recipient = BYTES("z.example");
		char path[128], query[256];
		struct recorder *r;

		snprintf(path, sizeof(path), "%s.%zu", p->path, i);
		r = open_recorder(path);
		for (size_t k = 0; k < row->sessions; k++)
			relay(r, START + row->span * (int64_t)k / (int64_t)(row->sessions - 1),
			      k % row->domains, 10 * MINUTE);
		if (row->is_used_elsewhere) {
			struct session s = mail_session(1, &recipient, FACT_YES);

			s.start = s.end = last - MINUTE;
			s.client.b[3] = 8;
			s.server.b[3] = 78;
			record(r, &s);
		}
		relay(r, last, 0, 0);
		assert_true(recorder_close(r));
		snprintf(query, sizeof(query),
			 "SELECT count(*) FROM v_findings f JOIN v_sessions s ON s.id = f.session"
			 " WHERE kind = 'mx-mismatch' AND s.start = %lld",
			 (long long)last);
		print_message("%s\n", row->name);
		assert_query(path, query, row->found);
	}
}

/* One client's smart host is no other's, and an MX host keeps its policy whoever uses it. */
static void
a_learnt_smart_host_excuses_nothing_else(void **state)
{
	struct fixture *p = *state;
	struct bytes recipient = BYTES("a.example");
	struct session s = mail_session(0, &recipient, FACT_NO);
	struct recorder *r = open_recorder(p->path);
	int64_t last = START + 4 * DAY + HOUR;

	for (int k = 0; k < 30; k++)
		relay(r, START + 4 * DAY * k / 29, (size_t)k, 10 * MINUTE);
	s.start = s.end = last;
	s.client.b[2] = 9;
	s.server.b[3] = 77;
	learn_at(r, "a.example", "mx.example.net", 25, NULL, last, NULL);
	record(r, &s);
	s.client.b[2] = 2;
	s.start = s.end = last + HOUR;
	recipient = BYTES("b.example");
	learn_at(r, "b.example", "mx.example.net", 77, ENFORCE, last + HOUR, NULL);
	record(r, &s);
	assert_true(recorder_close(r));
	assert_query(
	    p->path,
	    "SELECT kind, severity FROM v_findings WHERE session >= 31 AND kind IN"
	    " ('mx-mismatch', 'sts-violation', 'starttls-stripped') ORDER BY session, kind",
	    "mx-mismatch|notice\nstarttls-stripped|critical\nsts-violation|critical\n");
}

/* More sessions than are remembered: the latest are judged again, and nothing is lost. */
static void
what_is_remembered_is_bounded(void **state)
{
	struct fixture *p = *state;
	struct bytes recipient = BYTES("example.net");
	struct recorder *r = open_recorder(p->path);

	for (int i = 0; i < 4100; i++) {
		struct session s = mail_session(0, &recipient, FACT_YES);

		s.start += i;
		s.end += i;
		record(r, &s);
	}
	learn(r, "example.net", ENFORCE, NULL);
	assert_true(recorder_close(r));
	assert_query(p->path,
		     "SELECT count(*), min(session) FROM v_findings WHERE kind = 'sts-violation'",
		     "4096|5\n");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    FIXTURE_TEST(a_session_is_raised_when_the_answer_arrives),
	    FIXTURE_TEST(a_finding_that_was_there_is_raised),
	    FIXTURE_TEST(a_fallback_found_with_hindsight_goes_by_the_policy),
	    FIXTURE_TEST(a_fallback_found_with_hindsight_is_raised_by_an_answer),
	    FIXTURE_TEST(the_same_answer_again_changes_nothing),
	    FIXTURE_TEST(a_policy_that_is_known_is_judged_by_at_once),
	    FIXTURE_TEST(other_answers_raise_nothing),
	    FIXTURE_TEST(only_the_last_minutes_are_judged_again),
	    FIXTURE_TEST(what_was_known_may_be_part_of_what_is),
	    FIXTURE_TEST(a_policy_is_honoured_after_a_restart),
	    FIXTURE_TEST(what_is_saved_is_loaded),
	    FIXTURE_TEST(the_view_tells_reports_and_problems),
	    FIXTURE_TEST(a_session_told_twice_is_judged_as_it_was_last),
	    FIXTURE_TEST(what_tls_hides_is_judged_by_the_host),
	    FIXTURE_TEST(a_name_is_found_however_it_is_written),
	    FIXTURE_TEST(a_host_is_known_after_a_restart),
	    FIXTURE_TEST(each_kind_is_raised_by_an_answer_whenever_it_comes),
	    FIXTURE_TEST(an_implicit_mx_is_the_domain_itself),
	    FIXTURE_TEST(a_smart_host_is_the_policy_domain),
	    FIXTURE_TEST(a_server_that_calls_itself_a_smart_host_is_none),
	    FIXTURE_TEST(smart_hosts_are_read),
	    FIXTURE_TEST(a_smart_host_is_learnt_slowly_and_forgotten),
	    FIXTURE_TEST(a_learnt_smart_host_excuses_nothing_else),
	    FIXTURE_TEST(what_is_remembered_is_bounded),
	};

	return cmocka_run_group_tests_name("policies that are learnt", tests, NULL, NULL);
}
