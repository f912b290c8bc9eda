/*
 * What Prometheus is told, from numbers written by hand.
 *
 * monitor_metrics FILE writes all of it there instead, for promtool.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "monitor/metrics/metrics.h"

static const struct metrics_interface interfaces[] = {
    {"eth0",
     {.packets = 1001,
      .bytes = 2002,
      .dropped = 30,
      .by_interface = 7,
      .withheld = 44,
      .untold = 5,
      .flows = 6,
      .evicted = 8}},
    {"a\"b\\c\nd", {.packets = 9}},
};

static const struct metrics_process processes[] = {
    {"keeper", NULL, 0, true, 0},
    {"reader", "eth0", 0, true, 0},
    {"reader", "eth0", 1, false, 12},
    {"checker", NULL, 0, true, 3},
};

static const struct lookup_counts lookups = {
    .asked = 10,
    .answered = 7,
    .failed = 2,
    .lost = 1,
    .left_out = 4,
    .waiting = 3,
    .took = {[0] = 2, [4] = 4, [13] = 1},
    .took_ms = 101500,
};

static struct recorder_gauges gauges = {
    .deliveries = {.waiting = 11, .held = 12, .failed = 13},
    .bytes = 4096,
};

static size_t
place_of(const char *kind)
{
	return (size_t)(judge_kind(kind) - judge_kinds);
}

static struct metrics
plain(void)
{
	struct metrics m = {
	    .version = "1.2.3",
	    .sensor = "tap1",
	    .started = INT64_C(1772366400500000),
	    .now = INT64_C(1772366460000000),
	    .interfaces = interfaces,
	    .interface_count = 2,
	    .processes = processes,
	    .process_count = 4,
	    .lookups = &lookups,
	    .database = &gauges,
	    .is_database_up = true,
	};

	m.recorded.over[SERVICE_SMTP][OUTCOME_PLAINTEXT] = 21;
	m.recorded.over[SERVICE_LMTP][OUTCOME_TLS_FAILED] = 22;
	m.recorded.gaps = 23;
	m.recorded.crashed = 24;
	m.recorded.sessions_refused = 25;
	m.recorded.opened[place_of("starttls-stripped")][SEVERITY_CRITICAL] = 26;
	gauges.open[place_of("starttls-masked")][SEVERITY_WARNING] = 27;
	return m;
}

static char *
text_of(const struct metrics *m)
{
	char *text;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	assert_non_null(out);
	metrics_write(out, m);
	fclose(out);
	return text;
}

/* Whether the whole line stands there, once. */
static bool
has(const char *text, const char *line)
{
	const size_t len = strlen(line);
	int count = 0;

	for (const char *at = text; (at = strstr(at, line)) != NULL; at++)
		count += (at == text || at[-1] == '\n') && at[len] == '\n';
	return count == 1;
}

static void
each_number_has_its_place(void **state)
{
	static const char *const heads[] = {
	    "# HELP waxseal_build_info Which waxseal it is; always 1.",
	    "# TYPE waxseal_build_info gauge",
	    "# TYPE waxseal_capture_packets_total counter",
	    "# TYPE waxseal_capture_flows gauge",
	    "# TYPE waxseal_lookup_duration_seconds histogram",
	};
	static const struct {
		const char *name, *labels, *value;
	} rows[] = {
	    {"build_info", "version=\"1.2.3\"", "1"},
	    {"start_time_seconds", "", "1772366400.500"},
	    {"updated_time_seconds", "", "1772366460.000"},
	    {"capture_packets_total", "interface=\"eth0\"", "1001"},
	    {"capture_bytes_total", "interface=\"eth0\"", "2002"},
	    {"capture_withheld_packets_total", "interface=\"eth0\"", "44"},
	    {"capture_untold_sessions_total", "interface=\"eth0\"", "5"},
	    {"capture_flows", "interface=\"eth0\"", "6"},
	    {"capture_evicted_flows_total", "interface=\"eth0\"", "8"},
	    {"capture_dropped_packets_total", "interface=\"eth0\",place=\"ring\"", "23"},
	    {"capture_dropped_packets_total", "interface=\"eth0\",place=\"interface\"", "7"},
	    {"capture_gaps_total", "", "23"},
	    {"capture_crashed_flows_total", "", "24"},
	    {"sessions_total", "service=\"smtp\",outcome=\"plaintext\"", "21"},
	    {"sessions_total", "service=\"lmtp\",outcome=\"tls-failed\"", "22"},
	    {"sessions_total", "service=\"submissions\",outcome=\"encrypted\"", "0"},
	    {"sessions_refused_total", "", "25"},
	    {"incidents_opened_total", "kind=\"starttls-stripped\",severity=\"critical\"", "26"},
	    {"incidents_opened_total", "kind=\"starttls-stripped\",severity=\"info\"", "0"},
	    {"incidents_open", "kind=\"starttls-masked\",severity=\"warning\"", "27"},
	    {"lookups_asked_total", "", "10"},
	    {"lookups_failed_total", "", "2"},
	    {"lookups_lost_total", "", "1"},
	    {"lookups_left_out_total", "", "4"},
	    {"lookups_waiting", "", "3"},
	    {"lookup_duration_seconds_bucket", "le=\"0.01\"", "2"},
	    {"lookup_duration_seconds_bucket", "le=\"0.1\"", "2"},
	    {"lookup_duration_seconds_bucket", "le=\"0.25\"", "6"},
	    {"lookup_duration_seconds_bucket", "le=\"100\"", "6"},
	    {"lookup_duration_seconds_bucket", "le=\"+Inf\"", "7"},
	    {"lookup_duration_seconds_sum", "", "101.500"},
	    {"lookup_duration_seconds_count", "", "7"},
	    {"database_up", "", "1"},
	    {"database_size_bytes", "", "4096"},
	    {"alert_deliveries", "state=\"waiting\"", "11"},
	    {"alert_deliveries", "state=\"held\"", "12"},
	    {"alert_deliveries", "state=\"failed\"", "13"},
	    {"process_up", "process=\"keeper\"", "1"},
	    {"process_up", "process=\"reader\",interface=\"eth0\",reader=\"1\"", "0"},
	    {"process_restarts_total", "process=\"reader\",interface=\"eth0\",reader=\"1\"", "12"},
	    {"process_restarts_total", "process=\"checker\"", "3"},
	};
	const struct metrics m = plain();
	char *text = text_of(&m);

	(void)state;
	for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++)
		if (!has(text, heads[i]))
			fail_msg("not there, or twice: %s", heads[i]);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char line[256];

		snprintf(line, sizeof(line), "waxseal_%s{sensor=\"tap1\"%s%s} %s", rows[i].name,
			 rows[i].labels[0] != '\0' ? "," : "", rows[i].labels, rows[i].value);
		if (!has(text, line))
			fail_msg("not there, or twice: %s", line);
	}
	free(text);
}

static void
names_are_escaped(void **state)
{
	const struct metrics m = plain();
	char *text = text_of(&m);

	(void)state;
	assert_true(has(text, "waxseal_capture_packets_total{sensor=\"tap1\","
			      "interface=\"a\\\"b\\\\c\\nd\"} 9"));
	free(text);
}

/* A number that is not known is no number: not 0. */
static void
what_the_database_does_not_say_is_left_out(void **state)
{
	struct metrics m = plain();
	char *text;

	(void)state;
	m.database = NULL;
	m.is_database_up = false;
	text = text_of(&m);
	assert_true(has(text, "waxseal_database_up{sensor=\"tap1\"} 0"));
	assert_null(strstr(text, "\nwaxseal_incidents_open{"));
	assert_null(strstr(text, "\nwaxseal_database_size_bytes"));
	assert_null(strstr(text, "\nwaxseal_alert_deliveries"));
	assert_non_null(strstr(text, "\nwaxseal_incidents_opened_total{"));
	free(text);
}

static int
write_file(const char *path)
{
	const struct metrics m = plain();
	FILE *out = fopen(path, "w");

	if (out == NULL)
		return 1;
	metrics_write(out, &m);
	return fclose(out) == 0 ? 0 : 1;
}

int
main(int argc, char *argv[])
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(each_number_has_its_place),
	    cmocka_unit_test(names_are_escaped),
	    cmocka_unit_test(what_the_database_does_not_say_is_left_out),
	};

	if (argc == 2)
		return write_file(argv[1]);
	return cmocka_run_group_tests_name("monitor_metrics", tests, NULL, NULL);
}
