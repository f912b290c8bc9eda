/*
 * The keeper role; see keeper.h. It is the process that the user started.
 *
 * It gives up new privileges and core dumps, and keeps its user: the database
 * may lie where only that user can write. It opens what the user named and
 * passes it on, so that the reader needs no right to open anything.
 */
#include "monitor/role/keeper.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "monitor/log.h"
#include "monitor/role/channel.h"
#include "monitor/role/role.h"
#include "monitor/role/sandbox.h"
#include "monitor/role/session_message.h"

/* Where systems keep the authorities they trust, the first that exists counts. */
static const char *const ca_bundles[] = {
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
};

/* What the reader has been asked, and has answered: which messages may come. */
enum stage {
	STAGE_STARTING,  /* it closes itself in */
	STAGE_IDLE,      /* it waits for a capture */
	STAGE_OPENING,   /* it has one */
	STAGE_READING,   /* and it is one indeed */
	STAGE_SKIPPING,  /* and it is one that the filter does not fit: it is to be left */
	STAGE_FINISHING, /* no more will come */
	STAGE_OVER       /* it has said all */
};

struct keeper {
	const struct keeper_config *config;
	struct keeper_result *result;
	struct recorder *recorder;
	struct verdict *verdict;
	struct session_message *session;
	struct role_process reader;
	struct channel *channel;
	enum stage stage;
	const char *capture; /* the name of the one under way; NULL between them */
	uint64_t size;       /* of it; 0 where unknown */
	bool has_source;
	uint64_t packets;      /* of the capture under way, by its last progress */
	const char *complaint; /* what the reader did wrong; NULL: nothing that it sent */
};

/* Shared with the handler alone. */
static volatile sig_atomic_t reader_pid, stopped_by;

/*
 * Ending the reader ends the wait for its messages, whatever the moment; what
 * it had sent is still recorded. The second signal is for those in a hurry.
 */
static void
on_signal(int number)
{
	if (stopped_by != 0)
		_exit(1);
	stopped_by = number;
	if (reader_pid > 0)
		kill((pid_t)reader_pid, SIGKILL);
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

static void
fail(struct keeper *k)
{
	k->result->is_failed = true;
}

/* Lines for people must not be written into the bar. */
static void
clear_progress(const struct keeper *k)
{
	if (k->config->progress != NULL)
		k->config->progress(k->config->ctx, NULL, 0, 0);
}

/* The database is made when the first file proves to be a capture, not before. */
static bool
open_recorder(struct keeper *k)
{
	char why[512];

	if (k->recorder != NULL)
		return true;
	k->recorder = recorder_open(k->config->db, k->config->sensor, why, sizeof(why));
	if (k->recorder != NULL)
		return true;
	log_error("%s", why);
	fail(k);
	k->result->is_refused = true;
	return false;
}

static bool
refused(struct keeper *k)
{
	log_error("%s", recorder_error(k->recorder));
	fail(k);
	k->result->is_refused = true;
	return false;
}

/* Each handler is false where the message is bad, or comes when it may not. */
static bool
on_layers(struct keeper *k, struct bytes body)
{
	struct layer_states states;

	if (k->stage != STAGE_STARTING || !message_get_layers(body, &states))
		return false;
	for (size_t i = 0; i < states.count; i++) {
		const struct layer_state *s = &states.state[i];

		if (s->layer >= LAYERS)
			return false;
		if (s->error == 0)
			log_detail("reader: %s: in force", layer_name((enum layer)s->layer));
		else
			log_detail("reader: %s: missing: %s", layer_name((enum layer)s->layer),
				   strerror(s->error));
	}
	k->stage = STAGE_IDLE;
	return true;
}

/* Which packets the reader is to let through; false where this link type has no such filter. */
static bool
send_filter(struct keeper *k, uint32_t linktype)
{
	static struct expression expression; /* large */
	char why[EXPRESSION_WHY_MAX];

	if (k->config->expression == NULL)
		return true;
	if (expression_compile(k->config->expression, linktype, &expression, why)) {
		message_put_filter(channel_out(k->channel), &expression);
		channel_flush(k->channel); /* that the reader is gone shows when it is heard */
		return true;
	}
	fail(k);
	log_error("%s: -f %s: %s (link type %" PRIu32 "; it is not read)", k->capture,
		  k->config->expression, why, linktype);
	message_put_empty(channel_out(k->channel), MESSAGE_SKIP);
	channel_flush(k->channel);
	return false;
}

static bool
on_opened(struct keeper *k, struct bytes body)
{
	struct capture_opened opened;

	if (k->stage != STAGE_OPENING || !message_get_opened(body, &opened))
		return false;
	k->stage = STAGE_SKIPPING;
	if (!send_filter(k, opened.linktype))
		return true;
	k->stage = STAGE_READING;
	if (!packet_link_is_known(opened.linktype))
		log_note("%s: link type %" PRIu32 " is not read: nothing in it can be seen",
			 k->capture, opened.linktype);
	if (!open_recorder(k))
		return false;
	k->result->captures++;
	return true;
}

static bool
on_source(struct keeper *k, struct bytes body)
{
	struct capture_source source;

	if (k->stage != STAGE_READING || k->has_source || !message_get_source(body, &source))
		return false;
	k->has_source = true;
	recorder_source(k->recorder, source.text);
	return true;
}

static bool
on_minute(struct keeper *k, struct bytes body)
{
	struct capture_minute minute;

	if (k->stage != STAGE_READING || !k->has_source || !message_get_minute(body, &minute))
		return false;
	return recorder_minute(k->recorder, &minute) || refused(k);
}

static bool
on_session(struct keeper *k, struct bytes body)
{
	const struct session *s = &k->session->session;

	if ((k->stage != STAGE_READING && k->stage != STAGE_FINISHING) || k->recorder == NULL ||
	    !session_message_get(body, k->session))
		return false;
	judge_session(s, k->verdict);
	if (recorder_session(k->recorder, s, k->verdict, &k->session->evidence, k->config->json) ==
	    RECORDED_FAILED)
		return refused(k);
	if (k->config->json != NULL && k->verdict->count > 0)
		fflush(k->config->json);
	return true;
}

static bool
on_progress(struct keeper *k, struct bytes body)
{
	struct capture_progress progress;

	if (k->stage != STAGE_READING || !message_get_progress(body, &progress))
		return false;
	k->packets = progress.packets;
	if (k->config->progress != NULL)
		k->config->progress(k->config->ctx, k->capture, progress.consumed, k->size);
	return true;
}

static void
tell_end(struct keeper *k, const struct capture_ended *e)
{
	/* The log makes it printable; a precision keeps it in bounds. */
	int len = (int)e->why.len;
	const char *why = e->why.len > 0 ? (const char *)e->why.at : "";

	switch (e->end) {
	case CAPTURE_WHOLE:
		break;
	case CAPTURE_TRUNCATED:
		k->result->truncated++;
		if (e->packets == 0) {
			log_note("%s: truncated: it ends before its first packet does (%.*s)",
				 k->capture, len, why);
			break;
		}
		log_note("%s: truncated: read up to its last whole packet, number %" PRIu64
			 " (%.*s)",
			 k->capture, e->packets, len, why);
		break;
	case CAPTURE_DAMAGED:
		fail(k);
		log_error("%s: damaged behind packet %" PRIu64
			  ": %.*s (what comes before is recorded)",
			  k->capture, e->packets, len, why);
		break;
	case CAPTURE_FOREIGN:
		fail(k);
		log_error("%s: is no capture: %.*s (pcap and pcapng are read, plain or packed with "
			  "gzip or zstd)",
			  k->capture, len, why);
		break;
	}
}

/* Whether a capture may end so now. One that was never opened is foreign, or shows nothing. */
static bool
may_end(const struct keeper *k, const struct capture_ended *e)
{
	if (k->stage == STAGE_OPENING)
		return e->end == CAPTURE_FOREIGN ||
		       (e->end == CAPTURE_TRUNCATED && e->packets == 0 && e->bytes == 0);
	return k->stage == STAGE_SKIPPING ||
	       (k->stage == STAGE_READING && e->end != CAPTURE_FOREIGN);
}

static bool
on_ended(struct keeper *k, struct bytes body)
{
	struct capture_ended ended;

	if (!message_get_ended(body, &ended) || !may_end(k, &ended))
		return false;
	k->stage = STAGE_IDLE;
	k->result->packets += ended.packets;
	k->result->bytes += ended.bytes;
	clear_progress(k);
	tell_end(k, &ended);
	k->capture = NULL;
	return true;
}

/* Every count is a uint64_t: where a reader had to be started again they add up. */
static void
add_counts(struct dissector_counts *sum, const struct dissector_counts *more)
{
	uint64_t a[sizeof(*sum) / sizeof(uint64_t)], b[sizeof(*sum) / sizeof(uint64_t)];

	memcpy(a, sum, sizeof(a));
	memcpy(b, more, sizeof(b));
	for (size_t i = 0; i < sizeof(a) / sizeof(a[0]); i++)
		a[i] += b[i];
	memcpy(sum, a, sizeof(a));
}

static bool
on_counts(struct keeper *k, struct bytes body)
{
	struct dissector_counts counts;

	if (k->stage != STAGE_FINISHING || !message_get_counts(body, &counts))
		return false;
	k->stage = STAGE_OVER;
	add_counts(&k->result->dissected, &counts);
	return true;
}

static bool
on_notice(struct keeper *k, struct bytes body)
{
	if (k->stage != STAGE_STARTING)
		return false;
	fail(k);
	log_error("reader: %.*s", (int)body.len, (const char *)body.at);
	return true;
}

static bool
on_message(struct keeper *k, enum message type, struct bytes body)
{
	switch (type) {
	case MESSAGE_LAYERS:
		return on_layers(k, body);
	case MESSAGE_OPENED:
		return on_opened(k, body);
	case MESSAGE_SOURCE:
		return on_source(k, body);
	case MESSAGE_MINUTE:
		return on_minute(k, body);
	case MESSAGE_SESSION:
		return on_session(k, body);
	case MESSAGE_PROGRESS:
		return on_progress(k, body);
	case MESSAGE_ENDED:
		return on_ended(k, body);
	case MESSAGE_COUNTS:
		return on_counts(k, body);
	case MESSAGE_NOTICE:
		return on_notice(k, body);
	case MESSAGE_CONFIG:
	case MESSAGE_CAPTURE:
	case MESSAGE_FINISH:
	case MESSAGE_FILTER:
	case MESSAGE_SKIP:
		break; /* those are ours to send */
	}
	return false;
}

/* Nobody else can write while a batch is open, so a quiet reader ends it. */
static enum heard
hear(struct keeper *k, enum message *type, struct bytes *body)
{
	int patience = k->recorder == NULL ? -1 : recorder_patience(k->recorder);

	return channel_hear_within(k->channel, patience, type, body);
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

	while (k->stage != wanted) {
		switch (hear(k, &type, &body)) {
		case HEARD_MESSAGE:
			if (on_message(k, type, body))
				break;
			k->complaint = "sent what it may not, and was ended";
			return false;
		case HEARD_NOTHING:
		case HEARD_INTERRUPTED: /* where it was to stop, the reader's end comes next */
			break;
		case HEARD_BAD:
			k->complaint = "sent what is no message, and was ended";
			return false;
		case HEARD_END:
		case HEARD_FAILED:
			return false;
		}
		if (k->recorder != NULL && !recorder_settle(k->recorder))
			return refused(k);
	}
	return true;
}

static int
open_ca_file(const struct keeper *k)
{
	int descriptor = -1;

	if (k->config->ca_file != NULL) {
		descriptor = open(k->config->ca_file, O_RDONLY | O_CLOEXEC);
		if (descriptor < 0)
			log_error("%s: cannot read the CA file: %s", k->config->ca_file,
				  strerror(errno));
		return descriptor;
	}
	for (size_t i = 0; descriptor < 0 && i < sizeof(ca_bundles) / sizeof(ca_bundles[0]); i++)
		descriptor = open(ca_bundles[i], O_RDONLY | O_CLOEXEC);
	return descriptor;
}

/* Tell the reader what is wanted; false where it, or the CA file, is not to be had. */
static bool
configure(struct keeper *k)
{
	static struct reader_config config; /* large */
	int ca_file = open_ca_file(k);
	bool is_sent;

	if (ca_file < 0 && k->config->ca_file != NULL) {
		fail(k);
		return false;
	}
	config.budget = k->config->memory;
	config.snaplen = k->config->snaplen;
	config.has_ca = ca_file >= 0;
	config.has_filter = k->config->expression != NULL;
	memcpy(config.service, k->config->service, sizeof(config.service));
	message_put_config(channel_out(k->channel), &config);
	is_sent = channel_flush_with(k->channel, ca_file);
	if (ca_file >= 0)
		close(ca_file);
	return is_sent && hear_until(k, STAGE_IDLE);
}

static bool
start_reader(struct keeper *k)
{
	if (!role_start("reader", &k->reader)) {
		log_error("cannot start the reader: %s", strerror(errno));
		return false;
	}
	reader_pid = k->reader.pid;
	k->stage = STAGE_STARTING;
	k->complaint = NULL;
	k->channel = channel_new(k->reader.socket);
	if (k->channel != NULL)
		return true;
	log_error("out of memory");
	close(k->reader.socket);
	return false;
}

/* Wait for its end, which is due; told where it was no good one. */
static void
end_reader(struct keeper *k)
{
	bool is_done = k->stage == STAGE_OVER, is_told = k->result->is_refused || stopped_by != 0;
	char how[ROLE_HOW_MAX];
	siginfo_t info;

	/* A reader that cannot start says why and goes by itself. */
	if (!is_done && k->stage != STAGE_STARTING)
		role_kill(&k->reader);
	channel_free(k->channel);
	k->channel = NULL;
	/* Its process ID must not be in the handler's hands when it becomes another's. */
	while (waitid(P_PID, (id_t)k->reader.pid, &info, WEXITED | WNOWAIT) != 0 && errno == EINTR)
		;
	reader_pid = 0;
	if (role_reap(&k->reader, how) && is_done)
		return;
	clear_progress(k);
	if (!is_told && k->capture != NULL)
		log_error("%s: the reader %s (what it had told is recorded, the rest of the "
			  "capture is not read; please report it)",
			  k->capture, k->complaint != NULL ? k->complaint : how);
	else if (!is_told && !(k->stage == STAGE_STARTING && k->result->is_failed))
		log_error("the reader %s", k->complaint != NULL ? k->complaint : how);
	fail(k);
	if (k->capture != NULL)
		k->result->packets += k->packets;
	k->capture = NULL;
}

/* Open one capture for the reader; -1 and told where it cannot be. */
static int
open_capture(struct keeper *k, const char *path)
{
	struct stat s;
	int descriptor;

	k->size = 0;
	do
		descriptor =
		    strcmp(path, "-") == 0 ? dup(STDIN_FILENO) : open(path, O_RDONLY | O_CLOEXEC);
	while (descriptor < 0 && errno == EINTR && stopped_by == 0);
	if (descriptor < 0 && stopped_by == 0) {
		fail(k);
		log_error("%s: cannot open: %s", name_of(path), strerror(errno));
	}
	if (descriptor >= 0 && fstat(descriptor, &s) == 0 && S_ISREG(s.st_mode))
		k->size = (uint64_t)s.st_size;
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
	k->capture = name_of(path);
	k->has_source = false;
	k->packets = 0;
	k->stage = STAGE_OPENING;
	message_put_empty(channel_out(k->channel), MESSAGE_CAPTURE);
	is_sent = channel_flush_with(k->channel, descriptor);
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
		k->stage = STAGE_FINISHING;
		message_put_empty(channel_out(k->channel), MESSAGE_FINISH);
		if (channel_flush(k->channel))
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
			fail(k);
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

static void
close_recorder(struct keeper *k)
{
	if (k->recorder == NULL)
		return;
	if (!recorder_flush(k->recorder) && !k->result->is_refused)
		refused(k);
	k->result->has_database = true;
	k->result->recorded = recorder_counts(k->recorder);
	recorder_close(k->recorder);
	k->recorder = NULL;
}

static void
harden(void)
{
	const struct sandbox none = {0};

	sandbox_lay(LAYER_NO_NEW_PRIVILEGES, &none);
	sandbox_lay(LAYER_NO_DUMP, &none);
}

void
keeper_run(const struct keeper_config *config, struct keeper_result *out)
{
	struct keeper k = {.config = config, .result = out};

	*out = (struct keeper_result){0};
	harden();
	catch_signals(on_signal);
	k.verdict = malloc(sizeof(*k.verdict));
	k.session = malloc(sizeof(*k.session));
	if (k.verdict == NULL || k.session == NULL) {
		log_error("out of memory");
		fail(&k);
	} else {
		read_all(&k);
		out->is_given_up = out->is_refused; /* the last commit is still to come */
	}
	close_recorder(&k);
	if (stopped_by != 0) {
		out->is_interrupted = true;
		log_error("stopped by a signal: not all was read (what was is recorded; run it "
			  "again to complete it)");
	}
	free(k.verdict);
	free(k.session);
	catch_signals(SIG_DFL);
	stopped_by = 0;
}
