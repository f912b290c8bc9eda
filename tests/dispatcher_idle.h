/*
 * What a dispatcher that a test plays has none of: a process, and anything to wait for.
 * To be included once, by a test that links no other dispatcher.
 */
#ifndef TESTS_DISPATCHER_IDLE_H
#define TESTS_DISPATCHER_IDLE_H

#include "monitor/role/dispatcher.h"

int
dispatcher_descriptor(const struct dispatcher *d)
{
	(void)d;
	return -1;
}

int
dispatcher_wait(const struct dispatcher *d)
{
	(void)d;
	return -1;
}

size_t
dispatcher_processes(const struct dispatcher *d,
		     struct dispatcher_process out[DISPATCHER_PROCESSES])
{
	(void)d, (void)out;
	return 0;
}

pid_t
dispatcher_pid(const struct dispatcher *d)
{
	(void)d;
	return 0;
}

#endif
