/*
 * Whose turn it is to serve a sink; see turn.h.
 *
 * A byte of the file stands for a sink, at a place that is hashed from its name. The
 * locks are those of an open file description: they end with the process, are not
 * inherited by what it executes, and are lost with no other descriptor, as those that
 * fcntl(2) has else are, by which SQLite locks the database itself.
 */
#include "monitor/role/turn.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "db/made.h"

#define ENDING "-sinks"

struct turns {
	int descriptor; /* -1: it cannot be had */
};

/* It holds nothing, ever. No link is followed: root writes in a folder that is another user's. */
static int
open_beside(const char *db)
{
	const int flags = O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY;
	char path[PATH_MAX];
	int fd;

	if (snprintf(path, sizeof(path), "%s" ENDING, db) >= (int)sizeof(path))
		return -1;
	fd = open(path, flags | O_CREAT | O_EXCL, 0600);
	if (fd < 0)
		return open(path, flags);
	made_for_folder(fd, path);
	return fd;
}

struct turns *
turns_new(const char *db)
{
	struct turns *t = calloc(1, sizeof(*t));

	if (t != NULL)
		t->descriptor = open_beside(db);
	return t;
}

void
turns_free(struct turns *t)
{
	if (t == NULL)
		return;
	if (t->descriptor >= 0)
		close(t->descriptor);
	free(t);
}

/* FNV-1a. Two names at one place, by a chance of one in 2^62, would take turns. */
static off_t
place_of(const char *sink)
{
	uint64_t hash = UINT64_C(14695981039346656037);

	for (; *sink != '\0'; sink++)
		hash = (hash ^ (uint8_t)*sink) * UINT64_C(1099511628211);
	return (off_t)(hash >> 2);
}

bool
turns_take(struct turns *t, const char *sink)
{
	struct flock lock = {
	    .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = place_of(sink), .l_len = 1};

	/* What is locked already by this description is locked again. */
	return t->descriptor < 0 || fcntl(t->descriptor, F_OFD_SETLK, &lock) == 0 ||
	       (errno != EAGAIN && errno != EACCES);
}
