/*
 * Keeper and checker as seen by each other where the other was taken over: any
 * bytes as a stream of their messages. What is accepted must cross again and be
 * accepted again, and conclusions can be drawn of it.
 */
#include <stdlib.h>

#include "monitor/policy/policy.h"
#include "monitor/role/checker_message.h"
#include "tests/packed.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
conclude(struct learnt *l)
{
	struct sts_event events[LEARNT_EVENTS];
	struct sts_cache cache = {0};
	struct policy policy;
	size_t count = learnt_sts_events(l, 1000000, events);

	for (size_t i = 0; i < count; i++)
		cache = sts_cache_after(cache, &events[i]);
	for (size_t i = 0; i < l->sts_problems.count; i++)
		demand_printable(l->sts_problems.text[i]);
	for (size_t i = 0; i < l->mx.count; i++) {
		const struct policy_case c = {.cache = &cache,
					      .host = &l->mx.hosts[i].name,
					      .dane = &l->hosts[i].dane,
					      .time = 1000000};

		policy_judge(&c, &policy);
	}
}

static void
take_learnt(struct bytes body)
{
	struct learnt *l = checker_message_get_learnt(body), *again;
	struct packer p = packer_over(memory, sizeof(memory));

	if (l == NULL)
		return;
	checker_message_put_learnt(&p, l);
	again = checker_message_get_learnt(body_of(&p, MESSAGE_LEARNT));
	demand(again != NULL && again->mx.count == l->mx.count &&
	       bytes_equal(again->text, l->text));
	learnt_free(again);
	conclude(l);
	learnt_free(l);
}

static void
take_lookup(struct bytes body)
{
	struct packer p = packer_over(memory, sizeof(memory));
	struct lookup_request r, again;

	if (!checker_message_get_lookup(body, &r))
		return;
	checker_message_put_lookup(&p, &r);
	demand(checker_message_get_lookup(body_of(&p, MESSAGE_LOOKUP), &again));
	demand(domain_equal(&r.domain, &again.domain));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes in = {data, size}, body;
	struct checker_config config;
	enum message type;
	struct not_now n;

	while (message_take(&in, &type, &body) == GOT_WHOLE) {
		if (type == MESSAGE_LEARNT)
			take_learnt(body);
		else if (type == MESSAGE_LOOKUP)
			take_lookup(body);
		else if (type == MESSAGE_CHECKER)
			(void)checker_message_get_config(body, &config);
		else if (type == MESSAGE_NOT_NOW)
			(void)checker_message_get_not_now(body, &n);
	}
	return 0;
}
