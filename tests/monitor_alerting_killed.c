/*
 * A keeper that is killed before each of its writes, and in the middle of many:
 * what it was to alert of is alerted of by the next one, and comes twice only where
 * it was sent and that was not on record yet.
 *
 * The courier is played by a write to a file. The keeper is a process of its own,
 * which kills itself; SQLite's writes go by way of this file.
 */
#include "tests/news_build.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>

#include "monitor/alert/alert.h"
#include "monitor/log.h"
#include "monitor/role/alerting.h"

#define INCIDENTS 2
#define SINKS     2
#define PART      5  /* of the writes, those that are also cut */
#define TAIL      24 /* runs of a tenth of a span, until nothing is held back */

/* ---- Writes, counted ---- */

/* Behind one is before the next. */
enum moment { BEFORE, MIDDLE };

static int writes, killed_at; /* killed_at 0: never */
static enum moment killed_when;

static ssize_t (*real_pwrite)(int, const void *, size_t, off_t);
static int (*real_sync)(int);
static int (*real_truncate)(int, off_t);
static int (*real_unlink)(const char *);

static bool
is_its_turn(void)
{
	return ++writes == killed_at;
}

static void
die_if(bool is_turn, enum moment moment)
{
	if (is_turn && killed_when == moment)
		raise(SIGKILL);
}

static ssize_t
counted_pwrite(int descriptor, const void *bytes, size_t size, off_t at)
{
	const bool is_turn = is_its_turn();
	ssize_t written;

	die_if(is_turn, BEFORE);
	if (is_turn && killed_when == MIDDLE)
		real_pwrite(descriptor, bytes, size / 2, at);
	die_if(is_turn, MIDDLE);
	written = real_pwrite(descriptor, bytes, size, at);
	return written;
}

static int
counted_sync(int descriptor)
{
	const bool is_turn = is_its_turn();

	die_if(is_turn, BEFORE);
	return real_sync(descriptor);
}

static int
counted_truncate(int descriptor, off_t size)
{
	const bool is_turn = is_its_turn();

	die_if(is_turn, BEFORE);
	return real_truncate(descriptor, size);
}

static int
counted_unlink(const char *path)
{
	const bool is_turn = is_its_turn();

	die_if(is_turn, BEFORE);
	return real_unlink(path);
}

static void
count_writes(void)
{
	sqlite3_vfs *vfs = sqlite3_vfs_find(NULL);
	const struct {
		const char *name;
		sqlite3_syscall_ptr counted, *real;
	} calls[] = {
	    {"pwrite", (sqlite3_syscall_ptr)counted_pwrite, (sqlite3_syscall_ptr *)&real_pwrite},
	    {"pwrite64", (sqlite3_syscall_ptr)counted_pwrite, NULL},
	    {"fsync", (sqlite3_syscall_ptr)counted_sync, (sqlite3_syscall_ptr *)&real_sync},
	    {"ftruncate", (sqlite3_syscall_ptr)counted_truncate,
	     (sqlite3_syscall_ptr *)&real_truncate},
	    {"unlink", (sqlite3_syscall_ptr)counted_unlink, (sqlite3_syscall_ptr *)&real_unlink},
	};

	sqlite3_initialize();
	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		if (calls[i].real != NULL)
			*calls[i].real = vfs->xGetSystemCall(vfs, calls[i].name);
		vfs->xSetSystemCall(vfs, calls[i].name, calls[i].counted);
	}
	real_pwrite = pwrite;
	real_sync = fdatasync;
}

/* ---- The courier, played: what it sends is a line of the sink's file ---- */

static char outlet[128];
static struct dispatcher_config config;
static int64_t under_way[SINKS];

struct dispatcher *
dispatcher_new(const struct dispatcher_config *given)
{
	config = *given;
	return (struct dispatcher *)(void *)&config;
}

void
dispatcher_free(struct dispatcher *d)
{
	(void)d;
	memset(under_way, 0, sizeof(under_way));
}

bool
dispatcher_is_free(const struct dispatcher *d, size_t sink)
{
	(void)d;
	return under_way[sink] == 0;
}

bool
dispatcher_give(struct dispatcher *d, int64_t delivery, size_t sink, struct bytes payload)
{
	const bool is_turn = is_its_turn();
	int file = open(outlet, O_WRONLY | O_APPEND | O_CREAT, 0600);
	char line[32];

	(void)d, (void)payload;
	assert_true(file >= 0);
	die_if(is_turn, BEFORE);
	snprintf(line, sizeof(line), "%d\n", (int)delivery);
	assert_int_equal(write(file, line, strlen(line)), strlen(line));
	close(file);
	under_way[sink] = delivery;
	return true;
}

int
dispatcher_descriptor(const struct dispatcher *d)
{
	(void)d;
	return -1;
}

int
dispatcher_wait(const struct dispatcher *d)
{
	(void)d;
	return -1;
}

void
dispatcher_run(struct dispatcher *d)
{
	(void)d;
	for (size_t i = 0; i < SINKS; i++) {
		const int64_t delivery = under_way[i];

		under_way[i] = 0;
		if (delivery != 0)
			config.told(config.ctx, delivery, DISPATCH_SENT, "");
	}
}

/* ---- The keeper ---- */

static struct sink sink_room[SINKS] = {
    {.name = "ops", .type = SINK_FILE, .rate_span = SINK_RATE_SPAN},
    {.name = "few", .type = SINK_FILE, .rate = 2, .rate_span = SINK_RATE_SPAN},
};
static const struct sinks sinks = {sink_room, SINKS};

static void
run(struct alerting *a, struct store *s, int64_t time)
{
	const struct plan_time now = {.wall = START + time, .steady = time + SINK_RATE_SPAN};

	alerting_stir(a);
	alerting_run(a, s, &now);
}

/* From the beginning, whatever there is already; a session that is known is no news. */
static void
keep(const char *path)
{
	struct store *s = open_store(path, STORE_CREATE);
	struct alerting *a = alerting_new(NULL, NULL, &sinks);
	int64_t time = 0;

	assert_non_null(a);
	for (int i = 0; i < 2 * INCIDENTS; i++) {
		/* Each is opened, and then raised. */
		add_news(s, &sinks, i / 2, i, i % 2 == 0 ? RANK_WARNING : RANK_CRITICAL,
			 START + time);
		run(a, s, time += 1000000);
	}
	for (int i = 0; i < TAIL; i++)
		run(a, s, time += SINK_RATE_SPAN / 10);
	assert_true(alerting_is_idle(a));
	alerting_free(a);
	store_close(s);
}

/* A keeper of its own, to its end or to the write at which it is killed; whether it was. */
static bool
keep_killed(const char *path, int at, enum moment when, int *count)
{
	int ends[2], status;
	pid_t child;

	assert_int_equal(pipe(ends), 0);
	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		killed_at = at;
		killed_when = when;
		writes = 0;
		keep(path);
		if (write(ends[1], &writes, sizeof(writes)) != (ssize_t)sizeof(writes))
			_exit(1);
		_exit(0);
	}
	close(ends[1]);
	assert_int_equal(waitpid(child, &status, 0), child);
	if (read(ends[0], count, sizeof(*count)) != (ssize_t)sizeof(*count))
		*count = 0;
	close(ends[0]);
	if (WIFSIGNALED(status)) {
		assert_int_equal(WTERMSIG(status), SIGKILL);
		return true;
	}
	assert_int_equal(WEXITSTATUS(status), 0);
	return false;
}

/* How often each delivery was sent. */
static void
count_lines(int counts[256])
{
	FILE *file = fopen(outlet, "r");
	int delivery;

	memset(counts, 0, 256 * sizeof(counts[0]));
	if (file == NULL)
		return;
	while (fscanf(file, "%d", &delivery) == 1) {
		assert_in_range(delivery, 1, 255);
		counts[delivery]++;
	}
	fclose(file);
}

static int
number(const char *path, const char *query)
{
	char *text = dump(path, query);
	int value = atoi(text);

	free(text);
	return value;
}

/* The deliveries that are on record as that. */
static void
find_deliveries(const char *path, const char *state, bool found[256])
{
	char query[96], *text, *at;

	snprintf(query, sizeof(query), "SELECT id FROM deliveries WHERE state = '%s'", state);
	text = dump(path, query);
	memset(found, 0, 256 * sizeof(found[0]));
	for (at = text; *at != '\0'; at = strchr(at, '\n') + 1)
		found[atoi(at)] = true;
	free(text);
}

/* Killed there, and begun again; how often something came twice. */
static int
kill_once(struct fixture *p, int at, enum moment when)
{
	bool waiting[256], sent[256];
	int before[256], after[256], count, twice = 0;
	char command[512];

	snprintf(command, sizeof(command), "rm -f %s-* %s; cp %s.new %s", p->path, outlet, p->path,
		 p->path);
	assert_int_equal(system(command), 0);
	if (!keep_killed(p->path, at, when, &count))
		return 0; /* a sync has no middle */
	count_lines(before);
	find_deliveries(p->path, "waiting", waiting);
	assert_false(keep_killed(p->path, 0, BEFORE, &count));
	count_lines(after);
	/* Of each incident both are there, for each sink, and told. */
	assert_int_equal(number(p->path, "SELECT count(*) FROM alerts WHERE event IN (0, 1)"),
			 2 * INCIDENTS);
	assert_int_equal(number(p->path, "SELECT count(*) FROM deliveries WHERE state NOT IN"
					 " ('sent', 'summed')"),
			 0);
	find_deliveries(p->path, "sent", sent);
	for (int i = 1; i < 256; i++) {
		/* Twice comes what was sent and not on record as that. */
		const bool is_twice = before[i] > 0 && waiting[i];

		assert_int_equal(after[i], sent[i] + is_twice);
		twice += is_twice;
	}
	return twice;
}

static void
nothing_is_lost_wherever_it_is_killed(void **state)
{
	struct fixture *p = *state;
	int count, twice = 0, most = 0;
	char command[512];

	snprintf(outlet, sizeof(outlet), "%s/outlet", p->folder);
	store_close(open_store(p->path, STORE_CREATE));
	snprintf(command, sizeof(command), "cp %s %s.new", p->path, p->path);
	assert_int_equal(system(command), 0);
	assert_false(keep_killed(p->path, 0, BEFORE, &count));
	assert_true(count > 50);
	print_message("%d writes\n", count);
	for (int at = 1; at <= count; at++)
		for (enum moment when = BEFORE; when <= (at % PART == 0 ? MIDDLE : BEFORE);
		     when++) {
			const int now = kill_once(p, at, when);

			twice += now;
			most = now > most ? now : most;
		}
	assert_sound(p->path);
	print_message("%d deliveries came twice\n", twice);
	/* One is under way to each sink. */
	assert_in_range(most, 1, SINKS);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    FIXTURE_TEST(nothing_is_lost_wherever_it_is_killed),
	};

	log_set_verbosity(-1);
	count_writes();
	return cmocka_run_group_tests_name("monitor_alerting_killed", tests, NULL, NULL);
}
