/*
 * The courier's process; see courier.h. The order: lose what is not needed, hear
 * of the sinks, open what they need, close in, serve.
 */
#include "monitor/role/courier.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "monitor/alert/send_webhook.h"
#include "monitor/clock.h"
#include "monitor/role/channel.h"
#include "monitor/role/courier_message.h"
#include "monitor/role/layers.h"

#define IDLE 60000 /* milliseconds that it sleeps at most */

struct courier {
	const struct courier_kind *kind;
	struct channel *channel;
	struct courier_config config;
	struct send_means means;
	struct courier_sink *sinks[SINKS_MAX];
	struct send sends[SINKS_MAX];
	uint64_t ids[SINKS_MAX]; /* of what is under way */
	size_t count;
	bool is_alone;   /* the keeper is gone, or says what it may not */
	bool is_outworn; /* it has said that another one is to be started */
};

static void
say_why(struct courier *c, const char *why)
{
	message_put_words(channel_out(c->channel), MESSAGE_NOTICE, bytes_text(why));
	channel_flush(c->channel);
}

/* ---- Begin ---- */

/* All sinks, and what follows them. */
static bool
hear_config(struct courier *c)
{
	enum message type;
	struct bytes body;

	while (channel_hear(c->channel, &type, &body) == HEARD_MESSAGE) {
		if (type == MESSAGE_COURIER)
			return courier_message_get_config(body, &c->config) &&
			       c->config.sinks == c->count;
		if (type != MESSAGE_SINK || c->count == SINKS_MAX)
			return false;
		c->sinks[c->count] = courier_message_get_sink(body);
		if (c->sinks[c->count++] == NULL)
			return false;
	}
	return false;
}

/* A runner has no part in the network. */
static bool
open_network(struct courier *c)
{
	if (c->kind->is_runner)
		return true;
	c->means.resolve = resolve_new();
	c->means.webhooks = webhooks_new();
	if (c->means.resolve != NULL && c->means.webhooks != NULL)
		return true;
	say_why(c, "c-ares or libcurl cannot be started (out of memory?)");
	return false;
}

static bool
open_means(struct courier *c)
{
	if (!open_network(c))
		return false;
	for (size_t i = 0; i < c->count; i++) {
		const struct sink *sink = &c->sinks[i]->sink;
		struct send *s = &c->sends[i];

		*s = (struct send){.sink = sink, .means = &c->means, .descriptor = -1};
		if (send_takes_program(sink) == c->kind->is_runner)
			s->way = send_way_of(sink);
		if (s->way != NULL)
			s->way->open(s);
	}
	return true;
}

/* False, and told, where it cannot be what it is to be. */
static bool
prepare(struct courier *c, const struct sandbox *box)
{
	struct sandbox sandbox = *box;
	int error[LAYERS];

	sandbox.memory = COURIER_MEMORY;
	/* Before anything is opened that is to be kept. */
	c->kind->approach(&sandbox, error);
	if (!hear_config(c))
		return false;
	c->means.user = c->config.user;
	if (!sandbox_find_user(&sandbox, c->config.user)) {
		say_why(c, "there is no such user, or it is root");
		return false;
	}
	/* The C library opens a file the first time that it turns a moment into a date. */
	tzset();
	if (!open_means(c))
		return false;
	c->kind->enter(&sandbox, error);
	layers_put(channel_out(c->channel), error);
	return channel_flush(c->channel);
}

/* ---- Serve ---- */

/* What is over is told. What is told waits for the keeper where it must: it never waits for us. */
static void
settle(struct courier *c)
{
	for (size_t i = 0; i < c->count; i++) {
		struct send *s = &c->sends[i];
		struct delivered d = {.id = c->ids[i], .sink = (uint8_t)i, .outcome = s->outcome};

		if (s->is_busy || c->ids[i] == 0)
			continue;
		c->ids[i] = 0;
		courier_message_put_delivered(channel_out(c->channel), &d);
		c->is_alone |= !channel_flush(c->channel);
	}
}

/* What it opened is not what the name leads to any more: it can open nothing itself. */
static void
notice_age(struct courier *c)
{
	for (size_t i = 0; !c->is_outworn && i < c->count; i++)
		if (c->sends[i].was_replaced) {
			message_put_empty(channel_out(c->channel), MESSAGE_OUTWORN);
			c->is_alone |= !channel_flush(c->channel);
			c->is_outworn = true;
		}
}

static bool
keep_payload(struct send *s, struct bytes payload)
{
	uint8_t *copy = malloc(payload.len + 1);

	if (copy != NULL)
		memcpy(copy, payload.at, payload.len);
	s->payload = (struct bytes){copy, payload.len};
	/* cppcheck-suppress memleak ; send_finish frees it */
	return copy != NULL;
}

static bool
take_delivery(struct courier *c, struct bytes body)
{
	struct delivery d;
	struct send *s;

	if (!courier_message_get_delivery(body, &d) || d.id == 0 || d.sink >= c->count ||
	    c->ids[d.sink] != 0 || c->sends[d.sink].way == NULL)
		return false;
	s = &c->sends[d.sink];
	c->ids[d.sink] = d.id;
	s->is_busy = true;
	s->outcome = (struct send_outcome){0};
	s->deadline = clock_steady() + SINK_TIMEOUT;
	if (keep_payload(s, d.payload))
		s->way->begin(s);
	else
		send_finish(s, DISPATCH_LATER, "out of memory");
	return true;
}

static void
hear_keeper(struct courier *c)
{
	enum message type;
	struct bytes body;

	for (;;) {
		switch (channel_hear_within(c->channel, 0, &type, &body)) {
		case HEARD_MESSAGE:
			/* A keeper that says what it may not is none. */
			if (type == MESSAGE_DELIVERY && take_delivery(c, body))
				break;
			c->is_alone = true;
			return;
		case HEARD_NOTHING:
		case HEARD_INTERRUPTED:
			return;
		case HEARD_END:
		case HEARD_BAD:
		case HEARD_FAILED:
			c->is_alone = true;
			return;
		}
	}
}

/* A step for each whose descriptor is ready, whose time has come, or that waits for what is shared.
 */
static void
step_all(struct courier *c, const struct pollfd *polled)
{
	const int64_t now = clock_steady();

	for (size_t i = 0; i < c->count; i++) {
		struct send *s = &c->sends[i];

		if (s->way == NULL)
			continue;
		if (polled[i].revents != 0 ||
		    (s->is_busy && (s->descriptor < 0 || (s->wake != 0 && now >= s->wake))))
			s->way->step(s);
		if (s->is_busy && now >= s->deadline) {
			s->way->give_up(s);
			if (s->is_busy)
				send_finish(s, DISPATCH_LATER, "no answer within %d s",
					    SINK_TIMEOUT / 1000);
		}
	}
}

/* Milliseconds until something is to be done for the time's sake. */
static int
time_left(const struct courier *c)
{
	const int64_t now = clock_steady();
	int64_t left = IDLE;

	for (size_t i = 0; i < c->count; i++) {
		const struct send *s = &c->sends[i];

		if (s->is_busy && s->deadline - now < left)
			left = s->deadline - now;
		if (s->is_busy && s->wake != 0 && s->wake - now < left)
			left = s->wake - now;
	}
	return left < 0 ? 0 : (int)left;
}

/* Wait for all there is to wait for, and see to what they share. */
static void
wait_for_all(struct courier *c, struct pollfd *ends, size_t count, struct pollfd *names)
{
	int wait = time_left(c);
	size_t named;

	if (c->kind->is_runner) {
		/* Interrupted: nothing is known to be ready. */
		if (poll(ends, count, wait) < 0)
			for (size_t i = 0; i < count; i++)
				ends[i].revents = 0;
		return;
	}
	named = resolve_poll(c->means.resolve, names, &wait);
	webhooks_wait(c->means.webhooks, ends, count + named, wait);
	resolve_run(c->means.resolve, names, named);
	webhooks_run(c->means.webhooks);
}

static void
serve_once(struct courier *c)
{
	struct pollfd ends[1 + SINKS_MAX + RESOLVE_POLL_MAX] = {0};
	struct pollfd *sends = ends + 1;

	ends[0] = (struct pollfd){.fd = channel_descriptor(c->channel), .events = POLLIN};
	for (size_t i = 0; i < c->count; i++)
		sends[i] =
		    (struct pollfd){.fd = c->sends[i].descriptor, .events = c->sends[i].events};
	wait_for_all(c, ends, 1 + c->count, sends + c->count);
	step_all(c, sends);
	if (ends[0].revents != 0)
		hear_keeper(c);
	settle(c);
	notice_age(c);
}

static void
close_means(struct courier *c)
{
	/* Hosts that are being asked for end with the resolver. */
	resolve_free(c->means.resolve);
	for (size_t i = 0; i < c->count; i++) {
		free((void *)(uintptr_t)c->sends[i].payload.at);
		if (c->sends[i].way != NULL)
			c->sends[i].way->close(&c->sends[i]);
		free(c->sinks[i]);
	}
	webhooks_free(c->means.webhooks);
}

int
courier_serve(const struct sandbox *box, const struct courier_kind *kind)
{
	static struct courier c;
	bool is_ready;

	c.kind = kind;
	c.channel = channel_new(box->socket);
	is_ready = c.channel != NULL && prepare(&c, box);
	while (is_ready && !c.is_alone)
		serve_once(&c);
	close_means(&c);
	channel_free(c.channel);
	return is_ready ? 0 : 1;
}

int
courier_main(const struct sandbox *box)
{
	static const struct courier_kind kind = {.approach = sandbox_approach,
						 .enter = sandbox_enter};

	return courier_serve(box, &kind);
}
