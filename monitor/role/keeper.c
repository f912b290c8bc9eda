/*
 * The keeper role; see keeper.h. It is the process that the user started.
 *
 * It keeps its user, since the database may lie where only that user can write;
 * what it gives up is enclose.h's. It opens what the user named and
 * passes it on, so that the reader needs no right to open anything.
 */
#include "monitor/role/keeper.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "db/outbox.h"
#include "monitor/clock.h"
#include "monitor/counted.h"
#include "monitor/log.h"
#include "monitor/role/alerting.h"
#include "monitor/role/inquiry.h"

#define NAP_MS     1000   /* the longest sleep while answers are waited for */
#define GIVE_MS    50000  /* for alerts to be given to the courier, when all is read */
#define SEND_MS    12000  /* ... and sent: what is not marked comes twice */
#define ANSWERS_MS 100000 /* in all, at the end: no look-up takes so long, lookup.h */
#define AHEAD_MOST 32     /* look-ups under way when no more is read until some are answered */

struct keeper {
	struct intake intake;
	struct peer reader;
	const struct keeper_config *config;
	struct keeper_result *result;
};

/* Shared with the handler alone. */
static volatile sig_atomic_t reader_socket = -1, stopped_by;

/*
 * Shutting the reader's socket ends the wait for its messages, whatever the
 * moment, and ends the reader; what it had sent is still recorded. The second
 * signal is for those in a hurry.
 */
static void
on_signal(int number)
{
	if (stopped_by != 0)
		_exit(1);
	stopped_by = number;
	if (reader_socket >= 0)
		shutdown(reader_socket, SHUT_RDWR);
}

static void
catch_signals(void (*handler)(int))
{
	struct sigaction action = {.sa_handler = handler};

	sigemptyset(&action.sa_mask);
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
}

static const char *
name_of(const char *path)
{
	return strcmp(path, "-") == 0 ? "standard input" : path;
}

/* Nobody else can write while a batch is open, so a quiet reader ends it. */
static int
patience(const struct keeper *k)
{
	return k->intake.recorder == NULL ? -1 : recorder_patience(k->intake.recorder);
}

/* Ask and hear the checker. False, and told, where the database refused. */
static bool
run_inquiry(struct keeper *k)
{
	return inquiry_run(k->intake.inquiry) || intake_refused(&k->intake);
}

/* Wait for the checker, and where has_reader for the reader, too; then hear the checker. */
static bool
wait_with_checker(struct keeper *k, bool has_reader)
{
	const int batch = patience(k);
	int most = batch >= 0 && batch < NAP_MS ? batch : NAP_MS;
	struct pollfd ends[] = {
	    inquiry_poll(k->intake.inquiry),
	    {.fd = has_reader ? channel_descriptor(k->reader.channel) : -1, .events = POLLIN},
	};

	poll(ends, 2, inquiry_patience(k->intake.inquiry, most));
	return run_inquiry(k);
}

/*
 * What the reader has to say. With look-ups no more than a few domains are ahead of
 * their answers, which then find the sessions that they tell of.
 */
static enum heard
hear(struct keeper *k, enum message *type, struct bytes *body)
{
	enum heard heard = HEARD_NOTHING;
	bool is_ahead;

	if (k->intake.inquiry == NULL)
		return channel_hear_within(k->reader.channel, patience(k), type, body);
	if (!run_inquiry(k))
		return HEARD_NOTHING; /* the caller looks at what became of the database */
	is_ahead = stopped_by == 0 && inquiry_pending(k->intake.inquiry) >= AHEAD_MOST;
	if (!is_ahead)
		heard = channel_hear_within(k->reader.channel, 0, type, body);
	if (heard == HEARD_NOTHING)
		wait_with_checker(k, !is_ahead);
	return heard;
}

/*
 * Hear the reader until it is at that stage. False where it does not get
 * there: it is dead or to be ended.
 */
static bool
hear_until(struct keeper *k, enum stage wanted)
{
	enum message type;
	struct bytes body;

	while (k->reader.stage != wanted) {
		switch (hear(k, &type, &body)) {
		case HEARD_MESSAGE:
			if (intake_take(&k->intake, &k->reader, type, body))
				break;
			k->reader.complaint = "sent what it may not, and was ended";
			return false;
		case HEARD_NOTHING:
		case HEARD_INTERRUPTED: /* where it was to stop, the reader's end comes next */
			break;
		case HEARD_BAD:
			k->reader.complaint = "sent what is no message, and was ended";
			return false;
		case HEARD_END:
		case HEARD_FAILED:
			return false;
		}
		if (k->result->is_refused)
			return false;
		if (k->intake.recorder != NULL && !recorder_settle(k->intake.recorder))
			return intake_refused(&k->intake);
		intake_complain(&k->intake);
	}
	return true;
}

static bool
start_reader(struct keeper *k)
{
	if (!intake_start(&k->intake, &k->reader))
		return false;
	reader_socket = channel_descriptor(k->reader.channel);
	return true;
}

static bool
configure(struct keeper *k)
{
	return intake_configure(&k->intake, &k->reader, NULL, 0) && hear_until(k, STAGE_IDLE);
}

/* Wait for its end, which is due; told where it was no good one. */
static void
end_reader(struct keeper *k)
{
	struct peer *p = &k->reader;
	bool is_told = k->result->is_refused || stopped_by != 0;
	char how[ROLE_HOW_MAX];

	if (intake_stop(&k->intake, p, &reader_socket, how))
		return;
	intake_clear_progress(&k->intake);
	if (!is_told && p->capture != NULL)
		log_error("%s: the reader %s (what it had told is recorded, the rest of the "
			  "capture is not read; please report it)",
			  p->capture, how);
	else if (!is_told && !(p->stage == STAGE_STARTING && k->result->is_failed))
		log_error("the reader %s", how);
	intake_fail(&k->intake);
	if (p->capture != NULL)
		k->result->packets += p->packets;
	p->capture = NULL;
}

/* Open one capture for the reader; -1 and told where it cannot be. */
static int
open_capture(struct keeper *k, const char *path)
{
	struct stat s;
	int descriptor;

	k->reader.size = 0;
	do
		descriptor =
		    strcmp(path, "-") == 0 ? dup(STDIN_FILENO) : open(path, O_RDONLY | O_CLOEXEC);
	while (descriptor < 0 && errno == EINTR && stopped_by == 0);
	if (descriptor < 0 && stopped_by == 0) {
		intake_fail(&k->intake);
		log_error("%s: cannot open: %s", name_of(path), strerror(errno));
	}
	if (descriptor >= 0 && fstat(descriptor, &s) == 0 && S_ISREG(s.st_mode))
		k->reader.size = (uint64_t)s.st_size;
	return descriptor;
}

/* Have one capture read; false where the reader is lost over it, or it is time to stop. */
static bool
keep_capture(struct keeper *k, const char *path)
{
	int descriptor = open_capture(k, path);
	bool is_sent;

	if (descriptor < 0)
		return stopped_by == 0;
	k->reader.capture = name_of(path);
	k->reader.has_source = false;
	k->reader.packets = 0;
	k->reader.stage = STAGE_OPENING;
	message_put_empty(channel_out(k->reader.channel), MESSAGE_CAPTURE);
	is_sent = channel_flush_with(k->reader.channel, descriptor);
	close(descriptor);
	return is_sent && hear_until(k, STAGE_IDLE);
}

/* Serve one reader; returns which capture comes next, should another reader be needed. */
static size_t
serve(struct keeper *k, size_t next)
{
	for (; next < k->config->capture_count && stopped_by == 0; next++)
		if (!keep_capture(k, k->config->captures[next]))
			return next + 1;
	if (stopped_by == 0) {
		k->reader.stage = STAGE_FINISHING;
		message_put_empty(channel_out(k->reader.channel), MESSAGE_FINISH);
		if (channel_flush(k->reader.channel))
			hear_until(k, STAGE_OVER);
	}
	return next;
}

/* A reader that dies over a capture is told, and another reads those that follow. */
static void
read_all(struct keeper *k)
{
	size_t next = 0;

	while (next < k->config->capture_count && stopped_by == 0 && !k->result->is_refused) {
		bool is_configured;

		if (!start_reader(k)) {
			intake_fail(&k->intake);
			return;
		}
		is_configured = configure(k);
		if (is_configured)
			next = serve(k, next);
		end_reader(k);
		if (!is_configured)
			return;
	}
}

/* All is read: what was asked is waited for once more. */
static void
await_answers(struct keeper *k)
{
	int64_t until = clock_steady() + ANSWERS_MS;

	if (stopped_by == 0 && !k->result->is_refused)
		run_inquiry(k);
	while (stopped_by == 0 && !k->result->is_refused &&
	       inquiry_pending(k->intake.inquiry) > 0 && clock_steady() < until)
		if (wait_with_checker(k, false) && k->intake.recorder != NULL &&
		    !recorder_settle(k->intake.recorder))
			intake_refused(&k->intake);
	inquiry_tell_rest(k->intake.inquiry);
	k->result->lookups = inquiry_counts(k->intake.inquiry);
}

static void
read_with_lookups(struct keeper *k)
{
	k->intake.inquiry = inquiry_new(&k->intake, NULL);
	if (k->intake.inquiry == NULL) {
		intake_fail(&k->intake);
		return;
	}
	read_all(k);
	await_answers(k);
	inquiry_free(k->intake.inquiry);
	k->intake.inquiry = NULL;
}

static void
read_with_answers(struct keeper *k)
{
	if (k->config->lookups != NULL)
		read_with_lookups(k);
	else
		read_all(k);
}

static void
tell_waiting(void *ctx, const char *sink, int64_t waiting)
{
	const struct keeper *k = ctx;

	log_note(
	    "%s: %s for the sink %s wait (the next watch with alerts sends them; waxseal alert "
	    "list shows them)",
	    k->config->db, counted((uint64_t)waiting, "alert").text, sink);
}

/* All is on record: what it alerts of is sent, and what cannot be sent now waits. */
static void
send_alerts(struct keeper *k, struct alerting *alerting)
{
	struct recorder *r = k->intake.recorder;

	if (r == NULL || stopped_by != 0 || k->result->is_refused)
		return;
	if (!recorder_flush(r)) {
		intake_refused(&k->intake);
		return;
	}
	alerting_finish(alerting, recorder_store(r), GIVE_MS, SEND_MS);
	outbox_walk_sinks(recorder_store(r), tell_waiting, k);
}

/* What is to be sent is so when all was read. */
static void
read_with_alerts(struct keeper *k)
{
	const struct keeper_config *c = k->config;
	struct alerting *alerting = alerting_new(c->starter, c->user, c->sinks, c->mutes);

	if (alerting == NULL) {
		intake_fail(&k->intake);
		return;
	}
	alerting_share(alerting, c->db);
	read_with_answers(k);
	send_alerts(k, alerting);
	alerting_free(alerting);
}

void
keeper_run(const struct keeper_config *config, struct keeper_result *out)
{
	struct keeper k = {.config = config, .result = out, .reader.who = "reader"};

	catch_signals(on_signal);
	if (intake_begin(&k.intake, config, out)) {
		if (config->sinks != NULL)
			read_with_alerts(&k);
		else
			read_with_answers(&k);
		out->is_given_up = out->is_refused; /* the last commit is still to come */
	}
	intake_end(&k.intake);
	if (stopped_by != 0) {
		out->is_interrupted = true;
		log_error("stopped by a signal: not all was read (what was is recorded; run it "
			  "again to complete it)");
	}
	catch_signals(SIG_DFL);
	stopped_by = 0;
}
