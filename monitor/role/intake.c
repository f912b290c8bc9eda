/*
 * Hostile messages to recorded sessions; see intake.h. A handler for each type
 * of message, each of which knows at which stage it may come.
 */
#include "monitor/role/intake.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "monitor/alert/mute.h"
#include "monitor/counted.h"
#include "monitor/log.h"
#include "monitor/recent.h"
#include "monitor/role/ca_file.h"
#include "monitor/role/inquiry.h"
#include "monitor/role/layers.h"
#include "monitor/sum.h"

#define WORDS_MAX 16 /* lines for people of one reader: more are not to be had of an honest one */

void
intake_fail(struct intake *k)
{
	k->result->is_failed = true;
}

/* Lines for people must not be written into the bar. */
void
intake_clear_progress(const struct intake *k)
{
	if (k->config->progress != NULL)
		k->config->progress(k->config->ctx, NULL, 0, 0);
}

/* Sessions of a saved capture are as old as they are: none of them is too old. */
static bool
expect_policies(struct intake *k, char *why, size_t why_size)
{
	if (k->config->lookups == NULL ||
	    recorder_expect_policies(k->recorder,
				     k->config->interface_count > 0 ? RECENT_WINDOW : INT64_MAX))
		return true;
	snprintf(why, why_size, "%s", recorder_error(k->recorder));
	recorder_close(k->recorder);
	k->recorder = NULL;
	return false;
}

/* How much is not told is told itself. What the database refuses here it refuses again later. */
static void
mute(struct intake *k)
{
	struct recorder_mutes m;

	if (!recorder_mutes(k->recorder, k->config->mutes, &m))
		return;
	if (m.in_force > 0)
		log_note("%s %s in force: what falls under one is recorded, not told (waxseal "
			 "mute)",
			 counted(m.in_force, "mute").text, m.in_force == 1 ? "is" : "are");
	if (m.left_out > 0)
		log_note("%s %s no effect: of those that were added by command, the first %d hold "
			 "(waxseal mute lists them, mute remove ID takes one away)",
			 counted(m.left_out, "mute").text, m.left_out == 1 ? "has" : "have",
			 MUTES_MAX);
}

/* The database is made when the first file proves to be a capture, not before. */
bool
intake_open_recorder(struct intake *k)
{
	char why[512];

	if (k->recorder != NULL)
		return true;
	k->recorder = recorder_open(k->config->db, k->config->sensor, why, sizeof(why));
	if (k->recorder != NULL && expect_policies(k, why, sizeof(why))) {
		recorder_alert(k->recorder, k->config->sinks);
		if (k->config->smart_hosts != NULL)
			recorder_smart_hosts(k->recorder, k->config->smart_hosts);
		recorder_keep(k->recorder, &k->config->keep, k->config->interface_count == 0);
		mute(k);
		return true;
	}
	log_error("%s", why);
	intake_fail(k);
	k->result->is_refused = true;
	return false;
}

const char *
intake_complaint(const struct intake *k)
{
	return k->recorder == NULL ? NULL : recorder_complaint(k->recorder);
}

void
intake_complain(const struct intake *k)
{
	const char *complaint = intake_complaint(k);

	if (complaint == NULL)
		return;
	intake_clear_progress(k);
	log_error("%s", complaint);
}

bool
intake_refused(struct intake *k)
{
	log_error("%s", recorder_error(k->recorder));
	intake_fail(k);
	k->result->is_refused = true;
	return false;
}

/* Who watches for months without a layer should know it from the beginning. */
static void
tell_lacks(struct intake *k, const struct peer *p, const struct layer_states *states)
{
	char lacks[512] = "";
	size_t used = 0;

	for (size_t i = 0; i < states->count && used < sizeof(lacks); i++) {
		const struct layer_state *s = &states->state[i];

		if (s->error != 0)
			used += (size_t)snprintf(
			    lacks + used, sizeof(lacks) - used, "%s%s: %s", used > 0 ? "; " : "",
			    layer_name((enum layer)s->layer), layers_why(s->error));
	}
	if (used > 0 && !k->has_told_lacks)
		log_note("%s: the reader is without: %s (what else closes it in holds: -v)",
			 p->capture, lacks);
	k->has_told_lacks = true;
}

/* Each handler is false where the message is bad, or comes when it may not. */
static bool
on_layers(struct intake *k, struct peer *p, struct bytes body)
{
	struct layer_states states;

	if (p->stage != STAGE_STARTING || !layers_tell(p->who, body, &states))
		return false;
	if (p->is_live)
		tell_lacks(k, p, &states);
	p->stage = STAGE_IDLE;
	return true;
}

/* Which packets the reader is to let through; false where this link type has no such filter. */
static bool
send_filter(struct intake *k, struct peer *p, uint32_t linktype)
{
	static struct expression expression; /* large */
	char why[EXPRESSION_WHY_MAX];

	if (k->config->expression == NULL)
		return true;
	if (expression_compile(k->config->expression, linktype, &expression, why)) {
		message_put_filter(channel_out(p->channel), &expression);
		channel_flush(p->channel); /* that the reader is gone shows when it is heard */
		return true;
	}
	intake_fail(k);
	log_error("%s: -f %s: %s (link type %" PRIu32 "; it is not read)", p->capture,
		  k->config->expression, why, linktype);
	message_put_empty(channel_out(p->channel), MESSAGE_SKIP);
	channel_flush(p->channel);
	return false;
}

/* A live capture is no source that could be read twice. */
static void
begin_live(struct intake *k, struct peer *p)
{
	recorder_source(k->recorder, "");
	p->is_absent = p->is_stuck = false;
	log_note("%s: capturing", p->who);
}

static bool
on_opened(struct intake *k, struct peer *p, struct bytes body)
{
	struct capture_opened opened;

	if (p->stage != STAGE_OPENING || !message_get_opened(body, &opened))
		return false;
	p->stage = STAGE_SKIPPING;
	if (!send_filter(k, p, opened.linktype))
		return true;
	p->stage = STAGE_READING;
	if (!packet_link_is_known(opened.linktype))
		log_note("%s: link type %" PRIu32 " is not read: nothing in it can be seen",
			 p->capture, opened.linktype);
	p->has_source = p->is_live; /* whatever the database says */
	if (!intake_open_recorder(k))
		return false;
	k->result->captures++;
	if (p->is_live)
		begin_live(k, p);
	return true;
}

static bool
on_source(struct intake *k, struct peer *p, struct bytes body)
{
	struct capture_source source;

	if (p->stage != STAGE_READING || p->has_source || !message_get_source(body, &source))
		return false;
	p->has_source = true;
	recorder_source(k->recorder, source.text);
	return true;
}

static void
count_told(struct peer *p, const struct capture_minute *minute)
{
	const struct live_tally told = {
	    .packets = minute->packets,
	    .bytes = minute->bytes,
	    .dropped = minute->dropped,
	    .withheld = minute->withheld,
	    .untold = minute->untold,
	    .evicted = minute->evicted,
	};

	sum_counts(&p->told, &told, sizeof(told));
}

static uint64_t
beyond(uint64_t count, uint64_t told)
{
	return count > told ? count - told : 0;
}

/* Of flows that a reader says it had; not of its budget, which it may have left behind. */
static uint64_t
flows_lost(const struct peer *p)
{
	const struct dissector_flows flows = blackbox_flows(p->blackbox);
	uint64_t untold = p->tally.untold > p->told.untold ? p->tally.untold : p->told.untold;
	uint64_t lost = beyond(beyond(beyond(flows.begun, flows.empty), untold), p->sessions);

	if (p->blackbox == NULL)
		return p->tally.flows;
	return lost < UINT32_MAX ? lost : UINT32_MAX; /* more no reader can hold */
}

struct capture_minute
intake_loss(const struct peer *p)
{
	const struct live_tally last =
	    p->blackbox != NULL ? blackbox_tallied(p->blackbox) : p->tally;

	return (struct capture_minute){
	    .packets = beyond(last.packets, p->told.packets),
	    .bytes = beyond(last.bytes, p->told.bytes),
	    .dropped = beyond(last.dropped, p->told.dropped),
	    .withheld = beyond(last.withheld, p->told.withheld),
	    .untold = beyond(last.untold, p->told.untold),
	    .evicted = beyond(last.evicted, p->told.evicted),
	    .crashed = flows_lost(p),
	};
}

static bool
hear_minute(struct peer *p, struct bytes body, struct capture_minute *minute)
{
	if (p->stage != STAGE_READING || !p->has_source || !message_get_minute(body, minute))
		return false;
	count_told(p, minute);
	return true;
}

static bool
on_minute(struct intake *k, struct peer *p, struct bytes body)
{
	struct capture_minute minute;

	if (!hear_minute(p, body, &minute))
		return false;
	return recorder_minute(k->recorder, &minute) || intake_refused(k);
}

static bool
hear_session(struct intake *k, struct peer *p, struct bytes body)
{
	if ((p->stage != STAGE_READING && p->stage != STAGE_FINISHING) ||
	    !session_message_get(body, k->session))
		return false;
	p->sessions += !k->session->session.is_under_way;
	return true;
}

bool
intake_hear(struct intake *k, struct peer *p, enum message type, struct bytes body)
{
	struct capture_minute minute;

	return type == MESSAGE_SESSION ? hear_session(k, p, body)
				       : type == MESSAGE_MINUTE && hear_minute(p, body, &minute);
}

static bool
on_session(struct intake *k, struct peer *p, struct bytes body)
{
	const struct session *s = &k->session->session;

	if (k->recorder == NULL || !hear_session(k, p, body))
		return false;
	if (!recorder_judge(k->recorder, s, k->verdict))
		return intake_refused(k);
	if (recorder_session(k->recorder, s, k->verdict, &k->session->evidence, k->config->json) ==
	    RECORDED_FAILED)
		return intake_refused(k);
	if (k->inquiry != NULL && !inquiry_heard(k->inquiry, s))
		return intake_refused(k);
	/* That nobody reads a saved capture's is told at its end. */
	if (k->config->json != NULL && k->verdict->count > 0)
		fflush(k->config->json);
	return true;
}

static bool
on_progress(struct intake *k, struct peer *p, struct bytes body)
{
	struct capture_progress progress;

	if (p->stage != STAGE_READING || !message_get_progress(body, &progress))
		return false;
	p->packets = progress.packets;
	if (k->config->progress != NULL)
		k->config->progress(k->config->ctx, p->capture, progress.consumed, p->size);
	return true;
}

static void
tell_end(struct intake *k, const struct peer *p, const struct capture_ended *e)
{
	/* The log makes it printable; a precision keeps it in bounds. */
	int len = (int)e->why.len;
	const char *why = e->why.len > 0 ? (const char *)e->why.at : "";

	if (p->is_live && e->end != CAPTURE_WHOLE) {
		log_error("%s: %.*s; tried again until it can be captured", p->capture, len, why);
		return;
	}
	switch (e->end) {
	case CAPTURE_WHOLE:
		break;
	case CAPTURE_TRUNCATED:
		k->result->truncated++;
		if (e->packets == 0) {
			log_note("%s: truncated: it ends before its first packet does (%.*s)",
				 p->capture, len, why);
			break;
		}
		log_note("%s: truncated: read up to its last whole packet, number %" PRIu64
			 " (%.*s)",
			 p->capture, e->packets, len, why);
		break;
	case CAPTURE_DAMAGED:
		intake_fail(k);
		log_error("%s: damaged behind packet %" PRIu64
			  ": %.*s (what comes before is recorded)",
			  p->capture, e->packets, len, why);
		break;
	case CAPTURE_FOREIGN:
		intake_fail(k);
		log_error("%s: is no capture: %.*s (pcap and pcapng are read, plain or packed with "
			  "gzip or zstd)",
			  p->capture, len, why);
		break;
	}
}

/* Whether a capture may end so now. One that was never opened is foreign, or shows nothing. */
static bool
may_end(const struct peer *p, const struct capture_ended *e)
{
	if (p->stage == STAGE_OPENING)
		return e->end == CAPTURE_FOREIGN ||
		       (e->end == CAPTURE_TRUNCATED && e->packets == 0 && e->bytes == 0);
	return p->stage == STAGE_SKIPPING ||
	       (p->stage == STAGE_READING && e->end != CAPTURE_FOREIGN);
}

static bool
on_ended(struct intake *k, struct peer *p, struct bytes body)
{
	struct capture_ended ended;

	if (!message_get_ended(body, &ended) || !may_end(p, &ended))
		return false;
	/* The reader of a live capture that has ended begins no other. */
	p->stage = p->is_live ? STAGE_FINISHING : STAGE_IDLE;
	k->result->packets += ended.packets;
	k->result->bytes += ended.bytes;
	intake_clear_progress(k);
	tell_end(k, p, &ended);
	if (!p->is_live)
		p->capture = NULL;
	return true;
}

static bool
on_counts(struct intake *k, struct peer *p, struct bytes body)
{
	struct dissector_counts counts;

	if (p->stage != STAGE_FINISHING || !message_get_counts(body, &counts))
		return false;
	p->stage = STAGE_OVER;
	/* Where a reader had to be started again they add up. */
	sum_counts(&k->result->dissected, &counts, sizeof(counts));
	return true;
}

static bool
on_notice(struct intake *k, struct peer *p, struct bytes body)
{
	if (p->stage != STAGE_STARTING || p->has_complained)
		return false;
	intake_fail(k);
	p->has_complained = true;
	/* One that is tried again is likely to say the same. */
	if (!p->is_stuck)
		log_error("%s: %.*s", p->who, (int)body.len, (const char *)body.at);
	p->is_stuck = true;
	return true;
}

static bool
on_remark(struct peer *p, struct bytes body)
{
	if (p->stage != STAGE_STARTING || ++p->words > WORDS_MAX)
		return false;
	log_note("%s: %.*s", p->who, (int)body.len, (const char *)body.at);
	return true;
}

/* It says so and goes; it is tried again. */
static bool
on_absent(struct peer *p, struct bytes body)
{
	if (p->stage != STAGE_STARTING || !p->is_live)
		return false;
	if (!p->is_absent)
		log_error("%s: cannot capture: %.*s; tried again until it can", p->capture,
			  (int)body.len, (const char *)body.at);
	p->is_absent = true;
	return true;
}

static bool
on_tally(struct peer *p, struct bytes body)
{
	return p->stage == STAGE_READING && p->is_live && message_get_tally(body, &p->tally);
}

bool
intake_take(struct intake *k, struct peer *p, enum message type, struct bytes body)
{
	switch (type) {
	case MESSAGE_LAYERS:
		return on_layers(k, p, body);
	case MESSAGE_OPENED:
		return on_opened(k, p, body);
	case MESSAGE_SOURCE:
		return on_source(k, p, body);
	case MESSAGE_MINUTE:
		return on_minute(k, p, body);
	case MESSAGE_SESSION:
		return on_session(k, p, body);
	case MESSAGE_PROGRESS:
		return on_progress(k, p, body);
	case MESSAGE_ENDED:
		return on_ended(k, p, body);
	case MESSAGE_COUNTS:
		return on_counts(k, p, body);
	case MESSAGE_NOTICE:
		return on_notice(k, p, body);
	case MESSAGE_ABSENT:
		return on_absent(p, body);
	case MESSAGE_TALLY:
		return on_tally(p, body);
	case MESSAGE_REMARK:
		return on_remark(p, body);
	case MESSAGE_BLACKBOX:
	case MESSAGE_CONFIG:
	case MESSAGE_CAPTURE:
	case MESSAGE_FINISH:
	case MESSAGE_FILTER:
	case MESSAGE_SKIP:
	case MESSAGE_CHECKER:
	case MESSAGE_SINK:
	case MESSAGE_COURIER:
	case MESSAGE_DELIVERY:
	case MESSAGE_DELIVERED:
	case MESSAGE_OUTWORN:
	case MESSAGE_LOOKUP:
	case MESSAGE_LEARNT:
	case MESSAGE_NOT_NOW:
	case MESSAGE_EXPORTER:
	case MESSAGE_METRICS:
		break; /* those are ours to send, or between us and a checker */
	}
	return false;
}

/* Where it is not to be had a crash leaves less behind, and that is all. */
static void
send_blackbox(struct peer *p)
{
	int descriptor;

	blackbox_free(p->blackbox);
	p->blackbox = blackbox_new(&descriptor);
	if (p->blackbox == NULL)
		return;
	/* Alone and first: a descriptor that came beside another's would be lost. */
	message_put_empty(channel_out(p->channel), MESSAGE_BLACKBOX);
	channel_flush_with(p->channel, descriptor);
	close(descriptor);
}

bool
intake_configure(struct intake *k, struct peer *p, const char *interface, uint16_t group)
{
	static struct reader_config config; /* large */
	int ca_file = ca_file_open(k->config->ca_file);
	bool is_sent;

	if (ca_file < 0 && k->config->ca_file != NULL) {
		intake_fail(k);
		return false;
	}
	if (interface != NULL)
		send_blackbox(p);
	config.budget = k->config->memory;
	config.snaplen = k->config->snaplen;
	config.has_ca = ca_file >= 0;
	config.has_filter = k->config->expression != NULL;
	config.buffer = k->config->buffer;
	config.gate = (uint8_t)k->config->gate;
	snprintf(config.user, sizeof(config.user), "%s",
		 k->config->user != NULL ? k->config->user : "");
	config.gate_flows = k->config->gate_flows;
	config.group = group;
	config.readers = (uint8_t)k->config->readers;
	snprintf(config.interface, sizeof(config.interface), "%s",
		 interface != NULL ? interface : "");
	memcpy(config.service, k->config->service, sizeof(config.service));
	message_put_config(channel_out(p->channel), &config);
	is_sent = channel_flush_with(p->channel, ca_file);
	if (ca_file >= 0)
		close(ca_file);
	return is_sent;
}

static bool
start(const struct starter *s, struct role_process *out)
{
	bool is_started = s != NULL ? starter_start(s, "reader", out) : role_start("reader", out);

	if (is_started && out->link >= 0)
		close(out->link); /* a starter serves it, and there is none */
	return is_started;
}

void
intake_name(struct peer *p, const char *interface, unsigned readers, unsigned number)
{
	p->is_live = true;
	p->capture = interface;
	if (readers > 1)
		snprintf(p->who, sizeof(p->who), "%.64s, reader %u", interface, number + 1);
	else
		snprintf(p->who, sizeof(p->who), "%.64s", interface);
}

bool
intake_start(const struct intake *k, struct peer *p)
{
	p->stage = STAGE_STARTING;
	p->complaint = NULL;
	p->has_complained = false;
	p->words = 0;
	p->tally = p->told = (struct live_tally){0};
	p->sessions = 0;
	if (!start(k->config->starter, &p->process)) {
		int why = errno;

		log_error("%s: cannot start its reader: %s", p->who, strerror(why));
		errno = why;
		return false;
	}
	p->channel = channel_new(p->process.socket);
	if (p->channel != NULL)
		return true;
	log_error("out of memory");
	close(p->process.socket);
	return false;
}

static void
end_now(const struct starter *s, const struct role_process *process)
{
	if (s != NULL)
		starter_kill(s, process);
	else
		role_kill(process);
}

static bool
reap(const struct starter *s, struct role_process *process, char how[ROLE_HOW_MAX])
{
	return s != NULL ? starter_reap(s, process, how) : role_reap(process, how);
}

bool
intake_stop(const struct intake *k, struct peer *p, volatile sig_atomic_t *shared_socket,
	    char how[ROLE_HOW_MAX])
{
	const struct starter *s = k->config->starter;
	bool is_good;

	/* A reader that cannot start says why and goes by itself, where nothing is held against it.
	 */
	if (p->complaint != NULL || (p->stage != STAGE_OVER && p->stage != STAGE_STARTING))
		end_now(s, &p->process);
	if (shared_socket != NULL)
		*shared_socket = -1;
	channel_free(p->channel);
	p->channel = NULL;
	is_good = reap(s, &p->process, how) && p->stage == STAGE_OVER;
	if (p->complaint != NULL)
		snprintf(how, ROLE_HOW_MAX, "%s", p->complaint);
	return is_good;
}

bool
intake_begin(struct intake *k, const struct keeper_config *config, struct keeper_result *result)
{
	*result = (struct keeper_result){0};
	*k = (struct intake){
	    .config = config,
	    .result = result,
	    .verdict = malloc(sizeof(*k->verdict)),
	    .session = malloc(sizeof(*k->session)),
	};
	if (k->verdict != NULL && k->session != NULL)
		return true;
	log_error("out of memory");
	intake_fail(k);
	return false;
}

bool
intake_close_recorder(struct intake *k)
{
	struct recorder_counts counts;
	bool is_good;

	if (k->recorder == NULL)
		return true;
	is_good = recorder_flush(k->recorder);
	if (!is_good && !k->result->is_refused)
		intake_refused(k);
	/* Saved captures have an end, and what they put over the limits has no later time. */
	if (is_good && k->config->interface_count == 0)
		recorder_keep_now(k->recorder);
	intake_complain(k);
	counts = recorder_counts(k->recorder);
	k->result->has_database = true;
	sum_counts(&k->result->recorded, &counts, sizeof(counts));
	recorder_close(k->recorder);
	k->recorder = NULL;
	return is_good;
}

void
intake_end(struct intake *k)
{
	intake_close_recorder(k);
	free(k->verdict);
	free(k->session);
}
