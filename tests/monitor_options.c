/* The command line, the environment and the configuration file. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "monitor/command/command.h"
#include "monitor/limit.h"
#include "monitor/moment.h"

#define ARGUMENTS_MAX 24

static struct options o;
static char why[OPTIONS_WHY_MAX];
static char copy[1024]; /* what o borrows from */
static char config_path[] = "/tmp/waxseal-options-XXXXXX";

/* Parse a line of words with single blanks between them; '' is an empty word. */
static enum parsed
parse(const char *line)
{
	char *argv[ARGUMENTS_MAX + 1] = {"waxseal"};
	int argc = 1;

	options_free(&o);
	snprintf(copy, sizeof(copy), "%s", line);
	for (char *word = strtok(copy, " "); word != NULL; word = strtok(NULL, " "))
		argv[argc++] = strcmp(word, "''") == 0 ? word + 2 : word;
	return options_parse(argc, argv, &o, why);
}

/* The same with a configuration file. */
static enum parsed
parse_with(const char *config, const char *line)
{
	char whole[1024];
	FILE *file = fopen(config_path, "w");

	assert_non_null(file);
	fputs(config, file);
	fclose(file);
	snprintf(whole, sizeof(whole), "--config %s %s", config_path, line);
	return parse(whole);
}

static int
begin(void **state)
{
	const int fd = mkstemp(config_path);

	(void)state;
	unsetenv("WAXSEAL_DB");
	return fd < 0 ? -1 : close(fd);
}

static int
end(void **state)
{
	(void)state;
	options_free(&o);
	return unlink(config_path);
}

static void
misuse_is_one_clear_line(void **state)
{
	static const struct {
		const char *line, *said;
	} rows[] = {
	    {"", "no command given"},
	    {"--json", "no command given"},
	    {"report --format pdf", "one of: table, json, csv, html"},
	    {"report --format html --json", "--html and --json exclude each other"},
	    {"report --csv --format table", "--csv and --table exclude each other"},
	    {"report --service imap", "one of: smtp, submission, submissions, lmtp"},
	    {"report --client 192.0.2.7", "not by address (give a /24 or a larger one"},
	    {"report --client 2001:db8::/65", "not by address (give a /64 or a larger one"},
	    {"report --client 192.0.2.0/24 --server 198.51.100.25", "--client and --server"},
	    {"report --domain example.net --client 192.0.2.0/24", "--client and --domain"},
	    {"report --kind starttls-masked", "--kind: not an option of report"},
	    {"servers --format json", "--format: not an option of servers"},
	    {"sessions --format html", "one of: table, json, csv, ecs, eve"},
	    {"servers --kind starttls-masked", "--kind: not an option of servers"},
	    {"sesions", "did you mean sessions?"},
	    {"sessions --jsno", "did you mean --json?"},
	    {"sessions -x", "unknown option -x"},
	    {"sessions extra", "extra: unexpected"},
	    {"sessions --note x", "--note: not an option of sessions"},
	    {"sessions --json --csv", "exclude each other"},
	    {"sessions --csv --json", "exclude each other"},
	    {"sessions --json=yes", "--json takes no value"},
	    {"sessions --db", "--db needs a value"},
	    {"sessions --db=", "value is empty"},
	    {"sessions --db ''", "value is empty"},
	    {"sessions --since yesterday", "not a time"},
	    {"sessions --since 2h --until 3h", "later than --until"},
	    {"sessions --client 192.0.2", "not an address"},
	    {"sessions --client 192.0.2.0/33", "not an address"},
	    {"sessions --server mx1.example.net", "not an address"},
	    {"sessions --kind starttls-maskd", "did you mean starttls-masked?"},
	    {"sessions --severity high", "one of: info, notice, warning, critical"},
	    {"sessions --outcome clear", "one of: encrypted, plaintext"},
	    {"incidents --state seen", "one of: open, acked, closed"},
	    {"sessions --domain .", "not a domain"},
	    {"sessions --domain a@b.example", "an address"},
	    {"sessions --domain m\xc3\xbcller.example", "not ASCII"},
	    {"sessions --limit 0", "not a number from 1 up"},
	    {"sessions --limit -1", "not a number from 1 up"},
	    {"sessions --limit 99999999999999999999", "not a number from 1 up"},
	    {"show", "which incident?"},
	    {"show 0", "not the id of an incident"},
	    {"show -1", "not the id of an incident"},
	    {"show 1x", "not the id of an incident"},
	    {"show 0x1", "not the id of an incident"},
	    {"show 9223372036854775808", "not the id of an incident"},
	    {"show 1 2", "2: unexpected"},
	    {"export 1", "-w FILE"},
	    {"export -w x", "which incident?"},
	    {"db", "one of: check, stats, prune, backup"},
	    {"db vacuum", "one of: check, stats, prune, backup"},
	    {"db backup", "to which file?"},
	    {"db backup a b", "b: unexpected"},
	    {"db prune", "prune what?"},
	    {"db stats --before 7d", "for db prune alone"},
	    {"db check --keep-size 1G", "for db prune alone"},
	    {"db prune --keep-size 1023K", "at least 1M"},
	    {"db prune --keep-size ten", "at least 1M"},
	    {"db prune --keep-size 10T", "at least 1M"},
	    {"db prune --keep-sessions 30", "not how long"},
	    {"db prune --keep-sessions d", "not how long"},
	    {"db prune --keep-sessions 30m", "not how long"},
	    {"db prune --keep-sessions -1d", "not how long"},
	    {"db prune --keep-sessions 0d", "not how long"},
	    {"db prune --keep-evidence 3months", "not how long"},
	    {"db prune --keep-incidents 1001y", "not how long"},
	    {"db prune --keep-incidents 99999999999999999999d", "not how long"},
	    {"watch -i eth0 --keep-sessions forever", "36h, 30d, 12w, 2y, or never"},
	    {"watch", "nothing to read"},
	    {"watch a.pcap", "-r a.pcap"},
	    {"watch -r", "-r needs a value"},
	    {"watch -r - -r -", "only once"},
	    {"watch -i eth0 -r a.pcap", "not both"},
	    {"watch -i eth0 --buffer 1K", "not a size from 1M to 1024M"},
	    {"watch -i eth0 --buffer 2G", "not a size from 1M to 1024M"},
	    {"watch -i a --resolver ns.example.net", "--resolver ns.example.net: not an address"},
	    {"policy", "of which domain?"},
	    {"policy intranet", "a single label"},
	    {"policy 192.0.2.1", "an address"},
	    {"policy a..b", "not the name of a domain"},
	    {"policy example.123", "no top-level domain is a number"},
	    {"policy x.localhost", "of special use"},
	    {"policy example.com example.net", "example.net: unexpected"},
	    {"watch -i a --metrics 9725", "--metrics 9725: not ADDR:PORT"},
	    {"watch -i a --metrics 127.0.0.1", "--metrics 127.0.0.1: not ADDR:PORT"},
	    {"watch -i a --metrics ::1", "--metrics ::1: not ADDR:PORT"},
	    {"watch -i a --metrics [::1]", "--metrics [::1]: not ADDR:PORT"},
	    {"watch -i a --metrics 127.0.0.1:0", "--metrics 127.0.0.1:0: not ADDR:PORT"},
	    {"watch -i a --metrics localhost:9725", "--metrics localhost:9725: not ADDR:PORT"},
	    {"watch -i a --metrics run/metrics.sock", "--metrics run/metrics.sock: not ADDR:PORT"},
	    {"watch -i a --metrics-file a.txt", "--metrics-file a.txt: does not end in .prom"},
	    {"watch -i a --metrics-file .prom", "--metrics-file .prom: does not end in .prom"},
	    {"watch -r a --metrics 127.0.0.1:9725",
	     "--metrics: only a live watch (-i) has metrics"},
	    {"watch -i a --smart-host relay", "--smart-host relay: not the name of a host"},
	    {"watch -i a --smart-host 192.0.2.0/33", "--smart-host 192.0.2.0/33: not the name"},
	    {"sessions --smart-host a.example", "not an option of sessions"},
	    {"policy example.com --resolver x", "--resolver x: not an address"},
	    {"policy example.com --limit 1", "not an option of policy"},
	    {"sessions --trust-resolver", "not an option of sessions"},
	    {"watch -r a --gate ebpf", "sees no saved capture"},
	    {"watch -i a --gate-flows 0", "not a number from 1 to 4194304"},
	    {"watch -r a --gate maybe", "one of: auto, ebpf, none"},
	    {"watch -r a --service imap:143", "not NAME:PORT"},
	    {"watch -r a --service smtp", "not NAME:PORT"},
	    {"watch -r a --service smtp:", "is no port"},
	    {"watch -r a --service smtp:0", "is no port"},
	    {"watch -r a --service smtp:25,", "is no port"},
	    {"watch -r a --service smtp:65536", "is no port"},
	    {"watch -r a --service smtp:26 --service lmtp:26",
	     "port 26 is given to smtp and to lmtp"},
	    {"watch -r a --readers 0", "1 to 64"},
	    {"watch -r a --readers 65", "1 to 64"},
	    {"watch -r a --snaplen 95", "from 96"},
	    {"watch -r a --memory 7M", "at least 8M"},
	    {"watch -r a --memory M", "at least 8M"},
	    {"watch -r a --memory 99999999G", "at least 8M"},
	    {"watch -r a --fail-on bad", "one of: info"},
	    {"watch -r a --sensor tap/1", "letters, digits"},
	    {"watch -r a --sensor "
	     "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
	     "letters, digits"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const enum parsed parsed = parse(rows[i].line);

		if (parsed != PARSED_MISUSE || strstr(why, rows[i].said) == NULL)
			print_message("'%s' gave %d, %s\n", rows[i].line, (int)parsed, why);
		assert_int_equal(parsed, PARSED_MISUSE);
		assert_non_null(strstr(why, rows[i].said));
		assert_null(strchr(why, '\n'));
	}
}

static void
help_and_version_are_given_anywhere(void **state)
{
	(void)state;
	assert_int_equal(parse("--help"), PARSED_HELP);
	assert_null(o.command);
	assert_int_equal(parse("show --help"), PARSED_HELP);
	assert_string_equal(o.command->name, "show");
	assert_int_equal(parse("--help show"), PARSED_HELP);
	assert_string_equal(o.command->name, "show");
	assert_int_equal(parse("show -h extra"), PARSED_HELP);
	assert_int_equal(parse("--version"), PARSED_VERSION);
	assert_int_equal(parse("sessions -V"), PARSED_VERSION);
}

static void
every_command_has_help(void **state)
{
	char line[64];

	(void)state;
	for (size_t i = 0; i < command_count; i++) {
		snprintf(line, sizeof(line), "%s --help", commands[i].name);
		assert_int_equal(parse(line), PARSED_HELP);
		assert_ptr_equal(o.command, &commands[i]);
	}
}

static void
global_options_stand_before_or_behind_the_command(void **state)
{
	(void)state;
	assert_int_equal(parse("--db x -v sessions --json"), PARSED_RUN);
	assert_string_equal(o.db, "x");
	assert_int_equal(o.verbosity, 1);
	assert_int_equal(o.format, FORMAT_JSON);
	assert_int_equal(parse("sessions -vv --db=x"), PARSED_RUN);
	assert_string_equal(o.db, "x");
	assert_int_equal(o.verbosity, 2);
	/* The value of an option is never taken for the command. */
	assert_int_equal(parse("--db show sessions"), PARSED_RUN);
	assert_string_equal(o.command->name, "sessions");
	assert_int_equal(parse("show -q -- 3"), PARSED_RUN);
	assert_int_equal(o.verbosity, -1);
	assert_int_equal(o.id, 3);
}

static void
several_files_may_follow_one_r(void **state)
{
	(void)state;
	assert_int_equal(parse("watch -r a b --json c -rd --read=e -"), PARSED_RUN);
	assert_int_equal(o.watch.files.count, 6);
	assert_string_equal(o.watch.files.at[0], "a");
	assert_string_equal(o.watch.files.at[2], "c");
	assert_string_equal(o.watch.files.at[3], "d");
	assert_string_equal(o.watch.files.at[4], "e");
	assert_string_equal(o.watch.files.at[5], "-");
	assert_true(o.watch.is_json);
}

static void
watch_has_its_defaults(void **state)
{
	(void)state;
	assert_int_equal(parse("watch -r a"), PARSED_RUN);
	assert_string_equal(o.watch.sensor, "default");
	assert_int_equal(o.watch.memory, 256 << 20);
	assert_int_equal(o.watch.readers, 1);
	assert_int_equal(o.watch.gate, GATE_AUTO);
	assert_false(o.watch.has_fail_on);
	assert_false(o.watch.lookups);
}

static void
services_replace_their_own_ports_alone(void **state)
{
	static const struct {
		const char *line;
		uint16_t port;
		enum service service;
	} rows[] = {
	    {"watch -r a", 25, SERVICE_SMTP},
	    {"watch -r a", 2525, SERVICE_SMTP},
	    {"watch -r a", 587, SERVICE_SUBMISSION},
	    {"watch -r a", 465, SERVICE_SUBMISSIONS},
	    {"watch -r a", 24, SERVICE_LMTP},
	    {"watch -r a", 26, SERVICE_NONE},
	    {"watch -r a --service smtp:26", 26, SERVICE_SMTP},
	    {"watch -r a --service smtp:26", 25, SERVICE_NONE},
	    {"watch -r a --service smtp:26", 587, SERVICE_SUBMISSION},
	    {"watch -r a --service smtp:26 --service smtp:27", 26, SERVICE_SMTP},
	    {"watch -r a --service smtp:26,65535", 65535, SERVICE_SMTP},
	    /* What is given wins over what another service has by default. */
	    {"watch -r a --service smtp:587", 587, SERVICE_SMTP},
	    {"watch -r a --service lmtp:25", 25, SERVICE_LMTP},
	    {"watch -r a --service lmtp:25", 2525, SERVICE_SMTP},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		print_message("%s, port %u\n", rows[i].line, rows[i].port);
		assert_int_equal(parse(rows[i].line), PARSED_RUN);
		assert_int_equal(o.watch.service[rows[i].port], rows[i].service);
	}
}

static void
values_are_read(void **state)
{
	(void)state;
	assert_int_equal(
	    parse("watch -r a --memory 64m --fail-on warning --sensor tap-1 --snaplen 96 "
		  "--ca-file ca.pem -f tcp --gate none --progress --no-lookups"),
	    PARSED_RUN);
	assert_int_equal(o.watch.memory, 64 << 20);
	assert_true(o.watch.has_fail_on);
	assert_int_equal(o.watch.fail_on, SEVERITY_WARNING);
	assert_string_equal(o.watch.sensor, "tap-1");
	assert_int_equal(o.watch.snaplen, 96);
	assert_string_equal(o.watch.ca_file, "ca.pem");
	assert_string_equal(o.watch.expression, "tcp");
	assert_int_equal(o.watch.gate, GATE_NONE);
	assert_true(o.watch.has_progress);
	assert_int_equal(parse("sessions --domain .Example.NET. --severity critical --limit 5"),
			 PARSED_RUN);
	assert_string_equal(o.filter.domain, ".example.net");
	assert_int_equal(o.filter.severity, 3);
	assert_int_equal(o.filter.limit, 5);
	assert_int_equal(parse("ack 9223372036854775807 --note ''"), PARSED_RUN);
	assert_true(o.id == INT64_MAX);
	assert_string_equal(o.note, "");
}

static void
a_note_is_one_line_of_printable_text(void **state)
{
	static const struct {
		const char *note;
		enum parsed parsed;
	} rows[] = {
	    {"plain", PARSED_RUN},
	    {"gepr\xc3\xbc"
	     "ft",
	     PARSED_RUN},
	    {"\xe2\x82\xac", PARSED_RUN},
	    {"\xf0\x9f\x93\xa7", PARSED_RUN},
	    {"two\nlines", PARSED_MISUSE},
	    {"\x1b[2J", PARSED_MISUSE},
	    {"\x7f", PARSED_MISUSE},
	    {"\xc2\x9b"
	     "2J",
	     PARSED_MISUSE},                     /* C1 */
	    {"\xc0\xaf", PARSED_MISUSE},         /* too long a form */
	    {"\xe0\x80\xaf", PARSED_MISUSE},     /* the same */
	    {"\xed\xa0\x80", PARSED_MISUSE},     /* a surrogate */
	    {"\xf4\x90\x80\x80", PARSED_MISUSE}, /* beyond U+10FFFF */
	    {"\xe2\x82", PARSED_MISUSE},         /* cut */
	    {"\xff", PARSED_MISUSE},
	};
	char line[64];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		print_message("row %zu\n", i);
		snprintf(line, sizeof(line), "ack 1 --note %s", rows[i].note);
		assert_int_equal(parse(line), rows[i].parsed);
	}
}

static void
the_nearer_source_of_the_database_wins(void **state)
{
	(void)state;
	assert_int_equal(parse_with("db = from-config\n", "sessions"), PARSED_RUN);
	assert_string_equal(o.db, "from-config");
	setenv("WAXSEAL_DB", "from-environment", 1);
	assert_int_equal(parse_with("db = from-config\n", "sessions"), PARSED_RUN);
	assert_string_equal(o.db, "from-environment");
	assert_int_equal(parse_with("db = from-config\n", "sessions --db here"), PARSED_RUN);
	assert_string_equal(o.db, "here");
	setenv("WAXSEAL_DB", "", 1);
	assert_int_equal(parse_with("db = from-config\n", "sessions"), PARSED_RUN);
	assert_string_equal(o.db, "from-config");
	unsetenv("WAXSEAL_DB");
}

static void
the_configuration_gives_settings(void **state)
{
	(void)state;
	assert_int_equal(parse_with("# taps\n\n  sensor=tap-7  \nservice = smtp:26\r\n"
				    "memory = 16M",
				    "watch -r a"),
			 PARSED_RUN);
	assert_string_equal(o.watch.sensor, "tap-7");
	assert_int_equal(o.watch.service[26], SERVICE_SMTP);
	assert_int_equal(o.watch.memory, 16 << 20);
	/* The command line replaces a list, it does not add to it. */
	assert_int_equal(parse_with("service = smtp:26\n", "watch -r a --service smtp:27"),
			 PARSED_RUN);
	assert_int_equal(o.watch.service[26], SERVICE_NONE);
	assert_int_equal(o.watch.service[27], SERVICE_SMTP);
}

static void
look_ups_are_for_live_traffic_unless_said_otherwise(void **state)
{
	static const struct {
		const char *config, *line;
		bool lookups, no_lookups;
	} rows[] = {
	    {"", "watch -i eth0", true, false},
	    {"", "watch -r a", false, false},
	    {"", "watch -r a --lookups", true, false},
	    {"", "watch -i eth0 --no-lookups", false, true},
	    {"", "watch -i eth0 --no-lookups --lookups", true, false},
	    {"", "watch -i eth0 --lookups --no-lookups", false, true},
	    {"lookups = no\n", "watch -i eth0", false, true},
	    {"lookups = no\n", "watch -i eth0 --lookups", true, false},
	    {"lookups = yes\n", "watch -i eth0 --no-lookups", false, true},
	    /* What is set for the tap is not said of a capture. */
	    {"lookups = yes\n", "watch -r a", false, false},
	    {"interface = eth0\n", "watch", true, false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		print_message("%s%s\n", rows[i].config, rows[i].line);
		assert_int_equal(parse_with(rows[i].config, rows[i].line), PARSED_RUN);
		assert_int_equal(o.watch.lookups, rows[i].lookups);
		assert_int_equal(o.watch.no_lookups, rows[i].no_lookups);
	}
}

static void
whom_look_ups_ask_may_be_configured(void **state)
{
	static const char config[] = "resolver = 192.0.2.53\nresolver = [2001:db8::53]:5353\n"
				     "trust-resolver = yes\nlookup-private = yes\nca-file = ca\n";

	(void)state;
	assert_int_equal(parse_with(config, "watch -i eth0"), PARSED_RUN);
	assert_int_equal(o.watch.resolvers.count, 2);
	assert_string_equal(o.watch.resolvers.at[1], "[2001:db8::53]:5353");
	assert_true(o.watch.trust_resolver && o.watch.lookup_private);
	assert_int_equal(parse_with(config, "watch -i eth0 --resolver 127.0.0.1"), PARSED_RUN);
	assert_int_equal(o.watch.resolvers.count, 1);
	assert_string_equal(o.watch.resolvers.at[0], "127.0.0.1");
	assert_int_equal(parse_with("trust-resolver = no\nlookup-private = no\n", "watch -i eth0"),
			 PARSED_RUN);
	assert_false(o.watch.trust_resolver || o.watch.lookup_private);
	assert_int_equal(parse_with("lookups = maybe\n", "watch -i eth0"), PARSED_MISUSE);
	assert_non_null(strstr(why, "no, yes"));
	assert_int_equal(parse_with("no-lookups = yes\n", "watch -i eth0"), PARSED_MISUSE);
}

static void
assert_keeps(int64_t sessions, int64_t evidence, int64_t incidents, int64_t bytes)
{
	assert_int_equal(o.keep.sessions, sessions);
	assert_int_equal(o.keep.evidence, evidence);
	assert_int_equal(o.keep.incidents, incidents);
	assert_true(o.keep.bytes == bytes);
}

#define HOUR (RETAIN_DAY / 24)
#define GIB  (INT64_C(1) << 30)

static void
a_tap_keeps_what_is_given_configured_or_usual(void **state)
{
	static const char config[] = "interface = eth0\nkeep-sessions = 12w\nkeep-size = 0\n"
				     "keep-incidents = never\n";

	(void)state;
	assert_int_equal(parse("watch -i eth0"), PARSED_RUN);
	assert_keeps(30 * RETAIN_DAY, 90 * RETAIN_DAY, 730 * RETAIN_DAY, 10 * GIB);
	assert_int_equal(parse_with(config, "watch"), PARSED_RUN);
	assert_keeps(84 * RETAIN_DAY, 90 * RETAIN_DAY, 0, 0);
	assert_int_equal(parse_with(config, "watch --keep-sessions 36h --keep-size 512m"),
			 PARSED_RUN);
	assert_keeps(36 * HOUR, 90 * RETAIN_DAY, 0, GIB / 2);
	assert_int_equal(parse_with(config, "watch --keep-sessions never"), PARSED_RUN);
	assert_keeps(0, 90 * RETAIN_DAY, 0, 0);
	assert_int_equal(parse_with(config, "db stats"), PARSED_RUN);
	assert_keeps(84 * RETAIN_DAY, 90 * RETAIN_DAY, 0, 0);
}

/* What is read from old captures, or pruned, goes only where that is asked for now. */
static void
nothing_else_is_removed_unasked(void **state)
{
	static const char config[] = "keep-sessions = 30d\nkeep-size = 1G\n";

	(void)state;
	assert_int_equal(parse("watch -r a"), PARSED_RUN);
	assert_keeps(0, 0, 0, 0);
	assert_int_equal(parse_with(config, "watch -r a"), PARSED_RUN);
	assert_keeps(0, 0, 0, 0);
	assert_int_equal(parse_with(config, "watch -r a --keep-evidence 1y"), PARSED_RUN);
	assert_keeps(0, 365 * RETAIN_DAY, 0, 0);
	assert_int_equal(parse_with(config, "db prune"), PARSED_RUN);
	assert_keeps(30 * RETAIN_DAY, 0, 0, GIB);
	assert_int_equal(parse_with(config, "db prune --keep-incidents 1y"), PARSED_RUN);
	assert_keeps(0, 0, 365 * RETAIN_DAY, 0);
	assert_int_equal(parse_with(config, "db prune --before 2026-01-01"), PARSED_RUN);
	assert_keeps(0, 0, 0, 0);
	assert_true(o.before == INT64_C(1767225600000000));
	assert_int_equal(parse_with("sensor = a\n", "db prune"), PARSED_MISUSE);
}

static void
limits_are_written_as_they_are_read(void **state)
{
	static const char *const spans[] = {"never", "1h", "36h", "30d",
					    "84d",   "1y", "2y",  "1000y"};
	static const struct {
		int64_t bytes;
		const char *text;
	} sizes[] = {{0, "never"}, {10 * GIB, "10G"}, {GIB / 2, "512M"},
		     {5120, "5K"}, {1001, "1001"},    {GIB + 1, "1073741825"}};
	char text[LIMIT_TEXT_MAX];
	int64_t span;

	(void)state;
	for (size_t i = 0; i < sizeof(spans) / sizeof(spans[0]); i++) {
		assert_true(limit_span(spans[i], &span));
		limit_span_text(span, text);
		assert_string_equal(text, spans[i]);
	}
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		limit_size_text(sizes[i].bytes, text);
		assert_string_equal(text, sizes[i].text);
	}
}

static void
a_bad_configuration_is_told_with_its_line(void **state)
{
	static const struct {
		const char *config, *said;
	} rows[] = {
	    {"sensor\n", ":1: not a setting"},
	    {"\nsensor =\n", ":2: not a setting"},
	    {"= x\n", ":1: unknown setting"},
	    {"colour = red\n", ":1: unknown setting"},
	    {"json = yes\n", ":1: unknown setting"},
	    {"db = x\nmemory = 1\n", ":2: --memory 1: not a size"},
	    {"keep-sessions = 30d\nkeep-evidence = soon\n", ":2: --keep-evidence soon: not how"},
	    {"keep-size = 1K\n", ":1: --keep-size 1K: not a size"},
	    {"before = 30d\n", ":1: unknown setting"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(parse_with(rows[i].config, "sessions"), PARSED_MISUSE);
		assert_non_null(strstr(why, rows[i].said));
		assert_null(strchr(why, '\n'));
		assert_int_equal(parse_with(rows[i].config, "--help"), PARSED_HELP);
	}
	assert_int_equal(parse("--config /nonexistent/x sessions"), PARSED_FAILED);
	assert_non_null(strstr(why, "/nonexistent/x: cannot read"));
	/* Whatever follows, as long as there is nothing wrong with that. */
	assert_int_equal(parse("--config /nonexistent/x alert list"), PARSED_FAILED);
	assert_non_null(strstr(why, "cannot read the configuration"));
	assert_int_equal(parse("--config /nonexistent/x mute list"), PARSED_FAILED);
	assert_int_equal(parse("--config /nonexistent/x alert lost"), PARSED_MISUSE);
	assert_non_null(strstr(why, "alert lost"));
}

#define NOW INT64_C(1772366400000000) /* 2026-03-01T12:00:00Z */

static void
moments_are_read(void **state)
{
	static const struct {
		const char *text;
		bool is_good;
		int64_t moment;
	} rows[] = {
	    {"1970-01-01T00:00:00Z", true, 0},
	    {"2026-03-01T12:00:00Z", true, NOW},
	    {"2026-03-01t12:00:00.000001z", true, NOW + 1},
	    {"2026-03-01 12:00:00.1234567Z", true, NOW + 123456},
	    {"2026-03-01T14:00:00+02:00", true, NOW},
	    {"2026-03-01T06:30:00-05:30", true, NOW},
	    {"2026-03-01", true, NOW - INT64_C(43200000000)},
	    {"2024-02-29T00:00:00Z", true, INT64_C(1709164800000000)},
	    {"1969-12-31T23:59:59.999999Z", true, -1},
	    {"2016-12-31T23:59:60Z", true, INT64_C(1483228800000000)}, /* a leap second */
	    {"0001-01-01T00:00:00Z", true, INT64_C(-62135596800000000)},
	    {"9999-12-31T23:59:59.999999Z", true, INT64_C(253402300799999999)},
	    {"2h", true, NOW - INT64_C(7200000000)},
	    {"7d", true, NOW - INT64_C(604800000000)},
	    {"0s", true, NOW},
	    {"90m", true, NOW - INT64_C(5400000000)},
	    {"1w", true, NOW - INT64_C(604800000000)},
	    {"", false, 0},
	    {"h", false, 0},
	    {"-2h", false, 0},
	    {"2H", false, 0},
	    {"2 h", false, 0},
	    {"99999999999999999999d", false, 0},
	    {"9999999w", false, 0},
	    {"2026-3-1", false, 0},
	    {"2026-02-29", false, 0},
	    {"1900-02-29", false, 0},
	    {"2026-13-01", false, 0},
	    {"2026-00-01", false, 0},
	    {"0000-01-01", false, 0},
	    {"2026-03-01T12:00:00", false, 0}, /* no zone: whose noon? */
	    {"2026-03-01T24:00:00Z", false, 0},
	    {"2026-03-01T12:60:00Z", false, 0},
	    {"2026-03-01T12:00:61Z", false, 0},
	    {"2026-03-01T12:00:00.Z", false, 0},
	    {"2026-03-01T12:00:00Zx", false, 0},
	    {"2026-03-01T12:00:00+24:00", false, 0},
	    {"0001-01-01T00:00:00+01:00", false, 0},
	    {"1772366400", false, 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int64_t got = 0;

		print_message("%s\n", rows[i].text);
		assert_int_equal(moment_parse(rows[i].text, NOW, &got), rows[i].is_good);
		if (rows[i].is_good)
			assert_true(got == rows[i].moment);
	}
}

static void
moments_are_written(void **state)
{
	static const struct {
		int64_t moment;
		const char *text;
	} rows[] = {
	    {0, "1970-01-01T00:00:00.000000Z"},
	    {NOW + 42, "2026-03-01T12:00:00.000042Z"},
	    {-1, "1969-12-31T23:59:59.999999Z"},
	    {INT64_C(951782400000000), "2000-02-29T00:00:00.000000Z"},
	    {INT64_MIN, "0001-01-01T00:00:00.000000Z"},
	    {INT64_MAX, "9999-12-31T23:59:59.999999Z"},
	};
	char text[MOMENT_TEXT_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		moment_text(rows[i].moment, text);
		assert_string_equal(text, rows[i].text);
	}
}

static void
smart_hosts_are_listed_and_replaced_from_nearer(void **state)
{
	static const char config[] = "smart-host = Relay.example.net\nsmart-host = 192.0.2.0/24\n";
	char many[(SMART_HOSTS_MAX + 1) * 32];
	size_t used = 0;

	(void)state;
	assert_int_equal(parse_with(config, "watch -i eth0"), PARSED_RUN);
	assert_int_equal(o.watch.smart_hosts.count, 2);
	assert_string_equal(o.watch.smart_hosts.list[0].name.text, "relay.example.net");
	assert_int_equal(o.watch.smart_hosts.list[1].addresses.bits, 24);
	assert_int_equal(parse_with(config, "watch -i eth0 --smart-host 2001:db8::25"), PARSED_RUN);
	assert_int_equal(o.watch.smart_hosts.count, 1);
	assert_int_equal(o.watch.smart_hosts.list[0].addresses.family, 6);
	for (int i = 0; i <= SMART_HOSTS_MAX; i++)
		used += (size_t)snprintf(many + used, sizeof(many) - used,
					 "smart-host = 192.0.2.%d\n", i);
	assert_int_equal(parse_with(many, "watch -i eth0"), PARSED_MISUSE);
	assert_non_null(strstr(why, "--smart-host: more than 32"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(misuse_is_one_clear_line),
	    cmocka_unit_test(help_and_version_are_given_anywhere),
	    cmocka_unit_test(every_command_has_help),
	    cmocka_unit_test(global_options_stand_before_or_behind_the_command),
	    cmocka_unit_test(several_files_may_follow_one_r),
	    cmocka_unit_test(watch_has_its_defaults),
	    cmocka_unit_test(services_replace_their_own_ports_alone),
	    cmocka_unit_test(values_are_read),
	    cmocka_unit_test(a_note_is_one_line_of_printable_text),
	    cmocka_unit_test(the_nearer_source_of_the_database_wins),
	    cmocka_unit_test(the_configuration_gives_settings),
	    cmocka_unit_test(look_ups_are_for_live_traffic_unless_said_otherwise),
	    cmocka_unit_test(whom_look_ups_ask_may_be_configured),
	    cmocka_unit_test(smart_hosts_are_listed_and_replaced_from_nearer),
	    cmocka_unit_test(a_tap_keeps_what_is_given_configured_or_usual),
	    cmocka_unit_test(nothing_else_is_removed_unasked),
	    cmocka_unit_test(limits_are_written_as_they_are_read),
	    cmocka_unit_test(a_bad_configuration_is_told_with_its_line),
	    cmocka_unit_test(moments_are_read),
	    cmocka_unit_test(moments_are_written),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
