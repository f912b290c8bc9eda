/*
 * Many look-ups: whose turn it is, who is asked too much, and that a flood of
 * invented names neither starves real ones nor becomes a weapon. What is learnt of
 * real servers is tests/policy.t's to show.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

#include "monitor/policy/crowd.h"
#include "monitor/policy/lookups.h"
#include "tests/resolver.h"
#include "tests/x509_build.h"

static const uint8_t secret[16] = "not so secret 1";

__attribute__((format(printf, 3, 4))) static struct lookup_request
request(uint64_t origin, bool is_known, const char *format, ...)
{
	struct lookup_request r = {.origin = origin, .is_known = is_known};
	va_list args;

	va_start(args, format);
	vsnprintf(r.domain.text, sizeof(r.domain.text), format, args);
	va_end(args);
	r.cache.is_known = strncmp(r.domain.text, "policy", 6) == 0;
	return r;
}

/* ---- Turns ---- */

static struct domain displaced;

#define PUT(f, ...) fair_put(f, &(struct lookup_request[]){request(__VA_ARGS__)}[0], &displaced)

static void
expect(struct fair *f, const char *name)
{
	struct lookup_request r;

	assert_true(fair_take(f, FAIR_ANY, NULL, NULL, &r));
	assert_string_equal(r.domain.text, name);
}

static void
known_domains_go_first_and_leave_one_turn_in_four(void **state)
{
	struct fair *f = fair_new(secret);
	struct lookup_request r;

	(void)state;
	for (int i = 0; i < 4; i++) {
		assert_int_equal(PUT(f, 7, false, "new%d.test", i), FAIR_WAITS);
		assert_int_equal(PUT(f, 7, true, "known%d.test", i), FAIR_WAITS);
	}
	expect(f, "known0.test");
	expect(f, "known1.test");
	expect(f, "known2.test");
	expect(f, "new0.test");
	assert_true(fair_take(f, FAIR_KNOWN, NULL, NULL, &r));
	assert_string_equal(r.domain.text, "known3.test");
	assert_false(fair_take(f, FAIR_KNOWN, NULL, NULL, &r));
	expect(f, "new1.test");
	fair_free(f);
}

/* Whoever can have domains known by giving them MX hosts holds up nobody whose policy is known. */
static void
known_policies_go_before_other_known_domains(void **state)
{
	struct fair *f = fair_new(secret);
	struct lookup_request r;

	(void)state;
	for (int i = 0; i < 3; i++)
		assert_int_equal(PUT(f, 7, true, "known%d.test", i), FAIR_WAITS);
	assert_int_equal(PUT(f, 7, true, "policy0.test"), FAIR_WAITS);
	assert_int_equal(PUT(f, 7, true, "policy1.test"), FAIR_WAITS);
	assert_int_equal(PUT(f, 7, false, "new.test"), FAIR_WAITS);
	expect(f, "policy0.test");
	assert_true(fair_take(f, FAIR_WITH_POLICY, NULL, NULL, &r));
	assert_string_equal(r.domain.text, "policy1.test");
	assert_false(fair_take(f, FAIR_WITH_POLICY, NULL, NULL, &r));
	assert_true(fair_take(f, FAIR_KNOWN, NULL, NULL, &r));
	assert_string_equal(r.domain.text, "known0.test");
	fair_free(f);
}

static void
each_origin_has_its_turn(void **state)
{
	struct fair *f = fair_new(secret);
	size_t few = 0;
	struct lookup_request r;

	(void)state;
	for (int i = 0; i < FAIR_LANE_MAX; i++)
		assert_int_equal(PUT(f, 1, false, "flood%d.test", i), FAIR_WAITS);
	for (int i = 0; i < 3; i++)
		assert_int_equal(PUT(f, 2, false, "few%d.test", i), FAIR_WAITS);
	for (int i = 0; i < 6; i++) {
		assert_true(fair_take(f, FAIR_ANY, NULL, NULL, &r));
		few += r.origin == 2;
	}
	assert_int_equal(few, 3);
	fair_free(f);
}

static void
one_origin_and_one_parent_have_no_more_than_their_share(void **state)
{
	struct fair *f = fair_new(secret);

	(void)state;
	for (int i = 0; i < FAIR_PARENT_MAX; i++)
		assert_int_equal(PUT(f, 1, false, "a%d.victim.test", i), FAIR_WAITS);
	assert_int_equal(PUT(f, 1, false, "b.victim.test"), FAIR_FULL);
	assert_int_equal(PUT(f, 1, true, "known.victim.test"), FAIR_WAITS);
	for (int i = FAIR_PARENT_MAX; i < FAIR_LANE_MAX; i++)
		assert_int_equal(PUT(f, 1, false, "c%d.test", i), FAIR_WAITS);
	assert_int_equal(PUT(f, 1, false, "d.test"), FAIR_FULL);
	assert_int_equal(PUT(f, 2, false, "d.test"), FAIR_WAITS);
	fair_free(f);
}

static void
one_domain_waits_once(void **state)
{
	struct fair *f = fair_new(secret);

	(void)state;
	assert_int_equal(PUT(f, 1, false, "a.test"), FAIR_WAITS);
	assert_int_equal(PUT(f, 2, false, "a.test"), FAIR_WAITS_ALREADY);
	assert_int_equal(PUT(f, 2, true, "a.test"), FAIR_WAITS_ALREADY);
	expect(f, "a.test");
	assert_int_equal(PUT(f, 1, false, "a.test"), FAIR_WAITS);
	fair_free(f);
}

/* All the room is taken by many origins: one more finds some, at the cost of who has most. */
static void
room_is_made_by_who_has_most(void **state)
{
	struct fair *f = fair_new(secret);
	struct lookup_request r;
	size_t found = 0;

	(void)state;
	for (uint64_t origin = 0; fair_waiting(f) < FAIR_MAX; origin++)
		for (int i = 0; i < 100 && fair_waiting(f) < FAIR_MAX; i++)
			PUT(f, origin, false, "x%d-%d.test", (int)origin, i);
	assert_string_equal(displaced.text, "");
	assert_int_equal(PUT(f, 1000, true, "known.test"), FAIR_WAITS);
	/* Who has lost its place is said. */
	assert_string_equal(displaced.text, "x0-99.test");
	assert_int_equal(PUT(f, 1001, false, "few.test"), FAIR_WAITS);
	assert_int_equal(fair_waiting(f), FAIR_MAX);
	while (fair_take(f, FAIR_ANY, NULL, NULL, &r))
		found += strcmp(r.domain.text, "known.test") == 0 ||
			 strcmp(r.domain.text, "few.test") == 0;
	assert_int_equal(found, 2);
	assert_int_equal(fair_waiting(f), 0);
	fair_free(f);
}

/* As many networks as there are places, each with one: a further one still finds room. */
static void
however_many_flood_another_origin_has_its_turn(void **state)
{
	struct fair *f = fair_new(secret);
	struct lookup_request r;

	(void)state;
	for (uint64_t origin = 0; origin < 3 * FAIR_MAX; origin++)
		assert_int_equal(PUT(f, origin, false, "x%d.test", (int)origin), FAIR_WAITS);
	assert_int_equal(fair_waiting(f), FAIR_MAX);
	for (size_t i = 0; i < FAIR_MAX; i++)
		assert_true(fair_take(f, FAIR_ANY, NULL, NULL, &r));
	assert_false(fair_take(f, FAIR_ANY, NULL, NULL, &r));
	assert_int_equal(PUT(f, 5, false, "x.test"), FAIR_WAITS);
	expect(f, "x.test");
	fair_free(f);
}

#define REGION(n) ((uint64_t)(n) << 32)

/* Of one region, however many networks of it flood, others are not held up for longer than by one.
 */
static void
networks_of_one_region_have_one_part_of_the_turns(void **state)
{
	struct fair *f = fair_new(secret);
	struct lookup_request r;
	int few = 0;

	(void)state;
	for (int i = 0; i < 3 * FAIR_MAX; i++)
		assert_int_equal(PUT(f, REGION(9) | (uint64_t)i, false, "x%d.test", i), FAIR_WAITS);
	for (int i = 0; i < 5; i++)
		assert_int_equal(PUT(f, REGION(i), false, "few%d.test", i), FAIR_WAITS);
	/* What comes of the flood from now on takes places of its own. */
	for (int i = 0; i < FAIR_MAX; i++)
		PUT(f, REGION(9) | (uint64_t)(100000 + i), false, "y%d.test", i);
	assert_int_equal(fair_waiting(f), FAIR_MAX);
	for (int i = 0; i < 6; i++) {
		assert_true(fair_take(f, FAIR_ANY, NULL, NULL, &r));
		few += strncmp(r.domain.text, "few", 3) == 0;
	}
	assert_int_equal(few, 5);
	for (size_t i = 0; i < FAIR_MAX - 6; i++)
		assert_true(fair_take(f, FAIR_ANY, NULL, NULL, &r));
	assert_false(fair_take(f, FAIR_ANY, NULL, NULL, &r));
	/* All places can be taken again. */
	for (int i = 0; i < FAIR_MAX; i++)
		assert_int_equal(PUT(f, REGION(i) | 1, false, "z%d.test", i), FAIR_WAITS);
	assert_string_equal(displaced.text, "");
	assert_int_equal(PUT(f, REGION(3) | 2, false, "z.test"), FAIR_FULL);
	fair_free(f);
}

static bool
not_below_victim(void *ctx, const struct lookup_request *r)
{
	(void)ctx;
	return strstr(r->domain.text, "victim") == NULL;
}

static void
who_may_not_go_now_keeps_its_place_and_holds_nobody_up(void **state)
{
	struct fair *f = fair_new(secret);
	struct lookup_request r;

	(void)state;
	for (int i = 0; i < FAIR_PARENT_MAX; i++)
		PUT(f, 1, false, "a%d.victim.test", i);
	PUT(f, 1, false, "real.test");
	assert_true(fair_take(f, FAIR_ANY, not_below_victim, NULL, &r));
	assert_string_equal(r.domain.text, "real.test");
	assert_false(fair_take(f, FAIR_ANY, not_below_victim, NULL, &r));
	expect(f, "a0.victim.test");
	fair_free(f);
}

static void
the_parent_of_a_name_is_what_is_registered(void **state)
{
	static const char *const rows[][2] = {
	    {"example.com", "example.com"},
	    {"mail.example.com", "example.com"},
	    {"a.b.c.example.com", "example.com"},
	    {"example.co.uk", "example.co.uk"},
	    {"a.b.example.co.uk", "example.co.uk"},
	    {"example.com.br", "example.com.br"},
	    {"co.uk", "co.uk"},
	    {"x.test", "x.test"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct lookup_request r = request(0, false, "%s", rows[i][0]);
		struct bytes parent = fair_parent(&r.domain);

		if (parent.len != strlen(rows[i][1]) ||
		    memcmp(parent.at, rows[i][1], parent.len) != 0)
			fail_msg("%s: %.*s", rows[i][0], (int)parent.len, (const char *)parent.at);
	}
}

/* ---- Crowds ---- */

static void
a_crowd_is_bounded_at_once_and_in_time(void **state)
{
	static struct crowd c;

	(void)state;
	c.limit = (struct crowd_limit){.at_once = 2, .apart = 100};
	assert_true(crowd_enter(&c, 1, 1000));
	assert_false(crowd_enter(&c, 1, 1050));
	assert_true(crowd_enter(&c, 2, 1050));
	assert_true(crowd_enter(&c, 1, 1100));
	assert_false(crowd_enter(&c, 1, 1300));
	crowd_leave(&c, 1);
	assert_true(crowd_has_room(&c, 1, 1300));
	assert_true(crowd_enter(&c, 1, 1300));
	crowd_leave(&c, 1);
	crowd_leave(&c, 1);
	/* None is under way, and the last one began a moment ago. */
	assert_false(crowd_enter(&c, 1, 1350));
	assert_true(crowd_enter(&c, 1, 1400));
}

static void
a_crowd_of_too_many_subjects_takes_no_more(void **state)
{
	static struct crowd c;

	(void)state;
	c.limit = (struct crowd_limit){.at_once = 2, .apart = 100};
	for (uint64_t i = 1; i <= CROWD_SUBJECTS; i++)
		assert_true(crowd_enter(&c, i, 1000));
	assert_false(crowd_enter(&c, 5000, 1000));
	crowd_leave(&c, 77);
	assert_false(crowd_enter(&c, 5000, 1050));
	assert_true(crowd_enter(&c, 5000, 1100));
}

/* ---- All together ---- */

struct told {
	size_t known, real, invented, policies;
	size_t absent; /* definite answers that there is none */
	size_t displaced;
	size_t hosts_of_known; /* MX hosts whose addresses are known, or that they have none */
	size_t hosts_of_others;
};

static size_t
count_hosts(const struct learnt *learnt)
{
	size_t count = 0;

	for (size_t i = 0; i < learnt->mx.count; i++)
		count += answer_is_known(learnt->hosts[i].dane.address);
	return count;
}

static void
on_done(void *ctx, const struct lookup_request *r, struct learnt *learnt)
{
	struct told *told = ctx;

	assert_string_equal(r->domain.text, learnt->domain.text);
	if (learnt->is_part)
		return;
	told->known += r->is_known;
	told->policies += r->cache.is_known;
	told->real += strncmp(r->domain.text, "real", 4) == 0;
	told->invented += strncmp(r->domain.text, "invented", 8) == 0;
	told->absent += learnt->sts_answer == ANSWER_ABSENT_INSECURE &&
			learnt->mx.form == MX_IMPLICIT &&
			learnt->tlsrpt_answer == ANSWER_ABSENT_INSECURE && learnt->was_served;
	*(r->is_known ? &told->hosts_of_known : &told->hosts_of_others) += count_hosts(learnt);
}

static void
on_displaced(void *ctx, const struct domain *d)
{
	struct told *told = ctx;

	assert_memory_equal(d->text, "invented", 8);
	told->displaced++;
}

static struct lookups *
begin(const struct resolver_process *resolver, struct told *told)
{
	struct lookups_config config = {.displaced = on_displaced, .dns = {.count = 1}};
	struct made ca;
	struct lookups *l;
	char why[256];

	config.dns.resolvers[0] = resolver->at;
	x509_make(&ca, &(struct making){.cn = "CA"});
	config.ca_file = tmpfile();
	assert_non_null(config.ca_file);
	assert_int_equal(PEM_write_X509(config.ca_file, ca.x509), 1);
	rewind(config.ca_file);
	x509_unmake(&ca);
	l = lookups_new(&config, on_done, told, why, sizeof(why));
	fclose(config.ca_file);
	assert_non_null(l);
	return l;
}

#define ASK(l, ...) lookups_ask(l, &(struct lookup_request[]){request(__VA_ARGS__)}[0])

static void
a_domain_is_looked_up_once_and_not_again_right_behind(void **state)
{
	struct resolver_process resolver = resolver_begin();
	struct told told = {0};
	struct lookups *l = begin(&resolver, &told);
	unsigned questions;

	(void)state;
	assert_int_equal(ASK(l, 1, true, "a.test"), LOOKUPS_TAKEN);
	assert_int_equal(ASK(l, 1, true, "a.test"), LOOKUPS_TAKEN);
	lookups_run(l, NULL, 0, 0);
	assert_int_equal(ASK(l, 1, true, "a.test"), LOOKUPS_TAKEN);
	while (lookups_pending(l) > 0)
		lookups_run(l, NULL, 0, 1000);
	assert_int_equal(told.known, 1);
	assert_int_equal(told.absent, 1);
	questions = resolver.counts->questions;
	assert_int_equal(ASK(l, 1, true, "a.test"), LOOKUPS_TOO_SOON);
	lookups_run(l, NULL, 0, 0);
	assert_int_equal(resolver.counts->questions, questions);
	lookups_free(l);
	resolver_end(&resolver);
}

#define INVENTED 200000
#define ORIGINS  50
#define REAL     6

/*
 * From fifty networks names are invented, on their own and below one domain, whose
 * servers are slow; a few real ones are among them, and a few that are known.
 */
static void
invent(struct lookups *l, int count)
{
	for (int i = 0; i < count; i++) {
		uint64_t origin = (uint64_t)i % ORIGINS;

		if (i % 2 == 0)
			ASK(l, origin, false, "invented%d.test", i);
		else
			ASK(l, origin, false, "x%d.mute.test", i);
	}
}

static void
a_flood_of_invented_domains_starves_none_and_is_no_weapon(void **state)
{
	struct resolver_process resolver = resolver_begin();
	struct told told = {0};
	struct lookups *l = begin(&resolver, &told);
	unsigned mute;

	(void)state;
	invent(l, INVENTED);
	assert_in_range(lookups_pending(l), 1, FAIR_MAX);
	for (int i = 0; i < REAL; i++) {
		/* Of a network that has no part in it, and of the domains that earlier sessions
		 * named. */
		assert_int_equal(ASK(l, 1000, false, "real%d.test", i), LOOKUPS_TAKEN);
		assert_int_equal(ASK(l, 3, true, "known%d.test", i), LOOKUPS_TAKEN);
	}
	while (told.known < REAL || told.real < REAL) {
		lookups_run(l, NULL, 0, 100);
		invent(l, INVENTED / 100);
	}
	/* Most of what was invented still waits: those did not wait for it. */
	assert_true(told.invented < FAIR_MAX / 2);
	mute = resolver.counts->mute;
	assert_in_range(mute, 1, LOOKUPS_PARENT_AT_ONCE);
	lookups_free(l);
	resolver_end(&resolver);
}

/* Of all that was taken there is word: its end, or that it lost its place. */
static void
who_loses_its_place_is_told(void **state)
{
	struct resolver_process resolver = resolver_begin();
	struct told told = {0};
	struct lookups *l = begin(&resolver, &told);
	size_t taken = 0;

	(void)state;
	for (uint64_t i = 0; i < FAIR_MAX + 100; i++)
		taken += ASK(l, i, false, "invented%d.test", (int)i) == LOOKUPS_TAKEN;
	assert_int_equal(taken, FAIR_MAX + 100);
	assert_int_equal(told.displaced, 100);
	assert_int_equal(lookups_pending(l), FAIR_MAX);
	lookups_free(l);
	resolver_end(&resolver);
}

static int64_t
milliseconds_now(void)
{
	struct timespec now = {0};

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

#define MUTES 3000

/*
 * Known domains whose name servers say nothing, more than can be looked up: one whose policy is
 * known neither waits behind them, nor for one of them to end.
 */
static void
known_domains_that_hang_hold_up_no_known_policy(void **state)
{
	struct resolver_process resolver = resolver_begin();
	struct told told = {0};
	struct lookups *l = begin(&resolver, &told);
	int64_t until = milliseconds_now() + (int64_t)LOOKUPS_MAX * LOOKUPS_EACH;

	(void)state;
	for (int i = 0; i < MUTES; i++)
		assert_int_equal(ASK(l, 1, true, "x%d.mute.test", i), LOOKUPS_TAKEN);
	while (milliseconds_now() < until)
		lookups_run(l, NULL, 0, 100);
	assert_int_equal(told.known, 0);
	assert_int_equal(ASK(l, 1, true, "policy.test"), LOOKUPS_TAKEN);
	while (told.known == 0)
		lookups_run(l, NULL, 0, 100);
	assert_int_equal(told.policies, 1);
	lookups_free(l);
	resolver_end(&resolver);
}

#define EVIL_PARENTS   100
#define HOST_QUESTIONS 2 /* A and AAAA of a name that is not there */
#define SECONDS        2

/*
 * A hundred domains of one who floods, each of them with as many MX hosts as are
 * asked about, all below one victim's. What is counted is that there is a limit: a
 * slow machine counts less.
 */
static void
flood_victim(bool is_known, int64_t burst, int64_t each)
{
	struct resolver_process resolver = resolver_begin();
	struct told told = {0};
	struct lookups *l = begin(&resolver, &told);
	int64_t begun = milliseconds_now(), passed = 0;

	for (int i = 0; passed < SECONDS * 1000; i++) {
		ASK(l, (uint64_t)i % ORIGINS, is_known, "x%d.evil%02d.test", i, i % EVIL_PARENTS);
		lookups_run(l, NULL, 0, 10);
		passed = milliseconds_now() - begun;
	}
	/* The first host of each domain, and further ones in turn; what has no answer in time comes
	 * again. */
	assert_in_range(resolver.counts->victim, 1,
			DNS_TRIES * HOST_QUESTIONS *
			    (LOOKUPS_BURST + passed / LOOKUPS_EACH + burst + passed / each));
	lookups_free(l);
	resolver_end(&resolver);
}

static void
many_domains_whose_hosts_are_one_victims_are_no_weapon(void **state)
{
	(void)state;
	flood_victim(false, LOOKUPS_HOSTS_BURST, LOOKUPS_HOSTS_EACH);
}

static void
nor_are_those_that_a_flood_has_made_known(void **state)
{
	(void)state;
	flood_victim(true, LOOKUPS_HOSTS_KNOWN_BURST, LOOKUPS_HOSTS_KNOWN_EACH);
}

/* Those that wait for turns that others take are told of all the same, without some hosts. */
static void
a_domain_of_many_hosts_is_told_of_in_time(void **state)
{
	struct resolver_process resolver = resolver_begin();
	struct told told = {0};
	struct lookups *l = begin(&resolver, &told);
	int64_t begun = milliseconds_now();

	(void)state;
	for (int i = 0; i < EVIL_PARENTS; i++)
		ASK(l, 7, false, "x.evil%02d.test", i);
	ASK(l, 1, true, "x.evilkk.test");
	while (lookups_pending(l) > 0)
		lookups_run(l, NULL, 0, 100);
	assert_int_equal(told.hosts_of_known, RESOLVER_HOSTS);
	assert_in_range(told.hosts_of_others, EVIL_PARENTS, EVIL_PARENTS * RESOLVER_HOSTS / 2);
	assert_in_range(milliseconds_now() - begun, 0, LOOKUP_DNS_SECONDS * 1000);
	lookups_free(l);
	resolver_end(&resolver);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(known_domains_go_first_and_leave_one_turn_in_four),
	    cmocka_unit_test(known_policies_go_before_other_known_domains),
	    cmocka_unit_test(each_origin_has_its_turn),
	    cmocka_unit_test(one_origin_and_one_parent_have_no_more_than_their_share),
	    cmocka_unit_test(one_domain_waits_once),
	    cmocka_unit_test(room_is_made_by_who_has_most),
	    cmocka_unit_test(however_many_flood_another_origin_has_its_turn),
	    cmocka_unit_test(networks_of_one_region_have_one_part_of_the_turns),
	    cmocka_unit_test(who_may_not_go_now_keeps_its_place_and_holds_nobody_up),
	    cmocka_unit_test(the_parent_of_a_name_is_what_is_registered),
	    cmocka_unit_test(a_crowd_is_bounded_at_once_and_in_time),
	    cmocka_unit_test(a_crowd_of_too_many_subjects_takes_no_more),
	    cmocka_unit_test(a_domain_is_looked_up_once_and_not_again_right_behind),
	    cmocka_unit_test(a_flood_of_invented_domains_starves_none_and_is_no_weapon),
	    cmocka_unit_test(who_loses_its_place_is_told),
	    cmocka_unit_test(known_domains_that_hang_hold_up_no_known_policy),
	    cmocka_unit_test(many_domains_whose_hosts_are_one_victims_are_no_weapon),
	    cmocka_unit_test(nor_are_those_that_a_flood_has_made_known),
	    cmocka_unit_test(a_domain_of_many_hosts_is_told_of_in_time),
	};

	return cmocka_run_group_tests_name("lookups", tests, NULL, NULL);
}
