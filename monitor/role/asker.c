/* The keeper's end of the checker; see asker.h. */
#include "monitor/role/asker.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "monitor/clock.h"
#include "monitor/log.h"
#include "monitor/role/ca_file.h"
#include "monitor/role/channel.h"
#include "monitor/role/layers.h"

struct asker {
	struct asker_config config;
	struct role_process process; /* pid 0: there is none */
	struct channel *channel;
	bool is_ready;     /* it has closed itself in */
	bool has_failed;   /* it gave a reason */
	unsigned failures; /* in a row, without an answer between */
	int64_t again;     /* when to start another one, milliseconds */
};

/* ---- Start and end ---- */

static void
speak(const struct asker *a)
{
	if (a->config.speaks != NULL)
		a->config.speaks(a->config.ctx);
}

static bool
start(const struct asker *a, struct role_process *out)
{
	return a->config.starter != NULL ? starter_start(a->config.starter, "checker", out)
					 : role_start("checker", out);
}

static bool
reap(const struct asker *a, struct role_process *r, char how[ROLE_HOW_MAX])
{
	if (a->config.starter != NULL) {
		starter_kill(a->config.starter, r);
		return starter_reap(a->config.starter, r, how);
	}
	role_kill(r);
	return role_reap(r, how);
}

static bool
configure(struct asker *a)
{
	int ca_file;
	bool is_sent;

	speak(a);
	ca_file = ca_file_open(a->config.ca_file);
	if (ca_file < 0 && a->config.ca_file != NULL)
		return false;
	checker_message_put_config(channel_out(a->channel), &a->config.checker);
	is_sent = channel_flush_with(a->channel, ca_file);
	if (ca_file >= 0)
		close(ca_file);
	return is_sent;
}

static void
end(struct asker *a)
{
	char how[ROLE_HOW_MAX];

	channel_free(a->channel);
	a->channel = NULL;
	if (a->process.pid > 0)
		reap(a, &a->process, how);
	a->process.pid = 0;
	a->is_ready = false;
}

static void
begin(struct asker *a)
{
	if (!start(a, &a->process)) {
		speak(a);
		log_error("cannot start what looks policies up: %s", strerror(errno));
		a->process.pid = 0;
		return;
	}
	a->channel = channel_new(a->process.socket);
	if (a->channel == NULL)
		close(a->process.socket);
	if (a->channel == NULL || !channel_hold(a->channel, ASKER_HELD) || !configure(a))
		end(a);
}

/* It is gone, or must go: complaint says why, or is NULL where its own end does. */
static void
bury(struct asker *a, const char *complaint)
{
	int64_t wait = ASKER_AGAIN;
	char how[ROLE_HOW_MAX] = "";

	for (unsigned i = 0; i < a->failures && wait < ASKER_AGAIN_MAX; i++)
		wait *= 2;
	if (wait > ASKER_AGAIN_MAX)
		wait = ASKER_AGAIN_MAX;
	a->failures++;
	channel_free(a->channel);
	a->channel = NULL;
	reap(a, &a->process, how);
	a->process.pid = 0;
	a->is_ready = false;
	a->again = clock_steady() + wait;
	speak(a);
	if (!a->has_failed)
		log_error("checker: %s (what it was asked is lost; another one starts in %lld s)",
			  complaint != NULL ? complaint : how, (long long)wait / 1000);
	a->config.lost(a->config.ctx);
}

struct asker *
asker_new(const struct asker_config *config)
{
	struct asker *a = calloc(1, sizeof(*a));

	if (a == NULL) {
		log_error("cannot start what looks policies up: %s", strerror(errno));
		return NULL;
	}
	a->config = *config;
	begin(a);
	if (a->channel != NULL)
		return a;
	free(a);
	return NULL;
}

void
asker_free(struct asker *a)
{
	if (a == NULL)
		return;
	end(a);
	free(a);
}

/* ---- Talking ---- */

bool
asker_ask(struct asker *a, const struct lookup_request *r)
{
	if (a->channel == NULL || !channel_has_room(a->channel))
		return false;
	checker_message_put_lookup(channel_out(a->channel), r);
	/* That the other end is gone is seen when it is heard. */
	channel_offer(a->channel);
	return true;
}

int
asker_descriptor(const struct asker *a)
{
	return a->channel != NULL ? channel_descriptor(a->channel) : -1;
}

bool
asker_wants_out(const struct asker *a)
{
	return a->channel != NULL && channel_held(a->channel) > 0;
}

int
asker_wait(const struct asker *a)
{
	int64_t wait = a->again - clock_steady();

	if (a->channel != NULL || a->has_failed)
		return -1;
	return wait < 0 ? 0 : (int)wait;
}

pid_t
asker_pid(const struct asker *a)
{
	return a->process.pid;
}

bool
asker_has_failed(const struct asker *a)
{
	return a->has_failed;
}

void
asker_replace(struct asker *a, const char *complaint)
{
	if (a->channel != NULL)
		bury(a, complaint);
}

static bool
on_learnt(struct asker *a, struct bytes body)
{
	struct learnt *learnt = checker_message_get_learnt(body);

	if (learnt == NULL)
		return false;
	a->failures = 0;
	a->config.learnt(a->config.ctx, learnt);
	return true;
}

static bool
on_not_now(struct asker *a, struct bytes body)
{
	struct not_now n;

	if (!checker_message_get_not_now(body, &n))
		return false;
	a->config.not_now(a->config.ctx, &n);
	return true;
}

static bool
on_notice(struct asker *a, struct bytes body)
{
	char words[MESSAGE_WORDS_MAX + 1];

	memcpy(words, body.at, body.len);
	words[body.len] = '\0';
	speak(a);
	log_error("checker: %s", words);
	a->has_failed = true;
	return true;
}

static bool
take(struct asker *a, enum message type, struct bytes body)
{
	struct layer_states states;

	if (!a->is_ready) {
		if (type == MESSAGE_NOTICE)
			return on_notice(a, body);
		a->is_ready = type == MESSAGE_LAYERS && layers_tell("checker", body, &states);
		return a->is_ready;
	}
	if (type == MESSAGE_LEARNT)
		return on_learnt(a, body);
	return type == MESSAGE_NOT_NOW && on_not_now(a, body);
}

static void
hear(struct asker *a)
{
	enum message type;
	struct bytes body;

	for (;;) {
		switch (channel_hear_within(a->channel, 0, &type, &body)) {
		case HEARD_MESSAGE:
			if (take(a, type, body))
				break;
			bury(a, "sent what it may not, and was ended");
			return;
		case HEARD_BAD:
			bury(a, "sent what is no message, and was ended");
			return;
		case HEARD_END:
		case HEARD_FAILED:
			bury(a, NULL);
			return;
		case HEARD_NOTHING:
		case HEARD_INTERRUPTED:
			return;
		}
	}
}

void
asker_run(struct asker *a)
{
	if (a->channel != NULL) {
		channel_offer(a->channel);
		hear(a);
	} else if (!a->has_failed && clock_steady() >= a->again) {
		begin(a);
		if (a->channel == NULL)
			a->again = clock_steady() + ASKER_AGAIN_MAX;
	}
}
