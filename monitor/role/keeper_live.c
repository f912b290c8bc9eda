/*
 * The keeper of live captures; see keeper.h. One loop over all readers: it waits
 * for whichever has something to say, and for what is due.
 *
 * Where the database refuses, no reader is heard until it is open again: what
 * they have to say piles up with them, and beyond their room they count it
 * instead. Capturing goes on. What was heard and not committed is in the
 * backlog, and is recorded again.
 */
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "monitor/counted.h"
#include "monitor/log.h"
#include "monitor/role/backlog.h"
#include "monitor/role/intake.h"
#include "monitor/role/notify.h"
#include "monitor/role/signals.h"
#include "monitor/role/status.h"
#include "monitor/sum.h"

#define AGAIN_MS      1000 /* before what failed is tried again; doubled each time */
#define AGAIN_MAX_MS  60000
#define CALM_MS       60000 /* a reader that has lived so long starts from the beginning */
#define PATIENCE_MS   10000 /* for a reader to say all, once it is told to */
#define AT_ONCE_MS    1000  /* two signals so close are one: timeout(1) sends its own twice */
#define SILENCE_MS    30000
#define STATUS_MS     1000
#define LOOK_MS       1000
#define MOVED_LOOKS   5   /* until then whoever moves it moves its log, too, and may say SIGHUP */
#define TURN_MESSAGES 256 /* of one reader, before the others have their turn */

#define LOSS_ROOM 256 /* bytes of a minute as a message, and to spare */

/* What is taken for it may come at any time. */
#define PEER_OF_BACKLOG                                                     \
	(struct peer)                                                       \
	{                                                                   \
		.stage = STAGE_READING, .is_live = true, .has_source = true \
	}

/* One reader of one interface, whether it runs or is to be started again. */
struct post {
	struct peer peer;
	const char *interface;
	uint16_t group;
	bool is_running;
	bool is_told_to_end;
	int64_t started; /* milliseconds of the monotonic clock, like all times here */
	int64_t due;     /* when it is to be started */
	int64_t again;   /* how long to wait, should it fail */
	int64_t heard;   /* when it last said something, or could not */
};

struct vigil {
	struct intake intake;
	const struct keeper_config *config;
	struct keeper_result *result;
	struct post *posts;
	struct pollfd *ends; /* the signals', then one of each post */
	size_t count;
	int signals;
	struct backlog backlog;
	struct live_tally past; /* of readers that are gone */
	bool has_failed;        /* beside the database, which may have recovered */
	bool is_stopping;
	int64_t deadline;       /* for readers to end by themselves */
	int64_t database_due;   /* when the database is tried again; 0: it is in order */
	int64_t database_again; /* how long to wait, should it refuse */
	int64_t look_due;       /* whether the database is where it was */
	int moved_looks;        /* how often in a row it was not */
	int64_t status_due;
	bool has_status; /* a status line stands on standard error */
	struct notify notify;
};

static int64_t
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static int64_t
doubled(int64_t wait)
{
	return wait * 2 < AGAIN_MAX_MS ? wait * 2 : AGAIN_MAX_MS;
}

static void
clear_status(struct vigil *v)
{
	if (v->has_status)
		fputs("\r\033[K", stderr);
	v->has_status = false;
}

static struct live_tally
tally_of_all(const struct vigil *v)
{
	struct live_tally sum = v->past;

	for (size_t i = 0; i < v->count; i++)
		sum_counts(&sum, &v->posts[i].peer.tally, sizeof(sum));
	return sum;
}

static struct recorder_counts
recorded_so_far(const struct vigil *v)
{
	struct recorder_counts sum = v->result->recorded;

	if (v->intake.recorder != NULL) {
		struct recorder_counts open = recorder_counts(v->intake.recorder);

		sum_counts(&sum, &open, sizeof(sum));
	}
	return sum;
}

/* How it goes, in one line without an end. */
static void
describe(const struct vigil *v, char line[STATUS_LINE_MAX])
{
	const struct live_tally tally = tally_of_all(v);
	const struct recorder_counts recorded = recorded_so_far(v);

	status_line(&tally, &recorded, line);
}

static void
show_status(struct vigil *v)
{
	char line[STATUS_LINE_MAX];

	if (!v->config->has_status || now() < v->status_due)
		return;
	v->status_due = now() + STATUS_MS;
	describe(v, line);
	fprintf(stderr, "\r\033[K%s", line);
	v->has_status = true;
}

/* ---- The database ---- */

/* The database has refused: wait before it is tried again. */
static void
give_database_time(struct vigil *v)
{
	clear_status(v);
	v->intake.result->is_refused = true;
	intake_close_recorder(&v->intake);
	v->database_due = now() + v->database_again;
	v->database_again = doubled(v->database_again);
}

/* Whether it is lost where the batch that it is in is. */
static bool
is_recorded(enum message type)
{
	return type == MESSAGE_SESSION || type == MESSAGE_MINUTE;
}

/* Take a message so that it can be taken again, should the batch be lost. */
static bool
take(struct vigil *v, struct peer *p, enum message type, struct bytes body)
{
	if (is_recorded(type) && !backlog_keep(&v->backlog, type, body)) {
		if (!recorder_flush(v->intake.recorder))
			return intake_refused(&v->intake);
		backlog_clear(&v->backlog);
		backlog_keep(&v->backlog, type, body);
	}
	if (!intake_take(&v->intake, p, type, body))
		return false;
	if (v->intake.recorder != NULL && recorder_patience(v->intake.recorder) < 0)
		backlog_clear(&v->backlog);
	return true;
}

/* ---- Readers ---- */

static void
call_again(struct post *post)
{
	int64_t time = now();

	if (time - post->started > CALM_MS)
		post->again = AGAIN_MS;
	post->due = time + post->again;
	post->again = doubled(post->again);
}

/* Only at its own start has it had the rights that readers need. */
static void
give_up(struct vigil *v)
{
	if (v->is_stopping)
		return;
	log_error("what starts the readers is gone, so it ends (start it again; what was recorded "
		  "is safe)");
	v->has_failed = true;
	v->is_stopping = true;
	v->deadline = now() + PATIENCE_MS;
}

static void
start(struct vigil *v, struct post *post)
{
	post->started = post->heard = now();
	post->is_told_to_end = false;
	post->is_running = intake_start(&v->intake, &post->peer);
	if (!post->is_running && errno == EPIPE)
		give_up(v);
	if (!post->is_running ||
	    !intake_configure(&v->intake, &post->peer, post->interface, post->group))
		call_again(post);
}

/* What it was at when it ended may be what ended it. */
static void
keep_last_packet(const struct vigil *v, const struct post *post, const char *how)
{
	const struct peer *p = &post->peer;
	char name[PATH_MAX], comment[PEER_WHO_MAX + ROLE_HOW_MAX + 32];

	snprintf(comment, sizeof(comment), "%s: the reader %s", p->who, how);
	if (blackbox_keep(p->blackbox, v->config->db, comment, name, sizeof(name)))
		log_error("%s: the packet that it was at is in %s (it may hold mail: delete it "
			  "once it is reported)",
			  p->who, name);
	else
		log_error("%s: the packet that it was at is not kept: %s", p->who, name);
}

/* On record in the minute of its end: as if somebody had told it, and once more if need be. */
static void
record_loss(struct vigil *v, struct capture_minute *loss)
{
	uint8_t room[LOSS_ROOM];
	struct packer p = packer_over(room, sizeof(room));
	struct peer nobody = PEER_OF_BACKLOG;
	struct bytes in, body;
	enum message type;
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	loss->minute = (int64_t)(t.tv_sec - t.tv_sec % 60) * 1000000;
	message_put_minute(&p, loss);
	in = (struct bytes){room, p.len};
	if (message_take(&in, &type, &body) != GOT_WHOLE)
		return;
	if (v->intake.recorder == NULL)
		backlog_keep(&v->backlog, type, body);
	else if (!take(v, &nobody, type, body))
		give_database_time(v);
}

/* What became of it is told, unless it has told so itself. */
static void
tell_loss(struct vigil *v, const struct post *post, const char *how)
{
	const struct peer *p = &post->peer;
	struct capture_minute loss = intake_loss(p);

	clear_status(v);
	if (p->stage == STAGE_STARTING) {
		if (!p->has_complained && !p->is_absent)
			log_error("%s: the reader %s", p->who, how);
		return;
	}
	log_error("%s: the reader %s (lost with it: %s under way%s)", p->who, how,
		  counted(loss.crashed, "flow").text,
		  v->is_stopping ? "" : "; it is started again; please report it");
	record_loss(v, &loss);
	if (p->complaint == NULL)
		keep_last_packet(v, post, how);
}

/*
 * A reader's channel is at its end. One that cannot begin for a reason that time
 * will not change ends all: it was asked for by name.
 */
static void
end_post(struct vigil *v, struct post *post)
{
	struct peer *p = &post->peer;
	char how[ROLE_HOW_MAX];

	if (!intake_stop(&v->intake, p, NULL, how))
		tell_loss(v, post, how);
	sum_counts(&v->past, &p->tally, sizeof(v->past));
	v->past.flows -= p->tally.flows;
	p->tally = (struct live_tally){0};
	post->is_running = false;
	if (p->stage == STAGE_STARTING && !p->is_absent) {
		v->has_failed = true;
		v->is_stopping = true;
	}
	call_again(post);
}

/* It has closed itself in: let it begin. */
static void
begin_capture(struct peer *p)
{
	p->stage = STAGE_OPENING;
	message_put_empty(channel_out(p->channel), MESSAGE_CAPTURE);
	channel_flush(p->channel); /* that it is gone shows when it is heard */
}

/* One message of a reader; false where no more is to be heard of it now. */
static bool
hear_one(struct vigil *v, struct post *post)
{
	struct peer *p = &post->peer;
	enum message type;
	struct bytes body;

	switch (channel_hear_within(p->channel, 0, &type, &body)) {
	case HEARD_MESSAGE:
		post->heard = now();
		break;
	case HEARD_NOTHING:
	case HEARD_INTERRUPTED:
		return false;
	case HEARD_BAD:
		p->complaint = "sent what is no message, and was ended";
		end_post(v, post);
		return false;
	case HEARD_END:
	case HEARD_FAILED:
		end_post(v, post);
		return false;
	}
	if (!take(v, p, type, body)) {
		if (v->result->is_refused) {
			give_database_time(v);
		} else {
			p->complaint = "sent what it may not, and was ended";
			end_post(v, post);
		}
		return false;
	}
	if (p->stage == STAGE_IDLE && post->is_told_to_end)
		p->stage = STAGE_FINISHING;
	else if (p->stage == STAGE_IDLE)
		begin_capture(p);
	return true;
}

static void
hear(struct vigil *v, struct post *post)
{
	for (int i = 0; i < TURN_MESSAGES && hear_one(v, post); i++)
		;
}

/* ---- What is due ---- */

/* What was heard and not committed is taken again, whoever said it. */
static bool
take_again(struct vigil *v)
{
	struct peer any = PEER_OF_BACKLOG;
	struct bytes in = backlog_bytes(&v->backlog), body;
	enum message type;

	recorder_source(v->intake.recorder, "");
	while (backlog_next(&in, &type, &body))
		if (!intake_take(&v->intake, &any, type, body))
			return false;
	if (!recorder_flush(v->intake.recorder))
		return intake_refused(&v->intake);
	backlog_clear(&v->backlog);
	return true;
}

static void
open_database_again(struct vigil *v)
{
	if (v->database_due == 0 || now() < v->database_due)
		return;
	v->result->is_refused = false;
	if (!intake_open_recorder(&v->intake) || !take_again(v)) {
		give_database_time(v);
		return;
	}
	clear_status(v);
	log_note("%s: takes records again", v->config->db);
	v->database_due = 0;
	v->database_again = AGAIN_MS;
}

static void
tell_to_end(struct vigil *v)
{
	for (size_t i = 0; i < v->count; i++) {
		struct post *post = &v->posts[i];

		if (!post->is_running || post->is_told_to_end)
			continue;
		post->is_told_to_end = true;
		message_put_empty(channel_out(post->peer.channel), MESSAGE_FINISH);
		channel_flush(post->peer.channel);
	}
}

/* For good, or, where it is to begin anew, until then. */
static void
stop(struct vigil *v, bool is_to_reload)
{
	v->result->is_to_reload = is_to_reload;
	v->is_stopping = true;
	v->deadline = now() + PATIENCE_MS;
	if (is_to_reload)
		notify_reloading(&v->notify);
	else
		notify_say(&v->notify, "STOPPING=1");
}

/* What ends it comes before what has it begin anew, whichever was first. */
static void
stop_for_good(struct vigil *v)
{
	if (!v->is_stopping || v->result->is_to_reload)
		stop(v, false);
	else if (now() >= v->deadline - PATIENCE_MS + AT_ONCE_MS)
		v->deadline = 0;
}

/* The configuration that is read in the end is the one that was found to be sound. */
static void
reload(struct vigil *v)
{
	clear_status(v);
	if (v->is_stopping && !v->result->is_to_reload)
		return;
	if (v->config->may_reload == NULL || !v->config->may_reload(v->config->ctx))
		return;
	if (!v->is_stopping)
		stop(v, true);
}

static void
take_signal(struct vigil *v, int number)
{
	char line[STATUS_LINE_MAX];

	switch (number) {
	case SIGINT:
	case SIGTERM:
		stop_for_good(v);
		break;
	case SIGHUP:
		reload(v);
		break;
	case SIGUSR1:
		clear_status(v);
		describe(v, line);
		log_error("%s", line);
		break;
	}
}

static void
hear_signals(struct vigil *v)
{
	int number;

	while ((number = signals_next(v->signals)) != 0)
		take_signal(v, number);
}

static bool
is_anyone_running(const struct vigil *v)
{
	for (size_t i = 0; i < v->count; i++)
		if (v->posts[i].is_running)
			return true;
	return false;
}

static void
start_what_is_due(struct vigil *v)
{
	for (size_t i = 0; i < v->count; i++)
		if (!v->posts[i].is_running && now() >= v->posts[i].due)
			start(v, &v->posts[i]);
}

/* Whoever is still there when time is up goes without a last word. */
static void
end_the_late(struct vigil *v)
{
	for (size_t i = 0; i < v->count; i++)
		if (v->posts[i].is_running && now() >= v->deadline) {
			v->posts[i].peer.complaint = "did not end in time, and was ended";
			end_post(v, &v->posts[i]);
		}
}

/*
 * A reader says each second how it goes. One that is stopped, or goes round in
 * circles, sees nothing more; while nobody is heard it cannot say so.
 */
static void
end_the_silent(struct vigil *v)
{
	for (size_t i = 0; i < v->count; i++) {
		struct post *post = &v->posts[i];

		if (v->database_due != 0)
			post->heard = now();
		if (post->is_running && now() - post->heard > SILENCE_MS) {
			post->peer.complaint = "said nothing for 30 seconds, and was ended";
			end_post(v, post);
		}
	}
}

/* Milliseconds until something is due that nobody will say. */
static int
patience(const struct vigil *v)
{
	int most = STATUS_MS;
	int batch = v->intake.recorder != NULL ? recorder_patience(v->intake.recorder) : -1;

	for (size_t i = 0; i < v->count; i++) {
		int64_t left = v->posts[i].due - now();

		if (!v->posts[i].is_running && left < most)
			most = left > 0 ? (int)left : 0;
	}
	return batch >= 0 && batch < most ? batch : most;
}

/* Wait for signals and readers; for these not while the database is away. */
static void
wait_and_hear(struct vigil *v)
{
	v->ends[0] = (struct pollfd){.fd = v->signals, .events = POLLIN};
	for (size_t i = 0; i < v->count; i++) {
		bool is_heard = v->posts[i].is_running && v->database_due == 0;

		v->ends[i + 1] = (struct pollfd){
		    .fd = is_heard ? channel_descriptor(v->posts[i].peer.channel) : -1,
		    .events = POLLIN,
		};
	}
	if (poll(v->ends, v->count + 1, patience(v)) <= 0)
		return;
	if (v->ends[0].revents != 0)
		hear_signals(v);
	for (size_t i = 0; i < v->count && v->database_due == 0; i++)
		if (v->ends[i + 1].revents != 0)
			hear(v, &v->posts[i]);
}

/*
 * What is under way goes to the file that it was begun in. What follows goes to
 * the one that has its name, which is made where there is none.
 */
static void
follow_database(struct vigil *v)
{
	if (v->intake.recorder == NULL || now() < v->look_due)
		return;
	v->look_due = now() + LOOK_MS;
	if (!recorder_has_moved(v->intake.recorder))
		v->moved_looks = 0;
	else
		v->moved_looks++;
	if (v->moved_looks < MOVED_LOOKS)
		return;
	v->moved_looks = 0;
	clear_status(v);
	log_error("%s: was removed, renamed or replaced: what follows is recorded in the file that "
		  "now has this name, and what was known of servers is not known there (stop "
		  "waxseal before its database is moved)",
		  v->config->db);
	if (!intake_close_recorder(&v->intake)) {
		give_database_time(v);
		return;
	}
	backlog_clear(&v->backlog);
	if (!intake_open_recorder(&v->intake))
		give_database_time(v);
	else
		recorder_source(v->intake.recorder, "");
}

static void
settle(struct vigil *v)
{
	bool is_good = v->intake.recorder == NULL || recorder_settle(v->intake.recorder);
	const char *complaint = intake_complaint(&v->intake);

	if (complaint != NULL) {
		clear_status(v);
		log_error("%s", complaint);
	}
	if (is_good)
		return;
	intake_refused(&v->intake);
	give_database_time(v);
}

/* The last batch; what it cannot take now is not kept. */
static void
close_database(struct vigil *v)
{
	uint64_t lost;

	if (v->database_due == 0 && !intake_close_recorder(&v->intake))
		v->database_due = 1;
	if (v->database_due != 0) {
		v->result->is_refused = false;
		if (intake_open_recorder(&v->intake) && take_again(v))
			v->database_due = 0;
	}
	lost = v->database_due != 0 ? v->backlog.count : 0;
	intake_close_recorder(&v->intake);
	v->result->recorded.sessions_refused = lost;
	v->result->is_refused = lost > 0;
	v->result->is_failed = v->has_failed || lost > 0;
}

static void
stand_watch(struct vigil *v)
{
	while (!v->is_stopping || is_anyone_running(v)) {
		if (v->is_stopping) {
			tell_to_end(v);
			end_the_late(v);
		} else {
			start_what_is_due(v);
		}
		wait_and_hear(v);
		end_the_silent(v);
		settle(v);
		follow_database(v);
		if (v->intake.recorder != NULL && recorder_patience(v->intake.recorder) < 0)
			backlog_clear(&v->backlog);
		open_database_again(v);
		notify_alive(&v->notify);
		show_status(v);
	}
}

/* ---- From start to end ---- */

static bool
man_posts(struct vigil *v)
{
	const struct keeper_config *c = v->config;

	v->count = c->interface_count * c->readers;
	v->posts = calloc(v->count, sizeof(*v->posts));
	v->ends = calloc(v->count + 1, sizeof(*v->ends));
	if (v->posts == NULL || v->ends == NULL || !backlog_begin(&v->backlog)) {
		log_error("out of memory");
		return false;
	}
	for (size_t i = 0; i < v->count; i++) {
		size_t interface = i / c->readers;

		v->posts[i].interface = c->interfaces[interface];
		v->posts[i].again = AGAIN_MS;
		/* Each interface's readers are a group of their own, and no other program's. */
		v->posts[i].group = (uint16_t)((size_t)getpid() * 64 + interface);
		intake_name(&v->posts[i].peer, c->interfaces[interface], c->readers,
			    (unsigned)(i % c->readers));
	}
	return true;
}

void
keeper_watch(const struct keeper_config *config, struct keeper_result *out)
{
	struct vigil v = {
	    .config = config, .result = out, .database_again = AGAIN_MS, .signals = -1};

	if (!intake_begin(&v.intake, config, out))
		return;
	notify_begin(&v.notify);
	/* An operator should hear now that records cannot be kept, not at the first session. */
	if ((v.signals = signals_catch()) >= 0 && man_posts(&v) &&
	    intake_open_recorder(&v.intake)) {
		notify_say(&v.notify, "READY=1");
		stand_watch(&v);
		clear_status(&v);
		close_database(&v);
	} else {
		intake_fail(&v.intake);
	}
	intake_end(&v.intake);
	out->tally = tally_of_all(&v);
	notify_end(&v.notify);
	signals_release(v.signals, v.result->is_to_reload);
	backlog_end(&v.backlog);
	for (size_t i = 0; i < v.count && v.posts != NULL; i++)
		blackbox_free(v.posts[i].peer.blackbox);
	free(v.posts);
	free(v.ends);
}
