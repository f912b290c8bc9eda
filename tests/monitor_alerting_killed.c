/*
 * A keeper that is killed before each of its writes, and in the middle of many:
 * what it was to alert of is alerted of by the next one, and comes twice only where
 * it was sent and that was not on record yet.
 *
 * A kill leaves what stands in the files: that is copied at each write of one keeper,
 * and another begins from each copy. The courier is played by a write to a file.
 * SQLite's writes go by way of this file. Processes that are really killed:
 * alert_killed.t.
 */
#include "tests/news_build.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "monitor/alert/alert.h"
#include "monitor/log.h"
#include "monitor/role/alerting.h"
#include "tests/dispatcher_idle.h"

#define INCIDENTS 2
#define SINKS     2
#define PART      5  /* of the writes, those that are also cut */
#define TAIL      24 /* runs of a tenth of a span, until nothing is held back */
#define AT_ONCE   4  /* keepers that begin again */

/* ---- Writes ---- */

static int writes;
static bool is_killed; /* at each of them */

static ssize_t (*real_pwrite)(int, const void *, size_t, off_t);
static int (*real_truncate)(int, off_t);
static int (*real_unlink)(const char *);

static void begin_again(void);

/* Before a write. */
static void
count_write(void)
{
	writes++;
	if (is_killed)
		begin_again();
}

static ssize_t
counted_pwrite(int descriptor, const void *bytes, size_t size, off_t at)
{
	count_write();
	if (is_killed && writes % PART == 0) {
		real_pwrite(descriptor, bytes, size / 2, at);
		begin_again();
	}
	return real_pwrite(descriptor, bytes, size, at);
}

static int
counted_truncate(int descriptor, off_t size)
{
	count_write();
	return real_truncate(descriptor, size);
}

static int
counted_unlink(const char *path)
{
	count_write();
	return real_unlink(path);
}

/* SQLite's own: what is written outlives a kill without it, and the disk is slow. */
int
fsync(int descriptor)
{
	(void)descriptor;
	return 0;
}

int
fdatasync(int descriptor)
{
	return fsync(descriptor);
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
}

/* ---- The courier, played: what it sends is a line of the sink's file ---- */

static char outlet[192];
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
	int file = open(outlet, O_WRONLY | O_APPEND | O_CREAT, 0600);
	char line[32];

	(void)d, (void)payload;
	assert_true(file >= 0);
	count_write();
	snprintf(line, sizeof(line), "%d\n", (int)delivery);
	assert_int_equal(write(file, line, strlen(line)), strlen(line));
	close(file);
	under_way[sink] = delivery;
	return true;
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
	struct alerting *a = alerting_new(NULL, NULL, &sinks, NULL);
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

/* ---- What a kill leaves ---- */

static const char *folder; /* of the keeper that is killed: a.db, and outlet */

static void
copy_file(const char *to, const char *name)
{
	char from_path[192], to_path[192];
	struct stat stat;
	int in, out;

	snprintf(from_path, sizeof(from_path), "%s/%s", folder, name);
	snprintf(to_path, sizeof(to_path), "%s/%s", to, name);
	unlink(to_path);
	in = open(from_path, O_RDONLY);
	if (in < 0)
		return;
	assert_int_equal(fstat(in, &stat), 0);
	out = open(to_path, O_WRONLY | O_CREAT | O_EXCL, 0600);
	assert_true(out >= 0);
	assert_int_equal(sendfile(out, in, NULL, (size_t)stat.st_size), stat.st_size);
	close(out);
	close(in);
}

static void
copy_all(const char *to)
{
	static const char *const names[] = {"a.db", "a.db-wal", "a.db-shm", "a.db-journal",
					    "outlet"};

	assert_true(mkdir(to, 0700) == 0 || errno == EEXIST);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		copy_file(to, names[i]);
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

/* The numbers that a query gives, as a set. */
static void
find(sqlite3 *db, const char *query, bool found[256])
{
	sqlite3_stmt *q;

	memset(found, 0, 256 * sizeof(found[0]));
	assert_int_equal(sqlite3_prepare_v2(db, query, -1, &q, NULL), SQLITE_OK);
	while (sqlite3_step(q) == SQLITE_ROW) {
		assert_in_range(sqlite3_column_int(q, 0), 0, 255);
		found[sqlite3_column_int(q, 0)] = true;
	}
	assert_int_equal(sqlite3_finalize(q), SQLITE_OK);
}

static sqlite3 *
open_bare(const char *path)
{
	sqlite3 *db;

	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	return db;
}

/* What was sent before, and is not on record as that: it may come twice. */
static void
find_unmarked(const char *path, bool twice[256])
{
	sqlite3 *db = open_bare(path);
	int before[256];

	find(db, "SELECT id FROM deliveries WHERE state = 'waiting'", twice);
	sqlite3_close(db);
	count_lines(before);
	for (int i = 0; i < 256; i++)
		twice[i] = twice[i] && before[i] > 0;
}

/* Everything was sent once, or twice where it may be; how often it was. */
static int
check(const char *path, const bool twice[256])
{
	sqlite3 *db = open_bare(path);
	bool found[256];
	int after[256], count = 0;

	/* Of each incident both are there, for each sink, and told. */
	find(db, "SELECT count(*) FROM alerts WHERE event IN (0, 1)", found);
	assert_true(found[2 * INCIDENTS]);
	find(db, "SELECT count(*) FROM deliveries WHERE state NOT IN ('sent', 'summed')", found);
	assert_true(found[0]);
	find(db, "SELECT id FROM deliveries WHERE state = 'sent'", found);
	sqlite3_close(db);
	count_lines(after);
	for (int i = 1; i < 256; i++) {
		assert_int_equal(after[i], found[i] + twice[i]);
		count += twice[i];
	}
	return count;
}

/* A keeper that begins with what another left there; how often something came twice. */
static int
keep_again(const char *where)
{
	char path[192];
	bool twice[256];

	memset(under_way, 0, sizeof(under_way));
	snprintf(path, sizeof(path), "%s/a.db", where);
	snprintf(outlet, sizeof(outlet), "%s/outlet", where);
	find_unmarked(path, twice);
	keep(path);
	return check(path, twice);
}

/* ---- Kills ---- */

static pid_t children[AT_ONCE];
static int kills, twice, most;

/* One that has begun again is done with it. */
static void
await(size_t place)
{
	int status;

	if (children[place] == 0)
		return;
	assert_int_equal(waitpid(children[place], &status, 0), children[place]);
	assert_true(WIFEXITED(status));
	/* One is under way to each sink. */
	assert_in_range(WEXITSTATUS(status), 0, SINKS);
	children[place] = 0;
	twice += WEXITSTATUS(status);
	if (WEXITSTATUS(status) > most)
		most = WEXITSTATUS(status);
}

/* A process of its own: this one is in the middle of something. */
static void
begin_again(void)
{
	const size_t place = (size_t)kills++ % AT_ONCE;
	char where[128];

	await(place);
	snprintf(where, sizeof(where), "%s/%zu", folder, place);
	copy_all(where);
	children[place] = fork();
	assert_true(children[place] >= 0);
	if (children[place] != 0)
		return;
	is_killed = false;
	_exit(keep_again(where));
}

static void
nothing_is_lost_wherever_it_is_killed(void **state)
{
	struct fixture *p = *state;

	folder = p->folder;
	snprintf(outlet, sizeof(outlet), "%s/outlet", folder);
	store_close(open_store(p->path, STORE_CREATE));
	writes = 0;
	is_killed = true;
	keep(p->path);
	is_killed = false;
	for (size_t i = 0; i < AT_ONCE; i++)
		await(i);
	print_message("%d writes, %d kills, %d deliveries came twice\n", writes, kills, twice);
	assert_true(writes > 50);
	assert_int_equal(most, SINKS);
	assert_sound(p->path);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    FIXTURE_TEST(nothing_is_lost_wherever_it_is_killed),
	};

	log_set_verbosity(-1);
	/* A child goes on from the middle of a write: no lock may be held there. */
	if (sqlite3_config(SQLITE_CONFIG_SINGLETHREAD) != SQLITE_OK)
		return 1;
	count_writes();
	return cmocka_run_group_tests_name("monitor_alerting_killed", tests, NULL, NULL);
}
