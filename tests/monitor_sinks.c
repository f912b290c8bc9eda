/* [sink NAME] of the configuration file, and what a scope holds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "monitor/alert/sink.h"
#include "tests/config_build.h"

static const struct sink *
only_sink(const char *config)
{
	if (parse(config) != PARSED_RUN)
		fail_msg("%s: %s", config, why);
	assert_int_equal(o.sinks->count, 1);
	return &o.sinks->at[0];
}

static void
without_a_section_there_is_no_sink(void **state)
{
	(void)state;
	assert_int_equal(parse("sensor = tap1\n"), PARSED_RUN);
	assert_null(o.sinks);
}

static void
what_is_not_said_is_as_usual(void **state)
{
	const struct sink *s = only_sink("[sink log]\ntype = syslog\n");

	(void)state;
	assert_string_equal(s->name, "log");
	assert_int_equal(s->type, SINK_SYSLOG);
	assert_int_equal(s->scope.severity, SEVERITY_WARNING);
	assert_int_equal(s->rate, 30);
	assert_int_equal(s->rate_span, INT64_C(3600000000));
	assert_int_equal(s->quiet_from, s->quiet_until);
	assert_int_equal(s->carrier, CARRIER_LOCAL);
	assert_string_equal(s->path, "/dev/log");
	assert_int_equal(s->facility, 3);
}

/* RFC 5424, but where this machine's own log is read, unless it is said. */
static void
the_form_of_syslog_is_its_readers(void **state)
{
	(void)state;
	assert_int_equal(only_sink("[sink log]\ntype = syslog\n")->format, SINK_SYSLOG3);
	assert_int_equal(only_sink("[sink log]\ntype = syslog\n"
				   "path = /run/systemd/journal/dev-log\n")
			     ->format,
			 SINK_SYSLOG3);
	assert_int_equal(only_sink("[sink log]\ntype = syslog\npath = /run/log\n")->format,
			 SINK_RFC5424);
	assert_int_equal(only_sink("[sink log]\ntype = syslog\nto = udp:a.example\n")->format,
			 SINK_RFC5424);
	assert_int_equal(only_sink("[sink log]\ntype = syslog\nformat = rfc5424\n")->format,
			 SINK_RFC5424);
	assert_int_equal(only_sink("[sink log]\ntype = syslog\npath = /run/log\n"
				   "format = syslog3\n")
			     ->format,
			 SINK_SYSLOG3);
}

static void
every_setting_is_read(void **state)
{
	const struct sink *s;

	(void)state;
	s = only_sink("sensor = tap1\n\n[ sink  hook-1 ]\n# posted\ntype = webhook\n"
		      "url = https://alerts.example.net/x?a=@b\nformat = alertmanager\n"
		      "header = X-Team: mail\nheader = X-Two: 2\nheader-file = X-Key: /etc/key\n"
		      "token-file = /etc/token\nca-file = /etc/ca.pem\nseverity = critical\n"
		      "kind = starttls-stripped\nkind = starttls-masked\nclient = 192.0.2.0/24\n"
		      "server = 2001:db8::/32\ndomain = .Example.NET.\nrate = 5 / 10m\n"
		      "quiet = 22:00-06:30\n");
	assert_string_equal(o.watch.sensor, "tap1");
	assert_string_equal(s->name, "hook-1");
	assert_int_equal(s->format, SINK_ALERTMANAGER);
	assert_int_equal(s->headers.count, 2);
	assert_string_equal(s->headers.at[1], "X-Two: 2");
	assert_string_equal(s->header_files.at[0], "X-Key: /etc/key");
	assert_int_equal(s->scope.kinds.count, 2);
	assert_string_equal(s->scope.domains.at[0], ".example.net");
	assert_int_equal(s->rate, 5);
	assert_int_equal(s->rate_span, INT64_C(600000000));
	assert_int_equal(s->quiet_from, 22 * 60);
	assert_int_equal(s->quiet_until, 6 * 60 + 30);
	s = only_sink("[sink chat]\ntype = webhook\nurl-file = /etc/chat\nformat = chat\n");
	assert_string_equal(s->url_file, "/etc/chat");
	assert_null(s->url);
	s = only_sink(
	    "[sink run]\ntype = exec\ncommand = /usr/bin/page  --now $(id) ;ls\nrate = none\n"
	    "user = ops\n");
	assert_string_equal(s->command[0], "/usr/bin/page");
	assert_string_equal(s->command[2], "$(id)");
	assert_string_equal(s->command[3], ";ls");
	assert_null(s->command[4]);
	assert_int_equal(s->rate, 0);
	s = only_sink("[sink mail]\ntype = mail\nto = ops@example.net\nto = b@example.net\n");
	assert_int_equal(s->recipients.count, 2);
	assert_string_equal(s->sendmail, "/usr/sbin/sendmail");
}

static void
syslog_is_reached_as_it_is_said(void **state)
{
	static const struct {
		const char *to, *host;
		enum sink_carrier carrier;
		uint16_t port;
	} rows[] = {
	    {"udp:192.0.2.1", "192.0.2.1", CARRIER_UDP, 514},
	    {"udp:log.example.net:5514", "log.example.net", CARRIER_UDP, 5514},
	    {"tcp:log", "log", CARRIER_TCP, 514},
	    {"tls:log.example.net", "log.example.net", CARRIER_TLS, 6514},
	    {"tls:[2001:db8::1]", "2001:db8::1", CARRIER_TLS, 6514},
	    {"tcp:[2001:db8::1]:601", "2001:db8::1", CARRIER_TCP, 601},
	};
	char config[256];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct sink *s;

		snprintf(config, sizeof(config), "[sink log]\ntype = syslog\nto = %s\n",
			 rows[i].to);
		s = only_sink(config);
		assert_int_equal(s->carrier, rows[i].carrier);
		assert_string_equal(s->host, rows[i].host);
		assert_int_equal(s->port, rows[i].port);
	}
}

static void
what_is_wrong_is_named_with_its_line(void **state)
{
	static const struct {
		const char *config, *said;
	} rows[] = {
	    {"[sink]\ntype = file\n", ":1: [sink ...]: give it a name"},
	    {"[sink a b]\n", ":1: [sink ...]: give it a name"},
	    {"[sink a\n", ":1: not a section"},
	    {"[]\n", ":1: unknown kind of section"},
	    {"[sunk a]\n", ":1: unknown kind of section"},
	    {"[sink a]\n", "[sink a] of line 1: type: is missing"},
	    {"[sink a]\ntype = file\npath = /x\n\n[sink a]\ntype = file\n",
	     ":5: [sink a]: there is one"},
	    {"[sink a]\ntype = fyle\n", ":2: type fyle: unknown (one of: syslog, file"},
	    {"[sink a]\ntipe = file\n", ":2: tipe: no setting of [sink] (did you mean type?)"},
	    {"[sink a]\nsensor = tap\n", ":2: sensor: no setting of [sink]"},
	    {"[sink a]\ntype = file\ntype = file\n", ":3: type: given twice"},
	    {"[sink a]\ntype = file\n[sink b]\n", ":3: [sink a] of line 1: path: is missing"},
	    {"[sink a]\ntype = file\npath = x\n", ":3: path x: give an absolute path"},
	    {"[sink a]\ntype = file\npath = /x\nurl = http://x/\n",
	     "url: not for a sink of type file"},
	    {"[sink a]\ntype = file\npath = /x\nformat = chat\n", "this format: not for"},
	    {"[sink a]\ntype = syslog\nformat = chat\n", "this format: not for"},
	    {"[sink a]\ntype = file\npath = /x\nformat = syslog3\n", "this format: not for"},
	    {"[sink a]\ntype = webhook\nurl = http://x/\nformat = rfc5424\n",
	     "this format: not for"},
	    {"[sink a]\ntype = exec\ncommand = /x\nformat = ecs\n", "this format: not for"},
	    {"[sink a]\ntype = syslog\nto = udp:x\nformat = syslog3\n", "is for to = local"},
	    {"[sink a]\ntype = webhook\n", "url: is missing"},
	    {"[sink a]\ntype = webhook\nurl = http://x/\nurl-file = /x\n", "not both"},
	    {"[sink a]\ntype = file\npath = /x\nurl-file = /x\n",
	     "url-file: not for a sink of type file"},
	    {"[sink a]\nurl = ftp://x/\n", "not a URL of https"},
	    {"[sink a]\nurl = https://\n", "not a URL of https"},
	    {"[sink a]\nurl = https:///x\n", "not a URL of https"},
	    {"[sink a]\nurl = https://u:geheim@x/\n", "holds a user or a password"},
	    {"[sink a]\nheader = X Y: 1\n", "not a header"},
	    {"[sink a]\nheader = X:\n", "not a header"},
	    {"[sink a]\nheader-file = X: key\n", "the file that holds its value"},
	    {"[sink a]\ntype = exec\ncommand = page\n", "give an absolute path"},
	    {"[sink a]\ntype = exec\n", "command: is missing"},
	    {"[sink a]\ntype = mail\n", "to: is missing"},
	    {"[sink a]\ntype = mail\nto = -oQ/tmp\n", "not one address"},
	    {"[sink a]\ntype = mail\nto = a@x, b@x\n", "not one address"},
	    {"[sink a]\ntype = syslog\nto = udp:\n", "not a place for syslog"},
	    {"[sink a]\ntype = syslog\nto = udp:h:0\n", "not a place for syslog"},
	    {"[sink a]\ntype = syslog\nto = udp:h:65536\n", "not a place for syslog"},
	    {"[sink a]\ntype = syslog\nto = tls:[::1\n", "not a place for syslog"},
	    {"[sink a]\ntype = syslog\nto = tls:[::1]x\n", "not a place for syslog"},
	    {"[sink a]\ntype = syslog\nto = udp:h\npath = /dev/log\n", "path: is for to = local"},
	    {"[sink a]\nrate = 5\n", "not alerts in a time"},
	    {"[sink a]\nrate = 0/1h\n", "not alerts in a time"},
	    {"[sink a]\nrate = 1/2d\n", "not alerts in a time"},
	    {"[sink a]\nquiet = 22-6\n", "not two times of the day"},
	    {"[sink a]\nquiet = 06:00-06:00\n", "not two times of the day"},
	    {"[sink a]\nquiet = 25:00-06:00\n", "not two times of the day"},
	    {"[sink a]\nseverity = bad\n", ":2: severity bad: unknown"},
	    {"[sink a]\nkind = starttls-striped\n", "did you mean starttls-stripped?"},
	    {"[sink a]\nclient = host\n", ":2: client host: not an address"},
	    {"[sink a]\ndomain = a@b\n", ":2: domain a@b: an address"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		print_message("%s", rows[i].config);
		assert_int_equal(parse(rows[i].config), PARSED_MISUSE);
		if (strstr(why, rows[i].said) == NULL || strncmp(why, path, strlen(path)) != 0)
			fail_msg("%s", why);
	}
}

/* Where a file is to be named many write the secret itself: it must not get into a log. */
static void
what_may_be_a_secret_is_not_repeated(void **state)
{
	static const struct {
		const char *setting, *said;
	} rows[] = {
	    {"token-file = geheim", "token-file: give an absolute path"},
	    {"url-file = https://hooks.example/geheim", "url-file: give an absolute path"},
	    {"header-file = X-Key: geheim", "the file that holds its value"},
	    {"header-file = geheim", "the file that holds its value"},
	    {"header = Authorization Bearer geheim", "not a header"},
	    {"header = Authorization: Bearer geheim", "token-file, or header-file"},
	    {"header = proxy-authorization: geheim", "token-file, or header-file"},
	    {"header = Cookie: geheim", "token-file, or header-file"},
	    {"url = htps://hooks.example/geheim", "not a URL of https"},
	    {"url = https:///geheim", "not a URL of https"},
	};
	static char config[2 * SINK_TEXT_MAX];

	(void)state;
	for (size_t i = 0; i <= sizeof(rows) / sizeof(rows[0]); i++) {
		const bool is_row = i < sizeof(rows) / sizeof(rows[0]);

		if (is_row)
			snprintf(config, sizeof(config), "[sink a]\ntype = webhook\n%s\n",
				 rows[i].setting);
		else
			snprintf(config, sizeof(config),
				 "[sink a]\ntype = webhook\nurl = https://x/geheim%0*d\n",
				 SINK_TEXT_MAX, 0);
		assert_int_equal(parse(config), PARSED_MISUSE);
		if (strstr(why, is_row ? rows[i].said : "url: too much") == NULL ||
		    strstr(why, "geheim") != NULL)
			fail_msg("%s", why);
	}
	assert_string_equal(
	    only_sink("[sink a]\ntype = webhook\nurl = http://x/\nheader = Authorizations: 1\n")
		->headers.at[0],
	    "Authorizations: 1");
}

/* Who sends takes none in a text, and would end again and again, for all sinks. */
static void
control_characters_are_refused(void **state)
{
	static const char *const rows[] = {
	    "type = file\npath = /a\tb",
	    "type = file\npath = /a\x01",
	    "type = webhook\nurl = http://x/\x7fy",
	    "type = webhook\nurl = http://x/\nca-file = /a\tb",
	    "type = exec\ncommand = /x a\x1b[31mb",
	    "type = exec\ncommand = /x\nuser = a\x01",
	    "type = syslog\nto = udp:a\x01",
	    "type = mail\nto = a@x\rBcc:b@x",
	    "type = mail\nto = a@x\nfrom = a@x\x01",
	};
	char config[128];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		snprintf(config, sizeof(config), "[sink a]\n%s\n", rows[i]);
		assert_int_equal(parse(config), PARSED_MISUSE);
		if (strstr(why, "control character") == NULL)
			fail_msg("%zu: %s", i, why);
	}
	/* Between the words of a command one is a blank. */
	assert_string_equal(only_sink("[sink a]\ntype = exec\ncommand = /x\ty\n")->command[1], "y");
}

static void
too_many_are_refused(void **state)
{
	static char config[16384];
	size_t length = 0;

	(void)state;
	for (int i = 0; i <= SINKS_MAX; i++)
		length += (size_t)snprintf(config + length, sizeof(config) - length,
					   "[sink s%d]\ntype = file\npath = /x\n", i);
	assert_int_equal(parse(config), PARSED_MISUSE);
	assert_non_null(strstr(why, "more than 32 sinks"));
	config[0] = '\0';
	length = (size_t)snprintf(config, sizeof(config), "[sink s]\n");
	for (int i = 0; i <= SCOPE_NETWORKS; i++)
		length += (size_t)snprintf(config + length, sizeof(config) - length,
					   "client = 192.0.2.%d\n", i);
	assert_int_equal(parse(config), PARSED_MISUSE);
	assert_non_null(strstr(why, ":66: client: more than 64"));
}

static void
a_scope_holds_what_is_in_each_of_its_lists(void **state)
{
	static const struct {
		struct scope_case c;
		bool is_held;
	} rows[] = {
	    {{"starttls-stripped", "192.0.2.9", "198.51.100.1", "a.example.net", SEVERITY_WARNING},
	     true},
	    {{"starttls-masked", "192.0.2.9", "198.51.100.1", "example.org", SEVERITY_CRITICAL},
	     true},
	    {{"starttls-unused", "192.0.2.9", "198.51.100.1", "example.org", SEVERITY_CRITICAL},
	     false},
	    {{"starttls-masked", "192.0.3.9", "198.51.100.1", "example.org", SEVERITY_CRITICAL},
	     false},
	    {{"starttls-masked", "192.0.2.9", "198.51.101.1", "example.org", SEVERITY_CRITICAL},
	     false},
	    {{"starttls-masked", "192.0.2.9", "198.51.100.1", "b.example.org", SEVERITY_CRITICAL},
	     false},
	    {{"starttls-masked", "192.0.2.9", "198.51.100.1", "example.org", SEVERITY_NOTICE},
	     false},
	    /* What is not known is in no list. */
	    {{"starttls-masked", NULL, "198.51.100.1", "example.org", SEVERITY_CRITICAL}, false},
	    {{"starttls-masked", "192.0.2.9", "198.51.100.1", NULL, SEVERITY_CRITICAL}, false},
	};
	const struct sink *s =
	    only_sink("[sink a]\ntype = file\npath = /x\nkind = starttls-stripped\n"
		      "kind = starttls-masked\nclient = 192.0.2.0/24\nserver = 198.51.100.1\n"
		      "domain = .example.net\ndomain = example.org\n");
	static const struct scope_case unknown = {.kind = "starttls-masked",
						  .severity = SEVERITY_WARNING};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(scope_holds(&s->scope, &rows[i].c), rows[i].is_held);
	s = only_sink("[sink a]\ntype = file\npath = /x\n");
	assert_true(scope_holds(&s->scope, &unknown));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(without_a_section_there_is_no_sink),
	    cmocka_unit_test(what_is_not_said_is_as_usual),
	    cmocka_unit_test(every_setting_is_read),
	    cmocka_unit_test(the_form_of_syslog_is_its_readers),
	    cmocka_unit_test(syslog_is_reached_as_it_is_said),
	    cmocka_unit_test(what_is_wrong_is_named_with_its_line),
	    cmocka_unit_test(what_may_be_a_secret_is_not_repeated),
	    cmocka_unit_test(control_characters_are_refused),
	    cmocka_unit_test(too_many_are_refused),
	    cmocka_unit_test(a_scope_holds_what_is_in_each_of_its_lists),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
