/*
 * The command line, WAXSEAL_DB and the configuration file as one struct.
 *
 * In order: find the command and --config; read the configuration file, then
 * the environment, then the command line, each over what came before; then
 * check what only the whole can tell. Single flags are flag.h's.
 *
 * The configuration file has a setting a line, "name = value", the names being
 * those of flags; "#" begins a comment line. Sections (section.h) stand behind
 * them.
 */
#include "monitor/options.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "dissector/text.h"
#include "monitor/alert/mute.h"
#include "monitor/alert/sink.h"
#include "monitor/capture/gate.h"
#include "monitor/clock.h"
#include "monitor/command/command.h"
#include "monitor/limit.h"
#include "monitor/nearest.h"
#include "monitor/section.h"

#define CONFIG_DEFAULT "/etc/waxseal.conf"
#define DB_FOLDER      "/var/lib/waxseal"
#define DB_SYSTEM      DB_FOLDER "/waxseal.db"
#define DB_LOCAL       "./waxseal.db"
#define ID_DIGITS_MAX  19 /* of the largest id */

/* One walk over the command line. */
struct walk {
	int argc;
	char *const *argv;
	int at;             /* the next argument */
	bool is_only_words; /* "--" was seen */
};

/* What stands at one place of the command line. */
struct found {
	const struct flag *flag; /* NULL: a word */
	const char *shown;       /* the argument */
	const char *value;       /* of the flag, or the word */
};

static const char *
command_word(size_t i)
{
	return i < command_count ? commands[i].name : NULL;
}

static const char *
flag_word(size_t i)
{
	return i < flag_count ? flags[i].name : NULL;
}

static bool
refuse_flag(struct taking *t, const char *shown, size_t length)
{
	char name[64];
	const char *near;

	if (text_is_digit((uint8_t)shown[1]))
		return flag_refuse(t, "%.64s: not the id of an incident (a number from 1 up)",
				   shown);
	snprintf(name, sizeof(name), "%.*s", (int)(length > 60 ? 60 : length), shown);
	near = name[1] == '-' ? nearest_word(name + 2, flag_word) : NULL;
	if (near != NULL)
		return flag_refuse(t, "unknown option %s (did you mean --%s?)", name, near);
	return flag_refuse(t, "unknown option %s (--help lists them)", name);
}

/* The value of a flag: what is attached to it, or the next argument. */
static bool
value_of(struct taking *t, struct walk *w, const char *attached, struct found *f)
{
	f->value = attached;
	if (f->flag->value == NULL)
		return true;
	if (f->value == NULL && w->at < w->argc)
		f->value = w->argv[w->at++];
	if (f->value == NULL)
		return flag_refuse(t, "%s needs a value (%s)", f->shown, f->flag->value);
	if (f->value[0] == '\0' && f->flag->groups != FLAG_NOTE)
		return flag_refuse(t, "%s: the value is empty (%s)", f->shown, f->flag->value);
	return true;
}

static bool
long_flag(struct taking *t, struct walk *w, uint32_t groups, struct found *f)
{
	const char *name = f->shown + 2;
	const size_t length = strcspn(name, "=");
	const char *attached = name[length] == '=' ? name + length + 1 : NULL;

	f->flag = flag_find(name, length, groups);
	if (f->flag == NULL)
		return refuse_flag(t, f->shown, length + 2);
	if (attached != NULL && f->flag->value == NULL)
		return flag_refuse(t, "--%s takes no value", f->flag->name);
	return value_of(t, w, attached, f);
}

/* Called with each flag and each word of a command line; false ends the walk. */
typedef bool visit(struct taking *t, const struct found *f);

/* "-vq", "-rFILE", "-r FILE" */
static bool
short_flags(struct taking *t, struct walk *w, struct found *f, visit *each)
{
	for (const char *letter = f->shown + 1; *letter != '\0'; letter++) {
		f->flag = flag_find_letter(*letter);
		if (f->flag == NULL)
			return refuse_flag(t, f->shown, strlen(f->shown));
		if (!value_of(t, w, letter[1] == '\0' ? NULL : letter + 1, f) || !each(t, f))
			return false;
		if (f->flag->value != NULL)
			return true;
	}
	return true;
}

/* groups: of the command, where it is known already. */
static bool
walk_line(struct taking *t, struct walk w, uint32_t groups, visit *each)
{
	while (w.at < w.argc) {
		struct found f = {.shown = w.argv[w.at++]};

		if (w.is_only_words || f.shown[0] != '-' || f.shown[1] == '\0') {
			f.value = f.shown;
			if (!each(t, &f))
				return false;
		} else if (f.shown[1] != '-') {
			if (!short_flags(t, &w, &f, each))
				return false;
		} else if (f.shown[2] == '\0') {
			w.is_only_words = true;
		} else if (!long_flag(t, &w, groups, &f) || !each(t, &f)) {
			return false;
		}
	}
	return true;
}

/* First walk: which command, which configuration file. */
static bool
visit_first(struct taking *t, const struct found *f)
{
	const char *near;

	if (f->flag != NULL)
		/* The others wait until the command is known. */
		return strcmp(f->flag->name, "config") != 0 || f->flag->take(t, f->value);
	if (t->out->command != NULL)
		return true;
	t->out->command = command_find(f->value);
	if (t->out->command != NULL)
		return true;
	near = nearest_word(f->value, command_word);
	if (near != NULL)
		return flag_refuse(t, "%.64s: unknown command (did you mean %s?)", f->value, near);
	return flag_refuse(t, "%.64s: unknown command (waxseal --help lists them)", f->value);
}

/* of: what it is the id of, with its article; list: what lists them. */
static bool
id_parse(struct taking *t, const char *word, const char *of, const char *list)
{
	size_t length;
	uint64_t id;

	assert(word != NULL);
	length = strlen(word);

	if (length > ID_DIGITS_MAX ||
	    !text_number((struct bytes){(const uint8_t *)word, length}, &id) || id == 0 ||
	    id > INT64_MAX)
		return flag_refuse(t,
				   "%.64s: not the id of %s (a number from 1 up; waxseal %s lists "
				   "them)",
				   word, of, list);
	t->out->id = (int64_t)id;
	return true;
}

#define ACTIONS_DB    "check, stats, prune, backup FILE"
#define ACTIONS_ALERT "test [SINK], list, retry [ID]"
#define ACTIONS_MUTE  "list, add, remove ID"

static bool
action_parse(struct taking *t, const char *word, const char *const *actions, const char *shown)
{
	assert(word != NULL);
	for (size_t i = 0; actions[i] != NULL; i++)
		if (strcmp(word, actions[i]) == 0) {
			t->out->action = actions[i];
			return true;
		}
	return flag_refuse(t, "%s %.64s: unknown (one of: %s)", t->out->command->name, word, shown);
}

/* What follows db. */
static bool
db_operand(struct taking *t, const char *word, bool *is_taken)
{
	static const char *const actions[] = {"check", "stats", "prune", "backup", NULL};
	struct options *o = t->out;

	if (o->action == NULL)
		return action_parse(t, word, actions, ACTIONS_DB);
	*is_taken = strcmp(o->action, "backup") == 0 && o->output == NULL;
	if (*is_taken)
		o->output = word;
	return true;
}

/* What follows alert. */
static bool
alert_operand(struct taking *t, const char *word, bool *is_taken)
{
	static const char *const actions[] = {"test", "list", "retry", NULL};
	struct options *o = t->out;

	if (o->action == NULL)
		return action_parse(t, word, actions, ACTIONS_ALERT);
	if (strcmp(o->action, "retry") == 0 && o->id == 0)
		return id_parse(t, word, "an alert", "alert list");
	*is_taken = strcmp(o->action, "test") == 0 && o->sink == NULL;
	if (*is_taken)
		o->sink = word;
	return true;
}

/* What follows mute. */
static bool
mute_operand(struct taking *t, const char *word, bool *is_taken)
{
	static const char *const actions[] = {"list", "add", "remove", NULL};
	struct options *o = t->out;

	if (o->action == NULL)
		return action_parse(t, word, actions, ACTIONS_MUTE);
	*is_taken = strcmp(o->action, "remove") == 0 && o->id == 0;
	return !*is_taken || id_parse(t, word, "a mute", "mute");
}

static bool
domain_parse(struct taking *t, const char *word)
{
	const char *why = NULL;

	assert(word != NULL);
	switch (domain_read(bytes_text(word), &t->out->domain)) {
	case DOMAIN_OK:
		return true;
	case DOMAIN_BAD:
		why = "not the name of a domain (example.com)";
		break;
	case DOMAIN_ADDRESS:
		why = "an address, which has no policy (a domain, as example.com)";
		break;
	case DOMAIN_SINGLE_LABEL:
		why = "a single label is no domain that takes mail (example.com)";
		break;
	case DOMAIN_NUMERIC_TLD:
		why = "no top-level domain is a number (example.com)";
		break;
	case DOMAIN_SPECIAL_USE:
		why = "of special use, and not in the public DNS (RFC 6761)";
		break;
	}
	return flag_refuse(t, "%.64s: %s", word, why);
}

/* A word that is neither the command nor a flag's value. */
static bool
operand(struct taking *t, const char *word)
{
	struct options *o = t->out;
	bool is_taken = true;

	switch (o->command->operands) {
	case OPERANDS_NONE:
		break;
	case OPERANDS_FILES:
		/* Several files may follow one -r, as a shell's "*" gives them. */
		if (o->watch.files.count > 0)
			return flag_find_letter('r')->take(t, word);
		return flag_refuse(t, "%s: unexpected (to read a capture: -r %s)", word, word);
	case OPERANDS_ID:
		if (o->id == 0)
			return id_parse(t, word, "an incident", "incidents");
		break;
	case OPERANDS_ACTION:
		if (!db_operand(t, word, &is_taken) || is_taken)
			return t->why[0] == '\0';
		break;
	case OPERANDS_ALERT:
		if (!alert_operand(t, word, &is_taken) || is_taken)
			return t->why[0] == '\0';
		break;
	case OPERANDS_MUTE:
		if (!mute_operand(t, word, &is_taken) || is_taken)
			return t->why[0] == '\0';
		break;
	case OPERANDS_DOMAIN:
		if (o->domain.text[0] == '\0')
			return domain_parse(t, word);
		break;
	}
	return flag_refuse(t, "%.64s: unexpected (waxseal %s --help)", word, o->command->name);
}

/* Second walk: everything, in order. */
static bool
visit_second(struct taking *t, const struct found *f)
{
	const struct command *command = t->out->command;

	if (f->flag == NULL) {
		if (!t->has_command) {
			t->has_command = true;
			return true;
		}
		return operand(t, f->value);
	}
	if ((f->flag->groups & (FLAG_GLOBAL | (command == NULL ? 0 : command->flags))) != 0)
		return f->flag->take(t, f->value);
	if (command == NULL)
		return flag_refuse(t, "no command given (waxseal --help lists them)");
	return flag_refuse(t, "%.64s: not an option of %s (waxseal %s --help)", f->shown,
			   command->name, command->name);
}

/* One line of the configuration file; its end is cut off already. */
static bool
config_line(struct taking *t, struct section *section, const char *line, size_t number,
	    const char *place)
{
	const struct bytes all = text_trim(bytes_text(line));
	const size_t equals = bytes_find(all, '=');
	const struct bytes name = text_trim(bytes_first(all, equals));
	const struct bytes value = text_trim(bytes_after(all, equals + 1));
	const struct flag *flag;
	char *kept;

	if (all.len == 0 || all.at[0] == '#')
		return true;
	if (all.at[0] == '[') {
		t->is_in_section = true;
		return section_begin(t, section, all, number);
	}
	if (equals == all.len || value.len == 0)
		return flag_refuse(t, "not a setting (name = value)");
	if (section->kind != NULL) {
		kept = flag_keep(t, (const char *)value.at, value.len);
		return kept != NULL && section_take(t, section, name, kept);
	}
	flag = flag_find((const char *)name.at, name.len, 0);
	if (flag == NULL || !flag->is_setting)
		return flag_refuse(t, "unknown setting (waxseal(8) lists them)");
	kept = flag_keep(t, (const char *)value.at, value.len);
	t->place = flag_keep(t, place, strlen(place));
	return kept != NULL && t->place != NULL && flag->take(t, kept);
}

/* What is wrong in that line of it, or below it. */
static enum parsed
config_refuse(struct taking *t, const char *place)
{
	char problem[OPTIONS_WHY_MAX];

	snprintf(problem, sizeof(problem), "%s", t->why);
	flag_refuse(t, "%s%s", place, problem);
	return PARSED_MISUSE;
}

static enum parsed
config_lines(struct taking *t, FILE *file, const char *path)
{
	struct section section = {0};
	enum parsed parsed = PARSED_RUN;
	char place[OPTIONS_WHY_MAX] = "";
	size_t room = 0, number = 0;
	char *line = NULL;
	ssize_t length;

	while (parsed == PARSED_RUN && (length = getline(&line, &room, file)) != -1) {
		snprintf(place, sizeof(place), "%s:%zu: ", path, ++number);
		if (length > 0 && line[length - 1] == '\n')
			line[--length] = '\0';
		if (length > 0 && line[length - 1] == '\r')
			line[--length] = '\0';
		if ((size_t)length != strlen(line)) {
			flag_refuse(t, "%s: not a text file (line %zu holds NUL)", path, number);
			parsed = PARSED_MISUSE;
		} else if (!config_line(t, &section, line, number, place)) {
			parsed = config_refuse(t, place);
		}
	}
	if (parsed == PARSED_RUN && !section_end(t, &section))
		parsed = config_refuse(t, place);
	t->is_in_section = false;
	free(line);
	return parsed;
}

static enum parsed
config_read(struct taking *t)
{
	const char *path = t->config == NULL ? CONFIG_DEFAULT : t->config;
	enum parsed parsed;
	FILE *file = fopen(path, "re");

	t->out->config = path;
	if (file == NULL && errno == ENOENT && t->config == NULL)
		return PARSED_RUN;
	if (file == NULL) {
		flag_refuse(t, "%s: cannot read the configuration: %s (give another with --config)",
			    path, strerror(errno));
		return PARSED_FAILED;
	}
	t->source = SOURCE_CONFIG;
	parsed = config_lines(t, file, path);
	if (parsed == PARSED_RUN && ferror(file) != 0) {
		flag_refuse(t, "%s: cannot read the configuration: %s (give another with --config)",
			    path, strerror(errno));
		parsed = PARSED_FAILED;
	}
	fclose(file);
	return parsed;
}

/* Ports of services that were given none, as far as nothing else has them. */
static void
default_services(struct taking *t)
{
	static const struct {
		enum service service;
		uint16_t port;
	} usual[] = {
	    {SERVICE_SMTP, 25},         {SERVICE_SMTP, 2525}, {SERVICE_SUBMISSION, 587},
	    {SERVICE_SUBMISSIONS, 465}, {SERVICE_LMTP, 24},
	};

	for (size_t i = 0; i < sizeof(usual) / sizeof(usual[0]); i++) {
		uint8_t *slot = &t->out->watch.service[usual[i].port];

		if (t->service_from[usual[i].service] == SOURCE_DEFAULT && *slot == SERVICE_NONE)
			*slot = (uint8_t)usual[i].service;
	}
}

/* Below the command line: the environment, the configuration, then what the machine has. */
static const char *
lower_db(const char *configured)
{
	const char *given = getenv("WAXSEAL_DB");
	struct stat folder;

	if (given != NULL && given[0] != '\0')
		return given;
	if (configured != NULL)
		return configured;
	if (geteuid() == 0 && stat(DB_FOLDER, &folder) == 0 && S_ISDIR(folder.st_mode))
		return DB_SYSTEM;
	return DB_LOCAL;
}

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

/* What only the whole command line can tell. */
static bool
check_whole(struct taking *t)
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

static void
begin(struct options *out)
{
	*out = (struct options){.filter = FILTER_ALL, .before = INT64_MIN};
	out->watch.readers = 1;
	out->watch.snaplen = SNAPLEN_DEFAULT;
	out->watch.sensor = "default";
	out->watch.memory = MEMORY_DEFAULT;
	out->watch.buffer = BUFFER_DEFAULT;
	out->watch.gate_flows = GATE_FLOWS_DEFAULT;
	out->watch.expression_at = out->watch.user_at = out->watch.ca_file_at = "";
}

/* Help and version are given even where the rest of the line makes no sense. */
static enum parsed
misuse(const struct taking *t)
{
	return t->wants_help ? PARSED_HELP : t->wants_version ? PARSED_VERSION : PARSED_MISUSE;
}

enum parsed
options_parse(int argc, char *const argv[], struct options *out, char *why)
{
	struct taking t = {.out = out, .why = why, .now = clock_wall()};
	const struct walk line = {.argc = argc, .argv = argv, .at = 1};
	enum parsed parsed;
	uint32_t groups;

	why[0] = '\0';
	begin(out);
	out->now = t.now;
	for (size_t i = 0; i < sizeof(t.keep) / sizeof(t.keep[0]); i++)
		t.keep[i] = limits_unset;
	out->argc = argc;
	out->argv = argv;
	if (!walk_line(&t, line, 0, visit_first))
		return PARSED_MISUSE;
	groups = FLAG_GLOBAL | (out->command == NULL ? 0 : out->command->flags);
	parsed = config_read(&t);
	t.source = SOURCE_COMMAND_LINE;
	t.place = "";
	out->db = lower_db(out->db);
	if (!walk_line(&t, line, groups, visit_second))
		return misuse(&t);
	if (t.wants_help || t.wants_version)
		return misuse(&t);
	if (parsed != PARSED_RUN)
		return parsed;
	if (!check_whole(&t))
		return PARSED_MISUSE;
	default_services(&t);
	return PARSED_RUN;
}

void
options_free(struct options *o)
{
	for (size_t i = 0; i < o->texts.count; i++)
		free((void *)(uintptr_t)o->texts.at[i]);
	free(o->texts.at);
	free(o->watch.files.at);
	free(o->watch.interfaces.at);
	free(o->watch.resolvers.at);
	sinks_free(o->sinks);
	if (o->mutes != NULL)
		mutes_free(o->mutes);
	free(o->mutes);
	if (o->mute != NULL)
		mute_free(o->mute);
	free(o->mute);
	*o = (struct options){0};
}
