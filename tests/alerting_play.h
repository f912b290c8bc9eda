/*
 * For tests of the alerting alone: the courier is played, the test says what a sink does, and when,
 * and sets the clock. To be included once, by a test that links no other dispatcher.
 */
#ifndef TESTS_ALERTING_PLAY_H
#define TESTS_ALERTING_PLAY_H

#include "tests/news_build.h"

#include "monitor/role/alerting.h"
#include "monitor/role/turn.h"
#include "tests/dispatcher_idle.h"

#define SECOND INT64_C(1000000)
#define MINUTE (60 * SECOND)
#define HOUR   (60 * MINUTE)
#define DAY    (24 * HOUR)

#define SENDS_MAX 20000

/* ---- The courier, played ---- */

struct sending {
	int64_t at, delivery, alert, incident;
	enum alert_event event;
	enum severity severity;
	size_t sink;
	int64_t held_back;
	enum dispatched how;
};

static struct {
	struct dispatcher_config config;
	int64_t now; /* the wall clock of the test */
	int64_t set; /* by how much it was set ahead, in all */
	struct {
		int64_t delivery;  /* under way; 0: none */
		int64_t answer_at; /* by a clock that is never set */
		enum dispatched how;
	} slots[SINKS_MAX];
	enum dispatched (*behave)(size_t sink, int64_t now, const struct sending *s);
	int64_t delay; /* of an answer */
	struct sending sends[SENDS_MAX];
	size_t count;
	struct sending rendered; /* what alert_render saw last */
} play;

struct dispatcher *
dispatcher_new(const struct dispatcher_config *config)
{
	play.config = *config;
	return (struct dispatcher *)(void *)&play;
}

void
dispatcher_free(struct dispatcher *d)
{
	(void)d;
	memset(play.slots, 0, sizeof(play.slots));
}

bool
dispatcher_is_free(const struct dispatcher *d, size_t sink)
{
	(void)d;
	return play.slots[sink].delivery == 0;
}

bool
dispatcher_give(struct dispatcher *d, int64_t delivery, size_t sink, struct bytes payload)
{
	struct sending *s = &play.sends[play.count];

	assert_true(dispatcher_is_free(d, sink));
	assert_true(play.count < SENDS_MAX);
	assert_int_equal(payload.len, strlen("payload\n"));
	*s = play.rendered;
	s->at = play.now;
	s->delivery = delivery;
	s->sink = sink;
	s->how = play.behave(sink, play.now, s);
	play.count++;
	play.slots[sink].delivery = delivery;
	play.slots[sink].answer_at = play.now - play.set + play.delay;
	play.slots[sink].how = s->how;
	return true;
}

void
dispatcher_run(struct dispatcher *d)
{
	(void)d;
	for (size_t i = 0; i < SINKS_MAX; i++) {
		int64_t delivery = play.slots[i].delivery;

		if (delivery == 0 || play.now - play.set < play.slots[i].answer_at)
			continue;
		play.slots[i].delivery = 0;
		play.config.told(play.config.ctx, delivery, play.slots[i].how,
				 play.slots[i].how == DISPATCH_SENT ? "" : "503 Unavailable");
	}
}

bool
alert_render(const struct alert *a, const struct sink *sink, const char *host, FILE *out)
{
	(void)sink;
	assert_non_null(host);
	play.rendered = (struct sending){.alert = a->id,
					 .incident = a->incident,
					 .event = a->event,
					 .severity = a->severity,
					 .held_back = a->held_back};
	if (a->incident != 0) {
		assert_non_null(a->incident_json);
		assert_string_equal(a->kind, "starttls-stripped");
		assert_string_equal(a->evidence[0].what, "EHLO reply");
		assert_string_equal(a->evidence[1].value, "no loss");
		assert_non_null(a->advice);
		assert_string_equal(a->sensor, "tap1");
	}
	fputs("payload\n", out);
	return true;
}

/* ---- The stage ---- */

static enum dispatched
takes_all(size_t sink, int64_t now, const struct sending *s)
{
	(void)sink, (void)now, (void)s;
	return DISPATCH_SENT;
}

static enum dispatched
takes_nothing(size_t sink, int64_t now, const struct sending *s)
{
	(void)sink, (void)now, (void)s;
	return DISPATCH_LATER;
}

static struct sink sink_room[3];
static struct sinks sinks = {sink_room, 1};

struct stage {
	struct fixture *fixture;
	struct store *store;
	struct alerting *alerting;
	int incidents;
};

static void
begin(struct stage *t, void **state, size_t sink_count)
{
	*t = (struct stage){.fixture = *state};
	memset(&play, 0, sizeof(play));
	memset(sink_room, 0, sizeof(sink_room));
	play.behave = takes_all;
	play.now = START;
	sinks.count = sink_count;
	for (size_t i = 0; i < sink_count; i++) {
		static const char *const names[] = {"ops", "pager", "board"};

		sink_room[i] =
		    (struct sink){.name = names[i], .type = SINK_FILE, .rate_span = SINK_RATE_SPAN};
	}
	t->store = open_store(t->fixture->path, STORE_CREATE);
	t->alerting = alerting_new(NULL, NULL, &sinks, NULL);
	assert_non_null(t->alerting);
}

static void
end(struct stage *t)
{
	alerting_free(t->alerting);
	store_close(t->store);
	assert_sound(t->fixture->path);
}

/* A session of the n-th incident, of that severity; what is news of it is queued. */
static void
happen(struct stage *t, int n, enum severity_rank severity)
{
	static int views;

	add_news(t->store, &sinks, n, ++views, severity, play.now);
	alerting_stir(t->alerting);
}

static void
run(struct stage *t)
{
	const struct plan_time now = {.wall = play.now,
				      .steady = play.now - play.set - START + DAY};

	alerting_run(t->alerting, t->store, &now);
}

/* Let time go by. */
static void
pass(struct stage *t, int64_t span, int64_t step)
{
	for (int64_t end = play.now + span; play.now < end;) {
		run(t);
		play.now += step < end - play.now ? step : end - play.now;
	}
	run(t);
}

static size_t
count_sent(void)
{
	size_t count = 0;

	for (size_t i = 0; i < play.count; i++)
		count += play.sends[i].how == DISPATCH_SENT;
	return count;
}

#endif
