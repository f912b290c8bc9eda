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
	static const char *const lines[] = {
	    "# HELP waxseal_build_info Which waxseal it is; always 1.",
	    "# TYPE waxseal_build_info gauge",
	    "waxseal_build_info{sensor=\"tap1\",version=\"1.2.3\"} 1",
	    "waxseal_start_time_seconds{sensor=\"tap1\"} 1772366400.500",
	    "waxseal_updated_time_seconds{sensor=\"tap1\"} 1772366460.000",
	    "# TYPE waxseal_capture_packets_total counter",
	    "waxseal_capture_packets_total{sensor=\"tap1\",interface=\"eth0\"} 1001",
	    "waxseal_capture_bytes_total{sensor=\"tap1\",interface=\"eth0\"} 2002",
	    "waxseal_capture_withheld_packets_total{sensor=\"tap1\",interface=\"eth0\"} 44",
	    "waxseal_capture_untold_sessions_total{sensor=\"tap1\",interface=\"eth0\"} 5",
	    "# TYPE waxseal_capture_flows gauge",
	    "waxseal_capture_flows{sensor=\"tap1\",interface=\"eth0\"} 6",
	    "waxseal_capture_evicted_flows_total{sensor=\"tap1\",interface=\"eth0\"} 8",
	    "waxseal_capture_dropped_packets_total{sensor=\"tap1\",interface=\"eth0\",place="
	    "\"ring\"} "
	    "23",
	    "waxseal_capture_dropped_packets_total{sensor=\"tap1\",interface=\"eth0\",place="
	    "\"interface\"} 7",
	    "waxseal_capture_gaps_total{sensor=\"tap1\"} 23",
	    "waxseal_capture_crashed_flows_total{sensor=\"tap1\"} 24",
	    "waxseal_sessions_total{sensor=\"tap1\",service=\"smtp\",outcome=\"plaintext\"} 21",
	    "waxseal_sessions_total{sensor=\"tap1\",service=\"lmtp\",outcome=\"tls-failed\"} 22",
	    "waxseal_sessions_total{sensor=\"tap1\",service=\"submissions\",outcome=\"encrypted\"} "
	    "0",
	    "waxseal_sessions_refused_total{sensor=\"tap1\"} 25",
	    "waxseal_incidents_opened_total{sensor=\"tap1\",kind=\"starttls-stripped\",severity="
	    "\"critical\"} 26",
	    "waxseal_incidents_opened_total{sensor=\"tap1\",kind=\"starttls-stripped\",severity="
	    "\"info\"} 0",
	    "waxseal_incidents_open{sensor=\"tap1\",kind=\"starttls-masked\",severity=\"warning\"} "
	    "27",
	    "waxseal_lookups_asked_total{sensor=\"tap1\"} 10",
	    "waxseal_lookups_failed_total{sensor=\"tap1\"} 2",
	    "waxseal_lookups_lost_total{sensor=\"tap1\"} 1",
	    "waxseal_lookups_left_out_total{sensor=\"tap1\"} 4",
	    "waxseal_lookups_waiting{sensor=\"tap1\"} 3",
	    "# TYPE waxseal_lookup_duration_seconds histogram",
	    "waxseal_lookup_duration_seconds_bucket{sensor=\"tap1\",le=\"0.01\"} 2",
	    "waxseal_lookup_duration_seconds_bucket{sensor=\"tap1\",le=\"0.1\"} 2",
	    "waxseal_lookup_duration_seconds_bucket{sensor=\"tap1\",le=\"0.25\"} 6",
	    "waxseal_lookup_duration_seconds_bucket{sensor=\"tap1\",le=\"100\"} 6",
	    "waxseal_lookup_duration_seconds_bucket{sensor=\"tap1\",le=\"+Inf\"} 7",
	    "waxseal_lookup_duration_seconds_sum{sensor=\"tap1\"} 101.500",
	    "waxseal_lookup_duration_seconds_count{sensor=\"tap1\"} 7",
	    "waxseal_database_up{sensor=\"tap1\"} 1",
	    "waxseal_database_size_bytes{sensor=\"tap1\"} 4096",
	    "waxseal_alert_deliveries{sensor=\"tap1\",state=\"waiting\"} 11",
	    "waxseal_alert_deliveries{sensor=\"tap1\",state=\"held\"} 12",
	    "waxseal_alert_deliveries{sensor=\"tap1\",state=\"failed\"} 13",
	    "waxseal_process_up{sensor=\"tap1\",process=\"keeper\"} 1",
	    "waxseal_process_up{sensor=\"tap1\",process=\"reader\",interface=\"eth0\",reader=\"1\"}"
	    " 0",
	    "waxseal_process_restarts_total{sensor=\"tap1\",process=\"reader\",interface=\"eth0\","
	    "reader=\"1\"} 12",
	    "waxseal_process_restarts_total{sensor=\"tap1\",process=\"checker\"} 3",
	};
	const struct metrics m = plain();
	char *text = text_of(&m);

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		if (!has(text, lines[i]))
			fail_msg("not there, or twice: %s", lines[i]);
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
