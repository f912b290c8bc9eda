/* Mutes and what stands open; see hush.h. */
#include "monitor/alert/hush.h"

#include "monitor/alert/queue.h"

static bool
is_concerned(const struct hush *h, const struct sinks *sinks, size_t i)
{
	return queue_keeps_state(&sinks->at[i]) && (h->served == NULL || h->served[i]);
}

bool
hush_is_due(const struct hush *h, struct store *s, const struct sinks *sinks, int64_t now)
{
	bool keeps_state = false;

	for (size_t i = 0; i < sinks->count; i++)
		keeps_state |= is_concerned(h, sinks, i);
	/* A clock that was set back is no reason to wait. */
	return keeps_state && (h->looked == 0 || now < h->looked || now - h->looked >= HUSH_AGAIN ||
			       mute_version(s) != h->muting.version);
}

/* One walk over what stands with a sink. */
struct holding {
	const struct mutes *mutes;
	int64_t now;
	const char *sink;
	struct hush_change *room;
	size_t count;
};

static const char *
known(const char *text)
{
	return text == NULL || text[0] == '\0' ? NULL : text;
}

static void
hold_against(void *ctx, const struct outbox_standing *at)
{
	struct holding *f = ctx;
	const struct scope_case what = {.kind = at->kind,
					.client = known(at->client),
					.server = known(at->server),
					.domain = known(at->domain),
					.severity = (enum severity)at->severity};
	const bool is_muted = mutes_find(f->mutes, &what, f->now) != NULL;

	if (is_muted == at->is_hushed || f->count == HUSH_MOST)
		return;
	f->room[f->count++] = (struct hush_change){.sink = f->sink,
						   .incident = at->incident,
						   .severity = at->severity,
						   .is_hushed = is_muted};
}

bool
hush_find(struct hush *h, struct store *s, const struct sinks *sinks, int64_t now,
	  struct hush_change *room, size_t *count)
{
	const int64_t version = mute_version(s);
	struct holding f = {.mutes = &h->muting.all, .now = now, .room = room};

	hush_again(h);
	*count = 0;
	if (version < 0 || !muting_read(&h->muting, s))
		return false;
	for (size_t i = 0; i < sinks->count; i++) {
		f.sink = sinks->at[i].name;
		if (is_concerned(h, sinks, i) && !outbox_walk_standing(s, f.sink, hold_against, &f))
			return false;
	}
	*count = f.count;
	if (f.count < HUSH_MOST)
		h->looked = now;
	h->muting.version = version;
	return true;
}

bool
hush_apply(struct store *s, const struct hush_change *changes, size_t count, int64_t now)
{
	for (size_t i = 0; i < count; i++) {
		const struct hush_change *c = &changes[i];

		if (!(c->is_hushed ? outbox_hush(s, c->sink, c->incident, c->severity, now)
				   : outbox_unhush(s, c->sink, c->incident)))
			return false;
	}
	return true;
}

void
hush_again(struct hush *h)
{
	h->looked = 0;
}

void
hush_free(struct hush *h)
{
	muting_free(&h->muting);
}
