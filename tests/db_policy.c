/*
 * What is known of domains' policies as rows: kept whole, replaced whole, each
 * change of an MTA-STS policy noted once, and what nobody needs removed.
 */
#include "tests/db_build.h"

#include "db/policy.h"
#include "db/schema.h"

#define DAY INT64_C(86400000000)

static struct store *
begin(const char *path)
{
	struct store *s = open_store(path, STORE_CREATE);

	assert_true(store_begin(s));
	return s;
}

/* A domain with an enforce policy of a week, fetched at START. */
static struct policy_row
enforced(const char *domain)
{
	return (struct policy_row){
	    .domain = domain,
	    .learnt = START,
	    .status = "enforce",
	    .id = "1",
	    .mode = "enforce",
	    .max_age = 604800,
	    .mx = "[\"*.example.net\"]",
	    .fetched = START,
	    .expires = START + 7 * DAY,
	    .source = "network",
	    .problems = "[]",
	    .text = "version: STSv1\n",
	    .digest = "\0\1\2",
	    .digest_len = 3,
	    .asked = START + 1,
	    .ask_after = START + 2,
	    .seen_id = "1",
	    .mx_form = "listed",
	    .is_mx_whole = true,
	    .tlsrpt_status = "absent",
	    .required = "mta-sts",
	};
}

static bool
save(struct store *s, const struct policy_row *row)
{
	bool is_change = false;

	assert_true(policy_save(s, row, &is_change));
	return is_change;
}

/* What was told, in words. */
struct told {
	char text[2048];
};

static void
say(struct told *t, const char *what, const char *value)
{
	size_t used = strlen(t->text);

	snprintf(t->text + used, sizeof(t->text) - used, "%s=%s ", what,
		 value == NULL ? "-" : value);
}

static void
say_number(struct told *t, const char *what, int64_t value)
{
	char text[32];

	snprintf(text, sizeof(text), "%lld", (long long)value);
	say(t, what, text);
}

static void
note_policy(void *ctx, const struct policy_row *row)
{
	say(ctx, "domain", row->domain);
	say(ctx, "status", row->status);
	say(ctx, "id", row->id);
	say(ctx, "mode", row->mode);
	say_number(ctx, "max_age", row->max_age);
	say_number(ctx, "left", row->expires - row->fetched);
	say(ctx, "text", row->text == NULL ? NULL : "there");
	say_number(ctx, "digest", (int64_t)row->digest_len);
	say(ctx, "trouble", row->trouble);
	say_number(ctx, "failures", row->failures);
	say_number(ctx, "since", row->failing_since);
	say_number(ctx, "asked", row->asked - START);
	say_number(ctx, "again", row->ask_after - START);
	say(ctx, "seen", row->seen_id);
	say(ctx, "refused", row->refused_id);
	say(ctx, "mx", row->mx_form);
	say(ctx, "required", row->required);
}

static void
note_host(void *ctx, const struct policy_host_row *row)
{
	say(ctx, "\nhost", row->host);
	say_number(ctx, "preference", row->preference);
	say(ctx, "expanded", row->expanded);
	say(ctx, "addresses", row->addresses);
	say(ctx, "whole", row->is_whole ? "yes" : "no");
	say(ctx, "match",
	    row->sts_match == MAYBE_NULL  ? NULL
	    : row->sts_match == MAYBE_YES ? "yes"
					  : "no");
	say(ctx, "dane", row->dane);
}

static void
note_tlsa(void *ctx, size_t host, const struct policy_tlsa_row *row)
{
	say_number(ctx, "tlsa", (int64_t)host);
	say_number(ctx, "base", row->base);
	say_number(ctx, "len", (int64_t)row->len);
	say_number(ctx, "first", *(const uint8_t *)row->rdata);
	say_number(ctx, "der", row->der);
}

static struct told
found(struct store *s, const char *domain)
{
	struct told told = {""};
	const struct policy_teller teller = {note_policy, note_host, note_tlsa, &told};

	assert_true(policy_find(s, domain, &teller));
	return told;
}

static void
what_is_known_comes_back_after_a_restart(void **state)
{
	static const uint8_t rdata[] = {3, 1, 1, 0, 255};
	const struct policy_tlsa_row records[] = {{0, rdata, sizeof(rdata), POLICY_DER_NONE},
						  {1, rdata, 4, 4275878552}};
	const struct policy_host_row hosts[] = {
	    {.host = "mx1.example.net",
	     .preference = 10,
	     .addresses = "[\"198.51.100.25\"]",
	     .is_whole = true,
	     .sts_match = MAYBE_YES,
	     .dane = "usable",
	     .tlsa = "[\"3 1 1 00ff\"]",
	     .records = records,
	     .record_count = 2},
	    {.host = "mx.example.org",
	     .preference = 20,
	     .addresses = "[]",
	     .tlsa = "[]",
	     .sts_match = MAYBE_NO,
	     .expanded = "a.example.org"},
	};
	struct fixture *p = *state;
	struct policy_row row = enforced("example.net");
	struct store *s = begin(p->path);

	row.hosts = hosts;
	row.host_count = 2;
	save(s, &row);
	assert_true(store_commit(s));
	store_close(s);

	s = open_store(p->path, STORE_READ);
	assert_string_equal(
	    found(s, "example.net").text,
	    "domain=example.net status=enforce id=1 mode=enforce max_age=604800 "
	    "left=604800000000 text=there digest=3 trouble=- failures=0 since=0 "
	    "asked=1 again=2 seen=1 refused=- mx=listed required=mta-sts "
	    "\nhost=mx1.example.net preference=10 expanded=- "
	    "addresses=[\"198.51.100.25\"] whole=yes match=yes dane=usable "
	    "tlsa=0 base=0 len=5 first=3 der=-1 tlsa=0 base=1 len=4 first=3 der=4275878552 "
	    "\nhost=mx.example.org preference=20 expanded=a.example.org "
	    "addresses=[] whole=no match=no dane=- ");
	assert_string_equal(found(s, "example.org").text, "");
	store_close(s);
	assert_query(p->path, "SELECT mx FROM v_policies",
		     "[{\"host\":\"mx1.example.net\",\"preference\":10,\"addresses\":"
		     "[\"198.51.100.25\"],\"sts_match\":true,\"dane\":\"usable\",\"tlsa\":"
		     "[\"3 1 1 00ff\"]},{\"host\":\"mx.example.org\",\"preference\":20,"
		     "\"addresses\":[],\"sts_match\":false,\"dane\":null,\"tlsa\":[]}]\n");
}

static void
a_later_answer_replaces_all_of_an_earlier_one(void **state)
{
	static const uint8_t rdata[] = {3, 1, 1, 0};
	const struct policy_tlsa_row record = {0, rdata, sizeof(rdata), POLICY_DER_NONE};
	const struct policy_host_row host = {.host = "mx1.example.net",
					     .addresses = "[]",
					     .tlsa = "[]",
					     .records = &record,
					     .record_count = 1};
	struct fixture *p = *state;
	struct policy_row row = enforced("example.net");
	struct store *s = begin(p->path);

	row.hosts = &host;
	row.host_count = 1;
	save(s, &row);
	row.hosts = NULL;
	row.host_count = 0;
	row.mx_form = NULL;
	row.trouble = "discovery-failed";
	row.failures = 2;
	row.failing_since = 7;
	save(s, &row);
	assert_true(store_commit(s));
	assert_string_equal(found(s, "example.net").text,
			    "domain=example.net status=enforce id=1 mode=enforce max_age=604800 "
			    "left=604800000000 text=there digest=3 trouble=discovery-failed "
			    "failures=2 since=7 asked=1 again=2 seen=1 refused=- mx=- "
			    "required=mta-sts ");
	store_close(s);
	assert_query(p->path, "SELECT count(*) FROM policy_tlsa", "0\n");
}

static void
note_change(void *ctx, const struct policy_change_row *row)
{
	say_number(ctx, "\nday", (row->time - START) / DAY);
	say(ctx, "id", row->id);
	say(ctx, "mode", row->mode);
	say_number(ctx, "max_age", row->max_age);
	say(ctx, "mx", row->mx);
	say(ctx, "source", row->source);
}

static struct told
changes(struct store *s, const char *domain, int64_t limit)
{
	struct told told = {""};

	assert_true(policy_walk_changes(s, domain, limit, note_change, &told));
	return told;
}

/* Each of id, mode, max_age and mx counts; being fetched again does not. */
static void
each_change_of_a_policy_is_noted_once(void **state)
{
	struct fixture *p = *state;
	struct policy_row row = enforced("example.net");
	struct store *s = begin(p->path);

	assert_true(save(s, &row));
	row.learnt = row.fetched = START + DAY;
	row.expires += DAY;
	assert_false(save(s, &row));
	row.id = "2";
	row.fetched = START + 2 * DAY;
	assert_true(save(s, &row));
	assert_false(save(s, &row));
	row.mode = "testing";
	row.fetched = START + 3 * DAY;
	assert_true(save(s, &row));
	row.mx = "[\"mx.example.net\"]";
	row.fetched = START + 4 * DAY;
	assert_true(save(s, &row));
	row.max_age = 86400;
	row.fetched = START + 5 * DAY;
	assert_true(save(s, &row));
	assert_string_equal(
	    changes(s, "example.net", 3).text,
	    "\nday=5 id=2 mode=testing max_age=86400 mx=[\"mx.example.net\"] source=network "
	    "\nday=4 id=2 mode=testing max_age=604800 mx=[\"mx.example.net\"] source=network "
	    "\nday=3 id=2 mode=testing max_age=604800 mx=[\"*.example.net\"] source=network ");
	store_rollback(s);
	store_close(s);
}

/* A domain that was never known to have a policy has changed nothing. */
static void
a_domain_without_a_policy_has_no_changes(void **state)
{
	struct fixture *p = *state;
	struct policy_row row = {.domain = "example.org", .learnt = START, .status = "absent"};
	struct store *s = begin(p->path);

	assert_false(save(s, &row));
	assert_false(save(s, &row));
	assert_string_equal(changes(s, "example.org", 9).text, "");
	store_rollback(s);
	store_close(s);
}

/* Whoever changes a policy all the time fills no disk with it. */
static void
the_history_of_a_domain_is_bounded(void **state)
{
	struct fixture *p = *state;
	struct policy_row row = enforced("example.net"), other = enforced("example.org");
	struct store *s = begin(p->path);
	char id[16];

	save(s, &other);
	for (int i = 0; i < POLICY_CHANGES_MAX + 50; i++) {
		snprintf(id, sizeof(id), "%d", i);
		row.id = id;
		assert_true(save(s, &row));
	}
	assert_true(store_commit(s));
	store_close(s);
	assert_query(p->path,
		     "SELECT domain, count(*), min(mta_sts_id + 0), max(mta_sts_id + 0) FROM"
		     " policy_changes GROUP BY domain",
		     "example.net|256|50|305\nexample.org|1|1|1\n");
}

/* A policy that is in force stays, however long nobody asked: RFC 8461 section 5.1. */
static void
what_is_old_goes_and_what_is_in_force_stays(void **state)
{
	struct fixture *p = *state;
	struct policy_row kept = enforced("enforced.example.net");
	struct policy_row over = enforced("expired.example.net");
	struct policy_row none = {
	    .domain = "none.example.net", .learnt = START, .status = "absent"};
	struct policy_row fresh = {
	    .domain = "fresh.example.net", .learnt = START + 3 * DAY, .status = "absent"};
	struct store *s = begin(p->path);
	int64_t count = 0;

	over.expires = START + DAY;
	save(s, &kept);
	save(s, &over);
	save(s, &none);
	save(s, &fresh);
	assert_true(policy_sweep(s, START + 2 * DAY, START + 2 * DAY, &count));
	assert_int_equal(count, 2);
	assert_true(store_commit(s));
	store_close(s);
	assert_query(p->path, "SELECT domain FROM v_policies ORDER BY domain",
		     "enforced.example.net\nfresh.example.net\n");
	assert_query(p->path, "SELECT domain FROM policy_changes", "enforced.example.net\n");
}

static void
note_name(void *ctx, const char *domain)
{
	say(ctx, "at", domain);
}

static struct told
found_at(struct store *s, const char *place, int64_t most)
{
	struct told told = {""};

	assert_true(policy_walk_at(s, place, most, note_name, &told));
	return told;
}

/* By the name of a host, where its CNAMEs lead, and each address; by what was learnt last. */
static void
domains_are_found_by_their_hosts(void **state)
{
	struct fixture *p = *state;
	struct policy_host_row hosts[] = {
	    {.host = "mx.example.net",
	     .expanded = "node.example.com",
	     .addresses = "[\"192.0.2.1\",\"2001:db8::1\"]",
	     .tlsa = "[]"},
	    {.host = "mx2.example.net", .addresses = "[\"192.0.2.1\"]", .tlsa = "[]"},
	};
	struct policy_row one = {.domain = "one.example", .learnt = START, .status = "absent"};
	struct policy_row two = {.domain = "two.example", .learnt = START, .status = "absent"};
	struct store *s = begin(p->path);
	int64_t count = 0;

	one.hosts = two.hosts = hosts;
	one.host_count = two.host_count = 2;
	save(s, &one);
	save(s, &two);
	assert_string_equal(found_at(s, "mx.example.net", 9).text,
			    "at=two.example at=one.example ");
	assert_string_equal(found_at(s, "192.0.2.1", 9).text, "at=two.example at=one.example ");
	assert_string_equal(found_at(s, "2001:db8::1", 1).text, "at=two.example ");
	assert_string_equal(found_at(s, "node.example.com", 9).text,
			    "at=two.example at=one.example ");
	assert_string_equal(found_at(s, "192.0.2.2", 9).text, "");
	hosts[0].addresses = "[\"192.0.2.9\"]";
	hosts[0].expanded = NULL;
	one.host_count = 1;
	save(s, &one);
	assert_string_equal(found_at(s, "192.0.2.1", 9).text, "at=two.example ");
	assert_string_equal(found_at(s, "node.example.com", 9).text, "at=two.example ");
	assert_string_equal(found_at(s, "192.0.2.9", 9).text, "at=one.example ");
	assert_true(policy_sweep(s, START + DAY, START + DAY, &count));
	assert_int_equal(count, 2);
	assert_true(store_commit(s));
	store_close(s);
	assert_query(p->path, "SELECT count(*) FROM policy_places", "0\n");
}

/* A file from before there were places. */
static void
domains_that_were_known_are_found_by_their_hosts(void **state)
{
	struct fixture *p = *state;
	const struct policy_host_row host = {.host = "mx.example.net",
					     .expanded = "node.example.com",
					     .addresses = "[\"192.0.2.1\",\"2001:db8::1\"]",
					     .tlsa = "[]"};
	struct policy_row row = {.domain = "example.net",
				 .learnt = START,
				 .status = "absent",
				 .hosts = &host,
				 .host_count = 1};
	struct store *s = begin(p->path);

	save(s, &row);
	assert_true(store_commit(s));
	store_close(s);
	run_sql(p->path, "DROP TABLE policy_places");
	run_sql(p->path, schema_steps[step_with("CREATE TABLE policy_places")]);
	assert_query(p->path, "SELECT place FROM policy_places ORDER BY place",
		     "192.0.2.1\n2001:db8::1\nmx.example.net\nnode.example.com\n");
}

static void
say_domain(void *ctx, const char *domain)
{
	say(ctx, domain, "due");
}

/* Of those in force, ahead of their end: that one is not asked too often is for ask_after to say.
 */
static void
policies_are_due_before_they_end(void **state)
{
	struct fixture *p = *state;
	struct policy_row week = enforced("week.example.net");
	struct policy_row hour = enforced("hour.example.net");
	struct policy_row none = enforced("none.example.net");
	struct policy_row held = enforced("held.example.net");
	struct policy_row over = enforced("over.example.net");
	struct store *s = begin(p->path);
	struct told told = {""};

	week.expires = START + 7 * DAY;
	hour.max_age = 4 * 3600;
	hour.expires = START + DAY / 6;
	none.mode = "none";
	held.ask_after = START + 3 * DAY;
	held.expires = START + 6 * DAY;
	over.expires = START + DAY / 24;
	save(s, &week);
	save(s, &hour);
	save(s, &none);
	save(s, &held);
	save(s, &over);
	assert_true(policy_walk_due(s, START + DAY / 12 - 1, 10, say_domain, &told));
	assert_string_equal(told.text, "");
	assert_true(policy_walk_due(s, START + DAY / 12, 10, say_domain, &told));
	assert_string_equal(told.text, "hour.example.net=due ");
	told.text[0] = '\0';
	assert_true(policy_walk_due(s, START + DAY, 10, say_domain, &told));
	assert_string_equal(told.text, "week.example.net=due ");
	told.text[0] = '\0';
	assert_true(policy_walk_due(s, START + 3 * DAY, 1, say_domain, &told));
	assert_string_equal(told.text, "held.example.net=due ");
	assert_true(policy_walk_due(s, START + 3 * DAY, 2, say_domain, &told));
	assert_string_equal(told.text,
			    "held.example.net=due held.example.net=due week.example.net=due ");
	assert_true(store_commit(s));
	store_close(s);
}

/* Whoever has a name for each of a million mails fills no disk with them. */
static void
the_last_so_many_are_told_from_those_before(void **state)
{
	struct fixture *p = *state;
	struct policy_row row = {.status = "absent"};
	struct store *s = begin(p->path);
	int64_t since = 0, count;
	char name[32];

	for (int i = 0; i < 10; i++) {
		snprintf(name, sizeof(name), "n%d.example.net", i);
		row.domain = name;
		row.learnt = START + i;
		save(s, &row);
	}
	assert_true(policy_since(s, 10, &since));
	assert_true(since == INT64_MIN);
	assert_true(policy_since(s, 4, &since));
	assert_true(since == START + 6);
	assert_true(policy_sweep(s, since, START, &count));
	assert_int_equal(count, 6);
	assert_true(store_commit(s));
	store_close(s);
}

static void
nothing_is_saved_outside_of_a_transaction(void **state)
{
	struct fixture *p = *state;
	struct policy_row row = enforced("example.net");
	struct store *s = open_store(p->path, STORE_CREATE);

	assert_false(policy_save(s, &row, NULL));
	store_close(s);
	assert_query(p->path, "SELECT count(*) FROM policies", "0\n");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    FIXTURE_TEST(what_is_known_comes_back_after_a_restart),
	    FIXTURE_TEST(a_later_answer_replaces_all_of_an_earlier_one),
	    FIXTURE_TEST(each_change_of_a_policy_is_noted_once),
	    FIXTURE_TEST(a_domain_without_a_policy_has_no_changes),
	    FIXTURE_TEST(the_history_of_a_domain_is_bounded),
	    FIXTURE_TEST(what_is_old_goes_and_what_is_in_force_stays),
	    FIXTURE_TEST(domains_are_found_by_their_hosts),
	    FIXTURE_TEST(domains_that_were_known_are_found_by_their_hosts),
	    FIXTURE_TEST(policies_are_due_before_they_end),
	    FIXTURE_TEST(the_last_so_many_are_told_from_those_before),
	    FIXTURE_TEST(nothing_is_saved_outside_of_a_transaction),
	};

	return cmocka_run_group_tests_name("db policy", tests, NULL, NULL);
}
