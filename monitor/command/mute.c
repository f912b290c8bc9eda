/* waxseal mute: what is known and alarms nobody; see monitor/alert/mute.h. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "monitor/alert/muting.h"
#include "monitor/command/command.h"
#include "monitor/command/list.h"
#include "monitor/counted.h"
#include "monitor/json.h"
#include "monitor/log.h"
#include "monitor/moment.h"

static const struct table_column columns[] = {
    {.title = "ID", .is_right = true},
    {.title = "NAME"},
    {.title = "STATE"},
    {.title = "MUTES", .least = 20, .spare = 2},
    {.title = "UNTIL"},
    {.title = "INCIDENTS", .is_right = true},
    {.title = "SESSIONS", .is_right = true},
    {.title = "LAST"},
    {.title = "WHY", .least = 12, .spare = 1},
};

#define IN_FORCE  "in force"
#define ENDED     "ended"
#define NO_EFFECT "no effect"

/* One list under way. */
struct listing {
	const struct options *options;
	struct muting muting;           /* of the configuration alone */
	struct table *table;            /* NULL: JSON */
	bool is_told[MUTES_MAX];        /* of those that are configured */
	size_t count, ended, powerless; /* powerless: without effect */
	size_t idle;                    /* in force, and never used */
	bool has_failed;
};

static const char *
state_of(const struct listing *l, const struct mute_row *row)
{
	struct mute read;

	/* Of another configuration, or of this one as it was. */
	if (row->name != NULL && muting_place(&l->muting, row) == SIZE_MAX)
		return "gone";
	if (row->until <= l->options->now)
		return ENDED;
	/* Older programs let such be added, others may write what they like: no watch takes it. */
	if (!mute_of_row(row, &read))
		return NO_EFFECT;
	mute_free(&read);
	return IN_FORCE;
}

static void
add_words(char out[LIST_CELL_MAX], const char *name, const char *words)
{
	const size_t used = strlen(out);

	if (words[0] != '\0')
		snprintf(out + used, LIST_CELL_MAX - used, "%s%s %s", used > 0 ? ", " : "", name,
			 words);
}

static bool
put_cells(struct listing *l, const struct mute_row *row, const char *state)
{
	char id[24] = "-", mutes[LIST_CELL_MAX] = "", until[MOMENT_TEXT_MAX] = "never",
	     last[MOMENT_TEXT_MAX] = "never", incidents[24], sessions[24];
	const char *cells[] = {id,       row->name == NULL ? "-" : row->name,
			       state,    mutes,
			       until,    incidents,
			       sessions, last,
			       row->why};

	if (row->id != 0)
		snprintf(id, sizeof(id), "%" PRId64, row->id);
	add_words(mutes, "kind", row->kinds);
	add_words(mutes, "client", row->clients);
	add_words(mutes, "server", row->servers);
	add_words(mutes, "domain", row->domains);
	if (row->severity < RANK_CRITICAL)
		add_words(mutes, "up to", severity_name((enum severity)row->severity));
	if (row->until != INT64_MAX)
		moment_short_text(row->until, until);
	if (row->last != 0)
		moment_short_text(row->last, last);
	snprintf(incidents, sizeof(incidents), "%" PRId64, row->incidents);
	snprintf(sessions, sizeof(sessions), "%" PRId64, row->sessions);
	return table_row(l->table, cells);
}

static void
put_words(const char *name, const char *words)
{
	char word[LIST_CELL_MAX];

	printf(",\"%s\":[", name);
	for (const char *at = words; at[0] != '\0';) {
		const size_t len = strcspn(at, " ");

		snprintf(word, sizeof(word), "%.*s", (int)len, at);
		if (at != words)
			putchar(',');
		json_put_text(stdout, word);
		at += len + (at[len] == ' ');
	}
	putchar(']');
}

static void
put_time(const char *name, bool is_known, int64_t moment)
{
	char text[MOMENT_TEXT_MAX];

	moment_text(moment, text);
	if (is_known)
		printf(",\"%s\":\"%s\"", name, text);
	else
		printf(",\"%s\":null", name);
}

static void
put_json(const struct mute_row *row, const char *state)
{
	if (row->id == 0)
		printf("{\"id\":null");
	else
		printf("{\"id\":%" PRId64, row->id);
	printf(",\"name\":");
	if (row->name == NULL)
		printf("null");
	else
		json_put_text(stdout, row->name);
	printf(",\"state\":\"%s\"", state);
	put_words("kinds", row->kinds);
	put_words("clients", row->clients);
	put_words("servers", row->servers);
	put_words("domains", row->domains);
	printf(",\"severity\":\"%s\"", severity_name((enum severity)row->severity));
	put_time("until", row->until != INT64_MAX, row->until);
	printf(",\"why\":");
	json_put_text(stdout, row->why);
	printf(",\"incidents\":%" PRId64 ",\"sessions\":%" PRId64, row->incidents, row->sessions);
	put_time("last", row->last != 0, row->last);
	puts("}");
}

static void
put(struct listing *l, const struct mute_row *row, const char *state)
{
	l->count++;
	l->ended += strcmp(state, ENDED) == 0;
	l->powerless += strcmp(state, NO_EFFECT) == 0;
	l->idle += strcmp(state, IN_FORCE) == 0 && row->last == 0;
	if (l->table == NULL)
		put_json(row, state);
	else if (!put_cells(l, row, state))
		l->has_failed = true;
}

static void
tell(void *ctx, const struct mute_row *row)
{
	struct listing *l = ctx;
	const size_t place = muting_place(&l->muting, row);
	struct mute_row sound = *row;

	if (place != SIZE_MAX)
		l->is_told[place] = true;
	if (sound.severity < RANK_INFO || sound.severity > RANK_CRITICAL)
		sound.severity = RANK_CRITICAL;
	put(l, &sound, state_of(l, row));
}

/* Those that no watch has put into the database yet. */
static void
put_new(struct listing *l)
{
	static struct mute_text room; /* large */
	const struct mutes *configured = l->muting.configured;
	struct mute_row row;

	for (size_t i = 0; configured != NULL && i < configured->count; i++)
		if (!l->is_told[i] && mute_row_of(&configured->at[i], &room, &row))
			put(l, &row, state_of(l, &row));
}

/* What is to be looked at again. */
static void
advise(const struct listing *l)
{
	if (l->count == 0)
		log_note("nothing is muted (waxseal mute add, or [mute NAME] in the "
			 "configuration)");
	if (l->ended > 0)
		log_note("%s: what it muted is told again (mute remove, or a new mute)",
			 l->ended == 1 ? "1 mute has ended" : "some mutes have ended");
	if (l->powerless > 0)
		log_note("%s %s no effect: limited to nothing, or not readable (mute remove, and "
			 "add one with a narrower --client, --server, --domain or --kind)",
			 counted(l->powerless, "mute").text, l->powerless == 1 ? "has" : "have");
	if (l->idle > 0)
		log_note("%s muted nothing yet (is it what you meant? is it still needed?)",
			 l->idle == 1 ? "1 mute" : counted(l->idle, "mute").text);
}

static int
list(struct store *s, const struct options *o)
{
	struct listing l = {.options = o, .muting.configured = o->mutes};
	const bool is_table = o->format != FORMAT_JSON;
	bool is_read;

	if (is_table) {
		l.table = table_new(stdout, table_width(stdout), columns,
				    sizeof(columns) / sizeof(columns[0]));
		if (l.table == NULL) {
			log_error("mute: out of memory");
			return STATUS_FAILED;
		}
	}
	is_read = mute_walk(s, true, tell, &l);
	if (is_read)
		put_new(&l);
	/* A table of no rows has no head. */
	table_free(l.table);
	if (!is_read || l.has_failed) {
		log_error("%s", is_read ? "mute: out of memory" : store_error(s));
		return STATUS_FAILED;
	}
	if (is_table)
		advise(&l);
	return STATUS_DONE;
}

/* In the transaction: whether there is room for one more, in place of one that has ended if need
 * be. */
static bool
has_room(struct store *s, int64_t now)
{
	const int64_t there = mute_added(s);
	const enum maybe made = there < MUTES_MAX ? MAYBE_NO : mute_drop_ended(s, now);

	if (there < 0 || made == MAYBE_NULL) {
		log_error("%s", store_error(s));
		return false;
	}
	if (there < MUTES_MAX || (there == MUTES_MAX && made == MAYBE_YES))
		return true;
	log_error("mute add: %" PRId64 " were added already, which is the most (waxseal mute lists "
		  "them; mute remove ID takes away what is needed no more)",
		  there);
	return false;
}

static int
add(struct store *s, const struct options *o)
{
	static struct mute_text room; /* large */
	struct mute_row row;

	if (!mute_row_of(o->mute, &room, &row)) {
		log_error("mute add: too long a list (make two of it)");
		return STATUS_FAILED;
	}
	if (!store_begin(s)) {
		log_error("%s", store_error(s));
		return STATUS_FAILED;
	}
	if (!has_room(s, o->now))
		return STATUS_FAILED;
	if (!mute_put(s, &row, o->now) || !store_commit(s)) {
		log_error("%s", store_error(s));
		return STATUS_FAILED;
	}
	log_note("mute %" PRId64 ": in force for what is seen from now on (incidents that are open "
		 "stay so here, and are resolved at Alertmanager: waxseal close ID)",
		 row.id);
	return STATUS_DONE;
}

static int
take_away(struct store *s, const struct options *o)
{
	switch (mute_remove(s, o->id, o->now)) {
	case MUTE_REMOVED:
		log_note("mute %" PRId64 ": removed; what recurs is told", o->id);
		return STATUS_DONE;
	case MUTE_ABSENT:
		log_error("mute %" PRId64 ": there is none (waxseal mute lists them)", o->id);
		break;
	case MUTE_CONFIGURED:
		log_error("mute %" PRId64 ": of the configuration (take its [mute NAME] out there, "
			  "and send the watch SIGHUP)",
			  o->id);
		break;
	case MUTE_FAILED:
		log_error("%s", store_error(s));
		break;
	}
	return STATUS_FAILED;
}

int
command_mute(const struct options *o)
{
	char why[STORE_WHY_MAX];
	const bool is_list = strcmp(o->action, "list") == 0;
	struct store *s =
	    is_list ? list_store(o) : store_open(o->db, STORE_WRITE, why, sizeof(why));
	int status;

	if (s == NULL) {
		if (!is_list)
			log_error("%s", why);
		return STATUS_FAILED;
	}
	status = is_list ? list(s, o) : strcmp(o->action, "add") == 0 ? add(s, o) : take_away(s, o);
	store_close(s);
	return status;
}
