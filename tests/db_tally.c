/*
 * Hourly counts: each session in each table once, whatever becomes of it, and
 * a bounded number of rows an hour.
 */
#include "tests/db_build.h"

#include "db/schema.h"
#include "db/tally.h"

#define OUTCOMES                                                            \
	"count(*), sum(outcome = 'encrypted'), sum(outcome = 'plaintext')," \
	" sum(outcome = 'tls-failed'), sum(outcome = 'no-mail'), sum(outcome = 'partial')"
#define SUMS                                                                        \
	"sum(sessions), sum(encrypted), sum(plaintext), sum(failed), sum(no_mail)," \
	" sum(partial)"
#define HOUR "start - start % 3600000000"

/* What the tables of hours say is what the sessions say. */
static void
assert_counted(const char *path)
{
	static const char *const pairs[][2] = {
	    {"SELECT " HOUR ", service, client_net, " OUTCOMES " FROM (SELECT *,"
	     " '192.0.' || substr(client, 7, instr(substr(client, 7), '.') - 1) || '.0/24' AS"
	     " client_net FROM sessions) GROUP BY 1, 2, 3 ORDER BY 1, 2, 3",
	     "SELECT * FROM v_hourly_clients ORDER BY 1, 2, 3"},
	    {"SELECT " HOUR ", service, tls_version, " OUTCOMES
	     " FROM sessions GROUP BY 1, 2, 3 ORDER BY 1, 2, 3",
	     "SELECT * FROM v_hourly_tls ORDER BY 1, 2, 3"},
	    {"SELECT " HOUR ", service, server, nullif(domain, ''), " OUTCOMES
	     " FROM sessions GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4",
	     "SELECT * FROM v_hourly ORDER BY 1, 2, 3, 4"},
	};

	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		char *expected = dump(path, pairs[i][0]);

		assert_query(path, pairs[i][1], expected);
		free(expected);
	}
	assert_sound(path);
}

/* The sums of each hour are right, even where rows are folded. */
static void
assert_sums(const char *path)
{
	static const char *const tables[] = {"hourly", "hourly_clients", "hourly_tls"};
	char *expected =
	    dump(path, "SELECT " HOUR ", " OUTCOMES " FROM sessions GROUP BY 1 ORDER BY 1");
	char query[256];

	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
		snprintf(query, sizeof(query),
			 "SELECT hour, " SUMS " FROM %s GROUP BY hour ORDER BY hour", tables[i]);
		assert_query(path, query, expected);
	}
	free(expected);
	assert_sound(path);
}

/* Session n of many kinds; a view is the richer the more packets of it were seen. */
static struct session_row
varied_row(struct store *s, int n, int view)
{
	static const char *const outcomes[] = {"partial", "plaintext", "no-mail", "tls-failed",
					       "encrypted"};
	static const char *const versions[] = {NULL, "TLSv1.2", "TLSv1.3"};
	static const char *const domains[] = {"", "example.net", "example.org"};
	static const char *const clients[] = {"192.0.2.7", "192.0.3.7", "192.0.4.7"};
	static const char *const networks[] = {"192.0.2.0/24", "192.0.3.0/24", "192.0.4.0/24"};
	struct session_row row = plain_row(s, n);

	row.start = START + n * INT64_C(100000000);
	row.end = row.start + 1000000;
	row.client = clients[n % 3];
	row.client_net = networks[n % 3];
	row.service = n % 7 == 0 ? "submission" : "smtp";
	row.server = n % 5 == 0 ? "198.51.100.25" : "198.51.100.26";
	row.packets = 20 + view;
	row.outcome = outcomes[(n + view) % 5];
	row.tls_version = versions[(n + view) % 3];
	row.domain = domains[(n / 2 + view) % 3];
	return row;
}

static void
add_varied(struct store *s, int count, int view, int per_batch, enum session_added expected)
{
	int64_t id, sensor = 0;

	for (int n = 0; n < count; n++) {
		struct session_row row;

		if (n % per_batch == 0) {
			assert_true(store_begin(s));
			sensor = session_sensor(s, "tap1");
		}
		row = varied_row(s, n, view);
		row.sensor_id = sensor;
		assert_int_equal(session_add(s, &row, &id), expected);
		if (n % per_batch == per_batch - 1 || n == count - 1)
			assert_true(store_commit(s));
	}
}

static void
each_session_counts_once_whatever_becomes_of_it(void **state)
{
	struct fixture *p = *state;
	struct store *s = open_store(p->path, STORE_CREATE);

	add_varied(s, 200, 1, 200, SESSION_NEW);
	assert_counted(p->path);
	add_varied(s, 200, 1, 7, SESSION_KNOWN); /* read again */
	assert_counted(p->path);
	add_varied(s, 200, 0, 200, SESSION_KNOWN); /* a poorer view */
	assert_counted(p->path);
	for (int view = 2; view < 7; view++) { /* richer ones, in batches of any size */
		add_varied(s, 200, view, 1 + 13 * view, SESSION_EXTENDED);
		assert_counted(p->path);
	}
	store_close(s);
}

static void
counts_of_all_tables_outlive_their_sessions(void **state)
{
	static const char *const queries[] = {"SELECT * FROM v_hourly",
					      "SELECT * FROM v_hourly_clients",
					      "SELECT * FROM v_hourly_tls"};
	struct fixture *p = *state;
	struct store *s = open_store(p->path, STORE_CREATE);
	struct prune prune = {.before = INT64_MAX};
	char *before[3];
	size_t i;

	add_varied(s, 200, 1, 50, SESSION_NEW);
	for (i = 0; i < 3; i++)
		before[i] = dump(p->path, queries[i]);
	assert_true(upkeep_prune(s, &prune));
	store_close(s);
	assert_query(p->path, "SELECT count(*) FROM v_sessions", "0\n");
	for (i = 0; i < 3; i++) {
		assert_query(p->path, queries[i], before[i]);
		free(before[i]);
	}
	assert_sound(p->path);
}

#define INVENTED (TALLY_ROWS_MAX + 900)

/* Session n of its own server, domain and client network, and of one version of many. */
static void
add_invented(struct store *s, int from, int to, int view, bool with_domain)
{
	char server[32], client[32], network[32], domain[64], version[16];
	int64_t id, sensor = 0;

	assert_true(store_begin(s));
	sensor = session_sensor(s, "tap1");
	for (int n = from; n < to; n++) {
		struct session_row row = varied_row(s, n, view);

		snprintf(server, sizeof(server), "10.1.%d.%d", n / 200, n % 200);
		snprintf(client, sizeof(client), "10.%d.%d.7", n / 200, n % 200);
		snprintf(network, sizeof(network), "10.%d.%d.0/24", n / 200, n % 200);
		snprintf(domain, sizeof(domain), "d%d.example", n);
		snprintf(version, sizeof(version), "0x%04x", n % 300);
		row.start = START + n;
		row.end = row.start + 1000;
		row.sensor_id = sensor;
		row.server = server;
		row.client = client;
		row.client_net = network;
		row.domain = with_domain ? domain : "";
		row.tls_version = version;
		assert_int_not_equal(session_add(s, &row, &id), SESSION_FAILED);
	}
	assert_true(store_commit(s));
}

static void
a_flood_of_names_makes_no_more_rows_than_an_hour_may_have(void **state)
{
	struct fixture *p = *state;
	struct store *s = open_store(p->path, STORE_CREATE);

	/* One that was there before keeps its row, and one that comes late counts with the rest. */
	add_invented(s, 0, 1, 1, false);
	add_invented(s, 0, INVENTED, 2, true);
	assert_query(p->path, "SELECT count(*) FROM hourly WHERE domain NOT IN ('', '(other)'); ",
		     "4096\n");
	assert_query(p->path, "SELECT count(*) FROM hourly WHERE domain = '(other)'", "900\n");
	/* Those with a row, and the others of two services. */
	assert_query(p->path, "SELECT count(*), sum(sessions) FROM hourly_clients", "4098|4996\n");
	/* 32 versions of two services each; 17 sessions in all have each of these versions. */
	assert_query(p->path,
		     "SELECT count(*), sum(sessions) FROM hourly_tls WHERE version <>"
		     " '(other)'",
		     "64|544\n");
	assert_sums(p->path);
	/* Servers without domains are as many as they may be, too. */
	add_invented(s, INVENTED, 2 * INVENTED, 2, false);
	assert_query(p->path,
		     "SELECT count(*) FROM hourly WHERE domain IN ('', '(other)') AND"
		     " server <> '(other)'",
		     "4096\n");
	assert_query(p->path,
		     "SELECT sessions FROM hourly WHERE server = '(other)' AND service ="
		     " 'smtp' AND domain <> ''",
		     "");
	assert_sums(p->path);
	/* All seen again and richer: what was folded is taken back from where it was put. */
	add_invented(s, 0, 2 * INVENTED, 3, true);
	assert_sums(p->path);
	add_invented(s, 0, 2 * INVENTED, 4, false);
	assert_sums(p->path);
	store_close(s);
	assert_query(p->path, "SELECT count(*) <= 2 * 4096 + 4 FROM hourly", "1\n");
	assert_query(p->path, "SELECT count(*) FROM hourly WHERE sessions = 0", "0\n");
}

/* A domain that is called so is no flood. */
static void
the_name_of_the_others_folds_nothing(void **state)
{
	struct fixture *p = *state;
	struct store *s = open_store(p->path, STORE_CREATE);
	struct session_row row = plain_row(s, 0);

	row.domain = TALLY_OTHER;
	add_one(s, &row);
	row = plain_row(s, 1);
	row.domain = "example.org";
	add_one(s, &row);
	store_close(s);
	assert_query(p->path, "SELECT domain, sessions FROM v_hourly ORDER BY domain",
		     "(other)|1\nexample.org|1\n");
	assert_sound(p->path);
}

/* A file of before there were these tables, with sessions in it and one that was pruned. */
static void
make_older(struct fixture *p)
{
	run_sql(p->path, schema_steps[0]);
	run_sql(p->path, schema_steps[1]);
	run_sql(p->path, schema_steps[2]);
	run_sql(
	    p->path,
	    "PRAGMA application_id = 1465406284; PRAGMA user_version = 3;"
	    "INSERT INTO sensors VALUES (1, 'tap1');"
	    "INSERT INTO sessions (sensor_id, start, \"end\", service, client, client_port,"
	    " server, server_port, complete, gap_bytes, seen, outcome, ending, packets,"
	    " client_bytes, server_bytes, tls_version, domain) SELECT 1, 1772366400000000 + n *"
	    " 100000000, 1772366400000000 + n * 100000000 + 1000, 'smtp', '192.0.' || (n % 3) ||"
	    " '.7', 1024 + n, '198.51.100.25', 25, 1, 0, 'both', CASE n % 5 WHEN 0 THEN"
	    " 'encrypted' WHEN 1 THEN 'plaintext' WHEN 2 THEN 'no-mail' WHEN 3 THEN 'partial'"
	    " ELSE 'tls-failed' END, 'fin', 9, 1, 1, iif(n % 5 = 0, 'TLSv1.3', NULL), iif(n % 5"
	    " = 1, 'example.net', '') FROM (WITH RECURSIVE c(n) AS (SELECT 0 UNION ALL SELECT n +"
	    " 1 FROM c WHERE n < 199) SELECT n FROM c);"
	    "INSERT INTO hourly SELECT " HOUR ", server, service, domain, count(*),"
	    " sum(outcome = 'encrypted'), sum(outcome = 'plaintext'), sum(outcome ="
	    " 'tls-failed') FROM sessions GROUP BY 1, 2, 3, 4;"
	    "INSERT INTO servers SELECT server, server_port, service, min(start), max(\"end\"),"
	    " count(*), 0, 0, 0, 0, 0, 0, 0, NULL, NULL, 0 FROM sessions GROUP BY 1, 2;");
}

static void
an_older_file_has_counts_of_the_sessions_it_holds(void **state)
{
	struct fixture *p = *state;

	make_older(p);
	store_close(open_store(p->path, STORE_WRITE));
	assert_counted(p->path);
}

static void
what_an_older_file_pruned_counts_where_it_did(void **state)
{
	struct fixture *p = *state;

	make_older(p);
	run_sql(p->path, "DELETE FROM sessions WHERE id <= 100; UPDATE totals SET pruned = 100");
	store_close(open_store(p->path, STORE_WRITE));
	assert_query(p->path, "SELECT sum(sessions) FROM v_hourly", "200\n");
	assert_query(p->path, "SELECT sum(sessions) FROM v_hourly_clients", "100\n");
	assert_query(p->path, "SELECT sum(sessions) FROM v_hourly_tls", "100\n");
	assert_sound(p->path);
}

static void
an_older_file_of_too_many_networks_is_folded(void **state)
{
	struct fixture *p = *state;
	struct store *s;

	make_older(p);
	run_sql(
	    p->path,
	    "INSERT INTO sessions (sensor_id, start, \"end\", service, client, client_port,"
	    " server, server_port, complete, gap_bytes, seen, outcome, ending, packets,"
	    " client_bytes, server_bytes, domain) SELECT 1, 1772366400000000 + n, 1772366400000000"
	    " + n, 'smtp', printf('2001:db8:%x::7', n), 25, '198.51.100.25', 25, 1, 0, 'both',"
	    " 'partial', 'fin', 9, 1, 1, '' FROM (WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL"
	    " SELECT n + 1 FROM c WHERE n < 5000) SELECT n FROM c);"
	    "UPDATE hourly SET sessions = sessions + 5000 WHERE hour = 1772366400000000 AND"
	    " domain = ''; UPDATE servers SET sessions = sessions + 5000");
	s = open_store(p->path, STORE_WRITE);
	assert_query(p->path,
		     "SELECT count(*), sum(sessions) FROM v_hourly_clients WHERE hour ="
		     " 1772366400000000",
		     "4097|5036\n");
	assert_query(p->path,
		     "SELECT client_net FROM v_hourly_clients WHERE client_net LIKE"
		     " '2001:db8:1::%'",
		     "2001:db8:1::/64\n");
	assert_sums(p->path);
	/* The hour stays full for those that come. */
	add_invented(s, 0, 10, 1, false);
	assert_sums(p->path);
	store_close(s);
	assert_query(p->path, "SELECT count(*) FROM v_hourly_clients WHERE client_net LIKE '10.%'",
		     "0\n");
}

static void
count_problem(void *ctx, const char *problem)
{
	int *count = ctx;

	assert_true(problem[0] != '\0');
	++*count;
}

static void
the_check_finds_counts_that_are_wrong(void **state)
{
	static const char *const damages[] = {
	    "UPDATE hourly_clients SET sessions = sessions + 1, plaintext = plaintext + 1",
	    "DELETE FROM hourly_tls",
	    "UPDATE hourly_clients SET plaintext = plaintext + 1",
	    "UPDATE hourly_tls SET plaintext = plaintext - 1, failed = failed + 1",
	    "UPDATE hourly SET encrypted = encrypted + 1",
	};
	struct fixture *p = *state;

	for (size_t i = 0; i < sizeof(damages) / sizeof(damages[0]); i++) {
		struct store *s = open_store(p->path, STORE_CREATE);
		struct session_row row = plain_row(s, 0);
		int problems = 0;

		row.outcome = i == 3 ? "encrypted" : "plaintext";
		add_one(s, &row);
		store_close(s);
		assert_sound(p->path);
		run_sql(p->path, damages[i]);
		s = open_store(p->path, STORE_READ);
		assert_true(upkeep_check(s, count_problem, &problems) > 0);
		assert_true(problems > 0);
		store_close(s);
		assert_int_equal(unlink(p->path), 0);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    FIXTURE_TEST(each_session_counts_once_whatever_becomes_of_it),
	    FIXTURE_TEST(counts_of_all_tables_outlive_their_sessions),
	    FIXTURE_TEST(a_flood_of_names_makes_no_more_rows_than_an_hour_may_have),
	    FIXTURE_TEST(the_name_of_the_others_folds_nothing),
	    FIXTURE_TEST(an_older_file_has_counts_of_the_sessions_it_holds),
	    FIXTURE_TEST(what_an_older_file_pruned_counts_where_it_did),
	    FIXTURE_TEST(an_older_file_of_too_many_networks_is_folded),
	    FIXTURE_TEST(the_check_finds_counts_that_are_wrong),
	};

	return cmocka_run_group_tests_name("db_tally", tests, NULL, NULL);
}
