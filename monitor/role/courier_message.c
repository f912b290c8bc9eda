/* Messages between keeper and courier; see courier_message.h. */
#include "monitor/role/courier_message.h"

#include <stdlib.h>
#include <string.h>

#include "monitor/role/fields.h"

static const struct field sink_fields[] = {
    FIELD_CHOICE(sink, type, SINK_MAIL),
    FIELD_CHOICE(sink, carrier, CARRIER_TLS),
    FIELD_CHOICE(sink, format, SINK_SYSLOG3),
    FIELD_NUMBER(sink, port),
};

static const struct field config_fields[] = {
    FIELD_NUMBER(courier_config, sinks),
    FIELD_TEXT(courier_config, user),
};

static const struct field delivery_fields[] = {
    FIELD_COUNT(delivery, id),
    FIELD_NUMBER(delivery, sink),
};

static const struct field delivered_fields[] = {
    FIELD_COUNT(delivered, id),
    FIELD_NUMBER(delivered, sink),
    FIELD_CHOICE(delivered, outcome.how, DISPATCH_REFUSED),
    FIELD_NUMBER(delivered, outcome.wait),
    FIELD_BOOL(delivered, outcome.wants_renewal),
    FIELD_TEXT(delivered, outcome.why),
};

/* Texts of a sink, one behind the other. */
static const size_t texts[] = {
    offsetof(struct sink, name),     offsetof(struct sink, host),
    offsetof(struct sink, path),     offsetof(struct sink, url),
    offsetof(struct sink, ca_file),  offsetof(struct sink, token_file),
    offsetof(struct sink, url_file), offsetof(struct sink, from),
    offsetof(struct sink, sendmail), offsetof(struct sink, user),
};

static const size_t lists[] = {
    offsetof(struct sink, headers),
    offsetof(struct sink, header_files),
    offsetof(struct sink, recipients),
};

static const char **
text_at(const struct sink *s, size_t i)
{
	return (const char **)(void *)((uint8_t *)(uintptr_t)s + texts[i]);
}

static struct words *
list_at(const struct sink *s, size_t i)
{
	return (struct words *)(void *)((uint8_t *)(uintptr_t)s + lists[i]);
}

/* ---- Sinks ---- */

/* With its NUL, so that it can be used where it lies; nothing where there is none. */
static void
put_text(struct packer *p, const char *text)
{
	if (text == NULL)
		pack_u16(p, 0);
	else
		pack_vector16(p, (struct bytes){(const uint8_t *)text, strlen(text) + 1});
}

void
courier_message_put_sink(struct packer *p, const struct sink *s)
{
	size_t begun = message_begin(p, MESSAGE_SINK), count = 0;

	fields_put(p, sink_fields, FIELDS(sink_fields), s);
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		put_text(p, *text_at(s, i));
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		const struct words *list = list_at(s, i);

		pack_u8(p, (uint8_t)list->count);
		for (size_t j = 0; j < list->count; j++)
			put_text(p, list->at[j]);
	}
	while (s->command[count] != NULL)
		count++;
	pack_u8(p, (uint8_t)count);
	for (size_t i = 0; i < count; i++)
		put_text(p, s->command[i]);
	message_end(p, begun);
}

/* It stays in the body. */
static bool
get_text(struct cursor *c, const char **out)
{
	const struct bytes text = cursor_vector16(c).rest;

	*out = NULL;
	if (c->is_short || text.len == 0)
		return !c->is_short;
	if (text.len > SINK_TEXT_MAX + 1 || text.at[text.len - 1] != '\0')
		return false;
	for (size_t i = 0; i + 1 < text.len; i++)
		if (text.at[i] < ' ' || text.at[i] == 0x7f)
			return false;
	*out = (const char *)text.at;
	return true;
}

static bool
get_lists(struct cursor *c, struct courier_sink *out)
{
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		struct words *list = list_at(&out->sink, i);

		list->at = out->words + out->word_count;
		list->count = cursor_u8(c);
		if (list->count > SINK_WORDS_MAX)
			return false;
		for (size_t j = 0; j < list->count; j++) {
			const char **word = &out->words[out->word_count++];

			if (!get_text(c, word) || *word == NULL)
				return false;
		}
	}
	return true;
}

static bool
get_command(struct cursor *c, struct sink *out)
{
	size_t count = cursor_u8(c);

	if (count > SINK_ARGUMENTS)
		return false;
	for (size_t i = 0; i < count; i++)
		if (!get_text(c, &out->command[i]) || out->command[i] == NULL)
			return false;
	return true;
}

/* It has what its type cannot do without. */
static bool
is_usable(const struct sink *s)
{
	if (s->name == NULL)
		return false;
	switch (s->type) {
	case SINK_FILE:
		return s->path != NULL;
	case SINK_SYSLOG:
		return s->carrier == CARRIER_LOCAL ? s->path != NULL
						   : s->host != NULL && s->port != 0;
	case SINK_WEBHOOK:
		return s->url != NULL || s->url_file != NULL;
	case SINK_EXEC:
		return s->command[0] != NULL;
	case SINK_MAIL:
		return s->sendmail != NULL && s->recipients.count > 0;
	case SINK_NONE:
		break;
	}
	return false;
}

struct courier_sink *
courier_message_get_sink(struct bytes body)
{
	struct courier_sink *out = calloc(1, sizeof(*out) + body.len);
	struct cursor c;
	bool is_good;

	if (out == NULL)
		return NULL;
	memcpy(out->text, body.at, body.len);
	c = cursor_over((struct bytes){(const uint8_t *)out->text, body.len});
	is_good = fields_get(&c, sink_fields, FIELDS(sink_fields), &out->sink);
	for (size_t i = 0; is_good && i < sizeof(texts) / sizeof(texts[0]); i++)
		is_good = get_text(&c, text_at(&out->sink, i));
	if (is_good && get_lists(&c, out) && get_command(&c, &out->sink) && cursor_is_spent(&c) &&
	    is_usable(&out->sink))
		return out;
	free(out);
	return NULL;
}

void
courier_message_put_config(struct packer *p, const struct courier_config *c)
{
	size_t begun = message_begin(p, MESSAGE_COURIER);

	fields_put(p, config_fields, FIELDS(config_fields), c);
	message_end(p, begun);
}

bool
courier_message_get_config(struct bytes body, struct courier_config *out)
{
	struct cursor c = cursor_over(body);

	return fields_get(&c, config_fields, FIELDS(config_fields), out) && cursor_is_spent(&c) &&
	       out->sinks <= SINKS_MAX;
}

/* ---- Deliveries ---- */

void
courier_message_put_delivery(struct packer *p, const struct delivery *d)
{
	size_t begun = message_begin(p, MESSAGE_DELIVERY);

	fields_put(p, delivery_fields, FIELDS(delivery_fields), d);
	pack_vector24(p, d->payload);
	message_end(p, begun);
}

bool
courier_message_get_delivery(struct bytes body, struct delivery *out)
{
	struct cursor c = cursor_over(body);
	bool is_good = fields_get(&c, delivery_fields, FIELDS(delivery_fields), out);

	out->payload = cursor_vector24(&c).rest;
	return is_good && cursor_is_spent(&c) && out->sink < SINKS_MAX &&
	       out->payload.len <= DISPATCH_PAYLOAD_MAX;
}

void
courier_message_put_delivered(struct packer *p, const struct delivered *d)
{
	size_t begun = message_begin(p, MESSAGE_DELIVERED);

	fields_put(p, delivered_fields, FIELDS(delivered_fields), d);
	message_end(p, begun);
}

bool
courier_message_get_delivered(struct bytes body, struct delivered *out)
{
	struct cursor c = cursor_over(body);

	return fields_get(&c, delivered_fields, FIELDS(delivered_fields), out) &&
	       cursor_is_spent(&c) && out->sink < SINKS_MAX && out->outcome.wait <= SEND_WAIT_MAX &&
	       (out->outcome.how == DISPATCH_SENT) == (out->outcome.why[0] == '\0');
}
