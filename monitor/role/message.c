/*
 * Framing and the small messages; see message.h. Bodies are tables of fields,
 * but for those that hold an array.
 */
#include "monitor/role/message.h"

#include <string.h>

#include "monitor/role/fields.h"

#define MINUTE_MICROSECONDS INT64_C(60000000)
#define INSTRUCTION_BYTES   ((size_t)8)

static const size_t caps[MESSAGES] = {
    [MESSAGE_CONFIG] = 65536 + 48 + SANDBOX_USER_MAX + LIVE_NAME_MAX,
    [MESSAGE_LAYERS] = 1 + 3 * LAYERS_MAX,
    [MESSAGE_OPENED] = 4,
    [MESSAGE_SOURCE] = 2 + SOURCE_TEXT_MAX,
    [MESSAGE_MINUTE] = 72,
    [MESSAGE_SESSION] = MESSAGE_MAX - MESSAGE_HEADER,
    [MESSAGE_PROGRESS] = 16,
    [MESSAGE_ENDED] = 1 + 16 + 2 + MESSAGE_WORDS_MAX,
    [MESSAGE_COUNTS] = sizeof(struct dissector_counts),
    [MESSAGE_NOTICE] = MESSAGE_WORDS_MAX,
    [MESSAGE_FILTER] = EXPRESSION_MAX * INSTRUCTION_BYTES,
    [MESSAGE_ABSENT] = MESSAGE_WORDS_MAX,
    [MESSAGE_TALLY] = sizeof(struct live_tally),
    [MESSAGE_REMARK] = MESSAGE_WORDS_MAX,
    [MESSAGE_CHECKER] = 512,
    [MESSAGE_LOOKUP] = 1024,
    [MESSAGE_LEARNT] = (size_t)256 << 10,
    [MESSAGE_NOT_NOW] = 512,
    [MESSAGE_SINK] = (size_t)640 << 10,
    [MESSAGE_COURIER] = 64,
    [MESSAGE_DELIVERY] = ((size_t)256 << 10) + 16,
    [MESSAGE_DELIVERED] = 512,
    [MESSAGE_EXPORTER] = 2 + EXPORTER_ADDRESS_MAX + 2 + SANDBOX_USER_MAX,
    [MESSAGE_METRICS] = METRICS_TEXT_MAX,
};

static const struct field config_fields[] = {
    FIELD_COUNT(reader_config, budget),      FIELD_NUMBER(reader_config, snaplen),
    FIELD_BOOL(reader_config, has_ca),       FIELD_BOOL(reader_config, has_filter),
    FIELD_TEXT(reader_config, user),         FIELD_TEXT(reader_config, interface),
    FIELD_NUMBER(reader_config, buffer),     FIELD_NUMBER(reader_config, group),
    FIELD_NUMBER(reader_config, readers),    FIELD_CHOICE(reader_config, gate, GATE_NONE),
    FIELD_NUMBER(reader_config, gate_flows),
};

static const struct field instruction_fields[] = {
    FIELD_NUMBER(instruction, code),
    FIELD_NUMBER(instruction, jt),
    FIELD_NUMBER(instruction, jf),
    FIELD_NUMBER(instruction, k),
};

static const struct field layer_fields[] = {
    FIELD_NUMBER(layer_state, layer),
    FIELD_NUMBER(layer_state, error),
};

static const struct field exporter_fields[] = {
    FIELD_TEXT(exporter_config, address),
    FIELD_TEXT(exporter_config, user),
};

static const struct field opened_fields[] = {
    FIELD_NUMBER(capture_opened, linktype),
};

static const struct field source_fields[] = {
    FIELD_TEXT(capture_source, text),
};

static const struct field minute_fields[] = {
    FIELD_TIME(capture_minute, minute),   FIELD_COUNT(capture_minute, packets),
    FIELD_COUNT(capture_minute, bytes),   FIELD_COUNT(capture_minute, dropped),
    FIELD_COUNT(capture_minute, gaps),    FIELD_COUNT(capture_minute, withheld),
    FIELD_COUNT(capture_minute, evicted), FIELD_COUNT(capture_minute, untold),
    FIELD_COUNT(capture_minute, crashed),
};

static const struct field progress_fields[] = {
    FIELD_COUNT(capture_progress, consumed),
    FIELD_COUNT(capture_progress, packets),
};

static const struct field ended_fields[] = {
    FIELD_CHOICE(capture_ended, end, CAPTURE_FOREIGN),
    FIELD_COUNT(capture_ended, packets),
    FIELD_COUNT(capture_ended, bytes),
    FIELD_VIEW(capture_ended, why, MESSAGE_WORDS_MAX),
};

#define TALLY(m) FIELD_COUNT(live_tally, m)

static const struct field tally_fields[] = {
    TALLY(packets),  TALLY(bytes),  TALLY(dropped), TALLY(by_interface),
    TALLY(withheld), TALLY(untold), TALLY(flows),   TALLY(evicted),
};

_Static_assert(FIELDS(tally_fields) * sizeof(uint64_t) == sizeof(struct live_tally),
	       "every count crosses");

#define COUNT(m) FIELD_COUNT(dissector_counts, m)

static const struct field counts_fields[] = {
    COUNT(packets),
    COUNT(bytes),
    COUNT(got[PACKET_TCP]),
    COUNT(got[PACKET_OTHER]),
    COUNT(got[PACKET_HELD]),
    COUNT(got[PACKET_CUT]),
    COUNT(got[PACKET_BAD]),
    COUNT(got[PACKET_DEEP]),
    COUNT(got[PACKET_LINK_UNKNOWN]),
    COUNT(segments),
    COUNT(checksum_wrong),
    COUNT(flows),
    COUNT(flows_open),
    COUNT(flows_empty),
    COUNT(sessions),
    COUNT(evicted),
    COUNT(gaps),
    COUNT(gap_bytes),
    COUNT(pool_refusals),
    COUNT(wait_refusals),
    COUNT(fragments.pieces),
    COUNT(fragments.whole),
    COUNT(fragments.overlaps),
    COUNT(fragments.evicted),
    COUNT(fragments.expired),
    COUNT(fragments.bad),
    COUNT(fragments.repeated),
};

/* Every member is a uint64_t, so a member that no row names would show here. */
_Static_assert(FIELDS(counts_fields) * sizeof(uint64_t) == sizeof(struct dissector_counts),
	       "every count crosses");

size_t
message_cap(unsigned type)
{
	return type < MESSAGES ? caps[type] : 0;
}

size_t
message_begin(struct packer *p, enum message type)
{
	size_t begun = p->len;

	pack_u8(p, (uint8_t)type);
	pack_u24(p, 0);
	return begun;
}

void
message_end(struct packer *p, size_t begun)
{
	struct packer length = {.at = p->at, .cap = p->cap, .len = begun + 1};

	if (!p->is_short)
		pack_u24(&length, (uint32_t)(p->len - begun - MESSAGE_HEADER));
}

enum got
message_take(struct bytes *in, enum message *type, struct bytes *body)
{
	struct cursor c = cursor_over(*in);
	unsigned number = cursor_u8(&c);
	uint32_t length = cursor_u24(&c);

	if (c.is_short)
		return GOT_PART;
	if (number < MESSAGE_CONFIG || number >= MESSAGES || length > message_cap(number))
		return GOT_BAD;
	*body = cursor_take(&c, length);
	if (c.is_short)
		return GOT_PART;
	*type = (enum message)number;
	*in = c.rest;
	return GOT_WHOLE;
}

void
message_put_empty(struct packer *p, enum message type)
{
	message_end(p, message_begin(p, type));
}

/* One message that is nothing but the fields of a table. */
#define PUT(p, type, table, from)                          \
	do {                                               \
		size_t begun = message_begin(p, type);     \
		fields_put(p, table, FIELDS(table), from); \
		message_end(p, begun);                     \
	} while (0)

static bool
get_all(struct bytes body, const struct field *table, size_t count, void *out)
{
	struct cursor c = cursor_over(body);

	return fields_get(&c, table, count, out) && cursor_is_spent(&c);
}

void
message_put_config(struct packer *p, const struct reader_config *c)
{
	size_t begun = message_begin(p, MESSAGE_CONFIG);

	fields_put(p, config_fields, FIELDS(config_fields), c);
	pack_bytes(p, (struct bytes){c->service, sizeof(c->service)});
	message_end(p, begun);
}

bool
message_get_config(struct bytes body, struct reader_config *out)
{
	struct cursor c = cursor_over(body);
	bool is_good = fields_get(&c, config_fields, FIELDS(config_fields), out);
	struct bytes service = cursor_take(&c, sizeof(out->service));

	if (!is_good || service.at == NULL || !cursor_is_spent(&c))
		return false;
	if (out->interface[0] != '\0' &&
	    (out->readers == 0 || out->gate_flows == 0 || out->buffer < LIVE_BUFFER_MIN ||
	     out->buffer > LIVE_BUFFER_MAX))
		return false;
	for (size_t port = 0; port < service.len; port++)
		if (service.at[port] >= SERVICES)
			return false;
	memcpy(out->service, service.at, sizeof(out->service));
	return true;
}

void
message_put_layers(struct packer *p, const struct layer_states *l)
{
	size_t begun = message_begin(p, MESSAGE_LAYERS);

	pack_u8(p, (uint8_t)l->count);
	for (size_t i = 0; i < l->count; i++)
		fields_put(p, layer_fields, FIELDS(layer_fields), &l->state[i]);
	message_end(p, begun);
}

bool
message_get_layers(struct bytes body, struct layer_states *out)
{
	struct cursor c = cursor_over(body);

	out->count = cursor_u8(&c);
	if (out->count > LAYERS_MAX)
		return false;
	for (size_t i = 0; i < out->count; i++)
		if (!fields_get(&c, layer_fields, FIELDS(layer_fields), &out->state[i]))
			return false;
	return cursor_is_spent(&c);
}

void
message_put_opened(struct packer *p, const struct capture_opened *o)
{
	PUT(p, MESSAGE_OPENED, opened_fields, o);
}

bool
message_get_opened(struct bytes body, struct capture_opened *out)
{
	return get_all(body, opened_fields, FIELDS(opened_fields), out);
}

void
message_put_source(struct packer *p, const struct capture_source *s)
{
	PUT(p, MESSAGE_SOURCE, source_fields, s);
}

bool
message_get_source(struct bytes body, struct capture_source *out)
{
	size_t length;

	if (!get_all(body, source_fields, FIELDS(source_fields), out))
		return false;
	/* Nothing but hexadecimal, all of it: it becomes a key in the database. */
	length = strlen(out->text);
	return length > 0 && length % SOURCE_STEP == 0 &&
	       strspn(out->text, "0123456789abcdef") == length;
}

void
message_put_minute(struct packer *p, const struct capture_minute *m)
{
	PUT(p, MESSAGE_MINUTE, minute_fields, m);
}

bool
message_get_minute(struct bytes body, struct capture_minute *out)
{
	return get_all(body, minute_fields, FIELDS(minute_fields), out) &&
	       out->minute % MINUTE_MICROSECONDS == 0;
}

void
message_put_progress(struct packer *p, const struct capture_progress *c)
{
	PUT(p, MESSAGE_PROGRESS, progress_fields, c);
}

bool
message_get_progress(struct bytes body, struct capture_progress *out)
{
	return get_all(body, progress_fields, FIELDS(progress_fields), out);
}

void
message_put_ended(struct packer *p, const struct capture_ended *e)
{
	PUT(p, MESSAGE_ENDED, ended_fields, e);
}

bool
message_get_ended(struct bytes body, struct capture_ended *out)
{
	return get_all(body, ended_fields, FIELDS(ended_fields), out);
}

void
message_put_counts(struct packer *p, const struct dissector_counts *c)
{
	PUT(p, MESSAGE_COUNTS, counts_fields, c);
}

bool
message_get_counts(struct bytes body, struct dissector_counts *out)
{
	return get_all(body, counts_fields, FIELDS(counts_fields), out);
}

void
message_put_words(struct packer *p, enum message type, struct bytes words)
{
	size_t begun = message_begin(p, type);

	pack_bytes(p, bytes_first(words, MESSAGE_WORDS_MAX));
	message_end(p, begun);
}

void
message_put_tally(struct packer *p, const struct live_tally *t)
{
	PUT(p, MESSAGE_TALLY, tally_fields, t);
}

bool
message_get_tally(struct bytes body, struct live_tally *out)
{
	return get_all(body, tally_fields, FIELDS(tally_fields), out);
}

void
message_put_filter(struct packer *p, const struct expression *e)
{
	size_t begun = message_begin(p, MESSAGE_FILTER);

	for (uint32_t i = 0; i < e->count; i++)
		fields_put(p, instruction_fields, FIELDS(instruction_fields), &e->instructions[i]);
	message_end(p, begun);
}

bool
message_get_filter(struct bytes body, struct expression *out)
{
	struct cursor c = cursor_over(body);

	if (body.len % INSTRUCTION_BYTES != 0 || body.len > EXPRESSION_MAX * INSTRUCTION_BYTES)
		return false;
	out->count = (uint32_t)(body.len / INSTRUCTION_BYTES);
	for (uint32_t i = 0; i < out->count; i++)
		if (!fields_get(&c, instruction_fields, FIELDS(instruction_fields),
				&out->instructions[i]))
			return false;
	return cursor_is_spent(&c) && expression_is_safe(out);
}

void
message_put_exporter(struct packer *p, const struct exporter_config *c)
{
	PUT(p, MESSAGE_EXPORTER, exporter_fields, c);
}

bool
message_get_exporter(struct bytes body, struct exporter_config *out)
{
	return get_all(body, exporter_fields, FIELDS(exporter_fields), out);
}

void
message_put_metrics(struct packer *p, struct bytes text)
{
	size_t begun = message_begin(p, MESSAGE_METRICS);

	pack_bytes(p, bytes_first(text, METRICS_TEXT_MAX));
	message_end(p, begun);
}
