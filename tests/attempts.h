/*
 * What a process that is closed in may try to get out: each returns 0 where it
 * could, or the errno that says why not.
 */
#ifndef TESTS_ATTEMPTS_H
#define TESTS_ATTEMPTS_H

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

static inline int
try_open(const char *path, int flags)
{
	return open(path, flags, 0600) < 0 ? errno : 0;
}

static inline int
try_passwd(void)
{
	return try_open("/etc/passwd", O_RDONLY);
}

static inline int
try_program(void)
{
	char program[] = "/bin/true";
	char *const argv[] = {program, NULL};

	execv(program, argv);
	return errno;
}

static inline int
try_socket(int family, int kind)
{
	return socket(family, kind, 0) < 0 ? errno : 0;
}

static inline int
try_tcp(void)
{
	return try_socket(AF_INET, SOCK_STREAM);
}

/* As resolvers open it. */
static inline int
try_udp(void)
{
	return try_socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC);
}

static inline int
try_raw(void)
{
	return try_socket(AF_INET, SOCK_RAW);
}

static inline int
try_packets(void)
{
	return try_socket(AF_PACKET, SOCK_RAW);
}

static inline int
try_routes(void)
{
	return try_socket(AF_NETLINK, SOCK_RAW);
}

static inline int
try_local(void)
{
	return try_socket(AF_UNIX, SOCK_DGRAM);
}

#endif
