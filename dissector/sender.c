/* What one side's packets have in common; see sender.h. */
#include "dissector/sender.h"

static void
learn_ip_id(struct stream *s, uint16_t ip_id)
{
	uint16_t step = (uint16_t)(ip_id - s->ip_id);

	if (s->is_seen && step > SENDER_IP_ID_STEP)
		s->ip_id_run = 0;
	/* The same again is a copy of the packet. */
	else if (s->is_seen && step > 0 && s->ip_id_run < UINT8_MAX)
		s->ip_id_run++;
	s->ip_id = ip_id;
}

void
sender_learn(struct stream *s, const struct packet *p, bool is_next)
{
	if (is_next)
		s->ttl_data = p->ttl;
	if (s->ttl_first == 0)
		s->ttl_first = p->ttl;
	if (!s->is_seen || p->ttl < s->ttl_low)
		s->ttl_low = p->ttl;
	if (!s->is_seen || p->ttl > s->ttl_high)
		s->ttl_high = p->ttl;
	if (!s->is_seen || p->window < s->window_low)
		s->window_low = p->window;
	if (!s->is_seen || p->window > s->window_high)
		s->window_high = p->window;
	learn_ip_id(s, p->ip_id);
	s->window = p->window;
	s->is_seen = true;
}

void
sender_begin(struct stream *s, uint8_t ttl)
{
	s->ttl_first = ttl;
}

static bool
is_beyond_drift(uint8_t low, uint8_t high, uint8_t ttl)
{
	return ttl + SENDER_TTL_DRIFT < low || ttl > high + SENDER_TTL_DRIFT;
}

bool
sender_is_new_ttl(const struct stream *s, uint8_t ttl)
{
	return is_beyond_drift(s->ttl_low, s->ttl_high, ttl);
}

bool
sender_is_foreign_ttl(const struct stream *s, uint8_t ttl)
{
	if (s->ttl_data && !is_beyond_drift(s->ttl_data, s->ttl_data, ttl))
		return false;
	return s->ttl_first && is_beyond_drift(s->ttl_first, s->ttl_first, ttl);
}

bool
sender_is_far_ip_id(const struct stream *s, const struct packet *p)
{
	/* Many stacks send resets, and answers of their own accord, with an IP-ID of zero. */
	return p->ip_id &&
	       (uint16_t)(p->ip_id - s->ip_id + SENDER_IP_ID_DRIFT) > 2 * SENDER_IP_ID_DRIFT;
}

bool
sender_counts(const struct stream *s)
{
	return s->ip_id_run >= SENDER_IP_ID_RUN;
}

bool
sender_is_new_window(const struct stream *s, const struct packet *p)
{
	/* Many stacks send resets with no window. */
	return p->window && (p->window < s->window_low || p->window > s->window_high);
}

bool
sender_is_doubtful(const struct stream *s, const struct packet *p)
{
	return sender_is_foreign_ttl(s, p->ttl) ||
	       (s->is_seen && sender_counts(s) && sender_is_far_ip_id(s, p));
}
