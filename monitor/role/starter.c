/*
 * The starter role, and the keeper's words to it; see starter.h. A request and
 * an answer are a struct each: both ends are the same program.
 */
#include "monitor/role/starter.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#define STARTED_MAX  1024 /* of them at once: 64 readers of each interface */
#define NAME_MAX_LEN 32

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

union control {
	struct cmsghdr head;
	char room[CMSG_SPACE(sizeof(int))];
};

static bool
send_answer(int socket, const struct answer *answer, int descriptor)
{
	struct answer copy = *answer;
	struct iovec piece = {&copy, sizeof(copy)};
	struct msghdr message = {.msg_iov = &piece, .msg_iovlen = 1};
	union control control = {0};

	if (descriptor >= 0) {
		message.msg_control = control.room;
		message.msg_controllen = sizeof(control.room);
		control.head.cmsg_level = SOL_SOCKET;
		control.head.cmsg_type = SCM_RIGHTS;
		control.head.cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(&control.head), &descriptor, sizeof(descriptor));
	}
	return sendmsg(socket, &message, MSG_NOSIGNAL) == (ssize_t)sizeof(copy);
}

/* Read just so many bytes, and the descriptor that comes beside them; -1 where none does. */
static bool
receive(int socket, void *at, size_t len, int *descriptor)
{
	struct iovec piece = {at, len};
	union control control = {0};
	struct msghdr message = {.msg_iov = &piece,
				 .msg_iovlen = 1,
				 .msg_control = control.room,
				 .msg_controllen = sizeof(control.room)};
	ssize_t n;

	*descriptor = -1;
	do
		n = recvmsg(socket, &message, MSG_CMSG_CLOEXEC | MSG_WAITALL);
	while (n < 0 && errno == EINTR);
	if (n > 0 && control.head.cmsg_level == SOL_SOCKET &&
	    control.head.cmsg_type == SCM_RIGHTS && message.msg_controllen > 0)
		memcpy(descriptor, CMSG_DATA(&control.head), sizeof(*descriptor));
	return n == (ssize_t)len;
}

/* What was started and is not reaped: nothing else may be ended or reaped by number. */
struct started {
	pid_t pids[STARTED_MAX];
	size_t count;
};

/* Its index; the count where it is none of ours. */
static size_t
find(const struct started *s, pid_t pid)
{
	size_t i = 0;

	while (i < s->count && s->pids[i] != pid)
		i++;
	return i;
}

static bool
start_one(struct started *s, int socket, const char *name)
{
	struct role_process process = {.socket = -1};
	struct answer answer = {0};
	bool is_sent;

	if (s->count < STARTED_MAX && role_start(name, &process))
		answer = (struct answer){.is_good = true, .pid = process.pid};
	else
		answer.error = s->count < STARTED_MAX ? errno : EAGAIN;
	if (answer.is_good)
		s->pids[s->count++] = process.pid;
	is_sent = send_answer(socket, &answer, process.socket);
	if (process.socket >= 0)
		close(process.socket);
	return is_sent;
}

static bool
reap_one(struct started *s, int socket, size_t i)
{
	struct role_process process = {.pid = s->pids[i]};
	struct answer answer = {0};

	answer.is_good = role_reap(&process, answer.how);
	s->pids[i] = s->pids[--s->count];
	return send_answer(socket, &answer, -1);
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
			role_kill(&(struct role_process){.pid = r->pid});
		return true;
	case ORDER_REAP:
		return i < s->count && reap_one(s, socket, i);
	}
	return false;
}

int
starter_main(int socket)
{
	static struct started started;
	struct request request = {0};
	int descriptor;

	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	while (receive(socket, &request, sizeof(request), &descriptor)) {
		if (descriptor >= 0)
			close(descriptor);
		if (!obey(&started, socket, &request))
			return 1;
	}
	for (size_t i = 0; i < started.count; i++)
		role_kill(&(struct role_process){.pid = started.pids[i]});
	return 0;
}

bool
starter_begin(struct starter *s)
{
	return role_start("starter", &s->process);
}

void
starter_end(struct starter *s)
{
	char how[ROLE_HOW_MAX];

	close(s->process.socket);
	role_reap(&s->process, how);
}

static bool
ask(const struct starter *s, const struct request *request)
{
	return send(s->process.socket, request, sizeof(*request), MSG_NOSIGNAL) ==
	       (ssize_t)sizeof(*request);
}

bool
starter_start(const struct starter *s, const char *name, struct role_process *out)
{
	struct request request = {.order = ORDER_START};
	struct answer answer = {0};

	snprintf(request.name, sizeof(request.name), "%s", name);
	if (!ask(s, &request) ||
	    !receive(s->process.socket, &answer, sizeof(answer), &out->socket)) {
		errno = EPIPE;
		return false;
	}
	out->pid = answer.pid;
	errno = answer.error;
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
	    !receive(s->process.socket, &answer, sizeof(answer), &descriptor)) {
		snprintf(how, ROLE_HOW_MAX, "cannot be waited for: the starter is gone");
		return false;
	}
	memcpy(how, answer.how, ROLE_HOW_MAX);
	how[ROLE_HOW_MAX - 1] = '\0';
	return answer.is_good;
}
