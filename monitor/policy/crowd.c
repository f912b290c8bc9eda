/* Who is being asked too much; see crowd.h. */
#include "monitor/policy/crowd.h"

static bool
is_free(const struct crowd *c, const struct crowd_subject *s, int64_t now)
{
	return s->under_way == 0 && (s->begun == 0 || now - s->begun >= c->limit.apart);
}

/* That of key; else a free one; else NULL. */
static const struct crowd_subject *
find(const struct crowd *c, uint64_t key, int64_t now)
{
	const struct crowd_subject *free_one = NULL;

	for (size_t i = 0; i < CROWD_SUBJECTS; i++) {
		const struct crowd_subject *s = &c->subjects[i];

		if (is_free(c, s, now)) {
			if (free_one == NULL)
				free_one = s;
		} else if (s->key == key) {
			return s;
		}
	}
	return free_one;
}

bool
crowd_has_room(const struct crowd *c, uint64_t key, int64_t now)
{
	const struct crowd_subject *s = find(c, key, now);

	if (s == NULL)
		return false;
	return is_free(c, s, now) ||
	       (s->under_way < c->limit.at_once && now - s->begun >= c->limit.apart);
}

bool
crowd_enter(struct crowd *c, uint64_t key, int64_t now)
{
	const struct crowd_subject *found = find(c, key, now);
	struct crowd_subject *s;

	if (!crowd_has_room(c, key, now))
		return false;
	s = &c->subjects[found - c->subjects];
	if (is_free(c, s, now))
		*s = (struct crowd_subject){.key = key};
	s->under_way++;
	s->begun = now;
	return true;
}

void
crowd_leave(struct crowd *c, uint64_t key)
{
	for (size_t i = 0; i < CROWD_SUBJECTS; i++)
		if (c->subjects[i].key == key && c->subjects[i].under_way > 0) {
			c->subjects[i].under_way--;
			return;
		}
}
