/*
 * The starter role, and the keeper's words to it; see starter.h. A request and
 * an answer are a struct each.
 */
#include "monitor/role/starter.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "monitor/role/handover.h"
#include "monitor/role/place.h"

#define STARTED_MAX  1024 /* of them at once: 64 readers of each interface */
#define NAME_MAX_LEN 32
#define PATIENCE_S   10 /* for an answer, before it is taken for gone */

enum order { ORDER_START, ORDER_KILL, ORDER_REAP };

struct request {
	enum order order;
	char name[NAME_MAX_LEN]; /* ORDER_START: of the role */
	pid_t pid;               /* the others: of one that was started */
};

struct answer {
	bool is_good;
	int error;
	pid_t pid; /* ORDER_START; its socket comes beside the answer */
	char how[ROLE_HOW_MAX];
};

/* What was started and is not reaped: nothing else may be ended or reaped by number. */
struct started {
	struct role_process at[STARTED_MAX]; /* the link until it is served, no socket */
	size_t count;
	struct places *places;
};

/* Its index; the count where it is none of ours. */
static size_t
find(const struct started *s, pid_t pid)
{
	size_t i = 0;

	while (i < s->count && s->at[i].pid != pid)
		i++;
	return i;
}

static void
close_link(struct role_process *r)
{
	if (r->link >= 0)
		close(r->link);
	r->link = -1;
}

static bool
start_one(struct started *s, int socket, const char *name)
{
	struct role_process process = {.socket = -1, .link = -1};
	struct answer answer = {0};
	bool is_sent;

	if (s->count < STARTED_MAX && role_start(name, &process))
		answer = (struct answer){.is_good = true, .pid = process.pid};
	else
		answer.error = s->count < STARTED_MAX ? errno : EAGAIN;
	if (answer.is_good)
		s->at[s->count++] = process;
	is_sent = handover_send(socket, &answer, sizeof(answer), process.socket);
	if (process.socket >= 0)
		close(process.socket);
	return is_sent;
}

/* One that still waits for an answer on its link hears now that there is none. */
static bool
reap_one(struct started *s, int socket, size_t i)
{
	struct role_process process = s->at[i];
	struct answer answer = {0};
	pid_t pid = process.pid;

	close_link(&process);
	answer.is_good = role_reap(&process, answer.how);
	places_left(s->places, pid, answer.is_good);
	s->at[i] = s->at[--s->count];
	return handover_send(socket, &answer, sizeof(answer), -1);
}

static bool
obey(struct started *s, int socket, struct request *r)
{
	size_t i = find(s, r->pid);

	r->name[NAME_MAX_LEN - 1] = '\0';
	switch (r->order) {
	case ORDER_START:
		return start_one(s, socket, r->name);
	case ORDER_KILL:
		if (i < s->count)
			role_kill(&s->at[i]);
		return true;
	case ORDER_REAP:
		return i < s->count && reap_one(s, socket, i);
	}
	return false;
}

/* The next thing that the keeper wants; false where it is gone or says what it may not. */
static bool
hear_keeper(struct started *s, int socket)
{
	struct request request = {0};
	int descriptor;
	bool is_heard = handover_receive(socket, &request, sizeof(request), &descriptor);

	if (descriptor >= 0)
		close(descriptor);
	return is_heard && obey(s, socket, &request);
}

/* Each may ask but once: before it has seen a packet. */
static void
hear_readers(struct started *s, const struct pollfd *ends)
{
	for (size_t i = 0; i < s->count; i++)
		if (ends[i].fd >= 0 && ends[i].revents != 0) {
			places_serve(s->places, s->at[i].pid, s->at[i].link);
			close_link(&s->at[i]);
		}
}

int
starter_main(const struct sandbox *box)
{
	static struct started started;
	static struct pollfd ends[STARTED_MAX + 1];
	bool is_served = true;

	started.places = places_new();
	if (started.places == NULL)
		return 1;
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	while (is_served) {
		ends[0] = (struct pollfd){.fd = box->socket, .events = POLLIN};
		for (size_t i = 0; i < started.count; i++)
			ends[i + 1] = (struct pollfd){.fd = started.at[i].link, .events = POLLIN};
		if (poll(ends, started.count + 1, -1) < 0)
			continue;
		hear_readers(&started, ends + 1);
		if (ends[0].revents != 0)
			is_served = hear_keeper(&started, box->socket);
	}
	for (size_t i = 0; i < started.count; i++)
		role_kill(&started.at[i]);
	return 0;
}

bool
starter_begin(struct starter *s)
{
	const struct timeval patience = {.tv_sec = PATIENCE_S};

	return role_can_start() && role_start("starter", &s->process) &&
	       setsockopt(s->process.socket, SOL_SOCKET, SO_RCVTIMEO, &patience,
			  sizeof(patience)) == 0;
}

void
starter_end(struct starter *s)
{
	char how[ROLE_HOW_MAX], nothing;

	/* One that is stopped ends with the keeper, which may send it no signal. */
	shutdown(s->process.socket, SHUT_WR);
	if (recv(s->process.socket, &nothing, 1, 0) == 0)
		role_reap(&s->process, how);
	close(s->process.socket);
}

static bool
ask(const struct starter *s, const struct request *request)
{
	return handover_send(s->process.socket, request, sizeof(*request), -1);
}

bool
starter_start(const struct starter *s, const char *name, struct role_process *out)
{
	struct request request = {.order = ORDER_START};
	struct answer answer = {0};

	snprintf(request.name, sizeof(request.name), "%s", name);
	if (!ask(s, &request) ||
	    !handover_receive(s->process.socket, &answer, sizeof(answer), &out->socket)) {
		errno = EPIPE;
		return false;
	}
	out->pid = answer.pid;
	out->link = -1;
	/* A socket that finds no room here is lost on the way. */
	errno = answer.is_good ? EMFILE : answer.error;
	return answer.is_good && out->socket >= 0;
}

void
starter_kill(const struct starter *s, const struct role_process *r)
{
	const struct request request = {.order = ORDER_KILL, .pid = r->pid};

	ask(s, &request);
}

bool
starter_reap(const struct starter *s, struct role_process *r, char how[ROLE_HOW_MAX])
{
	const struct request request = {.order = ORDER_REAP, .pid = r->pid};
	struct answer answer = {0};
	int descriptor;

	r->pid = 0;
	if (!ask(s, &request) ||
	    !handover_receive(s->process.socket, &answer, sizeof(answer), &descriptor)) {
		snprintf(how, ROLE_HOW_MAX, "cannot be waited for: the starter is gone");
		return false;
	}
	memcpy(how, answer.how, ROLE_HOW_MAX);
	how[ROLE_HOW_MAX - 1] = '\0';
	return answer.is_good;
}
