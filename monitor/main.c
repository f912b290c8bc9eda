/*
 * waxseal: watches mail cross a network tap and says when the seal was broken.
 *
 * Reads the command line and runs the command that it names; the table of
 * commands is in command/command.c.
 */
#include <stdio.h>

#include "monitor/capture/gate.h"
#include "monitor/command/command.h"
#include "monitor/help.h"
#include "monitor/log.h"
#include "monitor/output.h"
#include "monitor/role/role.h"
#include "monitor/role/signals.h"

static void
say_version(void)
{
	puts("waxseal " WAXSEAL_VERSION_TEXT);
	puts(gate_is_built() ? "gate: eBPF, or in user space"
			     : "gate: in user space (built without eBPF)");
}

static int
run(const struct options *o, enum parsed parsed, const char *why)
{
	switch (parsed) {
	case PARSED_RUN:
		log_set_verbosity(o->verbosity);
		return o->command->run(o);
	case PARSED_HELP:
		if (o->command == NULL)
			help_program(stdout);
		else
			help_command(stdout, o->command);
		return STATUS_DONE;
	case PARSED_VERSION:
		say_version();
		return STATUS_DONE;
	case PARSED_MISUSE:
		log_error("%s", why);
		return STATUS_MISUSE;
	case PARSED_FAILED:
		break;
	}
	log_error("%s", why);
	return STATUS_FAILED;
}

/* Who hears signals by itself, once it stands. */
static bool
is_live_watch(const struct options *o)
{
	return o->command->run == command_watch && o->watch.interfaces.count > 0;
}

int
main(int argc, char *argv[])
{
	static struct options options;
	char why[OPTIONS_WHY_MAX];
	enum parsed parsed;
	int status;

	if (role_is_child(argc, argv))
		return role_main(argc, argv);
	signals_hold();
	output_begin();
	parsed = options_parse(argc, argv, &options, why);
	if (parsed != PARSED_RUN || !is_live_watch(&options))
		signals_let_go();
	status = output_finish(run(&options, parsed, why));
	options_free(&options);
	return status;
}
