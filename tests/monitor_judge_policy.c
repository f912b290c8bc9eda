/*
 * Findings that rest on the destination's policy, and those that it raises:
 * detections.md, RFC 8461 and RFC 7672. A row changes a session, or what is known
 * of its domain, and names all that must be found.
 */
#include "monitor/judge/judge.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "monitor/policy/destination.h"
#include "tests/certify.h"

#define T0     (BEGIN + 10 * DAY) /* of the session */
#define MINUTE INT64_C(60000000)
#define HOUR   (60 * MINUTE)

/* One session, what is known beside it, and the texts that the policy is a view of. */
struct scene {
	struct session session;
	struct history history;
	struct known_policy known;
	struct problems problems;
	struct tlsa tlsa;
	bool has_policy;
};

static struct made root, good, other_name, outdated, stranger;
static struct certifier *reader;

static struct bytes
view(const char *text)
{
	return (struct bytes){(const uint8_t *)text, strlen(text)};
}

static struct domain
domain(const char *name)
{
	struct domain d;

	assert_int_equal(domain_read(view(name), &d), DOMAIN_OK);
	return d;
}

static int
make_all(void **state)
{
	(void)state;
	x509_make(&root, &(struct making){.cn = "Root", .end = BEGIN + 3650 * DAY});
	x509_make(&good,
		  &(struct making){.cn = "x", .names = "DNS:mx.example.net", .issuer = &root});
	x509_make(&other_name,
		  &(struct making){.cn = "x", .names = "DNS:mx.example.org", .issuer = &root});
	x509_make(&outdated, &(struct making){.cn = "x",
					      .names = "DNS:mx.example.net",
					      .issuer = &root,
					      .end = BEGIN + DAY});
	x509_make(&stranger,
		  &(struct making){.cn = "x", .names = "DNS:mx.example.net", .is_server = true});
	reader = certifier(&root, NULL);
	return 0;
}

static int
unmake_all(void **state)
{
	(void)state;
	x509_unmake(&root);
	x509_unmake(&good);
	x509_unmake(&other_name);
	x509_unmake(&outdated);
	x509_unmake(&stranger);
	certifier_free(reader);
	return 0;
}

/* ---- Sessions ---- */

static void
set_ehlo(struct session *s, const char *third)
{
	s->ehlo[0] = view("relay.example");
	s->ehlo[1] = view("PIPELINING");
	s->ehlo[2] = view(third);
	s->ehlos = 3;
}

/* Mail in clear, STARTTLS not offered, all of it captured. */
static void
plain(struct scene *c)
{
	struct session *s = &c->session;

	*s = (struct session){.service = SERVICE_SMTP,
			      .seen = SEEN_BOTH,
			      .syn_seen = true,
			      .complete = true,
			      .clear_whole = true,
			      .ending = ENDING_FIN,
			      .start = T0,
			      .end = T0 + 1,
			      .server = {.family = 4, .b = {198, 51, 100, 25}}};
	s->smtp.greeting_code = 220;
	s->smtp.greeting_verb = GREETING_EHLO;
	s->smtp.extended = FACT_YES;
	s->smtp.offered = FACT_NO;
	s->smtp.requested = FACT_NO;
	s->smtp.mail_count = 1;
	s->smtp.mail_accepted = true;
	s->smtp.message_sent = true;
	s->smtp.quit_sent = true;
	s->greeting[0] = view("relay.example ESMTP");
	s->greetings = 1;
	set_ehlo(s, "8BITMIME");
}

static void
unused(struct scene *c)
{
	plain(c);
	c->session.smtp.offered = FACT_YES;
	set_ehlo(&c->session, "STARTTLS");
}

static void
refused(struct scene *c)
{
	unused(c);
	c->session.smtp.requested = FACT_YES;
	c->session.smtp.accepted = FACT_NO;
	c->session.smtp.starttls_refusal = 554;
	c->session.smtp.starttls_requests = 1;
	c->session.refusal = view("no");
}

static void
refused_and_left(struct scene *c)
{
	refused(c);
	c->session.smtp.mail_count = 0;
	c->session.smtp.mail_accepted = false;
	c->session.smtp.message_sent = false;
}

static void
fell_back(struct scene *c)
{
	unused(c);
	c->history.setback = SETBACK_FAILED;
	c->history.setback_time = T0 - HOUR / 2;
}

/* TLS to its end, in a version that hides the certificate. */
static void
encrypted(struct scene *c)
{
	struct session *s = &c->session;

	unused(c);
	s->smtp.mail_count = 0;
	s->smtp.mail_accepted = false;
	s->smtp.message_sent = false;
	s->smtp.requested = FACT_YES;
	s->smtp.accepted = FACT_YES;
	s->smtp.starttls_requests = 1;
	s->tls.client_hello = true;
	s->tls.server_hello = true;
	s->tls.complete = FACT_YES;
	s->tls.offered_version = 0x0304;
	s->tls.version = 0x0304;
	s->tls.cipher = 0x1302;
}

/* ... and in one that shows it, of the server that the client asked for by that name. */
static void
with_certificate_for(struct scene *c, const struct made *made, const char *name)
{
	encrypted(c);
	c->session.tls.offered_version = 0x0303;
	c->session.tls.version = 0x0303;
	c->session.tls.cipher = 0xc02f;
	c->session.sni = view(name);
	c->session.certificate = certify_at(reader, &made->bytes, 1, name, c->session.start);
}

static void
with_certificate(struct scene *c, const struct made *made)
{
	with_certificate_for(c, made, "");
}

static void
good_certificate(struct scene *c)
{
	with_certificate(c, &good);
}

static void
certificate_of_another(struct scene *c)
{
	with_certificate(c, &other_name);
}

static void
asked_anothers(struct scene *c)
{
	with_certificate_for(c, &other_name, "mx.example.net");
}

/* The client meant another of the server's names. */
static void
asked_for_it(struct scene *c)
{
	with_certificate_for(c, &other_name, "mx.example.org");
}

static void
certificate_out_of_date(struct scene *c)
{
	with_certificate(c, &outdated);
}

static void
certificate_of_nobody(struct scene *c)
{
	with_certificate(c, &stranger);
}

/* The same handshake, given up by the client as RFC 8461 section 4 wants it. */
static void
certificate_refused(struct scene *c)
{
	with_certificate(c, &other_name);
	c->session.tls.complete = FACT_NO;
	c->session.tls.failure = TLS_FAILED_ALERT;
	c->session.tls.failed_by = SIDE_CLIENT;
}

/* A message of TLS 1.3, though a chain were at hand: it is not one that was seen. */
static void
certificate_hidden(struct scene *c)
{
	with_certificate(c, &other_name);
	c->session.tls.offered_version = 0x0304;
	c->session.tls.version = 0x0304;
	c->session.tls.cipher = 0x1302;
}

static void
chain_not_whole(struct scene *c)
{
	with_certificate(c, &stranger);
	c->session.certificate.is_whole = false;
}

static void
submitted(struct scene *c)
{
	unused(c);
	c->session.service = SERVICE_SUBMISSION;
}

static void
with_gap(struct scene *c)
{
	plain(c);
	c->session.complete = false;
	c->session.clear_whole = false;
	c->session.gap_bytes = 100;
	c->session.smtp.offered = FACT_UNSEEN;
}

static void
at_another_server(struct scene *c)
{
	unused(c);
	c->session.server.b[3] = 77;
}

/* As it was learnt of the client. */
static void
at_smart_host(struct scene *c)
{
	at_another_server(c);
	c->history.is_smart_host = true;
}

/* A provider whose names lead elsewhere by place: the server says who it is. */
static void
at_another_address(struct scene *c)
{
	at_another_server(c);
	c->session.greeting[0] = view("mx.example.net ESMTP");
}

/* The client asked for the host, and was led elsewhere. */
static void
asked_elsewhere(struct scene *c)
{
	with_certificate_for(c, &other_name, "mx.example.net");
	c->session.server.b[3] = 77;
}

static void
after_expiry(struct scene *c)
{
	unused(c);
	c->session.start = T0 + 8 * DAY;
}

static void
offered_before(struct scene *c)
{
	plain(c);
	c->history.offered = (struct tally){
	    .yes = 1, .recent = 1, .recent_count = 1, .first = T0 - DAY, .last_yes = T0 - DAY};
	c->history.offered_to_client = c->history.offered;
	c->history.offered_to_network = c->history.offered;
}

/* ---- What is known ---- */

static void
nothing(struct scene *c)
{
	c->has_policy = false;
}

/* example.net has one MX host, mx.example.net at 198.51.100.25, and no policy. */
static void
mx_alone(struct scene *c)
{
	struct mx_set *mx = &c->known.mx;

	c->has_policy = true;
	c->known.domain = domain("example.net");
	c->known.learnt = T0 - MINUTE;
	c->known.source = "network";
	mx->form = MX_LISTED;
	mx->is_whole = true;
	mx->count = 1;
	mx->hosts[0] = (struct mx_host){.name = domain("mx.example.net"), .is_whole = true};
	mx_add_address(&mx->hosts[0], &(struct address){.family = 4, .b = {198, 51, 100, 25}});
}

static void
with_sts(struct scene *c, enum sts_mode mode, const char *text)
{
	mx_alone(c);
	sts_policy_read(view(text), &c->known.sts, &c->problems);
	assert_true(c->known.sts.is_valid);
	c->known.cache = (struct sts_cache){
	    .is_known = true, .id = "7", .mode = mode, .max_age = 604800, .fetched = T0 - HOUR};
}

#define STS(mode, mx) "version: STSv1\nmode: " mode "\nmx: " mx "\nmax_age: 604800\n"

static void
enforce(struct scene *c)
{
	with_sts(c, STS_MODE_ENFORCE, STS("enforce", "mx.example.net"));
}

static void
testing(struct scene *c)
{
	with_sts(c, STS_MODE_TESTING, STS("testing", "mx.example.net"));
}

static void
mode_none(struct scene *c)
{
	with_sts(c, STS_MODE_NONE, "version: STSv1\nmode: none\nmax_age: 604800\n");
}

static void
enforce_other_host(struct scene *c)
{
	with_sts(c, STS_MODE_ENFORCE, STS("enforce", "mail.example.net"));
	c->known.cache.fetched = T0 - MINUTE;
}

/* ... as it was fetched an hour before: its text may be another by now, under the same id. */
static void
enforce_other_host_of_before(struct scene *c)
{
	enforce_other_host(c);
	c->known.cache.fetched = T0 - HOUR;
}

/* ... and cannot be fetched anew: RFC 8461 section 5.1. */
static void
enforce_other_host_held_back(struct scene *c)
{
	enforce_other_host_of_before(c);
	c->known.cache.trouble = STS_FETCH_FAILED;
	c->known.cache.failures = 1;
}

static void
testing_other_host(struct scene *c)
{
	with_sts(c, STS_MODE_TESTING, STS("testing", "mail.example.net"));
	c->known.cache.fetched = T0 - MINUTE;
}

static void
enforce_without_dns(struct scene *c)
{
	enforce(c);
	c->known.mx = (struct mx_set){.form = MX_UNKNOWN};
}

static void
enforce_part_of_the_hosts(struct scene *c)
{
	enforce(c);
	c->known.mx.hosts[0].is_whole = false;
}

static void
record_gone(struct scene *c)
{
	enforce(c);
	c->known.cache.trouble = STS_RECORD_GONE;
	c->known.cache.failures = 1;
	c->known.cache.failing_since = T0 - HOUR;
}

static void
record_gone_in_testing(struct scene *c)
{
	record_gone(c);
	c->known.cache.mode = STS_MODE_TESTING;
}

static void
fetch_failed(struct scene *c, uint32_t failures)
{
	record_gone(c);
	c->known.cache.trouble = STS_FETCH_FAILED;
	c->known.cache.failures = failures;
}

static void
fetch_failed_twice(struct scene *c)
{
	fetch_failed(c, 2);
}

static void
fetch_failed_thrice(struct scene *c)
{
	fetch_failed(c, 3);
}

static void
resolver_down(struct scene *c)
{
	fetch_failed(c, 9);
	c->known.is_resolver_failing = true;
}

static void
null_mx(struct scene *c)
{
	mx_alone(c);
	c->known.mx = (struct mx_set){.form = MX_NULL, .is_whole = true};
}

/* The host has a TLSA record "2 0 0" or "3 0 0" of a certificate. */
static void
with_tlsa(struct scene *c, uint8_t usage, const struct made *made)
{
	struct dane_answers *a = &c->known.dane[0];

	mx_alone(c);
	c->tlsa = (struct tlsa){.usage = usage,
				.is_der = true,
				.selector = TLSA_CERTIFICATE,
				.matching = TLSA_FULL,
				.data = made->bytes};
	a->mx = ANSWER_SECURE;
	a->address = ANSWER_SECURE;
	a->tlsa[DANE_BASE_EXPANDED] = ANSWER_SECURE;
	a->records[DANE_BASE_EXPANDED] = (struct tlsa_set){&c->tlsa, 1};
}

static void
dane(struct scene *c)
{
	with_tlsa(c, TLSA_DANE_EE, &good);
}

/* One more MX host at the address of the first, which comes before it. */
static void
add_name_in_front(struct scene *c)
{
	struct mx_set *mx = &c->known.mx;

	mx->hosts[1] = mx->hosts[0];
	c->known.dane[1] = c->known.dane[0];
	c->known.dane[0] = (struct dane_answers){
	    .mx = ANSWER_SECURE, .address = ANSWER_SECURE, .tlsa = {ANSWER_ABSENT, ANSWER_ABSENT}};
	mx->hosts[0].name = domain("mail.example.net");
	mx->count = 2;
}

static void
enforce_second_name(struct scene *c)
{
	enforce(c);
	add_name_in_front(c);
	c->known.cache.fetched = T0 - MINUTE;
}

static void
enforce_neither_name(struct scene *c)
{
	with_sts(c, STS_MODE_ENFORCE, STS("enforce", "mx.example.com"));
	add_name_in_front(c);
	c->known.cache.fetched = T0 - MINUTE;
}

static void
dane_of_second_name(struct scene *c)
{
	dane(c);
	add_name_in_front(c);
}

static void
dane_of_first_name(struct scene *c)
{
	struct dane_answers first;

	dane_of_second_name(c);
	first = c->known.dane[0];
	c->known.dane[0] = c->known.dane[1];
	c->known.dane[1] = first;
}

/* Records that the DNS had two hours before, or has two hours later. */
static void
dane_of_before(struct scene *c)
{
	dane(c);
	c->known.learnt = T0 - 2 * HOUR;
}

static void
dane_of_later(struct scene *c)
{
	dane(c);
	c->known.learnt = T0 + 2 * HOUR;
}

static void
mx_of_before(struct scene *c)
{
	mx_alone(c);
	c->known.learnt = T0 - 2 * HOUR;
}

static void
enforce_with_mx_of_before(struct scene *c)
{
	enforce(c);
	c->known.learnt = T0 - 2 * HOUR;
}

/* ... or minutes: what would fail by them may be another's by now. */
static void
dane_of_minutes_before(struct scene *c)
{
	dane(c);
	c->known.learnt = T0 - 2 * MINUTE;
}

static void
mx_of_minutes_before(struct scene *c)
{
	mx_alone(c);
	c->known.learnt = T0 - 2 * MINUTE;
}

static void
dane_of_nobody(struct scene *c)
{
	with_tlsa(c, TLSA_DANE_EE, &stranger);
}

/* An authority that was not sent: the certificate of its issuer in full. */
static void
dane_of_authority(struct scene *c)
{
	with_tlsa(c, TLSA_DANE_TA, &root);
}

/* The domain is a CNAME, and its MX is where that leads. */
static void
dane_ta_of_alias(struct scene *c)
{
	dane_of_authority(c);
	c->known.alias = domain("mx.example.org");
}

static void
dane_ta_of_alias_mx_insecure(struct scene *c)
{
	dane_ta_of_alias(c);
	c->known.dane[0].mx = ANSWER_INSECURE;
}

static void
dane_unusable(struct scene *c)
{
	with_tlsa(c, 1, &good);
}

static void
dane_insecure(struct scene *c)
{
	dane(c);
	c->known.dane[0].tlsa[DANE_BASE_EXPANDED] = ANSWER_INSECURE;
}

static void
dane_bogus(struct scene *c)
{
	dane(c);
	c->known.dane[0].tlsa[DANE_BASE_EXPANDED] = ANSWER_BOGUS;
}

static void
dane_unavailable(struct scene *c)
{
	dane(c);
	c->known.dane[0].tlsa[DANE_BASE_EXPANDED] = ANSWER_UNAVAILABLE;
}

static void
dane_mx_insecure(struct scene *c)
{
	dane(c);
	c->known.dane[0].mx = ANSWER_INSECURE;
}

/* ---- What is found ---- */

struct row {
	const char *name;
	void (*session)(struct scene *c);
	void (*known)(struct scene *c);
	const char *found; /* "kind severity certainty, ...", in the order of the table */
};

#define CRITICAL " critical probable"
#define NOTICE   " notice probable"

static const struct row rows[] = {
    /* Nothing known, nothing demanded: as without any policy. */
    {"nothing known", plain, nothing, "starttls-missing info possible"},
    {"nothing known, unused", unused, nothing, "starttls-unused info possible"},
    {"no policy", plain, mx_alone, "starttls-missing info possible"},
    {"no policy, unused", unused, mx_alone, "starttls-unused info possible"},
    {"no policy, refused", refused, mx_alone, "starttls-refused notice possible"},
    {"mode none", plain, mode_none, "starttls-missing info possible"},
    {"expired, RFC 8461 section 3.2", after_expiry, enforce, "starttls-unused info possible"},
    /* In clear. */
    {"enforce, stripped", plain, enforce, "starttls-stripped" CRITICAL ", sts-violation" CRITICAL},
    {"testing, stripped", plain, testing, "starttls-stripped" NOTICE ", sts-violation" NOTICE},
    {"enforce, offered once before", offered_before, enforce,
     "starttls-stripped" CRITICAL ", sts-violation" CRITICAL},
    {"testing, offered once before", offered_before, testing,
     "starttls-stripped warning possible, sts-violation" NOTICE},
    {"enforce, unused", unused, enforce, "starttls-unused" CRITICAL ", sts-violation" CRITICAL},
    {"testing, unused", unused, testing, "starttls-unused" NOTICE ", sts-violation" NOTICE},
    {"enforce, refused", refused, enforce, "starttls-refused" CRITICAL ", sts-violation" CRITICAL},
    {"testing, refused", refused, testing,
     "starttls-refused notice possible, sts-violation" NOTICE},
    {"enforce, refused, and the client left", refused_and_left, enforce,
     "starttls-refused notice possible"},
    {"no policy, fell back", fell_back, mx_alone,
     "starttls-unused info possible, plaintext-fallback warning probable"},
    {"enforce, fell back", fell_back, enforce,
     "starttls-unused" CRITICAL ", plaintext-fallback" CRITICAL ", sts-violation" CRITICAL},
    {"testing, fell back", fell_back, testing,
     "starttls-unused" NOTICE ", plaintext-fallback warning probable, sts-violation" NOTICE},
    {"enforce, by the server's own name, which anybody may use", at_another_address, enforce,
     "starttls-unused info possible, mx-mismatch warning possible"},
    {"enforce, a gap before: only what was seen", with_gap, enforce, "sts-violation" CRITICAL},
    {"enforce, submission", submitted, enforce, "starttls-unused info possible"},
    /* Where the mail went. */
    {"enforce, its MX hosts unknown", unused, enforce_without_dns, "starttls-unused info possible"},
    {"enforce, another server, not all addresses known", at_another_server,
     enforce_part_of_the_hosts, "starttls-unused info possible"},
    {"no policy, another server", at_another_server, mx_alone,
     "starttls-unused info possible, mx-mismatch notice possible"},
    {"enforce, another server", at_another_server, enforce,
     "starttls-unused info possible, mx-mismatch warning possible"},
    {"testing, another server", at_another_server, testing,
     "starttls-unused info possible, mx-mismatch notice possible"},
    {"another server that names itself a host of the domain", at_another_address, mx_alone,
     "starttls-unused info possible, mx-mismatch notice possible"},
    {"enforce, not all addresses known, by the server's own name", at_another_address,
     enforce_part_of_the_hosts, "starttls-unused info possible"},
    {"enforce, asked for by name at another address, another's certificate", asked_elsewhere,
     enforce, "certificate-invalid critical proven, sts-violation" CRITICAL},
    {"enforce, another server, which is this client's smart host", at_smart_host, enforce,
     "starttls-unused info possible"},
    {"null MX, RFC 7505", unused, null_mx,
     "starttls-unused info possible, mx-mismatch notice possible"},
    {"enforce, a host that it does not name", encrypted, enforce_other_host,
     "sts-mx-mismatch" CRITICAL},
    {"enforce, a host that its text of an hour before does not name", encrypted,
     enforce_other_host_of_before, ""},
    {"... in clear", unused, enforce_other_host_of_before,
     "starttls-unused" CRITICAL ", sts-violation" CRITICAL},
    {"... and fetching it anew fails", encrypted, enforce_other_host_held_back,
     "sts-mx-mismatch" CRITICAL},
    {"enforce, an address of two hosts, the second of which it names", unused, enforce_second_name,
     "starttls-unused" CRITICAL ", sts-violation" CRITICAL},
    {"enforce, an address of two hosts, neither of which it names", encrypted, enforce_neither_name,
     "sts-mx-mismatch" CRITICAL},
    {"testing, a host that it does not name", encrypted, testing_other_host,
     "sts-mx-mismatch" NOTICE},
    {"enforce, a host that it does not name, nothing delivered", refused_and_left,
     enforce_other_host, "starttls-refused notice possible"},
    /* TLS: RFC 8461 section 4.2. */
    {"enforce, TLS 1.3", encrypted, enforce, ""},
    {"enforce, TLS 1.3, not observable", certificate_hidden, enforce, ""},
    {"enforce, a good certificate", good_certificate, enforce, ""},
    {"enforce, another's", asked_anothers, enforce,
     "certificate-invalid critical proven, sts-violation" CRITICAL},
    {"testing, another's", asked_anothers, testing,
     "certificate-invalid info proven, sts-violation" NOTICE},
    {"no policy, another's", asked_anothers, mx_alone, "certificate-invalid info proven"},
    {"enforce, another's, no name asked for: RFC 8461 section 7.1", certificate_of_another, enforce,
     ""},
    {"enforce, another's, for which the client asked", asked_for_it, enforce, ""},
    {"enforce, out of date, no name asked for", certificate_out_of_date, enforce,
     "certificate-invalid critical proven, sts-violation" CRITICAL},
    {"DANE-TA, another's", asked_anothers, dane_of_authority,
     "certificate-invalid critical proven, dane-violation" CRITICAL},
    {"DANE-TA, another's, no name asked for: RFC 7672 section 8.1", certificate_of_another,
     dane_of_authority, ""},
    {"enforce, out of date", certificate_out_of_date, enforce,
     "certificate-invalid critical proven, sts-violation" CRITICAL},
    {"enforce, of nobody", certificate_of_nobody, enforce,
     "certificate-invalid critical proven, sts-violation" CRITICAL},
    {"enforce, of nobody, not all was captured", chain_not_whole, enforce,
     "certificate-invalid info proven"},
    {"enforce, refused by the client", certificate_refused, enforce,
     "tls-handshake-failed notice proven"},
    /* The policy held back: RFC 8461 section 10.2. */
    {"the record is gone", encrypted, record_gone, "sts-suppressed warning probable"},
    {"the record is gone, testing", encrypted, record_gone_in_testing, "sts-suppressed" NOTICE},
    {"fetching failed twice", encrypted, fetch_failed_twice, ""},
    {"fetching failed thrice", encrypted, fetch_failed_thrice, "sts-suppressed warning probable"},
    {"the resolver fails for all", encrypted, resolver_down, ""},
    {"the record is gone, the policy holds", unused, record_gone,
     "starttls-unused" CRITICAL ", sts-violation" CRITICAL ", sts-suppressed warning probable"},
    /* DANE: RFC 7672 section 2.2. */
    {"dane, stripped", plain, dane, "starttls-stripped" CRITICAL ", dane-violation" CRITICAL},
    {"dane, unused", unused, dane, "starttls-unused" CRITICAL ", dane-violation" CRITICAL},
    {"dane, unusable records demand TLS", unused, dane_unusable,
     "starttls-unused" CRITICAL ", dane-violation" CRITICAL},
    {"dane, insecure", unused, dane_insecure, "starttls-unused info possible"},
    {"dane, bogus", unused, dane_bogus, "starttls-unused info possible"},
    {"dane, unavailable", unused, dane_unavailable, "starttls-unused info possible"},
    {"dane, the MX insecure: section 2.2.1", unused, dane_mx_insecure,
     "starttls-unused info possible"},
    {"dane, as it was hours before", unused, dane_of_before, "starttls-unused info possible"},
    {"dane, as it was hours later", unused, dane_of_later, "starttls-unused info possible"},
    {"another server than hours before", at_another_server, mx_of_before,
     "starttls-unused info possible"},
    {"enforce, the same host as hours before", unused, enforce_with_mx_of_before,
     "starttls-unused" CRITICAL ", sts-violation" CRITICAL},
    {"dane of one of two hosts at an address", unused, dane_of_second_name,
     "starttls-unused info possible"},
    {"... of the other", unused, dane_of_first_name, "starttls-unused info possible"},
    {"dane, the certificate named", good_certificate, dane, ""},
    {"dane, of nobody but named: DANE-EE", certificate_of_nobody, dane_of_nobody, ""},
    {"dane, another certificate", certificate_of_nobody, dane,
     "certificate-invalid critical proven, dane-violation" CRITICAL},
    {"dane, another certificate than the records of minutes before name: RFC 7671 section 8.1",
     certificate_of_nobody, dane_of_minutes_before, "certificate-invalid info proven"},
    {"dane of minutes before, the certificate named", good_certificate, dane_of_minutes_before, ""},
    {"dane of minutes before, in clear", unused, dane_of_minutes_before,
     "starttls-unused" CRITICAL ", dane-violation" CRITICAL},
    {"another server than minutes before", at_another_server, mx_of_minutes_before,
     "starttls-unused info possible"},
    {"dane, TLS 1.3", encrypted, dane, ""},
    {"dane, TLS 1.3, not observable", certificate_hidden, dane, ""},
    {"dane, unusable, any certificate", certificate_of_nobody, dane_unusable,
     "certificate-invalid info proven"},
};

/* With a recipient of the domain. */
static void
judge(struct scene *c, const struct row *row, struct destination *d, struct verdict *v)
{
	struct judge_case judged = {.session = &c->session, .known = &c->history};

	row->known(c);
	row->session(c);
	if (c->has_policy) {
		destination_of(&c->session, &c->known, d);
		judged.policy = d;
	}
	judge_case(&judged, v);
}

/* With none, and another domain known at that place; other may be NULL. */
static void
judge_by_host(struct scene *c, const struct row *row, void (*other)(struct scene *c),
	      struct destination *d, struct verdict *v)
{
	static struct scene neighbour;
	const struct known_policy *known[2], *all[] = {&c->known, &neighbour.known};
	struct judge_case judged = {.session = &c->session, .known = &c->history};
	struct domain asked;
	size_t count = 0;

	memset(&neighbour, 0, sizeof(neighbour));
	row->known(c);
	row->session(c);
	if (other != NULL)
		other(&neighbour);
	destination_asked(&c->session, &asked);
	for (size_t i = 0; i < 2; i++)
		if (destination_is_at(all[i], &c->session.server, &asked))
			known[count++] = all[i];
	if (destination_by_host(&c->session, known, count, d))
		judged.policy = d;
	judge_case(&judged, v);
}

static void
say_found(const struct verdict *v, char *out, size_t size)
{
	size_t used = 0;

	out[0] = '\0';
	for (size_t k = 0; k < v->count; k++)
		used += (size_t)snprintf(out + used, size - used, "%s%s %s %s", k > 0 ? ", " : "",
					 v->findings[k].kind->name,
					 severity_name(v->findings[k].severity),
					 certainty_name(v->findings[k].certainty));
}

static void
each_kind_holds_where_the_policy_says_so(void **state)
{
	static struct verdict v;
	int failures = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		static struct scene c;
		static struct destination d;
		char found[1024];

		memset(&c, 0, sizeof(c));
		judge(&c, &rows[i], &d, &v);
		say_found(&v, found, sizeof(found));
		if (strcmp(found, rows[i].found) == 0)
			continue;
		print_error("%s: found \"%s\", expected \"%s\"\n", rows[i].name, found,
			    rows[i].found);
		failures++;
	}
	assert_int_equal(failures, 0);
}

/* ---- Where no recipient was seen ---- */

static void
asked_good(struct scene *c)
{
	with_certificate_for(c, &good, "mx.example.net");
}

/* ... with its chain. */
static void
asked_anothers_of_authority(struct scene *c)
{
	const struct bytes chain[] = {other_name.bytes, root.bytes};

	asked_anothers(c);
	c->session.certificate = certify_at(reader, chain, 2, "mx.example.net", c->session.start);
}

static void
asked_nobodys(struct scene *c)
{
	with_certificate_for(c, &stranger, "MX.example.net");
}

static void
asked_for_another(struct scene *c)
{
	with_certificate_for(c, &stranger, "mx.example.com");
}

/* The names that the server gives: its greeting, its EHLO reply, its certificate. */
static void
calls_itself(struct scene *c)
{
	certificate_of_nobody(c);
	c->session.server.b[3] = 77;
	c->session.greeting[0] = view("mx.example.net ESMTP");
	c->session.ehlo[0] = view("mx.example.net");
}

static void
stripped_and_left(struct scene *c)
{
	plain(c);
	c->session.smtp.mail_count = 0;
	c->session.smtp.mail_accepted = false;
	c->session.smtp.message_sent = false;
}

static void
stripped_and_left_elsewhere(struct scene *c)
{
	stripped_and_left(c);
	c->session.server.b[3] = 77;
	c->session.greeting[0] = view("mx.example.net ESMTP");
	c->session.ehlo[0] = view("mx.example.net");
}

/* Another domain at the same address: its host has another name, or the same. */
static void
neighbour_without(struct scene *c)
{
	mx_alone(c);
	c->known.domain = domain("example.com");
}

static void
neighbour_by_name(struct scene *c)
{
	with_sts(c, STS_MODE_ENFORCE, STS("enforce", "mx.example.org"));
	c->known.domain = domain("example.org");
	c->known.mx.hosts[0].name = domain("mx.example.org");
}

struct host_row {
	struct row row;
	void (*other)(struct scene *c);
};

static const struct host_row host_rows[] = {
    {{"a good certificate", asked_good, enforce, ""}, NULL},
    {{"another's, the host asked for", asked_anothers, enforce,
      "certificate-invalid critical proven, sts-violation" CRITICAL},
     NULL},
    {{"another's, testing", asked_anothers, testing,
      "certificate-invalid info proven, sts-violation" NOTICE},
     NULL},
    {{"another's, no policy", asked_anothers, mx_alone, "certificate-invalid info proven"}, NULL},
    {{"nobody's, the host asked for in capitals", asked_nobodys, enforce,
      "certificate-invalid critical proven, sts-violation" CRITICAL},
     NULL},
    {{"nobody's, the host of hours before asked for", asked_nobodys, enforce_with_mx_of_before,
      "certificate-invalid critical proven, sts-violation" CRITICAL},
     NULL},
    {{"nobody's, no name asked for, at an address of hours before", certificate_of_nobody,
      enforce_with_mx_of_before, "certificate-invalid info proven"},
     NULL},
    {{"nobody's, led elsewhere", asked_elsewhere, enforce,
      "certificate-invalid critical proven, sts-violation" CRITICAL},
     NULL},
    {{"nobody's, no name asked for", certificate_of_nobody, enforce,
      "certificate-invalid critical proven, sts-violation" CRITICAL},
     NULL},
    {{"out of date, no name asked for", certificate_out_of_date, enforce,
      "certificate-invalid critical proven, sts-violation" CRITICAL},
     NULL},
    {{"another's, no name asked for: RFC 7672 section 8.1", certificate_of_another, enforce, ""},
     NULL},
    {{"TLS 1.3, not observable", certificate_hidden, enforce, ""}, NULL},
    {{"nobody's, another name asked for", asked_for_another, enforce,
      "certificate-invalid info proven"},
     NULL},
    {{"nobody's, named by the server alone", calls_itself, enforce,
      "certificate-invalid info proven"},
     NULL},
    {{"nobody's, dane of another, the host asked for", asked_nobodys, dane,
      "certificate-invalid critical proven, dane-violation" CRITICAL},
     NULL},
    /* RFC 7672 section 3.2.2: the third of the server's names. */
    {{"another's of the named authority", asked_anothers_of_authority, dane_of_authority,
      "certificate-invalid critical proven, dane-violation" CRITICAL},
     NULL},
    {{"... where the domain's CNAME leads", asked_anothers_of_authority, dane_ta_of_alias, ""},
     NULL},
    {{"... the MX insecure", asked_anothers_of_authority, dane_ta_of_alias_mx_insecure,
      "certificate-invalid info proven"},
     NULL},
    {{"nobody's, dane of another, of minutes before", asked_nobodys, dane_of_minutes_before,
      "certificate-invalid info proven"},
     NULL},
    {{"nobody's, dane names it", asked_nobodys, dane_of_nobody, ""}, NULL},
    {{"nobody's, dane, named by the server alone", calls_itself, dane,
      "certificate-invalid info proven"},
     NULL},
    /* Whose mail it was is open where others at this host demand less. */
    {{"nobody's, a neighbour demands nothing", asked_nobodys, enforce,
      "certificate-invalid critical proven"},
     neighbour_without},
    {{"nobody's, dane is the host's, not the domain's", asked_nobodys, dane,
      "certificate-invalid critical proven, dane-violation" CRITICAL},
     neighbour_without},
    {{"good for the neighbour's host, no name asked for", certificate_of_another, enforce, ""},
     neighbour_by_name},
    {{"good for the neighbour's host, ours asked for", asked_anothers, enforce,
      "certificate-invalid critical proven, sts-violation" CRITICAL},
     neighbour_by_name},
    {{"dane of ours, good for the neighbour's host, no name asked for", certificate_of_another,
      dane, ""},
     neighbour_by_name},
    /* A sender that keeps to the policy gives up before it names anybody: field notes 1, 5. */
    {{"enforce, stripped, and the client left", stripped_and_left, enforce,
      "starttls-stripped" CRITICAL},
     NULL},
    {{"testing, stripped, and the client left", stripped_and_left, testing,
      "starttls-stripped" NOTICE},
     NULL},
    {{"dane, stripped, and the client left", stripped_and_left, dane, "starttls-stripped" CRITICAL},
     NULL},
    {{"no policy, stripped, and the client left", stripped_and_left, mx_alone,
      "starttls-missing info possible"},
     NULL},
    {{"enforce, named by the server alone", stripped_and_left_elsewhere, enforce,
      "starttls-missing info possible"},
     NULL},
    /* In clear, and the recipients missing: whose mail it was is not known. */
    {{"enforce, unused", unused, enforce, "starttls-unused info possible"}, NULL},
    {{"dane, unused", unused, dane, "starttls-unused" CRITICAL ", dane-violation" CRITICAL}, NULL},
    {{"enforce, a host that it does not name", encrypted, enforce_other_host, ""}, NULL},
    {{"the record is gone", encrypted, record_gone, "sts-suppressed warning probable"}, NULL},
};

static void
a_host_tells_what_it_owes_and_no_more(void **state)
{
	static struct verdict v;
	int failures = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(host_rows) / sizeof(host_rows[0]); i++) {
		static struct scene c;
		static struct destination d;
		const struct row *row = &host_rows[i].row;
		char found[1024];

		memset(&c, 0, sizeof(c));
		judge_by_host(&c, row, host_rows[i].other, &d, &v);
		say_found(&v, found, sizeof(found));
		if (strcmp(found, row->found) == 0)
			continue;
		print_error("%s: found \"%s\", expected \"%s\"\n", row->name, found, row->found);
		failures++;
	}
	assert_int_equal(failures, 0);
}

static const char *
proof_of(const struct finding *f, const char *what)
{
	for (size_t i = 0; i < f->proof_count; i++)
		if (strcmp(f->proofs[i].what, what) == 0)
			return f->proofs[i].value;
	return "";
}

/* A person can check it: which policy, where it is from, how old it was. */
static void
the_policy_its_source_and_age_are_told(void **state)
{
	static const struct row row = {"", unused, enforce, ""};
	static struct scene c;
	static struct destination d;
	static struct verdict v;

	(void)state;
	judge(&c, &row, &d, &v);
	assert_int_equal(v.count, 2);
	for (size_t i = 0; i < v.count; i++) {
		const struct finding *f = &v.findings[i];

		assert_non_null(
		    strstr(proof_of(f, "MTA-STS policy"), "example.net, mode enforce, id 7"));
		assert_string_equal(proof_of(f, "policy's source"),
				    "https://mta-sts.example.net/.well-known/mta-sts.txt");
		assert_non_null(strstr(proof_of(f, "policy fetched"), "60 min before the session"));
		assert_string_equal(proof_of(f, "MX host"), "mx.example.net, by its address");
		assert_true(strlen(f->detail) > 10);
	}
}

/* Of two recipients the one whose policy demands more. */
static void
the_stricter_policy_counts(void **state)
{
	static struct destination a, b;

	(void)state;
	a.policy.required = REQUIRED_MTA_STS;
	a.policy.sts = STS_MODE_ENFORCE;
	assert_true(destination_is_stricter(&a, &b));
	assert_false(destination_is_stricter(&b, &a));
	b.policy.required = REQUIRED_DANE;
	assert_true(destination_is_stricter(&b, &a));
	a = (struct destination){.policy.sts = STS_MODE_TESTING};
	b = (struct destination){.policy.sts = STS_MODE_NONE};
	assert_true(destination_is_stricter(&a, &b));
	assert_false(destination_is_stricter(&b, &a));
	assert_false(destination_is_stricter(&b, &b));
}

/* Of a certificate it is said what the client asked for, and where that was nothing, what that
 * means. */
static void
a_certificate_is_told_beside_the_name_that_was_asked_for(void **state)
{
	static const struct row rows_asked[] = {
	    {"no name", certificate_out_of_date, enforce, "none (no SNI)"},
	    {"no name, DANE", certificate_of_nobody, dane, "none (no SNI)"},
	    {"a name", asked_anothers, enforce, "mx.example.net"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows_asked) / sizeof(rows_asked[0]); i++) {
		static struct scene c;
		static struct destination d;
		static struct verdict v;

		memset(&c, 0, sizeof(c));
		judge(&c, &rows_asked[i], &d, &v);
		assert_int_equal(v.count, 2);
		for (size_t k = 0; k < v.count; k++) {
			const char *asked = proof_of(&v.findings[k], "name asked for");

			if (asked == NULL ||
			    strncmp(asked, rows_asked[i].found, strlen(rows_asked[i].found)) != 0)
				fail_msg("%s: %s", rows_asked[i].name, asked);
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(each_kind_holds_where_the_policy_says_so),
	    cmocka_unit_test(a_host_tells_what_it_owes_and_no_more),
	    cmocka_unit_test(the_policy_its_source_and_age_are_told),
	    cmocka_unit_test(the_stricter_policy_counts),
	    cmocka_unit_test(a_certificate_is_told_beside_the_name_that_was_asked_for),
	};

	return cmocka_run_group_tests_name("judging by policy", tests, make_all, unmake_all);
}
