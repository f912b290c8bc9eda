/*
 * One look-up: in which order it asks, what slow hosts leave time for, and when its hosts are told
 * ahead of the rest. Stands in for dns.h and https.h; time is the test's.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "monitor/policy/lookup.h"

#define HOSTS 10 /* of the domain, all of them slow */

static struct {
	dns_done *take; /* NULL: no question is under way */
	void *take_ctx;
	enum dns_type type;
	char name[DOMAIN_TEXT];
	https_done *fetched;
	void *fetched_ctx;
	struct lookup *lookup;
	int64_t now; /* milliseconds */
} t;

bool
dns_can_be_secure(const struct dns *d)
{
	(void)d;
	return true;
}

bool
dns_ask(struct dns *d, const char *name, enum dns_type type, dns_done *done, void *ctx)
{
	(void)d;
	t.take = done;
	t.take_ctx = ctx;
	t.type = type;
	snprintf(t.name, sizeof(t.name), "%s", name);
	return true;
}

bool
https_fetch(struct https *h, const struct https_request *r, https_done *done, void *ctx)
{
	(void)h;
	(void)r;
	t.fetched = done;
	t.fetched_ctx = ctx;
	return true;
}

void
https_explain(enum https_result result, const struct domain *domain, struct problems *problems)
{
	(void)result;
	(void)domain;
	(void)problems;
}

/* ---- Answers ---- */

static void
answer(enum answer kind, const struct bytes *rdata, size_t count)
{
	static struct dns_message m;
	const struct dns_answer a = {kind, true, answer_is_known(kind) ? &m : NULL};
	dns_done *take = t.take;

	assert_non_null(take);
	memset(&m, 0, sizeof(m));
	m.count = count;
	if (count > 0)
		memcpy(m.rdata, rdata, count * sizeof(*rdata));
	/* One behind the other, and of one length. */
	if (count > 0)
		m.all = (struct bytes){rdata[0].at, count * rdata[0].len};
	t.take = NULL;
	take(t.take_ctx, &a);
}

static void
answer_mx(size_t count)
{
	static const uint8_t mx[] = {0,   10,  2,   'm', 'x', 7,   'e', 'x', 'a',
				     'm', 'p', 'l', 'e', 3,   'n', 'e', 't', 0};
	static uint8_t copies[HOSTS][sizeof(mx)];
	struct bytes rdata[HOSTS];

	for (size_t i = 0; i < count; i++) {
		memcpy(copies[i], mx, sizeof(mx));
		copies[i][3] = (uint8_t)('a' + i);
		rdata[i] = (struct bytes){copies[i], sizeof(mx)};
	}
	answer(ANSWER_SECURE, rdata, count);
}

static enum lookup_stand
step(void)
{
	return lookup_step(t.lookup, t.now);
}

static int
set_up(void **state)
{
	static const struct lookup_means means = {0};
	struct lookup_request r = {.domain = {"example.com"}, .now = 1, .is_known = true};

	(void)state;
	memset(&t, 0, sizeof(t));
	t.now = 1000;
	t.lookup = lookup_new(&r, &means);
	assert_non_null(t.lookup);
	assert_int_equal(step(), LOOKUP_WAITS);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	lookup_free(t.lookup);
	return 0;
}

static void
expect_question(enum dns_type type, const char *name)
{
	assert_int_equal(step(), LOOKUP_WAITS);
	assert_int_equal(t.type, type);
	assert_string_equal(t.name, name);
}

/* ---- Tests ---- */

/* What a policy host or the record's name server keeps back, DANE's demand does not wait for. */
static void
hosts_come_first_and_are_told_by_themselves(void **state)
{
	static const uint8_t a[4] = {198, 51, 100, 25};
	const struct bytes address = {a, sizeof(a)};

	(void)state;
	expect_question(DNS_MX, "example.com");
	answer_mx(1);
	expect_question(DNS_A, "ax.example.net");
	t.now += LOOKUP_PART_AFTER;
	assert_false(lookup_has_part(t.lookup, t.now));
	answer(ANSWER_SECURE, &address, 1);
	expect_question(DNS_AAAA, "ax.example.net");
	answer(ANSWER_ABSENT, NULL, 0);
	expect_question(DNS_TLSA, "_25._tcp.ax.example.net");
	assert_false(lookup_has_part(t.lookup, t.now));
	answer(ANSWER_ABSENT, NULL, 0);
	expect_question(DNS_TXT, "_mta-sts.example.com");
	assert_false(lookup_has_part(t.lookup, t.now - 1));
	assert_true(lookup_has_part(t.lookup, t.now));
	/* Once. */
	assert_false(lookup_has_part(t.lookup, t.now));
	answer(ANSWER_ABSENT, NULL, 0);
	expect_question(DNS_TXT, "_smtp._tls.example.com");
	answer(ANSWER_ABSENT, NULL, 0);
	assert_int_equal(step(), LOOKUP_DONE);
	assert_false(lookup_has_part(t.lookup, t.now));
}

static void
without_an_answer_on_hosts_there_is_nothing_to_tell_ahead(void **state)
{
	(void)state;
	t.now += 7500;
	answer(ANSWER_UNAVAILABLE, NULL, 0);
	expect_question(DNS_TXT, "_mta-sts.example.com");
	assert_false(lookup_has_part(t.lookup, t.now));
	answer(ANSWER_ABSENT, NULL, 0);
	expect_question(DNS_TXT, "_smtp._tls.example.com");
	answer(ANSWER_ABSENT, NULL, 0);
}

/* Ten hosts that nobody answers for: who serves them does not hold back the record of MTA-STS. */
static void
slow_hosts_leave_time_for_the_record(void **state)
{
	int asked = 0;

	(void)state;
	answer_mx(HOSTS);
	for (;;) {
		enum lookup_stand stand = step();

		if (stand == LOOKUP_WANTS_TURN) {
			lookup_turn(t.lookup, t.now);
			continue;
		}
		assert_int_equal(stand, LOOKUP_WAITS);
		if (t.type == DNS_TXT)
			break;
		t.now += 7500;
		asked++;
		answer(ANSWER_UNAVAILABLE, NULL, 0);
	}
	assert_string_equal(t.name, "_mta-sts.example.com");
	assert_in_range(asked, 2, 3);
	assert_true(lookup_has_part(t.lookup, t.now));
	assert_int_equal(lookup_learnt(t.lookup)->mx.count, HOSTS);
	t.now += 7000;
	answer(ANSWER_ABSENT, NULL, 0);
	assert_int_equal(lookup_learnt(t.lookup)->sts_answer, ANSWER_ABSENT);
	while (step() == LOOKUP_WAITS)
		answer(ANSWER_UNAVAILABLE, NULL, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
	    TEST(hosts_come_first_and_are_told_by_themselves),
	    TEST(without_an_answer_on_hosts_there_is_nothing_to_tell_ahead),
	    TEST(slow_hosts_leave_time_for_the_record),
#undef TEST
	};

	return cmocka_run_group_tests_name("lookup", tests, NULL, NULL);
}
