/* Reports as files; see tlsrpt_file.h. */
#include "monitor/report/tlsrpt_file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>
#include <zlib.h>

#include "monitor/log.h"

#define SECOND    INT64_C(1000000)
#define DAY       INT64_C(86400)    /* seconds */
#define TEMPORARY ".waxseal-tlsrpt" /* what is written, until it is whole */

static bool
fail_open(const char *path, const char *what)
{
	log_error("%s: cannot write reports there: %s", path, what);
	return false;
}

bool
tlsrpt_folder_open(struct tlsrpt_folder *f, const char *path, bool is_gzip)
{
	char why[256];

	*f = (struct tlsrpt_folder){path, -1, is_gzip};
	f->descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (f->descriptor < 0) {
		snprintf(why, sizeof(why), "%s (make the folder, or give another with --directory)",
			 strerror(errno));
		return fail_open(path, why);
	}
	/* All write under one name first. A file system without locks has to do without. */
	if (flock(f->descriptor, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK)
		return true;
	close(f->descriptor);
	return fail_open(path, "another run does just now (wait for its end)");
}

void
tlsrpt_folder_close(struct tlsrpt_folder *f)
{
	close(f->descriptor);
}

static ssize_t
write_gzip(void *cookie, const char *bytes, size_t len)
{
	/* 0 tells stdio that it failed. */
	return gzwrite(cookie, bytes, (unsigned)(len < INT_MAX ? len : INT_MAX));
}

static int
close_gzip(void *cookie)
{
	return gzclose(cookie) == Z_OK ? 0 : EOF;
}

/* A stream that is written to a descriptor compressed; that goes with it. */
static FILE *
open_gzip(int fd)
{
	const cookie_io_functions_t functions = {.write = write_gzip, .close = close_gzip};
	gzFile gzip = gzdopen(fd, "wb9");
	FILE *out = gzip == NULL ? NULL : fopencookie(gzip, "w", functions);

	if (gzip != NULL && out == NULL)
		gzclose(gzip);
	else if (gzip == NULL)
		close(fd);
	return out;
}

static FILE *
open_plain(int fd)
{
	FILE *out = fdopen(fd, "w");

	if (out == NULL)
		close(fd);
	return out;
}

/* What a run that was killed left behind goes; and no link is followed. */
static FILE *
open_temporary(const struct tlsrpt_folder *f)
{
	int fd;

	unlinkat(f->descriptor, TEMPORARY, 0);
	fd = openat(f->descriptor, TEMPORARY, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
		    0600);
	if (fd < 0)
		return NULL;
	return f->is_gzip ? open_gzip(fd) : open_plain(fd);
}

static bool
name_of(const struct tlsrpt_folder *f, const struct tlsrpt_report *r, char out[NAME_MAX + 1])
{
	const int64_t begin = r->day / SECOND;
	int len =
	    snprintf(out, NAME_MAX + 1, "%s!%s!%" PRId64 "!%" PRId64 ".json%s", r->sender->domain,
		     r->domain, begin, begin + DAY - 1, f->is_gzip ? ".gz" : "");

	return len > 0 && len <= NAME_MAX;
}

static enum tlsrpt_put
fail(const struct tlsrpt_folder *f, const char *name)
{
	int reason = errno;

	unlinkat(f->descriptor, TEMPORARY, 0);
	log_error("%s/%s: cannot write: %s (make room, or give another folder with --directory)",
		  f->path, name, strerror(reason));
	return TLSRPT_NOT_PUT;
}

enum tlsrpt_put
tlsrpt_folder_put(struct tlsrpt_folder *f, const struct tlsrpt_report *r)
{
	char name[NAME_MAX + 1];
	FILE *out;
	bool is_written;

	if (!name_of(f, r, name))
		return TLSRPT_NO_NAME;
	errno = 0;
	out = open_temporary(f);
	if (out == NULL)
		return fail(f, name);
	tlsrpt_write(r, out);
	is_written = fflush(out) == 0 && ferror(out) == 0;
	is_written = fclose(out) == 0 && is_written;
	if (!is_written || renameat(f->descriptor, TEMPORARY, f->descriptor, name) != 0)
		return fail(f, name);
	return TLSRPT_PUT;
}
