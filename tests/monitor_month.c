/*
 * A month of ordinary mail, in which nothing may alarm that cannot be explained,
 * and the same month with attacks planted in it, which must be found. Short;
 * `make month` has a million sessions, and all attacks at all depths.
 *
 * MONTH_SESSIONS and MONTH_SEED in the environment make it longer or another.
 */
#include "tests/month_plant.h"

#define SERVERS  60u
#define NETWORKS 40u

static void
a_month_of_ordinary_mail_raises_no_alarm(void **state)
{
	static const unsigned losses[] = {0, 1, 5};
	struct fixture *p = *state;
	int64_t sessions = month_wanted("MONTH_SESSIONS", 6000);

	for (size_t i = 0; i < sizeof(losses) / sizeof(losses[0]); i++) {
		struct month *m;
		char path[128];

		snprintf(path, sizeof(path), "%s/%u.db", p->folder, losses[i]);
		m = month_open(path, sessions, SERVERS, NETWORKS, losses[i]);
		for (int64_t n = 0; n < sessions; n++) {
			unsigned client, server;

			month_draw(m, &client, &server);
			month_meet(m, client, server);
			month_pass(m);
		}
		month_close(m);
		assert_query(path,
			     "SELECT s.encap, f.kind, f.detail" ALARMS_OF_ORDINARY
			     " AND NOT coalesce(" EXPLAINED ", 0) LIMIT 5",
			     "");
		assert_sound(path);
	}
}

/* What of an attack must be found in the end, in percent of what is planted at each depth. */
struct demand {
	enum attack attack;
	bool is_percent;
	bool is_dense;       /* few clients and servers: where each pair's own habit is wanted */
	bool is_server_told; /* of a server cut for all: warned of at once, a notice in the end */
	unsigned enough[DEPTHS];
};

static void
grow(const char *folder, const struct demand *demand)
{
	struct planting p = {.attack = demand->attack, .is_percent = demand->is_percent};
	char path[128], query[512];

	snprintf(path, sizeof(path), "%s/%d%d.db", folder, (int)demand->attack, demand->is_percent);
	plant(&p, path, month_wanted("MONTH_SESSIONS", 4000), demand->is_dense ? 20 : SERVERS,
	      demand->is_dense ? 10 : NETWORKS);
	assert_query(path,
		     "SELECT s.encap, f.kind, f.detail" ALARMS_OF_ORDINARY
		     " AND NOT coalesce(" EXPLAINED ", 0) LIMIT 5",
		     "");
	for (size_t i = 0; i < DEPTHS; i++) {
		const struct planted *d = &p.planted[i];

		if (demand->enough[i] > 0 && d->planted == 0)
			fail_msg("%s, %s: none planted", attack_names[p.attack], depth_names[i]);
		if (d->found * 100 < d->planted * demand->enough[i])
			fail_msg("%s, %s: %u planted, %u found", attack_names[p.attack],
				 depth_names[i], d->planted, d->found);
	}
	if (!demand->is_server_told)
		return;
	if (p.planted[DEPTH_SERVER].first != 1)
		fail_msg("%s, %s: not found at once", attack_names[p.attack],
			 depth_names[DEPTH_SERVER]);
	/* One notice, not many: of each of its addresses, for each has a history of its own. */
	snprintf(query, sizeof(query),
		 "SELECT s.server, count(DISTINCT s.id) FROM v_sessions s LEFT JOIN v_findings f"
		 " ON f.session = s.id AND f.severity <> 'info' AND f.kind LIKE 'starttls-%%'"
		 " WHERE s.encap = 'planted %d'"
		 " GROUP BY s.server HAVING count(f.session) = 0",
		 (int)DEPTH_SERVER);
	assert_query(path, query, "");
}

/*
 * The rules ask for less where it could as well be somebody's decision: a server
 * that offers STARTTLS to nobody any more was warned of at first, and is told.
 * Who comes to a server for the first time, or seldom, has nothing to compare with.
 */
static void
attacks_that_are_planted_in_it_are_found(void **state)
{
	static const struct demand demands[] = {
	    {ATTACK_CUT, false, false, true, {100, 100, 70, 0, 50, 0, 0}},
	    {ATTACK_CUT, true, true, false, {[DEPTH_PERCENT] = 80}},
	    {ATTACK_MASK, false, false, false, {100, 100, 100, 100, 100, 100, 0}},
	    {ATTACK_REFUSE, false, false, false, {100, 100, 80, 50, 50, 0, 0}},
	    {ATTACK_SUPPRESS, false, false, false, {100, 100, 80, 50, 50, 0, 0}},
	    {ATTACK_BREAK, false, false, false, {100, 100, 85, 85, 85, 85, 0}},
	    {ATTACK_DOWNGRADE, true, true, false, {[DEPTH_PERCENT] = 40}},
	    /* Of ten networks four are attacked, two of them all the time. */
	    {ATTACK_DOWNGRADE, false, true, false, {100, 60, 40}},
	    {ATTACK_SUBSTITUTE, false, false, false, {100, 100, 80, 50, 50, 0, 0}},
	    {ATTACK_CUT_BEHIND, true, true, false, {[DEPTH_PERCENT] = 40}},
	};
	struct fixture *p = *state;

	for (size_t i = 0; i < sizeof(demands) / sizeof(demands[0]); i++)
		grow(p->folder, &demands[i]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    FIXTURE_TEST(a_month_of_ordinary_mail_raises_no_alarm),
	    FIXTURE_TEST(attacks_that_are_planted_in_it_are_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
