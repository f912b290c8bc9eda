/*
 * Where metrics are served: an address and a port of this machine, or a socket in a
 * folder.
 *
 * Listens; neither accepts nor answers.
 */
#ifndef MONITOR_METRICS_ENDPOINT_H
#define MONITOR_METRICS_ENDPOINT_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/un.h>

struct endpoint {
	union {
		struct sockaddr any;
		struct sockaddr_un path; /* the longest of those that it can be */
		struct sockaddr_storage room;
	} at;
	socklen_t len;
	bool is_here; /* nobody but this machine reaches it */
};

/*
 * "127.0.0.1:9725", "[::1]:9725", "/run/waxseal/metrics.sock": a path begins with a slash and
 * fits a socket's. False for anything else.
 */
bool endpoint_read(const char *text, struct endpoint *out);

/*
 * Listen there; -1, with errno. A socket that nobody listens at any more gives way;
 * any other file stays. Whoever reaches its folder may connect.
 */
int endpoint_listen(const struct endpoint *e);

#endif
