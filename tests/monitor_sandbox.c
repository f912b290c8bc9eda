/*
 * What a closed-in process can still do: each attempt is made in a child of its
 * own, once with all layers and, where one layer alone must stop it, with that
 * layer alone.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "monitor/role/sandbox.h"
#include "tests/attempts.h"
#include "tests/skip.h"

#define MEMORY ((size_t)512 << 20)

static enum allowance allows; /* of the attempts that follow */

/* How an attempt ended: by SIGSYS, with an errno, or well. */
#define STOPPED   (-1)
#define CRASHED   (-2)
#define WENT_WELL 0
#define MISSING   255 /* the layer could not be laid here */

static int
make_file(void)
{
	return try_open("made", O_WRONLY | O_CREAT);
}

static int
start_process(void)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(0);
	return pid < 0 ? errno : 0;
}

static int
trace_parent(void)
{
	return ptrace(PTRACE_ATTACH, getppid(), NULL, NULL) < 0 ? errno : 0;
}

static int
signal_parent(void)
{
	return kill(getppid(), 0) < 0 ? errno : 0;
}

static int
map_code(void)
{
	return mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) ==
		       MAP_FAILED
		   ? errno
		   : 0;
}

static int
make_code(void)
{
	void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return mprotect(page, 4096, PROT_READ | PROT_EXEC) < 0 ? errno : 0;
}

static int
take_much_memory(void)
{
	void *p = malloc(2 * MEMORY);

	/* The allocation must not be optimised away. */
	__asm__ volatile("" : : "r"(p) : "memory");
	return p == NULL ? ENOMEM : 0;
}

static int
take_some_memory(void)
{
	uint8_t *p = malloc(MEMORY / 4);

	if (p == NULL)
		return ENOMEM;
	memset(p, 1, MEMORY / 4);
	p = realloc(p, MEMORY / 3);
	free(p);
	return 0;
}

static int
by_byte(const void *a, const void *b)
{
	return *(const uint8_t *)a - *(const uint8_t *)b;
}

/* As OpenSSL sorts the authorities of a CA file when it first looks for one. */
static int
sort_much(void)
{
	static uint8_t bytes[65536];

	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(i * 167);
	qsort(bytes, sizeof(bytes), 1, by_byte);
	return bytes[0] <= bytes[1] ? 0 : EINVAL;
}

static int
use_many_descriptors(void)
{
	for (int i = 0; i < 2 * SANDBOX_DESCRIPTORS; i++)
		if (dup(0) < 0)
			return errno;
	return 0;
}

static int
become_root(void)
{
	return setuid(0) < 0 ? errno : 0;
}

/* The socket that was kept; its other end is the parent's. */
static int kept;

static int
speak(void)
{
	struct iovec piece = {"a", 1};
	struct msghdr message = {.msg_iov = &piece, .msg_iovlen = 1};

	return sendmsg(kept, &message, MSG_NOSIGNAL) == 1 ? 0 : errno;
}

static int
speak_elsewhere(void)
{
	struct iovec piece = {"a", 1};
	struct msghdr message = {.msg_iov = &piece, .msg_iovlen = 1};

	return sendmsg(kept + 1, &message, MSG_NOSIGNAL) == 1 ? 0 : errno;
}

static int
give_up(void)
{
	abort();
}

static int listener; /* of ALLOWS_SERVING, and the port that it has */
static struct sockaddr_in served;

static void
begin_to_listen(struct sandbox *s)
{
	socklen_t len = sizeof(served);

	served =
	    (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	s->listener = listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	if (bind(listener, (struct sockaddr *)&served, sizeof(served)) != 0 ||
	    listen(listener, 8) != 0 ||
	    getsockname(listener, (struct sockaddr *)&served, &len) != 0)
		_exit(MISSING);
}

/* Make the attempt in a child; layer LAYERS: with all of them. */
static int
attempt(enum layer layer, int (*try)(void))
{
	struct sandbox s = {.memory = MEMORY, .allows = allows};
	int ends[2], status, error[LAYERS] = {0};
	pid_t pid;

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	sandbox_find_user(&s, "");
	pid = fork();
	if (pid == 0) {
		s.socket = kept = ends[1];
		/* Without it only root may lay the other. */
		if (layer == LAYER_LANDLOCK)
			sandbox_lay(LAYER_NO_NEW_PRIVILEGES, &s);
		if (layer == (enum layer)LAYERS) {
			sandbox_approach(&s, error);
			if (allows == ALLOWS_SERVING)
				begin_to_listen(&s);
			sandbox_enter(&s, error);
		} else {
			error[layer] = sandbox_lay(layer, &s);
		}
		if (layer != (enum layer)LAYERS && error[layer] != 0)
			_exit(MISSING);
		_exit(try());
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	close(ends[0]);
	close(ends[1]);
	if (WIFSIGNALED(status))
		return WTERMSIG(status) == SIGSYS ? STOPPED : CRASHED;
	return WEXITSTATUS(status);
}

struct row {
	const char *name;
	int (*try)(void);
	int expected;
	bool is_lax; /* a sanitizer's run time needs it */
};

static void
try_all(enum layer layer, const struct row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		int got;

		if (SANDBOX_IS_INSTRUMENTED && rows[i].is_lax)
			continue;
		got = attempt(layer, rows[i].try);
		if (got == MISSING)
			skip_because("%s: not to be had here", layer_name(layer));
		if (got != rows[i].expected)
			fail_msg("%s: %d", rows[i].name, got);
	}
}

#define TRY(layer, rows) try_all(layer, rows, sizeof(rows) / sizeof((rows)[0]))

static void
no_system_call_leads_out(void **state)
{
	static const struct row rows[] = {
	    {"open", try_passwd, EACCES, true},
	    {"socket", try_tcp, STOPPED, false},
	    {"fork", start_process, STOPPED, false},
	    {"execve", try_program, STOPPED, false},
	    {"ptrace", trace_parent, STOPPED, false},
	    {"kill", signal_parent, STOPPED, true},
	    {"mmap of code", map_code, STOPPED, true},
	    {"mprotect to code", make_code, STOPPED, true},
	    {"sendmsg elsewhere", speak_elsewhere, STOPPED, false},
	    {"dup", use_many_descriptors, STOPPED, true},
	    {"setuid", become_root, STOPPED, false},
	};

	(void)state;
	TRY(LAYER_SYSTEM_CALLS, rows);
	TRY((enum layer)LAYERS, rows);
}

static void
what_a_reader_needs_goes_on_working(void **state)
{
	static const struct row rows[] = {
	    {"memory within the limit", take_some_memory, WENT_WELL, false},
	    {"sorting more than a little", sort_much, WENT_WELL, false},
	    {"sending over the socket", speak, WENT_WELL, false},
	    {"abort is an abort", give_up, CRASHED, true},
	};

	(void)state;
	TRY((enum layer)LAYERS, rows);
}

/* ---- One that may use the network ---- */

static int
listen_for_others(void)
{
	return listen(socket(AF_INET, SOCK_STREAM, 0), 1) < 0 ? errno : 0;
}

static int
take_a_port(void)
{
	const struct sockaddr_in any = {.sin_family = AF_INET};
	int s = socket(AF_INET, SOCK_DGRAM, 0);

	return bind(s, (const struct sockaddr *)&any, sizeof(any)) < 0 ? errno : 0;
}
static int
accept_another(void)
{
	return accept(socket(AF_INET, SOCK_STREAM, 0), NULL, NULL) < 0 ? errno : 0;
}
static int
make_memory_file(void)
{
	return (int)syscall(SYS_memfd_create, "x", 0) < 0 ? errno : 0;
}
static int
execute_descriptor(void)
{
	char *const nothing[] = {NULL};

	return (int)syscall(SYS_execveat, 0, "", nothing, nothing, 0) < 0 ? errno : 0;
}
static int
make_ring(void)
{
	char parameters[256] = {0};

	return (int)syscall(SYS_io_uring_setup, 1, parameters) < 0 ? errno : 0;
}

/* To a port of this test's on the loopback, over TCP as a browser does it. */
static struct sockaddr_in listening;

static int
converse(void)
{
	int s = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	struct pollfd end = {.fd = s, .events = POLLOUT};
	int error = 0;
	socklen_t len = sizeof(error);

	if (connect(s, (struct sockaddr *)&listening, sizeof(listening)) != 0 &&
	    errno != EINPROGRESS)
		return errno;
	if (poll(&end, 1, 60000) != 1 || getsockopt(s, SOL_SOCKET, SO_ERROR, &error, &len) != 0)
		return EIO;
	return error != 0 ? error : send(s, "hello", 5, 0) == 5 ? 0 : EIO;
}

static void
the_network_is_open_to_whom_it_is_allowed(void **state)
{
	static const struct row open_ways[] = {
	    {"TCP", converse, WENT_WELL, false},
	    {"UDP", try_udp, WENT_WELL, false},
	};
	static const struct row shut[] = {
	    {"raw", try_raw, STOPPED, false},
	    {"packets", try_packets, STOPPED, false},
	    {"local", try_local, STOPPED, false},
	    {"listen", listen_for_others, STOPPED, false},
	    {"open", try_passwd, EACCES, true},
	    {"create", make_file, EACCES, true},
	    {"fork", start_process, STOPPED, false},
	    {"execve", try_program, STOPPED, false},
	    {"kill", signal_parent, STOPPED, true},
	    {"mmap of code", map_code, STOPPED, true},
	    {"bind", take_a_port, STOPPED, false},
	    {"accept", accept_another, STOPPED, false},
	    {"memfd_create", make_memory_file, STOPPED, false},
	    {"execveat", execute_descriptor, STOPPED, false},
	    {"io_uring", make_ring, STOPPED, false},
	};
	socklen_t len = sizeof(listening);
	int s = socket(AF_INET, SOCK_STREAM, 0);

	(void)state;
	listening =
	    (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	assert_int_equal(bind(s, (struct sockaddr *)&listening, sizeof(listening)), 0);
	assert_int_equal(listen(s, 8), 0);
	assert_int_equal(getsockname(s, (struct sockaddr *)&listening, &len), 0);
	for (allows = ALLOWS_NETWORK; allows <= ALLOWS_DELIVERY; allows++) {
		TRY((enum layer)LAYERS, open_ways);
		TRY((enum layer)LAYERS, shut);
		TRY(LAYER_SYSTEM_CALLS, shut);
	}
	allows = ALLOWS_NOTHING;
	close(s);
}

/* Nobody is there: it may ask, and is told so. */
static int
accept_nobody(void)
{
	int s = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

	return s >= 0 || errno != EAGAIN ? EIO : 0;
}

static int
accept_elsewhere(void)
{
	return accept4(kept, NULL, NULL, 0) < 0 ? errno : 0;
}

static int
connect_out(void)
{
	return connect(listener, (struct sockaddr *)&served, sizeof(served)) != 0 ? errno : 0;
}

static void
who_serves_answers_and_cannot_ask(void **state)
{
	static const struct row open_ways[] = {{"accept", accept_nobody, WENT_WELL, false}};
	static const struct row shut[] = {
	    {"accept elsewhere", accept_elsewhere, STOPPED, false},
	    {"connect", connect_out, STOPPED, false},
	    {"TCP", try_tcp, STOPPED, false},
	    {"UDP", try_udp, STOPPED, false},
	    {"raw", try_raw, STOPPED, false},
	    {"packets", try_packets, STOPPED, false},
	    {"local", try_local, STOPPED, false},
	    {"open", try_passwd, EACCES, true},
	    {"create", make_file, EACCES, true},
	    {"fork", start_process, STOPPED, false},
	    {"execve", try_program, STOPPED, false},
	    {"kill", signal_parent, STOPPED, true},
	    {"io_uring", make_ring, STOPPED, false},
	};

	(void)state;
	allows = ALLOWS_SERVING;
	TRY((enum layer)LAYERS, open_ways);
	TRY((enum layer)LAYERS, shut);
	allows = ALLOWS_NOTHING;
}

static void
memory_beyond_the_limit_is_refused(void **state)
{
	static const struct row rows[] = {{"malloc", take_much_memory, ENOMEM, true}};

	(void)state;
	TRY(LAYER_LIMITS, rows);
	TRY((enum layer)LAYERS, rows);
}

static void
limits_alone_bound_descriptors(void **state)
{
	static const struct row rows[] = {{"dup", use_many_descriptors, EMFILE, false}};

	(void)state;
	TRY(LAYER_LIMITS, rows);
}

static void
landlock_alone_keeps_every_path_shut(void **state)
{
	static const struct row rows[] = {{"open", try_passwd, EACCES, true},
					  {"create", make_file, EACCES, true}};

	(void)state;
	if (SANDBOX_IS_INSTRUMENTED)
		skip_because("the sanitizers' run time needs what is forbidden");
	TRY(LAYER_LANDLOCK, rows);
}

static void
the_root_folder_alone_is_empty_and_stays_so(void **state)
{
	static const struct row rows[] = {{"open", try_passwd, ENOENT, true},
					  {"create", make_file, ENOENT, true}};

	(void)state;
	TRY(LAYER_ROOT, rows);
}

static void
the_user_alone_cannot_become_root_again(void **state)
{
	static const struct row rows[] = {{"setuid", become_root, EPERM, false}};

	(void)state;
	TRY(LAYER_USER, rows);
}

static void
every_layer_says_how_it_came_out(void **state)
{
	struct sandbox s = {.memory = MEMORY};
	int ends[2], status;
	pid_t pid;

	(void)state;
	if (SANDBOX_IS_INSTRUMENTED)
		skip_because("the sanitizers' run time needs what is forbidden");
	sandbox_find_user(&s, "");
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	pid = fork();
	if (pid == 0) {
		int error[LAYERS], bad = 0;

		s.socket = ends[1];
		sandbox_approach(&s, error);
		sandbox_enter(&s, error);
		/* Only root can have the first two; the others need no privilege. */
		for (int i = 0; i < LAYERS; i++)
			bad += error[i] != 0 && i != LAYER_ROOT && i != LAYER_USER &&
			       i != LAYER_LANDLOCK;
		_exit(bad);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	close(ends[0]);
	close(ends[1]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(no_system_call_leads_out),
	    cmocka_unit_test(what_a_reader_needs_goes_on_working),
	    cmocka_unit_test(the_network_is_open_to_whom_it_is_allowed),
	    cmocka_unit_test(who_serves_answers_and_cannot_ask),
	    cmocka_unit_test(memory_beyond_the_limit_is_refused),
	    cmocka_unit_test(limits_alone_bound_descriptors),
	    cmocka_unit_test(landlock_alone_keeps_every_path_shut),
	    cmocka_unit_test(the_root_folder_alone_is_empty_and_stays_so),
	    cmocka_unit_test(the_user_alone_cannot_become_root_again),
	    cmocka_unit_test(every_layer_says_how_it_came_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
