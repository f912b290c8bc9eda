/*
 * The database of a live watch; see recording.h. What was heard and not committed is
 * in the backlog, and is recorded again when the database is back.
 */
#include "monitor/role/recording.h"

#include <errno.h>
#include <string.h>

#include "monitor/clock.h"
#include "monitor/counted.h"
#include "monitor/log.h"
#include "monitor/role/spool.h"

#define AGAIN_MS     1000 /* before what failed is tried again; doubled each time */
#define AGAIN_MAX_MS 60000
#define LOOK_MS      1000
#define MOVED_LOOKS  5 /* until then whoever moves it moves its log, too, and may say SIGHUP */

/* What is taken for it may come at any time. */
#define PEER_OF_BACKLOG                                                     \
	(struct peer)                                                       \
	{                                                                   \
		.stage = STAGE_READING, .is_live = true, .has_source = true \
	}

bool
recording_begin(struct recording *r, struct intake *k, struct status_bar *bar)
{
	*r = (struct recording){.intake = k, .bar = bar, .again = AGAIN_MS};
	if (backlog_begin(&r->backlog))
		return true;
	log_error("out of memory");
	return false;
}

void
recording_end(struct recording *r)
{
	backlog_end(&r->backlog);
}

bool
recording_is_away(const struct recording *r)
{
	return r->due != 0;
}

void
recording_end_soon(struct recording *r)
{
	r->is_ending = true;
}

bool
recording_is_deaf(const struct recording *r)
{
	return recording_is_away(r) && !r->is_ending;
}

void
recording_refused(struct recording *r)
{
	status_bar_clear(r->bar);
	r->intake->result->is_refused = true;
	intake_close_recorder(r->intake);
	r->due = clock_steady() + r->again;
	r->again = r->again * 2 < AGAIN_MAX_MS ? r->again * 2 : AGAIN_MAX_MS;
}

int
recording_patience(const struct recording *r)
{
	return r->intake->recorder != NULL ? recorder_patience(r->intake->recorder) : -1;
}

/* ---- Taking ---- */

/* Whether it is lost where the batch that it is in is. */
static bool
is_recorded(enum message type)
{
	return type == MESSAGE_SESSION || type == MESSAGE_MINUTE;
}

/* What is committed need not be taken again. */
static void
clear_backlog(struct recording *r)
{
	if (r->intake->recorder != NULL && recording_patience(r) < 0)
		backlog_clear(&r->backlog);
}

/* Take a message so that it can be taken again, should the batch be lost. */
static bool
take(struct recording *r, struct peer *p, enum message type, struct bytes body)
{
	if (is_recorded(type) && !backlog_keep(&r->backlog, type, body)) {
		if (!recorder_flush(r->intake->recorder)) {
			r->untold += type == MESSAGE_SESSION;
			return intake_refused(r->intake);
		}
		backlog_clear(&r->backlog);
		backlog_keep(&r->backlog, type, body);
	}
	if (!intake_take(r->intake, p, type, body))
		return false;
	clear_backlog(r);
	return true;
}

/* While the database is away: what is to be recorded waits, and the rest is as ever. */
static bool
keep_for_later(struct recording *r, struct peer *p, enum message type, struct bytes body)
{
	if (!is_recorded(type))
		return intake_take(r->intake, p, type, body) || recording_is_away(r);
	if (!intake_hear(r->intake, p, type, body))
		return false;
	if (!backlog_keep(&r->backlog, type, body))
		r->untold += type == MESSAGE_SESSION;
	return true;
}

bool
recording_take(struct recording *r, struct peer *p, enum message type, struct bytes body)
{
	if (recording_is_away(r))
		return keep_for_later(r, p, type, body);
	if (take(r, p, type, body))
		return true;
	if (!r->intake->result->is_refused)
		return false;
	recording_refused(r);
	return r->is_ending; /* it is in the backlog */
}

void
recording_note(struct recording *r, enum message type, struct bytes body)
{
	struct peer nobody = PEER_OF_BACKLOG;

	if (r->intake->recorder == NULL)
		backlog_keep(&r->backlog, type, body);
	else if (!take(r, &nobody, type, body))
		recording_refused(r);
}

/* A session that is known already changes nothing; a minute would add to what is there. */
static void
name_source(struct recording *r, const struct spool *from, enum message type, const uint8_t *at)
{
	char source[SPOOL_SOURCE_MAX] = "";

	if (from != NULL && type == MESSAGE_MINUTE)
		spool_source(from, at, source);
	recorder_source(r->intake->recorder, source);
}

/*
 * Take these again, whoever said them, and commit them; false where the database
 * refuses. One that is bad was held against its reader already: it must not keep the
 * others away. *bad is how many bytes could not be read. from: the file that they are
 * in, or NULL.
 */
static bool
take_all(struct recording *r, struct bytes in, const struct spool *from, size_t *bad)
{
	struct peer any = PEER_OF_BACKLOG;
	struct bytes body;
	enum message type;

	*bad = 0;
	while (backlog_next(&in, &type, &body)) {
		name_source(r, from, type, body.at);
		if (!is_recorded(type) || !intake_take(r->intake, &any, type, body)) {
			if (r->intake->result->is_refused)
				return false;
			*bad += body.len;
		}
	}
	*bad += in.len;
	recorder_source(r->intake->recorder, "");
	return recorder_flush(r->intake->recorder) || intake_refused(r->intake);
}

/* On record in this minute, as if somebody had told it. */
static void
note_untold(struct recording *r)
{
	const int64_t now = clock_wall();
	const struct capture_minute minute = {.minute = now - now % 60000000, .untold = r->untold};
	uint8_t room[256]; /* a minute as a message, and to spare */
	struct packer packer = packer_over(room, sizeof(room));
	struct bytes in, body;
	enum message type;

	if (r->untold == 0)
		return;
	message_put_minute(&packer, &minute);
	in = (struct bytes){room, packer.len};
	if (message_take(&in, &type, &body) == GOT_WHOLE && backlog_keep(&r->backlog, type, body))
		r->untold = 0;
}

static bool
take_again(struct recording *r)
{
	size_t bad;

	note_untold(r);
	if (!take_all(r, backlog_bytes(&r->backlog), NULL, &bad))
		return false;
	backlog_clear(&r->backlog);
	return true;
}

/* ---- What is due ---- */

/* What a watch could not record before it ended, or began anew. */
static bool
take_spooled(struct recording *r)
{
	const struct keeper_config *c = r->intake->config;
	struct spool spool;
	bool is_taken;
	size_t bad;

	if (!spool_open(c->db, c->sensor, &spool))
		return true;
	is_taken = take_all(r, spool_bytes(&spool), &spool, &bad);
	if (is_taken && bad > 0)
		log_error("%s: %s of it cannot be read, and are lost", spool.path,
			  counted(bad, "byte").text);
	if (is_taken)
		log_note("%s: what an earlier run could not record is recorded", c->db);
	spool_close(&spool, is_taken);
	return is_taken;
}

bool
recording_open(struct recording *r)
{
	return intake_open_recorder(r->intake) && take_spooled(r);
}

static void
open_again(struct recording *r)
{
	/* At the end it is tried once more, when all is heard. */
	if (!recording_is_away(r) || clock_steady() < r->due || r->is_ending)
		return;
	r->intake->result->is_refused = false;
	if (!recording_open(r) || !take_again(r)) {
		recording_refused(r);
		return;
	}
	status_bar_clear(r->bar);
	log_note("%s: takes records again", r->intake->config->db);
	r->due = 0;
	r->again = AGAIN_MS;
}

/*
 * What is under way goes to the file that it was begun in. What follows goes to
 * the one that has its name, which is made where there is none.
 */
static void
follow(struct recording *r)
{
	if (r->intake->recorder == NULL || clock_steady() < r->look_due)
		return;
	r->look_due = clock_steady() + LOOK_MS;
	if (!recorder_has_moved(r->intake->recorder))
		r->moved_looks = 0;
	else
		r->moved_looks++;
	if (r->moved_looks < MOVED_LOOKS)
		return;
	r->moved_looks = 0;
	status_bar_clear(r->bar);
	log_error("%s: was removed, renamed or replaced: what follows is recorded in the file that "
		  "now has this name, and what was known of servers is not known there (stop "
		  "waxseal before its database is moved)",
		  r->intake->config->db);
	if (!intake_close_recorder(r->intake)) {
		recording_refused(r);
		return;
	}
	backlog_clear(&r->backlog);
	if (!intake_open_recorder(r->intake))
		recording_refused(r);
	else
		recorder_source(r->intake->recorder, "");
}

static void
settle(struct recording *r)
{
	bool is_good = r->intake->recorder == NULL || recorder_settle(r->intake->recorder);
	const char *complaint = intake_complaint(r->intake);

	if (complaint != NULL) {
		status_bar_clear(r->bar);
		log_error("%s", complaint);
	}
	if (is_good)
		return;
	intake_refused(r->intake);
	recording_refused(r);
}

void
recording_commit(struct recording *r)
{
	if (r->intake->recorder == NULL)
		return;
	if (recorder_flush(r->intake->recorder)) {
		clear_backlog(r);
		return;
	}
	intake_refused(r->intake);
	recording_refused(r);
}

void
recording_tend(struct recording *r)
{
	settle(r);
	follow(r);
	clear_backlog(r);
	open_again(r);
}

/* Beside the database, for whoever opens it next. */
static void
set_aside(struct recording *r)
{
	const struct keeper_config *c = r->intake->config;
	char path[PATH_MAX];

	note_untold(r);
	if (r->backlog.count == 0)
		return;
	if (!spool_keep(c->db, c->sensor, backlog_bytes(&r->backlog), path)) {
		log_error("%s: cannot be written, either: %s", path, strerror(errno));
		return;
	}
	log_error("%s: takes nothing: %s wait in %s (they are recorded when waxseal watch begins "
		  "with this database again)",
		  c->db, counted(r->backlog.count, "record").text, path);
	r->set_aside = r->backlog.count;
	backlog_clear(&r->backlog);
}

uint64_t
recording_close(struct recording *r)
{
	uint64_t lost;

	if (!recording_is_away(r) && !intake_close_recorder(r->intake))
		r->due = 1;
	if (recording_is_away(r)) {
		r->intake->result->is_refused = false;
		if (recording_open(r) && take_again(r))
			r->due = 0;
	}
	if (recording_is_away(r))
		set_aside(r);
	lost = recording_is_away(r) ? r->backlog.count : 0;
	intake_close_recorder(r->intake);
	return lost;
}
