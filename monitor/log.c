/* Words for people; see log.h. */
#include "monitor/log.h"

#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "monitor/unblocked.h"

static int verbosity;
static int twin = -1;   /* of standard error, which takes what it takes at once; -1: it may wait */
static unsigned missed; /* lines that it did not take since the last that it took */

void
log_set_verbosity(int value)
{
	verbosity = value;
}

int
log_verbosity(void)
{
	return verbosity;
}

/* in to out, printable; out holds cap bytes and is closed with a newline, not NUL. */
static size_t
printable_line(const char *in, char *out, size_t cap)
{
	static const char hex[] = "0123456789abcdef";
	size_t n = 0;

	/* Room for one unit of four bytes and the newline. */
	for (; *in != '\0' && cap - n > 5; in++) {
		unsigned char c = (unsigned char)*in;

		/* A backslash stays: the text may have been made printable before. */
		if (c >= 0x20 && c < 0x7f) {
			out[n++] = *in;
			continue;
		}
		out[n++] = '\\';
		out[n++] = 'x';
		out[n++] = hex[c >> 4];
		out[n++] = hex[c & 15];
	}
	out[n++] = '\n';
	return n;
}

void
log_never_wait(void)
{
	if (twin < 0)
		twin = unblocked_open(STDERR_FILENO);
}

/* Nobody is left to tell that standard error is gone. False where it takes nothing now. */
static bool
put(const char *text, size_t length)
{
	ssize_t taken =
	    twin < 0 ? write(STDERR_FILENO, text, length) : unblocked_write(twin, text, length);

	return taken >= 0 || errno != EAGAIN;
}

void
log_raw(const char *text)
{
	put(text, strlen(text));
}

static void
put_line(const char *line, size_t length)
{
	char told[80];
	int len = snprintf(told, sizeof(told),
			   "waxseal: standard error: %u line%s left out, as nobody read\n", missed,
			   missed == 1 ? " was" : "s were");

	if (missed > 0 && put(told, (size_t)len))
		missed = 0;
	if (missed > 0 || !put(line, length))
		missed++;
}

/* One write that a pipe takes as a whole, so that lines of several processes do not mix. */
static void
say(const char *format, va_list arguments)
{
	char text[LOG_LINE_MAX] = "waxseal: ";
	char line[PIPE_BUF];
	const size_t start = strlen(text);

	if (vsnprintf(text + start, sizeof(text) - start, format, arguments) >=
	    (int)(sizeof(text) - start))
		memcpy(text + sizeof(text) - 4, "...", 4);
	put_line(line, printable_line(text, line, sizeof(line)));
}

void
log_error(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	say(format, arguments);
	va_end(arguments);
}

void
log_note(const char *format, ...)
{
	va_list arguments;

	if (verbosity < 0)
		return;
	va_start(arguments, format);
	say(format, arguments);
	va_end(arguments);
}

void
log_detail(const char *format, ...)
{
	va_list arguments;

	if (verbosity < 1)
		return;
	va_start(arguments, format);
	say(format, arguments);
	va_end(arguments);
}
