/* waxseal db: check, figures, pruning and backup of the database. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "db/upkeep.h"
#include "monitor/command/command.h"
#include "monitor/counted.h"
#include "monitor/limit.h"
#include "monitor/log.h"

static void
tell_problem(void *ctx, const char *problem)
{
	(void)ctx;
	puts(problem);
}

static int
check(struct store *s, const struct options *o)
{
	const int problems = upkeep_check(s, tell_problem, NULL);

	if (problems == 0) {
		puts("ok");
		return STATUS_DONE;
	}
	if (problems < 0)
		log_error("%s", store_error(s));
	else
		log_error("%s: %s (restore a backup, or read the captures into a new file)", o->db,
			  counted((uint64_t)problems, "problem").text);
	return STATUS_FAILED;
}

static void
tell_figure(void *ctx, const char *name, const char *value)
{
	(void)ctx;
	printf("%-24s %s\n", name, value);
}

static int
stats(struct store *s, const struct options *o)
{
	char text[LIMIT_TEXT_MAX];
	const struct {
		const char *name;
		int64_t span;
	} spans[] = {
	    {"keep-sessions", o->keep.sessions},
	    {"keep-evidence", o->keep.evidence},
	    {"keep-incidents", o->keep.incidents},
	};

	if (!upkeep_stats(s, tell_figure, NULL)) {
		log_error("%s", store_error(s));
		return STATUS_FAILED;
	}
	/* What a live watch with this configuration would keep to. */
	for (size_t i = 0; i < sizeof(spans) / sizeof(spans[0]); i++) {
		limit_span_text(spans[i].span, text);
		tell_figure(NULL, spans[i].name, text);
	}
	limit_size_text(o->keep.bytes, text);
	tell_figure(NULL, "keep-size", text);
	return STATUS_DONE;
}

static int
prune(struct store *s, const struct options *o)
{
	struct prune p = {.before = o->before, .limits = o->keep, .now = o->now};

	if (!upkeep_prune(s, &p)) {
		log_error("%s", store_error(s));
		return STATUS_FAILED;
	}
	printf("removed %s and %s: %" PRId64 " to %" PRId64 " bytes\n",
	       counted((uint64_t)p.sessions, "session").text,
	       counted((uint64_t)p.incidents, "incident").text, p.bytes_before, p.bytes_after);
	if (!p.is_short)
		return STATUS_DONE;
	log_error("%s: still takes %" PRId64 " bytes, more than the %" PRId64
		  " of --keep-size: only incidents and counts are left (remove old incidents with "
		  "--keep-incidents, or give it more)",
		  o->db, p.bytes_after, p.limits.bytes);
	return STATUS_FAILED;
}

static int
backup(struct store *s, const struct options *o)
{
	if (!upkeep_backup(s, o->output)) {
		log_error("%s", store_error(s));
		return STATUS_FAILED;
	}
	log_note("%s: copied to %s", o->db, o->output);
	return STATUS_DONE;
}

int
command_db(const struct options *o)
{
	static const struct {
		const char *name;
		enum store_mode mode;
		int (*run)(struct store *s, const struct options *o);
	} actions[] = {
	    {"check", STORE_READ, check},
	    {"stats", STORE_READ, stats},
	    {"prune", STORE_WRITE, prune},
	    {"backup", STORE_READ, backup},
	};
	char why[STORE_WHY_MAX];
	size_t i = 0;
	struct store *s = NULL;
	int status;

	while (strcmp(actions[i].name, o->action) != 0)
		i++;
	/* One who may write upgrades an older file; for one who may not it is only read. */
	if (actions[i].run == check)
		s = store_open(o->db, STORE_WRITE, why, sizeof(why));
	if (s == NULL)
		s = store_open(o->db, actions[i].mode, why, sizeof(why));
	if (s == NULL) {
		log_error("%s", why);
		return STATUS_FAILED;
	}
	status = actions[i].run(s, o);
	store_close(s);
	return status;
}
