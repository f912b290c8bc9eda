/*
 * Speaks the keeper's end of what sends alerts:
 *
 *	give CONFIG
 *
 * with the sinks of a configuration file. Each line on standard input is "SINK
 * PAYLOAD", which is given to that sink; "+" before it: the
 * next one is not waited for. Of each it prints, as it comes, "SINK sent", "SINK later:
 * why", "SINK refused: why" or "SINK lost: why". A line "kill ROLE" ends that process
 * by SIGKILL, "sleep MILLISECONDS" goes on with what is under way, "pid" prints it.
 * Lines to files, programs and webhooks are closed by LF.
 *
 * As a role it is that.
 */
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "monitor/clock.h"
#include "monitor/options.h"
#include "monitor/role/dispatcher.h"

#define LINE_MAX_HERE ((size_t)300 << 10)
#define PATIENCE      180000 /* milliseconds for one to be given and told */

static struct {
	struct options options;
	struct dispatcher *dispatcher;
	size_t of[4096]; /* the sink of each delivery */
	int64_t last, told;
} t;

static void
give_up(const char *why)
{
	fprintf(stderr, "give: %s\n", why);
	exit(2);
}

static void
on_told(void *ctx, int64_t delivery, enum dispatched how, const char *why)
{
	static const char *const words[] = {"sent", "later", "refused", "lost"};

	(void)ctx;
	t.told++;
	printf("%s %s%s%s\n", t.options.sinks->at[t.of[delivery]].name, words[how],
	       why[0] != '\0' ? ": " : "", why);
	fflush(stdout);
}

static void
run(int milliseconds)
{
	struct pollfd end = {.fd = dispatcher_descriptor(t.dispatcher), .events = POLLIN};
	int wait = dispatcher_wait(t.dispatcher);

	poll(&end, 1, wait < 0 || wait > milliseconds ? milliseconds : wait);
	dispatcher_run(t.dispatcher);
}

static void
wait_for_all(void)
{
	const int64_t end = clock_steady() + PATIENCE;

	while (t.told < t.last && clock_steady() < end)
		run(100);
	if (t.told < t.last)
		give_up("what was given is not answered");
}

static size_t
sink_of(const char *name)
{
	for (size_t i = 0; i < t.options.sinks->count; i++)
		if (strcmp(t.options.sinks->at[i].name, name) == 0)
			return i;
	give_up(name);
	return 0;
}

static void
give(const char *name, char *payload, size_t len)
{
	const size_t sink = sink_of(name);
	const enum sink_type type = t.options.sinks->at[sink].type;
	const int64_t end = clock_steady() + PATIENCE;

	if (type != SINK_SYSLOG)
		payload[len++] = '\n';
	t.of[++t.last] = sink;
	while (!dispatcher_give(t.dispatcher, t.last, sink,
				(struct bytes){(const uint8_t *)payload, len}))
		if (clock_steady() > end)
			give_up("it cannot be given");
		else
			run(100);
}

static void
sleep_for(long milliseconds)
{
	const int64_t end = clock_steady() + milliseconds;

	while (clock_steady() < end)
		run(10);
}

static void
obey(char *line)
{
	const bool is_waited_for = line[0] != '+';
	char *word, *rest;

	line += is_waited_for ? 0 : 1;
	line[strcspn(line, "\n")] = '\0';
	rest = strchr(line, ' ');
	if (rest == NULL)
		rest = line + strlen(line);
	else
		*rest++ = '\0';
	word = line;
	if (strcmp(word, "kill") == 0)
		kill(strcmp(rest, "runner") == 0 ? dispatcher_runner_pid(t.dispatcher)
						 : dispatcher_pid(t.dispatcher),
		     SIGKILL);
	else if (strcmp(word, "sleep") == 0)
		sleep_for(strtol(rest, NULL, 10));
	else if (strcmp(word, "pid") == 0)
		printf("%d\n", (int)dispatcher_pid(t.dispatcher));
	else
		give(word, rest, strlen(rest));
	fflush(stdout);
	if (is_waited_for)
		wait_for_all();
}

int
main(int argc, char *argv[])
{
	static char line[LINE_MAX_HERE], why[OPTIONS_WHY_MAX];
	char *words[] = {"waxseal", "--config", argc > 1 ? argv[1] : NULL, "incidents"};
	struct dispatcher_config config = {.told = on_told};

	if (role_is_child(argc, argv))
		return role_main(argc, argv);
	if (argc != 2)
		give_up("CONFIG");
	if (options_parse(4, words, &t.options, why) != PARSED_RUN || t.options.sinks == NULL)
		give_up(why);
	config.sinks = t.options.sinks;
	t.dispatcher = dispatcher_new(&config);
	if (t.dispatcher == NULL)
		give_up("it cannot begin");
	while (fgets(line, sizeof(line) - 1, stdin) != NULL)
		obey(line);
	wait_for_all();
	dispatcher_free(t.dispatcher);
	options_free(&t.options);
	return 0;
}
