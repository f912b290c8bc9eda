/* Alerts to programs; see send_run.h. */
#include "monitor/alert/send_run.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "monitor/clock.h"
#include "monitor/role/sandbox.h"

#define STATUS_NO_PROGRAM 127
/* sendmail -i -f FROM -- RECIPIENT... */
#define ARGUMENTS_MAX (SINK_ARGUMENTS + SINK_WORDS_MAX + 6)

struct run {
	const char *arguments[ARGUMENTS_MAX];
	struct sandbox who; /* whose uid and gid it takes, where it is root that starts it */
	const char *name;   /* of that user; NULL: one without a name */
	const char *why;    /* it cannot be run; NULL: it can */
	pid_t pid;          /* 0: none runs */
	int in, out;        /* -1: closed */
	size_t written;     /* of the alert */
	size_t printed;     /* in output */
	char output[SEND_RUN_OUTPUT];
};

/* ---- Open ---- */

static void
fill_arguments(struct run *r, const struct sink *s)
{
	size_t count = 0;

	if (s->type == SINK_EXEC) {
		for (; s->command[count] != NULL; count++)
			r->arguments[count] = s->command[count];
		return;
	}
	r->arguments[count++] = s->sendmail;
	/* A line of a single dot is not its end. */
	r->arguments[count++] = "-i";
	if (s->from != NULL) {
		r->arguments[count++] = "-f";
		r->arguments[count++] = s->from;
	}
	r->arguments[count++] = "--";
	for (size_t i = 0; i < s->recipients.count; i++)
		r->arguments[count++] = s->recipients.at[i];
}

static void
run_open(struct send *s)
{
	struct run *r = calloc(1, sizeof(*r));
	const char *user = s->sink->user != NULL ? s->sink->user : s->means->user;
	const struct passwd *found;

	s->own = r;
	if (r == NULL)
		return;
	r->in = r->out = -1;
	fill_arguments(r, s->sink);
	if (!sandbox_find_user(&r->who, user != NULL ? user : "")) {
		r->why = "there is no such user, or it is root (user in its section)";
		return;
	}
	found = getpwuid(r->who.uid);
	r->name = found != NULL ? strdup(found->pw_name) : NULL;
	if (geteuid() != 0 && s->sink->user != NULL && geteuid() != r->who.uid)
		r->why = "it takes root to run it as another user";
}

/* ---- In the child ---- */

static bool
take_user(const struct run *r)
{
	if (geteuid() != 0)
		return true;
	if (r->name != NULL ? initgroups(r->name, r->who.gid) != 0 : setgroups(0, NULL) != 0)
		return false;
	return setresgid(r->who.gid, r->who.gid, r->who.gid) == 0 &&
	       setresuid(r->who.uid, r->who.uid, r->who.uid) == 0 && setuid(0) != 0;
}

/* Never returns. What it says here is what the program would have printed. */
static void
become(const struct run *r, int in, int out)
{
	static char path[] = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
	char *const environment[] = {path, NULL};
	pid_t parent = getppid();

	setpgid(0, 0);
	for (int i = 1; i < NSIG; i++)
		signal(i, SIG_DFL);
	if (dup2(in, 0) < 0 || dup2(out, 1) < 0 || dup2(out, 2) < 0 || chdir("/") != 0)
		_exit(STATUS_NO_PROGRAM);
	syscall(SYS_close_range, 3, ~0U, 0);
	umask(022);
	if (take_user(r)) {
		/* It does not outlive who waits for it. */
		prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
		if (getppid() == parent)
			execve(r->arguments[0], (char *const *)(uintptr_t)r->arguments,
			       environment);
	}
	dprintf(1, "cannot be executed: %s\n", strerror(errno));
	_exit(STATUS_NO_PROGRAM);
}

/* ---- One run ---- */

static void
close_end(int *end)
{
	if (*end >= 0)
		close(*end);
	*end = -1;
}

static bool
start(struct run *r)
{
	int in[2], out[2];

	if (pipe2(in, O_CLOEXEC) != 0)
		return false;
	if (pipe2(out, O_CLOEXEC) != 0) {
		close(in[0]);
		close(in[1]);
		return false;
	}
	r->pid = fork();
	if (r->pid == 0)
		become(r, in[0], out[1]);
	close(in[0]);
	close(out[1]);
	r->in = in[1];
	r->out = out[0];
	if (r->pid < 0) {
		r->pid = 0;
		close_end(&r->in);
		close_end(&r->out);
		return false;
	}
	/* Both do it: whoever is first. */
	setpgid(r->pid, r->pid);
	fcntl(r->in, F_SETFL, O_NONBLOCK);
	fcntl(r->out, F_SETFL, O_NONBLOCK);
	r->written = r->printed = 0;
	return true;
}

static void
feed(struct send *s, struct run *r)
{
	while (r->in >= 0) {
		ssize_t n = write(r->in, s->payload.at + r->written, s->payload.len - r->written);

		if (n > 0)
			r->written += (size_t)n;
		else if (n < 0 && (errno == EAGAIN || errno == EINTR))
			return;
		/* One that reads no more has its reasons: its status says what came of it. */
		if (n <= 0 || r->written == s->payload.len)
			close_end(&r->in);
	}
}

static void
hear(struct run *r)
{
	char rest[SEND_RUN_OUTPUT];

	/* So many at a time: one that prints without end must not hold the others up. */
	for (int i = 0; i < 16 && r->out >= 0; i++) {
		size_t room = sizeof(r->output) - 1 - r->printed;
		ssize_t n = room > 0 ? read(r->out, r->output + r->printed, room)
				     : read(r->out, rest, sizeof(rest));

		if (n == 0)
			close_end(&r->out);
		if (n <= 0)
			return;
		if (room > 0)
			r->printed += (size_t)n;
	}
}

/* The first line of what it printed so far; borrowed until the next run. */
static const char *
first_line(struct run *r)
{
	r->output[r->printed] = '\0';
	r->output[strcspn(r->output, "\r\n")] = '\0';
	return r->output[0] != '\0' ? r->output : "it printed nothing";
}

static void
ended(struct send *s, struct run *r, int status)
{
	const char *program = r->arguments[0], *said;

	hear(r);
	r->pid = 0;
	close_end(&r->in);
	close_end(&r->out);
	said = first_line(r);
	if (WIFSIGNALED(status))
		send_finish(s, DISPATCH_LATER, "%s: ended by signal %d: %s", program,
			    WTERMSIG(status), said);
	else if (WEXITSTATUS(status) != 0)
		send_finish(s, DISPATCH_LATER, "%s: exit status %d: %s", program,
			    WEXITSTATUS(status), said);
	else
		send_finish(s, DISPATCH_SENT, NULL);
}

static void
run_step(struct send *s)
{
	struct run *r = s->own;
	int status = 0;

	feed(s, r);
	hear(r);
	if (waitpid(r->pid, &status, WNOHANG) == r->pid) {
		ended(s, r, status);
		return;
	}
	s->wake = clock_steady() + SEND_RUN_LOOK;
	s->descriptor = r->in >= 0 ? r->in : r->out;
	s->events = r->in >= 0 ? POLLOUT : POLLIN;
}

static void
run_begin(struct send *s)
{
	struct run *r = s->own;

	if (r == NULL || r->why != NULL)
		send_finish_stale(s, "%s: %s", s->sink->name, r == NULL ? "out of memory" : r->why);
	else if (!start(r))
		send_finish(s, DISPATCH_LATER, "%s: cannot be started: %s", r->arguments[0],
			    strerror(errno));
	else
		run_step(s);
}

static void
run_give_up(struct send *s)
{
	struct run *r = s->own;

	if (r->pid > 0) {
		kill(-r->pid, SIGKILL);
		waitpid(r->pid, NULL, 0);
	}
	r->pid = 0;
	close_end(&r->in);
	close_end(&r->out);
	if (s->is_busy)
		send_finish(s, DISPATCH_LATER, "%s: not done within %d s: %s", r->arguments[0],
			    SINK_TIMEOUT / 1000, first_line(r));
}

static void
run_close(struct send *s)
{
	struct run *r = s->own;

	if (r == NULL)
		return;
	run_give_up(s);
	free((void *)(uintptr_t)r->name);
	free(r);
}

const struct send_way send_run = {run_open, run_begin, run_step, run_give_up, run_close};
