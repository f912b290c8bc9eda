/* The readers of a live watch; see posts.h. */
#include "monitor/role/posts.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

#include "monitor/clock.h"
#include "monitor/counted.h"
#include "monitor/log.h"
#include "monitor/sum.h"

#define AGAIN_MS      1000 /* before one that failed is started again; doubled each time */
#define AGAIN_MAX_MS  60000
#define CALM_MS       60000 /* one that has lived so long starts from the beginning */
#define SILENCE_MS    30000
#define TURN_MESSAGES 256 /* of one, before the others have their turn */

#define LOSS_ROOM 256 /* bytes of a minute as a message, and to spare */

struct post {
	struct peer peer;
	const char *interface;
	uint16_t group;
	bool is_running;
	bool is_told_to_end;
	bool is_tried;          /* it was started once, and is to be for good */
	int64_t started;        /* by clock_steady, like all times here */
	int64_t due;            /* when it is to be started */
	int64_t again;          /* how long to wait, should it fail */
	int64_t heard;          /* when it last said something, or could not */
	uint64_t starts;        /* how often it was started */
	struct live_tally past; /* of those that were here before it */
};

bool
posts_begin(struct posts *p, struct intake *k, struct recording *r, struct status_bar *bar)
{
	const struct keeper_config *c = k->config;

	*p = (struct posts){.intake = k, .recording = r, .bar = bar};
	p->at = calloc(c->interface_count * c->readers, sizeof(*p->at));
	if (p->at == NULL) {
		log_error("out of memory");
		return false;
	}
	p->count = c->interface_count * c->readers;
	for (size_t i = 0; i < p->count; i++) {
		size_t interface = i / c->readers;

		p->at[i].interface = c->interfaces[interface];
		p->at[i].again = AGAIN_MS;
		p->at[i].is_tried = c->goes_on;
		/* Each interface's readers are a group of their own, and no other program's. */
		p->at[i].group = (uint16_t)((size_t)getpid() * 64 + interface);
		intake_name(&p->at[i].peer, c->interfaces[interface], c->readers,
			    (unsigned)(i % c->readers));
	}
	return true;
}

void
posts_end(struct posts *p)
{
	for (size_t i = 0; i < p->count; i++)
		blackbox_free(p->at[i].peer.blackbox);
	free(p->at);
}

bool
posts_are_running(const struct posts *p)
{
	for (size_t i = 0; i < p->count; i++)
		if (p->at[i].is_running)
			return true;
	return false;
}

static struct live_tally
tally_of(const struct post *post)
{
	struct live_tally sum = post->past;

	sum_counts(&sum, &post->peer.tally, sizeof(sum));
	return sum;
}

struct live_tally
posts_tally(const struct posts *p)
{
	struct live_tally sum = {0};

	for (size_t i = 0; i < p->count; i++) {
		const struct live_tally one = tally_of(&p->at[i]);

		sum_counts(&sum, &one, sizeof(sum));
	}
	return sum;
}

struct post_state
posts_state(const struct posts *p, size_t i)
{
	const struct post *post = &p->at[i];

	return (struct post_state){
	    .interface = post->interface,
	    .number = (unsigned)(i % p->intake->config->readers),
	    .is_capturing = post->is_running && post->peer.stage == STAGE_READING,
	    .restarts = post->starts > 0 ? post->starts - 1 : 0,
	    .tally = tally_of(post),
	};
}

/* ---- Start ---- */

static void
call_again(struct post *post)
{
	int64_t time = clock_steady();

	if (time - post->started > CALM_MS)
		post->again = AGAIN_MS;
	post->due = time + post->again;
	post->again = post->again * 2 < AGAIN_MAX_MS ? post->again * 2 : AGAIN_MAX_MS;
}

/* Only at its own start has the keeper had the rights that readers need. */
static void
give_up(struct posts *p)
{
	if (p->is_ending || p->has_failed)
		return;
	log_error("what starts the readers is gone, so it ends (start it again; what was recorded "
		  "is safe)");
	p->has_failed = true;
}

static void
start(struct posts *p, struct post *post)
{
	post->started = post->heard = clock_steady();
	post->is_told_to_end = false;
	post->is_running = intake_start(p->intake, &post->peer);
	if (!post->is_running && errno == EPIPE)
		give_up(p);
	post->starts += post->is_running;
	if (!post->is_running ||
	    !intake_configure(p->intake, &post->peer, post->interface, post->group))
		call_again(post);
}

void
posts_start(struct posts *p)
{
	for (size_t i = 0; i < p->count; i++)
		if (!p->at[i].is_running && clock_steady() >= p->at[i].due)
			start(p, &p->at[i]);
}

/* ---- End ---- */

/* What it was at when it ended may be what ended it. */
static void
keep_last_packet(const struct posts *p, const struct post *post, const char *how)
{
	const struct peer *peer = &post->peer;
	char name[PATH_MAX], comment[PEER_WHO_MAX + ROLE_HOW_MAX + 32];

	snprintf(comment, sizeof(comment), "%s: the reader %s", peer->who, how);
	if (blackbox_keep(peer->blackbox, p->intake->config->db, comment, name, sizeof(name)))
		log_error("%s: the packet that it was at is in %s (it may hold mail: delete it "
			  "once it is reported)",
			  peer->who, name);
	else
		log_error("%s: the packet that it was at is not kept: %s", peer->who, name);
}

/* On record in the minute of its end: as if somebody had told it, and once more if need be. */
static void
record_loss(struct posts *p, struct capture_minute *loss)
{
	const int64_t now = clock_wall();
	uint8_t room[LOSS_ROOM];
	struct packer packer = packer_over(room, sizeof(room));
	struct bytes in, body;
	enum message type;

	loss->minute = now - now % 60000000;
	message_put_minute(&packer, loss);
	in = (struct bytes){room, packer.len};
	if (message_take(&in, &type, &body) == GOT_WHOLE)
		recording_note(p->recording, type, body);
}

/* What became of it is told, unless it has told so itself. */
static void
tell_loss(struct posts *p, const struct post *post, const char *how)
{
	const struct peer *peer = &post->peer;
	struct capture_minute loss = intake_loss(peer);

	status_bar_clear(p->bar);
	if (peer->stage == STAGE_STARTING) {
		if (!peer->has_complained && !peer->is_absent)
			log_error("%s: the reader %s%s", peer->who, how,
				  post->is_tried ? "; it is started again" : "");
		return;
	}
	log_error("%s: the reader %s (lost with it: %s under way%s)", peer->who, how,
		  counted(loss.crashed, "flow").text,
		  p->is_ending ? "" : "; it is started again; please report it");
	record_loss(p, &loss);
	if (peer->complaint == NULL)
		keep_last_packet(p, post, how);
}

/*
 * A reader's channel is at its end. One that cannot even begin ends all: it was
 * asked for by name. Once it was tried, others have gone on beside it, and it is
 * tried again.
 */
static void
end_post(struct posts *p, struct post *post)
{
	struct peer *peer = &post->peer;
	char how[ROLE_HOW_MAX];

	if (!intake_stop(p->intake, peer, NULL, how))
		tell_loss(p, post, how);
	sum_counts(&post->past, &peer->tally, sizeof(post->past));
	post->past.flows -= peer->tally.flows;
	peer->tally = (struct live_tally){0};
	post->is_running = false;
	if (peer->stage == STAGE_STARTING && !peer->is_absent && !post->is_tried)
		p->has_failed = p->is_unfit = true;
	post->is_tried = true;
	call_again(post);
}

void
posts_tell_to_end(struct posts *p)
{
	p->is_ending = true;
	recording_end_soon(p->recording);
	for (size_t i = 0; i < p->count; i++) {
		struct post *post = &p->at[i];

		if (!post->is_running || post->is_told_to_end)
			continue;
		post->is_told_to_end = true;
		message_put_empty(channel_out(post->peer.channel), MESSAGE_FINISH);
		channel_flush(post->peer.channel);
	}
}

/* Whoever is still there when time is up goes without a last word. */
void
posts_end_late(struct posts *p)
{
	for (size_t i = 0; i < p->count; i++)
		if (p->at[i].is_running) {
			p->at[i].peer.complaint = "did not end in time, and was ended";
			end_post(p, &p->at[i]);
		}
}

/*
 * A reader says each second how it goes. One that is stopped, or goes round in
 * circles, sees nothing more; while nobody is heard it cannot say so.
 */
void
posts_end_silent(struct posts *p)
{
	for (size_t i = 0; i < p->count; i++) {
		struct post *post = &p->at[i];

		if (recording_is_deaf(p->recording))
			post->heard = clock_steady();
		if (post->is_running && clock_steady() - post->heard > SILENCE_MS) {
			post->peer.complaint = "said nothing for 30 seconds, and was ended";
			end_post(p, post);
		}
	}
}

/* ---- Hearing ---- */

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
hear_one(struct posts *p, struct post *post)
{
	struct peer *peer = &post->peer;
	enum message type;
	struct bytes body;

	switch (channel_hear_within(peer->channel, 0, &type, &body)) {
	case HEARD_MESSAGE:
		post->heard = clock_steady();
		break;
	case HEARD_NOTHING:
	case HEARD_INTERRUPTED:
		return false;
	case HEARD_BAD:
		peer->complaint = "sent what is no message, and was ended";
		end_post(p, post);
		return false;
	case HEARD_END:
	case HEARD_FAILED:
		end_post(p, post);
		return false;
	}
	if (!recording_take(p->recording, peer, type, body)) {
		if (recording_is_deaf(p->recording))
			return false;
		peer->complaint = "sent what it may not, and was ended";
		end_post(p, post);
		return false;
	}
	if (peer->stage == STAGE_IDLE && post->is_told_to_end)
		peer->stage = STAGE_FINISHING;
	else if (peer->stage == STAGE_IDLE)
		begin_capture(peer);
	return true;
}

void
posts_poll(const struct posts *p, struct pollfd *out)
{
	for (size_t i = 0; i < p->count; i++) {
		bool is_heard = p->at[i].is_running && !recording_is_deaf(p->recording);

		out[i] = (struct pollfd){
		    .fd = is_heard ? channel_descriptor(p->at[i].peer.channel) : -1,
		    .events = POLLIN,
		};
	}
}

void
posts_hear(struct posts *p, const struct pollfd *polled)
{
	for (size_t i = 0; i < p->count && !recording_is_deaf(p->recording); i++)
		for (int k = 0; polled[i].revents != 0 && k < TURN_MESSAGES; k++)
			if (!hear_one(p, &p->at[i]))
				break;
}

int
posts_patience(const struct posts *p, int most)
{
	for (size_t i = 0; i < p->count; i++) {
		int64_t left = p->at[i].due - clock_steady();

		if (!p->at[i].is_running && left < most)
			most = left > 0 ? (int)left : 0;
	}
	return most;
}
