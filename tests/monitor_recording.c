/* What a live watch hears is recorded once the database takes it, whatever else was heard. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "monitor/role/keeper.h"
#include "monitor/role/recording.h"

static char folder[] = "/tmp/waxseal-recording-XXXXXX", db[64];

static int64_t
number_of(const char *sql)
{
	sqlite3 *s;
	sqlite3_stmt *q;
	int64_t number;

	assert_int_equal(sqlite3_open(db, &s), SQLITE_OK);
	assert_int_equal(sqlite3_prepare_v2(s, sql, -1, &q, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(q), SQLITE_ROW);
	number = sqlite3_column_int64(q, 0);
	sqlite3_finalize(q);
	sqlite3_close(s);
	return number;
}

static struct bytes
minute(uint8_t *room, size_t size)
{
	struct packer p = packer_over(room, size);
	struct bytes in, body;
	enum message type;

	message_put_minute(&p, &(struct capture_minute){.minute = 60000000, .packets = 7});
	in = (struct bytes){room, p.len};
	assert_int_equal(message_take(&in, &type, &body), GOT_WHOLE);
	return body;
}

/* It was kept before it was looked at; then the batch that it was in is lost. */
static void
a_bad_message_keeps_no_other_from_being_recorded(void **state)
{
	static const uint8_t garbage[] = {1, 2, 3};
	const char *interface = "eth0";
	struct keeper_config config = {
	    .db = db, .sensor = "default", .interfaces = &interface, .interface_count = 1};
	struct keeper_result result;
	struct intake intake;
	struct status_bar bar = {0};
	struct recording r;
	struct peer p = {.stage = STAGE_READING, .is_live = true, .has_source = true};
	uint8_t room[256];

	(void)state;
	assert_true(intake_begin(&intake, &config, &result));
	assert_true(recording_begin(&r, &intake, &bar));
	assert_true(recording_open(&r));
	assert_true(recording_take(&r, &p, MESSAGE_MINUTE, minute(room, sizeof(room))));
	assert_false(
	    recording_take(&r, &p, MESSAGE_SESSION, (struct bytes){garbage, sizeof(garbage)}));
	assert_false(recording_is_away(&r));
	/* The batch is dropped, as where its commit fails. */
	recorder_close(intake.recorder);
	intake.recorder = NULL;
	backlog_clear(&r.backlog);
	assert_true(
	    backlog_keep(&r.backlog, MESSAGE_SESSION, (struct bytes){garbage, sizeof(garbage)}));
	assert_true(backlog_keep(&r.backlog, MESSAGE_MINUTE, minute(room, sizeof(room))));
	recording_refused(&r);
	r.due = 1;
	recording_tend(&r);
	assert_false(recording_is_away(&r));
	assert_int_equal(recording_close(&r), 0);
	assert_true(number_of("select sum(packets) from v_capture") >= 7);
	recording_end(&r);
	intake_end(&intake);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_bad_message_keeps_no_other_from_being_recorded),
	};
	int status;

	if (mkdtemp(folder) == NULL)
		return 1;
	snprintf(db, sizeof(db), "%s/db", folder);
	status = cmocka_run_group_tests(tests, NULL, NULL);
	unlink(db);
	rmdir(folder);
	return status;
}
