/*
 * Starting, wiring and reaping roles; see role.h. The first argument of a role
 * is its name behind an "@", which is no subcommand and no flag.
 */
#include "monitor/role/role.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "monitor/log.h"
#include "monitor/role/checker.h"
#include "monitor/role/courier.h"
#include "monitor/role/exporter.h"
#include "monitor/role/reader.h"
#include "monitor/role/runner.h"
#include "monitor/role/sandbox.h"
#include "monitor/role/signals.h"
#include "monitor/role/starter.h"

#define LAST_MOMENT_NS    5000000L
#define LAST_MOMENTS      1000 /* 5 seconds: less than a starter is waited for */
#define NAME_MAX_LEN      32
#define STATUS_NO_PROGRAM 127 /* the role's program could not be executed */
#define PROGRAM           "/proc/self/exe"

static const struct role {
	const char *name;
	int (*run)(const struct sandbox *box);
	bool is_linked; /* to who starts it, for what takes rights of that one */
	/*
	 * The most that it may do once it is closed in, with a user and an empty root
	 * folder of its own: sandbox.h. Its entry lays the layers when it has what it
	 * needs.
	 */
	enum allowance allows;
} roles[] = {
    {"reader", reader_main, true, ALLOWS_CAPTURE},
    {"checker", checker_main, false, ALLOWS_NETWORK},
    {"courier", courier_main, false, ALLOWS_DELIVERY},
    /* Programs that it executes inherit what it is closed in by: runner.h. */
    {"runner", runner_main, false, ALLOWS_NOTHING},
    {"exporter", exporter_main, false, ALLOWS_SERVING},
    /* It is not closed in: what it starts takes its rights. It hears the keeper alone. */
    {"starter", starter_main, false, ALLOWS_NOTHING},
};

static const struct role *
find(const char *name)
{
	for (size_t i = 0; i < sizeof(roles) / sizeof(roles[0]); i++)
		if (strcmp(name, roles[i].name) == 0)
			return &roles[i];
	return NULL;
}

/*
 * Nothing is to be flushed, and what libraries do at exit could need system
 * calls that are gone; coverage alone is written there.
 */
static void
leave(int status)
{
#ifdef WAXSEAL_COVERAGE
	exit(status);
#else
	_exit(status);
#endif
}

bool
role_is_child(int argc, char *const argv[])
{
	return argc == 2 && argv[1][0] == '@';
}

int
role_main(int argc, char *const argv[])
{
	const struct role *role;
	struct stat s;

	(void)argc;
	if (fstat(ROLE_SOCKET, &s) != 0 || !S_ISSOCK(s.st_mode)) {
		log_error("%s: starts by itself where it is needed (try --help)", argv[1]);
		return 2;
	}
	/* What a terminal or systemctl kill sends to all is the keeper's to handle: it ends its
	 * roles. */
	signal(SIGINT, SIG_IGN);
	signal(SIGTERM, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	signal(SIGUSR1, SIG_IGN);
	/* Whoever started it may hold some back, and what it starts itself is to hear them. */
	signals_let_go();
	/* Libraries write to what the other end has closed: that is an error, and no end of ours.
	 */
	signal(SIGPIPE, SIG_IGN);
	role = find(argv[1] + 1);
	if (role != NULL)
		leave(role->run(&(struct sandbox){.socket = ROLE_SOCKET, .allows = role->allows}));
	return 2;
}

/* What is executed finds each of these descriptors at its number; -1: there is none. */
static bool
lay_out(int socket, int link)
{
	/* First out of each other's way. */
	socket = fcntl(socket, F_DUPFD_CLOEXEC, ROLE_LINK + 1);
	if (link >= 0)
		link = fcntl(link, F_DUPFD_CLOEXEC, ROLE_LINK + 1);
	else
		close(ROLE_LINK);
	return socket >= 0 && dup2(socket, ROLE_SOCKET) >= 0 &&
	       (link < 0 || dup2(link, ROLE_LINK) >= 0);
}

/* In the child: never returns. */
static void
become(const char *name, int socket, int link, pid_t parent)
{
	char program[] = "waxseal", argument[NAME_MAX_LEN + 2];
	char *const arguments[] = {program, argument, NULL};
	char *const nothing[] = {NULL};

	snprintf(argument, sizeof(argument), "@%s", name);
	if (!lay_out(socket, link))
		_exit(STATUS_NO_PROGRAM);
	/* A role does not outlive its keeper, nor one that died before this line. */
	prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	if (getppid() != parent)
		_exit(STATUS_NO_PROGRAM);
	execve(PROGRAM, arguments, SANDBOX_IS_INSTRUMENTED ? environ : nothing);
	_exit(STATUS_NO_PROGRAM);
}

/* A pair of sockets, where it is wanted; descriptors of -1 where not. */
static bool
pair(bool is_wanted, int kind, int ends[2])
{
	ends[0] = ends[1] = -1;
	return !is_wanted || socketpair(AF_UNIX, kind | SOCK_CLOEXEC, 0, ends) == 0;
}

static void
close_both(const int ends[2])
{
	for (int i = 0; i < 2; i++)
		if (ends[i] >= 0)
			close(ends[i]);
}

bool
role_can_start(void)
{
	return access(PROGRAM, X_OK) == 0;
}

bool
role_start(const char *name, struct role_process *out)
{
	const struct role *role = find(name);
	pid_t parent = getpid();
	int ends[2], link[2];

	if (!pair(true, SOCK_STREAM, ends))
		return false;
	if (!pair(role != NULL && role->is_linked, SOCK_SEQPACKET, link)) {
		close_both(ends);
		return false;
	}
	out->pid = fork();
	if (out->pid == 0)
		become(name, ends[1], link[1], parent);
	close(ends[1]);
	if (link[1] >= 0)
		close(link[1]);
	if (out->pid < 0) {
		close_both((const int[]){ends[0], link[0]});
		return false;
	}
	out->socket = ends[0];
	out->link = link[0];
	return true;
}

void
role_kill(const struct role_process *r)
{
	if (r->pid > 0)
		kill(r->pid, SIGKILL);
}

static void
tell_signal(int number, char how[ROLE_HOW_MAX])
{
	if (number == SIGSYS)
		snprintf(how, ROLE_HOW_MAX, "made a system call that its sandbox forbids");
	else
		snprintf(how, ROLE_HOW_MAX, "was ended by signal %d (%s)", number,
			 strsignal(number));
}

/* It has had its last word: one that does not go by itself is ended. */
static pid_t
wait_for(const struct role_process *r, int *status)
{
	const struct timespec moment = {.tv_nsec = LAST_MOMENT_NS};
	pid_t pid = 0;

	for (int i = 0; pid == 0 && i < LAST_MOMENTS; i++) {
		pid = waitpid(r->pid, status, WNOHANG);
		if (pid == 0)
			nanosleep(&moment, NULL);
	}
	if (pid != 0)
		return pid;
	role_kill(r);
	do
		pid = waitpid(r->pid, status, 0);
	while (pid < 0 && errno == EINTR);
	return pid;
}

bool
role_reap(struct role_process *r, char how[ROLE_HOW_MAX])
{
	int status = 0;
	pid_t pid = wait_for(r, &status);

	r->pid = 0;
	if (pid < 0)
		snprintf(how, ROLE_HOW_MAX, "cannot be waited for: %s", strerror(errno));
	else if (WIFSIGNALED(status))
		tell_signal(WTERMSIG(status), how);
	else if (WEXITSTATUS(status) == STATUS_NO_PROGRAM)
		snprintf(how, ROLE_HOW_MAX, "could not be executed (is /proc mounted?)");
	else
		snprintf(how, ROLE_HOW_MAX, "ended with status %d", WEXITSTATUS(status));
	return pid > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}
