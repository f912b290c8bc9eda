/* Mutes: what they hold, and how they are stored; see mute.h. */
#include "monitor/alert/mute.h"

#include <stdlib.h>
#include <string.h>

/* Whether a list of networks limits nothing: it is empty, or has all addresses of a family. */
static bool
is_all(const struct network *list, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (list[i].bits == 0)
			return true;
	return count == 0;
}

const char *
mute_fault(const struct mute *m)
{
	if (m->scope.kinds.count == 0 && m->scope.domains.count == 0 &&
	    is_all(m->scope.clients, m->scope.client_count) &&
	    is_all(m->scope.servers, m->scope.server_count))
		return "it would mute everything (limit it by kind, client, server or domain)";
	if (m->why == NULL)
		return "why is missing (what it is, and who decided so)";
	return NULL;
}

const struct mute *
mutes_find(const struct mutes *all, const struct scope_case *c, int64_t start)
{
	for (size_t i = 0; i < all->count; i++) {
		const struct mute *m = &all->at[i];

		if (start < m->until && c->severity <= m->severity && scope_holds(&m->scope, c))
			return m;
	}
	return NULL;
}

struct mute *
mutes_add(struct mutes *all)
{
	struct mute *m;

	if (all->count == all->room) {
		const size_t room = all->room == 0 ? 8 : 2 * all->room;
		struct mute *grown = realloc(all->at, room * sizeof(*grown));

		if (grown == NULL)
			return NULL;
		all->at = grown;
		all->room = room;
	}
	m = &all->at[all->count++];
	*m = MUTE_ALL;
	return m;
}

static bool
join_words(const struct words *list, char out[MUTE_LIST_MAX])
{
	size_t used = 0;

	out[0] = '\0';
	for (size_t i = 0; i < list->count; i++) {
		const size_t len = strlen(list->at[i]);

		if (used + len + 2 > MUTE_LIST_MAX)
			return false;
		if (used > 0)
			out[used++] = ' ';
		memcpy(out + used, list->at[i], len + 1);
		used += len;
	}
	return true;
}

bool
mute_row_of(const struct mute *m, struct mute_text *room, struct mute_row *out)
{
	*out = (struct mute_row){
	    .name = m->name,
	    .kinds = room->kinds,
	    .clients = room->clients,
	    .servers = room->servers,
	    .domains = room->domains,
	    .severity = (enum severity_rank)m->severity,
	    .until = m->until,
	    .why = m->why,
	};
	return join_words(&m->scope.kinds, room->kinds) && join_words(&m->clients, room->clients) &&
	       join_words(&m->servers, room->servers) &&
	       join_words(&m->scope.domains, room->domains);
}

static char *
put_text(char **at, const char *text)
{
	const size_t size = strlen(text) + 1;
	char *begin = *at;

	memcpy(begin, text, size);
	*at += size;
	return begin;
}

/* The words of a text, which is cut at its blanks; no word is empty. */
static bool
split(char *text, struct words *out)
{
	size_t count = text[0] != '\0';

	for (const char *at = text; *at != '\0'; at++)
		count += *at == ' ';
	if (count == 0)
		return true;
	out->at = calloc(count, sizeof(*out->at));
	if (out->at == NULL)
		return false;
	for (char *at = text; at != NULL;) {
		char *blank = strchr(at, ' ');

		if (blank != NULL)
			*blank++ = '\0';
		if (at[0] == '\0')
			return false;
		out->at[out->count++] = at;
		at = blank;
	}
	return true;
}

static bool
read_networks(const struct words *list, struct network *out, size_t *count)
{
	for (size_t i = 0; i < list->count; i++)
		if (i == SCOPE_NETWORKS || !network_of(list->at[i], &out[(*count)++]))
			return false;
	return true;
}

/* Everything but its texts is in place. */
static bool
read_lists(struct mute *m, const struct mute_row *row, char *at)
{
	char *kinds = put_text(&at, row->kinds), *clients = put_text(&at, row->clients),
	     *servers = put_text(&at, row->servers), *domains = put_text(&at, row->domains);

	if (row->name != NULL)
		m->name = put_text(&at, row->name);
	m->why = put_text(&at, row->why);
	return split(kinds, &m->scope.kinds) && split(clients, &m->clients) &&
	       split(servers, &m->servers) && split(domains, &m->scope.domains) &&
	       read_networks(&m->clients, m->scope.clients, &m->scope.client_count) &&
	       read_networks(&m->servers, m->scope.servers, &m->scope.server_count) &&
	       mute_fault(m) == NULL;
}

bool
mute_of_row(const struct mute_row *row, struct mute *out)
{
	const size_t size = strlen(row->kinds) + strlen(row->clients) + strlen(row->servers) +
			    strlen(row->domains) + strlen(row->why) +
			    (row->name == NULL ? 0 : strlen(row->name)) + 6;

	*out = MUTE_ALL;
	out->id = row->id;
	out->until = row->until;
	if (row->severity < RANK_INFO || row->severity > RANK_CRITICAL)
		return false;
	out->severity = (enum severity)row->severity;
	out->text = malloc(size);
	if (out->text != NULL && read_lists(out, row, out->text))
		return true;
	mute_free(out);
	return false;
}

void
mute_free(struct mute *m)
{
	scope_free(&m->scope);
	free(m->clients.at);
	free(m->servers.at);
	free(m->text);
	*m = MUTE_ALL;
}

void
mutes_free(struct mutes *all)
{
	for (size_t i = 0; i < all->count; i++)
		mute_free(&all->at[i]);
	free(all->at);
	*all = (struct mutes){0};
}
