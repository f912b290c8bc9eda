/* Gathering how a live watch goes; see measure.h. */
#include "monitor/role/measure.h"

#include <stdlib.h>

#include "monitor/clock.h"
#include "monitor/help.h"
#include "monitor/metrics/metrics.h"
#include "monitor/sum.h"

#define OTHERS (4 + DISPATCHER_PROCESSES) /* processes beside the readers */

void
measure_begin(struct measure *m)
{
	*m = (struct measure){.started = clock_wall()};
}

static void
look_at_database(struct measure *m, const struct recording *r)
{
	struct recorder *recorder = r->intake->recorder;

	if (recorder == NULL || recording_is_away(r)) {
		m->has_gauges = false;
		m->due = 0;
	} else if (clock_steady() >= m->due) {
		m->has_gauges = recorder_gauges(recorder, &m->gauges);
		m->due = clock_steady() + MEASURE_DATABASE_MS;
	}
}

/* The readers of each interface together. */
static void
fill_interfaces(const struct measured *of, struct metrics_interface *out)
{
	for (size_t i = 0; i < of->posts->count; i++) {
		const struct post_state state = posts_state(of->posts, i);
		struct metrics_interface *one = &out[i / of->config->readers];

		one->name = state.interface;
		sum_counts(&one->tally, &state.tally, sizeof(one->tally));
	}
}

/* Returns how many. */
static size_t
fill_senders(const struct alerting *a, struct metrics_process *out)
{
	struct dispatcher_process senders[DISPATCHER_PROCESSES];
	const size_t count = a != NULL ? alerting_processes(a, senders) : 0;

	for (size_t i = 0; i < count; i++)
		out[i] = (struct metrics_process){.process = senders[i].role,
						  .is_up = senders[i].is_up,
						  .restarts = senders[i].restarts};
	return count;
}

/* Returns how many. The starter is taken for up: without it all would have ended. */
static size_t
fill_processes(const struct measured *of, struct metrics_process *out)
{
	const struct exporting *e = of->exporting;
	size_t count = 0;

	out[count++] = (struct metrics_process){.process = "keeper", .is_up = true};
	out[count++] = (struct metrics_process){.process = "starter", .is_up = true};
	if (of->inquiry != NULL)
		out[count++] = (struct metrics_process){.process = "checker",
							.is_up = inquiry_is_up(of->inquiry),
							.restarts = inquiry_restarts(of->inquiry)};
	count += fill_senders(of->alerting, out + count);
	if (of->config->metrics != NULL)
		out[count++] = (struct metrics_process){.process = "exporter",
							.is_up = ward_is_up(&e->ward),
							.restarts = ward_restarts(&e->ward)};
	for (size_t i = 0; i < of->posts->count; i++) {
		const struct post_state state = posts_state(of->posts, i);

		out[count++] = (struct metrics_process){.process = "reader",
							.interface = state.interface,
							.number = state.number,
							.is_up = state.is_capturing,
							.restarts = state.restarts};
	}
	return count;
}

static char *
text_of(const struct metrics *m, size_t *len)
{
	char *text = NULL;
	FILE *out = open_memstream(&text, len);

	if (out == NULL)
		return NULL;
	metrics_write(out, m);
	if (fclose(out) == 0)
		return text;
	free(text);
	return NULL;
}

char *
measure_text(struct measure *m, const struct measured *of, size_t *len)
{
	const size_t interfaces = of->config->interface_count;
	struct metrics_interface *interface = calloc(interfaces, sizeof(*interface));
	struct metrics_process *process = calloc(of->posts->count + OTHERS, sizeof(*process));
	struct lookup_counts lookups;
	char *text = NULL;

	look_at_database(m, of->recording);
	if (of->inquiry != NULL)
		lookups = inquiry_counts(of->inquiry);
	if (interface != NULL && process != NULL) {
		const size_t processes = fill_processes(of, process);

		fill_interfaces(of, interface);
		text =
		    text_of(&(struct metrics){.version = WAXSEAL_VERSION_TEXT,
					      .sensor = of->config->sensor,
					      .started = m->started,
					      .now = clock_wall(),
					      .interfaces = interface,
					      .interface_count = interfaces,
					      .processes = process,
					      .process_count = processes,
					      .recorded = *of->recorded,
					      .lookups = of->inquiry != NULL ? &lookups : NULL,
					      .database = m->has_gauges ? &m->gauges : NULL,
					      .is_database_up = !recording_is_away(of->recording)},
			    len);
	}
	free(interface);
	free(process);
	return text;
}
