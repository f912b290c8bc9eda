/*
 * When each domain is asked for, whether what fails does so for all alike, and
 * what is known of a domain behind each answer.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "monitor/policy/agenda.h"
#include "monitor/policy/known.h"
#include "monitor/policy/outage.h"

static const uint8_t secret[16] = "not so secret 1";

#define NOW 1000000

static struct domain
domain(const char *format, int number)
{
	struct domain d = {{0}};

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	snprintf(d.text, sizeof(d.text), format, number);
#pragma GCC diagnostic pop
	return d;
}

static const struct domain net = {"example.net"};

static int
set_up(void **state)
{
	*state = agenda_new(secret);
	return *state != NULL ? 0 : -1;
}

static int
tear_down(void **state)
{
	agenda_free(*state);
	return 0;
}

static void
assert_next(struct agenda *a, const char *name, int64_t now)
{
	const struct agenda_item *item = agenda_next(a, now);

	if (name == NULL)
		assert_null(item);
	else
		assert_non_null(item);
	if (item != NULL)
		assert_string_equal(item->domain.text, name);
}

/* ---- The agenda ---- */

static void
a_domain_is_asked_for_once_at_a_time(void **state)
{
	struct agenda *a = *state;

	assert_int_equal(agenda_wait(a, NOW), -1);
	assert_true(agenda_want(a, &net, 1, NOW));
	assert_true(agenda_want(a, &net, 2, NOW));
	assert_int_equal(agenda_waiting(a), 1);
	assert_int_equal(agenda_wait(a, NOW), 0);
	assert_next(a, "example.net", NOW);
	assert_next(a, NULL, NOW);
	assert_true(agenda_want(a, &net, 1, NOW + 1000));
	assert_next(a, NULL, NOW + 1000);
	assert_int_equal(agenda_asked(a), 1);
	agenda_answered(a, &net, true, NOW + 2000);
	assert_int_equal(agenda_asked(a), 0);
	/* Not right behind; then when mail is seen for it again, and never on its own. */
	assert_true(agenda_want(a, &net, 1, NOW + 2000 + AGENDA_AGAIN - 1));
	assert_next(a, NULL, NOW + 2000 + AGENDA_AGAIN);
	assert_true(agenda_want(a, &net, 1, NOW + 2000 + AGENDA_AGAIN));
	assert_next(a, "example.net", NOW + 2000 + AGENDA_AGAIN);
}

static void
a_failure_is_asked_again_on_its_own_while_it_matters(void **state)
{
	struct agenda *a = *state;
	int64_t now = NOW, wait = AGENDA_AGAIN;
	int asked = 0;

	agenda_want(a, &net, 1, NOW);
	while (now - NOW < AGENDA_MATTERS) {
		assert_next(a, "example.net", now);
		asked++;
		agenda_answered(a, &net, false, now);
		if (agenda_waiting(a) == 0)
			break;
		assert_next(a, NULL, now + wait - 1);
		assert_int_equal(agenda_wait(a, now), wait);
		now += wait;
		wait = wait * 2 < AGENDA_AGAIN_MAX ? wait * 2 : AGENDA_AGAIN_MAX;
	}
	/* At 0, 10, 30, 70, 150, 310 s, and for the last time at 610. */
	assert_int_equal(asked, 6);
	assert_int_equal(now - NOW, 610000);
	assert_next(a, "example.net", now);
	agenda_answered(a, &net, false, now);
	assert_int_equal(agenda_waiting(a), 0);
	/* Mail for it brings it up again. */
	agenda_want(a, &net, 1, now + AGENDA_AGAIN_MAX);
	assert_next(a, "example.net", now + AGENDA_AGAIN_MAX);
}

static void
what_is_lost_is_asked_again_but_not_for_ever(void **state)
{
	struct agenda *a = *state;

	agenda_want(a, &net, 1, NOW);
	for (int i = 0; i < AGENDA_LOST_MAX; i++) {
		assert_next(a, "example.net", NOW + i);
		assert_int_equal(agenda_lost(a, NOW + i), 1);
		assert_int_equal(agenda_waiting(a), 1);
	}
	assert_next(a, "example.net", NOW + 10);
	assert_int_equal(agenda_lost(a, NOW + 10), 1);
	assert_int_equal(agenda_waiting(a), 0);
	agenda_want(a, &net, 1, NOW + 20);
	assert_next(a, NULL, NOW + 20);
	agenda_want(a, &net, 1, NOW + 10 + AGENDA_AGAIN_MAX);
	assert_next(a, "example.net", NOW + 10 + AGENDA_AGAIN_MAX);
}

static void
an_answer_may_put_it_off_or_to_rest(void **state)
{
	struct agenda *a = *state;

	agenda_want(a, &net, 1, NOW);
	assert_next(a, "example.net", NOW);
	agenda_put_off(a, &net, 300000, NOW);
	assert_next(a, NULL, NOW + 299999);
	assert_int_equal(agenda_wait(a, NOW), 300000);
	assert_next(a, "example.net", NOW + 300000);
	agenda_rest(a, &net, 900000, NOW + 300000);
	assert_int_equal(agenda_waiting(a), 0);
	agenda_want(a, &net, 1, NOW + 1199999);
	assert_int_equal(agenda_waiting(a), 0);
	agenda_want(a, &net, 1, NOW + 1200000);
	assert_next(a, "example.net", NOW + 1200000);
	assert_true(agenda_is_asked(a, &net));
	/* Of one that nobody asked for nothing is taken. */
	agenda_later(a, &(struct domain){"other.example"}, NOW);
	agenda_answered(a, &(struct domain){"other.example"}, false, NOW);
	assert_int_equal(agenda_waiting(a), 0);
}

static void
one_origin_has_its_share_and_no_more(void **state)
{
	struct agenda *a = *state;
	int taken = 0;

	for (int i = 0; i < AGENDA_ORIGIN_MAX + 100; i++) {
		struct domain d = domain("invented%d.test", i);

		taken += agenda_want(a, &d, 7, NOW);
	}
	assert_in_range(taken, AGENDA_ORIGIN_MAX * 9 / 10, AGENDA_ORIGIN_MAX);
	assert_true(agenda_want(a, &net, 8, NOW));
}

#define REGION(n) ((uint64_t)(n) << 32)

/* Of networks of one region, however many, what waits makes way for others. */
static void
what_one_region_brings_up_in_masses_makes_way(void **state)
{
	struct agenda *a = *state;
	int taken = 0, flood = 0, asked = 0;

	for (int i = 0; i < 100000; i++) {
		struct domain d = domain("invented%d.test", i);

		agenda_want(a, &d, REGION(1) | (uint64_t)i, NOW);
	}
	for (int i = 0; i < 100; i++) {
		struct domain d = domain("real%d.test", i);

		taken += agenda_want(a, &d, REGION(2) | (uint64_t)i, NOW);
	}
	assert_int_equal(taken, 100);
	/* It does not get these places back. */
	for (int i = 0; i < 100000; i++) {
		struct domain d = domain("more%d.test", i);

		flood += agenda_want(a, &d, REGION(1) | (uint64_t)i, NOW);
	}
	assert_int_equal(flood, 0);
	for (const struct agenda_item *item; (item = agenda_next(a, NOW)) != NULL;)
		asked += strncmp(item->domain.text, "real", 4) == 0;
	assert_int_equal(asked, 100);
}

/* Names that were answered, however many, leave no room taken; those that are asked keep theirs. */
static void
what_rests_makes_way(void **state)
{
	struct agenda *a = *state;
	int held = 0;

	for (int i = 0; i < 100000; i++) {
		struct domain d = domain("n%d.test", i);

		assert_true(agenda_want(a, &d, (uint64_t)i, NOW));
		assert_next(a, d.text, NOW);
		agenda_answered(a, &d, i % 2 == 0, NOW);
	}
	for (int i = 0; i < 1000; i++) {
		struct domain d = domain("held%d.test", i);

		agenda_want(a, &d, (uint64_t)i, NOW);
	}
	while (agenda_next(a, NOW) != NULL)
		;
	for (int i = 0; i < 100000; i++) {
		struct domain d = domain("m%d.test", i);

		agenda_want(a, &d, 1000 + (uint64_t)i, NOW);
	}
	for (int i = 0; i < 1000; i++) {
		struct domain d = domain("held%d.test", i);

		held += agenda_is_asked(a, &d);
	}
	assert_in_range(held, 990, 1000);
}

static void
how_long_an_answer_took_counts_from_when_it_was_asked(void **state)
{
	struct agenda *a = *state;

	assert_true(agenda_want(a, &net, 1, NOW));
	assert_int_equal(agenda_took(a, &net, NOW + 10), -1);
	assert_next(a, "example.net", NOW + 40);
	assert_int_equal(agenda_took(a, &net, NOW + 290), 250);
	agenda_answered(a, &net, true, NOW + 290);
	assert_int_equal(agenda_took(a, &net, NOW + 300), -1);
}

/* ---- Outages ---- */

static void
what_fails_for_others_too_is_an_outage(void **state)
{
	struct outage o = {0};

	(void)state;
	assert_false(outage_is_general(&o, OUTAGE_DNS, 1));
	for (int i = 0; i < 10; i++)
		outage_note(&o, OUTAGE_DNS, 1, false);
	assert_false(outage_is_general(&o, OUTAGE_DNS, 1)); /* one domain, however often */
	outage_note(&o, OUTAGE_DNS, 2, false);
	outage_note(&o, OUTAGE_DNS, 3, false);
	assert_false(outage_is_general(&o, OUTAGE_DNS, 1));
	assert_true(outage_is_general(&o, OUTAGE_DNS, 9));
	outage_note(&o, OUTAGE_DNS, 4, false);
	assert_true(outage_is_general(&o, OUTAGE_DNS, 1));
	assert_false(outage_is_general(&o, OUTAGE_FETCH, 1));
	/* One for whom it goes well, and it is no outage. */
	outage_note(&o, OUTAGE_DNS, 5, true);
	assert_false(outage_is_general(&o, OUTAGE_DNS, 1));
}

/* ---- What is known ---- */

#define T     INT64_C(1790000000000000)
#define TEXT  "version: STSv1\nmode: enforce\nmx: mx.example.net\nmax_age: 604800\n"
#define OTHER "version: STSv1\nmode: testing\nmx: mx.example.net\nmax_age: 86400\n"

/* An answer with a policy (NULL: its record is absent) and an MX host of this address. */
static struct learnt *
answer(const char *id, const char *text, uint8_t last)
{
	struct learnt *l = learnt_new(&net);
	const struct mx_record mx = {10, BYTES("mx.example.net")};

	assert_non_null(l);
	l->was_served = true;
	l->sts_answer = id != NULL ? ANSWER_INSECURE : ANSWER_ABSENT_INSECURE;
	l->sts_ttl = 60;
	if (id != NULL) {
		l->sts_record.state = STS_RECORD_FOUND;
		snprintf(l->sts_record.id, sizeof(l->sts_record.id), "%s", id);
	}
	if (text != NULL) {
		l->fetch = LEARNT_FETCHED;
		assert_true(learnt_set_text(l, bytes_text(text)));
	}
	l->mx_answer = ANSWER_INSECURE;
	mx_read(&net, l->mx_answer, &mx, 1, &l->mx, &l->mx_problems);
	learnt_set_hosts(l);
	mx_add_address(&l->mx.hosts[0], &(struct address){.family = 4, .b = {192, 0, 2, last}});
	return l;
}

static struct learnt *
failure(void)
{
	struct learnt *l = learnt_new(&net);

	assert_non_null(l);
	l->sts_answer = l->mx_answer = l->tlsrpt_answer = ANSWER_UNAVAILABLE;
	return l;
}

static const struct known_outage none, dns_out = {.is_dns = true}, fetch_out = {.is_fetch = true};
static struct known_policy first, after; /* large */
static struct learnt *of_first;

static int
learn_first(void **state)
{
	(void)state;
	of_first = answer("1", TEXT, 1);
	known_after(NULL, of_first, &none, T, &first);
	return 0;
}

static int
forget_first(void **state)
{
	(void)state;
	learnt_free(of_first);
	return 0;
}

static void
the_first_answer_is_all_that_is_known(void **state)
{
	(void)state;
	assert_string_equal(first.domain.text, "example.net");
	assert_true(first.cache.is_known && first.cache.mode == STS_MODE_ENFORCE);
	assert_string_equal(first.cache.id, "1");
	assert_string_equal(first.source, "network");
	assert_true(first.sts.is_valid && first.cache.fetched == T && first.learnt == T);
	assert_int_equal(first.mx.form, MX_LISTED);
	assert_int_equal(first.mx.hosts[0].addresses[0].b[3], 1);
	assert_true(known_says_something(&first));
	assert_false(first.is_resolver_failing);
	assert_false(known_is_due(&first, T + 1));
	assert_true(known_is_due(&first, T + KNOWN_FRESH));
	assert_true(known_is_due(&first, T - KNOWN_FRESH)); /* the clock was set back */
}

/* What would fail by answers of some time before is asked for again. */
static void
a_session_that_would_fail_has_its_domain_asked_for(void **state)
{
	struct bytes recipient = BYTES("example.net");
	struct session s = {.service = SERVICE_SMTP,
			    .start = T + 1,
			    .server = {.family = 4, .b = {192, 0, 2, 1}},
			    .rcpt_domains = &recipient,
			    .rcpt_count = 1};

	(void)state;
	after = first;
	after.mx.hosts[0].is_whole = true;
	/* In clear, the record: RFC 8461 section 5.1. */
	assert_false(known_is_due_for(&after, &s, T + STS_RECHECK));
	s.smtp.mail_accepted = s.smtp.message_sent = true;
	assert_false(known_is_due_for(&after, &s, T + STS_RECHECK - 1));
	assert_true(known_is_due_for(&after, &s, T + STS_RECHECK));
	/* Elsewhere than to the MX hosts of before: they may have moved. */
	s.smtp.mail_accepted = s.smtp.message_sent = false;
	s.start = T + DESTINATION_RECHECK + 1;
	assert_false(known_is_due_for(&after, &s, s.start));
	s.server.b[3] = 99;
	assert_true(known_is_due_for(&after, &s, s.start));
	s.start--;
	assert_false(known_is_due_for(&after, &s, s.start));
}

static void
what_has_no_answer_stays_as_it_was(void **state)
{
	struct learnt *l = failure();

	(void)state;
	known_after(&first, l, &none, T + STS_SECOND, &after);
	assert_true(after.cache.is_known && after.cache.trouble == STS_DISCOVERY_FAILED);
	assert_int_equal(after.cache.failures, 1);
	assert_int_equal(after.mx.count, 1);
	assert_true(after.learnt == T);
	assert_int_equal(after.sts.text.len, strlen(TEXT));
	learnt_free(l);
}

/* The same MX host; its address and TLSA records as these answers say, the latter of some key. */
static struct learnt *
answer_of_host(enum answer address, enum answer tlsa)
{
	static const uint8_t digest[32] = {0};
	const struct tlsa record = {
	    .usage = 3, .selector = 1, .matching = 1, .data = {digest, sizeof(digest)}};
	struct learnt *l = answer("1", NULL, 1);
	struct dane_answers *dane = &l->hosts[0].dane;

	dane->mx = ANSWER_SECURE;
	dane->address = address;
	dane->tlsa[DANE_BASE_EXPANDED] = tlsa;
	if (tlsa == ANSWER_SECURE)
		assert_true(learnt_set_tlsa(l, 0, DANE_BASE_EXPANDED, &record, 1));
	if (!answer_is_known(address))
		l->mx.hosts[0].address_count = 0;
	l->mx.hosts[0].is_whole = answer_is_known(address);
	return l;
}

static enum dane_demand
demand_after(void)
{
	struct dane d;

	dane_judge(&after.dane[0], &d);
	return d.demand;
}

/* Who can hold an answer back could else end what a host demands: RFC 7672 section 2.1.2. */
static void
records_that_cannot_be_had_now_hold_for_their_time(void **state)
{
	static const enum answer failures[] = {ANSWER_BOGUS, ANSWER_UNAVAILABLE};
	struct learnt *l = answer_of_host(ANSWER_SECURE, ANSWER_SECURE), *failed;

	(void)state;
	known_after(NULL, l, &none, T, &first);
	for (size_t i = 0; i < 4; i++) {
		failed = answer_of_host(i < 2 ? ANSWER_SECURE : failures[i % 2], failures[i % 2]);
		known_after(&first, failed, &none, T + DESTINATION_FRESH, &after);
		assert_int_equal(demand_after(), DANE_DEMANDS_AUTHENTICITY);
		assert_int_equal(after.dane[0].records[DANE_BASE_EXPANDED].count, 1);
		assert_true(after.learnt == T);
		/* No longer: then it is not known what it demands. */
		known_after(&first, failed, &none, T + DESTINATION_FRESH + 1, &after);
		assert_int_equal(demand_after(), DANE_DEMANDS_DELAY);
		assert_true(after.learnt == T + DESTINATION_FRESH + 1);
		learnt_free(failed);
	}
	/* A proof that there is none ends it at once. */
	failed = answer_of_host(ANSWER_SECURE, ANSWER_ABSENT);
	known_after(&first, failed, &none, T + 1, &after);
	assert_int_equal(demand_after(), DANE_DEMANDS_NOTHING);
	assert_true(after.learnt == T + 1);
	learnt_free(failed);
	learnt_free(l);
}

static void
addresses_that_cannot_be_had_now_stay(void **state)
{
	struct learnt *failed = answer_of_host(ANSWER_UNAVAILABLE, ANSWER_UNASKED);
	struct learnt *other = answer("1", NULL, 2);

	(void)state;
	known_after(&first, failed, &none, T + STS_SECOND, &after);
	assert_int_equal(after.mx.hosts[0].address_count, 1);
	assert_int_equal(after.mx.hosts[0].addresses[0].b[3], 1);
	assert_false(after.mx.hosts[0].is_whole);
	assert_true(after.learnt == T + STS_SECOND);
	/* Those of one family alone are beside what is new. */
	known_after(&first, other, &none, T + STS_SECOND, &after);
	assert_int_equal(after.mx.hosts[0].address_count, 2);
	learnt_free(other);
	learnt_free(failed);
}

/* So many seconds later. */
static size_t
addresses_after(const struct known_policy *before, struct learnt *l, int seconds,
		struct known_policy *out)
{
	l->mx.hosts[0].is_whole = true;
	known_after(before, l, &none, T + seconds * STS_SECOND, out);
	return out->mx.hosts[0].address_count;
}

/* One of many that take turns, as large providers have it: the others are not known to be none. */
static void
a_host_whose_addresses_change_is_not_known_whole(void **state)
{
	struct learnt *l[] = {answer("1", NULL, 1), answer("1", NULL, 2), answer("1", NULL, 2)};
	const struct address elsewhere = {.family = 4, .b = {192, 0, 2, 9}};
	struct known_policy *then = malloc(sizeof(*then));

	(void)state;
	assert_non_null(then);
	assert_int_equal(addresses_after(&first, l[0], 100, &after), 1);
	assert_int_equal(mx_has_address(&after.mx, &elsewhere, NULL), FACT_NO);
	assert_int_equal(addresses_after(&after, l[1], 200, then), 2);
	assert_int_equal(then->mx.hosts[0].addresses[0].b[3], 2);
	assert_int_equal(mx_has_address(&then->mx, &elsewhere, NULL), FACT_UNSEEN);
	/* The whole of one look-up behind a part of it says nothing new. */
	assert_int_equal(addresses_after(then, l[1], 201, &after), 2);
	assert_int_equal(mx_has_address(&after.mx, &elsewhere, NULL), FACT_UNSEEN);
	/* They are the same again: it had but moved. */
	assert_int_equal(addresses_after(then, l[2], 300, &after), 1);
	assert_int_equal(after.mx.hosts[0].addresses[0].b[3], 2);
	assert_int_equal(mx_has_address(&after.mx, &elsewhere, NULL), FACT_NO);
	for (size_t i = 0; i < 3; i++)
		learnt_free(l[i]);
	free(then);
}

/* Nobody can talk a policy away, section 10.2. */
static void
an_absent_record_ends_no_policy(void **state)
{
	struct learnt *l = answer(NULL, NULL, 2);

	(void)state;
	known_after(&first, l, &none, T + STS_SECOND, &after);
	assert_true(after.cache.is_known && after.cache.trouble == STS_RECORD_GONE);
	assert_true(sts_cache_is_suppressed(&after.cache, T + STS_SECOND));
	assert_int_equal(after.mx.hosts[0].addresses[0].b[3], 2);
	assert_true(after.learnt == T + STS_SECOND);
	learnt_free(l);
}

static void
a_new_id_with_a_new_text_takes_its_place(void **state)
{
	struct learnt *l = answer("2", OTHER, 1);

	(void)state;
	known_after(&first, l, &none, T + STS_SECOND, &after);
	assert_string_equal(after.cache.id, "2");
	assert_int_equal(after.cache.mode, STS_MODE_TESTING);
	assert_int_equal(after.sts.text.len, strlen(OTHER));
	learnt_free(l);
}

/* Its text may be another by now, under the same id: it is to be fetched again. */
static void
a_policy_that_does_not_name_an_mx_host_is_doubted(void **state)
{
	struct learnt *l = answer("1", NULL, 1);
	const int64_t later = T + STS_BACK_OFF + 1;

	(void)state;
	assert_false(known_doubts_policy(&first, later));
	assert_int_equal(domain_read(BYTES("mx2.example.net"), &l->mx.hosts[0].name), DOMAIN_OK);
	known_after(&first, l, &none, later, &after);
	assert_true(known_doubts_policy(&after, later));
	assert_false(known_doubts_policy(&after, later - 1)); /* fetched a moment ago */
	after.cache.trouble = STS_FETCH_FAILED;
	assert_false(known_doubts_policy(&after, later)); /* that was tried */
	after.cache.trouble = STS_FINE;
	assert_false(known_doubts_policy(&after, sts_cache_expires(&after.cache)));
	after.cache.mode = STS_MODE_NONE;
	assert_false(known_doubts_policy(&after, later));
	learnt_free(l);
}

static void
an_outage_is_not_held_against_the_domain(void **state)
{
	struct learnt *l = failure(), *unfetched = answer("2", NULL, 1);
	struct known_policy *twice = malloc(sizeof(*twice));

	(void)state;
	assert_non_null(twice);
	known_after(&first, l, &dns_out, T + STS_SECOND, &after);
	assert_int_equal(after.cache.failures, 0);
	assert_true(after.is_resolver_failing);
	unfetched->fetch = LEARNT_NO_FETCH;
	known_after(&after, unfetched, &fetch_out, T + 2 * STS_SECOND, twice);
	assert_int_equal(twice->cache.failures, 0);
	assert_true(twice->is_resolver_failing && twice->cache.wants_fetch);
	/* Without one it is. */
	known_after(&first, unfetched, &none, T + 2 * STS_SECOND, &after);
	assert_int_equal(after.cache.failures, 1);
	assert_int_equal(after.cache.trouble, STS_FETCH_FAILED);
	assert_false(after.is_resolver_failing);
	learnt_free(l);
	learnt_free(unfetched);
	free(twice);
}

/* The DNS' word on its hosts, ahead of the rest. */
static void
a_part_says_of_the_hosts_and_nothing_of_the_policy(void **state)
{
	struct learnt *l = answer("2", TEXT, 9), *empty = answer(NULL, NULL, 1), *part;

	(void)state;
	part = malloc(sizeof(*part));
	assert_non_null(part);
	learnt_part(l, part);
	known_after(NULL, part, &none, T, &after);
	assert_string_equal(sts_cache_status(&after.cache, T), "unavailable");
	assert_int_equal(sts_cache_next(&after.cache, T), STS_ASK_RECORD);
	assert_true(mx_host_has(&after.mx.hosts[0], &(struct address){4, {192, 0, 2, 9}}));
	assert_true(known_says_something(&after));
	/* Nor does it unsay what is known, whatever it is a part of. */
	first.is_resolver_failing = true;
	learnt_part(empty, part);
	known_after(&first, part, &none, T + STS_SECOND, &after);
	assert_true(after.cache.is_known && after.cache.trouble == STS_FINE);
	assert_string_equal(after.cache.id, "1");
	assert_true(after.is_resolver_failing);
	assert_true(mx_host_has(&after.mx.hosts[0], &(struct address){4, {192, 0, 2, 1}}));
	free(part);
	learnt_free(empty);
	learnt_free(l);
}

/* A resolver that knows no such domain, which mail is seen for: the one of an inner network, or one
 * that lies. */
static void
a_domain_that_was_there_is_not_talked_away(void **state)
{
	const enum answer answers[] = {ANSWER_ABSENT_INSECURE, ANSWER_ABSENT};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct learnt *l = learnt_new(&net);

		assert_non_null(l);
		l->was_served = true;
		l->sts_answer = l->mx_answer = answers[i];
		mx_read(&net, l->mx_answer, NULL, 0, &l->mx, &l->mx_problems);
		learnt_set_hosts(l);
		l->hosts[0].dane.address = answers[i];
		l->mx.hosts[0].is_whole = true;
		known_after(&first, l, &none, T + 1, &after);
		/* Where it is proven it is so. */
		assert_int_equal(after.mx.form, i == 0 ? MX_LISTED : MX_IMPLICIT);
		assert_int_equal(after.cache.trouble, i == 0 ? STS_FINE : STS_RECORD_GONE);
		assert_true(after.learnt == (i == 0 ? T : T + 1));
		assert_true(after.cache.is_known);
		learnt_free(l);
	}
}

static void
of_a_domain_that_is_not_there_nothing_is_known(void **state)
{
	struct learnt *l = learnt_new(&net);

	(void)state;
	assert_non_null(l);
	l->was_served = true;
	l->sts_answer = l->mx_answer = ANSWER_ABSENT_INSECURE;
	mx_read(&net, l->mx_answer, NULL, 0, &l->mx, &l->mx_problems);
	known_after(NULL, l, &none, T, &after);
	assert_int_equal(after.mx.form, MX_IMPLICIT);
	assert_false(known_says_something(&after));
	mx_add_address(&after.mx.hosts[0], &(struct address){.family = 4});
	assert_true(known_says_something(&after));
	learnt_free(l);
}

#define WITH_AGENDA(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
#define WITH_FIRST(test)  cmocka_unit_test_setup_teardown(test, learn_first, forget_first)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    WITH_AGENDA(a_domain_is_asked_for_once_at_a_time),
	    WITH_AGENDA(a_failure_is_asked_again_on_its_own_while_it_matters),
	    WITH_AGENDA(what_is_lost_is_asked_again_but_not_for_ever),
	    WITH_AGENDA(an_answer_may_put_it_off_or_to_rest),
	    WITH_AGENDA(one_origin_has_its_share_and_no_more),
	    WITH_AGENDA(what_one_region_brings_up_in_masses_makes_way),
	    WITH_AGENDA(what_rests_makes_way),
	    WITH_AGENDA(how_long_an_answer_took_counts_from_when_it_was_asked),
	    cmocka_unit_test(what_fails_for_others_too_is_an_outage),
	    WITH_FIRST(the_first_answer_is_all_that_is_known),
	    WITH_FIRST(a_session_that_would_fail_has_its_domain_asked_for),
	    WITH_FIRST(what_has_no_answer_stays_as_it_was),
	    WITH_FIRST(records_that_cannot_be_had_now_hold_for_their_time),
	    WITH_FIRST(addresses_that_cannot_be_had_now_stay),
	    WITH_FIRST(a_host_whose_addresses_change_is_not_known_whole),
	    WITH_FIRST(a_domain_that_was_there_is_not_talked_away),
	    WITH_FIRST(an_absent_record_ends_no_policy),
	    WITH_FIRST(a_new_id_with_a_new_text_takes_its_place),
	    WITH_FIRST(a_policy_that_does_not_name_an_mx_host_is_doubted),
	    WITH_FIRST(an_outage_is_not_held_against_the_domain),
	    WITH_FIRST(a_part_says_of_the_hosts_and_nothing_of_the_policy),
	    cmocka_unit_test(of_a_domain_that_is_not_there_nothing_is_known),
	};

	return cmocka_run_group_tests_name("agenda", tests, NULL, NULL);
}
