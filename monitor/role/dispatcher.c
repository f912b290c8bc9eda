/* The keeper's end of the courier; see dispatcher.h. */
#include "monitor/role/dispatcher.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "monitor/clock.h"
#include "monitor/log.h"
#include "monitor/role/courier_message.h"
#include "monitor/role/ward.h"

/* A payload for each sink, in a courier that takes none. */
#define HELD (SINKS_MAX * (DISPATCH_PAYLOAD_MAX + 64))

/* One of the two processes. */
struct hand {
	struct dispatcher *dispatcher;
	struct ward ward;
	bool is_wanted;      /* some sink needs it */
	bool is_outworn;     /* it wants a successor when it has answered all */
	int64_t given_until; /* ... and is given no more from then on, to come to that */
};

enum { COURIER, RUNNER, HANDS };

_Static_assert((int)HANDS == DISPATCHER_PROCESSES, "each of them is a process");

struct dispatcher {
	struct dispatcher_config config;
	struct hand hands[HANDS];
	int64_t under_way[SINKS_MAX]; /* deliveries; 0: none */
	int64_t free_from[SINKS_MAX]; /* milliseconds: a sink asked to be left alone till then */
	bool is_stale[SINKS_MAX];     /* it takes nothing before its process has a successor */
	int epoll;                    /* what both say, in one descriptor */
};

static struct hand *
hand_of(const struct dispatcher *d, size_t sink)
{
	const bool takes_program = send_takes_program(&d->config.sinks->at[sink]);

	return (struct hand *)(uintptr_t)&d->hands[takes_program ? RUNNER : COURIER];
}

static bool
configure(void *ctx, struct channel *c)
{
	const struct dispatcher *d = ((const struct hand *)ctx)->dispatcher;
	const struct sinks *sinks = d->config.sinks;
	struct courier_config config = {.sinks = (uint8_t)sinks->count};

	if (d->config.user != NULL)
		snprintf(config.user, sizeof(config.user), "%s", d->config.user);
	for (size_t i = 0; i < sinks->count; i++) {
		courier_message_put_sink(channel_out(c), &sinks->at[i]);
		if (!channel_flush(c))
			return false;
	}
	courier_message_put_config(channel_out(c), &config);
	return channel_flush(c);
}

/* It is renewed as soon as nothing is under way; at the latest when what is slow is over. */
static void
wear_out(struct hand *hand, int64_t patience)
{
	const int64_t until = clock_steady() + patience;

	if (!hand->is_outworn || until < hand->given_until)
		hand->given_until = until;
	hand->is_outworn = true;
}

static bool
take_delivered(struct hand *hand, struct bytes body)
{
	struct dispatcher *d = hand->dispatcher;
	struct delivered answer;
	int64_t id;

	if (!courier_message_get_delivered(body, &answer) || answer.id == 0 ||
	    d->under_way[answer.sink] != (int64_t)answer.id || hand_of(d, answer.sink) != hand)
		return false;
	id = d->under_way[answer.sink];
	d->under_way[answer.sink] = 0;
	/* The others need not wait for this one. */
	if (answer.outcome.wants_renewal)
		wear_out(hand, SINK_TIMEOUT);
	d->is_stale[answer.sink] |= answer.outcome.wants_renewal;
	if (answer.outcome.wait > 0)
		d->free_from[answer.sink] = clock_steady() + (int64_t)answer.outcome.wait * 1000;
	if (answer.outcome.how == DISPATCH_SENT)
		ward_did(&hand->ward);
	d->config.told(d->config.ctx, id, answer.outcome.how, answer.outcome.why);
	return true;
}

static bool
take(void *ctx, enum message type, struct bytes body)
{
	struct hand *hand = ctx;

	/* It does not say which sink it is that something became of. */
	if (type == MESSAGE_OUTWORN)
		wear_out(hand, 0);
	return type == MESSAGE_OUTWORN || (type == MESSAGE_DELIVERED && take_delivered(hand, body));
}

/* It has a successor, which opens everything anew. */
static void
freshen(struct hand *hand)
{
	struct dispatcher *d = hand->dispatcher;

	hand->is_outworn = false;
	for (size_t i = 0; i < d->config.sinks->count; i++)
		if (hand_of(d, i) == hand)
			d->is_stale[i] = false;
}

static void
on_lost(void *ctx)
{
	struct hand *hand = ctx;
	struct dispatcher *d = hand->dispatcher;

	freshen(hand);
	for (size_t i = 0; i < d->config.sinks->count; i++) {
		int64_t id = d->under_way[i];

		if (id == 0 || hand_of(d, i) != hand)
			continue;
		d->under_way[i] = 0;
		d->config.told(d->config.ctx, id, DISPATCH_LOST,
			       "the process that sends died: perhaps it was sent");
	}
}

/* ---- Start and end ---- */

static bool
begin(struct dispatcher *d, int which)
{
	struct hand *hand = &d->hands[which];
	const struct ward_config ward = {
	    .starter = d->config.starter,
	    .role = which == RUNNER ? "runner" : "courier",
	    .task = which == RUNNER ? "runs sinks' commands" : "sends alerts",
	    .loss = "what it had not sent is sent again",
	    .held = HELD,
	    .configure = configure,
	    .take = take,
	    .lost = on_lost,
	    .ctx = hand,
	};

	hand->dispatcher = d;
	for (size_t i = 0; i < d->config.sinks->count; i++)
		hand->is_wanted |= hand_of(d, i) == hand;
	return !hand->is_wanted || ward_begin(&hand->ward, &ward);
}

/* Have what the two say, or can be told again, wake whoever polls. */
static void
watch(struct dispatcher *d)
{
	for (size_t i = 0; i < HANDS; i++) {
		const struct ward *w = &d->hands[i].ward;
		struct epoll_event event = {.events = EPOLLIN | (ward_wants_out(w) ? EPOLLOUT : 0)};
		int end = ward_descriptor(w);

		/* One that was closed is in it no more, whatever has its number now. */
		if (end >= 0 && epoll_ctl(d->epoll, EPOLL_CTL_MOD, end, &event) != 0)
			epoll_ctl(d->epoll, EPOLL_CTL_ADD, end, &event);
	}
}

struct dispatcher *
dispatcher_new(const struct dispatcher_config *config)
{
	struct dispatcher *d = calloc(1, sizeof(*d));

	if (d != NULL) {
		d->config = *config;
		d->epoll = epoll_create1(EPOLL_CLOEXEC);
	}
	if (d == NULL || d->epoll < 0) {
		log_error("cannot start what sends alerts: %s", strerror(errno));
		free(d);
		return NULL;
	}
	if (begin(d, COURIER) && begin(d, RUNNER)) {
		watch(d);
		return d;
	}
	dispatcher_free(d);
	return NULL;
}

void
dispatcher_free(struct dispatcher *d)
{
	if (d == NULL)
		return;
	for (size_t i = 0; i < HANDS; i++)
		ward_end(&d->hands[i].ward);
	close(d->epoll);
	free(d);
}

/* ---- Talking ---- */

bool
dispatcher_is_free(const struct dispatcher *d, size_t sink)
{
	const int64_t now = clock_steady();
	const struct hand *hand;

	if (sink >= d->config.sinks->count)
		return false;
	hand = hand_of(d, sink);
	return hand->ward.is_ready && (!hand->is_outworn || now < hand->given_until) &&
	       !d->is_stale[sink] && d->under_way[sink] == 0 && now >= d->free_from[sink];
}

bool
dispatcher_give(struct dispatcher *d, int64_t delivery, size_t sink, struct bytes payload)
{
	const struct delivery one = {
	    .id = (uint64_t)delivery, .sink = (uint8_t)sink, .payload = payload};
	struct channel *c;

	if (delivery <= 0 || payload.len > DISPATCH_PAYLOAD_MAX || !dispatcher_is_free(d, sink))
		return false;
	c = hand_of(d, sink)->ward.channel;
	if (!channel_has_room(c))
		return false;
	d->under_way[sink] = delivery;
	courier_message_put_delivery(channel_out(c), &one);
	/* That the other end is gone is seen when it is heard. */
	channel_offer(c);
	watch(d);
	return true;
}

/* Which of the two is to be told more, epoll knows. */
int
dispatcher_descriptor(const struct dispatcher *d)
{
	return d->epoll;
}

/* Sinks that asked for a pause are free when it is over: whoever waits is woken then. */
int
dispatcher_wait(const struct dispatcher *d)
{
	const int64_t now = clock_steady();
	int64_t wait = -1;

	for (size_t i = 0; i < HANDS; i++) {
		int64_t left = d->hands[i].is_wanted ? ward_wait(&d->hands[i].ward) : -1;

		if (left >= 0 && (wait < 0 || left < wait))
			wait = left;
	}
	for (size_t i = 0; i < d->config.sinks->count; i++) {
		int64_t left = d->free_from[i] - now;

		if (left > 0 && (wait < 0 || left < wait))
			wait = left;
	}
	return (int)wait;
}

static bool
is_idle(const struct hand *hand)
{
	const struct dispatcher *d = hand->dispatcher;

	for (size_t i = 0; i < d->config.sinks->count; i++)
		if (d->under_way[i] != 0 && hand_of(d, i) == hand)
			return false;
	return true;
}

void
dispatcher_run(struct dispatcher *d)
{
	for (size_t i = 0; i < HANDS; i++) {
		struct hand *hand = &d->hands[i];

		if (!hand->is_wanted)
			continue;
		ward_run(&hand->ward);
		if (hand->is_outworn && hand->ward.channel != NULL && is_idle(hand)) {
			freshen(hand);
			ward_renew(&hand->ward);
		}
	}
	watch(d);
}

size_t
dispatcher_processes(const struct dispatcher *d,
		     struct dispatcher_process out[DISPATCHER_PROCESSES])
{
	size_t count = 0;

	for (size_t i = 0; i < HANDS; i++) {
		const struct ward *w = &d->hands[i].ward;

		if (d->hands[i].is_wanted)
			out[count++] = (struct dispatcher_process){.role = w->config.role,
								   .is_up = ward_is_up(w),
								   .restarts = ward_restarts(w)};
	}
	return count;
}

pid_t
dispatcher_pid(const struct dispatcher *d)
{
	return d->hands[COURIER].ward.process.pid;
}

pid_t
dispatcher_runner_pid(const struct dispatcher *d)
{
	return d->hands[RUNNER].ward.process.pid;
}
