/*
 * A process of one role that is killed at its nth step, for tests of what that leaves.
 * A step is what others see of it: bytes to a file, a pipe or a socket, and what
 * makes them last; its own, its libraries' and SQLite's.
 *
 * Linked into the program, whose libraries find these functions in the place of
 * the C library's. Which role and which step stands in struct plan in the file that
 * is called like the program with ".dying" behind it, which is mapped before main,
 * when no sandbox is entered yet; all processes of the role count in it, so that
 * it is killed once.
 */
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "tests/beside.h"

struct plan {
	char role[16];     /* "@courier", as on its command line; "" is the keeper */
	int64_t at;        /* before which step; 0: none */
	_Atomic int64_t n; /* steps so far */
};

static struct plan *plan; /* NULL: not for this process */

__attribute__((constructor)) static void
find_plan(int argc, char *argv[])
{
	struct plan *at = beside_map(".dying", sizeof(*at), true);

	if (at != NULL && strcmp(at->role, argc > 1 && argv[1][0] == '@' ? argv[1] : "") == 0)
		plan = at;
}

static void
step(void)
{
	if (plan != NULL && ++plan->n == plan->at)
		raise(SIGKILL);
}

ssize_t
write(int fd, const void *at, size_t len)
{
	step();
	return syscall(SYS_write, fd, at, len);
}

ssize_t
writev(int fd, const struct iovec *pieces, int count)
{
	step();
	return syscall(SYS_writev, fd, pieces, count);
}

ssize_t
pwrite64(int fd, const void *at, size_t len, off64_t where)
{
	step();
	return syscall(SYS_pwrite64, fd, at, len, where);
}

ssize_t
send(int fd, const void *at, size_t len, int flags)
{
	step();
	return syscall(SYS_sendto, fd, at, len, flags, NULL, 0);
}

ssize_t
sendto(int fd, const void *at, size_t len, int flags, const struct sockaddr *to, socklen_t to_len)
{
	step();
	return syscall(SYS_sendto, fd, at, len, flags, to, to_len);
}

ssize_t
sendmsg(int fd, const struct msghdr *message, int flags)
{
	step();
	return syscall(SYS_sendmsg, fd, message, flags);
}

int
fdatasync(int fd)
{
	step();
	return (int)syscall(SYS_fdatasync, fd);
}

int
ftruncate64(int fd, off64_t len)
{
	step();
	return (int)syscall(SYS_ftruncate, fd, len);
}

int
unlink(const char *path)
{
	step();
	return (int)syscall(SYS_unlink, path);
}
