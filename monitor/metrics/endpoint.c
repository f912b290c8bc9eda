/* Where metrics are served; see endpoint.h. */
#include "monitor/metrics/endpoint.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "monitor/policy/dns.h"

#define BACKLOG 16

static bool
read_path(const char *text, struct endpoint *out)
{
	const size_t len = strlen(text);

	if (len >= sizeof(out->at.path.sun_path))
		return false;
	for (size_t i = 0; i < len; i++)
		if (text[i] < 0x20 || text[i] > 0x7e)
			return false;
	out->at.path.sun_family = AF_UNIX;
	memcpy(out->at.path.sun_path, text, len + 1);
	out->len = sizeof(out->at.path);
	out->is_here = true;
	return true;
}

bool
endpoint_read(const char *text, struct endpoint *out)
{
	const char *bracket = strchr(text, ']');
	struct dns_resolver r;

	*out = (struct endpoint){0};
	if (text[0] == '/')
		return read_path(text, out);
	/* Where there is no port a resolver has its usual one; here there is none. */
	if (strchr(bracket != NULL ? bracket : text, ':') == NULL || !dns_resolver_read(text, &r) ||
	    (r.address.family == 6 && bracket == NULL))
		return false;
	out->is_here = dns_is_here(&r.address);
	if (r.address.family == 4) {
		struct sockaddr_in *in = (struct sockaddr_in *)&out->at.room;

		*in = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons(r.port)};
		memcpy(&in->sin_addr, r.address.b, sizeof(in->sin_addr));
		out->len = sizeof(*in);
	} else {
		struct sockaddr_in6 *in = (struct sockaddr_in6 *)&out->at.room;

		*in = (struct sockaddr_in6){.sin6_family = AF_INET6, .sin6_port = htons(r.port)};
		memcpy(&in->sin6_addr, r.address.b, sizeof(in->sin6_addr));
		out->len = sizeof(*in);
	}
	return true;
}

/* What a process that is gone left behind. */
static void
remove_stale(const struct endpoint *e)
{
	const char *path = e->at.path.sun_path;
	struct stat s;
	int probe;

	if (lstat(path, &s) != 0 || !S_ISSOCK(s.st_mode))
		return;
	probe = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (probe < 0)
		return;
	if (connect(probe, &e->at.any, e->len) != 0 && errno == ECONNREFUSED)
		unlink(path);
	close(probe);
}

static bool
settle(int descriptor, const struct endpoint *e)
{
	const int yes = 1;

	if (e->at.any.sa_family == AF_UNIX)
		remove_stale(e);
	else
		setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
	if (bind(descriptor, &e->at.any, e->len) != 0)
		return false;
	if (e->at.any.sa_family == AF_UNIX && chmod(e->at.path.sun_path, 0666) != 0)
		return false;
	return listen(descriptor, BACKLOG) == 0;
}

int
endpoint_listen(const struct endpoint *e)
{
	int descriptor = socket(e->at.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int error;

	if (descriptor < 0 || settle(descriptor, e))
		return descriptor;
	error = errno;
	close(descriptor);
	errno = error;
	return -1;
}
