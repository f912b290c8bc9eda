/*
 * Result types of RFC 8460 section 4.3: each is that of a session as the judge
 * words what it found, so that a sentence that changes is noticed here. And a
 * report of sessions and a policy as they were recorded.
 */
#include "tests/db_build.h"

#include "monitor/judge/judge.h"
#include "monitor/policy/destination.h"
#include "monitor/policy_rows.h"
#include "monitor/record.h"
#include "monitor/report/tlsrpt_domain.h"
#include "monitor/report/tlsrpt_result.h"

/* A session between servers, all of it seen, over TLS 1.2. */
static void
encrypted(struct session *s)
{
	*s = (struct session){.service = SERVICE_SMTP,
			      .seen = SEEN_BOTH,
			      .syn_seen = true,
			      .complete = true,
			      .clear_whole = true,
			      .ending = ENDING_FIN,
			      .start = START,
			      .end = START + 1};
	s->smtp.greeting_code = 220;
	s->smtp.greeting_verb = GREETING_EHLO;
	s->smtp.extended = FACT_YES;
	s->smtp.offered = s->smtp.requested = s->smtp.accepted = FACT_YES;
	s->greeting[0] = BYTES("mx.example.net ESMTP");
	s->greetings = 1;
	s->ehlo[0] = BYTES("mx.example.net");
	s->ehlo[1] = BYTES("STARTTLS");
	s->ehlos = 2;
	s->tls.client_hello = s->tls.server_hello = true;
	s->tls.complete = FACT_YES;
	s->tls.version = s->tls.offered_version = 0x0303;
	s->tls.cipher = 0xc02f;
}

static void
broken_by_alert(struct session *s, enum side by, uint8_t alert)
{
	encrypted(s);
	s->tls.complete = FACT_NO;
	s->tls.failure = TLS_FAILED_ALERT;
	s->tls.failed_by = by;
	s->tls.alert =
	    (struct tls_alert){.is_seen = true, .level = 2, .description = alert, .by = by};
}

static void
in_clear(struct session *s, enum fact offered)
{
	encrypted(s);
	memset(&s->tls, 0, sizeof(s->tls));
	s->smtp.offered = offered;
	s->smtp.requested = FACT_NO;
	s->smtp.accepted = FACT_UNSEEN;
	s->smtp.mail_count = 1;
	s->smtp.mail_accepted = s->smtp.message_sent = true;
	if (offered == FACT_NO)
		s->ehlo[1] = BYTES("PIPELINING");
}

static void
to_host(struct destination *d)
{
	*d = (struct destination){.form = MX_LISTED,
				  .is_mx = FACT_YES,
				  .host_by = HOST_BY_ADDRESS,
				  .domain = {"example.net"},
				  .host = {"mx.example.net"},
				  .policy = {.listed = FACT_UNSEEN},
				  .match = DANE_NOT_OBSERVABLE};
}

static void
enforce(struct destination *d, enum fact named, enum fact current, enum fact trusted)
{
	to_host(d);
	d->mode = d->policy.sts = STS_MODE_ENFORCE;
	d->policy.required = REQUIRED_MTA_STS;
	d->policy.listed = FACT_YES;
	d->is_visible = true;
	d->webpki.named = named;
	d->webpki.current = current;
	d->webpki.trusted = trusted;
}

static void
dane(struct destination *d, enum dane_match match)
{
	to_host(d);
	d->policy.required = REQUIRED_DANE;
	d->policy.dane = (struct dane){DANE_USABLE, DANE_DEMANDS_AUTHENTICITY, DANE_BASE_EXPANDED};
	d->match = match;
}

/* The finding that traffic_gather would choose: the first of tlsrpt_kinds that there is. */
static const struct finding *
most_telling(const struct verdict *v)
{
	for (size_t k = 0; k < tlsrpt_kind_count; k++)
		for (size_t i = 0; i < v->count; i++)
			if (strcmp(v->findings[i].kind->name, tlsrpt_kinds[k].name) == 0)
				return &v->findings[i];
	return NULL;
}

static void
expect(const struct session *s, const struct destination *d, const char *kind, const char *result)
{
	const struct history known = {0};
	const struct judge_case c = {.session = s, .known = &known, .policy = d};
	struct verdict *v = calloc(1, sizeof(*v));
	const struct finding *f;

	assert_non_null(v);
	judge_case(&c, v);
	f = most_telling(v);
	if (f == NULL) {
		fail_msg("%s: nothing was found", kind);
		return;
	}
	print_message("%s: %s\n", kind, f->detail);
	assert_string_equal(f->kind->name, kind);
	assert_string_equal(tlsrpt_result(f->kind->name, f->detail), result);
	free(v);
}

/* RFC 8446 section 6.2 */
static void
an_alert_on_the_certificate_says_what_is_wrong(void **state)
{
	static const struct {
		enum side by;
		uint8_t alert;
		const char *result;
	} rows[] = {
	    {SIDE_CLIENT, 42, "certificate-not-trusted"}, /* bad_certificate */
	    {SIDE_CLIENT, 43, "certificate-not-trusted"}, /* unsupported_certificate */
	    {SIDE_CLIENT, 44, "certificate-not-trusted"}, /* certificate_revoked */
	    {SIDE_CLIENT, 45, "certificate-expired"},     /* certificate_expired */
	    {SIDE_CLIENT, 46, "certificate-not-trusted"}, /* certificate_unknown */
	    {SIDE_CLIENT, 48, "certificate-not-trusted"}, /* unknown_ca */
	    {SIDE_CLIENT, 40, "validation-failure"},      /* handshake_failure */
	    {SIDE_CLIENT, 70, "validation-failure"},      /* protocol_version */
	    {SIDE_SERVER, 45, "validation-failure"},      /* of the client's certificate */
	    {SIDE_SERVER, 40, "validation-failure"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct session s;

		broken_by_alert(&s, rows[i].by, rows[i].alert);
		expect(&s, NULL, "tls-handshake-failed", rows[i].result);
	}
}

static void
a_breach_of_mta_sts_names_the_fault(void **state)
{
	struct destination d;
	struct session s;

	(void)state;
	encrypted(&s);
	enforce(&d, FACT_NO, FACT_YES, FACT_YES);
	expect(&s, &d, "sts-violation", "certificate-host-mismatch");
	enforce(&d, FACT_YES, FACT_NO, FACT_YES);
	expect(&s, &d, "sts-violation", "certificate-expired");
	enforce(&d, FACT_YES, FACT_YES, FACT_NO);
	expect(&s, &d, "sts-violation", "certificate-not-trusted");
	enforce(&d, FACT_YES, FACT_YES, FACT_YES);
	d.policy.listed = FACT_NO;
	expect(&s, &d, "sts-mx-mismatch", "validation-failure");
}

static void
a_breach_of_dane_names_the_fault(void **state)
{
	static const struct {
		enum dane_match match;
		const char *result;
	} rows[] = {
	    {DANE_NO_MATCH, "certificate-not-trusted"},
	    {DANE_BROKEN_CHAIN, "certificate-not-trusted"},
	    {DANE_WRONG_NAME, "certificate-host-mismatch"},
	    {DANE_OUT_OF_DATE, "certificate-expired"},
	};
	struct destination d;
	struct session s;

	(void)state;
	encrypted(&s);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		dane(&d, rows[i].match);
		expect(&s, &d, "dane-violation", rows[i].result);
	}
}

/* Of mail in clear what took TLS away tells more than that a policy forbids it. */
static void
mail_in_clear_is_told_by_its_cause(void **state)
{
	struct destination d;
	struct session s;

	(void)state;
	in_clear(&s, FACT_NO);
	expect(&s, NULL, "starttls-missing", "starttls-not-supported");
	enforce(&d, FACT_YES, FACT_YES, FACT_YES);
	expect(&s, &d, "starttls-stripped", "starttls-not-supported");
	dane(&d, DANE_NOT_OBSERVABLE);
	expect(&s, &d, "starttls-stripped", "starttls-not-supported");
	in_clear(&s, FACT_YES);
	expect(&s, &d, "starttls-unused", "validation-failure");
	s.smtp.requested = FACT_YES;
	s.smtp.accepted = FACT_NO;
	s.smtp.starttls_refusal = 454;
	s.smtp.starttls_requests = 1;
	s.refusal = BYTES("4.7.0 TLS not available");
	expect(&s, &d, "starttls-refused", "starttls-not-supported");
}

static void
what_is_not_known_is_a_general_failure(void **state)
{
	(void)state;
	assert_string_equal(tlsrpt_result(NULL, ""), "validation-failure");
	assert_string_equal(tlsrpt_result("of-a-later-version", "x"), "validation-failure");
	assert_string_equal(tlsrpt_result("sts-violation", ""), "validation-failure");
}

static void
a_breach_is_of_one_type_of_policy(void **state)
{
	static const struct {
		const char *kind, *type;
		bool is_breach;
	} rows[] = {
	    {"sts-violation", "sts", true},    {"sts-mx-mismatch", "sts", true},
	    {"sts-violation", "tlsa", false},  {"sts-violation", "no-policy-found", false},
	    {"dane-violation", "tlsa", true},  {"dane-violation", "sts", false},
	    {"starttls-unused", "sts", false}, {"dane-violation", "no-policy-found", false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(tlsrpt_is_breach(rows[i].kind, rows[i].type), rows[i].is_breach);
}

/* A kind that is renamed would be lost. */
static void
every_kind_is_one_of_the_judge(void **state)
{
	(void)state;
	for (size_t i = 0; i < tlsrpt_kind_count; i++)
		assert_non_null(judge_kind(tlsrpt_kinds[i].name));
}

/* ---- From the recorder to the report ---- */

#define MIDNIGHT (START - START % TRAFFIC_DAY)

/* The n-th session, an hour later each. */
static void
record(struct recorder *r, struct session *s, int n)
{
	struct verdict *v = calloc(1, sizeof(*v));

	assert_non_null(v);
	s->client = (struct address){.family = 4, .b = {192, 0, 2, 7}};
	s->server = (struct address){.family = 4, .b = {198, 51, 100, 25}};
	s->client_port = (uint16_t)(40000 + n);
	s->server_port = 25;
	s->packets = 9;
	s->start = START + n * HOURLY_HOUR;
	s->end = s->start + 1;
	assert_true(recorder_judge(r, s, v));
	assert_int_equal(recorder_session(r, s, v, NULL, NULL), RECORDED_NEW);
	free(v);
}

static void
learn(struct recorder *r)
{
	static struct known_policy known;
	struct problems problems = {0};

	known.domain = (struct domain){"example.net"};
	known.learnt = START + 1;
	known.source = "network";
	sts_policy_read(bytes_text("version: STSv1\nmode: testing\nmx: mx.example.net\n"
				   "max_age: 604800\n"),
			&known.sts, &problems);
	known.cache = (struct sts_cache){.is_known = true,
					 .id = "1",
					 .mode = known.sts.mode,
					 .max_age = known.sts.max_age,
					 .fetched = START - 1};
	known.mx.form = MX_LISTED;
	known.mx.is_whole = true;
	known.mx.count = 1;
	known.mx.hosts[0] = (struct mx_host){.name = {"mx.example.net"}, .is_whole = true};
	mx_add_address(&known.mx.hosts[0], &(struct address){.family = 4, .b = {198, 51, 100, 25}});
	assert_true(recorder_policy(r, &known, NULL));
}

static void
record_all(const char *path)
{
	char why[STORE_WHY_MAX] = "";
	struct recorder *r = recorder_open(path, "tap1", why, sizeof(why));
	struct bytes recipient = BYTES("example.net");
	struct session s;

	if (r == NULL)
		fail_msg("%s", why);
	recorder_source(r, "");
	assert_true(recorder_expect_policies(r, HOURLY_HOUR));
	in_clear(&s, FACT_NO);
	s.rcpt_domains = &recipient;
	s.rcpt_count = 1;
	record(r, &s, 0);
	learn(r);
	encrypted(&s);
	record(r, &s, 1);
	record(r, &s, 2);
	broken_by_alert(&s, SIDE_CLIENT, 48);
	record(r, &s, 3);
	assert_true(recorder_close(r));
}

static bool
write_report(void *ctx, const struct tlsrpt_report *report, size_t omitted)
{
	assert_int_equal(omitted, 0);
	tlsrpt_write(report, ctx);
	return true;
}

static void
what_was_recorded_is_reported(void **state)
{
	static const struct tlsrpt_sender sender = {"Us", "a@b.example", "b.example", "id"};
	struct fixture *p = *state;
	struct policy_book *book = book_new();
	struct tlsrpt_job job = {.sender = &sender,
				 .since = MIDNIGHT,
				 .until = MIDNIGHT + TRAFFIC_DAY,
				 .tell = write_report};
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	record_all(p->path);
	job.store = open_store(p->path, STORE_READ);
	job.ctx = out;
	assert_true(policy_rows_load(job.store, BYTES("example.net"), book));
	assert_true(
	    traffic_gather(job.store, &(struct traffic_span){job.since, job.until, NULL,
							     tlsrpt_kinds, tlsrpt_kind_count}));
	assert_true(tlsrpt_domain(&job, book_find(book, BYTES("example.net"))));
	assert_int_equal(fclose(out), 0);
	assert_string_equal(
	    text,
	    "{\"organization-name\":\"Us\",\"date-range\":{"
	    "\"start-datetime\":\"2026-03-01T00:00:00Z\","
	    "\"end-datetime\":\"2026-03-01T23:59:59Z\"},"
	    "\"contact-info\":\"a@b.example\",\"report-id\":\"id.2026-03-01.example.net\","
	    "\"policies\":[\n"
	    "{\"policy\":{\"policy-type\":\"sts\",\"policy-string\":[\"version: STSv1\","
	    "\"mode: testing\",\"mx: mx.example.net\",\"max_age: 604800\"],"
	    "\"policy-domain\":\"example.net\",\"mx-host\":[\"mx.example.net\"]},"
	    "\"summary\":{\"total-successful-session-count\":2,"
	    "\"total-failure-session-count\":2},\"failure-details\":[\n"
	    "{\"result-type\":\"starttls-not-supported\",\"sending-mta-ip\":\"192.0.2.7\","
	    "\"receiving-mx-hostname\":\"mx.example.net\",\"receiving-ip\":\"198.51.100.25\","
	    "\"failed-session-count\":1,\"failure-reason-code\":\"starttls-stripped\"},\n"
	    "{\"result-type\":\"certificate-not-trusted\",\"sending-mta-ip\":\"192.0.2.7\","
	    "\"receiving-mx-hostname\":\"mx.example.net\",\"receiving-ip\":\"198.51.100.25\","
	    "\"failed-session-count\":1,\"failure-reason-code\":\"tls-handshake-failed\"}]}]}\n");
	free(text);
	book_free(book);
	store_close(job.store);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(an_alert_on_the_certificate_says_what_is_wrong),
	    cmocka_unit_test(a_breach_of_mta_sts_names_the_fault),
	    cmocka_unit_test(a_breach_of_dane_names_the_fault),
	    cmocka_unit_test(mail_in_clear_is_told_by_its_cause),
	    cmocka_unit_test(what_is_not_known_is_a_general_failure),
	    cmocka_unit_test(a_breach_is_of_one_type_of_policy),
	    cmocka_unit_test(every_kind_is_one_of_the_judge),
	    FIXTURE_TEST(what_was_recorded_is_reported),
	};

	return cmocka_run_group_tests_name("TLS reports", tests, NULL, NULL);
}
