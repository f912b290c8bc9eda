/*
 * The parts of the baseline: marks that age, and a cache that stays within its
 * bounds and loses nothing that matters.
 */
#include "tests/db_build.h"

#include "monitor/baseline/mark_text.h"
#include "monitor/baseline/memory.h"
#include "monitor/baseline/shelf.h"

#define SECOND INT64_C(1000000)

static struct mark
counted_from(int64_t time, int yes, int no)
{
	struct mark m = {.kind = MARK_OFFERED};

	for (int i = 0; i < yes; i++)
		mark_count(&m, true, time + i);
	for (int i = 0; i < no; i++)
		mark_count(&m, false, time + yes + i);
	return m;
}

static void
two_spans_count_and_what_is_older_does_not(void **state)
{
	struct mark m = counted_from(START, 5, 2);
	struct tally t = mark_tally(&m, START + 7);

	(void)state;
	assert_int_equal(t.yes, 5);
	assert_int_equal(t.no, 2);
	assert_int_equal(t.first, START);
	assert_int_equal(mark_tally(&m, START + MARK_SPAN).yes, 5);
	assert_int_equal(mark_tally(&m, START + 2 * MARK_SPAN).yes, 0);
	/* nor does what is to come: captures may be read in any order, and sessions told in any */
	assert_int_equal(mark_tally(&m, START - 1).yes, 0);
	assert_int_equal(mark_tally(&m, START - HISTORY_HOUR - 1).yes, 0);
	assert_int_equal(mark_tally(&m, START - 3 * MARK_SPAN).yes, 0);
	mark_count(&m, true, START + MARK_SPAN + 5);
	t = mark_tally(&m, START + MARK_SPAN + 5);
	assert_int_equal(t.yes, 6);
	assert_int_equal(t.first, START);
	assert_int_equal(mark_tally(&m, START + 2 * MARK_SPAN + 5).yes, 1);
	/* a session of the span before is counted there, one before that not at all */
	mark_count(&m, true, START + 6);
	assert_int_equal(mark_tally(&m, START + MARK_SPAN + 5).yes, 7);
	mark_count(&m, true, START - 1);
	assert_int_equal(mark_tally(&m, START + MARK_SPAN + 5).yes, 7);
	/* a year later it begins anew */
	mark_count(&m, false, START + 13 * MARK_SPAN);
	t = mark_tally(&m, START + 13 * MARK_SPAN);
	assert_int_equal(t.yes + t.no, 1);
	assert_int_equal(t.recent_count, 1);
	assert_int_equal(mark_tally(NULL, START).yes, 0);
}

/* Not so before, and so since. */
static void
what_is_so_since_was_not_so_before(void **state)
{
	struct mark m = {.kind = MARK_OFFERED};
	struct tally t;

	(void)state;
	mark_count(&m, true, START + HISTORY_DAY);
	mark_count(&m, false, START);
	t = mark_tally(&m, START + HISTORY_HOUR);
	assert_int_equal(t.yes, 0);
	assert_int_equal(t.no, 1);
	assert_int_equal(t.recent_count, 0);
	assert_int_equal(t.last_yes, 0);
	t = mark_tally(&m, START + HISTORY_DAY);
	assert_int_equal(t.yes, 1);
	assert_int_equal(t.no, 1);
}

/* Told some seconds late: of the last twenty, at its place among them. */
static void
what_is_told_late_is_one_of_the_last(void **state)
{
	struct mark m = counted_from(START, 1, 0);
	struct tally t;

	(void)state;
	mark_count(&m, false, START + 10 * SECOND);
	for (int i = 1; i < 4; i++)
		mark_count(&m, true, START + i * SECOND);
	t = mark_tally(&m, START + 10 * SECOND);
	assert_int_equal(t.recent_count, 5);
	assert_int_equal(tally_recent_yes(&t), 4);
	assert_int_equal(t.recent & 1, 0);
	assert_int_equal(m.turned, START + 10 * SECOND);
	mark_count(&m, false, START + 11 * SECOND);
	assert_int_equal(m.turned, START + 10 * SECOND);
	/* so much earlier that it is of another capture */
	mark_count(&m, true, START + 11 * SECOND - HISTORY_HOUR);
	assert_int_equal(mark_tally(&m, START + 11 * SECOND).recent_count, 6);
	assert_int_equal(mark_tally(&m, START + 11 * SECOND).yes, 5);
}

/* So, then not, for good: in whatever order that is told, it was not so by turns. */
static void
the_last_ones_are_in_order_however_they_are_told(void **state)
{
	static const unsigned orders[][8] = {
	    {0, 1, 2, 3, 4, 5, 6, 7}, {7, 6, 5, 4, 3, 2, 1, 0}, {4, 5, 0, 6, 7, 1, 2, 3},
	    {4, 0, 5, 1, 6, 2, 7, 3}, {3, 7, 0, 4, 2, 6, 1, 5},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(orders) / sizeof(orders[0]); i++) {
		struct mark m = counted_from(START - 3 * HISTORY_HOUR, 1, 0);
		struct tally t;

		for (int k = 0; k < 8; k++)
			mark_count(&m, orders[i][k] < 4, START + orders[i][k] * SECOND);
		t = mark_tally(&m, START + 7 * SECOND);
		assert_int_equal(t.recent, 0x1f0);
		assert_int_equal(t.recent_count, 9);
		assert_int_equal(m.turned, START + 4 * SECOND);
		/* as it was known when one of them began */
		t = mark_tally(&m, START + 5 * SECOND);
		assert_int_equal(t.recent, 0x7c);
		assert_int_equal(t.yes, 5);
		assert_int_equal(t.no, 2);
		t = mark_tally(&m, START + SECOND);
		assert_int_equal(t.recent, 7);
		assert_int_equal(t.yes, 3);
		assert_int_equal(t.no, 0);
	}
}

static void
a_habit_is_nine_of_ten_of_the_last_twenty(void **state)
{
	struct mark m = counted_from(START, 2, 0);
	struct tally t = mark_tally(&m, START + HISTORY_HOUR);

	(void)state;
	assert_false(tally_is_steady(&t));
	m = counted_from(START, 3, 0);
	t = mark_tally(&m, START + HISTORY_HOUR);
	assert_true(tally_is_steady(&t));
	m = counted_from(START, 500, 2);
	t = mark_tally(&m, START + HISTORY_HOUR);
	assert_int_equal(tally_recent_yes(&t), 18);
	assert_true(tally_is_steady(&t));
	m = counted_from(START, 500, 3);
	t = mark_tally(&m, START + HISTORY_HOUR);
	assert_false(tally_is_steady(&t));
	mark_absolve(&m);
	t = mark_tally(&m, START + HISTORY_HOUR);
	assert_true(tally_is_steady(&t));
	assert_int_equal(t.no, 0);
}

static void
names_of_marks_lead_back_to_them(void **state)
{
	enum mark_kind kind;

	(void)state;
	for (int i = 0; i < MARK_KINDS; i++) {
		assert_true(mark_kind_of(mark_name((enum mark_kind)i), &kind));
		assert_int_equal(kind, i);
	}
	assert_false(mark_kind_of("nothing", &kind));
}

/* ---- Marks as text ---- */

static void
marks_survive_being_text(void **state)
{
	struct mark marks[] = {
	    counted_from(START, 5, 2),
	    {.kind = MARK_KEY,
	     .value = "ab \\ \" cd",
	     .yes = UINT32_MAX,
	     .first = 1,
	     .until = START},
	    {.kind = MARK_HELO, .recent = 5, .recent_count = 20, .first = 7, .since = 9},
	    {.kind = MARK_OFFERED, .yes = 1, .first = 7, .since = 7, .first_yes = START},
	    {.kind = MARK_KEY, .yes = 1, .first = 7, .first_yes = 8, .until = START},
	};
	char text[MARKS_TEXT_MAX(5)];
	const char *at = text;
	struct mark got;
	size_t len;

	(void)state;
	memset(marks[2].value, '"', MARK_VALUE_MAX - 1);
	len = mark_text_write(marks, 5, text);
	assert_int_equal(len, strlen(text));
	for (int i = 0; i < 5; i++) {
		assert_true(mark_text_read(&at, &got));
		assert_memory_equal(&got, &marks[i], sizeof(got));
	}
	assert_false(mark_text_read(&at, &got));
	assert_int_equal(mark_text_write(NULL, 0, text), 2);
	assert_string_equal(text, "[]");
}

/* The file is only a file: whatever it says stays within range, and reading ends. */
static void
text_that_nobody_wrote_is_bounded(void **state)
{
	static const char *const broken[] = {"",
					     "[",
					     "]",
					     "[]",
					     "{}",
					     "[[",
					     "[[\"",
					     "[[\"offered\"",
					     "[[\"offered\",\"\\",
					     "[[\"offered\",\"\",1]]",
					     "[[\"offered\",\"\",,0,0,0,0,0,1,0,0,0,0]]",
					     "[[\"offered\",\"\",1,0,0,0,0,0,1,0,0,0,0",
					     "[[\"unheard of\",\"\",1,0,0,0,0,0,1,0,0,0,0]]"};
	const char *at =
	    "[[\"of a later program\",\"\",1,0,0,0,0,0,1,0,0,0,0],[\"offered\",\"\",-4,"
	    "99999999999999999999999,0,0,4294967295,77,9223372036854775807,-1,"
	    "-9223372036854775808,9223372036854775807,null]]";
	struct mark m;

	(void)state;
	for (size_t i = 0; i < sizeof(broken) / sizeof(broken[0]); i++) {
		const char *from = broken[i];

		assert_false(mark_text_read(&from, &m));
	}
	assert_true(mark_text_read(&at, &m));
	assert_int_equal(m.kind, MARK_OFFERED);
	assert_int_equal(m.yes, 0);
	assert_int_equal(m.no, UINT32_MAX);
	assert_int_equal(m.recent, (1 << TALLY_RECENT) - 1);
	assert_int_equal(m.recent_count, TALLY_RECENT);
	assert_in_range(m.first, 0, INT64_MAX / 4);
	assert_in_range(m.since, 0, INT64_MAX / 4);
	assert_in_range(m.last_yes, 0, INT64_MAX / 4);
	assert_in_range(m.last_no, 0, INT64_MAX / 4);
	mark_count(&m, true, START);
	assert_false(mark_text_read(&at, &m));
}

/* ---- The shelf ---- */

static void
put(struct shelf *s, int number, const char *marks)
{
	char key[32];
	const struct subject_row row = {
	    .id = number, .key = key, .sessions = number * 2, .marks = marks};

	snprintf(key, sizeof(key), "client 192.0.2.%d", number);
	shelf_put(s, &row);
}

static bool
is_on_shelf(struct shelf *s, int number, const char *marks)
{
	char key[32];
	struct subject_row row = {.key = key};

	snprintf(key, sizeof(key), "client 192.0.2.%d", number);
	if (!shelf_find(s, &row))
		return false;
	assert_int_equal(row.id, number);
	assert_int_equal(row.sessions, number * 2);
	assert_string_equal(row.marks, marks);
	return true;
}

static void
the_shelf_keeps_what_was_asked_for_last(void **state)
{
	struct shelf *s = shelf_new(8192);
	size_t empty = shelf_bytes(s);

	(void)state;
	put(s, 1, "[1]");
	put(s, 2, "[2]");
	put(s, 2, "[22]");
	assert_true(is_on_shelf(s, 1, "[1]"));
	assert_true(is_on_shelf(s, 2, "[22]"));
	for (int i = 3; i < 1000; i++) {
		put(s, i, "[]");
		assert_true(is_on_shelf(s, 1, "[1]"));
		assert_true(is_on_shelf(s, i, "[]"));
		assert_in_range(shelf_bytes(s), empty, 8192);
	}
	assert_false(is_on_shelf(s, 2, "[22]"));
	shelf_remove(s, "client 192.0.2.1");
	shelf_remove(s, "client 192.0.2.1");
	assert_false(is_on_shelf(s, 1, "[1]"));
	shelf_empty(s);
	assert_int_equal(shelf_bytes(s), empty);
	assert_false(is_on_shelf(s, 999, "[]"));
	shelf_free(s);
}

static void
know(struct memory *m, struct store *s, const char *key, int64_t time)
{
	struct subject *who = memory_subject(m, s, key);

	assert_non_null(who);
	subject_seen(who, time);
	assert_true(subject_count(m, who, MARK_OFFERED, "", true, time));
}

static uint32_t
known(struct memory *m, struct store *s, const char *key)
{
	const struct subject *who = memory_subject(m, s, key);

	assert_non_null(who);
	return mark_tally(subject_mark(who, MARK_OFFERED, ""), START + 6 * HISTORY_DAY).yes;
}

static void
who_is_pushed_out_of_the_cache_is_fetched_again(void **state)
{
	struct fixture *p = *state;
	struct store *s = open_store(p->path, STORE_CREATE);
	struct memory *m = memory_new(8, 1000, 1000);
	char key[32];

	assert_true(store_begin(s));
	for (int round = 0; round < 3; round++) {
		for (int i = 0; i < 50; i++) {
			snprintf(key, sizeof(key), "server 198.51.100.%d 25", i);
			know(m, s, key, START + round);
		}
	}
	for (int i = 0; i < 50; i++) {
		snprintf(key, sizeof(key), "server 198.51.100.%d 25", i);
		assert_int_equal(known(m, s, key), 3);
	}
	assert_true(memory_flush(m, s));
	assert_true(store_commit(s));
	memory_free(m);
	store_close(s);
	assert_query(p->path, "SELECT count(*), sum(json_extract(marks, '$[0][2]')) FROM subjects",
		     "50|150\n");
}

static void
what_was_rolled_back_was_not_learnt(void **state)
{
	struct fixture *p = *state;
	struct store *s = open_store(p->path, STORE_CREATE);
	struct memory *m = memory_new(8, 1000, 1000);

	assert_true(store_begin(s));
	know(m, s, "server 198.51.100.1 25", START);
	store_rollback(s);
	memory_drop(m);
	assert_true(store_begin(s));
	assert_int_equal(known(m, s, "server 198.51.100.1 25"), 0);
	memory_free(m);
	store_close(s);
}

/* Thousands that nobody heard of before, once each: those who are known stay. */
static void
a_flood_pushes_out_nobody_who_is_known(void **state)
{
	struct fixture *p = *state;
	struct store *s = open_store(p->path, STORE_CREATE);
	struct memory *m = memory_new(64, 1 << 20, 600);
	char key[48];

	for (int day = 0; day < 4; day++) {
		assert_true(store_begin(s));
		for (int i = 0; i < 100; i++) {
			snprintf(key, sizeof(key), "server 198.51.100.%d 25", i);
			know(m, s, key, START + day * HISTORY_DAY);
		}
		assert_true(memory_flush(m, s));
		assert_true(store_commit(s));
	}
	for (int i = 0; i < 20000; i++) {
		if (i % 500 == 0)
			assert_true(store_begin(s));
		snprintf(key, sizeof(key), "server 203.0.%d.%d 25", i / 250, i % 250);
		know(m, s, key, START + 5 * HISTORY_DAY + i * INT64_C(1000000));
		if (i % 500 == 499) {
			assert_true(memory_flush(m, s));
			assert_true(store_commit(s));
		}
	}
	assert_true(store_begin(s));
	assert_in_range(known_count(s), 100, 700);
	for (int i = 0; i < 100; i++) {
		snprintf(key, sizeof(key), "server 198.51.100.%d 25", i);
		assert_int_equal(known(m, s, key), 4);
	}
	memory_free(m);
	store_close(s);
}

/* A clock that is ten years ahead, for one session: what is known does not become old with it. */
static void
a_wrong_clock_makes_nobody_forgotten(void **state)
{
	struct fixture *p = *state;
	struct store *s = open_store(p->path, STORE_CREATE);
	struct memory *m = memory_new(64, 8192, 1000);
	const char *known_one = "server 198.51.100.1 25";

	assert_true(store_begin(s));
	know(m, s, known_one, START);
	know(m, s, "server 198.51.100.2 25", START + 3650 * HISTORY_DAY);
	for (int batch = 0; batch < 200; batch++) {
		know(m, s, "server 198.51.100.3 25", START + batch);
		assert_true(memory_flush(m, s));
	}
	assert_int_equal(known(m, s, known_one), 1);
	store_rollback(s);
	memory_free(m);
	store_close(s);
}

static void
marks_of_a_subject_are_bounded(void **state)
{
	struct fixture *p = *state;
	struct store *s = open_store(p->path, STORE_CREATE);
	struct memory *m = memory_new(8, 1000, 1000);
	struct subject *who;
	char long_value[200], value[16];

	assert_true(store_begin(s));
	who = memory_subject(m, s, "server 198.51.100.1 25");
	subject_seen(who, START);
	for (int i = 0; i < 5; i++)
		assert_true(subject_count(m, who, MARK_NODE, "mx.example.net", true, START + i));
	for (int i = 0; i < 1000; i++) {
		snprintf(value, sizeof(value), "mx%d.example", i);
		assert_true(subject_count(m, who, MARK_NODE, value, true, START + 10 + i));
	}
	assert_in_range(who->count, 2, SUBJECT_MARKS_MAX);
	assert_non_null(subject_mark(who, MARK_NODE, "mx.example.net"));
	assert_non_null(subject_mark(who, MARK_NODE, "mx999.example"));
	memset(long_value, 'x', sizeof(long_value) - 1);
	long_value[sizeof(long_value) - 1] = '\0';
	assert_true(subject_count(m, who, MARK_HELO, long_value, true, START));
	assert_true(subject_count(m, who, MARK_HELO, long_value, true, START));
	assert_int_equal(subject_mark(who, MARK_HELO, long_value)->yes, 2);
	assert_true(memory_flush(m, s));
	assert_true(store_commit(s));
	memory_free(m);
	store_close(s);
}

/* Of a server that keeps it from some, and of one that somebody invents clients of. */
static void
neither_who_has_it_nor_who_never_had_it_pushes_out_the_other(void **state)
{
	struct fixture *p = *state;
	struct store *s = open_store(p->path, STORE_CREATE);
	struct memory *m = memory_new(8, 1 << 20, 1000);
	char value[16];

	assert_true(store_begin(s));
	for (int is_yes = 0; is_yes < 2; is_yes++) {
		struct subject *who = memory_subject(m, s, is_yes ? "server a 25" : "server b 25");
		int kept = 0;

		for (int i = 0; i < 5; i++) {
			snprintf(value, sizeof(value), "10.1.%d.0/24", i);
			assert_true(subject_count(m, who, MARK_NETWORK, value, is_yes, START + i));
		}
		for (int i = 0; i < 600; i++) {
			snprintf(value, sizeof(value), "10.2.%d.0/24", i / 5);
			assert_true(
			    subject_count(m, who, MARK_NETWORK, value, !is_yes, START + 10 + i));
		}
		assert_non_null(subject_mark(who, MARK_NETWORK, "10.2.119.0/24"));
		for (int i = 0; i < 5; i++) {
			snprintf(value, sizeof(value), "10.1.%d.0/24", i);
			kept += subject_mark(who, MARK_NETWORK, value) != NULL;
		}
		assert_int_equal(kept, 5);
		assert_int_equal(who->count, 24);
	}
	store_rollback(s);
	memory_free(m);
	store_close(s);
}

/* All kinds that there are: more than what the text of a subject has room for. */
static void
marks_of_all_kinds_are_bounded(void **state)
{
	struct fixture *p = *state;
	struct store *s = open_store(p->path, STORE_CREATE);
	struct memory *m = memory_new(8, 1 << 20, 1000);
	struct subject *who;
	char value[MARK_VALUE_MAX];

	assert_true(store_begin(s));
	who = memory_subject(m, s, "server 198.51.100.1 25");
	subject_seen(who, START);
	memset(value, '"', sizeof(value));
	for (int i = 0; i < 40; i++) {
		for (int kind = 0; kind < MARK_KINDS; kind++) {
			snprintf(value + MARK_VALUE_MAX - 8, 8, "%d", i);
			assert_true(
			    subject_count(m, who, (enum mark_kind)kind, value, true, START));
		}
	}
	assert_in_range(who->count, 2, SUBJECT_MARKS_MAX);
	assert_true(memory_flush(m, s));
	assert_true(store_commit(s));
	memory_free(m);
	store_close(s);
	assert_query(p->path, "SELECT json_array_length(marks) FROM subjects", "96\n");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(two_spans_count_and_what_is_older_does_not),
	    cmocka_unit_test(what_is_so_since_was_not_so_before),
	    cmocka_unit_test(what_is_told_late_is_one_of_the_last),
	    cmocka_unit_test(the_last_ones_are_in_order_however_they_are_told),
	    cmocka_unit_test(a_habit_is_nine_of_ten_of_the_last_twenty),
	    cmocka_unit_test(names_of_marks_lead_back_to_them),
	    cmocka_unit_test(marks_survive_being_text),
	    cmocka_unit_test(text_that_nobody_wrote_is_bounded),
	    cmocka_unit_test(the_shelf_keeps_what_was_asked_for_last),
	    FIXTURE_TEST(who_is_pushed_out_of_the_cache_is_fetched_again),
	    FIXTURE_TEST(what_was_rolled_back_was_not_learnt),
	    FIXTURE_TEST(a_flood_pushes_out_nobody_who_is_known),
	    FIXTURE_TEST(a_wrong_clock_makes_nobody_forgotten),
	    FIXTURE_TEST(marks_of_a_subject_are_bounded),
	    FIXTURE_TEST(neither_who_has_it_nor_who_never_had_it_pushes_out_the_other),
	    FIXTURE_TEST(marks_of_all_kinds_are_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
