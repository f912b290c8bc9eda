/* News for the tests of alerts: sessions whose findings open or raise incidents. */
#ifndef TESTS_NEWS_BUILD_H
#define TESTS_NEWS_BUILD_H

#include "tests/db_build.h"

#include "monitor/alert/queue.h"

/*
 * View number view of the n-th incident, of that severity; what is news of it is queued
 * for the sinks, in the same transaction, which is committed.
 */
static inline void
add_news(struct store *s, const struct sinks *sinks, int n, int view, enum severity_rank severity,
	 int64_t now)
{
	struct finding_row finding = plain_finding("starttls-stripped", severity);
	struct session_row row = plain_row(s, view);
	const struct queue_case c = {&row, &finding, 1, now};
	char server[32], client[32], net[32];
	uint64_t alerts = 0;
	int64_t id;

	snprintf(server, sizeof(server), "198.51.%d.%d", n / 200, n % 200);
	snprintf(client, sizeof(client), "10.%d.%d.7", n / 200, n % 200);
	snprintf(net, sizeof(net), "10.%d.%d.0/24", n / 200, n % 200);
	row.server = server;
	row.client = client;
	row.client_net = net;
	row.start = START + n * INT64_C(7200000000) + view; /* far apart: no surge */
	row.end = row.start + 1000000;
	row.findings = &finding;
	row.finding_count = 1;
	assert_true(store_begin(s));
	row.sensor_id = session_sensor(s, "tap1");
	assert_int_not_equal(session_add(s, &row, &id), SESSION_FAILED);
	assert_true(queue_finding(s, sinks, &c, &alerts));
	assert_true(store_commit(s));
}

#endif
