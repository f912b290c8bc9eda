/*
 * Groups of capture sockets; see place.h. A group ends with the last socket of
 * it that is held here; one whose interface is gone, or whose link type or size
 * has become another, is followed by a new one of the same number.
 */
#include "monitor/role/place.h"

#include <errno.h>
#include <linux/if_packet.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "monitor/clock.h"
#include "monitor/role/handover.h"

struct group {
	struct group *next;
	struct place_wish is; /* what its members have in common */
	int interface;        /* its index; 0: all */
	struct steer *steer;
	unsigned members; /* that are held */
};

struct member {
	struct member *next;
	struct group *group;
	pid_t reader; /* 0: it is dead */
	bool is_chief;
	int socket;
};

struct places {
	struct group *groups;
	struct member *members;
};

bool
place_take(int link, const struct place_wish *wish, int socket, struct place_given *out)
{
	int descriptor;
	bool is_answered = handover_send(link, wish, sizeof(*wish), socket) &&
			   handover_receive(link, out, sizeof(*out), &descriptor);

	if (!is_answered)
		return false;
	if (descriptor >= 0)
		close(descriptor);
	out->why[STEER_WHY_MAX - 1] = '\0';
	return true;
}

struct places *
places_new(void)
{
	return calloc(1, sizeof(struct places));
}

static void
leave_group(struct places *p, struct group *g)
{
	struct group **at = &p->groups;

	if (--g->members > 0)
		return;
	while (*at != g)
		at = &(*at)->next;
	*at = g->next;
	steer_free(g->steer);
	free(g);
}

/* The member that *at points to. */
static void
let_go(struct places *p, struct member **at)
{
	struct member *m = *at;

	*at = m->next;
	close(m->socket);
	leave_group(p, m->group);
	free(m);
}

/* Packets that came to this socket since they were last asked for. */
static uint64_t
unread(int socket)
{
	struct tpacket_stats_v3 stats = {0};
	socklen_t len = sizeof(stats);

	return getsockopt(socket, SOL_PACKET, PACKET_STATISTICS, &stats, &len) == 0
		   ? stats.tp_packets
		   : 0;
}

static bool
is_same_group(const struct group *g, const struct place_wish *wish, int interface)
{
	return g->interface == interface && g->is.group == wish->group &&
	       g->is.linktype == wish->linktype && g->is.readers == wish->readers;
}

/*
 * One dead member of this group makes room for the new one: as it goes, the last
 * is moved to where it was. What other groups of this number held is of no use
 * any more.
 */
static uint64_t
take_over(struct places *p, const struct group *g)
{
	struct member **at = &p->members;
	bool is_found = false;
	uint64_t lost = 0;

	while (*at != NULL) {
		const struct member *m = *at;
		bool is_ours = m->group == g && !is_found;

		if (m->reader != 0 ||
		    !(is_ours || (m->group != g && m->group->is.group == g->is.group))) {
			at = &(*at)->next;
			continue;
		}
		is_found = is_found || is_ours;
		lost += unread(m->socket);
		let_go(p, at);
	}
	return lost;
}

static struct group *
begin_group(struct places *p, const struct place_wish *wish, int interface)
{
	struct group *g = calloc(1, sizeof(*g));

	if (g == NULL)
		return NULL;
	g->is = *wish;
	g->interface = interface;
	g->next = p->groups;
	p->groups = g;
	return g;
}

/* Join a group that there is, or one of its own; NULL, and why in out, where neither takes it. */
static struct group *
join(struct places *p, const struct place_wish *wish, int socket, struct place_given *out)
{
	struct sockaddr_ll at = {0};
	socklen_t len = sizeof(at);
	struct group *g;

	if (getsockname(socket, (struct sockaddr *)&at, &len) != 0)
		at.sll_ifindex = -1;
	for (g = p->groups; g != NULL; g = g->next)
		if (is_same_group(g, wish, at.sll_ifindex) &&
		    (g->steer == NULL || steer_join(g->steer, socket, out->why)))
			return g;
	g = begin_group(p, wish, at.sll_ifindex);
	if (g == NULL || wish->readers <= 1)
		return g;
	g->steer = steer_new(wish->linktype, wish->readers);
	if (g->steer != NULL && steer_join(g->steer, socket, out->why))
		return g;
	g->members = 1;
	leave_group(p, g);
	return NULL;
}

/* A chief that died is followed by whoever comes next. */
static bool
has_chief(const struct places *p, const struct group *g)
{
	for (const struct member *m = p->members; m != NULL; m = m->next)
		if (m->group == g && m->is_chief && m->reader != 0)
			return true;
	return false;
}

/* The socket is taken over in any case. */
static void
settle(struct places *p, pid_t reader, const struct place_wish *wish, int socket,
       struct place_given *out)
{
	struct member *m = calloc(1, sizeof(*m));
	struct group *g = m != NULL ? join(p, wish, socket, out) : NULL;

	if (g == NULL) {
		free(m);
		close(socket);
		return;
	}
	g->members++;
	out->is_chief = !has_chief(p, g);
	*m = (struct member){.next = p->members,
			     .group = g,
			     .reader = reader,
			     .is_chief = out->is_chief,
			     .socket = socket};
	p->members = m;
	out->since = clock_wall();
	out->lost = take_over(p, g);
	out->is_taken = true;
}

bool
places_serve(struct places *p, pid_t reader, int link)
{
	struct place_wish wish = {0};
	struct place_given place = {0};
	int socket;

	if (!handover_receive(link, &wish, sizeof(wish), &socket)) {
		if (socket >= 0)
			close(socket);
		return false;
	}
	if (socket >= 0)
		settle(p, reader, &wish, socket, &place);
	return handover_send(link, &place, sizeof(place), -1);
}

void
places_left(struct places *p, pid_t reader, bool is_good)
{
	struct member **at = &p->members;

	while (*at != NULL) {
		if ((*at)->reader != reader) {
			at = &(*at)->next;
		} else if (is_good) {
			let_go(p, at);
		} else {
			(*at)->reader = 0;
			at = &(*at)->next;
		}
	}
}
