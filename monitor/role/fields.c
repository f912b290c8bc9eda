/*
 * Structs to bytes and back by a table of fields; see fields.h. Reads and
 * writes members through memcpy at their offsets, so that one loop serves
 * every struct. Fields of fixed length that stand in a row are checked for room
 * once: a session has a hundred of them.
 */
#include "monitor/role/fields.h"

#include <assert.h>
#include <endian.h>
#include <string.h>

/* An enum is stored as an unsigned int; the tables rely on it. */
_Static_assert(sizeof(enum form) == sizeof(unsigned), "enums are as wide as unsigned");

/* Bytes that a field of this form always takes in a message; 0 where its length varies. */
static inline size_t
fixed_len(const struct field *f)
{
	switch ((enum form)f->form) {
	case FORM_BOOL:
	case FORM_CHOICE:
		return 1;
	case FORM_NUMBER:
	case FORM_COUNT:
	case FORM_TIME:
	case FORM_RAW:
		return f->width;
	case FORM_TEXT:
	case FORM_VIEW:
	case FORM_ADDRESS:
		break;
	}
	return 0;
}

/* How many fields from the front of the table have a fixed length, and of how many bytes. */
static size_t
fixed_run(const struct field *table, size_t count, size_t *len)
{
	size_t i, one;

	*len = 0;
	for (i = 0; i < count && (one = fixed_len(&table[i])) > 0; i++)
		*len += one;
	return i;
}

static inline uint64_t
number_at(const void *at, size_t width)
{
	uint16_t u16;
	uint32_t u32;
	uint64_t u64;

	switch (width) {
	case 1:
		return *(const uint8_t *)at;
	case 2:
		memcpy(&u16, at, sizeof(u16));
		return u16;
	case 4:
		memcpy(&u32, at, sizeof(u32));
		return u32;
	default:
		memcpy(&u64, at, sizeof(u64));
		return u64;
	}
}

static inline void
number_set(void *at, size_t width, uint64_t v)
{
	uint8_t u8 = (uint8_t)v;
	uint16_t u16 = (uint16_t)v;
	uint32_t u32 = (uint32_t)v;

	switch (width) {
	case 1:
		memcpy(at, &u8, sizeof(u8));
		break;
	case 2:
		memcpy(at, &u16, sizeof(u16));
		break;
	case 4:
		memcpy(at, &u32, sizeof(u32));
		break;
	default:
		memcpy(at, &v, sizeof(v));
	}
}

/* An integer of width bytes in network order. */
static inline uint64_t
wire_get(const uint8_t *wire, size_t width)
{
	switch (width) {
	case 1:
		return wire[0];
	case 2:
		return be16toh((uint16_t)number_at(wire, 2));
	case 4:
		return be32toh((uint32_t)number_at(wire, 4));
	default:
		return be64toh(number_at(wire, 8));
	}
}

static inline void
wire_set(uint8_t *wire, size_t width, uint64_t v)
{
	switch (width) {
	case 1:
		wire[0] = (uint8_t)v;
		break;
	case 2:
		number_set(wire, 2, htobe16((uint16_t)v));
		break;
	case 4:
		number_set(wire, 4, htobe32((uint32_t)v));
		break;
	default:
		number_set(wire, 8, htobe64(v));
	}
}

static inline int64_t
held_time(int64_t time)
{
	if (time < TIME_LEAST)
		return TIME_LEAST;
	return time > TIME_MOST ? TIME_MOST : time;
}

static inline void
put_fixed(uint8_t *wire, const struct field *f, const uint8_t *at)
{
	uint64_t v;

	if (f->form == FORM_RAW) {
		memcpy(wire, at, f->width);
		return;
	}
	v = number_at(at, f->width);
	if (f->form == FORM_BOOL || f->form == FORM_CHOICE)
		wire[0] = (uint8_t)v;
	else if (f->form == FORM_COUNT)
		wire_set(wire, 8, v < INT64_MAX ? v : INT64_MAX);
	else if (f->form == FORM_TIME)
		wire_set(wire, 8, (uint64_t)held_time((int64_t)v));
	else
		wire_set(wire, f->width, v);
}

static void
put_address(struct packer *p, const void *at)
{
	struct address a;

	memcpy(&a, at, sizeof(a));
	pack_u8(p, a.family);
	pack_bytes(p, (struct bytes){a.b, a.family == 4 ? 4 : sizeof(a.b)});
}

static void
put_varying(struct packer *p, const struct field *f, const uint8_t *at)
{
	struct bytes view = {at, 0};

	if (f->form == FORM_ADDRESS) {
		put_address(p, at);
		return;
	}
	if (f->form == FORM_TEXT)
		view.len = strnlen((const char *)at, f->most - 1);
	else
		memcpy(&view, at, sizeof(view));
	pack_vector16(p, bytes_first(view, f->most));
}

void
fields_put(struct packer *p, const struct field *table, size_t count, const void *from)
{
	size_t i = 0;

	while (i < count) {
		size_t len, end = i + fixed_run(table + i, count - i, &len);
		uint8_t *wire = pack_room(p, len);

		for (; wire != NULL && i < end; i++) {
			put_fixed(wire, &table[i], (const uint8_t *)from + table[i].at);
			wire += fixed_len(&table[i]);
		}
		for (i = end; i < count && fixed_len(&table[i]) == 0; i++)
			put_varying(p, &table[i], (const uint8_t *)from + table[i].at);
	}
}

static inline bool
get_fixed(const uint8_t *wire, const struct field *f, uint8_t *at)
{
	uint64_t v;
	int64_t time;

	switch ((enum form)f->form) {
	case FORM_BOOL:
	case FORM_CHOICE:
		number_set(at, f->width, wire[0]);
		return wire[0] <= f->most;
	case FORM_NUMBER:
		number_set(at, f->width, wire_get(wire, f->width));
		return true;
	case FORM_COUNT:
		v = wire_get(wire, 8);
		number_set(at, 8, v);
		return v <= INT64_MAX;
	case FORM_TIME:
		time = (int64_t)wire_get(wire, 8);
		memcpy(at, &time, sizeof(time));
		return time >= TIME_LEAST && time <= TIME_MOST;
	case FORM_RAW:
		memcpy(at, wire, f->width);
		return true;
	case FORM_TEXT:
	case FORM_VIEW:
	case FORM_ADDRESS:
		break;
	}
	return false;
}

static bool
get_text(struct bytes text, const struct field *f, uint8_t *at)
{
	if (text.len >= f->most)
		return false;
	for (size_t i = 0; i < text.len; i++)
		if (text.at[i] < 0x20 || text.at[i] > 0x7e)
			return false;
	if (text.len > 0)
		memcpy(at, text.at, text.len);
	at[text.len] = '\0';
	return true;
}

static bool
get_address(struct cursor *c, uint8_t *at)
{
	struct address a = {.family = cursor_u8(c)};
	struct bytes b;

	if (a.family != 4 && a.family != 6)
		return false;
	b = cursor_take(c, a.family == 4 ? 4 : sizeof(a.b));
	if (b.len == 0)
		return false;
	memcpy(a.b, b.at, b.len);
	memcpy(at, &a, sizeof(a));
	return true;
}

static bool
get_varying(struct cursor *c, const struct field *f, uint8_t *at)
{
	struct bytes view;

	if (f->form == FORM_ADDRESS)
		return get_address(c, at);
	view = cursor_vector16(c).rest;
	if (f->form == FORM_TEXT)
		return get_text(view, f, at);
	memcpy(at, &view, sizeof(view));
	return view.len <= f->most;
}

bool
fields_get(struct cursor *c, const struct field *table, size_t count, void *to)
{
	size_t i = 0;

	while (i < count) {
		size_t len, end = i + fixed_run(table + i, count - i, &len);
		struct bytes wire = cursor_take(c, len);

		if (c->is_short)
			return false;
		assert(end == i || wire.at != NULL);
		for (; i < end; i++) {
			if (!get_fixed(wire.at, &table[i], (uint8_t *)to + table[i].at))
				return false;
			wire.at += fixed_len(&table[i]);
		}
		for (; i < count && fixed_len(&table[i]) == 0; i++)
			if (!get_varying(c, &table[i], (uint8_t *)to + table[i].at))
				return false;
	}
	return !c->is_short;
}
