/*
 * What the kernel says of a checker that serves: which layers of its sandbox are in
 * force, and what it holds open. What each layer keeps it from is monitor_sandbox.c's
 * to show. This program is also its own checker.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>
#include <poll.h>
#include <unistd.h>

#include "monitor/log.h"
#include "monitor/role/asker.h"
#include "tests/resolver.h"
#include "tests/x509_build.h"

static size_t answers;

static void
on_learnt(void *ctx, struct learnt *learnt)
{
	(void)ctx;
	learnt_free(learnt);
	answers++;
}

static void
on_not_now(void *ctx, const struct not_now *n)
{
	(void)ctx;
	(void)n;
}

static void
on_lost(void *ctx)
{
	(void)ctx;
	fail_msg("the checker died");
}

static void
write_authority(char path[32])
{
	struct made ca;
	FILE *out;

	snprintf(path, 32, "/tmp/waxseal-ca-XXXXXX");
	out = fdopen(mkstemp(path), "w");
	assert_non_null(out);
	x509_make(&ca, &(struct making){.cn = "CA"});
	assert_int_equal(PEM_write_X509(out, ca.x509), 1);
	fclose(out);
	x509_unmake(&ca);
}

/* One that has answered a question. */
static struct asker *
begin(const struct resolver_process *resolver)
{
	char authority[32];
	struct asker_config config = {.checker = {.dns = {.count = 1}},
				      .ca_file = authority,
				      .learnt = on_learnt,
				      .not_now = on_not_now,
				      .lost = on_lost};
	const struct lookup_request r = {.domain = {"a.test"}, .is_known = true};
	struct asker *a;

	write_authority(authority);
	config.checker.dns.resolvers[0] = resolver->at;
	a = asker_new(&config);
	assert_non_null(a);
	assert_true(asker_ask(a, &r));
	while (answers == 0) {
		struct pollfd end = {.fd = asker_descriptor(a), .events = POLLIN};

		poll(&end, 1, asker_wait(a));
		asker_run(a);
	}
	unlink(authority);
	return a;
}

/* What stands behind a word at the begin of a line there; empty: it does not. */
static const char *
line_of(pid_t pid, const char *file, const char *word)
{
	static char line[512];
	char path[64];
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, file);
	f = fopen(path, "r");
	assert_non_null(f);
	while (fgets(line, sizeof(line), f) != NULL && strncmp(line, word, strlen(word)) != 0)
		line[0] = '\0';
	fclose(f);
	return line[0] == '\0' ? line : line + strlen(word) + strspn(line + strlen(word), " \t");
}

/* Sockets, what waits for them, and nothing that leads to a file. */
static void
check_descriptors(pid_t pid)
{
	char path[80], leads_to[256];

	for (int fd = 0; fd < SANDBOX_DESCRIPTORS_OUT; fd++) {
		ssize_t len;

		snprintf(path, sizeof(path), "/proc/%d/fd/%d", (int)pid, fd);
		len = readlink(path, leads_to, sizeof(leads_to) - 1);
		if (len < 0)
			continue;
		leads_to[len] = '\0';
		if (leads_to[0] == '/' && strcmp(leads_to, "/dev/null") != 0)
			fail_msg("%d: %s", fd, leads_to);
	}
}

static void
a_checker_that_serves_is_closed_in(void **state)
{
	static const char *const rows[][3] = {
	    {"status", "Seccomp:", "2\n"},
	    {"status", "NoNewPrivs:", "1\n"},
	    {"status", "CapPrm:", "0000000000000000\n"},
	    {"status", "CapEff:", "0000000000000000\n"},
	    {"limits", "Max processes", "0 "},
	    {"limits", "Max file size", "0 "},
	    {"limits", "Max core file size", "0 "},
	    {"limits", "Max open files", "256 "},
	    {"limits", "Max address space", "536870912 "},
	};
	struct resolver_process resolver = resolver_begin();
	struct asker *a = begin(&resolver);
	bool is_root = geteuid() == 0;

	(void)state;
	for (size_t i = 0; !SANDBOX_IS_INSTRUMENTED && i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *line = line_of(asker_pid(a), rows[i][0], rows[i][1]);

		if (strncmp(line, rows[i][2], strlen(rows[i][2])) != 0)
			fail_msg("%s %s", rows[i][1], line);
	}
	if (is_root) {
		assert_int_not_equal(strtol(line_of(asker_pid(a), "status", "Uid:"), NULL, 10), 0);
		assert_int_not_equal(strtol(line_of(asker_pid(a), "status", "Gid:"), NULL, 10), 0);
		assert_int_equal(line_of(asker_pid(a), "status", "Groups:")[0], '\n');
	}
	if (is_root && !SANDBOX_IS_INSTRUMENTED)
		check_descriptors(asker_pid(a));
	asker_free(a);
	resolver_end(&resolver);
}

int
main(int argc, char *argv[])
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_checker_that_serves_is_closed_in),
	};

	if (role_is_child(argc, argv))
		return role_main(argc, argv);
	log_set_verbosity(-1);
	return cmocka_run_group_tests_name("closed", tests, NULL, NULL);
}
