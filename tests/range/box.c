/*
 * A middle box for the range: a transparent proxy between mail clients and
 * servers that alters what it passes, as its rules say.
 *
 * Both ends keep their addresses and ports (TPROXY towards us, a transparent
 * socket away from us), so a tap beside it sees an ordinary connection. Text is
 * held back to whole lines and whole replies, so that a rule sees all of it;
 * once the client's TLS begins bytes pass as they are, but for the TLS rules.
 * One process a connection. For test networks only: it trusts its caller.
 *
 *	box PORT [RULE ...]
 *
 *	reply FROM TO		replace in the server's text (\r \n \xHH \\ are understood)
 *	command FROM TO		replace in the client's text
 *	cut WORD		delete the reply line that holds WORD, keeping the reply well formed
 *	answer VERB TEXT	answer this command ourselves; the server never sees it
 *	cisco			overwrite unknown lines of the EHLO reply as Cisco's inspection does
 *	mask-greeting		overwrite the greeting with '*' but for 2, 0 and blanks
 *	hello rst|fin|TEXT	at the client's first TLS byte: reset both ends, close both, or
 *				send TEXT to the client and close
 *	versions		delete supported_versions from the ClientHello
 *	delay MS		pass the client's text on only after that time
 *	established N TEXT	behind the server's Nth TLS application record send TEXT to the
 *client
 */
#include <arpa/inet.h>
#include <ctype.h>
#include <err.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define RULES_MAX 16
#define HELD_MAX  (1 << 20)

enum action {
	ACTION_REPLY,
	ACTION_COMMAND,
	ACTION_CUT,
	ACTION_ANSWER,
	ACTION_CISCO,
	ACTION_MASK_GREETING,
	ACTION_HELLO,
	ACTION_VERSIONS,
	ACTION_ESTABLISHED,
	ACTION_DELAY
};

struct text {
	char *at;
	size_t len;
};

struct rule {
	enum action action;
	struct text a, b;
};

static const struct action_name {
	const char *name;
	enum action action;
	int arguments;
} action_names[] = {
    {"reply", ACTION_REPLY, 2},
    {"command", ACTION_COMMAND, 2},
    {"cut", ACTION_CUT, 1},
    {"answer", ACTION_ANSWER, 2},
    {"cisco", ACTION_CISCO, 0},
    {"mask-greeting", ACTION_MASK_GREETING, 0},
    {"hello", ACTION_HELLO, 1},
    {"versions", ACTION_VERSIONS, 0},
    {"established", ACTION_ESTABLISHED, 2},
    {"delay", ACTION_DELAY, 1},
};

static struct rule rules[RULES_MAX];
static size_t rule_count;

/* One direction: the socket it comes from, the one it goes to, what is held back. */
struct way {
	int from, to;
	char *held;
	size_t len;
	bool is_open;
};

struct relay {
	struct way up, down; /* client to server, server to client */
	bool is_tls;
	bool greeted;
	bool gone;        /* a rule ended the connection */
	unsigned records; /* application records seen from the server */
};

static struct text
unescape(const char *s)
{
	struct text t = {calloc(strlen(s) + 1, 1), 0};

	if (t.at == NULL)
		err(1, "calloc");
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
		t.at[t.len++] = c;
	}
	return t;
}

static void
send_all(int fd, const void *p, size_t len)
{
	const char *at = p;

	while (len > 0) {
		ssize_t n = send(fd, at, len, MSG_NOSIGNAL);

		if (n <= 0)
			return;
		at += n;
		len -= (size_t)n;
	}
}

/* Replace every from in *p (len bytes, room for HELD_MAX) with to. */
static void
replace(char *p, size_t *len, const struct text *from, const struct text *to)
{
	char *at = p;

	while ((at = memmem(at, *len - (size_t)(at - p), from->at, from->len)) != NULL) {
		size_t behind = *len - (size_t)(at - p) - from->len;

		if (*len + to->len > HELD_MAX)
			return;
		memmove(at + to->len, at + from->len, behind);
		memcpy(at, to->at, to->len);
		*len = *len - from->len + to->len;
		at += to->len;
	}
}

/* Delete the line of a reply that holds word; the line before it becomes the last where it was. */
static void
cut_line(char *p, size_t *len, const struct text *word)
{
	char *hit = memmem(p, *len, word->at, word->len);
	char *start, *end;
	bool was_last;

	if (hit == NULL)
		return;
	for (start = hit; start > p && start[-1] != '\n'; start--)
		continue;
	end = memchr(hit, '\n', *len - (size_t)(hit - p));
	end = end == NULL ? p + *len : end + 1;
	was_last = start[3] == ' ';
	memmove(start, end, *len - (size_t)(end - p));
	*len -= (size_t)(end - start);
	if (!was_last || start == p)
		return;
	for (start--; start > p && start[-1] != '\n'; start--)
		continue;
	start[3] = ' ';
}

static bool
passes_cisco(const char *keyword)
{
	static const char *const known[] = {
	    "AUTH",       "8BITMIME", "SIZE", "ETRN", "PIPELINING", "DSN", "ENHANCEDSTATUSCODES",
	    "BINARYMIME", "HELP"};

	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (strncasecmp(keyword, known[i], strlen(known[i])) == 0)
			return true;
	return false;
}

/* From the second line on: unknown lines become X with an ordinal letter behind. */
static void
mask_cisco(char *p, size_t len)
{
	char ordinal = 'A';
	char *line = memchr(p, '\n', len);

	if (memcmp(p, "250-", 4) != 0 || line == NULL)
		return;
	for (line++; line + 5 < p + len;) {
		char *end = memchr(line, '\r', len - (size_t)(line - p));

		if (end == NULL)
			return;
		if (!passes_cisco(line + 4)) {
			memset(line + 4, 'X', (size_t)(end - line) - 4);
			end[-1] = ordinal++;
		}
		line = end + 2;
	}
}

static void
mask_greeting(char *p, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (strchr("20 \r\n", p[i]) == NULL)
			p[i] = '*';
}

/* A whole reply from the server: alter it and pass it on. */
static void
pass_reply(struct relay *r, size_t len)
{
	struct way *w = &r->down;
	char *out = malloc(HELD_MAX);

	if (out == NULL)
		err(1, "malloc");
	memcpy(out, w->held, len);
	memmove(w->held, w->held + len, w->len - len);
	w->len -= len;
	for (size_t i = 0; i < rule_count; i++) {
		if (rules[i].action == ACTION_REPLY)
			replace(out, &len, &rules[i].a, &rules[i].b);
		else if (rules[i].action == ACTION_CUT)
			cut_line(out, &len, &rules[i].a);
		else if (rules[i].action == ACTION_CISCO && r->greeted)
			mask_cisco(out, len);
		else if (rules[i].action == ACTION_MASK_GREETING && !r->greeted)
			mask_greeting(out, len);
	}
	r->greeted = true;
	send_all(w->to, out, len);
	free(out);
}

/* Bytes of the first whole reply held; 0 where it is not whole yet. */
static size_t
whole_reply(const struct way *w)
{
	size_t at = 0;

	for (;;) {
		char *end = memchr(w->held + at, '\n', w->len - at);
		size_t next;

		if (end == NULL)
			return 0;
		next = (size_t)(end - w->held) + 1;
		if (next - at < 5 || w->held[at + 3] != '-')
			return next;
		at = next;
	}
}

static bool
answer_ourselves(const struct relay *r, const char *line, size_t len)
{
	for (size_t i = 0; i < rule_count; i++) {
		const struct rule *u = &rules[i];

		if (u->action != ACTION_ANSWER || len < u->a.len ||
		    strncasecmp(line, u->a.at, u->a.len) != 0)
			continue;
		send_all(r->up.from, u->b.at, u->b.len);
		return true;
	}
	return false;
}

/* Whole lines from the client: alter them and pass them on, in one piece. */
static void
pass_commands(struct relay *r, size_t len)
{
	struct way *w = &r->up;
	char *out = malloc(HELD_MAX);
	size_t out_len = 0;

	if (out == NULL)
		err(1, "malloc");
	for (size_t at = 0; at < len;) {
		char *end = memchr(w->held + at, '\n', len - at);
		size_t next = (size_t)(end - w->held) + 1;

		if (!answer_ourselves(r, w->held + at, next - at)) {
			memcpy(out + out_len, w->held + at, next - at);
			out_len += next - at;
		}
		at = next;
	}
	memmove(w->held, w->held + len, w->len - len);
	w->len -= len;
	for (size_t i = 0; i < rule_count; i++) {
		if (rules[i].action == ACTION_COMMAND)
			replace(out, &out_len, &rules[i].a, &rules[i].b);
		if (rules[i].action == ACTION_DELAY)
			usleep((useconds_t)atoi(rules[i].a.at) * 1000);
	}
	send_all(w->to, out, out_len);
	free(out);
}

static void
reset(int fd)
{
	struct linger hard = {1, 0};

	setsockopt(fd, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
	close(fd);
}

static void
put16(uint8_t *p, size_t v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

static size_t
get16(const uint8_t *p)
{
	return (size_t)p[0] << 8 | p[1];
}

/*
 * Delete the extension supported_versions (43) from a ClientHello held whole
 * in one record, and mend the four lengths around it (RFC 8446 section 4.1.2).
 */
static void
cut_versions(struct way *w)
{
	uint8_t *p = (uint8_t *)w->held, *extensions, *at, *end;
	size_t skip = 5 + 4 + 2 + 32;

	skip += 1u + p[skip];
	skip += 2u + get16(p + skip);
	skip += 1u + p[skip];
	extensions = p + skip;
	end = extensions + 2 + get16(extensions);
	for (at = extensions + 2; at + 4 <= end; at += 4 + get16(at + 2)) {
		size_t len = 4 + get16(at + 2);

		if (get16(at) != 43)
			continue;
		memmove(at, at + len, (size_t)(p + w->len - at) - len);
		w->len -= len;
		put16(extensions, get16(extensions) - len);
		put16(p + 7, get16(p + 7) - len);
		put16(p + 3, get16(p + 3) - len);
		return;
	}
}

/* The client's first TLS bytes are held. False where they must wait or are spent. */
static bool
pass_hello(struct relay *r)
{
	for (size_t i = 0; i < rule_count; i++) {
		const struct rule *u = &rules[i];

		if (u->action == ACTION_VERSIONS) {
			if (r->up.len < 5 || r->up.len < 5 + get16((uint8_t *)r->up.held + 3))
				return false;
			cut_versions(&r->up);
		}
		if (u->action != ACTION_HELLO)
			continue;
		r->gone = true;
		if (strcmp(u->a.at, "rst") == 0) {
			reset(r->up.from);
			reset(r->down.from);
			return false;
		}
		if (strcmp(u->a.at, "fin") != 0)
			send_all(r->up.from, u->a.at, u->a.len);
		shutdown(r->up.from, SHUT_WR);
		shutdown(r->down.from, SHUT_WR);
		usleep(200000);
		return false;
	}
	return true;
}

/* The server's TLS records, whole ones one by one. */
static void
pass_records(struct relay *r)
{
	struct way *w = &r->down;

	while (w->len >= 5) {
		size_t len = 5 + get16((uint8_t *)w->held + 3);
		bool is_application = w->held[0] == 23;

		if (w->len < len)
			return;
		send_all(w->to, w->held, len);
		memmove(w->held, w->held + len, w->len - len);
		w->len -= len;
		for (size_t i = 0; is_application && i < rule_count; i++) {
			if (rules[i].action != ACTION_ESTABLISHED)
				continue;
			if (++r->records == (unsigned)atoi(rules[i].a.at))
				send_all(w->to, rules[i].b.at, rules[i].b.len);
		}
	}
}

static void
pass_up(struct relay *r)
{
	struct way *w = &r->up;

	if (!r->is_tls && w->len > 0 && w->held[0] == 0x16 && r->greeted) {
		if (!pass_hello(r))
			return;
		r->is_tls = true;
	}
	if (r->is_tls) {
		send_all(w->to, w->held, w->len);
		w->len = 0;
		return;
	}
	for (size_t len = w->len; len > 0; len--)
		if (w->held[len - 1] == '\n') {
			pass_commands(r, len);
			break;
		}
}

static void
pass_down(struct relay *r)
{
	size_t len;

	if (r->is_tls) {
		pass_records(r);
		return;
	}
	while ((len = whole_reply(&r->down)) > 0)
		pass_reply(r, len);
}

static void
take(struct relay *r, struct way *w)
{
	ssize_t n = recv(w->from, w->held + w->len, HELD_MAX - w->len, 0);

	if (n < 0) {
		reset(w->to);
		r->gone = true;
		return;
	}
	if (n == 0) {
		send_all(w->to, w->held, w->len);
		shutdown(w->to, SHUT_WR);
		w->is_open = false;
		return;
	}
	w->len += (size_t)n;
	if (w == &r->up)
		pass_up(r);
	else
		pass_down(r);
}

static void
relay_run(int client, int server)
{
	struct relay r = {
	    .up = {client, server, malloc(HELD_MAX), 0, true},
	    .down = {server, client, malloc(HELD_MAX), 0, true},
	};

	if (r.up.held == NULL || r.down.held == NULL)
		err(1, "malloc");
	while (!r.gone && (r.up.is_open || r.down.is_open)) {
		struct pollfd p[2] = {
		    {r.up.is_open ? client : -1, POLLIN, 0},
		    {r.down.is_open ? server : -1, POLLIN, 0},
		};

		if (poll(p, 2, 30000) <= 0)
			break;
		if (p[0].revents != 0)
			take(&r, &r.up);
		if (!r.gone && p[1].revents != 0)
			take(&r, &r.down);
	}
}

/* Connect to where the client meant to go, from the client's own address and port. */
static int
connect_onward(int client)
{
	struct sockaddr_storage here = {0}, there = {0};
	socklen_t here_len = sizeof here, there_len = sizeof there;
	int one = 1, fd;

	if (getsockname(client, (struct sockaddr *)&here, &here_len) != 0 ||
	    getpeername(client, (struct sockaddr *)&there, &there_len) != 0)
		err(1, "getsockname");
	fd = socket(here.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd == -1)
		err(1, "socket");
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
	if (here.ss_family == AF_INET)
		setsockopt(fd, IPPROTO_IP, IP_TRANSPARENT, &one, sizeof one);
	else
		setsockopt(fd, IPPROTO_IPV6, IPV6_TRANSPARENT, &one, sizeof one);
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	if (bind(fd, (struct sockaddr *)&there, there_len) != 0)
		err(1, "bind");
	if (connect(fd, (struct sockaddr *)&here, here_len) != 0)
		err(1, "connect");
	return fd;
}

static int
listen_on(int family, uint16_t port)
{
	struct sockaddr_in a4 = {.sin_family = AF_INET, .sin_port = htons(port)};
	struct sockaddr_in6 a6 = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
	int one = 1, fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd == -1)
		err(1, "socket");
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
	if (family == AF_INET) {
		setsockopt(fd, IPPROTO_IP, IP_TRANSPARENT, &one, sizeof one);
		if (bind(fd, (struct sockaddr *)&a4, sizeof a4) != 0)
			err(1, "bind");
	} else {
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof one);
		setsockopt(fd, IPPROTO_IPV6, IPV6_TRANSPARENT, &one, sizeof one);
		if (bind(fd, (struct sockaddr *)&a6, sizeof a6) != 0)
			err(1, "bind");
	}
	if (listen(fd, 16) != 0)
		err(1, "listen");
	return fd;
}

static void
read_rules(int argc, char **argv)
{
	int i = 2;

	while (i < argc) {
		const struct action_name *n = NULL;
		struct rule *u = &rules[rule_count++];

		if (rule_count > RULES_MAX)
			errx(2, "too many rules");
		for (size_t k = 0; k < sizeof action_names / sizeof *action_names; k++)
			if (strcmp(argv[i], action_names[k].name) == 0)
				n = &action_names[k];
		if (n == NULL || i + n->arguments >= argc)
			errx(2, "%s: no such rule, or too few arguments", argv[i]);
		u->action = n->action;
		if (n->arguments > 0)
			u->a = unescape(argv[i + 1]);
		if (n->arguments > 1)
			u->b = unescape(argv[i + 2]);
		i += 1 + n->arguments;
	}
}

int
main(int argc, char **argv)
{
	struct pollfd p[2];

	if (argc < 2)
		errx(2, "usage: box PORT [RULE ...]");
	read_rules(argc, argv);
	signal(SIGCHLD, SIG_IGN);
	p[0] = (struct pollfd){listen_on(AF_INET, (uint16_t)atoi(argv[1])), POLLIN, 0};
	p[1] = (struct pollfd){listen_on(AF_INET6, (uint16_t)atoi(argv[1])), POLLIN, 0};
	puts("ready");
	fflush(stdout);
	for (;;) {
		if (poll(p, 2, -1) < 0 && errno != EINTR)
			err(1, "poll");
		for (int i = 0; i < 2; i++) {
			int one = 1, client;

			if ((p[i].revents & POLLIN) == 0)
				continue;
			client = accept4(p[i].fd, NULL, NULL, SOCK_CLOEXEC);
			if (client == -1)
				continue;
			setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
			if (fork() == 0) {
				relay_run(client, connect_onward(client));
				_exit(0);
			}
			close(client);
		}
	}
}
