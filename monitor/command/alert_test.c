/* waxseal alert test: an alert of nothing; see alert.h. */
#include "monitor/command/alert.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "monitor/alert/alert.h"
#include "monitor/alert/send.h"
#include "monitor/clock.h"
#include "monitor/command/command.h"
#include "monitor/log.h"
#include "monitor/role/dispatcher.h"

#define HOST_MAX 256
#define PATIENCE_MS \
	((int64_t)3 * SINK_TIMEOUT) /* for the courier to start, and one delivery to each */
#define LOOK_MS 100

struct trial {
	const struct sinks *sinks;
	struct dispatcher *dispatcher;
	bool is_wanted[SINKS_MAX], is_given[SINKS_MAX], is_answered[SINKS_MAX];
	bool has_failed;
};

/* Deliveries are numbered by their sinks, from 1. */
static void
on_told(void *ctx, int64_t delivery, enum dispatched how, const char *why)
{
	struct trial *t = ctx;
	const size_t i = (size_t)delivery - 1;

	if (delivery < 1 || i >= t->sinks->count || t->is_answered[i])
		return;
	t->is_answered[i] = true;
	if (how == DISPATCH_SENT) {
		printf("%s: took it\n", t->sinks->at[i].name);
		return;
	}
	t->has_failed = true;
	printf("%s: did not take it: %s\n", t->sinks->at[i].name,
	       how == DISPATCH_LOST ? "the courier ended (the log has why)" : why);
}

static bool
give(struct trial *t, size_t i)
{
	char host[HOST_MAX] = "", *text = NULL;
	const int64_t now = clock_wall();
	const struct alert alert = {
	    .event = ALERT_TEST, .at = now, .now = now, .severity = SEVERITY_INFO};
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);
	bool is_good = out != NULL;

	gethostname(host, sizeof(host) - 1);
	is_good = is_good && alert_render(&alert, &t->sinks->at[i], host, out);
	if (out != NULL && fclose(out) != 0)
		is_good = false;
	if (!is_good)
		log_error("out of memory");
	else
		t->is_given[i] = dispatcher_give(t->dispatcher, (int64_t)i + 1, i,
						 (struct bytes){(const uint8_t *)text, size});
	free(text);
	return is_good;
}

/* Whether there is nothing left to do; *is_good: nor was anything amiss here. */
static bool
step(struct trial *t, bool *is_good)
{
	bool is_over = true;

	for (size_t i = 0; i < t->sinks->count; i++) {
		if (!t->is_wanted[i] || t->is_answered[i])
			continue;
		is_over = false;
		if (!t->is_given[i] && dispatcher_is_free(t->dispatcher, i) && !give(t, i))
			*is_good = false;
	}
	return is_over;
}

static void
await(const struct trial *t)
{
	struct pollfd end = {.fd = dispatcher_descriptor(t->dispatcher), .events = POLLIN};

	poll(&end, 1, LOOK_MS);
}

static int
run(struct trial *t)
{
	const int64_t until = clock_steady() + PATIENCE_MS;
	bool is_good = true;

	while (is_good && !step(t, &is_good) && clock_steady() < until) {
		await(t);
		dispatcher_run(t->dispatcher);
	}
	for (size_t i = 0; i < t->sinks->count; i++)
		if (t->is_wanted[i] && !t->is_answered[i]) {
			t->has_failed = true;
			printf("%s: did not answer in %d seconds\n", t->sinks->at[i].name,
			       (int)(PATIENCE_MS / 1000));
		}
	return is_good && !t->has_failed ? STATUS_DONE : STATUS_FAILED;
}

/* Those that are asked for; false, and told, where there is none. */
static bool
choose(struct trial *t, const char *name)
{
	bool is_any = false;

	for (size_t i = 0; i < t->sinks->count; i++) {
		t->is_wanted[i] = name == NULL || strcmp(name, t->sinks->at[i].name) == 0;
		is_any |= t->is_wanted[i];
	}
	if (!is_any)
		log_error("alert test %.64s: no such sink is configured ([sink NAME] in the "
			  "configuration makes one)",
			  name);
	return is_any;
}

/* Root opens files, and has programs do, what the unit's user may not. */
static void
tell_whose_rights(const struct trial *t)
{
	if (geteuid() != 0)
		return;
	for (size_t i = 0; i < t->sinks->count; i++)
		if (t->is_wanted[i] && !t->has_failed &&
		    (t->sinks->at[i].type == SINK_FILE || send_takes_program(&t->sinks->at[i]))) {
			log_note("tried as root; a unit may do less: waxseal alert list tells what "
				 "waits there, and why (SINKS in waxseal(8))");
			return;
		}
}

int
alert_test(const struct options *o)
{
	struct trial t = {.sinks = o->sinks};
	const struct dispatcher_config config = {
	    .sinks = o->sinks, .user = o->watch.user, .told = on_told, .ctx = &t};
	int status;

	if (o->sinks == NULL || o->sinks->count == 0) {
		log_error("alert test: no sink is configured ([sink NAME] in %s makes one; "
			  "waxseal(8) has their settings)",
			  o->config);
		return STATUS_FAILED;
	}
	if (!choose(&t, o->sink))
		return STATUS_FAILED;
	t.dispatcher = dispatcher_new(&config);
	if (t.dispatcher == NULL)
		return STATUS_FAILED;
	status = run(&t);
	tell_whose_rights(&t);
	dispatcher_free(t.dispatcher);
	return status;
}
