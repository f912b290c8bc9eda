/*
 * Sessions that are told in another order than that in which they began. Captures are read in
 * any order: what a server or a client came to do later is nothing that was lost before. On a
 * tap those that went to TLS are told some seconds later, and those of several readers by turns.
 */
#include "tests/history_build.h"

#define LATER   (20 * DAY)
#define EARLIER (5 * DAY)

/* The later capture: everybody is offered STARTTLS and uses it. */
static void
read_later(struct scene *sc)
{
	sc->now = START + LATER;
	for (int i = 0; i < 12; i++)
		for (unsigned n = 0; n < 4; n++)
			use(sc, NETWORK(n), 1, 1, 10 * MINUTE);
}

/* Another run. */
static void
go_back_to(struct scene *sc, const char *path, int64_t time)
{
	scene_close(sc);
	scene_open(sc, path);
	sc->now = START + time;
}

static void
what_is_offered_since_was_not_stripped_before(void **state)
{
	SCENE();
	read_later(sc);
	go_back_to(sc, p->path, EARLIER);
	for (int i = 0; i < 5; i++) {
		for (unsigned n = 0; n < 4; n++) {
			strip(sc, NETWORK(n), 1);
			assert_found(sc, "starttls-missing", SEVERITY_INFO, CERTAINTY_POSSIBLE);
		}
	}
	go_back_to(sc, p->path, LATER - DAY);
	strip(sc, NETWORK(1), 1);
	assert_found(sc, "starttls-missing", SEVERITY_INFO, CERTAINTY_POSSIBLE);
	END_CALMLY();
}

/* What was so before as well as since tells of what is in between. */
static void
what_was_offered_before_and_since_was_stripped_in_between(void **state)
{
	SCENE();
	use(sc, 0, 1, 12, HOUR);
	read_later(sc);
	go_back_to(sc, p->path, EARLIER);
	strip(sc, 0, 1);
	assert_non_null(finding_of(sc, "starttls-stripped"));
	END();
}

static void
a_client_that_began_to_use_it_did_not_stop_before(void **state)
{
	SCENE();
	read_later(sc);
	go_back_to(sc, p->path, EARLIER);
	for (int i = 0; i < 5; i++) {
		meet_in_clear(sc, 0, 1);
		pass(sc, HOUR);
		assert_calm(sc);
	}
	END_CALMLY();
}

static void
a_server_that_was_raised_was_not_set_back_before(void **state)
{
	SCENE();
	read_later(sc);
	go_back_to(sc, p->path, EARLIER);
	for (int i = 0; i < 5; i++) {
		meet(sc, 0, 1)->tls.version = 0x0303;
		pass(sc, HOUR);
		assert_calm(sc);
	}
	END_CALMLY();
}

static void
a_certificate_that_came_since_was_not_exchanged_before(void **state)
{
	SCENE();
	sc->now = START + LATER;
	for (int i = 0; i < 10; i++)
		show_to(sc, 0, 1, "CN=R3", FACT_NO);
	go_back_to(sc, p->path, EARLIER);
	for (int i = 0; i < 5; i++) {
		show_to(sc, 0, 2, "CN=mx1.example.net", FACT_YES);
		assert_calm(sc);
	}
	END_CALMLY();
}

static void
a_server_that_learnt_ehlo_did_not_refuse_it_before(void **state)
{
	SCENE();
	read_later(sc);
	go_back_to(sc, p->path, EARLIER);
	for (int i = 0; i < 5; i++) {
		meet_and_refuse_ehlo(sc, 0, 1);
		pass(sc, DAY);
		assert_found(sc, "ehlo-suppressed", SEVERITY_NOTICE, CERTAINTY_POSSIBLE);
	}
	END();
}

/* Clients 1 to 3 are offered it, and network 9 never is, whose sessions are told before theirs. */
static void
meet_all_but_one(struct scene *sc, int64_t at)
{
	for (unsigned i = 0; i < 4; i++) {
		sc->now = at + (10 + i) * SECOND;
		strip(sc, NETWORK(9), 1);
	}
	for (unsigned n = 3; n >= 1; n--) {
		sc->now = at + n * SECOND;
		use(sc, NETWORK(n), 1, 1, 0);
	}
}

/* Client 1 is stripped twice; others are offered it in the COUNT seconds, and that is told later.
 */
static void
strip_among_late(struct scene *sc, const unsigned *seconds, size_t count)
{
	int64_t at = START + 7 * MINUTE;

	for (int i = 0; i < 7; i++)
		meet_all_but_one(sc, START + i * MINUTE);
	sc->now = at + 3 * SECOND;
	strip(sc, NETWORK(1), 1);
	sc->now = at + 5 * SECOND;
	strip(sc, NETWORK(1), 1);
	for (size_t i = 0; i < count; i++) {
		sc->now = at + seconds[i] * SECOND;
		use(sc, NETWORK(i % 2 == 0 ? 2 : 3), 1, 1, 0);
	}
}

#define OF_CLIENT_1                                                  \
	"SELECT kind, severity, certainty, COUNT(*) FROM v_findings" \
	" WHERE client = '10.0.1.1' GROUP BY 1, 2, 3 ORDER BY MIN(session), 1"

static void
what_is_told_late_is_known_no_less(void **state)
{
	static const unsigned seconds[] = {1, 2, 4, 6};

	SCENE();
	strip_among_late(sc, seconds, 4);
	scene_close(sc);
	assert_query(p->path, OF_CLIENT_1, "starttls-stripped|critical|probable|2\n");
	assert_sound(p->path);
	test_free(sc);
}

/* What others are offered after the first loss tells of it, though a second is told by then. */
static void
what_is_told_late_tells_of_what_was_before_it(void **state)
{
	static const unsigned seconds[] = {1, 2, 4};

	SCENE();
	strip_among_late(sc, seconds, 3);
	scene_close(sc);
	assert_query(
	    p->path, OF_CLIENT_1,
	    "starttls-stripped|critical|probable|1\nstarttls-stripped|warning|possible|1\n");
	assert_sound(p->path);
	test_free(sc);
}

/* Clients 1 and 2 are offered it. */
static void
use_by_turns(struct scene *sc)
{
	for (int i = 0; i < 5; i++) {
		use(sc, NETWORK(1), 1, 1, MINUTE);
		use(sc, NETWORK(2), 1, 1, MINUTE);
	}
}

/* Nor does it end what came behind it: what others got since then still counts. */
static void
an_offer_that_is_told_late_is_none_since(void **state)
{
	int64_t at;

	SCENE();
	use_by_turns(sc);
	at = sc->now;
	sc->now = at + SECOND;
	strip(sc, NETWORK(1), 1);
	sc->now = at;
	use(sc, NETWORK(1), 1, 1, MINUTE / 2);
	use(sc, NETWORK(2), 1, 1, MINUTE / 2);
	strip(sc, NETWORK(1), 1);
	assert_found(sc, "starttls-stripped", SEVERITY_CRITICAL, CERTAINTY_PROBABLE);
	END();
}

/* What it does end: the client lost it anew, and nobody got it since. */
static void
an_offer_that_is_told_late_ends_what_was_before_it(void **state)
{
	int64_t at;

	SCENE();
	use_by_turns(sc);
	at = sc->now;
	strip(sc, NETWORK(1), 1);
	sc->now = at + 20 * SECOND;
	strip(sc, NETWORK(1), 1);
	sc->now = at + 10 * SECOND;
	use(sc, NETWORK(2), 1, 1, SECOND);
	use(sc, NETWORK(1), 1, 1, 0);
	sc->now = at + 30 * SECOND;
	strip(sc, NETWORK(1), 1);
	assert_found(sc, "starttls-stripped", SEVERITY_WARNING, CERTAINTY_POSSIBLE);
	END();
}

/* The first that is offered it is told behind many that were not: by turns, for machines differ. */
static void
a_first_offer_is_none_among_many_without(void **state)
{
	SCENE();
	for (unsigned n = 1; n <= 4; n++) {
		sc->now = START + 2 * n * SECOND;
		strip(sc, NETWORK(n), 1);
	}
	for (unsigned n = 1; n <= 4; n++) {
		sc->now = START + (2 * n + 1) * SECOND;
		use(sc, NETWORK(n), 1, 1, 0);
	}
	END_CALMLY();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    FIXTURE_TEST(what_is_offered_since_was_not_stripped_before),
	    FIXTURE_TEST(what_was_offered_before_and_since_was_stripped_in_between),
	    FIXTURE_TEST(a_client_that_began_to_use_it_did_not_stop_before),
	    FIXTURE_TEST(a_server_that_was_raised_was_not_set_back_before),
	    FIXTURE_TEST(a_certificate_that_came_since_was_not_exchanged_before),
	    FIXTURE_TEST(a_server_that_learnt_ehlo_did_not_refuse_it_before),
	    FIXTURE_TEST(what_is_told_late_is_known_no_less),
	    FIXTURE_TEST(what_is_told_late_tells_of_what_was_before_it),
	    FIXTURE_TEST(an_offer_that_is_told_late_is_none_since),
	    FIXTURE_TEST(an_offer_that_is_told_late_ends_what_was_before_it),
	    FIXTURE_TEST(a_first_offer_is_none_among_many_without),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
