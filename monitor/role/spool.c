/*
 * A file of messages; see spool.h. Its first line says what it is, and which of
 * all that ever were: what another version wrote is left alone.
 */
#include "monitor/role/spool.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "monitor/log.h"

static const char mark[] = "waxseal pending 2 ";
#define MARK_LEN (sizeof(mark) - 1)
#define ID_BYTES 16
#define HEAD_LEN (MARK_LEN + SPOOL_ID_LEN + 1) /* the mark, the number in hex, the line's end */

/* Only what we made: the folder may be open to others. */
static bool
is_ours(int fd, struct stat *s)
{
	errno = EPERM;
	return fstat(fd, s) == 0 && S_ISREG(s->st_mode) && s->st_uid == geteuid() &&
	       (s->st_mode & 077) == 0;
}

/* Open and locked, under that name still; -1 with errno. */
static int
open_locked(const char *path, int flags)
{
	struct stat s;

	for (;;) {
		int fd = open(path, flags | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK, 0600);
		int error;

		if (fd < 0)
			return -1;
		if (flock(fd, LOCK_EX | LOCK_NB) == 0 && is_ours(fd, &s)) {
			if (s.st_nlink > 0)
				return fd;
			error = 0; /* another has recorded and removed it meanwhile */
		} else {
			error = errno;
		}
		close(fd);
		errno = error;
		if (error != 0)
			return -1;
	}
}

static bool
name(const char *db, const char *sensor, char path[PATH_MAX])
{
	errno = ENAMETOOLONG;
	return snprintf(path, PATH_MAX, "%s.pending-%s", db, sensor) < PATH_MAX;
}

static bool
write_all(int fd, struct bytes b)
{
	while (b.len > 0) {
		ssize_t written = write(fd, b.at, b.len);

		if (written < 0 && errno == EINTR)
			continue;
		if (written < 0)
			return false;
		b = bytes_after(b, (size_t)written);
	}
	return true;
}

static bool
write_head(int fd)
{
	char head[HEAD_LEN + 1];
	uint8_t id[ID_BYTES];

	if (getrandom(id, sizeof(id), 0) != sizeof(id))
		return false;
	memcpy(head, mark, MARK_LEN);
	for (size_t i = 0; i < ID_BYTES; i++)
		snprintf(head + MARK_LEN + 2 * i, 3, "%02x", id[i]);
	head[HEAD_LEN - 1] = '\n';
	return write_all(fd, (struct bytes){(const uint8_t *)head, HEAD_LEN});
}

/* All or nothing; a file that would hold nothing goes. */
static bool
append(int fd, const char *path, struct bytes messages)
{
	struct stat s;
	int error;

	if (fstat(fd, &s) != 0)
		return false;
	errno = EFBIG;
	if ((size_t)s.st_size + HEAD_LEN + messages.len <= SPOOL_MAX &&
	    (s.st_size > 0 || write_head(fd)) && write_all(fd, messages) && fsync(fd) == 0)
		return true;
	error = errno;
	if (s.st_size > 0)
		(void)!ftruncate(fd, s.st_size);
	else
		unlink(path);
	errno = error;
	return false;
}

bool
spool_keep(const char *db, const char *sensor, struct bytes messages, char *path)
{
	int fd = name(db, sensor, path) ? open_locked(path, O_CREAT | O_WRONLY | O_APPEND) : -1;
	bool is_kept = fd >= 0 && append(fd, path, messages);
	int error = errno;

	if (fd >= 0)
		close(fd);
	errno = error;
	return is_kept;
}

/* All of the file; false, with errno, where it is none of this version. */
static bool
load(struct spool *s)
{
	struct stat is;
	size_t len = 0;
	ssize_t got = 1;

	errno = EFBIG;
	if (fstat(s->descriptor, &is) != 0 || (size_t)is.st_size > SPOOL_MAX)
		return false;
	s->at = malloc((size_t)is.st_size + 1);
	while (s->at != NULL && got > 0 && len < (size_t)is.st_size) {
		got = read(s->descriptor, s->at + len, (size_t)is.st_size - len);
		len += got > 0 ? (size_t)got : 0;
	}
	s->len = len;
	if (s->at == NULL || got < 0)
		return false;
	errno = EINVAL;
	return len == 0 || (len >= HEAD_LEN && memcmp(s->at, mark, MARK_LEN) == 0);
}

bool
spool_open(const char *db, const char *sensor, struct spool *out)
{
	*out = (struct spool){.descriptor = -1};
	if (!name(db, sensor, out->path))
		return false;
	out->descriptor = open_locked(out->path, O_RDWR);
	if (out->descriptor < 0 && errno == ENOENT)
		return false;
	if (out->descriptor >= 0 && load(out))
		return true;
	log_error("%s: what an earlier run could not record is not recorded now, either: %s (it "
		  "stays as it is)",
		  out->path, errno == EINVAL ? "another version wrote it" : strerror(errno));
	spool_close(out, false);
	return false;
}

void
spool_source(const struct spool *s, const uint8_t *at, char source[SPOOL_SOURCE_MAX])
{
	/* None is the beginning of another: the same length, and digits alone. */
	snprintf(source, SPOOL_SOURCE_MAX, "pending/%.*s/%08zu", SPOOL_ID_LEN,
		 (const char *)s->at + MARK_LEN, (size_t)(at - s->at));
}

struct bytes
spool_bytes(const struct spool *s)
{
	return bytes_after((struct bytes){s->at, s->len}, s->len > HEAD_LEN ? HEAD_LEN : s->len);
}

void
spool_close(struct spool *s, bool is_recorded)
{
	if (is_recorded)
		unlink(s->path);
	if (s->descriptor >= 0)
		close(s->descriptor);
	free(s->at);
	*s = (struct spool){.descriptor = -1};
}
