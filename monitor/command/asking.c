#include <poll.h>

#include "monitor/command/asking.h"
#include "monitor/role/asker.h"

#include <stdio.h>

void
asking_config(const struct watch_options *w, struct checker_config *out)
{
	*out = (struct checker_config){
	    .dns.is_trusted = w->trust_resolver,
	    .is_private = w->lookup_private,
	};
	snprintf(out->user, sizeof(out->user), "%s", w->user != NULL ? w->user : "");
	/* They were read before: those that do not fit were refused. */
	for (size_t i = 0; i < w->resolvers.count; i++)
		dns_resolver_read(w->resolvers.at[i], &out->dns.resolvers[out->dns.count++]);
}

/* One look-up under way. */
struct asking {
	bool is_over;
	struct learnt *learnt; /* NULL: nothing */
};

static void
on_learnt(void *ctx, struct learnt *learnt)
{
	struct asking *asking = ctx;

	/* What is explained is the whole. */
	if (learnt->is_part) {
		learnt_free(learnt);
		return;
	}
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

struct learnt *
asking_once(const struct watch_options *w, const struct lookup_request *r)
{
	struct asking asking = {0};
	struct asker_config config = {
	    .ca_file = w->ca_file,
	    .learnt = on_learnt,
	    .not_now = on_not_now,
	    .lost = on_lost,
	    .ctx = &asking,
	};
	struct asker *a;

	asking_config(w, &config.checker);
	a = asker_new(&config);
	asking.is_over = a == NULL || !asker_ask(a, r);
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
