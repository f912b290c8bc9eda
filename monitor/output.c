/* The fate of standard output; see output.h. */
#include "monitor/output.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "monitor/command/command.h"
#include "monitor/log.h"

/* Why writing failed first; 0: it has not. */
static int failure;

void
output_begin(void)
{
	int fd;

	/* Read-only: what is written to a descriptor that was closed must fail, not vanish. */
	do
		fd = open("/dev/null", O_RDONLY);
	while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd > STDERR_FILENO)
		close(fd);
	signal(SIGPIPE, SIG_IGN);
	/* A file that has grown to its limit is an error, like a full disk. */
	signal(SIGXFSZ, SIG_IGN);
}

/*
 * Why what was written failed: errno says it no more where other calls came between, as
 * of the database that the output is read from. What is left of it fails for it again.
 */
static int
reason(void)
{
	struct pollfd end = {.fd = STDOUT_FILENO};

	if (poll(&end, 1, 0) == 1 && (end.revents & POLLERR) != 0)
		return EPIPE;
	clearerr(stdout);
	return fflush(stdout) != 0 ? errno : EIO;
}

bool
output_is_fine(void)
{
	if (failure == 0 && ferror(stdout) != 0)
		failure = reason();
	return failure == 0;
}

void
output_failed(int error)
{
	failure = error;
}

int
output_finish(int status)
{
	if (output_is_fine() && fflush(stdout) != 0)
		failure = errno;
	if (failure == 0 || failure == EPIPE)
		return status;
	log_error("standard output: cannot write: %s (give it room, or another place)",
		  strerror(failure));
	return STATUS_FAILED;
}
