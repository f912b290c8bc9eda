/*
 * Tells a service manager how it goes, sd_notify(3): words to the socket that
 * the environment names. Does nothing where there is none.
 */
#ifndef MONITOR_ROLE_NOTIFY_H
#define MONITOR_ROLE_NOTIFY_H

#include <stdint.h>

struct notify {
	int socket;       /* -1: nobody wants to know */
	int64_t interval; /* milliseconds between signs of life; 0: none are wanted */
	int64_t due;
};

/* Read NOTIFY_SOCKET and WATCHDOG_USEC of the environment, and connect. */
void notify_begin(struct notify *n);

/* "READY=1", "STOPPING=1", "STATUS=..." */
void notify_say(const struct notify *n, const char *words);

/* A sign of life, where one is due. */
void notify_alive(struct notify *n);

#endif
