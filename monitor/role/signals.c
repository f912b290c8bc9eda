/* signalfd(2); see signals.h. */
#include "monitor/role/signals.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "monitor/log.h"

/* Those that tell a watch something, but would end a program that does not hear them. */
static sigset_t
signals_of_watches(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGUSR1);
	return set;
}

static sigset_t
signals_of_ours(void)
{
	sigset_t set = signals_of_watches();

	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	return set;
}

void
signals_hold(void)
{
	const sigset_t set = signals_of_watches();

	sigprocmask(SIG_BLOCK, &set, NULL);
}

void
signals_let_go(void)
{
	const sigset_t set = signals_of_watches();

	sigprocmask(SIG_UNBLOCK, &set, NULL);
}

int
signals_catch(void)
{
	const sigset_t set = signals_of_ours();
	int descriptor;

	sigprocmask(SIG_BLOCK, &set, NULL);
	descriptor = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	if (descriptor < 0)
		log_error("cannot watch: no signal descriptor: %s", strerror(errno));
	return descriptor;
}

int
signals_next(int descriptor)
{
	struct signalfd_siginfo info;

	return read(descriptor, &info, sizeof(info)) == (ssize_t)sizeof(info) ? (int)info.ssi_signo
									      : 0;
}

void
signals_release(int descriptor, bool goes_on)
{
	const sigset_t set = signals_of_ours();

	if (descriptor < 0)
		return;
	if (!goes_on) {
		while (signals_next(descriptor) != 0)
			;
		sigprocmask(SIG_UNBLOCK, &set, NULL);
	}
	close(descriptor);
}
