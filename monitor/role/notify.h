/*
 * Tells a service manager how it goes, sd_notify(3): words to the socket that
 * the environment names. Does nothing where there is none.
 */
#ifndef MONITOR_ROLE_NOTIFY_H
#define MONITOR_ROLE_NOTIFY_H

#include <stdint.h>

struct notify {
	int socket;       /* -1: nobody wants to know */
	int64_t interval; /* microseconds between signs of life; 0: none are wanted */
	int64_t due;
	int64_t busy_due; /* the next word of a long step, by the same clock */
};

/* Read NOTIFY_SOCKET and WATCHDOG_USEC of the environment, and connect. */
void notify_begin(struct notify *n);

/* "READY=1", "STOPPING=1", "STATUS=..." */
void notify_say(const struct notify *n, const char *words);

/* That it begins anew, which "READY=1" ends: to a manager "STOPPING=1" is for good. */
void notify_reloading(const struct notify *n);

/* A sign of life, where one is due. */
void notify_alive(struct notify *n);

/*
 * From within a step that takes long, as often as one likes: that it is alive, and that
 * starting may go on for another minute.
 */
void notify_busy(struct notify *n);

/* Nothing more is said until it is begun again. */
void notify_end(struct notify *n);

#endif
