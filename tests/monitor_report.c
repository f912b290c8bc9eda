/*
 * Reports: figures, what is read of a database for them, and what strangers'
 * names become in each format.
 */
#include "tests/db_build.h"

#include "monitor/report/markup.h"

#define HOUR HOURLY_HOUR
#define DAY  FIGURES_DAY

/* The start of the test's sessions is a Sunday: 2026-03-01T12:00:00Z. */

static void
a_percentage_is_whole_only_where_it_is(void **state)
{
	static const struct {
		int64_t part, whole;
		const char *text;
	} rows[] = {
	    {0, 0, "-"},
	    {0, 10, "0%"},
	    {10, 10, "100%"},
	    {1, 3, "33.3%"},
	    {2, 3, "66.7%"},
	    {1, 1000000, "<0.1%"},
	    {999999, 1000000, ">99.9%"},
	    {FIGURES_MOST / 2, FIGURES_MOST, "50.0%"},
	};
	char text[FIGURES_TEXT_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		figures_percent(rows[i].part, rows[i].whole, text);
		assert_string_equal(text, rows[i].text);
	}
}

static void
a_number_is_grouped_by_thousands(void **state)
{
	static const struct {
		int64_t number;
		const char *text;
	} rows[] = {
	    {0, "0"},
	    {999, "999"},
	    {1000, "1,000"},
	    {1234567, "1,234,567"},
	    {-1234, "-1,234"},
	    {-123, "-123"},
	    {INT64_MAX, "9,223,372,036,854,775,807"},
	};
	char text[FIGURES_TEXT_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		figures_number(rows[i].number, text);
		assert_string_equal(text, rows[i].text);
	}
}

static void
steps_fit_the_span(void **state)
{
	static const struct {
		int64_t length;
		const char *width;
	} rows[] = {
	    {HOUR, "hour"},
	    {3 * DAY, "hour"},
	    {3 * DAY + HOUR, "day"},
	    {100 * DAY, "day"},
	    {101 * DAY, "week"},
	    {7 * 365 * DAY, "week"},
	    {10 * 365 * DAY, "2 weeks"},
	    {100 * 365 * DAY, "16 weeks"},
	};
	char text[FIGURES_TEXT_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const int64_t end = START + rows[i].length;
		const int64_t width = figures_width(START, end);

		figures_width_text(width, text);
		assert_string_equal(text, rows[i].width);
		assert_in_range(figures_count(START, end - HOUR, width), 1, FIGURES_STEPS_MAX);
	}
	assert_in_range(figures_count(-INT64_MAX / 4, INT64_MAX / 4,
				      figures_width(-INT64_MAX / 4, INT64_MAX / 4)),
			1, FIGURES_STEPS_MAX);
}

static void
days_begin_at_midnight_and_weeks_on_mondays(void **state)
{
	static const struct {
		int64_t time, width;
		const char *start;
	} rows[] = {
	    {START, HOUR, "2026-03-01 12:00"},
	    {START + HOUR - 1, HOUR, "2026-03-01 12:00"},
	    {START, DAY, "2026-03-01"},
	    {START, FIGURES_WEEK, "2026-02-23"},       /* of a Sunday: six days before */
	    {START + DAY, FIGURES_WEEK, "2026-03-02"}, /* of a Monday: itself */
	    {-1, DAY, "1969-12-31"},
	    {-1, FIGURES_WEEK, "1969-12-29"},
	};
	char text[FIGURES_TEXT_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		figures_time_text(figures_floor(rows[i].time, rows[i].width), rows[i].width, text);
		assert_string_equal(text, rows[i].start);
	}
}

static void
hours_are_summed_into_the_step_that_holds_them(void **state)
{
	const struct figures_step hours[] = {
	    {START, {.sessions = 1, .plaintext = 1}},
	    {START + 11 * HOUR, {.sessions = 2, .encrypted = 2}},
	    {START + 12 * HOUR, {.sessions = 4, .failed = 4}},
	    {START + 36 * HOUR + 23 * HOUR, {.sessions = 8, .no_mail = 8}},
	};
	struct figures_step steps[3];

	(void)state;
	assert_int_equal(figures_count(hours[0].start, hours[3].start, DAY), 3);
	figures_sum(hours, 4, DAY, steps, 3);
	assert_int_equal(steps[0].start, START - 12 * HOUR);
	assert_int_equal(steps[0].counts.sessions, 3);
	assert_int_equal(steps[0].counts.plaintext, 1);
	assert_int_equal(steps[1].counts.sessions, 4);
	assert_int_equal(steps[1].counts.failed, 4);
	assert_int_equal(steps[2].counts.sessions, 8);
	assert_int_equal(steps[2].start, START + 36 * HOUR);
}

static void
lengths_are_told_in_days_and_hours(void **state)
{
	static const struct {
		int64_t hours;
		const char *text;
	} rows[] = {
	    {0, "0 hours"},
	    {1, "1 hour"},
	    {24, "24 hours"},
	    {36, "36 hours"},
	    {48, "2 days"},
	    {168, "7 days"},
	    {149, "6 days and 5 hours"},
	};
	char text[FIGURES_TEXT_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		figures_length_text(rows[i].hours * HOUR, text);
		assert_string_equal(text, rows[i].text);
	}
}

static void
a_trend_needs_enough_on_both_sides(void **state)
{
	static const struct {
		const char *name;
		struct counts now, before;
		enum trend trend;
	} rows[] = {
	    {"nothing now", {.no_mail = 50}, {.encrypted = 50}, TREND_NO_MAIL},
	    {"nothing before", {.encrypted = 50}, {.partial = 50}, TREND_NEW},
	    {"few", {.plaintext = 9}, {.encrypted = 500}, TREND_FEW},
	    {"few before", {.plaintext = 90}, {.encrypted = 9}, TREND_FEW},
	    {"none in clear", {.encrypted = 9}, {.encrypted = 3, .failed = 1}, TREND_NONE},
	    {"the same",
	     {.encrypted = 900, .plaintext = 100},
	     {.encrypted = 90, .plaintext = 10},
	     TREND_SAME},
	    {"a little more is the same",
	     {.encrypted = 896, .plaintext = 104},
	     {.encrypted = 900, .plaintext = 100},
	     TREND_SAME},
	    {"more",
	     {.encrypted = 890, .plaintext = 110},
	     {.encrypted = 900, .plaintext = 100},
	     TREND_UP},
	    {"less",
	     {.encrypted = 910, .plaintext = 90},
	     {.encrypted = 900, .plaintext = 100},
	     TREND_DOWN},
	    {"one where there was none",
	     {.encrypted = 990, .plaintext = 10},
	     {.encrypted = 1000},
	     TREND_UP},
	    {"failures are mail, too",
	     {.failed = 50, .plaintext = 50},
	     {.encrypted = 100, .plaintext = 100},
	     TREND_SAME},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (figures_trend(&rows[i].now, &rows[i].before) != rows[i].trend)
			fail_msg("%s", rows[i].name);
}

static void
sums_stay_at_their_border(void **state)
{
	struct counts sum = {.encrypted = FIGURES_MOST - 1, .plaintext = FIGURES_MOST};
	const struct counts more = {.encrypted = FIGURES_MOST, .plaintext = 1, .failed = 2};

	(void)state;
	figures_add(&sum, &more);
	assert_int_equal(sum.encrypted, FIGURES_MOST);
	assert_int_equal(sum.plaintext, FIGURES_MOST);
	assert_int_equal(sum.failed, 2);
	assert_true(figures_mail(&sum) > 0);
}

static void
axes_end_at_round_numbers_above(void **state)
{
	static const double values[] = {0, 0.03, 0.5, 1, 1.01, 7, 25.3, 99.9, 100, 1234567, 1e18};

	(void)state;
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		const double top = figures_round_up(values[i]);

		assert_true(top >= values[i]);
		assert_true(values[i] <= 0 || top <= 1.7 * values[i]);
	}
	assert_true(figures_round_up(0) > 0);
	assert_true(figures_round_up(25.3) == 30);
}

static void
markup_is_made_harmless(void **state)
{
	static const struct {
		const char *text, *expected;
	} rows[] = {
	    {"example.net", "example.net"},
	    {"<script>x</script>", "&#60;script&#62;x&#60;/script&#62;"},
	    {"\" onload='x' &amp;", "&#34; onload=&#39;x&#39; &#38;amp;"},
	    {"a\nb\x7f\x1b[2J", "a&#xFFFD;b&#xFFFD;&#xFFFD;[2J"},
	    {"\xe2\x80\xa8", "&#xFFFD;&#xFFFD;&#xFFFD;"}, /* a line separator */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char *text;
		size_t size;
		FILE *out = open_memstream(&text, &size);

		markup_text(out, rows[i].text);
		fclose(out);
		assert_string_equal(text, rows[i].expected);
		free(text);
	}
}

/* ---- What is read ---- */

static void
count_session(struct store *s, int64_t start, const char *outcome, const char *server)
{
	static int n;
	struct session_row row = plain_row(s, n++);

	row.start = start;
	row.end = start + 1000;
	row.outcome = outcome;
	row.server = server;
	if (strcmp(outcome, "encrypted") == 0) {
		row.domain = "";
		row.tls_version = "TLSv1.3";
		row.client = "2001:db8::7";
		row.client_net = "2001:db8::/64";
	}
	add_one(s, &row);
}

static struct report *
read_report(const char *path, const struct report_query *query)
{
	char why[STORE_WHY_MAX];
	struct store *s = open_store(path, STORE_READ);
	struct report *r = report_read(s, query, why);

	if (r == NULL)
		fail_msg("%s", why);
	store_close(s);
	return r;
}

static const struct report_query everything = {.filter = {.since = INT64_MIN, .until = INT64_MAX}};

static char *
written(const struct report *r, void (*write)(const struct report *r, FILE *out))
{
	char *text;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	write(r, out);
	fclose(out);
	return text;
}

static void
assert_says(const char *text, const char *part)
{
	if (strstr(text, part) == NULL)
		fail_msg("\"%s\" is not in:\n%s", part, text);
}

/* Two servers; a day with more in clear behind one with less. */
static void
fill_two_days(const char *path)
{
	struct store *s = open_store(path, STORE_CREATE);

	for (int i = 0; i < 20; i++) {
		count_session(s, START + i * HOUR, i < 2 ? "plaintext" : "encrypted",
			      "198.51.100.25");
		count_session(s, START + DAY + i * HOUR, i < 5 ? "plaintext" : "encrypted",
			      i < 4 ? "198.51.100.26" : "198.51.100.25");
	}
	count_session(s, START + DAY, "tls-failed", "198.51.100.25");
	count_session(s, START + DAY, "no-mail", "198.51.100.25");
	count_session(s, START + DAY, "partial", "198.51.100.25");
	store_close(s);
}

static void
a_span_is_compared_with_the_one_before(void **state)
{
	struct fixture *p = *state;
	struct report_query query = everything;
	struct report_words words;
	struct report *r;

	fill_two_days(p->path);
	query.filter.since = START + DAY + 17; /* rounded down to its hour */
	query.filter.until = START + 2 * DAY - 1;
	query.has_since = query.has_until = true;
	r = read_report(p->path, &query);
	assert_int_equal(r->start, START + DAY);
	assert_int_equal(r->end, START + 2 * DAY);
	assert_int_equal(r->before, START);
	assert_int_equal(r->total.sessions, 23);
	assert_int_equal(r->total.plaintext, 5);
	assert_int_equal(r->total.failed, 1);
	assert_int_equal(r->total.no_mail, 1);
	assert_int_equal(r->total.partial, 1);
	assert_int_equal(r->counts_before.sessions, 20);
	assert_int_equal(r->counts_before.plaintext, 2);
	report_words(r, &words);
	assert_says(words.title, "from 2026-03-02 12:00 to 2026-03-03 12:00 UTC (24 hours)");
	assert_says(words.result, "15 of 21 sessions with mail were encrypted (71.4%), 5 went in "
				  "clear (23.8%), 1 failed at TLS (4.8%)");
	assert_says(words.trend, "MORE went in clear than in the 24 hours before: 23.8% of the "
				 "mail, up from 10.0%");
	assert_says(words.beside, "1 session ended before any mail");
	assert_says(words.beside, "1 session was not seen whole");
	report_free(r);
}

static void
without_a_span_its_halves_are_compared(void **state)
{
	struct fixture *p = *state;
	struct report_words words;
	struct report *r;

	fill_two_days(p->path);
	r = read_report(p->path, &everything);
	assert_true(r->is_halved);
	assert_int_equal(r->start, START);
	assert_int_equal(r->end, START + DAY + 20 * HOUR);
	assert_int_equal(r->middle, START + 22 * HOUR);
	assert_int_equal(r->counts_before.plaintext, 2);
	assert_int_equal(r->counts_now.plaintext, 5);
	assert_int_equal(r->total.sessions, 43);
	report_words(r, &words);
	assert_says(words.trend, "In the second half MORE went in clear than in the first half");
	report_free(r);
}

static void
lists_begin_with_the_worst(void **state)
{
	struct fixture *p = *state;
	struct report *r;

	fill_two_days(p->path);
	r = read_report(p->path, &everything);
	assert_int_equal(r->lists[LIST_SERVERS].count, 2);
	assert_string_equal(r->lists[LIST_SERVERS].items[0].key, "198.51.100.26");
	assert_int_equal(r->lists[LIST_SERVERS].items[0].counts.plaintext, 4);
	/* All of its four went in clear, but four are too few for a share. */
	assert_int_equal(r->lists[LIST_SERVERS_SHARE].count, 1);
	assert_string_equal(r->lists[LIST_SERVERS_SHARE].items[0].key, "198.51.100.25");
	assert_string_equal(r->lists[LIST_CLIENTS].items[0].key, "192.0.2.0/24");
	assert_string_equal(r->lists[LIST_CLIENTS].items[1].key, "2001:db8::/64");
	assert_int_equal(r->lists[LIST_DOMAINS].count, 1);
	assert_string_equal(r->lists[LIST_DOMAINS].items[0].key, "example.net");
	assert_null(r->lists[LIST_VERSIONS].items[0].key);
	assert_string_equal(r->lists[LIST_VERSIONS].items[1].key, "TLSv1.3");
	assert_int_equal(r->lists[LIST_VERSIONS].items[1].counts.encrypted, 33);
	report_free(r);
}

static void
a_limit_cuts_lists_and_says_so(void **state)
{
	struct fixture *p = *state;
	struct report_query query = everything;
	struct report *r;
	char *text;

	fill_two_days(p->path);
	query.limit = 1;
	r = read_report(p->path, &query);
	assert_int_equal(r->lists[LIST_SERVERS].count, 1);
	assert_int_equal(r->lists[LIST_SERVERS].of, 2);
	text = written(r, report_text);
	assert_says(text, "(1 of 2; --limit shows more)");
	free(text);
	report_free(r);
}

static void
filters_let_through_what_they_name(void **state)
{
	static const struct {
		const char *name, *service, *domain, *server, *client;
		int64_t sessions;
		bool has_servers, has_clients, has_versions;
	} rows[] = {
	    {"all", NULL, NULL, NULL, NULL, 43, true, true, true},
	    {"service", "smtp", NULL, NULL, NULL, 43, true, true, true},
	    {"other service", "lmtp", NULL, NULL, NULL, 0, true, true, true},
	    {"server", NULL, NULL, "198.51.100.26", NULL, 4, true, false, false},
	    {"servers", NULL, NULL, "198.51.100.0/24", NULL, 43, true, false, false},
	    {"domain", NULL, "example.net", NULL, NULL, 10, true, false, false},
	    {"subdomains", NULL, ".net", NULL, NULL, 10, true, false, false},
	    {"other domain", NULL, "example.org", NULL, NULL, 0, true, false, false},
	    {"clients", NULL, NULL, NULL, "192.0.2.0/24", 10, false, true, false},
	    {"more clients", NULL, NULL, NULL, "2001:db8::/32", 33, false, true, false},
	    {"other clients", NULL, NULL, NULL, "192.0.3.0/24", 0, false, true, false},
	};
	struct fixture *p = *state;

	fill_two_days(p->path);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct report_query query = everything;
		struct report *r;

		query.filter.service = rows[i].service;
		query.filter.domain = rows[i].domain;
		if (rows[i].server != NULL)
			assert_true(network_of(rows[i].server, &query.filter.server));
		if (rows[i].client != NULL)
			assert_true(network_of(rows[i].client, &query.filter.client));
		r = read_report(p->path, &query);
		if (r->total.sessions != rows[i].sessions)
			fail_msg("%s: %lld sessions", rows[i].name, (long long)r->total.sessions);
		assert_int_equal(r->lists[LIST_SERVERS].is_known, rows[i].has_servers);
		assert_int_equal(r->lists[LIST_CLIENTS].is_known, rows[i].has_clients);
		assert_int_equal(r->lists[LIST_VERSIONS].is_known, rows[i].has_versions);
		assert_int_equal(r->lists[LIST_SERVICES].count, rows[i].sessions > 0);
		report_free(r);
	}
}

static void
of_a_domain_no_share_is_told(void **state)
{
	struct fixture *p = *state;
	struct report_query query = everything;
	struct report_words words;
	struct report *r;
	char *text;

	fill_two_days(p->path);
	query.filter.domain = "example.net";
	r = read_report(p->path, &query);
	report_words(r, &words);
	assert_says(words.result, "7 sessions with mail for it went in clear");
	assert_says(words.trend, "5 sessions in clear in the second half, 2 in the first half");
	text = written(r, report_text);
	assert_null(strchr(text, '%'));
	free(text);
	text = written(r, report_json);
	assert_null(strstr(text, "_share\":0"));
	assert_null(strstr(text, "_share\":1"));
	free(text);
	text = written(r, report_html);
	assert_null(strstr(text, "Share"));
	free(text);
	report_free(r);
}

static void
open_incidents_of_the_span_are_counted(void **state)
{
	struct fixture *p = *state;
	struct store *s = open_store(p->path, STORE_CREATE);
	struct report_query query = everything;
	struct report *r;

	for (int n = 0; n < 3; n++) {
		struct finding_row findings[] = {plain_finding("starttls-missing", RANK_INFO),
						 plain_finding("starttls-masked", RANK_CRITICAL)};
		struct session_row row = plain_row(s, n);

		row.server = n == 0 ? "198.51.100.25" : "198.51.100.26";
		row.findings = findings;
		row.finding_count = 2;
		add_one(s, &row);
	}
	assert_int_equal(incident_set_state(s, 1, "closed", NULL), INCIDENT_CHANGED);
	store_close(s);
	r = read_report(p->path, &query);
	assert_int_equal(r->incident_count, 2);
	assert_string_equal(r->incidents[0].kind, "starttls-masked"); /* the worst first */
	assert_int_equal(r->incidents[0].incidents, 2);
	assert_int_equal(r->incidents[0].sessions, 3);
	assert_int_equal(r->incidents[1].incidents, 1); /* the other one is closed */
	report_free(r);
	query.filter.since = START + DAY;
	query.has_since = true;
	r = read_report(p->path, &query);
	assert_int_equal(r->incident_count, 0);
	report_free(r);
}

static void
losses_of_the_tap_are_told(void **state)
{
	struct fixture *p = *state;
	struct store *s = open_store(p->path, STORE_CREATE);
	struct capture_row minute = {.minute = START, .source = "", .packets = 997, .dropped = 3};
	struct report_words words;
	struct report *r;

	count_session(s, START, "plaintext", "198.51.100.25");
	assert_true(store_begin(s));
	minute.sensor_id = session_sensor(s, "tap1");
	assert_true(session_capture(s, &minute));
	assert_true(store_commit(s));
	store_close(s);
	r = read_report(p->path, &everything);
	report_words(r, &words);
	assert_says(words.notes[0], "The tap lost 3 packets (0.3% of all)");
	report_free(r);
}

/* Of sessions that an older program counted and pruned less is known. */
static void
what_is_not_known_of_the_past_is_said(void **state)
{
	struct fixture *p = *state;
	struct report_words words;
	struct report *r;

	fill_two_days(p->path);
	run_sql(p->path,
		"UPDATE totals SET pruned_before = 5, pruned = 5;"
		"INSERT INTO hourly VALUES (1772366400000000, '198.51.100.9', 'smtp', '', 5,"
		" 2, 0, 0, 0, 0)");
	r = read_report(p->path, &everything);
	report_words(r, &words);
	assert_says(words.beside, "Of 3 more, pruned long ago, it is not known which of these.");
	assert_says(words.notes[words.note_count - 1],
		    "5 sessions, pruned before these were "
		    "counted, are missing among client networks");
	report_free(r);
}

static void
a_list_that_tells_nothing_more_is_left_out(void **state)
{
	struct fixture *p = *state;
	struct store *s;
	struct report *r;

	fill_two_days(p->path);
	r = read_report(p->path, &everything);
	assert_true(report_adds(r, LIST_SERVERS));
	assert_true(report_adds(r, LIST_SERVERS_SHARE)); /* its first is not the other's first */
	assert_false(report_adds(r, LIST_CLIENTS_SHARE));
	report_free(r);
	s = open_store(p->path, STORE_WRITE);
	for (int i = 0; i < 10; i++)
		count_session(s, START, "plaintext", "198.51.100.26");
	store_close(s);
	r = read_report(p->path, &everything);
	assert_false(report_adds(r, LIST_SERVERS_SHARE));
	report_free(r);
}

static void
an_empty_database_gives_a_report_of_nothing(void **state)
{
	static void (*const writers[])(const struct report *, FILE *) = {report_text, report_json,
									 report_csv, report_html};
	struct fixture *p = *state;
	struct report_query query = everything;

	store_close(open_store(p->path, STORE_CREATE));
	for (int i = 0; i < 4; i++) {
		struct report *r;

		query.has_since = i % 2 == 1;
		query.filter.since = i % 2 == 1 ? START : INT64_MIN;
		query.has_until = i / 2 == 1;
		query.filter.until = i / 2 == 1 ? START + DAY : INT64_MAX;
		r = read_report(p->path, &query);
		assert_int_equal(r->hour_count, 0);
		for (size_t w = 0; w < 4; w++) {
			char *text = written(r, writers[w]);

			if (w == 0 || w == 3)
				assert_says(text, "No session was seen.");
			assert_null(strstr(text, "nan"));
			free(text);
		}
		report_free(r);
	}
}

/* What is not a report's to make sense of must not make it crash, hang or lie. */
static void
numbers_of_a_damaged_file_are_survived(void **state)
{
	struct fixture *p = *state;
	struct report *r;
	char *text;

	store_close(open_store(p->path, STORE_CREATE));
	run_sql(p->path, "INSERT INTO hourly VALUES"
			 " (-9223372036854775808, 'x', 'smtp', '', 1, 1, 0, 0, 0, 0),"
			 " (9223372036854775807, 'x', 'smtp', '', 1, 1, 0, 0, 0, 0),"
			 " (-62135596800000000, 'x', 'smtp', '', 1, -5, -7, -9, 0, 0),"
			 " (3600000000, 'x', 'smtp', '', 4000000000000000000, 4000000000000000000,"
			 "  1, 1, 0, 0),"
			 " (253402297200000000, 'y', 'smtp', 'd', 4000000000000000000,"
			 "  4000000000000000000, 4000000000000000000, 0, 0, 0)");
	r = read_report(p->path, &everything);
	assert_int_equal(r->hour_count, 3);
	assert_int_equal(r->hours[0].counts.encrypted, 0); /* it was less */
	assert_int_equal(r->hours[1].counts.encrypted, FIGURES_MOST);
	assert_in_range(r->step_count, 1, FIGURES_STEPS_MAX);
	text = written(r, report_html);
	assert_null(strstr(text, "=\"-"));
	assert_null(strstr(text, "nan"));
	assert_null(strstr(text, "inf"));
	free(text);
	free(written(r, report_text));
	free(written(r, report_json));
	report_free(r);
}

static void
counts_that_no_number_holds_are_told(void **state)
{
	struct fixture *p = *state;
	char why[STORE_WHY_MAX] = "";
	struct store *s;

	store_close(open_store(p->path, STORE_CREATE));
	run_sql(p->path, "INSERT INTO hourly VALUES"
			 " (0, 'x', 'smtp', '', 9000000000000000000, 0, 0, 0, 0, 0),"
			 " (0, 'y', 'smtp', '', 9000000000000000000, 0, 0, 0, 0, 0)");
	s = open_store(p->path, STORE_READ);
	assert_null(report_read(s, &everything, why));
	assert_says(why, "a.db: integer overflow");
	store_close(s);
}

#define HOSTILE "<script>alert(1)</script>\" onload=\"x&=1+1"

static void
a_hostile_name_is_text_in_every_format(void **state)
{
	struct fixture *p = *state;
	struct store *s = open_store(p->path, STORE_CREATE);
	struct session_row row = plain_row(s, 0);
	struct report *r;
	char *text;

	row.domain = HOSTILE;
	add_one(s, &row);
	row = plain_row(s, 1);
	row.domain = "=cmd|' /c calc'!A1";
	add_one(s, &row);
	store_close(s);
	r = read_report(p->path, &everything);
	text = written(r, report_html);
	assert_null(strstr(text, "<script"));
	assert_null(strstr(text, "onload=\"x"));
	assert_says(text, "&#60;script&#62;alert(1)&#60;/script&#62;&#34; onload=&#34;x&#38;=1+1");
	free(text);
	text = written(r, report_json);
	assert_says(text, "\"domain\":\"<script>alert(1)</script>\\\" onload=\\\"x&=1+1\"");
	free(text);
	text = written(r, report_csv);
	assert_says(text, ",\"<script>alert(1)</script>\"\" onload=\"\"x&=1+1\",");
	assert_says(text, ",\"'=cmd|' /c calc'!A1\",");
	free(text);
	report_free(r);
}

static void
the_page_has_no_script_and_nothing_from_elsewhere(void **state)
{
	static const char *const forbidden[] = {
	    "<script", "http:", "https:", "src=",   "url(",
	    "@import", "<link", "href",   "onload", "javascript"};
	struct fixture *p = *state;
	struct report *r;
	char *text;

	fill_two_days(p->path);
	r = read_report(p->path, &everything);
	text = written(r, report_html);
	for (size_t i = 0; i < sizeof(forbidden) / sizeof(forbidden[0]); i++)
		if (strstr(text, forbidden[i]) != NULL)
			fail_msg("%s", forbidden[i]);
	assert_says(text, "http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
			  "style-src 'unsafe-inline'");
	free(text);
	report_free(r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_percentage_is_whole_only_where_it_is),
	    cmocka_unit_test(a_number_is_grouped_by_thousands),
	    cmocka_unit_test(steps_fit_the_span),
	    cmocka_unit_test(days_begin_at_midnight_and_weeks_on_mondays),
	    cmocka_unit_test(hours_are_summed_into_the_step_that_holds_them),
	    cmocka_unit_test(lengths_are_told_in_days_and_hours),
	    cmocka_unit_test(a_trend_needs_enough_on_both_sides),
	    cmocka_unit_test(sums_stay_at_their_border),
	    cmocka_unit_test(axes_end_at_round_numbers_above),
	    cmocka_unit_test(markup_is_made_harmless),
	    FIXTURE_TEST(a_span_is_compared_with_the_one_before),
	    FIXTURE_TEST(without_a_span_its_halves_are_compared),
	    FIXTURE_TEST(lists_begin_with_the_worst),
	    FIXTURE_TEST(a_limit_cuts_lists_and_says_so),
	    FIXTURE_TEST(filters_let_through_what_they_name),
	    FIXTURE_TEST(of_a_domain_no_share_is_told),
	    FIXTURE_TEST(open_incidents_of_the_span_are_counted),
	    FIXTURE_TEST(losses_of_the_tap_are_told),
	    FIXTURE_TEST(what_is_not_known_of_the_past_is_said),
	    FIXTURE_TEST(a_list_that_tells_nothing_more_is_left_out),
	    FIXTURE_TEST(an_empty_database_gives_a_report_of_nothing),
	    FIXTURE_TEST(numbers_of_a_damaged_file_are_survived),
	    FIXTURE_TEST(counts_that_no_number_holds_are_told),
	    FIXTURE_TEST(a_hostile_name_is_text_in_every_format),
	    FIXTURE_TEST(the_page_has_no_script_and_nothing_from_elsewhere),
	};

	return cmocka_run_group_tests_name("monitor_report", tests, NULL, NULL);
}
