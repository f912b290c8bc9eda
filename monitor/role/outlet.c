/*
 * A buffer of whole lines before a descriptor that may refuse; see outlet.h. The
 * stream hands its bytes over as they come: a line counts when its end does.
 */
#include "monitor/role/outlet.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "monitor/clock.h"
#include "monitor/unblocked.h"

struct outlet {
	int fd;
	FILE *stream;
	size_t begin, line,
	    end;         /* of what waits; where its last line began, which has no end yet */
	bool is_cutting; /* that line found no room: the rest of it is dropped, too */
	bool is_dead;    /* nobody reads */
	uint64_t left_out;
	char at[OUTLET_ROOM];
};

/* Room for so many bytes more, if need be where the first were. */
static bool
make_room(struct outlet *o, size_t len)
{
	if (len <= sizeof(o->at) - o->end)
		return true;
	memmove(o->at, o->at + o->begin, o->end - o->begin);
	o->line -= o->begin;
	o->end -= o->begin;
	o->begin = 0;
	return len <= sizeof(o->at) - o->end;
}

/* Some of one line, with its end or without. */
static void
append(struct outlet *o, const char *at, size_t len)
{
	const bool is_end = at[len - 1] == '\n';

	if (!o->is_cutting && make_room(o, len)) {
		memcpy(o->at + o->end, at, len);
		o->end += len;
	} else {
		o->is_cutting = true;
		o->end = o->line;
	}
	if (!is_end)
		return;
	o->left_out += o->is_cutting;
	o->is_cutting = false;
	o->line = o->end;
}

static ssize_t
take(void *cookie, const char *at, size_t len)
{
	struct outlet *o = cookie;

	for (size_t done = 0, step; done < len && !o->is_dead; done += step) {
		const char *end = memchr(at + done, '\n', len - done);

		step = end != NULL ? (size_t)(end - (at + done)) + 1 : len - done;
		append(o, at + done, step);
	}
	return (ssize_t)len;
}

struct outlet *
outlet_new(int fd)
{
	struct outlet *o = calloc(1, sizeof(*o));

	if (o == NULL)
		return NULL;
	o->fd = unblocked_open(fd);
	o->stream = fopencookie(o, "w", (cookie_io_functions_t){.write = take});
	if (o->fd >= 0 && o->stream != NULL)
		return o;
	outlet_free(o, 0);
	return NULL;
}

FILE *
outlet_stream(struct outlet *o)
{
	return o->stream;
}

/* Whole lines alone: one that has no end yet may be cut. */
bool
outlet_push(struct outlet *o)
{
	if (o->stream != NULL)
		fflush(o->stream);
	while (o->begin < o->line && !o->is_dead) {
		ssize_t sent = unblocked_write(o->fd, o->at + o->begin, o->line - o->begin);

		if (sent < 0 && (errno == EAGAIN || errno == EINTR))
			return true;
		o->is_dead = sent < 0;
		if (o->is_dead)
			return false;
		o->begin += (size_t)sent;
	}
	return true;
}

int
outlet_descriptor(const struct outlet *o)
{
	return o->begin < o->line && !o->is_dead ? o->fd : -1;
}

uint64_t
outlet_left_out(const struct outlet *o)
{
	return o->left_out;
}

static uint64_t
lines_in(const char *at, size_t len)
{
	uint64_t lines = 0;

	for (size_t i = 0; i < len; i++)
		lines += at[i] == '\n';
	return lines;
}

uint64_t
outlet_free(struct outlet *o, int patience)
{
	struct pollfd end;
	uint64_t left_out;
	int64_t until;

	if (o == NULL)
		return 0;
	if (o->stream != NULL)
		fclose(o->stream);
	o->stream = NULL;
	until = clock_steady() + patience;
	while (outlet_push(o) && outlet_descriptor(o) >= 0 && clock_steady() < until) {
		end = (struct pollfd){.fd = o->fd, .events = POLLOUT};
		poll(&end, 1, (int)(until - clock_steady()));
	}
	left_out = o->left_out;
	if (!o->is_dead)
		left_out += lines_in(o->at + o->begin, o->line - o->begin);
	if (o->fd >= 0)
		close(o->fd);
	free(o);
	return left_out;
}
