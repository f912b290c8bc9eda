/* Mutes and what stands open with sinks that keep a state. */
#include "tests/news_build.h"

#include "monitor/alert/hush.h"

#define MINUTE INT64_C(60000000)

static struct sink sink_room[] = {
    {.name = "board", .type = SINK_WEBHOOK, .format = SINK_ALERTMANAGER},
    {.name = "log", .type = SINK_FILE},
};
static const struct sinks sinks = {sink_room, 2};

static int64_t
add_mute(struct store *s, const char *servers, enum severity_rank severity, int64_t until)
{
	struct mute_row row = {.kinds = "",
			       .clients = "",
			       .servers = servers,
			       .domains = "",
			       .severity = severity,
			       .until = until,
			       .why = "known"};

	assert_true(store_begin(s));
	assert_true(mute_put(s, &row, START));
	assert_true(store_commit(s));
	return row.id;
}

/* As a keeper does; how many changes there were, 99: it was not due. */
static size_t
look(struct hush *h, struct store *s, int64_t now)
{
	struct hush_change changes[HUSH_MOST];
	size_t count;

	if (!hush_is_due(h, s, &sinks, now))
		return 99;
	assert_true(hush_find(h, s, &sinks, now, changes, &count));
	assert_true(store_begin(s));
	assert_true(hush_apply(s, changes, count, now));
	assert_true(store_commit(s));
	return count;
}

/* All that waits for the sink is sent, and marked. */
static void
send_all(struct store *s, const char *sink, int64_t now)
{
	struct outbox_delivery room[16];
	size_t count;

	assert_true(outbox_due(s, sink, INT64_MAX, room, 16, &count));
	assert_true(store_begin(s));
	for (size_t i = 0; i < count; i++)
		assert_true(outbox_sent(s, room[i].id, now));
	assert_true(store_commit(s));
}

static void
assert_alerts(const struct fixture *p, const char *wanted)
{
	char *text = dump(p->path, "SELECT group_concat(sink || ' ' || event || ' ' || incident,"
				   " ', ') FROM (SELECT * FROM v_alerts ORDER BY id, sink)");

	text[strcspn(text, "\n")] = '\0';
	assert_string_equal(text, wanted);
	free(text);
}

#define OPENED "board opened 1, log opened 1, board opened 2, log opened 2"

static struct store *
begin(const struct fixture *p, struct hush *h)
{
	struct store *s = open_store(p->path, STORE_CREATE);

	*h = (struct hush){.muting = MUTING_NONE};
	for (int n = 0; n < 2; n++)
		add_news(s, &sinks, n, n, RANK_WARNING, START);
	send_all(s, "board", START);
	assert_alerts(p, OPENED);
	return s;
}

static void
end(struct store *s, struct hush *h, const struct fixture *p)
{
	hush_free(h);
	store_close(s);
	assert_sound(p->path);
}

static void
what_is_muted_is_over_there_and_nowhere_else(void **state)
{
	const struct fixture *p = *state;
	struct hush h;
	struct store *s = begin(p, &h);
	int64_t count;

	assert_int_equal(look(&h, s, START), 0);
	add_mute(s, "198.51.0.1", RANK_CRITICAL, INT64_MAX);
	h.looked = 0;
	assert_int_equal(look(&h, s, START), 1);
	assert_alerts(p, OPENED ", board closed 2");
	/* It is not told that it is open, nor that it is over once more. */
	send_all(s, "board", START + MINUTE);
	assert_int_equal(look(&h, s, START + MINUTE), 0);
	assert_true(store_begin(s));
	assert_true(outbox_renew(s, "board", INT64_MAX, START + MINUTE, 64, &count));
	assert_true(store_commit(s));
	assert_int_equal(count, 1);
	assert_alerts(p, OPENED ", board closed 2, board renewed 1");
	end(s, &h, p);
}

/* Of two watches that share a database each has mutes of its own: one would hush what the other
 * unhushes. */
static void
a_sink_that_another_serves_is_left_to_it(void **state)
{
	static const bool board_alone[] = {true, false}, log_alone[] = {false, true};
	const struct fixture *p = *state;
	struct hush h;
	struct store *s = begin(p, &h);

	add_mute(s, "198.51.0.1", RANK_CRITICAL, INT64_MAX);
	h.served = log_alone;
	assert_int_equal(look(&h, s, START), 99);
	assert_alerts(p, OPENED);
	h.served = board_alone;
	assert_int_equal(look(&h, s, START), 1);
	assert_alerts(p, OPENED ", board closed 2");
	end(s, &h, p);
}

static void
it_is_open_again_when_the_mute_is_gone(void **state)
{
	const struct fixture *p = *state;
	struct hush h;
	struct store *s = begin(p, &h);
	int64_t id = add_mute(s, "198.51.0.1", RANK_CRITICAL, INT64_MAX), count;

	assert_int_equal(look(&h, s, START), 1);
	send_all(s, "board", START);
	assert_int_equal(mute_remove(s, id, START), MUTE_REMOVED);
	assert_int_equal(look(&h, s, START + MINUTE), 1);
	assert_true(outbox_has_stale(s, "board", START));
	assert_true(store_begin(s));
	assert_true(outbox_renew(s, "board", START, START + MINUTE, 64, &count));
	assert_true(store_commit(s));
	assert_alerts(p, OPENED ", board closed 2, board renewed 2");
	end(s, &h, p);
}

static void
a_mute_ends_by_itself(void **state)
{
	const struct fixture *p = *state;
	struct hush h;
	struct store *s = begin(p, &h);

	add_mute(s, "198.51.0.1", RANK_CRITICAL, START + MINUTE / 2);
	assert_int_equal(look(&h, s, START), 1);
	assert_int_equal(look(&h, s, START + MINUTE / 2), 99);
	assert_int_equal(look(&h, s, START + MINUTE), 1);
	assert_int_equal(look(&h, s, START + 2 * MINUTE), 0);
	end(s, &h, p);
}

static void
what_is_graver_than_the_mute_is_not_hushed(void **state)
{
	const struct fixture *p = *state;
	struct hush h;
	struct store *s = begin(p, &h);

	add_mute(s, "198.51.0.1", RANK_NOTICE, INT64_MAX);
	assert_int_equal(look(&h, s, START), 0);
	end(s, &h, p);
}

static void
what_is_raised_is_hushed_no_more(void **state)
{
	const struct fixture *p = *state;
	struct hush h;
	struct store *s = begin(p, &h);

	add_mute(s, "198.51.0.1", RANK_WARNING, INT64_MAX);
	assert_int_equal(look(&h, s, START), 1);
	add_news(s, &sinks, 1, 7, RANK_CRITICAL, START + MINUTE);
	assert_int_equal(look(&h, s, START + 2 * MINUTE), 0);
	assert_alerts(p, OPENED ", board closed 2, board raised 2, log raised 2");
	end(s, &h, p);
}

/* Other connections' writes are seen at once; a minute is waited for only where there are none. */
static void
it_is_due_when_another_process_wrote(void **state)
{
	const struct fixture *p = *state;
	struct hush h;
	struct store *s = begin(p, &h), *other = open_store(p->path, STORE_WRITE);

	assert_int_equal(look(&h, s, START), 0);
	assert_int_equal(look(&h, s, START + MINUTE / 2), 99);
	add_mute(other, "198.51.0.0/24", RANK_CRITICAL, INT64_MAX);
	store_close(other);
	assert_int_equal(look(&h, s, START + MINUTE / 2), 2);
	end(s, &h, p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    FIXTURE_TEST(what_is_muted_is_over_there_and_nowhere_else),
	    FIXTURE_TEST(a_sink_that_another_serves_is_left_to_it),
	    FIXTURE_TEST(it_is_open_again_when_the_mute_is_gone),
	    FIXTURE_TEST(a_mute_ends_by_itself),
	    FIXTURE_TEST(what_is_graver_than_the_mute_is_not_hushed),
	    FIXTURE_TEST(what_is_raised_is_hushed_no_more),
	    FIXTURE_TEST(it_is_due_when_another_process_wrote),
	};

	return cmocka_run_group_tests_name("monitor_hush", tests, NULL, NULL);
}
