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

#include "monitor/capture/capture.h"
#include "monitor/certificate.h"
#include "monitor/role/channel.h"
#include "monitor/role/role.h"
#include "monitor/role/sandbox.h"
#include "monitor/role/session_message.h"

#define MINUTE INT64_C(60000000) /* microseconds */

/*
 * Address space beyond the dissector's budget: the program and its libraries,
 * buffers, and a zstd window of 128 MiB.
 */
#define MEMORY_BESIDE ((size_t)448 << 20)

#define PACKETS_AT_ONCE   1024
#define PROGRESS_INTERVAL (UINT64_C(4) << 20) /* bytes of the file */

/*
 * A capture is known by its link type and its first packets, a few characters
 * for each: enough to tell two captures apart, few enough that one which has
 * grown since stays itself; and the text of one that was cut is the beginning
 * of the whole one's.
 */
#define SOURCE_PACKETS 8
#define SOURCE_PACKET  48 /* bytes that stand for a packet: time, lengths, digest */

/* What is known of the capture under way. */
struct reading {
	struct capture *capture;
	uint64_t packets, bytes, told; /* told: consumed bytes at the last progress */
	struct capture_source source;  /* as far as it is known */
	size_t first_count;
	bool is_source_told;
	struct capture_minute minute;
	bool has_minute;
	uint64_t gaps; /* the dissector's count when the minute began */
	struct capture_minute waiting[SOURCE_PACKETS]; /* over before the source was known */
	size_t waiting_count;
};

struct reader {
	struct channel *channel;
	struct certifier *certifier;
	struct digests digests;
	struct dissector *dissector;
	struct verdict *verdict;
	struct reading now;
	uint32_t snaplen; /* bytes of each packet that are looked at */
	bool has_filter;  /* the keeper answers an opened capture with one */
	struct expression *filter;
	bool is_alone; /* the keeper is gone: nothing more can be told */
};

static void
sent(struct reader *r)
{
	if (!channel_sent(r->channel))
		r->is_alone = true;
}

static void
flush(struct reader *r)
{
	if (!channel_flush(r->channel))
		r->is_alone = true;
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
	if (r->verdict->count > 0)
		session_message_put(channel_out(r->channel), s, evidence, kept);
	else
		session_message_put(channel_out(r->channel), s, NULL, NULL);
	sent(r);
}

static void
tell_minute(struct reader *r, const struct capture_minute *m)
{
	message_put_minute(channel_out(r->channel), m);
	sent(r);
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
	sent(r);
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

static void
end_minute(struct reader *r)
{
	struct reading *now = &r->now;
	uint64_t gaps = dissector_counts(r->dissector).gaps;

	if (!now->has_minute)
		return;
	now->minute.gaps = gaps - now->gaps;
	now->has_minute = false;
	/* Until the source is known there were fewer packets than there is room for minutes. */
	if (now->is_source_told)
		tell_minute(r, &now->minute);
	else
		now->waiting[now->waiting_count++] = now->minute;
}

static void
begin_minute(struct reader *r, int64_t time)
{
	r->now.minute = (struct capture_minute){.minute = time - time % MINUTE};
	r->now.gaps = dissector_counts(r->dissector).gaps;
	r->now.has_minute = true;
}

/* A packet earlier than the minute under way counts in that one, as it does for the dissector. */
static void
count_packet(struct reader *r, const struct captured *packet)
{
	struct reading *now = &r->now;

	if (!now->has_minute || packet->time - now->minute.minute >= MINUTE) {
		end_minute(r);
		begin_minute(r, packet->time);
	}
	now->minute.packets++;
	now->minute.bytes += packet->wire_len;
	now->packets++;
	now->bytes += packet->wire_len;
}

/* What a capture is known by is in the file: no filter and no snap length makes it another. */
static void
read_packet(void *ctx, const struct captured *packet)
{
	struct reader *r = ctx;
	struct captured cut = *packet;

	if (r->now.first_count < SOURCE_PACKETS)
		note_first(r, packet);
	if (!expression_passes(r->filter, packet))
		return;
	cut.bytes = bytes_first(cut.bytes, r->snaplen);
	count_packet(r, &cut);
	dissector_feed(r->dissector, &cut);
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
	flush(r);
}

static void
tell_ended(struct reader *r, enum capture_end end, const char *why)
{
	const struct capture_ended ended = {
	    .end = end,
	    .packets = r->now.packets,
	    .bytes = r->now.bytes,
	    .why = {(const uint8_t *)why, strnlen(why, CAPTURE_WHY_MAX)},
	};

	message_put_ended(channel_out(r->channel), &ended);
	flush(r);
}

/* Hear which packets to read; false where there are none, or the keeper does not say. */
static bool
hear_filter(struct reader *r)
{
	enum message type;
	struct bytes body;

	if (!r->has_filter)
		return true;
	if (channel_hear(r->channel, &type, &body) != HEARD_MESSAGE ||
	    (type != MESSAGE_FILTER && type != MESSAGE_SKIP) ||
	    (type == MESSAGE_FILTER && !message_get_filter(body, r->filter)))
		r->is_alone = true; /* there is no use in going on */
	return !r->is_alone && type == MESSAGE_FILTER;
}

/* What is known goes out before more is waited for: a pipe may be silent for hours. */
static void
before_wait(void *ctx)
{
	flush(ctx);
}

static void
read_packets(struct reader *r)
{
	capture_on_wait(r->now.capture, before_wait, r);
	begin_source(r);
	while (!r->is_alone && capture_read(r->now.capture, PACKETS_AT_ONCE, read_packet, r))
		tell_progress(r);
	end_minute(r);
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
		tell_ended(r, end, why);
		return;
	}
	opened.linktype = capture_linktype(r->now.capture);
	message_put_opened(channel_out(r->channel), &opened);
	flush(r);
	if (hear_filter(r))
		read_packets(r);
	tell_ended(r, capture_end(r->now.capture), capture_why(r->now.capture));
	capture_close(r->now.capture);
}

/* The last that is told; false: the keeper went before. */
static bool
finish(struct reader *r)
{
	struct dissector_counts counts;

	dissector_finish(r->dissector);
	counts = dissector_counts(r->dissector);
	message_put_counts(channel_out(r->channel), &counts);
	flush(r);
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
		if (type != MESSAGE_CAPTURE || descriptor < 0)
			return false;
		read_capture(r, descriptor);
	}
	return false;
}

static void
complain(struct reader *r, const char *words)
{
	message_put_notice(channel_out(r->channel),
			   (struct bytes){(const uint8_t *)words, strlen(words)});
	flush(r);
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
		complain(r, why);
		return false;
	}
	r->digests = certifier_digests(r->certifier);
	return true;
}

static bool
prepare_dissector(struct reader *r, const struct reader_config *config)
{
	struct dissector_config wanted = {
	    .budget = (size_t)config->budget,
	    .digests = r->digests,
	    .session = tell_session,
	    .ctx = r,
	};

	memcpy(wanted.service, config->service, sizeof(wanted.service));
	if (getrandom(wanted.secret, sizeof(wanted.secret), 0) != sizeof(wanted.secret)) {
		complain(r, "no random bytes to be had");
		return false;
	}
	r->dissector = dissector_new(&wanted);
	r->verdict = malloc(sizeof(*r->verdict));
	r->filter = calloc(1, sizeof(*r->filter));
	r->snaplen = config->snaplen;
	r->has_filter = config->has_filter;
	if (r->dissector == NULL || r->verdict == NULL || r->filter == NULL) {
		complain(r, "not enough memory (give less with --memory)");
		return false;
	}
	return true;
}

/* Hear what is wanted and fetch all that is needed, while that can still be done. */
static bool
prepare(struct reader *r, struct reader_config *config)
{
	enum message type;
	struct bytes body;

	if (channel_hear(r->channel, &type, &body) != HEARD_MESSAGE || type != MESSAGE_CONFIG ||
	    !message_get_config(body, config))
		return false;
	return prepare_certifier(r, config) && prepare_dissector(r, config);
}

static void
close_in(struct reader *r, const struct reader_config *config)
{
	struct sandbox sandbox = {.socket = ROLE_SOCKET,
				  .memory = (size_t)config->budget + MEMORY_BESIDE};
	struct layer_states states = {.count = LAYERS};
	int error[LAYERS];

	sandbox_find_user(&sandbox);
	sandbox_enter(&sandbox, error);
	for (size_t i = 0; i < LAYERS; i++)
		states.state[i] = (struct layer_state){(uint8_t)i, (uint16_t)error[i]};
	message_put_layers(channel_out(r->channel), &states);
	flush(r);
}

int
reader_main(int socket)
{
	struct reader r = {.channel = channel_new(socket)};
	struct reader_config *config = malloc(sizeof(*config));
	bool is_done = false;

	if (r.channel != NULL && config != NULL && prepare(&r, config)) {
		close_in(&r, config);
		is_done = serve(&r);
	}
	dissector_free(r.dissector);
	free(r.verdict);
	free(r.filter);
	free(config);
	certifier_free(r.certifier);
	channel_free(r.channel);
	return is_done ? 0 : 1;
}
