/*
 * Packed are: which chains are packed, too, and how long each of them is (two
 * bytes each); the state, with those chains empty; and what they hold, one behind
 * the other. See dormant.h.
 */
#include "dissector/dormant.h"

#define STATE_AT  sizeof(struct flow *) /* what is in front is not packed */
#define STATE_LEN (sizeof(struct conversation) - STATE_AT)

_Static_assert(DORMANT_CHAINS <= 16, "two bytes say which chains are packed");
_Static_assert(DORMANT_MAX <= UINT16_MAX, "two bytes hold a length");

static uint8_t *
state_of(struct conversation *c)
{
	return (uint8_t *)c + STATE_AT;
}

static uint8_t *
put_number(uint8_t *out, size_t number)
{
	*out++ = (uint8_t)(number >> 8);
	*out++ = (uint8_t)number;
	return out;
}

/* All that it keeps in the pool but for segments that wait, empty or not. */
static void
list_chains(struct conversation *c, struct chain *out[DORMANT_CHAINS])
{
	*out++ = &c->notes;
	for (int side = 0; side < SIDES; side++) {
		*out++ = &c->exchange.streams[side].history;
		*out++ = &c->exchange.streams[side].origins;
	}
	smtp_chains(conversation_smtp(c), out);
	tls_chains(conversation_tls(c), out + SMTP_CHAINS);
}

/* Move what fits of its chains to text, and list them at *head; returns how much that is. */
static size_t
take_chains(struct conversation *c, struct pool *p, uint8_t text[DORMANT_TEXT_MAX], uint8_t **head)
{
	struct chain *chains[DORMANT_CHAINS];
	uint8_t *lengths = *head + 2;
	unsigned which = 0;
	size_t len = 0;

	list_chains(c, chains);
	for (unsigned i = 0; i < DORMANT_CHAINS; i++) {
		uint32_t n = chains[i]->len;

		if (n == 0 || n > DORMANT_TEXT_MAX - len)
			continue;
		which |= 1u << i;
		lengths = put_number(lengths, n);
		len += chain_copy(p, chains[i], 0, text + len, n);
		chain_clear(p, chains[i]);
	}
	put_number(*head, which);
	*head = lengths;
	return len;
}

struct chain
dormant_pack(struct conversation *c, struct pool *p)
{
	uint8_t room[DORMANT_MAX], text[DORMANT_TEXT_MAX], *at = room;
	struct chain packed = {0};
	size_t len = take_chains(c, p, text, &at);

	at += sparse_pack(state_of(c), STATE_LEN, at);
	at += repeat_pack((struct bytes){text, len}, at);
	(void)chain_append_reserved(p, &packed, (struct bytes){room, (size_t)(at - room)});
	return packed;
}

void
dormant_wake(struct conversation *c, struct pool *p, struct chain packed)
{
	uint8_t room[DORMANT_MAX], text[DORMANT_TEXT_MAX];
	struct chain_reader packed_reader = chain_reader(p, &packed);
	uint32_t len = chain_read(&packed_reader, room, sizeof(room));
	struct cursor in = cursor_over((struct bytes){room, len});
	struct bytes left = {text, 0};
	uint16_t lengths[DORMANT_CHAINS] = {0};
	struct chain *chains[DORMANT_CHAINS];
	unsigned which = cursor_u16(&in);

	packed.tail = packed_reader.block; /* which need not be remembered */
	chain_clear(p, &packed);
	for (unsigned i = 0; i < DORMANT_CHAINS; i++) {
		lengths[i] = which >> i & 1 ? cursor_u16(&in) : 0;
		left.len += lengths[i];
	}
	(void)sparse_unpack(&in.rest, state_of(c), STATE_LEN);
	(void)repeat_unpack(&in.rest, text, left.len);
	list_chains(c, chains);
	for (unsigned i = 0; i < DORMANT_CHAINS; i++) {
		if (lengths[i] == 0)
			continue;
		(void)chain_append_reserved(p, chains[i], bytes_first(left, lengths[i]));
		left = bytes_after(left, lengths[i]);
	}
}
