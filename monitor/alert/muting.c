/* Mutes in force; see muting.h. */
#include "monitor/alert/muting.h"

#include <string.h>

static bool
is_same(const struct mute_row *a, const struct mute_row *b)
{
	return a->severity == b->severity && a->until == b->until && strcmp(a->why, b->why) == 0 &&
	       strcmp(a->kinds, b->kinds) == 0 && strcmp(a->clients, b->clients) == 0 &&
	       strcmp(a->servers, b->servers) == 0 && strcmp(a->domains, b->domains) == 0;
}

size_t
muting_place(const struct muting *m, const struct mute_row *row)
{
	static struct mute_text room; /* large */
	struct mute_row mine;

	for (size_t i = 0; m->configured != NULL && i < m->configured->count; i++)
		if (row->name != NULL && strcmp(m->configured->at[i].name, row->name) == 0)
			return mute_row_of(&m->configured->at[i], &room, &mine) &&
				       is_same(&mine, row)
				   ? i
				   : SIZE_MAX;
	return SIZE_MAX;
}

/* One reading of the table. */
struct reading {
	struct muting *muting;
	size_t added; /* by people */
};

static void
take(void *ctx, const struct mute_row *row)
{
	struct reading *r = ctx;
	struct mute read, *room;

	/* Of another watch's configuration, or of one that was. */
	if (row->name != NULL && muting_place(r->muting, row) == SIZE_MAX)
		return;
	if (row->name == NULL && ++r->added > MUTES_MAX) {
		r->muting->left_out++;
		return;
	}
	if (!mute_of_row(row, &read))
		return;
	room = mutes_add(&r->muting->all);
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
	struct reading r = {.muting = m};

	mutes_free(&m->all);
	m->left_out = 0;
	return mute_walk(s, false, take, &r);
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
