/*
 * The reader role; see reader.h. It starts in one visible order: hear what is
 * wanted, fetch all that it will ever need, close itself in, say how well,
 * serve.
 */
#include "monitor/role/reader.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "monitor/certificate.h"
#include "monitor/role/layers.h"
#include "monitor/role/place.h"
#include "monitor/role/reading.h"
#include "monitor/role/role.h"
#include "monitor/role/sandbox.h"

#define MINUTE INT64_C(60000000) /* microseconds */

/*
 * Address space beyond the dissector's budget: the program and its libraries,
 * buffers, and a zstd window of 128 MiB.
 */
#define MEMORY_BESIDE ((size_t)448 << 20)

#define PROGRESS_INTERVAL (UINT64_C(4) << 20) /* bytes of the file */

#define GATE_FLOW_SIZE 256 /* bytes of a mark of the gate, and to spare */

/* Bytes of messages that wait where a keeper is too slow for a live capture. */
#define HOLD ((size_t)8 << 20)

/*
 * A capture is known by its link type and its first packets, a few characters
 * for each: enough to tell two captures apart, few enough that one which has
 * grown since stays itself; and the text of one that was cut is the beginning
 * of the whole one's.
 */
#define SOURCE_PACKET 48 /* bytes that stand for a packet: time, lengths, digest */

void
reader_sent(struct reader *r)
{
	if (r->live == NULL && !channel_sent(r->channel))
		r->is_alone = true;
}

void
reader_flush(struct reader *r)
{
	if (!(r->live != NULL ? channel_offer(r->channel) : channel_flush(r->channel)))
		r->is_alone = true;
}

/*
 * Whether the channel has room for a session. A keeper that is too slow is told
 * those first that have findings.
 */
static bool
has_room(const struct reader *r)
{
	if (r->live == NULL)
		return true;
	return channel_has_room(r->channel) &&
	       (r->verdict->count > 0 || channel_held(r->channel) < HOLD / 2);
}

/* Evidence is much larger than facts: it goes along only where the judge will want it. */
static void
tell_session(void *ctx, const struct session *s, struct evidence *evidence,
	     const struct evidence_list *kept)
{
	struct reader *r = ctx;

	if (r->is_alone)
		return;
	judge_session(s, r->verdict);
	/* What is under way is told only for what was found in it. */
	if (s->is_under_way && r->verdict->count == 0)
		return;
	if (!has_room(r)) {
		r->untold++;
		return;
	}
	if (r->verdict->count > 0)
		session_message_put(channel_out(r->channel), s, evidence, kept);
	else
		session_message_put(channel_out(r->channel), s, NULL, NULL);
	reader_sent(r);
}

static void
tell_minute(struct reader *r, const struct capture_minute *m)
{
	message_put_minute(channel_out(r->channel), m);
	reader_sent(r);
}

/* The next characters of the source. */
static void
extend_source(struct reader *r, struct bytes of, size_t at)
{
	static const char hex[] = "0123456789abcdef";
	char *out = r->now.source.text + at * SOURCE_STEP;
	uint8_t digest[32];

	r->digests.sha256(of, digest);
	for (size_t i = 0; i < SOURCE_STEP / 2; i++) {
		out[2 * i] = hex[digest[i] >> 4];
		out[2 * i + 1] = hex[digest[i] & 15];
	}
}

static void
begin_source(struct reader *r)
{
	uint8_t linktype[4];
	struct packer p = packer_over(linktype, sizeof(linktype));

	pack_u32(&p, capture_linktype(r->now.capture));
	extend_source(r, (struct bytes){linktype, sizeof(linktype)}, 0);
}

static void
tell_source(struct reader *r)
{
	struct reading *now = &r->now;

	message_put_source(channel_out(r->channel), &now->source);
	reader_sent(r);
	now->is_source_told = true;
	for (size_t i = 0; i < now->waiting_count; i++)
		tell_minute(r, &now->waiting[i]);
}

/* One of the first packets, for the source. */
static void
note_first(struct reader *r, const struct captured *packet)
{
	uint8_t of[SOURCE_PACKET];
	struct packer p = packer_over(of, sizeof(of));

	pack_u64(&p, (uint64_t)packet->time);
	pack_u32(&p, packet->wire_len);
	pack_u32(&p, (uint32_t)packet->bytes.len);
	r->digests.sha256(packet->bytes, pack_room(&p, 32));
	extend_source(r, (struct bytes){of, sizeof(of)}, ++r->now.first_count);
	if (r->now.first_count == SOURCE_PACKETS)
		tell_source(r);
}

/* What others count; of a minute it is the difference. */
static struct capture_minute
counted_so_far(const struct reader *r)
{
	struct dissector_counts counts = dissector_counts(r->dissector);

	return (struct capture_minute){
	    .gaps = counts.gaps,
	    .withheld = reader_withheld(r),
	    .evicted = counts.evicted,
	    .untold = r->untold,
	};
}

void
reader_end_minute(struct reader *r)
{
	struct reading *now = &r->now;
	struct capture_minute so_far = counted_so_far(r);

	if (!now->has_minute)
		return;
	now->minute.gaps = so_far.gaps - now->before.gaps;
	now->minute.withheld = so_far.withheld - now->before.withheld;
	now->minute.evicted = so_far.evicted - now->before.evicted;
	now->minute.untold = so_far.untold - now->before.untold;
	now->has_minute = false;
	/*
	 * Until the source is known there were fewer packets than there is room for
	 * minutes. A live capture has none.
	 */
	if (now->is_source_told || r->live != NULL)
		tell_minute(r, &now->minute);
	else
		now->waiting[now->waiting_count++] = now->minute;
}

static void
begin_minute(struct reader *r, int64_t time)
{
	r->now.minute = (struct capture_minute){.minute = time - time % MINUTE};
	r->now.before = counted_so_far(r);
	r->now.has_minute = true;
}

/*
 * What is earlier than the minute under way counts in that one; but live, where
 * the clock was set back, the minutes come again. They add up, which those of a
 * saved capture do not: each of these is told once.
 */
static void
be_in_minute(struct reader *r, int64_t time)
{
	int64_t since = time - r->now.minute.minute;

	if (r->now.has_minute && since < MINUTE && (r->live == NULL || since > -MINUTE))
		return;
	reader_end_minute(r);
	begin_minute(r, time);
}

void
reader_count_lost(struct reader *r, int64_t time, uint64_t packets)
{
	be_in_minute(r, time);
	r->now.minute.dropped += packets;
}

static void
count_packet(struct reader *r, const struct captured *packet)
{
	struct reading *now = &r->now;

	be_in_minute(r, packet->time);
	now->minute.packets++;
	now->minute.bytes += packet->wire_len;
	now->packets++;
	now->bytes += packet->wire_len;
}

#ifdef WAXSEAL_STUMBLE
/* For tests of what a crash leaves behind. */
static void
stumble(const struct captured *packet)
{
	static const char mark[] = WAXSEAL_STUMBLE;

	if (memmem(packet->bytes.at, packet->bytes.len, mark, sizeof(mark) - 1) != NULL)
		abort();
}
#else
static void
stumble(const struct captured *packet)
{
	(void)packet;
}
#endif

void
reader_note_flows(const struct reader *r)
{
	const struct dissector_flows flows = dissector_flows(r->dissector);

	blackbox_count(r->blackbox, &flows);
}

void
reader_take(void *ctx, const struct captured *packet)
{
	struct reader *r = ctx;
	struct captured cut = *packet;

	blackbox_note(r->blackbox, packet);
	if (!expression_passes(r->filter, packet))
		return;
	stumble(packet);
	cut.bytes = bytes_first(cut.bytes, r->snaplen);
	count_packet(r, &cut);
	dissector_feed(r->dissector, &cut);
	reader_note_flows(r);
}

/* What a capture is known by is in the file: no filter and no snap length makes it another. */
static void
read_packet(void *ctx, const struct captured *packet)
{
	struct reader *r = ctx;

	if (r->now.first_count < SOURCE_PACKETS)
		note_first(r, packet);
	reader_take(r, packet);
}

static void
tell_progress(struct reader *r)
{
	struct reading *now = &r->now;
	const struct capture_progress progress = {capture_consumed(now->capture), now->packets};

	if (progress.consumed - now->told < PROGRESS_INTERVAL)
		return;
	now->told = progress.consumed;
	message_put_progress(channel_out(r->channel), &progress);
	reader_flush(r);
}

void
reader_tell_ended(struct reader *r, enum capture_end end, const char *why)
{
	const struct capture_ended ended = {
	    .end = end,
	    .packets = r->now.packets,
	    .bytes = r->now.bytes,
	    .why = {(const uint8_t *)why, strnlen(why, CAPTURE_WHY_MAX)},
	};

	message_put_ended(channel_out(r->channel), &ended);
	reader_flush(r);
}

bool
reader_hear_filter(struct reader *r)
{
	enum message type;
	struct bytes body;

	if (!r->has_filter)
		return true;
	r->is_alone = channel_hear(r->channel, &type, &body) != HEARD_MESSAGE;
	if (r->is_alone)
		return false;
	if (type == MESSAGE_FILTER && message_get_filter(body, r->filter))
		return true;
	/* A keeper that is to end may have said so before it heard what was opened. */
	r->is_finishing = type == MESSAGE_FINISH && r->live != NULL;
	r->is_alone = type != MESSAGE_SKIP && !r->is_finishing; /* there is no use in going on */
	return false;
}

/* What is known goes out before more is waited for: a pipe may be silent for hours. */
static void
before_wait(void *ctx)
{
	reader_flush(ctx);
}

static void
read_packets(struct reader *r)
{
	capture_on_wait(r->now.capture, before_wait, r);
	begin_source(r);
	while (!r->is_alone && capture_read(r->now.capture, PACKETS_AT_ONCE, read_packet, r))
		tell_progress(r);
	reader_end_minute(r);
	if (!r->now.is_source_told)
		tell_source(r);
}

static void
read_capture(struct reader *r, int descriptor)
{
	char why[CAPTURE_WHY_MAX];
	struct capture_opened opened;
	enum capture_end end;

	r->now = (struct reading){.capture = capture_open(descriptor, &end, why)};
	if (r->now.capture == NULL) {
		reader_tell_ended(r, end, why);
		return;
	}
	opened.linktype = capture_linktype(r->now.capture);
	message_put_opened(channel_out(r->channel), &opened);
	reader_flush(r);
	if (reader_hear_filter(r))
		read_packets(r);
	reader_tell_ended(r, capture_end(r->now.capture), capture_why(r->now.capture));
	capture_close(r->now.capture);
}

/* The last that is told, and for that there is time; false: the keeper went before. */
static bool
finish(struct reader *r)
{
	struct dissector_counts counts;

	/* A live capture ends with the process: to close it takes calls that are gone. */
	r->live = NULL;
	dissector_finish(r->dissector);
	counts = dissector_counts(r->dissector);
	message_put_counts(channel_out(r->channel), &counts);
	reader_flush(r);
	return !r->is_alone;
}

/* Read what the keeper sends until it is done; false where it broke off. */
static bool
serve(struct reader *r)
{
	enum message type;
	struct bytes body;

	while (!r->is_alone && channel_hear(r->channel, &type, &body) == HEARD_MESSAGE) {
		int descriptor = channel_take_descriptor(r->channel);

		if (type == MESSAGE_FINISH)
			return finish(r);
		if (type != MESSAGE_CAPTURE || (r->live == NULL) == (descriptor < 0))
			return false;
		if (r->live == NULL)
			read_capture(r, descriptor);
		else if (tap_serve(r))
			return finish(r);
	}
	return false;
}

static void
complain(struct reader *r, enum message type, const char *words)
{
	message_put_words(channel_out(r->channel), type, bytes_text(words));
	channel_flush(r->channel);
}

static bool
prepare_certifier(struct reader *r, const struct reader_config *config)
{
	char why[CAPTURE_WHY_MAX];
	int descriptor = channel_take_descriptor(r->channel);
	FILE *ca_file = config->has_ca && descriptor >= 0 ? fdopen(descriptor, "r") : NULL;

	r->certifier = certifier_new(ca_file, why, sizeof(why));
	if (ca_file != NULL)
		fclose(ca_file);
	else if (descriptor >= 0)
		close(descriptor);
	if (r->certifier == NULL) {
		complain(r, MESSAGE_NOTICE, why);
		return false;
	}
	r->digests = certifier_digests(r->certifier);
	return true;
}

static void
withhold(void *ctx, const struct flow_key *key)
{
	const struct reader *r = ctx;

	if (r->gate != NULL)
		gate_mark(r->gate, key);
}

static void
admit(void *ctx, const struct flow_key *key)
{
	const struct reader *r = ctx;

	if (r->gate != NULL)
		gate_forget(r->gate, key);
}

static uint64_t
withheld(void *ctx, const struct flow_key *key)
{
	const struct reader *r = ctx;
	struct gate_count count;

	return r->gate != NULL && gate_flow(r->gate, key, &count) ? count.packets : 0;
}

static bool
prepare_dissector(struct reader *r, const struct reader_config *config)
{
	struct dissector_config wanted = {
	    .budget = (size_t)config->budget,
	    .has_reports = config->interface[0] != '\0',
	    .digests = r->digests,
	    .session = tell_session,
	    .ctx = r,
	};

	if (config->interface[0] != '\0' && config->gate != GATE_NONE)
		wanted.gate = (struct dissector_gate){withhold, admit, withheld, r};
	memcpy(wanted.service, config->service, sizeof(wanted.service));
	if (getrandom(wanted.secret, sizeof(wanted.secret), 0) != sizeof(wanted.secret)) {
		complain(r, MESSAGE_NOTICE, "no random bytes to be had");
		return false;
	}
	r->dissector = dissector_new(&wanted);
	r->verdict = malloc(sizeof(*r->verdict));
	r->filter = calloc(1, sizeof(*r->filter));
	r->snaplen = config->snaplen;
	r->has_filter = config->has_filter;
	if (r->dissector == NULL || r->verdict == NULL || r->filter == NULL) {
		complain(r, MESSAGE_NOTICE, "not enough memory (give less with --memory)");
		return false;
	}
	return true;
}

/*
 * A gate before the capture: in the kernel, or, where that does not take it and
 * is not insisted on, here. False, and told, where it cannot be.
 */
static bool
prepare_gate(struct reader *r, const struct reader_config *config)
{
	struct gate_config wanted = {
	    .with_kernel = true,
	    .flows = config->gate_flows,
	    .snaplen = config->snaplen,
	    .service = config->service,
	};
	char why[GATE_WHY_MAX] = "no memory or no random bytes", line[GATE_WHY_MAX + 32];
	const char *what = "gate: in user space: ";
	bool is_fatal;

	if (config->gate == GATE_NONE)
		return true;
	if (getrandom(wanted.secret, sizeof(wanted.secret), 0) == sizeof(wanted.secret))
		r->gate = gate_new(&wanted, why);
	if (r->gate != NULL)
		gate_attach(r->gate, live_descriptor(r->live), live_linktype(r->live), why);
	if (r->gate != NULL && gate_is_in_kernel(r->gate))
		return true;
	is_fatal = config->gate == GATE_EBPF || r->gate == NULL;
	if (is_fatal)
		what = config->gate == GATE_EBPF ? "--gate ebpf: " : "gate: ";
	snprintf(line, sizeof(line), "%s%s", what, why);
	complain(r, is_fatal ? MESSAGE_NOTICE : MESSAGE_REMARK, line);
	return !is_fatal;
}

/*
 * Where several read an interface, which of its packets are ours. False, and
 * told, where the socket is not given its place.
 */
static bool
take_place(struct reader *r, const struct reader_config *config)
{
	const struct place_wish wish = {
	    .linktype = live_linktype(r->live),
	    .group = config->group,
	    .readers = config->readers,
	};
	struct place_given place = {.why = "it has no place: what starts the readers is gone"};
	bool is_answered = place_take(ROLE_LINK, &wish, live_descriptor(r->live), &place);

	close(ROLE_LINK);
	if (!is_answered || !place.is_taken) {
		/* It joins no group while the interface is down. */
		complain(r, live_is_up(r->live) ? MESSAGE_NOTICE : MESSAGE_ABSENT,
			 place.why[0] != '\0' ? place.why : "out of memory");
		return false;
	}
	if (place.why[0] != '\0')
		complain(r, MESSAGE_REMARK, place.why);
	for (size_t i = 0; place.is_chief && i < LIVE_REMARKS; i++)
		if (*live_remark(r->live, i) != '\0')
			complain(r, MESSAGE_REMARK, live_remark(r->live, i));
	r->counts_interface = place.is_chief;
	live_share(r->live, place.since, place.lost);
	return true;
}

/* Begin to capture where that is wanted; false, and told, where it cannot be. */
static bool
prepare_live(struct reader *r, const struct reader_config *config)
{
	const struct live_config wanted = {
	    .interface = config->interface,
	    .snaplen = config->snaplen,
	    .buffer = config->buffer,
	};
	char why[LIVE_WHY_MAX];
	bool is_absent;

	if (config->interface[0] == '\0')
		return true;
	if (!channel_hold(r->channel, HOLD)) {
		complain(r, MESSAGE_NOTICE, "out of memory");
		return false;
	}
	r->live = live_open(&wanted, &is_absent, why);
	if (r->live == NULL)
		complain(r, is_absent ? MESSAGE_ABSENT : MESSAGE_NOTICE, why);
	return r->live != NULL && prepare_gate(r, config) && take_place(r, config);
}

static void
take_blackbox(struct reader *r)
{
	int descriptor = channel_take_descriptor(r->channel);

	if (descriptor < 0)
		return;
	r->blackbox = blackbox_of(descriptor);
	close(descriptor);
}

/* Hear what is wanted and fetch all that is needed, while that can still be done. */
static bool
prepare(struct reader *r, struct reader_config *config)
{
	enum message type;
	struct bytes body;

	if (channel_hear(r->channel, &type, &body) != HEARD_MESSAGE)
		return false;
	if (type == MESSAGE_BLACKBOX) {
		take_blackbox(r);
		if (channel_hear(r->channel, &type, &body) != HEARD_MESSAGE)
			return false;
	}
	if (type != MESSAGE_CONFIG || !message_get_config(body, config))
		return false;
	return prepare_certifier(r, config) && prepare_dissector(r, config);
}

static void
tell_layers(struct reader *r, const int error[LAYERS])
{
	layers_put(channel_out(r->channel), error);
	reader_flush(r);
}

/*
 * Give up all but the capture, which is opened on the way: that takes what is
 * given up right behind it. False, and told, where there is none to be had.
 */
static bool
close_in(struct reader *r, const struct reader_config *config, const struct sandbox *box)
{
	struct sandbox sandbox = {
	    .socket = box->socket,
	    .allows = config->interface[0] != '\0' ? box->allows : ALLOWS_NOTHING,
	    .link = config->interface[0] != '\0' ? ROLE_LINK : 0,
	    .memory = (size_t)config->budget + config->buffer +
		      (size_t)config->gate_flows * GATE_FLOW_SIZE + MEMORY_BESIDE,
	};
	int error[LAYERS];

	if (!sandbox_find_user(&sandbox, config->user)) {
		complain(r, MESSAGE_NOTICE, "--user: there is no such user, or it is root");
		return false;
	}
	sandbox_approach(&sandbox, error);
	if (!prepare_live(r, config))
		return false;
	sandbox.capture = r->live != NULL ? live_descriptor(r->live) : -1;
	sandbox_enter(&sandbox, error);
	tell_layers(r, error);
	return true;
}

int
reader_main(const struct sandbox *box)
{
	struct reader r = {.channel = channel_new(box->socket)};
	struct reader_config *config = malloc(sizeof(*config));
	bool is_done = false;

	if (r.channel != NULL && config != NULL && prepare(&r, config) && close_in(&r, config, box))
		is_done = serve(&r);
	dissector_free(r.dissector);
	free(r.verdict);
	free(r.filter);
	free(config);
	certifier_free(r.certifier);
	channel_free(r.channel);
	return is_done ? 0 : 1;
}
