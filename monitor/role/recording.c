/*
 * The database of a live watch; see recording.h. What was heard and not committed is
 * in the backlog, and is recorded again when the database is back.
 */
#include "monitor/role/recording.h"

#include "monitor/clock.h"
#include "monitor/log.h"

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
		if (!recorder_flush(r->intake->recorder))
			return intake_refused(r->intake);
		backlog_clear(&r->backlog);
		backlog_keep(&r->backlog, type, body);
	}
	if (!intake_take(r->intake, p, type, body))
		return false;
	clear_backlog(r);
	return true;
}

bool
recording_take(struct recording *r, struct peer *p, enum message type, struct bytes body)
{
	if (take(r, p, type, body))
		return true;
	if (r->intake->result->is_refused)
		recording_refused(r);
	return false;
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

/* What was heard and not committed is taken again, whoever said it. */
static bool
take_again(struct recording *r)
{
	struct peer any = PEER_OF_BACKLOG;
	struct bytes in = backlog_bytes(&r->backlog), body;
	enum message type;

	recorder_source(r->intake->recorder, "");
	while (backlog_next(&in, &type, &body))
		if (!intake_take(r->intake, &any, type, body))
			return false;
	if (!recorder_flush(r->intake->recorder))
		return intake_refused(r->intake);
	backlog_clear(&r->backlog);
	return true;
}

/* ---- What is due ---- */

static void
open_again(struct recording *r)
{
	if (!recording_is_away(r) || clock_steady() < r->due)
		return;
	r->intake->result->is_refused = false;
	if (!intake_open_recorder(r->intake) || !take_again(r)) {
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
recording_tend(struct recording *r)
{
	settle(r);
	follow(r);
	clear_backlog(r);
	open_again(r);
}

uint64_t
recording_close(struct recording *r)
{
	uint64_t lost;

	if (!recording_is_away(r) && !intake_close_recorder(r->intake))
		r->due = 1;
	if (recording_is_away(r)) {
		r->intake->result->is_refused = false;
		if (intake_open_recorder(r->intake) && take_again(r))
			r->due = 0;
	}
	lost = recording_is_away(r) ? r->backlog.count : 0;
	intake_close_recorder(r->intake);
	return lost;
}
