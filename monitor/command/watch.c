/*
 * waxseal watch: live traffic or saved captures to sessions, findings and incidents.
 *
 * Hands the work to the keeper (role/keeper.h), shows how far it is, and says
 * at the end what it came to and what could not be seen.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "monitor/alert/sink.h"
#include "monitor/capture/expression.h"
#include "monitor/clock.h"
#include "monitor/command/asking.h"
#include "monitor/command/command.h"
#include "monitor/counted.h"
#include "monitor/log.h"
#include "monitor/metrics/endpoint.h"
#include "monitor/role/enclose.h"
#include "monitor/role/keeper.h"
#include "monitor/role/sandbox.h"
#include "monitor/unblocked.h"

#define BAR_WIDTH    40
#define BAR_INTERVAL 100 /* milliseconds */

/* The bar on standard error. */
struct bar {
	bool is_drawn;
	int64_t drawn_at; /* by clock_steady */
};

/* What went well before a watch begins. */
enum beginning {
	BEGINS_FIRST,        /* nothing, or by other settings into another database */
	BEGINS_WITH_SAME_DB, /* the database, by other settings */
	BEGINS_AS_BEFORE     /* all of it */
};

/* What is there from the beginning to the end, however often it is begun anew. */
struct watching {
	const struct options *first; /* what was asked for in the beginning */
	struct starter starter;
	struct printer *printer; /* of --json, live; else NULL */
	bool has_met_fail_on;    /* since the beginning */
	struct bar bar;
};

static void
draw_bar(void *ctx, const char *capture, uint64_t consumed, uint64_t size)
{
	struct bar *bar = &((struct watching *)ctx)->bar;
	int64_t now = clock_steady();
	double part = size > 0 ? (double)consumed / (double)size : 0;
	int full = (int)((part < 1 ? part : 1) * BAR_WIDTH);

	if (capture == NULL) {
		if (bar->is_drawn)
			fputs("\r\033[K", stderr);
		bar->is_drawn = false;
		return;
	}
	if (bar->is_drawn && now - bar->drawn_at < BAR_INTERVAL)
		return;
	if (size > 0)
		fprintf(stderr, "\r\033[K[%.*s%.*s] %3d %%", full,
			"########################################", BAR_WIDTH - full,
			"                                        ", (int)(part * 100));
	else
		fprintf(stderr, "\r\033[K%" PRIu64 " MB", consumed / 1000000);
	bar->is_drawn = true;
	bar->drawn_at = now;
}

/* Muted is not unseen. */
static void
show_muted(FILE *out, const struct recorder_counts *c)
{
	uint64_t findings = 0;

	for (int s = SEVERITY_INFO; s <= SEVERITY_CRITICAL; s++)
		findings += c->muted[s];
	if (findings > 0)
		fprintf(out,
			"muted      %s among these, and %s beside them (waxseal incidents "
			"--muted)\n",
			counted(findings, "finding").text,
			counted(c->incidents_muted, "opened incident").text);
}

static void
show_sessions(FILE *out, const struct recorder_counts *c)
{
	fprintf(out,
		"sessions   %" PRIu64 " new, %" PRIu64 " known already, %" PRIu64 " continued\n",
		c->sessions_new, c->sessions_known, c->sessions_extended);
	fputs("          ", out);
	for (enum outcome o = OUTCOME_ENCRYPTED; o <= OUTCOME_PARTIAL; o++)
		fprintf(out, "%s %" PRIu64 " %s", o == OUTCOME_ENCRYPTED ? "" : ",", c->outcomes[o],
			outcome_name(o));
	fputc('\n', out);
	fputs("findings  ", out);
	for (int s = SEVERITY_CRITICAL; s >= SEVERITY_INFO; s--)
		fprintf(out, "%s %" PRIu64 " %s", s == SEVERITY_CRITICAL ? "" : ",", c->findings[s],
			severity_name((enum severity)s));
	fputc('\n', out);
	fprintf(out,
		"incidents  %" PRIu64 " opened, %" PRIu64 " raised, %" PRIu64 " reopened, %" PRIu64
		" seen again\n",
		c->incidents_opened, c->incidents_raised, c->incidents_reopened,
		c->incidents_touched);
	show_muted(out, c);
}

/* What could not be seen: a monitor that misses bytes must not look healthy. */
static void
show_losses(FILE *out, const struct dissector_counts *c)
{
	const struct {
		uint64_t count;
		const char *noun, *what;
	} losses[] = {
	    {c->gap_bytes, "byte", "sent, but not in the capture"},
	    {c->got[PACKET_CUT], "packet",
	     "cut off inside the headers (capture with a larger snap length)"},
	    {c->got[PACKET_BAD], "packet", "whose headers contradict themselves"},
	    {c->got[PACKET_DEEP], "packet", "nested too deep"},
	    {c->got[PACKET_LINK_UNKNOWN], "packet", "of a link type that is not read"},
	    {c->checksum_wrong, "segment",
	     "with a wrong checksum, believed only once acknowledged"},
	    {c->evicted, "flow", "given up for room (give more with --memory)"},
	    {c->pool_refusals, "time", "that memory ran out (give more with --memory)"},
	    {c->wait_refusals, "segment", "out of order that found no room to wait"},
	    {c->fragments.overlaps, "datagram", "whose fragments contradict each other"},
	    {c->fragments.evicted + c->fragments.expired, "datagram", "not put together again"},
	};

	for (size_t i = 0; i < sizeof(losses) / sizeof(losses[0]); i++)
		if (losses[i].count > 0)
			fprintf(out, "not seen   %s %s\n",
				counted(losses[i].count, losses[i].noun).text, losses[i].what);
}

/* How far the reading came: what was not read to its end holds more than was counted. */
static void
show_reading(FILE *out, const struct options *o, const struct keeper_result *r)
{
	const bool is_whole = !r->is_interrupted && !r->is_given_up;

	if (o->watch.interfaces.count > 0) {
		fprintf(out, "captured   %s, %s\n", counted(r->packets, "packet").text,
			counted(r->bytes, "byte").text);
		return;
	}
	fprintf(out, "read       %s%s", is_whole ? "" : "at least ",
		counted(r->packets, "packet").text);
	/* Bytes are told at the end of a capture. */
	if (is_whole || r->bytes > 0)
		fprintf(out, ", %s", counted(r->bytes, "byte").text);
	fprintf(out, ", from %" PRIu64 " of %s", r->captures,
		counted(o->watch.files.count, "capture").text);
	if (r->truncated > 0)
		fprintf(out, ", %" PRIu64 " truncated", r->truncated);
	fputs(r->is_interrupted ? ", interrupted\n" : r->is_given_up ? ", given up\n" : "\n", out);
}

/* What of the traffic did not come to be read, or to be kept. */
static void
show_tap_losses(FILE *out, const struct live_tally *t)
{
	if (t->dropped > 0)
		fprintf(out, "not seen   %s lost before reading (give more with --buffer)\n",
			counted(t->dropped, "packet").text);
	if (t->untold > 0)
		fprintf(out, "not kept   %s: the database was too slow\n",
			counted(t->untold, "session").text);
}

static void
show_lookups(FILE *out, const struct lookup_counts *c)
{
	fprintf(out, "look-ups   %" PRIu64 " asked, %" PRIu64 " answered, %" PRIu64 " failed",
		c->asked, c->answered, c->failed);
	if (c->waiting > 0)
		fprintf(out, ", %" PRIu64 " waiting", c->waiting);
	fputc('\n', out);
	if (c->left_out > 0)
		fprintf(out, "not asked  %s: too many at once\n",
			counted(c->left_out, "look-up").text);
}

/* Where all of it is, or what of it is not. */
static void
show_keeping(FILE *out, const struct options *o, const struct keeper_result *r)
{
	const struct recorder_counts *c = &r->recorded;

	if (c->sessions_behind > 0)
		fprintf(
		    out,
		    "not kept   %s from before the time that the database reaches back to (read "
		    "them into another with --db)\n",
		    counted(c->sessions_behind, "session").text);
	if (c->sessions_refused > 0)
		fprintf(out, "not kept   at least %s, refused by the database (run it again)\n",
			counted(c->sessions_refused, "session").text);
	else if (r->is_refused)
		fputs("not kept   what came last, refused by the database (run it again)\n", out);
	if (!r->is_refused || c->sessions_new + c->sessions_known + c->sessions_extended > 0)
		fprintf(out, "kept in    %s%s (next: waxseal incidents --db %s)\n", o->db,
			r->is_refused ? ", as far as it was taken" : "", o->db);
}

static void
show_summary(FILE *out, const struct options *o, const struct keeper_result *r)
{
	show_reading(out, o, r);
	if (!r->has_database)
		return;
	show_sessions(out, &r->recorded);
	if (o->watch.lookups)
		show_lookups(out, &r->lookups);
	show_losses(out, &r->dissected);
	show_tap_losses(out, &r->tally);
	show_keeping(out, o, r);
}

static bool
is_fail_on_met(const struct watch_options *w, const struct recorder_counts *c)
{
	for (int s = SEVERITY_INFO; s <= SEVERITY_CRITICAL; s++)
		if (w->has_fail_on && (enum severity)s >= w->fail_on &&
		    c->findings[s] > c->muted[s])
			return true;
	return false;
}

/* False, and a line in why, where a file that was named cannot be read now. */
static bool
is_readable(const char *path, const char *place, char why[OPTIONS_WHY_MAX])
{
	int descriptor = path != NULL ? open(path, O_RDONLY | O_CLOEXEC) : -1;

	if (descriptor < 0 && path != NULL) {
		snprintf(why, OPTIONS_WHY_MAX, "%s--ca-file %s: cannot read: %s", place, path,
			 strerror(errno));
		return false;
	}
	if (descriptor >= 0)
		close(descriptor);
	return true;
}

/* Whether the filter is one, wherever it stands; if not, why says how, in a line. */
static bool
is_filter(const struct watch_options *w, char why[OPTIONS_WHY_MAX])
{
	char problem[EXPRESSION_WHY_MAX];

	if (w->expression == NULL || expression_is_sound(w->expression, problem))
		return true;
	snprintf(why, OPTIONS_WHY_MAX, "%s-f %s: %s (pcap-filter(7) has the syntax)",
		 w->expression_at, w->expression, problem);
	return false;
}

/* As long as users can be looked up: later the folder where they stand is out of reach. */
static bool
is_user(const struct watch_options *w)
{
	struct sandbox box;

	if (w->user == NULL || sandbox_find_user(&box, w->user))
		return true;
	log_error("%s--user %s: there is no such user, or it is root", w->user_at, w->user);
	return false;
}

/* The status to exit with, and told, where what is asked for cannot be had; else STATUS_DONE. */
static int
check(const struct watch_options *w)
{
	char why[OPTIONS_WHY_MAX];
	const bool is_misuse = !is_filter(w, why);

	if (is_misuse || !is_readable(w->ca_file, w->ca_file_at, why)) {
		log_error("%s", why);
		return is_misuse ? STATUS_MISUSE : STATUS_FAILED;
	}
	if (!is_user(w))
		return STATUS_FAILED;
	if (w->readers > 1 && w->files.count > 0)
		log_note("--readers %u: a saved capture is parsed by one process, in its order; "
			 "more are for live capture",
			 w->readers);
	return STATUS_DONE;
}

/* The files that the keeper is to reach as long as it lives. */
static struct enclosure
enclosure_of(const struct options *o)
{
	return (struct enclosure){
	    .db = o->db,
	    .config = o->config,
	    .ca_file = o->watch.ca_file,
	    .metrics_file = o->watch.metrics_file,
	    .captures = o->watch.files.at,
	    .capture_count = o->watch.files.count,
	    .has_names = o->watch.expression != NULL,
	};
}

/* Whether there is such a user cannot be looked up any more: an unknown one would end it. */
static bool
is_same_user(const char *was, const char *wanted)
{
	if (strcmp(was != NULL ? was : "", wanted != NULL ? wanted : "") == 0)
		return true;
	log_error("--user %s: another cannot be taken while it runs: what was in force stays so "
		  "(stop waxseal and start it again)",
		  wanted != NULL ? wanted : "");
	return false;
}

/* False, and told, where what is asked for now lies outside of it. */
static bool
is_in_reach(const struct options *first, const struct options *anew)
{
	const struct enclosure was = enclosure_of(first), wanted = enclosure_of(anew);
	const char *what;

	if (enclose_reaches(&was, &wanted, &what))
		return is_same_user(first->watch.user, anew->watch.user);
	log_error("%s: is not there, or cannot be reached from within the sandbox: what was in "
		  "force stays so (stop waxseal and start it again)",
		  what);
	return false;
}

/* SIGHUP: a configuration that is wrong must not end a watch that goes well. */
static bool
is_sound_anew(void *ctx)
{
	const struct options *first = ((const struct watching *)ctx)->first;
	static struct options anew; /* large */
	char why[OPTIONS_WHY_MAX];
	bool is_sound = options_parse(first->argc, first->argv, &anew, why) == PARSED_RUN &&
			is_filter(&anew.watch, why);

	if (!is_sound)
		log_error("%s (what was in force stays so)", why);
	else
		is_sound = is_in_reach(first, &anew);
	options_free(&anew);
	return is_sound;
}

static FILE *
json_of(const struct watch_options *w, const struct watching *watching)
{
	if (watching->printer != NULL)
		return printer_stream(watching->printer);
	return w->is_json ? stdout : NULL;
}

static struct keeper_config
config_of(const struct options *o, const struct checker_config *lookups, struct watching *watching,
	  enum beginning beginning)
{
	const struct watch_options *w = &o->watch;

	return (struct keeper_config){
	    .starter = &watching->starter,
	    .db = o->db,
	    .sensor = w->sensor,
	    .ca_file = w->ca_file,
	    .captures = w->files.at,
	    .capture_count = w->files.count,
	    .service = w->service,
	    .memory = w->memory,
	    .user = w->user,
	    .snaplen = w->snaplen,
	    .interfaces = w->interfaces.at,
	    .interface_count = w->interfaces.count,
	    .readers = w->readers,
	    .buffer = w->buffer,
	    .gate = w->gate,
	    .gate_flows = w->gate_flows,
	    .lookups = w->lookups ? lookups : NULL,
	    .smart_hosts = &w->smart_hosts,
	    .metrics = w->metrics,
	    .metrics_file = w->metrics_file,
	    .sinks = w->alerts ? o->sinks : NULL,
	    .mutes = o->mutes,
	    .keep = o->keep,
	    .has_status = isatty(STDERR_FILENO) && log_verbosity() >= 0,
	    .expression = w->expression,
	    .json = json_of(w, watching),
	    .printer = watching->printer,
	    .progress = w->has_progress && isatty(STDERR_FILENO) ? draw_bar : NULL,
	    .goes_on = beginning == BEGINS_AS_BEFORE,
	    .awaits_db = beginning != BEGINS_FIRST,
	    .may_reload = is_sound_anew,
	    .ctx = watching,
	};
}

/* Findings for programs go to standard output, and nothing else beside them. */
static void
sum_up(const struct options *o, const struct keeper_result *result)
{
	FILE *out = o->watch.is_json ? stderr : stdout;

	if (log_verbosity() < 0 || result->captures == 0)
		return;
	/* One that nobody reads must not keep a watch from beginning anew, or from ending. */
	if (o->watch.interfaces.count > 0 && !unblocked_has_room(fileno(out)))
		return;
	show_summary(out, o, result);
	fflush(out);
}

/* What was asked for, but whoever asked should know it. */
static void
tell_reach(const char *metrics)
{
	struct endpoint endpoint;

	if (metrics != NULL && endpoint_read(metrics, &endpoint) && !endpoint.is_here)
		log_error("--metrics %s: whoever reaches this address reads them, without a "
			  "password (127.0.0.1 is for this machine alone)",
			  metrics);
}

/* Watch with what is asked for. */
static struct keeper_result
watch(const struct options *o, struct watching *watching, enum beginning beginning)
{
	struct checker_config lookups;
	const struct keeper_config config = config_of(o, &lookups, watching, beginning);
	struct keeper_result result;

	asking_config(&o->watch, &lookups);
	tell_reach(o->watch.metrics);
	if (o->watch.interfaces.count > 0)
		keeper_watch(&config, &result);
	else
		keeper_run(&config, &result);
	sum_up(o, &result);
	watching->has_met_fail_on |= is_fail_on_met(&o->watch, &result.recorded);
	return result;
}

/*
 * As asked for, with the configuration as it is now. It was found to be sound; what
 * cannot be had all the same ends no watch that went well: it goes on as before.
 */
static struct keeper_result
watch_anew(const struct options **in_force, struct watching *watching)
{
	static struct options room[2]; /* large; one is in force, or none is */
	struct options *anew = *in_force == &room[0] ? &room[1] : &room[0];
	struct keeper_result result = {.is_unfit = true};
	char why[OPTIONS_WHY_MAX];
	const struct options *first = watching->first;

	log_note("beginning anew");
	if (options_parse(first->argc, first->argv, anew, why) == PARSED_RUN)
		result = watch(anew, watching,
			       strcmp(anew->db, (*in_force)->db) == 0 ? BEGINS_WITH_SAME_DB
								      : BEGINS_FIRST);
	else
		log_error("%s", why);
	if (result.is_unfit) {
		log_error("what was in force before is taken up again (mend what stands above, and "
			  "send SIGHUP again)");
		options_free(anew);
		return watch(*in_force, watching, BEGINS_AS_BEFORE);
	}
	if (*in_force != first)
		options_free(*in_force == &room[0] ? &room[0] : &room[1]);
	*in_force = anew;
	return result;
}

static int
watch_to_end(struct watching *watching)
{
	const struct options *in_force = watching->first;
	struct keeper_result result = watch(in_force, watching, BEGINS_FIRST);

	while (result.is_to_reload)
		result = watch_anew(&in_force, watching);
	if (result.is_failed || result.is_interrupted)
		return STATUS_FAILED;
	return watching->has_met_fail_on ? STATUS_FAIL_ON_MET : STATUS_DONE;
}

/* What whoever starts it for the first time wants to know: where it all goes, and who hears of it.
 */
static void
say_first(const struct options *o)
{
	if (!o->has_db)
		log_note("what is seen is kept in %s (--db, or \"db\" in %s, names another)", o->db,
			 o->config);
	if (o->sinks == NULL || o->sinks->count == 0)
		log_note("no alert sink is set, and no alert is sent (" SINK_ADVICE ")", o->config);
}

int
command_watch(const struct options *o)
{
	struct enclosure enclosure;
	struct watching watching = {.first = o};
	int status = check(&o->watch);

	if (status != STATUS_DONE)
		return status;
	if (!starter_begin(&watching.starter)) {
		log_error("cannot start what starts the readers: %s%s", strerror(errno),
			  errno == ENOENT ? " (mount /proc: what it starts is found there)" : "");
		return STATUS_FAILED;
	}
	if (o->watch.interfaces.count > 0) {
		log_never_wait();
		say_first(o);
	}
	if (o->watch.interfaces.count > 0 && o->watch.is_json)
		watching.printer = printer_new();
	enclosure = enclosure_of(o);
	enclose_keeper(&enclosure);
	status = watch_to_end(&watching);
	printer_free(watching.printer);
	starter_end(&watching.starter);
	return status;
}
