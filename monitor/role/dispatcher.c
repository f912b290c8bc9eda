/* The keeper's end of the courier; see dispatcher.h. */
#include "monitor/role/dispatcher.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "monitor/clock.h"
#include "monitor/log.h"
#include "monitor/role/courier_message.h"
#include "monitor/role/ward.h"

/* A payload for each sink, in a courier that takes none. */
#define HELD (SINKS_MAX * (DISPATCH_PAYLOAD_MAX + 64))

struct dispatcher {
	struct dispatcher_config config;
	struct ward courier;
	int64_t under_way[SINKS_MAX]; /* deliveries; 0: none */
	int64_t free_from[SINKS_MAX]; /* milliseconds: a sink asked to be left alone till then */
	bool is_outworn;              /* the courier wants a successor when it has answered all */
};

static bool
configure(void *ctx, struct channel *c)
{
	const struct dispatcher *d = ctx;
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

static bool
take_delivered(struct dispatcher *d, struct bytes body)
{
	struct delivered answer;
	int64_t id;

	if (!courier_message_get_delivered(body, &answer) || answer.id == 0 ||
	    d->under_way[answer.sink] != (int64_t)answer.id)
		return false;
	id = d->under_way[answer.sink];
	d->under_way[answer.sink] = 0;
	d->is_outworn |= answer.outcome.wants_renewal;
	if (answer.outcome.wait > 0)
		d->free_from[answer.sink] = clock_steady() + (int64_t)answer.outcome.wait * 1000;
	if (answer.outcome.how == DISPATCH_SENT)
		ward_did(&d->courier);
	d->config.told(d->config.ctx, id, answer.outcome.how, answer.outcome.why);
	return true;
}

static bool
take(void *ctx, enum message type, struct bytes body)
{
	struct dispatcher *d = ctx;

	if (type == MESSAGE_OUTWORN)
		d->is_outworn = true;
	return type == MESSAGE_OUTWORN || (type == MESSAGE_DELIVERED && take_delivered(d, body));
}

static void
on_lost(void *ctx)
{
	struct dispatcher *d = ctx;

	d->is_outworn = false;
	for (size_t i = 0; i < SINKS_MAX; i++) {
		int64_t id = d->under_way[i];

		d->under_way[i] = 0;
		if (id != 0)
			d->config.told(d->config.ctx, id, DISPATCH_LOST,
				       "the courier died: perhaps it was sent");
	}
}

struct dispatcher *
dispatcher_new(const struct dispatcher_config *config)
{
	struct dispatcher *d = calloc(1, sizeof(*d));
	const struct ward_config courier = {
	    .starter = config->starter,
	    .role = "courier",
	    .task = "sends alerts",
	    .loss = "what it had not sent is sent again",
	    .held = HELD,
	    .configure = configure,
	    .take = take,
	    .lost = on_lost,
	    .ctx = d,
	};

	if (d == NULL) {
		log_error("cannot start what sends alerts: %s", strerror(errno));
		return NULL;
	}
	d->config = *config;
	if (ward_begin(&d->courier, &courier))
		return d;
	free(d);
	return NULL;
}

void
dispatcher_free(struct dispatcher *d)
{
	if (d == NULL)
		return;
	ward_end(&d->courier);
	free(d);
}

bool
dispatcher_is_free(const struct dispatcher *d, size_t sink)
{
	return d->courier.is_ready && !d->is_outworn && sink < d->config.sinks->count &&
	       d->under_way[sink] == 0 && clock_steady() >= d->free_from[sink];
}

bool
dispatcher_give(struct dispatcher *d, int64_t delivery, size_t sink, struct bytes payload)
{
	const struct delivery one = {
	    .id = (uint64_t)delivery, .sink = (uint8_t)sink, .payload = payload};

	if (delivery <= 0 || payload.len > DISPATCH_PAYLOAD_MAX || !dispatcher_is_free(d, sink) ||
	    !channel_has_room(d->courier.channel))
		return false;
	d->under_way[sink] = delivery;
	courier_message_put_delivery(channel_out(d->courier.channel), &one);
	/* That the other end is gone is seen when it is heard. */
	channel_offer(d->courier.channel);
	return true;
}

int
dispatcher_descriptor(const struct dispatcher *d)
{
	return ward_descriptor(&d->courier);
}

bool
dispatcher_wants_out(const struct dispatcher *d)
{
	return ward_wants_out(&d->courier);
}

/* Sinks that asked for a pause are free when it is over: whoever waits is woken then. */
int
dispatcher_wait(const struct dispatcher *d)
{
	const int64_t now = clock_steady();
	int64_t wait = ward_wait(&d->courier);

	for (size_t i = 0; i < d->config.sinks->count; i++) {
		int64_t left = d->free_from[i] - now;

		if (left > 0 && (wait < 0 || left < wait))
			wait = left;
	}
	return (int)wait;
}

static bool
is_idle(const struct dispatcher *d)
{
	for (size_t i = 0; i < SINKS_MAX; i++)
		if (d->under_way[i] != 0)
			return false;
	return true;
}

void
dispatcher_run(struct dispatcher *d)
{
	ward_run(&d->courier);
	if (d->is_outworn && d->courier.channel != NULL && is_idle(d)) {
		d->is_outworn = false;
		ward_renew(&d->courier);
	}
}

pid_t
dispatcher_pid(const struct dispatcher *d)
{
	return d->courier.process.pid;
}
