/* A role that is started anew where it dies; see ward.h. */
#include "monitor/role/ward.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "monitor/clock.h"
#include "monitor/log.h"
#include "monitor/role/layers.h"

/* ---- Start and end ---- */

static void
speak(const struct ward *w)
{
	if (w->config.speaks != NULL)
		w->config.speaks(w->config.ctx);
}

static bool
start(const struct ward *w, struct role_process *out)
{
	return w->config.starter != NULL ? starter_start(w->config.starter, w->config.role, out)
					 : role_start(w->config.role, out);
}

static void
reap(const struct ward *w, struct role_process *r, char how[ROLE_HOW_MAX])
{
	if (w->config.starter != NULL) {
		starter_kill(w->config.starter, r);
		starter_reap(w->config.starter, r, how);
	} else {
		role_kill(r);
		role_reap(r, how);
	}
}

/* Nothing is left of it; how it ended follows its name. */
static void
put_away(struct ward *w, char how[ROLE_HOW_MAX])
{
	channel_free(w->channel);
	w->channel = NULL;
	if (w->process.pid > 0)
		reap(w, &w->process, how);
	w->process.pid = 0;
	w->is_ready = false;
}

void
ward_end(struct ward *w)
{
	char how[ROLE_HOW_MAX];

	put_away(w, how);
}

static bool
configure(struct ward *w)
{
	speak(w);
	return w->config.configure(w->config.ctx, w->channel);
}

static void
begin(struct ward *w)
{
	if (!start(w, &w->process)) {
		speak(w);
		log_error("cannot start what %s: %s", w->config.task, strerror(errno));
		w->process.pid = 0;
		return;
	}
	w->starts++;
	w->channel = channel_new(w->process.socket);
	if (w->channel == NULL)
		close(w->process.socket);
	if (w->channel == NULL || !channel_hold(w->channel, w->config.held) || !configure(w))
		ward_end(w);
}

/* It is gone, or must go: complaint says why, or is NULL where its own end does. */
static void
bury(struct ward *w, const char *complaint)
{
	int64_t wait = WARD_AGAIN;
	char how[ROLE_HOW_MAX] = "";

	for (unsigned i = 0; i < w->failures && wait < WARD_AGAIN_MAX; i++)
		wait *= 2;
	if (wait > WARD_AGAIN_MAX)
		wait = WARD_AGAIN_MAX;
	w->failures++;
	put_away(w, how);
	w->again = clock_steady() + wait;
	speak(w);
	if (!w->has_failed)
		log_error("%s: %s (%s; another one starts in %lld s)", w->config.role,
			  complaint != NULL ? complaint : how, w->config.loss,
			  (long long)wait / 1000);
	w->config.lost(w->config.ctx);
}

bool
ward_begin(struct ward *w, const struct ward_config *config)
{
	*w = (struct ward){.config = *config};
	begin(w);
	return w->channel != NULL;
}

void
ward_replace(struct ward *w, const char *complaint)
{
	if (w->channel != NULL)
		bury(w, complaint);
}

void
ward_renew(struct ward *w)
{
	ward_end(w);
	w->again = clock_steady() + WARD_AGAIN;
}

bool
ward_is_up(const struct ward *w)
{
	return w->is_ready && !w->has_failed;
}

uint64_t
ward_restarts(const struct ward *w)
{
	return w->starts > 0 ? w->starts - 1 : 0;
}

void
ward_did(struct ward *w)
{
	w->failures = 0;
}

/* ---- Talking ---- */

int
ward_descriptor(const struct ward *w)
{
	return w->channel != NULL ? channel_descriptor(w->channel) : -1;
}

bool
ward_wants_out(const struct ward *w)
{
	return w->channel != NULL && channel_held(w->channel) > 0;
}

int
ward_wait(const struct ward *w)
{
	int64_t wait = w->again - clock_steady();

	if (w->channel != NULL || w->has_failed)
		return -1;
	return wait < 0 ? 0 : (int)wait;
}

static bool
on_notice(struct ward *w, struct bytes body)
{
	char words[MESSAGE_WORDS_MAX + 1];

	memcpy(words, body.at, body.len);
	words[body.len] = '\0';
	speak(w);
	log_error("%s: %s", w->config.role, words);
	w->has_failed = true;
	return true;
}

static bool
take(struct ward *w, enum message type, struct bytes body)
{
	struct layer_states states;

	if (w->is_ready)
		return w->config.take(w->config.ctx, type, body);
	if (type == MESSAGE_NOTICE)
		return on_notice(w, body);
	w->is_ready = type == MESSAGE_LAYERS && layers_tell(w->config.role, body, &states);
	return w->is_ready;
}

/* What was heard may have been the last of it: then there is no channel any more. */
static void
hear(struct ward *w)
{
	enum message type;
	struct bytes body;

	while (w->channel != NULL) {
		switch (channel_hear_within(w->channel, 0, &type, &body)) {
		case HEARD_MESSAGE:
			if (take(w, type, body))
				break;
			bury(w, "sent what it may not, and was ended");
			return;
		case HEARD_BAD:
			bury(w, "sent what is no message, and was ended");
			return;
		case HEARD_END:
		case HEARD_FAILED:
			bury(w, NULL);
			return;
		case HEARD_NOTHING:
		case HEARD_INTERRUPTED:
			return;
		}
	}
}

void
ward_run(struct ward *w)
{
	if (w->channel != NULL) {
		channel_offer(w->channel);
		hear(w);
	} else if (!w->has_failed && clock_steady() >= w->again) {
		begin(w);
		if (w->channel == NULL)
			w->again = clock_steady() + WARD_AGAIN_MAX;
	}
}
