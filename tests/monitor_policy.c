/*
 * What is in force for a domain, a host and a time: the life of a cached MTA-STS
 * policy, MX hosts, and which of MTA-STS and DANE goes first. Numbers: see
 * monitor_sts.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "monitor/policy/mx.h"
#include "monitor/policy/policy.h"

#define T0   INT64_C(1767225600000000) /* 2026-01-01T00:00:00Z */
#define SEC  STS_SECOND
#define MIN  (60 * SEC)
#define HOUR (60 * MIN)
#define DAY  (24 * HOUR)

static struct sts_cache
after_record(struct sts_cache c, int64_t time, const char *id)
{
	struct sts_event e = {.kind = STS_SAW_RECORD, .time = time, .ttl = 300};

	snprintf(e.id, sizeof(e.id), "%s", id);
	return sts_cache_after(c, &e);
}

static struct sts_cache
after_policy(struct sts_cache c, int64_t time, enum sts_mode mode, uint32_t max_age)
{
	struct sts_event e = {.kind = STS_SAW_POLICY,
			      .time = time,
			      .mode = mode,
			      .max_age = max_age,
			      .digest = {(uint8_t)mode}};

	return sts_cache_after(c, &e);
}

static struct sts_cache
after(struct sts_cache c, int64_t time, enum sts_event_kind kind)
{
	struct sts_event e = {.kind = kind, .time = time, .ttl = 300};

	return sts_cache_after(c, &e);
}

/* A domain with an enforce policy of a week, fetched at T0. */
static struct sts_cache
enforced(void)
{
	struct sts_cache c = {0};

	return after_policy(after_record(c, T0, "1"), T0, STS_MODE_ENFORCE, 604800);
}

/* RFC 8461 section 3: the record first, then the policy, then neither for a while. */
static void
a_policy_is_found_and_kept(void **state)
{
	struct sts_cache c = {0};

	(void)state;
	assert_int_equal(sts_cache_next(&c, T0), STS_ASK_RECORD);
	assert_int_equal(sts_cache_force(&c, T0), STS_FORCE_NONE);
	c = after_record(c, T0, "1");
	assert_int_equal(sts_cache_next(&c, T0), STS_FETCH_POLICY);
	c = after_policy(c, T0 + SEC, STS_MODE_ENFORCE, 604800);
	assert_int_equal(sts_cache_next(&c, T0 + 2 * SEC), STS_WAIT);
	assert_int_equal(sts_cache_force(&c, T0 + 2 * SEC), STS_FORCE_YES);
	assert_string_equal(sts_cache_status(&c, T0 + 2 * SEC), "enforce");
	assert_int_equal(sts_cache_expires(&c), T0 + SEC + 7 * DAY);
	/* The record again once its TTL is over, and it says the same: nothing to fetch. */
	assert_int_equal(sts_cache_next(&c, T0 + 5 * MIN), STS_ASK_RECORD);
	c = after_record(c, T0 + 5 * MIN, "1");
	assert_int_equal(sts_cache_next(&c, T0 + 5 * MIN), STS_WAIT);
	/* A session that brought the question up is judged by the answer; one of last week not. */
	assert_int_equal(sts_cache_force(&c, T0 - MIN), STS_FORCE_YES);
	assert_int_equal(sts_cache_force(&c, T0 - 7 * DAY), STS_FORCE_NOT_YET);
}

/* (15) (16) (17) (18) Section 3.1's note, section 5.1: nothing but max_age ends a policy. */
static void
a_cached_policy_outlives_its_record(void **state)
{
	static const struct {
		const char *name;
		enum sts_event_kind kind;
	} rows[] = {
	    {"(17) SERVFAIL, timeout; (15) a loop of CNAMEs", STS_NO_ANSWER},
	    {"(18) NXDOMAIN, NODATA; (15) a dangling CNAME", STS_NO_RECORD},
	    {"(2) two records", STS_BAD_RECORD},
	    {"a fetch that fails", STS_NO_POLICY},
	    {"a policy that is invalid", STS_BAD_POLICY},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct sts_cache c = enforced();

		for (int day = 1; day < 7; day++)
			c = after(c, T0 + day * DAY, rows[i].kind);
		if (sts_cache_force(&c, T0 + 7 * DAY - 1) != STS_FORCE_YES ||
		    sts_cache_force(&c, T0 + 7 * DAY) != STS_FORCE_EXPIRED ||
		    c.mode != STS_MODE_ENFORCE)
			fail_msg("%s", rows[i].name);
	}
}

/* (48) Section 3.2: a max_age of 0 is one; what is over at once was published all the same. */
static void
a_policy_of_no_time_is_told_as_it_is_published(void **state)
{
	struct sts_cache c = {0};

	(void)state;
	c = after_policy(after_record(c, T0, "1"), T0 + SEC, STS_MODE_ENFORCE, 0);
	assert_int_equal(sts_cache_force(&c, T0 + SEC), STS_FORCE_EXPIRED);
	assert_string_equal(sts_cache_status(&c, T0 + SEC), "enforce");
	assert_string_equal(sts_cache_status(&c, T0 + 2 * SEC), "unavailable");
}

/* ... and while mail is seen it is fetched anew: nothing is to be judged by what is over. */
static void
a_policy_that_is_over_is_sought_again(void **state)
{
	struct sts_cache c = {0};

	(void)state;
	c = after_policy(after_record(c, T0, "1"), T0, STS_MODE_ENFORCE, 90);
	assert_int_equal(sts_cache_next(&c, T0 + 90 * SEC - 1), STS_WAIT);
	assert_int_equal(sts_cache_next(&c, T0 + 90 * SEC), STS_ASK_RECORD);
	assert_int_equal(sts_cache_next(&(struct sts_cache){0}, T0), STS_ASK_RECORD);
	c = after_record(c, T0 + 90 * SEC, "1");
	assert_int_equal(sts_cache_next(&c, T0 + 90 * SEC), STS_FETCH_POLICY);
	/* Not time and again in a moment. */
	c = after_policy(c, T0 + 90 * SEC, STS_MODE_ENFORCE, 0);
	assert_int_equal(sts_cache_next(&c, T0 + 150 * SEC - 1), STS_WAIT);
	assert_int_equal(sts_cache_next(&c, T0 + 150 * SEC), STS_ASK_RECORD);
	/* Nor sooner than any other where that fails. */
	c = after(after_record(c, T0 + 150 * SEC, "1"), T0 + 150 * SEC, STS_NO_POLICY);
	assert_int_equal(sts_cache_next(&c, T0 + 400 * SEC), STS_WAIT);
	c = after(c, T0 + 450 * SEC, STS_NO_RECORD);
	assert_int_equal(sts_cache_next(&c, T0 + 749 * SEC), STS_WAIT);
}

/* (16) What is known of a domain without a policy: "none" and "could not be learnt" differ. */
static void
absent_and_unavailable_differ(void **state)
{
	struct sts_cache none = {0};
	struct sts_cache c;

	(void)state;
	c = after(none, T0, STS_NO_RECORD);
	assert_string_equal(sts_cache_status(&c, T0), "absent");
	c = after(none, T0, STS_NO_ANSWER);
	assert_string_equal(sts_cache_status(&c, T0), "unavailable");
	c = after(none, T0, STS_BAD_RECORD);
	assert_string_equal(sts_cache_status(&c, T0), "invalid");
	c = after(after_record(none, T0, "1"), T0, STS_NO_POLICY);
	assert_string_equal(sts_cache_status(&c, T0), "unavailable");
	c = after(after_record(none, T0, "1"), T0, STS_BAD_POLICY);
	assert_string_equal(sts_cache_status(&c, T0), "invalid");
	assert_string_equal(sts_cache_status(&none, T0), "unavailable");
}

/* Section 3.3: five minutes or longer for each version; not for another version. */
static void
a_failed_fetch_is_not_repeated_at_once(void **state)
{
	struct sts_cache c = {0};
	int64_t now = T0;

	(void)state;
	c = after(after_record(c, now, "1"), now, STS_NO_POLICY);
	assert_int_equal(sts_cache_next(&c, now + 5 * MIN - 1), STS_WAIT);
	assert_int_equal(sts_cache_next(&c, now + 5 * MIN), STS_ASK_RECORD);
	c = after_record(c, now + MIN, "1"); /* asked for by another way */
	assert_int_equal(sts_cache_next(&c, now + MIN), STS_WAIT);
	c = after_record(c, now + MIN, "2");
	assert_int_equal(sts_cache_next(&c, now + MIN), STS_FETCH_POLICY);
	/* It doubles, to an hour at most. */
	for (int i = 0; i < 20; i++) {
		c = after(after_record(c, now, "2"), now, STS_NO_POLICY);
		assert_true(c.fetch_after - now >= 5 * MIN);
		assert_true(c.fetch_after - now <= HOUR);
		now = c.fetch_after;
		c = after_record(c, now, "2");
		assert_int_equal(sts_cache_next(&c, now), STS_FETCH_POLICY);
	}
	assert_int_equal(c.fetch_after - T0 > 15 * HOUR, 1);
}

/* Section 10.2: once a day, and before it is over. */
static void
a_policy_is_refreshed(void **state)
{
	struct sts_cache c = enforced();
	struct sts_cache brief;

	(void)state;
	c = after_record(c, T0 + DAY - 1, "1");
	assert_int_equal(sts_cache_next(&c, T0 + DAY - 1), STS_WAIT);
	c = after_record(c, T0 + DAY, "1");
	assert_int_equal(sts_cache_next(&c, T0 + DAY), STS_FETCH_POLICY);
	c = after_policy(c, T0 + DAY, STS_MODE_ENFORCE, 604800);
	assert_int_equal(sts_cache_expires(&c), T0 + 8 * DAY);

	memset(&brief, 0, sizeof(brief));
	brief = after_policy(after_record(brief, T0, "1"), T0, STS_MODE_ENFORCE, 7200);
	brief = after_record(brief, T0 + HOUR, "1");
	assert_int_equal(sts_cache_next(&brief, T0 + HOUR), STS_FETCH_POLICY);
}

/* (61) (62) Section 3.1: the id must change with the policy; senders see the id alone. */
static void
an_id_that_changes_brings_the_policy(void **state)
{
	struct sts_cache c = enforced();

	(void)state;
	/* (62) The text first: found at the refresh, under the old id. */
	c = after_policy(after_record(c, T0 + DAY, "1"), T0 + DAY, STS_MODE_TESTING, 604800);
	assert_int_equal(c.mode, STS_MODE_TESTING);
	assert_true(c.is_edited); /* (61) */
	/* ... then the id, at once. */
	c = after_record(c, T0 + DAY + HOUR, "2");
	assert_int_equal(sts_cache_next(&c, T0 + DAY + HOUR), STS_FETCH_POLICY);
	c = after_policy(c, T0 + DAY + HOUR, STS_MODE_TESTING, 604800);
	assert_string_equal(c.id, "2");
	assert_false(c.is_edited);
	/* Ids have no order (section 3.1), and case matters. */
	c = after_record(c, T0 + DAY + 2 * HOUR, "1");
	assert_int_equal(sts_cache_next(&c, T0 + DAY + 2 * HOUR), STS_FETCH_POLICY);
	c = after_policy(after_record(c, T0 + 2 * DAY, "a"), T0 + 2 * DAY, STS_MODE_NONE, 86400);
	c = after_record(c, T0 + 2 * DAY + MIN, "A");
	assert_int_equal(sts_cache_next(&c, T0 + 2 * DAY + MIN), STS_FETCH_POLICY);
}

/* (61) What was edited under one id is told as long as that id stands. */
static void
an_edit_under_one_id_is_told(void **state)
{
	struct sts_cache c = enforced();

	(void)state;
	c = after_policy(after_record(c, T0 + DAY, "1"), T0 + DAY, STS_MODE_ENFORCE, 604800);
	assert_false(c.is_edited);
	c = after_policy(after_record(c, T0 + 2 * DAY, "1"), T0 + 2 * DAY, STS_MODE_NONE, 86400);
	assert_true(c.is_edited);
	c = after_policy(after_record(c, T0 + 3 * DAY, "1"), T0 + 3 * DAY, STS_MODE_NONE, 86400);
	assert_true(c.is_edited);
}

/* (63) Section 5.1: over is over, though the domain cannot be reached. */
static void
a_policy_expires_while_the_fetch_fails(void **state)
{
	struct sts_cache c = enforced();

	(void)state;
	c = after_record(c, T0 + 7 * DAY, "1");
	assert_int_equal(sts_cache_next(&c, T0 + 7 * DAY), STS_FETCH_POLICY);
	c = after(c, T0 + 7 * DAY, STS_NO_POLICY);
	assert_int_equal(sts_cache_force(&c, T0 + 7 * DAY), STS_FORCE_EXPIRED);
	assert_string_equal(sts_cache_status(&c, T0 + 7 * DAY), "unavailable");
	assert_false(sts_cache_is_suppressed(&c, T0 + 7 * DAY));
	/* Sessions while it was in force are judged by it for ever. */
	assert_int_equal(sts_cache_force(&c, T0 + DAY), STS_FORCE_YES);
}

/* (64) Section 8.3: to take a policy back is to publish none. */
static void
enforce_turns_into_none(void **state)
{
	struct sts_cache c = enforced();

	(void)state;
	c = after_policy(after_record(c, T0 + DAY, "2"), T0 + DAY, STS_MODE_NONE, 86400);
	assert_string_equal(sts_cache_status(&c, T0 + DAY), "none");
	c = after(c, T0 + DAY + HOUR, STS_NO_RECORD);
	/* Its record may go: section 10.2 asks for no alarm over none. */
	assert_false(sts_cache_is_suppressed(&c, T0 + DAY + HOUR));
	assert_string_equal(sts_cache_status(&c, T0 + 2 * DAY), "absent");
}

/* Section 10.2: who holds back a policy that is known makes himself known. */
static void
a_policy_that_is_held_back_is_noticed(void **state)
{
	static const enum sts_event_kind failures[] = {STS_NO_ANSWER, STS_NO_POLICY, STS_BAD_RECORD,
						       STS_BAD_POLICY};
	struct sts_cache c = enforced();

	(void)state;
	assert_false(sts_cache_is_suppressed(&c, T0));
	c = after(c, T0 + HOUR, STS_NO_RECORD);
	assert_true(sts_cache_is_suppressed(&c, T0 + HOUR));
	c = after_record(c, T0 + 2 * HOUR, "1");
	assert_false(sts_cache_is_suppressed(&c, T0 + 2 * HOUR));
	for (size_t i = 0; i < sizeof(failures) / sizeof(failures[0]); i++) {
		c = enforced();
		c = after(c, T0 + HOUR, failures[i]);
		c = after(c, T0 + 2 * HOUR, failures[i]);
		assert_false(sts_cache_is_suppressed(&c, T0 + 2 * HOUR));
		c = after(c, T0 + 3 * HOUR, failures[i]);
		assert_true(sts_cache_is_suppressed(&c, T0 + 3 * HOUR));
		assert_int_equal(c.failing_since, T0 + HOUR);
		assert_false(sts_cache_is_suppressed(&c, T0 + 7 * DAY));
	}
	/* One disturbance, in which it was asked for thrice, is none that lasts. */
	c = enforced();
	for (int i = 0; i < 3; i++)
		c = after(c, T0 + HOUR + i * 20 * SEC, STS_NO_ANSWER);
	assert_false(sts_cache_is_suppressed(&c, T0 + HOUR + 40 * SEC));
	assert_false(sts_cache_is_suppressed(&c, T0 + HOUR + 10 * MIN - 1));
	assert_true(sts_cache_is_suppressed(&c, T0 + HOUR + 10 * MIN));
	/* The record is seen, and each fetch fails: that counts on. */
	c = enforced();
	for (int day = 1; day <= 3; day++)
		c = after(after_record(c, T0 + day * DAY, "1"), T0 + day * DAY, STS_NO_POLICY);
	assert_true(sts_cache_is_suppressed(&c, T0 + 3 * DAY));
}

/* (67) A clock that jumps must neither end a policy for good nor stop all questions. */
static void
a_clock_may_jump(void **state)
{
	struct sts_cache c = enforced();

	(void)state;
	assert_int_equal(sts_cache_force(&c, T0 + 400 * DAY), STS_FORCE_EXPIRED);
	assert_int_equal(sts_cache_force(&c, T0 + DAY), STS_FORCE_YES);
	/* Set back by a year: what is put off to "later" is due now. */
	assert_int_equal(sts_cache_force(&c, T0 - 365 * DAY), STS_FORCE_NOT_YET);
	assert_int_equal(sts_cache_next(&c, T0 - 365 * DAY), STS_ASK_RECORD);
	c = after_record(c, T0 - 365 * DAY, "1");
	assert_int_equal(sts_cache_next(&c, T0 - 365 * DAY), STS_FETCH_POLICY);
	c = after(c, T0, STS_NO_POLICY);
	c = after_record(c, T0 - 365 * DAY, "1");
	assert_int_equal(sts_cache_next(&c, T0 - 365 * DAY), STS_FETCH_POLICY);
	c = after_policy(c, T0 - 365 * DAY, STS_MODE_ENFORCE, UINT32_MAX);
	assert_int_equal(sts_cache_expires(&c), T0 - 365 * DAY + INT64_C(31557600) * SEC);
}

/* Section 5.1: before a message is given up for good, is there a new policy? */
static void
a_failure_asks_for_the_record_again(void **state)
{
	struct sts_cache c = enforced();

	(void)state;
	c = after_record(c, T0 + HOUR, "1");
	assert_int_equal(sts_cache_next(&c, T0 + HOUR + 2 * MIN), STS_WAIT);
	assert_int_equal(sts_cache_next_for_failure(&c, T0 + HOUR + 2 * MIN, T0 + HOUR + 2 * MIN),
			 STS_ASK_RECORD);
	/* It was seen since the session; or just now. */
	assert_int_equal(sts_cache_next_for_failure(&c, T0 + HOUR - 1, T0 + HOUR + 2 * MIN),
			 STS_WAIT);
	assert_int_equal(sts_cache_next_for_failure(&c, T0 + HOUR + SEC, T0 + HOUR + 30 * SEC),
			 STS_WAIT);
}

static const char text[] = "version: STSv1\nmode: enforce\nmx: *.example.com\nmax_age: 604800\n";

static struct domain
domain_of(const char *name)
{
	struct domain d;

	domain_read(bytes_text(name), &d);
	return d;
}

static struct policy
judge(const struct sts_cache *c, const char *host, const struct dane_answers *dane, int64_t time)
{
	struct problems problems = {0};
	struct sts_policy sts;
	struct domain d = domain_of(host);
	struct policy_case in = {c, &sts, &d, dane, time};
	struct policy p;

	sts_policy_read((struct bytes){(const uint8_t *)text, sizeof(text) - 1}, &sts, &problems);
	policy_judge(&in, &p);
	return p;
}

/* RFC 8461 sections 4.1 and 5; the mode is that of the time. */
static void
an_enforce_policy_is_required_while_it_is_in_force(void **state)
{
	struct sts_cache none = {0}, testing = {0};
	struct sts_cache c = enforced();
	struct policy p;

	(void)state;
	testing = after_policy(after_record(testing, T0, "1"), T0, STS_MODE_TESTING, 604800);
	p = judge(&c, "a.example.com", NULL, T0 + DAY);
	assert_int_equal(p.required, REQUIRED_MTA_STS);
	assert_int_equal(p.listed, FACT_YES);
	/* (58) It is the name in the MX record that counts, whatever CNAME stands behind it. */
	p = judge(&c, "mx.provider.example", NULL, T0 + DAY);
	assert_int_equal(p.required, REQUIRED_MTA_STS);
	assert_int_equal(p.listed, FACT_NO);
	/* (65) Without MX record the host is the domain itself. */
	p = judge(&c, "example.com", NULL, T0 + DAY);
	assert_int_equal(p.listed, FACT_NO);
	p = judge(&c, "a.example.com", NULL, T0 + 7 * DAY);
	assert_int_equal(p.required, REQUIRED_NONE);
	assert_int_equal(p.listed, FACT_UNSEEN);
	/* Testing requires nothing, and is told. */
	p = judge(&testing, "a.example.com", NULL, T0 + DAY);
	assert_int_equal(p.required, REQUIRED_NONE);
	assert_int_equal(p.sts, STS_MODE_TESTING);
	p = judge(&none, "a.example.com", NULL, T0);
	assert_int_equal(p.required, REQUIRED_NONE);
	assert_string_equal(policy_required_name(p.required), "none");
}

static const uint8_t digest[32];
static const struct tlsa good = {3, 1, 1, {digest, sizeof(digest)}, false, 0};
static const struct tlsa pkix = {1, 1, 1, {digest, sizeof(digest)}, false, 0};

struct first_row {
	const char *name;
	bool is_enforced;
	struct dane_answers dane;
	enum policy_required required;
};

#define MX_A(m, a)      .mx = ANSWER_##m, .address = ANSWER_##a
#define TLSA(t, record) .tlsa = {ANSWER_##t, ANSWER_UNASKED}, .records = {{&(record), 1}, {0}}

/* RFC 8461 section 2: MTA-STS must not override DANE. */
static void
dane_goes_before_mta_sts(void **state)
{
	static const struct first_row rows[] = {
	    {"both", true, {MX_A(SECURE, SECURE), TLSA(SECURE, good)}, REQUIRED_DANE},
	    {"DANE alone", false, {MX_A(SECURE, SECURE), TLSA(SECURE, good)}, REQUIRED_DANE},
	    {"unusable records still demand TLS, RFC 7672 section 2.2",
	     true,
	     {MX_A(SECURE, SECURE), TLSA(SECURE, pkix)},
	     REQUIRED_DANE},
	    {"records nobody signed",
	     true,
	     {MX_A(SECURE, SECURE), TLSA(INSECURE, good)},
	     REQUIRED_MTA_STS},
	    {"an MX that nobody signed: DANE is the client's choice",
	     true,
	     {MX_A(INSECURE, SECURE), TLSA(SECURE, good)},
	     REQUIRED_MTA_STS},
	    {"an MX that nobody signed, and no MTA-STS",
	     false,
	     {MX_A(INSECURE, SECURE), TLSA(SECURE, good)},
	     REQUIRED_NONE},
	    {"proven absent", true, {MX_A(SECURE, SECURE), TLSA(ABSENT, good)}, REQUIRED_MTA_STS},
	    {"a failed question is no demand that is known",
	     false,
	     {MX_A(SECURE, SECURE), TLSA(UNAVAILABLE, good)},
	     REQUIRED_NONE},
	    {"nor does it lift what is known",
	     true,
	     {MX_A(SECURE, SECURE), TLSA(BOGUS, good)},
	     REQUIRED_MTA_STS},
	    {"neither", false, {MX_A(SECURE, SECURE), TLSA(ABSENT, good)}, REQUIRED_NONE},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct sts_cache none = {0}, some = enforced();
		struct policy p = judge(rows[i].is_enforced ? &some : &none, "a.example.com",
					&rows[i].dane, T0 + DAY);

		if (p.required != rows[i].required)
			fail_msg("%s: %d", rows[i].name, (int)p.required);
	}
}

/* 3c (18) One of two MX hosts with TLSA: mail in clear to the other breaks nothing of DANE. */
static void
a_domain_requires_what_each_of_its_hosts_does(void **state)
{
	struct policy dane = {.required = REQUIRED_DANE}, sts = {.required = REQUIRED_MTA_STS};
	struct policy none = {.required = REQUIRED_NONE};

	(void)state;
	assert_int_equal(policy_of_domain((struct policy[]){dane, dane}, 2), REQUIRED_DANE);
	assert_int_equal(policy_of_domain((struct policy[]){dane, none}, 2), REQUIRED_NONE);
	assert_int_equal(policy_of_domain((struct policy[]){sts, dane}, 2), REQUIRED_MTA_STS);
	assert_int_equal(policy_of_domain(NULL, 0), REQUIRED_NONE);
}

static struct address
address_of(uint8_t family, uint8_t last)
{
	struct address a = {.family = family};

	a.b[family == 4 ? 3 : 15] = last;
	return a;
}

static struct mx_set set;

static void
read_mx(enum answer answer, const struct mx_record *records, size_t count,
	struct problems *problems)
{
	struct domain d = domain_of("example.com");

	memset(problems, 0, sizeof(*problems));
	mx_read(&d, answer, records, count, &set, problems);
}

/* RFC 5321 section 5.1. */
static void
mx_hosts_come_by_preference(void **state)
{
	static const struct mx_record records[] = {
	    {20, BYTES_INIT("B.example.com.")}, {10, BYTES_INIT("a.example.com")},
	    {20, BYTES_INIT("c.example.com")},  {0, BYTES_INIT("192.0.2.1")},
	    {0, BYTES_INIT("localhost.")},
	};
	struct problems problems;

	(void)state;
	read_mx(ANSWER_INSECURE, records, 3, &problems);
	assert_int_equal(set.form, MX_LISTED);
	assert_int_equal(set.count, 3);
	assert_true(set.is_whole);
	assert_string_equal(set.hosts[0].name.text, "a.example.com");
	assert_string_equal(set.hosts[1].name.text, "b.example.com");
	assert_string_equal(set.hosts[2].name.text, "c.example.com");
	assert_int_equal(problems.count, 0);
	read_mx(ANSWER_INSECURE, records, 5, &problems);
	assert_int_equal(set.count, 3);
	assert_false(set.is_whole);
	assert_int_equal(problems.count, 2);
}

/* (65) RFC 5321 section 5.1; (66) RFC 7505 section 3. */
static void
no_mx_and_null_mx_differ(void **state)
{
	static const struct mx_record null[] = {{0, BYTES_INIT(".")},
						{10, BYTES_INIT("a.example")}};
	static const struct mx_record empty[] = {{0, BYTES_INIT("")}};
	static const struct mx_record ten[] = {{10, BYTES_INIT(".")}};
	struct problems problems;

	(void)state;
	read_mx(ANSWER_ABSENT_INSECURE, NULL, 0, &problems);
	assert_int_equal(set.form, MX_IMPLICIT);
	assert_int_equal(set.count, 1);
	assert_string_equal(set.hosts[0].name.text, "example.com");
	read_mx(ANSWER_INSECURE, null, 1, &problems);
	assert_int_equal(set.form, MX_NULL);
	assert_int_equal(set.count, 0);
	read_mx(ANSWER_SECURE, empty, 1, &problems);
	assert_int_equal(set.form, MX_NULL);
	assert_int_equal(problems.count, 0);
	read_mx(ANSWER_SECURE, ten, 1, &problems);
	assert_int_equal(set.form, MX_NULL);
	assert_int_equal(problems.count, 1);
	/* Beside others it must not stand, and does not count. */
	read_mx(ANSWER_INSECURE, null, 2, &problems);
	assert_int_equal(set.form, MX_LISTED);
	assert_int_equal(set.count, 1);
	assert_int_equal(problems.count, 1);
	read_mx(ANSWER_UNAVAILABLE, null, 2, &problems);
	assert_int_equal(set.form, MX_UNKNOWN);
	assert_int_equal(set.count, 0);
}

/* "Not one of them" is a claim: all hosts and all of their addresses must be known. */
static void
an_address_is_of_a_host_or_it_is_not_known(void **state)
{
	static const struct mx_record records[] = {{10, BYTES_INIT("a.example.com")},
						   {20, BYTES_INIT("b.example.com")}};
	struct address four = address_of(4, 1), six = address_of(6, 1), other = address_of(4, 2);
	const struct mx_host *which;
	struct problems problems;

	(void)state;
	read_mx(ANSWER_INSECURE, records, 2, &problems);
	mx_add_address(&set.hosts[0], &four);
	mx_add_address(&set.hosts[1], &six);
	mx_add_address(&set.hosts[1], &four);
	mx_add_address(&set.hosts[1], &four);
	assert_int_equal(set.hosts[1].address_count, 2);
	assert_int_equal(mx_has_address(&set, &four, &which), FACT_YES);
	assert_ptr_equal(which, &set.hosts[0]);
	assert_int_equal(mx_has_address(&set, &six, &which), FACT_YES);
	assert_ptr_equal(which, &set.hosts[1]);
	assert_int_equal(mx_has_address(&set, &other, &which), FACT_UNSEEN);
	assert_null(which);
	set.hosts[0].is_whole = true;
	assert_int_equal(mx_has_address(&set, &other, NULL), FACT_UNSEEN);
	set.hosts[1].is_whole = true;
	assert_int_equal(mx_has_address(&set, &other, NULL), FACT_NO);
	set.is_whole = false;
	assert_int_equal(mx_has_address(&set, &other, NULL), FACT_UNSEEN);
	/* (66) A domain without mail has no server; one that was not asked for, who knows. */
	read_mx(ANSWER_SECURE, (struct mx_record[]){{0, BYTES_INIT(".")}}, 1, &problems);
	assert_int_equal(mx_has_address(&set, &four, NULL), FACT_NO);
	read_mx(ANSWER_UNAVAILABLE, NULL, 0, &problems);
	assert_int_equal(mx_has_address(&set, &four, NULL), FACT_UNSEEN);
}

static void
hosts_and_addresses_beyond_the_limits_are_not_forgotten(void **state)
{
	static struct mx_record records[MX_HOSTS_MAX + 1];
	struct address other = address_of(6, 255);
	struct problems problems;

	(void)state;
	for (size_t i = 0; i <= MX_HOSTS_MAX; i++)
		records[i] = (struct mx_record){(uint16_t)(100 - i), BYTES("a.example.com")};
	read_mx(ANSWER_INSECURE, records, MX_HOSTS_MAX + 1, &problems);
	assert_int_equal(set.count, MX_HOSTS_MAX);
	assert_false(set.is_whole);
	assert_int_equal(set.hosts[0].preference, 100 - MX_HOSTS_MAX + 1);
	read_mx(ANSWER_INSECURE, records, 1, &problems);
	set.hosts[0].is_whole = true;
	for (uint8_t i = 0; i < MX_ADDRESSES_MAX; i++)
		mx_add_address(&set.hosts[0], &(struct address){.family = 4, .b = {192, 0, 2, i}});
	assert_true(set.hosts[0].is_whole);
	assert_int_equal(mx_has_address(&set, &other, NULL), FACT_NO);
	mx_add_address(&set.hosts[0], &other);
	assert_false(set.hosts[0].is_whole);
	assert_int_equal(mx_has_address(&set, &other, NULL), FACT_UNSEEN);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_policy_is_found_and_kept),
	    cmocka_unit_test(a_cached_policy_outlives_its_record),
	    cmocka_unit_test(a_policy_of_no_time_is_told_as_it_is_published),
	    cmocka_unit_test(a_policy_that_is_over_is_sought_again),
	    cmocka_unit_test(absent_and_unavailable_differ),
	    cmocka_unit_test(a_failed_fetch_is_not_repeated_at_once),
	    cmocka_unit_test(a_policy_is_refreshed),
	    cmocka_unit_test(an_id_that_changes_brings_the_policy),
	    cmocka_unit_test(an_edit_under_one_id_is_told),
	    cmocka_unit_test(a_policy_expires_while_the_fetch_fails),
	    cmocka_unit_test(enforce_turns_into_none),
	    cmocka_unit_test(a_policy_that_is_held_back_is_noticed),
	    cmocka_unit_test(a_clock_may_jump),
	    cmocka_unit_test(a_failure_asks_for_the_record_again),
	    cmocka_unit_test(an_enforce_policy_is_required_while_it_is_in_force),
	    cmocka_unit_test(dane_goes_before_mta_sts),
	    cmocka_unit_test(a_domain_requires_what_each_of_its_hosts_does),
	    cmocka_unit_test(mx_hosts_come_by_preference),
	    cmocka_unit_test(no_mx_and_null_mx_differ),
	    cmocka_unit_test(an_address_is_of_a_host_or_it_is_not_known),
	    cmocka_unit_test(hosts_and_addresses_beyond_the_limits_are_not_forgotten),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
