/* A secret from a file; see secret_file.h. */
#include "monitor/alert/secret_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

/* One read is enough for what a file of this size holds. */
static ssize_t
read_some(const char *path, char out[SECRET_MAX])
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	ssize_t n = -1;
	int error;

	if (fd < 0)
		return -1;
	n = read(fd, out, SECRET_MAX - 1);
	error = errno;
	close(fd);
	errno = error;
	return n;
}

static bool
is_good(const char *line, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if ((line[i] >= 0 && line[i] < ' ') || line[i] == 0x7f)
			return false;
	return len > 0;
}

bool
secret_file_read(const char *path, char out[SECRET_MAX], const char **why)
{
	ssize_t n = read_some(path, out);
	const char *lf = n > 0 ? memchr(out, '\n', (size_t)n) : NULL;
	size_t len = lf != NULL ? (size_t)(lf - out) : n > 0 ? (size_t)n : 0;

	if (n < 0)
		*why = strerror(errno);
	else if (lf == NULL && n == SECRET_MAX - 1)
		*why = "its first line is too long";
	else {
		while (len > 0 &&
		       (out[len - 1] == ' ' || out[len - 1] == '\t' || out[len - 1] == '\r'))
			len--;
		out[len] = '\0';
		if (is_good(out, len))
			return true;
		*why = "its first line is empty or no text";
	}
	explicit_bzero(out, SECRET_MAX);
	return false;
}
