/*
 * Keeper, courier and runner as seen by each other where the other was taken over:
 * any bytes as a stream of their messages. What is accepted must cross again and be
 * accepted again.
 */
#include <stdlib.h>

#include "monitor/role/courier_message.h"
#include "tests/packed.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
take_sink(struct bytes body)
{
	struct courier_sink *s = courier_message_get_sink(body), *again;
	struct packer p = packer_over(memory, sizeof(memory));

	if (s == NULL)
		return;
	courier_message_put_sink(&p, &s->sink);
	again = courier_message_get_sink(body_of(&p, MESSAGE_SINK));
	demand(again != NULL && again->sink.type == s->sink.type &&
	       strcmp(again->sink.name, s->sink.name) == 0 &&
	       again->sink.headers.count == s->sink.headers.count);
	free(again);
	free(s);
}

static void
take_delivered(struct bytes body)
{
	struct packer p = packer_over(memory, sizeof(memory));
	struct delivered d, again;

	if (!courier_message_get_delivered(body, &d))
		return;
	demand_printable(d.outcome.why);
	courier_message_put_delivered(&p, &d);
	demand(courier_message_get_delivered(body_of(&p, MESSAGE_DELIVERED), &again));
	demand(again.id == d.id && again.outcome.how == d.outcome.how);
}

static void
take_delivery(struct bytes body)
{
	struct packer p = packer_over(memory, sizeof(memory));
	struct delivery d, again;

	if (!courier_message_get_delivery(body, &d))
		return;
	courier_message_put_delivery(&p, &d);
	demand(courier_message_get_delivery(body_of(&p, MESSAGE_DELIVERY), &again));
	demand(again.id == d.id && bytes_equal(again.payload, d.payload));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes in = {data, size}, body;
	struct courier_config config;
	enum message type;

	while (message_take(&in, &type, &body) == GOT_WHOLE) {
		if (type == MESSAGE_SINK)
			take_sink(body);
		else if (type == MESSAGE_COURIER)
			(void)courier_message_get_config(body, &config);
		else if (type == MESSAGE_DELIVERY)
			take_delivery(body);
		else if (type == MESSAGE_DELIVERED)
			take_delivered(body);
	}
	return 0;
}
