/*
 * What a server is called where no EHLO reply says it: its greeting is its own word, and
 * may be anybody's for one session. It may be told; it makes no history anybody else's.
 */
#include "tests/history_build.h"

#include "monitor/policy/destination.h"

/* EHLO is refused, HELO follows, and the client goes away without mail. */
static void
suppress(struct scene *sc, unsigned client, unsigned server, const char *greeting)
{
	struct session *s = meet_and_refuse_ehlo(sc, client, server);

	s->smtp.mail_count = 0;
	s->smtp.mail_accepted = s->smtp.message_sent = false;
	s->rcpt_count = 0;
	if (greeting != NULL)
		s->greeting[0] = text_of(greeting);
	pass(sc, MINUTE);
}

/* Server 2 is another address of mx1: what client network 1 knows of it. */
static void
use_second_address(struct scene *sc)
{
	for (int i = 0; i < 5; i++) {
		meet(sc, NETWORK(1), 2)->ehlo[0] = text_of("mx1.example.net");
		pass(sc, MINUTE);
		assert_calm(sc);
	}
}

/* The client's mail in clear at that address. */
static void
come_in_clear(struct scene *sc)
{
	struct session *s = meet_in_clear(sc, 0, 2);

	s->ehlo[0] = text_of("mx1.example.net");
	s->greeting[0] = text_of("mx1.example.net ESMTP Postfix");
	pass(sc, MINUTE);
}

static void
assert_fallback(struct scene *sc)
{
	assert_found(sc, "plaintext-fallback", SEVERITY_WARNING, CERTAINTY_PROBABLE);
	assert_non_null(
	    strstr(finding_of(sc, "plaintext-fallback")->detail, "at a server of the same name"));
}

/* plaintext-fallback */

static void
a_server_that_refuses_ehlo_keeps_the_name_it_had(void **state)
{
	SCENE();
	use(sc, 0, 1, 5, HOUR);
	use_second_address(sc);
	suppress(sc, 0, 1, NULL);
	assert_found(sc, "ehlo-suppressed", SEVERITY_WARNING, CERTAINTY_PROBABLE);
	come_in_clear(sc);
	assert_fallback(sc);
	END();
}

/* Whoever masks or forges the greeting too does not get away with it. */
static void
whatever_its_greeting_says_then(void **state)
{
	static const char *const greetings[] = {"*************************2******0*****",
						"mx9.example1.net ESMTP Postfix", "ready"};

	SCENE();
	use(sc, 0, 1, 5, HOUR);
	use_second_address(sc);
	for (size_t i = 0; i < sizeof(greetings) / sizeof(greetings[0]); i++) {
		suppress(sc, 0, 1, greetings[i]);
		come_in_clear(sc);
		assert_fallback(sc);
		sc->now += DAY;
		use(sc, 0, 1, 20, MINUTE);
		sc->now += DAY;
	}
	END();
}

/* The tap tells the failure after the mail that came of it. */
static void
with_hindsight_too(void **state)
{
	SCENE();
	use(sc, 0, 1, 5, HOUR);
	use_second_address(sc);
	sc->now += 5 * MINUTE;
	come_in_clear(sc);
	assert_calm(sc);
	sc->now -= 5 * MINUTE;
	suppress(sc, 0, 1, NULL);
	scene_close(sc);
	assert_query(p->path, "SELECT severity FROM v_findings WHERE kind = 'plaintext-fallback'",
		     "warning\n");
	assert_sound(p->path);
	test_free(sc);
}

/* Two machines behind one address: which of them it was its greeting says, where it does. */
static void
of_several_names_the_greeting_says_which(void **state)
{
	static const struct {
		const char *greeting;
		bool is_fallback;
	} cases[] = {
	    {"mx8.example1.net ESMTP Postfix", false},
	    {"*************************2******0*****", false},
	    {"MX1.Example.NET ESMTP Postfix", true},
	};

	SCENE();
	use_second_address(sc);
	for (int i = 0; i < 10; i++) {
		meet(sc, 0, 1)->ehlo[0] =
		    text_of(i % 2 == 0 ? "mx1.example.net" : "mx7.example1.net");
		pass(sc, HOUR);
	}
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		suppress(sc, 0, 1, cases[i].greeting);
		come_in_clear(sc);
		if (cases[i].is_fallback)
			assert_fallback(sc);
		else
			assert_calm(sc);
		sc->now += DAY;
	}
	END();
}

/* Anybody's server may greet with another's name. */
static void
a_stranger_that_greets_with_its_name_does_not_make_it_look_attacked(void **state)
{
	SCENE();
	use(sc, NETWORK(1), 1, 5, MINUTE);
	use_second_address(sc);
	suppress(sc, 0, 40, "mx1.example.net ESMTP Postfix");
	assert_calm(sc);
	come_in_clear(sc);
	END_CALMLY();
}

static void
nor_does_a_known_server_that_does_so_once(void **state)
{
	SCENE();
	use(sc, 0, 40, 5, HOUR);
	use_second_address(sc);
	suppress(sc, 0, 40, "mx1.example.net ESMTP Postfix");
	assert_found(sc, "ehlo-suppressed", SEVERITY_WARNING, CERTAINTY_PROBABLE);
	come_in_clear(sc);
	assert_calm(sc);
	END();
}

/* An EHLO reply is as easily forged once. */
static void
one_reply_gives_an_address_no_name(void **state)
{
	SCENE();
	use_second_address(sc);
	use(sc, 0, 40, 5, HOUR);
	meet(sc, 0, 40)->ehlo[0] = text_of("mx1.example.net");
	pass(sc, MINUTE);
	sc->now += HOUR;
	suppress(sc, 0, 40, "mx1.example.net ESMTP Postfix");
	come_in_clear(sc);
	assert_calm(sc);
	END();
}

static void
nor_takes_it_one_away(void **state)
{
	SCENE();
	use_second_address(sc);
	use(sc, 0, 1, 5, HOUR);
	meet(sc, 0, 1)->ehlo[0] = text_of("mx9.example1.net");
	pass(sc, MINUTE);
	suppress(sc, 0, 1, "*************************2******0*****");
	come_in_clear(sc);
	assert_fallback(sc);
	END();
}

/* A bulk sender that is turned away at EHLO, and goes to the next address. */
static void
who_is_turned_away_was_not_kept_from_ehlo(void **state)
{
	SCENE();
	use(sc, 0, 1, 5, HOUR);
	use_second_address(sc);
	for (int i = 0; i < 2; i++) {
		struct session *s = meet_and_refuse_ehlo(sc, 0, 1);

		s->smtp.ehlo_refusal = 554;
		s->smtp.helo_after_refusal = false;
		s->smtp.greeting_verb = GREETING_EHLO;
		s->smtp.mail_count = 0;
		s->smtp.mail_accepted = s->smtp.message_sent = false;
		s->rcpt_count = 0;
		pass(sc, MINUTE);
		come_in_clear(sc);
		assert_calm(sc);
	}
	END_CALMLY();
}

/* It was the name's own failure; where the mail then went in clear names itself. */
static void
mail_in_clear_by_helo_goes_by_the_name_in_the_greeting(void **state)
{
	SCENE();
	meet_and_fail(sc, 0, 1);
	pass(sc, 5 * MINUTE);
	meet_by_helo(sc, 0, 2)->greeting[0] = text_of("mx1.example.net ESMTP Postfix");
	pass(sc, MINUTE);
	assert_fallback(sc);
	END();
}

static void
but_not_where_the_address_has_another(void **state)
{
	SCENE();
	use(sc, NETWORK(1), 2, 5, MINUTE);
	meet_and_fail(sc, 0, 1);
	pass(sc, 5 * MINUTE);
	meet_by_helo(sc, 0, 2)->greeting[0] = text_of("mx1.example.net ESMTP Postfix");
	pass(sc, MINUTE);
	assert_calm(sc);
	END();
}

/* ehlo-suppressed */

static bool
is_told(const struct scene *sc)
{
	const struct finding *f = finding_of(sc, "ehlo-suppressed");

	assert_non_null(f);
	return strstr(f->detail, "name in its greeting offers it at another address") != NULL;
}

/* That is its own word: it is told, and weighs no more. */
static void
a_name_that_offers_it_elsewhere_is_told(void **state)
{
	SCENE();
	use(sc, 0, 1, 5, HOUR);
	suppress(sc, 0, 2, "MX1.example.net ESMTP Postfix");
	assert_found(sc, "ehlo-suppressed", SEVERITY_NOTICE, CERTAINTY_POSSIBLE);
	assert_true(is_told(sc));
	/* Now the address has a history of its own. */
	suppress(sc, 0, 2, "mx1.example.net ESMTP Postfix");
	assert_false(is_told(sc));
	END_CALMLY();
}

/* Its word is borne out where the DNS says that the host of that name has this address. */
static void
a_name_that_the_dns_bears_out_has_its_history(void **state)
{
	static const struct {
		const char *name, *greeting, *host;
		enum host_by by;
		bool is_offering;
		enum severity severity;
	} cases[] = {
	    {"its address", "MX1.example.net ESMTP", "mx1.example.net", HOST_BY_ADDRESS, true,
	     SEVERITY_WARNING},
	    {"behind two blanks", "  MX1.example.net ESMTP", "mx1.example.net", HOST_BY_ADDRESS,
	     true, SEVERITY_WARNING},
	    {"before a tab", "MX1.example.net\tESMTP", "mx1.example.net", HOST_BY_ADDRESS, true,
	     SEVERITY_WARNING},
	    {"by itself", "MX1.example.net", "mx1.example.net", HOST_BY_ADDRESS, true,
	     SEVERITY_WARNING},
	    {"no name", "  ", "mx1.example.net", HOST_BY_ADDRESS, true, SEVERITY_NOTICE},
	    {"of a name without history", "MX1.example.net ESMTP", "mx1.example.net",
	     HOST_BY_ADDRESS, false, SEVERITY_NOTICE},
	    {"of another host", "MX1.example.net ESMTP", "mx2.example.net", HOST_BY_ADDRESS, true,
	     SEVERITY_NOTICE},
	    {"by what the client asked for", "MX1.example.net ESMTP", "mx1.example.net",
	     HOST_BY_NAME, true, SEVERITY_NOTICE},
	    {"not at all", "MX1.example.net ESMTP", "", HOST_UNKNOWN, true, SEVERITY_NOTICE},
	};
	struct scene *sc = test_calloc(1, sizeof(*sc));

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct history known = {.is_greeted_name_offering = cases[i].is_offering};
		struct destination d = {.host_by = cases[i].by};
		const struct judge_case c = {&sc->session, &known, &d};

		print_message("%s\n", cases[i].name);
		snprintf(d.host.text, sizeof(d.host.text), "%s", cases[i].host);
		meet_and_refuse_ehlo(sc, 0, 2)->greeting[0] = text_of(cases[i].greeting);
		judge_case(&c, &sc->verdict);
		assert_found(sc, "ehlo-suppressed", cases[i].severity,
			     cases[i].severity == SEVERITY_WARNING ? CERTAINTY_PROBABLE
								   : CERTAINTY_POSSIBLE);
	}
	test_free(sc);
}

/* Neither is the name's history diluted, however many strangers take it on. */
static void
strangers_that_take_on_a_name_do_not_spoil_it(void **state)
{
	SCENE();
	use(sc, 0, 1, 5, HOUR);
	for (unsigned server = 40; server < 80; server++)
		suppress(sc, NETWORK(2), server, "mx1.example.net ESMTP Postfix");
	suppress(sc, 0, 2, "mx1.example.net ESMTP Postfix");
	assert_true(is_told(sc));
	END_CALMLY();
}

/* What they were offered under it, nobody who merely greets so was. */
static void
a_greeting_lends_no_history(void **state)
{
	SCENE();
	for (int i = 0; i < 10; i++) {
		meet(sc, 0, 40)->greeting[0] = text_of("mx1.example.net ESMTP Postfix");
		pass(sc, MINUTE);
	}
	suppress(sc, 0, 2, "mx1.example.net ESMTP Postfix");
	assert_false(is_told(sc));
	END_CALMLY();
}

/* Any machine's name is nobody's. */
static void
words_that_are_no_host_name_are_no_name(void **state)
{
	static const char *const words[] = {"mail", "192.0.2.1", "[192.0.2.1]", "mx..example.net",
					    "***.***"};

	SCENE();
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		unsigned server = (unsigned)(2 * i + 10);

		for (int k = 0; k < 5; k++) {
			meet(sc, 0, server)->ehlo[0] = text_of(words[i]);
			pass(sc, MINUTE);
		}
		suppress(sc, 0, server + 1, words[i]);
		assert_false(is_told(sc));
	}
	END_CALMLY();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    FIXTURE_TEST(a_server_that_refuses_ehlo_keeps_the_name_it_had),
	    FIXTURE_TEST(whatever_its_greeting_says_then),
	    FIXTURE_TEST(with_hindsight_too),
	    FIXTURE_TEST(of_several_names_the_greeting_says_which),
	    FIXTURE_TEST(a_stranger_that_greets_with_its_name_does_not_make_it_look_attacked),
	    FIXTURE_TEST(nor_does_a_known_server_that_does_so_once),
	    FIXTURE_TEST(one_reply_gives_an_address_no_name),
	    FIXTURE_TEST(nor_takes_it_one_away),
	    FIXTURE_TEST(who_is_turned_away_was_not_kept_from_ehlo),
	    FIXTURE_TEST(mail_in_clear_by_helo_goes_by_the_name_in_the_greeting),
	    FIXTURE_TEST(but_not_where_the_address_has_another),
	    FIXTURE_TEST(a_name_that_offers_it_elsewhere_is_told),
	    cmocka_unit_test(a_name_that_the_dns_bears_out_has_its_history),
	    FIXTURE_TEST(strangers_that_take_on_a_name_do_not_spoil_it),
	    FIXTURE_TEST(a_greeting_lends_no_history),
	    FIXTURE_TEST(words_that_are_no_host_name_are_no_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
