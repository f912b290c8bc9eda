/*
 * What many sessions show together: every kind that needs history where it
 * holds, and every innocent explanation where none may alarm.
 */
#include "tests/history_build.h"

/* starttls-stripped */

static void
one_earlier_offer_makes_it_possible(void **state)
{
	SCENE();
	use(sc, 0, 1, 1, MINUTE);
	strip(sc, 0, 1);
	assert_found(sc, "starttls-stripped", SEVERITY_WARNING, CERTAINTY_POSSIBLE);
	assert_null(finding_of(sc, "starttls-missing"));
	END();
}

static void
a_habit_makes_it_probable(void **state)
{
	const struct finding *f;

	SCENE();
	use(sc, 0, 1, 12, HOUR);
	strip(sc, 0, 1);
	assert_found(sc, "starttls-stripped", SEVERITY_CRITICAL, CERTAINTY_PROBABLE);
	f = finding_of(sc, "starttls-stripped");
	assert_int_equal(f->where, WHERE_SERVER_SIDE);
	assert_non_null(strstr(f->detail, "to this client in 12 of 12 sessions since 2026-03-01"));
	strip(sc, 0, 1);
	assert_found(sc, "starttls-stripped", SEVERITY_CRITICAL, CERTAINTY_PROBABLE);
	END();
}

static void
a_habit_outlives_a_restart(void **state)
{
	SCENE();
	use(sc, 0, 1, 5, HOUR);
	scene_close(sc);
	scene_open(sc, p->path);
	strip(sc, 0, 1);
	assert_found(sc, "starttls-stripped", SEVERITY_CRITICAL, CERTAINTY_PROBABLE);
	END();
}

static void
what_is_long_ago_does_not_count(void **state)
{
	SCENE();
	use(sc, 0, 1, 12, HOUR);
	sc->now += 365 * DAY;
	strip(sc, 0, 1);
	assert_found(sc, "starttls-missing", SEVERITY_INFO, CERTAINTY_POSSIBLE);
	END_CALMLY();
}

/* It says what there is to compare with, and does not say that there is nothing. */
static void
one_other_that_was_offered_it_is_too_little(void **state)
{
	SCENE();
	use(sc, NETWORK(1), 1, 1, 10 * MINUTE);
	strip(sc, 0, 1);
	assert_found(sc, "starttls-missing", SEVERITY_INFO, CERTAINTY_POSSIBLE);
	assert_non_null(strstr(finding_of(sc, "starttls-missing")->detail, "too seldom"));
	sc->now += 2 * HOUR;
	strip(sc, NETWORK(2), 1);
	assert_found(sc, "starttls-missing", SEVERITY_INFO, CERTAINTY_POSSIBLE);
	assert_non_null(strstr(finding_of(sc, "starttls-missing")->detail, "within the hour"));
	END_CALMLY();
}

/* First nobody else has come since; then others are offered it, and it is judged again. */
static void
others_that_are_still_offered_it_settle_it(void **state)
{
	SCENE();
	for (int i = 0; i < 5; i++)
		for (unsigned n = 0; n < 4; n++)
			use(sc, NETWORK(n), 1, 1, MINUTE);
	strip(sc, NETWORK(2), 1);
	assert_found(sc, "starttls-stripped", SEVERITY_WARNING, CERTAINTY_POSSIBLE);
	use(sc, NETWORK(1), 1, 1, MINUTE);
	use(sc, NETWORK(3), 1, 1, MINUTE);
	strip(sc, NETWORK(2), 1);
	assert_found(sc, "starttls-stripped", SEVERITY_CRITICAL, CERTAINTY_PROBABLE);
	assert_non_null(
	    strstr(finding_of(sc, "starttls-stripped")->detail, "2 other client networks"));
	scene_close(sc);
	assert_query(p->path,
		     "SELECT severity, certainty, substr(detail, 1, 14) FROM v_findings ORDER BY"
		     " session",
		     "critical|probable|With hindsight\ncritical|probable|The EHLO reply\n");
	assert_query(p->path, "SELECT severity, sessions FROM v_incidents", "critical|2\n");
	assert_sound(p->path);
	test_free(sc);
}

/* What another client's session sheds light on is not that client's. */
static void
hindsight_does_not_mistake_one_client_for_another(void **state)
{
	SCENE();
	use(sc, NETWORK(0), 1, 5, MINUTE);
	for (unsigned n = 1; n < 3; n++)
		use(sc, NETWORK(n), 1, 9, MINUTE);
	strip(sc, NETWORK(0), 1);
	use(sc, NETWORK(1), 1, 1, MINUTE);
	scene_close(sc);
	assert_query(p->path, "SELECT substr(detail, 1, 14) FROM v_findings", "With hindsight\n");
	assert_query(p->path,
		     "SELECT e.value ->> 'value' FROM v_incidents i, json_each(i.evidence) e WHERE"
		     " e.value ->> 'what' = 'judged again'",
		     "after the session at 2026-03-01 12:24:00\n");
	assert_query(p->path,
		     "SELECT e.value ->> 'value' FROM v_incidents i, json_each(i.evidence) e WHERE"
		     " e.value ->> 'what' LIKE '%this client%'",
		     "in 5 of 5 sessions since 2026-03-01 12:00:00, the last at 2026-03-01"
		     " 12:04:00\n");
	assert_sound(p->path);
	test_free(sc);
}

/* Nothing is known of the client, and what is known of another one is not its own. */
static void
hindsight_of_a_first_session_counts_no_other_client(void **state)
{
	SCENE();
	strip(sc, 0, 1);
	use(sc, NETWORK(1), 1, 1, MINUTE);
	scene_close(sc);
	assert_query(p->path, "SELECT kind, substr(detail, 1, 14) FROM v_findings",
		     "starttls-stripped|With hindsight\n");
	assert_query(p->path,
		     "SELECT e.value ->> 'what', e.value ->> 'value' FROM v_incidents i,"
		     " json_each(i.evidence) e WHERE e.value ->> 'what' LIKE '%this client%' OR"
		     " e.value ->> 'what' = 'in numbers'",
		     "");
	assert_sound(p->path);
	test_free(sc);
}

static void
a_new_client_is_held_to_what_others_get(void **state)
{
	SCENE();
	for (int i = 0; i < 5; i++)
		for (unsigned n = 0; n < 4; n++)
			use(sc, NETWORK(n), 1, 1, MINUTE);
	strip(sc, NETWORK(9), 1);
	assert_found(sc, "starttls-stripped", SEVERITY_WARNING, CERTAINTY_POSSIBLE);
	use(sc, NETWORK(1), 1, 1, MINUTE);
	strip(sc, NETWORK(9), 1);
	assert_found(sc, "starttls-stripped", SEVERITY_WARNING, CERTAINTY_POSSIBLE);
	END();
}

static void
a_network_that_loses_it_everywhere_is_cut_near_it(void **state)
{
	SCENE();
	for (unsigned server = 1; server < 6; server++)
		use(sc, 0, server, 3, MINUTE);
	for (unsigned server = 1; server < 6; server++)
		strip(sc, 0, server);
	assert_found(sc, "starttls-stripped", SEVERITY_CRITICAL, CERTAINTY_PROBABLE);
	assert_non_null(strstr(finding_of(sc, "starttls-stripped")->detail, "near the client"));
	END();
}

static void
one_pair_is_cut_on_its_path(void **state)
{
	SCENE();
	for (unsigned n = 0; n < 4; n++)
		for (unsigned server = 1; server < 4; server++)
			use(sc, NETWORK(n), server, 2, MINUTE);
	strip(sc, 0, 1);
	use(sc, NETWORK(1), 1, 1, MINUTE);
	strip(sc, 0, 1);
	assert_non_null(strstr(finding_of(sc, "starttls-stripped")->detail, "on the path between"));
	END();
}

/* Where it was done, in words: in the sentence and in what can be checked. */

static void
assert_where(struct scene *sc, const char *path, const char *words)
{
	const struct finding *f = finding_of(sc, "starttls-stripped");
	char query[512];

	if (f == NULL)
		fail_msg("no starttls-stripped");
	else if (strstr(f->detail, words) == NULL)
		fail_msg("%s: %s", words, f->detail);
	assert_true(recorder_flush(sc->recorder));
	snprintf(query, sizeof(query),
		 "SELECT count(*) FROM v_incidents i, json_each(i.evidence) e WHERE e.value ->>"
		 " 'what' = 'where' AND e.value ->> 'value' LIKE '%s:%%' AND i.id = (SELECT"
		 " max(incident) FROM v_findings)",
		 words);
	assert_query(path, query, "1\n");
}

/* Servers of an owner each. */
#define OWN(n) (5u * (n))

/* Client networks that use five servers. */
static void
use_all(struct scene *sc, unsigned networks)
{
	for (unsigned n = 0; n < networks; n++)
		for (unsigned server = 1; server < 6; server++)
			use(sc, NETWORK(n), OWN(server), 3, SECOND);
}

/* The others keep it at each server, so it is not the servers; this one has it at none. */
static void
one_network_from_everybody_is_near_the_client(void **state)
{
	SCENE();
	use_all(sc, 3);
	for (unsigned server = 1; server < 6; server++) {
		use(sc, NETWORK(1), OWN(server), 1, SECOND);
		strip(sc, 0, OWN(server));
	}
	assert_where(sc, p->path, "near the client");
	assert_int_equal(finding_of(sc, "starttls-stripped")->where, WHERE_SERVER_SIDE);
	END();
}

static void
one_server_for_everybody_is_near_it_or_it_changed(void **state)
{
	const struct finding *f;

	SCENE();
	use_all(sc, 4);
	for (unsigned n = 0; n < 4; n++) {
		use(sc, NETWORK(n), OWN(2), 1, SECOND);
		strip(sc, NETWORK(n), OWN(1));
		/* The one that shows it is told, not those that follow. */
		if (n > 1)
			assert_found(sc, "starttls-missing",
				     n == 2 ? SEVERITY_NOTICE : SEVERITY_INFO, CERTAINTY_POSSIBLE);
	}
	f = finding_of(sc, "starttls-missing");
	assert_non_null(f);
	assert_int_equal(f->where, WHERE_UNKNOWN);
	assert_non_null(strstr(f->detail, "switched it off, unless it is cut near the server"));
	END();
}

/* Nobody else came to this server; elsewhere this client is offered it as before. */
static void
one_server_for_its_only_client_is_near_it_or_it_changed(void **state)
{
	SCENE();
	use_all(sc, 1);
	for (int i = 0; i < 3; i++) {
		strip(sc, 0, OWN(1));
		use(sc, 0, OWN(2), 1, SECOND);
		use(sc, 0, OWN(3), 1, SECOND);
	}
	strip(sc, 0, OWN(1));
	assert_where(sc, p->path, "near the server or on the way to it, or the server changed");
	END();
}

/* Others are offered it here, and this client elsewhere. */
static void
one_pair_is_on_its_path(void **state)
{
	SCENE();
	use_all(sc, 3);
	strip(sc, 0, OWN(1));
	use(sc, NETWORK(1), OWN(1), 1, SECOND);
	use(sc, 0, OWN(2), 1, SECOND);
	strip(sc, 0, OWN(1));
	assert_where(sc, p->path, "on the path between these two");
	END();
}

/* Others are offered it here; elsewhere this client was not seen. */
static void
a_client_of_one_server_may_be_cut_anywhere_on_its_way(void **state)
{
	SCENE();
	for (unsigned n = 0; n < 4; n++)
		use(sc, NETWORK(n), 1, 5, SECOND);
	strip(sc, 0, 1);
	use(sc, NETWORK(1), 1, 1, SECOND);
	strip(sc, 0, 1);
	assert_where(sc, p->path, "near the client, or on its path to this server");
	END();
}

static void
alone_with_one_server_it_is_unknown(void **state)
{
	SCENE();
	use(sc, 0, 1, 12, HOUR);
	strip(sc, 0, 1);
	assert_where(sc, p->path, "unknown");
	assert_null(strstr(finding_of(sc, "starttls-stripped")->detail, "near"));
	END();
}

/* A middlebox before all: every network loses it at every server. */
static void
many_from_many_is_where_their_paths_are_one(void **state)
{
	SCENE();
	use_all(sc, 6);
	for (unsigned server = 1; server < 6; server++)
		for (unsigned n = 0; n < 6; n++)
			strip(sc, NETWORK(n), OWN(server));
	assert_found(sc, "starttls-stripped", SEVERITY_CRITICAL, CERTAINTY_PROBABLE);
	assert_where(sc, p->path, "where the paths of several clients and servers are one");
	END();
}

/* Four servers of one owner: it may have switched it off at all of them. */
static void
one_owner_that_switches_it_off_everywhere_changed(void **state)
{
	SCENE();
	for (int i = 0; i < 60; i++)
		use(sc, NETWORK((unsigned)i % 5), 1 + (unsigned)i / 5 % 4, 1, MINUTE);
	for (int i = 0; i < 60; i++)
		strip(sc, NETWORK((unsigned)i % 5), 1 + (unsigned)i / 5 % 4);
	assert_calm(sc);
	END_CALMLY();
}

/* One cause, many keys: all are told under one line. */
static void
a_middlebox_before_all_servers_is_one_line(void **state)
{
	SCENE();
	for (int i = 0; i < 1200; i++)
		use(sc, NETWORK((unsigned)i % 20), 1 + (unsigned)i / 20 % 20, 1, 10 * SECOND);
	for (unsigned i = 0; i < 400; i++) {
		meet_without(sc, NETWORK(i * 7 % 20), 1 + (i * 7 / 20 * 11 + i) % 20);
		pass(sc, 5 * SECOND);
	}
	scene_close(sc);
	assert_query(
	    p->path,
	    "SELECT kind, severity, client, server, surge > 100 FROM v_incidents WHERE parent"
	    " IS NULL AND severity IN ('warning', 'critical')",
	    "starttls-stripped|critical|||1\n");
	assert_sound(p->path);
	test_free(sc);
}

/* What stood so before it began is no sign of where it is. */
static void
what_was_kept_before_the_loss_is_not_kept(void **state)
{
	SCENE();
	for (unsigned server = 1; server < 11; server++)
		use(sc, 0, server, 3, SECOND);
	for (unsigned server = 1; server < 5; server++)
		strip(sc, 0, server);
	assert_null(strstr(finding_of(sc, "starttls-stripped")->detail, "this client keeps it"));
	for (unsigned server = 5; server < 9; server++)
		strip(sc, 0, server);
	assert_where(sc, p->path, "near the client");
	END();
}

/* The four numbers, as they are when the incident has grown. */
static void
evidence_holds_the_numbers(void **state)
{
	SCENE();
	for (int i = 0; i < 1204; i++)
		use(sc, 0, 1, 1, 2 * MINUTE);
	for (unsigned n = 1; n < 8; n++)
		use(sc, NETWORK(n), 1, 1, MINUTE);
	sc->now = START + 3 * DAY + 2 * HOUR + 2 * MINUTE; /* 4 March, 14:02 */
	for (int i = 0; i < 41; i++) {
		strip(sc, 0, 1);
		use(sc, NETWORK((unsigned)i % 7 + 1), 1, 1, MINUTE);
	}
	scene_close(sc);
	assert_query(
	    p->path,
	    "SELECT e.value ->> 'value' FROM v_incidents i, json_each(i.evidence) e WHERE"
	    " e.value ->> 'what' = 'in numbers' AND i.kind = 'starttls-stripped'",
	    "offered to this client in 1,204 of 1,204 sessions since 1 March; in none of 41"
	    " since 14:02; 7 other client networks got it in that time; no capture loss\n");
	assert_sound(p->path);
	test_free(sc);
}

static void
a_reply_that_is_not_whole_says_nothing(void **state)
{
	SCENE();
	use(sc, 0, 1, 12, HOUR);
	meet_without(sc, 0, 1);
	sc->session.smtp.offered = FACT_UNSEEN;
	sc->session.clear_whole = sc->session.complete = false;
	pass(sc, MINUTE);
	assert_int_equal(sc->verdict.count, 0);
	END_CALMLY();
}

/* An attack goes on for a week: it never becomes the norm, neither for its client nor for others.
 */
static void
an_attack_does_not_become_the_norm(void **state)
{
	SCENE();
	for (int i = 0; i < 30; i++)
		for (unsigned n = 0; n < 3; n++)
			use(sc, NETWORK(n), 1, 1, 2 * HOUR);
	for (int i = 0; i < 100; i++) {
		strip(sc, 0, 1);
		use(sc, NETWORK(1), 1, 1, HOUR);
		use(sc, NETWORK(2), 1, 1, HOUR);
	}
	strip(sc, 0, 1);
	assert_found(sc, "starttls-stripped", SEVERITY_CRITICAL, CERTAINTY_PROBABLE);
	strip(sc, NETWORK(1), 1);
	assert_non_null(finding_of(sc, "starttls-stripped"));
	scene_close(sc);
	assert_query(p->path, "SELECT count(*) FROM v_findings WHERE kind = 'starttls-missing'",
		     "0\n");
	test_free(sc);
}

/* Nothing is known when it begins; when others come, what went before is judged again. */
static void
an_attack_from_the_first_session_is_seen_with_hindsight(void **state)
{
	SCENE();
	strip(sc, 0, 1);
	assert_found(sc, "starttls-missing", SEVERITY_INFO, CERTAINTY_POSSIBLE);
	use(sc, NETWORK(1), 1, 1, MINUTE);
	use(sc, NETWORK(2), 1, 1, MINUTE);
	scene_close(sc);
	assert_query(p->path, "SELECT kind, severity, substr(detail, 1, 15) FROM v_findings",
		     "starttls-stripped|warning|With hindsight:\n");
	assert_query(p->path, "SELECT kind, sessions FROM v_incidents", "starttls-stripped|1\n");
	assert_sound(p->path);
	scene_open(sc, p->path);
	use(sc, NETWORK(2), 1, 1, MINUTE);
	strip(sc, 0, 1);
	assert_found(sc, "starttls-stripped", SEVERITY_WARNING, CERTAINTY_POSSIBLE);
	END();
}

/* Whoever can send on the tapped line can invent sessions, to shape what is believed. */

/* Four client networks with a habit of many sessions. */
static void
make_habit(struct scene *sc)
{
	for (int i = 0; i < 25; i++)
		for (unsigned n = 0; n < 4; n++)
			use(sc, NETWORK(n), 1, 1, MINUTE);
}

/* Then one of them is stripped, while the others are offered it as before. */
static void
strip_one_of_four(struct scene *sc)
{
	for (int i = 0; i < 3; i++) {
		strip(sc, 0, 1);
		for (unsigned n = 1; n < 4; n++)
			use(sc, NETWORK(n), 1, 1, MINUTE);
	}
	strip(sc, 0, 1);
	assert_found(sc, "starttls-stripped", SEVERITY_CRITICAL, CERTAINTY_PROBABLE);
}

/* "The server keeps it from some anyway." */
static void
invented_clients_that_never_saw_it_excuse_nothing(void **state)
{
	SCENE();
	make_habit(sc);
	for (unsigned i = 0; i < 50; i++) {
		strip(sc, NETWORK(100 + i % 10), 1);
		use(sc, NETWORK(i % 4), 1, 1, MINUTE);
	}
	strip_one_of_four(sc);
	END();
}

/* "The server lost it for everybody that comes." */
static void
invented_clients_that_lost_it_excuse_nothing(void **state)
{
	SCENE();
	make_habit(sc);
	for (unsigned n = 100; n < 105; n++)
		use(sc, NETWORK(n), 1, 3, SECOND);
	for (unsigned i = 0; i < 50; i++)
		strip(sc, NETWORK(100 + i % 5), 1);
	for (unsigned n = 0; n < 4; n++)
		use(sc, NETWORK(n), 1, 1, SECOND);
	strip_one_of_four(sc);
	END();
}

/* "The machines behind it differ." */
static void
invented_clients_that_get_it_by_turns_excuse_nothing(void **state)
{
	SCENE();
	for (int i = 0; i < 3; i++) {
		make_habit(sc);
		sc->now += DAY;
	}
	for (unsigned i = 0; i < 60; i++)
		for (unsigned n = 100; n < 105; n++) {
			if (i % 2 == 0)
				meet(sc, NETWORK(n), 1);
			else
				meet_without(sc, NETWORK(n), 1);
			pass(sc, MINUTE);
		}
	for (unsigned n = 0; n < 4; n++)
		use(sc, NETWORK(n), 1, 5, SECOND);
	strip_one_of_four(sc);
	END();
}

/* So many that they would push out the real ones. */
static void
a_flood_of_invented_networks_pushes_out_no_habit(void **state)
{
	SCENE();
	make_habit(sc);
	for (unsigned i = 0; i < 2000; i++) {
		meet(sc, NETWORK(100 + i), 1);
		pass(sc, SECOND);
	}
	strip_one_of_four(sc);
	END();
}

/* Offers that an honest server never made. */
static void
invented_offers_make_no_honest_server_suspect(void **state)
{
	SCENE();
	for (int i = 0; i < 60; i++)
		strip(sc, NETWORK((unsigned)i % 4), 1);
	for (unsigned n = 100; n < 103; n++)
		use(sc, NETWORK(n), 1, 2, MINUTE);
	for (int i = 0; i < 60; i++) {
		strip(sc, NETWORK((unsigned)i % 4), 1);
		assert_calm(sc);
	}
	END_CALMLY();
}

/* Innocent explanations of a reply without it. */

static void
a_server_that_never_offered_it_is_only_missing_it(void **state)
{
	SCENE();
	for (int i = 0; i < 30; i++) {
		strip(sc, NETWORK((unsigned)i % 4), 1);
		assert_found(sc, "starttls-missing", SEVERITY_INFO, CERTAINTY_POSSIBLE);
	}
	END_CALMLY();
}

static void
a_server_that_switches_it_on_was_not_stripped(void **state)
{
	SCENE();
	for (int i = 0; i < 8; i++)
		strip(sc, NETWORK((unsigned)i % 3), 1);
	for (int i = 0; i < 40; i++)
		use(sc, NETWORK((unsigned)i % 3), 1, 1, MINUTE);
	END_CALMLY();
}

static void
a_server_that_switches_it_off_for_all_is_told_once(void **state)
{
	SCENE();
	for (int i = 0; i < 20; i++)
		for (unsigned n = 0; n < 5; n++)
			use(sc, NETWORK(n), 1, 1, 10 * MINUTE);
	for (int i = 0; i < 200; i++) {
		meet_without(sc, NETWORK((unsigned)i % 5), 1);
		pass(sc, 10 * MINUTE);
		if (i > 1)
			assert_calm(sc);
	}
	scene_close(sc);
	assert_query(p->path, "SELECT count(*) FROM v_findings WHERE severity = 'notice'", "1\n");
	assert_query(p->path, "SELECT count(*) FROM v_findings WHERE kind = 'starttls-stripped'",
		     "0\n");
	assert_query(p->path,
		     "SELECT count(*) FROM v_incidents WHERE severity IN ('warning', 'critical')",
		     "0\n");
	assert_sound(p->path);
	test_free(sc);
}

static struct session *
meet_node(struct scene *sc, unsigned client, const char *name, bool has_starttls)
{
	struct session *s = has_starttls ? meet(sc, client, 1) : meet_without(sc, client, 1);

	s->ehlo[0] = text_of(name);
	return s;
}

static void
two_machines_by_their_names_may_differ(void **state)
{
	SCENE();
	for (int i = 0; i < 60; i++) {
		bool is_a = i * 7 % 5 < 3;

		meet_node(sc, NETWORK((unsigned)i % 3), is_a ? "a.example.net" : "b.example.net",
			  is_a);
		pass(sc, MINUTE);
		assert_calm(sc);
	}
	scene_close(sc);
	assert_query(p->path,
		     "SELECT count(*) > 0 FROM v_findings WHERE detail LIKE '%another machine%'",
		     "1\n");
	assert_sound(p->path);
	test_free(sc);
}

/* Lost to all for hours, and then back: as it was told, as a change, it cannot stay. */
static void
lost_to_all_for_hours_is_no_change(void **state)
{
	SCENE();
	for (int i = 0; i < 20; i++)
		for (unsigned n = 0; n < 3; n++)
			use(sc, NETWORK(n), 1, 1, HOUR);
	for (unsigned n = 0; n < 6; n++)
		strip(sc, NETWORK(n % 3), 1);
	assert_found(sc, "starttls-missing", SEVERITY_INFO, CERTAINTY_POSSIBLE);
	sc->now += 3 * HOUR;
	use(sc, NETWORK(1), 1, 1, MINUTE);
	scene_close(sc);
	assert_query(p->path, "SELECT kind, severity, count(*) FROM v_findings GROUP BY 1, 2",
		     "starttls-stripped|warning|6\n");
	assert_sound(p->path);
	test_free(sc);
}

/* Its own sessions are all that speak for machines that differ. */
static void
one_network_alone_is_not_taken_for_another_machine(void **state)
{
	SCENE();
	for (int i = 0; i < 3; i++)
		strip(sc, 0, 1);
	for (unsigned n = 1; n < 5; n++)
		use(sc, NETWORK(1 + n % 2), 1, 1, MINUTE);
	strip(sc, 0, 1);
	assert_found(sc, "starttls-stripped", SEVERITY_WARNING, CERTAINTY_POSSIBLE);
	scene_close(sc);
	assert_query(p->path, "SELECT kind, sessions FROM v_incidents", "starttls-stripped|4\n");
	assert_sound(p->path);
	test_free(sc);
}

/* Behind one name nothing tells them apart but that clients get it by turns. */
static void
two_machines_of_one_name_are_known_by_turns(void **state)
{
	SCENE();
	for (int i = 0; i < 60; i++) {
		if (i * 7 % 5 < 3)
			meet(sc, NETWORK((unsigned)i % 4), 1);
		else
			meet_without(sc, NETWORK((unsigned)i % 4), 1);
		pass(sc, MINUTE);
	}
	scene_close(sc);
	assert_query(p->path,
		     "SELECT count(*) > 0 FROM v_findings WHERE kind = 'starttls-missing' AND"
		     " severity = 'notice' AND detail LIKE '%by turns%'",
		     "1\n");
	scene_open(sc, p->path);
	END_CALMLY();
}

static void
other_software_behind_the_name_is_another_machine(void **state)
{
	static const char *const lines[] = {"mx1.example.net", "SIZE 1000", "HELP", "BINARYMIME"};

	SCENE();
	use(sc, 0, 1, 4, MINUTE);
	meet_without(sc, 0, 1);
	set_ehlo(&sc->session, lines, 4);
	pass(sc, MINUTE);
	assert_found(sc, "starttls-missing", SEVERITY_NOTICE, CERTAINTY_POSSIBLE);
	END_CALMLY();
}

/* What ends the connection for this one client is no machine of a farm: two others never meet it.
 */
static void
other_software_that_one_client_alone_meets_is_a_warning(void **state)
{
	static const char *const lines[] = {"mx1.example.net", "SIZE 1000", "HELP", "BINARYMIME"};

	SCENE();
	for (unsigned n = 0; n < 3; n++)
		use(sc, NETWORK(n), 1, 10, MINUTE);
	for (int i = 0; i < 8; i++) {
		meet_without(sc, 0, 1);
		set_ehlo(&sc->session, lines, 4);
		pass(sc, MINUTE);
		for (unsigned n = 1; n < 3; n++)
			use(sc, NETWORK(n), 1, 1, MINUTE);
	}
	scene_close(sc);
	assert_query(p->path,
		     "SELECT DISTINCT severity FROM v_incidents WHERE kind = 'starttls-stripped'",
		     "warning\n");
	assert_sound(p->path);
	test_free(sc);
}

/* The same reply but for a word that is no extension, where STARTTLS was: a machine of other
 * software has others. */
static void
a_word_in_the_place_of_starttls_is_no_other_machine(void **state)
{
	static const char *const words[] = {"FOOBARBA", "TLSSTART", "STRIPTLS", "NOTLS"};

	SCENE();
	use(sc, 0, 1, 4, MINUTE);
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		meet_without(sc, 0, 1)->ehlo[8] = text_of(words[i]);
		sc->session.ehlos = 9;
		pass(sc, MINUTE);
		use(sc, NETWORK(1), 1, 1, MINUTE);
	}
	scene_close(sc);
	assert_query(p->path, "SELECT kind, severity, count(*) FROM v_findings GROUP BY 1, 2",
		     "starttls-stripped|critical|4\n");
	assert_sound(p->path);
	test_free(sc);
}

/* A packet of its first session was lost: what that could not show is not known, its software
 * neither. */
static void
other_software_seen_with_a_loss_is_still_another_machine(void **state)
{
	SCENE();
	use(sc, NETWORK(1), 1, 4, 10 * MINUTE);
	meet_without(sc, NETWORK(2), 1)->ehlo[7] = text_of("BINARYMIME");
	sc->session.clear_whole = sc->session.complete = false;
	pass(sc, MINUTE);
	meet_without(sc, 0, 1)->ehlo[7] = text_of("BINARYMIME");
	pass(sc, MINUTE);
	END_CALMLY();
}

/* A long habit of a client is not ended by a name nobody saw before. */
static void
a_new_name_alone_does_not_excuse(void **state)
{
	SCENE();
	use(sc, 0, 1, 30, HOUR);
	meet_node(sc, 0, "other.example.net", false);
	pass(sc, MINUTE);
	assert_found(sc, "starttls-stripped", SEVERITY_CRITICAL, CERTAINTY_PROBABLE);
	/* The side is known, by what passed the tap; only where on it is not. */
	assert_int_equal(finding_of(sc, "starttls-stripped")->where, WHERE_SERVER_SIDE);
	assert_non_null(strstr(finding_of(sc, "starttls-stripped")->detail,
			       "where between this tap and the server it was cut is unknown"));
	END();
}

static void
what_is_hidden_from_some_is_hidden(void **state)
{
	SCENE();
	for (int i = 0; i < 40; i++) {
		strip(sc, NETWORK(7), 1);
		sc->now += 6 * HOUR;
	}
	use(sc, NETWORK(1), 1, 6, MINUTE);
	use(sc, NETWORK(2), 1, 30, MINUTE);
	strip(sc, NETWORK(7), 1);
	assert_calm(sc);
	END_CALMLY();
}

/* Those it is hidden from come seldom, and many others in between. */
static void
what_is_hidden_from_some_stays_known(void **state)
{
	SCENE();
	for (unsigned i = 0; i < 6; i++) {
		strip(sc, NETWORK(1 + i % 3), 1);
		sc->now += DAY;
	}
	for (unsigned i = 0; i < 200; i++)
		use(sc, NETWORK(100 + i / 5), 1, 1, 10 * MINUTE);
	for (unsigned n = 4; n <= 6; n++) {
		strip(sc, NETWORK(n), 1);
		assert_calm(sc);
	}
	END_CALMLY();
}

/* Of many sessions a few without it, each of another new client, are no server's way. */
static void
what_is_missing_now_and_then_is_not_hidden(void **state)
{
	SCENE();
	for (unsigned n = 1; n <= 4; n++) {
		for (unsigned i = 0; i < 60; i++)
			use(sc, NETWORK(100 + i % 10), 1, 1, MINUTE);
		sc->now += 2 * DAY;
		strip(sc, NETWORK(n), 1);
		assert_found(sc, "starttls-stripped", SEVERITY_WARNING, CERTAINTY_POSSIBLE);
	}
	END();
}

/* That it is hidden from others says nothing of a client that was offered it. */
static void
what_is_hidden_from_some_excuses_no_loss_of_others(void **state)
{
	SCENE();
	for (int i = 0; i < 10; i++)
		for (unsigned n = 10; n < 13; n++)
			use(sc, NETWORK(n), 1, 1, MINUTE);
	for (unsigned n = 1; n <= 3; n++)
		strip(sc, NETWORK(n), 1);
	sc->now += HOUR;
	for (unsigned n = 10; n < 13; n++)
		use(sc, NETWORK(n), 1, 1, MINUTE);
	strip(sc, NETWORK(10), 1);
	assert_found(sc, "starttls-stripped", SEVERITY_WARNING, CERTAINTY_POSSIBLE);
	strip(sc, NETWORK(4), 1);
	assert_calm(sc);
	use(sc, NETWORK(11), 1, 1, MINUTE);
	scene_close(sc);
	assert_query(p->path,
		     "SELECT client, kind, severity, substr(detail, 1, 14) FROM v_findings"
		     " WHERE severity <> 'info'",
		     "10.0.10.1|starttls-stripped|critical|With hindsight\n");
	assert_sound(p->path);
	test_free(sc);
}

/* starttls-masked */

static void
mask(struct scene *sc)
{
	static const char *const lines[] = {"",        "PIPELINING", "XXXXXXXA", "SIZE 10240000",
					    "VRFY",    "ETRN",       "8BITMIME", "DSN",
					    "CHUNKING"};

	meet_without(sc, 0, 1);
	set_ehlo(&sc->session, lines, sizeof(lines) / sizeof(lines[0]));
	sc->session.ehlo[0] = text_of(sc->names[0]);
	sc->session.greeting[0] = text_of("mx1.example.net ESMTP");
}

static void
known_extensions_tell_what_a_mask_hides(void **state)
{
	SCENE();
	mask(sc);
	pass(sc, MINUTE);
	assert_found(sc, "starttls-masked", SEVERITY_CRITICAL, CERTAINTY_POSSIBLE);
	use(sc, 0, 1, 5, MINUTE);
	mask(sc);
	pass(sc, MINUTE);
	assert_found(sc, "starttls-masked", SEVERITY_CRITICAL, CERTAINTY_PROBABLE);
	END();
}

static void
a_mask_over_another_known_extension_is_none(void **state)
{
	SCENE();
	for (int i = 0; i < 5; i++)
		strip(sc, 0, 1);
	mask(sc);
	sc->session.ehlo[8] = text_of("HELP");
	pass(sc, MINUTE);
	assert_null(finding_of(sc, "starttls-masked"));
	assert_found(sc, "starttls-missing", SEVERITY_INFO, CERTAINTY_POSSIBLE);
	END_CALMLY();
}

/* starttls-refused */

static void
refuse(struct scene *sc, uint16_t code, const char *text, bool goes_on)
{
	struct session *s = meet_in_clear(sc, 0, 1);

	s->smtp.requested = FACT_YES;
	s->smtp.accepted = FACT_NO;
	s->smtp.starttls_requests = 1;
	s->smtp.starttls_refusal = code;
	s->refusal = text_of(text);
	s->smtp.mail_accepted = s->smtp.message_sent = goes_on;
	s->smtp.mail_count = goes_on;
	pass(sc, 10 * MINUTE);
}

static void
a_refusal_by_a_server_that_accepts_is_a_warning(void **state)
{
	SCENE();
	refuse(sc, 454, "4.7.0 TLS not available due to temporary reason", true);
	assert_found(sc, "starttls-refused", SEVERITY_NOTICE, CERTAINTY_POSSIBLE);
	sc->now += DAY;
	use(sc, 0, 1, 4, HOUR);
	refuse(sc, 454, "4.7.0 TLS not available due to temporary reason", true);
	assert_found(sc, "starttls-refused", SEVERITY_WARNING, CERTAINTY_PROBABLE);
	refuse(sc, 502, "5.5.1 not implemented", false);
	assert_found(sc, "starttls-refused", SEVERITY_WARNING, CERTAINTY_PROBABLE);
	END();
}

static void
a_rate_limit_is_no_warning(void **state)
{
	SCENE();
	use(sc, 0, 1, 10, SECOND);
	refuse(sc, 454, "4.7.0 Error: too many new TLS sessions from 10.0.0.1", true);
	assert_found(sc, "starttls-refused", SEVERITY_NOTICE, CERTAINTY_POSSIBLE);
	refuse(sc, 454, "4.7.0 TLS not available due to local problem", false);
	assert_found(sc, "starttls-refused", SEVERITY_NOTICE, CERTAINTY_POSSIBLE);
	END_CALMLY();
}

/* starttls-unused */

static void
a_client_that_used_it_is_missed(void **state)
{
	SCENE();
	use(sc, 0, 1, 4, HOUR);
	meet_in_clear(sc, 0, 1);
	pass(sc, MINUTE);
	assert_found(sc, "starttls-unused", SEVERITY_WARNING, CERTAINTY_POSSIBLE);
	assert_int_equal(finding_of(sc, "starttls-unused")->where, WHERE_CLIENT_SIDE);
	END();
}

/* One session without, before much was known of it, may have been the first of the attack. */
static void
a_client_that_missed_it_once_before_it_was_known_is_missed(void **state)
{
	SCENE();
	use(sc, 0, 1, 2, HOUR);
	meet_in_clear(sc, 0, 1);
	pass(sc, HOUR);
	assert_found(sc, "starttls-unused", SEVERITY_INFO, CERTAINTY_POSSIBLE);
	use(sc, 0, 1, 4, HOUR);
	meet_in_clear(sc, 0, 1);
	pass(sc, MINUTE);
	assert_found(sc, "starttls-unused", SEVERITY_WARNING, CERTAINTY_POSSIBLE);
	END();
}

/* Two without in eight or nine: it comes now with, now without. */
static void
a_client_that_uses_it_now_and_then_is_not(void **state)
{
	SCENE();
	use(sc, 0, 1, 2, HOUR);
	for (int i = 0; i < 4; i++) {
		meet_in_clear(sc, 0, 1);
		pass(sc, HOUR);
		assert_found(sc, "starttls-unused", SEVERITY_INFO, CERTAINTY_POSSIBLE);
		use(sc, 0, 1, 3, HOUR);
	}
	END_CALMLY();
}

static void
a_client_that_never_used_it_is_not(void **state)
{
	SCENE();
	use(sc, NETWORK(1), 1, 10, MINUTE);
	for (int i = 0; i < 30; i++) {
		meet_in_clear(sc, 0, 1);
		pass(sc, MINUTE);
		assert_found(sc, "starttls-unused", SEVERITY_INFO, CERTAINTY_POSSIBLE);
	}
	END_CALMLY();
}

/* To ask for it and fail each time is not to use it. */
static void
a_client_that_never_came_to_use_it_is_not(void **state)
{
	SCENE();
	for (int i = 0; i < 5; i++) {
		meet_and_fail(sc, 0, 1);
		pass(sc, DAY);
	}
	meet_in_clear(sc, 0, 1);
	pass(sc, MINUTE);
	assert_found(sc, "starttls-unused", SEVERITY_INFO, CERTAINTY_POSSIBLE);
	END_CALMLY();
}

static void
another_client_behind_the_same_address_is_not_it(void **state)
{
	SCENE();
	use(sc, 0, 1, 10, HOUR);
	meet_in_clear(sc, 0, 1)->helo = text_of("printer");
	pass(sc, MINUTE);
	assert_found(sc, "starttls-unused", SEVERITY_INFO, CERTAINTY_POSSIBLE);
	END_CALMLY();
}

/* ehlo-suppressed, banner-masked */

static void
a_masked_greeting_that_ends_ehlo_is_a_warning(void **state)
{
	SCENE();
	use(sc, 0, 1, 5, HOUR);
	meet_by_helo(sc, 0, 1)->greeting[0] = text_of("*************************2******0*****");
	pass(sc, MINUTE);
	assert_found(sc, "ehlo-suppressed", SEVERITY_WARNING, CERTAINTY_PROBABLE);
	assert_found(sc, "banner-masked", SEVERITY_NOTICE, CERTAINTY_PROVEN);
	assert_non_null(
	    strstr(finding_of(sc, "banner-masked")->detail, "readable in 5 of 5 sessions before"));
	END();
}

static void
a_greeting_that_lost_esmtp_likewise(void **state)
{
	SCENE();
	use(sc, 0, 1, 5, HOUR);
	meet_by_helo(sc, 0, 1)->greeting[0] = text_of("mx1.example.net ready");
	pass(sc, MINUTE);
	assert_found(sc, "ehlo-suppressed", SEVERITY_WARNING, CERTAINTY_PROBABLE);
	/* A client that is not known to speak EHLO may never have. */
	meet_by_helo(sc, NETWORK(1), 1)->greeting[0] = text_of("mx1.example.net ready");
	pass(sc, MINUTE);
	assert_calm(sc);
	END();
}

static void
a_refused_ehlo_is_a_warning_where_it_was_accepted(void **state)
{
	SCENE();
	for (int i = 0; i < 2; i++) {
		struct session *s = meet_by_helo(sc, 0, 1);

		s->smtp.ehlo_refusal = 502;
		s->smtp.helo_after_refusal = true;
		s->ehlo_refusal = text_of("unknown");
		pass(sc, MINUTE);
		assert_found(sc, "ehlo-suppressed", i == 0 ? SEVERITY_NOTICE : SEVERITY_WARNING,
			     i == 0 ? CERTAINTY_POSSIBLE : CERTAINTY_PROBABLE);
		sc->now += DAY;
		use(sc, 0, 1, 20, HOUR);
	}
	END();
}

/* Once was for want of time, or HELO of another machine: what was before it counts. */
static void
one_session_without_ehlo_ends_no_habit_of_it(void **state)
{
	SCENE();
	use(sc, 0, 1, 12, HOUR);
	meet_by_helo(sc, 0, 1)->smtp = (struct smtp_facts){.greeting_code = 220,
							   .greeting_verb = GREETING_EHLO,
							   .extended = FACT_NO,
							   .ehlo_refusal = 421};
	pass(sc, HOUR);
	meet_by_helo(sc, 0, 1)->helo = text_of("printer");
	pass(sc, HOUR);
	assert_calm(sc);
	meet_and_refuse_ehlo(sc, 0, 1);
	pass(sc, HOUR);
	assert_found(sc, "ehlo-suppressed", SEVERITY_WARNING, CERTAINTY_PROBABLE);
	END();
}

/* An outage may be long. */
static void
ehlo_that_is_put_off_says_nothing_of_habits(void **state)
{
	SCENE();
	use(sc, 0, 1, 12, HOUR);
	for (int i = 0; i < 20; i++) {
		meet_by_helo(sc, 0, 1)->smtp = (struct smtp_facts){.greeting_code = 220,
								   .greeting_verb = GREETING_EHLO,
								   .extended = FACT_NO,
								   .ehlo_refusal = 421};
		pass(sc, MINUTE);
	}
	meet_and_refuse_ehlo(sc, 0, 1);
	pass(sc, HOUR);
	assert_found(sc, "ehlo-suppressed", SEVERITY_WARNING, CERTAINTY_PROBABLE);
	END();
}

/* EHLO was changed on its way to the tap, or a connection before this one broke at it. */
static void
helo_of_a_client_that_uses_starttls_here_is_a_warning(void **state)
{
	SCENE();
	use(sc, 0, 1, 3, HOUR);
	meet_by_helo(sc, 0, 1);
	pass(sc, MINUTE);
	assert_found(sc, "ehlo-suppressed", SEVERITY_WARNING, CERTAINTY_POSSIBLE);
	/* or EHLO was answered for want of time, and HELO came at once */
	meet_by_helo(sc, 0, 1)->smtp.ehlo_refusal = 450;
	sc->session.smtp.helo_after_refusal = true;
	pass(sc, MINUTE);
	assert_found(sc, "ehlo-suppressed", SEVERITY_WARNING, CERTAINTY_POSSIBLE);
	END();
}

static void
helo_of_another_name_or_habit_or_without_mail_is_ordinary(void **state)
{
	SCENE();
	use(sc, 0, 1, 2, HOUR);
	meet_by_helo(sc, 0, 1);
	pass(sc, MINUTE);
	assert_calm(sc);
	use(sc, 0, 1, 20, HOUR);
	meet_by_helo(sc, 0, 1)->helo = text_of("printer");
	pass(sc, MINUTE);
	assert_calm(sc);
	meet_by_helo(sc, 0, 1)->smtp = (struct smtp_facts){
	    .greeting_code = 220, .greeting_verb = GREETING_HELO, .quit_sent = true};
	pass(sc, MINUTE);
	assert_calm(sc);
	/* what was lost may have held EHLO */
	meet_by_helo(sc, 0, 1)->syn_seen = false;
	sc->session.complete = sc->session.clear_whole = false;
	pass(sc, MINUTE);
	END_CALMLY();
}

static void
a_client_of_helo_is_ordinary(void **state)
{
	SCENE();
	use(sc, NETWORK(1), 1, 10, MINUTE);
	for (int i = 0; i < 10; i++) {
		meet_by_helo(sc, 0, 1);
		pass(sc, MINUTE);
		assert_calm(sc);
	}
	use(sc, NETWORK(1), 1, 1, MINUTE);
	END_CALMLY();
}

/* plaintext-fallback */

static void
mail_in_clear_soon_after_a_failure_is_a_fallback(void **state)
{
	SCENE();
	meet_and_fail(sc, 0, 1);
	pass(sc, 5 * MINUTE);
	scene_close(sc);
	scene_open(sc, p->path);
	meet_in_clear(sc, 0, 1);
	pass(sc, MINUTE);
	assert_found(sc, "plaintext-fallback", SEVERITY_WARNING, CERTAINTY_PROBABLE);
	assert_non_null(strstr(finding_of(sc, "plaintext-fallback")->detail, "5 min after"));
	END();
}

static void
at_another_address_of_the_name_too(void **state)
{
	SCENE();
	meet_and_fail(sc, 0, 1);
	pass(sc, 5 * MINUTE);
	meet_in_clear(sc, 0, 2)->ehlo[0] = text_of("mx1.example.net");
	pass(sc, MINUTE);
	assert_found(sc, "plaintext-fallback", SEVERITY_WARNING, CERTAINTY_PROBABLE);
	END();
}

static void
for_the_same_domain_too(void **state)
{
	SCENE();
	refuse(sc, 501, "no", false);
	meet_in_clear(sc, 0, 2);
	sc->domain = text_of("to1.example.com");
	pass(sc, MINUTE);
	assert_found(sc, "plaintext-fallback", SEVERITY_WARNING, CERTAINTY_PROBABLE);
	END();
}

static void
mail_in_clear_that_is_no_fallback(void **state)
{
	SCENE();
	meet_and_fail(sc, 0, 1);
	pass(sc, 5 * MINUTE);
	/* another client, another server, and too late */
	meet_in_clear(sc, 5, 1);
	pass(sc, MINUTE);
	assert_calm(sc);
	meet_in_clear(sc, 0, 2);
	pass(sc, 2 * HOUR);
	assert_calm(sc);
	meet_in_clear(sc, 0, 1);
	pass(sc, HOUR);
	assert_calm(sc);
	/* a client that always sends in clear here */
	for (int i = 0; i < 5; i++) {
		meet_in_clear(sc, 7, 1);
		pass(sc, MINUTE);
	}
	meet_and_fail(sc, 7, 1);
	pass(sc, MINUTE);
	meet_in_clear(sc, 7, 1);
	pass(sc, MINUTE);
	END_CALMLY();
}

/* A server that refuses each time, to clients that ask each time. */
static void
a_server_that_always_refuses_makes_no_fallback(void **state)
{
	SCENE();
	for (int i = 0; i < 10; i++)
		refuse(sc, 454, "4.7.0 TLS not available due to local problem", true);
	END_CALMLY();
}

/*
 * A connection that was reset is told some seconds after its end; the client, which came back at
 * once, was told of by then. Each way to be kept from TLS, and what the client came back to.
 */

/* The session that was under way is told later, as it began earlier. */
static void
tell_late(struct scene *sc, int64_t began)
{
	int64_t now = sc->now;

	sc->session.start = began;
	sc->session.end = began + SECOND / 2;
	pass(sc, 0);
	sc->now = now;
}

#define FELL_BACK                                                                               \
	"SELECT session, severity, certainty, substr(detail, 1, 53) FROM v_findings WHERE kind" \
	" = 'plaintext-fallback' ORDER BY session"

static void
a_fallback_that_is_told_before_its_cause_is_found_with_hindsight(void **state)
{
	SCENE();
	meet_in_clear(sc, 0, 1);
	pass(sc, 10 * SECOND);
	assert_calm(sc);
	/* A restart makes no difference. */
	scene_close(sc);
	scene_open(sc, p->path);
	meet_and_fail(sc, 0, 1);
	tell_late(sc, sc->now - 11 * SECOND);
	scene_close(sc);
	assert_query(p->path, FELL_BACK,
		     "1|warning|probable|With hindsight: the client sent mail in clear 1 s aft\n");
	assert_query(p->path,
		     "SELECT severity, sessions, client, domain FROM v_incidents WHERE kind ="
		     " 'plaintext-fallback'",
		     "warning|1|10.0.0.1|to1.example.com\n");
	assert_query(p->path,
		     "SELECT e.value ->> 'value' FROM v_incidents i, json_each(i.evidence) e WHERE"
		     " e.value ->> 'what' = 'judged again'",
		     "after the session at 2026-03-01 11:59:59\n");
	assert_sound(p->path);
	test_free(sc);
}

/* Within the same second, as an MTA does that makes its second attempt at once. */
static void
a_fallback_at_once_is_found_with_hindsight(void **state)
{
	SCENE();
	meet_in_clear(sc, 0, 1);
	pass(sc, 10 * SECOND);
	meet_and_fail(sc, 0, 1);
	tell_late(sc, START - SECOND / 50);
	scene_close(sc);
	assert_query(p->path, FELL_BACK,
		     "1|warning|probable|With hindsight: the client sent mail in clear less th\n");
	test_free(sc);
}

static void
all_that_a_client_sent_after_it_is_found_with_hindsight_once(void **state)
{
	SCENE();
	/* a queue of mail to a server that nobody knew; each is tried by TLS first */
	for (int i = 0; i < 6; i++) {
		meet_in_clear(sc, 0, 1);
		pass(sc, SECOND);
	}
	for (int i = 0; i < 6; i++) {
		meet_and_fail(sc, 0, 1);
		tell_late(sc, START + i * SECOND - SECOND / 2);
	}
	scene_close(sc);
	assert_query(p->path,
		     "SELECT count(*), count(DISTINCT session), sum(severity = 'warning') FROM"
		     " v_findings WHERE kind = 'plaintext-fallback'",
		     "6|6|6\n");
	assert_query(p->path, "SELECT sessions FROM v_incidents WHERE kind = 'plaintext-fallback'",
		     "6\n");
	/* Nor did it make clear text this client's habit. */
	scene_open(sc, p->path);
	sc->now += DAY;
	meet_and_fail(sc, 0, 1);
	pass(sc, MINUTE);
	meet_in_clear(sc, 0, 1);
	pass(sc, MINUTE);
	assert_found(sc, "plaintext-fallback", SEVERITY_WARNING, CERTAINTY_PROBABLE);
	END();
}

static void
a_fallback_by_name_or_domain_is_found_with_hindsight(void **state)
{
	SCENE();
	meet_in_clear(sc, 0, 2)->greeting[0] = text_of("mx1.example.net ESMTP Postfix");
	pass(sc, 10 * SECOND);
	meet_in_clear(sc, 0, 3);
	sc->domain = text_of("to1.example.com");
	pass(sc, 10 * SECOND);
	meet_and_fail(sc, 0, 1);
	tell_late(sc, START - SECOND);
	sc->now = START - 2 * SECOND;
	refuse(sc, 501, "no", false);
	scene_close(sc);
	assert_query(
	    p->path,
	    "SELECT session, substr(detail, instr(detail, ' at ')) FROM v_findings WHERE kind ="
	    " 'plaintext-fallback'",
	    "1| at a server of the same name.\n2| at a server of the same recipient"
	    " domain.\n");
	assert_sound(p->path);
	test_free(sc);
}

/* What is to be left alone. */
static void
no_fallback_is_found_with_hindsight_where_there_is_none(void **state)
{
	SCENE();
	/* a client that always sends in clear here */
	for (int i = 0; i < 5; i++) {
		meet_in_clear(sc, 7, 1);
		pass(sc, MINUTE);
	}
	/* before it, by another client, at another server, and too late */
	meet_in_clear(sc, 0, 1);
	pass(sc, SECOND);
	meet_in_clear(sc, 5, 1);
	pass(sc, SECOND);
	meet_in_clear(sc, 0, 2);
	pass(sc, 2 * HOUR);
	meet_in_clear(sc, 0, 1);
	pass(sc, SECOND);
	meet_and_fail(sc, 0, 1);
	tell_late(sc, START + 5 * MINUTE + SECOND / 2);
	meet_and_fail(sc, 7, 1);
	tell_late(sc, START + 4 * MINUTE - SECOND);
	END_CALMLY();
}

/* It went on for longer than failures are held back for, and others followed that one. */
static void
a_long_fallback_among_failures_is_found(void **state)
{
	SCENE();
	for (int i = 0; i < 4; i++) {
		meet_and_fail(sc, 0, 1);
		pass(sc, 20 * SECOND);
	}
	meet_in_clear(sc, 0, 1);
	sc->session.start = START + 30 * SECOND;
	pass(sc, 0);
	assert_found(sc, "plaintext-fallback", SEVERITY_WARNING, CERTAINTY_PROBABLE);
	END();
}

/* Live: the mail in clear is told while it is under way, and again at its end. */
static void
a_fallback_that_was_under_way_stays_one(void **state)
{
	SCENE();
	meet_in_clear(sc, 0, 1)->is_under_way = true;
	sc->session.ending = ENDING_CAPTURE;
	pass(sc, 0);
	for (int i = 0; i < 3; i++) {
		meet_and_fail(sc, 0, 1);
		tell_late(sc, START - SECOND + 5 * i * SECOND);
	}
	sc->port = 0;
	meet_in_clear(sc, 0, 1)->end += 20 * SECOND;
	pass(sc, 0);
	assert_int_equal(sc->recorded, RECORDED_EXTENDED);
	scene_close(sc);
	assert_query(p->path,
		     "SELECT session, severity FROM v_findings WHERE kind = 'plaintext-fallback'",
		     "1|warning\n");
	assert_query(p->path, "SELECT sessions FROM v_incidents WHERE kind = 'plaintext-fallback'",
		     "1\n");
	assert_sound(p->path);
	test_free(sc);
}

/* tls-downgrade */

static void
lower_than_these_two_agreed_on_before(void **state)
{
	SCENE();
	use(sc, 0, 1, 5, HOUR);
	meet(sc, 0, 1)->tls.version = 0x0303;
	pass(sc, MINUTE);
	assert_found(sc, "tls-downgrade", SEVERITY_WARNING, CERTAINTY_PROBABLE);
	/* What the client offered passed the tap. */
	assert_int_equal(finding_of(sc, "tls-downgrade")->where, WHERE_SERVER_SIDE);
	/* Nor does it become the norm. */
	for (int i = 0; i < 10; i++) {
		meet(sc, 0, 1)->tls.version = 0x0303;
		pass(sc, MINUTE);
	}
	assert_found(sc, "tls-downgrade", SEVERITY_WARNING, CERTAINTY_PROBABLE);
	END();
}

/* By their names several machines answer there, and one of them is older. */
static void
lower_where_machines_have_names_of_their_own_is_no_warning(void **state)
{
	static const char *const names[] = {"a.example.net", "b.example.net", "c.example.net",
					    "d.example.net"};

	SCENE();
	for (int i = 0; i < 24; i++) {
		meet_node(sc, 0, names[i % 3], true);
		pass(sc, HOUR);
		assert_calm(sc);
	}
	for (int i = 0; i < 2; i++) {
		meet_node(sc, 0, names[3 - i], true)->tls.version = 0x0303;
		pass(sc, HOUR);
		assert_found(sc, "tls-downgrade", SEVERITY_NOTICE, CERTAINTY_POSSIBLE);
	}
	END_CALMLY();
}

/* The worse one was met before the better ones. */
static void
lower_before_among_such_machines_is_no_warning_either(void **state)
{
	static const char *const names[] = {"a.example.net", "b.example.net", "c.example.net"};

	SCENE();
	use(sc, 0, 1, 1, MINUTE);
	meet_node(sc, 0, names[0], true)->tls.version = 0x0303;
	pass(sc, MINUTE);
	for (int i = 0; i < 30; i++) {
		meet_node(sc, 0, names[i % 3], true);
		pass(sc, MINUTE);
	}
	END_CALMLY();
}

static void
lower_since_the_client_offers_no_more_or_others_get_no_more(void **state)
{
	SCENE();
	use(sc, 0, 1, 5, HOUR);
	meet(sc, 0, 1)->tls.version = 0x0303;
	sc->session.tls.offered_version = 0x0303;
	pass(sc, MINUTE);
	assert_calm(sc);
	for (unsigned i = 1; i <= 3; i++) {
		meet(sc, NETWORK(i), 1)->tls.version = 0x0303;
		pass(sc, MINUTE);
		assert_calm(sc);
	}
	meet(sc, 0, 1)->tls.version = 0x0303;
	pass(sc, MINUTE);
	END_CALMLY();
}

/* Its settings were changed, or a machine of it is another: not each client that knew it better
 * is to be told of. */
static void
lower_for_all_that_knew_it_better_is_told_of_few(void **state)
{
	SCENE();
	for (unsigned i = 0; i < 6; i++)
		use(sc, NETWORK(i), 1, 5, HOUR);
	for (unsigned i = 0; i < 6; i++) {
		meet(sc, NETWORK(i), 1)->tls.version = 0x0303;
		pass(sc, MINUTE);
		if (i < 2)
			assert_found(sc, "tls-downgrade", SEVERITY_WARNING, CERTAINTY_PROBABLE);
		else if (i < 4)
			assert_found(sc, "tls-downgrade", SEVERITY_NOTICE, CERTAINTY_POSSIBLE);
		else
			assert_null(finding_of(sc, "tls-downgrade"));
	}
	END();
}

/* One newcomer that got less, among many sessions with better, says nothing of the server. */
static void
lower_for_one_newcomer_does_not_excuse(void **state)
{
	SCENE();
	use(sc, 0, 1, 5, HOUR);
	meet(sc, NETWORK(1), 1)->tls.version = 0x0303;
	pass(sc, MINUTE);
	use(sc, 0, 1, 5, HOUR);
	meet(sc, 0, 1)->tls.version = 0x0303;
	pass(sc, MINUTE);
	assert_found(sc, "tls-downgrade", SEVERITY_WARNING, CERTAINTY_PROBABLE);
	END();
}

/* One network that is forced down wherever it goes, and never got better, excuses nobody else. */
static void
lower_for_one_that_never_got_better_does_not_excuse(void **state)
{
	SCENE();
	for (int i = 0; i < 6; i++) {
		use(sc, 0, 1, 1, HOUR);
		meet(sc, NETWORK(1), 1)->tls.version = 0x0303;
		pass(sc, MINUTE);
		assert_calm(sc);
	}
	meet(sc, 0, 1)->tls.version = 0x0303;
	pass(sc, MINUTE);
	assert_found(sc, "tls-downgrade", SEVERITY_WARNING, CERTAINTY_PROBABLE);
	END();
}

/* Two that lost it do not either, while a third keeps it. */
static void
lower_for_two_that_others_keep_does_not_excuse(void **state)
{
	SCENE();
	for (unsigned i = 0; i < 4; i++)
		use(sc, NETWORK(i), 1, 5, HOUR);
	for (unsigned i = 0; i < 9; i++) {
		meet(sc, NETWORK(i % 3), 1)->tls.version = 0x0303;
		pass(sc, MINUTE);
		assert_found(sc, "tls-downgrade", SEVERITY_WARNING, CERTAINTY_PROBABLE);
		use(sc, NETWORK(3), 1, 6, HOUR);
	}
	END();
}

/* Each client meets both machines, be it that it met the better one thrice first. */
static void
lower_by_turns_is_no_downgrade(void **state)
{
	SCENE();
	for (unsigned i = 0; i < 24; i++) {
		meet(sc, NETWORK(1 + i % 3), 1)->tls.version = i / 3 % 2 == 0 ? 0x0303 : 0x0304;
		pass(sc, MINUTE);
	}
	use(sc, 0, 1, 4, HOUR);
	meet(sc, 0, 1)->tls.version = 0x0303;
	pass(sc, MINUTE);
	END_CALMLY();
}

/* Nor where few are known yet: one that meets both by turns, or two that do. */
static void
lower_by_turns_of_few_is_no_downgrade(void **state)
{
	SCENE();
	for (unsigned i = 0; i < 8; i++) {
		meet(sc, NETWORK(1), 1)->tls.version = i % 2 == 0 ? 0x0303 : 0x0304;
		pass(sc, MINUTE);
		meet(sc, NETWORK(1 + i % 2), 2)->tls.version = i / 2 % 2 == 0 ? 0x0303 : 0x0304;
		pass(sc, MINUTE);
	}
	for (unsigned server = 1; server <= 2; server++) {
		use(sc, 0, server, 4, HOUR);
		meet(sc, 0, server)->tls.version = 0x0303;
		pass(sc, MINUTE);
	}
	END_CALMLY();
}

static void
agree_on(struct scene *sc, unsigned client, unsigned server, uint16_t version, int times)
{
	for (int i = 0; i < times; i++) {
		meet(sc, client, server)->tls.version = version;
		pass(sc, 5 * MINUTE);
		assert_calm(sc);
	}
}

#define DOWNGRADES                                                                 \
	"SELECT session, severity, certainty, detail FROM v_findings WHERE kind =" \
	" 'tls-downgrade' ORDER BY session"

static void
lower_from_the_first_session_on_is_found_with_hindsight(void **state)
{
	SCENE();
	agree_on(sc, 0, 1, 0x0303, 2);
	scene_close(sc);
	scene_open(sc, p->path);
	agree_on(sc, 0, 1, 0x0304, 12);
	scene_close(sc);
	assert_query(
	    p->path, DOWNGRADES,
	    "1|warning|possible|With hindsight: the client offered TLSv1.3, the ServerHello"
	    " chose TLSv1.2, and these two agreed on TLSv1.3 in 9 of 10 sessions since.\n"
	    "2|warning|possible|With hindsight: the client offered TLSv1.3, the ServerHello"
	    " chose TLSv1.2, and these two agreed on TLSv1.3 in 9 of 10 sessions since.\n");
	assert_query(p->path, "SELECT severity, sessions FROM v_incidents", "warning|2\n");
	assert_sound(p->path);
	test_free(sc);
}

static void
lower_in_between_is_found_with_hindsight(void **state)
{
	SCENE();
	agree_on(sc, 0, 1, 0x0304, 3);
	agree_on(sc, 0, 1, 0x0303, 1);
	agree_on(sc, 0, 1, 0x0304, 12);
	scene_close(sc);
	assert_query(
	    p->path, DOWNGRADES,
	    "4|warning|probable|With hindsight: the client offered TLSv1.3, the ServerHello"
	    " chose TLSv1.2, and these two agreed on TLSv1.3 in 9 of 10 sessions before and"
	    " since.\n");
	/* Nor does it count as what these two agree on. */
	assert_query(p->path,
		     "SELECT json_extract(k.value, '$[2]') FROM subjects u, json_each(u.marks) k"
		     " WHERE u.key = 'pair 10.0.0.1 198.51.0.1 25' AND"
		     " json_extract(k.value, '$[0]') = 'version' AND json_extract(k.value, '$[1]')"
		     " = '0303'",
		     "0\n");
	test_free(sc);
}

static void
no_downgrade_is_found_with_hindsight_where_there_is_none(void **state)
{
	SCENE();
	/* a server that was upgraded; */
	agree_on(sc, 0, 1, 0x0303, 3);
	agree_on(sc, 0, 1, 0x0304, 40);
	/* a client that was, where another offered more and got less once; */
	meet(sc, NETWORK(1), 2)->tls.version = 0x0303;
	sc->session.tls.offered_version = 0x0303;
	pass(sc, MINUTE);
	agree_on(sc, NETWORK(4), 2, 0x0303, 1);
	agree_on(sc, NETWORK(1), 2, 0x0304, 40);
	/* long ago; */
	agree_on(sc, NETWORK(2), 3, 0x0303, 1);
	sc->now += 2 * HOUR;
	agree_on(sc, NETWORK(2), 3, 0x0304, 40);
	END_CALMLY();
}

/* Machines that differ: others got less too. */
static void
no_downgrade_is_found_with_hindsight_where_others_get_less(void **state)
{
	SCENE();
	for (unsigned n = 1; n < 4; n++)
		agree_on(sc, NETWORK(n), 1, 0x0303, 1);
	agree_on(sc, 0, 1, 0x0303, 1);
	agree_on(sc, 0, 1, 0x0304, 20);
	END_CALMLY();
}

/* certificate-changed */

static void
show(struct scene *sc, uint8_t key, const char *issuer, enum fact self_signed)
{
	show_to(sc, 0, key, issuer, self_signed);
}

static void
a_key_of_another_issuer_is_told(void **state)
{
	SCENE();
	for (int i = 0; i < 5; i++)
		show(sc, 1, "CN=R3", FACT_NO);
	show(sc, 2, "CN=Other", FACT_NO);
	assert_found(sc, "certificate-changed", SEVERITY_NOTICE, CERTAINTY_PROBABLE);
	show(sc, 3, "CN=mx1.example.net", FACT_YES);
	assert_found(sc, "certificate-changed", SEVERITY_WARNING, CERTAINTY_PROBABLE);
	assert_int_equal(finding_of(sc, "certificate-changed")->where, WHERE_SERVER_SIDE);
	END();
}

static void
a_renewal_is_none(void **state)
{
	SCENE();
	for (int i = 0; i < 5; i++)
		show(sc, 1, "CN=R3", FACT_NO);
	show(sc, 2, "CN=R3", FACT_NO);
	assert_null(finding_of(sc, "certificate-changed"));
	/* near the end of the old one any issuer will do */
	sc->now += 290 * DAY;
	show(sc, 3, "CN=E5", FACT_NO);
	assert_null(finding_of(sc, "certificate-changed"));
	END_CALMLY();
}

static void
a_farm_of_machines_that_sign_themselves_is_no_warning(void **state)
{
	SCENE();
	for (int i = 0; i < 20; i++) {
		show(sc, (uint8_t)(1 + i * 7 % 4), "CN=localhost", FACT_YES);
		assert_calm(sc);
	}
	END_CALMLY();
}

/* The attack came before anything was known: its key is not the server's by that. */
static void
a_key_seen_once_before_all_others_does_not_excuse(void **state)
{
	SCENE();
	show(sc, 9, "CN=mx1.example.net", FACT_YES);
	for (int i = 0; i < 25; i++)
		show(sc, 1, "CN=R3", FACT_NO);
	for (int i = 0; i < 4; i++) {
		show(sc, 9, "CN=mx1.example.net", FACT_YES);
		assert_found(sc, "certificate-changed", SEVERITY_WARNING, CERTAINTY_PROBABLE);
	}
	END();
}

/* A machine that signs itself, beside two that do not, answers seldom but again and again. */
static void
a_machine_that_answers_seldom_keeps_its_key(void **state)
{
	SCENE();
	for (int i = 0; i < 40; i++) {
		if (i % 10 == 0)
			show(sc, 9, "CN=localhost", FACT_YES);
		show(sc, (uint8_t)(1 + i % 2), "CN=R3", FACT_NO);
		assert_calm(sc);
	}
	END_CALMLY();
}

/* The baseline itself. */

static void
a_session_read_twice_counts_once(void **state)
{
	SCENE();
	for (int round = 0; round < 2; round++) {
		sc->now = START;
		sc->port = 0;
		for (int i = 0; i < 10; i++) {
			meet(sc, 0, 1);
			pass(sc, MINUTE);
			assert_int_equal(sc->recorded, round == 0 ? RECORDED_NEW : RECORDED_KNOWN);
		}
	}
	scene_close(sc);
	assert_query(p->path,
		     "SELECT json_extract(k.value, '$[2]'), json_extract(k.value, '$[3]'),"
		     " u.sessions FROM subjects u, json_each(u.marks) k"
		     " WHERE u.key = 'server 198.51.0.1 25'"
		     " AND json_extract(k.value, '$[0]') = 'offered'",
		     "10|0|10\n");
	assert_query(p->path, "SELECT clients, names FROM v_servers",
		     "[\"10.0.0.0/24\"]|[\"mx1.example.net\"]\n");
	test_free(sc);
}

/* Live, a session is told while it is under way, too. */
static void
a_session_under_way_counts_when_it_is_over(void **state)
{
	SCENE();
	meet(sc, 0, 1)->is_under_way = true;
	sc->session.tls.complete = FACT_UNSEEN;
	pass(sc, 0);
	meet(sc, 0, 1);
	sc->session.client_port--;
	sc->session.end++;
	sc->session.packets++;
	sc->port--;
	pass(sc, 0);
	assert_int_equal(sc->recorded, RECORDED_EXTENDED);
	scene_close(sc);
	assert_query(p->path,
		     "SELECT json_extract(k.value, '$[0]') AS what, json_extract(k.value, '$[2]')"
		     " FROM subjects u, json_each(u.marks) k"
		     " WHERE u.key = 'pair 10.0.0.1 198.51.0.1 25' AND what IN ('offered', 'used')",
		     "offered|1\nused|1\n");
	test_free(sc);
}

/* Both stay, and what they show is counted once. */
static void
a_session_that_two_sensors_saw_counts_once(void **state)
{
	static const char *const taps[] = {"tap1", "tap2"};
	SCENE();
	for (int tap = 0; tap < 2; tap++) {
		scene_close(sc);
		scene_open_at(sc, p->path, taps[tap]);
		sc->now = START + tap * SECOND / 10;
		sc->port = 0;
		for (int i = 0; i < 10; i++) {
			meet(sc, 0, 1);
			pass(sc, MINUTE);
			assert_int_equal(sc->recorded, RECORDED_NEW);
		}
	}
	scene_close(sc);
	assert_query(p->path, "SELECT sensor, count(*) FROM v_sessions GROUP BY 1",
		     "tap1|10\ntap2|10\n");
	assert_query(p->path, "SELECT key, sessions FROM subjects WHERE key LIKE 'server%'",
		     "server 198.51.0.1 25|10\n");
	test_free(sc);
}

static bool
keep_row(void *ctx, const struct row *row)
{
	char *text = ctx;
	size_t len = strlen(text);

	snprintf(text + len, 1024 - len, "%s %s %s %s %s\n", row_value(row, "server"),
		 row_value(row, "starttls_offered"), row_value(row, "clients"),
		 row_value(row, "clients_without"), row_value(row, "names"));
	return true;
}

static void
servers_are_listed_by_what_is_known_of_them(void **state)
{
	struct filter all = FILTER_ALL, of_client = FILTER_ALL, of_domain = FILTER_ALL;
	char text[1024] = "";
	struct store *s;

	SCENE();
	use(sc, 0, 1, 2, MINUTE);
	use(sc, NETWORK(1), 2, 1, MINUTE);
	strip(sc, NETWORK(2), 3);
	scene_close(sc);
	s = open_store(p->path, STORE_READ);
	assert_true(query_servers(s, &all, keep_row, text));
	assert_string_equal(text, "198.51.0.3 0 [] [\"10.0.2.0/24\"] [\"mx3.example.net\"]\n"
				  "198.51.0.2 1 [\"10.0.1.0/24\"] [] [\"mx2.example.net\"]\n"
				  "198.51.0.1 2 [\"10.0.0.0/24\"] [] [\"mx1.example.net\"]\n");
	text[0] = '\0';
	assert_true(network_of("10.0.1.0/24", &of_client.client));
	assert_true(query_servers(s, &of_client, keep_row, text));
	of_domain.domain = ".example.net";
	of_domain.limit = 1;
	assert_true(query_servers(s, &of_domain, keep_row, text));
	assert_string_equal(text, "198.51.0.2 1 [\"10.0.1.0/24\"] [] [\"mx2.example.net\"]\n"
				  "198.51.0.3 0 [] [\"10.0.2.0/24\"] [\"mx3.example.net\"]\n");
	store_close(s);
	test_free(sc);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    FIXTURE_TEST(one_earlier_offer_makes_it_possible),
	    FIXTURE_TEST(a_habit_makes_it_probable),
	    FIXTURE_TEST(a_habit_outlives_a_restart),
	    FIXTURE_TEST(what_is_long_ago_does_not_count),
	    FIXTURE_TEST(one_other_that_was_offered_it_is_too_little),
	    FIXTURE_TEST(others_that_are_still_offered_it_settle_it),
	    FIXTURE_TEST(hindsight_does_not_mistake_one_client_for_another),
	    FIXTURE_TEST(hindsight_of_a_first_session_counts_no_other_client),
	    FIXTURE_TEST(a_new_client_is_held_to_what_others_get),
	    FIXTURE_TEST(a_network_that_loses_it_everywhere_is_cut_near_it),
	    FIXTURE_TEST(one_pair_is_cut_on_its_path),
	    FIXTURE_TEST(one_network_from_everybody_is_near_the_client),
	    FIXTURE_TEST(one_server_for_everybody_is_near_it_or_it_changed),
	    FIXTURE_TEST(one_server_for_its_only_client_is_near_it_or_it_changed),
	    FIXTURE_TEST(one_pair_is_on_its_path),
	    FIXTURE_TEST(a_client_of_one_server_may_be_cut_anywhere_on_its_way),
	    FIXTURE_TEST(alone_with_one_server_it_is_unknown),
	    FIXTURE_TEST(many_from_many_is_where_their_paths_are_one),
	    FIXTURE_TEST(one_owner_that_switches_it_off_everywhere_changed),
	    FIXTURE_TEST(a_middlebox_before_all_servers_is_one_line),
	    FIXTURE_TEST(what_was_kept_before_the_loss_is_not_kept),
	    FIXTURE_TEST(evidence_holds_the_numbers),
	    FIXTURE_TEST(a_reply_that_is_not_whole_says_nothing),
	    FIXTURE_TEST(an_attack_does_not_become_the_norm),
	    FIXTURE_TEST(an_attack_from_the_first_session_is_seen_with_hindsight),
	    FIXTURE_TEST(invented_clients_that_never_saw_it_excuse_nothing),
	    FIXTURE_TEST(invented_clients_that_lost_it_excuse_nothing),
	    FIXTURE_TEST(invented_clients_that_get_it_by_turns_excuse_nothing),
	    FIXTURE_TEST(a_flood_of_invented_networks_pushes_out_no_habit),
	    FIXTURE_TEST(invented_offers_make_no_honest_server_suspect),
	    FIXTURE_TEST(a_server_that_never_offered_it_is_only_missing_it),
	    FIXTURE_TEST(a_server_that_switches_it_on_was_not_stripped),
	    FIXTURE_TEST(a_server_that_switches_it_off_for_all_is_told_once),
	    FIXTURE_TEST(lost_to_all_for_hours_is_no_change),
	    FIXTURE_TEST(one_network_alone_is_not_taken_for_another_machine),
	    FIXTURE_TEST(two_machines_by_their_names_may_differ),
	    FIXTURE_TEST(two_machines_of_one_name_are_known_by_turns),
	    FIXTURE_TEST(other_software_behind_the_name_is_another_machine),
	    FIXTURE_TEST(other_software_seen_with_a_loss_is_still_another_machine),
	    FIXTURE_TEST(other_software_that_one_client_alone_meets_is_a_warning),
	    FIXTURE_TEST(a_word_in_the_place_of_starttls_is_no_other_machine),
	    FIXTURE_TEST(a_new_name_alone_does_not_excuse),
	    FIXTURE_TEST(what_is_hidden_from_some_is_hidden),
	    FIXTURE_TEST(what_is_hidden_from_some_stays_known),
	    FIXTURE_TEST(what_is_missing_now_and_then_is_not_hidden),
	    FIXTURE_TEST(what_is_hidden_from_some_excuses_no_loss_of_others),
	    FIXTURE_TEST(known_extensions_tell_what_a_mask_hides),
	    FIXTURE_TEST(a_mask_over_another_known_extension_is_none),
	    FIXTURE_TEST(a_refusal_by_a_server_that_accepts_is_a_warning),
	    FIXTURE_TEST(a_rate_limit_is_no_warning),
	    FIXTURE_TEST(a_client_that_used_it_is_missed),
	    FIXTURE_TEST(a_client_that_missed_it_once_before_it_was_known_is_missed),
	    FIXTURE_TEST(a_client_that_uses_it_now_and_then_is_not),
	    FIXTURE_TEST(a_client_that_never_used_it_is_not),
	    FIXTURE_TEST(a_client_that_never_came_to_use_it_is_not),
	    FIXTURE_TEST(another_client_behind_the_same_address_is_not_it),
	    FIXTURE_TEST(a_masked_greeting_that_ends_ehlo_is_a_warning),
	    FIXTURE_TEST(a_greeting_that_lost_esmtp_likewise),
	    FIXTURE_TEST(a_refused_ehlo_is_a_warning_where_it_was_accepted),
	    FIXTURE_TEST(one_session_without_ehlo_ends_no_habit_of_it),
	    FIXTURE_TEST(ehlo_that_is_put_off_says_nothing_of_habits),
	    FIXTURE_TEST(helo_of_a_client_that_uses_starttls_here_is_a_warning),
	    FIXTURE_TEST(helo_of_another_name_or_habit_or_without_mail_is_ordinary),
	    FIXTURE_TEST(a_client_of_helo_is_ordinary),
	    FIXTURE_TEST(mail_in_clear_soon_after_a_failure_is_a_fallback),
	    FIXTURE_TEST(at_another_address_of_the_name_too),
	    FIXTURE_TEST(for_the_same_domain_too),
	    FIXTURE_TEST(mail_in_clear_that_is_no_fallback),
	    FIXTURE_TEST(a_server_that_always_refuses_makes_no_fallback),
	    FIXTURE_TEST(a_fallback_that_is_told_before_its_cause_is_found_with_hindsight),
	    FIXTURE_TEST(a_fallback_at_once_is_found_with_hindsight),
	    FIXTURE_TEST(all_that_a_client_sent_after_it_is_found_with_hindsight_once),
	    FIXTURE_TEST(a_fallback_by_name_or_domain_is_found_with_hindsight),
	    FIXTURE_TEST(no_fallback_is_found_with_hindsight_where_there_is_none),
	    FIXTURE_TEST(a_long_fallback_among_failures_is_found),
	    FIXTURE_TEST(a_fallback_that_was_under_way_stays_one),
	    FIXTURE_TEST(lower_than_these_two_agreed_on_before),
	    FIXTURE_TEST(lower_where_machines_have_names_of_their_own_is_no_warning),
	    FIXTURE_TEST(lower_before_among_such_machines_is_no_warning_either),
	    FIXTURE_TEST(lower_since_the_client_offers_no_more_or_others_get_no_more),
	    FIXTURE_TEST(lower_for_all_that_knew_it_better_is_told_of_few),
	    FIXTURE_TEST(lower_for_one_newcomer_does_not_excuse),
	    FIXTURE_TEST(lower_for_one_that_never_got_better_does_not_excuse),
	    FIXTURE_TEST(lower_for_two_that_others_keep_does_not_excuse),
	    FIXTURE_TEST(lower_by_turns_is_no_downgrade),
	    FIXTURE_TEST(lower_by_turns_of_few_is_no_downgrade),
	    FIXTURE_TEST(lower_from_the_first_session_on_is_found_with_hindsight),
	    FIXTURE_TEST(lower_in_between_is_found_with_hindsight),
	    FIXTURE_TEST(no_downgrade_is_found_with_hindsight_where_there_is_none),
	    FIXTURE_TEST(no_downgrade_is_found_with_hindsight_where_others_get_less),
	    FIXTURE_TEST(a_key_of_another_issuer_is_told),
	    FIXTURE_TEST(a_renewal_is_none),
	    FIXTURE_TEST(a_farm_of_machines_that_sign_themselves_is_no_warning),
	    FIXTURE_TEST(a_key_seen_once_before_all_others_does_not_excuse),
	    FIXTURE_TEST(a_machine_that_answers_seldom_keeps_its_key),
	    FIXTURE_TEST(a_session_read_twice_counts_once),
	    FIXTURE_TEST(a_session_under_way_counts_when_it_is_over),
	    FIXTURE_TEST(a_session_that_two_sensors_saw_counts_once),
	    FIXTURE_TEST(servers_are_listed_by_what_is_known_of_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
