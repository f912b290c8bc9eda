/*
 * The checker's process; see checker.h. The order: lose what is not needed, hear
 * how to ask, read authorities and resolv.conf, close in, serve.
 */
#include "monitor/role/checker.h"

#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "monitor/role/channel.h"
#include "monitor/role/checker_message.h"
#include "monitor/role/layers.h"

#define IDLE    1000 /* milliseconds that it sleeps at most */
#define AT_ONCE 256  /* questions that are taken before it goes on with what is under way */

struct checker {
	struct channel *channel;
	struct lookups *lookups;
	bool is_alone;  /* the keeper is gone, or says what it may not */
	bool is_behind; /* there may be more that the keeper has said */
};

static void
say_why(struct checker *c, const char *why)
{
	message_put_words(channel_out(c->channel), MESSAGE_NOTICE, bytes_text(why));
	channel_flush(c->channel);
}

/*
 * What is told waits for the keeper where it must: the keeper never waits for us.
 */
static void
on_learnt(void *ctx, const struct lookup_request *r, struct learnt *learnt)
{
	struct checker *c = ctx;

	(void)r;
	checker_message_put_learnt(channel_out(c->channel), learnt);
	c->is_alone |= !channel_flush(c->channel);
}

static void
tell_not_now(struct checker *c, const struct domain *d, enum lookups_taken why)
{
	const struct not_now n = {*d, why};

	checker_message_put_not_now(channel_out(c->channel), &n);
	c->is_alone |= !channel_sent(c->channel);
}

static void
on_displaced(void *ctx, const struct domain *d)
{
	tell_not_now(ctx, d, LOOKUPS_FULL);
}

static bool
hear_config(struct checker *c, struct checker_config *out)
{
	enum message type;
	struct bytes body;

	return channel_hear(c->channel, &type, &body) == HEARD_MESSAGE && type == MESSAGE_CHECKER &&
	       checker_message_get_config(body, out);
}

static bool
open_means(struct checker *c, const struct checker_config *config)
{
	struct lookups_config l = {
	    .displaced = on_displaced, .dns = config->dns, .is_private = config->is_private};
	int descriptor = channel_take_descriptor(c->channel);
	char why[MESSAGE_WORDS_MAX];

	l.ca_file = descriptor >= 0 ? fdopen(descriptor, "r") : NULL;
	if (l.ca_file == NULL) {
		say_why(c,
			"no authorities to check policy hosts with (give a file with --ca-file)");
		return false;
	}
	c->lookups = lookups_new(&l, on_learnt, c, why, sizeof(why));
	fclose(l.ca_file);
	if (c->lookups == NULL)
		say_why(c, why);
	return c->lookups != NULL;
}

/* False, and told, where it cannot be what it is to be. */
static bool
prepare(struct checker *c, const struct sandbox *box)
{
	struct sandbox sandbox = *box;
	struct checker_config config;
	int error[LAYERS];

	sandbox.memory = CHECKER_MEMORY;
	/* Before anything is opened that is to be kept. */
	sandbox_approach(&sandbox, error);
	if (!hear_config(c, &config))
		return false;
	if (!sandbox_find_user(&sandbox, config.user)) {
		say_why(c, "there is no such user, or it is root");
		return false;
	}
	/* The C library opens a file the first time that it turns a moment into a date. */
	tzset();
	if (!open_means(c, &config))
		return false;
	sandbox_enter(&sandbox, error);
	layers_put(channel_out(c->channel), error);
	return channel_flush(c->channel);
}

static bool
take_lookup(struct checker *c, struct bytes body)
{
	struct lookup_request r;
	enum lookups_taken taken;

	if (!checker_message_get_lookup(body, &r))
		return false;
	taken = lookups_ask(c->lookups, &r);
	if (taken != LOOKUPS_TAKEN)
		tell_not_now(c, &r.domain, taken);
	return true;
}

/* Some of what is there: a keeper that never stops asking must not stop what it asked for. */
static void
hear_keeper(struct checker *c)
{
	enum heard heard = HEARD_MESSAGE;
	enum message type;
	struct bytes body;

	for (int i = 0; i < AT_ONCE && heard == HEARD_MESSAGE; i++) {
		heard = channel_hear_within(c->channel, 0, &type, &body);
		/* A keeper that says what it may not is none. */
		if (heard == HEARD_MESSAGE && (type != MESSAGE_LOOKUP || !take_lookup(c, body))) {
			c->is_alone = true;
			return;
		}
	}
	c->is_behind = heard == HEARD_MESSAGE;
	c->is_alone |= heard == HEARD_END || heard == HEARD_BAD || heard == HEARD_FAILED ||
		       !channel_flush(c->channel);
}

int
checker_main(const struct sandbox *box)
{
	struct checker c = {.channel = channel_new(box->socket)};
	bool is_ready = c.channel != NULL && prepare(&c, box);

	while (is_ready && !c.is_alone) {
		struct pollfd keeper = {.fd = box->socket, .events = POLLIN};

		lookups_run(c.lookups, &keeper, 1, c.is_behind ? 0 : IDLE);
		if (keeper.revents != 0 || c.is_behind)
			hear_keeper(&c);
	}
	lookups_free(c.lookups);
	channel_free(c.channel);
	return is_ready ? 0 : 1;
}
