/*
 * Descriptors that do not wait; see unblocked.h. O_NONBLOCK is of the open file,
 * which a shell or a manager shares with us: a pipe or a terminal is opened anew.
 * Where that is not allowed, as of a pipe that another user made, a write that
 * fits what poll(2) promises does not wait either, as long as nobody else writes.
 */
#include "monitor/unblocked.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

/* What is open for reading alone takes no words, and must not begin to. */
static bool
may_be_opened_anew(int fd)
{
	const int flags = fcntl(fd, F_GETFL);
	struct stat s;

	return flags >= 0 && (flags & O_ACCMODE) != O_RDONLY && fstat(fd, &s) == 0 &&
	       (S_ISFIFO(s.st_mode) || isatty(fd));
}

int
unblocked_open(int fd)
{
	char path[32];
	int descriptor = -1;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (may_be_opened_anew(fd))
		descriptor = open(path, O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	return descriptor >= 0 ? descriptor : fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
}

bool
unblocked_has_room(int fd)
{
	struct pollfd end = {.fd = fd, .events = POLLOUT};

	return poll(&end, 1, 0) != 0;
}

ssize_t
unblocked_write(int fd, const void *at, size_t len)
{
	ssize_t sent = send(fd, at, len, MSG_DONTWAIT | MSG_NOSIGNAL);

	if (sent >= 0 || errno != ENOTSOCK)
		return sent;
	if (!unblocked_has_room(fd)) {
		errno = EAGAIN;
		return -1;
	}
	return write(fd, at, len < PIPE_BUF ? len : PIPE_BUF);
}
