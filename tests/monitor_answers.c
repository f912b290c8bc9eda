/*
 * What the DNS answers for one MX host come to: RFC 7672 section 2. Numbers: see
 * monitor_dane.c. The answers are made up here; that a resolver gives them so is
 * for a test with one.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "monitor/policy/dane.h"

static const uint8_t digest[32];
static const struct tlsa good = {3, 1, 1, {digest, sizeof(digest)}, false, 0};
static const struct tlsa pkix = {1, 1, 1, {digest, sizeof(digest)}, false, 0};
static const struct tlsa short_one = {3, 1, 1, {digest, 31}, false, 0};
static const struct tlsa mixed[] = {{1, 1, 1, {digest, 32}, false, 0},
				    {3, 1, 1, {digest, 32}, false, 0}};

#define ONE(t)                  \
	{                       \
		{&(t), 1},      \
		{               \
			NULL, 0 \
		}               \
	}
#define TWO(t)                  \
	{                       \
		{NULL, 0},      \
		{               \
			&(t), 1 \
		}               \
	}

#define UN  ANSWER_UNASKED
#define SEC ANSWER_SECURE
#define INS ANSWER_INSECURE
#define ABS ANSWER_ABSENT
#define ABI ANSWER_ABSENT_INSECURE
#define BOG ANSWER_BOGUS
#define UNA ANSWER_UNAVAILABLE

struct answers_row {
	const char *name;
	struct dane_answers answers; /* mx, address, is_alias, alias, tlsa, records */
	enum dane_question next;
	enum dane_state state;
	enum dane_demand demand;
};

static void
answers_rows(const struct answers_row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		enum dane_question next = dane_next(&rows[i].answers);
		struct dane d;

		dane_judge(&rows[i].answers, &d);
		if (next != rows[i].next || d.state != rows[i].state || d.demand != rows[i].demand)
			fail_msg("%s: next %d, %s, demand %d", rows[i].name, (int)next,
				 dane_state_name(d.state), (int)d.demand);
	}
}

/* RFC 7672 sections 2.1.2, 2.2: four sorts of "no", and what each demands. */
static void
a_host_of_one_name(void **state)
{
	const struct answers_row rows[] = {
	    {"nothing asked", {0}, DANE_ASK_MX, DANE_UNKNOWN, DANE_DEMANDS_NOTHING},
	    {"MX known", {.mx = SEC}, DANE_ASK_ADDRESS, DANE_UNKNOWN, DANE_DEMANDS_NOTHING},
	    {"address known",
	     {.mx = SEC, .address = SEC},
	     DANE_ASK_TLSA_EXPANDED,
	     DANE_UNKNOWN,
	     DANE_DEMANDS_NOTHING},
	    {"usable",
	     {SEC, SEC, false, UN, {SEC, UN}, ONE(good)},
	     DANE_ASK_NOTHING,
	     DANE_USABLE,
	     DANE_DEMANDS_AUTHENTICITY},
	    {"(9) secure, and all of PKIX",
	     {SEC, SEC, false, UN, {SEC, UN}, ONE(pkix)},
	     DANE_ASK_NOTHING,
	     DANE_UNUSABLE,
	     DANE_DEMANDS_ENCRYPTION},
	    {"(10) one of them usable",
	     {SEC, SEC, false, UN, {SEC, UN}, {{mixed, 2}, {NULL, 0}}},
	     DANE_ASK_NOTHING,
	     DANE_USABLE,
	     DANE_DEMANDS_AUTHENTICITY},
	    {"(11) secure, and malformed",
	     {SEC, SEC, false, UN, {SEC, UN}, ONE(short_one)},
	     DANE_ASK_NOTHING,
	     DANE_UNUSABLE,
	     DANE_DEMANDS_ENCRYPTION},
	    {"secure, and not one that can be read at all",
	     {SEC, SEC, false, UN, {SEC, UN}, {{NULL, 0}, {NULL, 0}}},
	     DANE_ASK_NOTHING,
	     DANE_UNUSABLE,
	     DANE_DEMANDS_ENCRYPTION},
	    {"proven absent",
	     {SEC, SEC, false, UN, {ABS, UN}, {{0}}},
	     DANE_ASK_NOTHING,
	     DANE_ABSENT,
	     DANE_DEMANDS_NOTHING},
	    {"(16) TLSA without AD",
	     {SEC, SEC, false, UN, {INS, UN}, ONE(good)},
	     DANE_ASK_NOTHING,
	     DANE_INSECURE,
	     DANE_DEMANDS_NOTHING},
	    {"(23) absent below an opt-out, RFC 5155 section 9.2: without AD",
	     {SEC, SEC, false, UN, {ABI, UN}, {{0}}},
	     DANE_ASK_NOTHING,
	     DANE_INSECURE,
	     DANE_DEMANDS_NOTHING},
	    {"(24) TLSA with expired signatures",
	     {SEC, SEC, false, UN, {BOG, UN}, {{0}}},
	     DANE_ASK_NOTHING,
	     DANE_BOGUS,
	     DANE_DEMANDS_DELAY},
	    {"(19) address secure, TLSA SERVFAIL",
	     {SEC, SEC, false, UN, {UNA, UN}, {{0}}},
	     DANE_ASK_NOTHING,
	     DANE_UNAVAILABLE,
	     DANE_DEMANDS_DELAY},
	    {"(25) a lame server of a signed zone drops the question",
	     {SEC, SEC, false, UN, {UNA, UN}, {{0}}},
	     DANE_ASK_NOTHING,
	     DANE_UNAVAILABLE,
	     DANE_DEMANDS_DELAY},
	    {"(25) of one that is not signed: the question is never asked, section 2.2.2",
	     {.mx = SEC, .address = INS},
	     DANE_ASK_NOTHING,
	     DANE_INSECURE,
	     DANE_DEMANDS_NOTHING},
	    {"an address that is not there",
	     {.mx = SEC, .address = ABS},
	     DANE_ASK_NOTHING,
	     DANE_ABSENT,
	     DANE_DEMANDS_NOTHING},
	    {"(24) an address that is bogus",
	     {.mx = SEC, .address = BOG},
	     DANE_ASK_NOTHING,
	     DANE_BOGUS,
	     DANE_DEMANDS_DELAY},
	    {"an address that cannot be learnt",
	     {.mx = SEC, .address = UNA},
	     DANE_ASK_NOTHING,
	     DANE_UNAVAILABLE,
	     DANE_DEMANDS_DELAY},
	    {"(24) an MX that is bogus",
	     {.mx = BOG},
	     DANE_ASK_NOTHING,
	     DANE_BOGUS,
	     DANE_DEMANDS_DELAY},
	    {"an MX that cannot be learnt",
	     {.mx = UNA},
	     DANE_ASK_NOTHING,
	     DANE_UNAVAILABLE,
	     DANE_DEMANDS_DELAY},
	    {"(17) MX insecure, host secure: the questions go on, section 2.2.1",
	     {.mx = INS, .address = SEC},
	     DANE_ASK_TLSA_EXPANDED,
	     DANE_UNKNOWN,
	     DANE_DEMANDS_NOTHING},
	    {"(17) and a client may use them",
	     {INS, SEC, false, UN, {SEC, UN}, ONE(good)},
	     DANE_ASK_NOTHING,
	     DANE_USABLE,
	     DANE_DEMANDS_IF_IT_LIKES},
	    {"(17) or not",
	     {INS, SEC, false, UN, {SEC, UN}, ONE(pkix)},
	     DANE_ASK_NOTHING,
	     DANE_UNUSABLE,
	     DANE_DEMANDS_IF_IT_LIKES},
	    {"no MX, proven: the domain is the host",
	     {ABS, SEC, false, UN, {SEC, UN}, ONE(good)},
	     DANE_ASK_NOTHING,
	     DANE_USABLE,
	     DANE_DEMANDS_AUTHENTICITY},
	    {"no MX, unproven",
	     {ABI, SEC, false, UN, {SEC, UN}, ONE(good)},
	     DANE_ASK_NOTHING,
	     DANE_USABLE,
	     DANE_DEMANDS_IF_IT_LIKES},
	};

	(void)state;
	answers_rows(rows, sizeof(rows) / sizeof(rows[0]));
}

/* RFC 7672 section 2.2.2, RFC 7671 section 7. */
static void
a_host_that_is_an_alias(void **state)
{
	const struct answers_row rows[] = {
	    {"(20) address not secure by way of a CNAME: is the CNAME?",
	     {.mx = SEC, .address = INS, .is_alias = true},
	     DANE_ASK_ALIAS,
	     DANE_UNKNOWN,
	     DANE_DEMANDS_NOTHING},
	    {"(20) it is not: no TLSA is asked for",
	     {.mx = SEC, .address = INS, .is_alias = true, .alias = INS},
	     DANE_ASK_NOTHING,
	     DANE_INSECURE,
	     DANE_DEMANDS_NOTHING},
	    {"(20) it is: at its own name alone",
	     {.mx = SEC, .address = INS, .is_alias = true, .alias = SEC},
	     DANE_ASK_TLSA_ORIGINAL,
	     DANE_UNKNOWN,
	     DANE_DEMANDS_NOTHING},
	    {"(20) and there it is",
	     {SEC, INS, true, SEC, {UN, SEC}, TWO(good)},
	     DANE_ASK_NOTHING,
	     DANE_USABLE,
	     DANE_DEMANDS_AUTHENTICITY},
	    {"(20) or is not",
	     {SEC, INS, true, SEC, {UN, ABS}, {{0}}},
	     DANE_ASK_NOTHING,
	     DANE_ABSENT,
	     DANE_DEMANDS_NOTHING},
	    {"(20) the CNAME is bogus",
	     {SEC, INS, true, BOG, {UN, UN}, {{0}}},
	     DANE_ASK_NOTHING,
	     DANE_BOGUS,
	     DANE_DEMANDS_DELAY},
	    {"(20) the CNAME cannot be learnt",
	     {SEC, INS, true, UNA, {UN, UN}, {{0}}},
	     DANE_ASK_NOTHING,
	     DANE_UNAVAILABLE,
	     DANE_DEMANDS_DELAY},
	    {"(20) the CNAME is gone meanwhile",
	     {SEC, INS, true, ABS, {UN, UN}, {{0}}},
	     DANE_ASK_NOTHING,
	     DANE_INSECURE,
	     DANE_DEMANDS_NOTHING},
	    {"(21) secure all the way: first where it leads",
	     {.mx = SEC, .address = SEC, .is_alias = true},
	     DANE_ASK_TLSA_EXPANDED,
	     DANE_UNKNOWN,
	     DANE_DEMANDS_NOTHING},
	    {"(21) records there settle it",
	     {SEC, SEC, true, UN, {SEC, UN}, ONE(good)},
	     DANE_ASK_NOTHING,
	     DANE_USABLE,
	     DANE_DEMANDS_AUTHENTICITY},
	    {"(21) even where none is usable",
	     {SEC, SEC, true, UN, {SEC, UN}, ONE(pkix)},
	     DANE_ASK_NOTHING,
	     DANE_UNUSABLE,
	     DANE_DEMANDS_ENCRYPTION},
	    {"(21) none there: then at its own name",
	     {SEC, SEC, true, UN, {ABS, UN}, {{0}}},
	     DANE_ASK_TLSA_ORIGINAL,
	     DANE_UNKNOWN,
	     DANE_DEMANDS_NOTHING},
	    {"(21) and there it is",
	     {SEC, SEC, true, UN, {ABS, SEC}, TWO(good)},
	     DANE_ASK_NOTHING,
	     DANE_USABLE,
	     DANE_DEMANDS_AUTHENTICITY},
	    {"(21) at neither",
	     {SEC, SEC, true, UN, {ABS, ABS}, {{0}}},
	     DANE_ASK_NOTHING,
	     DANE_ABSENT,
	     DANE_DEMANDS_NOTHING},
	    {"(21) a failure there is no reason to go on",
	     {SEC, SEC, true, UN, {UNA, UN}, {{0}}},
	     DANE_ASK_NOTHING,
	     DANE_UNAVAILABLE,
	     DANE_DEMANDS_DELAY},
	    {"(22) TLSA there by a CNAME to a zone that is not signed",
	     {SEC, SEC, true, UN, {INS, UN}, ONE(good)},
	     DANE_ASK_TLSA_ORIGINAL,
	     DANE_UNKNOWN,
	     DANE_DEMANDS_NOTHING},
	    {"(22) which counts as none",
	     {SEC, SEC, true, UN, {INS, SEC}, TWO(good)},
	     DANE_ASK_NOTHING,
	     DANE_USABLE,
	     DANE_DEMANDS_AUTHENTICITY},
	    {"(22) but proves nothing",
	     {SEC, SEC, true, UN, {INS, ABS}, ONE(good)},
	     DANE_ASK_NOTHING,
	     DANE_INSECURE,
	     DANE_DEMANDS_NOTHING},
	    {"(22) TLSA by a CNAME to a signed zone is TLSA",
	     {SEC, SEC, false, UN, {SEC, UN}, ONE(good)},
	     DANE_ASK_NOTHING,
	     DANE_USABLE,
	     DANE_DEMANDS_AUTHENTICITY},
	    {"(24) bogus at the second name",
	     {SEC, SEC, true, UN, {ABS, BOG}, {{0}}},
	     DANE_ASK_NOTHING,
	     DANE_BOGUS,
	     DANE_DEMANDS_DELAY},
	};

	(void)state;
	answers_rows(rows, sizeof(rows) / sizeof(rows[0]));
}

static void
the_base_is_where_the_records_are(void **state)
{
	struct dane_answers first = {SEC, SEC, true, UN, {SEC, UN}, ONE(good)};
	struct dane_answers second = {SEC, SEC, true, UN, {ABS, SEC}, TWO(good)};
	struct dane_answers own = {SEC, INS, true, SEC, {UN, SEC}, TWO(good)};
	struct dane d;

	(void)state;
	dane_judge(&first, &d);
	assert_int_equal(d.base, DANE_BASE_EXPANDED);
	dane_judge(&second, &d);
	assert_int_equal(d.base, DANE_BASE_ORIGINAL);
	dane_judge(&own, &d);
	assert_int_equal(d.base, DANE_BASE_ORIGINAL);
}

struct join_row {
	const char *name;
	enum answer a, b, joined;
};

static void
two_answers_are_one(void **state)
{
	static const struct join_row rows[] = {
	    {"both secure", SEC, SEC, SEC},
	    {"A alone, and that is proven", SEC, ABS, SEC},
	    {"A there, AAAA failed: there is an address", SEC, UNA, SEC},
	    {"A insecure, AAAA secure", INS, SEC, INS},
	    {"A insecure, AAAA absent", INS, ABI, INS},
	    {"A there, AAAA unasked: enough is known", SEC, UN, SEC},
	    {"A absent, AAAA unasked: it is not", ABS, UN, UN},
	    {"A absent, AAAA failed: it may be there", ABS, UNA, UNA},
	    {"A absent, AAAA bogus", ABS, BOG, BOG},
	    {"A failed, AAAA bogus", UNA, BOG, BOG},
	    {"both proven absent", ABS, ABS, ABS},
	    {"one of them unproven", ABS, ABI, ABI},
	    {"neither asked", UN, UN, UN},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (answer_join(rows[i].a, rows[i].b) != rows[i].joined ||
		    answer_join(rows[i].b, rows[i].a) != rows[i].joined)
			fail_msg("%s", rows[i].name);
}

/* Whatever is answered, the questions end, and what is said at the end is no "unknown". */
static void
every_way_through_the_questions_ends(void **state)
{
	static const enum answer all[] = {SEC, INS, ABS, ABI, BOG, UNA};

	(void)state;
	for (unsigned way = 0; way < 6 * 6 * 6 * 6 * 6 * 2; way++) {
		struct dane_answers a = {.is_alias = way % 2};
		enum answer *const fields[] = {&a.mx, &a.address, &a.alias, &a.tlsa[0], &a.tlsa[1]};
		enum dane_question asked, last = DANE_ASK_NOTHING;
		unsigned rest = way / 2;
		struct dane d;

		for (;;) {
			asked = dane_next(&a);
			if (asked == DANE_ASK_NOTHING)
				break;
			assert_true(asked > last);
			last = asked;
			*fields[asked - DANE_ASK_MX] = all[rest % 6];
			rest /= 6;
		}
		dane_judge(&a, &d);
		assert_int_not_equal(d.state, DANE_UNKNOWN);
		/* Nothing is demanded by what nobody signed. */
		if (d.demand == DANE_DEMANDS_AUTHENTICITY || d.demand == DANE_DEMANDS_ENCRYPTION)
			assert_true(answer_is_secure(a.mx));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_host_of_one_name),
	    cmocka_unit_test(a_host_that_is_an_alias),
	    cmocka_unit_test(the_base_is_where_the_records_are),
	    cmocka_unit_test(two_answers_are_one),
	    cmocka_unit_test(every_way_through_the_questions_ends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
