/*
 * Starting, wiring and reaping roles; see role.h. The first argument of a role
 * is its name behind an "@", which is no subcommand and no flag.
 */
#include "monitor/role/role.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "monitor/log.h"
#include "monitor/role/reader.h"
#include "monitor/role/sandbox.h"
#include "monitor/role/starter.h"

#define NAME_MAX_LEN      32
#define STATUS_NO_PROGRAM 127 /* the role's program could not be executed */

static const struct role {
	const char *name;
	int (*run)(int socket);
} roles[] = {
    {"reader", reader_main},
    {"starter", starter_main},
};

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
	struct stat s;

	(void)argc;
	if (fstat(ROLE_SOCKET, &s) != 0 || !S_ISSOCK(s.st_mode)) {
		log_error("%s: starts by itself where it is needed (try --help)", argv[1]);
		return 2;
	}
	/* The terminal's interrupt is the keeper's to handle: it ends its roles. */
	signal(SIGINT, SIG_IGN);
	signal(SIGTERM, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	for (size_t i = 0; i < sizeof(roles) / sizeof(roles[0]); i++)
		if (strcmp(argv[1] + 1, roles[i].name) == 0)
			leave(roles[i].run(ROLE_SOCKET));
	return 2;
}

/* In the child: never returns. */
static void
become(const char *name, int socket, pid_t parent)
{
	char program[] = "waxseal", argument[NAME_MAX_LEN + 2];
	char *const arguments[] = {program, argument, NULL};
	char *const nothing[] = {NULL};

	snprintf(argument, sizeof(argument), "@%s", name);
	/* dup2 to itself would leave close-on-exec as it is. */
	if (socket == ROLE_SOCKET)
		socket = dup(socket);
	if (socket < 0 || dup2(socket, ROLE_SOCKET) < 0)
		_exit(STATUS_NO_PROGRAM);
	close(socket);
	/* A role does not outlive its keeper, nor one that died before this line. */
	prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	if (getppid() != parent)
		_exit(STATUS_NO_PROGRAM);
	execve("/proc/self/exe", arguments, SANDBOX_IS_INSTRUMENTED ? environ : nothing);
	_exit(STATUS_NO_PROGRAM);
}

bool
role_start(const char *name, struct role_process *out)
{
	pid_t parent = getpid();
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
		return false;
	out->pid = fork();
	if (out->pid == 0)
		become(name, ends[1], parent);
	close(ends[1]);
	if (out->pid < 0) {
		close(ends[0]);
		return false;
	}
	out->socket = ends[0];
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

bool
role_reap(struct role_process *r, char how[ROLE_HOW_MAX])
{
	int status = 0;
	pid_t pid;

	do
		pid = waitpid(r->pid, &status, 0);
	while (pid < 0 && errno == EINTR);
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
