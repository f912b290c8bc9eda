/*
 * One scripted end of a connection: says and awaits exactly what its caller
 * lists, so that a scenario decides every segment.
 *
 *	talk [-l] ADDRESS PORT STEP ...
 *
 *	bind=ADDRESS[/PORT]	before anything else: connect from there
 *	send=TEXT		one write (\r \n \xHH \\ are understood)
 *	line=TEXT		the same, with CRLF behind
 *	body=FILE		the file, in one write
 *	wait			until a whole reply has come
 *	wait=TEXT		until TEXT has come
 *	sleep=MS		do nothing
 *	keepalive=SECONDS	keep-alive probes from now on
 *	fin, rst, drain		close our side, reset, read until the other side closes
 *	again			(client) close and connect once more from the same port
 *
 * Other replies than the expected ones are nobody's concern here: the capture tells.
 * Ends by itself after 20 seconds.
 */
#include <arpa/inet.h>
#include <ctype.h>
#include <err.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define HEARD_MAX (1 << 20)

static char heard[HEARD_MAX];
static size_t heard_len;

static size_t
unescape(const char *s, char *out)
{
	size_t len = 0;

	for (; *s != '\0'; s++) {
		char c = *s;

		if (c == '\\' && s[1] != '\0') {
			c = *++s;
			if (c == 'r')
				c = '\r';
			else if (c == 'n')
				c = '\n';
			else if (c == 'x' && isxdigit((unsigned char)s[1]) &&
				 isxdigit((unsigned char)s[2])) {
				char hex[3] = {s[1], s[2], '\0'};

				c = (char)strtoul(hex, NULL, 16);
				s += 2;
			}
		}
		out[len++] = c;
	}
	return len;
}

static struct addrinfo *
lookup(const char *address, const char *port)
{
	struct addrinfo hints = {.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV,
				 .ai_socktype = SOCK_STREAM};
	struct addrinfo *a;

	if (getaddrinfo(address, port, &hints, &a) != 0)
		errx(2, "%s: bad address", address);
	return a;
}

static int
stream(int family)
{
	int one = 1, fd = socket(family, SOCK_STREAM, 0);

	if (fd == -1)
		err(1, "socket");
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	return fd;
}

static int
connect_to(const struct addrinfo *a, char *from)
{
	int fd = stream(a->ai_family);

	if (from != NULL) {
		char copy[80], *slash;
		struct addrinfo *b;

		snprintf(copy, sizeof copy, "%s", from);
		slash = strchr(copy, '/');
		if (slash != NULL)
			*slash = '\0';
		b = lookup(copy, slash == NULL ? "0" : slash + 1);
		if (bind(fd, b->ai_addr, b->ai_addrlen) != 0)
			err(1, "bind");
	}
	if (connect(fd, a->ai_addr, a->ai_addrlen) != 0)
		err(1, "connect");
	return fd;
}

static int
accept_on(const struct addrinfo *a)
{
	int one = 1, fd = stream(a->ai_family), client;

	if (bind(fd, a->ai_addr, a->ai_addrlen) != 0 || listen(fd, 4) != 0)
		err(1, "listen");
	puts("ready");
	fflush(stdout);
	client = accept(fd, NULL, NULL);
	if (client == -1)
		err(1, "accept");
	setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	close(fd);
	return client;
}

/* Is a whole reply at the front of what was heard? Then it is taken from there. */
static bool
take_reply(void)
{
	size_t at = 0;

	for (;;) {
		char *end = memchr(heard + at, '\n', heard_len - at);
		size_t next;

		if (end == NULL)
			return false;
		next = (size_t)(end - heard) + 1;
		if (next - at < 5 || heard[at + 3] != '-') {
			memmove(heard, heard + next, heard_len - next);
			heard_len -= next;
			return true;
		}
		at = next;
	}
}

static bool
take_text(const char *text)
{
	char want[4096];
	size_t len = unescape(text, want);
	char *hit = memmem(heard, heard_len, want, len);

	if (hit == NULL)
		return false;
	heard_len -= (size_t)(hit - heard) + len;
	memmove(heard, hit + len, heard_len);
	return true;
}

/* False at the end of what the other side says. */
static bool
hear(int fd)
{
	ssize_t n = recv(fd, heard + heard_len, HEARD_MAX - heard_len, 0);

	if (n <= 0)
		return false;
	heard_len += (size_t)n;
	return true;
}

static void
say(int fd, const char *text, const char *behind)
{
	static char out[HEARD_MAX];
	size_t len = unescape(text, out);

	memcpy(out + len, behind, strlen(behind));
	if (send(fd, out, len + strlen(behind), MSG_NOSIGNAL) < 0)
		warn("send");
}

static void
say_file(int fd, const char *path)
{
	static char out[HEARD_MAX];
	FILE *f = fopen(path, "r");
	size_t len;

	if (f == NULL)
		err(1, "%s", path);
	len = fread(out, 1, sizeof out, f);
	fclose(f);
	if (send(fd, out, len, MSG_NOSIGNAL) < 0)
		warn("send");
}

static void
keep_alive(int fd, int seconds)
{
	int one = 1;

	setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &one, sizeof one);
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &seconds, sizeof seconds);
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &seconds, sizeof seconds);
}

static void
step(int fd, const char *s)
{
	if (strncmp(s, "send=", 5) == 0)
		say(fd, s + 5, "");
	else if (strncmp(s, "line=", 5) == 0)
		say(fd, s + 5, "\r\n");
	else if (strncmp(s, "body=", 5) == 0)
		say_file(fd, s + 5);
	else if (strcmp(s, "wait") == 0)
		while (!take_reply() && hear(fd))
			continue;
	else if (strncmp(s, "wait=", 5) == 0)
		while (!take_text(s + 5) && hear(fd))
			continue;
	else if (strncmp(s, "sleep=", 6) == 0)
		usleep((useconds_t)atoi(s + 6) * 1000);
	else if (strncmp(s, "keepalive=", 10) == 0)
		keep_alive(fd, atoi(s + 10));
	else if (strcmp(s, "fin") == 0)
		shutdown(fd, SHUT_WR);
	else if (strcmp(s, "rst") == 0)
		setsockopt(fd, SOL_SOCKET, SO_LINGER, &(struct linger){1, 0},
			   sizeof(struct linger));
	else if (strcmp(s, "drain") == 0)
		while (heard_len = 0, hear(fd))
			continue;
	else
		errx(2, "%s: no such step", s);
}

int
main(int argc, char **argv)
{
	bool is_server = argc > 1 && strcmp(argv[1], "-l") == 0;
	char **arg = argv + 1 + is_server, *from = NULL;
	struct addrinfo *a;
	int fd;

	if (argc < 4 + is_server)
		errx(2, "usage: talk [-l] ADDRESS PORT STEP ...");
	alarm(20);
	a = lookup(arg[0], arg[1]);
	arg += 2;
	if (strncmp(*arg, "bind=", 5) == 0)
		from = *arg++ + 5;
	fd = is_server ? accept_on(a) : connect_to(a, from);
	for (; *arg != NULL; arg++) {
		if (strcmp(*arg, "again") != 0) {
			step(fd, *arg);
			continue;
		}
		close(fd);
		heard_len = 0;
		fd = connect_to(a, from);
	}
	close(fd);
	return 0;
}
