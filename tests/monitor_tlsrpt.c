/*
 * Result types of RFC 8460 section 4.3: each is that of a session as the judge
 * words what it found, so that a sentence that changes is noticed here.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "monitor/judge/judge.h"
#include "monitor/policy/destination.h"
#include "monitor/report/tlsrpt_result.h"

#define START INT64_C(1772366400000000)

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
	};

	return cmocka_run_group_tests_name("result types", tests, NULL, NULL);
}
