/* Messages over a stream socket; see channel.h. */
#include "monitor/role/channel.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "monitor/role/handover.h"

/* Sending in pieces of this size costs a packet of the capture next to nothing. */
#define BATCH ((size_t)128 << 10)

struct channel {
	int socket;
	int descriptor;    /* that came and was not taken; -1 for none */
	struct packer out; /* BATCH, or what is to be held, and one message more */
	uint8_t *memory;   /* out, then in */
	uint8_t *in;       /* 2 * MESSAGE_MAX */
	size_t begin, end; /* what is in it and not yet handed out */
};

#define OUT_SIZE (BATCH + MESSAGE_MAX)
#define IN_SIZE  (2 * MESSAGE_MAX)

struct channel *
channel_new(int socket)
{
	struct channel *c = calloc(1, sizeof(*c));
	uint8_t *memory = malloc(OUT_SIZE + IN_SIZE);

	if (c == NULL || memory == NULL) {
		free(c);
		free(memory);
		return NULL;
	}
	c->socket = socket;
	c->descriptor = -1;
	c->memory = memory;
	c->out = packer_over(memory, OUT_SIZE);
	c->in = memory + OUT_SIZE;
	return c;
}

bool
channel_hold(struct channel *c, size_t bytes)
{
	uint8_t *memory = malloc(bytes + MESSAGE_MAX + IN_SIZE);

	if (memory == NULL)
		return false;
	memcpy(memory, c->out.at, c->out.len);
	memcpy(memory + bytes + MESSAGE_MAX, c->in, IN_SIZE);
	c->out.at = memory;
	c->out.cap = bytes + MESSAGE_MAX;
	c->in = memory + bytes + MESSAGE_MAX;
	free(c->memory);
	c->memory = memory;
	return true;
}

void
channel_free(struct channel *c)
{
	if (c == NULL)
		return;
	if (c->descriptor >= 0)
		close(c->descriptor);
	close(c->socket);
	free(c->memory);
	free(c);
}

struct packer *
channel_out(struct channel *c)
{
	return &c->out;
}

/* Send some of what is held; the descriptor, where it is one, beside its first byte. */
static ssize_t
send_some(struct channel *c, size_t from, int descriptor, int flags)
{
	struct bytes held = {c->out.at + from, c->out.len - from};

	return handover_send_some(c->socket, held, descriptor, flags);
}

bool
channel_flush_with(struct channel *c, int descriptor)
{
	size_t done = 0;

	while (done < c->out.len) {
		ssize_t n = send_some(c, done, done == 0 ? descriptor : -1, 0);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return false;
		done += (size_t)n;
	}
	c->out.len = 0;
	return true;
}

bool
channel_flush(struct channel *c)
{
	return channel_flush_with(c, -1);
}

bool
channel_offer(struct channel *c)
{
	size_t done = 0;

	while (done < c->out.len) {
		ssize_t n = send_some(c, done, -1, MSG_DONTWAIT);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno != EAGAIN && errno != EWOULDBLOCK)
			return false;
		if (n < 0)
			break;
		done += (size_t)n;
	}
	c->out.len -= done;
	memmove(c->out.at, c->out.at + done, c->out.len);
	return true;
}

int
channel_descriptor(const struct channel *c)
{
	return c->socket;
}

size_t
channel_held(const struct channel *c)
{
	return c->out.len;
}

bool
channel_has_room(const struct channel *c)
{
	return c->out.cap - c->out.len >= MESSAGE_MAX;
}

bool
channel_sent(struct channel *c)
{
	return c->out.len < BATCH || channel_flush(c);
}

/* Keep the last descriptor that came; close any other. */
static void
keep_descriptor(struct channel *c, struct msghdr *message)
{
	for (struct cmsghdr *h = CMSG_FIRSTHDR(message); h != NULL; h = CMSG_NXTHDR(message, h)) {
		if (h->cmsg_level != SOL_SOCKET || h->cmsg_type != SCM_RIGHTS)
			continue;
		for (size_t at = CMSG_LEN(0); at + sizeof(int) <= h->cmsg_len; at += sizeof(int)) {
			if (c->descriptor >= 0)
				close(c->descriptor);
			memcpy(&c->descriptor, (uint8_t *)h + at, sizeof(int));
		}
	}
}

/* Read what there is behind what is held; 0 at the end, -1 with errno. */
static ssize_t
receive_some(struct channel *c)
{
	struct iovec piece;
	union {
		struct cmsghdr head;
		char room[CMSG_SPACE(sizeof(int))];
	} control;
	struct msghdr message = {.msg_iov = &piece,
				 .msg_iovlen = 1,
				 .msg_control = control.room,
				 .msg_controllen = sizeof(control.room)};
	ssize_t n;

	/* Less than one message is left here, so moving it leaves room for the rest of it. */
	memmove(c->in, c->in + c->begin, c->end - c->begin);
	c->end -= c->begin;
	c->begin = 0;
	piece = (struct iovec){c->in + c->end, IN_SIZE - c->end};
	n = recvmsg(c->socket, &message, MSG_CMSG_CLOEXEC);
	if (n >= 0)
		keep_descriptor(c, &message);
	if (n > 0)
		c->end += (size_t)n;
	return n;
}

/* A role that is closed in waits for ever and may not poll. */
static int
wait_for_bytes(const struct channel *c, int milliseconds)
{
	struct pollfd end = {.fd = c->socket, .events = POLLIN};

	return milliseconds < 0 ? 1 : poll(&end, 1, milliseconds);
}

enum heard
channel_hear_within(struct channel *c, int milliseconds, enum message *type, struct bytes *body)
{
	for (;;) {
		struct bytes in = {c->in + c->begin, c->end - c->begin};
		ssize_t n;

		switch (message_take(&in, type, body)) {
		case GOT_WHOLE:
			c->begin = c->end - in.len;
			return HEARD_MESSAGE;
		case GOT_BAD:
			return HEARD_BAD;
		case GOT_PART:
			break;
		}
		n = wait_for_bytes(c, milliseconds);
		if (n == 0)
			return HEARD_NOTHING;
		if (n > 0)
			n = receive_some(c);
		if (n == 0)
			return in.len == 0 ? HEARD_END : HEARD_BAD;
		if (n < 0)
			return errno == EINTR ? HEARD_INTERRUPTED : HEARD_FAILED;
	}
}

enum heard
channel_hear(struct channel *c, enum message *type, struct bytes *body)
{
	return channel_hear_within(c, -1, type, body);
}

int
channel_take_descriptor(struct channel *c)
{
	int descriptor = c->descriptor;

	c->descriptor = -1;
	return descriptor;
}
