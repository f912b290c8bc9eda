/* Words to the service manager; see notify.h. */
#include "monitor/role/notify.h"
#include "monitor/clock.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define BUSY_US 1000000 /* between two words of a long step */

/* A path, or behind '@' a name without a file, unix(7). */
static int
connect_to(const char *name)
{
	struct sockaddr_un to = {.sun_family = AF_UNIX};
	size_t len = strlen(name);
	int fd;

	if (len == 0 || len >= sizeof(to.sun_path) || (name[0] != '/' && name[0] != '@'))
		return -1;
	memcpy(to.sun_path, name, len);
	if (name[0] == '@')
		to.sun_path[0] = '\0';
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd >= 0 && connect(fd, (const struct sockaddr *)&to,
			       (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len)) != 0) {
		close(fd);
		fd = -1;
	}
	return fd;
}

void
notify_begin(struct notify *n)
{
	const char *name = getenv("NOTIFY_SOCKET"), *limit = getenv("WATCHDOG_USEC");

	*n = (struct notify){.socket = name != NULL ? connect_to(name) : -1};
	if (limit != NULL)
		n->interval = strtoll(limit, NULL, 10) / 2;
}

void
notify_say(const struct notify *n, const char *words)
{
	/* A manager that is gone needs no answer. */
	if (n->socket >= 0)
		(void)!send(n->socket, words, strlen(words), MSG_NOSIGNAL | MSG_DONTWAIT);
}

void
notify_reloading(const struct notify *n)
{
	char words[64];

	snprintf(words, sizeof(words), "RELOADING=1\nMONOTONIC_USEC=%" PRId64, clock_steady_us());
	notify_say(n, words);
}

void
notify_alive(struct notify *n)
{
	if (n->interval <= 0 || clock_steady_us() < n->due)
		return;
	n->due = clock_steady_us() + n->interval;
	notify_say(n, "WATCHDOG=1");
}

void
notify_busy(struct notify *n)
{
	const int64_t now = clock_steady_us();

	if (n->socket < 0 || now < n->busy_due)
		return;
	n->busy_due = now + BUSY_US;
	notify_say(n, "EXTEND_TIMEOUT_USEC=60000000\nWATCHDOG=1");
}

void
notify_end(struct notify *n)
{
	if (n->socket >= 0)
		close(n->socket);
	n->socket = -1;
}
