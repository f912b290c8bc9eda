/*
 * The keeper's view of a reader that was taken over: any bytes as a stream of
 * messages, each body given to its decoder. A session that is accepted must
 * cross again and be accepted again: decoder and encoder agree on what is good.
 */
#include "tests/cross.h"

static struct session_message taken;

/* Any decoder that takes this type; what it gives is checked by the sanitizers alone. */
static void
take_small(enum message type, struct bytes body)
{
	static struct reader_config config;
	static struct expression filter;
	struct capture_progress progress;
	struct capture_opened opened;
	struct capture_source source;
	struct capture_minute minute;
	struct dissector_counts counts;
	struct capture_ended ended;
	struct layer_states states;
	struct live_tally tally;

	(void)(type == MESSAGE_CONFIG && message_get_config(body, &config));
	(void)(type == MESSAGE_LAYERS && message_get_layers(body, &states));
	(void)(type == MESSAGE_OPENED && message_get_opened(body, &opened));
	(void)(type == MESSAGE_SOURCE && message_get_source(body, &source));
	(void)(type == MESSAGE_MINUTE && message_get_minute(body, &minute));
	(void)(type == MESSAGE_PROGRESS && message_get_progress(body, &progress));
	(void)(type == MESSAGE_ENDED && message_get_ended(body, &ended));
	(void)(type == MESSAGE_TALLY && message_get_tally(body, &tally));
	(void)(type == MESSAGE_COUNTS && message_get_counts(body, &counts));
	if (type == MESSAGE_FILTER && message_get_filter(body, &filter))
		expression_passes(&filter, &(struct captured){.bytes = body});
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes in = {data, size}, body;
	enum message type;

	while (message_take(&in, &type, &body) == GOT_WHOLE) {
		if (type == MESSAGE_SESSION && session_message_get(body, &taken))
			cross(&taken.session, NULL, NULL);
		else
			take_small(type, body);
	}
	return 0;
}
