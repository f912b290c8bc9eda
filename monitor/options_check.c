/*
 * The options of one command as a whole, a function a command.
 */
#include "monitor/options_check.h"

#include <string.h>

#include "monitor/alert/mute.h"
#include "monitor/command/command.h"
#include "monitor/limit.h"
#include "monitor/operand.h"

static const struct retain_limits no_limits;

/* What a monitor keeps: as given, as configured, as usual. */
static struct retain_limits
limits_of_monitor(const struct taking *t)
{
	const struct retain_limits below = limits_over(&t->keep[SOURCE_CONFIG], &retain_usual);

	return limits_over(&t->keep[SOURCE_COMMAND_LINE], &below);
}

/* What was just read from an old capture must not go for its age, unless that is asked for now. */
static struct retain_limits
limits_of_now(const struct taking *t)
{
	return limits_over(&t->keep[SOURCE_COMMAND_LINE], &no_limits);
}

static bool
check_watch(struct taking *t)
{
	const struct watch_options *w = &t->out->watch;

	/*
	 * The interfaces of the tap and their gate are settings; a capture is asked for now.
	 * An old one says nothing of today's DNS.
	 */
	if (w->files.count > 0 && t->interfaces_from == SOURCE_CONFIG)
		t->out->watch.interfaces.count = 0;
	if (w->files.count > 0 && t->gate_from == SOURCE_CONFIG)
		t->out->watch.gate = GATE_AUTO;
	if (w->files.count > 0 && t->lookups_from != SOURCE_COMMAND_LINE)
		t->out->watch.lookups = false;
	if (w->files.count == 0 && !w->no_lookups)
		t->out->watch.lookups = true;
	if (w->files.count > 0 && t->metrics_from == SOURCE_CONFIG)
		t->out->watch.metrics = t->out->watch.metrics_file = NULL;
	/* Who reads a capture of last year must not page anybody by it. */
	if (w->files.count > 0 && w->alerts && t->out->sinks == NULL)
		return flag_refuse(t, "--alerts: no sink is configured ([sink NAME] in the "
				      "configuration, waxseal(8))");
	if (w->files.count == 0 && !w->no_alerts)
		t->out->watch.alerts = true;
	t->out->keep = w->files.count > 0 ? limits_of_now(t) : limits_of_monitor(t);
	if (w->interfaces.count > 0 && w->files.count > 0)
		return flag_refuse(t, "-i %s and -r: give interfaces or captures, not both",
				   w->interfaces.at[0]);
	if (w->gate == GATE_EBPF && w->files.count > 0)
		return flag_refuse(t,
				   "--gate ebpf: the kernel sees no saved capture (leave it out)");
	if (w->files.count > 0 && (w->metrics != NULL || w->metrics_file != NULL))
		return flag_refuse(t, "%s: only a live watch (-i) has metrics (leave it out)",
				   w->metrics != NULL ? "--metrics" : "--metrics-file");
	if (w->files.count == 0 && w->interfaces.count == 0)
		return flag_refuse(t, "nothing to read (give a saved capture with -r FILE, or an "
				      "interface with -i IFACE)");
	return true;
}

/* Those of the command line where it has any, or says what by --before; else the configured ones.
 */
static bool
check_prune(struct taking *t, bool has_bounds)
{
	t->out->keep =
	    has_bounds ? limits_of_now(t) : limits_over(&t->keep[SOURCE_CONFIG], &no_limits);
	if (has_bounds || limits_any(&t->keep[SOURCE_CONFIG]))
		return true;
	return flag_refuse(t, "db prune: prune what? (--before TIME, --keep-sessions SPAN, "
			      "--keep-evidence SPAN, --keep-incidents SPAN, --keep-size SIZE, or "
			      "these in the configuration)");
}

static bool
check_db(struct taking *t)
{
	struct options *o = t->out;
	const bool has_bounds = o->before != INT64_MIN || limits_any(&t->keep[SOURCE_COMMAND_LINE]);
	const bool is_prune = o->action != NULL && strcmp(o->action, "prune") == 0;

	if (o->action == NULL)
		return flag_refuse(t, "db: do what? (one of: " ACTIONS_DB ")");
	if (is_prune)
		return check_prune(t, has_bounds);
	if (has_bounds)
		return flag_refuse(t, "db %s: --before and --keep-... are for db prune alone",
				   o->action);
	o->keep = limits_of_monitor(t);
	if (strcmp(o->action, "backup") == 0 && o->output == NULL)
		return flag_refuse(t, "db backup: to which file? (waxseal db backup FILE)");
	return true;
}

static bool
check_alert(struct taking *t)
{
	const struct options *o = t->out;
	const bool is_list = o->action != NULL && strcmp(o->action, "list") == 0;

	if (o->action == NULL)
		return flag_refuse(t, "alert: do what? (one of: " ACTIONS_ALERT ")");
	if (!is_list && (t->has_format || o->filter.with_sent || o->filter.limit != 0))
		return flag_refuse(t, "alert %s: --%s is for alert list alone (leave it out)",
				   o->action,
				   t->has_format         ? "json"
				   : o->filter.with_sent ? "all"
							 : "limit");
	return true;
}

static bool
check_mute_add(struct taking *t)
{
	const struct mute *m = t->out->mute;
	const char *fault = m == NULL
				? "mute what? (--kind, --client, --server or --domain; and --why)"
				: mute_fault(m);

	if (fault == NULL && m->until <= t->now)
		fault = "--until is past";
	return fault == NULL || flag_refuse(t, "mute add: %s", fault);
}

static bool
check_mute(struct taking *t)
{
	struct options *o = t->out;

	if (o->action == NULL)
		o->action = "list";
	if (strcmp(o->action, "add") == 0)
		return check_mute_add(t);
	if (o->mute != NULL)
		return flag_refuse(t, "mute %s: what is to be muted is for mute add", o->action);
	if (strcmp(o->action, "remove") == 0 && o->id == 0)
		return flag_refuse(t, "mute remove: which? (waxseal mute lists them)");
	return true;
}

/* A report of RFC 8460 is of all that a domain took. */
static bool
check_tlsrpt(struct taking *t)
{
	const struct options *o = t->out;
	const char *what = o->filter.client.family != 0   ? "client"
			   : o->filter.server.family != 0 ? "server"
			   : o->service != NULL           ? "service"
			   : o->filter.limit != 0         ? "limit"
							  : NULL;

	if (what != NULL)
		return flag_refuse(t,
				   "--%s: a report of RFC 8460 is of all mail of a domain and day "
				   "(leave it out; --domain, --since and --until choose)",
				   what);
	if (o->tlsrpt.directory == NULL)
		return flag_refuse(t, "--format tlsrpt: into which folder? (--directory DIR)");
	if (o->tlsrpt.contact_info == NULL)
		return flag_refuse(t, "--format tlsrpt: who is responsible? (--contact-info "
				      "ADDRESS, or contact-info in the configuration)");
	return true;
}

/* What is counted by the hour is counted by network of clients, and not by server and client. */
static bool
check_report(struct taking *t)
{
	const struct filter *f = &t->out->filter;
	const int bits = f->client.family == 4 ? CLIENT_BITS_4 : CLIENT_BITS_6;

	if (t->out->format == FORMAT_TLSRPT)
		return check_tlsrpt(t);
	if (t->out->tlsrpt.directory != NULL || t->out->tlsrpt.is_gzip)
		return flag_refuse(t, "--%s: is of --format tlsrpt alone (leave it out)",
				   t->out->tlsrpt.is_gzip ? "gzip" : "directory");
	if (f->client.family == 0)
		return true;
	if (f->client.bits > bits)
		return flag_refuse(t,
				   "--client: reports count by network of clients, not by address "
				   "(give a /%d or a larger one, or list with waxseal sessions)",
				   bits);
	if (f->server.family != 0 || f->domain != NULL)
		return flag_refuse(t,
				   "--client and --%s: reports count by either, not by both (leave "
				   "one out, or list with waxseal sessions)",
				   f->server.family != 0 ? "server" : "domain");
	return true;
}

bool
options_check(struct taking *t)
{
	const struct options *o = t->out;

	if (o->command == NULL)
		return flag_refuse(t, "no command given (waxseal --help lists them)");
	if (o->filter.since > o->filter.until)
		return flag_refuse(t, "--since is later than --until (nothing can lie between)");
	switch (o->command->operands) {
	case OPERANDS_NONE:
		if ((o->command->flags & FLAG_DOCTOR) != 0)
			t->out->keep = limits_of_monitor(t);
		return (o->command->flags & FLAG_REPORT) == 0 || check_report(t);
	case OPERANDS_FILES:
		return check_watch(t);
	case OPERANDS_ID:
		if (o->id == 0)
			return flag_refuse(t, "%s: which incident? (waxseal incidents lists them)",
					   o->command->name);
		if ((o->command->flags & FLAG_OUTPUT) != 0 && o->output == NULL)
			return flag_refuse(t, "%s: to which file? (-w FILE; - is standard output)",
					   o->command->name);
		return true;
	case OPERANDS_ACTION:
		return check_db(t);
	case OPERANDS_ALERT:
		return check_alert(t);
	case OPERANDS_MUTE:
		return check_mute(t);
	case OPERANDS_DOMAIN:
		return o->domain.text[0] != '\0' ||
		       flag_refuse(t, "%s: of which domain? (waxseal %s example.com)",
				   o->command->name, o->command->name);
	}
	return true;
}
