/* waxseal policy: MTA-STS, DANE and TLSRPT of a domain, explained. */
#include <poll.h>
#include <stdio.h>

#include "monitor/command/command.h"
#include "monitor/command/policy_view.h"
#include "monitor/log.h"
#include "monitor/output.h"
#include "monitor/role/asker.h"

/* One look-up under way. */
struct asking {
	const struct options *options;
	bool is_over;
	struct learnt *learnt; /* NULL: nothing */
};

static void
on_learnt(void *ctx, struct learnt *learnt)
{
	struct asking *asking = ctx;

	learnt_free(asking->learnt);
	asking->learnt = learnt;
	asking->is_over = true;
}

/* A checker that was just started has done nothing yet that would be too much. */
static void
on_not_now(void *ctx, const struct not_now *n)
{
	struct asking *asking = ctx;

	(void)n;
	asking->is_over = true;
}

static void
on_lost(void *ctx)
{
	struct asking *asking = ctx;

	asking->is_over = true;
}

static struct asker_config
config_of(const struct options *o, struct asking *asking)
{
	struct asker_config config = {
	    .ca_file = o->watch.ca_file,
	    .learnt = on_learnt,
	    .not_now = on_not_now,
	    .lost = on_lost,
	    .ctx = asking,
	};
	struct dns_config *dns = &config.checker.dns;

	config.checker.is_private = o->watch.lookup_private;
	dns->is_trusted = o->watch.trust_resolver;
	/* They were read before: those that do not fit were refused. */
	for (size_t i = 0; i < o->watch.resolvers.count; i++)
		dns_resolver_read(o->watch.resolvers.at[i], &dns->resolvers[dns->count++]);
	return config;
}

/* NULL, after a message, where nothing was learnt. */
static struct learnt *
look_up(const struct options *o)
{
	const struct lookup_request r = {.domain = o->domain, .now = o->now, .is_known = true};
	struct asking asking = {.options = o};
	const struct asker_config config = config_of(o, &asking);
	struct asker *a = asker_new(&config);

	asking.is_over = a == NULL || !asker_ask(a, &r);
	while (!asking.is_over) {
		struct pollfd end = {.fd = asker_descriptor(a), .events = POLLIN};

		if (asker_wants_out(a))
			end.events |= POLLOUT;
		poll(&end, 1, asker_wait(a));
		asker_run(a);
	}
	asker_free(a);
	return asking.learnt;
}

static int
show(const struct options *o, struct learnt *learnt)
{
	struct policy_view v = {.learnt = learnt, .now = o->now};

	if (!learnt->was_served) {
		log_error("%s: no resolver answers (name one that does with --resolver)",
			  o->domain.text);
		return STATUS_FAILED;
	}
	policy_view_conclude(&v);
	if (o->format == FORMAT_JSON)
		policy_view_json(&v);
	else
		policy_view_page(&v);
	return STATUS_DONE;
}

int
command_policy(const struct options *o)
{
	struct learnt *learnt;
	int status = STATUS_FAILED;

	if (o->watch.no_lookups) {
		log_error("%s: nothing is known of it without asking (leave --no-lookups out)",
			  o->domain.text);
		return STATUS_FAILED;
	}
	learnt = look_up(o);
	if (learnt != NULL)
		status = show(o, learnt);
	learnt_free(learnt);
	return status;
}
