/*
 * What an enclosed keeper can still do. Each attempt is made in a child of its
 * own, in a folder with one that is the database's and one that is not.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "db/store.h"
#include "monitor/role/enclose.h"
#include "monitor/role/sandbox.h"
#include "tests/attempts.h"
#include "tests/skip.h"

#define FAILED 255 /* where there is no errno to say why */

static char top[] = "/tmp/waxseal-enclose-XXXXXX";

static const char *const captures[] = {"elsewhere/named.pcap", "-"};

static const struct enclosure enclosure = {
    .db = "db/waxseal.db",
    .config = "etc/waxseal.conf",
    .ca_file = "ca/bundle.pem",
    .captures = captures,
    .capture_count = 2,
};

static void
write_file(const char *path)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	fputs("text\n", f);
	fclose(f);
}

static int
prepare(void **state)
{
	static const char *const folders[] = {"db", "etc", "ca", "elsewhere", "real"};

	(void)state;
	if (mkdtemp(top) == NULL || chdir(top) != 0)
		return -1;
	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++)
		if (mkdir(folders[i], 0700) != 0)
			return -1;
	write_file("elsewhere/named.pcap");
	write_file("elsewhere/other");
	write_file("etc/waxseal.conf");
	write_file("ca/bundle.pem");
	return 0;
}

static int
clean_up(void **state)
{
	char command[sizeof(top) + 16];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf %s", top);
	return chdir("/") != 0 || system(command) != 0;
}

static bool
has_landlock(void)
{
	return !SANDBOX_IS_INSTRUMENTED && syscall(444, NULL, 0, 1) > 0;
}

/* What an attempt comes to in an enclosed child: 0, or an errno. */
static int
attempt(const struct enclosure *e, int (*try)(void))
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		enclose_keeper(e);
		_exit(try());
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static int
read_other(void)
{
	return try_open("elsewhere/other", O_RDONLY);
}
static int
read_named(void)
{
	return try_open("elsewhere/named.pcap", O_RDONLY);
}
static int
write_named(void)
{
	return try_open("elsewhere/named.pcap", O_WRONLY);
}
static int
make_elsewhere(void)
{
	return try_open("elsewhere/made", O_WRONLY | O_CREAT);
}
static int
read_config(void)
{
	return try_open("etc/waxseal.conf", O_RDONLY);
}
static int
write_config(void)
{
	return try_open("etc/waxseal.conf", O_WRONLY);
}
static int
read_bundle(void)
{
	return try_open("ca/bundle.pem", O_RDONLY);
}
static int
keep_crash(void)
{
	return try_open("db/waxseal.db.crash-1.pcapng", O_WRONLY | O_CREAT);
}

static int
remove_crash(void)
{
	int error = keep_crash();

	return error == 0 && unlink("db/waxseal.db.crash-1.pcapng") != 0 ? errno : error;
}

static int
make_folder(void)
{
	return mkdir("db/folder", 0700) != 0 ? errno : 0;
}

static int
make_ring(void)
{
	char parameters[256] = {0};

	return syscall(SYS_io_uring_setup, 1, parameters) < 0 ? errno : 0;
}

struct row {
	const char *name;
	int (*try)(void);
	int expected;
};

static void
try_all(const struct row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		int got = attempt(&enclosure, rows[i].try);

		if (got != rows[i].expected)
			fail_msg("%s: %s", rows[i].name, strerror(got));
	}
}

#define TRY(rows) try_all(rows, sizeof(rows) / sizeof((rows)[0]))

static void
no_network_and_no_program_is_to_be_had(void **state)
{
	static const struct row rows[] = {
	    {"TCP", try_tcp, EACCES},         {"UDP over IPv6", try_udp, EACCES},
	    {"packets", try_packets, EACCES}, {"the kernel's routes", try_routes, EACCES},
	    {"io_uring", make_ring, EACCES},  {"another program", try_program, EACCES},
	    {"this machine", try_local, 0},
	};

	(void)state;
	TRY(rows);
}

static void
paths_that_it_does_not_need_are_shut(void **state)
{
	static const struct row rows[] = {
	    {"another file", read_other, EACCES},
	    {"a new file elsewhere", make_elsewhere, EACCES},
	    {"to write a capture", write_named, EACCES},
	    {"the list of users", try_passwd, EACCES},
	    {"to write the configuration", write_config, EACCES},
	    {"a folder beside the database", make_folder, EACCES},
	};

	(void)state;
	if (!has_landlock())
		skip_because("landlock: not to be had here");
	TRY(rows);
}

static void
what_it_needs_stays_open(void **state)
{
	static const struct row rows[] = {
	    {"a capture", read_named, 0},        {"the configuration", read_config, 0},
	    {"the authorities", read_bundle, 0}, {"what a crash leaves", keep_crash, 0},
	    {"to remove that", remove_crash, 0},
	};

	(void)state;
	TRY(rows);
}

/* An editor writes another file and gives it the name, long after the keeper was enclosed. */
static void
a_file_that_took_the_name_is_read(void **state)
{
	int ends[2], status;
	char c = 0;
	pid_t pid;

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	pid = fork();
	if (pid == 0) {
		enclose_keeper(&enclosure);
		if (write(ends[1], &c, 1) != 1 || read(ends[1], &c, 1) != 1)
			_exit(FAILED);
		_exit(read_config());
	}
	assert_int_equal(read(ends[0], &c, 1), 1);
	write_file("elsewhere/new.conf");
	assert_int_equal(rename("elsewhere/new.conf", "etc/waxseal.conf"), 0);
	assert_int_equal(write(ends[0], &c, 1), 1);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	close(ends[0]);
	close(ends[1]);
}

/* The log and its index are made beside it. */
static int
write_database(const char *path)
{
	char why[STORE_WHY_MAX];
	struct store *s = store_open(path, STORE_CREATE, why, sizeof(why));
	bool is_good = s != NULL && store_begin(s) && store_commit(s);

	if (!is_good)
		print_message("# %s\n", s == NULL ? why : store_error(s));
	store_close(s);
	return is_good ? 0 : FAILED;
}

static int
write_plain(void)
{
	return write_database("db/waxseal.db");
}

static int
write_linked(void)
{
	return write_database("db/link.db");
}

static void
a_database_can_be_made_and_written(void **state)
{
	(void)state;
	assert_int_equal(attempt(&enclosure, write_plain), 0);
	assert_int_equal(attempt(&enclosure, write_plain), 0);
}

/* The log lies beside the file that the link leads to. */
static void
so_can_one_that_is_a_link(void **state)
{
	const struct enclosure linked = {.db = "db/link.db", .config = "etc/waxseal.conf"};

	(void)state;
	assert_int_equal(symlink("../real/waxseal.db", "db/link.db"), 0);
	assert_int_equal(write_database("real/waxseal.db"), 0);
	assert_int_equal(attempt(&linked, write_linked), 0);
}

static void
what_lies_outside_is_known_beforehand(void **state)
{
	const struct enclosure elsewhere = {.db = "elsewhere/waxseal.db"};
	const struct enclosure beside = {.db = "./db/other.db", .ca_file = "ca/bundle.pem"};
	const struct enclosure no_ca = {.db = enclosure.db, .ca_file = "ca/none.pem"};
	const struct enclosure measured = {.db = enclosure.db, .metrics_file = "etc/a.prom"};
	const struct enclosure renamed = {.db = enclosure.db, .metrics_file = "etc/b.prom"};
	const struct enclosure moved = {.db = enclosure.db, .metrics_file = "db/a.prom"};
	const char *what;

	(void)state;
	assert_true(enclose_reaches(&enclosure, &enclosure, &what));
	assert_true(enclose_reaches(&measured, &renamed, &what));
	assert_true(enclose_reaches(&measured, &enclosure, &what));
	assert_false(enclose_reaches(&measured, &moved, &what));
	assert_string_equal(what, "db/a.prom");
	assert_false(enclose_reaches(&enclosure, &measured, &what));
	assert_string_equal(what, "etc/a.prom");
	assert_true(enclose_reaches(&enclosure, &beside, &what));
	assert_false(enclose_reaches(&enclosure, &elsewhere, &what));
	assert_string_equal(what, "elsewhere/waxseal.db");
	assert_false(enclose_reaches(&enclosure, &no_ca, &what));
	assert_string_equal(what, "ca/none.pem");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(no_network_and_no_program_is_to_be_had),
	    cmocka_unit_test(paths_that_it_does_not_need_are_shut),
	    cmocka_unit_test(what_it_needs_stays_open),
	    cmocka_unit_test(a_file_that_took_the_name_is_read),
	    cmocka_unit_test(a_database_can_be_made_and_written),
	    cmocka_unit_test(so_can_one_that_is_a_link),
	    cmocka_unit_test(what_lies_outside_is_known_beforehand),
	};

	return cmocka_run_group_tests_name("enclose", tests, prepare, clean_up);
}
