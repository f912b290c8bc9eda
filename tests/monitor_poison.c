/*
 * Attacks on what is known itself: who is there from the first day on, before
 * there is anything to compare with, and would be the norm later.
 */
#include "tests/history_build.h"

#define FORGED "CN=mx1.example.net"

static void
forge(struct scene *sc, unsigned client, int times)
{
	for (int i = 0; i < times; i++)
		show_to(sc, client, 9, FORGED, FACT_YES);
}

/* Four networks are shown the server's own key. */
static void
show_to_others(struct scene *sc, int times)
{
	for (int i = 0; i < times; i++) {
		for (unsigned n = 1; n <= 4; n++) {
			show_to(sc, NETWORK(n), 1, "CN=R3", FACT_NO);
			assert_calm(sc);
		}
	}
}

/* Be it shown once or a hundred times before the others come: it is this network's alone. */
static void
a_key_that_one_network_alone_was_shown_first_is_not_the_servers(void **state)
{
	static const int times[] = {1, 2, 5, 40};

	for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
		SCENE();
		forge(sc, NETWORK(5), times[i]);
		show_to_others(sc, 10);
		forge(sc, NETWORK(5), 1);
		assert_found(sc, "certificate-changed", SEVERITY_WARNING, CERTAINTY_PROBABLE);
		forge(sc, NETWORK(1), 1);
		assert_found(sc, "certificate-changed", SEVERITY_WARNING, CERTAINTY_PROBABLE);
		forge(sc, NETWORK(5), 1);
		assert_found(sc, "certificate-changed", SEVERITY_WARNING, CERTAINTY_PROBABLE);
		show_to_others(sc, 3);
		END();
		if (unlink(p->path) != 0)
			fail_msg("%s stays", p->path);
	}
}

/* It says whose it is: the reader looks at that network's path first. */
static void
a_key_of_one_network_is_told_as_such(void **state)
{
	const struct finding *f;

	SCENE();
	forge(sc, NETWORK(5), 2);
	show_to_others(sc, 10);
	forge(sc, NETWORK(5), 1);
	f = finding_of(sc, "certificate-changed");
	assert_non_null(f);
	assert_non_null(strstr(f->detail, "shown to one client network alone"));
	assert_non_null(strstr(f->detail, "4 others were shown another"));
	END();
}

/* A machine that signs itself may be met by one network first, and by the others later. */
static void
a_key_that_one_network_was_shown_first_may_be_a_machines(void **state)
{
	SCENE();
	forge(sc, NETWORK(5), 3);
	show_to_others(sc, 3);
	for (unsigned n = 1; n <= 6; n++) {
		forge(sc, NETWORK(n), 1);
		assert_calm(sc);
	}
	END_CALMLY();
}

/* A machine that signs itself, beside one that does not, is met by more than one network. */
static void
a_key_that_two_networks_were_shown_first_is_the_servers(void **state)
{
	SCENE();
	forge(sc, NETWORK(5), 1);
	forge(sc, NETWORK(6), 1);
	show_to_others(sc, 3);
	for (unsigned n = 1; n <= 6; n++) {
		forge(sc, NETWORK(n), 1);
		assert_calm(sc);
	}
	END_CALMLY();
}

/* Nobody else is shown a certificate, since they speak TLS 1.3: nothing to compare with. */
static void
a_key_of_the_only_network_that_sees_one_is_the_servers(void **state)
{
	SCENE();
	for (int i = 0; i < 20; i++) {
		for (unsigned n = 1; n <= 4; n++)
			use(sc, NETWORK(n), 1, 1, MINUTE);
		forge(sc, NETWORK(5), 1);
		assert_calm(sc);
		show_to(sc, NETWORK(5), 1, "CN=R3", FACT_NO);
		assert_calm(sc);
	}
	END_CALMLY();
}

/*
 * One network is stripped from the first day on, but for one of its clients. That says nothing of
 * machines that differ: another that loses it now and then is no less attacked for it.
 */
static void
a_network_kept_from_it_since_the_first_day_excuses_no_other(void **state)
{
	SCENE();
	use(sc, NETWORK(1), 1, 1, HOUR);
	strip(sc, NETWORK(9), 1);
	for (int day = 0; day < 12; day++) {
		for (unsigned n = 1; n <= 8; n++)
			use(sc, NETWORK(n), 1, 1, HOUR);
		strip(sc, NETWORK(9), 1);
		if (day == 8)
			use(sc, NETWORK(9) + 1, 1, 1, HOUR);
		sc->now += DAY;
	}
	strip(sc, NETWORK(2), 1);
	assert_found(sc, "starttls-stripped", SEVERITY_CRITICAL, CERTAINTY_PROBABLE);
	for (unsigned n = 1; n <= 8; n++)
		use(sc, NETWORK(n), 1, 1, HOUR);
	for (unsigned n = 2; n <= 4; n++) {
		strip(sc, NETWORK(n), 1);
		assert_non_null(finding_of(sc, "starttls-stripped"));
		use(sc, NETWORK(n + 1), 1, 1, HOUR);
	}
	scene_close(sc);
	assert_query(p->path,
		     "SELECT client, severity FROM v_incidents WHERE kind = 'starttls-stripped'"
		     " AND client NOT LIKE '10.0.9.%' ORDER BY client",
		     "10.0.2.1|critical\n10.0.3.1|critical\n10.0.4.1|critical\n");
	assert_sound(p->path);
	test_free(sc);
}

/* Cuts the line out, and has another name in the server's place. */
static void
strip_and_rename(struct scene *sc, unsigned client)
{
	meet_without(sc, client, 1)->ehlo[0] = text_of("mxb.example.net");
	pass(sc, MINUTE);
}

/* Another machine is met by more than one network, sooner or later. */
static void
another_name_for_one_network_alone_is_no_other_machine(void **state)
{
	SCENE();
	for (int i = 0; i < 5; i++)
		for (unsigned n = 1; n <= 5; n++)
			use(sc, NETWORK(n), 1, 1, HOUR);
	for (int i = 0; i < 8; i++) {
		strip_and_rename(sc, NETWORK(2));
		if (i < 5)
			assert_calm(sc);
		else
			assert_found(sc, "starttls-stripped", SEVERITY_WARNING, CERTAINTY_POSSIBLE);
		for (unsigned n = 3; n <= 5; n++)
			use(sc, NETWORK(n), 1, 1, MINUTE);
	}
	scene_close(sc);
	/* Nor do those others settle it with hindsight: it may be a machine that sticks to it. */
	assert_query(p->path,
		     "SELECT kind, severity, certainty, sessions FROM v_incidents ORDER BY id",
		     "starttls-missing|notice|possible|5\nstarttls-stripped|warning|possible|3\n");
	assert_sound(p->path);
	test_free(sc);
}

static void
another_name_that_two_networks_meet_is_another_machine(void **state)
{
	SCENE();
	for (int i = 0; i < 5; i++)
		for (unsigned n = 1; n <= 5; n++)
			use(sc, NETWORK(n), 1, 1, HOUR);
	for (int i = 0; i < 8; i++) {
		for (unsigned n = 1; n <= 2; n++) {
			strip_and_rename(sc, NETWORK(n));
			assert_calm(sc);
		}
		for (unsigned n = 3; n <= 5; n++)
			use(sc, NETWORK(n), 1, 1, HOUR);
	}
	END_CALMLY();
}

static void
refuse_ehlo(struct scene *sc, unsigned client)
{
	meet_and_refuse_ehlo(sc, client, 1);
	pass(sc, HOUR);
}

/*
 * One network's EHLO is refused from the first day on. The server takes everybody else's all the
 * same, and once it no longer does that is told even of who never came before.
 */
static void
a_network_kept_from_ehlo_since_the_first_day_excuses_no_other(void **state)
{
	SCENE();
	for (int day = 0; day < 12; day++) {
		refuse_ehlo(sc, NETWORK(9));
		assert_found(sc, "ehlo-suppressed", SEVERITY_NOTICE, CERTAINTY_POSSIBLE);
		for (unsigned n = 1; n <= 4; n++)
			use(sc, NETWORK(n), 1, 1, HOUR);
		/* one of its clients is left alone */
		if (day == 5)
			use(sc, NETWORK(9) + 1, 1, 1, HOUR);
		sc->now += DAY;
	}
	for (unsigned n = 1; n <= 8; n++) {
		refuse_ehlo(sc, NETWORK(n) + 1);
		assert_found(sc, "ehlo-suppressed", SEVERITY_WARNING, CERTAINTY_PROBABLE);
	}
	END();
}

/* Machines that differ refuse it to many, be it to each of them once: no alarm. */
static void
a_machine_that_refuses_ehlo_to_many_is_the_servers_way(void **state)
{
	SCENE();
	for (unsigned n = 0; n < 60; n++) {
		if (n % 3 == 0)
			refuse_ehlo(sc, NETWORK(n));
		else
			use(sc, NETWORK(n), 1, 1, HOUR);
		assert_calm(sc);
	}
	END_CALMLY();
}

static void
force_down(struct scene *sc, unsigned client)
{
	meet(sc, client, 1)->tls.version = 0x0303;
	pass(sc, HOUR);
}

/*
 * One network of few is forced down from the first day on, and often. It alone says nothing of
 * the server: others met it more often, and not once got less.
 */
static void
a_network_forced_down_since_the_first_day_excuses_no_other(void **state)
{
	SCENE();
	for (int day = 0; day < 10; day++) {
		for (int i = 0; i < 4; i++) {
			force_down(sc, NETWORK(9));
			assert_calm(sc);
		}
		/* one of its clients is not */
		use(sc, NETWORK(9) + 1, 1, 1, HOUR);
		for (unsigned n = 1; n <= 6; n++)
			use(sc, NETWORK(n), 1, 2, HOUR);
	}
	for (unsigned n = 1; n <= 3; n++) {
		force_down(sc, NETWORK(n));
		assert_found(sc, "tls-downgrade", SEVERITY_WARNING, CERTAINTY_PROBABLE);
		use(sc, NETWORK(n), 1, 1, HOUR);
	}
	END();
}

/* Machines that differ show to whoever comes, and one network may come most often. */
static void
a_network_that_meets_both_machines_most_often_is_no_sign_of_an_attack(void **state)
{
	SCENE();
	for (unsigned i = 0; i < 300; i++) {
		unsigned client = i % 2 == 0 ? NETWORK(9) + i % 3 : NETWORK(1 + i / 2 % 6);

		if (i * 7 % 10 < 3)
			force_down(sc, client);
		else
			use(sc, client, 1, 1, HOUR);
		if (i > 20)
			assert_calm(sc);
	}
	END();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    FIXTURE_TEST(a_key_that_one_network_alone_was_shown_first_is_not_the_servers),
	    FIXTURE_TEST(a_key_of_one_network_is_told_as_such),
	    FIXTURE_TEST(a_key_that_one_network_was_shown_first_may_be_a_machines),
	    FIXTURE_TEST(a_key_that_two_networks_were_shown_first_is_the_servers),
	    FIXTURE_TEST(a_key_of_the_only_network_that_sees_one_is_the_servers),
	    FIXTURE_TEST(a_network_kept_from_it_since_the_first_day_excuses_no_other),
	    FIXTURE_TEST(another_name_for_one_network_alone_is_no_other_machine),
	    FIXTURE_TEST(another_name_that_two_networks_meet_is_another_machine),
	    FIXTURE_TEST(a_network_kept_from_ehlo_since_the_first_day_excuses_no_other),
	    FIXTURE_TEST(a_machine_that_refuses_ehlo_to_many_is_the_servers_way),
	    FIXTURE_TEST(a_network_forced_down_since_the_first_day_excuses_no_other),
	    FIXTURE_TEST(a_network_that_meets_both_machines_most_often_is_no_sign_of_an_attack),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
