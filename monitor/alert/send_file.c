/* Alerts to a file; see send_file.h. */
#include "monitor/alert/send_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "db/made.h"

struct file {
	int descriptor; /* -1: it could not be opened, and error says why */
	int error;
	int watch;    /* inotify(7): whether the name still leads to it; -1: not known */
	bool is_torn; /* half a line is at its end, from before or since it could not be taken back
		       */
};

/* What is made gets its mode whatever the umask, which a unit sets for the database: those who ship
 * logs are of the group. */
static int
open_or_make(const char *path)
{
	/* A pipe that nobody reads must not hold the others up. */
	const int open_flags = O_WRONLY | O_APPEND | O_CLOEXEC | O_NOCTTY | O_NONBLOCK;
	int made = open(path, open_flags | O_CREAT | O_EXCL, 0600);

	if (made < 0)
		/* A link that leads to nothing is no file, and yet is there. */
		return open(path, open_flags | O_CREAT, 0640);
	fchmod(made, 0640);
	made_for_folder(made, path);
	return made;
}

/*
 * Whether the file that is there ends amid a line: the machine went down as it was written. Where
 * it may not be read nobody knows. A pipe has no end.
 */
static bool
ends_torn(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	struct stat status;
	char last = '\n';

	if (fd < 0)
		return false;
	if (fstat(fd, &status) == 0 && S_ISREG(status.st_mode) && status.st_size > 0 &&
	    pread(fd, &last, 1, status.st_size - 1) != 1)
		last = '\n';
	close(fd);
	return last != '\n';
}

static void
file_open(struct send *s)
{
	struct file *f = calloc(1, sizeof(*f));

	s->own = f;
	if (f == NULL)
		return;
	f->descriptor = open_or_make(s->sink->path);
	f->error = errno;
	f->is_torn = f->descriptor >= 0 && ends_torn(s->sink->path);
	f->watch = f->descriptor >= 0 ? inotify_init1(IN_CLOEXEC | IN_NONBLOCK) : -1;
	/* That the last name of an open file goes is a change of its attributes. */
	if (f->watch >= 0)
		inotify_add_watch(f->watch, s->sink->path,
				  IN_ATTRIB | IN_MOVE_SELF | IN_DELETE_SELF);
	s->descriptor = f->watch;
	s->events = POLLIN;
}

/* Part of a line was written and no more can be: take it back, unless others wrote behind it. */
static bool
take_back(const struct file *f, off_t written)
{
	off_t end = lseek(f->descriptor, 0, SEEK_CUR);

	return end >= written && lseek(f->descriptor, 0, SEEK_END) == end &&
	       ftruncate(f->descriptor, end - written) == 0;
}

static void
append(struct send *s, struct file *f)
{
	static char lf[] = "\n";
	struct iovec pieces[] = {{lf, f->is_torn ? 1 : 0},
				 {(void *)(uintptr_t)s->payload.at, s->payload.len}};
	ssize_t whole = (ssize_t)(pieces[0].iov_len + pieces[1].iov_len), n;

	do
		n = writev(f->descriptor, pieces, 2);
	while (n < 0 && errno == EINTR);
	if (n == whole) {
		f->is_torn = false;
		/* A pipe has no disk. */
		if (fdatasync(f->descriptor) == 0 || errno == EINVAL || errno == EROFS)
			send_finish(s, DISPATCH_SENT, NULL);
		else
			send_finish(s, DISPATCH_LATER, "%s: %s", s->sink->path, strerror(errno));
		return;
	}
	if (n > 0) {
		errno = ENOSPC;
		f->is_torn = !take_back(f, n) || f->is_torn;
		errno = ENOSPC;
	}
	send_finish(s, DISPATCH_LATER, "%s: cannot append: %s", s->sink->path, strerror(errno));
}

/* What to do about it, in a line with what it is. */
static const char *
advice(int error)
{
	switch (error) {
	case ENOENT:
		return " (make its folder)";
	case EACCES:
		return " (the user that parses must be let write it, and in its folder)";
	case EROFS:
		return " (under the unit: choose one in /var/log/waxseal, or add ReadWritePaths=)";
	default:
		return "";
	}
}

static void
file_begin(struct send *s)
{
	struct file *f = s->own;

	if (f == NULL)
		send_finish_stale(s, "%s: out of memory", s->sink->path);
	else if (f->descriptor < 0)
		send_finish_stale(s, "%s: cannot open: %s%s", s->sink->path, strerror(f->error),
				  advice(f->error));
	else
		append(s, f);
	if (f != NULL && !s->was_replaced)
		s->descriptor = f->watch;
	s->events = POLLIN;
}

/* Something became of its name. */
static void
file_step(struct send *s)
{
	s->was_replaced = true;
	s->descriptor = -1;
}

static void
file_give_up(struct send *s)
{
	(void)s;
}

static void
file_close(struct send *s)
{
	struct file *f = s->own;

	if (f == NULL)
		return;
	if (f->descriptor >= 0)
		close(f->descriptor);
	if (f->watch >= 0)
		close(f->watch);
	free(f);
}

const struct send_way send_file = {file_open, file_begin, file_step, file_give_up, file_close};
