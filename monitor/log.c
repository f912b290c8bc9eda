/* Words for people; see log.h. */
#include "monitor/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int verbosity;

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

/* One write, so that lines of several processes do not mix. */
static void
say(const char *format, va_list arguments)
{
	char text[LOG_LINE_MAX] = "waxseal: ";
	char line[4 * LOG_LINE_MAX];
	const size_t start = strlen(text);
	ssize_t ignored;
	size_t length;

	if (vsnprintf(text + start, sizeof(text) - start, format, arguments) >=
	    (int)(sizeof(text) - start))
		memcpy(text + sizeof(text) - 4, "...", 4);
	length = printable_line(text, line, sizeof(line));
	/* Nobody is left to tell that standard error is gone. */
	ignored = write(STDERR_FILENO, line, length);
	(void)ignored;
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
