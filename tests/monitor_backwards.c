/*
 * Captures that are read in another order than that in which they were taken: what
 * a server or a client came to do later is nothing that was lost before.
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
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
