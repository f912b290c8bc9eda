/* Who may fetch now; see slots.h. */
#include "monitor/policy/slots.h"

#include <string.h>

#include "dissector/keyhash.h"

/* Bytes of an address. */
#define NETWORK_4 3
#define NETWORK_6 8
#define REGION_4  2
#define REGION_6  4

static void
limit(struct slots_places *p, uint32_t all, uint32_t new, int64_t apart)
{
	p->all.limit = (struct crowd_limit){all, apart};
	p->new.limit = (struct crowd_limit){new, 0};
}

void
slots_begin(struct slots *s, const uint8_t secret[16])
{
	memset(s, 0, sizeof(*s));
	memcpy(s->secret, secret, sizeof(s->secret));
	limit(&s->networks, SLOTS_NETWORK_MAX, SLOTS_NETWORK_NEW_MAX, SLOTS_NETWORK_APART);
	limit(&s->regions, SLOTS_REGION_MAX, SLOTS_REGION_NEW_MAX, 0);
}

/* ---- Places ---- */

static uint64_t
key_of(const struct slots *s, const struct address *a, size_t bytes)
{
	struct address place = {.family = a->family};

	memcpy(place.b, a->b, bytes);
	return keyhash(s->secret, &place, sizeof(place));
}

static void
add_once(uint64_t *keys, size_t *count, uint64_t key)
{
	for (size_t i = 0; i < *count; i++)
		if (keys[i] == key)
			return;
	keys[(*count)++] = key;
}

static void
set_places(const struct slots *s, const struct slots_request *r, struct slot *out)
{
	*out = (struct slot){.is_new = r->is_new};
	for (size_t i = 0; i < r->count && i < HTTPS_ADDRESSES_MAX; i++) {
		const struct address *a = &r->addresses[i];
		const bool is_4 = a->family == 4;

		add_once(out->networks, &out->network_count,
			 key_of(s, a, is_4 ? NETWORK_4 : NETWORK_6));
		add_once(out->regions, &out->region_count,
			 key_of(s, a, is_4 ? REGION_4 : REGION_6));
	}
}

static bool
have_room(const struct slots_places *p, const uint64_t *keys, size_t count, bool is_new,
	  int64_t now)
{
	for (size_t i = 0; i < count; i++)
		if (!crowd_has_room(&p->all, keys[i], now) ||
		    (is_new && !crowd_has_room(&p->new, keys[i], now)))
			return false;
	return true;
}

static void
enter(struct slots_places *p, const uint64_t *keys, size_t count, bool is_new, int64_t now)
{
	for (size_t i = 0; i < count; i++) {
		crowd_enter(&p->all, keys[i], now);
		if (is_new)
			crowd_enter(&p->new, keys[i], now);
	}
}

static void
leave(struct slots_places *p, const uint64_t *keys, size_t count, bool is_new)
{
	for (size_t i = 0; i < count; i++) {
		crowd_leave(&p->all, keys[i]);
		if (is_new)
			crowd_leave(&p->new, keys[i]);
	}
}

/* ---- Slots ---- */

/* Of all places that it may lead to, or none. */
bool
slots_take(struct slots *s, const struct slots_request *r, int64_t now, struct slot *out)
{
	if (s->taken >= SLOTS_MAX || (r->is_new && s->taken_new >= SLOTS_NEW_MAX))
		return false;
	set_places(s, r, out);
	if (!have_room(&s->networks, out->networks, out->network_count, r->is_new, now) ||
	    !have_room(&s->regions, out->regions, out->region_count, r->is_new, now))
		return false;
	enter(&s->networks, out->networks, out->network_count, r->is_new, now);
	enter(&s->regions, out->regions, out->region_count, r->is_new, now);
	s->taken++;
	s->taken_new += r->is_new;
	return true;
}

void
slots_give(struct slots *s, const struct slot *slot)
{
	leave(&s->networks, slot->networks, slot->network_count, slot->is_new);
	leave(&s->regions, slot->regions, slot->region_count, slot->is_new);
	s->taken--;
	s->taken_new -= slot->is_new;
}
