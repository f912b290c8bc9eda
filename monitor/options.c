/*
 * The command line, WAXSEAL_DB and the configuration file as one struct.
 *
 * In order: find the command and --config; read the configuration file
 * (config_file.h), then the environment, then the command line
 * (command_line.h), each over what came before; then check what only the whole
 * can tell (options_check.h). Single flags are flag.h's, words operand.h's.
 */
#include "monitor/options.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "monitor/alert/mute.h"
#include "monitor/alert/sink.h"
#include "monitor/capture/gate.h"
#include "monitor/clock.h"
#include "monitor/command/command.h"
#include "monitor/command_line.h"
#include "monitor/config_file.h"
#include "monitor/limit.h"
#include "monitor/nearest.h"
#include "monitor/operand.h"
#include "monitor/options_check.h"

#define DB_FOLDER "/var/lib/waxseal"
#define DB_SYSTEM DB_FOLDER "/waxseal.db"
#define DB_LOCAL  "./waxseal.db"

static const char *
command_word(size_t i)
{
	return i < command_count ? commands[i].name : NULL;
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
		return operand_take(t, f->value);
	}
	if ((f->flag->groups & (FLAG_GLOBAL | (command == NULL ? 0 : command->flags))) != 0)
		return f->flag->take(t, f->value);
	if (command == NULL)
		return flag_refuse(t, "no command given (waxseal --help lists them)");
	return flag_refuse(t, "%.64s: not an option of %s (waxseal %s --help)", f->shown,
			   command->name, command->name);
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
	char problem[OPTIONS_WHY_MAX];
	enum parsed parsed;
	uint32_t groups;

	why[0] = '\0';
	begin(out);
	out->now = t.now;
	for (size_t i = 0; i < sizeof(t.keep) / sizeof(t.keep[0]); i++)
		t.keep[i] = limits_unset;
	out->argc = argc;
	out->argv = argv;
	if (!command_line_walk(&t, 0, visit_first))
		return PARSED_MISUSE;
	groups = FLAG_GLOBAL | (out->command == NULL ? 0 : out->command->flags);
	parsed = config_file_read(&t);
	/* What is wrong with the command line goes before, and is told apart from it. */
	snprintf(problem, sizeof(problem), "%s", why);
	why[0] = '\0';
	t.source = SOURCE_COMMAND_LINE;
	t.place = "";
	out->db = lower_db(out->db);
	if (!command_line_walk(&t, groups, visit_second))
		return misuse(&t);
	if (t.wants_help || t.wants_version)
		return misuse(&t);
	if (parsed != PARSED_RUN) {
		snprintf(why, OPTIONS_WHY_MAX, "%s", problem);
		return parsed;
	}
	if (!options_check(&t))
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
