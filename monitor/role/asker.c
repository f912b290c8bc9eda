/* The keeper's end of the checker; see asker.h. */
#include "monitor/role/asker.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "monitor/log.h"
#include "monitor/role/ca_file.h"

struct asker {
	struct asker_config config;
	struct ward ward;
};

static bool
configure(void *ctx, struct channel *c)
{
	const struct asker *a = ctx;
	int ca_file = ca_file_open(a->config.ca_file);
	bool is_sent;

	if (ca_file < 0 && a->config.ca_file != NULL)
		return false;
	checker_message_put_config(channel_out(c), &a->config.checker);
	is_sent = channel_flush_with(c, ca_file);
	if (ca_file >= 0)
		close(ca_file);
	return is_sent;
}

static bool
on_learnt(struct asker *a, struct bytes body)
{
	struct learnt *learnt = checker_message_get_learnt(body);

	if (learnt == NULL)
		return false;
	ward_did(&a->ward);
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
take(void *ctx, enum message type, struct bytes body)
{
	if (type == MESSAGE_LEARNT)
		return on_learnt(ctx, body);
	return type == MESSAGE_NOT_NOW && on_not_now(ctx, body);
}

static void
on_lost(void *ctx)
{
	const struct asker *a = ctx;

	a->config.lost(a->config.ctx);
}

static void
on_speaks(void *ctx)
{
	const struct asker *a = ctx;

	if (a->config.speaks != NULL)
		a->config.speaks(a->config.ctx);
}

struct asker *
asker_new(const struct asker_config *config)
{
	struct asker *a = calloc(1, sizeof(*a));
	const struct ward_config ward = {
	    .starter = config->starter,
	    .role = "checker",
	    .task = "looks policies up",
	    .loss = "what it was asked is lost",
	    .held = ASKER_HELD,
	    .configure = configure,
	    .take = take,
	    .lost = on_lost,
	    .speaks = on_speaks,
	    .ctx = a,
	};

	if (a == NULL) {
		log_error("cannot start what looks policies up: %s", strerror(errno));
		return NULL;
	}
	a->config = *config;
	if (ward_begin(&a->ward, &ward))
		return a;
	free(a);
	return NULL;
}

void
asker_free(struct asker *a)
{
	if (a == NULL)
		return;
	ward_end(&a->ward);
	free(a);
}

bool
asker_ask(struct asker *a, const struct lookup_request *r)
{
	struct channel *c = a->ward.channel;

	if (c == NULL || !channel_has_room(c))
		return false;
	checker_message_put_lookup(channel_out(c), r);
	/* That the other end is gone is seen when it is heard. */
	channel_offer(c);
	return true;
}

int
asker_descriptor(const struct asker *a)
{
	return ward_descriptor(&a->ward);
}

bool
asker_wants_out(const struct asker *a)
{
	return ward_wants_out(&a->ward);
}

int
asker_wait(const struct asker *a)
{
	return ward_wait(&a->ward);
}

void
asker_run(struct asker *a)
{
	ward_run(&a->ward);
}

void
asker_replace(struct asker *a, const char *complaint)
{
	ward_replace(&a->ward, complaint);
}

pid_t
asker_pid(const struct asker *a)
{
	return a->ward.process.pid;
}

bool
asker_has_failed(const struct asker *a)
{
	return a->ward.has_failed;
}

bool
asker_is_up(const struct asker *a)
{
	return ward_is_up(&a->ward);
}

uint64_t
asker_restarts(const struct asker *a)
{
	return ward_restarts(&a->ward);
}
