/*
 * Runs a command and writes what it took to a file, one line:
 *
 *	measure FILE COMMAND [ARGUMENT ...]
 *
 * wall-clock seconds, processor seconds of it and all its children, and peak
 * memory in KiB: the sum of the peaks of the command and of its children, which
 * is what several processes take at most; then the peak of each, the command first.
 */
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define POLL_NS       2000000
#define PROCESSES_MAX 16

struct process {
	pid_t pid;
	long peak; /* KiB */
};

struct family {
	struct process members[PROCESSES_MAX];
	size_t count;
};

static double
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void
add(struct family *f, pid_t pid)
{
	for (size_t i = 0; i < f->count; i++)
		if (f->members[i].pid == pid)
			return;
	if (f->count < PROCESSES_MAX)
		f->members[f->count++] = (struct process){.pid = pid};
}

/* The greatest that it was so far: the kernel keeps that. */
static void
look_at_peak(struct process *p)
{
	char path[64], line[256];
	FILE *in;

	snprintf(path, sizeof(path), "/proc/%d/status", (int)p->pid);
	in = fopen(path, "r");
	while (in != NULL && fgets(line, sizeof(line), in) != NULL)
		if (strncmp(line, "VmHWM:", 6) == 0)
			p->peak = strtol(line + 6, NULL, 10);
	if (in != NULL)
		fclose(in);
}

static void
look_for_children(struct family *f, pid_t pid)
{
	char path[64], line[256] = "";
	char *at = line, *end;
	FILE *in;
	long child;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/children", (int)pid, (int)pid);
	in = fopen(path, "r");
	if (in == NULL)
		return;
	if (fgets(line, sizeof(line), in) == NULL)
		line[0] = '\0';
	fclose(in);
	while ((child = strtol(at, &end, 10)) > 0 && end != at) {
		add(f, (pid_t)child);
		at = end;
	}
}

static int
wait_and_look(struct family *f, pid_t pid)
{
	const struct timespec pause = {0, POLL_NS};
	int status;

	while (waitpid(pid, &status, WNOHANG) == 0) {
		for (size_t i = 0; i < f->count; i++) {
			look_at_peak(&f->members[i]);
			look_for_children(f, f->members[i].pid);
		}
		nanosleep(&pause, NULL);
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

static double
seconds(struct timeval t)
{
	return (double)t.tv_sec + (double)t.tv_usec / 1e6;
}

int
main(int argc, char **argv)
{
	struct family family = {.count = 0};
	struct rusage usage;
	double begun = now(), wall;
	long peak = 0;
	int status;
	pid_t pid;
	FILE *out;

	if (argc < 3)
		return 2;
	pid = fork();
	if (pid == 0) {
		execvp(argv[2], argv + 2);
		perror(argv[2]);
		_exit(127);
	}
	add(&family, pid);
	status = wait_and_look(&family, pid);
	wall = now() - begun;
	getrusage(RUSAGE_CHILDREN, &usage);
	for (size_t i = 0; i < family.count; i++)
		peak += family.members[i].peak;
	out = fopen(argv[1], "w");
	if (out == NULL || fprintf(out, "%.3f %.3f %ld", wall,
				   seconds(usage.ru_utime) + seconds(usage.ru_stime), peak) < 0)
		return 1;
	for (size_t i = 0; i < family.count; i++)
		fprintf(out, " %ld", family.members[i].peak);
	return fputc('\n', out) < 0 || fclose(out) < 0 ? 1 : status;
}
