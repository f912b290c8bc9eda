/*
 * The commands over a database of known rows: what they print, say and return.
 *
 * Each runs in a child, so that its standard output and error are its own.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "db/schema.h"
#include "db/session.h"
#include "monitor/command/command.h"
#include "monitor/counted.h"
#include "monitor/log.h"
#include "monitor/output.h"
#include "tests/skip.h"

#define START    INT64_C(1772366400000000) /* 2026-03-01T12:00:00Z */
#define TEXT_MAX 65536

static char folder[] = "/tmp/waxseal-test-XXXXXX";
static char db[128];
static char out[TEXT_MAX], err[TEXT_MAX];

static const struct line_row lines[] = {
    {START, true, "220 mx1.example.net ESMTP"},        {START + 1, false, "EHLO out.example.org"},
    {START + 2, true, "250-mx1.example.net"},          {START + 2, true, "250 XXXXXXXA"},
    {START + 3, false, "MAIL FROM:<xxx@example.org>"},
};

/* Bytes of an Ethernet frame that only the link type gives a meaning. */
static const uint8_t frame[] = "\x00\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x08\x00"
			       "E";

static const struct packet_row packets[] = {
    {START, true, 1, 60, frame, sizeof(frame)},
    {START + 2, true, 1, 80, frame, sizeof(frame)},
    {START + 1, false, 1, 70, frame, sizeof(frame)},
};

static void
add_session(struct store *s, int64_t sensor, const char *client, bool is_masked)
{
	const struct proof_row proofs[] = {{"masked keyword", "XXXXXXXA", false},
					   {"captured", "whole", false}};
	const struct exhibit exhibit = {
	    .lines = lines,
	    .line_count = sizeof(lines) / sizeof(lines[0]),
	    .packets = packets,
	    .packet_count = sizeof(packets) / sizeof(packets[0]),
	    .is_whole = true,
	};
	struct finding_row finding = {.kind = "starttls-masked",
				      .severity = RANK_CRITICAL,
				      .certainty = RANK_PROBABLE,
				      .where = "server-side",
				      .detail = "the reply hides STARTTLS",
				      .summary =
					  "mail to example.net went in clear: STARTTLS was hidden",
				      .refuted_by = "the same reply next to the server",
				      .proofs = proofs,
				      .proof_count = 2};
	const struct session_row row = {.sensor_id = sensor,
					.start = START,
					.end = START + 1000000,
					.service = "smtp",
					.client = client,
					.server = "198.51.100.25",
					.client_port = 40112,
					.server_port = 25,
					.client_net = "192.0.2.0/24",
					.complete = true,
					.seen = "both",
					.outcome = "plaintext",
					.ending = "fin",
					.banner = "=cmd|' /C calc'!A0",
					.extended = MAYBE_YES,
					.offered = MAYBE_NO,
					.requested = MAYBE_NO,
					.mail_count = 1,
					.from_domains = "[\"example.org\"]",
					.rcpt_domains = "[\"example.net\",\"b.example\"]",
					.domain = "example.net",
					.findings = &finding,
					.finding_count = is_masked ? 1 : 0,
					.exhibit = is_masked ? &exhibit : NULL};
	int64_t id;

	assert_int_equal(session_add(s, &row, &id), SESSION_NEW);
}

static int
make_database(void **state)
{
	char why[STORE_WHY_MAX];
	struct store *s;
	int64_t sensor;

	(void)state;
	if (mkdtemp(folder) == NULL)
		return -1;
	snprintf(db, sizeof(db), "%s/it's.db", folder);
	s = store_open(db, STORE_CREATE, why, sizeof(why));
	assert_non_null(s);
	assert_true(store_begin(s));
	sensor = session_sensor(s, "default");
	add_session(s, sensor, "192.0.2.7", true);
	add_session(s, sensor, "203.0.113.9", false);
	assert_true(store_commit(s));
	store_close(s);
	return 0;
}

static int
remove_database(void **state)
{
	char command[256];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf %s", folder);
	return system(command);
}

static void
read_text(const char *name, char text[TEXT_MAX])
{
	char path[256];
	size_t length;
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	file = fopen(path, "r");
	assert_non_null(file);
	length = fread(text, 1, TEXT_MAX - 1, file);
	text[length] = '\0';
	fclose(file);
}

static void
redirect(const char *path, int to)
{
	const int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	if (fd < 0 || dup2(fd, to) < 0)
		_exit(99);
	close(fd);
}

/* As main does. */
static int
child(char *const argv[], const char *out_path)
{
	static struct options o;
	char why[OPTIONS_WHY_MAX], path[256];
	int argc = 0, status;

	snprintf(path, sizeof(path), "%s/err", folder);
	redirect(path, STDERR_FILENO);
	redirect(out_path, STDOUT_FILENO);
	while (argv[argc] != NULL)
		argc++;
	if (options_parse(argc, argv, &o, why) != PARSED_RUN)
		_exit(98);
	log_set_verbosity(o.verbosity);
	status = output_finish(o.command->run(&o));
	options_free(&o);
	return status;
}

/* Run a command line over the database; out and err are what it wrote, the result its status. */
static int
run_to(const char *out_path, const char *line)
{
	char *argv[16] = {"waxseal", "--db", db, "--config", "/dev/null"};
	char copy[256], path[256];
	int argc = 5, status;
	pid_t pid;

	snprintf(copy, sizeof(copy), "%s", line);
	for (char *word = strtok(copy, " "); word != NULL; word = strtok(NULL, " "))
		argv[argc++] = word;
	argv[argc] = NULL;
	snprintf(path, sizeof(path), "%s/out", folder);
	fflush(NULL);
	pid = fork();
	if (pid == 0)
		exit(child(argv, out_path == NULL ? path : out_path));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	read_text("err", err);
	if (out_path == NULL)
		read_text("out", out);
	return WEXITSTATUS(status);
}

static int
run(const char *line)
{
	return run_to(NULL, line);
}

static size_t
count_lines(const char *text)
{
	size_t lines_found = 0;

	for (; *text != '\0'; text++)
		lines_found += *text == '\n';
	return lines_found;
}

static void
numbers_agree_with_what_they_count(void **state)
{
	(void)state;
	assert_string_equal(counted(0, "session").text, "0 sessions");
	assert_string_equal(counted(1, "session").text, "1 session");
	assert_string_equal(counted(2, "session").text, "2 sessions");
	assert_string_equal(counted(UINT64_MAX, "byte").text, "18446744073709551615 bytes");
	assert_string_equal(counted_grouped(1204, "session").text, "1,204 sessions");
	assert_string_equal(counted_grouped(UINT64_MAX, "byte").text,
			    "18,446,744,073,709,551,615 bytes");
	assert_string_equal(grouped(999).text, "999");
	assert_string_equal(grouped(100000).text, "100,000");
}

static void
sessions_are_a_table_with_a_title(void **state)
{
	(void)state;
	assert_int_equal(run("sessions"), 0);
	assert_int_equal(count_lines(out), 3);
	assert_true(strncmp(out, "ID  START", 9) == 0);
	assert_non_null(strstr(out, "2026-03-01 12:00:00"));
	assert_non_null(strstr(out, "198.51.100.25:25"));
	assert_non_null(strstr(out, "not offered"));
	assert_non_null(strstr(out, "example.net b.example"));
	assert_non_null(strstr(out, "starttls-masked"));
	assert_string_equal(err, "");
}

static void
json_is_one_object_a_line(void **state)
{
	(void)state;
	assert_int_equal(run("sessions --json"), 0);
	assert_int_equal(count_lines(out), 2);
	assert_true(out[0] == '{');
	assert_non_null(strstr(out, "\"start\":\"2026-03-01T12:00:00.000000Z\""));
	assert_non_null(strstr(out, "\"offered\":false"));
	assert_int_equal(run("incidents --json"), 0);
	assert_int_equal(count_lines(out), 1);
	assert_non_null(strstr(out, "\"kind\":\"starttls-masked\""));
}

static void
csv_has_a_title_line_and_disarms_formulas(void **state)
{
	(void)state;
	assert_int_equal(run("sessions --csv"), 0);
	assert_int_equal(count_lines(out), 3);
	assert_true(strncmp(out, "id,sensor,start,", 16) == 0);
	assert_non_null(strstr(out, "\"'=cmd|' /C calc'!A0\""));
}

static void
filters_select(void **state)
{
	static const struct {
		const char *line;
		size_t rows; /* without a title */
	} rows[] = {
	    {"servers --json", 1},
	    {"servers --json --server 198.51.100.0/24", 1},
	    {"servers --json --server 198.51.101.0/24", 0},
	    {"servers --json --client 192.0.2.7", 0}, /* nothing is known of the two */
	    {"servers --json --domain example.net", 1},
	    {"servers --json --domain example.com", 0},
	    {"servers --json --since 2026-03-02", 0},
	    {"servers --json --until 2026-03-01", 0},
	    {"sessions --json --client 192.0.2.0/24", 1},
	    {"sessions --json --client 192.0.2.8", 0},
	    {"sessions --json --server 198.51.100.25", 2},
	    {"sessions --json --kind starttls-masked", 1},
	    {"sessions --json --kind starttls-unused", 0},
	    {"sessions --json --outcome plaintext", 2},
	    {"sessions --json --outcome encrypted", 0},
	    {"sessions --json --since 2026-03-01T13:00:00Z", 0},
	    {"sessions --json --until 2026-03-01T11:00:00Z", 0},
	    {"sessions --json --since 2026-03-01 --until 2026-03-02", 2},
	    {"sessions --json --limit 1", 1},
	    {"sessions --json --domain B.example.", 2},
	    {"sessions --json --domain .example", 2},
	    {"sessions --json --domain .net", 2},
	    {"sessions --json --domain net", 0},
	    {"sessions --json --incident 1", 1},
	    {"sessions --json --incident 2", 0},
	    {"incidents --json --severity critical", 1},
	    {"incidents --csv --state closed", 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		print_message("%s\n", rows[i].line);
		assert_int_equal(run(rows[i].line), 0);
		assert_int_equal(count_lines(out), rows[i].rows);
		assert_string_equal(err, "");
	}
}

static void
a_table_without_rows_says_so_on_standard_error(void **state)
{
	(void)state;
	assert_int_equal(run("incidents --state closed"), 0);
	assert_string_equal(out, "");
	assert_non_null(strstr(err, "no such incidents"));
	assert_int_equal(run("-q incidents --state closed"), 0);
	assert_string_equal(err, "");
}

static void
show_tells_what_is_needed_at_3_am(void **state)
{
	static const char *const wanted[] = {
	    "Incident 1: ",
	    "critical, probable, open (starttls-masked)",
	    "mail to example.net went in clear: STARTTLS was hidden",
	    "192.0.2.7",
	    "198.51.100.25:25 (smtp)",
	    "2026-03-01T12:00:00.000000Z",
	    "\n> 12:00:00.000002 S: 250 XXXXXXXA\n",
	    "\n  12:00:00.000001 C: EHLO out.example.org\n",
	    "masked keyword: XXXXXXXA",
	    "on the server's side of the tap",
	    "What would show it harmless",
	    "the same reply next to the server",
	    "What to do now",
	    "RFC 3207",
	    "export 1 -w incident-1.pcapng",
	    "/it'\\''s.db' sessions --incident 1", /* quoted for a shell */
	};

	(void)state;
	assert_int_equal(run("show 1"), 0);
	for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
		if (strstr(out, wanted[i]) == NULL)
			print_message("missing: %s\n", wanted[i]);
		assert_non_null(strstr(out, wanted[i]));
	}
}

/* One session of an incident that several make, in a database of its own. */
struct told {
	int64_t start;
	enum certainty_rank certainty;
	const char *kind, *detail;
	struct proof_row proofs[5];
	struct line_row lines[6];
};

static void
tell(struct store *s, int64_t sensor, const struct told *t)
{
	struct exhibit exhibit = {.lines = t->lines, .is_whole = true};
	char summary[256];
	struct finding_row finding = {.kind = t->kind,
				      .severity = RANK_CRITICAL,
				      .certainty = t->certainty,
				      .where = "unknown",
				      .detail = t->detail,
				      .summary = summary,
				      .refuted_by = "nothing",
				      .proofs = t->proofs};
	const struct session_row row = {.sensor_id = sensor,
					.start = t->start,
					.end = t->start + 1000,
					.service = "smtp",
					.client = "192.0.2.7",
					.server = "198.51.100.25",
					.client_port = 40112,
					.server_port = 25,
					.client_net = "192.0.2.0/24",
					.seen = "both",
					.outcome = "plaintext",
					.ending = "fin",
					.from_domains = "[]",
					.rcpt_domains = "[]",
					.domain = "",
					.findings = &finding,
					.finding_count = 1,
					.exhibit = &exhibit};
	int64_t id;

	snprintf(summary, sizeof(summary), "192.0.2.7 to 198.51.100.25:25: %s", t->detail);
	while (exhibit.line_count < 6 && t->lines[exhibit.line_count].text != NULL)
		exhibit.line_count++;
	while (finding.proof_count < 5 && t->proofs[finding.proof_count].what != NULL)
		finding.proof_count++;
	assert_int_equal(session_add(s, &row, &id), SESSION_NEW);
}

/* What show says of these sessions' incident is in out. */
static void
show_told(const char *name, const struct told *told, size_t count)
{
	char why[STORE_WHY_MAX], kept[sizeof(db)];
	struct store *s;
	int64_t sensor;

	memcpy(kept, db, sizeof(db));
	snprintf(db, sizeof(db), "%s/%s", folder, name);
	s = store_open(db, STORE_CREATE, why, sizeof(why));
	assert_non_null(s);
	assert_true(store_begin(s));
	sensor = session_sensor(s, "default");
	for (size_t i = 0; i < count; i++)
		tell(s, sensor, &told[i]);
	assert_true(store_commit(s));
	store_close(s);
	assert_int_equal(run("show 1"), 0);
	memcpy(db, kept, sizeof(db));
}

static void
assert_shown(const char *const *wanted, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (strstr(out, wanted[i]) == NULL)
			fail_msg("missing: %s", wanted[i]);
}

static void
the_bytes_are_of_the_session_that_the_summary_speaks_of(void **state)
{
	static const struct told told[] = {
	    {START,
	     RANK_POSSIBLE,
	     "starttls-masked",
	     "Line 2 is \"XXXXXXXA\\x00\", which may hide STARTTLS.",
	     {{"masked line", "XXXXXXXA", false}, {"captured", "both directions", false}},
	     {{START, true, "250 XXXXXXXA"}}},
	    {START + 60000000,
	     RANK_PROVEN,
	     "starttls-masked",
	     "Line 2 is \"XXXXXXXB\\x00\" in place of STARTTLS.",
	     {{"masked line", "XXXXXXXB", false}, {"captured", "both directions", false}},
	     {{START + 60000000, true, "250 XXXXXXXB"}}},
	    {START + 120000000,
	     RANK_POSSIBLE,
	     "starttls-masked",
	     "Line 2 is \"XXXXXXXC\\x00\", which may hide STARTTLS.",
	     {{"masked line", "XXXXXXXC", false}, {"captured", "both directions", false}},
	     {{START + 120000000, true, "250 XXXXXXXC"}}},
	};
	static const char *const wanted[] = {
	    "critical, proven, open",
	    "XXXXXXXB\\x00\" in place of STARTTLS",
	    "The bytes (session 2, ",
	    "\n> 12:01:00.000000 S: 250 XXXXXXXB\n",
	    "\nEvidence (session 2)\n  masked line: XXXXXXXB\n  captured: both directions\n\n",
	    "\nEvidence of other sessions\n  session 1: masked line: XXXXXXXA\n  session 3: masked",
	};

	(void)state;
	show_told("three.db", told, 3);
	assert_shown(wanted, sizeof(wanted) / sizeof(wanted[0]));
	assert_null(strstr(out, "S: 250 XXXXXXXA"));
	assert_null(strstr(out, "session 1: captured"));
}

static void
what_tells_is_marked_line_by_line(void **state)
{
	static const struct told told = {
	    START,
	    RANK_PROVEN,
	    "command-injection",
	    "Behind STARTTLS came text.",
	    {{"text behind STARTTLS", "RSET\\x0d\\x0aMAIL FROM:<xxx@example.org>\\x0d\\x0aQU",
	      false},
	     {"server's bytes", "454 TLS not available\\x0d\\x0a", false},
	     {"greeting", "mx1.example.net ESMTP", false},
	     {"server name asked for", "mx1.example.net", false}},
	    {{START, true, "220 mx1.example.net ESMTP"},
	     {START + 1, true, "250-mx1.example.net"},
	     {START + 2, false, "RSET"},
	     {START + 3, false, "MAIL FROM:<xxx@example.org>"},
	     {START + 4, true, "454 TLS not available"},
	     {START + 5, false, "QUIT"}}};
	static const char *const wanted[] = {
	    "\n  12:00:00.000000 S: 220 mx1.example.net ESMTP\n",
	    "\n  12:00:00.000001 S: 250-mx1.example.net\n",
	    "\n> 12:00:00.000002 C: RSET\n",
	    "\n> 12:00:00.000003 C: MAIL FROM:<xxx@example.org>\n",
	    "\n> 12:00:00.000004 S: 454 TLS not available\n",
	    "\n  12:00:00.000005 C: QUIT\n",
	    "\nEvidence\n",
	};

	(void)state;
	show_told("lines.db", &told, 1);
	assert_shown(wanted, sizeof(wanted) / sizeof(wanted[0]));
}

static void
a_masked_greeting_is_marked_where_it_is_what_tells(void **state)
{
	static const struct told told = {START,
					 RANK_PROVEN,
					 "banner-masked",
					 "The greeting is overwritten.",
					 {{"greeting", "*****2**0*", false}},
					 {{START, true, "220 *****2**0*"}}};
	static const char *const wanted[] = {"\n> 12:00:00.000000 S: 220 *****2**0*\n"};

	(void)state;
	show_told("banner.db", &told, 1);
	assert_shown(wanted, 1);
}

/* Where one command is what is reported, it is marked, and not what is there to compare. */
static void
the_command_that_is_reported_is_marked(void **state)
{
	static const struct told told[] = {
	    {START,
	     RANK_PROVEN,
	     "requiretls-violation",
	     "The client sent MAIL with REQUIRETLS outside TLS.",
	     {{"EHLO reply", "mx1.example.net | REQUIRETLS | AUTH PLAIN", false}},
	     {{START + 1, true, "250-REQUIRETLS"},
	      {START + 2, false, "MAIL FROM:<xxx@example.org>"},
	      {START + 3, false, "MAIL FROM:<xxx@example.org> requiretls"}}},
	    {START,
	     RANK_PROVEN,
	     "credentials-exposed",
	     "The client sent a reusable secret in clear.",
	     {{"mechanism", "PLAIN", false}, {"EHLO reply", "mx1.example.net | AUTH PLAIN", false}},
	     {{START + 1, true, "250 AUTH PLAIN"},
	      {START + 2, false, "AUTH PLAIN xxxxxxxx"},
	      {START + 3, false, "MAIL FROM:<xxx@example.org> AUTH=<>"}}},
	};
	static const char *const wanted[2][3] = {
	    {"\n  12:00:00.000001 S: 250-REQUIRETLS\n",
	     "\n  12:00:00.000002 C: MAIL FROM:<xxx@example.org>\n",
	     "\n> 12:00:00.000003 C: MAIL FROM:<xxx@example.org> requiretls\n"},
	    {"\n  12:00:00.000001 S: 250 AUTH PLAIN\n",
	     "\n> 12:00:00.000002 C: AUTH PLAIN xxxxxxxx\n",
	     "\n  12:00:00.000003 C: MAIL FROM:<xxx@example.org> AUTH=<>\n"},
	};

	(void)state;
	show_told("requiretls.db", &told[0], 1);
	assert_shown(wanted[0], 3);
	show_told("credentials.db", &told[1], 1);
	assert_shown(wanted[1], 3);
}

static void
an_incident_that_is_not_there_is_one_line_and_status_1(void **state)
{
	static const char *const commands_by_id[] = {
	    "show 7",       "show 7 --json", "ack 7", "close 7", "reopen 9223372036854775807",
	    "export 7 -w -"};

	(void)state;
	for (size_t i = 0; i < sizeof(commands_by_id) / sizeof(commands_by_id[0]); i++) {
		assert_int_equal(run(commands_by_id[i]), 1);
		assert_string_equal(out, "");
		assert_int_equal(count_lines(err), 1);
		assert_non_null(strstr(err, "there is none (waxseal incidents lists them)"));
	}
}

static void
a_decision_is_kept_with_its_note(void **state)
{
	(void)state;
	assert_int_equal(run("ack 1 --note asked-the-network-team"), 0);
	assert_int_equal(run("show 1 --json"), 0);
	assert_non_null(strstr(out, "\"state\":\"acked\""));
	assert_non_null(strstr(out, "\"note\":\"asked-the-network-team\""));
	assert_int_equal(run("close 1"), 0);
	assert_int_equal(run("incidents --json --state closed"), 0);
	assert_non_null(strstr(out, "asked-the-network-team"));
	assert_int_equal(run("reopen 1"), 0);
	assert_int_equal(run("incidents --json --state open"), 0);
	assert_int_equal(count_lines(out), 1);
}

static void
export_writes_a_capture_and_spares_the_database(void **state)
{
	char line[256], path[128];
	struct stat file;

	(void)state;
	snprintf(path, sizeof(path), "%s/x.pcapng", folder);
	snprintf(line, sizeof(line), "export 1 -w %s", path);
	assert_int_equal(run(line), 0);
	assert_non_null(strstr(err, "3 packets of 1 session\n"));
	assert_int_equal(stat(path, &file), 0);
	assert_int_equal(file.st_mode & 0777, 0600);
	assert_int_equal(run("-q export 1 -w -"), 0);
	assert_memory_equal(out, "\x0a\x0d\x0d\x0a", 4);
	snprintf(line, sizeof(line), "export 1 -w %s", db);
	assert_int_equal(run(line), 1);
	assert_non_null(strstr(err, "is the database"));
	assert_int_equal(run("db check"), 0);
	assert_int_equal(run("export 1 -w /nonexistent/x"), 1);
	assert_non_null(strstr(err, "cannot write"));
}

/* A file under its name, open to all; export is to replace what stands at path. */
static void
export_replaces(const char *path, const char *what)
{
	char line[256];
	struct stat file;

	snprintf(line, sizeof(line), "export 1 -w %s", path);
	assert_int_equal(run(line), 0);
	assert_int_equal(lstat(path, &file), 0);
	if (!S_ISREG(file.st_mode) || (file.st_mode & 0777) != 0600 || file.st_size < 100)
		fail_msg("%s: mode %o, %d bytes", what, file.st_mode, (int)file.st_size);
}

static void
export_replaces_what_has_the_name_and_follows_no_link(void **state)
{
	char path[128], target[128];
	struct stat file;
	FILE *old;

	(void)state;
	snprintf(path, sizeof(path), "%s/old.pcapng", folder);
	snprintf(target, sizeof(target), "%s/target", folder);
	old = fopen(target, "w");
	assert_non_null(old);
	fclose(old);
	assert_int_equal(chmod(target, 0666), 0);
	assert_int_equal(link(target, path), 0);
	export_replaces(path, "a file that is open to all");
	unlink(path);
	assert_int_equal(symlink(target, path), 0);
	export_replaces(path, "a link");
	assert_int_equal(stat(target, &file), 0);
	assert_int_equal(file.st_size, 0);
	assert_int_equal(run("-q export 1 -w /dev/null"), 0);
	assert_int_equal(stat("/dev/null", &file), 0);
	assert_true(S_ISCHR(file.st_mode));
	unlink(path);
	unlink(target);
}

static void
a_full_device_is_status_1_and_one_line(void **state)
{
	static const char *const full[] = {
	    "sessions", "sessions --json",  "sessions --csv",       "show 1",
	    "db stats", "export 1 -q -w -", "export 1 -w /dev/full"};

	(void)state;
	if (access("/dev/full", W_OK) != 0)
		skip_because("/dev/full is absent");
	for (size_t i = 0; i < sizeof(full) / sizeof(full[0]); i++) {
		assert_int_equal(run_to("/dev/full", full[i]), 1);
		assert_int_equal(count_lines(err), 1);
		assert_non_null(strstr(err, "No space left on device"));
	}
}

static void
the_database_is_cared_for(void **state)
{
	char line[256];

	(void)state;
	assert_int_equal(run("db check"), 0);
	assert_string_equal(out, "ok\n");
	assert_int_equal(run("db stats"), 0);
	assert_true(count_lines(out) > 3);
	snprintf(line, sizeof(line), "db backup %s/copy.db", folder);
	assert_int_equal(run(line), 0);
	assert_int_equal(run(line), 1); /* a backup never replaces a file */
	assert_int_equal(count_lines(err), 1);
	assert_int_equal(run("db prune --before 2026-02-01"), 0);
	assert_non_null(strstr(out, "removed 0 sessions"));
	assert_int_equal(run("db stats"), 0);
	assert_non_null(strstr(out, "\nkeep-evidence            90d\n"));
	assert_non_null(strstr(out, "\nkeep-size                10G\n"));
}

/* The file of the first program that there was: the lists say how it is upgraded, and so it is. */
static void
an_older_database_is_upgraded_as_the_message_says(void **state)
{
	char line[256];
	FILE *sql;

	(void)state;
	snprintf(line, sizeof(line), "sqlite3 %s/older.db", folder);
	sql = popen(line, "w");
	assert_non_null(sql);
	fprintf(sql, "%s PRAGMA application_id = %d; PRAGMA user_version = 1;\n", schema_steps[0],
		SCHEMA_APPLICATION_ID);
	assert_int_equal(pclose(sql), 0);
	snprintf(line, sizeof(line), "--db %s/older.db sessions", folder);
	assert_int_equal(run(line), 1);
	assert_non_null(strstr(err, "run 'waxseal db check'"));
	snprintf(line, sizeof(line), "--db %s/older.db db check", folder);
	assert_int_equal(run(line), 0);
	assert_string_equal(out, "ok\n");
	snprintf(line, sizeof(line), "--db %s/older.db sessions", folder);
	assert_int_equal(run(line), 0);
}

static void
an_absent_database_is_one_line_and_status_1(void **state)
{
	static const char *const all[] = {"sessions",
					  "incidents",
					  "show 1",
					  "export 1 -w -",
					  "ack 1",
					  "db check",
					  "db prune --before 1d",
					  "db backup /tmp/x"};
	char line[256];

	(void)state;
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		snprintf(line, sizeof(line), "--db %s/absent.db %s", folder, all[i]);
		assert_int_equal(run(line), 1);
		assert_string_equal(out, "");
		assert_int_equal(count_lines(err), 1);
		assert_non_null(strstr(err, "absent.db: "));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(numbers_agree_with_what_they_count),
	    cmocka_unit_test(sessions_are_a_table_with_a_title),
	    cmocka_unit_test(json_is_one_object_a_line),
	    cmocka_unit_test(csv_has_a_title_line_and_disarms_formulas),
	    cmocka_unit_test(filters_select),
	    cmocka_unit_test(a_table_without_rows_says_so_on_standard_error),
	    cmocka_unit_test(show_tells_what_is_needed_at_3_am),
	    cmocka_unit_test(the_bytes_are_of_the_session_that_the_summary_speaks_of),
	    cmocka_unit_test(what_tells_is_marked_line_by_line),
	    cmocka_unit_test(a_masked_greeting_is_marked_where_it_is_what_tells),
	    cmocka_unit_test(the_command_that_is_reported_is_marked),
	    cmocka_unit_test(an_incident_that_is_not_there_is_one_line_and_status_1),
	    cmocka_unit_test(a_decision_is_kept_with_its_note),
	    cmocka_unit_test(export_writes_a_capture_and_spares_the_database),
	    cmocka_unit_test(export_replaces_what_has_the_name_and_follows_no_link),
	    cmocka_unit_test(a_full_device_is_status_1_and_one_line),
	    cmocka_unit_test(the_database_is_cared_for),
	    cmocka_unit_test(an_older_database_is_upgraded_as_the_message_says),
	    cmocka_unit_test(an_absent_database_is_one_line_and_status_1),
	};

	return cmocka_run_group_tests(tests, make_database, remove_database);
}
