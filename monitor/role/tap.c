/*
 * The reader on a live interface; see reading.h. One loop: packets, then what
 * the keeper says, then what time asks for. It never waits for the keeper.
 */
#include <poll.h>
#include <stdlib.h>

#include "monitor/clock.h"
#include "monitor/role/reading.h"
#include "monitor/role/role.h"

#define MINUTE    INT64_C(60000000) /* microseconds */
#define REPORT_US INT64_C(250000)   /* between looks at what was decided and what was lost */
#define TALLY_US  INT64_C(1000000)
#define QUIET_US  (INT64_C(3000) * LIVE_WAIT_MS) /* of silence: nothing older is to come */
#define DRAIN_US  INT64_C(5000000)               /* for what has come, less than the keeper waits */
#define NEVER     INT64_MIN

/* What time it is on the tap, where no packet says so. */
struct tap_clock {
	int64_t packet;            /* time of the last packet; NEVER before the first */
	int64_t seen;              /* when packets came last, by the monotonic clock */
	int64_t reported, tallied; /* by the monotonic clock */
};

struct tap {
	struct reader *reader;
	struct tap_clock clock;
	bool is_up; /* the interface is */
};

/*
 * Where packets' times went on by much more than time here, or by less, the
 * system's clock was set. Nothing is over for that. What is less than a minute
 * does no harm.
 */
static void
notice_step(struct tap *tap, int64_t time)
{
	const struct tap_clock *c = &tap->clock;
	int64_t by = c->packet == NEVER ? 0 : time - c->packet;

	if (llabs(by) < MINUTE)
		return;
	by -= clock_steady_us() - c->seen;
	if (llabs(by) >= MINUTE)
		dissector_step(tap->reader->dissector, by);
}

static void
take(void *ctx, const struct captured *packet)
{
	struct tap *tap = ctx;

	notice_step(tap, packet->time);
	tap->clock.packet = packet->time;
	if (tap->reader->gate == NULL || gate_passes(tap->reader->gate, packet))
		reader_take(tap->reader, packet);
}

/* The system's clock may be set while we run; packets' times go on from the last one. */
static int64_t
time_on_tap(const struct tap_clock *c, int64_t now)
{
	return c->packet == NEVER ? clock_wall() : c->packet + (now - c->seen);
}

/*
 * What was lost since the last look was lost to every session under way. What the
 * interface lost it lost to all its readers, and one of them counts it.
 */
static void
count_losses(struct reader *r, int64_t time)
{
	struct live_losses losses = live_losses(r->live);
	uint64_t ring = losses.ring - r->losses.ring;
	uint64_t interface = losses.interface - r->losses.interface;
	uint64_t counted = r->counts_interface ? interface : 0;
	uint64_t lost = ring + counted;

	r->losses = losses;
	if (lost > 0)
		reader_count_lost(r, time, lost);
	r->dropped += lost;
	r->by_interface += counted;
	if (ring + interface > 0)
		dissector_note_loss(r->dissector);
}

uint64_t
reader_withheld(const struct reader *r)
{
	struct gate_count counts[GATE_VERDICTS];
	uint64_t sum = 0;

	if (r->gate == NULL)
		return 0;
	gate_counts(r->gate, counts);
	for (int i = 0; i < GATE_VERDICTS; i++)
		sum += counts[i].packets;
	return sum;
}

static struct live_tally
tally_of(const struct reader *r)
{
	struct dissector_counts counts = dissector_counts(r->dissector);

	return (struct live_tally){
	    .packets = r->now.packets,
	    .bytes = r->now.bytes,
	    .dropped = r->dropped,
	    .by_interface = r->by_interface,
	    .withheld = reader_withheld(r),
	    .untold = r->untold,
	    .flows = counts.flows_open,
	    .evicted = counts.evicted,
	};
}

/* For the keeper, should this be the last look: what waits in the ring is lost with its reader. */
static void
leave_word(const struct reader *r)
{
	struct live_tally t = tally_of(r);

	t.dropped += r->losses.waiting;
	blackbox_tally(r->blackbox, &t);
}

static void
tally(struct reader *r)
{
	const struct live_tally t = tally_of(r);

	if (!channel_has_room(r->channel))
		return;
	message_put_tally(channel_out(r->channel), &t);
	reader_sent(r);
}

static void
keep_time(struct tap *tap)
{
	struct reader *r = tap->reader;
	struct tap_clock *c = &tap->clock;
	int64_t now = clock_steady_us(), time;

	if (now - c->reported < REPORT_US)
		return;
	c->reported = now;
	time = time_on_tap(c, now);
	count_losses(r, time);
	leave_word(r);
	/* Earlier packets may be in the ring yet, and are to be read first. */
	dissector_expire(r->dissector, time - QUIET_US);
	reader_note_flows(r);
	dissector_report(r->dissector);
	if (r->now.has_minute && time - r->now.minute.minute >= MINUTE)
		reader_end_minute(r);
	if (now - c->tallied >= TALLY_US) {
		c->tallied = now;
		tap->is_up = live_is_up(r->live);
		tally(r);
	}
	reader_flush(r);
}

/* The keeper may say but one thing now: that it is enough. */
static void
hear(struct reader *r)
{
	enum message type;
	struct bytes body;

	switch (channel_hear_within(r->channel, 0, &type, &body)) {
	case HEARD_NOTHING:
	case HEARD_INTERRUPTED:
		return;
	case HEARD_MESSAGE:
		r->is_finishing = type == MESSAGE_FINISH;
		r->is_alone = !r->is_finishing;
		return;
	case HEARD_END:
	case HEARD_BAD:
	case HEARD_FAILED:
		break;
	}
	r->is_alone = true;
}

/* Until there are packets, words of the keeper, or something to do in time. */
static void
wait_for_something(struct reader *r, bool is_idle)
{
	struct pollfd ends[] = {{.fd = ROLE_SOCKET, .events = POLLIN},
				{.fd = live_descriptor(r->live), .events = POLLIN}};

	poll(ends, 2, is_idle ? (int)(REPORT_US / 1000) : 0);
	if (ends[0].revents != 0)
		hear(r);
}

/* Until the keeper has enough, or is gone; false where the interface is. */
static bool
read_interface(struct tap *tap)
{
	struct reader *r = tap->reader;

	while (!r->is_alone && !r->is_finishing && tap->is_up) {
		int count = live_read(r->live, PACKETS_AT_ONCE, take, tap);

		if (count < 0)
			return false;
		if (count > 0)
			tap->clock.seen = clock_steady_us();
		keep_time(tap);
		wait_for_something(r, count == 0);
	}
	return tap->is_up;
}

/*
 * What came before it was enough lies in the ring, or in a block of it that the
 * kernel has yet to hand on. On a busy link it ends with the first packet that
 * came afterwards, on a silent one when it has been silent for long enough.
 */
static void
drain(struct tap *tap)
{
	struct reader *r = tap->reader;
	const int64_t asked = clock_wall(), begun = clock_steady_us();
	int64_t now = begun, heard = begun;
	struct pollfd end = {.fd = live_descriptor(r->live), .events = POLLIN};

	while (!r->is_alone && now - begun < DRAIN_US && now - heard < QUIET_US) {
		int count = live_read(r->live, PACKETS_AT_ONCE, take, tap);

		if (count < 0 || (count > 0 && tap->clock.packet > asked))
			return;
		now = clock_steady_us();
		if (count > 0)
			heard = tap->clock.seen = now;
		else
			poll(&end, 1, LIVE_WAIT_MS);
		keep_time(tap);
	}
}

/* What was lost since the last look counts for the sessions that are told now. */
static void
settle(struct tap *tap)
{
	drain(tap);
	count_losses(tap->reader, time_on_tap(&tap->clock, clock_steady_us()));
	tally(tap->reader);
}

bool
tap_serve(struct reader *r)
{
	struct tap tap = {
	    .reader = r, .clock = {.packet = NEVER, .seen = clock_steady_us()}, .is_up = true};
	const struct capture_opened opened = {.linktype = live_linktype(r->live)};

	bool is_alive = true;

	r->now = (struct reading){0};
	message_put_opened(channel_out(r->channel), &opened);
	reader_flush(r);
	if (reader_hear_filter(r))
		is_alive = read_interface(&tap);
	if (r->is_finishing)
		settle(&tap);
	if (r->is_alone)
		return false;
	reader_end_minute(r);
	reader_tell_ended(r, is_alive ? CAPTURE_WHOLE : CAPTURE_DAMAGED,
			  is_alive ? "" : live_why(r->live));
	return true;
}
