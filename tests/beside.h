/* The file beside a program that tells it what to do: for builds of it that tests steer. */
#ifndef TESTS_BESIDE_H
#define TESTS_BESIDE_H

#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

/*
 * Map the file that is called like the program with that ending, so that it may change at any
 * time; to be called before a sandbox is entered. NULL where there is none.
 */
static inline void *
beside_map(const char *ending, size_t size, bool is_written)
{
	char program[PATH_MAX], name[PATH_MAX + 16];
	ssize_t len = readlink("/proc/self/exe", program, sizeof(program));
	void *at;
	int fd;

	if (len <= 0)
		return NULL;
	snprintf(name, sizeof(name), "%.*s%s", (int)len, program, ending);
	fd = open(name, (is_written ? O_RDWR : O_RDONLY) | O_CLOEXEC);
	if (fd < 0)
		return NULL;
	at = mmap(NULL, size, PROT_READ | (is_written ? PROT_WRITE : 0), MAP_SHARED, fd, 0);
	close(fd);
	return at == MAP_FAILED ? NULL : at;
}

#endif
