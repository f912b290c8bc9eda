/* Numbers to text for Prometheus; see metrics.h. */
#include "monitor/metrics/metrics.h"

#include <inttypes.h>

#define MICROSECONDS   1000000.0
#define COUNTER        "counter"
#define GAUGE          "gauge"
#define PROCESS_DIGITS 12

struct label {
	const char *name;
	const char *value; /* NULL: the end of them, or none */
};

/* Backslash, quote and line feed are all that must not stand as they are. */
static void
put_escaped(FILE *out, const char *text)
{
	for (; *text != '\0'; text++)
		if (*text == '\n')
			fputs("\\n", out);
		else if (*text == '\\' || *text == '"')
			fprintf(out, "\\%c", *text);
		else
			fputc(*text, out);
}

static void
begin(FILE *out, const char *name, const char *type, const char *help)
{
	fprintf(out, "# HELP waxseal_%s %s\n# TYPE waxseal_%s %s\n", name, help, name, type);
}

/* A name with its labels, the sensor's first; the value is to follow. */
static void
put_series(FILE *out, const struct metrics *m, const char *name, const struct label *labels)
{
	fprintf(out, "waxseal_%s{sensor=\"", name);
	put_escaped(out, m->sensor);
	fputc('"', out);
	for (; labels != NULL && labels->value != NULL; labels++) {
		fprintf(out, ",%s=\"", labels->name);
		put_escaped(out, labels->value);
		fputc('"', out);
	}
	fputs("} ", out);
}

static void
put(FILE *out, const struct metrics *m, const char *name, const struct label *labels,
    uint64_t value)
{
	put_series(out, m, name, labels);
	fprintf(out, "%" PRIu64 "\n", value);
}

/* A family of one series. */
static void
put_one(FILE *out, const struct metrics *m, const char *type, const char *name, uint64_t value,
	const char *help)
{
	begin(out, name, type, help);
	put(out, m, name, NULL, value);
}

static void
put_moment(FILE *out, const struct metrics *m, const char *name, int64_t moment, const char *help)
{
	begin(out, name, GAUGE, help);
	put_series(out, m, name, NULL);
	fprintf(out, "%.3f\n", (double)moment / MICROSECONDS);
}

static void
put_build(FILE *out, const struct metrics *m)
{
	begin(out, "build_info", GAUGE, "Which waxseal it is; always 1.");
	put(out, m, "build_info", (const struct label[]){{"version", m->version}, {0}}, 1);
}

/* ---- The tap ---- */

static const struct {
	const char *name, *type;
	size_t at; /* in struct live_tally */
	const char *help;
} of_interfaces[] = {
    {"capture_packets_total", COUNTER, offsetof(struct live_tally, packets),
     "Packets read from the interface."},
    {"capture_bytes_total", COUNTER, offsetof(struct live_tally, bytes),
     "Bytes of the packets read, as on the wire."},
    {"capture_withheld_packets_total", COUNTER, offsetof(struct live_tally, withheld),
     "Packets that the gate found to need no reading."},
    {"capture_flows", GAUGE, offsetof(struct live_tally, flows), "Connections under way."},
    {"capture_evicted_flows_total", COUNTER, offsetof(struct live_tally, evicted),
     "Connections given up for room (more with --memory)."},
    {"capture_untold_sessions_total", COUNTER, offsetof(struct live_tally, untold),
     "Sessions lost because the database was too slow for them."},
};

static uint64_t
count_at(const struct live_tally *t, size_t at)
{
	return *(const uint64_t *)(const void *)((const uint8_t *)t + at);
}

static void
put_drops(FILE *out, const struct metrics *m)
{
	static const char name[] = "capture_dropped_packets_total";

	begin(out, name, COUNTER,
	      "Packets lost before they could be read: ring, the kernel found no room in it (more "
	      "with --buffer); interface, the interface or its driver lost them.");
	for (size_t i = 0; i < m->interface_count; i++) {
		const struct metrics_interface *n = &m->interfaces[i];
		const struct label ring[] = {{"interface", n->name}, {"place", "ring"}, {0}};
		const struct label card[] = {{"interface", n->name}, {"place", "interface"}, {0}};

		put(out, m, name, ring, n->tally.dropped - n->tally.by_interface);
		put(out, m, name, card, n->tally.by_interface);
	}
}

static void
put_interfaces(FILE *out, const struct metrics *m)
{
	for (size_t k = 0; k < sizeof(of_interfaces) / sizeof(of_interfaces[0]); k++) {
		begin(out, of_interfaces[k].name, of_interfaces[k].type, of_interfaces[k].help);
		for (size_t i = 0; i < m->interface_count; i++)
			put(out, m, of_interfaces[k].name,
			    (const struct label[]){{"interface", m->interfaces[i].name}, {0}},
			    count_at(&m->interfaces[i].tally, of_interfaces[k].at));
	}
	put_drops(out, m);
	put_one(out, m, COUNTER, "capture_gaps_total", m->recorded.gaps,
		"Stretches missing in TCP streams, counted at each minute's end.");
	put_one(out, m, COUNTER, "capture_crashed_flows_total", m->recorded.crashed,
		"Connections lost with a reader that ended.");
}

/* ---- Sessions and incidents ---- */

static void
put_sessions(FILE *out, const struct metrics *m)
{
	static const char name[] = "sessions_total";

	begin(out, name, COUNTER, "Sessions that are over, by service and outcome.");
	for (enum service s = SERVICE_SMTP; s < SERVICES; s++)
		for (enum outcome o = OUTCOME_ENCRYPTED; o <= OUTCOME_PARTIAL; o++)
			put(out, m, name,
			    (const struct label[]){
				{"service", service_name(s)}, {"outcome", outcome_name(o)}, {0}},
			    m->recorded.over[s][o]);
	put_one(out, m, COUNTER, "sessions_refused_total", m->recorded.sessions_refused,
		"Sessions that the database refused, or lost with what it refused; they are tried "
		"again.");
}

static void
put_kinds(FILE *out, const struct metrics *m, const char *name, const uint64_t counts[][4])
{
	for (size_t k = 0; k < judge_kind_count; k++)
		for (enum severity s = SEVERITY_INFO; s <= SEVERITY_CRITICAL; s++)
			put(out, m, name,
			    (const struct label[]){
				{"kind", judge_kinds[k].name}, {"severity", severity_name(s)}, {0}},
			    counts[k][s]);
}

static void
put_incidents(FILE *out, const struct metrics *m)
{
	begin(out, "incidents_opened_total", COUNTER,
	      "Incidents opened, by kind and by the severity that they were opened with.");
	put_kinds(out, m, "incidents_opened_total", m->recorded.opened);
	begin(out, "incidents_open", GAUGE,
	      "Incidents that are open in the database, by kind and severity; what a surge sums up "
	      "counts with it, what is muted does not.");
	if (m->database != NULL)
		put_kinds(out, m, "incidents_open", m->database->open);
	begin(out, "incidents_muted", GAUGE,
	      "Incidents that are open and muted: recorded, and told nobody.");
	if (m->database != NULL)
		put(out, m, "incidents_muted", NULL, m->database->muted);
}

/* ---- Look-ups ---- */

static void
put_durations(FILE *out, const struct metrics *m, const struct lookup_counts *c)
{
	static const int bounds[LOOKUP_BUCKETS - 1] = LOOKUP_BOUNDS;
	static const char name[] = "lookup_duration_seconds";
	uint64_t sum = 0;

	begin(out, name, "histogram", "How long look-ups of policies took, whatever the answer.");
	for (size_t i = 0; i < LOOKUP_BUCKETS; i++) {
		char bound[32] = "+Inf";

		if (i < LOOKUP_BUCKETS - 1)
			snprintf(bound, sizeof(bound), "%g", bounds[i] / 1000.0);
		sum += c->took[i];
		put(out, m, "lookup_duration_seconds_bucket",
		    (const struct label[]){{"le", bound}, {0}}, sum);
	}
	put_series(out, m, "lookup_duration_seconds_sum", NULL);
	fprintf(out, "%.3f\n", (double)c->took_ms / 1000);
	put(out, m, "lookup_duration_seconds_count", NULL, sum);
}

static void
put_lookups(FILE *out, const struct metrics *m)
{
	static const struct lookup_counts none;
	const struct lookup_counts *c = m->lookups != NULL ? m->lookups : &none;

	put_one(out, m, COUNTER, "lookups_asked_total", c->asked,
		"Domains whose policies were asked for.");
	put_one(out, m, COUNTER, "lookups_failed_total", c->failed,
		"Look-ups answered of which something was not to be had.");
	put_one(out, m, COUNTER, "lookups_lost_total", c->lost,
		"Look-ups lost with a checker that ended; they are asked again.");
	put_one(out, m, COUNTER, "lookups_left_out_total", c->left_out,
		"Domains not asked for: too many at once.");
	put_one(out, m, GAUGE, "lookups_waiting", c->waiting,
		"Domains that are asked for, or wait to be.");
	put_durations(out, m, c);
}

/* ---- The program itself ---- */

static void
put_database(FILE *out, const struct metrics *m)
{
	const struct recorder_gauges *g = m->database;

	put_one(out, m, GAUGE, "database_up", m->is_database_up,
		"Whether the database takes records.");
	begin(out, "database_size_bytes", GAUGE, "Bytes of the database and of its log.");
	if (g != NULL)
		put(out, m, "database_size_bytes", NULL, g->bytes);
	begin(out, "alert_deliveries", GAUGE,
	      "Alerts for a sink each: waiting to be sent, held back for a summary, given up.");
	if (g == NULL)
		return;
	put(out, m, "alert_deliveries", (const struct label[]){{"state", "waiting"}, {0}},
	    g->deliveries.waiting);
	put(out, m, "alert_deliveries", (const struct label[]){{"state", "held"}, {0}},
	    g->deliveries.held);
	put(out, m, "alert_deliveries", (const struct label[]){{"state", "failed"}, {0}},
	    g->deliveries.failed);
}

static void
put_process(FILE *out, const struct metrics *m, const char *name, const struct metrics_process *p,
	    uint64_t value)
{
	char number[PROCESS_DIGITS];
	const struct label labels[] = {
	    {"process", p->process}, {"interface", p->interface}, {"reader", number}, {0}};

	snprintf(number, sizeof(number), "%u", p->number);
	put(out, m, name, labels, value);
}

static void
put_processes(FILE *out, const struct metrics *m)
{
	begin(out, "process_up", GAUGE,
	      "Whether the process does its work now: of a reader, whether it captures.");
	for (size_t i = 0; i < m->process_count; i++)
		put_process(out, m, "process_up", &m->processes[i], m->processes[i].is_up);
	begin(out, "process_restarts_total", COUNTER, "How often the process was started again.");
	for (size_t i = 0; i < m->process_count; i++)
		put_process(out, m, "process_restarts_total", &m->processes[i],
			    m->processes[i].restarts);
}

void
metrics_write(FILE *out, const struct metrics *m)
{
	put_build(out, m);
	put_moment(out, m, "start_time_seconds", m->started,
		   "When the watch began, or began anew: counters count from there.");
	put_moment(out, m, "updated_time_seconds", m->now, "When these numbers were taken.");
	put_interfaces(out, m);
	put_sessions(out, m);
	put_incidents(out, m);
	put_lookups(out, m);
	put_database(out, m);
	put_processes(out, m);
}
