/* Mutes in force; see muting.h. */
#include "monitor/alert/muting.h"

#include <string.h>

bool
muting_has_name(const struct muting *m, const char *name)
{
	for (size_t i = 0; m->configured != NULL && i < m->configured->count; i++)
		if (strcmp(m->configured->at[i].name, name) == 0)
			return true;
	return false;
}

static void
take(void *ctx, const struct mute_row *row)
{
	struct muting *m = ctx;
	struct mute read, *room;

	/* Of another watch's configuration, or of one that was. */
	if (row->name != NULL && !muting_has_name(m, row->name))
		return;
	if (!mute_of_row(row, &read))
		return;
	room = mutes_add(&m->all);
	if (room != NULL)
		*room = read;
	else
		mute_free(&read);
}

static bool
put_configured(const struct muting *m, struct store *s, int64_t now)
{
	static struct mute_text room; /* large */
	struct mute_row row;

	for (size_t i = 0; m->configured != NULL && i < m->configured->count; i++)
		if (!mute_row_of(&m->configured->at[i], &room, &row) || !mute_put(s, &row, now))
			return false;
	return true;
}

bool
muting_read(struct muting *m, struct store *s)
{
	mutes_free(&m->all);
	return mute_walk(s, false, take, m);
}

bool
muting_refresh(struct muting *m, struct store *s, int64_t now)
{
	const int64_t version = mute_version(s);

	if (version >= 0 && version == m->version)
		return true;
	m->version = -1;
	if (version < 0 || !put_configured(m, s, now))
		return false;
	if (!muting_read(m, s))
		return false;
	m->version = version;
	return true;
}

void
muting_forget(struct muting *m)
{
	m->version = -1;
}

size_t
mutes_in_force(const struct mutes *all, int64_t now)
{
	size_t count = 0;

	for (size_t i = 0; i < all->count; i++)
		count += now < all->at[i].until;
	return count;
}

void
muting_free(struct muting *m)
{
	mutes_free(&m->all);
}
